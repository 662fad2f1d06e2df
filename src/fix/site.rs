//! What stands around a place of a file: the lists, objects and blocks that hold it, innermost last, whether they are
//! Terraform's, JSON's, or JSON's within a string of either.

use std::ops::Range;
use std::sync::Arc;

use compact_str::CompactString;

use crate::source::{Source, Span};
use crate::syntax::hcl::{self, Block, Body, Expr, ExprKind, Part};
use crate::syntax::json;
use crate::value::{Hole, HoleKind, Node, Origin, Text, Value};

/// Something that holds other things.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) kind: Kind,
    /// How it is written.
    pub(super) dialect: Dialect,
    /// All of it.
    pub(super) span: Range<usize>,
    /// What it holds, in order: elements, entries, arguments and blocks.
    pub(super) items: Vec<Item>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    List,
    Object,
    /// With where its head ends.
    Block(usize),
}

/// How lists and objects are written at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Terraform's expressions.
    Hcl,
    /// JSON that Terraform sees as a template, so that `${…}` stands for a value.
    Template,
    /// JSON and nothing else.
    Json,
}

/// An element of a list, an entry of an object, an argument or block of a block.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Its name; empty for an element.
    pub(super) name: CompactString,
    /// From its name to the end of its value.
    pub(super) whole: Range<usize>,
    /// Its value; all of it for a block.
    pub(super) value: Range<usize>,
}

impl Link {
    pub(super) fn item(&self, names: &[&str]) -> Option<&Item> {
        self.items.iter().find(|it| names.contains(&&*it.name))
    }

    /// The item that holds a place.
    pub(super) fn holding(&self, at: &Range<usize>) -> Option<usize> {
        self.items.iter().position(|it| within(at, &it.whole))
    }
}

fn within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// What holds a place, outermost first.
pub(super) fn around(source: &Source, at: Span) -> Vec<Link> {
    let mut finder = Finder { at, out: Vec::new() };
    if source.path.extension().is_some_and(|it| it == "json") {
        if let Some(root) = json::parse_source(source).root {
            finder.node(&root, if is_template(source) { Dialect::Template } else { Dialect::Json });
        }
        return finder.out;
    }
    let cut = hcl::cut(source).blocks.into_iter().find(|it| it.span.contains(at));
    if let Some((Some(block), _)) = cut.map(|cut| hcl::parse_block(source, &cut)) {
        finder.block(&block);
    }
    finder.out
}

/// Whether texts of a JSON file are Terraform's templates.
pub(super) fn is_template(source: &Source) -> bool {
    let name = source.path.to_string_lossy();
    [".tf.json", ".tofu.json"].iter().any(|it| name.ends_with(it))
}

/// The document that a text is.
pub(super) fn document(text: &Text) -> Option<Node> {
    text.raw().trim_start().starts_with(['{', '[']).then(|| json::parse(text).root).flatten()
}

/// A template as a text with holes; none where parts of it repeat or choose.
pub(super) fn with_holes(parts: &[Part]) -> Option<Text> {
    let mut text = Text::default();
    parts.iter().all(|part| with_hole(part, &mut text)).then_some(text)
}

struct Finder {
    at: Span,
    out: Vec<Link>,
}

impl Finder {
    fn block(&mut self, block: &Block) {
        let head = block.head().range().end;
        self.out.push(Link {
            kind: Kind::Block(head),
            dialect: Dialect::Hcl,
            span: block.span.range(),
            items: members(&block.body),
        });
        for attribute in &block.body.attributes {
            self.expr(&attribute.value);
        }
        if let Some(inner) = block.body.blocks.iter().find(|it| it.span.contains(self.at)) {
            self.block(inner);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if !expr.span.contains(self.at) {
            return;
        }
        match &expr.kind {
            ExprKind::List(elements) => {
                let item = |it: &Expr| Item { name: "".into(), whole: it.span.range(), value: it.span.range() };
                self.push(Kind::List, Dialect::Hcl, expr.span, elements.iter().map(item).collect());
            }
            ExprKind::Object(items) => {
                let item = |it: &hcl::Item| Item {
                    name: match &it.key.kind {
                        ExprKind::Text(key) => key.raw().into(),
                        _ => "".into(),
                    },
                    whole: it.key.span.to(it.value.span).range(),
                    value: it.value.span.range(),
                };
                self.push(Kind::Object, Dialect::Hcl, expr.span, items.iter().map(item).collect());
            }
            ExprKind::Text(text) => self.embedded(text, expr.span, Dialect::Template),
            ExprKind::Template(parts) => {
                if let Some(text) = with_holes(parts) {
                    self.embedded(&text, expr.span, Dialect::Template);
                }
            }
            _ => {}
        }
        expr.each_child(&mut |child| self.expr(child));
    }

    fn node(&mut self, node: &Node, dialect: Dialect) {
        if !node.span.contains(self.at) {
            return;
        }
        match &node.value {
            Value::List(nodes) => {
                let item = |it: &Node| Item { name: "".into(), whole: it.span.range(), value: it.span.range() };
                self.push(Kind::List, dialect, node.span, nodes.iter().map(item).collect());
                nodes.iter().for_each(|it| self.node(it, dialect));
            }
            Value::Object(object) => {
                let items = object.entries.iter().map(|it| Item {
                    name: it.key.raw().into(),
                    whole: it.key_span.to(it.node.span).range(),
                    value: it.node.span.range(),
                });
                self.push(Kind::Object, dialect, node.span, items.collect());
                object.entries.iter().for_each(|it| self.node(&it.node, dialect));
            }
            Value::Text(text) => self.embedded(text, node.span, dialect),
            _ => {}
        }
    }

    /// A document that is written within a text.
    fn embedded(&mut self, text: &Text, span: Span, dialect: Dialect) {
        if let Some(root) = (span != self.at).then(|| document(text)).flatten() {
            self.node(&root, dialect);
        }
    }

    fn push(&mut self, kind: Kind, dialect: Dialect, span: Span, items: Vec<Item>) {
        self.out.push(Link { kind, dialect, span: span.range(), items });
    }
}

fn members(body: &Body) -> Vec<Item> {
    let arguments = body.attributes.iter().map(|it| Item {
        name: it.name.text.clone(),
        whole: it.name.span.to(it.value.span).range(),
        value: it.value.span.range(),
    });
    let blocks = body.blocks.iter().map(|it| Item {
        name: it.kind.text.clone(),
        whole: it.span.range(),
        value: it.span.range(),
    });
    let mut items: Vec<Item> = arguments.chain(blocks).collect();
    items.sort_by_key(|it| it.whole.start);
    items
}

/// Appends a part of a template; a value that is put in is a hole. Parts that repeat or choose have no one text.
fn with_hole(part: &Part, text: &mut Text) -> bool {
    match part {
        Part::Literal(literal) => text.push_text(literal, &Origin::HERE),
        Part::Interpolation(value) => text.push_hole(Arc::new(Hole {
            kind: HoleKind::Opaque,
            reference: "".into(),
            scope: "".into(),
            span: value.span,
            why: "".into(),
            many: false,
        })),
        Part::If { .. } | Part::For { .. } => return false,
    }
    true
}
