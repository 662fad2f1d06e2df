//! What Terraform makes of known values is in `testdata/functions.txt`; here is what becomes of the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{CallError, Host, Site, call};
use crate::source::{FileId, Span};
use crate::value::{Arm, Entry, Hole, HoleKind, Node, Number, Object, Text, Value};

/// Files in memory, no templates, JSON without places.
#[derive(Default)]
struct Surroundings {
    files: BTreeMap<String, String>,
    left: usize,
    stand_ins: Vec<Node>,
    failed: Vec<CallError>,
}

impl Surroundings {
    fn new() -> Self {
        Self { left: 10_000_000, ..Self::default() }
    }
}

impl Host for Surroundings {
    fn read(&mut self, path: &str, _: Span) -> Result<Text, Arc<str>> {
        let text = self.files.get(path).ok_or("no such file")?;
        Ok(Text::known(text, Span::new(FileId(9), 0, text.len())))
    }

    fn exists(&mut self, path: &str) -> Result<bool, Arc<str>> {
        if path.starts_with('/') { Err("outside".into()) } else { Ok(self.files.contains_key(path)) }
    }

    fn files_below(&mut self, _: &str) -> Result<Vec<String>, Arc<str>> {
        Ok(self.files.keys().cloned().collect())
    }

    fn template(&mut self, text: &Text, variables: &Node, at: Span) -> Node {
        let mut text = text.clone();
        text.push_known(&format!("({})", variables.as_object().unwrap().entries.len()), at);
        Node::new(Value::Text(text), at)
    }

    fn json(&mut self, text: &Text, at: Span) -> Result<Node, String> {
        let value = serde_json::from_str(text.raw()).map_err(|error| error.to_string())?;
        Ok(from_json(&value, at))
    }

    fn spend(&mut self, bytes: usize) -> bool {
        self.left = self.left.saturating_sub(bytes);
        self.left > 0
    }

    fn scope(&self) -> Arc<str> {
        "".into()
    }

    fn may_fail(&mut self, error: &CallError) {
        self.failed.push(error.clone());
    }

    fn stands_for(&mut self, _: &Arc<Hole>, node: &Node) {
        self.stand_ins.push(node.clone());
    }
}

fn from_json(value: &serde_json::Value, at: Span) -> Node {
    match value {
        serde_json::Value::Null => Node::new(Value::Null, at),
        serde_json::Value::Bool(it) => Node::new(Value::Bool(*it), at),
        serde_json::Value::Number(it) => Node::new(Value::Number(Number(it.as_f64().unwrap())), at),
        serde_json::Value::String(it) => Node::text(it, at),
        serde_json::Value::Array(items) => Node::list(items.iter().map(|it| from_json(it, at)).collect(), at),
        serde_json::Value::Object(entries) => {
            let entry =
                |(key, it): (&String, _)| Entry { key: Text::known(key, at), key_span: at, node: from_json(it, at) };
            let entries = entries.iter().map(entry).collect();
            Node::new(Value::Object(Arc::new(Object { entries, open: None })), at)
        }
    }
}

/// As much of the expression language as the test data needs, with some words for what is not known: `opaque.x` and
/// `free.x`; `a ? b : c` with a name for `a`.
struct Reader<'a> {
    source: &'a str,
    at: usize,
    host: &'a mut Surroundings,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn skip(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn is_next(&mut self, mark: &str) -> bool {
        self.skip();
        let is_next = self.rest().starts_with(mark);
        if is_next {
            self.at += mark.len();
        }
        is_next
    }

    fn word(&mut self) -> String {
        self.skip();
        let is_part = |it: char| it.is_alphanumeric() || matches!(it, '_' | ':' | '.' | '-' | '+');
        let end = self.rest().find(|it| !is_part(it)).unwrap_or(self.rest().len());
        let word = self.rest()[..end].trim_end_matches('.').to_owned();
        self.at += word.len();
        word
    }

    fn span(&self, start: usize) -> Span {
        Span::new(FileId(0), start, self.at)
    }

    fn string(&mut self) -> Text {
        let mut out = Text::default();
        loop {
            let start = self.at;
            let mut rest = self.rest().chars();
            match rest.next().unwrap() {
                '"' => {
                    self.at += 1;
                    return out;
                }
                '\\' => {
                    let letter = rest.next().unwrap();
                    self.at += 2;
                    let it = match letter {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        'u' => {
                            self.at += 4;
                            let digits = &self.source[self.at - 4..self.at];
                            char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap()
                        }
                        other => other,
                    };
                    out.push_known(&it.to_string(), self.span(start));
                }
                '$' if self.rest().starts_with("$${") => {
                    self.at += 3;
                    out.push_known("${", self.span(start));
                }
                '$' if self.rest().starts_with("${") => {
                    self.at += 2;
                    let node = self.expression().unwrap();
                    let Value::Unknown(hole) = &node.value else { panic!("a hole") };
                    out.push_hole(Arc::clone(hole));
                    assert!(self.is_next("}"));
                }
                it => {
                    self.at += it.len_utf8();
                    out.push_known(&it.to_string(), self.span(start));
                }
            }
        }
    }

    fn list(&mut self, end: &str) -> Result<Vec<Node>, CallError> {
        let mut nodes = Vec::new();
        while !self.is_next(end) {
            let node = self.expression()?;
            if self.is_next("...") {
                nodes.extend(node.as_list().unwrap().iter().cloned());
            } else {
                nodes.push(node);
            }
            self.is_next(",");
        }
        Ok(nodes)
    }

    fn object(&mut self) -> Result<Node, CallError> {
        let start = self.at - 1;
        let mut object = Object::default();
        while !self.is_next("}") {
            self.skip();
            let key_start = self.at;
            let key = if self.is_next("\"") {
                self.string()
            } else {
                let word = self.word();
                Text::known(&word, self.span(key_start))
            };
            let key_span = self.span(key_start);
            assert!(self.is_next("=") || self.is_next(":"), "{}", self.rest());
            let node = self.expression()?;
            object.entries.push(Entry { key, key_span, node });
            self.is_next(",");
        }
        Ok(Node::new(Value::Object(Arc::new(object)), self.span(start)))
    }

    fn expression(&mut self) -> Result<Node, CallError> {
        let node = self.operand()?;
        if !self.is_next("?") {
            return Ok(node);
        }
        let Value::Unknown(condition) = &node.value else { panic!("a condition that is not known") };
        let first = self.expression()?;
        assert!(self.is_next(":"));
        let second = self.expression()?;
        let arm = |when: String, node| Arm { when: when.into(), at: condition.span, node };
        let arms = [arm(condition.reference.to_string(), first), arm(format!("not {}", condition.reference), second)];
        Ok(Node::new(Value::OneOf(arms.into()), node.span))
    }

    fn operand(&mut self) -> Result<Node, CallError> {
        self.skip();
        let start = self.at;
        if self.is_next("\"") {
            let text = self.string();
            return Ok(Node::new(Value::Text(text), self.span(start)));
        }
        if self.is_next("[") {
            let nodes = self.list("]")?;
            return Ok(Node::list(nodes, self.span(start)));
        }
        if self.is_next("{") {
            return self.object();
        }
        let word = self.word();
        assert!(!word.is_empty(), "{}", self.rest());
        if self.is_next("(") {
            let arguments = self.list(")")?;
            let span = self.span(start);
            let site = Site { span, written: self.source[span.range()].into() };
            return call(&word, &arguments, &site, self.host);
        }
        let value = match word.as_str() {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => match word.parse() {
                Ok(number) => Value::Number(Number(number)),
                Err(_) => {
                    let kind = if word.starts_with("opaque") { HoleKind::Opaque } else { HoleKind::Free };
                    let (scope, span) = ("".into(), self.span(start));
                    let why = "not set".into();
                    return Ok(Node::unknown(Hole { kind, reference: word.into(), scope, span, why }));
                }
            },
        };
        Ok(Node::new(value, self.span(start)))
    }
}

fn read(source: &str, host: &mut Surroundings) -> Result<Node, CallError> {
    let mut reader = Reader { source, at: 0, host };
    let node = reader.expression();
    assert!(node.is_err() || reader.rest().trim().is_empty(), "{source}: {}", reader.rest());
    node
}

/// The value as it would be written, `~` in front of what is opaque and `?` in front of what is free.
fn show(node: &Node) -> String {
    fn hole(hole: &Hole) -> String {
        format!("{}{}", if hole.kind == HoleKind::Opaque { '~' } else { '?' }, hole.reference)
    }
    fn text(text: &Text) -> String {
        let mut holes = text.holes();
        let show = |it: char| match it {
            crate::value::HOLE => format!("${{{}}}", hole(holes.next().unwrap().1)),
            other => other.escape_debug().to_string(),
        };
        format!("\"{}\"", text.raw().chars().map(show).collect::<String>())
    }
    match &node.value {
        Value::Null => "null".into(),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => it.to_string(),
        Value::Text(it) => text(it),
        Value::List(nodes) => format!("[{}]", nodes.iter().map(show).collect::<Vec<_>>().join(", ")),
        Value::Object(object) => {
            let entries = object.entries.iter().map(|it| format!("{} = {}", text(&it.key), show(&it.node)));
            let open = object.open.iter().map(|it| format!("...{}", hole(it)));
            format!("{{{}}}", entries.chain(open).collect::<Vec<_>>().join(", "))
        }
        Value::OneOf(arms) => {
            let arms: Vec<_> = arms.iter().map(|arm| format!("{} -> {}", arm.when, show(&arm.node))).collect();
            format!("<{}>", arms.join(" | "))
        }
        Value::Unknown(it) => hole(it),
    }
}

fn value(source: &str) -> String {
    match read(source, &mut Surroundings::new()) {
        Ok(node) => show(&node),
        Err(error) => format!("error: {error}"),
    }
}

/// The value and the source under each string in it.
fn places(source: &str) -> Vec<String> {
    fn visit(node: &Node, source: &str, out: &mut Vec<String>) {
        match &node.value {
            Value::Text(text) => {
                let span = text.span(0..text.len()).unwrap_or(node.span);
                out.push(format!("{text} at {}", &source[span.range()]));
            }
            Value::List(nodes) => nodes.iter().for_each(|node| visit(node, source, out)),
            Value::Object(object) => object.entries.iter().for_each(|entry| visit(&entry.node, source, out)),
            Value::OneOf(arms) => arms.iter().for_each(|arm| visit(&arm.node, source, out)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    visit(&read(source, &mut Surroundings::new()).unwrap(), source, &mut out);
    out
}

#[test]
fn known_values_are_what_terraform_makes_of_them() {
    let cases = include_str!("../../../../testdata/functions.txt");
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in cases.lines().filter(|line| !line.starts_with('#')) {
        // `try` is the evaluator's, and so is what a template may not be.
        if line.starts_with("try(") || line.starts_with("templatestring(") {
            continue;
        }
        count += 1;
        let (source, expected) = line.rsplit_once(" => ").unwrap();
        let encoded = format!("jsonencode({source})");
        let actual = match read(&encoded, &mut Surroundings::new()) {
            Ok(node) => node.as_str().map_or_else(|| show(&node), str::to_owned),
            Err(_) => "error".to_owned(),
        };
        if actual != expected {
            wrong.push(format!("{source}\n  here      {actual}\n  terraform {expected}"));
        }
    }
    assert!(count > 800, "{count} cases");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}
