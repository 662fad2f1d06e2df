use crate::frontend::Resource;
use crate::policy::Place;
use crate::rule::{Context, Severity, quoted};

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    let off = off(resource);
    let Some((_, place)) = off.first() else { return };
    let names: Vec<&str> = off.iter().map(|(name, _)| *name).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    cx.report(place, format!("{} {verb} off for this access point, and can never be turned on", quoted(&names)))
        .severity(if names.len() == SWITCHES.len() { Severity::High } else { Severity::Medium })
        .about(quoted(&names))
        .help("leave the block out, for all four switches are on then, or set them to `true`");
}

/// Where it says something of an access point, and what that is about.
pub(super) fn said(point: &Resource) -> Option<(Place, String)> {
    let off = off(point);
    let names: Vec<&str> = off.iter().map(|(name, _)| *name).collect();
    off.into_iter().next().map(|(_, place)| (place, quoted(&names)))
}

const SWITCHES: [&str; 4] =
    ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

/// The switches that are off, each with its place.
fn off(resource: &Resource) -> Vec<(&'static str, Place)> {
    let block = match resource.kind {
        "aws_s3_access_point" => "public_access_block_configuration",
        "aws_s3control_multi_region_access_point" => "details.public_access_block",
        _ => return Vec::new(),
    };
    let said = |name: &str| resource.switches(&format!("{block}.{name}"));
    let place = |name: &str| said(name).into_iter().find(|it| it.value == Some(false)).map(|it| it.place);
    SWITCHES.into_iter().filter_map(|name| Some((name, place(name)?))).collect()
}
