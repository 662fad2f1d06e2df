use crate::policy::Policy;
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.grants() {
        return;
    }
    for statement in policy.allow_statements() {
        for action in statement.actions.only().iter().filter(|it| it.is_whole_service()) {
            cx.report(&action.place, format!("`{action}` allows every action of the service")).of(statement, action);
        }
    }
}
