use crate::frontend::{Acl, Aspect, Bucket, Switch};
use crate::rule::{Confidence, Context, Report, Rewrite, Safety, Severity, quoted};
use crate::source::Span;

const SWITCHES: [&str; 4] =
    ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

const OPENED: &str = "the bucket can be opened to the public";

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    if bucket.blocks.is_empty() {
        // Of a bucket that is open already, `public_bucket` says that it needs the block.
        if has_no_block(bucket)
            && !super::public_bucket::is_open(bucket)
            && let Some((span, what)) = to_be_blocked(bucket)
        {
            report_missing(bucket, cx).label(span, what);
        }
        return;
    }
    let Some(off) = Off::of(bucket) else { return };
    let (first, Off { names, switches, written }) = (off.first(), &off);
    let (verb, then, severity) = match &names[..] {
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
        ["restrict_public_buckets"] => {
            ("is", "a policy that has made the bucket public already stays in force", Severity::Low)
        }
        [_] => ("is", OPENED, Severity::Medium),
        [_, _, _, _] => ("are", OPENED, Severity::High),
        _ => ("are", OPENED, Severity::Medium),
    };
    let mut report = cx
        .report(&first.place, format!("{} {verb} off, so {then}", quoted(names)))
        .severity(severity)
        .about(quoted(names))
        .help("set all four switches to `true`");
    for switch in written.iter().skip(1) {
        report = report.label(switch.place.span, format!("`{}` is off too", switch.name));
    }
    let on = switches.iter().map(|it| Rewrite::SwitchOn { at: it.place.span, name: it.name });
    report = report.fix(Safety::Unsafe, format!("turn {} on", quoted(names)), on);
    if let Some(block) = bucket.blocks.iter().find(|it| it.place.span != bucket.place.span) {
        if written.len() < names.len() {
            report = report.label(block.place.span, "what is not written here is off");
        }
        report.label(bucket.place.span, "of this bucket");
    }
}

/// What is off of the blocks that stand before a bucket.
pub(super) struct Off<'b> {
    /// The names of the switches that are off in every block, of which there is one at least.
    pub(super) names: Vec<&'static str>,
    /// Those of the bucket's own blocks, one for each name.
    switches: Vec<&'b Switch>,
    /// Those of them that are written as off, which says more than to be left out.
    written: Vec<&'b Switch>,
}

impl<'b> Off<'b> {
    /// None where nothing is off, or where the bucket has no block of its own.
    pub(super) fn of(bucket: &'b Bucket) -> Option<Self> {
        let off = |name: &&str| bucket.switches(name).all(|it| it.on == Some(false));
        let own = |name: &&str| bucket.blocks.iter().flat_map(|it| &it.switches).find(|it| it.name == *name);
        let (names, switches): (Vec<_>, Vec<_>) =
            SWITCHES.into_iter().filter(off).filter_map(|name| Some((name, own(&name)?))).unzip();
        let is_written = |it: &&Switch| !bucket.blocks.iter().any(|block| block.place.span == it.place.span);
        let written = switches.iter().copied().filter(is_written).collect();
        (!names.is_empty()).then_some(Self { names, switches, written })
    }

    /// The one to point at.
    pub(super) fn first(&self) -> &'b Switch {
        self.written.first().unwrap_or(&self.switches[0])
    }
}

/// Whether neither the bucket nor its account has a block that is written here.
pub(super) fn has_no_block(bucket: &Bucket) -> bool {
    let of_account = |name: &&str| bucket.switches(name).any(|it| it.on != Some(false));
    bucket.lacks(Aspect::PublicAccessBlock) && !SWITCHES.iter().all(of_account)
}

/// What a block would hold back: a policy or an access control list that lets everybody in, or may, or a web site.
pub(super) fn to_be_blocked(bucket: &Bucket) -> Option<(Span, &'static str)> {
    let opening = bucket.policies.iter().find_map(|it| it.openings().next());
    let opening = opening.map(|(_, everyone)| (everyone.place.span, "here everybody is let in"));
    let acl = || bucket.acls.iter().find(|it| may_open(it)).map(|it| (it.place.span, "this may let others in"));
    let website = || bucket.companions(Aspect::Website).next();
    opening.or_else(acl).or_else(|| website().map(|it| (it.place.span, "here it is served to everybody")))
}

/// Whether an access control list lets in others than the owner and AWS, or may.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl>
fn may_open(acl: &Acl) -> bool {
    const CLOSED: [&str; 5] =
        ["aws-exec-read", "bucket-owner-full-control", "bucket-owner-read", "log-delivery-write", "private"];
    match &acl.permission {
        None => !CLOSED.contains(&acl.grantee.raw()),
        Some(_) => acl.grantee.raw().ends_with("/AllUsers") || acl.grantee.raw().ends_with("/AuthenticatedUsers"),
    }
}

/// That nothing keeps the block on.
pub(super) fn report_missing<'c>(bucket: &Bucket, cx: &'c mut Context<'_>) -> Report<'c> {
    let message = "nothing here keeps the public access block on: AWS turns it on for new buckets, but not for one from \
                   before April 2023";
    cx.report(&bucket.place, message)
        .severity(Severity::Low)
        .confidence(Confidence::Medium)
        .about("no block")
        .help("add an `aws_s3_bucket_public_access_block` with all four switches on")
}
