//! What Terraform makes of known values is in `testdata/functions.txt`; here is what becomes of the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{CallError, Host, call};
use crate::source::{FileId, Span};
use crate::value::{Arm, Entry, Hole, HoleKind, Node, Number, Object, Text, Value};

/// Files in memory, no templates, JSON without places.
#[derive(Default)]
struct Surroundings {
    source: String,
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
        text.push_known(&format!("({})", variables.as_object().map_or(0, |it| it.entries.len())), at);
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

    fn meaning(&self, _: Span) -> Arc<str> {
        "".into()
    }

    fn written(&self, span: Span) -> Arc<str> {
        self.source.get(span.range()).unwrap_or("f()").into()
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
            let arguments: Vec<Node> = self.list(")")?.into_iter().map(|it| it.as_element(true)).collect();
            let span = self.span(start);
            return call(&word, &arguments, span, self.host);
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
                    return Ok(Node::unknown(Hole { kind, reference: word.into(), scope, span, why, many: false }));
                }
            },
        };
        Ok(Node::new(value, self.span(start)))
    }
}

fn read(source: &str, host: &mut Surroundings) -> Result<Node, CallError> {
    source.clone_into(&mut host.source);
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
        // `try` is the evaluator's, and so are marks and what a template may not be.
        if ["try(", "templatestring(", "nonsensitive("].iter().any(|it| line.starts_with(it)) {
            continue;
        }
        count += 1;
        let (source, expected) = line.rsplit_once(" => ").unwrap();
        let encoded = format!("jsonencode({source})");
        let actual = match read(&encoded, &mut Surroundings::new()) {
            Ok(node) => node.as_str().map_or_else(|| show(&node), str::to_owned),
            Err(_) => "error".to_owned(),
        };
        // A number may have more digits than are shown.
        if actual != expected && !actual.starts_with("\"${~") {
            wrong.push(format!("{source}\n  here      {actual}\n  terraform {expected}"));
        }
    }
    assert!(count > 800, "{count} cases");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(source, expected)| (source, value(source), expected))
        .filter(|(_, actual, expected)| actual != *expected)
        .map(|(source, actual, expected)| format!("{source}\n  actual   {actual}\n  expected {expected}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn an_unknown_list_is_an_unknown_number_of_elements() {
    check(&[
        (r#"concat(["a"], free.x, ["b"])"#, r#"["a", ?free.x, "b"]"#),
        (r#"flatten([["a"], free.x, [["b", opaque.y]]])"#, r#"["a", ?free.x, "b", ~opaque.y]"#),
        (r#"distinct(concat(["a", "a"], free.x))"#, r#"["a", ?free.x]"#),
        (r#"toset(["b", free.x, "a"])"#, r#"[?free.x, "a", "b"]"#),
        (r#"sort(["b", "x${free.x}", "a"])"#, r#"["x${?free.x}", "a", "b"]"#),
        (r#"reverse(["a", free.x, "b"])"#, r#"["b", ?free.x, "a"]"#),
        (r#"setunion(["a"], free.x, ["b"])"#, r#"[?free.x, "a", "b"]"#),
        (r#"compact(["a", null, "", "${free.x}", "b${free.x}"])"#, r#"["a", ?free.x, "b${?free.x}"]"#),
        (r#"coalescelist(["a", free.x], ["b"])"#, r#"["a", ?free.x]"#),
        (r#"length(concat(["a"], free.x))"#, r#"~length(concat(["a"], free.x))"#),
        (r#"length(["a", "${free.x}"])"#, "2"),
        (r#"element(["a", free.x], 0)"#, r#""a""#),
        (r#"element(concat(["a"], opaque.x), 1)"#, r#"~element(concat(["a"], opaque.x), 1)"#),
        (r#"element(concat(["*"], opaque.x), 1)"#, r#"?element(concat(["*"], opaque.x), 1)"#),
        (r#"element(["a"], free.i)"#, r#""a""#),
        (r#"element(["a", "b"], free.i)"#, r#"<`free.i` is `0` -> "a" | `free.i` is `1` -> "b">"#),
        (r#"slice(["a", "b", free.x], 0, 2)"#, r#"["a", "b"]"#),
        (r#"slice(flatten(["a", free.x]), 0, 2)"#, r#"?slice(flatten(["a", free.x]), 0, 2)"#),
        (r#"one(concat(opaque.x))"#, "~one(concat(opaque.x))"),
        (r#"one(["${opaque.x}"])"#, r#""${~opaque.x}""#),
        (r#"contains(["a", free.x], "a")"#, "true"),
        (r#"contains(["a", free.x], "b")"#, r#"~contains(["a", free.x], "b")"#),
        (r#"contains(["a${free.x}"], "b")"#, "false"),
        (r#"contains([opaque.x], "*")"#, "false"),
        (r#"contains(["${free.x}"], "${free.x}")"#, "true"),
        (r#"index(["a", "b${free.x}"], "b")"#, r#"~index(["a", "b${free.x}"], "b")"#),
        (r#"alltrue([true, free.x, false])"#, "false"),
        (r#"anytrue([false, free.x])"#, "~anytrue([false, free.x])"),
        (r#"setsubtract(["a", "b"], ["a"])"#, r#"["b"]"#),
        (r#"setsubtract(["a", "b"], free.x)"#, r#"?setsubtract(["a", "b"], free.x)"#),
        (r#"setproduct(["a"], free.x)"#, r#"?setproduct(["a"], free.x)"#),
        (r#"sum([1, free.x])"#, "~sum([1, free.x])"),
    ]);
}

#[test]
fn what_is_written_in_a_list_is_one_element() {
    check(&[
        (r#"length(["a", free.x])"#, "2"),
        (r#"length(reverse(["a", free.x]))"#, "2"),
        (r#"length(tolist(["a", free.x]))"#, "2"),
        (r#"length(values({a = free.x, b = free.y}))"#, "2"),
        (r#"length(setproduct(["a", free.x], [1, 2]))"#, "4"),
        (r#"length(chunklist([free.x, "a", "b"], 2))"#, "2"),
        (r#"length(distinct([free.x, free.x]))"#, "1"),
        (r#"element([free.x, "a"], 3)"#, r#""a""#),
        (r#"one([opaque.x])"#, "~opaque.x"),
        (r#"slice([free.x, "a", "b"], 1, 2)"#, r#"["a"]"#),
        (r#"coalescelist([free.x], ["a"])"#, "[?free.x]"),
        (r#"matchkeys([free.x, "a"], [1, 2], [2])"#, r#"["a"]"#),
        (r#"zipmap(["a", "b"], [free.x, "y"])"#, r#"{"a" = ?free.x, "b" = "y"}"#),
        (r#"zipmap(["a", free.k], ["x", "y"])"#, r#"{"a" = "x", "${?free.k}" = "y"}"#),
        (r#"join(",", ["a", opaque.x, "b"])"#, r#""a,${~opaque.x},b""#),
        (r#"join("*", [opaque.x, "b"])"#, r#""${~opaque.x}*b""#),
        (r#"formatlist("%s/*", [free.x, "a"])"#, r#"["${?free.x}/*", "a/*"]"#),
        // It may be a list itself, the same as another one, or nothing that counts.
        (r#"length(flatten(["a", free.x]))"#, r#"~length(flatten(["a", free.x]))"#),
        (r#"length(concat(["a"], element([free.x], 0)))"#, r#"~length(concat(["a"], element([free.x], 0)))"#),
        (r#"length(toset(["a", free.x]))"#, r#"~length(toset(["a", free.x]))"#),
        (r#"length(distinct([free.x, free.y]))"#, r#"~length(distinct([free.x, free.y]))"#),
        (r#"length(compact(["a", free.x]))"#, r#"~length(compact(["a", free.x]))"#),
        // Where it stands is not known.
        (r#"element(sort(["a", free.x]), 1)"#, r#"?element(sort(["a", free.x]), 1)"#),
        (r#"element(toset(["a", free.x]), 1)"#, r#"?element(toset(["a", free.x]), 1)"#),
    ]);
}

#[test]
fn an_unknown_object_leaves_the_others_open() {
    check(&[
        (
            r#"merge({a = 1}, free.x)"#,
            "{\"a\" = <not `free.x` has `a` -> 1 | `free.x` has `a` -> ?free.x>, ...?free.x}",
        ),
        (r#"merge(free.x, {a = 1}, {a = 2})"#, "{\"a\" = 2, ...?free.x}"),
        (r#"keys(merge({a = 1}, free.x))"#, r#"["a", ?free.x]"#),
        (r#"values(merge({a = 1}, free.x))"#, "[<not `free.x` has `a` -> 1 | `free.x` has `a` -> ?free.x>, ?free.x]"),
        (r#"lookup(merge({a = 1}, free.x), "a", 2)"#, "<not `free.x` has `a` -> 1 | `free.x` has `a` -> ?free.x>"),
        (r#"lookup(merge(free.x, {a = 1}), "a", 2)"#, "1"),
        (
            r#"lookup(free.x, "a", "*")"#,
            r#"<`free.x` has `a` -> ?lookup(free.x, "a", "*") | not `free.x` has `a` -> "*">"#,
        ),
        (r#"lookup({a = 1, b = 2}, free.k)"#, "<`free.k` is `a` -> 1 | `free.k` is `b` -> 2>"),
        (r#"lookup({a = 1}, free.k, 3)"#, "<`free.k` is `a` -> 1 | not `free.k` is `a` -> 3>"),
        (
            r#"lookup({b = 2, a = 1}, free.k, 3)"#,
            "<`free.k` is `a` -> 1 | `free.k` is `b` -> 2 | `free.k` is none of `a`, `b` -> 3>",
        ),
        (r#"lookup({a = 1, b = 2}, "b${free.k}")"#, "2"),
        (r#"lookup({a = 1}, "b${free.k}", 3)"#, "3"),
        (
            r#"zipmap(["a", "b"], free.x)"#,
            r#"{"a" = ?zipmap(["a", "b"], free.x)["a"], "b" = ?zipmap(["a", "b"], free.x)["b"]}"#,
        ),
        (r#"zipmap(concat(["a"], free.k), ["x", "y"])"#, r#"{"a" = "x", ...?free.k}"#),
        (r#"length(merge({a = 1}, free.x))"#, "~length(merge({a = 1}, free.x))"),
    ]);
}

#[test]
fn the_known_part_of_a_text_stays_known() {
    check(&[
        (r#"lower("${opaque.x}:Foo")"#, r#""${~lower(opaque.x)}:foo""#),
        (r#"upper(free.x)"#, r#""${?upper(free.x)}""#),
        (r#"format("%s/*", "arn:${opaque.x}")"#, r#""arn:${~opaque.x}/*""#),
        (r#"format("%s-%d", free.x, free.y)"#, r#""${?free.x}-${~free.y}""#),
        (r#"format("${opaque.p}-%s", "a")"#, r#""${~opaque.p}-a""#),
        (r#"format("%5s", opaque.x)"#, r#""${~format("%s", opaque.x)}""#),
        (r#"formatlist("%s/*", ["a", "${opaque.x}"])"#, r#"["a/*", "${~opaque.x}/*"]"#),
        (r#"formatlist("arn:aws:s3:::%s/*", free.x)"#, r#"["arn:aws:s3:::${?free.x[*]}/*"]"#),
        (r#"formatlist("%s-%s", ["a", "b"], "${free.x}")"#, r#"["a-${?free.x}", "b-${?free.x}"]"#),
        (r#"formatlist("%s-%s", ["a", "b"], free.x)"#, r#"["a-${?free.x}", "b-${?free.x}"]"#),
        (r#"join(",", ["a", "${opaque.x}", "b"])"#, r#""a,${~opaque.x},b""#),
        (r#"join(",", concat(["a"], opaque.x, ["b"]))"#, r#""a${~join(",", opaque.x)},b""#),
        (r#"join(",", concat(opaque.x, ["b"]))"#, r#""${~join(",", opaque.x)}b""#),
        (r#"join("*", concat(opaque.x, ["b"]))"#, r#""${?join("*", opaque.x)}b""#),
        (r#"join(",", opaque.x)"#, r#""${~join(",", opaque.x)}""#),
        (r#"split(":", "a:${opaque.x}:b")"#, r#"["a", ~split(":", opaque.x), "b"]"#),
        (r#"split(":", "a:b${opaque.x}c:d")"#, r#"["a", ~split(":", "b${opaque.x}c"), "d"]"#),
        (r#"element(split(":", "a:${opaque.x}"), 0)"#, r#""a""#),
        (r#"replace("a-${opaque.x}-b", "-", "_")"#, r#""a_${~replace(opaque.x, "-", "_")}_b""#),
        (r#"replace("${opaque.x}/*", "/*", "")"#, r#""${~opaque.x}""#),
        (r#"replace("${opaque.x}:*", "*", "x")"#, r#""${~opaque.x}:x""#),
        (r#"replace("${free.x}*", "/*", "")"#, r#""${?replace("${free.x}*", "/*", "")}""#),
        (r#"replace("a${free.x}b", "ab", "-")"#, r#""${?replace("a${free.x}b", "ab", "-")}""#),
        (r#"replace("xa${free.x}by", "ab", "-")"#, r#""x${?replace("a${free.x}b", "ab", "-")}y""#),
        (r#"replace("_A_/${opaque.x}/_A_", "_A_", "-")"#, r#""-/${~replace(opaque.x, "_A_", "-")}/-""#),
        (r#"replace("_A_${opaque.x}_A_b_A_", "_A_", "-")"#, r#""-${~replace("${opaque.x}_A_", "_A_", "-")}b-""#),
        (r#"replace("${opaque.x}", "/:.*/", "")"#, r#"~replace("${opaque.x}", "/:.*/", "")"#),
        (r#"trimsuffix("${opaque.x}:*", ":*")"#, r#""${~opaque.x}""#),
        (r#"trimsuffix(opaque.x, ":*")"#, r#""${~opaque.x}""#),
        (r#"trimsuffix(opaque.x, "/")"#, r#""${~trimsuffix(opaque.x, "/")}""#),
        (r#"trimsuffix("${opaque.x}/a", "/")"#, r#""${~opaque.x}/a""#),
        (r#"trimprefix("a${free.x}", "b")"#, r#""a${?free.x}""#),
        (r#"trimprefix("a${free.x}", "ab")"#, r#""${?trimprefix("a${free.x}", "ab")}""#),
        (r#"trimprefix("ab${free.x}", "ab")"#, r#""${?free.x}""#),
        (r#"trimspace(" ${opaque.x} a ")"#, r#""${~trimspace("${opaque.x} ")}a""#),
        (r#"trim("/${opaque.x}/", "/")"#, r#""${~trim(opaque.x, "/")}""#),
        (r#"chomp("a${free.x}\n")"#, r#""a${?chomp(free.x)}""#),
        (r#"substr("abc${free.x}", 1, 2)"#, r#""bc""#),
        (r#"substr("abc${free.x}", 1, -1)"#, r#""bc${?free.x}""#),
        (r#"substr("abc${opaque.x}", 1, 5)"#, r#"~substr("abc${opaque.x}", 1, 5)"#),
        (r#"substr("${opaque.x}abc", -2, -1)"#, r#""bc""#),
        (r#"startswith("arn:${opaque.x}", "arn:aws")"#, r#"~startswith("arn:${opaque.x}", "arn:aws")"#),
        (r#"startswith("arn:aws:${opaque.x}", "arn:aws")"#, "true"),
        (r#"startswith("a${free.x}", "b")"#, "false"),
        (r#"endswith("${free.x}/*", "*")"#, "true"),
        (r#"strcontains("${free.x}/*", "*")"#, "true"),
        (r#"basename("${free.x}/a")"#, r#""a""#),
        (r#"base64encode(free.x)"#, "~base64encode(free.x)"),
        (r#"base64decode(opaque.x)"#, "?base64decode(opaque.x)"),
        (r#"md5("a${free.x}")"#, r#"~md5("a${free.x}")"#),
        (r#"tostring(free.x)"#, r#""${?free.x}""#),
        (r#"title("a ${opaque.x}")"#, r#"~title("a ${opaque.x}")"#),
        (r#"coalesce(opaque.x, "*")"#, "~opaque.x"),
        (r#"coalesce(free.x, "*")"#, r#"<free.x is set -> ?free.x | free.x is not set -> "*">"#),
        (r#"coalesce("a${free.x}", "*")"#, r#""a${?free.x}""#),
        (r#"coalesce(null, "", "a", free.x)"#, r#""a""#),
        (
            r#"provider::aws::arn_parse("arn:${opaque.p}:iam::${opaque.a}:role/x")"#,
            r#"{"partition" = "${~opaque.p}", "service" = "iam", "region" = "", "account_id" = "${~opaque.a}", "resource" = "role/x"}"#,
        ),
        (r#"provider::aws::arn_build("aws", "s3", "", "", "b/*")"#, r#""arn:aws:s3:::b/*""#),
        (r#"provider::aws::trim_iam_role_path("arn:aws:iam::1:role/a/b/c")"#, r#""arn:aws:iam::1:role/c""#),
    ]);
}

#[test]
fn what_no_call_can_know_is_a_hole_that_says_why() {
    let why = |source: &str| match read(source, &mut Surroundings::new()).unwrap().value {
        Value::Unknown(hole) => (hole.kind, hole.why.to_string()),
        other => panic!("{other:?}"),
    };
    assert_eq!(why("nope()"), (HoleKind::Free, "`nope` is not a function iamlint evaluates".into()));
    assert_eq!(why("timestamp()").0, HoleKind::Opaque);
    assert_eq!(why("provider::x::y(1)").0, HoleKind::Free);
    assert_eq!(why("length(md5(free.x))"), (HoleKind::Opaque, "depends on `free.x`, not set".into()));
}

#[test]
fn a_function_of_one_of_several_values_is_one_of_several_results() {
    check(&[
        (r#"lower(c ? "A" : "B")"#, r#"<c -> "a" | not c -> "b">"#),
        (r#"concat(["x"], c ? ["a"] : [])"#, r#"<c -> ["x", "a"] | not c -> ["x"]>"#),
        (r#"length(c ? ["a"] : ["b"])"#, "1"),
        // Equal conditions are one choice, others are combined.
        (r#"format("%s%s", c ? 1 : 2, c ? 3 : 4)"#, r#"<c -> "13" | not c -> "24">"#),
        (
            r#"format("%s%s", c ? 1 : 2, d ? 3 : 4)"#,
            r#"<c and d -> "13" | c and not d -> "14" | not c and d -> "23" | not c and not d -> "24">"#,
        ),
        (r#"join(",", ["a", c ? "b" : "d"])"#, r#"<c -> "a,b" | not c -> "a,d">"#),
        (r#"compact([c ? "a" : null, "b"])"#, r#"<c -> ["a", "b"] | not c -> ["b"]>"#),
        (r#"merge({a = 1}, c ? {b = 2} : {})"#, r#"<c -> {"a" = 1, "b" = 2} | not c -> {"a" = 1}>"#),
        // An arm under which the call would fail is left out.
        (r#"element(c ? [] : ["a"], 0)"#, r#""a""#),
        (r#"element(c ? [] : [], 0)"#, "error: cannot use element function with an empty list"),
        // Too many to be told apart: each element is there in its case.
        (r#"concat(c ? [1] : [], d ? [2] : [], e ? [3] : [])"#, "[<c -> 1>, <d -> 2>, <e -> 3>]"),
        (
            r#"flatten([c ? [1] : [], d ? [2, [3]] : [], e ? [4] : 5])"#,
            "<e -> [<c -> 1>, <d -> 2>, <d -> 3>, 4] | not e -> [<c -> 1>, <d -> 2>, <d -> 3>, 5]>",
        ),
        (
            r#"merge({a = 1}, c ? {b = 2} : {b = 3}, d ? {a = 4} : {}, e ? {f = 5} : null)"#,
            r#"<c -> {"a" = <d -> 4 | not d -> 1>, "b" = 2, "f" = <e -> 5>} | not c -> {"a" = <d -> 4 | not d -> 1>, "b" = 3, "f" = <e -> 5>}>"#,
        ),
        (
            r#"length(concat(c ? [1] : [], d ? [2] : [], e ? [3] : []))"#,
            "~length(concat(c ? [1] : [], d ? [2] : [], e ? [3] : []))",
        ),
    ]);
    let mut host = Surroundings::new();
    read(r#"element(c ? [] : ["a"], 0)"#, &mut host).unwrap();
    assert_eq!(host.failed.len(), 1);
}

#[test]
fn an_encoded_value_keeps_its_holes() {
    check(&[
        (
            r#"jsonencode({b = "x${free.y}", a = [free.z, "${opaque.w}"]})"#,
            r#""{\"a\":[${?free.z},\"${~opaque.w}\"],\"b\":\"x${?free.y}\"}""#,
        ),
        (r#"jsonencode(merge(free.x, {a = 1}))"#, r#""{\"a\":1,\"${?free.x}\":${?free.x}}""#),
        (r#"jsonencode({a = c ? "x" : ["y"]})"#, r#"<c -> "{\"a\":\"x\"}" | not c -> "{\"a\":[\"y\"]}">"#),
        (r#"yamlencode({a = "x${free.y}", b = free.z})"#, r#""\"a\": \"x${?free.y}\"\n\"b\": ${?free.z}\n""#),
        (r#"yamldecode("a: x${opaque.y}\nb: ${free.z}")"#, r#"{"a" = "x${~opaque.y}", "b" = ?free.z}"#),
        (r#"jsondecode(free.x)"#, "?jsondecode(free.x)"),
    ]);
    let mut host = Surroundings::new();
    let source = r#"jsonencode([c ? 1 : 2, d ? 3 : 4, e ? 5 : 6])"#;
    let node = read(source, &mut host).unwrap();
    assert_eq!(show(&node), r#""[${~c ? 1 : 2},${~d ? 3 : 4},${~e ? 5 : 6}]""#);
    assert_eq!(host.stand_ins.len(), 3);
}

#[test]
fn every_string_keeps_the_place_it_was_written_at() {
    let at = |source: &str, expected: &[&str]| assert_eq!(places(source), expected, "{source}");
    at(r#"concat(["a"], flatten([["b"], "c"]))"#, &["a at a", "b at b", "c at c"]);
    at(r#"toset(distinct(reverse(["b", "a", "b"])))"#, &["a at a", "b at b"]);
    at(r#"merge({x = "a"}, {y = "b"})"#, &["a at a", "b at b"]);
    at(r#"lookup({x = "a"}, "x")"#, &["a at a"]);
    at(r#"element(sort(["b", "a"]), 1)"#, &["b at b"]);
    at(r#"coalesce("", "a")"#, &["a at a"]);
    at(r#"compact(["", "a"])"#, &["a at a"]);
    at(r#"split(",", "a,b")"#, &["a at a", "b at b"]);
    at(r#"lower("ABC")"#, &["abc at ABC"]);
    at(r#"trimspace(" abc ")"#, &["abc at abc"]);
    at(r#"regex("b+", "abbc")"#, &["bb at bb"]);
    at(r#"csvdecode("h,i\na,\"b\"\"c\"\n")"#, &["a at a", "b\"c at b\\\"\\\"c"]);
    at(r#"keys({x = 1})"#, &["x at x"]);
    at(r#"yamldecode("a: [b, 'c']")"#, &["b at b", "c at c"]);
}

#[test]
fn a_part_of_a_joined_text_keeps_the_place_it_was_written_at() {
    let under = |source: &str, part: &str| {
        let node = read(source, &mut Surroundings::new()).unwrap();
        let text = node.as_text().unwrap();
        let at = text.raw().find(part).unwrap();
        source[text.span(at..at + part.len()).unwrap().range()].to_owned()
    };
    assert_eq!(under(r#"format("%s/*", "bucket")"#, "bucket"), "bucket");
    assert_eq!(under(r#"format("%s/*", "bucket")"#, "/*"), "/*");
    assert_eq!(under(r#"join("-", ["one", "two"])"#, "two"), "two");
    assert_eq!(under(r#"replace("a-b", "-", "+")"#, "+"), "+");
    assert_eq!(under(r#"replace("a-b", "-", "+")"#, "b"), "b");
    let encoded = r#"jsonencode({Action = ["s3:*", "say \"hi\"<"]})"#;
    assert_eq!(under(encoded, "s3:*"), "s3:*");
    assert_eq!(under(encoded, "Action"), "Action");
    assert_eq!(under(encoded, "hi"), "hi");
    assert_eq!(under(encoded, "\\u003c"), "<");
    assert_eq!(under(encoded, "]"), encoded);
    assert_eq!(under(r#"yamlencode({a = "s3:*"})"#, "s3:*"), "s3:*");
}

#[test]
fn a_part_has_come_the_way_of_its_whole() {
    let at = |at| Span::new(FileId(0), at, at + 1);
    let list = Node::list(vec![Node::text("a", at(1)).through(at(2), "local.a")], at(0));
    let list = list.through(at(3), "var.list");
    let mut host = Surroundings::new();
    let span = Span::new(FileId(0), 10, 20);
    let words = |node: &Node| node.origin.steps().map(|step| step.words.to_string()).collect::<Vec<_>>();
    for name in ["concat", "flatten", "toset", "distinct", "reverse", "sort", "compact"] {
        let node = call(name, std::slice::from_ref(&list), span, &mut host).unwrap();
        let whole = node.as_list().unwrap();
        assert_eq!(words(&node.inherit(&whole[0])), ["var.list", "local.a"], "{name}");
    }
    for name in ["jsonencode", "format"] {
        let format = Node::text("%v", at(4));
        let arguments = if name == "format" { vec![format, list.clone()] } else { vec![list.clone()] };
        let node = call(name, &arguments, span, &mut host).unwrap();
        let origins: Vec<Vec<String>> = node
            .as_text()
            .unwrap()
            .origins()
            .map(|(_, origin)| origin.steps().map(|step| step.words.to_string()).collect())
            .collect();
        assert_eq!(origins, [["var.list", "local.a"]], "{name}");
    }
}

#[test]
fn files_and_templates_are_the_hosts() {
    let mut host = Surroundings::new();
    host.files.insert("a.json".into(), "{\"a\":1}".into());
    host.files.insert("p/b.json".into(), "x".into());
    let mut value = |source: &str| match read(source, &mut host) {
        Ok(node) => show(&node),
        Err(error) => format!("error: {error}"),
    };
    assert_eq!(value(r#"file("a.json")"#), r#""{\"a\":1}""#);
    assert_eq!(value(r#"jsondecode(file("a.json"))"#), r#"{"a" = 1}"#);
    assert_eq!(value(r#"file("none")"#), "error: no file exists at `none`");
    assert_eq!(value(r#"file("/etc/passwd")"#), r#"?file("/etc/passwd")"#);
    assert_eq!(value(r#"file(free.x)"#), "?file(free.x)");
    assert_eq!(value(r#"filemd5("p/b.json")"#), r#""9dd4e461268c8034f5c8564e155c67a6""#);
    assert_eq!(value(r#"filesha256("/x")"#), r#"~filesha256("/x")"#);
    assert_eq!(value(r#"fileexists("a.json")"#), "true");
    assert_eq!(value(r#"fileset(".", "*.json")"#), r#"["a.json"]"#);
    assert_eq!(value(r#"fileset(".", "**/*.json")"#), r#"["a.json", "p/b.json"]"#);
    assert_eq!(value(r#"fileset(".", "p/{a,b}.json")"#), r#"["p/b.json"]"#);
    assert_eq!(value(r#"fileset("p", "../*.json")"#), r#"["../a.json"]"#);
    assert_eq!(value(r#"fileset("p", "./../p/*.json")"#), r#"["b.json"]"#);
    assert_eq!(value(r#"templatefile("p/b.json", {a = 1, b = 2})"#), r#""x(2)""#);
    let node = read(r#"file("a.json")"#, &mut host).unwrap();
    assert_eq!(node.span, Span::new(FileId(9), 0, 7));
    assert_eq!(&*node.origin.steps().next().unwrap().words, "file(\"a.json\")");
}

/// Terraform has had it since 1.13, later than the one that wrote the test data.
#[test]
fn what_is_no_url_is_refused() {
    assert_eq!(value(r#"urldecode("a%2Fb+c")"#), r#""a/b c""#);
    for text in ["%", "%2", "%zz", "%+1", "%-1"] {
        assert_eq!(value(&format!(r#"urldecode("{text}")"#)), "error: failed to decode URL", "{text}");
    }
}

#[test]
fn what_grows_too_large_is_a_hole() {
    // Each level holds the one below ten times, in no more space than one.
    let span = Span::new(FileId(0), 0, 1);
    let mut node = Node::text("x", span);
    for _ in 0..12 {
        node = Node::list(vec![node; 10], span);
    }
    for name in ["jsonencode", "flatten", "yamlencode"] {
        let mut host = Surroundings::new();
        let value = call(name, std::slice::from_ref(&node), span, &mut host).unwrap();
        assert_eq!(show(&value), "?f()", "{name}");
    }
    for source in [
        "setproduct(range(1000), range(1000), range(1000))",
        "format(\"%9999999s\", 1)",
        "indent(999999999, \"\\n\\n\")",
        "cidrsubnets(\"::/0\", 1, free.x)",
    ] {
        assert!(value(source).starts_with(['?', '~']), "{source}: {}", value(source));
    }
    // Comparing and looking for holes stop somewhere, too.
    for name in ["distinct", "contains", "md5", "length"] {
        let mut host = Surroundings::new();
        let list = Node::list(vec![node.clone(), node.clone()], span);
        let arguments = if name == "contains" { vec![list, node.clone()] } else { vec![list] };
        let _ = call(name, &arguments, span, &mut host);
    }
}

#[test]
fn a_large_document_is_encoded_in_linear_time() {
    let list = Node::list(
        (0..200_000).map(|at| Node::text("a\"b", Span::new(FileId(0), at, at + 3))).collect(),
        Span::new(FileId(0), 0, 9),
    );
    let mut host = Surroundings { left: usize::MAX, ..Surroundings::new() };
    let span = Span::new(FileId(0), 0, 12);
    let node = call("jsonencode", &[list], span, &mut host).unwrap();
    assert_eq!(node.as_text().unwrap().len(), 200_000 * 7 + 1);
}

/// What an opaque and a free hole may turn out to be.
const OPAQUE: [&str; 8] = ["a", "ab", ":", "a:b", "/x/", "é", " a", "b\n"];
const FREE: [&str; 8] = ["", "*", "a*", ":", "b::a", "/", "%", "é?"];

/// The value with its holes filled, as a pattern: what is still a hole matches anything it may be.
fn pattern(node: &Node, opaque: &str, free: &str) -> String {
    let hole = |hole: &Hole| match (&*hole.reference, hole.kind) {
        ("opaque.x", _) => regex::escape(opaque),
        ("free.x", _) => regex::escape(free),
        (_, HoleKind::Opaque) => "[^*?]*".to_owned(),
        (_, HoleKind::Free) => "[^\u{1}]*".to_owned(),
    };
    match &node.value {
        Value::Text(text) => {
            let mut holes = text.holes();
            let mut out = String::new();
            for it in text.raw().chars() {
                match it {
                    crate::value::HOLE => out.push_str(&hole(holes.next().unwrap().1)),
                    it => out.push_str(&regex::escape(&it.to_string())),
                }
            }
            out
        }
        Value::List(nodes) => {
            let element = |node: &Node| match &node.value {
                Value::Unknown(hole) if hole.kind == HoleKind::Opaque => "([^*?\u{1}]*\u{1})*".to_owned(),
                Value::Unknown(_) => "([^\u{1}]*\u{1})*".to_owned(),
                _ => format!("{}\u{1}", pattern(node, opaque, free)),
            };
            nodes.iter().map(element).collect()
        }
        // What is opaque as a whole may be a list without wildcards.
        Value::Unknown(it) if it.kind == HoleKind::Opaque => hole(it),
        Value::Unknown(_) => "(?s:.*)".to_owned(),
        Value::OneOf(arms) => {
            let arms: Vec<_> = arms.iter().map(|arm| pattern(&arm.node, opaque, free)).collect();
            format!("({})", arms.join("|"))
        }
        other => regex::escape(&format!("{other:?}")),
    }
}

proptest::proptest! {
    /// Whatever a hole turns out to be, what was said of the call without knowing it was right.
    #[test]
    fn what_is_said_of_a_hole_holds_for_every_value_of_it(
        parts in proptest::collection::vec(0_usize..12, 0..7),
        call in 0_usize..32,
        search in 0_usize..11,
        (opaque, free) in (0_usize..8, 0_usize..8),
    ) {
        let parts: Vec<&str> = parts
            .into_iter()
            .map(|part| ["a", "b", ":", "/", "::", "*", "é", "\\n", " ", "A", "${opaque.x}", "${free.x}"][part])
            .collect();
        let text = format!("\"{}\"", parts.concat());
        let list = format!("[{}]", parts.iter().map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(", "));
        let search = ["a", "ab", ":", "::", "/*", "*", "ba", "aé", "a:b", "aba", "aa"][search];
        let source = match call {
            0 => format!("lower({text})"),
            1 => format!("upper({text})"),
            2 => format!("trimsuffix({text}, \"{search}\")"),
            3 => format!("trimprefix({text}, \"{search}\")"),
            4 => format!("trim({text}, \"{search}\")"),
            5 => format!("trimspace({text})"),
            6 => format!("chomp({text})"),
            7 => format!("replace({text}, \"{search}\", \"-\")"),
            8 => format!("replace({text}, \"{search}\", \"*\")"),
            9 => format!("split(\"{search}\", {text})"),
            10 => format!("join(\"{search}\", {list})"),
            11 => format!("substr({text}, 1, 2)"),
            12 => format!("substr({text}, -2, -1)"),
            13 => format!("startswith({text}, \"{search}\")"),
            14 => format!("endswith({text}, \"{search}\")"),
            15 => format!("strcontains({text}, \"{search}\")"),
            16 => format!("format(\"<%s>%s\", {text}, {text})"),
            17 => format!("formatlist(\"<%s>\", {list})"),
            18 => format!("basename({text})"),
            19 => format!("compact({list})"),
            20 => format!("reverse({list})"),
            21 => format!("contains({list}, \"{search}\")"),
            22 => format!("element(concat({list}, [\"a\"]), 1)"),
            23 => format!("coalesce({text}, \"z\")"),
            24 => format!("replace({text}, \"/[ab]+/\", \"-\")"),
            25 => format!("title({text})"),
            26 => format!("strrev({text})"),
            27 => format!("format(\"%.2s|%5s\", {text}, {text})"),
            28 => format!("lookup({{a = \"x\", ab = \"y\"}}, {text}, \"z\")"),
            29 => format!("format(\"%[2]s%[1]s%%\", {text}, {text})"),
            30 => format!("base64encode({text})"),
            _ => format!("slice(concat({list}, [\"a\", \"b\"]), 1, 2)"),
        };
        let (opaque, free) = (OPAQUE[opaque], FREE[free]);
        let filled = source
            .replace("${opaque.x}", &opaque.replace('\n', "\\n"))
            .replace("${free.x}", &free.replace('\n', "\\n"));
        let partial = read(&source, &mut Surroundings::new());
        let Ok(known) = read(&filled, &mut Surroundings::new()) else { return Ok(()) };
        let Ok(partial) = partial else { panic!("{source} is refused, but not {filled}") };
        let said = pattern(&partial, opaque, free);
        let is = match &known.value {
            Value::Text(text) => text.raw().to_owned(),
            Value::List(nodes) => nodes.iter().map(|node| format!("{}\u{1}", node.as_str().unwrap())).collect(),
            other => format!("{other:?}"),
        };
        let holds = regex::Regex::new(&format!("^(?s:{said})$")).unwrap().is_match(&is);
        assert!(holds, "{source} is {}, but {filled} is {}", show(&partial), show(&known));
    }
}

#[test]
fn no_call_panics() {
    let values = [
        "null",
        "true",
        "-1",
        "3.5",
        "1e300",
        "9007199254740993",
        r#""""#,
        r#""é☃%[9]5.3d%""#,
        r#""-9223372036854775808ns""#,
        r#""0001-01-01T00:00:00Z""#,
        r#""ffff::/128""#,
        r#""[a-""#,
        r#""/(.)|(?P<x>y)/""#,
        r#""x${opaque.x}é""#,
        "free.x",
        r#"c ? "a" : null"#,
        "[]",
        r#"[null, "a", [1], free.x]"#,
        "{}",
        r#"{a = ["é"], "b${free.x}" = null}"#,
    ];
    let cases = include_str!("../../../../testdata/functions.txt");
    let mut names: Vec<&str> = cases.lines().filter_map(|line| line.split_once('(')).map(|(name, _)| name).collect();
    names.extend(["file", "filemd5", "templatefile", "urldecode", "cidrcontains", "provider::aws::arn_parse"]);
    names.extend(["provider::aws::trim_iam_role_path", "abspath", "filebase64", "fileset"]);
    names.sort_unstable();
    names.dedup();
    let nodes: Vec<Node> = values.iter().map(|it| read(it, &mut Surroundings::new()).unwrap()).collect();
    let span = Span::new(FileId(0), 0, 9);
    for name in names.into_iter().filter(|name| name.chars().all(|it| it.is_alphanumeric() || "_:".contains(it))) {
        for first in &nodes {
            let mut host = Surroundings::new();
            let _ = call(name, std::slice::from_ref(first), span, &mut host);
            for second in &nodes {
                let _ = call(name, &[first.clone(), second.clone()], span, &mut Surroundings::new());
                for third in &nodes {
                    let arguments = [first.clone(), second.clone(), third.clone()];
                    let _ = call(name, &arguments, span, &mut Surroundings::new());
                }
            }
        }
    }
}
