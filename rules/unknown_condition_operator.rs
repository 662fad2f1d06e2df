use crate::policy::{OperatorKind, Policy};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        let mut said = None;
        for condition in &statement.conditions {
            let operator = &condition.operator;
            let quantified_null = operator.kind == Some(OperatorKind::Null) && operator.quantifier.is_some();
            let is_unknown = operator.kind.is_none() && !operator.text.has_holes() || quantified_null;
            // One operator may stand before several keys.
            if !is_unknown || said.replace(condition.operator_place.span) == Some(condition.operator_place.span) {
                continue;
            }
            let nearest = operator.nearest();
            let hint = nearest.as_ref().map(|it| format!("; did you mean `{it}`?")).unwrap_or_default();
            cx.report(&condition.operator_place, format!("`{operator}` is no condition operator{hint}"))
                .of(statement, operator)
                .help(match nearest {
                    Some(nearest) => format!("write `{nearest}`"),
                    None => "write one of the operators that IAM knows".to_owned(),
                });
        }
    }
}
