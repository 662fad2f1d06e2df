//! The report as SARIF 2.1.0, for code scanning: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.
//! Where GitHub asks for more than the standard, GitHub gets it:
//! <https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::Serialize;

use super::rooted::{Located, Rooted};
use super::words::{SHOWN, details};
use super::{InputError, Report, Suppressed, rules, visible};
use crate::baseline::Known;
use crate::rule::{Change, Confidence, Finding, Fix, Head, InstanceName, Label, Rule, Severity};
use crate::source::{Span, Workspace};

/// Writes the findings, those that are known from before among them, and what could not be read as a notification: who
/// is sent half of the results takes the others for fixed. What is answered for and what is fixed is there when `all` is
/// said, since GitHub opens an alert for every result, whatever that says of its suppression or its state.
pub fn write(report: &Report, workspace: &Workspace, all: bool, out: &mut dyn io::Write) -> io::Result<()> {
    let rooted = Rooted::new(workspace);
    let (known, answered): (Vec<_>, Vec<_>) = report.suppressed.iter().partition(|it| it.by == "baseline");
    let answered = if all { answered } else { Vec::new() };
    let fixed = report.compared.iter().filter(|_| all).flat_map(|it| &it.fixed);
    let mut results: Vec<SarifResult<'_>> = Vec::new();
    results.extend(report.findings.iter().map(|it| result(it, it.change.as_ref().map(state), &rooted)));
    results.extend(known.into_iter().map(|it| result(&it.finding, Some("unchanged"), &rooted)));
    results.extend(
        answered
            .into_iter()
            .map(|it| SarifResult { suppressions: Some([suppression(it)]), ..result(&it.finding, None, &rooted) }),
    );
    results.extend(fixed.filter_map(|it| absent(it, &rooted)));
    let worst = worst(&results);
    let ids: Vec<&str> = worst.keys().copied().collect();
    for result in &mut results {
        result.rule_index = ids.iter().position(|id| *id == result.rule_id);
    }
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "iamlint",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: worst.iter().filter_map(|(id, severity)| Some(descriptor(rule(id)?, *severity))).collect(),
                },
            },
            invocations: [Invocation {
                execution_successful: report.errors.is_empty(),
                tool_execution_notifications: report.errors.iter().map(|it| notification(it, &rooted)).collect(),
            }],
            original_uri_base_ids: Bases { root: Described { description: text("the root of the repository") } },
            column_kind: "unicodeCodePoints",
            results,
        }],
    };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

/// The rules that have found something, each with the worst that it has found: GitHub knows one severity a rule.
fn worst(results: &[SarifResult<'_>]) -> BTreeMap<&'static str, Severity> {
    let mut out = BTreeMap::new();
    for SarifResult { rule_id, severity, .. } in results {
        let worst = out.entry(*rule_id).or_insert(*severity);
        *worst = (*worst).max(*severity);
    }
    out
}

fn rule(id: &str) -> Option<&'static Rule> {
    crate::rules::all().iter().find(|rule| rule.id == id)
}

const ROOT: &str = "%SRCROOT%";

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    version: &'a str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    invocations: [Invocation; 1],
    original_uri_base_ids: Bases,
    column_kind: &'a str,
    results: Vec<SarifResult<'a>>,
}

#[derive(Serialize)]
struct Bases {
    #[serde(rename = "%SRCROOT%")]
    root: Described,
}

#[derive(Serialize)]
struct Described {
    description: Message,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'a str,
    semantic_version: &'a str,
    rules: Vec<Descriptor<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    id: &'a str,
    short_description: Message,
    full_description: Message,
    help: Help,
    default_configuration: DefaultConfiguration,
    properties: RuleProperties<'a>,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct DefaultConfiguration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties<'a> {
    tags: Vec<&'a str>,
    precision: &'static str,
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    #[serde(skip)]
    severity: Severity,
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    message: Message,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: Fingerprints<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<FixObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<[Suppression<'a>; 1]>,
    properties: ResultProperties,
}

#[derive(Serialize)]
struct Suppression<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    justification: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FixObject<'a> {
    description: Message,
    artifact_changes: Vec<ArtifactChange<'a>>,
    properties: FixProperties,
}

#[derive(Serialize)]
struct FixProperties {
    safety: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange<'a> {
    artifact_location: ArtifactLocation,
    replacements: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Region,
    inserted_content: Content<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Fingerprints<'a> {
    /// The one that GitHub tells alerts apart by, together with file and rule; when it is missing, the upload makes
    /// one of the text of the line, by which an edit closes an alert and opens another.
    #[serde(rename = "primaryLocationLineHash")]
    line: &'a str,
    #[serde(rename = "iamlint/v1")]
    own: &'a str,
}

#[derive(Serialize)]
struct ResultProperties {
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
    severity: &'static str,
    confidence: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<PhysicalLocation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

fn text(text: impl Into<String>) -> Message {
    Message { text: text.into() }
}

fn descriptor(rule: &'static Rule, severity: Severity) -> Descriptor<'static> {
    let head = rule.head();
    let page = rules::page(rule);
    Descriptor {
        id: rule.id,
        short_description: text(head.summary),
        full_description: text(rules::opening(rule)),
        help: Help { text: page.clone(), markdown: page },
        default_configuration: DefaultConfiguration { level: level(head.severity) },
        properties: RuleProperties {
            tags: vec!["security", head.theme],
            precision: match head.confidence {
                Confidence::High => "high",
                Confidence::Medium => "medium",
                Confidence::Low => "low",
            },
            security_severity: score(severity),
        },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// A number in the middle of those that GitHub shows under the name of the severity.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

/// How a finding that stands differs from what was there before, in SARIF's words.
fn state(change: &Change) -> &'static str {
    match change {
        Change::New => "new",
        Change::Wider(_) => "updated",
    }
}

fn result<'a>(finding: &'a Finding, baseline_state: Option<&'static str>, rooted: &Rooted<'_>) -> SarifResult<'a> {
    let (span, labels, fetched) = places(finding, rooted);
    let related = |(n, label): (usize, &&Label)| Location {
        id: Some(n + 1),
        message: Some(text(&*visible(&label.message))),
        ..location(label.span, rooted)
    };
    let instances = finding.instances.iter().filter(|it| !it.is_empty()).map(|it| resource(it));
    SarifResult {
        severity: finding.severity,
        rule_id: finding.rule,
        rule_index: None,
        level: level(finding.severity),
        baseline_state,
        message: message(finding, &labels, &fetched, rooted),
        locations: [Location { logical_locations: instances.collect(), ..location(span, rooted) }],
        related_locations: labels.iter().enumerate().map(related).collect(),
        partial_fingerprints: Fingerprints { line: &finding.fingerprint, own: &finding.fingerprint },
        fixes: finding.fixes.iter().map(|it| fix(it, rooted)).collect(),
        suppressions: None,
        properties: ResultProperties {
            security_severity: score(finding.severity),
            severity: finding.severity.name(),
            confidence: finding.confidence.name(),
        },
    }
}

/// What is known from before and was not found again. Where it stood is not known, but what carried it is, and the file
/// when that is a policy by itself and still there.
fn absent<'a>(known: &'a Known, rooted: &Rooted<'_>) -> Option<SarifResult<'a>> {
    let rule = rule(&known.rule)?;
    let first = known.instances.first()?;
    let Head { severity, confidence, .. } = *rule.head();
    let names: Vec<&str> = known.instances.iter().map(InstanceName::name).collect();
    let physical_location = rooted
        .has(&first.within)
        .then(|| PhysicalLocation { artifact_location: artifact(&first.within), region: None });
    Some(SarifResult {
        severity,
        rule_id: rule.id,
        rule_index: None,
        level: level(severity),
        baseline_state: Some("absent"),
        message: text(linkless(&visible(&format!("fixed: {} in {}", known.about, names.join(", "))))),
        locations: [Location {
            id: None,
            physical_location,
            logical_locations: names.into_iter().map(resource).collect(),
            message: None,
        }],
        related_locations: Vec::new(),
        partial_fingerprints: Fingerprints { line: &first.fingerprint, own: &first.fingerprint },
        fixes: Vec::new(),
        suppressions: None,
        properties: ResultProperties {
            security_severity: score(severity),
            severity: severity.name(),
            confidence: confidence.name(),
        },
    })
}

fn resource(address: &str) -> LogicalLocation {
    LogicalLocation { fully_qualified_name: address.to_owned(), kind: "resource" }
}

fn suppression(Suppressed { by, reason, .. }: &Suppressed) -> Suppression<'_> {
    Suppression { kind: if *by == "comment" { "inSource" } else { "external" }, justification: reason }
}

fn fix<'a>(fix: &'a Fix, rooted: &Rooted<'_>) -> FixObject<'a> {
    let by_file = fix.edits.chunk_by(|a, b| a.span.file == b.span.file);
    let artifact_changes = by_file.map(|edits| ArtifactChange {
        artifact_location: artifact(&rooted.locate(edits[0].span).path),
        replacements: edits
            .iter()
            .map(|edit| Replacement {
                deleted_region: region(&rooted.locate(edit.span)),
                inserted_content: Content { text: &edit.text },
            })
            .collect(),
    });
    FixObject {
        description: text(&*visible(&fix.title)),
        artifact_changes: artifact_changes.collect(),
        properties: FixProperties { safety: fix.safety.name() },
    }
}

/// The places that a finding speaks of, its own first, parted into those that a checkout has and those in modules that
/// were fetched. For its own place in such a module stands the call that the user wrote.
fn places<'a>(finding: &'a Finding, rooted: &Rooted<'_>) -> (Span, Vec<&'a Label>, Vec<(Span, &'a str)>) {
    let (fetched, labels): (Vec<_>, Vec<_>) = finding.labels.iter().partition(|it| rooted.is_fetched(it.span));
    let mut fetched: Vec<_> = fetched.into_iter().map(|it| (it.span, &*it.message)).collect();
    let call = finding.calls.iter().rev().find(|call| !rooted.is_fetched(**call));
    match call.filter(|_| rooted.is_fetched(finding.span)) {
        Some(call) => {
            fetched.insert(0, (finding.span, "here in the module"));
            (*call, labels, fetched)
        }
        None => (finding.span, labels, fetched),
    }
}

/// What the finding says, line by line, and last its other places: with links, as GitHub shows only those that the
/// message links to, where a checkout has them.
fn message(finding: &Finding, labels: &[&Label], fetched: &[(Span, &str)], rooted: &Rooted<'_>) -> Message {
    let mut out = linkless(&visible(&finding.message));
    for (name, line) in details(finding, SHOWN) {
        out.push_str(&format!("\n{name}: {}", linkless(&visible(&line))));
    }
    let links = labels.iter().enumerate();
    let links = links.map(|(n, label)| format!("[{}]({})", linkless(&visible(&label.message)), n + 1));
    let apart =
        fetched.iter().map(|(span, message)| linkless(&visible(&format!("{message} ({})", rooted.line_of(*span)))));
    let places: Vec<_> = links.chain(apart).collect();
    if !places.is_empty() {
        out.push_str(&format!("\nsee: {}", places.join(", ")));
    }
    Message { text: out }
}

/// Text in which no bracket begins a link.
fn linkless(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn location(span: Span, rooted: &Rooted<'_>) -> Location {
    let located = rooted.locate(span);
    let place = PhysicalLocation { artifact_location: artifact(&located.path), region: Some(region(&located)) };
    Location { id: None, physical_location: Some(place), logical_locations: Vec::new(), message: None }
}

fn region(Located { start, end, .. }: &Located) -> Region {
    Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column }
}

fn notification(error: &InputError, rooted: &Rooted<'_>) -> Notification {
    let file = |path: &Path| {
        let place = PhysicalLocation { artifact_location: artifact(&rooted.path(path)), region: None };
        Location { id: None, physical_location: Some(place), logical_locations: Vec::new(), message: None }
    };
    Notification {
        level: "error",
        message: text(&*visible(&error.message)),
        locations: vec![error.span.map_or_else(|| file(&error.path), |span| location(span, rooted))],
    }
}

/// A path from the root, or a whole one.
fn artifact(path: &str) -> ArtifactLocation {
    if !Path::new(path).has_root() {
        return ArtifactLocation { uri: uri(path), uri_base_id: Some(ROOT) };
    }
    // `/a/b` and `C:/a/b` alike have an empty host before them.
    ArtifactLocation { uri: format!("file:///{}", uri(path.trim_start_matches('/'))), uri_base_id: None }
}

/// A path as a URI reference: <https://www.rfc-editor.org/rfc/rfc3986#section-3.3>.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri("infra/my app/größe#1.tf"), "infra/my%20app/gr%C3%B6%C3%9Fe%231.tf");
        assert_eq!(artifact("/srv/a b.tf").uri, "file:///srv/a%20b.tf");
        // What begins like a scheme is a path all the same.
        assert_eq!(artifact("http:/a.tf").uri, "http%3A/a.tf");
    }

    #[test]
    fn brackets_of_the_user_begin_no_link() {
        assert_eq!(linkless("`a[0]` [x](1) \\"), "`a\\[0\\]` \\[x\\](1) \\\\");
    }
}
