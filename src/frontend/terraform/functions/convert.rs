//! From one type to another: `tostring`, `tolist`, `toset`, …, and the one type that the elements of a list have.

use std::sync::Arc;

use super::arguments::{Answer, Call, Stop};
use super::compare::{as_set, in_order, is_loose};
use crate::value::{Entry, HOLE, Node, Number, Object, Text, Value};

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
        _ => {
            let number = call.number(0)?;
            call.in_place_of(0, Value::Number(Number(number)))
        }
    }
}

/// A number as Terraform reads it from a string: decimal, perhaps with an exponent.
pub(in crate::frontend::terraform) fn parse_number(text: &str) -> Option<f64> {
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
pub(in crate::frontend::terraform) fn truth(node: &Node) -> Option<bool> {
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
            call.in_place_of(0, Value::List(as_set(nodes)))
        }
        _ => Err(call.fail(Some(0), "cannot convert to a set")),
    }
}

fn mixed(call: &Call<'_>) -> Stop {
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

/// The elements as one type: strings as soon as one of them is, lists and objects part by part; `None` where there is
/// none.
pub(in crate::frontend::terraform) fn unified(nodes: &[Node]) -> Option<Vec<Node>> {
    unified_within(nodes, &mut MOST.clone())
}

/// How many parts are looked at: values are shared, so what is small to hold can be long to walk.
const MOST: usize = 10_000;

fn unified_within(nodes: &[Node], left: &mut usize) -> Option<Vec<Node>> {
    #[derive(Default)]
    struct Kinds {
        text: bool,
        computed: bool,
        number: bool,
        truth: bool,
        list: bool,
        object: bool,
    }
    let mut kinds = Kinds::default();
    for node in nodes {
        match &node.value {
            // What is computed may be anything, and is some text where others are.
            Value::Text(text) if text.raw().chars().eq([HOLE]) => kinds.computed = true,
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
    if kinds.text || kinds.computed && scalars {
        return Some(nodes.iter().map(as_text_node).collect());
    }
    if kinds.number && kinds.truth {
        return None;
    }
    match kinds {
        Kinds { list: true, .. } => unified_lists(nodes, left),
        Kinds { object: true, .. } => unified_objects(nodes, left),
        _ => Some(nodes.to_vec()),
    }
}

/// Lists of one length are tuples, which have a type at each place; of several, one for all of their elements.
fn unified_lists(lists: &[Node], left: &mut usize) -> Option<Vec<Node>> {
    let rows: Vec<Vec<Node>> = lists.iter().filter_map(Node::as_list).map(<[Node]>::to_vec).collect();
    let are_tuples = rows.iter().all(|it| it.len() == rows[0].len() && !it.iter().any(is_loose));
    let mut rows = unified_rows(rows, are_tuples, left)?.into_iter();
    let are_sets = lists.iter().any(|it| matches!(&it.value, Value::List(nodes) if nodes.is_set()));
    let of_one_type = |list: &Node| match &list.value {
        Value::List(_) => {
            let row = rows.next().unwrap_or_default();
            Node { value: Value::List(if are_sets { as_set(row) } else { row.into() }), ..list.clone() }
        }
        _ => list.clone(),
    };
    Some(lists.iter().map(of_one_type).collect())
}

/// Objects of the same names have a type for each; of others they become maps, which have one for all of their values.
fn unified_objects(objects: &[Node], left: &mut usize) -> Option<Vec<Node>> {
    let entries: Vec<Vec<&Entry>> = objects.iter().filter_map(Node::as_object).map(in_order).collect();
    let names = |of: &[&Entry]| of.iter().map(|it| it.key.clone()).collect::<Vec<_>>();
    let are_objects = entries.iter().all(|it| names(it) == names(&entries[0]));
    let rows = entries.iter().map(|it| it.iter().map(|it| it.node.clone()).collect()).collect();
    let rows = unified_rows(rows, are_objects, left)?;
    let mut parts = entries.into_iter().zip(rows);
    let of_one_type = |node: &Node| match (&node.value, node.as_object().and_then(|_| parts.next())) {
        (Value::Object(object), Some((entries, row))) => {
            let entries = entries.into_iter().zip(row).map(|(entry, node)| Entry { node, ..entry.clone() }).collect();
            Node { value: Value::Object(Arc::new(Object { entries, open: object.open.clone() })), ..node.clone() }
        }
        _ => node.clone(),
    };
    Some(objects.iter().map(of_one_type).collect())
}

/// Rows of parts, of one type in each column or in all of them.
fn unified_rows(rows: Vec<Vec<Node>>, by_column: bool, left: &mut usize) -> Option<Vec<Vec<Node>>> {
    let Some(rest) = left.checked_sub(rows.iter().map(Vec::len).sum()) else { return Some(rows) };
    *left = rest;
    if !by_column {
        let mut all = unified_within(&rows.concat(), left)?.into_iter();
        return Some(rows.iter().map(|row| all.by_ref().take(row.len()).collect()).collect());
    }
    let width = rows.first().map_or(0, Vec::len);
    let mut column = |n: usize| unified_within(&rows.iter().map(|row| row[n].clone()).collect::<Vec<_>>(), left);
    let columns = (0..width).map(&mut column).collect::<Option<Vec<_>>>()?;
    Some((0..rows.len()).map(|n| columns.iter().map(|column| column[n].clone()).collect()).collect())
}

/// A number or truth value as a string in the same place; anything else as it is.
pub(super) fn as_text_node(node: &Node) -> Node {
    let text = match &node.value {
        Value::Number(it) => it.to_text(node.span),
        Value::Bool(it) => Text::known(&it.to_string(), node.span),
        _ => return node.clone(),
    };
    Node { value: Value::Text(text), ..node.clone() }
}
