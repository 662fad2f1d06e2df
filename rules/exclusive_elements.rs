use crate::policy::{Element, Policy};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in policy.written_statements() {
        for (only, except) in [("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")] {
            let stands = |name| statement.element(name).filter(Element::is_certain);
            if let Some(second) = stands(except)
                && let Some(first) = stands(only)
            {
                cx.report(
                    &second.place(),
                    format!("`{only}` and `{except}` exclude each other, so AWS refuses the policy"),
                )
                .about(format!("{only} and {except}"))
                .label(first.span(), format!("`{only}` stands here"))
                .help(format!("keep `{only}`, and deny what must not be part of it in a statement of its own"));
            }
        }
    }
}
