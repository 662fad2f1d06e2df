use crate::policy::{Policy, PolicyKind, Scope};
use crate::rule::{Context, Severity, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.grants() || policy.kind == PolicyKind::Trust {
        return;
    }
    for statement in policy.allow_statements() {
        let Scope::AllExcept(entries) = &statement.actions else { continue };
        let Some(first) = entries.first() else { continue };
        let mut granted = statement.granted();
        granted.retain(|it| statement.may_reach(*it));
        if granted.is_empty() {
            continue;
        }
        let way = statement.way_to_everything().filter(|_| policy.kind.is_identity());
        let wide = policy.kind.is_identity() && granted.iter().any(|it| statement.is_unbounded(*it));
        let severity = match way {
            Some(_) => Severity::High,
            None if wide => Severity::Medium,
            None => Severity::Low,
        };
        let on = match &statement.resources {
            Some(Scope::Only(resources)) if !wide => format!(" on {}", quoted(resources)),
            _ => String::new(),
        };
        let left = way.map(|it| format!(", `{it}` too")).unwrap_or_default();
        cx.report(&first.place, format!("`NotAction` allows every action but {}{on}{left}", quoted(entries)))
            .of(statement, format!("all but {}", quoted(entries)))
            .severity(severity)
            .help("name what is allowed under `Action`; to take something away, deny it in a statement of its own");
    }
}
