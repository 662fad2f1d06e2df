//! Expressions and templates, read by descent over the bytes of the source itself, so that every node and every byte of
//! a literal has its place.
//! <https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md>

use std::ops::Range;

use smallvec::SmallVec;

use super::ast::*;
use super::ground::Ground;
use super::lex::{self, closing, comment_end, line_end};
use super::literal::{Piece, Pieces, Style, decode, texts};
use super::message::{Fault, found, never_closed, token_end};
use super::scan::{NEVER_CLOSED_STRING, QUOTED_STOPS, table};
use crate::value::{Number, Text};

/// How long an exponent may be, with its sign. Of longer ones Terraform says that they are none.
const MOST_OF_EXPONENT: usize = 9;

/// How deep expressions may stand in each other, so that what goes through them may recurse.
const DEEPEST: usize = 64;

/// How many operators may be chained, as each of them is a level of the tree, and how many steps taken out of a value.
const LONGEST: usize = 128;

/// How many values, arguments and blocks are read of one file: as many as there can be in one of four megabytes.
pub const MOST_NODES: usize = 2 << 20;

/// What is said where there are more.
pub(super) const TOO_MANY_NODES: &str = "this holds more than 2,097,152 values, which is more than can be read";

/// How many nodes a part of a template counts for, with the literal before it.
const WEIGHT_OF_PART: usize = 4;

/// What a name is made of in ASCII.
static NAMES: [bool; 256] = table(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

/// What may begin something that means nothing.
static BLANKS: [bool; 256] = table(b" \t\r\n#/");

/// What was read, or the first thing that makes no sense.
type Read<T> = Result<T, Fault>;

/// Reads a text from one place on.
pub(super) struct Reader<'a> {
    ground: Ground<'a>,
    text: &'a str,
    bytes: &'a [u8],
    /// The next byte to read.
    pub(super) at: usize,
    /// Whether a new line means nothing here, as within brackets.
    newlines: bool,
    /// The brackets that are open: where each begins, and its length.
    open: SmallVec<[(usize, usize); 4]>,
    depth: usize,
    /// The most operators on a way through what was read on this level.
    operators: usize,
    /// The operators of the chain that is being read.
    chain: usize,
    /// How many nodes may still be made.
    pub(super) left: usize,
    /// What is wrong, but costs no more than itself: escapes.
    pub(super) faults: Vec<Fault>,
}

/// What a template stands in.
enum Around<'a> {
    Quotes,
    /// A heredoc that ends with this delimiter, and begins there.
    Heredoc(&'a str, Range<usize>),
    /// Nothing: it is a text of its own.
    Nothing,
}

/// Where a literal of a template ends.
enum Stop {
    Interpolation,
    Directive,
    End,
}

/// The inside of a `%{ … }`.
enum Directive<'a> {
    If(Expr),
    For(Intro),
    /// `else`, `endif` or `endfor`, and where it stands.
    Closing(&'a str, Range<usize>),
}

/// `key, value in collection`
struct Intro {
    key: Option<Name>,
    value: Name,
    collection: Expr,
}

impl<'a> Reader<'a> {
    /// Reads from `at`, at most to `limit`.
    pub(super) fn new(ground: Ground<'a>, at: usize, limit: usize) -> Self {
        let text = &ground.raw()[..limit];
        Self {
            ground,
            text,
            bytes: text.as_bytes(),
            at,
            newlines: false,
            open: SmallVec::new(),
            depth: 0,
            operators: 0,
            chain: 0,
            left: MOST_NODES,
            faults: Vec::new(),
        }
    }

    /// An expression up to the end of its line, a comment, or the brace that closes the body around it.
    pub(super) fn value(&mut self) -> Read<Expr> {
        self.blanks();
        let expr = self.whole()?;
        let end = self.at;
        self.blanks();
        match self.bytes[self.at..] {
            [] | [b'\n' | b'#' | b'}', ..] | [b'\r', b'\n', ..] | [b'/', b'/', ..] => {
                self.at = end;
                Ok(expr)
            }
            _ => Err(self.expected("the end of the value")),
        }
    }

    /// A text that is a template.
    pub(super) fn template_of_its_own(&mut self) -> Read<ExprKind> {
        Ok(text_or_template(self.template(&Around::Nothing, Style::Bare)?))
    }

    /// An expression within another.
    fn expr(&mut self) -> Read<Expr> {
        self.nested(Self::whole)
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == DEEPEST {
            return Err(self.fault("this is nested more than 64 levels deep, which is more than can be read"));
        }
        self.depth += 1;
        let operators = std::mem::take(&mut self.operators);
        let read = read(self)?;
        self.operators = self.operators.max(operators);
        self.depth -= 1;
        Ok(read)
    }

    fn whole(&mut self) -> Read<Expr> {
        let start = self.at;
        let chain = std::mem::take(&mut self.chain);
        let first = self.term()?;
        let expr = self.operations(start, first, 0)?;
        self.operators += std::mem::replace(&mut self.chain, chain);
        if !self.goes_on_with(b"?") {
            return Ok(expr);
        }
        self.at += 1;
        self.blanks();
        let then = self.expr()?;
        self.blanks();
        self.expect(b":", "`:`")?;
        self.blanks();
        let otherwise = self.expr()?;
        Ok(self.node(start, ExprKind::Conditional(Box::new([expr, then, otherwise]))))
    }

    /// What is left of a chain of operators that bind at least as tightly as `least`; `left` began at `start`.
    fn operations(&mut self, start: usize, mut left: Expr, least: u8) -> Read<Expr> {
        loop {
            let end = self.at;
            self.blanks();
            let at = self.at;
            let Some((operator, length, strength)) = self.operator().filter(|(_, _, strength)| *strength >= least)
            else {
                self.at = end;
                return Ok(left);
            };
            self.chain += 1;
            self.at += length;
            self.blanks();
            let behind = self.at;
            let right = self.term()?;
            let right = self.operations(behind, right, strength + 1)?;
            if self.operators + self.chain > LONGEST {
                let message = "this is a chain of more than 128 operators, which is more than can be read";
                return Err(Fault { at: at..at + length, message: message.to_owned() });
            }
            left = self.node(start, ExprKind::Binary(operator, Box::new([left, right])));
        }
    }

    /// The operator at hand, its length, and how tightly it binds.
    fn operator(&self) -> Option<(BinaryOp, usize, u8)> {
        Some(match self.bytes[self.at..] {
            [b'|', b'|', ..] => (BinaryOp::Or, 2, 0),
            [b'&', b'&', ..] => (BinaryOp::And, 2, 1),
            [b'=', b'=', ..] => (BinaryOp::Equal, 2, 2),
            [b'!', b'=', ..] => (BinaryOp::NotEqual, 2, 2),
            [b'<', b'=', ..] => (BinaryOp::LessOrEqual, 2, 3),
            [b'>', b'=', ..] => (BinaryOp::GreaterOrEqual, 2, 3),
            [b'<', ..] => (BinaryOp::Less, 1, 3),
            [b'>', ..] => (BinaryOp::Greater, 1, 3),
            [b'+', ..] => (BinaryOp::Add, 1, 4),
            [b'-', ..] => (BinaryOp::Subtract, 1, 4),
            [b'*', ..] => (BinaryOp::Multiply, 1, 5),
            [b'/', b'/' | b'*', ..] => return None,
            [b'/', ..] => (BinaryOp::Divide, 1, 5),
            [b'%', ..] => (BinaryOp::Modulo, 1, 5),
            _ => return None,
        })
    }

    /// An operand with all that is taken out of it.
    fn term(&mut self) -> Read<Expr> {
        let start = self.at;
        self.left = self.left.checked_sub(1).ok_or_else(|| self.fault(TOO_MANY_NODES))?;
        let kind = match self.bytes[start..] {
            [b'"', ..] => self.quoted()?,
            [b'[', ..] => self.brackets(1, Self::list)?,
            [b'{', ..] => self.brackets(1, Self::object)?,
            [b'(', ..] => self.brackets(1, |it| {
                it.blanks();
                let inner = it.expr()?;
                it.blanks();
                it.expect(b")", "`)`")?;
                Ok(ExprKind::Paren(Box::new(inner)))
            })?,
            [b'<', b'<', ..] => self.heredoc()?,
            [b'0'..=b'9', ..] => ExprKind::Number(self.number()?),
            [b'-', ..] => {
                self.at += 1;
                self.blanks_of_line();
                if self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
                    ExprKind::Number(Number(-self.number()?.0))
                } else {
                    ExprKind::Unary(UnaryOp::Negate, Box::new(self.nested(Self::term)?))
                }
            }
            [b'!', ..] => {
                self.at += 1;
                self.blanks_of_line();
                ExprKind::Unary(UnaryOp::Not, Box::new(self.nested(Self::term)?))
            }
            [b'\'', ..] => return Err(self.fault("`'` does not begin a string, only `\"` does")),
            _ => match self.name() {
                Some(name) => self.name_or_call(name)?,
                None => return Err(self.expected("a value")),
            },
        };
        let base = self.node(start, kind);
        if !self.is_accessed() {
            return Ok(base);
        }
        let mut access = Box::new(Access { base, accessors: SmallVec::new() });
        while self.is_accessed() {
            if access.accessors.len() == LONGEST {
                return Err(self.fault("more than 128 steps are taken out of this, which is more than can be read"));
            }
            access.accessors.push(self.accessor()?);
        }
        Ok(self.node(start, ExprKind::Access(access)))
    }

    /// Goes over blanks to a `.` or `[`, if one is next; `..` is a part of an ellipsis.
    fn is_accessed(&mut self) -> bool {
        let end = self.at;
        self.blanks();
        let is_accessed = match self.bytes[self.at..] {
            [b'.', next, ..] => next != b'.',
            [b'.' | b'[', ..] => true,
            _ => false,
        };
        if !is_accessed {
            self.at = end;
        }
        is_accessed
    }

    fn accessor(&mut self) -> Read<Accessor> {
        let start = self.at;
        if self.bytes[start] == b'[' {
            return self.brackets(1, |it| {
                it.blanks();
                if it.bytes.get(it.at) == Some(&b'*') {
                    it.at += 1;
                    it.blanks();
                    it.expect(b"]", "`]`")?;
                    return Ok(Accessor::FullSplat(it.ground.span(start..it.at)));
                }
                let index = it.expr()?;
                it.blanks();
                it.expect(b"]", "`]`")?;
                Ok(Accessor::Index(index))
            });
        }
        self.at += 1;
        let newlines = std::mem::replace(&mut self.newlines, true);
        let dot = self.at;
        self.blanks();
        self.newlines = newlines;
        let at = self.at;
        match self.bytes.get(at) {
            Some(b'*') => {
                self.at += 1;
                Ok(Accessor::AttributeSplat(self.ground.span(start..self.at)))
            }
            Some(b'0'..=b'9') => {
                while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
                    self.at += 1;
                }
                let number = self.text[at..self.at].parse().unwrap_or(f64::INFINITY);
                Ok(Accessor::Index(self.node(at, ExprKind::Number(Number(number)))))
            }
            _ => match self.name() {
                Some(name) => Ok(Accessor::Attribute(name)),
                None => {
                    self.at = dot;
                    self.blanks_of_line();
                    Err(self.expected("a name, a number or `*`"))
                }
            },
        }
    }

    fn name_or_call(&mut self, name: Name) -> Read<ExprKind> {
        let end = self.at;
        self.blanks();
        if matches!(self.bytes[self.at..], [b'(', ..] | [b':', b':', ..]) {
            return self.call(name);
        }
        self.at = end;
        Ok(match &*name.text {
            "null" => ExprKind::Null,
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            _ => ExprKind::Variable(name.text),
        })
    }

    fn call(&mut self, mut name: Name) -> Read<ExprKind> {
        while self.bytes[self.at..].starts_with(b"::") {
            self.at += 2;
            self.blanks();
            let Some(next) = self.name() else { return Err(self.expected("a name")) };
            name.text.push_str("::");
            name.text.push_str(&next.text);
            name.span = name.span.to(next.span);
            self.blanks();
        }
        if self.bytes.get(self.at) != Some(&b'(') {
            return Err(self.expected("`(`"));
        }
        self.brackets(1, |it| {
            let mut call = Box::new(Call { name, arguments: Vec::new(), expand: false });
            loop {
                it.blanks();
                if it.eat(b")") {
                    return Ok(ExprKind::Call(call));
                }
                let argument = it.expr()?;
                push(&mut call.arguments, argument);
                it.blanks();
                call.expand = it.eat(b"...");
                if call.expand {
                    it.blanks();
                    it.expect(b")", "`)`")?;
                    return Ok(ExprKind::Call(call));
                }
                if !it.eat(b",") && it.bytes.get(it.at) != Some(&b')') {
                    return Err(it.expected("`,` or `)`"));
                }
            }
        })
    }

    fn list(&mut self) -> Read<ExprKind> {
        if let Some(intro) = self.for_intro()? {
            let result = self.expr()?;
            let condition = self.for_condition()?;
            self.expect(b"]", "`]`")?;
            let (key, value) = (intro.key.map(|it| it.text), intro.value.text);
            let collection = intro.collection;
            let it = For { key, value, collection, result_key: None, result, condition, grouping: false };
            return Ok(ExprKind::For(Box::new(it)));
        }
        let mut elements = Vec::new();
        loop {
            self.blanks();
            if self.eat(b"]") {
                return Ok(ExprKind::List(elements));
            }
            let element = self.expr()?;
            push(&mut elements, element);
            self.blanks();
            if !self.eat(b",") && self.bytes.get(self.at) != Some(&b']') {
                return Err(self.expected("`,` or `]`"));
            }
        }
    }

    fn object(&mut self) -> Read<ExprKind> {
        if let Some(intro) = self.for_intro()? {
            let key = self.expr()?;
            self.blanks();
            self.expect(b"=>", "`=>` and a value")?;
            self.blanks();
            let result = self.expr()?;
            self.blanks();
            let grouping = self.eat(b"...");
            let condition = self.for_condition()?;
            self.expect(b"}", "`}`")?;
            return Ok(ExprKind::For(Box::new(For {
                key: intro.key.map(|it| it.text),
                value: intro.value.text,
                collection: intro.collection,
                result_key: Some(key),
                result,
                condition,
                grouping,
            })));
        }
        let mut items = Vec::new();
        loop {
            self.blanks();
            if self.eat(b"}") {
                return Ok(ExprKind::Object(items));
            }
            // Between the items a new line means nothing, but it ends one.
            self.newlines = false;
            let item = self.item()?;
            push(&mut items, item);
            self.newlines = true;
        }
    }

    fn item(&mut self) -> Read<Item> {
        match self.bytes.get(self.at) {
            Some(b',') => return Err(self.fault("expected a key, found `,`")),
            Some(b'=' | b':') => return Err(self.fault("expected a key before `=`")),
            _ => {}
        }
        let start = self.at;
        let mut key = self.expr()?;
        // A bare name stands for itself.
        if matches!(key.kind, ExprKind::Variable(_) | ExprKind::Null | ExprKind::Bool(_)) {
            let mut text = Text::default();
            self.ground.push(&mut text, start..self.at);
            key.kind = ExprKind::Text(text);
        }
        self.blanks();
        if !self.eat(b"=") && !self.eat(b":") {
            return Err(self.expected("`=` and a value after this key"));
        }
        self.blanks();
        match self.bytes.get(self.at) {
            Some(b',') => return Err(self.fault("expected a value before `,`")),
            Some(b'}') => return Err(self.fault("expected a value before `}`")),
            Some(b'\n' | b'\r') => return Err(self.expected("a value after `=`")),
            _ => {}
        }
        let value = self.expr()?;
        self.blanks();
        match self.bytes[self.at..] {
            [b',', ..] => self.at += 1,
            [b'\n' | b'#' | b'}', ..] | [b'\r', b'\n', ..] | [b'/', b'/', ..] => {}
            _ => return Err(self.expected("a new line, `,` or `}`")),
        }
        Ok(Item { key, value })
    }

    /// `for key, value in collection :`, if that is next.
    fn for_intro(&mut self) -> Read<Option<Intro>> {
        self.blanks();
        let is_for = self.bytes[self.at..].starts_with(b"for")
            && matches!(self.bytes.get(self.at + 3), Some(b' ' | b'\t' | b'\n' | b'\r' | b'#' | b'/'));
        if !is_for {
            return Ok(None);
        }
        self.at += 3;
        let intro = self.intro()?;
        self.blanks();
        self.expect(b":", "`:`")?;
        self.blanks();
        Ok(Some(intro))
    }

    /// `key, value in collection`
    fn intro(&mut self) -> Read<Intro> {
        self.blanks();
        let Some(mut value) = self.name() else { return Err(self.expected("a name")) };
        let mut key = None;
        self.blanks();
        if self.eat(b",") {
            self.blanks();
            let Some(second) = self.name() else { return Err(self.expected("a name")) };
            key = Some(std::mem::replace(&mut value, second));
            self.blanks();
        }
        if !self.eat_word("in") {
            return Err(self.expected("`in`"));
        }
        self.blanks();
        Ok(Intro { key, value, collection: self.expr()? })
    }

    fn for_condition(&mut self) -> Read<Option<Expr>> {
        self.blanks();
        if !self.eat_word("if") {
            return Ok(None);
        }
        self.blanks();
        let condition = self.expr()?;
        self.blanks();
        Ok(Some(condition))
    }

    fn number(&mut self) -> Read<Number> {
        let digits = |at: usize| at + self.bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let start = self.at;
        let mut end = digits(start);
        if self.bytes.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
            end = digits(end + 1);
        }
        if matches!(self.bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.bytes.get(end + 1), Some(b'+' | b'-')));
            end = digits(end + 1 + sign);
        }
        let exponent = self.text[start..end].split_once(['e', 'E']).map_or("", |(_, it)| it);
        match self.text[start..end].parse() {
            // What no double holds is a number all the same, and endless here.
            Ok(number) if f64::is_finite(number) || exponent.len() <= MOST_OF_EXPONENT => {
                self.at = end;
                Ok(Number(number))
            }
            _ => Err(Fault { at: start..end, message: format!("`{}` is no number", &self.text[start..end]) }),
        }
    }

    fn quoted(&mut self) -> Read<ExprKind> {
        let start = self.at;
        self.at += 1;
        if let (Stop::End, end) = self.literal(&Around::Quotes)? {
            let mut text = Text::default();
            decode(self.ground, start + 1..end, Style::Quoted, &mut text, &mut self.faults);
            return Ok(ExprKind::Text(text));
        }
        self.at = start + 1;
        Ok(ExprKind::Template(self.template(&Around::Quotes, Style::Quoted)?))
    }

    fn heredoc(&mut self) -> Read<ExprKind> {
        let Some(heredoc) = lex::heredoc(self.bytes, self.at) else {
            self.at += 2;
            return Err(self.fault("a heredoc begins with `<<` or `<<-` and a name"));
        };
        let style = if self.bytes[self.at + 2] == b'-' { Style::Flush } else { Style::Bare };
        let begin = self.at..heredoc.delimiter.end;
        let around = Around::Heredoc(&self.text[heredoc.delimiter], begin);
        self.at = heredoc.text;
        Ok(text_or_template(self.template(&around, style)?))
    }

    /// The parts up to and over the end of what is around them, their literals trimmed as Terraform trims them.
    fn template(&mut self, around: &Around<'a>, style: Style) -> Read<Vec<Part>> {
        let mut pieces = Pieces::new();
        let (mut parts, _) = self.parts(around, "", &mut pieces)?;
        let texts = texts(self.ground, &pieces, style, &mut self.faults);
        fill(&mut parts, &mut texts.into_iter());
        Ok(parts)
    }

    /// The parts up to the end, or up to a directive that closes `within`, which is returned. Literals are left empty;
    /// how they are written goes to `pieces`.
    fn parts(&mut self, around: &Around<'a>, within: &str, pieces: &mut Pieces) -> Read<(Vec<Part>, &'a str)> {
        // Parts are large, and most templates have two.
        let mut parts = Vec::with_capacity(2);
        loop {
            let start = self.at;
            self.left = self.left.checked_sub(WEIGHT_OF_PART).ok_or_else(|| self.fault(TOO_MANY_NODES))?;
            let (stop, end) = self.literal(around)?;
            if end > start {
                pieces.push(Piece::Literal(start..end));
                parts.push(Part::Literal(Text::default()));
            }
            let start = self.at;
            match stop {
                Stop::End => return Ok((parts, "")),
                Stop::Interpolation => {
                    let (expr, piece) = self.sequence(|it| it.expr())?;
                    pieces.push(piece);
                    parts.push(Part::Interpolation(expr));
                }
                Stop::Directive => {
                    let (directive, piece) = self.sequence(|it| it.directive(start))?;
                    pieces.push(piece);
                    let span = self.ground.span(start..self.at);
                    match directive {
                        Directive::If(condition) => {
                            let (then, closing) = self.nested(|it| it.parts(around, "if", pieces))?;
                            let (otherwise, closing) = if closing == "else" {
                                self.nested(|it| it.parts(around, "else", pieces))?
                            } else {
                                (Vec::new(), closing)
                            };
                            if closing.is_empty() {
                                return Err(unclosed_directive(start, "if"));
                            }
                            parts.push(Part::If { condition, then, otherwise, span });
                        }
                        Directive::For(Intro { key, value, collection }) => {
                            let (body, closing) = self.nested(|it| it.parts(around, "for", pieces))?;
                            if closing.is_empty() {
                                return Err(unclosed_directive(start, "for"));
                            }
                            let key = key.map(|it| it.text);
                            parts.push(Part::For { key, value: value.text, collection, body, span });
                        }
                        Directive::Closing(keyword, at) => {
                            let closes = match within {
                                "if" => keyword != "endfor",
                                "else" => keyword == "endif",
                                "for" => keyword == "endfor",
                                _ => {
                                    let message = format!("`%{{ {keyword} }}` belongs to no directive here");
                                    return Err(Fault { at: start..start + 2, message });
                                }
                            };
                            if closes {
                                return Ok((parts, keyword));
                            }
                            let message =
                                format!("`%{{ {keyword} }}` does not belong to the directive that is open here");
                            return Err(Fault { at, message });
                        }
                    }
                }
            }
        }
    }

    /// `${ … }` or `%{ … }`, and what it does to the white space around it.
    fn sequence<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<(T, Piece)> {
        self.brackets(2, |it| {
            let before = it.eat(b"~");
            it.blanks();
            let inner = read(it)?;
            it.blanks();
            let behind = it.eat(b"~");
            if let Err(mut fault) = it.expect(b"}", "`}`") {
                // `${aws:username}` is no expression; whoever writes it means the text.
                if it.bytes.get(it.at) == Some(&b':') {
                    fault.message.push_str("; a `${` that is to stay in the text is written `$${`");
                }
                return Err(fault);
            }
            Ok((inner, Piece::Sequence { before, behind }))
        })
    }

    fn directive(&mut self, start: usize) -> Read<Directive<'a>> {
        let at = self.at..lex::name_end(self.bytes, self.at);
        let keyword = &self.text[at.clone()];
        self.at = at.end;
        match keyword {
            "if" => {
                self.blanks();
                Ok(Directive::If(self.expr()?))
            }
            "for" => Ok(Directive::For(self.intro()?)),
            "else" | "endif" | "endfor" => Ok(Directive::Closing(keyword, at)),
            _ => {
                let message = "expected `if`, `for`, `else`, `endif` or `endfor` in a directive".to_owned();
                Err(Fault { at: start..start + 2, message })
            }
        }
    }

    /// Goes over a literal to the sequence behind it, or over the end of the template; where the literal ends.
    fn literal(&mut self, around: &Around<'_>) -> Read<(Stop, usize)> {
        let start = self.at;
        loop {
            match around {
                Around::Quotes => {
                    let rest = &self.bytes[self.at..];
                    let length = rest.iter().position(|byte| QUOTED_STOPS[usize::from(*byte)]).unwrap_or(rest.len());
                    self.at += length;
                    match self.bytes[self.at..] {
                        [b'"', ..] => {
                            self.at += 1;
                            return Ok((Stop::End, self.at - 1));
                        }
                        [] | [b'\n', ..] => {
                            return Err(Fault { at: start - 1..self.at, message: NEVER_CLOSED_STRING.to_owned() });
                        }
                        [b'\\', b'"' | b'\\' | b'$' | b'%', ..] => {
                            self.at += 2;
                            continue;
                        }
                        [b'\\', ..] => {
                            self.at += 1;
                            continue;
                        }
                        _ => {}
                    }
                }
                Around::Heredoc(delimiter, begin) => {
                    let end = line_end(self.bytes, self.at);
                    if self.bytes[self.at - 1] == b'\n'
                        && end < self.bytes.len()
                        && let Some(closing) = closing(self.text, self.at..end, delimiter)
                    {
                        let line = self.at;
                        self.at = closing.end;
                        return Ok((Stop::End, line));
                    }
                    match memchr::memchr2(b'$', b'%', &self.bytes[self.at..end]) {
                        Some(length) => self.at += length,
                        None if end == self.bytes.len() => {
                            let message = format!("this heredoc is never closed by a line that says `{delimiter}`");
                            return Err(Fault { at: begin.clone(), message });
                        }
                        None => {
                            self.at = end + 1;
                            continue;
                        }
                    }
                }
                Around::Nothing => match memchr::memchr2(b'$', b'%', &self.bytes[self.at..]) {
                    Some(length) => self.at += length,
                    None => {
                        self.at = self.bytes.len();
                        return Ok((Stop::End, self.at));
                    }
                },
            }
            match self.bytes[self.at..] {
                [b'$', b'{', ..] => return Ok((Stop::Interpolation, self.at)),
                [b'%', b'{', ..] => return Ok((Stop::Directive, self.at)),
                [mark, next, b'{', ..] if mark == next => self.at += 3,
                _ => self.at += 1,
            }
        }
    }

    /// Reads on from within a bracket of a length up to and over its other half.
    fn brackets<T>(&mut self, length: usize, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.open.push((self.at, length));
        self.at += length;
        let newlines = std::mem::replace(&mut self.newlines, true);
        let read = read(self)?;
        self.newlines = newlines;
        self.open.pop();
        Ok(read)
    }

    fn name(&mut self) -> Option<Name> {
        let start = self.at;
        let is_letter = match self.bytes.get(start)? {
            byte if byte.is_ascii() => byte.is_ascii_alphabetic() || *byte == b'_',
            _ => self.text[start..].starts_with(char::is_alphabetic),
        };
        if !is_letter {
            return None;
        }
        let rest = &self.bytes[start..];
        let mut end = start + rest.iter().position(|byte| !NAMES[usize::from(*byte)]).unwrap_or(rest.len());
        if self.bytes.get(end).is_some_and(|byte| !byte.is_ascii()) {
            let is_within = |it: &char| it.is_alphanumeric() || matches!(it, '_' | '-');
            end += self.text[end..].chars().take_while(is_within).map(char::len_utf8).sum::<usize>();
        }
        self.at = end;
        Some(Name { text: self.text[start..end].into(), span: self.ground.span(start..end) })
    }

    /// Goes over blanks to what begins so, if that is next.
    fn goes_on_with(&mut self, mark: &[u8]) -> bool {
        let end = self.at;
        self.blanks();
        let goes_on = self.bytes[self.at..].starts_with(mark);
        if !goes_on {
            self.at = end;
        }
        goes_on
    }

    fn eat(&mut self, mark: &[u8]) -> bool {
        let is_next = self.bytes[self.at..].starts_with(mark);
        if is_next {
            self.at += mark.len();
        }
        is_next
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let end = lex::name_end(self.bytes, self.at);
        let is_next = &self.bytes[self.at..end] == word.as_bytes();
        if is_next {
            self.at = end;
        }
        is_next
    }

    fn expect(&mut self, mark: &[u8], wanted: &str) -> Read<()> {
        if self.eat(mark) { Ok(()) } else { Err(self.expected(wanted)) }
    }

    /// Goes over what means nothing here.
    #[inline]
    fn blanks(&mut self) {
        // Mostly there is nothing of the kind.
        if self.bytes.get(self.at).is_some_and(|byte| BLANKS[usize::from(*byte)]) {
            self.over_blanks();
        }
    }

    #[inline(never)]
    fn over_blanks(&mut self) {
        let newlines = self.newlines;
        let is_blank = |byte: u8| matches!(byte, b' ' | b'\t') || byte == b'\n' && newlines;
        loop {
            let rest = &self.bytes[self.at..];
            let Some(length) = rest.iter().position(|byte| !is_blank(*byte)) else {
                self.at = self.bytes.len();
                return;
            };
            self.at += length;
            match self.bytes[self.at] {
                b'\r' | b'#' | b'/' => match self.bytes[self.at..] {
                    [b'\r', b'\n', ..] if self.newlines => self.at += 2,
                    [b'#', ..] | [b'/', b'/', ..] if self.newlines => self.at = line_end(self.bytes, self.at),
                    [b'/', b'*', ..] => match comment_end(self.bytes, self.at) {
                        Some(end) => self.at = end,
                        None => return,
                    },
                    _ => return,
                },
                _ => return,
            }
        }
    }

    /// Spaces, tabs and comments within a line.
    fn blanks_of_line(&mut self) {
        loop {
            match self.bytes[self.at..] {
                [b' ' | b'\t', ..] => self.at += 1,
                [b'/', b'*', ..] => match comment_end(self.bytes, self.at) {
                    Some(end) => self.at = end,
                    None => return,
                },
                _ => return,
            }
        }
    }

    fn node(&self, start: usize, kind: ExprKind) -> Expr {
        Expr { kind, span: self.ground.span(start..self.at) }
    }

    /// That something else stands here than what was wanted.
    fn expected(&self, wanted: &str) -> Fault {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(b"/*") {
            return self.fault("this comment is never closed by `*/`");
        }
        match self.open.last() {
            Some((at, length)) if rest.is_empty() => {
                Fault { at: *at..at + length, message: never_closed(self.text, *at, *length) }
            }
            _ => self.fault(format!("expected {wanted}, found {}", found(self.text, self.at, self.text.len()))),
        }
    }

    /// A fault of the token at hand; the end of a line is none.
    fn fault(&self, message: impl Into<String>) -> Fault {
        let end = match self.bytes.get(self.at) {
            None | Some(b'\n' | b'\r') => self.at,
            Some(_) if self.bytes[self.at..].starts_with(b"/*") => self.at + 2,
            Some(_) => token_end(self.text, self.at, self.text.len()),
        };
        Fault { at: self.at..end, message: message.into() }
    }
}

/// Appends to what mostly stays alone: a vector that grows by itself would make room for four.
fn push<T>(all: &mut Vec<T>, one: T) {
    if all.is_empty() {
        all.reserve_exact(1);
    }
    all.push(one);
}

/// A template without sequences is a text.
fn text_or_template(mut parts: Vec<Part>) -> ExprKind {
    match parts.pop() {
        None => ExprKind::Text(Text::default()),
        Some(Part::Literal(text)) if parts.is_empty() => ExprKind::Text(text),
        Some(last) => {
            parts.push(last);
            ExprKind::Template(parts)
        }
    }
}

fn unclosed_directive(start: usize, keyword: &str) -> Fault {
    let message = format!("`%{{ {keyword} }}` is never closed by `%{{ end{keyword} }}`");
    Fault { at: start..start + 2, message }
}

/// Puts the texts in the place of the literals.
fn fill(parts: &mut [Part], texts: &mut impl Iterator<Item = Text>) {
    for part in parts {
        match part {
            Part::Literal(text) => *text = texts.next().unwrap_or_default(),
            Part::Interpolation(_) => {}
            Part::If { then, otherwise, .. } => {
                fill(then, texts);
                fill(otherwise, texts);
            }
            Part::For { body, .. } => fill(body, texts),
        }
    }
}
