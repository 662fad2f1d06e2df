//! A statement of which it makes a difference as a whole how a choice in it turns out: its effect, what it leaves out,
//! all that a denial denies, whether what is allowed is so on everything, what is allowed where that is one choice, and
//! what a condition of that asks where a part of its text is one. It is read once for each way in which that may be, each
//! in its case.

use std::borrow::Cow;
use std::sync::Arc;

use super::Given;
use super::parse::{Case, has_wildcard, member};
use crate::source::Span;
use crate::value::{Arm, Entry, Node, Object, Text, Value, excludes, is_same_choice};

/// As how many statements one is read at most by one choice.
const MOST: usize = 8;
/// How many elements that are there in one case only are held against each other.
const MOST_ALONE: usize = 32;
/// As how many by choices that do not depend on each other: they multiply.
const MOST_OF_SEVERAL: usize = 4;

/// The ways in which a statement may turn out, each in its case; itself where that makes no difference or where they are
/// too many.
pub(super) fn of<'s>(statement: &'s Node, given: &Case) -> Vec<(Cow<'s, Node>, Case)> {
    let choice = |kinds: usize| statement.as_object().and_then(|it| choice_of(it, &ALLOWED[..kinds]));
    // Of what is allowed the choices that make the least difference are given up first.
    let ways = (0..=ALLOWED.len()).rev().find_map(|kinds| {
        let Some(first) = choice(kinds) else { return Some(Vec::new()) };
        let most = first.len().clamp(MOST_OF_SEVERAL, MOST);
        let mut out = Vec::with_capacity(most);
        told_apart(statement.clone(), given.clone(), &ALLOWED[..kinds], most, &mut out).map(|()| out)
    });
    match ways {
        Some(ways) if !ways.is_empty() => ways,
        _ => vec![(Cow::Borrowed(statement), given.clone())],
    }
}

/// Where a choice in what is allowed makes a difference, and which one does.
type Kind = (&'static str, fn(&Node) -> Option<Arc<[Arm]>>);

/// By which it is everything that something is allowed on, by which it is one thing or another that is allowed, by which a
/// condition asks one thing or another, by which it is one or another whom something is allowed, and by which one thing or
/// another is among what is allowed.
const ALLOWED: [Kind; 5] = [
    ("Resource", choice_of_everything),
    ("Action", whole_choice),
    ("Condition", choice_of_tests),
    ("Principal", choice_of_whom),
    ("Action", choice_among),
];

fn told_apart(
    statement: Node,
    given: Case,
    allowed: &[Kind],
    most: usize,
    out: &mut Vec<(Cow<'_, Node>, Case)>,
) -> Option<()> {
    let Some(arms) = statement.as_object().and_then(|it| choice_of(it, allowed)) else {
        out.push((Cow::Owned(statement), given));
        return (out.len() <= most).then_some(());
    };
    let mut ways: Vec<(Given, Option<usize>)> =
        arms.iter().enumerate().map(|(n, it)| (Given::of_arm(it, arms.len()), Some(n))).collect();
    if let [arm] = &*arms {
        ways.push((Given::of_arm(arm, 2).opposite(), None));
    }
    for (own, way) in ways {
        let Some(case) = own.clone().within(given.as_deref()).map(Arc::new) else { continue };
        told_apart(
            decided(&statement, &arms, way, &own).unwrap_or_else(|| statement.clone()),
            Some(case),
            allowed,
            most,
            out,
        )?;
    }
    Some(())
}

/// The first choice in what makes such a difference.
fn choice_of(statement: &Object, allowed: &[Kind]) -> Option<Arc<[Arm]>> {
    const DENIED: [&str; 3] = ["Action", "Resource", "Principal"];
    let has_effect =
        |of: &str| member(statement, "Effect").and_then(Node::as_str).is_some_and(|it| it.eq_ignore_ascii_case(of));
    let denied = DENIED.into_iter().filter(|_| has_effect("deny"));
    let names = ["Effect", "NotAction", "NotResource", "NotPrincipal"].into_iter().chain(denied);
    let of_any = names.filter_map(|it| member(statement, it)).find_map(choice_in);
    of_any.or_else(|| {
        let mut kinds = allowed.iter().filter(|_| has_effect("allow"));
        kinds.find_map(|(name, choice)| choice(member(statement, name)?).filter(|it| is_one_or_other(it)))
    })
}

/// Whether one of its cases holds and no other one does, so that what is so in all is so for certain.
fn is_one_or_other(arms: &[Arm]) -> bool {
    let differs = |(n, it): (usize, &Arm)| arms[..n].iter().all(|other| excludes(&it.when, &other.when));
    arms.len() <= MOST && arms.iter().enumerate().all(differs)
}

fn entries(of: &Node) -> &[Entry] {
    of.as_object().map(|it| it.entries.as_slice()).unwrap_or_default()
}

/// The first choice in an operator, a key, or a part of a value that fits more or less by it.
fn choice_of_tests(conditions: &Node) -> Option<Arc<[Arm]>> {
    fn part_of(value: &Node, is_range: bool) -> Option<Arc<[Arm]>> {
        match &value.value {
            Value::Text(text) if !text.is_hole() => {
                let cases = text.cases(value.span, |_| true)?;
                text.choice().filter(|_| is_range || has_wildcard(&cases)).cloned()
            }
            Value::List(nodes) => nodes.iter().find_map(|it| part_of(it, is_range)),
            _ => None,
        }
    }
    entries(conditions).iter().find_map(|operator| {
        let is_range = operator.key.raw().to_ascii_lowercase().contains("ipaddress");
        let of_test = |it: &Entry| it.key.choice().cloned().or_else(|| part_of(&it.node, is_range));
        operator.key.choice().cloned().or_else(|| entries(&operator.node).iter().find_map(of_test))
    })
}

/// The first choice of which one way is everything. Where each is, that is so in every case.
fn choice_of_everything(node: &Node) -> Option<Arc<[Arm]>> {
    match &node.value {
        Value::OneOf(arms) => {
            let is_such = arms.iter().any(|it| is_everything(&it.node));
            if is_such { Some(Arc::clone(arms)) } else { arms.iter().find_map(|it| choice_of_everything(&it.node)) }
        }
        Value::Text(text) => {
            let arms = text.cases(node.span, |_| true)?;
            let count = arms.iter().filter(|it| is_everything(&it.node)).count();
            text.choice().filter(|_| count > 0 && count < arms.len()).cloned()
        }
        Value::List(nodes) => nodes.iter().find_map(choice_of_everything),
        _ => None,
    }
}

/// Whether it is everything, by itself or among others.
fn is_everything(node: &Node) -> bool {
    let is_star = |it: &Text| !it.is_empty() && it.raw().chars().all(|it| it == '*');
    node.as_text().is_some_and(is_star) || node.as_list().is_some_and(|it| it.iter().any(is_everything))
}

/// The choice that is all there is, of which each way is something.
fn whole_choice(node: &Node) -> Option<Arc<[Arm]>> {
    let is_something = |it: &Arm| !it.node.is_null() && it.node.as_list().is_none_or(|it| !it.is_empty());
    match &node.value {
        Value::List(nodes) if nodes.len() == 1 => whole_choice(&nodes[0]),
        Value::OneOf(arms) => (arms.len() > 1 && arms.iter().all(is_something)).then(|| Arc::clone(arms)),
        Value::Text(text) => text.choice().filter(|it| it.len() > 1).cloned(),
        _ => None,
    }
}

/// The first choice by which somebody is let in or another one is.
fn choice_of_whom(node: &Node) -> Option<Arc<[Arm]>> {
    match &node.value {
        Value::Object(object) => object.entries.iter().find_map(|it| {
            let of_kind = it.key.choice().cloned();
            of_kind.or_else(|| choice_of_whom(&it.node))
        }),
        Value::OneOf(arms) => Some(Arc::clone(arms)).filter(|it| it.len() > 1),
        // Whichever it is of names that are alike is not told.
        Value::Text(text) => text.choice().filter(|it| it.len() > 1 && (text.is_hole() || has_wildcard(it))).cloned(),
        Value::List(nodes) => nodes.iter().find_map(choice_of_whom).or_else(|| one_or_other_of(nodes)),
        _ => None,
    }
}

/// The first choice by which it is one thing or another that stands among others.
fn choice_among(node: &Node) -> Option<Arc<[Arm]>> {
    let nodes = node.as_list()?;
    let of_one = |it: &Node| match &it.value {
        Value::OneOf(arms) => Some(Arc::clone(arms)).filter(|it| it.len() > 1),
        Value::Text(text) => text.choice().filter(|it| it.len() > 1).cloned(),
        _ => None,
    };
    nodes.iter().find_map(of_one).or_else(|| one_or_other_of(nodes))
}

/// The choice of an element that is there in one case only, beside one that is never there in it.
fn one_or_other_of(nodes: &[Node]) -> Option<Arc<[Arm]>> {
    let alone = |it: &Node| match &it.value {
        Value::OneOf(arms) if arms.len() == 1 => Some(Arc::clone(arms)),
        _ => None,
    };
    let there: Vec<Arc<[Arm]>> = nodes.iter().filter_map(alone).take(MOST_ALONE).collect();
    let excluded = |one: &Arc<[Arm]>| there.iter().any(|it| excludes(&it[0].when, &one[0].when));
    there.iter().find(|it| excluded(it)).cloned()
}

fn choice_in(node: &Node) -> Option<Arc<[Arm]>> {
    match &node.value {
        Value::OneOf(arms) => Some(Arc::clone(arms)),
        Value::Text(text) => text.choice().cloned(),
        Value::List(nodes) => nodes.iter().find_map(choice_in),
        Value::Object(object) => object.entries.iter().find_map(|it| choice_in(&it.node)),
        _ => None,
    }
}

/// What is left of a value in a case, in which a choice turns out one way; `None` where it is not there then.
fn decided(node: &Node, choice: &[Arm], way: Option<usize>, case: &Given) -> Option<Node> {
    let value = match &node.value {
        Value::OneOf(arms) if is_same_choice(arms, choice) => {
            return decided(&node.inherit(&arms[way?].node), choice, way, case);
        }
        Value::OneOf(arms) => {
            // Another choice may be decided by the same condition.
            let given = |arm: &Arm| Given::of_arm(arm, arms.len());
            let left: Vec<&Arm> = arms.iter().filter(|it| !case.excludes(&given(it))).collect();
            match left[..] {
                [] => return None,
                [only] if arms.len() > 1 || case.holds(&given(only)) => {
                    return decided(&node.inherit(&only.node), choice, way, case);
                }
                _ => {}
            }
            let arm = |arm: &&Arm| Some(Arm { node: decided(&arm.node, choice, way, case)?, ..(*arm).clone() });
            Value::OneOf(left.iter().filter_map(arm).collect())
        }
        Value::Text(text) if text.choice().is_some() => {
            Value::Text(decided_text(text, node.span, choice, way, case).unwrap_or_else(|| text.clone()))
        }
        Value::List(nodes) => Value::List(nodes.iter().filter_map(|it| decided(it, choice, way, case)).collect()),
        Value::Object(object) => {
            let entry = |it: &Entry| {
                let key = decided_text(&it.key, it.key_span, choice, way, case).unwrap_or_else(|| it.key.clone());
                Some(Entry { key, node: decided(&it.node, choice, way, case)?, ..it.clone() })
            };
            let entries = object.entries.iter().filter_map(entry).collect();
            Value::Object(Arc::new(Object { entries, open: object.open.clone() }))
        }
        _ => return Some(node.clone()),
    };
    Some(Node { value, ..node.clone() })
}

/// What a text is in a case, in which a choice turns out one way; none where nothing in it is decided by that.
fn decided_text(text: &Text, at: Span, choice: &[Arm], way: Option<usize>, case: &Given) -> Option<Text> {
    text.choice()?;
    let cases = text.cases(at, |it| is_same_choice(it, choice));
    let own = cases.zip(way).and_then(|(it, way)| it.get(way)?.node.as_text().cloned());
    // Another choice may be decided by the same condition.
    let is_left = |it: &&Arm, of: usize| !case.excludes(&Given::of_arm(it, of));
    let is_decided = |arms: &[Arm]| arms.len() > 1 && arms.iter().filter(|it| is_left(it, arms.len())).count() == 1;
    let arms = own.as_ref().unwrap_or(text).cases(at, is_decided).unwrap_or_default();
    let other = match arms.iter().filter(|it| is_left(it, arms.len())).collect::<Vec<_>>()[..] {
        [only] => only.node.as_text().cloned(),
        _ => None,
    };
    other.or(own)
}
