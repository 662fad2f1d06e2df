use std::sync::Arc;

use crate::frontend::Configuration;
use crate::policy::{Policy, PolicyKind, Quota, Size};
use crate::rule::{Confidence, Context, Severity};

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
    if at_most > limit && size.bytes <= at_most {
        report.help(format!("ask AWS to raise the quota, which it does up to {at_most}, or say the same with less"));
    } else {
        report.help("divide it, or leave out what nobody calls");
    }
}
