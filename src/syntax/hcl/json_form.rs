//! Terraform's JSON form, `.tf.json`, as the same tree: the JSON tree in, blocks out.

use super::ast::*;
use super::parse::parse_template;
use super::scan::TOP_LEVEL;
use crate::source::Span;
use crate::syntax::SyntaxError;
use crate::value::{Entry, Node, Value};

/// Deeper than anyone nests JSON by hand, and shallow enough to recurse.
const DEEPEST: usize = 128;

/// The top-level blocks of a `.tf.json` file.
pub fn from_json(node: &Node) -> (Vec<Block>, Vec<SyntaxError>) {
    let mut reader = Reader::default();
    reader.file(node);
    (reader.blocks, reader.errors)
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    errors: Vec<SyntaxError>,
    /// Whether strings are what they say, as in a `variable`, rather than templates.
    plain: bool,
}

impl Reader {
    fn file(&mut self, node: &Node) {
        match &node.value {
            Value::List(nodes) => nodes.iter().for_each(|node| self.file(node)),
            Value::Object(object) => {
                for entry in &object.entries {
                    let name = name(entry);
                    let known = TOP_LEVEL.iter().find(|(kind, _)| **kind == *name.text);
                    match known {
                        Some((_, labels)) => {
                            self.plain = matches!(&*name.text, "variable" | "terraform");
                            self.kind(&name, &mut Vec::new(), *labels, &entry.node);
                        }
                        None if &*name.text == "//" => {}
                        None => self.error(name.span, format!("`{}` is no block of Terraform", name.text)),
                    }
                }
            }
            _ => self.error(node.span, "expected an object of blocks"),
        }
    }

    /// The blocks of a type, below as many levels of labels as it has. Every level may be a list of objects.
    fn kind(&mut self, kind: &Name, labels: &mut Vec<Name>, levels: usize, node: &Node) {
        match &node.value {
            Value::List(nodes) if nodes.iter().all(|node| node.as_object().is_some()) => {
                nodes.iter().for_each(|node| self.kind(kind, labels, levels, node));
            }
            Value::Object(object) if levels > 0 => {
                for entry in object.entries.iter().filter(|entry| !is_comment(entry)) {
                    labels.push(name(entry));
                    self.kind(kind, labels, levels - 1, &entry.node);
                    labels.pop();
                }
            }
            Value::Object(object) => {
                let entries = object.entries.iter().filter(|entry| !is_comment(entry));
                let attributes =
                    entries.map(|entry| Attribute { name: name(entry), value: self.expr(&entry.node, 0) }).collect();
                let start = labels.last().unwrap_or(kind).span;
                self.blocks.push(Block {
                    kind: kind.clone(),
                    labels: labels.clone(),
                    body: Body { attributes, json: true, ..Body::default() },
                    span: start.to(node.span),
                });
            }
            Value::Null => {}
            _ => self.error(node.span, format!("expected an object here, as `{}` is a block", kind.text)),
        }
    }

    fn expr(&mut self, node: &Node, depth: usize) -> Expr {
        let kind = match &node.value {
            _ if depth > DEEPEST => {
                self.error(node.span, "this is nested more than 128 levels deep, which is more than can be read");
                ExprKind::Null
            }
            Value::Bool(it) => ExprKind::Bool(*it),
            Value::Number(it) => ExprKind::Number(*it),
            Value::Text(text) if self.plain => ExprKind::Text(text.clone()),
            Value::Text(text) => match parse_template(text, node.span) {
                Ok(expr) => return expr,
                Err(error) => {
                    self.errors.push(error);
                    ExprKind::Text(text.clone())
                }
            },
            Value::List(nodes) => ExprKind::List(nodes.iter().map(|node| self.expr(node, depth + 1)).collect()),
            Value::Object(object) => {
                let items = object.entries.iter().map(|entry| {
                    let key = Node::new(Value::Text(entry.key.clone()), entry.key_span);
                    Item { key: self.expr(&key, depth), value: self.expr(&entry.node, depth + 1) }
                });
                ExprKind::Object(items.collect())
            }
            // A file holds nothing that is unknown.
            Value::Null | Value::OneOf(_) | Value::Unknown(_) => ExprKind::Null,
        };
        Expr { kind, span: node.span }
    }

    fn error(&mut self, span: Span, message: impl Into<String>) {
        self.errors.push(SyntaxError { span, message: message.into() });
    }
}

fn name(entry: &Entry) -> Name {
    Name { text: entry.key.raw().into(), span: entry.key_span }
}

/// A member called `//` is a comment wherever a block's body may be.
fn is_comment(entry: &Entry) -> bool {
    entry.key.as_known() == Some("//")
}
