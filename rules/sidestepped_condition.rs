use crate::policy::{Condition, Effect, OperatorKind, Policy, Statement};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for condition in &statement.conditions {
            let Some((message, help)) = way_round(statement, condition) else { continue };
            cx.report(&condition.place, message).of(statement, &condition.key).help(help);
        }
    }
}

fn way_round(statement: &Statement, condition: &Condition) -> Option<(String, &'static str)> {
    let compares = condition.operator.kind.is_some_and(|it| it != OperatorKind::Null);
    let tests = |keys: &[&str]| statement.conditions.iter().any(|it| keys.iter().any(|key| it.is_on(key)));
    let key = &condition.key;
    if !compares {
        None
    } else if condition.is_on("aws:vpcsourceip") {
        // Any of these says which network the address lies in.
        const NETWORKS: [&str; 6] = [
            "aws:sourcevpc",
            "aws:sourcevpcarn",
            "aws:sourcevpce",
            "aws:vpceaccount",
            "aws:vpceorgid",
            "aws:vpceorgpaths",
        ];
        let message = format!("`{key}` is an address that any VPC may have; `aws:SourceVpc` is not tested beside it");
        (!tests(&NETWORKS)).then_some((message, "test `aws:SourceVpc` or `aws:SourceVpce` beside it"))
    } else if condition.is_on("dynamodb:attributes") && statement.effect == Effect::Allow {
        const READS: [&str; 4] = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"];
        let reads = READS.iter().any(|it| statement.actions.must_match(it));
        let message = format!("`{key}` is empty for who asks for all; `dynamodb:Select` is not tested beside it");
        (reads && !tests(&["dynamodb:select"]))
            .then_some((message, "require `dynamodb:Select` to be `SPECIFIC_ATTRIBUTES`"))
    } else if condition.is_on("s3:prefix") && (statement.effect == Effect::Deny) != condition.operator.negated {
        let first = condition.values.first()?;
        // To deny the listing of all, or to allow it, is a bound of its own.
        let all = condition.values.iter().any(|it| it.text.is_empty()) || condition.is_bare_wildcard();
        let message = format!("a shorter prefix, or none, lists what `{}` was to keep", first.text);
        (!all).then_some((message, "deny all but the prefixes that may be listed, by `StringNotLike`"))
    } else {
        None
    }
}
