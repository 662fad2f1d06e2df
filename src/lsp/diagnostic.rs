//! Findings and input errors as an editor shows them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location, NumberOrString,
};

use super::document::{Encoding, uri_of};
use super::project::Family;
use crate::rule::{Finding, Severity};
use crate::source::{Span, Workspace};

/// What a family's report says, by file.
pub(super) fn of(family: &Family, encoding: Encoding) -> BTreeMap<PathBuf, Vec<Diagnostic>> {
    let workspace = &family.workspace;
    let mut out: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
    for finding in &family.report.findings {
        let path = workspace.source(finding.span.file).path.clone();
        out.entry(path).or_default().push(finding_of(workspace, finding, encoding));
    }
    for error in &family.report.errors {
        let range = error.span.map(|span| encoding.range(&workspace.source(span.file), span)).unwrap_or_default();
        out.entry(error.path.clone()).or_default().push(Diagnostic {
            range,
            severity: Some(DiagnosticSeverity::ERROR),
            source: Some("iamlint".to_owned()),
            message: error.message.clone(),
            ..Diagnostic::default()
        });
    }
    out
}

fn finding_of(workspace: &Workspace, finding: &Finding, encoding: Encoding) -> Diagnostic {
    let mut message = finding.message.clone();
    if let Some(help) = &finding.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    let related = finding.labels.iter().filter_map(|label| {
        let location = location(workspace, label.span, encoding)?;
        Some(DiagnosticRelatedInformation { location, message: label.message.clone() })
    });
    Diagnostic {
        range: encoding.range(&workspace.source(finding.span.file), finding.span),
        severity: Some(match finding.severity {
            Severity::Critical | Severity::High => DiagnosticSeverity::ERROR,
            Severity::Medium => DiagnosticSeverity::WARNING,
            Severity::Low => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(finding.rule.to_owned())),
        source: Some("iamlint".to_owned()),
        message,
        related_information: Some(related.collect()),
        tags: (finding.rule == "unused_ignore").then(|| vec![DiagnosticTag::UNNECESSARY]),
        ..Diagnostic::default()
    }
}

/// A span as an editor goes there.
pub(super) fn location(workspace: &Workspace, span: Span, encoding: Encoding) -> Option<Location> {
    let source = workspace.source(span.file);
    Some(Location { uri: uri_of(&source.path)?, range: encoding.range(&source, span) })
}
