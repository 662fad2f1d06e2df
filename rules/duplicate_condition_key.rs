use crate::policy::Policy;
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for (n, condition) in statement.conditions.iter().enumerate() {
            let key = condition.key.raw();
            let is_same = |it: &&crate::policy::Condition| {
                it.operator_place.span == condition.operator_place.span
                    && it.key.raw() != key
                    && it.key.raw().eq_ignore_ascii_case(key)
            };
            if let Some(first) = statement.conditions[..n].iter().find(is_same)
                && !key.contains('/')
            {
                cx.report(&condition.place, format!("`{key}` is the same key as `{}` above", first.key))
                    .of(statement, &condition.key)
                    .label(first.place.span, "the same key")
                    .help("write the key once, with all its values");
            }
        }
    }
}
