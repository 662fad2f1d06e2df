use super::confused_deputy::{asking, bind_to_account};
use crate::policy::{Policy, PolicyKind};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Trust {
        return;
    }
    for statement in policy.allow_statements() {
        if statement.bounded_source().is_some() || policy.closed_by(statement).is_some() {
            continue;
        }
        for (principal, caller) in statement.callers() {
            let report = cx
                .report(&principal.place, format!("nothing says for whose resource `{principal}` may assume the role"))
                .granting(statement, principal)
                .unbounded(statement)
                .help(format!("{}, as {} shows", asking(statement, caller, false), caller.page));
            bind_to_account(report, policy, statement, caller.of_account);
        }
    }
}
