//! The report for GitLab's merge requests: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.

use std::io;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::rooted::Rooted;
use super::{InputError, Report, visible};
use crate::rule::{Finding, Severity};
use crate::source::Workspace;

/// Writes one list; an input that could not be read is an entry as well, since GitLab shows nothing else.
pub fn write(report: &Report, workspace: &Workspace, out: &mut dyn io::Write) -> io::Result<()> {
    let rooted = Rooted::new(workspace);
    let findings = report.findings.iter().map(|it| finding(it, &rooted));
    let entries: Vec<_> = findings.chain(report.errors.iter().map(|it| error(it, &rooted))).collect();
    serde_json::to_writer_pretty(&mut *out, &entries)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Entry {
    check_name: &'static str,
    description: String,
    severity: &'static str,
    fingerprint: String,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

fn finding(finding: &Finding, rooted: &Rooted<'_>) -> Entry {
    let place = rooted.locate(finding.span);
    let help = finding.help.as_deref().map(|help| format!("; {}", visible(help))).unwrap_or_default();
    Entry {
        check_name: finding.rule,
        description: format!("{}{help}", visible(&finding.message)),
        severity: match finding.severity {
            Severity::Critical => "blocker",
            Severity::High => "critical",
            Severity::Medium => "major",
            Severity::Low => "minor",
        },
        fingerprint: finding.fingerprint.clone(),
        location: Location { path: place.path, lines: Lines { begin: place.start.line, end: place.end.line } },
    }
}

fn error(error: &InputError, rooted: &Rooted<'_>) -> Entry {
    let (path, lines) = match error.span.map(|span| rooted.locate(span)) {
        Some(place) => (place.path, Lines { begin: place.start.line, end: place.end.line }),
        None => (rooted.path(&error.path), Lines { begin: 1, end: 1 }),
    };
    let digest = Sha256::digest(format!("{path}\0{}\0{}", lines.begin, error.message));
    Entry {
        check_name: "input_error",
        description: visible(&error.message).into_owned(),
        severity: "blocker",
        fingerprint: digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect(),
        location: Location { path, lines },
    }
}
