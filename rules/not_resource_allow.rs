use crate::catalog::Power;
use crate::policy::{Policy, Resource, Scope};
use crate::rule::{Context, Severity, listed};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.grants() {
        return;
    }
    for statement in policy.allow_statements() {
        let Some(Scope::AllExcept(entries)) = &statement.resources else { continue };
        // What leaves out everything allows nothing.
        let Some(first) = entries.first().filter(|_| !entries.iter().any(Resource::is_everything)) else { continue };
        let mut granted = statement.granted();
        granted.retain(|it| !it.takes_only_star() && statement.narrowed(*it).is_none());
        let Some(power) = granted.iter().map(|it| it.power()).max() else { continue };
        let severity = match power {
            _ if !policy.kind.is_identity() => Severity::Low,
            Power::Permits | Power::Unlocks => Severity::High,
            Power::Changes | Power::ReadsData => Severity::Medium,
            Power::Sees => Severity::Low,
        };
        let what = match &statement.actions {
            Scope::Only(actions) => listed(actions, 2),
            Scope::AllExcept(_) => "what it grants".to_owned(),
        };
        cx.report(&first.place, format!("`NotResource` allows {what} on every resource but {}", listed(entries, 3)))
            .of(statement, "NotResource")
            .severity(severity)
            .help("list what is allowed under `Resource`, or deny the exceptions in a statement of their own");
    }
}
