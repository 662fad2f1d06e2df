use crate::catalog::Presence;
use crate::policy::{Condition, Effect, Guard, OperatorKind, Policy, Quantifier};
use crate::rule::{Context, Severity};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in policy.statements.iter().filter(|it| it.effect == Effect::Deny) {
        for condition in &statement.conditions {
            let (operator, key) = (&condition.operator, &condition.key);
            let (message, severity, help) = if escapes(condition) && !denies_absence(policy, condition) {
                let help =
                    "test with `ForAllValues`, which also holds of no value, or deny those without the key by `Null`";
                (format!("`{operator}` does not deny requests without `{key}`"), Severity::Medium, help)
            } else if overreaches(condition) && !statement.wants_presence_of(condition) {
                let help = "leave `IfExists` out, unless requests without the key are to be denied";
                (format!("`{operator}` also denies requests without `{key}`"), Severity::Low, help)
            } else {
                continue;
            };
            cx.report(&condition.operator_place, message)
                .severity(severity)
                .of(statement, format!("{operator} {key}"))
                .label(condition.place.span, "is not in every request")
                .help(help);
        }
    }
}

/// Whoever is not of these, but only if there is a value: on keys that say who calls or for whom.
fn escapes(condition: &Condition) -> bool {
    let operator = &condition.operator;
    operator.quantifier == Some(Quantifier::ForAnyValue)
        && operator.negated
        && !operator.if_exists
        && !condition.is_always_present()
        && condition.known_key().is_some_and(|it| it.is_multivalued())
        && matches!(condition.subject(), Guard::Principal | Guard::Path | Guard::Network)
}

/// Whether a denial of the policy hits the requests that do not carry the condition's key.
fn denies_absence(policy: &Policy, condition: &Condition) -> bool {
    let key = condition.key_lower();
    let absent = |it: &Condition| {
        it.operator.kind == Some(OperatorKind::Null)
            && it.key_lower() == key
            && it.values.iter().all(|it| it.text.raw().eq_ignore_ascii_case("true"))
    };
    policy.statements.iter().any(|it| it.effect == Effect::Deny && it.conditions.iter().any(absent))
}

/// These, and all that say nothing. Truth values are left out: to deny what is not proved is good practice.
fn overreaches(condition: &Condition) -> bool {
    let operator = &condition.operator;
    operator.if_exists
        && !operator.negated
        && !matches!(operator.kind, None | Some(OperatorKind::Bool | OperatorKind::Null))
        && !condition.is_on("aws:multifactorauthage")
        && condition.known_key().is_some_and(|it| it.presence() != Some(Presence::Always))
}
