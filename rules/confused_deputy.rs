use crate::policy::{Policy, PolicyKind, Service};
use crate::rule::{Context, Severity};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !matches!(policy.kind, PolicyKind::Trust | PolicyKind::Resource(_)) || !policy.kind.grants() {
        return;
    }
    // What a service does with a key is bound by what it encrypts.
    if policy.kind == PolicyKind::Resource(Service::Kms) {
        return;
    }
    for statement in policy.allow_statements() {
        let bounded = statement.conditions.iter().any(|it| it.bounds_the_source() && it.case().is_none());
        if bounded || policy.closed_by(statement).is_some() {
            continue;
        }
        for (principal, caller) in statement.callers() {
            let severity = if policy.kind == PolicyKind::Trust { Severity::Low } else { Severity::Medium };
            cx.report(&principal.place, format!("`{principal}` may act here for anybody's resource, not only for yours"))
                .severity(severity)
                .granting(statement, principal)
                .unbounded(statement)
                .help(format!("require `aws:SourceArn` or `aws:SourceAccount`, as {} shows", caller.page));
        }
    }
}
