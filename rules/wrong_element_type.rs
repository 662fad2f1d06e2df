use crate::policy::{Element, Policy};
use crate::rule::Context;
use crate::value::{Node, Value};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for document in policy.written() {
        if matches!(document.node.value, Value::Bool(_) | Value::Number(_) | Value::List(_)) {
            cx.report(&document.place(), format!("a policy is an object, not {}", kind(&document.node)))
                .about("policy");
        }
        for element in document.elements() {
            if element.is_any(&["Version", "Id"]) {
                text(&element, cx);
            }
        }
    }
    for statement in policy.written_statements() {
        if !is_undecided(&statement.node.value) && statement.node.as_object().is_none() {
            let message = format!("a statement is an object, not {}", kind(&statement.node));
            cx.report(&statement.place(), message).about("statement");
        }
        for element in statement.elements() {
            if element.is_any(&["Sid", "Effect"]) {
                text(&element, cx);
            } else if element.is_any(&["Action", "NotAction", "Resource", "NotResource"]) {
                texts(&element, cx);
            } else if element.is_any(&["Principal", "NotPrincipal"]) {
                principals(&element, cx);
            } else if element.is("Condition") {
                conditions(&element, cx);
            }
        }
    }
}

fn text(element: &Element<'_>, cx: &mut Context<'_>) {
    if matches!(element.value(), Value::List(_)) {
        wrong(element, "a list", "a text", cx);
    } else {
        each(element, "a text", cx, |it| matches!(it, Value::Text(_)));
    }
}

fn texts(element: &Element<'_>, cx: &mut Context<'_>) {
    each(element, "a text or a list of texts", cx, |it| matches!(it, Value::Text(_)));
}

fn principals(element: &Element<'_>, cx: &mut Context<'_>) {
    if matches!(element.value(), Value::List(_)) {
        // Everybody is a list in a data document, which the provider writes as a text.
        texts(element, cx);
        return;
    }
    each(element, "`\"*\"` or an object", cx, |it| matches!(it, Value::Text(_) | Value::Object(_)));
    element.within().elements().for_each(|it| texts(&it, cx));
}

fn conditions(element: &Element<'_>, cx: &mut Context<'_>) {
    each(element, "an object of operators", cx, |it| matches!(it, Value::Object(_)));
    for operator in element.within().elements() {
        each(&operator, "an object of keys", cx, |it| matches!(it, Value::Object(_)));
        for key in operator.within().elements() {
            let is_scalar = |it: &Value| matches!(it, Value::Text(_) | Value::Bool(_) | Value::Number(_));
            each(&key, "a text or a list of texts", cx, is_scalar);
        }
    }
}

/// Reports the values of an element that are not as they must be.
fn each(element: &Element<'_>, wanted: &str, cx: &mut Context<'_>, is_right: impl Fn(&Value) -> bool) {
    // Nearly every one is right.
    let is_all_right = match element.value() {
        Value::List(nodes) => nodes.iter().all(|it| is_right(&it.value)),
        value => is_right(value),
    };
    if is_all_right {
        return;
    }
    // A list within the list is one level too many, whatever it holds.
    if matches!(element.value(), Value::List(it) if it.iter().any(|it| it.as_list().is_some())) {
        wrong(element, "a list within the list", wanted, cx);
        return;
    }
    for (node, place) in element.values() {
        if !is_right(&node.value) && !is_undecided(&node.value) {
            let name = element.name;
            cx.report(&place, format!("`{name}` takes {wanted}, not {}", kind(&node))).about(format!("type of {name}"));
        }
    }
}

/// Reports a list where there must be none. It may be written far away, and is right there.
fn wrong(element: &Element<'_>, found: &str, wanted: &str, cx: &mut Context<'_>) {
    let name = element.name;
    cx.report(&element.place(), format!("`{name}` takes {wanted}, not {found}")).about(format!("type of {name}"));
}

/// What is too deep within cases that are not decided is not told apart from them.
fn is_undecided(value: &Value) -> bool {
    matches!(value, Value::Unknown(_) | Value::OneOf(_) | Value::List(_))
}

fn kind(node: &Node) -> &'static str {
    match &node.value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::Text(_) => "a text",
        Value::List(_) => "a list",
        Value::Object(_) => "an object",
        Value::OneOf(_) | Value::Unknown(_) => "what is not known",
    }
}
