//! Code actions: the fixes that hold for the findings at a place, those that need a decision said to be so, and a
//! comment that answers for a finding.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Diagnostic, DocumentChanges, NumberOrString,
    OneOf, OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};

use super::document::{Document, uri_of};
use super::worker::Place;
use crate::fix;
use crate::rule::{Edit, Finding, Fix, Safety};
use crate::source::Span;

/// All safe fixes of a file; what an editor may do when it saves.
pub(super) const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.iamlint");

/// The open documents, when edits may say for which version of them they are.
type Versions<'w> = Option<&'w BTreeMap<PathBuf, Document>>;

pub(super) fn of(place: &Place<'_>, params: &CodeActionParams, versions: Versions<'_>) -> Vec<CodeActionOrCommand> {
    let wants = |kind: &CodeActionKind| {
        let only = params.context.only.as_ref();
        only.is_none_or(|it| it.iter().any(|it| *it == CodeActionKind::EMPTY || is_within(kind, it)))
    };
    let mut actions = Vec::new();
    if wants(&CodeActionKind::QUICKFIX) {
        let start = place.client.encoding.offset(&place.source, params.range.start);
        let end = place.client.encoding.offset(&place.source, params.range.end);
        let touched = Span::new(place.source.id, start, end);
        let touches = |it: &&Finding| {
            it.span.file == touched.file && it.span.start <= touched.end && touched.start <= it.span.end
        };
        for finding in place.family.report.findings.iter().filter(touches) {
            actions.extend(quick_fixes(place, finding, &params.context.diagnostics, versions));
        }
    }
    // Never among what is offered unasked: it is for the whole file, and for when it is saved.
    if params.context.only.is_some() && wants(&FIX_ALL) {
        actions.extend(fix_all(place, versions));
    }
    actions.into_iter().map(CodeActionOrCommand::CodeAction).collect()
}

/// `source.fixAll.iamlint` is a kind of `source.fixAll` and of `source`.
fn is_within(kind: &CodeActionKind, wanted: &CodeActionKind) -> bool {
    let (kind, wanted) = (kind.as_str(), wanted.as_str());
    kind.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn quick_fixes(place: &Place<'_>, finding: &Finding, shown: &[Diagnostic], versions: Versions<'_>) -> Vec<CodeAction> {
    let workspace = &place.family.workspace;
    let options = place.project.options();
    let range = place.client.encoding.range(&place.source, finding.span);
    let is_it =
        |it: &&Diagnostic| it.range == range && it.code == Some(NumberOrString::String(finding.rule.to_owned()));
    let diagnostics: Vec<Diagnostic> = shown.iter().filter(is_it).cloned().collect();
    let mut fixes: Vec<Fix> = finding.remedies.iter().filter_map(|it| fix::fix(workspace, it)).collect();
    fixes.retain(|it| fix::holds(workspace, options, it));
    let mut actions: Vec<CodeAction> = fixes
        .iter()
        .map(|it| {
            let mut title = capitalised(&it.title);
            if it.safety == Safety::Unsafe {
                title.push_str(" (unsafe: changes what is allowed)");
            }
            action(place, title, it, diagnostics.clone(), versions)
        })
        .collect();
    if let Some(first) = actions.first_mut().filter(|_| fixes[0].safety == Safety::Safe) {
        first.is_preferred = Some(true);
    }
    let answer = fix::answer(workspace, finding).filter(|it| fix::holds(workspace, options, it));
    actions.extend(answer.map(|it| action(place, it.title.clone(), &it, diagnostics, versions)));
    actions
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn action(
    place: &Place<'_>,
    title: String,
    fix: &Fix,
    diagnostics: Vec<Diagnostic>,
    versions: Versions<'_>,
) -> CodeAction {
    CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(diagnostics),
        edit: Some(workspace_edit(place, &fix.edits, versions)),
        ..CodeAction::default()
    }
}

/// All safe fixes for the findings of this very file.
fn fix_all(place: &Place<'_>, versions: Versions<'_>) -> Option<CodeAction> {
    let workspace = &place.family.workspace;
    let own = |edit: &Edit| edit.span.file == place.source.id;
    let findings = place.family.report.findings.iter().filter(|it| it.span.file == place.source.id);
    let safe = findings.flat_map(|it| &it.remedies).filter(|it| it.safety == Safety::Safe);
    let fixes: Vec<Fix> = safe.filter_map(|it| fix::fix(workspace, it)).filter(|it| it.edits.iter().all(own)).collect();
    let held = fix::held_together(workspace, fixes, place.project.options());
    let edits: Vec<Edit> = held.into_iter().flat_map(|it| it.edits).collect();
    (!edits.is_empty()).then(|| CodeAction {
        title: "Fix all that needs no decision".to_owned(),
        kind: Some(FIX_ALL),
        edit: Some(workspace_edit(place, &edits, versions)),
        ..CodeAction::default()
    })
}

fn workspace_edit(place: &Place<'_>, edits: &[Edit], versions: Versions<'_>) -> WorkspaceEdit {
    let workspace = &place.family.workspace;
    let mut by_file: BTreeMap<PathBuf, Vec<TextEdit>> = BTreeMap::new();
    for edit in edits {
        let source = workspace.source(edit.span.file);
        let range = place.client.encoding.range(&source, edit.span);
        by_file.entry(source.path.clone()).or_default().push(TextEdit { range, new_text: edit.text.clone() });
    }
    let uri = |path: &PathBuf| -> Option<Uri> {
        versions.and_then(|it| it.get(path)).map(|it| it.uri.clone()).or_else(|| uri_of(path))
    };
    let files = by_file.into_iter().filter_map(|(path, edits)| Some((uri(&path)?, path, edits)));
    match versions {
        Some(documents) => {
            let edits = files.map(|(uri, path, edits)| TextDocumentEdit {
                text_document: OptionalVersionedTextDocumentIdentifier {
                    uri,
                    version: documents.get(&path).map(|it| it.version),
                },
                edits: edits.into_iter().map(OneOf::Left).collect(),
            });
            WorkspaceEdit {
                document_changes: Some(DocumentChanges::Edits(edits.collect())),
                ..WorkspaceEdit::default()
            }
        }
        None => {
            #[allow(clippy::mutable_key_type, reason = "a URI caches how it is parsed, and nothing else")]
            let changes: HashMap<Uri, Vec<TextEdit>> = files.map(|(uri, _, edits)| (uri, edits)).collect();
            WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }
        }
    }
}
