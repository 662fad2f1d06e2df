use crate::policy::{Policy, PolicyKind, Service};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Resource(Service::Kms) || !policy.resolution.is_full() || policy.statements.is_empty()
    {
        return;
    }
    if !policy.allow_statements().any(|it| it.actions.may_match("kms:PutKeyPolicy")) {
        cx.report(&policy.place, "no statement allows `kms:PutKeyPolicy`, so nobody may change it, whatever it says")
            .about("no kms:PutKeyPolicy")
            .help("allow the account or those who manage the key `kms:PutKeyPolicy`");
    }
}
