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
    let mut directives = Vec::new();
    let marks: Vec<Mark<'_>> = marks(&source.text).collect();
    // A template of Terraform's that no configuration here fills in, and not the text of a policy with a slip in it.
    if marks.iter().any(|it| it.is_directive) || !parsed.errors.is_empty() && !marks.is_empty() {
        let template = json::parse(&with_holes(source, &marks, &mut directives));
        // What excludes something else would look like a contradiction of it.
        let has_choices = directives.iter().any(|(_, it)| it.starts_with("else"));
        if template.errors.is_empty() && !has_choices {
            parsed = template;
        } else if !named {
            return Read::Template;
        } else if let Some((span, _)) = directives.first().filter(|_| has_choices) {
            let message = "what a template chooses is judged where a module renders it".to_owned();
            return Read::Broken(vec![SyntaxError { span: *span, message }]);
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
    errors.extend(parsed.errors);
    Read::Policy(Box::new(Configuration { policies: vec![Arc::new(policy)], ..Configuration::default() }), errors)
}

/// A path as reports write it.
pub fn shown(path: &Path) -> Arc<str> {
    path.to_string_lossy().replace('\\', "/").into()
}

/// What Terraform puts something in place of when it renders a template.
struct Mark<'s> {
    start: usize,
    end: usize,
    /// What stands between the braces.
    inner: &'s str,
    /// `%{…}`, and not `${…}`.
    is_directive: bool,
}

/// The marks of a template; policy variables such as `${aws:username}` are none.
fn marks(text: &str) -> impl Iterator<Item = Mark<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = &text[from..];
            let start = from + [rest.find("${"), rest.find("%{")].into_iter().flatten().min()?;
            let end = end_of_mark(text, start + 2)?;
            from = end;
            let inner = text[start + 2..end - 1].trim_matches('~').trim();
            let is_directive = text[start..].starts_with('%');
            let words = ["if ", "else", "endif", "for ", "endfor"];
            if is_directive && words.iter().any(|it| inner.starts_with(it))
                || !is_directive && !is_policy_variable(inner)
            {
                return Some(Mark { start, end, inner, is_directive });
            }
        }
    })
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

/// The text with each mark as a hole; where its directives stand, and what they say.
fn with_holes<'s>(source: &Source, marks: &[Mark<'s>], directives: &mut Vec<(Span, &'s str)>) -> Text {
    let mut out = Text::default();
    let mut at = 0;
    for mark in marks {
        out.push_known(&source.text[at..mark.start], Span::new(source.id, at, mark.start));
        let span = Span::new(source.id, mark.start, mark.end);
        if mark.is_directive {
            directives.push((span, mark.inner));
        }
        out.push_hole(Arc::new(Hole {
            kind: HoleKind::Free,
            reference: mark.inner.into(),
            scope: "".into(),
            span,
            why: "a template that nothing here fills in".into(),
        }));
        at = mark.end;
    }
    out.push_known(&source.text[at..], Span::new(source.id, at, source.text.len()));
    out
}

/// What stands between two directives of one `if` or `for`, and the case in which it is there.
fn cases(directives: &[(Span, &str)]) -> Vec<(Span, Arc<Given>)> {
    let mut open: Vec<(Span, &str)> = Vec::new();
    let mut out = Vec::new();
    for (span, says) in directives {
        let ends = says.starts_with("end");
        if ends && let Some((before, by)) = open.pop() {
            let words = format!("the template's `{by}` lets it stand").into();
            out.push((Span { start: before.end, end: span.start, ..before }, Arc::new(Given { words, span: before })));
        }
        if !ends {
            open.push((*span, says));
        }
    }
    out
}
