use std::cmp::Reverse;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::access_point_block_off;
use super::public_access_block_off::Off;
use crate::catalog::{self, AccessLevel};
use crate::frontend::{Acl, Aspect, Bucket, Configuration, Resource, Switch};
use crate::policy::{Condition, Place, Policy, PolicyKind, Principal, Service, Statement};
use crate::rule::{Confidence, Context, Report, Rewrite, Safety, Severity, granted_to, quoted, scope_in_words};
use crate::source::Span;

/// One verdict over everything that opens a bucket and everything that keeps it shut.
pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    let of_buckets = || configuration.policies.iter().filter(|it| it.kind == PolicyKind::Resource(Service::S3));
    let mut told: Vec<&Arc<Policy>> = Vec::new();
    for bucket in &configuration.buckets {
        let mut all: Vec<Way<'_>> = ways(bucket).collect();
        told.extend(&bucket.policies);
        for point in &bucket.points {
            let ways = point.policies.iter().flat_map(|it| Way::by_policy(it));
            all.extend(ways.map(|it| it.through(&point.resource, bucket)));
            told.extend(&point.policies);
        }
        report(all, Some(bucket), cx);
    }
    // A policy by itself, or that of a bucket which is not named.
    for policy in of_buckets().filter(|it| !told.iter().any(|own| own.is(it))) {
        report(Way::by_policy(policy).collect(), None, cx);
    }
}

/// Whether something lets everybody into a bucket.
pub(super) fn is_open(bucket: &Bucket) -> bool {
    ways(bucket).next().is_some()
}

fn ways(bucket: &Bucket) -> impl Iterator<Item = Way<'_>> {
    let acls = bucket.acls.iter().filter(|_| heeds_acls(bucket)).filter_map(Way::by_acl);
    acls.chain(bucket.policies.iter().flat_map(|it| Way::by_policy(it)))
}

/// Access control lists are not heeded where they are switched off, or where the public ones are ignored.
fn heeds_acls(bucket: &Bucket) -> bool {
    !bucket.is_owner_enforced() && bucket.switch_on("ignore_public_acls").is_none()
}

/// One thing that lets everybody in.
struct Way<'c> {
    severity: Severity,
    words: String,
    place: &'c Place,
    by: By<'c>,
    /// The access point through which it leads; none where it leads straight into the bucket.
    point: Option<Point<'c>>,
}

/// An access point that lets everybody in.
#[derive(Clone, Copy)]
struct Point<'c> {
    resource: &'c Resource,
    /// Whether the policy of the bucket lets in by it what the access point lets in; none when that is not known.
    is_let_in: Option<bool>,
}

enum By<'c> {
    Acl(&'c Acl, String),
    Policy(&'c Policy, &'c Statement, &'c Principal),
}

impl<'c> Way<'c> {
    fn by_acl(acl: &'c Acl) -> Option<Self> {
        let (severity, who, what) = granted(acl)?;
        let grantee = &acl.grantee;
        let words = format!("`{grantee}` lets {who} {what} the bucket");
        Some(Self { severity, words, place: &acl.place, by: By::Acl(acl, format!("{grantee} {what}")), point: None })
    }

    fn by_policy(policy: &'c Policy) -> impl Iterator<Item = Self> {
        policy.openings().map(move |(statement, everyone)| {
            let (severity, words) = let_do(statement, everyone, statement.highest_level());
            Self { severity, words, place: &everyone.place, by: By::Policy(policy, statement, everyone), point: None }
        })
    }

    /// The same by way of an access point, by which nobody may do more than the policy of the bucket allows too.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html>
    fn through(mut self, point: &'c Resource, bucket: &'c Bucket) -> Self {
        let mut is_let_in = None;
        if let By::Policy(_, statement, everyone) = self.by
            && bucket.knows(Aspect::Policy)
            && !bucket.policies.iter().any(|it| it.resolution.nothing)
        {
            let letting: Vec<&Statement> = bucket.policies.iter().flat_map(|it| lets_points_in(it)).collect();
            let is_allowed = |it: &catalog::Action| letting.iter().any(|of| of.actions.may_match(&it.full_name()));
            let allowed: Vec<_> = statement.actions.certain().into_iter().filter(is_allowed).collect();
            if let Some(level) = allowed.iter().map(|it| it.access_level()).max() {
                (self.severity, self.words) = let_do(statement, everyone, Some(level));
            }
            is_let_in = Some(!allowed.is_empty());
        }
        self.point = Some(Point { resource: point, is_let_in });
        self
    }
}

/// How bad it is that everybody may do what a statement allows, as far as it goes to a level.
fn let_do(statement: &Statement, everyone: &Principal, level: Option<AccessLevel>) -> (Severity, String) {
    let (severity, verb) = match level {
        None | Some(AccessLevel::Read) => (Severity::High, "read"),
        Some(AccessLevel::List) => (Severity::High, "list"),
        Some(AccessLevel::Tagging | AccessLevel::Write) => (Severity::Critical, "change"),
        Some(AccessLevel::PermissionsManagement) => (Severity::Critical, "change, and open further,"),
    };
    let actions = scope_in_words(&statement.actions);
    (severity, format!("`{everyone}` lets anyone {verb} what is stored here: {actions}"))
}

/// The statements of a bucket's policy that let in everybody who comes by an access point, or at all.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html#access-points-delegating-control>
fn lets_points_in(policy: &Policy) -> impl Iterator<Item = &Statement> {
    let of_points = |it: &Condition| {
        let keys = ["s3:dataaccesspointaccount", "s3:dataaccesspointarn", "s3:accesspointnetworkorigin"];
        keys.iter().any(|key| it.is_on(key))
    };
    // An access point of a VPC is held back whatever the bucket says.
    let of_vpc =
        |it: &Condition| it.is_on("s3:accesspointnetworkorigin") && it.values.iter().all(|it| it.text.raw() == "VPC");
    let bounds = move |it: &Condition| match of_points(it) {
        true => it.operator.negated || of_vpc(it),
        false => it.bounds_the_caller(),
    };
    policy.allow_statements().filter(move |statement| {
        statement.everyone().next().is_some()
            && !statement.conditions.iter().any(bounds)
            && policy.closings(statement).all(|deny| deny.conditions.iter().any(of_points))
    })
}

fn report<'c>(ways: Vec<Way<'c>>, bucket: Option<&'c Bucket>, cx: &mut Context<'_>) {
    let mut ways: Vec<_> = ways.into_iter().map(|it| (it.held(bucket), it)).collect();
    ways.sort_by_key(|(held, it)| (held.is_some(), Reverse(it.severity), it.place.given.is_some()));
    tell(&ways, bucket, cx);
    // What else lets in is said with the first, and by itself once somebody has answered for that.
    let mut said: FxHashSet<_> = ways.iter().take(1).map(|(_, it)| it.said()).collect();
    for (n, (_, way)) in ways.iter().enumerate().skip(1) {
        if said.insert(way.said()) {
            tell(&ways[n..=n], bucket, cx);
        }
    }
}

/// The verdict by the first of some ways, with the others beside it.
fn tell<'c>(ways: &[(Option<Held<'c>>, Way<'c>)], bucket: Option<&'c Bucket>, cx: &mut Context<'_>) {
    let Some(((held, first), others)) = ways.split_first() else { return };
    // The block of an access point stays as it was made.
    let has_block_to_set = held.is_none() && first.point.is_none() && bucket.is_some();
    let and_block = if has_block_to_set { ", and turn the public access block on" } else { "" };
    let mut report = cx.report(first.place, &*first.words).severity(first.severity);
    report = match &first.by {
        By::Acl(acl, what) => {
            let close = if acl.permission.is_none() { "set it to `private`" } else { "take the grant out" };
            report.on(bucket.map_or(&acl.address, |it| &it.address)).about(what).help(format!(
                "{close} and turn the public access block on; let readers in by name, through the bucket policy"
            ))
        }
        By::Policy(policy, statement, everyone) => {
            report.carried_by(policy).granting(statement, everyone).unbounded(statement).help(format!(
                "name the principals that need it, or the distribution or endpoint through which the public \
                 comes{and_block}"
            ))
        }
    };
    for (held, other) in others.iter().filter(|(_, it)| it.place.span != first.place.span) {
        let by = if other.point.is_some() { "by an access point, " } else { "" };
        let back = if held.is_some() { ", which is held back" } else { "" };
        report = report.label(other.place.span, format!("besides, {by}{}{back}", other.words));
        report = report.telling_of(other.address(bucket), other.place.span, "public_bucket", other.subject());
    }
    if let By::Acl(acl, _) = &first.by
        && acl.permission.is_none()
    {
        let change = Rewrite::Replace { at: acl.place.span, with: vec!["private".to_owned()] };
        report = report.fix(Safety::Unsafe, "set it to `private`", [change]);
    }
    report = match held {
        Some(Held { by, why }) => report.severity(Severity::Low).label(by.span, *why),
        None => first.open_by(bucket, report),
    };
    let open = std::iter::once((held, first)).chain(others.iter().map(|(held, it)| (held, it)));
    let open = open.filter(|(held, _)| held.is_none()).map(|(_, it)| it);
    for point in open.clone().filter_map(|it| it.point).map(|it| it.resource) {
        if let Some((place, names)) = access_point_block_off::off(point) {
            report = report.telling_of(&point.address, place.span, "access_point_block_off", quoted(&names));
        }
    }
    if let Some((bucket, off)) = bucket.and_then(|it| Some((it, Off::of(it)?))).filter(|_| held.is_none()) {
        let (at, subject) = (off.first().place.span, quoted(&off.names));
        report = report.telling_of(&bucket.address, at, "public_access_block_off", subject);
    }
    if let Some(bucket) = bucket {
        for website in bucket.companions(Aspect::Website) {
            report = report.label(website.place.span, "and is served as a web site by this");
        }
        if bucket.declared {
            let words = match (is_within(&first.by, bucket), bucket.switches("restrict_public_buckets").next()) {
                (_, None) if bucket.knows(Aspect::PublicAccessBlock) => {
                    "before this bucket stands no public access block"
                }
                (false, _) => "of this bucket",
                (true, _) => return,
            };
            // Several blocks that declare one name are one bucket, and the verdict holds for each.
            report.on(&bucket.address).label(bucket.place.span, words);
        }
    }
}

impl Way<'_> {
    /// The address of what a finding about it is told of.
    fn address<'s>(&'s self, bucket: Option<&'s Bucket>) -> &'s Arc<str> {
        match (&self.by, bucket) {
            (_, Some(bucket)) if bucket.declared => &bucket.address,
            (By::Policy(policy, ..), _) => &policy.address,
            (By::Acl(..), Some(bucket)) => &bucket.address,
            (By::Acl(acl, _), None) => &acl.address,
        }
    }

    /// By what it is told from others: where it stands, and the case in which it does.
    fn said(&self) -> (Span, Option<&str>) {
        let case = match self.by {
            By::Policy(_, statement, _) => statement.place.given.as_ref(),
            By::Acl(..) => None,
        };
        (self.place.span, case.map(|it| &*it.words))
    }

    /// What a finding about it is about.
    fn subject(&self) -> String {
        match &self.by {
            By::Acl(_, what) => what.clone(),
            By::Policy(_, statement, everyone) => granted_to(statement, everyone),
        }
    }
}

/// Whether it is written in the block that declares the bucket.
fn is_within(by: &By<'_>, bucket: &Bucket) -> bool {
    match by {
        By::Acl(acl, _) => acl.address == bucket.address,
        By::Policy(policy, ..) => policy.address == bucket.address,
    }
}

/// What keeps a way shut as long as it stands there.
struct Held<'c> {
    by: &'c Place,
    why: &'static str,
}

impl<'c> Way<'c> {
    /// The switches of public access blocks that decide about it: the one that refuses to set it, and the one that ignores
    /// it.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
    fn switches(&self) -> (&'static str, &'static str) {
        match self.by {
            By::Acl(..) => ("block_public_acls", "ignore_public_acls"),
            By::Policy(..) => ("block_public_policy", "restrict_public_buckets"),
        }
    }

    /// What holds it back: the public access block of the bucket or the account, or that of the access point, which is on
    /// unless it is written otherwise.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-bpa-settings.html>
    fn held(&self, bucket: Option<&'c Bucket>) -> Option<Held<'c>> {
        if let Some(Point { resource: point, is_let_in }) = self.point {
            let why = if is_of_vpc(point) {
                Some(OF_VPC)
            } else if left_open(point).is_none() {
                Some("the block of the access point is on, so nobody outside of the account gets in by it")
            } else if is_let_in == Some(false) {
                Some(
                    "the bucket's own policy does not let in what comes by this access point, so nobody gets in by it yet",
                )
            } else {
                None
            };
            if let Some(why) = why {
                return Some(Held { by: &point.place, why });
            }
        }
        if let By::Policy(_, statement, _) = self.by
            && is_of_object_lambda(statement)
        {
            let why = "AWS refuses to set it, since the block of an Object Lambda access point is always on";
            return Some(Held { by: &statement.place, why });
        }
        let (refuses, ignores) = self.switches();
        let case = match self.by {
            By::Acl(acl, _) => acl.place.given.as_deref(),
            By::Policy(_, statement, _) => statement.place.given.as_deref(),
        };
        let switch_on = |name| bucket.and_then(|it| it.switch_on_in(name, case));
        if let Some(switch) = switch_on(ignores) {
            return Some(Held { by: &switch.place, why: RESTRICTED });
        }
        // The policy of an access point is not what the block of the bucket refuses to set.
        let switch = switch_on(refuses).filter(|_| self.point.is_none())?;
        let why = "AWS refuses to set it as long as this is on, but one that was set before counts";
        Some(Held { by: &switch.place, why })
    }

    /// Says what does not hold it back, and how sure that is.
    fn open_by<'r>(&self, bucket: Option<&Bucket>, mut report: Report<'r>) -> Report<'r> {
        if bucket.is_some_and(|it| !it.knows(Aspect::PublicAccessBlock)) {
            report = report.confidence(Confidence::Medium);
        }
        if let Some(Point { resource, is_let_in }) = self.point {
            if let Some(place) = left_open(resource) {
                report = report.label(place.span, "the access point's own block does not hold it back");
            }
            if is_let_in.is_none() {
                report = report.maybe(
                    resource.place.span,
                    "whether the bucket's own policy lets in what comes by it is not known",
                );
            }
        }
        let Some(bucket) = bucket else { return report };
        let (_, ignores) = self.switches();
        let enforced = bucket.ownership.as_ref().filter(|it| it.value.raw() == "BucketOwnerEnforced");
        if let (By::Acl(..), Some(given)) = (&self.by, enforced.and_then(|it| it.place.given.as_ref())) {
            let message = format!("access control lists are switched off only if {}", given.words);
            report = report.maybe(given.span, message);
        }
        let in_case = |it: &&Switch| it.on == Some(true) && it.place.given.is_some();
        if let Some(switch) = bucket.switches(ignores).find(in_case) {
            let case = switch.place.given.as_ref().map_or("", |it| &it.words);
            let message = format!("`{ignores}`, which would hold it back, is on only if {case}");
            report = report.maybe(switch.place.span, message);
        } else if let Some(switch) = bucket.switches(ignores).find(|it| it.on.is_none()) {
            report = report
                .maybe(switch.place.span, format!("whether `{ignores}` is on, which would hold it back, is not known"));
        } else if let Some(switch) = bucket.switches(ignores).next() {
            let off = Off::of(bucket).map_or(vec![ignores], |it| it.names);
            let are = if off.len() == 1 { "is" } else { "are" };
            report = report.label(switch.place.span, format!("{} {are} off, so nothing holds it back", quoted(&off)));
        }
        report
    }
}

const OF_VPC: &str = "the access point is of a VPC, so nobody gets in by it from elsewhere";
const RESTRICTED: &str = "as long as this is on, nobody but the account itself and services of AWS get in by it";

/// An access point of a VPC is never public.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-vpc.html>
fn is_of_vpc(point: &Resource) -> bool {
    point.at("vpc_configuration").iter().any(|it| !it.value.is_null())
}

/// What keeps the public out by an access point whose own block is off, whatever its policy says.
pub(super) fn shut_besides(point: &Resource, bucket: &Bucket) -> Option<(Span, &'static str)> {
    if is_of_vpc(point) {
        return Some((point.place.span, OF_VPC));
    }
    if let Some(switch) = bucket.switch_on("restrict_public_buckets") {
        return Some((switch.place.span, RESTRICTED));
    }
    let is_known = bucket.knows(Aspect::Policy) && !bucket.policies.iter().any(|it| it.resolution.nothing);
    let lets_in = || bucket.policies.iter().any(|it| lets_points_in(it).next().is_some());
    (is_known && !lets_in()).then_some((
        bucket.place.span,
        "nothing lets the public into the bucket by an access point, so nobody gets in yet",
    ))
}

/// Where the block of an access point is switched off, or may be.
fn left_open(point: &Resource) -> Option<Place> {
    let switches = point.switches(&format!("{}.restrict_public_buckets", access_point_block_off::block(point)?));
    switches.into_iter().find(|it| it.value != Some(true)).map(|it| it.place)
}

/// Whether it is about an Object Lambda access point.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetAccessPointForObjectLambda.html>
fn is_of_object_lambda(statement: &Statement) -> bool {
    let actions = statement.actions.only();
    !actions.is_empty() && actions.iter().all(|it| it.service() == Some("s3-object-lambda"))
}

/// How bad it is, who is let in, and what they may do.
fn granted(acl: &Acl) -> Option<(Severity, &'static str, &'static str)> {
    let (anyone, account) = ("anyone", "every AWS account");
    let Some(permission) = &acl.permission else {
        return match acl.grantee.raw() {
            "public-read" => Some((Severity::High, anyone, "list")),
            "public-read-write" => Some((Severity::Critical, anyone, "list, write and delete in")),
            "authenticated-read" => Some((Severity::High, account, "list")),
            _ => None,
        };
    };
    let who = match acl.grantee.raw().rsplit('/').next() {
        Some("AllUsers") => anyone,
        Some("AuthenticatedUsers") => account,
        _ => return None,
    };
    Some(match permission.raw() {
        "READ" => (Severity::High, who, "list"),
        "READ_ACP" => (Severity::Medium, who, "see who else reaches"),
        "WRITE" => (Severity::Critical, who, "write and delete in"),
        "WRITE_ACP" => (Severity::Critical, who, "give itself every access to"),
        "FULL_CONTROL" => (Severity::Critical, who, "do everything with"),
        _ => (Severity::High, who, "reach"),
    })
}
