use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::frontend::Configuration;
use crate::policy::{Policy, PolicyKind, Quota, Size};
use crate::rule::{Confidence, Context, Severity};
use crate::source::FileId;
use crate::value::{Node, Origin, Step, Value};

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    for policy in &configuration.policies {
        if let Some(quota) = policy.quota() {
            report(policy, &[], quota, cx);
        }
    }
    for policy in &configuration.managed {
        report(policy, &[], Quota::MANAGED, cx);
    }
    for identity in &configuration.identities {
        // What is its own in one case only need not count.
        let inline: Vec<Arc<Policy>> = identity.inline.iter().filter(|it| it.case().is_none()).cloned().collect();
        if let Some((first, others)) = inline.split_first() {
            report(first, others, identity.kind.inline_quota(), cx);
        }
    }
}

fn report(policy: &Policy, others: &[Arc<Policy>], quota: Quota, cx: &mut Context<'_>) {
    let size = others
        .iter()
        .map(|it| it.size())
        .fold(policy.size(), |all, it| Size { bytes: all.bytes + it.bytes, is_exact: all.is_exact && it.is_exact });
    let Quota { bytes: limit, at_most, of } = quota;
    // Near the limit the next action is one too many.
    if size.bytes * 10 < limit * 9 {
        return;
    }
    let at_least = if size.is_exact { "" } else { "at least " };
    let count = if others.is_empty() { String::new() } else { format!("{} policies have together ", others.len() + 1) };
    let (message, severity) = if size.bytes > limit {
        let message = format!("{count}{at_least}{} bytes without white space, and {of} may have {limit}", size.bytes);
        (message, if size.bytes > at_most { Severity::High } else { Severity::Medium })
    } else {
        let message =
            format!("{count}{at_least}{} bytes without white space, of {limit} that {of} may have", size.bytes);
        (message, Severity::Low)
    };
    let mut report = cx.report(&policy.place, message).carried_by(policy).about(of).severity(severity);
    // It may be that of a permission set, or be put together with others only where it is used.
    if policy.kind == PolicyKind::Unknown {
        report = report.confidence(Confidence::Low);
    }
    for other in others {
        report = report.label(other.place.span, "this one counts too");
    }
    if let Some(step) = maker(policy, size.bytes) {
        report = report.label(step.span, format!("most of it is made from {}", step.words));
    } else if policy.written().iter().any(|it| is_from_elsewhere(&it.node, policy.place.span.file)) {
        report = report.of_call();
    }
    if at_most > limit && size.bytes <= at_most {
        report.help(format!("ask AWS to raise the quota, which it does up to {at_most}, or say the same with less"));
    } else {
        report.help("divide it, or leave out what nobody calls");
    }
}

/// What half of a document and more is made from, where that is handed to it from elsewhere: the argument of a module, or
/// what a name stands for.
fn maker(policy: &Policy, bytes: usize) -> Option<Step> {
    let mut made: FxHashMap<Step, usize> = FxHashMap::default();
    let [document] = policy.written() else { return None };
    tally(&document.node, None, &mut made);
    let is_most = |(_, made): &(Step, usize)| *made * 2 >= bytes;
    made.into_iter().filter(is_most).max_by(|a, b| (a.1, a.0.span.start).cmp(&(b.1, b.0.span.start))).map(|it| it.0)
}

/// Adds up the bytes of texts by what they are made from. What stands in a list is made from what the list is.
fn tally(node: &Node, of: Option<&Step>, made: &mut FxHashMap<Step, usize>) {
    let own = maker_of(&node.origin);
    let of = own.as_ref().or(of);
    match &node.value {
        Value::Text(text) => {
            let of_part = text.origins().find_map(|(_, origin)| maker_of(origin));
            if let Some(step) = of_part.as_ref().or(of) {
                *made.entry(step.clone()).or_default() += text.len();
            }
        }
        Value::List(nodes) => nodes.iter().for_each(|it| tally(it, of, made)),
        Value::Object(object) => object.entries.iter().for_each(|it| tally(&it.node, of, made)),
        _ => {}
    }
}

/// The stop that says so: an argument before a name, since whoever calls has chosen that.
fn maker_of(origin: &Origin) -> Option<Step> {
    let is_argument = |it: &&Step| it.words.contains(" argument `");
    let is_name = |it: &&Step| it.words.starts_with("`local.") || it.words.starts_with("`var.");
    origin.steps().find(is_argument).or_else(|| origin.steps().find(is_name)).cloned()
}

/// Whether texts of it stand in another file.
fn is_from_elsewhere(node: &Node, file: FileId) -> bool {
    match &node.value {
        Value::Text(text) => !text.is_empty() && text.span_of_all(0..text.len()).is_none_or(|it| it.file != file),
        Value::List(nodes) => nodes.iter().any(|it| is_from_elsewhere(it, file)),
        Value::Object(object) => object.entries.iter().any(|it| is_from_elsewhere(&it.node, file)),
        _ => false,
    }
}
