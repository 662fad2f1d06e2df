use crate::policy::{Effect, Policy};
use crate::rule::{Context, Severity};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        if statement.bounded_caller().is_some() {
            continue;
        }
        for condition in &statement.conditions {
            if !condition.known_key().is_some_and(|it| it.is_spoofable()) {
                continue;
            }
            let key = &condition.key;
            cx.report(&condition.place, format!("`{key}` is whatever the caller says it is"))
                .severity(if statement.effect == Effect::Allow { Severity::Medium } else { Severity::Low })
                .of(statement, key)
                .help("test a key that AWS fills in: who calls, from which network, for which resource");
        }
    }
}
