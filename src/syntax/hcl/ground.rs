//! What is parsed: a file, or a text that came from places of its own. Byte offsets of either become spans here.

use std::ops::Range;

use crate::source::{Source, Span};
use crate::value::{Origin, Text};

/// Text to parse, and where each byte of it was written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ground<'a> {
    /// A file as it is.
    File(&'a Source),
    /// A decoded text, and the whole literal or file that it came from.
    Text(&'a Text, Span),
}

impl<'a> Ground<'a> {
    /// The text.
    pub(super) fn raw(self) -> &'a str {
        match self {
            Self::File(source) => &source.text,
            Self::Text(text, _) => text.raw(),
        }
    }

    /// Where a part of it was written.
    pub(super) fn span(self, range: Range<usize>) -> Span {
        match self {
            Self::File(source) => Span::new(source.id, range.start, range.end),
            Self::Text(text, whole) => {
                if range.is_empty() {
                    let next = text.raw()[range.start..].chars().next().map_or(0, char::len_utf8);
                    let next = text.span(range.start..range.start + next);
                    next.map_or(Span { start: whole.end, ..whole }, Span::at_start)
                } else {
                    text.span(range).unwrap_or(whole)
                }
            }
        }
    }

    /// Appends a part of it as it stands.
    pub(super) fn push(self, out: &mut Text, range: Range<usize>) {
        match self {
            Self::File(source) => out.push_known(&source.text[range.clone()], self.span(range)),
            Self::Text(text, _) => out.push_text(&text.slice(range), &Origin::HERE),
        }
    }
}
