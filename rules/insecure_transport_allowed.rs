use crate::policy::{Effect, OperatorKind, Policy};
use crate::rule::{Context, Rewrite, Safety};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for condition in statement.conditions.iter().filter(|it| it.is_on("aws:securetransport")) {
            let (says, meant, outcome) = match statement.effect {
                Effect::Allow => ("false", "true", "allows only requests without TLS"),
                Effect::Deny => ("true", "false", "denies every request over TLS"),
            };
            // As text it compares the same.
            let compares = condition.operator.kind.is_some_and(|it| it != OperatorKind::Null);
            let [value] = &condition.values[..] else { continue };
            let turns = value.text.raw().eq_ignore_ascii_case(says) != condition.operator.negated;
            if !compares || !turns || value.text.has_holes() {
                continue;
            }
            let (key, operator) = (&condition.key, &condition.operator);
            let is = if operator.negated { "is not" } else { "is" };
            let meant = if operator.negated { says } else { meant };
            cx.report(&value.place, format!("`{key}` that {is} `{}` {outcome}", value.text))
                .of(statement, key)
                .help(match statement.effect {
                    // A request over TLS is let in by it, and one without by whatever else allows it.
                    Effect::Allow => {
                        format!("write `{meant}`, or leave the test out and deny where `{key}` is `false`")
                    }
                    Effect::Deny => format!("write `{meant}`"),
                })
                .fix(Safety::Unsafe, format!("write `{meant}`"), [Rewrite::write(value.place.span, meant)]);
        }
    }
}
