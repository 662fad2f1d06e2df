//! What a word of a policy means: what a pattern stands for, what an action does and takes, what a key tells; and the
//! page of the rule that reports it.

use std::fmt::Write as _;

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};

use super::project::policies;
use super::worker::Place;
use crate::catalog::{self, AccessLevel};
use crate::config;
use crate::policy::{self, Action, Policy};
use crate::source::Span;

/// How many names of a level are written out.
const MOST: usize = 12;

pub(super) fn at(place: &Place<'_>, position: Position) -> Option<Hover> {
    let encoding = place.client.encoding;
    let offset = encoding.offset(&place.source, position);
    let here = |span: Span| span.file == place.source.id && span.range().contains(&offset);
    let mut parts: Vec<String> = Vec::new();
    let mut span = None;
    let policies = policies(&place.family.workspace, place.project.options());
    if let Some((at, text)) = policies.iter().find_map(|policy| word(policy, &here)) {
        span = Some(at);
        parts.push(text);
    }
    let mut rules: Vec<&str> = Vec::new();
    for finding in place.family.report.findings.iter().filter(|it| here(it.span)) {
        span = span.or(Some(finding.span));
        if !rules.contains(&finding.rule) {
            rules.push(finding.rule);
            parts.extend(config::find(finding.rule).first().map(|rule| rule.text().trim().to_owned()));
        }
    }
    if parts.is_empty() {
        return None;
    }
    let value = parts.join("\n\n---\n\n");
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value }),
        range: span.map(|it| encoding.range(&place.source, it)),
    })
}

/// The word of a policy at a place, and what it means.
fn word(policy: &Policy, here: &dyn Fn(Span) -> bool) -> Option<(Span, String)> {
    for statement in &policy.statements {
        if let Some(action) = statement.actions.entries().iter().find(|it| here(it.place.span)) {
            return Some((action.place.span, of_action(action)));
        }
        for condition in &statement.conditions {
            if here(condition.place.span) {
                return of_key(condition.key.raw()).map(|text| (condition.place.span, text));
            }
            if here(condition.operator_place.span) {
                return Some((condition.operator_place.span, of_operator(&condition.operator)));
            }
        }
    }
    None
}

fn of_action(action: &Action) -> String {
    let reached = action.expand();
    let known = action.text.as_known();
    if let ([one], false) = (&reached[..], action.has_wildcard()) {
        return of_one(*one);
    }
    if reached.is_empty() {
        return match known {
            Some(_) => format!("`{action}` is no action that AWS knows of, as of {}", catalog::reference_date()),
            None => format!("`{action}` is not known before Terraform runs"),
        };
    }
    let mut out = format!("`{action}` stands for {} actions:\n", reached.len());
    use AccessLevel::{List, PermissionsManagement, Read, Tagging, Write};
    for level in [PermissionsManagement, Write, Tagging, Read, List] {
        let of_level: Vec<_> = reached.iter().filter(|it| it.access_level() == level).collect();
        if of_level.is_empty() {
            continue;
        }
        let names: Vec<String> = of_level.iter().take(MOST).map(|it| format!("`{}`", it.name())).collect();
        let more = of_level.len().saturating_sub(MOST);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = write!(out, "\n- **{level}** ({}): {}{more}", of_level.len(), names.join(", "));
    }
    out
}

fn of_one(action: catalog::Action) -> String {
    let mut out = format!("`{action}`: {} ({})\n", action.access_level(), action.service().name());
    if action.takes_only_star() {
        out.push_str("\nIt takes no resource, so `Resource` must be `*`.\n");
    } else {
        out.push_str("\nResources:\n");
        for resource in action.resource_types() {
            let needed = if resource.is_required() { " (required)" } else { "" };
            for arn in resource.resource_type().arns() {
                let _ = writeln!(out, "- {}{needed}: `{arn}`", resource.resource_type().name());
            }
        }
    }
    let keys: Vec<String> = action.condition_keys().map(|it| format!("`{}`", it.name())).collect();
    if !keys.is_empty() {
        let _ = writeln!(out, "\nCondition keys: {}", keys.join(", "));
    }
    let needs: Vec<String> = action.dependent_actions().map(|it| format!("`{it}`")).collect();
    if !needs.is_empty() {
        let _ = writeln!(out, "\nIt also needs: {}", needs.join(", "));
    }
    out
}

fn of_key(name: &str) -> Option<String> {
    let key = catalog::condition_key(name)?;
    let many = if key.is_multivalued() { ", many values" } else { "" };
    let mut out = format!("`{}`: {}{many}\n", key.name(), key.key_type());
    match key.presence() {
        Some(catalog::Presence::Always) => out.push_str("\nEvery request carries it.\n"),
        Some(catalog::Presence::Signed) => out.push_str("\nEvery signed request carries it.\n"),
        Some(catalog::Presence::Sometimes) => {
            out.push_str("\nNot every request carries it: a negated or `…IfExists` operator also holds without it.\n");
        }
        None => {}
    }
    if key.is_spoofable() {
        out.push_str("\nThe caller chooses its value, so it guards nothing.\n");
    }
    if let Some(note) = key.note() {
        let _ = writeln!(out, "\n{note}");
    }
    Some(out)
}

fn of_operator(operator: &policy::Operator) -> String {
    let text = &operator.text;
    if operator.kind.is_none() {
        return format!("`{text}` is no operator that AWS knows");
    }
    let mut out = format!("`{text}`\n");
    if operator.negated {
        out.push_str("\nIt holds when none of the values fits, and also when the request has no such key.\n");
    } else if operator.if_exists {
        out.push_str("\nIt also holds when the request has no such key.\n");
    } else {
        out.push_str("\nIt holds when one of the values fits.\n");
    }
    match operator.quantifier {
        Some(policy::Quantifier::ForAllValues) => {
            out.push_str("\n`ForAllValues` also holds when the request has no such key, or no value of it.\n");
        }
        Some(policy::Quantifier::ForAnyValue) => {
            out.push_str("\n`ForAnyValue` holds when one of the values of the request passes.\n");
        }
        None => {}
    }
    out
}
