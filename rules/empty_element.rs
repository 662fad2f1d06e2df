use crate::policy::{Element, Policy, PolicyKind, Service, Written};
use crate::rule::{Confidence, Context, Report, Severity};
use crate::value::{Node, Origin, Value};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in policy.written_statements() {
        for element in statement.elements() {
            let name = element.name.raw().to_ascii_lowercase();
            match name.as_str() {
                "action" | "notaction" | "resource" | "notresource" => {
                    list(&element, &format!("`{}`", element.name), cx);
                }
                "principal" | "notprincipal" => {
                    list(&element, &format!("`{}`", element.name), cx);
                    let inner = Written { node: element.node.clone(), given: element.place.given.clone() };
                    if is_empty(&inner.node) && policy.kind != PolicyKind::Resource(Service::Unknown) {
                        report(&element, &format!("`{}` names nobody", element.name), Severity::High, cx);
                    }
                    inner.elements().for_each(|it| list(&it, &format!("`{}` of `{}`", it.name, element.name), cx));
                }
                "condition" => condition(&element, cx),
                _ => {}
            }
        }
    }
}

fn list(element: &Element<'_>, what: &str, cx: &mut Context<'_>) {
    let node = &element.node;
    if node.as_list().is_some_and(<[Node]>::is_empty) {
        report(element, &format!("{what} is an empty list, so the statement does nothing"), Severity::High, cx);
        return;
    }
    let values = element.values();
    let Some((_, place)) = values.iter().find(|(it, _)| it.as_text().is_some_and(|it| it.is_empty())) else { return };
    // Of one value in several cases, each is all that there is.
    let (verb, help) = if node.as_list().is_some_and(|it| it.len() > 1) {
        ("holds", "leave it out of the list")
    } else {
        ("is", "leave the statement out where there is nothing to name")
    };
    report(element, &format!("{what} {verb} `\"\"`, which AWS refuses"), Severity::High, cx).by(place).help(help);
}

fn condition(element: &Element<'_>, cx: &mut Context<'_>) {
    if is_empty(&element.node) {
        report(element, "`Condition` is empty, so the statement holds without any", Severity::Low, cx);
    }
    let operators = Written { node: element.node.clone(), given: element.place.given.clone() };
    for operator in operators.elements() {
        if is_empty(&operator.node) {
            let message = format!("`{}` tests nothing, so the statement holds without it", operator.name);
            report(&operator, &message, Severity::Medium, cx);
        }
        let keys = Written { node: operator.node.clone(), given: element.place.given.clone() };
        for key in keys.elements().filter(|it| it.node.as_list().is_some_and(<[Node]>::is_empty)) {
            let test = operator.name.raw().to_ascii_lowercase();
            // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
            let so = if test.starts_with("forallvalues:") {
                "only a request without the key passes"
            } else if test.ends_with("ifexists") {
                "a request with the key never passes"
            } else if test.contains("not") {
                "every request passes"
            } else {
                "no request passes"
            };
            let message = format!("`{}` is compared with an empty list: {so}", key.name);
            report(&key, &message, Severity::Medium, cx);
        }
    }
}

fn is_empty(node: &Node) -> bool {
    matches!(&node.value, Value::Object(it) if it.entries.is_empty() && it.open.is_none())
}

fn report<'c>(
    element: &Element<'_>,
    message: &str,
    severity: Severity,
    cx: &'c mut Context<'_>,
) -> Report<'c> {
    let report = cx
        .report(&element.place, message)
        .about(format!("empty {}", element.name))
        .severity(severity)
        .help(format!("say what is meant, or leave out `{}`", element.name));
    let stops = |origin: &Origin| origin.steps().count();
    if stops(&element.node.origin) > stops(&element.place.origin) {
        // A variable, a local or an output may be empty by a default that is never used.
        report.confidence(Confidence::Low)
    } else {
        report
    }
}
