//! What is marked as sensitive: so much of it is left as policies are judged by, and nothing can print the rest.
//!
//! Terraform lets the mark travel with the value and hides the value wherever it would be shown. Rules, fixes and reports
//! speak of values in many ways, so here the value itself stays behind: its wildcards, the words of AWS and of the
//! policy language, operators and condition keys among them, go on, each other word is a hole without wildcards, and all of it stands at the reference, in whose
//! words it is shown. A map's keys are a part of the value; names that a type declares are not, and by a name that is written
//! as a bare word a part can be had, which is all that comes of that name.
//!
//! `nonsensitive` evaluates its argument as if nothing in it were marked. So does a function that reads a text, `split` or
//! `base64decode`, and then what it makes of it is marked.

use std::sync::Arc;

use super::{Evaluator, Scope};
use crate::catalog;
use crate::frontend::terraform::{functions, is_terraform};
use crate::policy::Operator;
use crate::source::Span;
use crate::syntax::json;
use crate::value::{Arm, Entry, HOLE, Hole, HoleKind, Node, Object, Text, Value};

/// Words of the policy language, which stand in every policy.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>
const WORDS: &[&str] = &[
    "2008-10-17",
    "2012-10-17",
    "AWS",
    "Action",
    "Allow",
    "CanonicalUser",
    "Condition",
    "Deny",
    "Effect",
    "Federated",
    "Id",
    "NotAction",
    "NotPrincipal",
    "NotResource",
    "Principal",
    "Resource",
    "Service",
    "Sid",
    "Statement",
    "Version",
];

/// Characters that are shape and not content.
const SHAPE: [char; 4] = ['*', '?', ':', '/'];

/// Why a word of a sensitive variable is not known.
pub(super) const VARIABLE: &str = "the variable is sensitive";
/// Why a word of what `sensitive` is given is not known.
pub(super) const CALL: &str = functions::MARKED;

/// Functions that read in a text what nobody sees in it when words are left out of it.
pub(super) const READERS: &[&str] =
    &["base64decode", "csvdecode", "split", "textdecodebase64", "urldecode", "yamldecode"];

/// Whether words of a text are left out since it is marked.
pub(super) fn is_marked(node: &Node) -> bool {
    let is_one = |hole: &Hole| matches!(&*hole.why, VARIABLE | CALL);
    match &node.value {
        Value::Text(text) => text.holes().any(|(_, hole)| is_one(hole)),
        Value::Unknown(hole) => is_one(hole),
        _ => false,
    }
}

impl Evaluator<'_> {
    /// What may be known of a value that is marked as sensitive, at the reference to it; `declared` is where its type is
    /// written, whose names are no secret.
    pub(super) fn masked(&self, node: &Node, span: Span, scope: &Scope, why: &str, declared: Option<Span>) -> Node {
        let source = declared.map(|it| (self.source(it.file), it));
        let mut mask = Mask {
            evaluator: self,
            scope,
            span,
            written: self.written(span),
            meaning: self.meaning(span, scope),
            why: why.into(),
            names: source.as_ref().map_or("", |(source, span)| source.slice(*span)),
            parts: 0,
        };
        mask.node(node)
    }
}

struct Mask<'m, 'w> {
    evaluator: &'m Evaluator<'w>,
    scope: &'m Scope,
    span: Span,
    written: Arc<str>,
    meaning: Arc<str>,
    why: Arc<str>,
    /// Where the names of attributes are declared.
    names: &'m str,
    /// How many words have been left out: each is another hole.
    parts: usize,
}

impl Mask<'_, '_> {
    fn node(&mut self, node: &Node) -> Node {
        let steps = &self.evaluator.steps;
        let Some(left) = steps.get().checked_sub(1) else { return Node::new(self.unknown(HoleKind::Free), self.span) };
        steps.set(left);
        let value = match &node.value {
            Value::Null | Value::Unknown(_) => node.value.clone(),
            Value::Bool(_) | Value::Number(_) => self.unknown(HoleKind::Opaque),
            Value::Text(text) => self.text(text),
            Value::List(nodes) => Value::List(nodes.map(|it| self.node(it))),
            Value::Object(object) => self.object(object),
            Value::OneOf(arms) => {
                let arm = |arm: &Arm| Arm { node: self.node(&arm.node), ..arm.clone() };
                Value::OneOf(arms.iter().map(arm).collect())
            }
        };
        // How it came is a part of it: the place where a value is given shows it.
        Node::new(value, self.span)
    }

    fn hole(&mut self, kind: HoleKind) -> Arc<Hole> {
        self.parts += 1;
        Arc::new(Hole {
            kind,
            reference: Arc::clone(&self.written),
            scope: format!("{}; part {}", self.meaning, self.parts).into(),
            span: self.span,
            why: Arc::clone(&self.why),
            many: false,
        })
    }

    fn unknown(&mut self, kind: HoleKind) -> Value {
        Value::Unknown(self.hole(kind))
    }

    fn object(&mut self, object: &Object) -> Value {
        let mut out = Object { entries: Vec::with_capacity(object.entries.len()), open: object.open.clone() };
        for entry in &object.entries {
            if self.is_name(entry) {
                let node = self.node(&entry.node);
                out.entries.push(Entry { key: entry.key.clone(), key_span: self.span, node });
            } else if self.is_bare(entry) {
                // It can be asked for by its name, and is shown nowhere.
                let node = self.node(&entry.node);
                let key = entry.key.clone().hidden_as(Arc::clone(&self.written), self.span);
                out.entries.push(Entry { key, key_span: self.span, node });
            } else {
                out.open = Some(self.hole(HoleKind::Free));
            }
        }
        match out.open {
            Some(hole) if out.entries.is_empty() => Value::Unknown(hole),
            _ => Value::Object(Arc::new(out)),
        }
    }

    /// Whether a key is no part of the value: a word of the policy language, or a name that the configuration holds.
    fn is_name(&self, entry: &Entry) -> bool {
        let Some(key) = entry.key.as_known() else { return false };
        let mut declared = self.names.split(|it: char| !it.is_alphanumeric() && !matches!(it, '_' | '-'));
        let is_public = WORDS.contains(&key)
            || Operator::parse(entry.key.clone()).kind.is_some()
            || catalog::condition_key(key).is_some();
        is_public || declared.any(|it| it == key)
    }

    /// Whether a key is written as a bare word, so that others may refer to it by that; what is quoted, or is a key of a
    /// map, is data.
    fn is_bare(&self, entry: &Entry) -> bool {
        let Some(key) = entry.key.as_known() else { return false };
        let source = self.evaluator.source(entry.key_span.file);
        let name = source.path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        let is_quoted = source.text[..entry.key_span.start as usize].ends_with('"');
        is_terraform(name) && source.slice(entry.key_span) == key && !is_quoted && !self.names.contains("map(")
    }

    fn text(&mut self, text: &Text) -> Value {
        if let Some(tree) = text.encodes() {
            return self.document(tree);
        }
        let raw = text.raw();
        if raw.trim_start().starts_with(['{', '[']) {
            let parsed = json::parse(text);
            return match parsed.root.filter(|_| parsed.errors.is_empty()) {
                Some(root) => self.document(&root),
                None => self.unknown(HoleKind::Free),
            };
        }
        if raw.is_empty() {
            return Value::Text(Text::default());
        }
        // YAML and the like, which would not be that any more.
        if raw.contains('\n') {
            return self.unknown(HoleKind::Free);
        }
        let mut at = public(raw);
        let mut out = Text::known(&raw[..at], self.span);
        while let Some(first) = raw[at..].chars().next() {
            let rest = &raw[at..];
            let length = if first == HOLE {
                let hole = text.hole_at(at).map(Arc::clone);
                out.push_hole(hole.unwrap_or_else(|| self.hole(HoleKind::Free)));
                first.len_utf8()
            } else if SHAPE.contains(&first) {
                let length = rest.find(|it| !SHAPE.contains(&it)).unwrap_or(rest.len());
                out.push_known(&rest[..length], self.span);
                length
            } else {
                out.push_hole(self.hole(HoleKind::Opaque));
                rest.find(|it| it == HOLE || SHAPE.contains(&it)).unwrap_or(rest.len())
            };
            at += length;
        }
        Value::Text(out.written_as(Arc::clone(&self.written), self.span))
    }

    /// Text that encodes a tree goes on encoding what is left of it.
    fn document(&mut self, tree: &Node) -> Value {
        let tree = self.node(tree);
        Value::Text(self.evaluator.json_text(&tree, functions::Style::Function, self.span, self.scope))
    }
}

/// How much of a text anybody may read, since AWS has written it: an action, the head of an ARN up to the service.
fn public(text: &str) -> usize {
    if WORDS.contains(&text) {
        return text.len();
    }
    let Some((first, rest)) = text.split_once(':') else { return 0 };
    if first == "arn" {
        let mut fields = rest.split(':');
        return match (fields.next(), fields.next(), fields.next()) {
            (Some(partition), Some(service), Some(_))
                if catalog::is_partition(partition) && catalog::service(service).is_some() =>
            {
                "arn:".len() + partition.len() + ":".len() + service.len()
            }
            _ => 0,
        };
    }
    match (catalog::service(first), catalog::actions_matching(text).next()) {
        (Some(_), Some(_)) => text.len(),
        (Some(_), None) => first.len(),
        _ => 0,
    }
}
