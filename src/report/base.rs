//! Paths for programs that join a report with a repository: told from its root, wherever iamlint was started.

use std::path::{Path, PathBuf};

use super::places::Places;
use super::spelled;
use crate::rule::Finding;
use crate::source::{Position, Span, Workspace, normal};

/// What paths of a report are relative to, and what they are to be relative to.
#[derive(Clone, Debug)]
pub struct Base {
    current: PathBuf,
    root: PathBuf,
}

/// A place as such programs want it.
pub(super) struct Located {
    /// The file, from the root; its whole path when it lies elsewhere.
    pub(super) path: String,
    /// Whether it lies below the root.
    pub(super) inside: bool,
    pub(super) start: Position,
    /// One past the last character.
    pub(super) end: Position,
}

impl Base {
    /// The folder that iamlint was started in, and the root of the repository; both absolute.
    pub fn new(current: PathBuf, root: PathBuf) -> Self {
        Self { current, root }
    }

    /// A path from the root, and whether it lies below it; the whole path otherwise.
    pub(super) fn path(&self, path: &Path) -> (String, bool) {
        let whole = normal(&self.current.join(path));
        match whole.strip_prefix(&self.root) {
            Ok(below) => (spelled(below), true),
            Err(_) => (spelled(&whole), false),
        }
    }
}

/// The places of a report, told from the root.
pub(super) struct Rooted<'a> {
    places: Places<'a>,
    base: &'a Base,
}

impl<'a> Rooted<'a> {
    pub(super) fn new(workspace: &'a Workspace, base: &'a Base) -> Self {
        Self { places: Places::new(workspace), base }
    }

    pub(super) fn locate(&self, span: Span) -> Located {
        let file = self.places.file(span.file);
        let (path, inside) = self.base.path(&file.source.path);
        let at = |offset: u32| file.position(offset as usize);
        Located { path, inside, start: at(span.start), end: at(span.end) }
    }

    /// `main.tf:3`, where a finding stands.
    pub(super) fn line(&self, finding: &Finding) -> String {
        let located = self.locate(finding.span);
        format!("{}:{}", located.path, located.start.line)
    }

    pub(super) fn path(&self, path: &Path) -> (String, bool) {
        self.base.path(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_the_root_wherever_iamlint_was_started() {
        let base = Base::new("/home/me/repo/infra".into(), "/home/me/repo".into());
        let path = |path: &str| base.path(Path::new(path));
        assert_eq!(path("app/main.tf"), ("infra/app/main.tf".to_owned(), true));
        assert_eq!(path("../policies/a.json"), ("policies/a.json".to_owned(), true));
        assert_eq!(path("/home/me/repo/a.tf"), ("a.tf".to_owned(), true));
        assert_eq!(path("../../other/a.tf"), ("/home/me/other/a.tf".to_owned(), false));
    }
}
