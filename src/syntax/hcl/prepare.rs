//! Readies an expression for hcl-edit, which refuses some of what Terraform accepts: it is given a copy in which every
//! byte keeps its place, but
//!
//! - a comment is blank, and so is a new line that means nothing (hcl-edit refuses some of those);
//! - an object `{a = b}` is the list `[a , b]` (hcl-edit refuses a key that is written twice, compares each key with
//!   each other, and takes the new lines in an object for its own);
//! - a string or heredoc without sequences is a name (literals are decoded from the source, see [`super::literal`], and
//!   hcl-edit takes its time over them); in those with sequences an escape is some letters, and a line of a heredoc that
//!   only begins like its end begins otherwise.
//!
//! On the way the end of the expression is found, and what is not closed is reported at its place.

use std::ops::Range;

use super::lex::{self, closing, comment_end, heredoc, line_end, line_start, within_name};
use super::message::never_closed;
use super::scan::{LOOK_BACK, NEVER_CLOSED_STRING};

/// What is open at some point of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `(`
    Round,
    /// `[`
    Square,
    /// `{` of an object.
    Object(Entry),
    /// `{` of a `for` expression.
    For,
    /// `${` or `%{`.
    Sequence,
    /// A quoted string.
    Quote,
    /// A heredoc, with the bytes of its delimiter.
    Heredoc(usize, usize),
    /// A template that is a text of its own.
    Bare,
}

/// How far an entry of an object has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// Whether `=` has been read.
    has_key: bool,
    /// Whether anything of the key or the value has been read.
    begun: bool,
    /// How many `?` wait for their `:`.
    conditionals: u32,
}

/// A bracket or text that is open, and where it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) kind: Kind,
    pub(super) at: usize,
}

/// Something wrong, in bytes of the text.
pub(super) struct Fault {
    pub(super) at: Range<usize>,
    pub(super) message: String,
}

/// An expression that is ready for hcl-edit.
pub(super) struct Prepared {
    /// Where it begins.
    pub(super) start: usize,
    /// Where it ends: before a new line, a closing brace or a comment of the body around it.
    pub(super) end: usize,
    /// The copy of its bytes.
    pub(super) copy: String,
    /// Whether it is one quoted string without sequences, and nothing else.
    pub(super) is_plain_string: bool,
    /// What is open at its end: nothing, unless something is unclosed.
    pub(super) open: Vec<Open>,
    /// What is not closed, or closes nothing; the scanner sees that too.
    pub(super) unclosed: Vec<Fault>,
    /// What else is wrong.
    pub(super) faults: Vec<Fault>,
}

/// What to read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// An expression up to the end of its line or the brace that closes the body around it.
    Value,
    /// A whole text that is a template.
    Template,
}

/// Reads from `start`, at most to `limit`.
pub(super) fn prepare(text: &str, start: usize, limit: usize, what: What) -> Prepared {
    let mut reader = Reader {
        text: &text[..limit],
        bytes: &text.as_bytes()[..limit],
        start,
        at: start,
        copied: start,
        copy: String::with_capacity(if what == What::Template { limit - start } else { 64 }),
        open: Vec::new(),
        unclosed: Vec::new(),
        faults: Vec::new(),
        first_string: None,
        last_sequence: 0,
    };
    if what == What::Template {
        reader.open.push(Open { kind: Kind::Bare, at: start });
    }
    reader.run();
    reader.finish(what)
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    start: usize,
    at: usize,
    /// Up to where the copy is written.
    copied: usize,
    copy: String,
    open: Vec<Open>,
    unclosed: Vec<Fault>,
    faults: Vec<Fault>,
    /// The first string that is open with nothing around it.
    first_string: Option<Range<usize>>,
    /// Where the last sequence began; 0, which is in no text, before there is one.
    last_sequence: usize,
}

/// What matters outside of texts.
static STOPS: [bool; 256] = super::scan::table(b"\"#/{}[]()<>=!:?,\r\n");

impl Reader<'_> {
    fn run(&mut self) {
        loop {
            match self.open.last().map(|open| open.kind) {
                Some(Kind::Quote) => self.quoted(),
                Some(Kind::Heredoc(from, to)) => self.heredoc_text(from, to),
                Some(Kind::Bare) => {
                    if !self.bare_text() {
                        return;
                    }
                }
                _ => {
                    if !self.code() {
                        return;
                    }
                }
            }
        }
    }

    fn finish(mut self, what: What) -> Prepared {
        if self.unclosed.is_empty()
            && let Some(open) = self.open.iter().rfind(|open| open.kind != Kind::Bare).copied()
        {
            self.never_closed(open);
        }
        self.copy_to(self.at);
        if what == What::Value {
            self.copy.truncate(self.copy.trim_end().len());
        }
        let end = self.start + self.copy.len();
        Prepared {
            start: self.start,
            end,
            copy: self.copy,
            is_plain_string: self.first_string == Some(self.start..end),
            open: self.open,
            unclosed: self.unclosed,
            faults: self.faults,
        }
    }

    fn copy_to(&mut self, at: usize) {
        self.copy.push_str(&self.text[self.copied..at]);
        self.copied = at;
    }

    /// Writes `with` over the bytes up to `end`.
    fn write_over(&mut self, end: usize, with: char) {
        self.copy_to(self.at);
        self.copy.extend(std::iter::repeat_n(with, end - self.at));
        self.copied = end;
        self.at = end;
    }

    /// Reads up to and over the next thing that matters outside of texts; whether there is more to read.
    fn code(&mut self) -> bool {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| STOPS[*byte as usize]).unwrap_or(rest.len());
        if rest[..length].iter().any(|byte| !matches!(byte, b' ' | b'\t')) {
            self.touch();
        }
        self.at += length;
        let at = self.at;
        let Some(byte) = self.bytes.get(at) else { return false };
        let next = self.bytes.get(at + 1);
        match (byte, next) {
            (b'\n', _) => return self.new_line(1),
            (b'\r', Some(b'\n')) => return self.new_line(2),
            (b'#', _) | (b'/', Some(b'/')) => {
                if self.open.is_empty() {
                    return false;
                }
                let end = line_end(self.bytes, at);
                self.write_over(end - usize::from(self.bytes[..end].ends_with(b"\r")), ' ');
            }
            (b'/', Some(b'*')) => match comment_end(self.bytes, at) {
                Some(end) => self.write_over(end, ' '),
                None => {
                    self.unclosed(at..at + 2, "this comment is never closed by `*/`");
                    return false;
                }
            },
            (b'"', _) => self.enter(Kind::Quote, 1),
            (b'<', Some(b'<')) => match heredoc(self.bytes, at) {
                Some(heredoc) => {
                    self.enter(Kind::Heredoc(heredoc.delimiter.start, heredoc.delimiter.end), heredoc.text - at);
                }
                None => self.step(1),
            },
            (b'<' | b'>' | b'!' | b'=', Some(b'=')) | (b'=', Some(b'>')) | (b':', Some(b':')) => self.step(2),
            (b'=', _) => self.equals(),
            (b':', _) => self.colon(),
            (b',', _) => self.comma(),
            (b'?', _) => {
                if let Some(entry) = self.entry() {
                    entry.conditionals += 1;
                }
                self.step(1);
            }
            (b'(', _) => self.enter(Kind::Round, 1),
            (b'[', _) => self.enter(Kind::Square, 1),
            (b'{', _) => self.enter_braces(),
            (b')' | b']' | b'}', _) => return self.close(*byte),
            _ => self.step(1),
        }
        true
    }

    fn step(&mut self, length: usize) {
        self.touch();
        self.at += length;
    }

    fn enter(&mut self, kind: Kind, length: usize) {
        self.touch();
        self.open.push(Open { kind, at: self.at });
        self.at += length;
    }

    /// The entry that is being read, directly in an object.
    fn entry(&mut self) -> Option<&mut Entry> {
        match self.open.last_mut() {
            Some(Open { kind: Kind::Object(entry), .. }) => Some(entry),
            _ => None,
        }
    }

    fn touch(&mut self) {
        if let Some(entry) = self.entry() {
            entry.begun = true;
        }
    }

    fn enter_braces(&mut self) {
        let mut at = self.at + 1;
        loop {
            match self.bytes.get(at..).unwrap_or_default() {
                [b' ' | b'\t' | b'\r' | b'\n', ..] => at += 1,
                [b'#', ..] | [b'/', b'/', ..] => at = line_end(self.bytes, at),
                [b'/', b'*', ..] => match comment_end(self.bytes, at) {
                    Some(end) => at = end,
                    None => break,
                },
                _ => break,
            }
        }
        if self.bytes[at..].starts_with(b"for") && !self.bytes.get(at + 3).is_some_and(|byte| within_name(*byte)) {
            return self.enter(Kind::For, 1);
        }
        self.enter(Kind::Object(Entry::default()), 0);
        self.write_over(self.at + 1, '[');
    }

    fn new_line(&mut self, length: usize) -> bool {
        let at = self.at;
        let Some(open) = self.open.last_mut() else { return false };
        let Kind::Object(entry) = &mut open.kind else {
            self.write_over(at + length, ' ');
            return true;
        };
        let Entry { has_key, begun, .. } = *entry;
        if begun || has_key {
            *entry = Entry::default();
        }
        match (has_key, begun) {
            (true, true) => {
                self.write_over(at + 1, ',');
                if length == 2 {
                    self.write_over(at + 2, ' ');
                }
            }
            (false, false) => self.write_over(at + length, ' '),
            (true, false) => {
                self.fault(at..at, "expected a value after `=`, found the end of the line");
                self.at = at + length;
            }
            (false, true) => {
                self.fault(at..at, "expected `=` and a value after this key, found the end of the line");
                self.at = at + length;
            }
        }
        true
    }

    fn equals(&mut self) {
        let at = self.at;
        match self.entry() {
            Some(entry) if !entry.has_key && entry.begun => {
                *entry = Entry { has_key: true, ..Entry::default() };
                self.write_over(at + 1, ',');
            }
            Some(entry) if !entry.has_key => {
                self.fault(at..at + 1, "expected a key before `=`");
                self.step(1);
            }
            _ => self.step(1),
        }
    }

    fn colon(&mut self) {
        match self.entry() {
            Some(entry) if entry.conditionals > 0 => {
                entry.conditionals -= 1;
                self.step(1);
            }
            Some(entry) if !entry.has_key => self.equals(),
            _ => self.step(1),
        }
    }

    fn comma(&mut self) {
        let at = self.at;
        if let Some(entry) = self.entry() {
            let Entry { has_key, begun, .. } = *entry;
            *entry = Entry::default();
            match (has_key, begun) {
                (true, true) => {}
                (true, false) => self.fault(at..at + 1, "expected a value before `,`"),
                (false, true) => self.fault(at..at + 1, "expected `=` and a value after this key, found `,`"),
                (false, false) => self.fault(at..at + 1, "expected a key, found `,`"),
            }
        }
        self.at += 1;
    }

    fn close(&mut self, closer: u8) -> bool {
        let at = self.at;
        let closes = |open: &Open| match open.kind {
            Kind::Round => closer == b')',
            Kind::Square => closer == b']',
            _ => closer == b'}',
        };
        let is_text = |open: &Open| matches!(open.kind, Kind::Quote | Kind::Heredoc(..) | Kind::Bare);
        let mut within = self.open.iter().enumerate().rev().take(LOOK_BACK).take_while(|(_, open)| !is_text(open));
        let Some(index) = within.find(|(_, open)| closes(open)).map(|(index, _)| index) else {
            if closer == b'}' && self.open.len() <= LOOK_BACK && !self.open.iter().any(is_text) {
                // It closes the body around this.
                for open in std::mem::take(&mut self.open) {
                    self.never_closed(open);
                }
                return false;
            }
            self.unclosed(at..at + 1, format!("`{}` closes nothing", char::from(closer)));
            self.at += 1;
            return true;
        };
        for open in self.open.split_off(index + 1) {
            self.never_closed(open);
        }
        if let Some(Open { kind: Kind::Object(entry), .. }) = self.open.pop() {
            match entry {
                Entry { has_key: true, begun: false, .. } => self.fault(at..at + 1, "expected a value before `}`"),
                Entry { has_key: false, begun: true, .. } => {
                    self.fault(at..at + 1, "expected `=` and a value after this key, found `}`");
                }
                _ => {}
            }
            self.write_over(at + 1, ']');
        } else {
            self.at += 1;
        }
        true
    }

    fn quoted(&mut self) {
        let rest = &self.bytes[self.at..];
        let Some(length) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | b'$' | b'%' | b'\n')) else {
            return self.string_never_closed(self.bytes.len());
        };
        self.at += length;
        match self.bytes[self.at] {
            b'"' => {
                self.at += 1;
                let literal = self.close_text();
                if self.open.is_empty() && self.first_string.is_none() {
                    self.first_string = literal;
                }
            }
            b'\n' => self.string_never_closed(self.at),
            b'\\' => {
                let hides = matches!(self.bytes.get(self.at + 1), Some(b'"' | b'\\' | b'$' | b'%'));
                self.write_over(self.at + if hides { 2 } else { 1 }, 'x');
            }
            mark => self.template_mark(mark),
        }
    }

    /// Leaves a string or heredoc. One without sequences is written as a name, and its bytes are returned.
    fn close_text(&mut self) -> Option<Range<usize>> {
        let open = self.open.pop()?;
        if self.last_sequence > open.at {
            return None;
        }
        self.copy_to(self.at);
        self.copy.truncate(open.at - self.start);
        self.copy.extend(std::iter::repeat_n('_', self.at - open.at));
        Some(open.at..self.at)
    }

    /// At a `$` or `%` of a text.
    fn template_mark(&mut self, mark: u8) {
        match self.bytes[self.at + 1..] {
            [b'{', ..] => {
                self.last_sequence = self.at;
                self.open.push(Open { kind: Kind::Sequence, at: self.at });
                self.at += 2;
            }
            [next, b'{', ..] if next == mark => self.write_over(self.at + 3, 'x'),
            _ => self.at += 1,
        }
    }

    /// As the scanner does it: a string ends with its line, and takes what was opened on the line with it.
    fn string_never_closed(&mut self, line_end: usize) {
        let is_text = |open: &Open| matches!(open.kind, Kind::Heredoc(..) | Kind::Bare);
        let base = self.open.len().saturating_sub(LOOK_BACK);
        let floor = self.open[base..].iter().rposition(is_text).map_or(base, |index| base + index + 1);
        let outermost = self.open[floor..].iter().position(|open| open.kind == Kind::Quote).unwrap_or(0) + floor;
        if let Some(quote) = self.open.last().copied() {
            let line = line_start(self.bytes, quote.at);
            let first = self.open[floor..outermost].iter().position(|open| open.at >= line);
            let inner = self.open[outermost..].iter().rfind(|open| open.kind == Kind::Sequence && open.at >= line);
            match inner.copied() {
                Some(sequence) => self.never_closed(sequence),
                None => self.unclosed(quote.at..line_end.min(lex::line_end(self.bytes, quote.at)), NEVER_CLOSED_STRING),
            }
            self.open.truncate(first.map_or(outermost, |first| floor + first));
        }
        self.at = line_end;
    }

    fn heredoc_text(&mut self, from: usize, to: usize) {
        let delimiter = &self.text[from..to];
        while self.at < self.bytes.len() {
            let end = line_end(self.bytes, self.at);
            if self.bytes[self.at - 1] == b'\n' {
                if let Some(closing) = closing(self.text, self.at..end, delimiter)
                    && end < self.bytes.len()
                {
                    self.write_over(closing.start, ' ');
                    self.at = closing.end;
                    self.close_text();
                    return;
                }
                let indent = self.bytes[self.at..end].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                let start = self.at + indent;
                if self.text[start..end].starts_with(delimiter) {
                    // The first letter is another one now, whatever it was.
                    let first = delimiter.chars().next().map_or(0, char::len_utf8);
                    self.at = start;
                    self.write_over(start + first, if delimiter.starts_with('x') { 'y' } else { 'x' });
                }
            }
            match memchr::memchr2(b'$', b'%', &self.bytes[self.at..end]) {
                Some(length) => {
                    self.at += length;
                    let open = self.open.len();
                    self.template_mark(self.bytes[self.at]);
                    if self.open.len() > open {
                        return;
                    }
                }
                None => self.at = (end + 1).min(self.bytes.len()),
            }
        }
        if let Some(open) = self.open.pop() {
            self.unclosed(open.at..to, format!("this heredoc is never closed by a line that says `{delimiter}`"));
        }
        self.open.clear();
    }

    /// Whether there is more to read.
    fn bare_text(&mut self) -> bool {
        match memchr::memchr2(b'$', b'%', &self.bytes[self.at..]) {
            Some(length) => {
                self.at += length;
                self.template_mark(self.bytes[self.at]);
                true
            }
            None => {
                self.at = self.bytes.len();
                false
            }
        }
    }

    fn never_closed(&mut self, open: Open) {
        let length = if open.kind == Kind::Sequence { 2 } else { 1 };
        self.unclosed(open.at..open.at + length, never_closed(self.text, open.at, length));
    }

    fn fault(&mut self, at: Range<usize>, message: impl Into<String>) {
        self.faults.push(Fault { at, message: message.into() });
    }
    fn unclosed(&mut self, at: Range<usize>, message: impl Into<String>) {
        self.unclosed.push(Fault { at, message: message.into() });
    }
}
