use crate::policy::{Condition, Policy, PolicyKind, Service, Statement};
use crate::rule::{Confidence, Context};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Resource(Service::Kms) || !policy.resolution.is_full() || policy.statements.is_empty()
    {
        return;
    }
    let mut allowing = policy.allow_statements().filter(|it| it.actions.may_match("kms:PutKeyPolicy")).peekable();
    if allowing.peek().is_none() {
        cx.report(&policy.place, "no statement allows `kms:PutKeyPolicy`, so nobody may change it, whatever it says")
            .about("no kms:PutKeyPolicy")
            .help("allow the account or those who manage the key `kms:PutKeyPolicy`");
        return;
    }
    let through: Option<Vec<&Condition>> = allowing.map(through_service).collect();
    if let Some([first, ..]) = through.as_deref() {
        cx.report(
            &policy.place,
            "`kms:PutKeyPolicy` is allowed through a service only, and none calls it, so nobody may change it",
        )
        .about("kms:PutKeyPolicy through a service")
        .confidence(Confidence::Medium)
        .label(first.place.span, "asks for a service on the way")
        .help("put what is done through the service into a statement of its own, and allow those who manage the key `kms:PutKeyPolicy` without this test");
    }
}

/// The condition of a statement by which only a call that a service makes for somebody passes. Services use keys so, and
/// manage none.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>
fn through_service(statement: &Statement) -> Option<&Condition> {
    let asks = |it: &&Condition| it.is_on("kms:viaservice") && it.needs_key() && it.case().is_none();
    statement.conditions.iter().find(asks)
}
