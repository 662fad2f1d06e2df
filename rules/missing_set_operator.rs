use crate::catalog::KeyStanding;
use crate::policy::{Effect, OperatorKind, Policy};
use crate::rule::{Confidence, Context};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for condition in &statement.conditions {
            let operator = &condition.operator;
            let compares = operator.kind.is_some_and(|it| it != OperatorKind::Null);
            let multivalued = condition.known_key().filter(|it| it.is_multivalued());
            let Some(known) = multivalued.filter(|_| compares && operator.quantifier.is_none()) else { continue };
            let key = &condition.key;
            cx.report(
                &condition.operator_place,
                format!("`{key}` may hold several values, but `{operator}` expects one"),
            )
            .of(statement, format!("{operator} {key}"))
            // AWS itself compares a few keys of services so, whose pages call them lists.
            .confidence(if known.standing() == KeyStanding::Global { Confidence::High } else { Confidence::Medium })
            .label(condition.place.span, "holds all of its kind that a request has")
            .help(format!(
                "write `ForAnyValue:{operator}` if one value is enough, `ForAllValues:{operator}` if all must pass{}",
                // Without a value there is none that fails.
                if statement.effect == Effect::Allow { ", together with `Null` of the key as `false`" } else { "" }
            ));
        }
    }
}
