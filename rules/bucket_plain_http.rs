use crate::frontend::{Aspect, Bucket};
use crate::policy::{Condition, Effect, Place, Policy, Resource, Scope, Statement, Value, matches, may_meet};
use crate::rule::{Context, Report, Rewrite, Safety, quoted};
use crate::source::Span;
use crate::value::Text;

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    if !bucket.knows(Aspect::Policy) || bucket.policies.iter().any(|it| it.resolution.nothing) {
        return;
    }
    let help = "deny `s3:*` to everybody where `aws:SecureTransport` is `false`, on the bucket and on `/*` below it";
    let statements = || bucket.policies.iter().flat_map(|it| &it.statements);
    let denials: Vec<&Statement> = statements().filter(|it| denies_plain_http(it) && is_about(it, bucket)).collect();
    let Some(first) = denials.first() else {
        let report = cx.report(&bucket.place, "this bucket can be read and written over plain HTTP");
        let mut report = report.about("plain HTTP").help(help);
        if let Some((span, words)) = statements().find_map(seems_to_deny) {
            report = report.label(span, words);
        }
        if let [policy] = &bucket.policies[..] {
            deny(report, policy, "s3");
        }
        return;
    };
    let whole: Vec<&Statement> = denials.iter().copied().filter(|it| spared_by(it).is_none()).collect();
    let (message, subject) = match spared_by(first).filter(|_| whole.is_empty()) {
        Some(it) => it,
        None => match spared(&whole, bucket) {
            Some(it) => it,
            None => return,
        },
    };
    cx.report(&first.place, message).about(subject).label(bucket.place.span, "of this bucket").help(help);
}

/// What looks like a denial of plain HTTP to this bucket and is none.
fn seems_to_deny(statement: &Statement) -> Option<(Span, &'static str)> {
    if statement.effect != Effect::Deny {
        return None;
    }
    if denies_plain_http(statement) {
        return Some((statement.place.span, "this denies it for another bucket"));
    }
    let fails = |it: &&Condition| holds_of_plain_http(it) == Some(false);
    let condition = statement.conditions.iter().find(fails)?;
    let words = match condition.is_on(TLS_VERSION) {
        true => "this is not met over plain HTTP, which has no version of TLS",
        false => "this is not met over plain HTTP",
    };
    Some((condition.place.span, words))
}

/// Whom a denial of plain HTTP leaves out, or which requests of theirs; what that is called where it is told.
fn spared_by(denial: &Statement) -> Option<(String, &'static str)> {
    match &denial.principals {
        Some(Scope::AllExcept(spared)) if !spared.is_empty() => {
            let message = format!("denies plain HTTP to everybody but {}", quoted(spared));
            return Some((message, "plain HTTP for some"));
        }
        Some(Scope::Only(only)) if denial.everyone().next().is_none() => {
            let message = format!("denies plain HTTP to {}, and to nobody else", quoted(only));
            return Some((message, "plain HTTP for others"));
        }
        _ => {}
    }
    let narrows = |it: &&Condition| !holds_of_plain_http(it).unwrap_or_else(|| it.is_bare_wildcard());
    let other = denial.conditions.iter().find(narrows)?;
    let key = &other.key;
    Some((format!("denies plain HTTP only as far as `{key}` has it so"), "plain HTTP otherwise"))
}

/// What denials of plain HTTP to everybody leave out.
fn spared(denials: &[&Statement], bucket: &Bucket) -> Option<(String, &'static str)> {
    let holding = |key: &str| denials.iter().copied().filter(|it| holds(it, bucket, key)).collect::<Vec<_>>();
    // What nobody has named is held only by what holds every object.
    let (of_objects, of_bucket) = (holding("/\u{1}"), holding(""));
    if of_objects.is_empty() {
        let message = match denials.iter().any(|it| names_objects(it)) {
            true => "denies plain HTTP for some objects, and leaves the others out",
            false => "denies plain HTTP for the bucket, and leaves the objects out",
        };
        return Some((message.to_owned(), "plain HTTP for objects"));
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
    statement.effect == Effect::Deny && statement.conditions.iter().any(|it| holds_of_plain_http(it) == Some(true))
}

const TLS_VERSION: &str = "s3:tlsversion";

/// Whether a condition on the transport holds of requests over plain HTTP, which have no version of TLS; none for a
/// condition on anything else.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
fn holds_of_plain_http(condition: &Condition) -> Option<bool> {
    if condition.is_on(TLS_VERSION) {
        return Some(!condition.needs_key());
    }
    let is_false = |it: &Value| match condition.operator.takes_wildcards() {
        _ if it.text.has_holes() => true,
        true => matches(it.text.raw(), "false", true),
        false => it.text.raw().eq_ignore_ascii_case("false"),
    };
    let is_met = condition.values.iter().any(is_false) != condition.operator.negated;
    condition.is_on("aws:securetransport").then_some(is_met)
}

/// Whether something of a bucket may be among the resources of a statement.
fn is_about(statement: &Statement, bucket: &Bucket) -> bool {
    let Some(arn) = bucket.arn() else { return true };
    let mut objects = arn.clone();
    objects.push_known("/*", bucket.place.span);
    statement.may_be_about(&arn) || statement.may_be_about(&objects)
}

fn names_objects(statement: &Statement) -> bool {
    statement.resources.iter().flat_map(Scope::entries).any(|it| it.text.raw().contains('/'))
}

/// Whether the bucket, or one of its objects by what stands behind the name of the bucket, is among the resources of a
/// statement for all that is known.
fn holds(statement: &Statement, bucket: &Bucket, key: &str) -> bool {
    let (Some(resources), Some(name), Some(arn)) = (&statement.resources, &bucket.name, bucket.arn()) else {
        return true;
    };
    let span = bucket.place.span;
    let with_key = |mut text: Text| {
        text.push_known(key, span);
        text
    };
    let (path, arn) = (with_key(name.clone()), with_key(arn));
    let is_held = |it: &Resource| match it.part(5) {
        // A bucket is named without a region and an account, and the partition is no matter.
        Some(own) => may_cover(it.text.slice(it.text.len() - own.len()..it.text.len()), &path, span),
        None => may_meet(&it.text, &arn),
    };
    resources.entries().iter().any(is_held) != resources.is_negated()
}

/// Whether a pattern matches a text, if what only one of them leaves unknown turns out so.
fn may_cover(pattern: Text, text: &Text, span: Span) -> bool {
    let lacks =
        |one: &Text, other: &Text| one.holes().any(|(_, hole)| !other.holes().any(|(_, its)| its.is_same(hole)));
    let is_uncertain = lacks(&pattern, text) || lacks(text, &pattern);
    let of = |text: Text| Resource::new(text, Place::here(span));
    is_uncertain && may_meet(&pattern, text) || of(pattern).covers(&of(text.clone()))
}
