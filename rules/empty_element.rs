use std::fmt::Display;

use crate::policy::{Element, Place, Policy, PolicyKind, Service};
use crate::rule::{Confidence, Context, Report, Severity};
use crate::value::{Node, Origin, Value};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in policy.written_statements() {
        for element in statement.elements() {
            let name = element.name;
            if element.is_any(&["Action", "NotAction", "Resource", "NotResource"]) {
                list(&element, format_args!("`{name}`"), cx);
            } else if element.is_any(&["Principal", "NotPrincipal"]) {
                list(&element, format_args!("`{name}`"), cx);
                let inner = element.within();
                if is_empty(element.value()) && policy.kind != PolicyKind::Resource(Service::Unknown) {
                    report(&element, &format!("`{name}` names nobody"), Severity::High, cx).help(OR_NO_STATEMENT);
                }
                inner.elements().for_each(|it| list(&it, format_args!("`{}` of `{name}`", it.name), cx));
            } else if element.is("Condition") {
                condition(&element, cx);
            }
        }
    }
}

/// What a statement must have cannot be left out of it.
const OR_NO_STATEMENT: &str = "say what is meant, or leave the statement out";

fn list(element: &Element<'_>, what: impl Display, cx: &mut Context<'_>) {
    let value = element.value();
    if is_empty_by_default(&element.node().origin) {
        return;
    }
    if is_empty_list(value) {
        report(element, &format!("{what} is an empty list, so the statement does nothing"), Severity::High, cx)
            .help(OR_NO_STATEMENT);
        return;
    }
    if !may_hold_empty_text(value) {
        return;
    }
    let values = element.values();
    let is_it = |(it, place): &&(Node, Place)| {
        it.as_text().is_some_and(|it| it.is_empty()) && !is_empty_by_default(&place.origin)
    };
    let Some((_, place)) = values.iter().find(is_it) else { return };
    // What a module gives out where it makes nothing is mostly asked for only where it makes something.
    if place.given.is_some() && place.origin.steps().any(|it| is_output(&it.words)) {
        return;
    }
    // Of one value in several cases, each is all that there is.
    let (verb, help) = if matches!(value, Value::List(it) if it.len() > 1) {
        ("holds", "leave it out of the list")
    } else {
        ("is", "leave the statement out where there is nothing to name")
    };
    // What is decided elsewhere is mostly decided by what there is of it.
    let is_elsewhere = place.given.is_some() && place.origin.steps().next().is_some();
    let severity = if is_elsewhere { Severity::Low } else { Severity::High };
    report(element, &format!("{what} {verb} `\"\"`, which AWS refuses"), severity, cx).by(place).help(help);
}

fn condition(element: &Element<'_>, cx: &mut Context<'_>) {
    if is_empty(element.value()) {
        report(element, "`Condition` is empty, so the statement holds without any condition", Severity::Low, cx);
    }
    let operators = element.within();
    for operator in operators.elements() {
        if is_empty(operator.value()) {
            let message = format!("`{}` tests nothing, so the statement holds without it", operator.name);
            report(&operator, &message, Severity::Medium, cx);
        }
        let keys = operator.within();
        let is_it = |it: &Element<'_>| is_empty_list(it.value()) && !is_empty_by_default(&it.node().origin);
        for key in keys.elements().filter(is_it) {
            let test = operator.name.raw().to_ascii_lowercase();
            // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
            let (so, is_needed) = if test.starts_with("forallvalues:") {
                ("only a request without the key passes", true)
            } else if test.ends_with("ifexists") {
                ("a request with the key never passes", true)
            } else if test.contains("not") {
                ("every request passes", false)
            } else {
                ("no request passes", true)
            };
            let message = format!("`{}` is compared with an empty list: {so}", key.name);
            let report = report(&key, &message, Severity::Medium, cx);
            // Without a test that nobody passes, everybody would.
            if is_needed {
                report.help(OR_NO_STATEMENT);
            }
        }
    }
}

/// Whether it has come by the default of a variable, which is there for somebody to give another value.
fn is_empty_by_default(way: &Origin) -> bool {
    way.steps().any(|it| it.words.ends_with(" (default)"))
}

/// Whether it is what a module gives out, and no argument of one.
fn is_output(step: &str) -> bool {
    step.starts_with("`module.")
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Object(it) if it.entries.is_empty() && it.open.is_none())
}

fn is_empty_list(value: &Value) -> bool {
    matches!(value, Value::List(it) if it.is_empty())
}

/// Whether a text in it is empty, in some case.
fn may_hold_empty_text(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.is_empty(),
        Value::List(nodes) => nodes.iter().any(|it| may_hold_empty_text(&it.value)),
        Value::OneOf(arms) => arms.iter().any(|it| may_hold_empty_text(&it.node.value)),
        _ => false,
    }
}

fn report<'c>(element: &Element<'_>, message: &str, severity: Severity, cx: &'c mut Context<'_>) -> Report<'c> {
    let report = cx
        .report(&element.place(), message)
        .about(format!("empty {}", element.name))
        .severity(severity)
        .help(format!("say what is meant, or leave out `{}`", element.name));
    if element.is_written_here() {
        report
    } else {
        // A local or an output may be empty where it is not used.
        report.by(&Place::of(&element.node())).confidence(Confidence::Low)
    }
}
