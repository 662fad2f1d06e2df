use crate::frontend::{Aspect, Bucket};
use crate::policy::{Condition, Effect, Policy, Resource, Scope, Statement};
use crate::rule::{Context, Report, Rewrite, Safety, quoted};

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
    let whole: Vec<&Statement> = denials.iter().copied().filter(|it| spared_by(it).is_none()).collect();
    let (message, subject) = match spared_by(first).filter(|_| whole.is_empty()) {
        Some(it) => it,
        None => match spared(&whole) {
            Some(it) => it,
            None => return,
        },
    };
    cx.report(&first.place, message).about(subject).label(bucket.place.span, "of this bucket").help(help);
}

/// Whom a denial of plain HTTP leaves out, or which requests of theirs; what that is called where it is told.
fn spared_by(denial: &Statement) -> Option<(String, &'static str)> {
    let principals = denial.principals.as_ref();
    if denial.everyone().next().is_none() && !principals.is_some_and(Scope::is_negated) {
        let only = quoted(principals.map_or(&[][..], Scope::only));
        return Some((format!("denies plain HTTP to {only}, and to nobody else"), "plain HTTP for others"));
    }
    let of_transport = |it: &Condition| it.is_on("aws:securetransport");
    // No request over plain HTTP has a version of TLS, so the two together hold of none.
    let is_both = denial.conditions.iter().any(of_transport);
    let narrows = |it: &&Condition| match is_plain_http(it) {
        true => is_both && !of_transport(it) && it.needs_key(),
        false => !it.is_bare_wildcard(),
    };
    let other = denial.conditions.iter().find(narrows)?;
    let key = &other.key;
    Some((format!("denies plain HTTP only as far as `{key}` has it so"), "plain HTTP otherwise"))
}

/// What denials of plain HTTP to everybody leave out.
fn spared(denials: &[&Statement]) -> Option<(String, &'static str)> {
    let holding = |holds: fn(&Statement) -> bool| denials.iter().copied().filter(|it| holds(it)).collect::<Vec<_>>();
    let (of_objects, of_bucket) = (holding(holds_objects), holding(holds_bucket));
    if of_objects.is_empty() {
        return Some((
            "denies plain HTTP for the bucket, and leaves the objects out".to_owned(),
            "plain HTTP for objects",
        ));
    }
    let is_spared = |of: &[&Statement], action: &str| !of.iter().any(|it| it.actions.may_match(action));
    let of_objects = OF_OBJECTS.into_iter().find(|it| is_spared(&of_objects, it));
    if of_objects.is_none() && of_bucket.is_empty() {
        let message = "denies plain HTTP for the objects, and leaves the bucket out, whose lists name them";
        return Some((message.to_owned(), "plain HTTP for the bucket"));
    }
    let action = of_objects.or_else(|| Some(OF_BUCKET).filter(|it| is_spared(&of_bucket, it)))?;
    Some((format!("denies plain HTTP for some actions, and not for `{action}`"), "plain HTTP for actions"))
}

const OF_OBJECTS: [&str; 3] = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"];
const OF_BUCKET: &str = "s3:ListBucket";

/// Offers a denial behind the last statement of a policy.
pub(super) fn deny(report: Report<'_>, policy: &Policy, service: &'static str) {
    let Some(last) = policy.statements.last() else { return };
    let Some(resource) = last.resources.iter().flat_map(Scope::only).next() else { return };
    let change = Rewrite::DenyPlainHttp { at: last.place.span, resource: resource.place.span, service };
    report.fix(Safety::Unsafe, "deny plain HTTP to everybody", [change]);
}

fn denies_plain_http(statement: &Statement) -> bool {
    statement.effect == Effect::Deny && statement.conditions.iter().any(is_plain_http)
}

fn is_plain_http(condition: &Condition) -> bool {
    let is_false = condition.values.iter().any(|it| it.text.raw().eq_ignore_ascii_case("false"));
    condition.is_on("aws:securetransport") && is_false || condition.is_on("s3:tlsversion")
}

fn holds_objects(statement: &Statement) -> bool {
    let holds = |it: &Resource| it.text.raw().ends_with('*') || it.is_free();
    statement.resources.as_ref().is_none_or(|it| it.is_negated() || it.entries().iter().any(holds))
}

fn holds_bucket(statement: &Statement) -> bool {
    let holds = |it: &Resource| !it.text.raw().contains('/') || it.is_free();
    statement.resources.as_ref().is_none_or(|it| it.is_negated() || it.entries().iter().any(holds))
}
