use crate::frontend::Resource;
use crate::rule::{Context, Severity, quoted};

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    let block = match resource.kind {
        "aws_s3_access_point" => "public_access_block_configuration",
        "aws_s3control_multi_region_access_point" => "details.public_access_block",
        _ => return,
    };
    let switches = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];
    let said = |name: &str| resource.switches(&format!("{block}.{name}"));
    let off: Vec<_> = switches
        .into_iter()
        .filter_map(|name| Some((name, said(name).into_iter().find(|it| it.value == Some(false))?)))
        .collect();
    let Some((_, first)) = off.first() else { return };
    let names: Vec<&str> = off.iter().map(|(name, _)| *name).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    cx.report(&first.place, format!("{} {verb} off for this access point, and can never be turned on", quoted(&names)))
        .severity(if names.len() == switches.len() { Severity::High } else { Severity::Medium })
        .about(quoted(&names))
        .help("leave the block out, for all four switches are on then, or set them to `true`");
}
