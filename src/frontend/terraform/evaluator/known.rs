//! Questions about values that no expression is needed for: what is certain of them, and what they are as text, number
//! or truth.

use std::sync::Arc;

use super::repeat::Case;
use crate::frontend::terraform::functions;
use crate::value::{Arm, Entry, Hole, HoleKind, Node, Number, Object, Text, Value, excludes, is_same_choice};

/// Takes what walking over a value costs off `left`; whether that was enough.
pub(in crate::frontend::terraform) fn weigh(node: &Node, left: &mut usize) -> bool {
    fn all<'n>(nodes: impl ExactSizeIterator<Item = &'n Node>, left: &mut usize) -> bool {
        // Most parts have no parts of their own, and cost one each.
        let Some(rest) = left.checked_sub(nodes.len()) else { return false };
        *left = rest;
        nodes.filter(|it| has_parts(it)).all(|it| weigh(it, left))
    }
    match &node.value {
        Value::List(nodes) => all(nodes.iter(), left),
        Value::Object(object) => all(object.entries.iter().map(|it| &it.node), left),
        Value::OneOf(arms) => all(arms.iter().map(|it| &it.node), left),
        _ => true,
    }
}

fn has_parts(node: &Node) -> bool {
    matches!(node.value, Value::List(_) | Value::Object(_) | Value::OneOf(_))
}

/// An element that may stand for any number of elements, none among them.
pub(in crate::frontend::terraform) fn is_many(node: &Node) -> bool {
    matches!(&node.value, Value::Unknown(hole) if hole.many) || functions::only_in(node).is_some()
}

/// The texts that a value may be, each in its case, those left out which are no text, as Terraform puts no other into
/// text; `None` where there are too many to be told apart.
pub(super) fn texts_of(node: &Node) -> Option<Vec<Arm>> {
    let mut out = Vec::new();
    texts_in_case(node, None, &mut MOST_VALUES.clone(), &mut out)?;
    Some(out)
}

/// How many texts may be told apart, and how many values are looked at for them.
const MOST_TEXTS: usize = 8;
const MOST_VALUES: usize = 64;

fn texts_in_case(node: &Node, case: Option<&Case>, left: &mut usize, out: &mut Vec<Arm>) -> Option<()> {
    *left = left.checked_sub(1)?;
    match &node.value {
        Value::OneOf(arms) => {
            for arm in arms.iter() {
                let case = match case {
                    None => (Arc::clone(&arm.when), arm.at),
                    Some((outer, _)) if excludes(outer, &arm.when) => continue,
                    Some((outer, at)) => (functions::both(outer, &arm.when), *at),
                };
                texts_in_case(&node.inherit(&arm.node), Some(&case), left, out)?;
            }
        }
        Value::Text(text) if text.has_choices() => {
            let arms = text.cases(node.span, |_| true)?;
            texts_in_case(&Node { value: Value::OneOf(arms.into()), ..node.clone() }, case, left, out)?;
        }
        _ => {
            if let (Some(text), Some((when, at))) = (node.to_text(), case) {
                let node = Node { value: Value::Text(text), ..node.clone() };
                out.push(Arm { when: Arc::clone(when), at: *at, node });
            }
        }
    }
    (out.len() <= MOST_TEXTS).then_some(())
}

pub(super) fn open_of(node: &Node) -> Option<Arc<Hole>> {
    node.as_object().and_then(|it| it.open.clone())
}

/// The one case in which an undecided value passes a test.
pub(super) fn only_case(node: &Node, test: impl Fn(&Node) -> bool) -> Option<Case> {
    let Value::OneOf(arms) = &node.value else { return None };
    let mut passing = arms.iter().filter(|arm| test(&arm.node));
    let only = passing.next().filter(|_| passing.next().is_none())?;
    Some((Arc::clone(&only.when), only.at))
}

/// The keys and values of a list, set or object; a list's keys are its places, a set's its elements.
pub(super) fn elements(node: &Node) -> Option<Vec<(Node, Node)>> {
    match &node.value {
        Value::List(nodes) if nodes.is_set() => {
            Some(nodes.iter().map(|it| (node.inherit(it), node.inherit(it))).collect())
        }
        Value::List(nodes) => {
            let certain = nodes.iter().position(is_many).unwrap_or(nodes.len());
            let place = |n: usize, it: &Node| match n < certain {
                true => Node::new(Value::Number(Number(n as f64)), it.span),
                false => Node::unknown(Hole {
                    kind: HoleKind::Opaque,
                    reference: format!("place {n}").into(),
                    scope: "".into(),
                    span: it.span,
                    why: "it stands behind what may be any number of elements".into(),
                    many: false,
                }),
            };
            Some(nodes.iter().enumerate().map(|(n, it)| (place(n, it), node.inherit(it))).collect())
        }
        Value::Object(object) => {
            let mut pairs: Vec<_> = object
                .entries
                .iter()
                .map(|it| (Node::new(functions::key_of(it), it.key_span), node.inherit(&it.node)))
                .collect();
            // Terraform goes through an object in the order of its keys.
            pairs.sort_by(|(a, _), (b, _)| a.as_text().map(Text::raw).cmp(&b.as_text().map(Text::raw)));
            Some(pairs)
        }
        _ => None,
    }
}

/// Puts the entries of a `for` in order, of which no two have one key: those whose key is not known come first, where
/// they take nothing's place.
pub(super) fn sort_entries(object: &mut Object) {
    let has_no_holes = |it: &Entry| !it.key.has_holes();
    object.entries.sort_by(|a, b| has_no_holes(a).cmp(&has_no_holes(b)).then_with(|| a.key.raw().cmp(b.key.raw())));
}

/// Text, or what Terraform makes text of by itself.
pub(in crate::frontend::terraform) fn text_of(node: &Node) -> Option<Text> {
    if matches!(node.value, Value::Unknown(_)) { None } else { node.to_text() }
}

/// A number, also written as text.
pub(in crate::frontend::terraform) fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Number(it) => Some(it.0),
        Value::Text(text) => text.as_known().and_then(Number::exactly).map(|it| it.0),
        _ => None,
    }
}

/// Whether two values are equal, when that is certain.
pub(super) fn same(a: &Node, b: &Node) -> Option<bool> {
    match (&a.value, &b.value) {
        (Value::OneOf(a), Value::OneOf(b)) if a.len() == 1 && is_same_choice(a, b) => {
            same(&a[0].node, &b[0].node).filter(|it| *it)
        }
        (Value::Unknown(_) | Value::OneOf(_), _) | (_, Value::Unknown(_) | Value::OneOf(_)) => None,
        (Value::Text(a), Value::Text(b)) => {
            if a == b {
                return Some(true);
            }
            if !a.has_holes() && !b.has_holes() {
                return Some(false);
            }
            // A computed text is never empty.
            let (holed, other) = if a.has_holes() { (a, b) } else { (b, a) };
            let opaque = holed.holes().all(|(_, hole)| hole.kind == HoleKind::Opaque);
            (other.is_empty() && (opaque || holed.len() > crate::value::HOLE.len_utf8())).then_some(false)
        }
        (Value::Null, Value::Null) => Some(true),
        (Value::Null, _) | (_, Value::Null) => Some(false),
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        (Value::Number(a), Value::Number(b)) => a.is_same(*b),
        (Value::List(a), Value::List(b)) => {
            // A set equals no list, and what is taken for a list may be a set.
            if a.is_set() != b.is_set() {
                return None;
            }
            if a.iter().chain(b.iter()).any(is_many) {
                return None;
            }
            if a.len() != b.len() {
                return Some(false);
            }
            all(a.iter().zip(b.iter()).map(|(a, b)| same(a, b)))
        }
        (Value::Object(a), Value::Object(b)) => {
            if [a, b].iter().any(|it| it.open.is_some() || it.entries.iter().any(|it| it.key.has_holes())) {
                return None;
            }
            if a.entries.len() != b.entries.len() {
                return Some(false);
            }
            all(a.entries.iter().map(|entry| match b.get(entry.key.raw()) {
                Some(node) => same(&entry.node, node),
                None => Some(false),
            }))
        }
        // What the provider computes is not always text.
        (Value::Text(text), _) | (_, Value::Text(text)) if text.is_hole() => None,
        // Different types are never equal in Terraform.
        _ => Some(false),
    }
}

pub(super) fn all(tests: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut out = Some(true);
    for test in tests {
        match test {
            Some(false) => return Some(false),
            None => out = None,
            Some(true) => {}
        }
    }
    out
}
