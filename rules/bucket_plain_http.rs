use crate::frontend::{Aspect, Bucket};
use crate::policy::{Condition, Effect, Policy, Resource, Scope, Statement};
use crate::rule::{Context, Report, Rewrite, Safety};

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    if !bucket.knows(Aspect::Policy) || bucket.policies.iter().any(|it| it.resolution.nothing) {
        return;
    }
    let help = "deny `s3:*` to everybody where `aws:SecureTransport` is `false`, on the bucket and on `/*` below it";
    let denials: Vec<&Statement> =
        bucket.policies.iter().flat_map(|it| &it.statements).filter(|it| denies_plain_http(it)).collect();
    let Some(first) = denials.first() else {
        let report = cx.report(&bucket.place, "this bucket can be read and written over plain HTTP");
        let report = report.about("plain HTTP").help(help);
        if let [policy] = &bucket.policies[..] {
            deny(report, policy, "s3");
        }
        return;
    };
    let of_objects: Vec<&&Statement> = denials.iter().filter(|it| holds_objects(it)).collect();
    let spared = ["s3:GetObject", "s3:PutObject"]
        .into_iter()
        .find(|action| !of_objects.iter().any(|it| it.actions.may_match(action)));
    let (message, subject) = match spared {
        _ if of_objects.is_empty() => {
            ("denies plain HTTP for the bucket, and leaves the objects out".to_owned(), "plain HTTP for objects")
        }
        Some(action) => {
            (format!("denies plain HTTP for some actions, and not for `{action}`"), "plain HTTP for actions")
        }
        None => return,
    };
    cx.report(&first.place, message).about(subject).label(bucket.place.span, "of this bucket").help(help);
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
    let everybody =
        statement.everyone().next().is_some() || statement.principals.as_ref().is_some_and(Scope::is_negated);
    statement.effect == Effect::Deny && everybody && statement.conditions.iter().any(plain)
}

fn holds_objects(statement: &Statement) -> bool {
    let holds = |it: &Resource| it.text.raw().ends_with('*') || it.is_free();
    statement.resources.as_ref().is_none_or(|it| it.is_negated() || it.entries().iter().any(holds))
}
