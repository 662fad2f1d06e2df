use crate::policy::{Place, Policy, PolicyKind};
use crate::rule::{Confidence, Context, Rewrite, Safety};
use crate::value::HOLE;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    // The service that owns a resource decides about the Sids of its policy: KMS, SNS and SQS take blanks.
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
    let confidence = match policy.kind {
        PolicyKind::Identity | PolicyKind::Boundary | PolicyKind::Trust | PolicyKind::Session => Confidence::High,
        PolicyKind::Unknown => Confidence::Medium,
        PolicyKind::Resource(_) | PolicyKind::ServiceControl | PolicyKind::ResourceControl | PolicyKind::Device => {
            return;
        }
    };
    for statement in policy.written_statements() {
        for (node, place) in statement.element("Sid").map(|it| it.values()).unwrap_or_default() {
            let Some(sid) = node.as_text() else { continue };
            let is_wrong = |it: &char| !it.is_ascii_alphanumeric() && *it != HOLE;
            let Some((at, wrong)) = sid.raw().char_indices().find(|(_, it)| is_wrong(it)) else { continue };
            let what = if wrong == ' ' { "a blank".to_owned() } else { format!("`{wrong}`") };
            // What a Sid is put together from may be written elsewhere, and for others too.
            let part = at..at + wrong.len_utf8();
            let source = sid.span(part).filter(|it| !place.span.contains(*it));
            if let Some(span) = source {
                let there = Place { span, origin: sid.origin_at(at), given: place.given.clone() };
                cx.report(
                    &there,
                    format!("{what} becomes part of the Sid `{sid}`, and IAM takes only letters and digits"),
                )
                .about("a part of Sids")
                .confidence(confidence)
                .label(place.span, "in this Sid")
                .help(format!("leave {what} out of it, or take it out where the Sid is put together"));
                continue;
            }
            let report = cx
                .report(&place, format!("the Sid `{sid}` holds {what}, and IAM takes only letters and digits"))
                .about(format!("sid {sid}"))
                .confidence(confidence);
            let right: String = sid.raw().chars().filter(|it| !is_wrong(it)).collect();
            if !right.is_empty() && !sid.has_holes() {
                let change = Rewrite::write(place.span, &right);
                report.help(format!("write `{right}`")).fix(Safety::Safe, format!("write `{right}`"), [change]);
            }
        }
    }
}
