use std::cmp::Reverse;
use std::sync::Arc;

use crate::catalog::AccessLevel;
use crate::frontend::{Acl, Aspect, Bucket, Configuration, Resource};
use crate::policy::{Place, Policy, PolicyKind, Principal, Service, Statement};
use crate::rule::{Confidence, Context, Report, Rewrite, Safety, Severity, scope_in_words};

/// One verdict over everything that opens a bucket and everything that keeps it shut.
pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    let of_buckets = || configuration.policies.iter().filter(|it| it.kind == PolicyKind::Resource(Service::S3));
    let mut told: Vec<&Arc<Policy>> = Vec::new();
    for bucket in &configuration.buckets {
        let mut all: Vec<Way<'_>> = ways(bucket).collect();
        told.extend(&bucket.policies);
        for point in &bucket.points {
            let ways = point.policies.iter().flat_map(|it| Way::by_policy(it));
            all.extend(ways.map(|it| Way { point: Some(&point.resource), ..it }));
            told.extend(&point.policies);
        }
        report(all, Some(bucket), cx);
    }
    // A policy by itself, or that of a bucket which is not named.
    for policy in of_buckets().filter(|it| !told.iter().any(|own| Arc::ptr_eq(own, it))) {
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
    let enforced = bucket.ownership.as_ref().is_some_and(|it| it.value.raw() == "BucketOwnerEnforced");
    !enforced && bucket.switch_on("ignore_public_acls").is_none()
}

/// One thing that lets everybody in.
struct Way<'c> {
    severity: Severity,
    words: String,
    place: &'c Place,
    by: By<'c>,
    /// The access point through which it leads; none where it leads straight into the bucket.
    point: Option<&'c Resource>,
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
            let (severity, verb) = match statement.highest_level() {
                None | Some(AccessLevel::Read) => (Severity::High, "read"),
                Some(AccessLevel::List) => (Severity::High, "list"),
                Some(AccessLevel::Tagging | AccessLevel::Write) => (Severity::Critical, "change"),
                Some(AccessLevel::PermissionsManagement) => (Severity::Critical, "change, and open further,"),
            };
            let actions = scope_in_words(&statement.actions);
            let words = format!("`{everyone}` lets anyone {verb} what is stored here: {actions}");
            Self { severity, words, place: &everyone.place, by: By::Policy(policy, statement, everyone), point: None }
        })
    }
}

fn report(ways: Vec<Way<'_>>, bucket: Option<&Bucket>, cx: &mut Context<'_>) {
    let mut ways: Vec<_> = ways.into_iter().map(|it| (it.held(bucket), it)).collect();
    ways.sort_by_key(|(held, it)| (held.is_some(), Reverse(it.severity), it.place.given.is_some()));
    let Some(((held, first), others)) = ways.split_first() else { return };
    let mut report = cx.report(first.place, &*first.words).severity(first.severity);
    report = match &first.by {
        By::Acl(acl, what) => report.on(bucket.map_or(&acl.address, |it| &it.address)).about(what).help(
            "set it to `private` and turn the public access block on; let readers in by name, through the bucket policy",
        ),
        By::Policy(policy, statement, everyone) => report
            .carried_by(policy)
            .granting(statement, everyone)
            .unbounded(statement)
            .help("name the principals that need it, or the distribution or endpoint through which the public comes"),
    };
    for (held, other) in others.iter().filter(|(_, it)| it.place.span != first.place.span) {
        let by = if other.point.is_some() { "by an access point, " } else { "" };
        let back = if held.is_some() { ", which is held back" } else { "" };
        report = report.label(other.place.span, format!("besides, {by}{}{back}", other.words));
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
    /// unless it is written otherwise. An access point of a VPC is never public.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-bpa-settings.html>
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-vpc.html>
    fn held(&self, bucket: Option<&'c Bucket>) -> Option<Held<'c>> {
        if let Some(point) = self.point.filter(|it| it.at("vpc_configuration").iter().any(|it| !it.value.is_null())) {
            let why = "the access point is of a VPC, so nobody gets in by it from elsewhere";
            return Some(Held { by: &point.place, why });
        }
        if let Some(point) = self.point.filter(|it| left_open(it).is_none()) {
            let why = "the block of the access point is on, so nobody outside of the account gets in by it";
            return Some(Held { by: &point.place, why });
        }
        let (refuses, ignores) = self.switches();
        let switch_on = |name| bucket.and_then(|it| it.switch_on(name));
        if let Some(switch) = switch_on(ignores) {
            let why = "as long as this is on, nobody but the account itself and services of AWS get in by it";
            return Some(Held { by: &switch.place, why });
        }
        // The policy of an access point is not what the block of the bucket refuses to set.
        let switch = switch_on(refuses).filter(|_| self.point.is_none())?;
        let why = "AWS refuses to set it as long as this is on, but one that was set before counts";
        Some(Held { by: &switch.place, why })
    }

    /// Says what does not hold it back, and how sure that is.
    fn open_by<'r>(&self, bucket: Option<&Bucket>, mut report: Report<'r>) -> Report<'r> {
        if let Some(place) = self.point.and_then(left_open) {
            report = report.label(place.span, "the access point's own block does not hold it back");
        }
        let Some(bucket) = bucket else { return report };
        let (_, ignores) = self.switches();
        if let Some(switch) = bucket.switches(ignores).find(|it| it.on.is_none()) {
            report = report
                .maybe(switch.place.span, format!("whether `{ignores}` is on, which would hold it back, is not known"));
        } else if let Some(switch) = bucket.switches(ignores).next() {
            report = report.label(switch.place.span, format!("`{ignores}` is off, so nothing holds it back"));
        }
        if bucket.knows(Aspect::PublicAccessBlock) { report } else { report.confidence(Confidence::Medium) }
    }
}

/// Where the block of an access point is switched off, or may be.
fn left_open(point: &Resource) -> Option<Place> {
    let switches = point.switches("public_access_block_configuration.restrict_public_buckets");
    switches.into_iter().find(|it| it.value != Some(true)).map(|it| it.place)
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
