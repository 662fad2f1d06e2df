use crate::policy::Policy;
use crate::rule::{Context, Rewrite, Safety};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in policy.written_statements() {
        let Some(sid) = statement.element("Sid").filter(|it| it.node.as_str() == Some("")) else { continue };
        cx.report(&sid.place, "the statement has an empty `Sid`")
            .about("empty Sid")
            .help("leave `Sid` out, or say what the statement is for")
            .fix(Safety::Safe, "leave `Sid` out", [Rewrite::LeaveOut { at: sid.node.span }]);
    }
}
