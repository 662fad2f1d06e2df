use crate::policy::{Effect, OperatorKind, Policy};
use crate::rule::{Context, Severity};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for condition in &statement.conditions {
            let operator = &condition.operator;
            if !matches!(operator.kind, Some(OperatorKind::StringEquals | OperatorKind::StringEqualsIgnoreCase)) {
                continue;
            }
            let is_wild = |raw: &str| raw.replace("${*}", "").replace("${?}", "").contains(['*', '?']);
            // The guide to reports of costs has it so, and they arrive.
            // https://docs.aws.amazon.com/cur/latest/userguide/cur-s3.html
            let is_by_the_guide = |raw: &str| {
                condition.is_on("aws:sourcearn") && raw.starts_with("arn:aws:cur:") && raw.ends_with(":definition/*")
            };
            let wild =
                || condition.values.iter().filter(|it| is_wild(it.text.raw()) && !is_by_the_guide(it.text.raw()));
            let all = wild().count() == condition.values.len();
            for value in wild() {
                let text = &value.text;
                let sign = if text.raw().contains('*') { '*' } else { '?' };
                let outcome = match (all, operator.negated) {
                    (true, false) => "so the test never holds",
                    (true, true) => "so the test always holds",
                    (false, _) => "so this value never matches",
                };
                // A test that never holds keeps an Allow shut, and a negated one keeps a Deny biting.
                let fails_safe = (statement.effect == Effect::Allow) != operator.negated;
                cx.report(&value.place, format!("`{sign}` in `{text}` is plain text under `{operator}`, {outcome}"))
                    .severity(if fails_safe { Severity::Low } else { Severity::Medium })
                    .of(statement, format!("{} {operator} {text}", condition.key))
                    .label(condition.operator_place.span, "compares letter by letter")
                    .help(match (is_only_wildcards(text.raw()), operator.negated) {
                        // To let wildcards count would make a test of nothing of it.
                        (true, _) => "write the value that is meant",
                        (false, true) => "compare with `StringNotLike`",
                        (false, false) => "compare with `StringLike`",
                    });
            }
        }
    }
}

fn is_only_wildcards(raw: &str) -> bool {
    raw.chars().all(|it| matches!(it, '*' | '?'))
}
