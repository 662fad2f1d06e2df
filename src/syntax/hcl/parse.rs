//! Bodies, blocks and attributes, read by hand so that a mistake costs one attribute; expressions are hcl-edit's.

use std::ops::Range;

use hcl_edit::expr::Expression;
use hcl_edit::template::Template;

use super::Cut;
use super::ast::*;
use super::ground::Ground;
use super::lex::{begins_name, comment_end, line_end, name_end};
use super::literal::Style;
use super::lower::Lower;
use super::message::{found, token_end};
use super::prepare::{Fault, Kind, Prepared, What, prepare};
use crate::source::{Source, Span};
use crate::syntax::SyntaxError;
use crate::value::Text;

/// How deep blocks may stand in each other; Terraform's own go no deeper than a handful.
const DEEPEST: usize = 64;

/// Parses one block. What could not be understood of it is left out and reported.
pub fn parse_block(source: &Source, cut: &Cut) -> (Option<Block>, Vec<SyntaxError>) {
    let mut parser = Parser::new(source, cut.span.range(), cut.broken);
    let block = match parser.item(0) {
        Some(Member::Block(block)) => Some(block),
        _ => None,
    };
    (block, parser.errors)
}

/// Parses a stretch of attributes: those of a `.tfvars` file.
pub fn parse_attributes(source: &Source, span: Span) -> (Body, Vec<SyntaxError>) {
    // A heredoc ends with its new line, which is not of the stretch.
    let end = line_end(source.text.as_bytes(), span.range().end);
    let mut parser = Parser::new(source, span.range().start..(end + 1).min(source.text.len()), false);
    let body = parser.members(0);
    (body, parser.errors)
}

/// Parses a text that is an expression; `whole` is the literal that it came from.
pub fn parse_expression(text: &Text, whole: Span) -> Result<Expr, SyntaxError> {
    let ground = Ground::Text(text, whole);
    let raw = ground.raw();
    let start = raw.len() - raw.trim_start().len();
    let mut faults = Vec::new();
    let prepared = prepare(raw, start, raw.len(), What::Value);
    let end = prepared.end;
    let expr = expression(ground, prepared, &mut faults);
    let rest = end + (raw[end..].len() - raw[end..].trim_start().len());
    if expr.is_some() && faults.is_empty() && rest < raw.len() {
        let message = format!("expected the end, found {}", found(raw, rest, raw.len()));
        faults.push(Fault { at: rest..token_end(raw, rest, raw.len()), message });
    }
    first_fault(ground, expr, faults)
}

/// Parses a text that is a template: a string of the JSON form, or a file for `templatefile`; `whole` is the literal or
/// file that it came from.
pub fn parse_template(text: &Text, whole: Span) -> Result<Expr, SyntaxError> {
    let ground = Ground::Text(text, whole);
    let raw = ground.raw();
    if !raw.contains("${") && !raw.contains("%{") {
        return Ok(Expr { kind: ExprKind::Text(text.clone()), span: whole });
    }
    let mut faults = Vec::new();
    let prepared = prepare(raw, 0, raw.len(), What::Template);
    let expr = template(ground, prepared, &mut faults);
    first_fault(ground, expr.map(|kind| Expr { kind, span: whole }), faults)
}

fn first_fault(ground: Ground<'_>, expr: Option<Expr>, faults: Vec<Fault>) -> Result<Expr, SyntaxError> {
    let fault = faults.into_iter().next();
    match (expr, fault) {
        (Some(expr), None) => Ok(expr),
        (_, Some(fault)) => Err(SyntaxError { span: ground.span(fault.at), message: fault.message }),
        (None, None) => {
            Err(SyntaxError { span: ground.span(0..ground.raw().len()), message: "this cannot be read".to_owned() })
        }
    }
}

/// Parses what was prepared. None when it cannot be, and then there are faults.
fn expression(ground: Ground<'_>, mut prepared: Prepared, faults: &mut Vec<Fault>) -> Option<Expr> {
    let unfit = if prepared.unclosed.is_empty() { &mut prepared.faults } else { &mut prepared.unclosed };
    if !unfit.is_empty() {
        faults.append(unfit);
        return None;
    }
    let (start, end) = (prepared.start, prepared.end);
    let mut lower = Lower { ground, shift: start, faults: Vec::new() };
    let expr = if prepared.is_plain_string {
        let text = lower.quoted(start + 1..end - 1);
        Expr { kind: ExprKind::Text(text), span: ground.span(start..end) }
    } else if prepared.copy.is_empty() {
        let raw = ground.raw();
        let limit = line_end(raw.as_bytes(), start);
        let message = format!("expected a value, found {}", found(raw, start, raw.len()));
        faults.push(Fault { at: start..token_end(raw, start, limit), message });
        return None;
    } else if let Some(reference) = reference(ground, start..end) {
        reference
    } else {
        match prepared.copy.parse::<Expression>() {
            Ok(expression) => lower.expr(&expression),
            Err(_) => {
                faults.push(explain(ground, &prepared, What::Value));
                return None;
            }
        }
    };
    faults.append(&mut lower.faults);
    Some(expr)
}

/// `a.b.c`, `true` or `null` and nothing else: most values are this or a string, and need no grammar.
fn reference(ground: Ground<'_>, range: Range<usize>) -> Option<Expr> {
    let mut start = range.start;
    let mut names = ground.raw()[range.clone()].split('.').map(|name| {
        let name_range = start..start + name.len();
        start = name_range.end + 1;
        let is_name = name.bytes().next().is_some_and(begins_name) && name_end(name.as_bytes(), 0) == name.len();
        is_name.then(|| Name { text: name.into(), span: ground.span(name_range) })
    });
    let root = names.next()??;
    let accessors = names.map(|name| name.map(Accessor::Attribute)).collect::<Option<Vec<_>>>()?;
    let kind = match &*root.text {
        "null" => ExprKind::Null,
        "true" => ExprKind::Bool(true),
        "false" => ExprKind::Bool(false),
        _ => ExprKind::Variable(root.text),
    };
    let root = Expr { kind, span: root.span };
    if accessors.is_empty() {
        return Some(root);
    }
    Some(Expr { kind: ExprKind::Access(Box::new(root), accessors), span: ground.span(range) })
}

fn template(ground: Ground<'_>, mut prepared: Prepared, faults: &mut Vec<Fault>) -> Option<ExprKind> {
    let unfit = if prepared.unclosed.is_empty() { &mut prepared.faults } else { &mut prepared.unclosed };
    if !unfit.is_empty() {
        faults.append(unfit);
        return None;
    }
    match prepared.copy.parse::<Template>() {
        Ok(template) => {
            let mut lower = Lower { ground, shift: prepared.start, faults: Vec::new() };
            let mut parts = lower.template(&template.iter().collect::<Vec<_>>(), Style::Bare);
            faults.append(&mut lower.faults);
            Some(match parts.pop() {
                Some(Part::Literal(text)) if parts.is_empty() => ExprKind::Text(text),
                last => {
                    parts.extend(last);
                    ExprKind::Template(parts)
                }
            })
        }
        Err(_) => {
            faults.push(explain(ground, &prepared, What::Template));
            None
        }
    }
}

/// What hcl-edit did not like, in words and with what stands there. Its own text speaks of its grammar and of the copy.
fn explain(ground: Ground<'_>, prepared: &Prepared, what: What) -> Fault {
    let raw = ground.raw();
    // With a blank behind it an error at the end is told from one at the last letter.
    let copy = format!("{} ", prepared.copy);
    let error = match what {
        What::Value => copy.parse::<Expression>().err(),
        What::Template => prepared.copy.parse::<Template>().err(),
    };
    let offset = error.as_ref().map_or(0, |error| error.location().offset()).min(prepared.copy.len());
    let words = error.as_ref().map_or("", |error| error.message());
    let blank = prepared.copy[offset..].bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let at = prepared.start + offset + blank;
    let range = at..token_end(raw, at, prepared.end);
    let token = &raw[range.clone()];
    if words.contains("nesting depth") {
        return fault(range, "this is nested more than 64 levels deep, which is more than can be read");
    }
    if words.contains("chained binary operators") {
        return fault(range, "this is a chain of more than 128 operators, which is more than can be read");
    }
    match token {
        "'" => return fault(range, "`'` does not begin a string, only `\"` does"),
        "%{" => {
            let directive = raw[range.end..].trim_start_matches(['~', ' ', '\t']);
            let keyword = &directive[..name_end(directive.as_bytes(), 0)];
            let message = match keyword {
                "if" => "`%{ if }` is never closed by `%{ endif }`".to_owned(),
                "for" => "`%{ for }` is never closed by `%{ endfor }`".to_owned(),
                "else" | "endif" | "endfor" => format!("`%{{ {keyword} }}` belongs to no directive here"),
                _ => "expected `if`, `for`, `else`, `endif` or `endfor` in a directive".to_owned(),
            };
            return fault(range, message);
        }
        "else" | "endif" | "endfor" => {
            return fault(range, format!("`%{{ {token} }}` does not belong to the directive that is open here"));
        }
        _ if raw[..at].ends_with("<<") => {
            return fault(range, "a heredoc begins with `<<` or `<<-` and a name");
        }
        _ => {}
    }
    let open = prepare(raw, prepared.start, at, what).open.last().copied();
    let is_for = open.is_some_and(|open| open.kind == Kind::For || is_for(&raw[open.at + 1..]));
    let ends_value = matches!(token, ")" | "]" | "}" | "") || token == "," && open.is_some();
    let wanted = match open.map(|open| open.kind) {
        _ if words.contains("invalid expression") => "a value",
        _ if is_for && words.contains("`in`") => "`in`",
        _ if is_for && words.contains("`=>`") => "`=>` and a value",
        _ if words.contains("`:`") => "`:`",
        _ if raw[..at].trim_end().ends_with('.') => "a name, a number or `*`",
        _ if ends_value => "a value",
        Some(Kind::Round) => "`,` or `)`",
        Some(Kind::Square) => "`,` or `]`",
        Some(Kind::Object(_)) => "a new line, `,` or `}`",
        Some(Kind::Sequence | Kind::For) => "`}`",
        Some(Kind::Bare | Kind::Quote | Kind::Heredoc(..)) | None => "the end of the value",
    };
    // `${aws:username}` is no expression; whoever writes it means the text.
    let is_text = token == ":" && open.is_some_and(|it| it.kind == Kind::Sequence);
    let hint = if is_text { "; a `${` that is to stay in the text is written `$${`" } else { "" };
    fault(range, format!("expected {wanted}, found {}{hint}", found(raw, at, raw.len())))
}

fn fault(at: Range<usize>, message: impl Into<String>) -> Fault {
    Fault { at, message: message.into() }
}

fn is_for(text: &str) -> bool {
    text.trim_start().strip_prefix("for").is_some_and(|rest| rest.starts_with(char::is_whitespace))
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
    errors: Vec<SyntaxError>,
}

impl<'a> Parser<'a> {
    fn new(source: &'a Source, range: Range<usize>, broken: bool) -> Self {
        let text = source.text.get(..range.end).unwrap_or(&source.text);
        Self { source, text, bytes: text.as_bytes(), at: range.start, broken, errors: Vec::new() }
    }

    /// What stands up to the closing brace or the end.
    fn members(&mut self, depth: usize) -> Body {
        let mut body = Body::default();
        loop {
            self.trivia();
            match self.peek() {
                None | Some(b'}') => {
                    self.twice(&body);
                    return body;
                }
                Some(byte) if begins_name(byte) => match self.item(depth) {
                    Some(Member::Attribute(attribute)) => body.attributes.push(attribute),
                    Some(Member::Block(block)) => body.blocks.push(block),
                    None => {}
                },
                Some(_) => {
                    let message = format!("expected an argument or a block, found {}", self.found());
                    self.error_here(message);
                    self.skip_value();
                }
            }
        }
    }

    /// Reports the arguments that are set more than once.
    fn twice(&mut self, body: &Body) {
        let mut names: Vec<&Name> = body.attributes.iter().map(|it| &it.name).collect();
        names.sort_by_key(|name| (&name.text, name.span));
        for pair in names.windows(2).filter(|pair| pair[0].text == pair[1].text) {
            self.errors.push(SyntaxError { span: pair[1].span, message: format!("`{}` is set twice", pair[1].text) });
        }
    }

    /// `name = value` or `kind "label" { … }`.
    fn item(&mut self, depth: usize) -> Option<Member> {
        let kind = self.name();
        let mut labels: Vec<Name> = Vec::new();
        loop {
            self.blanks();
            match self.peek() {
                Some(b'=') if labels.is_empty() && self.bytes.get(self.at + 1) != Some(&b'=') => {
                    self.at += 1;
                    self.blanks();
                    return self.value().map(|value| Member::Attribute(Attribute { name: kind, value }));
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
            self.error_here("blocks stand more than 64 levels deep here, which is more than can be read");
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
            self.errors.push(SyntaxError { span, message: "`{` is never closed".to_owned() });
        }
        let span = self.span(start..self.at);
        self.blanks();
        if depth > 0 && !matches!(self.peek(), None | Some(b'\n' | b'\r' | b'#' | b'/' | b'}')) {
            let message = format!("expected a new line after `}}`, found {}", self.found());
            self.error_here(message);
        }
        Some(Member::Block(Block { kind, labels, body, span }))
    }

    fn value(&mut self) -> Option<Expr> {
        let ground = Ground::File(self.source);
        let prepared = prepare(self.text, self.at, self.text.len(), What::Value);
        self.at = prepared.end;
        if self.broken && !prepared.unclosed.is_empty() {
            return None;
        }
        let mut faults = Vec::new();
        let expr = expression(ground, prepared, &mut faults);
        self.errors.extend(
            faults.into_iter().map(|fault| SyntaxError { span: ground.span(fault.at), message: fault.message }),
        );
        expr
    }

    /// Leaves the rest of a member that makes no sense, brackets and all.
    fn skip_value(&mut self) {
        let start = self.at;
        self.at = prepare(self.text, start, self.text.len(), What::Value).end;
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
        self.errors.push(SyntaxError { span, message: message.into() });
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
