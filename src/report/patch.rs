//! Fixes as a patch, which `git apply` and `patch -p1` take.

use std::io;

use similar::{DiffOp, TextDiff};

use super::secret::secrets;
use super::spelled;
use crate::fix::FixedFile;
use crate::source::{FileId, Source, holds_values};

/// How many lines around a change are a part of the patch.
const AROUND: usize = 3;

/// Writes what became of each file. Where a secret would stand among the lines around a change, there are fewer of them;
/// where there are none at all `git apply` wants `--unidiff-zero`.
pub fn write(files: &[FixedFile], out: &mut dyn io::Write) -> io::Result<()> {
    for file in files {
        let path = spelled(&file.path);
        let diff = TextDiff::from_lines(&*file.before, file.after.as_str());
        let source = Source::new(FileId(0), file.path.clone(), &*file.before);
        let line = |offset: u32| source.line_starts().partition_point(|it| *it <= offset) - 1;
        let secrets: Vec<_> = secrets(&source).iter().map(|it| line(it.start)..line(it.end) + 1).collect();
        let is_secret = |op: &DiffOp| {
            let lines = op.old_range();
            let shows = || secrets.iter().any(|it| it.start < lines.end && lines.start < it.end);
            matches!(op, DiffOp::Equal { .. }) && !lines.is_empty() && (holds_values(&path) || shows())
        };
        let shows_secrets = |around: &usize| diff.grouped_ops(*around).iter().flatten().any(is_secret);
        let around = (1..=AROUND).rev().find(|it| !shows_secrets(it)).unwrap_or(0);
        let mut unified = diff.unified_diff();
        unified.context_radius(around).header(&format!("a/{path}"), &format!("b/{path}"));
        write!(out, "{unified}")?;
    }
    Ok(())
}
