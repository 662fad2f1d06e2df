use crate::policy::{Policy, PolicyKind, Service};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    // What a service does with a key is bound by what it encrypts.
    if !matches!(policy.kind, PolicyKind::Resource(it) if it != Service::Kms) || !policy.kind.grants() {
        return;
    }
    for statement in policy.allow_statements() {
        if statement.bounded_source().is_some() || policy.closed_by(statement).is_some() {
            continue;
        }
        for (principal, caller) in statement.callers() {
            cx.report(&principal.place, format!("`{principal}` may act here for anybody's resource, not only for yours"))
                .granting(statement, principal)
                .unbounded(statement)
                .help(format!("require `aws:SourceArn` or `aws:SourceAccount`, as {} shows", caller.page));
        }
    }
}
