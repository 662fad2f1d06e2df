//! How much of what is written is known once it is evaluated: of `testdata`, or of the folder that `IAMLINT_CORPUS`
//! names. It counts, and measures no time.

#![allow(clippy::print_stdout, reason = "it is what the bench is for")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use iamlint::files::{self, Request};
use iamlint::frontend::terraform::{self, Options};
use iamlint::policy::{Action, Policy};
use iamlint::value::{HoleKind, Node, Value};

/// So many of so many.
#[derive(Default)]
struct Share {
    part: usize,
    of: usize,
}

impl Share {
    fn count(&mut self, holds: bool) {
        self.of += 1;
        self.part += usize::from(holds);
    }

    fn print(&self, what: &str) {
        let percent = 100.0 * self.part as f64 / self.of.max(1) as f64;
        println!("{percent:6.2} %  {:6} of {:6}  {what}", self.part, self.of);
    }
}

#[derive(Default)]
struct Tally {
    full: Share,
    partly: Share,
    statements_local: Share,
    entries_local: Share,
    actions_written: Share,
    actions_known: Share,
    /// The most frequent holes that stand for more than an entry, by why they are there.
    wide: BTreeMap<String, usize>,
    /// Actions that the catalogue does not know.
    strange: BTreeMap<String, usize>,
}

fn main() {
    let folder = std::env::var_os("IAMLINT_CORPUS").map_or_else(|| "testdata".into(), PathBuf::from);
    let workspace = files::find(Request { paths: vec![folder], ..Request::default() }).workspace;
    let estate = terraform::survey(&workspace);
    let mut tally = Tally::default();
    let mut roots = estate.roots.clone();
    while !roots.is_empty() {
        for root in &roots {
            let collected = terraform::read(&workspace, &estate.called, root, &Options::default());
            collected.configuration.policies.iter().for_each(|it| tally.policy(it));
        }
        roots = estate.called.idle(&workspace);
    }
    tally.full.print("policies are known to the last character");
    tally.partly.print("policies are known at least in part");
    tally.statements_local.print("statements have no hole in place of a whole element");
    tally.entries_local.print("statements have no hole in place of a whole entry of an element");
    tally.actions_written.print("action strings have no hole that may be anything");
    tally.actions_known.print("of those stand for at least one action in the catalogue");
    print_most(&tally.wide, "holes in place of a whole element");
    print_most(&tally.strange, "times an action that the catalogue does not know");
}

fn print_most(counts: &BTreeMap<String, usize>, what: &str) {
    let mut most: Vec<_> = counts.iter().collect();
    most.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    for (name, n) in most.iter().take(10) {
        println!("{n:9} {what}: {name}");
    }
}

impl Tally {
    fn policy(&mut self, policy: &Policy) {
        self.full.count(policy.resolution.is_full());
        self.partly.count(!policy.resolution.nothing);
        let statements = policy.document.get("Statement").unwrap_or_else(|| policy.document.clone());
        self.statements(&statements);
        for action in policy.statements.iter().flat_map(|it| it.actions.entries()) {
            self.action(action);
        }
    }

    fn statements(&mut self, node: &Node) {
        match &node.value {
            Value::List(nodes) => nodes.iter().for_each(|it| self.statements(it)),
            Value::OneOf(arms) => arms.iter().for_each(|it| self.statements(&it.node)),
            Value::Object(object) if object.get("Effect").is_some() || object.get("Action").is_some() => {
                let elements = object.entries.iter().map(|it| &it.node);
                let (mut element, mut entry) = (object.open.is_some(), object.open.is_some());
                for node in elements {
                    if let Value::Unknown(hole) = &node.value {
                        element = true;
                        *self.wide.entry(hole.why.to_string()).or_default() += 1;
                    }
                    entry |= has_whole_hole(node);
                }
                self.statements_local.count(!element);
                self.entries_local.count(!entry);
            }
            _ => {}
        }
    }

    fn action(&mut self, action: &Action) {
        let free = action.text.holes().any(|(_, hole)| hole.kind == HoleKind::Free);
        self.actions_written.count(!free);
        if !free {
            let known = action.is_everything() || !action.expand().is_empty();
            self.actions_known.count(known);
            if !known {
                *self.strange.entry(action.text.to_string()).or_default() += 1;
            }
        }
    }
}

/// Whether a hole that may be anything stands for a whole value somewhere in a tree.
fn has_whole_hole(node: &Node) -> bool {
    match &node.value {
        Value::Unknown(_) => true,
        Value::Text(text) => text.is_all_free(),
        Value::List(nodes) => nodes.iter().any(has_whole_hole),
        Value::OneOf(arms) => arms.iter().any(|it| has_whole_hole(&it.node)),
        Value::Object(object) => object.open.is_some() || object.entries.iter().any(|it| has_whole_hole(&it.node)),
        _ => false,
    }
}
