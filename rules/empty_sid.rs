use crate::policy::Policy;
use crate::rule::{Context, Rewrite, Safety};
use crate::value::Value;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in policy.written_statements() {
        let sid = statement.element("Sid").filter(|it| matches!(it.value(), Value::Text(it) if it.is_empty()));
        let Some(sid) = sid else { continue };
        cx.report(&sid.place(), "the statement has an empty `Sid`")
            .about("empty Sid")
            .help("leave `Sid` out, or say what the statement is for")
            .fix(Safety::Safe, "leave `Sid` out", [Rewrite::LeaveOut { at: sid.node().span }]);
    }
}
