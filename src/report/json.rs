//! The report for programs: one JSON object, or one finding a line.

use std::io;

use rayon::prelude::*;
use serde::ser::{Serialize, SerializeSeq as _, Serializer};

use super::places::Places;
use super::{InputError, Report, Silenced, Suppressed, spelled};
use crate::baseline::Known;
use crate::catalog;
use crate::rule::{Carrier, Change, Finding, Fix, Label};
use crate::source::{Position, Span, Workspace};

/// How many findings one thread puts into words at a time, how many parts are held until they are written, and how many
/// bytes are set aside for a finding, so that a part seldom has to move while it grows.
const PART: usize = 64;
const PARTS: usize = 128;
const ROOM: usize = 5 << 10;

/// Writes the report as one object, `iamlint-report/1`; with what is silenced, if that was asked for.
pub fn write(report: &Report, workspace: &Workspace, silenced: bool, out: &mut dyn io::Write) -> io::Result<()> {
    let places = Places::new(workspace);
    let [critical, high, medium, low] = report.by_severity().map(|(_, count)| count);
    let before = Before {
        schema: "iamlint-report/1",
        tool: Tool { name: "iamlint", version: env!("CARGO_PKG_VERSION"), reference_date: catalog::reference_date() },
        summary: Summary {
            files: report.summary.files,
            policies: report.summary.policies,
            resolved: report.summary.resolved,
            partly_resolved: report.summary.partly_resolved,
            unresolved: report.summary.unresolved,
            findings: Counts { critical, high, medium, low },
            suppressed: report.suppressed.len(),
            errors: report.errors.len(),
        },
    };
    let after = After {
        suppressed: Each(&report.suppressed, |suppressed| suppressed_object(suppressed, &places)),
        silenced: silenced.then(|| Each(&report.silenced, |silenced| silenced_object(silenced, &places))),
        fixed: report.compared.as_ref().map(|it| it.fixed.as_slice()),
        errors: Each(&report.errors, |error| error_object(error, &places)),
    };
    // One object in three pieces, since the findings are most of it and any number of threads can write them.
    out.write_all(between("", &serde_json::to_vec_pretty(&before)?, "\n}"))?;
    out.write_all(b",\n  \"findings\": [")?;
    let mut comma: &[u8] = b"";
    for findings in report.findings.chunks(PARTS * PART) {
        let parts: Vec<_> = findings.par_chunks(PART).map(|part| elements(part, workspace)).collect();
        for part in parts {
            out.write_all(comma)?;
            out.write_all(between("[\n  [", &part?, "\n  ]\n]"))?;
            comma = b",";
        }
    }
    out.write_all(if report.findings.is_empty() { b"]," } else { b"\n  ]," })?;
    out.write_all(between("{", &serde_json::to_vec_pretty(&after)?, ""))?;
    out.write_all(b"\n")
}

/// Findings in a list within a list, and so as deep as they stand in the report.
fn elements(findings: &[Finding], workspace: &Workspace) -> serde_json::Result<Vec<u8>> {
    let places = Places::new(workspace);
    let mut out = Vec::with_capacity(findings.len() * ROOM);
    serde_json::to_writer_pretty(&mut out, &[Each(findings, |finding| finding_object(finding, &places))])?;
    Ok(out)
}

/// What is written between an opening and a closing.
fn between<'t>(opening: &str, text: &'t [u8], closing: &str) -> &'t [u8] {
    let text = text.strip_prefix(opening.as_bytes()).unwrap_or(text);
    text.strip_suffix(closing.as_bytes()).unwrap_or(text)
}

/// Writes one finding a line, and nothing else.
pub fn write_lines(report: &Report, workspace: &Workspace, out: &mut dyn io::Write) -> io::Result<()> {
    let places = Places::new(workspace);
    for finding in &report.findings {
        serde_json::to_writer(&mut *out, &finding_object(finding, &places))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

#[derive(serde::Serialize)]
struct Before {
    schema: &'static str,
    tool: Tool,
    summary: Summary,
}

#[derive(serde::Serialize)]
struct After<'a, S: Serialize, L: Serialize, E: Serialize> {
    suppressed: S,
    #[serde(skip_serializing_if = "Option::is_none")]
    silenced: Option<L>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<&'a [Known]>,
    errors: E,
}

#[derive(serde::Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
    reference_date: &'static str,
}

#[derive(serde::Serialize)]
struct Summary {
    files: usize,
    policies: usize,
    resolved: usize,
    partly_resolved: usize,
    unresolved: usize,
    findings: Counts,
    suppressed: usize,
    errors: usize,
}

#[derive(serde::Serialize)]
struct Counts {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
}

#[derive(serde::Serialize)]
struct FindingObject<'a> {
    rule: &'a str,
    severity: &'static str,
    confidence: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    file: String,
    range: Range,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<Policy<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<Statement<'a>>,
    labels: Vec<LabelObject<'a>>,
    instances: Vec<&'a str>,
    fixes: Vec<FixObject<'a>>,
    fingerprint: &'a str,
    /// `new` or `wider`, where findings were held against earlier ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'static str>,
    /// What is wider.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    beyond: &'a [String],
}

#[derive(serde::Serialize)]
struct Policy<'a> {
    r#type: Option<&'static str>,
    address: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
}

#[derive(serde::Serialize)]
struct Statement<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    index: usize,
}

#[derive(serde::Serialize)]
struct LabelObject<'a> {
    file: String,
    range: Range,
    message: &'a str,
}

#[derive(serde::Serialize)]
struct FixObject<'a> {
    title: &'a str,
    safety: &'static str,
    edits: Vec<EditObject<'a>>,
}

#[derive(serde::Serialize)]
struct EditObject<'a> {
    file: String,
    range: Range,
    text: &'a str,
}

#[derive(serde::Serialize)]
struct SuppressedObject<'a> {
    rule: &'a str,
    file: String,
    range: Range,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    by: &'a str,
}

#[derive(serde::Serialize)]
struct SilencedObject<'a> {
    #[serde(flatten)]
    finding: FindingObject<'a>,
    by: Vec<LabelObject<'a>>,
}

#[derive(serde::Serialize)]
struct ErrorObject<'a> {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
    message: &'a str,
}

#[derive(serde::Serialize)]
struct Range {
    start: Point,
    end: Point,
}

#[derive(serde::Serialize)]
struct Point {
    line: usize,
    column: usize,
    offset: usize,
}

impl From<Position> for Point {
    fn from(Position { line, column, offset }: Position) -> Self {
        Self { line, column, offset }
    }
}

fn finding_object<'a>(finding: &'a Finding, places: &Places<'_>) -> FindingObject<'a> {
    let (file, range) = place(finding.span, places);
    FindingObject {
        rule: finding.rule,
        severity: finding.severity.name(),
        confidence: finding.confidence.name(),
        message: &finding.message,
        help: finding.help.as_deref(),
        file,
        range,
        policy: policy_object(&finding.carrier),
        statement: finding.statement.as_ref().map(|it| Statement { sid: it.sid.as_deref(), index: it.index }),
        labels: finding.labels.iter().map(|label| label_object(label, places)).collect(),
        instances: finding.instances.iter().map(|it| &**it).filter(|it| !it.is_empty()).collect(),
        fixes: finding.fixes.iter().map(|fix| fix_object(fix, places)).collect(),
        fingerprint: &finding.fingerprint,
        change: finding.change.as_ref().map(|it| match it {
            Change::New => "new",
            Change::Wider(_) => "wider",
        }),
        beyond: match &finding.change {
            Some(Change::Wider(beyond)) => beyond,
            _ => &[],
        },
    }
}

/// None for a finding that is about no policy and no resource, such as one about a comment.
fn policy_object(carrier: &Carrier) -> Option<Policy<'_>> {
    (!carrier.address.is_empty()).then(|| Policy {
        r#type: carrier.kind.map(|kind| kind.name()),
        address: &carrier.address,
        source: carrier.source.as_deref(),
    })
}

fn label_object<'a>(label: &'a Label, places: &Places<'_>) -> LabelObject<'a> {
    let (file, range) = place(label.span, places);
    LabelObject { file, range, message: &label.message }
}

fn fix_object<'a>(fix: &'a Fix, places: &Places<'_>) -> FixObject<'a> {
    let edits = fix.edits.iter().map(|edit| {
        let (file, range) = place(edit.span, places);
        EditObject { file, range, text: &edit.text }
    });
    FixObject { title: &fix.title, safety: fix.safety.name(), edits: edits.collect() }
}

fn suppressed_object<'a>(suppressed: &'a Suppressed, places: &Places<'_>) -> SuppressedObject<'a> {
    let (file, range) = place(suppressed.finding.span, places);
    SuppressedObject {
        rule: suppressed.finding.rule,
        file,
        range,
        reason: &suppressed.reason,
        until: suppressed.until.map(|it| it.to_string()),
        by: suppressed.by,
    }
}

fn silenced_object<'a>(silenced: &'a Silenced, places: &Places<'_>) -> SilencedObject<'a> {
    let by = silenced.by.iter().map(|label| label_object(label, places)).collect();
    SilencedObject { finding: finding_object(&silenced.finding, places), by }
}

fn error_object<'a>(error: &'a InputError, places: &Places<'_>) -> ErrorObject<'a> {
    let (file, range) = match error.span {
        Some(span) => {
            let (file, range) = place(span, places);
            (file, Some(range))
        }
        None => (spelled(&error.path), None),
    };
    ErrorObject { file, range, message: &error.message }
}

fn place(span: Span, places: &Places<'_>) -> (String, Range) {
    let file = places.file(span.file);
    let range =
        Range { start: file.position(span.start as usize).into(), end: file.position(span.end as usize).into() };
    (spelled(&file.source.path), range)
}

/// A list whose objects are made one by one as they are written.
struct Each<'a, T, F>(&'a [T], F);

impl<'a, T, O: Serialize, F: Fn(&'a T) -> O> Serialize for Each<'a, T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for item in self.0 {
            list.serialize_element(&(self.1)(item))?;
        }
        list.end()
    }
}
