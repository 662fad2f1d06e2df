use crate::frontend::Resource;
use crate::policy::Place;
use crate::rule::{Context, Severity, quoted};

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    let Some((place, names)) = off(resource) else { return };
    let verb = if names.len() == 1 { "is" } else { "are" };
    cx.report(&place, format!("{} {verb} off for this access point, and can never be turned on", quoted(&names)))
        .severity(if names.len() == SWITCHES.len() { Severity::High } else { Severity::Medium })
        .about(quoted(&names))
        .help("leave the block out, for all four switches are on then, or set them to `true`");
}

const SWITCHES: [&str; 4] =
    ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

/// The switches of an access point that are off, and the place of the first; none where all are on.
pub(super) fn off(point: &Resource) -> Option<(Place, Vec<&'static str>)> {
    let block = match point.kind {
        "aws_s3_access_point" => "public_access_block_configuration",
        "aws_s3control_multi_region_access_point" => "details.public_access_block",
        _ => return None,
    };
    let said = |name: &str| point.switches(&format!("{block}.{name}"));
    let place = |name: &str| said(name).into_iter().find(|it| it.value == Some(false)).map(|it| it.place);
    let (places, names): (Vec<_>, Vec<_>) = SWITCHES.into_iter().filter_map(|name| Some((place(name)?, name))).unzip();
    Some((places.into_iter().next()?, names))
}
