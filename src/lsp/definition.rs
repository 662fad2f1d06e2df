//! Where a value comes from: the literals that a local value, variable, module argument or document brings into a
//! policy; and else the block that a reference names.

use lsp_types::{GotoDefinitionResponse, Location, Position};

use super::diagnostic::location;
use super::project::policies;
use super::worker::Place;
use crate::frontend::terraform::Folder;
use crate::policy::{self, Policy, Scope, Statement};
use crate::source::Span;

pub(super) fn of(place: &Place<'_>, position: Position) -> Option<GotoDefinitionResponse> {
    let encoding = place.client.encoding;
    let offset = encoding.offset(&place.source, position);
    let workspace = &place.family.workspace;
    let here = |span: Span| span.file == place.source.id && span.range().contains(&offset);
    let mut targets: Vec<Span> = Vec::new();
    for policy in policies(workspace, place.project.options()) {
        for at in places(&policy) {
            // A stop on the way of a value; the value stands where the way begins.
            let passes = at.origin.steps().any(|step| here(step.span)) && !here(at.span);
            if passes && !targets.contains(&at.span) {
                targets.push(at.span);
            }
        }
    }
    if targets.is_empty() {
        targets.extend(declared(place, offset));
    }
    let locations: Vec<Location> = targets.into_iter().filter_map(|it| location(workspace, it, encoding)).collect();
    (!locations.is_empty()).then_some(GotoDefinitionResponse::Array(locations))
}

/// Every place of a policy that has a value.
fn places(policy: &Policy) -> Vec<&policy::Place> {
    let mut out = Vec::new();
    for statement in &policy.statements {
        let Statement { actions, resources, principals, conditions, .. } = statement;
        out.extend(actions.entries().iter().map(|it| &it.place));
        out.extend(resources.iter().flat_map(Scope::entries).map(|it| &it.place));
        out.extend(principals.iter().flat_map(Scope::entries).map(|it| &it.place));
        for condition in conditions {
            out.extend([&condition.operator_place, &condition.place]);
            out.extend(condition.values.iter().map(|it| &it.place));
        }
        out.push(&statement.place);
    }
    out
}

/// The block that the reference at a place names: `var.a`, `local.a`, `module.a`, `data.type.a`, `type.a`.
fn declared(place: &Place<'_>, offset: usize) -> Option<Span> {
    let text = &*place.source.text;
    let is_word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-' | '.');
    let start = text[..offset]
        .rfind(|char| !is_word(char))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let end = text[offset..].find(|char| !is_word(char)).map_or(text.len(), |at| offset + at);
    let mut names = text[start..end].split('.');
    let folder = Folder::open(&place.family.workspace, place.source.path.parent()?)?;
    let mut name = || names.next().unwrap_or_default();
    let id = match name() {
        "var" => folder.find("variable", name(), ""),
        "module" => folder.find("module", name(), ""),
        "data" => {
            let kind = name();
            folder.find("data", kind, name())
        }
        "local" => {
            let (block, index) = folder.local(name())?;
            return block.body.attributes.get(index).map(|it| it.name.span);
        }
        kind => folder.find("resource", kind, name()),
    };
    Some(folder.block(id?)?.head())
}
