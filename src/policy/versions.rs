//! A statement of which it makes a difference as a whole how a choice in it turns out: its effect, what it leaves out, and
//! all that a denial denies. It is read once for each way in which that may be, each in its case.

use std::sync::Arc;

use super::Given;
use super::parse::{Case, member};
use crate::value::{Arm, Entry, Node, Object, Value, is_same_choice};

/// As how many statements one is read at most.
const MOST: usize = 4;

/// The ways in which a statement may turn out, each in its case; itself where that makes no difference or where they are
/// too many.
pub(super) fn of(statement: &Node, given: &Case) -> Vec<(Node, Case)> {
    let mut out = Vec::with_capacity(1);
    match told_apart(statement.clone(), given.clone(), &mut out) {
        Some(()) => out,
        None => vec![(statement.clone(), given.clone())],
    }
}

fn told_apart(statement: Node, given: Case, out: &mut Vec<(Node, Case)>) -> Option<()> {
    let Some(arms) = statement.as_object().and_then(choice_of) else {
        out.push((statement, given));
        return (out.len() <= MOST).then_some(());
    };
    let given_by = |arm: &Arm| Given { words: Arc::clone(&arm.when), span: arm.at };
    let mut ways: Vec<(Given, Option<usize>)> =
        arms.iter().enumerate().map(|(n, it)| (given_by(it), Some(n))).collect();
    if let [arm] = &*arms {
        ways.push((given_by(arm).opposite(), None));
    }
    for (case, way) in ways {
        let case = match &given {
            Some(given) if given.words == case.words => Arc::clone(given),
            Some(given) if given.words == case.opposite().words => continue,
            Some(given) => Arc::new(Given { words: format!("{} and {}", given.words, case.words).into(), ..**given }),
            None => Arc::new(case),
        };
        told_apart(decided(&statement, &arms, way).unwrap_or_else(|| statement.clone()), Some(case), out)?;
    }
    Some(())
}

/// The first choice in what makes such a difference.
fn choice_of(statement: &Object) -> Option<Arc<[Arm]>> {
    const DENIED: [&str; 3] = ["Action", "Resource", "Principal"];
    let denies = member(statement, "Effect").and_then(Node::as_str).is_some_and(|it| it.eq_ignore_ascii_case("deny"));
    let denied = DENIED.into_iter().filter(|_| denies);
    let names = ["Effect", "NotAction", "NotResource", "NotPrincipal"].into_iter().chain(denied);
    names.filter_map(|it| member(statement, it)).find_map(choice_in)
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

/// What is left of a value where a choice turns out one way; `None` where it is not there then.
fn decided(node: &Node, choice: &[Arm], way: Option<usize>) -> Option<Node> {
    let value = match &node.value {
        Value::OneOf(arms) if is_same_choice(arms, choice) => {
            return decided(&node.inherit(&arms[way?].node), choice, way);
        }
        Value::OneOf(arms) => {
            let arm = |arm: &Arm| Some(Arm { node: decided(&arm.node, choice, way)?, ..arm.clone() });
            Value::OneOf(arms.iter().filter_map(arm).collect())
        }
        Value::Text(text) if text.choice().is_some() => {
            let cases = text.cases(node.span, |it| is_same_choice(it, choice));
            return Some(
                cases
                    .zip(way)
                    .and_then(|(it, way)| it.into_iter().nth(way))
                    .map_or_else(|| node.clone(), |arm| node.inherit(&arm.node)),
            );
        }
        Value::List(nodes) => Value::List(nodes.iter().filter_map(|it| decided(it, choice, way)).collect()),
        Value::Object(object) => {
            let entry = |it: &Entry| Some(Entry { node: decided(&it.node, choice, way)?, ..it.clone() });
            let entries = object.entries.iter().filter_map(entry).collect();
            Value::Object(Arc::new(Object { entries, open: object.open.clone() }))
        }
        _ => return Some(node.clone()),
    };
    Some(Node { value, ..node.clone() })
}
