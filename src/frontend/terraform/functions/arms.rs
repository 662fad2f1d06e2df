//! A function of one of several values is one of several results: it is called once for each arm.

use std::sync::Arc;

use smallvec::SmallVec;

use super::arguments::{Answer, Call, Stop};
use super::compare::{is_loose, same_text};
use super::{Function, Reach};
use crate::source::Span;
use crate::value::{Arm, Elements, Entry, HOLE, Node, Object, Text, Value, is_same_choice, opposite};

/// How many results a call may have.
pub(in crate::frontend::terraform) const LIMIT: usize = 8;
/// How many it may have by choices that do not depend on each other: they multiply, and then what is known is better
/// kept once with several unknowns in it than many times.
const LIMIT_OF_SEVERAL: usize = 4;

/// The case in which something has elements, or a count is one, of which one stands for any number.
pub(in crate::frontend::terraform) const ANY_NUMBER: [&str; 2] = [" has such an element", " is more than 0"];

/// Of which of several elements something is said, where each of them is said to be it in the same words.
pub(in crate::frontend::terraform) const THIS_ELEMENT: &str = " is this element";

/// Whether a case is one and the same wherever it is told in these words.
pub(in crate::frontend::terraform) fn tells_one(when: &str) -> bool {
    !when.ends_with(THIS_ELEMENT)
}

/// Which of its arms each choice of a call takes.
struct Choices<'a> {
    /// Choices by the same conditions are one choice.
    of: Vec<&'a [Arm]>,
    taken: Vec<usize>,
}

/// The results of a call for each combination of the arms in its arguments; `None` when there are none, or too many.
pub(super) fn distribute(call: &mut Call<'_>, function: Function, limit: usize) -> Option<Answer> {
    let mut choices = choices(call.arguments, function.reach);
    if choices.of.is_empty() {
        return None;
    }
    let most = if choices.of.len() > 1 { limit.min(LIMIT_OF_SEVERAL) } else { limit };
    let is_all = choices.count().is_some_and(|it| it <= most);
    if !is_all {
        choices.leave_loose(function, limit)?;
    }
    let count = choices.count()?;
    let (mut arms, mut error) = (Vec::with_capacity(count), None);
    loop {
        let arguments: Vec<Node> = call.arguments.iter().map(|node| choices.apply(node, function.reach)).collect();
        let mut part = Call { name: call.name, arguments: &arguments, span: call.span, host: &mut *call.host };
        let answer = if is_all { function.answer(&mut part, limit / count) } else { (function.run)(&mut part) };
        let node = match answer {
            Ok(node) => Some(node),
            Err(Stop::Hole { kind, why }) => Some(super::hole(kind, why, part.span, part.host)),
            Err(Stop::Error(failed)) => {
                part.host.may_fail(&failed);
                error.get_or_insert(failed);
                None
            }
        };
        if let Some(node) = node {
            let (when, at) = choices.when();
            push(&mut arms, when, at, node);
        }
        if !choices.next() {
            break;
        }
    }
    Some(match (arms.len(), error) {
        (0, Some(error)) => Err(Stop::Error(error)),
        _ => Ok(of_each(arms, count, call.span)),
    })
}

/// What a function is called with, a text with choices in it as one of several texts; `None` where there is none.
pub(super) fn told_apart(arguments: &[Node]) -> Option<Vec<Node>> {
    let cases = |it: &Node| it.as_text().and_then(|text| text.cases(it.span, |_| true));
    let is_choice = |it: &Node| it.as_text().is_some_and(Text::has_choices);
    arguments.iter().any(is_choice).then(|| {
        let told_apart = |it: &Node| match cases(it) {
            Some(arms) => Node { value: Value::OneOf(arms.into()), ..it.clone() },
            None => it.clone(),
        };
        arguments.iter().map(told_apart).collect()
    })
}

/// One of several values; the value itself when it is the same under every condition.
pub(in crate::frontend::terraform) fn one_of(arms: Vec<Arm>, span: Span) -> Node {
    if let Some((first, rest)) = arms.split_first()
        && rest.iter().all(|arm| is_same(&first.node, &arm.node))
    {
        return first.node.clone();
    }
    Node::new(Value::OneOf(arms.into()), span)
}

/// What is made of so many arms: of a value that is there in one case only, what is there in that case only.
pub(in crate::frontend::terraform) fn of_each(made: Vec<Arm>, count: usize, span: Span) -> Node {
    if count == 1 { Node::new(Value::OneOf(made.into()), span) } else { one_of(made, span) }
}

/// Whether two values are one that is written once, or of which nobody asks where it is written.
fn is_same(a: &Node, b: &Node) -> bool {
    let is_empty = |it: &Object| it.entries.is_empty() && it.open.is_none();
    match (&a.value, &b.value) {
        (Value::Text(one), Value::Text(other)) => a.span == b.span && !one.has_choices() && one == other,
        (Value::List(one), Value::List(other)) if one.are_shared(other) => true,
        (Value::Object(one), Value::Object(other)) if Arc::ptr_eq(one, other) => true,
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => a == b,
        (Value::List(a), Value::List(b)) => a.is_empty() && b.is_empty() && a.is_set() == b.is_set(),
        (Value::Object(a), Value::Object(b)) => is_empty(a) && is_empty(b),
        _ => false,
    }
}

/// An element that is there in one case only: one of one value.
pub(in crate::frontend::terraform) fn in_case(when: &Arc<str>, at: Span, node: Node) -> Node {
    let (span, mut arms) = (node.span, Vec::with_capacity(1));
    push(&mut arms, Arc::clone(when), at, node);
    Node::new(Value::OneOf(arms.into()), span)
}

/// What the first element of a list may be of which some are there in their cases only, each in its case, and whether
/// there is one for certain; `None` where nothing can be said of it.
pub(in crate::frontend::terraform) fn foremost(whole: &Node, nodes: &[Node]) -> Option<(Vec<Arm>, bool)> {
    let (mut arms, mut without): (Vec<Arm>, Vec<Arc<str>>) = Default::default();
    for node in nodes {
        let arm = match &node.value {
            Value::OneOf(of) if of.len() == 1 => of.first(),
            _ => None,
        };
        let premises = || without.iter().map(|it| &**it).collect::<Vec<_>>().join(" and ");
        let at = || arms.first().map_or(node.span, |it| it.at);
        match arm {
            Some(arm) if !tells_one(&arm.when) => return None,
            Some(arm) if without.contains(&opposite(&arm.when)) => {}
            // It is there where no one in front of it is.
            Some(arm) if without.contains(&arm.when) => {
                let node = whole.inherit(&node.inherit(&arm.node));
                arms.push(Arm { when: premises().into(), at: at(), node });
                return Some((arms, true));
            }
            Some(arm) => {
                let when = if without.is_empty() { Arc::clone(&arm.when) } else { both(&premises().into(), &arm.when) };
                let node = whole.inherit(&node.inherit(&arm.node));
                let at = if arms.is_empty() { arm.at } else { at() };
                arms.push(Arm { when, at, node });
                without.push(opposite(&arm.when));
            }
            None if is_loose(node) && arms.is_empty() => return None,
            None => {
                let is_there = !is_loose(node);
                let node = whole.inherit(node).as_element(false);
                arms.push(Arm { when: premises().into(), at: at(), node });
                return Some((arms, is_there));
            }
        }
        if arms.len() >= LIMIT {
            return None;
        }
    }
    (!arms.is_empty()).then_some((arms, false))
}

/// A list or an object of which elements are there in their cases only as one of several, each of which has its elements
/// for certain; `None` where there is none such, or where it cannot be told apart. Where one element stands for more, so
/// many as there are of it are taken for one if `is_one` says that this makes no difference.
pub(in crate::frontend::terraform) fn as_choice(node: &Node, is_one: bool) -> Option<Node> {
    /// How many elements may be there or not.
    const MOST: usize = 2;
    let within: SmallVec<[&Node; 8]> = match &node.value {
        Value::List(nodes) => nodes.iter().collect(),
        Value::Object(object) => object.entries.iter().map(|it| &it.node).collect(),
        _ => return None,
    };
    let is_object = node.as_object().is_some();
    let mut cases: SmallVec<[&Arm; MOST]> = SmallVec::new();
    for element in within {
        let Value::OneOf(arms) = &element.value else {
            // What is not known of an object is the value of one entry.
            if is_loose(element) && !is_object {
                return None;
            }
            continue;
        };
        let [arm] = &**arms else {
            if is_loose(element) {
                return None;
            }
            continue;
        };
        let is_told = cases.iter().all(|it| it.when != arm.when || it.at != arm.at);
        if !is_told
            || cases.len() == MOST
            || is_loose(&arm.node)
            || ANY_NUMBER.iter().any(|it| arm.when.ends_with(it)) && !is_one
        {
            return None;
        }
        cases.push(arm);
    }
    if cases.is_empty() {
        return None;
    }
    let not: SmallVec<[Arc<str>; MOST]> = cases.iter().map(|it| opposite(&it.when)).collect();
    // The first case is the one in which all of them are there.
    let version = |which: usize| {
        let is_there = |n: usize| which & (1 << n) == 0;
        let holds = |n: usize| if is_there(n) { &cases[n].when } else { &not[n] };
        let never = (0..cases.len()).any(|n| (0..n).any(|m| *opposite(holds(m)) == **holds(n)));
        if never {
            return None;
        }
        let mut premises: SmallVec<[&str; MOST]> = SmallVec::new();
        (0..cases.len()).map(|n| &**holds(n)).for_each(|it| {
            if !premises.contains(&it) {
                premises.push(it);
            }
        });
        let element = |it: &Node| {
            let Value::OneOf(arms) = &it.value else { return Some(it.clone()) };
            let [arm] = &**arms else { return Some(it.clone()) };
            let n = cases.iter().position(|it| it.when == arm.when && it.at == arm.at)?;
            is_there(n).then(|| it.inherit(&arm.node))
        };
        let value = match &node.value {
            Value::Object(object) => {
                let entry = |it: &Entry| Some(Entry { node: element(&it.node)?, ..it.clone() });
                let entries = object.entries.iter().filter_map(entry).collect();
                Value::Object(Arc::new(Object { entries, open: object.open.clone() }))
            }
            Value::List(nodes) => {
                let left = nodes.iter().filter_map(element).collect();
                Value::List(if nodes.is_set() { Elements::of_set(left) } else { left.into() })
            }
            _ => return None,
        };
        Some(Arm { when: premises.join(" and ").into(), at: cases[0].at, node: Node { value, ..node.clone() } })
    };
    let versions: Vec<Arm> = (0..1 << cases.len()).filter_map(version).collect();
    (versions.len() > 1).then(|| Node { value: Value::OneOf(versions.into()), ..node.clone() })
}

/// What a function is called with of which places, keys or numbers of elements make a difference, a list or an object of
/// which elements are there in their cases only as one of several; `None` where there is none.
pub(super) fn with_places(name: &str, arguments: &[Node]) -> Option<Vec<Node>> {
    let is_one = match name {
        "element" | "length" => false,
        "chunklist" | "coalescelist" | "contains" | "join" | "matchkeys" | "one" | "setintersection" | "setproduct"
        | "setsubtract" | "slice" | "zipmap" => true,
        _ => return None,
    };
    let choices: Vec<Option<Node>> = arguments.iter().map(|it| as_choice(it, is_one)).collect();
    let with = |(choice, argument): (Option<Node>, &Node)| choice.unwrap_or_else(|| argument.clone());
    choices.iter().any(Option::is_some).then(|| choices.into_iter().zip(arguments).map(with).collect())
}

/// An element that is there in one case only: what it is then, and the case.
pub(in crate::frontend::terraform) fn only_in(node: &Node) -> Option<(Node, (Arc<str>, Span))> {
    match &node.value {
        Value::OneOf(arms) => match &**arms {
            [arm] => Some((node.inherit(&arm.node), (Arc::clone(&arm.when), arm.at))),
            _ => None,
        },
        _ => None,
    }
}

/// The values that an object may have at a key, and whether it has one for certain. An entry whose key is not known may
/// turn out to be of this one, and takes the place of those that are written in front of it.
pub(in crate::frontend::terraform) fn at_key(whole: &Node, object: &Object, key: &str) -> (bool, Vec<Arm>) {
    let wanted = Text::known(key, whole.span);
    let exact = object.entries.iter().rposition(|it| it.key == wanted);
    let (mut arms, mut others) = (Vec::new(), Vec::new());
    for entry in &object.entries[exact.map_or(0, |it| it + 1)..] {
        if same_text(&entry.key, &wanted) == Some(false) {
            continue;
        }
        let shown = match entry.key.holes().next() {
            Some((0, hole)) if entry.key.len() == HOLE.len_utf8() => hole.reference.to_string(),
            _ => entry.key.to_string(),
        };
        let when = format!("`{shown}` is `{key}`").into();
        arms.push(Arm { when, at: entry.key_span, node: whole.inherit(&entry.node) });
        others.push(format!("`{shown}` is not `{key}`"));
    }
    if let Some(entry) = exact.and_then(|at| object.entries.get(at)) {
        let at = arms.first().map_or(entry.key_span, |it| it.at);
        arms.insert(0, Arm { when: others.join(" and ").into(), at, node: whole.inherit(&entry.node) });
    }
    (exact.is_some(), arms)
}

/// What a key that is not known is called, and where it is decided.
pub(in crate::frontend::terraform) fn named(key: &Node) -> Option<(String, Span)> {
    match &key.value {
        Value::Unknown(hole) => Some((hole.reference.to_string(), hole.span)),
        Value::Text(text) => {
            let hole = text.holes().next().filter(|_| text.is_hole()).map(|(_, it)| it);
            Some(hole.map_or_else(|| (text.to_string(), key.span), |it| (it.reference.to_string(), it.span)))
        }
        _ => None,
    }
}

/// The case in which two cases hold.
pub(in crate::frontend::terraform) fn both(outer: &Arc<str>, inner: &Arc<str>) -> Arc<str> {
    match outer.split(" and ").any(|it| *it == **inner) {
        true => Arc::clone(outer),
        false => format!("{outer} and {inner}").into(),
    }
}

/// Adds a result; one that is itself one of several becomes so many arms.
fn push(arms: &mut Vec<Arm>, when: Arc<str>, at: Span, node: Node) {
    match &node.value {
        Value::OneOf(inner) => {
            for arm in inner.iter() {
                push(arms, both(&when, &arm.when), at, node.inherit(&arm.node));
            }
        }
        _ => arms.push(Arm { when, at, node }),
    }
}

fn choices(arguments: &[Node], reach: Reach) -> Choices<'_> {
    let mut choices = Choices { of: Vec::new(), taken: Vec::new() };
    if reach == Reach::Nowhere {
        return choices;
    }
    for argument in arguments {
        choices.add(argument);
        if reach == Reach::Element {
            match &argument.value {
                Value::List(nodes) => nodes.iter().for_each(|node| choices.add_element(node)),
                Value::Object(object) => object.entries.iter().for_each(|entry| choices.add_element(&entry.node)),
                _ => {}
            }
        }
    }
    choices
}

impl<'a> Choices<'a> {
    /// Adds the choice that an element makes; one that is there in one case only makes none.
    fn add_element(&mut self, node: &'a Node) {
        if !is_loose(node) {
            self.add(node);
        }
    }

    fn add(&mut self, node: &'a Node) {
        // Past the limit nothing is distributed, so what is beyond need not be compared.
        if let Value::OneOf(arms) = &node.value
            && self.of.len() <= LIMIT
            && !arms.is_empty()
            && !self.of.iter().any(|known| is_same_choice(known, arms))
        {
            self.of.push(arms);
            self.taken.push(0);
        }
    }

    /// How many combinations of arms there are.
    fn count(&self) -> Option<usize> {
        self.of.iter().try_fold(1_usize, |count, arms| count.checked_mul(arms.len()))
    }

    /// Of more choices than are told apart leaves some to a function that makes of each of their arms what is there in its
    /// case only: first those of something or nothing, of which that says all there is to say. `None` where the function
    /// makes no such thing, or where none is left that is told apart.
    fn leave_loose(&mut self, function: Function, limit: usize) -> Option<()> {
        if !function.keeps_cases || self.of.len() > LIMIT {
            return None;
        }
        let is_nothing = |it: &Arm| match &it.node.value {
            Value::List(nodes) => nodes.is_empty(),
            Value::Object(object) => object.entries.is_empty() && object.open.is_none(),
            it => matches!(it, Value::Null),
        };
        let mut count = 1;
        self.of.retain(|arms| {
            let is_told = !arms.iter().any(is_nothing) && count * arms.len() <= limit;
            if is_told {
                count *= arms.len();
            }
            is_told
        });
        self.taken.truncate(self.of.len());
        (!self.of.is_empty()).then_some(())
    }

    fn apply(&self, node: &Node, reach: Reach) -> Node {
        match &node.value {
            Value::OneOf(_) => self.take(node),
            Value::List(nodes) if reach == Reach::Element && nodes.iter().any(is_choice) => {
                Node { value: Value::List(nodes.map(|node| self.take(node))), ..node.clone() }
            }
            Value::Object(object)
                if reach == Reach::Element && object.entries.iter().any(|entry| is_choice(&entry.node)) =>
            {
                let take = |entry: &Entry| Entry { node: self.take(&entry.node), ..entry.clone() };
                let entries = object.entries.iter().map(take).collect();
                let object = Object { entries, open: object.open.clone() };
                Node { value: Value::Object(Arc::new(object)), ..node.clone() }
            }
            _ => node.clone(),
        }
    }

    fn take(&self, node: &Node) -> Node {
        let Value::OneOf(arms) = &node.value else { return node.clone() };
        let taken = self.of.iter().zip(&self.taken).find(|(known, _)| is_same_choice(known, arms));
        match taken.and_then(|(_, taken)| arms.get(*taken)) {
            Some(arm) => node.inherit(&arm.node),
            None => node.clone(),
        }
    }

    /// The condition of the arms taken, and its place.
    fn when(&self) -> (Arc<str>, Span) {
        let taken: Vec<&Arm> = self.of.iter().zip(&self.taken).map(|(arms, taken)| &arms[*taken]).collect();
        match taken.as_slice() {
            [one] => (Arc::clone(&one.when), one.at),
            several => {
                let mut words: Vec<&str> = Vec::new();
                for arm in several {
                    if !words.contains(&&*arm.when) {
                        words.push(&arm.when);
                    }
                }
                (words.join(" and ").into(), several[0].at)
            }
        }
    }

    /// Goes on to the next combination.
    fn next(&mut self) -> bool {
        for (arms, taken) in self.of.iter().zip(&mut self.taken).rev() {
            *taken += 1;
            if *taken < arms.len() {
                return true;
            }
            *taken = 0;
        }
        false
    }
}

pub(super) fn is_choice(node: &Node) -> bool {
    matches!(node.value, Value::OneOf(_))
}
