//! Lists, sets, maps and objects.

use std::borrow::Cow;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};

use super::arguments::{Answer, Call, Stop};
use super::arms::{LIMIT, at_key, foremost, in_case, is_choice, named, one_of, only_in};
use super::compare::{as_set, in_order, is_loose, same_text, set_order, without_duplicates};
use super::convert::{as_text_node, truth, unified};
use super::joined::{By, WHICH, one_of_many};
use super::{CallError, MARKED};
use crate::frontend::terraform::decimal;
use crate::source::Span;
use crate::value::{
    Arm, Elements, Entry, Hole, HoleKind, Node, Number, Object, Text, Value, is_none_of, is_this, opposite,
};

/// Where the elements stop being at a known place.
fn certain(nodes: &[Node]) -> usize {
    nodes.iter().position(is_loose).unwrap_or(nodes.len())
}

fn is_loose_list(nodes: &[Node]) -> bool {
    nodes.iter().any(is_loose)
}

/// The elements of a list argument as one type.
fn unified_list(call: &Call<'_>, index: usize) -> Answer<Vec<Node>> {
    let nodes: Vec<Node> = call.elements(index)?.collect();
    unified(&nodes).ok_or_else(|| call.fail(Some(index), "the elements have no single type"))
}

/// The elements of all list arguments as one type, argument by argument.
fn unified_lists(call: &mut Call<'_>) -> Answer<Vec<Vec<Node>>> {
    let mut lengths = Vec::new();
    let mut all = Vec::new();
    for index in 0..call.arguments.len() {
        let nodes = call.elements(index)?;
        lengths.push(nodes.len());
        call.spend_nodes(nodes.len())?;
        all.extend(nodes);
    }
    let all = unified(&all).ok_or_else(|| call.fail(None, "the arguments have no single element type"))?;
    let mut all = all.into_iter();
    Ok(lengths.into_iter().map(|length| all.by_ref().take(length).collect()).collect())
}

pub(super) fn alltrue(call: &mut Call<'_>) -> Answer {
    any_is(call, false)
}

pub(super) fn anytrue(call: &mut Call<'_>) -> Answer {
    any_is(call, true)
}

/// `decisive` as soon as one element is; the opposite when none is.
fn any_is(call: &mut Call<'_>, decisive: bool) -> Answer {
    let mut unknown = false;
    for node in call.list(0)? {
        match truth(node) {
            Some(it) if it == decisive => return call.made_bool(decisive),
            Some(_) => {}
            None if node.is_null() => {
                if !decisive {
                    return call.made_bool(false);
                }
            }
            None if matches!(node.value, Value::Unknown(_) | Value::OneOf(_)) => unknown = true,
            None if node.as_text().is_some_and(Text::has_holes) => unknown = true,
            None => return Err(call.fail(Some(0), "a list of bool is required")),
        }
    }
    if unknown { Err(call.opaque()) } else { call.made_bool(!decisive) }
}

pub(super) fn chunklist(call: &mut Call<'_>) -> Answer {
    let nodes = unified_list(call, 0)?;
    let size = usize::try_from(call.integer(1)?).map_err(|_| call.fail(Some(1), "the size must not be negative"))?;
    if is_loose_list(&nodes) {
        return Err(call.unknown());
    }
    call.spend_nodes(nodes.len().saturating_mul(2))?;
    let span = call.arguments[0].span;
    let size = if size == 0 { nodes.len().max(1) } else { size };
    call.made_list(nodes.chunks(size).map(|chunk| Node::list(chunk.to_vec(), span)).collect())
}

/// Whether a value counts for `coalesce`: `None` when that cannot be known.
fn is_set(node: &Node) -> Option<bool> {
    match &node.value {
        Value::Null => Some(false),
        Value::Text(text) => {
            let is_certain = |kind: &HoleKind| *kind == HoleKind::Opaque;
            let known = text.raw().chars().any(|it| it != crate::value::HOLE);
            if text.is_empty() {
                Some(false)
            } else {
                (known || text.holes().any(|(_, hole)| is_certain(&hole.kind))).then_some(true)
            }
        }
        // A computed attribute is some text.
        Value::Unknown(hole) => (hole.kind == HoleKind::Opaque).then_some(true),
        Value::OneOf(_) => None,
        _ => Some(true),
    }
}

pub(super) fn coalesce(call: &mut Call<'_>) -> Answer {
    if unified(call.arguments).is_none() {
        return Err(call.fail(None, "all arguments must have the same type"));
    }
    let has_text = call.arguments.iter().any(|node| matches!(node.value, Value::Text(_)));
    first_of(call, is_set, |node| if has_text { as_text_node(node) } else { node.clone() })
        .ok_or_else(|| call.fail(None, "there is no argument that is neither null nor empty"))?
}

pub(super) fn coalescelist(call: &mut Call<'_>) -> Answer {
    for (index, node) in call.arguments.iter().enumerate() {
        if node.is_null() {
            return Err(call.fail(Some(index), "arguments must be lists or tuples"));
        }
        call.list(index)?;
    }
    let has_elements = |node: &Node| match node.as_list() {
        Some([]) => Some(false),
        Some(nodes) => nodes.iter().any(|node| !is_loose(node)).then_some(true),
        None => None,
    };
    first_of(call, has_elements, Node::clone)
        .ok_or_else(|| call.fail(None, "there is no argument that is not empty"))?
}

/// The first argument that counts; one of several as long as that is open.
fn first_of(
    call: &mut Call<'_>,
    counts: impl Fn(&Node) -> Option<bool>,
    take: impl Fn(&Node) -> Node,
) -> Option<Answer> {
    let mut arms: Vec<Arm> = Vec::new();
    let mut earlier: Vec<String> = Vec::new();
    let mut at = call.span;
    for node in call.arguments {
        let state = counts(node);
        if state == Some(false) {
            continue;
        }
        if arms.is_empty() && state == Some(true) {
            return Some(Ok(take(node)));
        }
        let reference = match &node.value {
            Value::Text(text) => text.holes().next().map(|(_, hole)| Arc::clone(hole)),
            _ => None,
        }
        .unwrap_or_else(|| call.hole_for(node))
        .reference
        .to_string();
        if arms.is_empty() {
            at = node.span;
        }
        let mut when = earlier.clone();
        if state.is_none() {
            when.push(format!("{reference} is set"));
            earlier.push(format!("{reference} is not set"));
        }
        arms.push(Arm { when: when.join(" and ").into(), at, node: take(node) });
        if state == Some(true) {
            break;
        }
        if arms.len() >= LIMIT {
            return Some(Err(call.unknown()));
        }
    }
    match arms.as_slice() {
        [] => None,
        [only] => Some(Ok(only.node.clone())),
        _ => Some(Ok(one_of(arms, call.span))),
    }
}

pub(super) fn compact(call: &mut Call<'_>) -> Answer {
    let mut out = Vec::new();
    for node in call.elements(0)? {
        match &node.value {
            Value::Null => {}
            Value::Text(text) if text.is_empty() => {}
            // It may be empty, and then it is no element at all.
            Value::Text(text) if text.is_all_free() => {
                let hole = text.holes().next().map(|(_, hole)| Arc::clone(hole));
                out.push(Node { value: hole.map_or(Value::Null, Value::Unknown), ..node.clone() }.as_element(true));
            }
            Value::OneOf(arms) if arms.iter().any(|arm| is_set(&arm.node) == Some(false)) => {
                let set = arms.iter().filter(|arm| is_set(&arm.node) != Some(false));
                out.extend(set.map(|arm| in_case(&arm.when, arm.at, node.inherit(&arm.node))));
            }
            Value::List(_) | Value::Object(_) => return Err(call.fail(Some(0), "a list of string is required")),
            _ => out.push(as_text_node(&node).as_element(is_set(&node) != Some(true))),
        }
    }
    call.in_span_of(0, out)
}

pub(super) fn concat(call: &mut Call<'_>) -> Answer {
    let mut count = 0_usize;
    for index in 0..call.arguments.len() {
        count += call.list(index)?.len();
    }
    call.spend_nodes(count)?;
    let mut out = Vec::with_capacity(count);
    for index in 0..call.arguments.len() {
        out.extend(call.elements(index)?);
    }
    call.made_list(out)
}

pub(super) fn contains(call: &mut Call<'_>) -> Answer {
    let nodes = call.list(0)?;
    let wanted = &call.arguments[1];
    if wanted.is_null() {
        return Err(call.fail(Some(1), "argument must not be null"));
    }
    let mut unknown = false;
    for node in nodes {
        match call.same(node, wanted)? {
            // It may not be there.
            Some(true) if is_loose(node) => unknown = true,
            Some(true) => return call.made_bool(true),
            Some(false) => {}
            None => unknown = true,
        }
    }
    if unknown { Err(call.opaque()) } else { call.made_bool(false) }
}

pub(super) fn distinct(call: &mut Call<'_>) -> Answer {
    let nodes = unified_list(call, 0)?;
    call.in_span_of(0, without_duplicates(nodes))
}

fn is_mixed(node: &Node) -> bool {
    matches!(&node.value, Value::List(nodes) if nodes.is_mixed())
}

const NO_ELEMENT: &str = "cannot use element function with an empty list";

pub(super) fn element(call: &mut Call<'_>) -> Answer {
    let nodes = call.list(0)?;
    if nodes.is_empty() {
        return Err(call.fail(Some(0), NO_ELEMENT));
    }
    let certain = certain(nodes);
    let index = match call.integer(1) {
        Ok(_) if is_mixed(&call.arguments[0]) && certain == nodes.len() && certain <= LIMIT => {
            let written = call.host.written(call.span);
            let arm = |(n, node): (usize, &Node)| {
                let when = format!("`{written}` is the element `{}`", n + 1).into();
                Arm { when, at: call.span, node: call.element(0, node) }
            };
            return Ok(one_of(nodes.iter().enumerate().map(arm).collect(), call.span));
        }
        Ok(_) if is_mixed(&call.arguments[0]) && nodes.len() > 1 => return Err(call.unknown()),
        Ok(index) => index,
        Err(stop @ Stop::Error(_)) => return Err(stop),
        Err(Stop::Hole { .. }) if nodes.len() == 1 && certain == 1 => 0,
        Err(Stop::Hole { .. }) if certain == nodes.len() && certain > LIMIT && !is_mixed(&call.arguments[0]) => {
            let values = nodes.iter().enumerate().map(|(n, it)| (Some(n.to_string()), call.element(0, it)));
            return one_by_key(call, &values.collect::<Vec<_>>());
        }
        Err(Stop::Hole { .. }) if certain == nodes.len() && certain <= LIMIT => {
            let key = &call.arguments[1];
            let (what, at) = named(key).unwrap_or_else(|| (call.hole_for(key).reference.to_string(), key.span));
            let arm =
                |(index, node): (usize, &Node)| Arm { when: is_this(&what, index), at, node: call.element(0, node) };
            let arms = nodes.iter().enumerate().map(arm);
            return Ok(one_of(arms.collect(), call.span));
        }
        Err(Stop::Hole { .. }) => return Err(call.unknown()),
    };
    if certain == nodes.len() {
        let length = i64::try_from(nodes.len()).unwrap_or(i64::MAX);
        let index = usize::try_from(index.rem_euclid(length)).unwrap_or(0);
        return Ok(call.element(0, &nodes[index]));
    }
    match usize::try_from(index) {
        Ok(index) if index < certain => Ok(call.element(0, &nodes[index])),
        Ok(0) => {
            let Some((arms, is_there)) = foremost(&call.arguments[0], nodes) else { return Err(call.unknown()) };
            if !is_there {
                call.host.may_fail(&CallError { message: NO_ELEMENT.into(), argument: Some(0) });
            }
            Ok(one_of(arms, call.span))
        }
        _ => Err(call.unknown()),
    }
}

pub(super) fn flatten(call: &mut Call<'_>) -> Answer {
    fn gather(call: &mut Call<'_>, whole: &Node, out: &mut Vec<Node>, depth: usize) -> Answer<()> {
        let nodes = match &whole.value {
            Value::List(nodes) => nodes,
            Value::OneOf(arms) if arms.iter().any(|arm| matches!(arm.node.value, Value::List(_))) => {
                for arm in arms.iter() {
                    let mut inner = Vec::new();
                    gather(call, &whole.inherit(&arm.node), &mut inner, depth + 1)?;
                    out.extend(inner.into_iter().map(|it| in_case(&arm.when, arm.at, it)));
                }
                return Ok(());
            }
            _ => {
                // It may be a list.
                out.push(whole.clone().as_element(true));
                return Ok(());
            }
        };
        if depth > 100 {
            return Err(call.free());
        }
        // A list may be shared many times over, so what it grows to is paid for as it grows.
        call.spend_nodes(nodes.len())?;
        nodes.iter().try_for_each(|node| gather(call, &whole.inherit(node), out, depth + 1))
    }
    call.list(0)?;
    let mut out = Vec::new();
    gather(call, &call.arguments[0], &mut out, 0)?;
    call.made_list(out)
}

pub(super) fn index(call: &mut Call<'_>) -> Answer {
    let nodes = call.list(0)?;
    let wanted = &call.arguments[1];
    for (index, node) in nodes.iter().enumerate() {
        match call.same(node, wanted)? {
            Some(true) => return call.made_count(index),
            Some(false) => {}
            None => return Err(call.opaque()),
        }
    }
    Err(call.fail(None, "item not found"))
}

/// An argument that must be an object, with its entries as Terraform walks them.
fn with_entries<T>(call: &mut Call<'_>, make: impl Fn(&Node, &Entry) -> T, open: impl Fn(Node) -> T) -> Answer<Vec<T>> {
    let object = call.object(0)?;
    let whole = &call.arguments[0];
    let mut out: Vec<T> = in_order(&object).into_iter().map(|entry| make(whole, entry)).collect();
    if let Some(hole) = &object.open {
        let rest = Node { value: Value::Unknown(Arc::clone(hole)), span: hole.span, origin: whole.origin.clone() };
        out.push(open(rest.as_element(true)));
    }
    Ok(out)
}

fn key_node(whole: &Node, entry: &Entry) -> Node {
    Node { value: key_of(entry), span: entry.key_span, origin: whole.origin.clone() }
}

/// The key of an entry as a value: one that is not to be seen is not known.
pub(in crate::frontend::terraform) fn key_of(entry: &Entry) -> Value {
    let Some(shown) = entry.key.hidden() else { return Value::Text(entry.key.clone()) };
    let mut hasher = FxHasher::default();
    entry.key.raw().hash(&mut hasher);
    Value::Text(Text::hole(Arc::new(Hole {
        kind: HoleKind::Opaque,
        reference: Arc::clone(shown),
        scope: format!("key {:x}", hasher.finish()).into(),
        span: entry.key_span,
        why: MARKED.into(),
        many: false,
    })))
}

pub(super) fn keys(call: &mut Call<'_>) -> Answer {
    let key = |whole: &Node, entry: &Entry| match only_in(&entry.node) {
        // What is there in one case only has its key in that case only.
        Some((_, (when, at))) => in_case(&when, at, key_node(whole, entry)),
        None => key_node(whole, entry),
    };
    let nodes = with_entries(call, key, |node| node)?;
    in_order_of_keys(call, nodes)
}

/// A list in the order of the keys of an argument, as far as these are known.
fn in_order_of_keys(call: &Call<'_>, nodes: Vec<Node>) -> Answer {
    let is_open = |it: &Object| it.open.is_some() || it.entries.iter().any(|it| it.key.has_holes());
    match call.arguments[0].as_object().is_some_and(is_open) {
        true => Ok(call.made(Value::List(Elements::in_some_order(nodes)))),
        false => call.made_list(nodes),
    }
}

pub(super) fn values(call: &mut Call<'_>) -> Answer {
    let nodes = with_entries(call, |whole, entry| whole.inherit(&entry.node).as_element(false), |node| node)?;
    in_order_of_keys(call, nodes)
}

pub(super) fn length(call: &mut Call<'_>) -> Answer {
    match &call.arguments[0].value {
        Value::Text(text) => match text.as_known() {
            Some(known) => call.made_count(super::strings::graphemes(known).len()),
            None => Err(call.opaque()),
        },
        Value::List(nodes) if is_loose_list(nodes) => Err(call.opaque()),
        Value::List(nodes) => call.made_count(nodes.len()),
        Value::Object(object) => {
            let holes = object.entries.iter().filter(|entry| entry.key.has_holes()).count();
            // Two keys that are not known may be the same.
            // And what is there in one case only may not be there.
            let is_loose = object.entries.iter().any(|entry| is_loose(&entry.node) && is_choice(&entry.node));
            if object.open.is_some() || is_loose || (holes > 0 && object.entries.len() > 1) {
                return Err(call.opaque());
            }
            call.made_count(in_order(object).len())
        }
        Value::Unknown(_) | Value::OneOf(_) => Err(call.opaque()),
        Value::Null => Err(call.fail(Some(0), "argument must not be null")),
        _ => Err(call.fail(Some(0), "argument must be a string, a collection type, or a structural type")),
    }
}

pub(super) fn lookup(call: &mut Call<'_>) -> Answer {
    let object = call.object(0)?;
    let key = call.text(1)?;
    let whole = &call.arguments[0];
    if let Some(known) = key.as_known() {
        let (is_there, arms) = at_key(whole, &object, known);
        if let ([only], Some(default)) = (&arms[..], call.arguments.get(2))
            && is_there
            && let Some((node, (when, at))) = only_in(&only.node)
        {
            let not = Arm { when: opposite(&when), at, node: default.clone() };
            return Ok(one_of(vec![Arm { when, at, node }, not], call.span));
        }
        if is_there {
            return if arms.len() > LIMIT { Err(call.unknown()) } else { Ok(one_of(arms, call.span)) };
        }
    }
    let candidates: Vec<&Entry> =
        in_order(&object).into_iter().filter(|entry| same_text(&entry.key, &key) != Some(false)).collect();
    let default = call.arguments.get(2);
    if candidates.is_empty() && object.open.is_none() {
        let missing = || call.fail(Some(1), format!("there is no key `{key}`"));
        return default.cloned().ok_or_else(missing);
    }
    let exact = candidates.iter().rev().find(|entry| entry.key == key);
    if let Some(entry) = exact {
        return Ok(whole.inherit(&entry.node));
    }
    if candidates.len() + 2 > LIMIT {
        let is_told = |it: &&Entry| !it.key.has_holes() && only_in(&it.node).is_none();
        if object.open.is_some() || !candidates.iter().all(is_told) {
            return Err(call.unknown());
        }
        let values = candidates.iter().map(|it| (Some(it.key.to_string()), whole.inherit(&it.node)));
        let values: Vec<_> = values.chain(default.map(|it| (None, it.clone()))).collect();
        return one_by_key(call, &values);
    }
    let (shown, at) = named(&call.arguments[1]).unwrap_or_else(|| (key.to_string(), call.arguments[1].span));
    let mut arms: Vec<Arm> = candidates
        .iter()
        .map(|entry| Arm { when: is_this(&shown, &entry.key), at, node: whole.inherit(&entry.node) })
        .collect();
    if let Some(hole) = &object.open {
        let Stop::Hole { why, .. } = call.free() else { return Err(call.free()) };
        let node = super::hole(HoleKind::Free, why, call.span, call.host);
        arms.push(Arm { when: format!("`{}` has `{shown}`", hole.reference).into(), at, node });
    }
    if let Some(default) = default {
        let when = match &object.open {
            Some(hole) => format!("not `{}` has `{shown}`", hole.reference),
            None if candidates.len() == 1 => opposite(&arms[0].when).to_string(),
            None => is_none_of(&shown, candidates.iter().map(|it| &it.key)).to_string(),
        };
        arms.push(Arm { when: when.into(), at, node: default.clone() });
    }
    match arms.as_slice() {
        // Without a default there is the entry or an error.
        [only] => Ok(only.node.clone()),
        _ => Ok(one_of(arms, call.span)),
    }
}

/// One of more values than are told apart each by itself, by the second argument.
fn one_by_key(call: &mut Call<'_>, values: &[(Option<String>, Node)]) -> Answer {
    // Each is held against each other one.
    call.spend(values.len() * values.len())?;
    let key = &call.arguments[1];
    let named = named(key).unwrap_or_else(|| (call.hole_for(key).reference.to_string(), key.span));
    let hole = Hole {
        kind: HoleKind::Free,
        reference: call.host.written(call.span),
        scope: call.host.meaning(call.span),
        span: call.span,
        why: WHICH.into(),
        many: false,
    };
    let by = By { what: Some((&named.0, named.1)), span: call.span, hole: &hole };
    one_of_many(values, by).ok_or_else(|| call.unknown())
}

pub(super) fn matchkeys(call: &mut Call<'_>) -> Answer {
    let (values, keys, wanted) = (call.list(0)?, call.list(1)?, call.list(2)?);
    if is_loose_list(values) || is_loose_list(keys) {
        return Err(call.unknown());
    }
    if values.len() != keys.len() {
        return Err(call.fail(None, "length of keys and values should be equal"));
    }
    call.spend(keys.len().saturating_mul(wanted.len()))?;
    let mut out = Vec::new();
    for (value, key) in values.iter().zip(keys) {
        let mut unknown = false;
        let mut found = false;
        for wanted in wanted {
            match call.same(key, wanted)? {
                Some(true) => {
                    found = true;
                    break;
                }
                Some(false) => {}
                None => unknown = true,
            }
        }
        if found {
            out.push(call.element(0, value));
        } else if unknown {
            return Err(call.unknown());
        }
    }
    call.made_list(out)
}

/// Objects joined, later entries in the place of earlier ones.
///
/// An unknown object leaves the result open. It is taken not to replace what is known: whoever merges it over the
/// known entries adds to them, and what is known must not vanish behind it.
pub(super) fn merge(call: &mut Call<'_>) -> Answer {
    let mut out = Object::default();
    let mut places: FxHashMap<Text, usize> = FxHashMap::default();
    // Where the last key stands that is not known.
    let mut holes: Option<usize> = None;
    for index in 0..call.arguments.len() {
        let whole = &call.arguments[index];
        if whole.is_null() {
            continue;
        }
        let object = match &whole.value {
            Value::OneOf(arms) => in_their_cases(arms).map_or_else(|| call.object(index), |it| Ok(Cow::Owned(it)))?,
            _ => call.object(index)?,
        };
        call.spend(object.entries.len().saturating_mul(size_of::<Entry>()))?;
        if let Some(hole) = &object.open {
            // What it holds besides may take the place of all in front of it.
            out.entries.iter_mut().for_each(|it| *it = or_replaced(it, hole));
            out.open.get_or_insert_with(|| Arc::clone(hole));
        }
        for entry in &object.entries {
            let entry = Entry { node: whole.inherit(&entry.node), ..entry.clone() };
            let next = out.entries.len();
            let is_known = !entry.key.has_holes();
            match is_known.then(|| places.entry(entry.key.clone()).or_insert(next)) {
                // Behind a key that is not known it takes the place of that one too.
                Some(place) if *place < next && holes.is_none_or(|it| it < *place) => {
                    let before = &out.entries[*place];
                    out.entries[*place] = match only_in(&entry.node) {
                        Some((node, (when, at))) => {
                            let not = Arm { when: opposite(&when), at, node: before.node.clone() };
                            let value = Value::OneOf([Arm { when, at, node }, not].into());
                            Entry { node: Node { value, ..entry.node.clone() }, ..entry }
                        }
                        None => entry,
                    };
                }
                place => {
                    place.into_iter().for_each(|it| *it = next);
                    holes = if is_known { holes } else { Some(next) };
                    out.entries.push(entry);
                }
            }
        }
    }
    Ok(call.made(Value::Object(Arc::new(out))))
}

/// The entries of one of several objects, each there in the case of its object only; `None` where not all is told.
fn in_their_cases(arms: &[Arm]) -> Option<Object> {
    let mut object = Object::default();
    for arm in arms.iter().filter(|it| !it.node.is_null()) {
        let own = arm.node.as_object().filter(|it| it.open.is_none())?;
        for entry in &own.entries {
            if entry.key.has_holes() || is_choice(&entry.node) {
                return None;
            }
            object
                .entries
                .push(Entry { node: in_case(&arm.when, arm.at, arm.node.inherit(&entry.node)), ..entry.clone() });
        }
    }
    Some(object)
}

/// An entry as it is when something that is not known, and is merged behind it, may have the same key.
fn or_replaced(entry: &Entry, hole: &Arc<Hole>) -> Entry {
    let Some(key) = entry.key.as_known() else { return entry.clone() };
    let has = format!("`{}` has `{key}`", hole.reference);
    let replaced = Node::new(Value::Unknown(Arc::clone(hole)), hole.span);
    let arm = |when: String, node: Node| Arm { when: when.into(), at: hole.span, node };
    let arms = [arm(format!("not {has}"), entry.node.clone()), arm(has, replaced)];
    Entry { node: Node::new(Value::OneOf(Arc::new(arms)), entry.node.span), ..entry.clone() }
}

pub(super) fn one(call: &mut Call<'_>) -> Answer {
    match call.list(0)? {
        [] => Ok(call.made(Value::Null)),
        [only] if !is_loose(only) => Ok(call.element(0, only)),
        nodes if nodes.iter().filter(|node| !is_loose(node)).count() > 1 => {
            Err(call.fail(Some(0), "must be a list, set, or tuple value with either zero or one elements"))
        }
        // Were there more than the one that is known, the call would fail.
        nodes => match nodes.iter().find(|node| !is_loose(node)) {
            Some(node) => Ok(call.element(0, node)),
            None => Err(call.unknown()),
        },
    }
}

pub(super) fn range(call: &mut Call<'_>) -> Answer {
    /// As many as Terraform makes.
    const MOST: usize = 1024;
    let mut numbers = Vec::new();
    for index in 0..call.arguments.len() {
        numbers.push(call.number(index)?);
    }
    let (start, limit, step) = match numbers.as_slice() {
        [limit] => (0.0, *limit, if *limit < 0.0 { -1.0 } else { 1.0 }),
        [start, limit] => (*start, *limit, if limit < start { -1.0 } else { 1.0 }),
        [start, limit, step] => (*start, *limit, *step),
        _ => return Err(call.free()),
    };
    if step == 0.0 || (limit > start && step < 0.0) || (limit < start && step > 0.0) {
        return Err(call.fail(None, "the step must lead from the start to the limit"));
    }
    let mut out = Vec::new();
    let mut next = start;
    while if step > 0.0 { next < limit } else { next > limit } {
        if out.len() == MOST {
            return Err(call.fail(None, "more than 1024 values were generated"));
        }
        out.push(call.made(Value::Number(Number(next))));
        next = decimal::sum(next, step).ok_or_else(Call::too_long)?;
    }
    call.spend_nodes(out.len())?;
    call.made_list(out)
}

pub(super) fn reverse(call: &mut Call<'_>) -> Answer {
    let nodes: Vec<Node> = call.elements(0)?.rev().collect();
    call.in_span_of(0, nodes)
}

pub(super) fn setintersection(call: &mut Call<'_>) -> Answer {
    let mut sets = unified_lists(call)?.into_iter();
    let mut out = sets.next().unwrap_or_default();
    for set in sets {
        out = kept(call, out, &set, true)?;
    }
    Ok(call.made(Value::List(as_set(out))))
}

pub(super) fn setsubtract(call: &mut Call<'_>) -> Answer {
    let mut sets = unified_lists(call)?.into_iter();
    let (from, taken) = (sets.next().unwrap_or_default(), sets.next().unwrap_or_default());
    let out = kept(call, from, &taken, false)?;
    Ok(call.made(Value::List(as_set(out))))
}

/// Those that are, or are not, in another set, when that can be known of each.
fn kept(call: &mut Call<'_>, nodes: Vec<Node>, other: &[Node], wanted: bool) -> Answer<Vec<Node>> {
    call.spend(nodes.len().saturating_mul(other.len()))?;
    let mut out = Vec::new();
    for node in nodes {
        if is_loose(&node) {
            return Err(call.unknown());
        }
        // What is there in one case only may not be there.
        let is_there = |other: &Node, is_same: &bool| !*is_same || !is_loose(other);
        let mut answer = |other: &Node| Ok(call.same(&node, other)?.filter(|it| is_there(other, it)));
        let answers = other.iter().map(&mut answer).collect::<Answer<Vec<Option<bool>>>>()?;
        let is_in = if answers.contains(&Some(true)) {
            true
        } else if answers.contains(&None) {
            return Err(call.unknown());
        } else {
            false
        };
        if is_in == wanted {
            out.push(node);
        }
    }
    Ok(out)
}

pub(super) fn setproduct(call: &mut Call<'_>) -> Answer {
    let mut count = 1_usize;
    for index in 0..call.arguments.len() {
        let nodes = call.list(index)?;
        if is_loose_list(nodes) {
            return Err(call.unknown());
        }
        count = count.saturating_mul(nodes.len());
    }
    call.spend_nodes(count.saturating_mul(call.arguments.len() + 1))?;
    let mut rows: Vec<Vec<Node>> = vec![Vec::new()];
    for index in 0..call.arguments.len() {
        let nodes: Vec<Node> = call.elements(index)?.collect();
        let nodes = unified(&nodes).unwrap_or(nodes);
        let longer = |row: &Vec<Node>, node: &Node| row.iter().chain([node]).cloned().collect();
        rows = rows.iter().flat_map(|row| nodes.iter().map(move |node| longer(row, node))).collect();
    }
    let span = call.span;
    call.made_list(rows.into_iter().map(|row| Node::list(row, span)).collect())
}

pub(super) fn setunion(call: &mut Call<'_>) -> Answer {
    let sets = unified_lists(call)?;
    Ok(call.made(Value::List(as_set(sets.into_iter().flatten().collect()))))
}

pub(super) fn slice(call: &mut Call<'_>) -> Answer {
    let nodes = call.list(0)?;
    let certain = certain(nodes);
    let (start, end) = match (slice_bound(call, 1), slice_bound(call, 2)) {
        (Ok(start), Ok(end)) => (start, end),
        (Err(stop @ Stop::Error(_)), _) | (_, Err(stop @ Stop::Error(_))) => return Err(stop),
        (start, end) => return slice_of_unknown(call, start.ok(), end.ok()),
    };
    if start > end {
        return Err(call.fail(Some(1), "start index must not be greater than end index"));
    }
    if end > nodes.len() && certain == nodes.len() {
        return Err(call.fail(Some(2), "end index must not be greater than the length of the list"));
    }
    if end > certain {
        return Err(call.unknown());
    }
    let nodes: Vec<Node> = nodes[start..end].iter().map(|node| call.element(0, node)).collect();
    call.made_list(nodes)
}

/// What there is of a list between two places of which one is not known: each element in its case.
fn slice_of_unknown(call: &mut Call<'_>, start: Option<usize>, end: Option<usize>) -> Answer {
    let nodes = call.list(0)?;
    if certain(nodes) < nodes.len() || is_mixed(&call.arguments[0]) {
        return Err(call.unknown());
    }
    let written = |call: &Call<'_>, index: usize| call.host.written(call.arguments[index].span);
    let (from, to) = (written(call, 1), written(call, 2));
    let at = call.arguments[if end.is_none() { 2 } else { 1 }].span;
    let range = start.unwrap_or(0).min(nodes.len())..end.unwrap_or(nodes.len()).min(nodes.len());
    let element = |(n, node): (usize, &Node)| {
        let mut words = Vec::with_capacity(2);
        if start.is_none() {
            words.push(format!("`{from}` is at most {n}"));
        }
        if end.is_none() {
            words.push(format!("`{to}` is above {n}"));
        }
        in_case(&words.join(" and ").into(), at, call.element(0, node))
    };
    let first = range.start;
    let nodes = nodes[range].iter().enumerate().map(|(n, node)| element((first + n, node))).collect();
    call.made_list(nodes)
}

fn slice_bound(call: &Call<'_>, index: usize) -> Answer<usize> {
    match call.integer(index) {
        Ok(bound) => {
            usize::try_from(bound).map_err(|_| call.fail(Some(index), "must be greater than or equal to zero"))
        }
        Err(Stop::Hole { .. }) => Err(call.unknown()),
        Err(stop) => Err(stop),
    }
}

pub(super) fn sort(call: &mut Call<'_>) -> Answer {
    let mut nodes: Vec<Node> = call.elements(0)?.map(|node| as_text_node(&node)).collect();
    if nodes.iter().any(|node| matches!(node.value, Value::Null | Value::List(_) | Value::Object(_))) {
        return Err(call.fail(Some(0), "a list of strings is required"));
    }
    nodes.sort_by(set_order);
    // Where it stands is not known.
    let place = |it: Node| it.as_element(true);
    call.in_span_of(0, nodes.into_iter().map(place).collect())
}

pub(super) fn transpose(call: &mut Call<'_>) -> Answer {
    let object = call.object(0)?;
    let whole = &call.arguments[0];
    let mut open = object.open.clone();
    let mut out: std::collections::BTreeMap<String, (Text, Span, Vec<Node>)> = std::collections::BTreeMap::new();
    for entry in in_order(&object) {
        let Value::List(nodes) = &entry.node.value else {
            if !matches!(entry.node.value, Value::Unknown(_) | Value::OneOf(_)) {
                return Err(call.fail(Some(0), "a map of lists is required"));
            }
            open = Some(call.hole_for(&entry.node));
            continue;
        };
        for node in nodes.iter() {
            let alone = [Arm { when: "".into(), at: node.span, node: node.clone() }];
            let (arms, is_certain) = match &node.value {
                Value::OneOf(arms) => (&arms[..], false),
                _ => (&alone[..], true),
            };
            for arm in arms {
                let Some(text) = call.text_of(&arm.node) else {
                    return Err(call.fail(Some(0), "a map of lists of strings is required"));
                };
                let Some(known) = text.as_known() else {
                    open = Some(call.hole_for(&arm.node));
                    continue;
                };
                let key = key_node(whole, entry);
                let key = if is_certain { key } else { in_case(&arm.when, arm.at, key) };
                out.entry(known.to_owned()).or_insert_with(|| (text, arm.node.span, Vec::new())).2.push(key);
            }
        }
    }
    let span = call.span;
    let entry = |(key, key_span, keys): (Text, Span, Vec<Node>)| {
        let case = keys.iter().all(is_loose).then(|| keys[0].clone());
        let list = Node::list(keys, span);
        let node = match case.map(|it| it.value) {
            // Where none is there for certain, the key is not either.
            Some(Value::OneOf(arms)) if arms.len() == 1 => in_case(&arms[0].when, arms[0].at, list),
            _ => list,
        };
        Entry { key, key_span, node }
    };
    let entries = out.into_values().map(entry).collect();
    Ok(call.made(Value::Object(Arc::new(Object { entries, open }))))
}

pub(super) fn zipmap(call: &mut Call<'_>) -> Answer {
    let (keys, values) = (call.list(0)?, call.list(1)?);
    let (certain_keys, certain_values) = (certain(keys), certain(values));
    let are_certain = certain_keys == keys.len() && certain_values == values.len();
    if are_certain && keys.len() != values.len() {
        let message = format!("number of keys ({}) does not match number of values ({})", keys.len(), values.len());
        return Err(call.fail(None, message));
    }
    call.spend(keys.len().saturating_mul(size_of::<Entry>()))?;
    let mut entries = Vec::with_capacity(keys.len());
    for (index, key_node) in keys.iter().enumerate().filter(|(_, key)| !is_loose(key)) {
        let Some(key) = call.text_of(key_node) else { return Err(call.fail(Some(0), "a list of string is required")) };
        let node = match values.get(index) {
            Some(value) if index < certain_keys && index < certain_values => call.element(1, value),
            _ => {
                let hole = call.hole_for(values.iter().chain(keys).find(|node| is_loose(node)).unwrap_or(key_node));
                let hole = Hole {
                    reference: format!("{}[\"{key}\"]", call.host.written(call.span)).into(),
                    ..(*hole).clone()
                };
                Node::unknown(hole)
            }
        };
        entries.push(Entry { key, key_span: key_node.span, node });
    }
    let open = keys.iter().find(|key| is_loose(key)).map(|key| call.hole_for(key));
    Ok(call.made(Value::Object(Arc::new(Object { entries, open }))))
}
