//! hcl-edit's tree, parsed from a prepared copy, to ours.

use std::ops::Range;
use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::{BinaryOperator, Expression, ForExpr, FuncCall, Traversal, TraversalOperator, UnaryOperator};
use hcl_edit::template::{Directive, Element, HeredocTemplate, Strip, Template};

use super::ast::*;
use super::ground::Ground;
use super::lex;
use super::literal::{Piece, Style, decode, texts};
use super::prepare::Fault;
use crate::source::Span;
use crate::value::{Number, Text};

/// Turns a tree over, byte `shift` of the ground being the first of the copy that was parsed.
pub(super) struct Lower<'a> {
    pub(super) ground: Ground<'a>,
    pub(super) shift: usize,
    /// What is wrong in literals.
    pub(super) faults: Vec<Fault>,
}

impl Lower<'_> {
    pub(super) fn expr(&mut self, expression: &Expression) -> Expr {
        let range = self.range(expression.span());
        let kind = match expression {
            Expression::Null(_) => ExprKind::Null,
            Expression::Bool(it) => ExprKind::Bool(*it.value()),
            Expression::Number(it) => ExprKind::Number(Number(it.value().as_f64().unwrap_or(f64::NAN))),
            Expression::String(_) => ExprKind::Text(self.quoted(range.start + 1..range.end - 1)),
            Expression::Array(it) if self.ground.raw().as_bytes()[range.start] == b'{' => {
                let expressions: Vec<&Expression> = it.iter().collect();
                let items =
                    expressions.chunks_exact(2).map(|pair| Item { key: self.key(pair[0]), value: self.expr(pair[1]) });
                ExprKind::Object(items.collect())
            }
            Expression::Array(it) => ExprKind::List(it.iter().map(|it| self.expr(it)).collect()),
            // Every object was handed over as a list; see `prepare`.
            Expression::Object(it) => ExprKind::Object(
                it.iter()
                    .map(|(key, value)| Item {
                        key: match key {
                            hcl_edit::expr::ObjectKey::Ident(name) => self.name_as_text(self.range(name.span())),
                            hcl_edit::expr::ObjectKey::Expression(key) => self.key(key),
                        },
                        value: self.expr(value.expr()),
                    })
                    .collect(),
            ),
            Expression::StringTemplate(it) => {
                ExprKind::Template(self.template(&it.iter().collect::<Vec<_>>(), Style::Quoted))
            }
            Expression::HeredocTemplate(it) => self.heredoc(it, range.start),
            Expression::Parenthesis(it) => ExprKind::Paren(Box::new(self.expr(it.inner()))),
            Expression::Variable(it) => match self.ground.raw().as_bytes()[range.start] {
                // A literal without sequences was handed over as a name; see `prepare`.
                b'"' => ExprKind::Text(self.quoted(range.start + 1..range.end - 1)),
                b'<' => ExprKind::Text(self.plain_heredoc(range.clone())),
                _ => ExprKind::Variable(it.as_str().into()),
            },
            Expression::Conditional(it) => ExprKind::Conditional(Box::new([
                self.expr(&it.cond_expr),
                self.expr(&it.true_expr),
                self.expr(&it.false_expr),
            ])),
            Expression::FuncCall(it) => ExprKind::Call(self.call(it)),
            Expression::Traversal(it) => self.access(it),
            Expression::UnaryOp(it) => {
                let operator = match it.operator.value() {
                    UnaryOperator::Neg => UnaryOp::Negate,
                    UnaryOperator::Not => UnaryOp::Not,
                };
                ExprKind::Unary(operator, Box::new(self.expr(&it.expr)))
            }
            Expression::BinaryOp(it) => {
                let operands = [self.expr(&it.lhs_expr), self.expr(&it.rhs_expr)];
                ExprKind::Binary(binary_operator(*it.operator.value()), Box::new(operands))
            }
            Expression::ForExpr(it) => ExprKind::For(Box::new(self.for_expression(it))),
        };
        Expr { kind, span: self.ground.span(range) }
    }

    /// A key of an object: a bare name stands for itself.
    fn key(&mut self, expression: &Expression) -> Expr {
        match expression {
            Expression::Variable(_) | Expression::Null(_) | Expression::Bool(_) => {
                let range = self.range(expression.span());
                match self.ground.raw().as_bytes()[range.start] {
                    b'"' | b'<' => self.expr(expression),
                    _ => self.name_as_text(range),
                }
            }
            _ => self.expr(expression),
        }
    }

    fn name_as_text(&self, range: Range<usize>) -> Expr {
        let mut text = Text::default();
        self.ground.push(&mut text, range.clone());
        Expr { kind: ExprKind::Text(text), span: self.ground.span(range) }
    }

    /// A quoted string without sequences, by the bytes between its quotes.
    pub(super) fn quoted(&mut self, range: Range<usize>) -> Text {
        let mut text = Text::default();
        decode(self.ground, range, Style::Quoted, &mut text, &mut self.faults);
        text
    }

    fn access(&mut self, traversal: &Traversal) -> ExprKind {
        let base = self.expr(&traversal.expr);
        let mut accessors = Vec::with_capacity(traversal.operators.len());
        for operator in &traversal.operators {
            let whole = self.span(operator.span());
            accessors.push(match operator.value() {
                TraversalOperator::AttrSplat(_) => Accessor::AttributeSplat(whole),
                TraversalOperator::FullSplat(_) => Accessor::FullSplat(whole),
                TraversalOperator::GetAttr(name) => Accessor::Attribute(self.name(name.as_str(), name.span())),
                TraversalOperator::Index(index) => Accessor::Index(self.expr(index)),
                TraversalOperator::LegacyIndex(index) => {
                    #[allow(clippy::cast_precision_loss, reason = "an index that large is out of every list")]
                    let number = Number(*index.value() as f64);
                    Accessor::Index(Expr { kind: ExprKind::Number(number), span: self.span(index.span()) })
                }
            });
        }
        ExprKind::Access(Box::new(base), accessors)
    }

    fn call(&mut self, call: &FuncCall) -> Call {
        let last = self.range(call.name.name.span());
        let first = call.name.namespace.first().map_or(last.clone(), |it| self.range(it.span()));
        let mut text = String::new();
        for part in &call.name.namespace {
            text.push_str(part.as_str());
            text.push_str("::");
        }
        text.push_str(call.name.name.as_str());
        if matches!(self.ground.raw().as_bytes()[first.start], b'"' | b'<') {
            // A literal was handed over as a name.
            self.faults.push(Fault { at: first.clone(), message: "a string cannot be called".to_owned() });
        }
        Call {
            name: Name { text: text.into(), span: self.ground.span(first.start..last.end) },
            arguments: call.args.iter().map(|it| self.expr(it)).collect(),
            expand: call.args.expand_final(),
        }
    }

    fn for_expression(&mut self, it: &ForExpr) -> For {
        For {
            key: it.intro.key_var.as_ref().map(|name| name.as_str().into()),
            value: it.intro.value_var.as_str().into(),
            collection: self.expr(&it.intro.collection_expr),
            result_key: it.key_expr.as_ref().map(|key| self.expr(key)),
            result: self.expr(&it.value_expr),
            condition: it.cond.as_ref().map(|condition| self.expr(&condition.expr)),
            grouping: it.grouping,
        }
    }

    /// A heredoc without sequences, by all of its bytes.
    fn plain_heredoc(&mut self, range: Range<usize>) -> Text {
        let bytes = &self.ground.raw().as_bytes()[..range.end];
        let start = lex::heredoc(bytes, range.start).map_or(range.end, |heredoc| heredoc.text);
        let piece = Piece::Literal(start..lex::line_start(bytes, range.end));
        texts(self.ground, &[piece], self.style(range.start), &mut self.faults).pop().unwrap_or_default()
    }

    fn style(&self, heredoc: usize) -> Style {
        if self.ground.raw()[heredoc..].starts_with("<<-") { Style::Flush } else { Style::Bare }
    }

    fn heredoc(&mut self, heredoc: &HeredocTemplate, start: usize) -> ExprKind {
        ExprKind::Template(self.template(&heredoc.template.iter().collect::<Vec<_>>(), self.style(start)))
    }

    /// The parts of a template, its literals trimmed as Terraform trims them.
    pub(super) fn template(&mut self, elements: &[&Element], style: Style) -> Vec<Part> {
        let mut pieces = Vec::new();
        self.flatten(elements, &mut pieces);
        let texts = texts(self.ground, &pieces, style, &mut self.faults);
        self.parts(elements, &mut texts.into_iter())
    }

    fn flatten(&self, elements: &[&Element], out: &mut Vec<Piece>) {
        for element in elements {
            match element {
                Element::Literal(it) => out.push(Piece::Literal(self.range(it.span()))),
                Element::Interpolation(it) => out.push(sequence(it.strip)),
                Element::Directive(it) => match it.as_ref() {
                    Directive::If(it) => {
                        out.push(sequence(it.if_expr.strip));
                        self.flatten_template(&it.if_expr.template, out);
                        if let Some(it) = &it.else_expr {
                            out.push(sequence(it.strip));
                            self.flatten_template(&it.template, out);
                        }
                        out.push(sequence(it.endif_expr.strip));
                    }
                    Directive::For(it) => {
                        out.push(sequence(it.for_expr.strip));
                        self.flatten_template(&it.for_expr.template, out);
                        out.push(sequence(it.endfor_expr.strip));
                    }
                },
            }
        }
    }

    fn flatten_template(&self, template: &Template, out: &mut Vec<Piece>) {
        self.flatten(&template.iter().collect::<Vec<_>>(), out);
    }

    fn parts(&mut self, elements: &[&Element], texts: &mut std::vec::IntoIter<Text>) -> Vec<Part> {
        let mut parts = Vec::new();
        for element in elements {
            parts.push(match element {
                Element::Literal(_) => Part::Literal(texts.next().unwrap_or_default()),
                Element::Interpolation(it) => Part::Interpolation(self.expr(&it.expr)),
                Element::Directive(directive) => {
                    let start = self.range(element.span()).start;
                    match directive.as_ref() {
                        Directive::If(it) => Part::If {
                            condition: self.expr(&it.if_expr.cond_expr),
                            then: self.nested_parts(&it.if_expr.template, texts),
                            otherwise: match &it.else_expr {
                                Some(it) => self.nested_parts(&it.template, texts),
                                None => Vec::new(),
                            },
                            span: self.opening(start, &it.if_expr.template),
                        },
                        Directive::For(it) => Part::For {
                            key: it.for_expr.key_var.as_ref().map(|name| name.as_str().into()),
                            value: it.for_expr.value_var.as_str().into(),
                            collection: self.expr(&it.for_expr.collection_expr),
                            body: self.nested_parts(&it.for_expr.template, texts),
                            span: self.opening(start, &it.for_expr.template),
                        },
                    }
                }
            });
        }
        parts
    }

    fn nested_parts(&mut self, template: &Template, texts: &mut std::vec::IntoIter<Text>) -> Vec<Part> {
        self.parts(&template.iter().collect::<Vec<_>>(), texts)
    }

    /// A directive up to where what it holds begins.
    fn opening(&self, start: usize, template: &Template) -> Span {
        self.ground.span(start..self.range(template.span()).start.max(start))
    }

    fn name(&self, text: &str, range: Option<Range<usize>>) -> Name {
        Name { text: Arc::from(text), span: self.span(range) }
    }

    fn span(&self, range: Option<Range<usize>>) -> Span {
        self.ground.span(self.range(range))
    }

    /// Bytes of the copy as bytes of the ground. hcl-edit gives a range to everything it parses.
    fn range(&self, range: Option<Range<usize>>) -> Range<usize> {
        let range = range.unwrap_or(0..0);
        range.start + self.shift..range.end + self.shift
    }
}

fn sequence(strip: Strip) -> Piece {
    Piece::Sequence { before: strip.strip_start(), behind: strip.strip_end() }
}

fn binary_operator(operator: BinaryOperator) -> BinaryOp {
    match operator {
        BinaryOperator::Eq => BinaryOp::Equal,
        BinaryOperator::NotEq => BinaryOp::NotEqual,
        BinaryOperator::LessEq => BinaryOp::LessOrEqual,
        BinaryOperator::GreaterEq => BinaryOp::GreaterOrEqual,
        BinaryOperator::Less => BinaryOp::Less,
        BinaryOperator::Greater => BinaryOp::Greater,
        BinaryOperator::Plus => BinaryOp::Add,
        BinaryOperator::Minus => BinaryOp::Subtract,
        BinaryOperator::Mul => BinaryOp::Multiply,
        BinaryOperator::Div => BinaryOp::Divide,
        BinaryOperator::Mod => BinaryOp::Modulo,
        BinaryOperator::And => BinaryOp::And,
        BinaryOperator::Or => BinaryOp::Or,
    }
}
