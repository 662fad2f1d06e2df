//! JSON with a place for every key and value, duplicates kept, also where it is written inside another text:
//! a heredoc, an escaped string. Strict as RFC 8259 has it, except that a hole may stand for any stretch of
//! the document: a value, some elements of a list, some members of an object, or nothing.

use std::ops::Range;
use std::sync::Arc;

use super::SyntaxError;
use crate::source::{FileId, Source, Span};
use crate::value::{Entry, HOLE, Hole, HoleKind, Node, Number, Object, Origin, Text, Value};

/// How deep lists and objects may be nested: as deep as `serde_json` takes them, so that a file is never read by
/// one part of the program and refused by another.
const DEPTH: usize = 127;

/// How many values and escapes a document may have, however long it is; see [`Parser::charge`].
const FREE_VALUES: usize = 2 << 20;

/// How many bytes entitle a document to one more value or escape.
const BYTES_PER_VALUE: usize = 32;

/// How many mistakes are reported before the one that ends the reading: who writes another language makes one a line.
const MISTAKES: usize = 8;

/// How much of the user's text a message repeats, in characters.
const QUOTED: usize = 40;

/// What was understood of a document and what was not.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The document. It is there beside errors only when these leave no doubt what was meant, since half a policy
    /// grants something else than the whole.
    pub root: Option<Node>,
    /// What is not JSON, each kind of mistake once, a few at most. A document without root has an error, save the empty text:
    /// that one has no place.
    pub errors: Vec<SyntaxError>,
}

/// Parses the JSON that a text says. A text that is known to encode a tree gives that very tree.
pub fn parse(text: &Text) -> Parsed {
    if let Some(tree) = text.encodes() {
        return Parsed { root: Some(Node::clone(tree)), errors: Vec::new() };
    }
    let Some(whole) = text.span(0..text.len()) else { return Parsed::default() };
    Parser::new(text.raw(), Places::Text(text), whole).document()
}

/// Parses a file.
pub fn parse_source(source: &Source) -> Parsed {
    Parser::new(&source.text, Places::File(source.id), source.span()).document()
}

/// Whether a text has a key that could be a policy's `Statement`, in capitals or not, one or many. Reads far faster
/// than parsing, so it is asked first.
pub fn looks_like_policy(text: &str) -> bool {
    let bytes = text.as_bytes();
    ["tatement", "TATEMENT"].iter().any(|tail| {
        memchr::memmem::find_iter(bytes, tail).any(|at| {
            let before = bytes[..at].strip_suffix(b"S").or_else(|| bytes[..at].strip_suffix(b"s"));
            let after = &bytes[at + tail.len()..];
            let after = after.strip_prefix(b"s").or_else(|| after.strip_prefix(b"S")).unwrap_or(after);
            before.is_some_and(|it| it.ends_with(b"\"")) && after.starts_with(b"\"")
        })
    })
}

/// Where the bytes of the document were written.
enum Places<'a> {
    File(FileId),
    Text(&'a Text),
}

/// The document cannot be understood any further; the reason is among the errors.
struct Stop;

type Result<T> = std::result::Result<T, Stop>;

struct Parser<'a> {
    raw: &'a str,
    at: usize,
    places: Places<'a>,
    whole: Span,
    has_holes: bool,
    errors: Vec<SyntaxError>,
    /// The brackets that are open at `at`.
    open: Vec<u8>,
    /// The elements of the lists that are open, and of nothing else.
    nodes: Vec<Node>,
    /// The entries of the objects that are open.
    entries: Vec<Entry>,
    left: usize,
}

/// What stands before a place in a list or an object.
#[derive(Clone, Copy)]
enum Before {
    Bracket,
    Comma(usize),
    Item,
    /// A hole may be commas too, so after it they are neither needed nor forbidden.
    Hole,
}

impl<'a> Parser<'a> {
    fn new(raw: &'a str, places: Places<'a>, whole: Span) -> Self {
        let has_holes = matches!(places, Places::Text(text) if text.has_holes());
        Self {
            raw,
            at: 0,
            places,
            whole,
            has_holes,
            errors: Vec::new(),
            open: Vec::new(),
            nodes: Vec::new(),
            entries: Vec::new(),
            left: FREE_VALUES + raw.len() / BYTES_PER_VALUE,
        }
    }

    fn document(mut self) -> Parsed {
        let root = self.root().ok();
        Parsed { root, errors: self.errors }
    }

    fn root(&mut self) -> Result<Node> {
        if self.raw.starts_with('\u{FEFF}') {
            self.at = '\u{FEFF}'.len_utf8();
        }
        let mut root: Option<Node> = None;
        loop {
            self.skip_blank()?;
            match (self.peek(), &root) {
                (None, _) => break,
                // Beside a value a hole can only be blank.
                (Some(_), Some(_)) if self.is_at_hole() => _ = self.word(),
                (Some(_), Some(node)) if !is_unknown(node) => {
                    let here = self.character();
                    let message = match &self.raw[here.clone()] {
                        bracket @ ("}" | "]") => format!("this `{bracket}` closes nothing"),
                        _ => "the document ends before this".to_owned(),
                    };
                    return Err(self.stop(here, message));
                }
                _ => root = Some(self.value()?),
            }
        }
        match root {
            Some(root) => Ok(root),
            None => {
                self.errors.push(SyntaxError { span: self.whole, message: "there is no JSON here".to_owned() });
                Err(Stop)
            }
        }
    }

    fn value(&mut self) -> Result<Node> {
        self.charge()?;
        match self.peek() {
            Some(b'"' | b'\'') => {
                let (text, span) = self.string()?;
                Ok(Node::new(Value::Text(text), span))
            }
            Some(b'{') => self.object(),
            Some(b'[') => self.list(),
            _ => self.scalar(),
        }
    }

    fn list(&mut self) -> Result<Node> {
        let start = self.enter(b'[')?;
        let first = self.nodes.len();
        let mut before = Before::Bracket;
        while self.is_inside(start, b']', &mut before)? {
            let node = self.value()?;
            before = if is_unknown(&node) { Before::Hole } else { Before::Item };
            self.nodes.push(node);
        }
        let list = Arc::from_iter(self.nodes.drain(first..));
        Ok(Node::new(Value::List(list.into()), self.leave(start)))
    }

    fn object(&mut self) -> Result<Node> {
        let start = self.enter(b'{')?;
        let first = self.entries.len();
        let mut open = None;
        let mut before = Before::Bracket;
        while self.is_inside(start, b'}', &mut before)? {
            let (key, key_span, hole) = self.key()?;
            self.skip_blank()?;
            if let Some(hole) = hole.filter(|_| self.peek() != Some(b':')) {
                open = open.or(Some(hole));
                before = Before::Hole;
                continue;
            }
            self.colon()?;
            let node = self.value()?;
            before = if is_unknown(&node) { Before::Hole } else { Before::Item };
            self.entries.push(Entry { key, key_span, node });
        }
        let entries = self.entries.drain(first..).collect();
        Ok(Node::new(Value::Object(Arc::new(Object { entries, open })), self.leave(start)))
    }

    /// Goes into a list or an object and gives the place of its bracket.
    fn enter(&mut self, bracket: u8) -> Result<Span> {
        if self.open.len() == DEPTH {
            let message = format!("nested deeper than {DEPTH} lists and objects, so it was not read");
            return Err(self.stop(self.character(), message));
        }
        self.open.push(bracket);
        let start = self.span(self.character());
        self.at += 1;
        Ok(start)
    }

    /// Goes to the next item of what was opened at `start`, or to the end of it.
    fn is_inside(&mut self, start: Span, close: u8, before: &mut Before) -> Result<bool> {
        loop {
            self.skip_blank()?;
            match (self.peek(), *before) {
                (None, _) => {
                    let bracket = if close == b']' { '[' } else { '{' };
                    self.errors.push(SyntaxError { span: start, message: format!("this `{bracket}` is never closed") });
                    return Err(Stop);
                }
                (Some(byte @ (b']' | b'}')), before) => {
                    if byte != close {
                        self.mismatch(byte, close)?;
                    } else if let Before::Comma(comma) = before {
                        self.report(comma..comma + 1, "a comma after the last item is not allowed in JSON");
                    }
                    return Ok(false);
                }
                (Some(b','), was) => {
                    if let Before::Bracket | Before::Comma(_) = was {
                        self.report(self.character(), "a value is missing before this comma");
                    }
                    *before = Before::Comma(self.at);
                    self.at += 1;
                }
                (Some(b':'), _) if close == b']' => {
                    return Err(self.stop(self.character(), "`:` cannot stand in a list"));
                }
                (Some(_), Before::Item) if !self.is_at_hole() => {
                    self.report(self.character(), "a comma is missing before this");
                    return Ok(true);
                }
                _ => return Ok(true),
            }
        }
    }

    /// `byte` stands where `close` is needed. It is clear what was meant when it closes what lies around.
    fn mismatch(&mut self, byte: u8, close: u8) -> Result<()> {
        let (byte, close) = (char::from(byte), char::from(close));
        let around = self.open.iter().rev().nth(1).copied().map(char::from);
        if around == Some(if byte == '}' { '{' } else { '[' }) {
            self.report(self.character(), format!("a `{close}` is missing before this"));
            return Ok(());
        }
        let open = if close == '}' { '{' } else { '[' };
        Err(self.stop(self.character(), format!("`{byte}` cannot close what `{open}` opened")))
    }

    /// Goes out of a list or an object and gives the place of all of it.
    fn leave(&mut self, start: Span) -> Span {
        let close = if self.open.pop() == Some(b'[') { b']' } else { b'}' };
        let last = if self.peek() == Some(close) {
            self.at += 1;
            self.at - 1
        } else {
            // The bracket is missing, which was reported; `at` is that of the next one.
            self.raw[..self.at].trim_end().len().saturating_sub(1)
        };
        let end = self.span(last..last + 1);
        if end.start < start.start { start } else { start.to(end) }
    }

    /// A key and its place, and the hole when there is nothing else.
    fn key(&mut self) -> Result<(Text, Span, Option<Arc<Hole>>)> {
        self.charge()?;
        if let Some(b'"' | b'\'') = self.peek() {
            let (key, span) = self.string()?;
            return Ok((key, span, None));
        }
        let word = self.word();
        if word.is_empty() {
            return Err(self.unexpected("a key in double quotes"));
        }
        let span = self.span(word.clone());
        let hole = self.hole_in(word.clone());
        if hole.is_none() {
            let message = format!("the key `{}` needs double quotes", excerpt(&self.raw[word.clone()]));
            self.report(word.clone(), message);
        }
        Ok((self.text(word), span, hole))
    }

    fn colon(&mut self) -> Result<()> {
        match self.peek() {
            Some(b':') => self.at += 1,
            Some(b'=') => {
                self.report(self.character(), "JSON has `:` between key and value, not `=`");
                self.at += 1;
            }
            Some(b',' | b'}' | b']') => {
                return Err(self.stop(self.character(), "a `:` and a value are missing before this"));
            }
            // A hole may begin with the colon.
            Some(_) if self.is_at_hole() => {}
            Some(_) => self.report(self.character(), "a `:` is missing before this"),
            None => return Ok(()),
        }
        self.skip_blank()?;
        match self.peek() {
            Some(b',' | b'}' | b']') => Err(self.stop(self.character(), "a value is missing before this")),
            _ => Ok(()),
        }
    }

    /// A number, `true`, `false`, `null`, or a hole with whatever it is glued to.
    fn scalar(&mut self) -> Result<Node> {
        let word = self.word();
        if word.is_empty() {
            return Err(self.unexpected("a value"));
        }
        let said = &self.raw[word.clone()];
        let value = match said {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ => {
                if let Some(hole) = self.hole_in(word.clone()) {
                    // Its text may have commas.
                    Value::Unknown(Arc::new(Hole { many: true, ..Hole::clone(&hole) }))
                } else if said.starts_with(|it: char| it.is_ascii_digit() || matches!(it, '-' | '+' | '.')) {
                    Value::Number(self.number(word.clone())?)
                } else {
                    self.literal(word.clone())?
                }
            }
        };
        Ok(Node { value, span: self.span(word.clone()), origin: self.origin(word.start) })
    }

    fn number(&mut self, word: Range<usize>) -> Result<Number> {
        let said = &self.raw[word.clone()];
        let quoted = excerpt(said);
        let digits = said.trim_start_matches('-');
        let number = match said.parse::<f64>() {
            // Rust takes a word for infinity too.
            Ok(number) if said.bytes().all(|it| matches!(it, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) => number,
            _ => return Err(self.stop(word, format!("`{quoted}` is not a number"))),
        };
        if number.is_infinite() {
            return Err(self.stop(word, format!("the number `{quoted}` is too large")));
        }
        if !is_json_number(said.as_bytes()) {
            let why = match digits.as_bytes() {
                [b'0', b'0'..=b'9', ..] => "a number cannot begin with `0`",
                [b'+', ..] => "a number cannot begin with `+`",
                _ => "a `.` needs a digit on either side",
            };
            self.report(word, format!("`{quoted}` is not a number in JSON: {why}"));
        }
        Ok(Number(number))
    }

    /// A word that is no value in JSON, but perhaps in a language nearby.
    fn literal(&mut self, word: Range<usize>) -> Result<Value> {
        let said = &self.raw[word.clone()];
        let (value, meant) = match said {
            "True" | "TRUE" => (Value::Bool(true), "true"),
            "False" | "FALSE" => (Value::Bool(false), "false"),
            "Null" | "NULL" | "None" | "nil" | "undefined" => (Value::Null, "null"),
            _ => {
                let quoted = excerpt(said);
                return Err(self.stop(word, format!("`{quoted}` is not a JSON value: text needs double quotes")));
            }
        };
        let message = format!("`{said}` is not a JSON value, but `{meant}` is");
        self.report(word, message);
        Ok(value)
    }

    /// A string and its place, quotes included.
    fn string(&mut self) -> Result<(Text, Span)> {
        let (start, bytes) = (self.at, self.raw.as_bytes());
        let quote = bytes[start];
        let mut text: Option<Text> = None;
        // What lies between `from` and `at` says itself.
        let mut from = start + 1;
        let mut at = from;
        loop {
            while bytes.get(at).is_some_and(|byte| !ENDS_PLAIN[usize::from(*byte)]) {
                at += 1;
            }
            match bytes.get(at) {
                Some(&byte) if byte == quote => break,
                Some(b'"' | b'\'') => at += 1,
                Some(b'\\') => {
                    let end = self.escape_end(at);
                    if let Some(decoded) = self.unescape(at..end) {
                        self.charge()?;
                        let text = text.get_or_insert_default();
                        self.push(text, from..at);
                        self.push_decoded(text, decoded.encode_utf8(&mut [0; 4]), at..end);
                        from = end;
                    }
                    at = end;
                }
                None | Some(b'\n' | b'\r') => {
                    let line = start..at;
                    let message = if at == bytes.len() {
                        "this string is never closed"
                    } else {
                        "this string is not closed on its line"
                    };
                    return Err(self.stop(line, message));
                }
                Some(&control) => {
                    let escape = if control == b'\t' { "\\t".to_owned() } else { format!("\\u{control:04x}") };
                    self.report(at..at + 1, format!("this control character must be written as `{escape}`"));
                    at += 1;
                }
            }
        }
        self.at = at + 1;
        if quote == b'\'' {
            self.report(start..self.at, "a string needs double quotes in JSON");
        }
        let text = match text {
            Some(mut text) => {
                self.push(&mut text, from..at);
                text
            }
            None => self.text(from..at),
        };
        let span = self.span_of_string(start..self.at, &text);
        Ok((text, span))
    }

    /// The place of a string with its quotes. Where these were put around a text of one place, that text counts; of what
    /// is put together between them, no part does.
    fn span_of_string(&self, part: Range<usize>, content: &Text) -> Span {
        let whole = self.span(part.clone());
        let Places::Text(text) = &self.places else { return whole };
        let quote = |at: usize| text.span(at..at + 1);
        let (Some(open), Some(close)) = (quote(part.start), quote(part.end - 1)) else { return whole };
        let is_outside = |it: &Span| open.file != it.file || open.end > it.start || it.end > close.start;
        match content.span_of_one() {
            Some(content) if is_outside(&content) => content,
            _ if open.file == close.file && open.end <= close.start => open.to(close),
            _ => whole,
        }
    }

    /// Where the escape ends that begins at a byte: at least two characters further, at the end of the text at most.
    fn escape_end(&self, at: usize) -> usize {
        let bytes = self.raw.as_bytes();
        let digits = |from: usize| {
            let digits = bytes.get(from..).unwrap_or_default();
            from + digits.iter().take(4).take_while(|it| it.is_ascii_hexdigit()).count()
        };
        match self.raw[at + 1..].chars().next() {
            Some('u') => {
                let end = digits(at + 2);
                let low = bytes.get(end..end + 2) == Some(b"\\u");
                let halves = (unit(&self.raw[at..end]), unit(&self.raw[end..if low { digits(end + 2) } else { end }]));
                match halves {
                    (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => end + 6,
                    _ => end,
                }
            }
            Some(other) => at + 1 + other.len_utf8(),
            None => at + 1,
        }
    }

    /// The character that an escape stands for; without one the escape is left as it is.
    fn unescape(&mut self, escape: Range<usize>) -> Option<char> {
        let said = &self.raw[escape.clone()];
        let message = match &said.as_bytes()[1..] {
            [b'"'] => return Some('"'),
            [b'\\'] => return Some('\\'),
            [b'/'] => return Some('/'),
            [b'b'] => return Some('\u{8}'),
            [b'f'] => return Some('\u{C}'),
            [b'n'] => return Some('\n'),
            [b'r'] => return Some('\r'),
            [b't'] => return Some('\t'),
            [b'u', ..] => match (unit(said), said.get(6..).and_then(unit)) {
                (Some(high), Some(low)) => {
                    return char::decode_utf16([high, low]).next().and_then(std::result::Result::ok);
                }
                (Some(half @ 0xD800..=0xDFFF), None) => {
                    self.report(escape, format!("`\\u{half:04x}` is half a character, and the other half is missing"));
                    return Some(char::REPLACEMENT_CHARACTER);
                }
                (Some(unit), None) => return char::from_u32(unit.into()),
                (None, _) => "`\\u` needs four hexadecimal digits".to_owned(),
            },
            // The string is not closed, which is reported there.
            [] => return None,
            // What a hole makes of the backslash is not known either.
            _ if self.hole_in(escape.clone()).is_some() => return None,
            _ if said.contains(char::is_control) => "a line cannot be continued with `\\` in JSON".to_owned(),
            _ => format!("`{said}` is not an escape in JSON: `\\` itself is written `\\\\`"),
        };
        self.report(escape, message);
        None
    }

    /// Skips blanks, and comments with an error.
    fn skip_blank(&mut self) -> Result<()> {
        let bytes = self.raw.as_bytes();
        loop {
            while let Some(b' ' | b'\n' | b'\t' | b'\r') = bytes.get(self.at) {
                self.at += 1;
            }
            let rest = &bytes[self.at..];
            let length = match rest {
                [b'/', b'*', inner @ ..] => match memchr::memmem::find(inner, b"*/") {
                    Some(length) => length + 4,
                    None => return Err(self.stop(self.at..self.at + 2, "this comment is never closed")),
                },
                [b'/', b'/', ..] | [b'#', ..] => memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len()),
                _ => return Ok(()),
            };
            self.report(self.at..self.at + length, "comments are not allowed in JSON");
            self.at += length;
        }
    }

    /// Takes the letters, digits, signs and holes from here on.
    fn word(&mut self) -> Range<usize> {
        let start = self.at;
        let bytes = self.raw.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(it) if it.is_ascii_alphanumeric() || matches!(it, b'_' | b'+' | b'-' | b'.') => self.at += 1,
                Some(0x80..) => match self.raw[self.at..].chars().next() {
                    Some(it) if it.is_alphanumeric() || it == HOLE && self.has_holes => self.at += it.len_utf8(),
                    _ => break,
                },
                _ => break,
            }
        }
        start..self.at
    }

    /// The hole in a part. When it is not the only thing there, one that stands for all of the part.
    fn hole_in(&self, part: Range<usize>) -> Option<Arc<Hole>> {
        let Places::Text(text) = self.places else { return None };
        if !self.has_holes {
            return None;
        }
        let first = text.hole_at(part.start + self.raw[part.clone()].find(HOLE)?)?;
        if part.len() == HOLE.len_utf8() {
            return Some(Arc::clone(first));
        }
        let part = text.slice(part);
        let free = part.holes().any(|(_, hole)| hole.kind == HoleKind::Free);
        Some(Arc::new(Hole {
            kind: if free { HoleKind::Free } else { HoleKind::Opaque },
            reference: part.to_string().into(),
            ..Hole::clone(first)
        }))
    }

    fn peek(&self) -> Option<u8> {
        self.raw.as_bytes().get(self.at).copied()
    }

    fn is_at_hole(&self) -> bool {
        self.has_holes && self.raw[self.at..].starts_with(HOLE)
    }

    /// The character here.
    fn character(&self) -> Range<usize> {
        self.at..self.at + self.raw[self.at..].chars().next().map_or(0, char::len_utf8)
    }

    fn span(&self, part: Range<usize>) -> Span {
        match self.places {
            Places::File(file) => Span::new(file, part.start, part.end),
            Places::Text(text) => text.span(part).unwrap_or(self.whole),
        }
    }

    fn origin(&self, at: usize) -> Origin {
        match self.places {
            Places::File(_) => Origin::HERE,
            Places::Text(text) => text.origin_at(at),
        }
    }

    fn text(&self, part: Range<usize>) -> Text {
        match self.places {
            Places::File(_) => Text::known(&self.raw[part.clone()], self.span(part)),
            Places::Text(text) => text.slice(part),
        }
    }

    fn push(&self, out: &mut Text, part: Range<usize>) {
        match self.places {
            Places::File(_) => out.push_known(&self.raw[part.clone()], self.span(part)),
            Places::Text(text) => out.push_text(&text.slice(part), &Origin::HERE),
        }
    }

    fn push_decoded(&self, out: &mut Text, decoded: &str, part: Range<usize>) {
        match self.places {
            Places::File(_) => out.push_known(decoded, self.span(part)),
            Places::Text(text) => out.push_decoded(decoded, text, part),
        }
    }

    /// Keeps memory in proportion to the text: a value costs a hundred bytes, but may be written with two.
    fn charge(&mut self) -> Result<()> {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(self.stop(self.character(), "there are too many values before this, so it was not read")),
        }
    }

    /// Something that is wrong although it is clear what was meant.
    fn report(&mut self, part: Range<usize>, message: impl Into<String>) {
        let message = message.into();
        if self.errors.len() < MISTAKES && self.errors.iter().all(|error| error.message != message) {
            self.errors.push(SyntaxError { span: self.span(part), message });
        }
    }

    /// Something after which nothing can be understood any more.
    fn stop(&mut self, part: Range<usize>, message: impl Into<String>) -> Stop {
        self.errors.push(SyntaxError { span: self.span(part), message: message.into() });
        Stop
    }

    /// Something other than `wanted` stands here.
    fn unexpected(&mut self, wanted: &str) -> Stop {
        let here = self.character();
        let message = match self.raw[here.clone()].chars().next() {
            None => format!("{wanted} is missing at the end"),
            Some('\u{201C}' | '\u{201D}' | '\u{2018}' | '\u{2019}' | '`') => {
                "a string needs straight double quotes in JSON".to_owned()
            }
            Some(it) if it.is_whitespace() || it.is_control() || it == '\u{FEFF}' || it == '\u{200B}' => {
                format!("the character U+{:04X} cannot stand here: blanks, tabs and line ends can", u32::from(it))
            }
            Some(it) => format!("{wanted} is needed here, not `{it}`"),
        };
        // At the end there is no place but that of the last character.
        let last = self.raw.char_indices().next_back().map_or(0, |(at, _)| at);
        let place = if here.is_empty() { last..self.raw.len() } else { here };
        self.stop(place, message)
    }
}

/// The bytes that end a stretch of a string that says itself.
const ENDS_PLAIN: [bool; 256] = {
    let mut ends = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        ends[byte] = true;
        byte += 1;
    }
    ends[b'"' as usize] = true;
    ends[b'\'' as usize] = true;
    ends[b'\\' as usize] = true;
    ends
};

fn is_unknown(node: &Node) -> bool {
    matches!(node.value, Value::Unknown(_))
}

/// The code unit that `\u` and four digits at the beginning of a text stand for.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

/// `-? (0 | [1-9][0-9]*) (\.[0-9]+)? ([eE][+-]?[0-9]+)?`
fn is_json_number(bytes: &[u8]) -> bool {
    fn digits(bytes: &[u8]) -> Option<&[u8]> {
        let count = bytes.iter().take_while(|it| it.is_ascii_digit()).count();
        (count > 0).then(|| &bytes[count..])
    }
    let parse = || {
        let bytes = bytes.strip_prefix(b"-").unwrap_or(bytes);
        let rest = match bytes {
            [b'0', rest @ ..] => rest,
            _ => digits(bytes)?,
        };
        let rest = match rest {
            [b'.', rest @ ..] => digits(rest)?,
            _ => rest,
        };
        match rest {
            [b'e' | b'E', b'+' | b'-', rest @ ..] | [b'e' | b'E', rest @ ..] => digits(rest),
            _ => Some(rest),
        }
    };
    parse().is_some_and(<[u8]>::is_empty)
}

/// The beginning of what the user wrote, for a message.
fn excerpt(said: &str) -> String {
    match said.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &said[..end]),
        None => said.to_owned(),
    }
}

#[cfg(test)]
mod tests;
