//! A template that hangs on conditions which are not known: a text for each way in which they may turn out, and of
//! texts that are JSON the one tree that says what stands in which.

use std::cell::Cell;
use std::hash::Hash;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use crate::source::{FileId, Span};
use crate::syntax::json;
use crate::value::{Arm, Entry, Hole, Node, Object, Origin, Text, Value, excludes};

/// How many texts a template may be.
const LIMIT: usize = 8;
/// How many a template of a document may be, which is one tree whatever hangs on its directives.
const LIMIT_OF_DOCUMENT: usize = 64;
/// What more than a few of them may weigh together: a policy has some thousands of bytes.
const BYTES: usize = 4 << 20;

/// What must hold for a text to be the one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Premise {
    /// `` `var.wide` `` or ``not `var.wide` ``.
    pub words: Arc<str>,
    /// Where it is decided.
    pub at: Span,
    /// What tells it from the same words elsewhere: names of a loop mean something else each time.
    pub meaning: Arc<str>,
    /// Whether it is that there is something to go through, of which one element stands for all.
    pub is_loop: bool,
}

impl Premise {
    fn is_same(&self, other: &Self) -> bool {
        self.words == other.words && self.is_of_one_place(other)
    }

    fn excludes(&self, other: &Self) -> bool {
        self.is_of_one_place(other) && excludes(&self.words, &other.words)
    }

    fn is_of_one_place(&self, other: &Self) -> bool {
        self.at.file == other.at.file && self.meaning == other.meaning
    }
}

/// One text that a template may give, and all that must hold for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    premises: Vec<Premise>,
    text: Text,
}

impl Draft {
    /// Those of several ways, each of which is there when its first premise holds, in which it may go on.
    fn possible<'w>(&self, ways: &'w [Self]) -> Vec<&'w Self> {
        let knows = |premise: &Premise| self.premises.iter().any(|it| it.is_same(premise));
        let is_decided = |way: &&Self| way.premises.first().is_some_and(knows);
        let is_possible = |way: &&Self| !way.premises.iter().any(|it| self.premises.iter().any(|own| own.excludes(it)));
        let any_decided = ways.iter().any(|way| is_decided(&way));
        ways.iter().filter(|way| is_possible(way) && (!any_decided || is_decided(way))).collect()
    }

    fn followed_by(mut self, way: &Self) -> Self {
        for premise in &way.premises {
            if !self.premises.iter().any(|it| it.is_same(premise)) {
                self.premises.push(premise.clone());
            }
        }
        self.text.push_text(&way.text, &Origin::HERE);
        self
    }
}

/// The texts that a template may give: one where nothing is undecided.
#[derive(Debug)]
pub(super) struct Drafts {
    all: SmallVec<[Draft; 1]>,
    limit: usize,
    /// Whether they, or those of a part, have become too large for so many, and are worth nothing.
    are_spent: Rc<Cell<bool>>,
}

impl Drafts {
    /// One empty text with room for so many parts, which may become several.
    pub(super) fn with_room(parts: usize) -> Self {
        let one = Draft { premises: Vec::new(), text: Text::with_room(parts) };
        Self { all: smallvec![one], limit: LIMIT_OF_DOCUMENT, are_spent: Rc::default() }
    }

    /// One empty text, which may become so many as one that is no document may be.
    pub(super) fn of_text() -> Self {
        Self { limit: LIMIT, ..Self::with_room(0) }
    }

    /// One empty text, in which what is undecided is a hole.
    pub(super) fn only_one() -> Self {
        Self { limit: 1, ..Self::with_room(0) }
    }

    /// Whether they are too large for so many, so that there must be fewer.
    pub(super) fn are_spent(&self) -> bool {
        self.are_spent.get()
    }

    /// Whether they are more than a text may be that is no document.
    pub(super) fn are_many(&self) -> bool {
        self.all.len() > LIMIT
    }

    /// An empty one for a part of what these are for, which is there when `premise` holds.
    pub(super) fn of_part(&self, premise: Premise) -> Self {
        let one = Draft { premises: vec![premise], text: Text::default() };
        Self { all: smallvec![one], limit: self.limit, are_spent: Rc::clone(&self.are_spent) }
    }

    /// Whether what is undecided is to be a hole.
    pub(super) fn are_one(&self) -> bool {
        self.limit == 1
    }

    pub(super) fn push_text(&mut self, text: &Text, way: &Origin) {
        if self.are_many() && self.footprint() + self.all.len() * text.footprint() > BYTES {
            self.are_spent.set(true);
        }
        if self.are_spent() {
            return;
        }
        self.all.iter_mut().for_each(|it| it.text.push_text(text, way));
    }

    pub(super) fn push_hole(&mut self, hole: &Arc<Hole>) {
        self.all.iter_mut().for_each(|it| it.text.push_hole(Arc::clone(hole)));
    }

    pub(super) fn push_choice(&mut self, hole: &Arc<Hole>, arms: &Arc<[Arm]>) {
        self.all.iter_mut().for_each(|it| it.text.push_choice(Arc::clone(hole), Arc::clone(arms)));
    }

    /// Goes on in each of several ways, where these are few enough, and says whether they are. What was decided in front
    /// stays so.
    pub(super) fn branch(&mut self, ways: &[Draft]) -> bool {
        let possible: Vec<Vec<&Draft>> = self.all.iter().map(|it| it.possible(ways)).collect();
        let count: usize = possible.iter().map(Vec::len).sum();
        let way = |it: &Draft| it.text.footprint();
        let weighs_much = || {
            let one = self.footprint() / self.all.len() + ways.iter().map(way).max().unwrap_or_default();
            one * count > BYTES
        };
        if count == 0 || count > self.limit || count > LIMIT && weighs_much() {
            return false;
        }
        let mut out = SmallVec::with_capacity(count);
        for (draft, ways) in std::mem::take(&mut self.all).into_iter().zip(possible) {
            let Some((last, others)) = ways.split_last() else { continue };
            out.extend(others.iter().map(|way| draft.clone().followed_by(way)));
            // Nobody else has its text any more, so that is not copied.
            out.push(draft.followed_by(last));
        }
        self.all = out;
        true
    }

    /// The texts.
    pub(super) fn into_drafts(self) -> SmallVec<[Draft; 1]> {
        self.all
    }

    /// How many bytes they take about.
    pub(super) fn footprint(&self) -> usize {
        self.all.iter().map(|it| it.text.footprint()).sum()
    }

    /// What the template gives; none where it may be JSON and is none in any case that it seems to have.
    pub(super) fn into_node(self, span: Span) -> Option<Node> {
        let mut all = self.all;
        if let [only] = &mut all[..] {
            return Some(Node::new(Value::Text(std::mem::take(&mut only.text)), span));
        }
        if !all.iter().any(|it| is_document(&it.text)) {
            return Some(choice(all.iter().map(|it| (&it.premises[..], Value::Text(it.text.clone()))), span));
        }
        let (tree, drafts) = document(&all)?;
        let encoded = drafts.into_iter().map(|draft| {
            let text = draft.text.clone();
            (&draft.premises[..], Value::Text(Text::encoding(Arc::clone(&tree), move || text)))
        });
        Some(choice(encoded, span))
    }

    /// The tree of the document that the template gives, if it gives one.
    pub(super) fn document(&self) -> Option<Arc<Node>> {
        if self.are_spent() || !self.all.iter().any(|it| is_document(&it.text)) {
            return None;
        }
        document(&self.all).map(|(tree, _)| tree)
    }
}

/// The one tree of several texts that are JSON, and those of them that are; none where it may be JSON and
/// is none in any case that it seems to have.
fn document(all: &[Draft]) -> Option<(Arc<Node>, Vec<&Draft>)> {
    // What is no JSON in some case is not what anybody attaches: a comma behind the last element.
    let parsed = all.iter().filter_map(|draft| {
        let parsed = json::parse(&draft.text);
        Some((draft, parsed.root.filter(|_| parsed.errors.is_empty())?))
    });
    let (drafts, versions): (Vec<&Draft>, Vec<Version<'_>>) =
        parsed.map(|(draft, node)| (draft, Version { premises: &draft.premises, node })).unzip();
    let mut loops = all.iter().flat_map(|it| &it.premises).filter(|it| it.is_loop);
    let is_left = |it: &Premise| versions.iter().any(|version| version.premises.iter().any(|left| left.is_same(it)));
    (versions.len() > 1 && loops.all(is_left)).then(|| (Arc::new(joined(&versions)), drafts))
}

/// Whether a text begins as a JSON document does.
fn is_document(text: &Text) -> bool {
    text.raw().trim_start().starts_with(['{', '['])
}

/// One of several values.
fn choice<'d>(values: impl Iterator<Item = (&'d [Premise], Value)>, span: Span) -> Node {
    let of = |premises: &'d [Premise], value| arm(&premises.iter().collect::<Vec<_>>(), Node::new(value, span));
    Node::new(Value::OneOf(values.map(|(premises, value)| of(premises, value)).collect()), span)
}

fn arm(premises: &[&Premise], node: Node) -> Arm {
    let words: Vec<&str> = premises.iter().map(|it| &*it.words).collect();
    Arm { when: words.join(" and ").into(), at: premises.first().map_or(node.span, |it| it.at), node }
}

/// A tree as it is when all of the premises hold.
struct Version<'d> {
    premises: &'d [Premise],
    node: Node,
}

/// One tree of several versions of it: what stands under one key, or is an element that is written at one place, is one
/// thing, which stands in all of them or in some.
fn joined(versions: &[Version<'_>]) -> Node {
    let first = &versions[0].node;
    if versions.iter().all(|it| is_same(&it.node, first)) {
        return first.clone();
    }
    let begin_alike = versions.iter().all(|it| begin(it.node.span) == begin(first.span));
    let objects: Vec<&Object> = versions.iter().filter_map(|it| it.node.as_object()).collect();
    let lists: Vec<&[Node]> = versions.iter().filter_map(|it| it.node.as_list()).collect();
    let value = if begin_alike && objects.len() == versions.len() {
        joined_objects(versions, &objects)
    } else if begin_alike && lists.len() == versions.len() {
        joined_lists(versions, &lists)
    } else {
        return Node::new(Value::OneOf(cases(versions, versions).into()), first.span);
    };
    Node { value, ..first.clone() }
}

fn joined_objects(versions: &[Version<'_>], objects: &[&Object]) -> Value {
    let mut entries = Vec::new();
    let parts = objects.iter().map(|it| it.entries.iter().map(|it| (&it.key, it)).collect());
    for found in aligned(parts.collect()) {
        let Some((_, first)) = found.first() else { continue };
        let (key, key_span) = (first.key.clone(), first.key_span);
        let found = of_versions(versions, found.iter().map(|(n, entry)| (*n, &entry.node)));
        let node = if found.len() == versions.len() {
            joined(&found)
        } else {
            Node::new(Value::OneOf(cases(&found, versions).into()), found[0].node.span)
        };
        entries.push(Entry { key, key_span, node });
    }
    let open = objects.iter().find_map(|it| it.open.clone());
    Value::Object(Arc::new(Object { entries, open }))
}

fn joined_lists(versions: &[Version<'_>], lists: &[&[Node]]) -> Value {
    let mut nodes = Vec::new();
    let parts = lists.iter().map(|it| it.iter().map(|it| (begin(it.span), it)).collect());
    for found in aligned(parts.collect()) {
        let found = of_versions(versions, found);
        if found.len() == versions.len() {
            nodes.push(joined(&found));
        } else {
            // Each is there in its case only.
            let alone = |arm: Arm| Node::new(Value::OneOf(Arc::new([arm.clone()])), arm.node.span);
            nodes.extend(cases(&found, versions).into_iter().map(alone));
        }
    }
    Value::List(nodes.into())
}

fn begin(span: Span) -> (FileId, u32) {
    (span.file, span.start)
}

/// Which parts of several versions are one, as they have one name, each with the number of its version. What has the name
/// of another one in its version, as a loop has written both, is told apart by how often there is one.
fn aligned<K: Hash + Eq + Clone, T>(versions: Vec<Vec<(K, T)>>) -> Vec<Vec<(usize, T)>> {
    let mut places: FxHashMap<(K, usize), usize> = FxHashMap::default();
    let mut out: Vec<Vec<(usize, T)>> = Vec::new();
    for (n, parts) in versions.into_iter().enumerate() {
        let mut times: FxHashMap<K, usize> = FxHashMap::default();
        for (name, part) in parts {
            let again = times.entry(name.clone()).or_default();
            let at = *places.entry((name, *again)).or_insert(out.len());
            *again += 1;
            if at == out.len() {
                out.push(Vec::new());
            }
            out[at].push((n, part));
        }
    }
    out
}

fn of_versions<'d, 'n>(
    versions: &[Version<'d>],
    found: impl IntoIterator<Item = (usize, &'n Node)>,
) -> Vec<Version<'d>> {
    found.into_iter().map(|(n, node)| Version { premises: versions[n].premises, node: node.clone() }).collect()
}

/// The values that something has in some of all versions, each with what it takes for it: what must hold in all of
/// these, as far as it need not hold in the others.
fn cases(found: &[Version<'_>], all: &[Version<'_>]) -> Vec<Arm> {
    let mut groups: Vec<Vec<&Version<'_>>> = Vec::new();
    for version in found {
        match groups.iter_mut().find(|it| is_same(&it[0].node, &version.node)) {
            Some(group) => group.push(version),
            None => groups.push(vec![version]),
        }
    }
    let holds = |premise: &Premise, version: &Version<'_>| version.premises.iter().any(|it| it.is_same(premise));
    let is_given = |premise: &&Premise| all.iter().all(|it| holds(premise, it));
    let arm_of = |group: Vec<&Version<'_>>| {
        let own: Vec<&Premise> = group[0].premises.iter().filter(|it| !is_given(it)).collect();
        let shared: Vec<&Premise> =
            own.iter().filter(|it| group.iter().all(|version| holds(it, version))).copied().collect();
        // Where they share none, it is one of several ways in which it comes to that.
        arm(if shared.is_empty() { &own } else { &shared }, group[0].node.clone())
    };
    groups.into_iter().map(arm_of).collect()
}

fn is_same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Unknown(a), Value::Unknown(b)) => a.is_same(b),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| is_same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            let same = |(a, b): (&Entry, &Entry)| a.key == b.key && is_same(&a.node, &b.node);
            a.open == b.open && a.entries.len() == b.entries.len() && a.entries.iter().zip(&b.entries).all(same)
        }
        _ => false,
    }
}
