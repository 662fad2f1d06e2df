//! Policies in JSON files: a file is one policy, or none of our business.

use std::path::Path;
use std::sync::Arc;

use crate::frontend::Configuration;
use crate::policy::{self, Carried, Given, Place, PolicyKind};
use crate::source::{Source, Span};
use crate::syntax::{SyntaxError, json};
use crate::value::{Hole, HoleKind, Text};

/// What a JSON file holds.
#[derive(Debug)]
pub enum Read {
    /// A policy.
    Policy(Box<Configuration>, Vec<SyntaxError>),
    /// Something else.
    Other,
    /// A template of Terraform's that makes no sense before it is filled in.
    Template,
    /// It cannot be told, because it is no JSON.
    Broken(Vec<SyntaxError>),
}

/// Reads a file; `named` says that the user means this very file, so that broken text is an error.
pub fn read(source: &Source, named: bool) -> Read {
    if !named && !json::looks_like_policy(&source.text) {
        return Read::Other;
    }
    let mut parsed = json::parse_source(source);
    let marks = marks(source);
    let directives: Vec<&Mark<'_>> = marks.iter().filter(|it| it.is_directive).collect();
    // A template of Terraform's that no configuration here fills in, and not the text of a policy with a slip in it.
    if !directives.is_empty() || !parsed.errors.is_empty() && !marks.is_empty() {
        let template = json::parse(&with_holes(source, &marks));
        // What excludes something else would look like a contradiction of it.
        let has_choices = directives.iter().any(|it| it.inner.starts_with("else"));
        if template.errors.is_empty() && !has_choices {
            parsed = template;
        } else if !named {
            return Read::Template;
        } else if let Some(first) = directives.first().filter(|_| has_choices) {
            let message = "what a template chooses is judged where a module renders it".to_owned();
            return Read::Broken(vec![SyntaxError { span: first.span, message }]);
        }
    }
    let Some(root) = parsed.root else { return Read::Broken(parsed.errors) };
    if !policy::is_policy(&root) {
        return if parsed.errors.is_empty() { Read::Other } else { Read::Broken(parsed.errors) };
    }
    let carried =
        Carried { kind: PolicyKind::Unknown, address: shown(&source.path), source: None, place: Place::of(&root) };
    let (mut policy, mut errors) = policy::parse(&root, carried);
    policy.put_in_doubt(&cases(&directives));
    if policy.resolution.is_full() {
        // What stands in a text is judged as it is written, and yet nobody knows what it will be.
        policy.resolution.holes = marks.iter().map(|it| it.hole()).collect();
    }
    errors.extend(parsed.errors);
    Read::Policy(Box::new(Configuration { policies: vec![Arc::new(policy)], ..Configuration::default() }), errors)
}

/// A path as reports write it.
pub fn shown(path: &Path) -> Arc<str> {
    path.to_string_lossy().replace('\\', "/").into()
}

/// What Terraform puts something in place of when it renders a template.
struct Mark<'s> {
    span: Span,
    /// What stands between the braces.
    inner: &'s str,
    /// `%{…}`, and not `${…}`.
    is_directive: bool,
}

impl Mark<'_> {
    /// What is not known for it.
    fn hole(&self) -> Arc<Hole> {
        Arc::new(Hole {
            kind: HoleKind::Free,
            reference: self.inner.into(),
            scope: "".into(),
            span: self.span,
            why: "a template that nothing here fills in".into(),
            many: false,
        })
    }
}

/// The marks of a template, up to one that is not closed; policy variables such as `${aws:username}` are none.
fn marks(source: &Source) -> Vec<Mark<'_>> {
    let text = &*source.text;
    let mut out = Vec::new();
    let mut from = 0;
    for brace in memchr::memchr_iter(b'{', text.as_bytes()) {
        let Some(start) = brace.checked_sub(1).filter(|it| *it >= from) else { continue };
        let is_directive = match text.as_bytes()[start] {
            b'%' => true,
            b'$' => false,
            _ => continue,
        };
        let Some(end) = end_of_mark(text, brace + 1) else { break };
        from = end;
        let inner = text[brace + 1..end - 1].trim_matches('~').trim();
        let is_mark = match is_directive {
            true => ["if ", "else", "endif", "for ", "endfor"].iter().any(|it| inner.starts_with(it)),
            false => !is_policy_variable(inner),
        };
        if is_mark {
            out.push(Mark { span: Span::new(source.id, start, end), inner, is_directive });
        }
    }
    out
}

/// Where a mark ends whose inside begins at `at`: behind its brace, over braces and strings within.
fn end_of_mark(text: &str, at: usize) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (1, false, false);
    for (n, byte) in text[at..].bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' if !in_string => depth += 1,
            b'}' if !in_string => depth -= 1,
            b'\n' => return None,
            _ => {}
        }
        if depth == 0 {
            return Some(at + n + 1);
        }
    }
    None
}

/// Whether IAM fills it in: a key, perhaps with what stands for it when it is absent; or `*`, `?` and `$` themselves.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
fn is_policy_variable(inner: &str) -> bool {
    let (key, _) = inner.split_once(',').unwrap_or((inner, ""));
    let in_key = |it: char| it.is_alphanumeric() || matches!(it, ':' | '/' | '-' | '_' | '.' | '=' | '@' | '+');
    matches!(key, "*" | "?" | "$") || key.contains(':') && key.chars().all(in_key)
}

/// The text with each mark as a hole.
fn with_holes(source: &Source, marks: &[Mark<'_>]) -> Text {
    let mut out = Text::default();
    let mut at = 0;
    for mark in marks {
        let range = mark.span.range();
        out.push_known(&source.text[at..range.start], Span::new(source.id, at, range.start));
        out.push_hole(mark.hole());
        at = range.end;
    }
    out.push_known(&source.text[at..], Span::new(source.id, at, source.text.len()));
    out
}

/// What stands between two directives of one `if` or `for`, and the case in which it is there.
fn cases(directives: &[&Mark<'_>]) -> Vec<(Span, Arc<Given>)> {
    let mut open: Vec<&Mark<'_>> = Vec::new();
    let mut out = Vec::new();
    for directive in directives {
        if !directive.inner.starts_with("end") {
            open.push(directive);
        } else if let Some(first) = open.pop() {
            let words = format!("the template's `{}` lets it stand", first.inner);
            let between = Span { start: first.span.end, end: directive.span.start, ..first.span };
            out.push((between, Arc::new(Given::new(words, first.span))));
        }
    }
    out
}
