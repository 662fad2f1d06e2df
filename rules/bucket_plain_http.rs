use crate::frontend::{Aspect, Bucket};
use crate::policy::{Condition, Effect, Policy, Resource, Scope, Statement};
use crate::rule::{Context, Report, Rewrite, Safety};

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    if !bucket.knows(Aspect::Policy) || bucket.policies.iter().any(|it| it.resolution.nothing) {
        return;
    }
    let help = "deny `s3:*` to everybody where `aws:SecureTransport` is `false`, on the bucket and on `/*` below it";
    let mut denials = bucket.policies.iter().flat_map(|it| &it.statements).filter(|it| denies_plain_http(it)).peekable();
    let Some(first) = denials.peek().copied() else {
        let report = cx.report(&bucket.place, "this bucket can be read and written over plain HTTP");
        let report = report.about("plain HTTP").help(help);
        if let [policy] = &bucket.policies[..] {
            deny(report, policy, "s3");
        }
        return;
    };
    if !denials.any(holds_objects) {
        let report = cx.report(&first.place, "denies plain HTTP for the bucket, and leaves the objects out");
        report.about("plain HTTP for objects").label(bucket.place.span, "of this bucket").help(help);
    }
}

/// Offers a denial behind the last statement of a policy.
pub(super) fn deny(report: Report<'_>, policy: &Policy, service: &'static str) {
    let Some(last) = policy.statements.last() else { return };
    let Some(resource) = last.resources.iter().flat_map(Scope::only).next() else { return };
    let change = Rewrite::DenyPlainHttp { at: last.place.span, resource: resource.place.span, service };
    report.fix(Safety::Unsafe, "deny plain HTTP to everybody", [change]);
}

fn denies_plain_http(statement: &Statement) -> bool {
    let plain = |it: &Condition| {
        let is_false = it.values.iter().any(|it| it.text.raw().eq_ignore_ascii_case("false"));
        it.is_on("aws:securetransport") && is_false || it.is_on("s3:tlsversion")
    };
    let everybody = statement.everyone().next().is_some() || statement.principals.as_ref().is_some_and(Scope::is_negated);
    statement.effect == Effect::Deny && everybody && statement.conditions.iter().any(plain)
}

fn holds_objects(statement: &Statement) -> bool {
    let holds = |it: &Resource| it.text.raw().ends_with('*') || it.is_free();
    statement.resources.as_ref().is_none_or(|it| it.is_negated() || it.entries().iter().any(holds))
}
