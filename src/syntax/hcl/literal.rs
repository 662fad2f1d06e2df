//! Decodes literals so that every byte keeps its place: what is written as it is read is one run, and so is each escape.

use std::ops::Range;

use smallvec::SmallVec;

use super::ground::Ground;
use super::message::Fault;
use crate::syntax::MISTAKES;
use crate::value::Text;

/// How a literal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Between quotes, with backslash escapes.
    Quoted,
    /// In a heredoc or a template of its own.
    Bare,
    /// In a heredoc that begins with `<<-`, so that lines lose their common indentation.
    Flush,
}

/// A part of a template as it is written, directives and what they hold in one row.
pub(super) enum Piece {
    /// Text.
    Literal(Range<usize>),
    /// `${…}` or one directive, and whether it takes away the white space before and behind it.
    Sequence {
        /// `${~`
        before: bool,
        /// `~}`
        behind: bool,
    },
}

/// Those of a whole template.
pub(super) type Pieces = SmallVec<[Piece; 8]>;

/// The text of each literal among the pieces of a template.
pub(super) fn texts(ground: Ground<'_>, pieces: &[Piece], style: Style, faults: &mut Vec<Fault>) -> Texts {
    let mut texts = if style == Style::Quoted { Texts::new() } else { bare_texts(ground, pieces, style, faults) };
    if style == Style::Quoted {
        for (index, piece) in pieces.iter().enumerate() {
            let Piece::Literal(range) = piece else { continue };
            let mut text = Text::default();
            decode(ground, range.clone(), style, &mut text, faults);
            if trims_start(pieces, index) {
                text = text.slice(text.len() - text.raw().trim_start().len()..text.len());
            }
            if trims_end(pieces, index) {
                text = text.slice(0..text.raw().trim_end().len());
            }
            texts.push(text);
        }
    }
    texts
}

/// The texts of a template's literals.
type Texts = SmallVec<[Text; 4]>;

/// Whether the sequence before a piece takes away the white space that the piece begins with.
fn trims_start(pieces: &[Piece], index: usize) -> bool {
    index > 0 && matches!(pieces[index - 1], Piece::Sequence { behind: true, .. })
}

/// Whether the sequence behind a piece takes away the white space that the piece ends with.
fn trims_end(pieces: &[Piece], index: usize) -> bool {
    matches!(pieces.get(index + 1), Some(Piece::Sequence { before: true, .. }))
}

/// A line of a literal: Terraform trims and dedents line by line, so `~` takes no more than the line it stands on.
struct Line {
    /// The piece it belongs to.
    piece: usize,
    range: Range<usize>,
    /// Whether it begins where a line of the source does.
    begins_line: bool,
}

fn bare_texts(ground: Ground<'_>, pieces: &[Piece], style: Style, faults: &mut Vec<Fault>) -> Texts {
    let raw = ground.raw();
    let mut lines: Vec<Line> = Vec::new();
    let mut begins_line = true;
    let mut least_indent = usize::MAX;
    for (index, piece) in pieces.iter().enumerate() {
        let Piece::Literal(range) = piece else {
            if begins_line {
                least_indent = 0;
            }
            begins_line = false;
            continue;
        };
        let whole = &raw[range.clone()];
        let mut start = range.start;
        for (number, line) in whole.split_inclusive('\n').enumerate() {
            let end = start + line.len();
            let mut line = start..end;
            if number == 0 && trims_start(pieces, index) {
                line.start = end - raw[line.clone()].trim_start().len();
            }
            if end == range.end && trims_end(pieces, index) {
                line.end = line.start + raw[line.clone()].trim_end().len();
            }
            let text = &raw[line.clone()];
            let ends_line = text.ends_with('\n');
            if begins_line && !(ends_line && text.trim_start().is_empty()) {
                let indent = text.chars().take_while(|it| it.is_whitespace()).count();
                least_indent = least_indent.min(indent);
            }
            lines.push(Line { piece: index, range: line, begins_line });
            begins_line = ends_line;
            start = end;
        }
    }
    if style == Style::Flush && least_indent > 0 && least_indent < usize::MAX {
        for line in lines.iter_mut().filter(|line| line.begins_line) {
            let text = &raw[line.range.clone()];
            // A blank line does not count and stays as it is, even when it is longer.
            if !(text.ends_with('\n') && text.trim_start().is_empty()) {
                line.range.start += text.chars().take(least_indent).map(char::len_utf8).sum::<usize>();
            }
        }
    }
    let mut lines = lines.into_iter().peekable();
    let mut texts = Texts::new();
    for (index, piece) in pieces.iter().enumerate() {
        if !matches!(piece, Piece::Literal(_)) {
            continue;
        }
        let mut text = Text::default();
        let mut stretch: Option<Range<usize>> = None;
        while let Some(line) = lines.next_if(|line| line.piece == index) {
            match &mut stretch {
                Some(stretch) if stretch.end == line.range.start => stretch.end = line.range.end,
                _ => {
                    if let Some(stretch) = stretch.replace(line.range) {
                        decode(ground, stretch, style, &mut text, faults);
                    }
                }
            }
        }
        if let Some(stretch) = stretch {
            decode(ground, stretch, style, &mut text, faults);
        }
        texts.push(text);
    }
    texts
}

/// Appends a literal, decoded.
pub(super) fn decode(ground: Ground<'_>, range: Range<usize>, style: Style, out: &mut Text, faults: &mut Vec<Fault>) {
    let raw = ground.raw();
    let bytes = &raw.as_bytes()[..range.end];
    let mut verbatim = range.start;
    let mut at = range.start;
    while let Some(length) = memchr::memchr3(b'\\', b'$', b'%', &bytes[at..]) {
        at += length;
        let (decoded, length) = match bytes[at..] {
            [b'\\', ..] if style == Style::Quoted => match escape(&raw[at..range.end]) {
                Ok(escape) => escape,
                Err(length) => {
                    let end = at + length;
                    if faults.len() <= MISTAKES {
                        let message = format!("`{}` is not an escape sequence", &raw[at..end]);
                        faults.push(Fault { at: at..end, message });
                    }
                    at = end;
                    continue;
                }
            },
            [b'$', b'$', b'{', ..] => ("${".to_owned(), 3),
            [b'%', b'%', b'{', ..] => ("%{".to_owned(), 3),
            _ => {
                at += 1;
                continue;
            }
        };
        ground.push(out, verbatim..at);
        out.push_known(&decoded, ground.span(at..at + length));
        at += length;
        verbatim = at;
    }
    ground.push(out, verbatim..range.end);
}

/// The escape that a text begins with, decoded, and its length; the length of what is none.
fn escape(text: &str) -> Result<(String, usize), usize> {
    let Some(letter) = text[1..].chars().next() else { return Err(1) };
    let plain = match letter {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '"' => '"',
        '\\' => '\\',
        'u' | 'U' => {
            let length = if letter == 'u' { 6 } else { 10 };
            let digits = text.get(2..length).filter(|digits| digits.bytes().all(|it| it.is_ascii_hexdigit()));
            let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or(2_usize)?;
            let letter = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            return Ok((letter.to_string(), length));
        }
        _ => return Err(1 + letter.len_utf8()),
    };
    Ok((plain.to_string(), 2))
}
