use crate::policy::{Condition, Effect, Policy, Scope, split_arn};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in policy.statements.iter().filter(|it| it.effect == Effect::Deny) {
        if let Some(Scope::AllExcept(spared)) = &statement.principals {
            for principal in spared.iter().filter(|it| it.is_everyone()) {
                cx.report(&principal.place, format!("`{principal}` spares everybody, so nobody is denied"))
                    .of(statement, principal)
                    .help("name those who are spared");
            }
        }
        for condition in statement.conditions.iter().filter(|it| it.operator.negated && it.is_on("aws:principalarn")) {
            for value in condition.values.iter().filter(|it| it.place.given.is_none()) {
                let Some(whom) = everybody(condition, value.text.raw()) else { continue };
                cx.report(&value.place, format!("`{}` spares {whom} of every account", value.text))
                    .of(statement, &value.text)
                    .label(condition.operator_place.span, format!("denies all but these, by `{}`", condition.operator))
                    .help("name those who are spared");
            }
        }
    }
}

/// Whom a pattern of principals holds in every account, in words; none when it is narrower.
fn everybody(condition: &Condition, raw: &str) -> Option<&'static str> {
    let parts = split_arn(raw);
    let [_, _, _, _, account, resource] = parts[..] else { return None };
    let stars = |it: &str| !it.is_empty() && it.bytes().all(|it| it == b'*');
    if !condition.operator.takes_wildcards() || !stars(account) {
        return None;
    }
    match resource.split_once('/') {
        None if stars(resource) => Some("everybody"),
        Some(("role", rest)) if stars(rest) => Some("every role"),
        _ => None,
    }
}
