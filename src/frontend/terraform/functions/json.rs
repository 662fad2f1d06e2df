//! `jsonencode` and `jsondecode`: the text of a value, in which every string keeps its place.

use std::borrow::Cow;
use std::sync::Arc;

use super::arguments::{Answer, Call};
use super::arms::one_of;
use super::compare::in_order;
use crate::source::Span;
use crate::value::{Arm, HOLE, HoleKind, Node, Origin, Text, Value, is_same_choice};

/// How many texts an encoding may be.
const LIMIT: usize = 4;
/// How deep a value may be.
const DEEPEST: usize = 200;
/// How many nodes are searched for choices.
const MOST: usize = 10_000;
/// What a node costs besides its text.
pub(super) const NODE: usize = 32;
/// What a part of a text costs that has a place of its own, besides its bytes.
const PART: usize = 80;

/// The value as text.
///
/// Each key and string keeps its places, brackets and commas stand for the whole call. Where a value is unknown there
/// is a bare hole; an open object has a last entry whose key and value are the hole. [`one of several
/// values`](Value::OneOf) gives one of several texts when they are few; else a bare hole, which the host is told of.
pub(super) fn jsonencode(call: &mut Call<'_>) -> Answer {
    encode(call, Style::Function)
}

/// Who writes a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::frontend::terraform) enum Style {
    /// `jsonencode`, each list as it is.
    Function,
    /// The provider, of a data document: one value alone stands without brackets, but for a statement.
    Document,
}

pub(super) fn encode(call: &mut Call<'_>, style: Style) -> Answer {
    let node = &call.arguments[0];
    let span = call.span;
    let tree = Arc::new(node.clone());
    if let Some(cost) = plain_cost(node, 0, &mut { MOST }) {
        call.spend(if cost > call.host.most_of_one() { usize::MAX } else { cost })?;
        let text = Text::encoding(Arc::clone(&tree), move || plain(&tree, style, span));
        return Ok(call.made(Value::Text(text)));
    }
    let mut choices = Choices::default();
    choices.gather(node);
    let count = choices.of.iter().fold(1_usize, |count, arms| count.saturating_mul(arms.len()));
    if choices.of.is_empty() || count > LIMIT || choices.looked > MOST {
        let text = styled(call, node, &[], style)?;
        return Ok(call.made(Value::Text(Text::encoding(tree, move || text))));
    }
    let mut arms: Vec<Arm> = Vec::with_capacity(count);
    for number in 0..count {
        let mut rest = number;
        let taken: Vec<(&[Arm], usize)> = choices
            .of
            .iter()
            .rev()
            .map(|arms| {
                let index = rest % arms.len();
                rest /= arms.len();
                (*arms, index)
            })
            .collect();
        let text = styled(call, node, &taken, style)?;
        let mut words: Vec<&str> = taken.iter().rev().map(|(arms, index)| &*arms[*index].when).collect();
        words.dedup();
        let at = taken.last().map_or(call.span, |(arms, index)| arms[*index].at);
        let text = Text::encoding(Arc::clone(&tree), move || text);
        arms.push(Arm { when: words.join(" and ").into(), at, node: call.made(Value::Text(text)) });
    }
    Ok(one_of(arms, span))
}

/// What the text of a value costs when it can be written at any time: none where there are choices in it, or where it
/// is too large or deep.
fn plain_cost(node: &Node, depth: usize, left: &mut usize) -> Option<usize> {
    *left = left.checked_sub(1)?;
    let mut cost = NODE;
    match &node.value {
        Value::OneOf(_) => return None,
        _ if depth > DEEPEST => return None,
        Value::Text(text) => cost += cost_of_string(text),
        Value::List(nodes) => {
            for node in nodes.iter() {
                cost += plain_cost(node, depth + 1, left)?;
            }
        }
        Value::Object(object) => {
            for entry in &object.entries {
                cost += cost_of_string(&entry.key) + plain_cost(&entry.node, depth + 1, left)?;
            }
            cost += object.open.as_ref().map_or(0, |_| HOLE.len_utf8());
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Unknown(_) => {}
    }
    Some(cost)
}

/// What a string costs. Each character that is escaped stands for its own place, and a text that is encoded again and again
/// is soon made of little else.
fn cost_of_string(text: &Text) -> usize {
    // What is escaped is of one byte or begins with one that little else begins with. Nearly every text has nothing of it,
    // and all of it is looked at, which is faster than to stop.
    let is_plain = |it: u8| !matches!(it, ..b' ' | b'"' | b'&' | b'<' | b'>' | b'\\' | 0xE2);
    let is_as_written = text.raw().bytes().fold(true, |all, it| all & is_plain(it));
    let escaped = if is_as_written { 0 } else { text.raw().chars().filter(|it| escape(*it).is_some()).count() };
    cost_of(text, escaped)
}

/// What a text costs in which so many places are not as they were written.
pub(super) fn cost_of(text: &Text, escaped: usize) -> usize {
    text.len() + PART * (text.pieces().saturating_sub(1) + 2 * escaped)
}

/// The text of a value without choices, which has been paid for.
fn plain(node: &Node, style: Style, span: Span) -> Text {
    let mut writer = Writer::new(None, &[], style, span);
    // Nothing refuses it.
    let _ = writer.node(node, &Origin::HERE, 0);
    writer.flush();
    writer.out
}

/// The text of a node in which no choice is taken.
pub(super) fn encoded(call: &mut Call<'_>, node: &Node) -> Answer<Text> {
    styled(call, node, &[], Style::Function)
}

/// The text of a node, each choice in it taken as given.
fn styled(call: &mut Call<'_>, node: &Node, taken: &[(&[Arm], usize)], style: Style) -> Answer<Text> {
    let span = call.span;
    let mut writer = Writer::new(Some(call), taken, style, span);
    writer.node(node, &Origin::HERE, 0)?;
    writer.flush();
    Ok(writer.out)
}

#[derive(Default)]
struct Choices<'a> {
    of: Vec<&'a [Arm]>,
    looked: usize,
}

impl<'a> Choices<'a> {
    fn gather(&mut self, node: &'a Node) {
        self.looked += 1;
        if self.looked > MOST || self.of.len() > LIMIT {
            return;
        }
        match &node.value {
            Value::List(nodes) => nodes.iter().for_each(|node| self.gather(node)),
            Value::Object(object) => object.entries.iter().for_each(|entry| self.gather(&entry.node)),
            Value::OneOf(arms) => {
                if !self.of.iter().any(|known| is_same_choice(known, arms)) {
                    self.of.push(arms);
                }
                arms.iter().for_each(|arm| self.gather(&arm.node));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => {}
        }
    }
}

struct Writer<'c, 'a, 't> {
    /// None of what is plain and paid for.
    call: Option<&'c mut Call<'a>>,
    taken: &'t [(&'t [Arm], usize)],
    style: Style,
    out: Text,
    /// Brackets and commas not yet written.
    marks: String,
    span: Span,
    /// What it may still cost.
    left: usize,
}

impl<'c, 'a, 't> Writer<'c, 'a, 't> {
    fn new(call: Option<&'c mut Call<'a>>, taken: &'t [(&'t [Arm], usize)], style: Style, span: Span) -> Self {
        let left = call.as_ref().map_or(usize::MAX, |it| it.host.most_of_one());
        Self { call, taken, style, out: Text::default(), marks: String::new(), span, left }
    }

    fn flush(&mut self) {
        // As long as the call itself it would be taken for its very text.
        let cut = if self.marks.len() == self.span.len() { self.marks.len() / 2 } else { 0 };
        let (first, second) = self.marks.split_at(cut);
        self.out.push_known(first, self.span);
        self.out.push_known(second, self.span);
        self.marks.clear();
    }

    fn push(&mut self, text: &Text, way: &Origin) {
        self.flush();
        self.out.push_text(text, way);
    }

    fn node(&mut self, node: &Node, later: &Origin, depth: usize) -> Answer<()> {
        let way = node.origin.followed_by(later);
        if depth > DEEPEST {
            self.stand_in(node);
            return Ok(());
        }
        // A value may be shared many times over, so what it grows to is paid for as it grows.
        self.spend(NODE)?;
        match &node.value {
            Value::Null => self.push(&Text::known("null", node.span), &way),
            Value::Bool(it) => self.push(&Text::known(&it.to_string(), node.span), &way),
            Value::Number(it) => self.push(&it.to_text(node.span), &way),
            Value::Text(text) => match quotes(node, text) {
                Some([open, close]) => {
                    self.push(&Text::known("\"", open), &way);
                    self.content(text, &way)?;
                    self.push(&Text::known("\"", close), &way);
                }
                None => self.string(text, &way)?,
            },
            Value::List(nodes)
                if self.style == Style::Document && nodes.len() == 1 && nodes[0].as_object().is_none() =>
            {
                self.node(&nodes[0], &way, depth + 1)?;
            }
            Value::List(nodes) => {
                self.marks.push('[');
                for (index, node) in nodes.iter().enumerate() {
                    if index > 0 {
                        self.marks.push(',');
                    }
                    self.node(node, &way, depth + 1)?;
                }
                self.marks.push(']');
            }
            Value::Object(object) => {
                self.marks.push('{');
                for (index, entry) in in_order(object).into_iter().enumerate() {
                    if index > 0 {
                        self.marks.push(',');
                    }
                    self.string(&entry.key, &way)?;
                    self.marks.push(':');
                    self.node(&entry.node, &way, depth + 1)?;
                }
                if let Some(hole) = &object.open {
                    if !object.entries.is_empty() {
                        self.marks.push(',');
                    }
                    self.string(&Text::hole(Arc::clone(hole)), &way)?;
                    self.marks.push(':');
                    self.push(&Text::hole(Arc::clone(hole)), &way);
                }
                self.marks.push('}');
            }
            Value::OneOf(arms) => match self.taken.iter().find(|(known, _)| is_same_choice(known, arms)) {
                Some((_, index)) => self.node(&arms[*index].node, &way, depth + 1)?,
                None => self.stand_in(node),
            },
            Value::Unknown(hole) => self.push(&Text::hole(Arc::clone(hole)), &way),
        }
        Ok(())
    }

    fn stand_in(&mut self, node: &Node) {
        let Some(call) = &mut self.call else { return };
        let hole = call.hole_for(node);
        call.host.stands_for(&hole, node);
        self.push(&Text::hole(hole), &Origin::HERE);
    }

    fn spend(&mut self, bytes: usize) -> Answer<()> {
        let Some(call) = &mut self.call else { return Ok(()) };
        self.left = self.left.saturating_sub(bytes);
        call.spend(if self.left == 0 { usize::MAX } else { bytes })
    }

    fn string(&mut self, text: &Text, way: &Origin) -> Answer<()> {
        self.marks.push('"');
        self.content(text, way)?;
        self.marks.push('"');
        Ok(())
    }

    fn content(&mut self, text: &Text, way: &Origin) -> Answer<()> {
        // What is plain is paid for.
        if self.call.is_some() {
            self.spend(cost_of_string(text))?;
        }
        let raw = text.raw();
        let mut done = 0;
        for (at, it) in raw.char_indices() {
            let Some(escaped) = escape(it) else { continue };
            if done < at {
                self.push(&text.slice(done..at), way);
            }
            done = at + it.len_utf8();
            self.push(&text.slice(at..done).map_known(|_| escaped.to_string()), way);
        }
        if done == 0 && !raw.is_empty() {
            self.push(text, way);
        } else if done < raw.len() {
            self.push(&text.slice(done..raw.len()), way);
        }
        Ok(())
    }
}

/// Where the quotes stand that a text is written in, so that whoever reads the encoding finds the literal.
fn quotes(node: &Node, text: &Text) -> Option<[Span; 2]> {
    let (content, whole) = (text.span_of_all(0..text.len())?, node.span);
    let is_within = content.file == whole.file && content.start == whole.start + 1 && content.end + 1 == whole.end;
    is_within.then(|| [Span { end: whole.start + 1, ..whole }, Span { start: whole.end - 1, ..whole }])
}

/// How Go writes a character in a JSON string, if not as it is.
fn escape(it: char) -> Option<Cow<'static, str>> {
    Some(match it {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        '\u{8}' => "\\b".into(),
        '\u{c}' => "\\f".into(),
        '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => format!("\\u{:04x}", u32::from(it)).into(),
        _ => return None,
    })
}

pub(super) fn jsondecode(call: &mut Call<'_>) -> Answer {
    let text = call.text(0)?;
    let argument = &call.arguments[0];
    if text.hole_at(0).is_some() && text.len() == HOLE.len_utf8() {
        let hole = call.made_hole(&text, &[]);
        return Ok(Node { origin: argument.origin.clone(), ..Node::unknown((*hole).clone()) });
    }
    match call.host.json(&text, argument.span) {
        Ok(node) => Ok(argument.inherit(&node)),
        // Perhaps it would be one with what stands in the hole.
        Err(_) if text.has_holes() => {
            let kind = HoleKind::Free;
            Err(super::Stop::Hole { kind, why: "what is not known of the text may not be left out of it".into() })
        }
        Err(message) => Err(call.fail(Some(0), message)),
    }
}
