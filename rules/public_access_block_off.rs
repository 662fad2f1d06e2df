use crate::frontend::{Aspect, Bucket, Switch};
use crate::rule::{Rewrite, Confidence, Context, Safety, Severity, quoted};

const SWITCHES: [&str; 4] = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    if bucket.blocks.is_empty() {
        let account = |name: &&str| bucket.switches(name).any(|it| it.on != Some(false));
        if bucket.lacks(Aspect::PublicAccessBlock) && !SWITCHES.iter().all(account) {
            cx.report(&bucket.place, "no public access block stands before this bucket")
                .severity(Severity::Low)
                .confidence(Confidence::Medium)
                .about("no block")
                .help("add an `aws_s3_bucket_public_access_block` with all four switches on");
        }
        return;
    }
    let off = |name: &&str| bucket.switches(name).all(|it| it.on == Some(false));
    let names: Vec<&str> = SWITCHES.into_iter().filter(|it| off(it)).collect();
    let switches: Vec<&Switch> = names
        .iter()
        .filter_map(|name| bucket.blocks.iter().flat_map(|it| &it.switches).find(|it| it.name == *name))
        .collect();
    // One that is written as off says more than one that was left out.
    let blocks = || bucket.blocks.iter().map(|it| it.place.span);
    let written: Vec<&&Switch> = switches.iter().filter(|it| !blocks().any(|block| block == it.place.span)).collect();
    let Some(first) = written.first().copied().or(switches.first()) else { return };

    let (verb, severity) = match names.len() {
        1 => ("is", Severity::Medium),
        4 => ("are", Severity::High),
        _ => ("are", Severity::Medium),
    };
    let mut report = cx
        .report(&first.place, format!("{} {verb} off, so the bucket can be opened to the public", quoted(&names)))
        .severity(severity)
        .about(quoted(&names))
        .help("set all four switches to `true`");
    for switch in written.iter().skip(1) {
        report = report.label(switch.place.span, format!("`{}` is off too", switch.name));
    }
    let on = switches.iter().map(|it| Rewrite::SwitchOn { at: it.place.span, name: it.name });
    report = report.fix(Safety::Unsafe, format!("turn {} on", quoted(&names)), on);
    if let Some(block) = bucket.blocks.iter().find(|it| it.place.span != bucket.place.span) {
        if written.len() < names.len() {
            report = report.label(block.place.span, "what is not written here is off");
        }
        report.label(bucket.place.span, "of this bucket");
    }
}
