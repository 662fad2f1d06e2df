use crate::frontend::Resource;
use crate::rule::{Context, Severity, quoted};

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    if resource.kind != "aws_s3_account_public_access_block" {
        return;
    }
    let switches = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html: off unless set.
    let off = |name: &&str| resource.switches(name).iter().all(|it| it.value == Some(false));
    let names: Vec<&str> = switches.into_iter().filter(off).collect();
    if names.is_empty() {
        return;
    }
    let written = names.iter().find_map(|name| resource.switches(name).into_iter().next());
    let place = written.as_ref().map_or(&resource.place, |it| &it.place);
    let verb = if names.len() == 1 { "is" } else { "are" };
    let (then, severity) = if names == ["restrict_public_buckets"] {
        ("buckets of this account that are public already stay so", Severity::Low)
    } else {
        ("buckets of this account can be opened to the public", Severity::Medium)
    };
    cx.report(place, format!("{} {verb} off, so {then}", quoted(&names)))
        .severity(severity)
        .about(quoted(&names))
        .help("set all four switches to `true`");
}
