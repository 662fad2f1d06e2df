//! Open buffers: what an editor says a file says, line by line as it is typed, and its positions as bytes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{Position, PositionEncodingKind, Range, TextDocumentContentChangeEvent, Uri};

use crate::source::{Source, Span};

/// How an editor counts columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// In bytes.
    Utf8,
    /// In units of two bytes, which every editor knows.
    Utf16,
}

impl Encoding {
    /// The best one of those that a client offers.
    pub(super) fn of(offered: Option<&[PositionEncodingKind]>) -> Self {
        let takes_bytes = offered.is_some_and(|it| it.contains(&PositionEncodingKind::UTF8));
        if takes_bytes { Self::Utf8 } else { Self::Utf16 }
    }

    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    /// The byte of a position; behind the end of a line or text it is that end.
    pub(super) fn offset(self, source: &Source, position: Position) -> usize {
        let starts = source.line_starts();
        let text = &*source.text;
        let Some(start) = starts.get(position.line as usize).map(|it| *it as usize) else { return text.len() };
        let end = starts.get(position.line as usize + 1).map_or(text.len(), |it| *it as usize);
        let line = text[start..end].trim_end_matches(['\n', '\r']);
        let wanted = position.character as usize;
        let mut units = 0;
        for (at, char) in line.char_indices() {
            if units >= wanted {
                return start + at;
            }
            units += self.units(char);
        }
        start + line.len()
    }

    /// The position of a byte.
    pub(super) fn position(self, source: &Source, offset: usize) -> Position {
        let text = &*source.text;
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let starts = source.line_starts();
        let line = starts.partition_point(|start| *start as usize <= offset) - 1;
        let units = text[starts[line] as usize..offset].chars().map(|char| self.units(char)).sum::<usize>();
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Position { line: small(line), character: small(units) }
    }

    pub(super) fn range(self, source: &Source, span: Span) -> Range {
        Range { start: self.position(source, span.start as usize), end: self.position(source, span.end as usize) }
    }

    fn units(self, char: char) -> usize {
        match self {
            Self::Utf8 => char.len_utf8(),
            Self::Utf16 => char.len_utf16(),
        }
    }
}

/// An open buffer.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) uri: Uri,
    pub(super) version: i32,
    /// What it says.
    pub(super) text: Arc<str>,
}

impl Document {
    /// Applies changes in their order.
    pub(super) fn change(&mut self, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) {
        for change in changes {
            let Some(range) = change.range else {
                self.text = change.text.into();
                continue;
            };
            let source = source(&self.text);
            let (start, end) = (encoding.offset(&source, range.start), encoding.offset(&source, range.end));
            let mut text = String::with_capacity(self.text.len() + change.text.len());
            text.push_str(&self.text[..start]);
            text.push_str(&change.text);
            text.push_str(&self.text[end.max(start)..]);
            self.text = text.into();
        }
    }
}

/// A text as a file of no workspace, for its lines.
pub(super) fn source(text: &str) -> Source {
    Source::new(crate::source::FileId(0), PathBuf::new(), text)
}

/// The path of a `file:` URI.
pub(super) fn path_of(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    let path = &rest[rest.find('/')?..];
    let mut bytes = Vec::with_capacity(path.len());
    let mut left = path.bytes();
    while let Some(byte) = left.next() {
        let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
        bytes.push(if byte == b'%' { hex(left.next()?)? << 4 | hex(left.next()?)? } else { byte });
    }
    let path = String::from_utf8(bytes).ok()?;
    // `/C:/x` of Windows.
    let drive = path.as_bytes().get(2) == Some(&b':') && cfg!(windows);
    Some(PathBuf::from(if drive { &path[1..] } else { &path }))
}

/// The `file:` URI of a path.
pub(super) fn uri_of(path: &Path) -> Option<Uri> {
    let absolute = std::path::absolute(path).ok()?;
    let text = absolute.to_str()?.replace('\\', "/");
    let mut uri = String::from(if text.starts_with('/') { "file://" } else { "file:///" });
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~:".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn columns_are_counted_as_the_editor_counts_them() {
        let source = source("a\r\né😀x = 1\n");
        for (encoding, character) in [(Encoding::Utf16, 3), (Encoding::Utf8, 6)] {
            assert_eq!(encoding.offset(&source, at(1, character)), 9);
            assert_eq!(encoding.position(&source, 9), at(1, character));
        }
        assert_eq!(Encoding::Utf16.offset(&source, at(0, 99)), 1, "the end of a line is before its end mark");
        assert_eq!(Encoding::Utf16.offset(&source, at(9, 0)), source.text.len());
    }

    #[test]
    fn changes_follow_each_other() {
        let mut document = Document { uri: uri_of(Path::new("/a.tf")).unwrap(), version: 1, text: "ab\ncd\n".into() };
        let change = |from: (u32, u32), to: (u32, u32), text: &str| TextDocumentContentChangeEvent {
            range: Some(Range { start: at(from.0, from.1), end: at(to.0, to.1) }),
            range_length: None,
            text: text.to_owned(),
        };
        document.change(vec![change((0, 1), (1, 1), "😀"), change((0, 3), (0, 3), "!")], Encoding::Utf16);
        assert_eq!(&*document.text, "a😀!d\n");
    }

    #[test]
    fn a_path_survives_its_uri() {
        for path in ["/a b/ü#?%.tf", "/x/main.tf"] {
            let uri = uri_of(Path::new(path)).unwrap();
            assert_eq!(path_of(&uri), Some(PathBuf::from(path)), "{}", uri.as_str());
        }
        assert_eq!(path_of(&"untitled:Untitled-1".parse().unwrap()), None);
    }
}
