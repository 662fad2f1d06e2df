//! Cuts a file into its top-level blocks in one pass, without recursion: it knows comments, strings with sequences in
//! them, heredocs and brackets, and nothing else of the language.
//!
//! A broken block must not swallow those behind it. Strings end with their line whatever happens, a closing bracket
//! closes what was left open within its pair, and inside of a block a line at column 0 that reads like the head of a
//! top-level block is taken for one.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use smallvec::SmallVec;

use super::lex::{begins_name, closing, comment_end, heredoc, line_end, line_start, name_end};
use super::message::never_closed;
use super::{Comment, Cut, Cuts, lex};
use crate::source::{Source, Span};
use crate::syntax::SyntaxError;

/// What a comment must say to be kept.
const MARKS: [&str; 5] = ["iamlint", "checkov:", "tfsec:", "trivy:", "kics-scan"];

static FIND_MARKS: LazyLock<[Finder<'static>; 5]> = LazyLock::new(|| MARKS.map(Finder::new));

/// Top-level blocks of Terraform, and how many labels each has.
pub(super) const TOP_LEVEL: [(&str, usize); 14] = [
    ("action", 2),
    ("check", 1),
    ("data", 2),
    ("ephemeral", 2),
    ("import", 0),
    ("locals", 0),
    ("module", 1),
    ("moved", 0),
    ("output", 1),
    ("provider", 1),
    ("removed", 0),
    ("resource", 2),
    ("terraform", 0),
    ("variable", 1),
];

/// So many heredocs without an end are looked behind; then the rest of the file is lost. Each costs a pass over it.
const MOST_REWINDS: usize = 8;

/// So many brackets, quotes and sequences may be open in each other, more than can be parsed; and among so many the one
/// that a bracket may close is looked for.
const DEEPEST: usize = 256;

/// So many blocks are cut out of one file.
const MOST_BLOCKS: usize = 1 << 17;

/// Cuts a file into top-level blocks and attributes, its comments left out.
pub fn cut(source: &Source) -> Cuts {
    cut_by(Scanner::new(source, 0, source.text.len()))
}

/// The same, with the comments that speak to a linter.
pub fn cut_with_comments(source: &Source) -> Cuts {
    let marked = FIND_MARKS.iter().any(|mark| mark.find(source.text.as_bytes()).is_some());
    cut_by(Scanner { marked, ..Scanner::new(source, 0, source.text.len()) })
}

fn cut_by(mut scanner: Scanner<'_>) -> Cuts {
    scanner.file();
    scanner.cuts.errors.sort_by_key(|error| error.span);
    scanner.cuts
}

/// Where the value that begins at `start` ends however little sense it makes, at most at `limit`, and whether all that
/// it opens is closed.
pub(super) fn value_end(source: &Source, start: usize, limit: usize) -> (usize, bool) {
    // A heredoc without an end takes all the rest, which would otherwise be gone over again from each line in it.
    let mut scanner = Scanner { rewinds: MOST_REWINDS, ..Scanner::new(source, start, limit) };
    scanner.balanced(Until::Value);
    (scanner.at, scanner.mistakes == 0)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Round,
    Square,
    Curly,
    /// `${` or `%{`.
    Sequence,
    Quote,
    /// With the bytes of its delimiter.
    Heredoc(usize, usize),
}

impl Kind {
    fn is_text(self) -> bool {
        matches!(self, Self::Quote | Self::Heredoc(..))
    }

    fn closed_by(self, byte: u8) -> bool {
        match self {
            Self::Round => byte == b')',
            Self::Square => byte == b']',
            Self::Curly | Self::Sequence => byte == b'}',
            Self::Quote | Self::Heredoc(..) => false,
        }
    }
}

#[derive(Clone, Copy)]
struct Open {
    kind: Kind,
    at: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// The bracket that is open is closed.
    Closed,
    /// The line ends with nothing open.
    Line,
    /// The same, or a brace closes what is around.
    Value,
}

struct Scanner<'a> {
    source: &'a Source,
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    open: Vec<Open>,
    /// A brace that was closed at column 0 although it is not the outermost: if one is missing, it was probably its.
    suspect: Option<usize>,
    /// Whether the rest of what was being read was given up.
    lost: bool,
    rewinds: usize,
    /// How many mistakes there are, told or not.
    mistakes: usize,
    /// Where the last bracket ends that closes nothing: those behind it have the same cause.
    stray: Option<usize>,
    /// Whether a `*/` may still come.
    comments_end: bool,
    /// Whether comments are asked for, and a mark stands anywhere in the file, which is rare.
    marked: bool,
    cuts: Cuts,
}

/// What the scanner looks at outside of texts.
static STOPS: [bool; 256] = table(b"\"#/{}[]()<\n");
/// What it looks at in a quoted string.
pub(super) static QUOTED_STOPS: [bool; 256] = table(b"\"\\$%\n");

/// Which bytes are among `of`.
pub(super) const fn table(of: &[u8]) -> [bool; 256] {
    let mut out = [false; 256];
    let mut index = 0;
    while index < of.len() {
        out[of[index] as usize] = true;
        index += 1;
    }
    out
}

/// The length of the string that a text begins with, when nothing stands in it that must be looked at, as in most.
fn plain_string(bytes: &[u8]) -> Option<usize> {
    let length = 1 + bytes[1..].iter().position(|byte| QUOTED_STOPS[*byte as usize])?;
    (bytes[length] == b'"').then_some(length + 1)
}

impl<'a> Scanner<'a> {
    fn new(source: &'a Source, at: usize, limit: usize) -> Self {
        let text = &source.text[..limit];
        Self {
            source,
            text,
            bytes: text.as_bytes(),
            at,
            open: Vec::new(),
            suspect: None,
            lost: false,
            rewinds: 0,
            mistakes: 0,
            stray: None,
            comments_end: true,
            marked: false,
            cuts: Cuts::default(),
        }
    }

    fn file(&mut self) {
        if self.text.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
        }
        loop {
            self.trivia();
            let Some(byte) = self.peek() else { return };
            match byte {
                _ if begins_name(byte) => self.item(),
                b'}' | b']' | b')' => {
                    self.at += 1;
                    self.closes_nothing(self.at - 1);
                }
                _ => {
                    let found = self.found();
                    self.error(self.at, self.token_end(), format!("{found} does not belong at the top level"));
                    self.give_up();
                }
            }
        }
    }

    /// `name = value` or `kind "label" { … }`.
    fn item(&mut self) {
        let start = self.at;
        self.at = name_end(self.bytes, start);
        let kind_end = self.at;
        let mut head_end = kind_end;
        let mut labels = SmallVec::new();
        loop {
            self.blanks();
            match self.peek() {
                Some(b'=') if labels.is_empty() && self.bytes.get(self.at + 1) != Some(&b'=') => {
                    self.at += 1;
                    return self.attribute(start);
                }
                Some(b'{') => break,
                Some(b'"') => match self.label_end() {
                    Some(end) => {
                        labels.push(self.span(self.at + 1, end - 1));
                        self.at = end;
                    }
                    None => {
                        self.error(self.at, line_end(self.bytes, self.at), NEVER_CLOSED_STRING);
                        return self.give_up();
                    }
                },
                Some(byte) if begins_name(byte) => {
                    let end = name_end(self.bytes, self.at);
                    labels.push(self.span(self.at, end));
                    self.at = end;
                }
                _ => {
                    let wanted = if labels.is_empty() { "`=` or `{`" } else { "`{`" };
                    let before = &self.text[start..head_end];
                    let message = format!("expected {wanted} after `{before}`, found {}", self.found());
                    self.error(self.at, self.token_end(), message);
                    return self.give_up();
                }
            }
            head_end = self.at;
        }
        if self.cuts.blocks.len() == MOST_BLOCKS {
            self.error(start, kind_end, "a file has no more than 131,072 blocks, so from here on it was not read");
            self.at = self.bytes.len();
            return;
        }
        let mistakes = self.mistakes;
        self.suspect = None;
        self.open.push(Open { kind: Kind::Curly, at: self.at });
        self.at += 1;
        self.balanced(Until::Closed);
        let end = start + self.text[start..self.at].trim_end().len();
        let broken = self.mistakes > mistakes;
        self.cuts.blocks.push(Cut {
            kind: self.span(start, kind_end),
            labels,
            head: self.span(start, head_end),
            span: self.span(start, end),
            broken,
        });
        if !broken {
            self.blanks();
            if !matches!(self.peek(), None | Some(b'\n' | b'\r' | b'#' | b'/' | b'}' | b']' | b')')) {
                self.error(
                    self.at,
                    self.token_end(),
                    format!("expected a new line after `}}`, found {}", self.found()),
                );
            }
        }
    }

    fn attribute(&mut self, start: usize) {
        let mistakes = self.mistakes;
        self.balanced(Until::Line);
        let end = start + self.text[start..self.at].trim_end().len();
        if self.mistakes > mistakes {
            return;
        }
        let span = self.span(start, end);
        match self.cuts.attributes.last_mut() {
            // Whatever lies between two attributes is blank, unless something else was read there.
            Some(last) if self.text[last.range().end..start].trim().is_empty() => *last = last.to(span),
            _ => self.cuts.attributes.push(span),
        }
    }

    /// Where the quoted label at hand ends; none when that is not on this line.
    fn label_end(&self) -> Option<usize> {
        let mut at = self.at + 1;
        loop {
            match self.bytes.get(at)? {
                b'"' => return Some(at + 1),
                b'\n' => return None,
                b'\\' if self.bytes.get(at + 1) != Some(&b'\n') => at += 2,
                _ => at += 1,
            }
        }
    }

    /// Goes on to a line that begins with a name, so that one mistake at the top level is one error.
    fn give_up(&mut self) {
        let (errors, mistakes) = (self.cuts.errors.len(), self.mistakes);
        loop {
            self.balanced(Until::Line);
            self.cuts.errors.truncate(errors);
            self.mistakes = mistakes;
            if self.at >= self.bytes.len() {
                return;
            }
            if self.bytes[self.at] == b'\n' {
                self.at += 1;
            }
            if self.peek().is_none_or(begins_name) {
                return;
            }
        }
    }

    /// Reads on until what is open is closed, or until the line ends with nothing open.
    fn balanced(&mut self, until: Until) {
        self.lost = false;
        while !self.lost {
            match self.open.last().map(|open| open.kind) {
                Some(Kind::Quote) => self.quoted(),
                Some(Kind::Heredoc(from, to)) => self.heredoc_text(from, to),
                inner => {
                    if until == Until::Closed && inner.is_none() || !self.code(until) {
                        return;
                    }
                }
            }
        }
    }

    /// Reads up to and over the next thing that matters outside of texts; whether there is more to read.
    fn code(&mut self, until: Until) -> bool {
        let rest = &self.bytes[self.at..];
        let Some(length) = rest.iter().position(|byte| STOPS[*byte as usize]) else {
            self.at = self.bytes.len();
            self.never_closed();
            return false;
        };
        self.at += length;
        let at = self.at;
        match self.bytes[at] {
            b'\n' => {
                if self.open.is_empty() && until != Until::Closed {
                    return false;
                }
                self.at += 1;
                if self.bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase) && self.is_head(at + 1) {
                    self.never_closed();
                    return false;
                }
            }
            b'"' => match plain_string(&self.bytes[at..]) {
                Some(length) => self.at += length,
                None => self.enter(Kind::Quote, 1),
            },
            b'#' => self.line_comment(),
            b'/' => match self.bytes.get(at + 1) {
                Some(b'/') => self.line_comment(),
                Some(b'*') => self.block_comment(),
                _ => self.at += 1,
            },
            b'<' => match heredoc(self.bytes, at) {
                Some(heredoc) => {
                    self.enter(Kind::Heredoc(heredoc.delimiter.start, heredoc.delimiter.end), heredoc.text - at);
                }
                None => self.at += 1,
            },
            b'{' => self.enter(Kind::Curly, 1),
            b'[' => self.enter(Kind::Square, 1),
            b'(' => self.enter(Kind::Round, 1),
            b'}' if until == Until::Value
                && !self.open.iter().any(|it| it.kind.is_text() || it.kind.closed_by(b'}')) =>
            {
                self.never_closed();
                return false;
            }
            closer => self.close(closer),
        }
        true
    }

    fn enter(&mut self, kind: Kind, length: usize) {
        if self.open.len() == DEEPEST {
            self.error(
                self.at,
                self.at + length,
                "this is nested more than 256 levels deep, which is more than can be read",
            );
            self.open.clear();
            self.lost = true;
            self.at = self.next_head(self.at);
            return;
        }
        self.open.push(Open { kind, at: self.at });
        self.at += length;
    }

    fn close(&mut self, closer: u8) {
        let at = self.at;
        self.at += 1;
        let within = self.open.iter().enumerate().rev().take_while(|(_, open)| !open.kind.is_text());
        let Some(index) = within.filter(|(_, open)| open.kind.closed_by(closer)).map(|(index, _)| index).next() else {
            return self.closes_nothing(at);
        };
        while self.open.len() > index + 1
            && let Some(open) = self.open.pop()
        {
            self.error(open.at, open.at + 1, never_closed(self.text, open.at, 1));
        }
        if let Some(open) = self.open.pop()
            && index > 0
            && self.suspect.is_none()
            && open.kind == Kind::Curly
            && (at == 0 || self.bytes[at - 1] == b'\n')
        {
            self.suspect = Some(open.at);
        }
    }

    fn quoted(&mut self) {
        let rest = &self.bytes[self.at..];
        let Some(length) = rest.iter().position(|byte| QUOTED_STOPS[*byte as usize]) else {
            return self.string_never_closed(self.bytes.len());
        };
        self.at += length;
        match self.bytes[self.at] {
            b'"' => {
                self.open.pop();
                self.at += 1;
            }
            b'\n' => self.string_never_closed(self.at),
            b'\\' => {
                let escapes_newline = matches!(self.bytes.get(self.at + 1), None | Some(b'\n' | b'\r'));
                self.at += if escapes_newline { 1 } else { 2 };
            }
            mark => self.template_mark(mark),
        }
    }

    /// At a `$` or `%` of a text.
    fn template_mark(&mut self, mark: u8) {
        match self.bytes[self.at + 1..] {
            [b'{', ..] => self.enter(Kind::Sequence, 2),
            [next, b'{', ..] if next == mark => self.at += 3,
            _ => self.at += 1,
        }
    }

    /// A string ends with its line. What was opened on this line is given up with it, since the missing quote may be
    /// anywhere on it.
    fn string_never_closed(&mut self, line_end: usize) {
        let heredoc = self.open.iter().rposition(|open| matches!(open.kind, Kind::Heredoc(..)));
        let floor = heredoc.map_or(0, |index| index + 1);
        let outermost = self.open[floor..].iter().position(|open| open.kind == Kind::Quote).unwrap_or(0) + floor;
        if let Some(quote) = self.open.last().copied() {
            let line = line_start(self.bytes, quote.at);
            let first = self.open[floor..outermost].iter().position(|open| open.at >= line);
            let inner = self.open[outermost..].iter().rfind(|open| open.kind == Kind::Sequence && open.at >= line);
            match inner.copied() {
                // What looks like a string in a sequence is more likely the end of the string around it.
                Some(sequence) => self.error(sequence.at, sequence.at + 2, never_closed(self.text, sequence.at, 2)),
                None => self.error(quote.at, line_end.min(lex::line_end(self.bytes, quote.at)), NEVER_CLOSED_STRING),
            }
            self.open.truncate(first.map_or(outermost, |first| floor + first));
        }
        self.at = line_end;
    }

    fn heredoc_text(&mut self, from: usize, to: usize) {
        while self.at < self.bytes.len() {
            let end = line_end(self.bytes, self.at);
            let begins_line = self.at == 0 || self.bytes[self.at - 1] == b'\n';
            if begins_line
                && let Some(closing) = closing(self.text, self.at..end, &self.text[from..to])
                && end < self.bytes.len()
            {
                self.at = closing.end;
                self.open.pop();
                return;
            }
            match memchr::memchr2(b'$', b'%', &self.bytes[self.at..end]) {
                Some(length) => {
                    self.at += length;
                    let open = self.open.len();
                    self.template_mark(self.bytes[self.at]);
                    if self.lost || self.open.len() > open {
                        return;
                    }
                }
                None => self.at = (end + 1).min(self.bytes.len()),
            }
        }
        self.heredoc_never_closed(from, to);
    }

    fn heredoc_never_closed(&mut self, from: usize, to: usize) {
        let delimiter = &self.text[from..to];
        let start = self.open.last().map_or(from, |open| open.at);
        let last = line_start(self.bytes, self.bytes.len());
        let message = if closing(self.text, last..self.bytes.len(), delimiter).is_some() {
            format!("the line `{delimiter}` that closes this heredoc must end with a new line")
        } else {
            format!("this heredoc is never closed by a line that says `{delimiter}`")
        };
        self.error(start, to, message);
        self.lose(to);
    }

    /// Leaves what is open, which cannot be told from what follows, for the next line that begins a block.
    fn lose(&mut self, from: usize) {
        self.open.clear();
        self.lost = true;
        self.rewinds += 1;
        self.at = if self.rewinds > MOST_REWINDS { self.bytes.len() } else { self.next_head(from) };
    }

    fn next_head(&self, from: usize) -> usize {
        memchr::memchr_iter(b'\n', &self.bytes[from..])
            .map(|newline| from + newline + 1)
            .find(|line| self.is_head(*line))
            .unwrap_or(self.bytes.len())
    }

    /// Everything that is open is given up.
    fn never_closed(&mut self) {
        let Some(first) = self.open.first().copied() else { return };
        let sequence = self.open.iter().find(|open| open.kind == Kind::Sequence);
        let at = sequence.map_or(self.suspect.unwrap_or(first.at), |open| open.at);
        let length = if sequence.is_some() { 2 } else { 1 };
        self.error(at, at + length, never_closed(self.text, at, length));
        self.open.clear();
    }

    /// Whether a line reads like the head of a top-level block, while something is still open.
    fn is_head(&self, at: usize) -> bool {
        let Some(byte) = self.bytes.get(at) else { return false };
        if !byte.is_ascii_lowercase() {
            return false;
        }
        let end = name_end(self.bytes, at);
        let kind = &self.text[at..end];
        let Some((_, count)) = TOP_LEVEL.iter().find(|(name, _)| *name == kind) else { return false };
        // A check holds a data block of its own.
        if let ("data", [check]) = (kind, self.open.as_slice())
            && self.text[line_start(self.bytes, check.at)..].starts_with("check")
        {
            return false;
        }
        let mut rest = self.text[end..line_end(self.bytes, end)].trim_start_matches([' ', '\t']);
        for _ in 0..*count {
            let label = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
            let Some((_, after)) = label else { return false };
            rest = after.trim_start_matches([' ', '\t']);
        }
        rest.starts_with('{')
    }

    /// White space, new lines and comments.
    fn trivia(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'#') => self.line_comment(),
                Some(b'/') if self.bytes.get(self.at + 1) == Some(&b'/') => self.line_comment(),
                Some(b'/') if self.bytes.get(self.at + 1) == Some(&b'*') => self.block_comment(),
                _ => return,
            }
        }
    }

    /// Spaces, tabs and comments within a line.
    fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'/') if self.bytes.get(self.at + 1) == Some(&b'*') => self.block_comment(),
                _ => return,
            }
        }
    }

    fn line_comment(&mut self) {
        let end = line_end(self.bytes, self.at);
        self.comment(end);
        self.at = end;
    }

    fn block_comment(&mut self) {
        let end = if self.comments_end { comment_end(self.bytes, self.at) } else { None };
        match end {
            Some(end) => {
                self.comment(end);
                self.at = end;
            }
            None => {
                self.comments_end = false;
                self.error(self.at, self.at + 2, "this comment is never closed by `*/`");
                self.lose(self.at + 2);
            }
        }
    }

    fn comment(&mut self, end: usize) {
        if !self.marked {
            return;
        }
        let whole = self.text[self.at..end].trim_end();
        if FIND_MARKS.iter().all(|mark| mark.find(whole.as_bytes()).is_none()) {
            return;
        }
        let text = match whole.strip_prefix("/*") {
            Some(text) => text.strip_suffix("*/").unwrap_or(text),
            None => whole.trim_start_matches(if whole.starts_with('#') { '#' } else { '/' }),
        };
        let comment = Comment { text: text.trim().to_owned(), span: self.span(self.at, self.at + whole.len()) };
        self.cuts.comments.push(comment);
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn found(&self) -> String {
        super::message::found(self.text, self.at, self.text.len())
    }

    fn token_end(&self) -> usize {
        super::message::token_end(self.text, self.at, self.text.len())
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source.id, start, end)
    }

    /// Reports a bracket without its other half. Of several in a row the first one has the fault.
    fn closes_nothing(&mut self, at: usize) {
        let is_next = self.stray.and_then(|it| self.text.get(it..at)).is_some_and(|it| it.trim_ascii().is_empty());
        self.stray = Some(at + 1);
        if is_next {
            self.mistakes += 1;
        } else {
            self.error(at, at + 1, format!("`{}` closes nothing", &self.text[at..=at]));
        }
    }

    fn error(&mut self, start: usize, end: usize, message: impl Into<String>) {
        let span = self.span(start, end);
        self.mistakes += 1;
        SyntaxError { span, message: message.into() }.tell(&mut self.cuts.errors);
    }
}

/// What is said of a string whose line ends first.
pub(super) const NEVER_CLOSED_STRING: &str = "this string is not closed before its line ends";
