//! The functions of the AWS provider, which are about ARNs.
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/functions/arn_build>

use super::arguments::{Answer, Call};
use crate::value::{Node, Origin, Text, Value};

const PARTS: [&str; 5] = ["partition", "service", "region", "account_id", "resource"];

pub(super) fn arn_build(call: &mut Call<'_>) -> Answer {
    let span = call.span;
    let mut out = Text::known("arn", span);
    for index in 0..PARTS.len() {
        out.push_known(":", span);
        out.push_text(&call.text(index)?, &call.arguments[index].origin);
    }
    Ok(call.made(Value::Text(out)))
}

/// Where the parts of an ARN begin and end; `None` when that is not certain or it is no ARN.
///
/// A hole between two colons of a whole ARN is taken for one part: a value with a colon in it would make no ARN.
fn parts(text: &Text) -> Option<[std::ops::Range<usize>; 5]> {
    let raw = text.raw();
    let mut at = raw.strip_prefix("arn:").map(|_| 4)?;
    let mut out = [const { 0..0 }; 5];
    for part in &mut out[..4] {
        let end = at + raw[at..].find(':')?;
        *part = at..end;
        at = end + 1;
    }
    out[4] = at..raw.len();
    Some(out)
}

pub(super) fn arn_parse(call: &mut Call<'_>) -> Answer {
    let text = call.text(0)?;
    let argument = &call.arguments[0];
    let Some(parts) = parts(&text) else {
        return Err(if text.has_holes() { call.unknown() } else { call.fail(Some(0), "arn: invalid prefix") });
    };
    let entries = PARTS
        .iter()
        .zip(parts)
        .map(|(name, range)| {
            let part = text.slice(range);
            let span = part.span(0..part.len()).unwrap_or(argument.span);
            call.entry(name, Node { value: Value::Text(part), span, origin: argument.origin.clone() })
        })
        .collect();
    Ok(call.made_object(entries))
}

/// `role/path/to/name` without the path: what an IAM policy's principal may not be, and EKS wants.
pub(super) fn trim_iam_role_path(call: &mut Call<'_>) -> Answer {
    let text = call.text(0)?;
    let Some([.., resource]) = parts(&text) else {
        return Err(if text.has_holes() { call.unknown() } else { call.fail(Some(0), "arn: invalid prefix") });
    };
    let raw = &text.raw()[resource.clone()];
    let Some(path) = raw.strip_prefix("role/") else {
        return Err(if text.has_holes() { call.unknown() } else { call.fail(Some(0), "it is not the ARN of a role") });
    };
    let start = resource.start + "role/".len();
    let name = resource.start + raw.rfind('/').map_or(0, |at| at + 1);
    if text.slice(name..text.len()).has_holes() || text.slice(start..start + path.len()).is_empty() {
        // A path may be in the hole.
        return Err(call.unknown());
    }
    let mut out = text.slice(0..start);
    out.push_text(&text.slice(name..text.len()), &Origin::HERE);
    call.in_place_of(0, Value::Text(out))
}
