use crate::catalog::KeyStanding;
use crate::policy::{Effect, Guard, OperatorKind, Policy, Quantifier};
use crate::rule::{Confidence, Context, Severity};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for condition in &statement.conditions {
            let operator = &condition.operator;
            if operator.quantifier != Some(Quantifier::ForAllValues) {
                continue;
            }
            let compares = operator.kind.is_some_and(|it| it != OperatorKind::Null);
            // A claim of a token may be a list, whatever the reference says.
            let single = condition.known_key().filter(|it| !it.is_multivalued() && condition.claim().is_none());
            let Some(known) = single.filter(|_| compares) else { continue };
            let key = &condition.key;
            let holds_without = !condition.is_always_present() && !statement.wants_presence_of(condition);
            let opens = statement.effect == Effect::Allow && holds_without;
            // There it denies whoever does not send the key, as the plain operator would not.
            let denies_more = statement.effect == Effect::Deny && holds_without && !operator.negated;
            // The reference forgets of some keys of services that they are lists.
            let global = known.standing() == KeyStanding::Global;
            if denies_more || !opens && !global {
                continue;
            }
            let (message, severity) = if opens {
                let severity = match condition.subject() {
                    Guard::Principal | Guard::Path | Guard::Network => Severity::High,
                    Guard::Resource | Guard::Request => Severity::Medium,
                };
                (format!("`{operator}` lets in every request without `{key}`"), severity)
            } else {
                (format!("`{key}` has one value, which needs no `ForAllValues`"), Severity::Low)
            };
            cx.report(&condition.operator_place, message)
                .severity(severity)
                .confidence(if global { Confidence::High } else { Confidence::Medium })
                .of(statement, format!("{operator} {key}"))
                .label(condition.place.span, "has at most one value")
                .help(match opens && operator.negated {
                    true => format!(
                        "leave the quantifier out, and require the key by `\"Null\": {{ \"{key}\": \"false\" }}`, since a \
                         negated test holds without it too"
                    ),
                    false => "leave the quantifier out".to_owned(),
                });
        }
    }
}
