use crate::policy::{Condition, Effect, OperatorKind, Policy};
use crate::rule::{Context, Report, Rewrite, Safety};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for condition in &statement.conditions {
            let Some(message) = gap(policy, statement.effect, condition) else { continue };
            let report = cx
                .report(&condition.operator_place, message)
                .of(statement, format!("{} {}", condition.operator, condition.key))
                .label(condition.place.span, "is only there for temporary credentials")
                .help(match statement.effect {
                    Effect::Allow => "allow by `Bool` with `aws:MultiFactorAuthPresent` `true`",
                    Effect::Deny => "deny by `BoolIfExists` with `aws:MultiFactorAuthPresent` `false`",
                });
            if statement.is_alone(condition) {
                other_operator(report, statement.effect, condition);
            }
        }
    }
}

/// Offers the operator that treats a missing key as it must be treated, where nothing else is wrong.
fn other_operator(report: Report<'_>, effect: Effect, condition: &Condition) {
    let says = |wanted: &str| condition.values.iter().all(|it| it.text.raw().eq_ignore_ascii_case(wanted));
    let (operator, meant) = (&condition.operator, if effect == Effect::Allow { "true" } else { "false" });
    if operator.kind != Some(OperatorKind::Bool) || operator.quantifier.is_some() || !says(meant) {
        return;
    }
    let meant = if effect == Effect::Allow { "Bool" } else { "BoolIfExists" };
    let change = Rewrite::write(condition.operator_place.span, meant);
    report.fix(Safety::Unsafe, format!("write `{meant}`"), [change]);
}

/// Who passes without a second factor, in words.
fn gap(policy: &Policy, effect: Effect, condition: &Condition) -> Option<String> {
    let (operator, key) = (&condition.operator, &condition.key);
    let present = condition.is_on("aws:multifactorauthpresent");
    let age = condition.is_on("aws:multifactorauthage");
    if !present && !age || condition.values.iter().any(|it| it.text.has_holes()) {
        return None;
    }
    let says = |wanted: &str| condition.values.iter().any(|it| it.text.raw().eq_ignore_ascii_case(wanted));
    let keys = format!("access keys, which carry no `{key}`");
    match (effect, operator.kind?) {
        (Effect::Allow, OperatorKind::Null) if says("true") => {
            Some(format!("lets in those without `{key}`, which are access keys"))
        }
        (Effect::Allow, OperatorKind::Null) if present => {
            Some(format!("only asks whether `{key}` is there, which it also is when it is `false`"))
        }
        (Effect::Allow, OperatorKind::Bool) if says("false") => {
            Some("lets in those who have not used a second factor".to_owned())
        }
        (Effect::Allow, OperatorKind::Bool) if !condition.needs_key() => Some(format!("`{operator}` lets in {keys}")),
        (Effect::Allow, _) if age && !condition.needs_key() => Some(format!("`{operator}` lets in {keys}")),
        (Effect::Deny, OperatorKind::Bool) if says("false") && condition.needs_key() && !others_deny(policy) => {
            Some(format!("`{operator}` does not deny {keys}"))
        }
        (Effect::Deny, OperatorKind::NumericGreaterThan | OperatorKind::NumericGreaterThanEquals)
            if age && condition.needs_key() && !others_deny(policy) =>
        {
            Some(format!("`{operator}` does not deny {keys}"))
        }
        _ => None,
    }
}

/// Whether a denial of the policy hits requests that say nothing of a second factor.
fn others_deny(policy: &Policy) -> bool {
    let hits = |it: &Condition| {
        let about = it.is_on("aws:multifactorauthpresent") || it.is_on("aws:multifactorauthage");
        let absent = it.operator.kind == Some(OperatorKind::Null)
            && it.values.iter().any(|it| it.text.raw().eq_ignore_ascii_case("true"));
        about && (absent || it.operator.kind != Some(OperatorKind::Null) && !it.needs_key())
    };
    policy.statements.iter().any(|it| it.effect == Effect::Deny && it.conditions.iter().any(hits))
}
