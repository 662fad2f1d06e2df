//! Type constraints of variables, as far as they change a value: defaults of `optional()` attributes, and scalars that
//! become text or lists that become sets.

use std::sync::Arc;

use crate::syntax::hcl::{Expr, ExprKind, Item};
use crate::value::{Arm, Entry, Node, Object, Value};

use super::evaluator::text_of;

/// The value as a variable of type `of` gives it.
pub(super) fn convert(node: Node, of: &Expr, value: &dyn Fn(&Expr) -> Node) -> Node {
    converted(&node, of, value).unwrap_or(node)
}

/// The same; none where the value is that already, as most are.
fn converted(node: &Node, of: &Expr, value: &dyn Fn(&Expr) -> Node) -> Option<Node> {
    let value = match (&node.value, &of.kind) {
        (Value::Null | Value::Unknown(_), _) => return None,
        (Value::OneOf(arms), _) => {
            let arm = |arm: &Arm| Some(Arm { node: converted(&arm.node, of, value)?, ..arm.clone() });
            Value::OneOf(changed(arms, arm)?.into())
        }
        (Value::Text(_), ExprKind::Variable(_)) => return None,
        (_, ExprKind::Variable(name)) if &**name == "string" => Value::Text(text_of(node)?),
        (_, ExprKind::Paren(inner)) => return converted(node, inner, value),
        (_, ExprKind::Access(it)) if it.accessors.is_empty() => return converted(node, &it.base, value),
        (it, ExprKind::Call(call)) => {
            let of = call.arguments.first()?;
            match (&*call.name.text, it, &of.kind) {
                ("list" | "set", Value::List(nodes), _) => {
                    Value::List(changed(nodes, |it| converted(it, of, value))?.into())
                }
                ("map", Value::Object(object), _) => {
                    let entry = |it: &Entry| Some(Entry { node: converted(&it.node, of, value)?, ..it.clone() });
                    let entries = changed(&object.entries, entry)?;
                    Value::Object(Arc::new(Object { entries, open: object.open.clone() }))
                }
                ("object", Value::Object(object), ExprKind::Object(items)) => {
                    Value::Object(Arc::new(with_attributes(object, items, value)))
                }
                ("tuple", Value::List(nodes), ExprKind::List(types)) if nodes.len() == types.len() => {
                    let nodes = nodes.iter().zip(types).map(|(it, of)| convert(it.clone(), of, value));
                    Value::List(nodes.collect())
                }
                ("optional", ..) => return converted(node, of, value),
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(Node { value, span: node.span, origin: node.origin.clone() })
}

/// All of them, with what `change` makes of those that it changes; none where it changes none.
fn changed<T: Clone>(all: &[T], change: impl Fn(&T) -> Option<T>) -> Option<Vec<T>> {
    let (first, new) = all.iter().enumerate().find_map(|(n, it)| Some((n, change(it)?)))?;
    let mut out = Vec::with_capacity(all.len());
    out.extend_from_slice(&all[..first]);
    out.push(new);
    out.extend(all[first + 1..].iter().map(|it| change(it).unwrap_or_else(|| it.clone())));
    Some(out)
}

/// An object with the attributes of its type, in the order of the type.
fn with_attributes(object: &Object, items: &[Item], value: &dyn Fn(&Expr) -> Node) -> Object {
    let mut out = Object { entries: Vec::with_capacity(items.len()), open: object.open.clone() };
    for item in items {
        // A bare name is a text as well.
        let ExprKind::Text(key) = &item.key.kind else { continue };
        let (of, default) = optional(&item.value);
        let given = object.entries.iter().rev().find(|it| it.key.raw() == key.raw());
        let node = match (given, default) {
            (Some(entry), Some(Some(default))) if entry.node.is_null() => convert(value(default), of, value),
            (Some(entry), _) => convert(entry.node.clone(), of, value),
            (None, Some(Some(default))) => convert(value(default), of, value),
            (None, Some(None)) => Node::new(Value::Null, item.key.span),
            (None, None) => continue,
        };
        let (key, key_span) = given.map_or((key, item.key.span), |it| (&it.key, it.key_span));
        out.entries.push(Entry { key: key.clone(), key_span, node });
    }
    out
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
