//! The tree of the HCL language as iamlint reads it: Terraform's native syntax, and its JSON form lowered to the same.

use compact_str::CompactString;
use smallvec::SmallVec;
use std::borrow::Cow;

use crate::source::Span;
use crate::value::{Number, Text};

/// A name as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The name.
    pub text: CompactString,
    /// Where it stands.
    pub span: Span,
}

/// Attributes and blocks between braces, or those of a whole file.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// `name = value`, in order. In the JSON form blocks stand here too, see [`Body::json`].
    pub attributes: Vec<Attribute>,
    /// Nested blocks, in order.
    pub blocks: Vec<Block>,
    /// Whether it came from the JSON form, where a block and an object are written alike.
    pub json: bool,
    /// The first place in it that could not be read; there may be more in it than is known.
    pub unread: Option<Span>,
}

/// `name = value`.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Expr,
}

/// `kind "label" { … }`.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its type: `statement`.
    pub kind: Name,
    /// Its labels.
    pub labels: Vec<Name>,
    /// What stands in it.
    pub body: Body,
    /// All of it, from the type to the closing brace.
    pub span: Span,
}

impl Block {
    /// From the type to the last label: what a message about the block as a whole points at.
    pub fn head(&self) -> Span {
        self.labels.last().map_or(self.kind.span, |label| self.kind.span.to(label.span))
    }
}

impl Body {
    /// The attribute of a name; the first, as Terraform reports a second as an error.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|it| &*it.name.text == name)
    }

    /// The nested blocks of a type, in order, whichever form they are written in: in the JSON form an object, or each
    /// object of a list, is a block.
    pub fn blocks_named(&self, kind: &str) -> Vec<Cow<'_, Block>> {
        if !self.json {
            return self.blocks.iter().filter(|it| &*it.kind.text == kind).map(Cow::Borrowed).collect();
        }
        let labels = usize::from(LABELLED.contains(&kind));
        let mut blocks = Vec::new();
        for attribute in self.attributes.iter().filter(|it| &*it.name.text == kind) {
            blocks_of(&attribute.name, None, labels, &attribute.value, &mut blocks);
        }
        blocks.into_iter().map(Cow::Owned).collect()
    }
}

/// Nested blocks of Terraform's own that have a label; those of providers have none.
const LABELLED: [&str; 4] = ["backend", "dynamic", "provider_meta", "provisioner"];

fn blocks_of(kind: &Name, label: Option<&Name>, labels: usize, value: &Expr, out: &mut Vec<Block>) {
    match &value.kind {
        ExprKind::List(values) => values.iter().for_each(|value| blocks_of(kind, label, labels, value, out)),
        ExprKind::Object(items) => {
            let members = items.iter().filter_map(|item| match &item.key.kind {
                ExprKind::Text(key) if key.raw() != "//" => {
                    Some((Name { text: key.raw().into(), span: item.key.span }, &item.value))
                }
                _ => None,
            });
            if labels > 0 {
                members.for_each(|(name, value)| blocks_of(kind, Some(&name), labels - 1, value, out));
                return;
            }
            let attributes = members.map(|(name, value)| Attribute { name, value: value.clone() }).collect();
            out.push(Block {
                kind: kind.clone(),
                labels: label.into_iter().cloned().collect(),
                body: Body { attributes, json: true, ..Body::default() },
                span: label.unwrap_or(kind).span.to(value.span),
            });
        }
        _ => {}
    }
}

/// An expression and its place.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// All of it.
    pub span: Span,
}

impl Expr {
    /// Calls `visit` with every expression directly within it, those of templates and keys too, in order.
    pub fn each_child<'e>(&'e self, visit: &mut dyn FnMut(&'e Self)) {
        match &self.kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::Text(_)
            | ExprKind::Variable(_)
            | ExprKind::Unread => {}
            ExprKind::Template(parts) => parts.iter().for_each(|part| part.each_child(visit)),
            ExprKind::List(elements) => elements.iter().for_each(visit),
            ExprKind::Object(items) => items.iter().for_each(|item| {
                visit(&item.key);
                visit(&item.value);
            }),
            ExprKind::Access(it) => {
                visit(&it.base);
                for accessor in &it.accessors {
                    if let Accessor::Index(index) = accessor {
                        visit(index);
                    }
                }
            }
            ExprKind::Call(call) => call.arguments.iter().for_each(visit),
            ExprKind::Conditional(parts) => parts.iter().for_each(visit),
            ExprKind::Binary(_, sides) => sides.iter().for_each(visit),
            ExprKind::Unary(_, inner) | ExprKind::Paren(inner) => visit(inner),
            ExprKind::For(of) => {
                let parts = [Some(&of.collection), of.result_key.as_ref(), Some(&of.result), of.condition.as_ref()];
                parts.into_iter().flatten().for_each(visit);
            }
        }
    }
}

impl Part {
    fn each_child<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        match self {
            Self::Literal(_) => {}
            Self::Interpolation(inner) => visit(inner),
            Self::If { condition, then, otherwise, .. } => {
                visit(condition);
                then.iter().chain(otherwise).for_each(|it| it.each_child(visit));
            }
            Self::For { collection, body, .. } => {
                visit(collection);
                body.iter().for_each(|it| it.each_child(visit));
            }
        }
    }
}

/// The expressions of HCL.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A quoted string or heredoc without interpolation, decoded, each byte with its place.
    Text(Text),
    /// A quoted string or heredoc with interpolations or directives.
    Template(Vec<Part>),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `{ a = b }`.
    Object(Vec<Item>),
    /// `a`: the root of a reference such as `var`, `local`, `aws_iam_role`, `each`.
    Variable(CompactString),
    /// `base.name`, `base[key]`, `base.0`, splats.
    Access(Box<Access>),
    /// `f(a, b...)`, also `provider::aws::f(a)`.
    Call(Box<Call>),
    /// `if ? then : otherwise`.
    Conditional(Box<[Expr; 3]>),
    /// `-a`, `!a`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`.
    Binary(BinaryOp, Box<[Expr; 2]>),
    /// `[for …]`, `{for …}`.
    For(Box<For>),
    /// `(a)`.
    Paren(Box<Expr>),
    /// What could not be read, and is told as an error. It may be anything.
    Unread,
}

/// A part of a template.
#[derive(Clone, Debug)]
pub enum Part {
    /// Text between the sequences, decoded, trimming (`~`) and heredoc dedent already applied.
    Literal(Text),
    /// `${a}`.
    Interpolation(Expr),
    /// `%{ if a }…%{ else }…%{ endif }`.
    If {
        /// The condition.
        condition: Expr,
        /// Where it holds.
        then: Vec<Part>,
        /// Where it does not.
        otherwise: Vec<Part>,
        /// The opening directive.
        span: Span,
    },
    /// `%{ for key, value in a }…%{ endfor }`.
    For {
        /// The first of two names.
        key: Option<CompactString>,
        /// The name of an element.
        value: CompactString,
        /// What is gone through.
        collection: Expr,
        /// What is repeated.
        body: Vec<Part>,
        /// The opening directive.
        span: Span,
    },
}

/// One entry of an object expression.
#[derive(Clone, Debug)]
pub struct Item {
    /// The key: a bare name is a [`ExprKind::Text`].
    pub key: Expr,
    /// The value.
    pub value: Expr,
}

/// Steps into a value.
#[derive(Clone, Debug)]
pub struct Access {
    /// The value.
    pub base: Expr,
    /// The steps, of which most references have two.
    pub accessors: SmallVec<[Accessor; 2]>,
}

/// One step into a value.
#[derive(Clone, Debug)]
pub enum Accessor {
    /// `.name`
    Attribute(Name),
    /// `[key]`, and `.0` as a number
    Index(Expr),
    /// `[*]`
    FullSplat(Span),
    /// `.*`
    AttributeSplat(Span),
}

/// A function call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The name with its namespace: `jsonencode`, `provider::aws::arn_parse`.
    pub name: Name,
    /// The arguments.
    pub arguments: Vec<Expr>,
    /// Whether the last argument is expanded: `f(a...)`.
    pub expand: bool,
}

/// A `for` expression.
#[derive(Clone, Debug)]
pub struct For {
    /// The first of two names.
    pub key: Option<CompactString>,
    /// The name of an element.
    pub value: CompactString,
    /// What is gone through.
    pub collection: Expr,
    /// The key of an object's entry; none in a list.
    pub result_key: Option<Expr>,
    /// An element, or the value of an entry.
    pub result: Expr,
    /// `if …`
    pub condition: Option<Expr>,
    /// `...`
    pub grouping: bool,
}

/// An operator with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Negate,
    /// `!`
    Not,
}

/// An operator with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the operators")]
pub enum BinaryOp {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    And,
    Or,
}
