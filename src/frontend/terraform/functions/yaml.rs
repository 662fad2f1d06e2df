//! `yamlencode` and `yamldecode`.

use std::sync::Arc;

use super::arguments::{Answer, Call};
use super::compare::in_order;
use super::json;
use crate::source::Span;
use crate::syntax::yaml::{Schema, parse_as};
use crate::value::{HOLE, HoleKind, Node, Origin, Text, Value};

/// How deep a value may be.
const DEEPEST: usize = 200;

pub(super) fn yamldecode(call: &mut Call<'_>) -> Answer {
    let text = call.text(0)?;
    let argument = &call.arguments[0];
    if text.hole_at(0).is_some() && text.len() == HOLE.len_utf8() {
        let hole = call.made_hole(&text, &[]);
        return Ok(Node { origin: argument.origin.clone(), ..Node::unknown((*hole).clone()) });
    }
    let (documents, errors) = parse_as(&text, Schema::Terraform);
    match (documents.as_slice(), errors.first()) {
        ([document], None) => Ok(argument.inherit(document)),
        // Perhaps it would be one with what stands in the hole.
        _ if text.has_holes() => {
            let why = "what is not known of the text may not be left out of it".into();
            Err(super::Stop::Hole { kind: HoleKind::Free, why })
        }
        (_, Some(error)) => Err(call.fail(Some(0), error.message.clone())),
        ([], None) => Err(call.fail(Some(0), "missing start of document")),
        _ => Err(call.fail(Some(0), "unexpected extra content after value")),
    }
}

/// The value as Terraform writes it in YAML, each key and string with its places.
pub(super) fn yamlencode(call: &mut Call<'_>) -> Answer {
    let node = &call.arguments[0];
    let span = call.span;
    let left = call.host.most_of_one();
    let mut writer = Writer { call, out: Text::default(), marks: String::new(), span, left };
    writer.node(node, &Origin::HERE, Place::Root, 0, 0)?;
    if matches!(node.value, Value::Null | Value::Bool(_) | Value::Number(_)) {
        writer.marks.push_str("...\n");
    }
    writer.flush();
    let text = std::mem::take(&mut writer.out);
    Ok(call.made(Value::Text(text)))
}

/// What stands in front of a node on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Key,
    Dash,
}

struct Writer<'c, 'a> {
    call: &'c mut Call<'a>,
    out: Text,
    /// What nobody has written, not yet put out.
    marks: String,
    span: Span,
    /// What it may still cost.
    left: usize,
}

impl Writer<'_, '_> {
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

    fn spend(&mut self, bytes: usize) -> Answer<()> {
        self.left = self.left.saturating_sub(bytes);
        self.call.spend(if self.left == 0 { usize::MAX } else { bytes })
    }

    fn indent(&mut self, indent: usize) {
        self.marks.extend(std::iter::repeat_n(' ', indent));
    }

    /// A node and the end of its line.
    fn node(&mut self, node: &Node, later: &Origin, place: Place, indent: usize, depth: usize) -> Answer<()> {
        let way = node.origin.followed_by(later);
        if depth > DEEPEST {
            return Err(self.call.free());
        }
        self.spend(json::NODE + indent)?;
        match &node.value {
            Value::List(nodes) if !nodes.is_empty() => {
                // A list below a key is not indented, and one in a list begins on its line.
                if place == Place::Key {
                    self.marks.push('\n');
                }
                for (index, node) in nodes.iter().enumerate() {
                    if index > 0 || place != Place::Dash {
                        self.indent(indent);
                    }
                    self.marks.push_str("- ");
                    self.node(node, &way, Place::Dash, indent + 2, depth + 1)?;
                }
                return Ok(());
            }
            Value::Object(object) if !object.entries.is_empty() || object.open.is_some() => {
                if place == Place::Key {
                    self.marks.push('\n');
                }
                let open = object.open.iter().map(|hole| Text::hole(Arc::clone(hole)));
                let open = open.map(|text| (text.clone(), Node::new(Value::Text(text), self.span)));
                let open: Vec<(Text, Node)> = open.collect();
                let entries = in_order(object).into_iter().map(|entry| (&entry.key, &entry.node));
                for (index, (key, node)) in entries.chain(open.iter().map(|(key, node)| (key, node))).enumerate() {
                    if index > 0 || place != Place::Dash {
                        self.indent(indent);
                    }
                    self.quoted(key, &way)?;
                    self.marks.push(':');
                    let is_collection = match &node.value {
                        Value::List(nodes) => !nodes.is_empty(),
                        Value::Object(object) => !object.entries.is_empty() || object.open.is_some(),
                        _ => false,
                    };
                    if !is_collection {
                        self.marks.push(' ');
                    }
                    let is_list = is_collection && matches!(node.value, Value::List(_));
                    self.node(node, &way, Place::Key, if is_list { indent } else { indent + 2 }, depth + 1)?;
                }
                return Ok(());
            }
            Value::List(_) => self.marks.push_str("[]"),
            Value::Object(_) => self.marks.push_str("{}"),
            Value::Null => self.push(&Text::known("null", node.span), &way),
            Value::Bool(it) => self.push(&Text::known(&it.to_string(), node.span), &way),
            Value::Number(it) => self.push(&it.to_text(node.span), &way),
            Value::Text(text) if is_block(text.raw()) => {
                return self.block(text, &way, if place == Place::Root { 2 } else { indent });
            }
            Value::Text(text) => self.quoted(text, &way)?,
            Value::OneOf(_) => {
                let hole = self.call.hole_for(node);
                self.call.host.stands_for(&hole, node);
                self.push(&Text::hole(hole), &way);
            }
            Value::Unknown(hole) => self.push(&Text::hole(Arc::clone(hole)), &way),
        }
        self.marks.push('\n');
        Ok(())
    }

    fn quoted(&mut self, text: &Text, way: &Origin) -> Answer<()> {
        self.spend(json::cost_of(text, text.raw().chars().filter(|it| escape(*it).is_some()).count()))?;
        self.marks.push('"');
        let mut done = 0;
        for (at, it) in text.raw().char_indices() {
            let Some(escaped) = escape(it) else { continue };
            if done < at {
                self.push(&text.slice(done..at), way);
            }
            done = at + it.len_utf8();
            self.push(&text.slice(at..done).map_known(|_| escaped.clone()), way);
        }
        if done < text.len() {
            self.push(&text.slice(done..text.len()), way);
        }
        self.marks.push('"');
        Ok(())
    }

    /// Several lines as they are, indented.
    fn block(&mut self, text: &Text, way: &Origin, indent: usize) -> Answer<()> {
        let raw = text.raw();
        let lines = raw.matches('\n').count();
        self.spend(json::cost_of(text, lines).saturating_add(lines.saturating_mul(indent)))?;
        self.marks.push('|');
        if raw.starts_with([' ', '\n']) {
            self.marks.push('2');
        }
        if raw.ends_with("\n\n") || raw == "\n" {
            self.marks.push('+');
        } else if !raw.ends_with('\n') {
            self.marks.push('-');
        }
        self.marks.push('\n');
        let mut at = 0;
        for line in raw.split_inclusive('\n') {
            let content = line.trim_end_matches('\n').len();
            if content > 0 {
                self.indent(indent);
                self.push(&text.slice(at..at + content), way);
            }
            self.marks.push('\n');
            at += line.len();
        }
        Ok(())
    }
}

/// Whether a string is written as a block.
fn is_block(text: &str) -> bool {
    let is_plain = |it: char| it == '\n' || it == HOLE || escape(it).is_none() || matches!(it, '"' | '\\');
    text.contains('\n') && !text.contains(" \n") && !text.ends_with(' ') && text.chars().all(is_plain)
}

/// How a character is written between quotes, if not as it is.
fn escape(it: char) -> Option<String> {
    Some(match it {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\0' => "\\0".into(),
        '\u{7}' => "\\a".into(),
        '\u{8}' => "\\b".into(),
        '\t' => "\\t".into(),
        '\n' => "\\n".into(),
        '\u{b}' => "\\v".into(),
        '\u{c}' => "\\f".into(),
        '\r' => "\\r".into(),
        '\u{1b}' => "\\e".into(),
        '\u{85}' => "\\N".into(),
        '\u{2028}' => "\\L".into(),
        '\u{2029}' => "\\P".into(),
        HOLE => return None,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => format!("\\x{:02X}", u32::from(it)),
        '\u{feff}' => "\\uFEFF".into(),
        '\u{10000}'.. => format!("\\U{:08X}", u32::from(it)),
        _ => return None,
    })
}
