//! Paths for programs that join a report with a repository: told from its root, wherever iamlint was started.

use std::path::Path;

use super::places::Places;
use crate::rule::Finding;
use crate::source::{Position, Span, Workspace, is_fetched};

/// A place as such programs want it.
pub(super) struct Located {
    /// The file, from the root; its whole path when it lies elsewhere.
    pub(super) path: String,
    pub(super) start: Position,
    /// One past the last character.
    pub(super) end: Position,
}

/// The places of a report, told from the root.
pub(super) struct Rooted<'a> {
    places: Places<'a>,
    workspace: &'a Workspace,
}

impl<'a> Rooted<'a> {
    pub(super) fn new(workspace: &'a Workspace) -> Self {
        Self { places: Places::new(workspace), workspace }
    }

    pub(super) fn locate(&self, span: Span) -> Located {
        let file = self.places.file(span.file);
        let at = |offset: u32| file.position(offset as usize);
        Located { path: self.path(&file.source.path), start: at(span.start), end: at(span.end) }
    }

    /// `main.tf:3`, where a finding stands.
    pub(super) fn line(&self, finding: &Finding) -> String {
        self.line_of(finding.span)
    }

    /// The same of any place.
    pub(super) fn line_of(&self, span: Span) -> String {
        let located = self.locate(span);
        format!("{}:{}", located.path, located.start.line)
    }

    /// Whether a place lies in a module that was fetched, so that a checkout does not have the file.
    pub(super) fn is_fetched(&self, span: Span) -> bool {
        is_fetched(&self.workspace.source(span.file).path)
    }

    /// Whether a path from the root is that of a file that was linted.
    pub(super) fn has(&self, from_root: &str) -> bool {
        self.workspace.selected.iter().any(|it| self.path(&it.path) == from_root)
    }

    /// A path from the root; the whole path when it lies elsewhere.
    pub(super) fn path(&self, path: &Path) -> String {
        self.workspace.ground.from_root(path)
    }
}
