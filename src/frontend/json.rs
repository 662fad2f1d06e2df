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
    if !parsed.errors.is_empty() && ["${", "%{"].iter().any(|it| source.text.contains(it)) {
        // A template of Terraform's that no configuration here fills in.
        let template = json::parse(&with_holes(source, &mut directives));
        if template.errors.is_empty() {
            parsed = template;
        } else if !named {
            return Read::Template;
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

/// The text with each `${…}` and `%{…}` as a hole; where the latter stand, and what they say.
fn with_holes<'s>(source: &'s Source, directives: &mut Vec<(Span, &'s str)>) -> Text {
    let mut out = Text::default();
    let (mut rest, mut at) = (&*source.text, 0);
    while let Some(start) = [rest.find("${"), rest.find("%{")].into_iter().flatten().min() {
        let Some(length) = rest[start..].find('}') else { break };
        out.push_known(&rest[..start], Span::new(source.id, at, at + start));
        let span = Span::new(source.id, at + start, at + start + length + 1);
        let inner = rest[start + 2..start + length].trim_matches('~').trim();
        if rest[start..].starts_with('%') {
            directives.push((span, inner));
        } else if inner.contains(':') {
            // A policy variable, `${aws:username}`.
            out.push_known(&rest[start..=start + length], span);
            (at, rest) = (at + start + length + 1, &rest[start + length + 1..]);
            continue;
        }
        out.push_hole(Arc::new(Hole {
            kind: HoleKind::Free,
            reference: inner.into(),
            scope: "".into(),
            span,
            why: "a template that nothing here fills in".into(),
        }));
        at += start + length + 1;
        rest = &rest[start + length + 1..];
    }
    out.push_known(rest, Span::new(source.id, at, source.text.len()));
    out
}

/// What stands between two directives of one `if` or `for`, and the case in which it is there.
fn cases(directives: &[(Span, &str)]) -> Vec<(Span, Arc<Given>)> {
    let mut open: Vec<(Span, &str)> = Vec::new();
    let mut out = Vec::new();
    for (span, says) in directives {
        let ends = says.starts_with("end");
        if (ends || says.starts_with("else"))
            && let Some((before, by)) = open.pop()
        {
            let words = format!("the template's `{by}` lets it stand").into();
            out.push((Span { start: before.end, end: span.start, ..before }, Arc::new(Given { words, span: before })));
        }
        if !ends {
            open.push((*span, says));
        }
    }
    out
}
