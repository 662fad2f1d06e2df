//! Whether two values are the same, as far as that can be known, and the order in which Terraform keeps a set.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::value::{Elements, HoleKind, Node, Object, Text, Value};

/// How many pairs a comparison looks at before it gives up: values are shared, so a small one can be long to walk.
const MOST: usize = 10_000;
/// How many pairs are looked at to tell the elements of one set apart, and how many parts to put them in order.
const MOST_OF_SET: usize = 1_000_000;

/// Whether two values are the same whatever their holes turn out to be: `None` when it depends on them.
pub(in crate::frontend::terraform) fn same(a: &Node, b: &Node) -> Option<bool> {
    same_within(a, b, &mut MOST.clone())
}

/// The same, and how many pairs that took.
pub(super) fn compared(a: &Node, b: &Node) -> (Option<bool>, usize) {
    let mut left = MOST;
    let answer = same_within(a, b, &mut left);
    (answer, MOST - left)
}

fn same_within(a: &Node, b: &Node, left: &mut usize) -> Option<bool> {
    *left = left.checked_sub(1)?;
    match (&a.value, &b.value) {
        (Value::OneOf(arms), _) => agreed(arms.iter().map(|arm| same_within(&arm.node, b, left))),
        (_, Value::OneOf(arms)) => agreed(arms.iter().map(|arm| same_within(a, &arm.node, left))),
        (Value::Unknown(a), Value::Unknown(b)) => a.is_same(b).then_some(true),
        (Value::Unknown(hole), Value::Text(text)) | (Value::Text(text), Value::Unknown(hole)) => {
            same_text(text, &Text::hole(std::sync::Arc::clone(hole)))
        }
        (Value::Unknown(_), _) | (_, Value::Unknown(_)) => None,
        (Value::Null, Value::Null) => Some(true),
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        (Value::Number(a), Value::Number(b)) => a.is_same(*b),
        (Value::Text(a), Value::Text(b)) => same_text(a, b),
        (Value::List(a), Value::List(b)) => {
            if a.are_shared(b) {
                return Some(true);
            }
            // A set equals no list, and what is taken for a list may be a set.
            if a.is_set() != b.is_set() {
                return None;
            }
            if a.iter().chain(b.iter()).any(is_loose) {
                return None;
            }
            if a.len() != b.len() {
                return Some(false);
            }
            all(a.iter().zip(b.iter()).map(|(a, b)| same_within(a, b, left)))
        }
        (Value::Object(a), Value::Object(b)) => {
            if std::sync::Arc::ptr_eq(a, b) {
                return Some(true);
            }
            same_object(a, b, left)
        }
        // What the provider computes is not always text.
        (Value::Text(text), it) | (it, Value::Text(text)) if text.is_hole() && !matches!(it, Value::Null) => None,
        _ => Some(false),
    }
}

fn same_object(a: &Object, b: &Object, left: &mut usize) -> Option<bool> {
    if [a, b].iter().any(|it| it.open.is_some() || it.entries.iter().any(|entry| entry.key.has_holes())) {
        return None;
    }
    let (a, b) = (in_order(a), in_order(b));
    if a.len() != b.len() || a.iter().zip(&b).any(|(a, b)| a.key.raw() != b.key.raw()) {
        return Some(false);
    }
    all(a.iter().zip(&b).map(|(a, b)| same_within(&a.node, &b.node, left)))
}

fn all(mut answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    answers
        .try_fold(true, |_, answer| match answer {
            Some(true) => Ok(true),
            Some(false) => Err(Some(false)),
            None => Err(None),
        })
        .map_or_else(|answer| answer, Some)
}

fn agreed(mut answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let first = answers.next()??;
    answers.all(|answer| answer == Some(first)).then_some(first)
}

/// Whether two texts are the same.
pub(super) fn same_text(a: &Text, b: &Text) -> Option<bool> {
    if a == b {
        return Some(true);
    }
    if !a.has_holes() && !b.has_holes() {
        return Some(false);
    }
    if lacks_wildcards_of(a, b) || lacks_wildcards_of(b, a) {
        return Some(false);
    }
    let (start_a, end_a) = known_ends(a);
    let (start_b, end_b) = known_ends(b);
    let differs_in_front = start_a.bytes().zip(start_b.bytes()).any(|(a, b)| a != b);
    let differs_behind = end_a.bytes().rev().zip(end_b.bytes().rev()).any(|(a, b)| a != b);
    (differs_in_front || differs_behind).then_some(false)
}

/// Whether `a`, which can hold no wildcard, is compared with one that does.
fn lacks_wildcards_of(a: &Text, b: &Text) -> bool {
    let wildcards = ['*', '?'];
    b.raw().contains(wildcards)
        && !a.raw().contains(wildcards)
        && a.holes().all(|(_, hole)| hole.kind == HoleKind::Opaque)
}

/// The known text before the first hole and after the last.
pub(super) fn known_ends(text: &Text) -> (&str, &str) {
    let raw = text.raw();
    let first = text.holes().next().map_or(raw.len(), |(at, _)| at);
    let last = text.holes().last().map_or(0, |(at, _)| at + crate::value::HOLE.len_utf8());
    (&raw[..first], &raw[last..])
}

/// Whether a list element stands for an unknown number of them.
pub(super) fn is_loose(node: &Node) -> bool {
    match &node.value {
        Value::Unknown(hole) => hole.many,
        // Of one arm, it is there in that case only.
        Value::OneOf(arms) => arms.len() == 1 || arms.iter().any(|arm| is_loose(&arm.node)),
        _ => false,
    }
}

/// The entries as Terraform walks them, by key, the last one where a key is written twice; those whose key is not
/// known come last.
pub(in crate::frontend::terraform) fn in_order(object: &Object) -> Vec<&crate::value::Entry> {
    let mut entries: Vec<_> = object.entries.iter().collect();
    entries.sort_by(|a, b| a.key.has_holes().cmp(&b.key.has_holes()).then_with(|| a.key.raw().cmp(b.key.raw())));
    // The sort is stable, so the last of equal keys is the one that was written last.
    let mut out: Vec<&crate::value::Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        match out.last_mut() {
            Some(last) if last.key == entry.key => *last = entry,
            _ => out.push(entry),
        }
    }
    out
}

/// The elements without those that are the same as an earlier one.
pub(super) fn without_duplicates(nodes: Vec<Node>) -> Vec<Node> {
    let mut texts: HashSet<(u8, String)> = HashSet::new();
    let mut others: Vec<usize> = Vec::new();
    let mut out: Vec<Node> = Vec::with_capacity(nodes.len());
    let mut left = MOST_OF_SET;
    for node in nodes {
        let is_new = match scalar_key(&node) {
            Some(key) => texts.insert(key),
            None if is_loose(&node) => true,
            None => {
                let is_out = left == 0;
                let mut differs = |other: &usize| {
                    let (answer, pairs) = compared(&out[*other], &node);
                    left = left.saturating_sub(pairs);
                    answer != Some(true)
                };
                let is_new = others.len() > 200 || is_out || others.iter().all(&mut differs);
                if is_new {
                    others.push(out.len());
                }
                is_new
            }
        };
        if is_new {
            out.push(node);
        }
    }
    // It may be the same as another one.
    if out.len() > 1 {
        out = out.into_iter().map(|it| it.as_element(true)).collect();
    }
    out
}

fn scalar_key(node: &Node) -> Option<(u8, String)> {
    match &node.value {
        Value::Null => Some((0, String::new())),
        Value::Bool(it) => Some((1, it.to_string())),
        Value::Number(it) => Some((2, it.to_string())),
        Value::Text(text) => {
            let mut key = text.raw().to_owned();
            for (_, hole) in text.holes() {
                key.push('\0');
                key.push_str(&hole.scope);
                key.push('\0');
                key.push_str(&hole.reference);
            }
            Some((3, key))
        }
        _ => None,
    }
}

/// The elements as Terraform keeps a set. Those whose place in it is not known stand first, so that nobody takes a
/// known one for the first of all.
pub(in crate::frontend::terraform) fn as_set(nodes: Vec<Node>) -> Elements {
    let out = without_duplicates(nodes);
    let most = (MOST_OF_SET / out.len().max(1)).min(MOST);
    let is_made_of_parts = |it: &Node| matches!(it.value, Value::List(_) | Value::Object(_));
    let spell = |it: Node| (is_made_of_parts(&it).then(|| spelled(&it, most)), it);
    let mut out: Vec<(Option<String>, Node)> = out.into_iter().map(spell).collect();
    out.sort_by(|(spelled_a, a), (spelled_b, b)| set_order(a, b).then_with(|| spelled_a.cmp(spelled_b)));
    let out = out.into_iter().map(|(_, it)| it).collect();
    Elements::of_set(out)
}

/// The order of a set's elements, and of `sort`; those that are made of parts are alike.
pub(super) fn set_order(a: &Node, b: &Node) -> Ordering {
    fn rank(node: &Node) -> u8 {
        match &node.value {
            Value::Unknown(_) | Value::OneOf(_) => 0,
            Value::Text(text) if text.has_holes() => 1,
            Value::Null => 3,
            _ => 2,
        }
    }
    rank(a).cmp(&rank(b)).then_with(|| match (&a.value, &b.value) {
        (Value::Text(a), Value::Text(b)) => a.raw().cmp(b.raw()),
        (Value::Number(a), Value::Number(b)) => a.0.total_cmp(&b.0),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        _ => Ordering::Equal,
    })
}

/// What Terraform sorts the lists and objects of a set by: all of their scalars, as far as there are not more parts.
fn spelled(node: &Node, parts: usize) -> String {
    fn write(node: &Node, left: &mut usize, out: &mut String) {
        let Some(rest) = left.checked_sub(1) else { return };
        *left = rest;
        match &node.value {
            Value::Null => out.push('~'),
            Value::Bool(it) => out.push(if *it { 'T' } else { 'F' }),
            Value::Number(it) => out.push_str(&it.to_string()),
            Value::Text(text) => out.push_str(&format!("{:?}", text.raw())),
            Value::List(nodes) => {
                out.push('[');
                for node in nodes.iter() {
                    write(node, left, out);
                    out.push(';');
                }
                out.push(']');
            }
            Value::Object(object) => {
                out.push('{');
                for entry in in_order(object) {
                    out.push_str(&format!("{:?}:", entry.key.raw()));
                    write(&entry.node, left, out);
                    out.push(';');
                }
                out.push('}');
            }
            Value::OneOf(_) | Value::Unknown(_) => out.push('?'),
        }
    }
    let mut out = String::new();
    write(node, &mut { parts }, &mut out);
    out
}
