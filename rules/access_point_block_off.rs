use super::public_bucket::shut_besides;
use crate::frontend::{Bucket, Configuration, Resource};
use crate::policy::Place;
use crate::rule::{Context, Severity, quoted};
use crate::source::Span;

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    for point in &configuration.resources {
        let Some((place, names)) = off(point) else { continue };
        let verb = if names.len() == 1 { "is" } else { "are" };
        let report = cx
            .report(&place, format!("{} {verb} off for this access point, and can never be turned on", quoted(&names)))
            .on(&point.address)
            .severity(if names.len() == SWITCHES.len() { Severity::High } else { Severity::Medium })
            .about(quoted(&names))
            .help("leave the block out, for all four switches are on then, or set them to `true`");
        if let Some((by, why)) = held(point, configuration) {
            report.severity(Severity::Low).label(by, why);
        }
    }
}

/// What else keeps the public out by an access point, whose bucket may be declared by several blocks.
fn held(point: &Resource, configuration: &Configuration) -> Option<(Span, &'static str)> {
    let is_of = |it: &&Bucket| it.points.iter().any(|it| it.resource.address == point.address);
    let mut held = configuration.buckets.iter().filter(is_of).map(|it| shut_besides(point, it));
    let first = held.next()??;
    held.all(|it| it.is_some()).then_some(first)
}

const SWITCHES: [&str; 4] =
    ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];

/// The switches of an access point that are off, and the place of the first; none where all are on.
pub(super) fn off(point: &Resource) -> Option<(Place, Vec<&'static str>)> {
    let block = block(point)?;
    let said = |name: &str| point.switches(&format!("{block}.{name}"));
    let place = |name: &str| said(name).into_iter().find(|it| it.value == Some(false)).map(|it| it.place);
    let (places, names): (Vec<_>, Vec<_>) = SWITCHES.into_iter().filter_map(|name| Some((place(name)?, name))).unzip();
    Some((places.into_iter().next()?, names))
}

/// Where an access point has its public access block; none for what is no access point.
pub(super) fn block(point: &Resource) -> Option<&'static str> {
    match point.kind {
        "aws_s3_access_point" => Some("public_access_block_configuration"),
        "aws_s3control_multi_region_access_point" => Some("details.public_access_block"),
        _ => None,
    }
}
