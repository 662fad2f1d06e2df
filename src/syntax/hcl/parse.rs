//! Bodies, blocks and attributes, read so that a mistake costs one attribute.

use std::ops::Range;

use super::Cut;
use super::ast::*;
use super::expr::{MOST_NODES, Reader, TOO_MANY_NODES};
use super::ground::Ground;
use super::lex::{begins_name, comment_end, line_end, name_end};
use super::message::{Fault, found, token_end};
use super::scan::value_end;
use crate::source::{Source, Span};
use crate::syntax::SyntaxError;
use crate::value::Text;

/// How deep blocks may stand in each other; Terraform's own go no deeper than a handful.
const DEEPEST: usize = 64;

/// So many arguments are sooner compared with each other than sorted.
const FEW: usize = 16;

/// Parses one block. What could not be understood of it is left out and reported.
pub fn parse_block(source: &Source, cut: &Cut) -> (Option<Block>, Vec<SyntaxError>) {
    let mut left = MOST_NODES;
    parse_block_within(source, cut, &mut left)
}

/// The same, of a file that is read as a whole: `left` says how many nodes of it may still be made. A block that would be
/// more of them is not read, and takes none.
pub fn parse_block_within(source: &Source, cut: &Cut, left: &mut usize) -> (Option<Block>, Vec<SyntaxError>) {
    let mut parser = Parser { left: *left, ..Parser::new(source, cut.span.range(), cut.broken) };
    let block = match parser.item(0) {
        Some(Member::Block(block)) if !parser.has_too_many => Some(block),
        _ => None,
    };
    if !parser.has_too_many {
        *left = parser.left;
    }
    (block, parser.errors)
}

/// Parses one argument of a block, and no more of the block than stands before it.
pub fn parse_argument(source: &Source, cut: &Cut, name: &str) -> Option<Expr> {
    let mut parser = Parser::new(source, cut.span.range(), cut.broken);
    parser.at = cut.head.range().end;
    parser.blanks();
    if parser.peek()? != b'{' {
        return None;
    }
    parser.at += 1;
    parser.argument(name)
}

/// Parses a stretch of attributes, those of a `.tfvars` file, with as many nodes as are left.
pub fn parse_attributes(source: &Source, span: Span, left: &mut usize) -> (Body, Vec<SyntaxError>) {
    // A heredoc ends with its new line, which is not of the stretch.
    let end = line_end(source.text.as_bytes(), span.range().end);
    let range = span.range().start..(end + 1).min(source.text.len());
    let mut parser = Parser { left: *left, ..Parser::new(source, range, false) };
    let body = parser.members(0);
    *left = parser.left;
    (body, parser.errors)
}

/// Parses a text that is an expression; `whole` is the literal that it came from.
pub fn parse_expression(text: &Text, whole: Span) -> Result<Expr, SyntaxError> {
    let ground = Ground::Text(text, whole);
    let raw = ground.raw();
    let mut reader = Reader::new(ground, raw.len() - raw.trim_start().len(), raw.len());
    let read = reader.value();
    let rest = raw.len() - raw[reader.at..].trim_start().len();
    let read = match read {
        Ok(_) if rest < raw.len() => {
            let message = format!("expected the end, found {}", found(raw, rest, raw.len()));
            Err(Fault { at: rest..token_end(raw, rest, raw.len()), message })
        }
        read => read,
    };
    unless_faulty(ground, read, reader.faults)
}

/// Parses a text that is a template: a string of the JSON form, or a file for `templatefile`; `whole` is the literal or
/// file that it came from.
pub fn parse_template(text: &Text, whole: Span) -> Result<Expr, SyntaxError> {
    let ground = Ground::Text(text, whole);
    let raw = ground.raw();
    if !raw.contains("${") && !raw.contains("%{") {
        return Ok(Expr { kind: ExprKind::Text(text.clone()), span: whole });
    }
    let mut reader = Reader::new(ground, 0, raw.len());
    let read = reader.template_of_its_own().map(|kind| Expr { kind, span: whole });
    unless_faulty(ground, read, reader.faults)
}

fn unless_faulty(ground: Ground<'_>, read: Result<Expr, Fault>, faults: Vec<Fault>) -> Result<Expr, SyntaxError> {
    let fault = match (read, faults.into_iter().next()) {
        (Ok(expr), None) => return Ok(expr),
        (Err(fault), None) | (_, Some(fault)) => fault,
    };
    Err(SyntaxError { span: ground.span(fault.at), message: fault.message })
}

enum Member {
    Attribute(Attribute),
    Block(Block),
}

struct Parser<'a> {
    source: &'a Source,
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Whether the scanner has told already what is not closed.
    broken: bool,
    /// How many nodes may still be made.
    left: usize,
    /// Whether there are more than that.
    has_too_many: bool,
    errors: Vec<SyntaxError>,
}

impl<'a> Parser<'a> {
    fn new(source: &'a Source, range: Range<usize>, broken: bool) -> Self {
        let text = source.text.get(..range.end).unwrap_or(&source.text);
        Self {
            source,
            text,
            bytes: text.as_bytes(),
            at: range.start,
            broken,
            left: MOST_NODES,
            has_too_many: false,
            errors: Vec::new(),
        }
    }

    /// What stands up to the closing brace or the end.
    fn members(&mut self, depth: usize) -> Body {
        let mut body = Body::default();
        let (start, before) = (self.at, self.errors.len());
        loop {
            self.trivia();
            match self.peek() {
                None | Some(b'}') => {
                    // What the scanner has told is not told again.
                    let told = || self.broken.then(|| self.span(start..start));
                    body.unread = self.errors.get(before).map(|it| it.span).or_else(told);
                    self.twice(&body);
                    return body;
                }
                Some(byte) if begins_name(byte) && self.left < 2 => {
                    self.error_here(TOO_MANY_NODES);
                    self.has_too_many = true;
                    self.broken = true;
                    self.at = self.bytes.len();
                }
                Some(byte) if begins_name(byte) => match self.item(depth) {
                    Some(Member::Attribute(attribute)) => body.attributes.push(attribute),
                    Some(Member::Block(block)) => body.blocks.push(block),
                    None => {}
                },
                // The scanner has told of what closes nothing.
                Some(b']' | b')') if self.broken => self.skip_value(),
                Some(_) => {
                    let message = format!("expected an argument or a block, found {}", self.found());
                    self.error_here(message);
                    self.skip_value();
                }
            }
        }
    }

    /// The value of the first argument of a name up to the closing brace or the end.
    fn argument(&mut self, name: &str) -> Option<Expr> {
        loop {
            self.trivia();
            match self.peek()? {
                b'}' => return None,
                byte if begins_name(byte) => match self.item(1) {
                    Some(Member::Attribute(it)) if it.name.text == name => return Some(it.value),
                    _ => {}
                },
                _ => self.skip_value(),
            }
        }
    }

    /// Reports the arguments that are set more than once.
    fn twice(&mut self, body: &Body) {
        let is_twice =
            |(n, it): (usize, &Attribute)| body.attributes[..n].iter().any(|one| one.name.text == it.name.text);
        if body.attributes.len() <= FEW && !body.attributes.iter().enumerate().any(is_twice) {
            return;
        }
        let mut names: Vec<&Name> = body.attributes.iter().map(|it| &it.name).collect();
        names.sort_by_key(|name| (&name.text, name.span));
        for pair in names.windows(2).filter(|pair| pair[0].text == pair[1].text) {
            let message = format!("`{}` is set twice", pair[1].text);
            SyntaxError { span: pair[1].span, message }.tell(&mut self.errors);
        }
    }

    /// `name = value` or `kind "label" { … }`.
    fn item(&mut self, depth: usize) -> Option<Member> {
        self.left = self.left.saturating_sub(2);
        let kind = self.name();
        let mut labels: Vec<Name> = Vec::new();
        loop {
            self.blanks();
            match self.peek() {
                Some(b'=') if labels.is_empty() && self.bytes.get(self.at + 1) != Some(&b'=') => {
                    self.at += 1;
                    self.blanks();
                    let value = self.value();
                    return Some(Member::Attribute(Attribute { name: kind, value }));
                }
                Some(b'{') => break,
                Some(b'"') => {
                    let start = self.at;
                    let Some(length) = string_length(&self.text[start..]) else {
                        self.error_here(super::scan::NEVER_CLOSED_STRING);
                        self.skip_value();
                        return None;
                    };
                    self.at = start + length;
                    let text = &self.text[start + 1..self.at - 1];
                    labels.push(Name { text: text.into(), span: self.span(start..self.at) });
                }
                Some(byte) if begins_name(byte) => labels.push(self.name()),
                _ => {
                    let last = labels.last().unwrap_or(&kind);
                    let wanted = if labels.is_empty() { "`=` or `{`" } else { "`{`" };
                    let message = format!("expected {wanted} after `{}`, found {}", last.text, self.found());
                    self.error_here(message);
                    self.skip_value();
                    return None;
                }
            }
        }
        if depth == DEEPEST {
            if !self.broken {
                self.error_here("blocks stand more than 64 levels deep here, which is more than can be read");
            }
            self.skip_value();
            return None;
        }
        let start = kind.span.range().start;
        let brace = self.at;
        self.at += 1;
        let body = self.members(depth + 1);
        if self.peek() == Some(b'}') {
            self.at += 1;
        } else if !self.broken {
            let span = self.span(brace..brace + 1);
            SyntaxError { span, message: "`{` is never closed".to_owned() }.tell(&mut self.errors);
        }
        let span = self.span(start..self.at);
        self.blanks();
        if depth > 0 && !matches!(self.peek(), None | Some(b'\n' | b'\r' | b'#' | b'/' | b'}')) {
            let message = format!("expected a new line after `}}`, found {}", self.found());
            self.error_here(message);
        }
        Some(Member::Block(Block { kind, labels, body, span }))
    }

    /// The value of an argument; that the argument is there is known even when its value cannot be read.
    fn value(&mut self) -> Expr {
        let start = self.at;
        let mut reader = Reader::new(Ground::File(self.source), start, self.text.len());
        reader.left = self.left;
        let read = reader.value();
        let faults = reader.faults.into_iter();
        let faults = match read {
            Ok(expr) => {
                self.at = reader.at;
                self.left = reader.left;
                self.report(faults);
                return expr;
            }
            Err(fault) => faults.chain([fault]),
        };
        let (end, is_closed) = value_end(self.source, start, self.text.len());
        self.at = end;
        if is_closed || !self.broken {
            self.report(faults);
        }
        Expr { kind: ExprKind::Unread, span: self.span(start..end) }
    }

    fn report(&mut self, faults: impl Iterator<Item = Fault>) {
        for Fault { at, message } in faults {
            SyntaxError { span: self.span(at), message }.tell(&mut self.errors);
        }
    }

    /// Leaves the rest of a member that makes no sense, brackets and all.
    fn skip_value(&mut self) {
        let start = self.at;
        (self.at, _) = value_end(self.source, start, self.text.len());
        if self.at == start {
            self.at = line_end(self.bytes, start).max(start + 1).min(self.bytes.len());
        }
    }

    fn name(&mut self) -> Name {
        let start = self.at;
        self.at = name_end(self.bytes, start);
        Name { text: self.text[start..self.at].into(), span: self.span(start..self.at) }
    }

    /// White space, new lines and comments.
    fn trivia(&mut self) {
        loop {
            self.blanks();
            match self.bytes[self.at..] {
                [b'\n' | b'\r', ..] => self.at += 1,
                [b'#', ..] | [b'/', b'/', ..] => self.at = line_end(self.bytes, self.at),
                _ => return,
            }
        }
    }

    /// Spaces, tabs and comments within a line.
    fn blanks(&mut self) {
        loop {
            match self.bytes[self.at..] {
                [b' ' | b'\t', ..] => self.at += 1,
                [b'/', b'*', ..] => match comment_end(self.bytes, self.at) {
                    Some(end) => self.at = end,
                    None => return self.at = self.bytes.len(),
                },
                _ => return,
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn found(&self) -> String {
        found(self.text, self.at, self.text.len())
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source.id, range.start, range.end)
    }

    fn error_here(&mut self, message: impl Into<String>) {
        let span = self.span(self.at..token_end(self.text, self.at, self.text.len()));
        SyntaxError { span, message: message.into() }.tell(&mut self.errors);
    }
}

/// The length of the quoted string that a text begins with; none when it is not closed on its line.
fn string_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\n' => return None,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}
