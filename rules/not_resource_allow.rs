use super::kms_any_key;
use crate::catalog::{self, Power};
use crate::policy::{Policy, Resource, Scope};
use crate::rule::{Context, Severity, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.grants() {
        return;
    }
    for statement in policy.allow_statements() {
        let Some(Scope::AllExcept(entries)) = &statement.resources else { continue };
        // To leave out everything is to allow nothing.
        let Some(first) = entries.first().filter(|_| !entries.iter().any(Resource::is_everything)) else { continue };
        let mut granted = statement.granted();
        granted.retain(|it| !it.takes_only_star() && statement.narrowed(*it).is_none());
        let Some(power) = granted.iter().map(|it| it.power()).max() else { continue };
        let severity = match power {
            _ if !policy.kind.is_identity() => Severity::Low,
            _ if granted.iter().any(|it| catalog::leads_on(*it)) => Severity::High,
            Power::Permits => Severity::High,
            _ if kms_any_key::reveals_by_others(statement) => Severity::High,
            Power::Unlocks | Power::Changes | Power::ReadsData => Severity::Medium,
            Power::Sees => Severity::Low,
        };
        let what = match &statement.actions {
            Scope::Only(actions) => quoted(actions),
            Scope::AllExcept(actions) => format!("every action but {}", quoted(actions)),
        };
        cx.report(&first.place, format!("`NotResource` allows {what} on every resource but {}", quoted(entries)))
            .of(statement, format!("{what} on all but {}", quoted(entries)))
            .severity(severity)
            .help("name what is allowed under `Resource`; to take something away, deny it in a statement of its own");
    }
}
