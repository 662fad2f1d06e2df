//! Lines and columns of many spans, at a price that does not grow with the length of a line.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::secret::secrets;
use crate::source::{FileId, Position, Source, Span, Workspace};

/// How far from a known column one counts character by character.
const STRIDE: usize = 4096;

/// The files of a report, each with what makes columns cheap to find.
pub(super) struct Places<'w> {
    workspace: &'w Workspace,
    files: RefCell<FxHashMap<FileId, Rc<Counted>>>,
}

/// A file, and how many characters stand before every [`STRIDE`]th byte of it once a long line has asked for that: a
/// policy in one line of a megabyte would otherwise be counted from its start for every place in it.
pub(super) struct Counted {
    pub(super) source: Arc<Source>,
    marks: OnceCell<Vec<usize>>,
    covered: OnceCell<Option<String>>,
}

impl<'w> Places<'w> {
    pub(super) fn new(workspace: &'w Workspace) -> Self {
        Self { workspace, files: RefCell::default() }
    }

    pub(super) fn file(&self, id: FileId) -> Rc<Counted> {
        let mut files = self.files.borrow_mut();
        Rc::clone(files.entry(id).or_insert_with(|| Rc::new(Counted::new(self.workspace.source(id)))))
    }
}

impl Counted {
    pub(super) fn new(source: Arc<Source>) -> Self {
        Self { source, marks: OnceCell::new(), covered: OnceCell::new() }
    }

    /// Its text as it may be shown: what is secret in it is covered, byte by byte.
    pub(super) fn shown(&self) -> &str {
        let covered = self.covered.get_or_init(|| {
            let secrets = secrets(&self.source);
            (!secrets.is_empty()).then(|| covered(&self.source.text, &secrets))
        });
        covered.as_deref().unwrap_or(&self.source.text)
    }

    /// The line a byte is in, from 0.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.source.line_starts().partition_point(|start| *start as usize <= offset) - 1
    }

    /// As [`Source::position`] has it.
    pub(super) fn position(&self, offset: usize) -> Position {
        let text = &self.source.text;
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line(offset);
        let start = self.source.line_starts()[line] as usize;
        let column = if offset - start <= STRIDE {
            characters(&text.as_bytes()[start..offset])
        } else {
            self.before(offset) - self.before(start)
        };
        Position { line: line + 1, column: column + 1, offset }
    }

    fn before(&self, offset: usize) -> usize {
        let bytes = self.source.text.as_bytes();
        let marks = self.marks.get_or_init(|| {
            let mut sum = 0;
            bytes
                .chunks(STRIDE)
                .map(|chunk| {
                    let before = sum;
                    sum += characters(chunk);
                    before
                })
                .collect()
        });
        let mark = (offset / STRIDE).min(marks.len().saturating_sub(1));
        marks.get(mark).copied().unwrap_or(0) + characters(&bytes[mark * STRIDE..offset])
    }
}

/// A text with asterisks in place of all that stands in its lines at these places, which are in order.
fn covered(text: &str, places: &[Span]) -> String {
    let mut out = String::with_capacity(text.len());
    for place in places {
        let (start, end) = (out.len().max(place.start as usize), out.len().max(place.end as usize));
        out.push_str(&text[out.len()..start]);
        out.extend(text[start..end].bytes().map(|it| if matches!(it, b'\n' | b'\r') { char::from(it) } else { '*' }));
    }
    out.push_str(&text[out.len()..]);
    out
}

/// How many characters begin in these bytes of a text.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_has_the_same_columns_as_a_short_one() {
        let text = format!("a\n{}\nb", "é字x😀".repeat(3000));
        let source = Arc::new(Source::new(FileId(0), "a.json".into(), text.as_str()));
        let counted = Counted::new(Arc::clone(&source));
        for offset in (0..=text.len()).step_by(97).chain([text.len(), text.len() + 5]) {
            assert_eq!(counted.position(offset), source.position(offset));
        }
    }
}
