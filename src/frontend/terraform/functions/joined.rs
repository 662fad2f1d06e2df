//! One of many values, when it is not known which: what is so of each of them, and of what differs as much as can be said.

use std::sync::Arc;

use super::arms::{LIMIT, in_case};
use super::compare::{compared, in_order, is_loose};
use crate::source::Span;
use crate::value::{
    Arm, Elements, Entry, Hole, HoleKind, Node, Object, Text, Value, is_name, is_none_of, is_one_of, is_this,
};

/// How many values are looked at.
const MOST: usize = 64;
/// How many parts of them are.
const PARTS: usize = 8192;

/// Why one of several values is not known.
pub(in crate::frontend::terraform) const WHICH: &str = "which element it is, is not known";

/// What decides which of several values it is.
#[derive(Clone, Copy)]
pub(in crate::frontend::terraform) struct By<'b> {
    /// What it is called, and where it is decided; none where there are no words for it.
    pub what: Option<(&'b str, Span)>,
    /// The value as it is written.
    pub span: Span,
    /// The hole that stands for what is not known of the value; its reference is that of the whole.
    pub hole: &'b Hole,
}

/// One of many values by a key that is not known: each with its key, and with none what it is by any other key. `None`
/// where nothing can be said of it, or where there are too many.
pub(in crate::frontend::terraform) fn one_of_many(values: &[(Option<String>, Node)], by: By<'_>) -> Option<Node> {
    if values.len() > MOST {
        return None;
    }
    let all: Vec<usize> = (0..values.len()).collect();
    let nodes: Vec<&Node> = values.iter().map(|(_, it)| it).collect();
    Joined { values, by, left: PARTS }.join(&all, &nodes, "")
}

struct Joined<'j> {
    values: &'j [(Option<String>, Node)],
    by: By<'j>,
    left: usize,
}

/// A value that several have, and which ones.
struct Group<'n> {
    node: &'n Node,
    of: Vec<usize>,
}

impl Joined<'_> {
    /// One of the parts that so many of the values have at one place.
    fn join(&mut self, of: &[usize], nodes: &[&Node], path: &str) -> Option<Node> {
        let groups = self.groups(of, nodes)?;
        if let [only] = &groups[..] {
            return Some(only.node.clone());
        }
        let is_told = self.by.what.is_some();
        if is_told && groups.len() <= LIMIT {
            return self.cases(&groups, None);
        }
        let objects: Vec<&Object> = nodes.iter().filter_map(|it| it.as_object()).collect();
        if objects.len() == nodes.len() {
            return self.object(of, nodes, &objects, path);
        }
        let lists: Vec<&Elements> = nodes.iter().filter_map(|it| elements(it)).collect();
        if lists.len() == nodes.len() {
            return self.list(of, nodes, &lists, path);
        }
        let (plain, others): (Vec<Group<'_>>, Vec<Group<'_>>) = groups.into_iter().partition(|it| is_plain(it.node));
        let rest = self.rest(path, false);
        match others.len() {
            0 => Some(rest),
            n if is_told && n < LIMIT && !plain.is_empty() => {
                let of: Vec<usize> = plain.iter().flat_map(|it| it.of.iter().copied()).collect();
                self.cases(&others, Some((&of, rest)))
            }
            _ => None,
        }
    }

    /// The different ones among several values.
    fn groups<'n>(&mut self, of: &[usize], nodes: &[&'n Node]) -> Option<Vec<Group<'n>>> {
        let mut groups: Vec<Group<'n>> = Vec::new();
        for (n, node) in of.iter().zip(nodes) {
            let mut found = None;
            for (at, group) in groups.iter().enumerate() {
                let (answer, cost) = compared(group.node, node);
                self.left = self.left.checked_sub(cost)?;
                if answer == Some(true) {
                    found = Some(at);
                    break;
                }
            }
            self.left = self.left.checked_sub(1)?;
            match found {
                Some(at) => groups[at].of.push(*n),
                None => groups.push(Group { node, of: vec![*n] }),
            }
        }
        Some(groups)
    }

    /// Each value in its case, and one for those that are not told apart.
    fn cases(&self, groups: &[Group<'_>], rest: Option<(&[usize], Node)>) -> Option<Node> {
        let arm = |of: &[usize], node: &Node| {
            let (when, at) = self.case(of)?;
            Some(Arm { when, at, node: node.clone() })
        };
        let rest = rest.map(|(of, node)| arm(of, &node));
        let arms: Option<Vec<Arm>> = groups.iter().map(|it| arm(&it.of, it.node)).chain(rest).collect();
        Some(Node::new(Value::OneOf(arms?.into()), self.by.span))
    }

    /// The case in which it is one of these.
    fn case(&self, of: &[usize]) -> Option<(Arc<str>, Span)> {
        let (what, at) = self.by.what?;
        let key = |n: &usize| self.values[*n].0.as_deref();
        let words = match of {
            _ if of.iter().any(|it| key(it).is_none()) => {
                let others = (0..self.values.len()).filter(|it| !of.contains(it));
                let others: Vec<&str> = others.filter_map(|it| self.values[it].0.as_deref()).collect();
                is_none_of(what, others.iter())
            }
            [only] => is_this(what, key(only)?),
            _ => is_one_of(what, of.iter().filter_map(key)),
        };
        Some((words, at))
    }

    fn object(&mut self, of: &[usize], nodes: &[&Node], objects: &[&Object], path: &str) -> Option<Node> {
        if objects.iter().any(|it| it.open.is_some() || it.entries.iter().any(|it| it.key.has_holes())) {
            return None;
        }
        let mut keys: Vec<&Entry> = Vec::new();
        let entries: Vec<Vec<&Entry>> = objects.iter().map(|it| in_order(it)).collect();
        for entry in entries.iter().flatten() {
            self.left = self.left.checked_sub(1 + keys.len())?;
            if !keys.iter().any(|it| it.key == entry.key) {
                keys.push(entry);
            }
        }
        let mut out = Vec::with_capacity(keys.len());
        for first in keys {
            let (mut having, mut them) = (Vec::new(), Vec::new());
            for ((n, whole), entries) in of.iter().zip(nodes).zip(&entries) {
                self.left = self.left.checked_sub(entries.len())?;
                if let Some(entry) = entries.iter().find(|it| it.key == first.key) {
                    having.push(*n);
                    them.push(whole.inherit(&entry.node));
                }
            }
            // What is there in its case already says more than can be told here.
            if them.iter().any(is_loose) {
                return None;
            }
            let them: Vec<&Node> = them.iter().collect();
            let node = if having.len() == of.len() {
                let key = first.key.raw();
                let step = if is_name(key) && !key.contains('.') {
                    format!("{path}.{key}")
                } else {
                    format!("{path}[\"{key}\"]")
                };
                self.join(&having, &them, &step)?
            } else {
                let [group] = &self.groups(&having, &them)?[..] else { return None };
                let (when, at) = self.case(&having)?;
                in_case(&when, at, group.node.clone())
            };
            out.push(Entry { node, ..first.clone() });
        }
        Some(Node::new(Value::Object(Arc::new(Object { entries: out, open: None })), self.by.span))
    }

    fn list(&mut self, of: &[usize], nodes: &[&Node], lists: &[&Elements], path: &str) -> Option<Node> {
        let first = lists.first()?;
        let are_alike = lists.iter().all(|it| it.is_set() == first.is_set() && !it.is_mixed());
        if !are_alike || lists.iter().any(|it| it.iter().any(is_loose)) {
            return None;
        }
        let element = |n: usize, at: usize| nodes[n].inherit(&lists[n][at]);
        if !first.is_set() && lists.iter().all(|it| it.len() == first.len()) {
            let mut out = Vec::with_capacity(first.len());
            for at in 0..first.len() {
                let them: Vec<Node> = (0..lists.len()).map(|n| element(n, at)).collect();
                out.push(self.join(of, &them.iter().collect::<Vec<_>>(), &format!("{path}[{at}]"))?);
            }
            return Some(Node::list(out, self.by.span));
        }
        let (mut owners, mut all) = (Vec::new(), Vec::new());
        for (n, list) in lists.iter().enumerate() {
            self.left = self.left.checked_sub(list.len())?;
            owners.extend(list.iter().map(|_| of[n]));
            all.extend((0..list.len()).map(|at| element(n, at)));
        }
        let mut out = Vec::new();
        let mut is_rest = false;
        for mut group in self.groups(&owners, &all.iter().collect::<Vec<_>>())? {
            group.of.dedup();
            if group.of.len() == of.len() {
                out.push(group.node.clone());
            } else if is_plain(group.node) {
                is_rest = true;
            } else {
                let (when, at) = self.case(&group.of)?;
                out.push(in_case(&when, at, group.node.clone()));
            }
        }
        out.extend(is_rest.then(|| self.rest(path, true)));
        let elements = if first.is_set() { Elements::of_set(out) } else { Elements::in_some_order(out) };
        Some(Node::new(Value::List(elements), self.by.span))
    }

    /// What is one of several plain texts, or any number of them.
    fn rest(&self, path: &str, many: bool) -> Node {
        let whole = &self.by.hole.reference;
        // What is written may be the way to this very part already.
        let reference = if whole.ends_with(path) { Arc::clone(whole) } else { format!("{whole}{path}").into() };
        let hole = Arc::new(Hole { kind: HoleKind::Opaque, reference, many, ..self.by.hole.clone() });
        if many {
            return Node::new(Value::Unknown(hole), self.by.span);
        }
        Node::new(Value::Text(Text::hole(hole)), self.by.span)
    }
}

fn elements(node: &Node) -> Option<&Elements> {
    match &node.value {
        Value::List(elements) => Some(elements),
        _ => None,
    }
}

/// Whether it is some fixed text in which nothing has a meaning of its own: no wildcard, no variable of a policy, no document.
fn is_plain(node: &Node) -> bool {
    match &node.value {
        Value::Number(_) => true,
        Value::Text(text) => {
            let raw = text.raw();
            let has_meaning = raw.contains(['*', '?', '{', '[']) || text.encodes().is_some() || text.has_choices();
            !raw.is_empty() && !has_meaning && text.holes().all(|(_, hole)| hole.kind == HoleKind::Opaque)
        }
        _ => false,
    }
}
