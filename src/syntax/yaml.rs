//! YAML: every document a tree with the places of its keys and values, duplicates kept, aliases and merge keys
//! resolved, tags kept as CloudFormation's long forms.
//!
//! What a plain scalar is depends on who reads it: [`Schema`]. No reader of IAM policies takes `2012-10-17` for a
//! date but Terraform's.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle, Tag};

use crate::source::Span;
use crate::syntax::SyntaxError;
use crate::value::{Entry, HOLE, Hole, HoleKind, Node, Number, Object, Text, Value};

/// What the plain scalars of a document are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// YAML 1.2's core schema, as CloudFormation has it: only `true` and `false` are truth values, dates are text.
    Core,
    /// That of Terraform's `yamldecode`: `yes`, `on` and `y` are truth values, dates become points in time.
    Terraform,
}

/// How many nodes the aliases of a text may stand for.
const MOST: usize = 1_000_000;
/// How deep collections may be.
const DEEPEST: usize = 256;

/// The documents of a text. What follows an error is not read; what stands before it is kept.
pub fn parse(text: &Text) -> (Vec<Node>, Vec<SyntaxError>) {
    parse_as(text, Schema::Core)
}

/// The documents of a text whose plain scalars are what `schema` says.
pub fn parse_as(text: &Text, schema: Schema) -> (Vec<Node>, Vec<SyntaxError>) {
    let mut tree = Tree {
        text,
        schema,
        documents: Vec::new(),
        errors: Vec::new(),
        open: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
    };
    for event in Parser::new_from_str(text.raw()) {
        match event {
            Ok((event, span)) => {
                let range = span.byte_range().unwrap_or(0..0);
                let tag_range = span.tag_span().and_then(|span| span.byte_range());
                if !tree.take(event, range, tag_range.as_ref()) {
                    break;
                }
            }
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(0);
                tree.error(at..at, error.info());
            }
        }
    }
    // An error leaves collections open; what they hold so far is kept.
    while let Some(top) = tree.open.last() {
        let end = top.end;
        tree.close(end);
    }
    (tree.documents, tree.errors)
}

/// A document being built.
struct Tree<'t> {
    text: &'t Text,
    schema: Schema,
    documents: Vec<Node>,
    errors: Vec<SyntaxError>,
    open: Vec<Collection>,
    /// Finished nodes by their anchor, with the number of nodes in each.
    anchors: HashMap<usize, (Node, usize)>,
    /// How many nodes there are, those behind aliases counted each time.
    nodes: usize,
}

/// A collection that is not finished.
struct Collection {
    start: usize,
    /// Where its last part ends.
    end: usize,
    anchor: usize,
    tag: Option<(String, Span)>,
    /// How many nodes there were before it.
    before: usize,
    is_flow: bool,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, merged: Vec<Entry>, key: Option<(Text, Span)> },
}

impl Tree<'_> {
    fn error(&mut self, range: Range<usize>, message: impl Into<String>) {
        let span = self.place(range);
        self.errors.push(SyntaxError { span, message: message.into() });
    }

    /// The place of a part of the text, which may be empty.
    fn place(&self, range: Range<usize>) -> Span {
        let raw = self.text.raw();
        let end = range.end.min(raw.len());
        let start = range.start.min(end);
        if let Some(span) = self.text.span(start..end) {
            return span;
        }
        let next = raw[start..].chars().next().and_then(|it| self.text.span(start..start + it.len_utf8()));
        if let Some(next) = next {
            return next.at_start();
        }
        let last = raw[..start].chars().next_back().and_then(|it| self.text.span(start - it.len_utf8()..start));
        match last {
            Some(last) => Span { start: last.end, ..last },
            // The text is empty, and then there is nothing to be found at any place.
            None => Span::new(crate::source::FileId(0), 0, 0),
        }
    }

    /// Whether to go on.
    fn take(&mut self, event: Event<'_>, range: Range<usize>, tag_range: Option<&Range<usize>>) -> bool {
        let tag = |tree: &Self, tag: &Option<std::borrow::Cow<'_, Tag>>| {
            let tag = tag.as_ref()?;
            Some((tag_name(tag), tree.place(tag_range.unwrap_or(&range).clone())))
        };
        match event {
            Event::Scalar(value, style, anchor, given) => {
                let tag = tag(self, &given);
                self.nodes += 1;
                let text = self.scalar_text(&value, style, range.clone());
                if self.needs_key() && tag.is_none() {
                    let text = if style == ScalarStyle::Plain { self.plain_key(text, &range) } else { text };
                    return self.key(anchor, text, range, style);
                }
                let span = self.place(content_range(self.text.raw(), style, range.clone()));
                let node = Node::new(self.resolved(text, style, &tag, range.clone()), span);
                let node = self.tagged(node, tag);
                self.finish(node, anchor, 1, range.end);
            }
            Event::SequenceStart(style, anchor, given) => {
                let tag = tag(self, &given);
                return self.open(Content::List(Vec::new()), style, anchor, tag, range);
            }
            Event::MappingStart(style, anchor, given) => {
                let tag = tag(self, &given);
                let content = Content::Map { entries: Vec::new(), merged: Vec::new(), key: None };
                return self.open(content, style, anchor, tag, range);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(top) = self.open.last() else { return true };
                // A block collection runs on to the next token, which is not its own.
                let end = if top.is_flow { range.end } else { top.end };
                self.close(end);
            }
            Event::Alias(anchor) => return self.alias(anchor, range),
            Event::DocumentStart(..) => {
                self.anchors.clear();
            }
            _ => {}
        }
        true
    }

    fn open(
        &mut self,
        content: Content,
        style: StructureStyle,
        anchor: usize,
        tag: Option<(String, Span)>,
        range: Range<usize>,
    ) -> bool {
        if self.open.len() >= DEEPEST {
            self.error(range, "collections are nested too deeply");
            return false;
        }
        let before = self.nodes;
        self.nodes += 1;
        let is_flow = style == StructureStyle::Flow;
        self.open.push(Collection { start: range.start, end: range.start, anchor, tag, before, is_flow, content });
        true
    }

    fn close(&mut self, end: usize) {
        let Some(top) = self.open.pop() else { return };
        let span = self.place(top.start..end.max(top.start));
        let value = match top.content {
            Content::List(nodes) => Value::List(nodes.into()),
            Content::Map { entries, mut merged, .. } => {
                // The last of equal keys holds, so what is merged in stands before what is written.
                merged.extend(entries);
                Value::Object(Arc::new(Object { entries: merged, open: None }))
            }
        };
        let count = self.nodes - top.before;
        let node = self.tagged(Node::new(value, span), top.tag);
        self.finish(node, top.anchor, count, end);
    }

    /// Whether a mapping waits for its next key.
    fn needs_key(&self) -> bool {
        matches!(self.open.last(), Some(Collection { content: Content::Map { key: None, .. }, .. }))
    }

    fn key(&mut self, anchor: usize, text: Text, range: Range<usize>, style: ScalarStyle) -> bool {
        let span = self.place(content_range(self.text.raw(), style, range.clone()));
        if anchor != 0 {
            self.anchors.insert(anchor, (Node::new(Value::Text(text.clone()), span), 1));
        }
        if let Some(Collection { content: Content::Map { key, .. }, end, .. }) = self.open.last_mut() {
            *key = Some((text, span));
            *end = range.end;
        }
        true
    }

    /// A key is a string, which Terraform makes of what it takes the scalar for: `y` is `true`.
    fn plain_key(&mut self, text: Text, range: &Range<usize>) -> Text {
        let known = text.as_known().filter(|_| self.schema == Schema::Terraform);
        let place = self.place(range.clone());
        match known.and_then(|it| plain(it, self.schema)) {
            Some(Plain::Bool(it)) => Text::known(if it { "true" } else { "false" }, place),
            Some(Plain::Number(it)) => Number(it).to_text(place),
            Some(Plain::Date(it)) => Text::known(&it, place),
            Some(Plain::Null) => {
                self.error(range.clone(), "a key must not be null");
                text
            }
            None => text,
        }
    }

    fn alias(&mut self, anchor: usize, range: Range<usize>) -> bool {
        let Some((node, count)) = self.anchors.get(&anchor) else {
            self.error(range, "an alias stands within what it refers to");
            return false;
        };
        let (node, count) = (node.clone(), *count);
        self.nodes = self.nodes.saturating_add(count);
        if self.nodes > MOST {
            self.error(range, "the aliases stand for more than can be read");
            return false;
        }
        let words = self.text.raw().get(range.clone()).unwrap_or("*").to_owned();
        if self.needs_key() {
            let Some(text) = node.as_text().cloned() else {
                self.error(range, "a key must be a string");
                return false;
            };
            return self.key(0, text, range, ScalarStyle::Plain);
        }
        let place = self.place(range.clone());
        self.finish(node.through(place, words), 0, count, range.end);
        true
    }

    /// Puts a finished node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, count: usize, end: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), count));
        }
        let Some(top) = self.open.last_mut() else {
            self.documents.push(node);
            return;
        };
        top.end = top.end.max(end);
        match &mut top.content {
            Content::List(nodes) => nodes.push(node),
            Content::Map { entries, merged, key } => match key.take() {
                Some((key, key_span)) if key.as_known() == Some("<<") => {
                    let is_merged = merge(merged, &node);
                    if !is_merged {
                        entries.push(Entry { key, key_span, node });
                    }
                }
                Some((key, key_span)) => entries.push(Entry { key, key_span, node }),
                None => {
                    // A collection or a tagged scalar in the place of a key.
                    let span = node.span;
                    self.errors.push(SyntaxError { span, message: "a key must be a string".into() });
                    if let Some(Collection { content: Content::Map { key, .. }, .. }) = self.open.last_mut() {
                        *key = Some((Text::known("?", span), span));
                    }
                }
            },
        }
    }

    /// A tagged node as CloudFormation's long form.
    fn tagged(&mut self, node: Node, tag: Option<(String, Span)>) -> Node {
        let Some((name, span)) = tag else { return node };
        let Some(name) = name.strip_prefix('!').filter(|name| !name.is_empty() && !name.starts_with('!')) else {
            return node;
        };
        if self.schema == Schema::Terraform {
            self.errors.push(SyntaxError { span, message: format!("unsupported tag `!{name}`") });
            return node;
        }
        let key = match name {
            "Ref" | "Condition" => name.to_owned(),
            _ => format!("Fn::{name}"),
        };
        let whole = span.to(node.span);
        let entry = Entry { key: Text::known(&key, span), key_span: span, node };
        Node::new(Value::Object(Arc::new(Object { entries: vec![entry], open: None })), whole)
    }

    fn resolved(&mut self, text: Text, style: ScalarStyle, tag: &Option<(String, Span)>, range: Range<usize>) -> Value {
        let name = tag.as_ref().map(|(name, _)| name.as_str());
        if matches!(name, Some("!" | "!!str" | "!!binary")) {
            return Value::Text(text);
        }
        let mut holes = text.holes();
        if let (Some((_, hole)), None) = (holes.next(), holes.next())
            && style == ScalarStyle::Plain
            && text.len() == HOLE.len_utf8()
            && hole.kind == HoleKind::Free
        {
            // Its text may have commas or lines.
            return Value::Unknown(Arc::new(Hole { many: true, ..Hole::clone(hole) }));
        }
        drop(holes);
        let Some(known) = text.as_known() else { return Value::Text(text) };
        let is_typed = matches!(name, Some("!!null" | "!!bool" | "!!int" | "!!float" | "!!timestamp"));
        if style != ScalarStyle::Plain && !is_typed {
            return Value::Text(text);
        }
        match plain(known, self.schema) {
            Some(Plain::Null) => Value::Null,
            Some(Plain::Bool(it)) => Value::Bool(it),
            Some(Plain::Number(it)) if it.is_finite() => Value::Number(Number(it)),
            Some(Plain::Number(_)) => {
                self.error(range, "a number without end is no value");
                Value::Null
            }
            Some(Plain::Date(it)) => {
                Value::Text(Text::known(&it, text.span(0..text.len()).unwrap_or(self.place(0..0))))
            }
            None => Value::Text(text),
        }
    }

    /// The text of a scalar, each part of it with its place.
    fn scalar_text(&self, value: &str, style: ScalarStyle, range: Range<usize>) -> Text {
        let source = self.text.raw().get(range.clone()).unwrap_or_default();
        if source == value {
            return self.text.slice(range);
        }
        let inner = content_range(self.text.raw(), style, range.clone());
        if self.text.raw().get(inner.clone()) == Some(value) {
            return self.text.slice(inner);
        }
        self.aligned(value, style, inner.clone()).unwrap_or_else(|| self.roughly(value, inner))
    }

    /// Text that is not written as it reads: escaped, folded or indented. Every stretch that is copied keeps its
    /// place, every escape stands for its character, every line end for what it becomes.
    fn aligned(&self, value: &str, style: ScalarStyle, inner: Range<usize>) -> Option<Text> {
        let raw = self.text.raw();
        let mut at = inner.start;
        let mut out = Text::default();
        let mut rest = value;
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            // Empty lines in front are no part of the scalar's span.
            while rest.starts_with('\n') && !raw[at..inner.end].trim_start_matches([' ', '\t']).starts_with('\n') {
                out.push_known("\n", self.place(at..at));
                rest = &rest[1..];
            }
        }
        let mut at_line_start = true;
        while !rest.is_empty() {
            if at >= inner.end {
                return None;
            }
            let source = &raw[at..inner.end];
            if style == ScalarStyle::DoubleQuoted
                && let Some(next) = source.strip_prefix("\\\n").or_else(|| source.strip_prefix("\\\r\n"))
            {
                at += source.len() - next.trim_start_matches([' ', '\t']).len();
                continue;
            }
            if at_line_start && style != ScalarStyle::DoubleQuoted || rest.starts_with('\n') {
                at_line_start = false;
                let trimmed = source.trim_start_matches([' ', '\t']);
                let wanted = rest.len() - rest.trim_start_matches([' ', '\t']).len();
                let given = source.len() - trimmed.len();
                if given > wanted {
                    at += given - wanted;
                    continue;
                }
            }
            let special = |at: usize, it: char| match (style, it) {
                (_, '\n' | '\r') | (ScalarStyle::DoubleQuoted, '\\') | (ScalarStyle::SingleQuoted, '\'') => true,
                (ScalarStyle::Literal | ScalarStyle::Folded, _) => false,
                // Outside of blocks, folding takes the blanks in front of a line end with it.
                (_, ' ' | '\t') => source[at..].trim_start_matches([' ', '\t']).starts_with(['\n', '\r']),
                _ => false,
            };
            let mut pairs = source.char_indices().zip(rest.chars());
            let same = pairs.find(|((at, a), b)| a != b || special(*at, *a)).map(|((at, _), _)| at);
            let length = same.unwrap_or(source.len().min(rest.len()));
            if length > 0 {
                out.push_text(&self.text.slice(at..at + length), &crate::value::Origin::HERE);
                at += length;
                rest = &rest[length..];
                continue;
            }
            let first = rest.chars().next()?;
            let consumed = consumed(source, style, first)?;
            let taken = match first {
                '\n' => 1,
                _ => first.len_utf8(),
            };
            out.push_known(&rest[..taken], self.place(at..at + consumed));
            at += consumed;
            rest = &rest[taken..];
            at_line_start = source[..consumed].ends_with('\n');
            if at_line_start && first == '\n' && style != ScalarStyle::Literal && !rest.starts_with('\n') {
                // Folding makes one line end less than there are.
                while let Some(end) = raw[at..inner.end].find('\n').filter(|end| raw[at..at + end].trim().is_empty()) {
                    at += end + 1;
                }
            }
            let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
            if at_line_start && (first == ' ' || !is_block) {
                // A folded line end: what indents the next line is no part of the text.
                at += raw[at..inner.end].len() - raw[at..inner.end].trim_start_matches([' ', '\t']).len();
                at_line_start = false;
            }
        }
        Some(out)
    }

    /// Text of which only the holes are known to stand in the same order.
    fn roughly(&self, value: &str, inner: Range<usize>) -> Text {
        let place = self.place(inner.clone());
        let source = self.text.slice(inner);
        let mut holes = source.holes();
        let mut out = Text::default();
        for (index, part) in value.split(HOLE).enumerate() {
            if index > 0
                && let Some((_, hole)) = holes.next()
            {
                out.push_hole(Arc::clone(hole));
            }
            out.push_known(part, place);
        }
        out
    }
}

/// How many bytes of the source stand for one character that is not written as itself.
fn consumed(source: &str, style: ScalarStyle, first: char) -> Option<usize> {
    match style {
        ScalarStyle::DoubleQuoted if source.starts_with('\\') => {
            let letter = source[1..].chars().next()?;
            let digits = match letter {
                'x' => 2,
                'u' => 4,
                'U' => 8,
                _ => 0,
            };
            source.get(..1 + letter.len_utf8() + digits).map(str::len)
        }
        ScalarStyle::SingleQuoted if source.starts_with("''") => Some(2),
        _ if matches!(first, ' ' | '\n') => {
            let end = source.find('\n')?;
            source[..end].trim().is_empty().then_some(end + 1)
        }
        _ => None,
    }
}

/// The source of a scalar without its quotes, and without the line end that a block scalar's span includes.
fn content_range(raw: &str, style: ScalarStyle, range: Range<usize>) -> Range<usize> {
    match style {
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if range.len() >= 2 => range.start + 1..range.end - 1,
        ScalarStyle::Plain => {
            let source = raw.get(range.clone()).unwrap_or_default();
            range.start..range.start + source.trim_end().len()
        }
        _ => range,
    }
}

fn tag_name(tag: &Tag) -> String {
    match tag.core_suffix() {
        Some(suffix) => format!("!!{suffix}"),
        None if tag.handle() == "tag:yaml.org,2002:" => format!("!!{}", tag.suffix()),
        None => format!("{}{}", tag.handle(), tag.suffix()),
    }
}

/// Takes over the entries that a `<<` refers to; whether it refers to any.
fn merge(merged: &mut Vec<Entry>, node: &Node) -> bool {
    match &node.value {
        Value::Object(object) => {
            merged
                .extend(object.entries.iter().map(|entry| Entry { node: node.inherit(&entry.node), ..entry.clone() }));
            true
        }
        Value::List(nodes) if nodes.iter().all(|node| matches!(node.value, Value::Object(_))) => {
            // The first of them has the last word.
            nodes.iter().rev().for_each(|part| {
                merge(merged, &node.inherit(part));
            });
            true
        }
        _ => false,
    }
}

enum Plain {
    Null,
    Bool(bool),
    Number(f64),
    Date(String),
}

/// What a plain scalar is, when it is not text.
fn plain(text: &str, schema: Schema) -> Option<Plain> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Plain::Null),
        "true" | "True" | "TRUE" => return Some(Plain::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Plain::Bool(false)),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" if schema == Schema::Terraform => {
            return Some(Plain::Bool(true));
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" if schema == Schema::Terraform => {
            return Some(Plain::Bool(false));
        }
        _ => {}
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.starts_with(|it: char| it.is_ascii_digit() || it == '.') {
        return None;
    }
    if schema == Schema::Terraform && matches!(unsigned.to_ascii_lowercase().as_str(), ".inf" | ".nan") {
        return Some(Plain::Number(f64::INFINITY));
    }
    for (mark, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = unsigned.strip_prefix(mark) {
            #[expect(clippy::cast_precision_loss, reason = "numbers are floats")]
            return u64::from_str_radix(digits, radix).ok().map(|it| Plain::Number(it as f64));
        }
    }
    if schema == Schema::Terraform && unsigned == text && text.as_bytes().get(4) == Some(&b'-') {
        return date(text).map(Plain::Date);
    }
    if schema == Schema::Core
        && unsigned.len() > 1
        && unsigned.starts_with('0')
        && unsigned.bytes().all(|it| it.is_ascii_digit())
    {
        // An account id that nobody put in quotes.
        return None;
    }
    if !unsigned.bytes().all(|it| it.is_ascii_digit() || matches!(it, b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    text.parse().ok().filter(|it: &f64| it.is_finite()).map(Plain::Number)
}

/// A date as Terraform writes it after it has taken it for one: a day, or a point in time without its fraction.
fn date(text: &str) -> Option<String> {
    let number = |text: &str, most: u32| {
        let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
        text.parse().ok().filter(|it: &u32| is_number && *it <= most)
    };
    let (day, time) = match text.split_once(['T', 't', ' ']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let mut parts = day.splitn(3, '-');
    let year = parts.next().filter(|it| it.len() == 4 && it.bytes().all(|it| it.is_ascii_digit()))?;
    let (month, day) = (number(parts.next()?, 12)?, number(parts.next()?, 31)?);
    let is_leap =
        year.parse().is_ok_and(|it: u32| it.is_multiple_of(4) && (!it.is_multiple_of(100) || it.is_multiple_of(400)));
    let days = match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if month == 0 || day == 0 || day > days {
        return None;
    }
    let Some(time) = time else { return Some(format!("{year}-{month:02}-{day:02}T00:00:00Z")) };
    let (time, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at(at),
        None if text.contains(' ') => (time, "Z"),
        None => return None,
    };
    let mut parts = time.split(':');
    let (hour, minute) = (number(parts.next()?, 23)?, number(parts.next()?, 59)?);
    let (second, fraction) = parts.next().map(|it| it.split_once('.').unwrap_or((it, "0")))?;
    let is_whole = parts.next().is_none() && fraction.bytes().all(|it| it.is_ascii_digit());
    let second = number(second, 59).filter(|_| is_whole)?;
    let zone = if matches!(zone, "+00:00" | "-00:00") { "Z" } else { zone };
    let is_zone = zone == "Z"
        || zone.get(1..).and_then(|it| it.split_once(':')).is_some_and(|(hours, minutes)| {
            zone.len() == 6 && number(hours, 23).is_some() && number(minutes, 59).is_some()
        });
    is_zone.then(|| format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn text(source: &str) -> Text {
        Text::known(source, Span::new(FileId(0), 0, source.len()))
    }

    fn show(node: &Node) -> String {
        match &node.value {
            Value::Null => "null".into(),
            Value::Bool(it) => it.to_string(),
            Value::Number(it) => it.to_string(),
            Value::Text(it) => format!("{it:?}"),
            Value::List(nodes) => format!("[{}]", nodes.iter().map(show).collect::<Vec<_>>().join(", ")),
            Value::Object(object) => {
                let entry = |entry: &Entry| format!("{}: {}", entry.key, show(&entry.node));
                format!("{{{}}}", object.entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            Value::OneOf(_) => "one of".into(),
            Value::Unknown(hole) => format!("?{}", hole.reference),
        }
    }

    fn read(source: &str) -> String {
        let (documents, errors) = parse(&text(source));
        assert_eq!(errors, [], "{source}");
        documents.iter().map(show).collect::<Vec<_>>().join(" --- ")
    }

    /// The source under each string of a document.
    fn places(source: &str) -> Vec<String> {
        fn visit(node: &Node, source: &str, out: &mut Vec<String>) {
            match &node.value {
                Value::Text(text) => {
                    let span = text.span(0..text.len()).unwrap();
                    out.push(source[span.range()].to_owned());
                }
                Value::List(nodes) => nodes.iter().for_each(|node| visit(node, source, out)),
                Value::Object(object) => object.entries.iter().for_each(|entry| {
                    out.push(source[entry.key_span.range()].to_owned());
                    visit(&entry.node, source, out);
                }),
                _ => {}
            }
        }
        let mut out = Vec::new();
        parse(&text(source)).0.iter().for_each(|node| visit(node, source, &mut out));
        out
    }

    #[test]
    fn plain_scalars_are_what_cloudformation_takes_them_for() {
        assert_eq!(
            read("[2012-10-17, Yes, true, 012345678901, 12, 1.5, 0x10, ~, 's3:*', .inf, 1_000]"),
            r#"["2012-10-17", "Yes", true, "012345678901", 12, 1.5, 16, null, "s3:*", ".inf", "1_000"]"#
        );
    }

    #[test]
    fn tags_are_long_forms() {
        assert_eq!(
            read("a: !Sub 'x${y}'\nb: !GetAtt c.Arn\nd: !Ref e\nf: !If [g, 1, !Ref h]\ni: !!str 5\n"),
            r#"{a: {Fn::Sub: "x${y}"}, b: {Fn::GetAtt: "c.Arn"}, d: {Ref: "e"}, f: {Fn::If: ["g", 1, {Ref: "h"}]}, i: "5"}"#
        );
        assert_eq!(places("a: !Ref b\n"), ["a", "!Ref", "b"]);
    }

    #[test]
    fn aliases_and_merge_keys_are_resolved() {
        assert_eq!(
            read("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\n"),
            "{a: {x: 1, y: 2}, b: {x: 1, y: 2, y: 3}, c: {x: 1, y: 2}}"
        );
    }

    #[test]
    fn aliases_have_a_budget_and_no_cycles() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..10 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert_eq!(parse(&text(&bomb)).1.len(), 1);
        assert_eq!(parse(&text("a: &a [*a]")).1.len(), 1);
    }

    #[test]
    fn every_string_keeps_its_place() {
        assert_eq!(places("\"a\": 'b c'\nd:\n  - e  # f\n  - \"g\\nh\"\n"), ["a", "b c", "d", "e", "g\\nh"]);
        let source = "a: |\n  {\"Effect\":\n    \"Allow\"}\n";
        let (documents, _) = parse(&text(source));
        let block = documents[0].get("a").unwrap();
        let block = block.as_text().unwrap();
        assert_eq!(block.raw(), "{\"Effect\":\n  \"Allow\"}\n");
        let at = block.raw().find("Allow").unwrap();
        assert_eq!(&source[block.span(at..at + 5).unwrap().range()], "Allow");
        let source = "a: \"one \\\n  two\n  three\"";
        let (documents, _) = parse(&text(source));
        let quoted = documents[0].get("a").unwrap();
        let quoted = quoted.as_text().unwrap();
        assert_eq!(quoted.raw(), "one two three");
        let at = quoted.raw().find("three").unwrap();
        assert_eq!(&source[quoted.span(at..at + 5).unwrap().range()], "three");
        let source = "a: >-\n  one\n  two\n\n  three\n";
        let (documents, _) = parse(&text(source));
        let folded = documents[0].get("a").unwrap();
        let folded = folded.as_text().unwrap();
        assert_eq!(folded.raw(), "one two\nthree");
        let at = folded.raw().find("three").unwrap();
        assert_eq!(&source[folded.span(at..at + 5).unwrap().range()], "three");
    }

    #[test]
    fn a_folded_string_keeps_the_place_of_each_line() {
        let last = |source: &str, read: &str| {
            let (documents, _) = parse(&text(source));
            let node = documents[0].get("a").unwrap();
            let text = node.as_text().unwrap();
            assert_eq!(text.raw(), read);
            let at = read.find("two").unwrap();
            assert_eq!(&source[text.span(at..at + 3).unwrap().range()], "two");
        };
        last("a: 'one  \n\n   it''s\n   two'\n", "one\nit's two");
        last("a: \"one \\\n   \\ two\"\n", "one  two");
        last("a: one\n   two\n", "one two");
        last("a: |\n\n  one\n  two\n", "\none\ntwo\n");
        last("a: >\n  one \n    more\n  two\n", "one \n  more\ntwo\n");
    }

    #[test]
    fn holes_stay_in_their_strings() {
        let hole = |kind| {
            let span = Span::new(FileId(0), 0, 1);
            Arc::new(Hole { kind, reference: "var.x".into(), scope: "".into(), span, why: "unset".into(), many: false })
        };
        let mut source = text("a: arn:");
        source.push_hole(hole(HoleKind::Opaque));
        source.push_known(":x\nb: ", Span::new(FileId(0), 0, 1));
        source.push_hole(hole(HoleKind::Free));
        source.push_known("\nc: \"\\t", Span::new(FileId(0), 0, 1));
        source.push_hole(hole(HoleKind::Free));
        source.push_known("\"\n", Span::new(FileId(0), 0, 1));
        let (documents, errors) = parse(&source);
        assert_eq!(errors, []);
        assert_eq!(show(&documents[0]), r#"{a: "arn:${var.x}:x", b: ?var.x, c: "\t${var.x}"}"#);
    }

    #[test]
    fn an_error_has_its_place_and_what_stands_before_it_is_kept() {
        let source = "a: 1\nb: [x\nc: 2\n";
        let (documents, errors) = parse(&text(source));
        assert_eq!(errors.len(), 1);
        assert!(errors[0].span.start >= 8, "{errors:?}");
        assert!(show(&documents[0]).starts_with("{a: 1"));
    }

    #[test]
    fn several_documents_and_none() {
        assert_eq!(read("a\n---\nb\n"), r#""a" --- "b""#);
        assert_eq!(read(""), "");
        assert_eq!(read("# only\n"), "");
    }
}
