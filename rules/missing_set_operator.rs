use crate::policy::{OperatorKind, Policy};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for condition in &statement.conditions {
            let operator = &condition.operator;
            let compares = operator.kind.is_some_and(|it| it != OperatorKind::Null);
            if !compares || operator.quantifier.is_some() || !condition.known_key().is_some_and(|it| it.is_multivalued())
            {
                continue;
            }
            let key = &condition.key;
            cx.report(
                &condition.operator_place,
                format!("`{key}` may hold several values, but `{operator}` expects one"),
            )
            .of(statement, format!("{operator} {key}"))
            .label(condition.place.span, "holds all of its kind that a request has")
            .help(format!("write `ForAnyValue:{operator}` if one value is enough, `ForAllValues:{operator}` if all must pass"));
        }
    }
}
