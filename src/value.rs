//! One tree of values for every syntax, each node with the place it was written at and the way it came.
//! What is unknown is a value like any other: a hole in a text, or a whole unknown node. Nothing here
//! knows a syntax or AWS.

mod case;

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::{Arc, LazyLock};

use compact_str::CompactString;
use smallvec::SmallVec;

use crate::source::Span;

pub use case::{
    answered, contradictions, each_of, excludes, implies, is_any_of, is_name, is_none_of, is_one_of, is_this, opposite,
    premises, subject,
};

/// Stands in [`Text::raw`] for a hole. A private-use character of the last plane, so that text with
/// holes stays valid text for every parser that reads it.
pub const HOLE: char = '\u{10FFFD}';

/// The byte that [`HOLE`] begins with, as hardly any other character does.
const HOLE_HEAD: u8 = 0xF4;

/// A value, where it was written, and how it came here.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// The literal or expression that gives the value.
    pub span: Span,
    /// The stops between that place and where it is used.
    pub origin: Origin,
}

/// A value of any syntax.
#[derive(Clone, Debug)]
pub enum Value {
    /// Absent on purpose.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text, perhaps with holes.
    Text(Text),
    /// A list, tuple or set.
    List(Elements),
    /// An object or map.
    Object(Arc<Object>),
    /// One of several values, and it cannot be known which: both arms of an unknown condition.
    OneOf(Arc<[Arm]>),
    /// Nothing is known of it.
    Unknown(Arc<Hole>),
}

/// The elements of a list, tuple or set.
#[derive(Clone, Debug)]
pub struct Elements {
    nodes: Arc<[Node]>,
    is_set: bool,
    is_mixed: bool,
}

impl Elements {
    /// Those of a set, in the order in which it is gone through.
    pub fn of_set(nodes: Vec<Node>) -> Self {
        Self { nodes: nodes.into(), is_set: true, is_mixed: false }
    }

    /// Those of a list of which it is not known in which order they stand.
    pub fn in_some_order(nodes: Vec<Node>) -> Self {
        Self { nodes: nodes.into(), is_set: false, is_mixed: true }
    }

    /// Whether they stand in a list, and it is not known in which order.
    pub fn is_mixed(&self) -> bool {
        self.is_mixed
    }

    /// Whether they are those of a set, which have no places. What is not known to be one is taken for a list.
    pub fn is_set(&self) -> bool {
        self.is_set
    }

    /// The same kind of value with other elements, as many and in the same order.
    #[must_use]
    pub fn map(&self, change: impl FnMut(&Node) -> Node) -> Self {
        Self { nodes: self.nodes.iter().map(change).collect(), ..*self }
    }

    /// Whether both share one content.
    pub fn are_shared(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.nodes, &other.nodes) && self.is_set == other.is_set
    }
}

impl Deref for Elements {
    type Target = [Node];

    fn deref(&self) -> &[Node] {
        &self.nodes
    }
}

impl From<Vec<Node>> for Elements {
    fn from(nodes: Vec<Node>) -> Self {
        Self { nodes: nodes.into(), is_set: false, is_mixed: false }
    }
}

impl From<Arc<[Node]>> for Elements {
    fn from(nodes: Arc<[Node]>) -> Self {
        Self { nodes, is_set: false, is_mixed: false }
    }
}

impl FromIterator<Node> for Elements {
    fn from_iter<T: IntoIterator<Item = Node>>(nodes: T) -> Self {
        Self { nodes: nodes.into_iter().collect(), is_set: false, is_mixed: false }
    }
}

/// One of several possible values, and when it holds.
#[derive(Clone, Debug)]
pub struct Arm {
    /// The condition in words, `var.wide` or `not var.wide`.
    pub when: Arc<str>,
    /// The condition's place.
    pub at: Span,
    /// The value under it.
    pub node: Node,
}

/// Whether two choices are made by the same condition: it is written twice in one file, or came twice from there.
pub fn is_same_choice(a: &[Arm], b: &[Arm]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.at.file == b.at.file && a.when == b.when)
}

/// An object in the order it was written, duplicate keys kept.
#[derive(Clone, Debug, Default)]
pub struct Object {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Whether there may be entries that are not known: an expanded or merged unknown.
    pub open: Option<Arc<Hole>>,
}

/// One entry of an object.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Text,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

impl Object {
    /// The value of a key, the last one where it is written twice, as Terraform and JSON parsers have it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let is_it = |entry: &&Entry| entry.key.raw() == key && !entry.key.has_holes();
        self.entries.iter().rev().find(is_it).map(|entry| &entry.node)
    }
}

/// A number of Terraform or JSON, as a double. Terraform calculates with some 150 digits, so what a double does not hold
/// to the last digit is good for comparing with others and never shown.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Number(pub f64);

impl Number {
    /// Any number of so many digits has a double of its own.
    const DIGITS: usize = 15;
    /// Whole numbers below have, too: 2^53.
    pub const WHOLE: f64 = 9_007_199_254_740_992.0;

    /// Why the text of a number is not known.
    pub const TOO_LONG: &str = "it has more digits than iamlint calculates with";

    /// The number that a text of digits stands for, when a double holds all of them.
    pub fn exactly(text: &str) -> Option<Self> {
        let number = Self(text.parse().ok().filter(|it: &f64| it.is_finite())?);
        if number.0 == 0.0 && significant(text) > 0 {
            return None;
        }
        let is_whole = text.bytes().all(|it| it.is_ascii_digit() || matches!(it, b'+' | b'-'));
        (significant(text) <= Self::DIGITS || is_whole && number.0.abs() < Self::WHOLE).then_some(number)
    }

    /// Whether the double is the number itself.
    pub fn is_exact(self) -> bool {
        Self::exactly(&self.to_string()).is_some()
    }

    /// Whether both are the same number: not known where both have one double, which is neither.
    pub fn is_same(self, other: Self) -> Option<bool> {
        if self.0 != other.0 { Some(false) } else { self.is_exact().then_some(true) }
    }

    /// It as text; a hole where it has more digits than a double holds.
    pub fn to_text(self, span: Span) -> Text {
        let text = self.to_string();
        if Self::exactly(&text).is_some() {
            return Text::known(&text, span);
        }
        Text::hole(Arc::new(Self::too_long(&text, span)))
    }

    /// In place of a number that is written with more digits than a double holds.
    pub fn too_long(text: &str, span: Span) -> Hole {
        Hole {
            kind: HoleKind::Opaque,
            reference: text.into(),
            scope: "".into(),
            span,
            why: Self::TOO_LONG.into(),
            many: false,
        }
    }
}

/// How many digits of a number's text say something: from the first to the last that is none of 0.
fn significant(text: &str) -> usize {
    let digits = text.bytes().take_while(|it| !matches!(it, b'e' | b'E')).filter(u8::is_ascii_digit);
    let telling = digits.skip_while(|it| *it == b'0').enumerate().filter(|(_, it)| *it != b'0');
    telling.last().map_or(0, |(at, _)| at + 1)
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rust prints a float without exponent, as Terraform's `tostring` does.
        write!(f, "{}", self.0)
    }
}

/// Why a value is not known, and what it would have been.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hole {
    /// What may stand in its place.
    pub kind: HoleKind,
    /// The expression as the user wrote it: `aws_s3_bucket.b.arn`, `var.actions`. The same text in the
    /// same `scope` is the same value.
    pub reference: Arc<str>,
    /// The module instance the reference belongs to; empty for the root.
    pub scope: Arc<str>,
    /// Where it is written.
    pub span: Span,
    /// Why it is not known, in words: `a variable without a default`.
    pub why: Arc<str>,
    /// Whether it stands, as an element of a list, for any number of elements: `concat(var.actions, ["s3:GetObject"])`.
    pub many: bool,
}

impl Hole {
    /// Whether both stand for the same value. A long expression is cut short, so only its place tells it from another.
    pub fn is_same(&self, other: &Self) -> bool {
        self.reference == other.reference
            && self.scope == other.scope
            && (!self.reference.contains('…') || self.span == other.span)
    }
}

/// What may stand in a hole's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoleKind {
    /// Some fixed text without wildcards: a computed attribute, an account id, a region.
    Opaque,
    /// Anything, wildcards too: a variable without usable default, remote state, a data source.
    Free,
}

/// A short chain of stops between the place a value is written and the place it is used, last stop first.
#[derive(Clone, Debug, Default)]
pub struct Origin(Option<Arc<Way>>);

#[derive(Debug)]
enum Way {
    Stop {
        step: Step,
        earlier: Origin,
    },
    /// Parts that come the same way share it.
    Joint {
        earlier: Origin,
        later: Origin,
    },
}

/// One stop on a value's way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// Where the value passes.
    pub span: Span,
    /// In words: `local.actions`, `module.app argument "actions"`.
    pub words: Arc<str>,
}

impl Origin {
    /// Written where it is used.
    pub const HERE: Self = Self(None);

    /// One more stop, later than all in `self`.
    #[must_use]
    pub fn then(&self, span: Span, words: impl Into<Arc<str>>) -> Self {
        let step = Step { span, words: words.into() };
        Self(Some(Arc::new(Way::Stop { step, earlier: self.clone() })))
    }

    /// The stops of `self`, then those of `later`.
    #[must_use]
    pub fn followed_by(&self, later: &Self) -> Self {
        match (&self.0, &later.0) {
            (_, None) => self.clone(),
            (None, _) => later.clone(),
            _ => Self(Some(Arc::new(Way::Joint { earlier: self.clone(), later: later.clone() }))),
        }
    }

    /// Whether there is no stop.
    pub fn is_here(&self) -> bool {
        self.0.is_none()
    }

    /// The stops, the last one (nearest to the use) first.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        let mut left: SmallVec<[&Way; 4]> = self.0.as_deref().into_iter().collect();
        std::iter::from_fn(move || {
            loop {
                match left.pop()? {
                    Way::Stop { step, earlier } => {
                        left.extend(earlier.0.as_deref());
                        return Some(step);
                    }
                    Way::Joint { earlier, later } => {
                        left.extend(earlier.0.as_deref().into_iter().chain(later.0.as_deref()));
                    }
                }
            }
        })
    }
}

impl Way {
    fn take_apart(&mut self, into: &mut SmallVec<[Arc<Self>; 4]>) {
        match self {
            Self::Stop { earlier, .. } => into.extend(earlier.0.take()),
            Self::Joint { earlier, later } => into.extend(earlier.0.take().into_iter().chain(later.0.take())),
        }
    }
}

// A long chain must not be dropped by recursion: a hostile module tree is only as deep as the stack otherwise.
impl Drop for Way {
    fn drop(&mut self) {
        let mut left = SmallVec::new();
        self.take_apart(&mut left);
        while let Some(way) = left.pop() {
            if let Some(mut way) = Arc::into_inner(way) {
                way.take_apart(&mut left);
            }
        }
    }
}

impl Node {
    /// A value written at `span` and used there.
    pub fn new(value: Value, span: Span) -> Self {
        Self { value, span, origin: Origin::HERE }
    }

    /// A list written at `span`.
    pub fn list(nodes: Vec<Self>, span: Span) -> Self {
        Self::new(Value::List(nodes.into()), span)
    }

    /// Known text that stands for all of `span`, or byte for byte when the lengths are equal.
    pub fn text(text: &str, span: Span) -> Self {
        Self::new(Value::Text(Text::known(text, span)), span)
    }

    /// An unknown node.
    pub fn unknown(hole: Hole) -> Self {
        let span = hole.span;
        Self::new(Value::Unknown(Arc::new(hole)), span)
    }

    /// The same value after one more stop.
    #[must_use]
    pub fn through(mut self, span: Span, words: impl Into<Arc<str>>) -> Self {
        self.origin = self.origin.then(span, words);
        self
    }

    /// A part taken out of `self` keeps the way its whole has come.
    #[must_use]
    pub fn inherit(&self, part: &Self) -> Self {
        let mut part = part.clone();
        part.origin = part.origin.followed_by(&self.origin);
        part
    }

    /// It as an element of a list: what is not known of it stands for any number of elements, or for this one.
    #[must_use]
    pub fn as_element(mut self, many: bool) -> Self {
        match &mut self.value {
            Value::Unknown(hole) if hole.many != many => Arc::make_mut(hole).many = many,
            Value::OneOf(arms) if arms.iter().any(|arm| arm.node.is_unknown_of(!many)) => {
                let as_element = |arm: &Arm| Arm { node: arm.node.clone().as_element(many), ..arm.clone() };
                *arms = arms.iter().map(as_element).collect();
            }
            _ => {}
        }
        self
    }

    /// Whether it is unknown, or may be, as an element of such a kind.
    fn is_unknown_of(&self, many: bool) -> bool {
        match &self.value {
            Value::Unknown(hole) => hole.many == many,
            Value::OneOf(arms) => arms.iter().any(|arm| arm.node.is_unknown_of(many)),
            _ => false,
        }
    }

    /// Known text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => text.as_known(),
            _ => None,
        }
    }

    /// Text, perhaps with holes.
    pub fn as_text(&self) -> Option<&Text> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The tree that it is the encoding of, in each of its cases: the tree says which part stands in which.
    pub fn encodes(&self) -> Option<&Arc<Self>> {
        match &self.value {
            Value::Text(text) => text.encodes(),
            Value::OneOf(arms) => {
                let mut trees = arms.iter().map(|arm| arm.node.encodes());
                let first = trees.next()??;
                trees.all(|it| it.is_some_and(|it| Arc::ptr_eq(it, first))).then_some(first)
            }
            _ => None,
        }
    }

    /// A known truth value.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.value {
            Value::Bool(it) => Some(*it),
            _ => None,
        }
    }

    /// An object.
    pub fn as_object(&self) -> Option<&Object> {
        match &self.value {
            Value::Object(it) => Some(it),
            _ => None,
        }
    }

    /// A list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match &self.value {
            Value::List(it) => Some(it),
            _ => None,
        }
    }

    /// It as text, as Terraform writes numbers and truth values into text; what is unknown leaves its hole.
    pub fn to_text(&self) -> Option<Text> {
        match &self.value {
            Value::Text(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_text(self.span)),
            Value::Bool(it) => Some(Text::known(if *it { "true" } else { "false" }, self.span)),
            Value::Unknown(hole) => Some(Text::hole(Arc::clone(hole))),
            _ => None,
        }
    }

    /// Whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// An entry of an object, with the way the object has come.
    pub fn get(&self, key: &str) -> Option<Self> {
        self.as_object()?.get(key).map(|node| self.inherit(node))
    }

    /// Whether nothing in it is unknown.
    pub fn is_known(&self) -> bool {
        match &self.value {
            Value::Null | Value::Bool(_) | Value::Number(_) => true,
            Value::Text(text) => !text.has_holes(),
            Value::List(nodes) => nodes.iter().all(Self::is_known),
            Value::Object(object) => {
                object.open.is_none()
                    && object.entries.iter().all(|entry| !entry.key.has_holes() && entry.node.is_known())
            }
            Value::OneOf(_) | Value::Unknown(_) => false,
        }
    }

    /// The same with every case in it told in other words, those in texts too; where `told` gives none, in its own.
    #[must_use]
    pub fn with_cases(&self, told: &Told) -> Self {
        let value = match &self.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Unknown(_) => return self.clone(),
            Value::Text(text) => Value::Text(text.with_cases(told)),
            Value::List(nodes) => Value::List(nodes.map(|it| it.with_cases(told))),
            Value::Object(object) => {
                let entry =
                    |it: &Entry| Entry { key: it.key.with_cases(told), node: it.node.with_cases(told), ..it.clone() };
                let entries = object.entries.iter().map(entry).collect();
                Value::Object(Arc::new(Object { entries, open: object.open.clone() }))
            }
            Value::OneOf(arms) => Value::OneOf(with_cases_of(arms, told)),
        };
        Self { value, ..self.clone() }
    }

    /// Calls `visit` with every hole in it, those in texts and keys too, and with every arm of what is undecided.
    pub fn each_unknown(&self, visit: &mut dyn FnMut(Unknown<'_>)) {
        match &self.value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::Text(text) => text.each_unknown(visit),
            Value::List(nodes) => nodes.iter().for_each(|node| node.each_unknown(visit)),
            Value::Object(object) => {
                object.open.iter().for_each(|hole| visit(Unknown::Hole(hole)));
                for entry in &object.entries {
                    entry.key.each_unknown(visit);
                    entry.node.each_unknown(visit);
                }
            }
            Value::OneOf(arms) => each_unknown_of(arms, visit),
            Value::Unknown(hole) => visit(Unknown::Hole(hole)),
        }
    }
}

/// What a case is called elsewhere.
pub type Told = Arc<dyn Fn(&Arm) -> Option<Arc<str>> + Send + Sync>;

fn with_cases_of(arms: &[Arm], told: &Told) -> Arc<[Arm]> {
    let of = |arm: &Arm| Arm {
        when: told(arm).unwrap_or_else(|| Arc::clone(&arm.when)),
        node: arm.node.with_cases(told),
        ..arm.clone()
    };
    arms.iter().map(of).collect()
}

fn each_unknown_of(arms: &[Arm], visit: &mut dyn FnMut(Unknown<'_>)) {
    for arm in arms {
        visit(Unknown::Arm(arm));
        arm.node.each_unknown(visit);
    }
}

/// What keeps a value from being known.
#[derive(Clone, Copy, Debug)]
pub enum Unknown<'n> {
    /// A hole.
    Hole(&'n Arc<Hole>),
    /// A value that it has in one case.
    Arm(&'n Arm),
}

/// Text as one string, with [`HOLE`] for each unknown part, and where every part of it was written.
/// Copies share one content until one of them is changed.
#[derive(Clone, Default)]
pub struct Text {
    /// None of the empty text, nor of what is yet to be written.
    written: Option<Arc<Content>>,
    encoding: Option<Arc<Encoding>>,
}

#[derive(Clone, Default)]
struct Content {
    /// Most texts are short.
    raw: CompactString,
    /// Most texts are of one run.
    runs: SmallVec<[Run; 1]>,
}

/// What encodes a tree. Hardly anybody asks for more than the tree, so the text is written for who does.
struct Encoding {
    tree: Arc<Node>,
    text: LazyLock<Text, Box<dyn FnOnce() -> Text + Send + Sync>>,
}

/// A stretch of a text that came from one place.
#[derive(Clone, Debug)]
struct Run {
    /// Where it begins in `Text::raw`; it ends where the next one begins.
    at: u32,
    /// The bytes it was written as. Of the same length as the run: byte for byte; else the run stands for all of it.
    span: Span,
    origin: Origin,
    /// The hole, when the run is one.
    hole: Option<Arc<Hole>>,
    extra: Option<Arc<Extra>>,
}

/// What most runs have nothing of.
#[derive(Clone, Debug, Default)]
struct Extra {
    /// The texts that the hole stands for one of, when these are known.
    choice: Option<Arc<[Arm]>>,
    /// The expression that gave the run, when that is neither its text nor what its hole says: runs of one expression
    /// share it.
    written: Option<Arc<str>>,
    /// What that is called where it is referred to, for whoever does not see what it is written as.
    called: Option<Arc<str>>,
    /// Whether nobody is to see what it says.
    is_hidden: bool,
}

impl Text {
    /// Known text written at `span`: byte for byte when the lengths are equal, else standing for all of it.
    pub fn known(text: &str, span: Span) -> Self {
        let mut content = Content::default();
        content.push_known(text, span);
        content.into()
    }

    /// One hole and nothing else.
    pub fn hole(hole: Arc<Hole>) -> Self {
        let mut content = Content::default();
        content.push_hole(hole);
        content.into()
    }

    /// Whether it is one hole and nothing else.
    pub fn is_hole(&self) -> bool {
        self.len() == HOLE.len_utf8() && self.has_holes()
    }

    /// The empty text with room for as many parts as it will have.
    pub fn with_room(parts: usize) -> Self {
        Content { raw: CompactString::default(), runs: SmallVec::with_capacity(parts) }.into()
    }

    /// The JSON encoding of a tree, which `write` writes if anybody asks for it. Whoever parses it gets that very tree,
    /// places and all.
    pub fn encoding(tree: Arc<Node>, write: impl FnOnce() -> Self + Send + Sync + 'static) -> Self {
        let encoding = Encoding { tree, text: LazyLock::new(Box::new(write)) };
        Self { written: None, encoding: Some(Arc::new(encoding)) }
    }

    /// The tree of which it is the JSON encoding, as far as that is known. A text made out of it is another text.
    pub fn encodes(&self) -> Option<&Arc<Node>> {
        self.encoding.as_ref().map(|it| &it.tree)
    }

    fn content(&self) -> Option<&Arc<Content>> {
        self.written.as_ref().or_else(|| self.encoding.as_ref()?.text.content())
    }

    /// The content, which is to be changed and so encodes nothing any more.
    fn content_mut(&mut self) -> &mut Content {
        let encoding = self.encoding.take();
        let written = || encoding.and_then(|it| it.text.content().cloned()).unwrap_or_default();
        Arc::make_mut(self.written.get_or_insert_with(written))
    }

    /// The text with [`HOLE`] for each unknown part.
    pub fn raw(&self) -> &str {
        self.content().map_or("", |it| &it.raw)
    }

    /// How many bytes it takes about, with the places of its parts and the ways that each has come.
    pub fn footprint(&self) -> usize {
        const WITH_WAY: usize = 4;
        self.len() + WITH_WAY * size_of_val(self.runs())
    }

    /// Of how many parts it is made that have a place of their own.
    pub fn pieces(&self) -> usize {
        self.runs().len()
    }

    fn runs(&self) -> &[Run] {
        self.content().map_or(&[], |it| &it.runs)
    }

    /// The text when all of it is known.
    pub fn as_known(&self) -> Option<&str> {
        (!self.has_holes()).then_some(self.raw())
    }

    /// Whether a part of it is unknown.
    pub fn has_holes(&self) -> bool {
        self.runs().iter().any(|run| run.hole.is_some())
    }

    /// Whether it is one free hole and nothing else, so that nothing at all is known of it.
    pub fn is_all_free(&self) -> bool {
        matches!(self.runs(), [run] if run.hole.as_ref().is_some_and(|it| it.kind == HoleKind::Free))
    }

    /// Length in bytes of [`Text::raw`].
    pub fn len(&self) -> usize {
        self.raw().len()
    }

    /// Whether it is the empty text.
    pub fn is_empty(&self) -> bool {
        // No tree is encoded as nothing.
        self.encoding.is_none() && self.raw().is_empty()
    }

    /// The holes with the byte at which each stands.
    pub fn holes(&self) -> impl Iterator<Item = (usize, &Arc<Hole>)> {
        self.runs().iter().filter_map(|run| run.hole.as_ref().map(|hole| (run.at as usize, hole)))
    }

    /// Calls `visit` with every hole in it, and with every arm of those that stand for one of several texts.
    fn each_unknown(&self, visit: &mut dyn FnMut(Unknown<'_>)) {
        for run in self.runs() {
            match (run.choice(), &run.hole) {
                (Some(arms), _) => each_unknown_of(arms, visit),
                (None, Some(hole)) => visit(Unknown::Hole(hole)),
                (None, None) => {}
            }
        }
    }

    fn with_cases(&self, told: &Told) -> Self {
        if let Some(encoding) = &self.encoding {
            let (encoding, told) = (Arc::clone(encoding), Arc::clone(told));
            let tree = Arc::new(encoding.tree.with_cases(&told));
            return Self::encoding(tree, move || encoding.text.with_cases(&told));
        }
        if !self.has_choices() {
            return self.clone();
        }
        let mut text = self.clone();
        for run in &mut text.content_mut().runs {
            if let Some(arms) = run.choice().map(|arms| with_cases_of(arms, told)) {
                run.extra_mut().choice = Some(arms);
            }
        }
        text
    }

    /// Whether a hole in it stands for one of several texts that are known.
    pub fn has_choices(&self) -> bool {
        self.choice().is_some()
    }

    /// The first of its choices.
    pub fn choice(&self) -> Option<&Arc<[Arm]>> {
        self.choices().next()
    }

    fn choices(&self) -> impl Iterator<Item = &Arc<[Arm]>> {
        self.runs().iter().filter_map(Run::choice)
    }

    /// The texts that it may be by some of its choices, each in its case; `None` where it has no such choices in it, or more
    /// than can be told apart.
    pub fn cases(&self, span: Span, told_apart: impl Fn(&[Arm]) -> bool) -> Option<Vec<Arm>> {
        /// How many texts it may be.
        const LIMIT: usize = 8;
        let mut choices: SmallVec<[&Arc<[Arm]>; 2]> = SmallVec::new();
        for arms in self.choices().filter(|it| told_apart(it)) {
            if !choices.iter().any(|it| is_same_choice(it, arms)) {
                choices.push(arms);
            }
        }
        let count = choices.iter().try_fold(1_usize, |count, arms| count.checked_mul(arms.len()))?;
        if choices.is_empty() || count > LIMIT {
            return None;
        }
        let case = |mut n: usize| {
            let taken: SmallVec<[usize; 2]> = choices
                .iter()
                .map(|arms| {
                    let at = n % arms.len();
                    n /= arms.len();
                    at
                })
                .collect();
            let premises: Vec<&str> = choices.iter().zip(&taken).map(|(arms, at)| &*arms[*at].when).collect();
            let mut text = Self::default();
            for (index, run) in self.runs().iter().enumerate() {
                let known = || self.slice(run.at as usize..self.run_end(index));
                let choice = run.choice().and_then(|own| choices.iter().position(|it| is_same_choice(it, own)));
                match (choice, run.choice()) {
                    (Some(n), Some(arms)) => {
                        let node = &arms[taken[n]].node;
                        let way = node.origin.followed_by(&run.origin);
                        node.as_text().into_iter().for_each(|it| text.push_text(it, &way));
                    }
                    _ => text.push_text(&known(), &Origin::HERE),
                }
            }
            Arm { when: premises.join(" and ").into(), at: choices[0][0].at, node: Node::new(Value::Text(text), span) }
        };
        Some((0..count).map(case).collect())
    }

    /// The hole that stands at a byte.
    pub fn hole_at(&self, at: usize) -> Option<&Arc<Hole>> {
        self.runs()[self.run_index(at)?..].first().and_then(|run| run.hole.as_ref())
    }

    fn run_index(&self, at: usize) -> Option<usize> {
        (at < self.raw().len()).then(|| self.runs().partition_point(|run| run.at as usize <= at).saturating_sub(1))
    }

    fn run_end(&self, index: usize) -> usize {
        self.runs().get(index + 1).map_or(self.raw().len(), |next| next.at as usize)
    }

    /// Appends known text; a stray [`HOLE`] character in it is replaced, since it would be taken for a hole.
    pub fn push_known(&mut self, text: &str, span: Span) {
        if text.is_empty() {
            return;
        }
        match (&self.written, &self.encoding) {
            (None, None) => *self = Self::known(text, span),
            _ => self.content_mut().push_known(text, span),
        }
    }

    /// Appends what a part of another text stands for: an escape undone. It keeps that part's place and way.
    pub fn push_decoded(&mut self, text: &str, encoded: &Self, part: Range<usize>) {
        let (Some(span), Some(index)) = (encoded.span(part.clone()), encoded.run_index(part.start)) else { return };
        let from = &encoded.runs()[index];
        let content = self.content_mut();
        let before = content.runs.len();
        content.push_known(text, span);
        let extra = from.written().map(|written| {
            let (written, called) = (Some(Arc::clone(written)), from.called().cloned());
            Arc::new(Extra { written, called, ..Extra::default() })
        });
        for run in &mut content.runs[before..] {
            run.origin = from.origin.clone();
            run.extra.clone_from(&extra);
        }
    }

    /// Appends a hole.
    pub fn push_hole(&mut self, hole: Arc<Hole>) {
        self.content_mut().push_hole(hole);
    }

    /// Appends a hole that stands for one of several texts.
    pub fn push_choice(&mut self, hole: Arc<Hole>, arms: Arc<[Arm]>) {
        let content = self.content_mut();
        content.push_hole(hole);
        if let Some(run) = content.runs.last_mut() {
            run.extra_mut().choice = Some(arms);
        }
    }

    /// Appends another text, each part of it keeping its place, after one more way.
    pub fn push_text(&mut self, text: &Self, later: &Origin) {
        if text.is_empty() {
            return;
        }
        let (raw, runs) = (text.raw(), text.runs());
        let content = self.content_mut();
        let base = content.next_at();
        content.raw.push_str(raw);
        content.runs.extend(runs.iter().map(|run| Run {
            at: base + run.at,
            origin: run.origin.followed_by(later),
            ..run.clone()
        }));
    }

    /// A part of it, each run keeping its place.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let raw = self.raw()[range.clone()].into();
        let runs = self.parts(range).map(|(at, span, run)| Run { at, span, ..run.clone() }).collect();
        Content { raw, runs }.into()
    }

    /// The bytes that a part of it was written as. When parts lie in several files or out of order, the first
    /// part's own place.
    pub fn span(&self, range: Range<usize>) -> Option<Span> {
        self.span_of_all(range.clone()).or_else(|| self.parts(range).next().map(|(_, span, _)| span))
    }

    /// The bytes that a part of it was written as, when these follow each other in one file.
    pub fn span_of_all(&self, range: Range<usize>) -> Option<Span> {
        let mut parts = self.parts(range).map(|(_, span, _)| span);
        let mut whole = parts.next()?;
        for span in parts {
            if span.file != whole.file || span.start < whole.start {
                return None;
            }
            whole = whole.to(span);
        }
        Some(whole)
    }

    /// The place of a text that was not put together.
    pub fn span_of_one(&self) -> Option<Span> {
        if let [run] = self.runs() { Some(run.span) } else { None }
    }

    /// The way that the byte `at` has come.
    pub fn origin_at(&self, at: usize) -> Origin {
        self.run_index(at).map_or(Origin::HERE, |index| self.runs()[index].origin.clone())
    }

    /// The runs that a part touches: where each begins in the part, and the place of what lies within.
    fn parts(&self, range: Range<usize>) -> impl ExactSizeIterator<Item = (u32, Span, &Run)> {
        let (runs, length) = (self.runs(), self.len());
        let first = self.run_index(range.start).filter(|_| !range.is_empty()).unwrap_or(runs.len());
        let count = runs[first..].iter().take_while(|run| (run.at as usize) < range.end).count();
        (first..first + count).map(move |index| {
            let run = &runs[index];
            let (start, end) = (run.at as usize, runs.get(index + 1).map_or(length, |next| next.at as usize));
            let (from, to) = (start.max(range.start), end.min(range.end));
            let span = if run.is_verbatim(end - start) {
                let written = run.span.start as usize;
                Span::new(run.span.file, written + (from - start), written + (to - start))
            } else {
                run.span
            };
            (u32::try_from(from - range.start).unwrap_or(u32::MAX), span, run)
        })
    }

    /// Says of every part that its text is what `written` gives, which `span` holds: for computed attributes, whose
    /// shape is known but which people know by their expression.
    #[must_use]
    pub fn written_as(mut self, written: impl Into<Arc<str>>, span: Span) -> Self {
        let written = written.into();
        let shared = Arc::new(Extra { written: Some(Arc::clone(&written)), ..Extra::default() });
        for run in &mut self.content_mut().runs {
            run.span = span;
            match &run.extra {
                Some(_) => {
                    let extra = run.extra_mut();
                    (extra.written, extra.called) = (Some(Arc::clone(&written)), None);
                }
                None => run.extra = Some(Arc::clone(&shared)),
            }
        }
        self
    }

    /// The expression that gives all of it, as it is written where it is computed; none where it is made of more than one.
    pub fn expression(&self) -> Option<&Arc<str>> {
        let (first, rest) = self.runs().split_first()?;
        let written = first.written()?;
        let is_of_it = |it: &Run| it.written().is_some_and(|it| Arc::ptr_eq(it, written));
        rest.iter().all(is_of_it).then_some(written)
    }

    /// The same by the name that it goes by elsewhere, where one expression gives all of it.
    pub fn known_as(&self, name: impl FnOnce() -> Arc<str>) -> Option<Self> {
        // What encodes a tree is known by that.
        if self.encoding.is_some() {
            return None;
        }
        self.expression().filter(|_| !self.has_choices() && self.hidden().is_none())?;
        let (mut text, name) = (self.clone(), name());
        for run in &mut text.content_mut().runs {
            run.extra_mut().called = Some(Arc::clone(&name));
        }
        Some(text)
    }

    /// The same of a text that nobody is to see.
    #[must_use]
    pub fn hidden_as(self, written: impl Into<Arc<str>>, span: Span) -> Self {
        let mut text = self.written_as(written, span);
        text.content_mut().runs.iter_mut().for_each(|run| run.extra_mut().is_hidden = true);
        text
    }

    /// What it is shown as, where nobody is to see what it says.
    pub fn hidden(&self) -> Option<&Arc<str>> {
        self.runs().iter().filter(|run| run.is_hidden()).find_map(Run::written)
    }

    /// The ways its parts have come, one for each that has come some way, with the part's place.
    pub fn origins(&self) -> impl Iterator<Item = (Span, &Origin)> {
        self.runs().iter().filter(|run| !run.origin.is_here()).map(|run| (run.span, &run.origin))
    }

    /// The same after a function that works letter by letter: known parts as `change` has them, and what is shown by
    /// its expression renamed by `rename`: `lower(var.name)` for `var.name`.
    #[must_use]
    pub fn applied(&self, change: impl Fn(&str) -> String, rename: impl Fn(&str) -> String) -> Self {
        let mut out = Content::default();
        let mut last: Option<(Arc<str>, Arc<str>)> = None;
        for (index, run) in self.runs().iter().enumerate() {
            let part = &self.raw()[run.at as usize..self.run_end(index)];
            let mut run = run.without_choice(out.next_at());
            if let Some(written) = run.written().cloned() {
                // Runs of one expression go on sharing its text, since that is how they are known to be of one.
                let renamed = match &last {
                    Some((old, new)) if Arc::ptr_eq(old, &written) => Arc::clone(new),
                    _ => Arc::from(rename(&written)),
                };
                if run.extra.is_some() {
                    let extra = run.extra_mut();
                    extra.written = extra.written.take().map(|_| Arc::clone(&renamed));
                    extra.called = extra.called.take().map(|it| Arc::from(rename(&it)));
                }
                last = Some((written, renamed));
            }
            match &run.hole {
                Some(hole) => {
                    let reference = match &last {
                        Some((old, new)) if *old == hole.reference => Arc::clone(new),
                        _ => Arc::from(rename(&hole.reference)),
                    };
                    run.hole = Some(Arc::new(Hole { reference, ..(**hole).clone() }));
                    out.raw.push(HOLE);
                }
                None => out.raw.push_str(&change(part)),
            }
            out.runs.push(run);
        }
        out.into()
    }

    /// The same with a change of letters, place by place: `lower`, `upper`. Holes stay.
    #[must_use]
    pub fn map_known(&self, change: impl Fn(&str) -> String) -> Self {
        let mut out = Content::default();
        for (index, run) in self.runs().iter().enumerate() {
            let part = &self.raw()[run.at as usize..self.run_end(index)];
            out.runs.push(run.without_choice(out.next_at()));
            if run.hole.is_some() {
                out.raw.push(HOLE);
            } else {
                out.raw.push_str(&change(part));
            }
        }
        out.into()
    }
}

impl From<Content> for Text {
    fn from(content: Content) -> Self {
        Self { written: Some(Arc::new(content)), encoding: None }
    }
}

impl Content {
    fn next_at(&self) -> u32 {
        u32::try_from(self.raw.len()).unwrap_or(u32::MAX)
    }

    fn push_known(&mut self, text: &str, span: Span) {
        if text.is_empty() {
            return;
        }
        self.runs.push(Run { at: self.next_at(), span, origin: Origin::HERE, hole: None, extra: None });
        if memchr::memchr(HOLE_HEAD, text.as_bytes()).is_some() && text.contains(HOLE) {
            // U+FFFD is the replacement character; the lengths differ, so the run no
            // longer maps byte for byte, which is right.
            self.raw.push_str(&text.replace(HOLE, "\u{FFFD}"));
        } else if self.raw.is_empty() {
            self.raw = text.into();
        } else {
            self.raw.push_str(text);
        }
    }

    fn push_hole(&mut self, hole: Arc<Hole>) {
        let (at, span) = (self.next_at(), hole.span);
        self.runs.push(Run { at, span, origin: Origin::HERE, hole: Some(hole), extra: None });
        self.raw.push(HOLE);
    }
}

impl Run {
    fn is_verbatim(&self, length: usize) -> bool {
        self.written().is_none() && self.span.len() == length
    }

    fn choice(&self) -> Option<&Arc<[Arm]>> {
        self.extra.as_ref()?.choice.as_ref()
    }

    /// The expression that gave it, when that is not its text.
    fn written(&self) -> Option<&Arc<str>> {
        let written = self.extra.as_ref().and_then(|it| it.written.as_ref());
        written.or_else(|| self.hole.as_ref().map(|it| &it.reference))
    }

    fn called(&self) -> Option<&Arc<str>> {
        self.extra.as_ref()?.called.as_ref()
    }

    fn is_hidden(&self) -> bool {
        self.extra.as_ref().is_some_and(|it| it.is_hidden)
    }

    fn extra_mut(&mut self) -> &mut Extra {
        Arc::make_mut(self.extra.get_or_insert_default())
    }

    /// The same at another place in a text, where it stands for none of the texts that it had the choice of.
    fn without_choice(&self, at: u32) -> Self {
        let mut run = Self { at, ..self.clone() };
        if self.choice().is_some() {
            run.extra_mut().choice = None;
        }
        run
    }
}

impl PartialEq for Text {
    /// Whether both are the same text whatever their holes turn out to be.
    fn eq(&self, other: &Self) -> bool {
        self.raw() == other.raw() && self.holes().zip(other.holes()).all(|((_, a), (_, b))| a.is_same(b))
    }
}

impl Eq for Text {}

impl std::hash::Hash for Text {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.raw().hash(state);
        for (_, hole) in self.holes() {
            hole.reference.hash(state);
            hole.scope.hash(state);
        }
    }
}

impl fmt::Display for Text {
    /// As the user would write it: `${aws_s3_bucket.b.arn}/*`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last: Option<&Arc<str>> = None;
        for (index, run) in self.runs().iter().enumerate() {
            let written = run.written();
            match written {
                Some(written) => {
                    if !last.is_some_and(|last| Arc::ptr_eq(last, written)) {
                        write!(f, "${{{}}}", run.called().unwrap_or(written))?;
                    }
                }
                None => f.write_str(&self.raw()[run.at as usize..self.run_end(index)])?,
            }
            last = written;
        }
        Ok(())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn at(start: usize, end: usize) -> Span {
        Span::new(FileId(0), start, end)
    }

    fn hole(reference: &str, kind: HoleKind) -> Arc<Hole> {
        Arc::new(Hole {
            kind,
            reference: reference.into(),
            scope: "".into(),
            span: at(20, 30),
            why: "computed".into(),
            many: false,
        })
    }

    #[test]
    fn a_hole_in_what_is_read_is_none() {
        assert!(HOLE.to_string().as_bytes().starts_with(&[HOLE_HEAD]));
        let text = Text::known(&format!("a{HOLE}\u{10FFFC}"), at(0, 9));
        assert_eq!(text.raw(), "a\u{FFFD}\u{10FFFC}");
        assert!(!text.has_holes());
    }

    #[test]
    fn a_part_of_a_text_points_at_its_own_bytes() {
        let mut text = Text::known("s3:Get", at(5, 11));
        text.push_known("\n", at(11, 13)); // an escape: one byte written as two
        text.push_known("Object", at(13, 19));
        assert_eq!(text.span(3..6), Some(at(8, 11)));
        assert_eq!(text.span(6..7), Some(at(11, 13)));
        assert_eq!(text.span(4..9), Some(at(9, 15)));
        assert_eq!(text.slice(4..9).raw(), "et\nOb");
    }

    #[test]
    fn a_text_is_shown_as_it_would_be_written() {
        let mut arn = Text::known("arn:", at(0, 1));
        arn.push_hole(hole("partition", HoleKind::Opaque));
        arn.push_known(":s3:::logs", at(0, 1));
        let arn = arn.written_as("aws_s3_bucket.logs.arn", at(20, 42));
        let mut text = arn.clone();
        text.push_known("/*", at(43, 45));
        assert_eq!(text.to_string(), "${aws_s3_bucket.logs.arn}/*");
        assert_eq!(text.raw(), format!("arn:{HOLE}:s3:::logs/*"));
    }

    #[test]
    fn a_number_is_shown_when_all_of_its_digits_are_known() {
        let shown = |number: f64| Number(number).to_text(at(0, 1)).as_known().map(str::to_owned);
        assert_eq!(shown(0.3).as_deref(), Some("0.3"));
        assert_eq!(shown(123_456_789_012.0).as_deref(), Some("123456789012"));
        assert_eq!(shown(9_007_199_254_740_991.0).as_deref(), Some("9007199254740991"));
        assert_eq!(shown(1e22).as_deref(), Some("10000000000000000000000"));
        assert_eq!([shown(1.0 / 3.0), shown(12_345_678_901_234_567_890.0)], [None, None]);
        assert_eq!(Number::exactly("10000000000000000000001"), None);
        assert_eq!(Number::exactly("-0.250"), Some(Number(-0.25)));
    }

    #[test]
    fn equal_references_are_equal_texts() {
        let a = Text::hole(hole("var.a", HoleKind::Free));
        assert_eq!(a, Text::hole(hole("var.a", HoleKind::Free)));
        assert_ne!(a, Text::hole(hole("var.b", HoleKind::Free)));
    }

    #[test]
    fn a_way_reads_from_the_use_back_to_the_place() {
        let way = Origin::HERE.then(at(1, 2), "local.a").then(at(3, 4), "var.b");
        let longer = way.followed_by(&Origin::HERE.then(at(5, 6), "output.c"));
        let words: Vec<_> = longer.steps().map(|step| step.words.to_string()).collect();
        assert_eq!(words, ["output.c", "var.b", "local.a"]);
    }

    #[test]
    fn a_way_of_a_million_stops_is_dropped_without_recursion() {
        let way = (0..1_000_000).fold(Origin::HERE, |way, _| way.then(at(0, 1), "x"));
        drop(way);
    }
}
