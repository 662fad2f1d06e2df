use crate::policy::{Effect, Policy, PolicyKind, Resource, Service};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Resource(Service::S3) {
        return;
    }
    for statement in policy.statements.iter().filter(|it| it.effect == Effect::Deny && it.conditions.is_empty()) {
        // An object's ARN has a slash; what has none is a bucket.
        let is_bucket = |it: &Resource| it.is_everything() || !it.text.raw().contains('/');
        let on_bucket = statement.resources.as_ref().is_none_or(|it| it.only().iter().any(is_bucket));
        let everybody = statement.everyone().next();
        let action = statement.actions.only().iter().find(|it| it.must_match("s3:PutBucketPolicy"));
        let (Some(everybody), Some(action), true) = (everybody, action, on_bucket) else { continue };
        cx.report(&action.place, format!("`{action}` denies everybody to change this policy, administrators too"))
            .of(statement, format!("deny {action} to {everybody}"))
            .by(&everybody.place)
            .help("add the condition that was meant, and spare those who manage the bucket");
    }
}
