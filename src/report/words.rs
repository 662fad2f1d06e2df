//! A finding in words, and findings that say the same as one, as the reports for people have them.

use std::fmt::Write as _;

use rustc_hash::FxHashMap;

use super::Report;
use crate::policy::PolicyKind;
use crate::rule::{Change, Confidence, Finding};

/// A number of things: `1 finding`, `2 findings`.
pub fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// How many findings stand, of which severity: `3 findings (1 high, 2 low; 1 of low confidence)`.
pub(super) fn findings(report: &Report) -> String {
    let parts: Vec<_> = report
        .by_severity()
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect();
    if parts.is_empty() {
        return "no findings".to_owned();
    }
    let unsure = report.findings.iter().filter(|finding| finding.confidence == Confidence::Low).count();
    let unsure = if unsure > 0 { format!("; {unsure} of low confidence") } else { String::new() };
    format!("{} ({}{unsure})", counted(report.findings.len(), "finding"), parts.join(", "))
}

/// That what is suppressed will stand again before long, if any of it will.
pub(super) fn ending(report: &Report) -> Option<String> {
    let ending = report.ending();
    let (first, _) = ending.first()?;
    let (stand, is) = if ending.len() == 1 { ("stands", "") } else { ("stand", "the first of them ") };
    let count = counted(ending.len(), "suppressed finding");
    Some(format!(
        "{count} {stand} again before long, {is}after {first}: `iamlint check --show-suppressed` lists what is suppressed"
    ))
}

/// What was looked at: the coverage line.
pub(super) fn coverage(report: &Report) -> String {
    let summary = &report.summary;
    let mut out = format!("{} read, {} skipped; ", counted(summary.files, "file"), summary.skipped);
    if summary.policies == 0 {
        out.push_str("no policy found");
    } else {
        let found = if summary.policies == 1 { "1 policy".into() } else { format!("{} policies", summary.policies) };
        let _ = write!(
            out,
            "{found} found: {} fully resolved, {} partly, {} not",
            summary.resolved, summary.partly_resolved, summary.unresolved
        );
    }
    if summary.unread_calls > 0 {
        let _ = write!(out, "; {} not read", counted(summary.unread_calls, "module call"));
    }
    if summary.switched_off > 0 {
        let _ = write!(out, "; {} switched off by `count` or `for_each`", summary.switched_off);
    }
    if summary.others > 0 {
        let _ = write!(out, "; {} beside them", counted(summary.others, "other resource"));
    }
    out
}

/// What carries a finding; none when it is about no policy and no resource.
fn carrier(finding: &Finding) -> Option<String> {
    let carrier = &finding.carrier;
    if carrier.address.is_empty() {
        return None;
    }
    let mut out = carrier.address.to_string();
    let kind = carrier.kind.map(|kind| match kind {
        PolicyKind::Unknown => "policy".to_owned(),
        PolicyKind::Boundary => "permissions boundary".to_owned(),
        kind => format!("{} policy", kind.name().replace('_', " ")),
    });
    if let Some(kind) = kind {
        let _ = match &carrier.source {
            Some(source) if **source != *carrier.address => write!(out, " ({kind} from {source})"),
            _ => write!(out, " ({kind})"),
        };
    }
    if let Some(statement) = &finding.statement {
        let _ = match &statement.sid {
            Some(sid) => write!(out, ", statement `{sid}`"),
            None => write!(out, ", statement {}", statement.index + 1),
        };
    }
    Some(out)
}

/// The addresses a finding holds for, `shown` of them by name; none when it is one.
fn instances(finding: &Finding, shown: usize) -> Option<String> {
    (finding.instances.len() > 1).then(|| listed(finding.instances.iter().map(ToString::to_string), shown))
}

/// Items with commas between them, and how many more there are than `shown`.
pub(super) fn listed(items: impl ExactSizeIterator<Item = String>, shown: usize) -> String {
    let more = items.len().saturating_sub(shown);
    let mut out = items.take(shown).collect::<Vec<_>>().join(", ");
    if more > 0 {
        let _ = write!(out, " and {more} more");
    }
    out
}

/// How many addresses of a finding a list shows by name.
pub(super) const SHOWN: usize = 5;

/// The lines that a finding has after its message, each with its name; `shown` of its addresses are in them.
pub(super) fn details(finding: &Finding, shown: usize) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    out.extend(finding.help.clone().map(|help| ("help", help)));
    out.extend(carrier(finding).map(|carrier| ("in", carrier)));
    out.extend(instances(finding, shown).map(|instances| ("for", instances)));
    if let Some(Change::Wider(beyond)) = &finding.change {
        out.push(("more", format!("than before: {}", beyond.join(", "))));
    }
    out
}

/// Findings of one rule that say the same about different places: one thing to understand, however often it stands.
pub(super) struct Cause<'r> {
    /// The findings, in the order of the report; never empty.
    pub(super) findings: Vec<&'r Finding>,
}

impl<'r> Cause<'r> {
    /// The finding that speaks for all of them.
    pub(super) fn first(&self) -> &'r Finding {
        self.findings[0]
    }
}

/// Findings by what they say, the worst and surest first and then in the order of the report, so that a long list
/// says nothing twice.
pub(super) fn causes<'r>(findings: impl IntoIterator<Item = &'r Finding>) -> Vec<Cause<'r>> {
    let mut out: Vec<Cause<'r>> = Vec::new();
    let mut at: FxHashMap<_, usize> = FxHashMap::default();
    for finding in findings {
        let next = out.len();
        match *at.entry((finding.rule, finding.severity, finding.message.as_str())).or_insert(next) {
            new if new == next => out.push(Cause { findings: vec![finding] }),
            old => out[old].findings.push(finding),
        }
    }
    out.sort_by_key(|cause| std::cmp::Reverse((cause.first().severity, cause.first().confidence)));
    out
}
