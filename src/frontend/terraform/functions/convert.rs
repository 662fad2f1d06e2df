//! From one type to another: `tostring`, `tolist`, `toset`, …, and the one type that the elements of a list have.

use std::sync::Arc;

use super::arguments::{Answer, Call};
use super::compare::as_set;
use crate::value::{Entry, Node, Number, Object, Text, Value};

/// The argument, as it came.
pub(super) fn same(call: &mut Call<'_>) -> Answer {
    Ok(call.arguments[0].clone())
}

pub(super) fn tostring(call: &mut Call<'_>) -> Answer {
    match &call.arguments[0].value {
        Value::Null | Value::Text(_) => same(call),
        Value::List(_) | Value::Object(_) => Err(call.fail(Some(0), "cannot convert to a string")),
        _ => call.in_place_of(0, Value::Text(call.text(0)?)),
    }
}

pub(super) fn tonumber(call: &mut Call<'_>) -> Answer {
    match &call.arguments[0].value {
        Value::Null | Value::Number(_) => same(call),
        _ => call.in_place_of(0, Value::Number(Number(call.number(0)?))),
    }
}

/// A number as Terraform reads it from a string: decimal, perhaps with an exponent.
pub(super) fn parse_number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|it: char| it.is_ascii_digit() || it == '.') {
        return None;
    }
    text.parse().ok().filter(|it: &f64| it.is_finite())
}

pub(super) fn tobool(call: &mut Call<'_>) -> Answer {
    match &call.arguments[0].value {
        Value::Null | Value::Bool(_) => same(call),
        Value::Unknown(_) | Value::OneOf(_) => Err(call.opaque()),
        Value::Text(text) if text.has_holes() => Err(call.opaque()),
        _ => match truth(&call.arguments[0]) {
            Some(it) => call.in_place_of(0, Value::Bool(it)),
            None => Err(call.fail(Some(0), "only the strings `true` and `false` convert to a bool")),
        },
    }
}

/// A truth value, or a string that converts to one.
pub(super) fn truth(node: &Node) -> Option<bool> {
    match node.as_str() {
        Some("true" | "1") => Some(true),
        Some("false" | "0") => Some(false),
        _ => node.as_bool(),
    }
}

pub(super) fn tolist(call: &mut Call<'_>) -> Answer {
    match &call.arguments[0].value {
        Value::Null | Value::Unknown(_) | Value::OneOf(_) => same(call),
        Value::List(nodes) => {
            let Some(nodes) = unified(nodes) else { return Err(mixed(call)) };
            call.in_place_of(0, Value::List(nodes.into()))
        }
        _ => Err(call.fail(Some(0), "cannot convert to a list")),
    }
}

pub(super) fn toset(call: &mut Call<'_>) -> Answer {
    match &call.arguments[0].value {
        Value::Null | Value::Unknown(_) | Value::OneOf(_) => same(call),
        Value::List(nodes) => {
            let Some(nodes) = unified(nodes) else { return Err(mixed(call)) };
            call.in_place_of(0, Value::List(as_set(nodes).into()))
        }
        _ => Err(call.fail(Some(0), "cannot convert to a set")),
    }
}

fn mixed(call: &Call<'_>) -> super::arguments::Stop {
    call.fail(Some(0), "the elements have no single type")
}

pub(super) fn tomap(call: &mut Call<'_>) -> Answer {
    match &call.arguments[0].value {
        Value::Null | Value::Unknown(_) | Value::OneOf(_) => same(call),
        Value::Object(object) => {
            let nodes: Vec<Node> = object.entries.iter().map(|entry| entry.node.clone()).collect();
            let Some(nodes) = unified(&nodes) else { return Err(mixed(call)) };
            let entries = object.entries.iter().zip(nodes);
            let entries = entries.map(|(entry, node)| Entry { node, ..entry.clone() }).collect();
            call.in_place_of(0, Value::Object(Arc::new(Object { entries, open: object.open.clone() })))
        }
        _ => Err(call.fail(Some(0), "cannot convert to a map")),
    }
}

/// The elements as one type: strings as soon as one of them is; `None` where there is none.
pub(super) fn unified(nodes: &[Node]) -> Option<Vec<Node>> {
    #[derive(Default)]
    struct Kinds {
        text: bool,
        number: bool,
        truth: bool,
        list: bool,
        object: bool,
    }
    let mut kinds = Kinds::default();
    for node in nodes {
        match &node.value {
            Value::Text(_) => kinds.text = true,
            Value::Number(_) => kinds.number = true,
            Value::Bool(_) => kinds.truth = true,
            Value::List(_) => kinds.list = true,
            Value::Object(_) => kinds.object = true,
            Value::Null | Value::OneOf(_) | Value::Unknown(_) => {}
        }
    }
    let scalars = kinds.text || kinds.number || kinds.truth;
    if u8::from(scalars) + u8::from(kinds.list) + u8::from(kinds.object) > 1 {
        return None;
    }
    if kinds.text {
        return Some(nodes.iter().map(as_text_node).collect());
    }
    if kinds.number && kinds.truth {
        return None;
    }
    if kinds.list {
        return unified_lists(nodes);
    }
    Some(nodes.to_vec())
}

fn unified_lists(lists: &[Node]) -> Option<Vec<Node>> {
    /// Lists are shared, so what is small to hold can be long to walk.
    const MOST: usize = 10_000;
    if lists.iter().filter_map(Node::as_list).map(<[Node]>::len).sum::<usize>() > MOST {
        return Some(lists.to_vec());
    }
    let inner: Vec<Node> = lists.iter().filter_map(Node::as_list).flatten().cloned().collect();
    let mut inner = unified(&inner)?.into_iter();
    Some(
        lists
            .iter()
            .map(|list| match &list.value {
                Value::List(nodes) => {
                    Node { value: Value::List(inner.by_ref().take(nodes.len()).collect()), ..list.clone() }
                }
                _ => list.clone(),
            })
            .collect(),
    )
}

/// A number or truth value as a string in the same place; anything else as it is.
pub(super) fn as_text_node(node: &Node) -> Node {
    let text = match &node.value {
        Value::Number(it) => it.to_string(),
        Value::Bool(it) => it.to_string(),
        _ => return node.clone(),
    };
    Node { value: Value::Text(Text::known(&text, node.span)), ..node.clone() }
}
