//! Type constraints of variables: what they make of a value, as Terraform converts it, or why Terraform would refuse it.

use std::sync::Arc;

use crate::syntax::hcl::{Expr, ExprKind, Item};
use crate::value::{Arm, Entry, Hole, Node, Number, Object, Text, Value};

use super::evaluator::{is_many, text_of};
use super::functions::{as_set, parse_number, truth, unified};

/// What a conversion gives: nothing where the value is of the type already, as most are; or why it is refused, in words
/// that do not show the value.
type Change<T = Node> = Result<Option<T>, String>;

/// The value as a variable of type `of` gives it.
pub(super) fn convert(node: Node, of: &Expr, value: &dyn Fn(&Expr) -> Node) -> Result<Node, String> {
    Ok(converted(&node, of, value)?.unwrap_or(node))
}

/// Whether what is of a type can hold no wildcard: a number, a truth value.
pub(super) fn is_plain(of: &Expr) -> bool {
    matches!(&of.kind, ExprKind::Variable(name) if matches!(&**name, "number" | "bool"))
}

fn converted(node: &Node, of: &Expr, value: &dyn Fn(&Expr) -> Node) -> Change {
    let changed = match (&node.value, &of.kind) {
        (Value::Null | Value::Unknown(_), _) => None,
        (Value::OneOf(arms), _) => {
            // One of several may be refused and the others not.
            let arm = |arm: &Arm| {
                let node = converted(&arm.node, of, value).unwrap_or_default();
                Ok(node.map(|node| Arm { node, ..arm.clone() }))
            };
            changed(arms, arm)?.map(|it| Value::OneOf(it.into()))
        }
        (_, ExprKind::Paren(inner)) => return converted(node, inner, value),
        (_, ExprKind::Access(it)) if it.accessors.is_empty() => return converted(node, &it.base, value),
        (_, ExprKind::Variable(name)) => match &**name {
            // What these say is `list(any)`.
            "list" | "set" | "map" => collection(node, name, None, value)?,
            name => scalar(node, name)?,
        },
        (_, ExprKind::Call(call)) => {
            let Some(of) = call.arguments.first() else { return Ok(None) };
            match (&*call.name.text, &node.value, &of.kind) {
                ("optional", ..) => return converted(node, of, value),
                // What the provider computes is not always text.
                (_, Value::Text(text), _) if text.has_holes() => None,
                (name @ ("list" | "set" | "map"), ..) => collection(node, name, Some(of), value)?,
                ("object", Value::Object(object), ExprKind::Object(items)) => {
                    Some(Value::Object(Arc::new(with_attributes(object, items, value)?)))
                }
                ("tuple", Value::List(nodes), ExprKind::List(_)) if nodes.iter().any(is_many) => None,
                ("tuple", Value::List(nodes), ExprKind::List(types)) if nodes.len() == types.len() => {
                    let nodes = nodes.iter().zip(types).map(|(it, of)| convert(it.clone(), of, value));
                    Some(Value::List(nodes.collect::<Result<_, _>>()?))
                }
                ("tuple", _, ExprKind::List(types)) => return Err(format!("a tuple of {} is required", types.len())),
                ("object", ..) => return Err("an object is required".to_owned()),
                _ => None,
            }
        }
        _ => None,
    };
    Ok(changed.map(|value| Node { value, span: node.span, origin: node.origin.clone() }))
}

/// A scalar of a type by its name; `any` takes everything.
fn scalar(node: &Node, name: &str) -> Change<Value> {
    Ok(match (name, &node.value) {
        ("string", Value::Text(_)) | ("number", Value::Number(_)) | ("bool", Value::Bool(_)) => None,
        ("number" | "bool", Value::Text(text)) if text.has_holes() => None,
        ("string", Value::Number(_) | Value::Bool(_)) => text_of(node).map(Value::Text),
        ("number", Value::Text(text)) => {
            let known = text.as_known().filter(|it| parse_number(it).is_some()).ok_or("a number is required")?;
            let too_long = || Value::Unknown(Arc::new(Number::too_long(known, node.span)));
            Some(Number::exactly(known).map_or_else(too_long, Value::Number))
        }
        ("bool", Value::Text(_)) => Some(Value::Bool(truth(node).ok_or("a bool is required")?)),
        ("string" | "number" | "bool", _) => return Err(format!("a {name} is required")),
        _ => None,
    })
}

/// A list, set or map, with the type of its elements unless that is `any`: then they become of one type.
fn collection(node: &Node, name: &str, of: Option<&Expr>, value: &dyn Fn(&Expr) -> Node) -> Change<Value> {
    let of = of.filter(|it| !matches!(&it.kind, ExprKind::Variable(name) if &**name == "any"));
    let elements = |nodes: &[Node]| match of {
        Some(of) => changed(nodes, |it| converted(it, of, value)),
        None if nodes.iter().all(|it| matches!(it.value, Value::Text(_))) => Ok(None),
        None => unified(nodes).map(Some).ok_or_else(|| "the elements have no single type".to_owned()),
    };
    match (&node.value, name) {
        (Value::Text(text), _) if text.has_holes() => Ok(None),
        (Value::List(nodes), "list") if nodes.is_set() => {
            Ok(Some(Value::List(elements(nodes)?.unwrap_or_else(|| nodes.to_vec()).into())))
        }
        (Value::List(nodes), "list") => Ok(elements(nodes)?.map(|it| Value::List(it.into()))),
        (Value::List(nodes), "set") => Ok(match elements(nodes)? {
            None if nodes.is_set() && nodes.is_sorted_by(is_before) => None,
            changed => Some(Value::List(as_set(changed.unwrap_or_else(|| nodes.to_vec())))),
        }),
        (Value::Object(object), "map") => {
            let entries = match of {
                Some(of) => changed(&object.entries, |it| {
                    Ok(converted(&it.node, of, value)?.map(|node| Entry { node, ..it.clone() }))
                })?,
                None => {
                    let nodes: Vec<Node> = object.entries.iter().map(|it| it.node.clone()).collect();
                    let entry = |(entry, node): (&Entry, Node)| Entry { node, ..entry.clone() };
                    elements(&nodes)?.map(|nodes| object.entries.iter().zip(nodes).map(entry).collect())
                }
            };
            Ok(entries.map(|entries| Value::Object(Arc::new(Object { entries, open: object.open.clone() }))))
        }
        _ => Err(format!("a {name} is required")),
    }
}

/// Whether two elements stand in a set as they stand here.
fn is_before(a: &Node, b: &Node) -> bool {
    matches!((a.as_str(), b.as_str()), (Some(a), Some(b)) if a < b)
}

/// All of them, with what `change` makes of those that it changes; none where it changes none.
fn changed<T: Clone>(all: &[T], change: impl Fn(&T) -> Change<T>) -> Change<Vec<T>> {
    let mut out: Option<Vec<T>> = None;
    for (n, it) in all.iter().enumerate() {
        match (change(it)?, &mut out) {
            (Some(new), Some(out)) => out.push(new),
            (Some(new), None) => {
                let mut all = Vec::from(&all[..n]);
                all.push(new);
                out = Some(all);
            }
            (None, Some(out)) => out.push(it.clone()),
            (None, None) => {}
        }
    }
    Ok(out)
}

/// An object with the attributes of its type, in the order of the type.
fn with_attributes(object: &Object, items: &[Item], value: &dyn Fn(&Expr) -> Node) -> Result<Object, String> {
    let mut out = Object { entries: Vec::with_capacity(items.len()), open: object.open.clone() };
    for item in items {
        // A bare name is a text as well.
        let ExprKind::Text(key) = &item.key.kind else { continue };
        let (of, default) = optional(&item.value);
        let given = object.entries.iter().rev().find(|it| it.key.raw() == key.raw());
        let converted = |node: Node| convert(node, of, value).map_err(|why| in_attribute(key, &why));
        let node = match (given, default) {
            (Some(entry), Some(Some(default))) => converted(or_default(&entry.node, &|| value(default)))?,
            (Some(entry), _) => converted(entry.node.clone())?,
            (None, Some(Some(default))) => match &object.open {
                Some(hole) => converted(or_given(key, hole, value(default)))?,
                None => converted(value(default))?,
            },
            (None, Some(None)) if object.open.is_some() => continue,
            (None, Some(None)) => Node::new(Value::Null, item.key.span),
            (None, None) if object.open.is_some() => continue,
            (None, None) => return Err(format!("the attribute `{key}` is required")),
        };
        let (key, key_span) = given.map_or((key, item.key.span), |it| (&it.key, it.key_span));
        out.entries.push(Entry { key: key.clone(), key_span, node });
    }
    Ok(out)
}

/// A value with a default in place of null, also where it is null in one case only.
pub(super) fn or_default(node: &Node, default: &dyn Fn() -> Node) -> Node {
    fn is_ever_null(node: &Node) -> bool {
        match &node.value {
            Value::OneOf(arms) => arms.iter().any(|it| is_ever_null(&it.node)),
            value => matches!(value, Value::Null),
        }
    }
    match &node.value {
        Value::Null => default(),
        Value::OneOf(arms) if is_ever_null(node) => {
            let arm = |arm: &Arm| Arm { node: or_default(&arm.node, default), ..arm.clone() };
            Node { value: Value::OneOf(arms.iter().map(arm).collect()), ..node.clone() }
        }
        _ => node.clone(),
    }
}

/// The default of an attribute that what is not known of an object may give.
fn or_given(key: &Text, hole: &Arc<Hole>, default: Node) -> Node {
    let has = format!("`{}` has `{key}`", hole.reference);
    let given = Node::new(Value::Unknown(Arc::clone(hole)), hole.span);
    let arm = |when: String, node: Node| Arm { when: when.into(), at: hole.span, node };
    let span = default.span;
    Node::new(Value::OneOf(Arc::new([arm(format!("not {has}"), default), arm(has, given)])), span)
}

fn in_attribute(key: &Text, why: &str) -> String {
    if why.starts_with("the attribute ") { why.to_owned() } else { format!("the attribute `{key}`: {why}") }
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
