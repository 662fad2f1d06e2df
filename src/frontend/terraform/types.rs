//! Type constraints of variables, as far as they change a value: defaults of `optional()` attributes, and scalars that
//! become text or lists that become sets.

use std::sync::Arc;

use crate::syntax::hcl::{Accessor, Expr, ExprKind};
use crate::value::{Entry, Node, Object, Value};

use super::evaluator::text_of;

/// The value as a variable of type `of` gives it.
pub(super) fn convert(node: Node, of: &Expr, value: &dyn Fn(&Expr) -> Node) -> Node {
    if node.is_null() {
        return node;
    }
    match &node.value {
        Value::OneOf(arms) => {
            let arms = arms
                .iter()
                .map(|arm| crate::value::Arm { node: convert(arm.node.clone(), of, value), ..arm.clone() })
                .collect();
            return Node { value: Value::OneOf(arms), ..node };
        }
        Value::Unknown(_) => return node,
        _ => {}
    }
    match &of.kind {
        ExprKind::Variable(name) if &**name == "string" => match text_of(&node) {
            Some(text) => Node { value: Value::Text(text), ..node },
            None => node,
        },
        ExprKind::Paren(inner) => convert(node, inner, value),
        ExprKind::Access(it) if it.accessors.is_empty() => convert(node, &it.base, value),
        ExprKind::Call(call) => match (&*call.name.text, call.arguments.first()) {
            ("list" | "set", Some(element)) => match &node.value {
                Value::List(nodes) => {
                    let nodes = nodes.iter().map(|it| convert(it.clone(), element, value)).collect();
                    Node { value: Value::List(nodes), ..node }
                }
                _ => node,
            },
            ("map", Some(element)) => match &node.value {
                Value::Object(object) => {
                    let entries = object
                        .entries
                        .iter()
                        .map(|it| Entry { node: convert(it.node.clone(), element, value), ..it.clone() })
                        .collect();
                    let object = Object { entries, open: object.open.clone() };
                    Node { value: Value::Object(Arc::new(object)), ..node }
                }
                _ => node,
            },
            ("object", Some(Expr { kind: ExprKind::Object(items), .. })) => match &node.value {
                Value::Object(object) => {
                    let mut out = Object { entries: Vec::with_capacity(items.len()), open: object.open.clone() };
                    for item in items {
                        let Some(key) = key_of(&item.key) else { continue };
                        let (of, default) = optional(&item.value);
                        let given = object.entries.iter().rev().find(|it| it.key.raw() == key);
                        let node = match (given, default) {
                            (Some(entry), Some(Some(default))) if entry.node.is_null() => {
                                convert(value(default), of, value)
                            }
                            (Some(entry), _) => convert(entry.node.clone(), of, value),
                            (None, Some(Some(default))) => convert(value(default), of, value),
                            (None, Some(None)) => Node::new(Value::Null, item.key.span),
                            (None, None) => continue,
                        };
                        let (key, key_span) = match given {
                            Some(entry) => (entry.key.clone(), entry.key_span),
                            None => (crate::value::Text::known(key, item.key.span), item.key.span),
                        };
                        out.entries.push(Entry { key, key_span, node });
                    }
                    Node { value: Value::Object(Arc::new(out)), ..node }
                }
                _ => node,
            },
            ("tuple", Some(Expr { kind: ExprKind::List(types), .. })) => match &node.value {
                Value::List(nodes) if nodes.len() == types.len() => {
                    let nodes = nodes.iter().zip(types).map(|(it, of)| convert(it.clone(), of, value)).collect();
                    Node { value: Value::List(nodes), ..node }
                }
                _ => node,
            },
            ("optional", Some(of)) => convert(node, of, value),
            _ => node,
        },
        _ => node,
    }
}

/// `optional(type, default)`: the type, and the default if it is optional at all.
fn optional(of: &Expr) -> (&Expr, Option<Option<&Expr>>) {
    match &of.kind {
        ExprKind::Call(call) if &*call.name.text == "optional" => match call.arguments.as_slice() {
            [of] => (of, Some(None)),
            [of, default, ..] => (of, Some(Some(default))),
            [] => (of, Some(None)),
        },
        _ => (of, None),
    }
}

fn key_of(key: &Expr) -> Option<&str> {
    match &key.kind {
        ExprKind::Text(text) => text.as_known(),
        ExprKind::Variable(name) => Some(name),
        ExprKind::Access(it) if it.accessors.iter().all(|it| matches!(it, Accessor::Attribute(_))) => key_of(&it.base),
        _ => None,
    }
}
