//! One call under way: its arguments as the types a function wants, and what to answer where that cannot be had.

use std::borrow::Cow;
use std::sync::Arc;

use super::arms::in_case;
use super::compare::compared;
use super::{CallError, Host};
use crate::source::Span;
use crate::value::{Entry, Hole, HoleKind, Node, Number, Object, Text, Value};

/// What a function answers.
pub(super) type Answer<T = Node> = Result<T, Stop>;

/// Why a function has no value.
#[derive(Debug)]
pub(super) enum Stop {
    /// Terraform would refuse the call.
    Error(CallError),
    /// It cannot be known.
    Hole {
        /// What it may be.
        kind: HoleKind,
        /// Why.
        why: Arc<str>,
    },
}

/// What it costs to look at two parts of values: as long as it takes to make some bytes.
const PAIR: usize = 8;

/// A call under way.
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) arguments: &'a [Node],
    pub(super) span: Span,
    pub(super) host: &'a mut dyn Host,
}

impl<'a> Call<'a> {
    /// Terraform would refuse it.
    pub(super) fn fail(&self, argument: Option<usize>, message: impl Into<String>) -> Stop {
        Stop::Error(CallError { message: message.into(), argument })
    }

    /// A value made of pieces of the arguments cannot be known. It holds no wildcard when they cannot hold one.
    pub(super) fn unknown(&self) -> Stop {
        let survey = Survey::of(self.arguments);
        Stop::Hole { kind: survey.kind(), why: survey.why() }
    }

    /// The same of a value made of pieces of some of the arguments only.
    pub(super) fn unknown_piece_of(&self, arguments: &[usize]) -> Stop {
        let survey = arguments.iter().filter_map(|index| self.arguments.get(*index));
        let survey = survey.fold(Survey::default(), |mut survey, node| {
            survey.look(node);
            survey
        });
        Stop::Hole { kind: survey.kind(), why: survey.why() }
    }

    /// A value that never holds a wildcard cannot be known: a number, a digest.
    pub(super) fn opaque(&self) -> Stop {
        Stop::Hole { kind: HoleKind::Opaque, why: Survey::of(self.arguments).why() }
    }

    /// Nothing is known of the value.
    pub(super) fn free(&self) -> Stop {
        Stop::Hole { kind: HoleKind::Free, why: Survey::of(self.arguments).why() }
    }

    /// Asks for so many bytes.
    pub(super) fn spend(&mut self, bytes: usize) -> Answer<()> {
        if self.host.spend(bytes) {
            return Ok(());
        }
        Err(Stop::Hole { kind: HoleKind::Free, why: "it is larger than iamlint goes along with".into() })
    }

    /// Asks for so many nodes.
    pub(super) fn spend_nodes(&mut self, nodes: usize) -> Answer<()> {
        self.spend(nodes.saturating_mul(size_of::<Node>()))
    }

    /// Whether two values are the same; what it takes to find out is paid for.
    pub(super) fn same(&mut self, a: &Node, b: &Node) -> Answer<Option<bool>> {
        let (answer, pairs) = compared(a, b);
        self.spend(pairs * PAIR)?;
        Ok(answer)
    }

    /// What the whole call gives, when it is not a piece of an argument.
    pub(super) fn made(&self, value: Value) -> Node {
        Node::new(value, self.span)
    }

    /// A list that the call gives.
    pub(super) fn made_list(&self, nodes: Vec<Node>) -> Answer {
        Ok(self.made(Value::List(nodes.into())))
    }

    /// An object that the call gives.
    pub(super) fn made_object(&self, entries: Vec<Entry>) -> Node {
        self.made(Value::Object(Arc::new(Object { entries, open: None })))
    }

    /// An entry whose key nobody has written.
    pub(super) fn entry(&self, key: &str, node: Node) -> Entry {
        Entry { key: Text::known(key, self.span), key_span: self.span, node }
    }

    pub(super) fn made_bool(&self, it: bool) -> Answer {
        Ok(self.made(Value::Bool(it)))
    }

    #[expect(clippy::cast_precision_loss, reason = "no list is longer than 2^53")]
    pub(super) fn made_count(&self, count: usize) -> Answer {
        Ok(self.made(Value::Number(Number(count as f64))))
    }

    /// Another value in the place of an argument, which came the same way.
    pub(super) fn in_place_of(&self, index: usize, value: Value) -> Answer {
        let argument = &self.arguments[index];
        Ok(Node { value, span: argument.span, origin: argument.origin.clone() })
    }

    /// A list made of an argument's elements, which have taken over the way it came.
    pub(super) fn in_span_of(&self, index: usize, nodes: Vec<Node>) -> Answer {
        Ok(Node::list(nodes, self.arguments[index].span))
    }

    fn not_null(&self, index: usize) -> Answer<&'a Node> {
        let node = &self.arguments[index];
        if node.is_null() {
            return Err(self.fail(Some(index), "argument must not be null"));
        }
        Ok(node)
    }

    /// An argument as text; numbers and truth values are converted, an unknown is one hole.
    pub(super) fn text(&self, index: usize) -> Answer<Text> {
        let node = self.not_null(index)?;
        self.text_of(node).ok_or_else(|| self.fail(Some(index), "string required"))
    }

    /// A node as text, when it is one or converts to one.
    pub(super) fn text_of(&self, node: &Node) -> Option<Text> {
        match &node.value {
            Value::OneOf(_) => Some(Text::hole(self.hole_for(node))),
            _ => node.to_text(),
        }
    }

    /// A hole that stands for all of a node.
    pub(super) fn hole_for(&self, node: &Node) -> Arc<Hole> {
        if let Value::Unknown(hole) = &node.value {
            return Arc::clone(hole);
        }
        let survey = Survey::of(std::slice::from_ref(node));
        Arc::new(Hole {
            kind: survey.kind(),
            reference: words(node).into(),
            scope: self.host.meaning(self.span),
            span: node.span,
            why: survey.why(),
            many: false,
        })
    }

    /// An argument as text of which all is known.
    pub(super) fn known(&self, index: usize) -> Answer<String> {
        let text = self.text(index)?;
        match text.as_known() {
            Some(known) => Ok(known.to_owned()),
            None => Err(self.unknown()),
        }
    }

    /// An argument as a number.
    pub(super) fn number(&self, index: usize) -> Answer<f64> {
        let node = self.not_null(index)?;
        match &node.value {
            Value::Number(number) => Ok(number.0),
            Value::Text(text) => match text.as_known() {
                Some(known) if super::convert::parse_number(known).is_none() => {
                    Err(self.fail(Some(index), format!("cannot convert `{known}` to a number")))
                }
                // Terraform holds every digit of it.
                Some(known) => Number::exactly(known).map(|it| it.0).ok_or_else(Self::too_long),
                None => Err(self.opaque()),
            },
            Value::Unknown(_) | Value::OneOf(_) => Err(self.opaque()),
            _ => Err(self.fail(Some(index), "a number is required")),
        }
    }

    /// A number of which a double does not hold every digit, as Terraform does.
    pub(super) fn too_long() -> Stop {
        Stop::Hole { kind: HoleKind::Opaque, why: Number::TOO_LONG.into() }
    }

    /// An argument as a whole number.
    #[expect(clippy::cast_possible_truncation, reason = "the bounds are those of an i64, and the value is whole")]
    pub(super) fn integer(&self, index: usize) -> Answer<i64> {
        let number = self.number(index)?;
        if number.fract() != 0.0 || number.abs() > 9.0e18 {
            return Err(self.fail(Some(index), "a whole number is required"));
        }
        Ok(number as i64)
    }

    /// An argument as the elements of a list. What is unknown is one element, which stands for any number.
    pub(super) fn list(&self, index: usize) -> Answer<&'a [Node]> {
        let node = self.not_null(index)?;
        match &node.value {
            Value::List(nodes) => Ok(nodes),
            Value::Unknown(_) | Value::OneOf(_) => Ok(std::slice::from_ref(node)),
            _ => Err(self.fail(Some(index), "a list, set or tuple is required")),
        }
    }

    /// An element of a list argument with the way the list has come.
    pub(super) fn element(&self, index: usize, part: &Node) -> Node {
        let whole = &self.arguments[index];
        if std::ptr::eq(whole, part) { part.clone() } else { whole.inherit(part) }
    }

    /// The elements of a list argument, each with the way the list has come. Of one of several lists each element is
    /// there in its list's case only.
    pub(super) fn elements(&self, index: usize) -> Answer<std::vec::IntoIter<Node>> {
        let whole = self.not_null(index)?;
        let mut out = Vec::new();
        match &whole.value {
            Value::OneOf(arms) => {
                for arm in arms.iter() {
                    let list = whole.inherit(&arm.node);
                    let nodes = list.as_list().unwrap_or(std::slice::from_ref(&arm.node));
                    let nodes = nodes.iter().filter(|it| !it.is_null()).map(|it| list.inherit(it));
                    out.extend(nodes.map(|it| in_case(&arm.when, arm.at, it)));
                }
            }
            _ => out.extend(self.list(index)?.iter().map(|part| self.element(index, part))),
        }
        Ok(out.into_iter())
    }

    /// An argument as an object. What is unknown is an open one without entries.
    pub(super) fn object(&self, index: usize) -> Answer<Cow<'a, Object>> {
        let node = self.not_null(index)?;
        match &node.value {
            Value::Object(object) => Ok(Cow::Borrowed(object)),
            Value::Unknown(_) | Value::OneOf(_) => {
                Ok(Cow::Owned(Object { entries: Vec::new(), open: Some(self.hole_for(node)) }))
            }
            _ => Err(self.fail(Some(index), "a map or object is required")),
        }
    }

    /// A hole of which a function makes another, as it would be written: `lower(var.name)`, `split(",", var.names)`.
    pub(super) fn rename(&self, subject: &str, rest: &[&Text]) -> String {
        let mut arguments: Vec<String> = rest.iter().map(|text| format!("\"{text}\"")).collect();
        let is_behind = matches!(self.name, "format" | "formatlist" | "join" | "split");
        arguments.insert(if is_behind { arguments.len() } else { 0 }, subject.to_owned());
        format!("{}({})", self.name, arguments.join(", "))
    }

    /// A hole made of a piece of text by this function, which takes something out of it at most.
    pub(super) fn made_hole(&self, of: &Text, rest: &[&Text]) -> Arc<Hole> {
        self.made_hole_putting_in(of, rest, &Text::default())
    }

    /// A hole made of a piece of text by this function, which may put something else into it.
    pub(super) fn made_hole_putting_in(&self, of: &Text, rest: &[&Text], put: &Text) -> Arc<Hole> {
        let span = of.span(0..of.len()).unwrap_or(self.span);
        let mut survey = Survey::default();
        survey.look_at_text(of);
        survey.look_at_text(put);
        let subject = match of.holes().next() {
            Some((0, hole)) if of.len() == crate::value::HOLE.len_utf8() => hole.reference.to_string(),
            _ => format!("\"{of}\""),
        };
        Arc::new(Hole {
            kind: survey.kind(),
            reference: self.rename(&subject, rest).into(),
            scope: survey.first.as_ref().map_or_else(|| self.host.meaning(self.span), |hole| Arc::clone(&hole.scope)),
            span,
            why: survey.why(),
            many: false,
        })
    }
}

/// A value in a few words, as it would be written.
fn words(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".into(),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => it.to_string(),
        Value::Text(text) if text.len() < 200 => format!("\"{text}\""),
        Value::Text(_) => format!("\"… {}\"", node.span.start),
        // Two of them must not be taken for the same value, so their places tell them apart.
        Value::List(_) => format!("[… {}]", node.span.start),
        Value::Object(_) => format!("{{… {}}}", node.span.start),
        Value::OneOf(arms) => match &**arms {
            [first, second] if !is_one_of(&first.node) && !is_one_of(&second.node) => {
                format!("{} ? {} : {}", first.when, words(&first.node), words(&second.node))
            }
            _ => format!("one of … {}", node.span.start),
        },
        Value::Unknown(hole) => hole.reference.to_string(),
    }
}

fn is_one_of(node: &Node) -> bool {
    matches!(node.value, Value::OneOf(_))
}

/// What there is in some values that decides what may be made of them.
#[derive(Default)]
pub(super) struct Survey {
    /// The first hole.
    pub(super) first: Option<Arc<Hole>>,
    /// Whether there is a free hole or a wildcard.
    wild: bool,
    several: bool,
    looked: usize,
}

impl Survey {
    /// Values are shared, so one of a hundred nodes can be a billion to walk.
    const MOST: usize = 10_000;

    pub(super) fn of(nodes: &[Node]) -> Self {
        let mut survey = Self::default();
        nodes.iter().for_each(|node| survey.look(node));
        survey
    }

    fn look(&mut self, node: &Node) {
        // What is left could add nothing.
        if self.wild && self.first.is_some() {
            return;
        }
        self.looked += 1;
        if self.looked > Self::MOST {
            self.wild = true;
            return;
        }
        match &node.value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::Text(text) => self.look_at_text(text),
            Value::List(nodes) => nodes.iter().for_each(|node| self.look(node)),
            Value::Object(object) => {
                object.open.iter().for_each(|hole| self.look_at_hole(hole));
                for entry in &object.entries {
                    self.look_at_text(&entry.key);
                    self.look(&entry.node);
                }
            }
            Value::OneOf(arms) => {
                self.several = true;
                arms.iter().for_each(|arm| self.look(&arm.node));
            }
            Value::Unknown(hole) => self.look_at_hole(hole),
        }
    }

    fn look_at_text(&mut self, text: &Text) {
        self.wild |= text.raw().contains(['*', '?']);
        text.holes().for_each(|(_, hole)| self.look_at_hole(hole));
    }

    fn look_at_hole(&mut self, hole: &Arc<Hole>) {
        self.wild |= hole.kind == HoleKind::Free;
        if self.first.is_none() {
            self.first = Some(Arc::clone(hole));
        }
    }

    /// What may be made of the values.
    pub(super) fn kind(&self) -> HoleKind {
        if self.wild { HoleKind::Free } else { HoleKind::Opaque }
    }

    /// Why something made of them is not known.
    pub(super) fn why(&self) -> Arc<str> {
        match &self.first {
            Some(hole) if hole.why.starts_with("depends on ") => Arc::clone(&hole.why),
            Some(hole) => format!("depends on `{}`, {}", hole.reference, hole.why).into(),
            None if self.several => "depends on conditions that cannot be decided".into(),
            None => "its arguments are more than iamlint looks at".into(),
        }
    }
}
