use crate::policy::{Policy, PolicyKind, VERSIONS};
use crate::rule::{Context, Rewrite, Safety, Severity};
use crate::value::{Node, Value};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let [newest, oldest] = VERSIONS;
    for document in policy.written().iter().filter(|it| it.node.as_object().is_some()) {
        let with_variables = "policy variables such as `${aws:username}` are plain text in it";
        if !document.may_have("Version") {
            // Organizations asks for it.
            let refused = matches!(policy.kind, PolicyKind::ServiceControl | PolicyKind::ResourceControl);
            let report = if refused {
                cx.report(&document.place(), "the policy has no `Version`, so AWS refuses it")
                    .severity(Severity::Medium)
            } else {
                cx.report(&document.place(), format!("the policy has no `Version`, so {with_variables}"))
            };
            let change = Rewrite::Entry { at: document.node.span, name: "Version", value: newest };
            report.about("no Version").help(format!("add `\"Version\": \"{newest}\"`")).fix(
                safety(&document.node),
                format!("add the version `{newest}`"),
                [change],
            );
            continue;
        }
        for (node, place) in document.element("Version").map(|it| it.values()).unwrap_or_default() {
            if node.as_str() == Some(oldest) {
                cx.report(&place, format!("`{oldest}` is the old version of the policy language: {with_variables}"))
                    .about("old Version")
                    .help(format!("write `{newest}`"))
                    .fix(safety(&document.node), format!("write `{newest}`"), [Rewrite::write(place.span, newest)]);
            }
        }
    }
}

/// Texts that are plain in the old version and variables in the new one mean something else then.
fn safety(document: &Node) -> Safety {
    if has_variables(document) { Safety::Unsafe } else { Safety::Safe }
}

fn has_variables(node: &Node) -> bool {
    match &node.value {
        Value::Text(text) => text.raw().contains("${"),
        Value::List(nodes) => nodes.iter().any(has_variables),
        Value::Object(object) => object.entries.iter().any(|it| has_variables(&it.node)),
        Value::OneOf(arms) => arms.iter().any(|it| has_variables(&it.node)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::Unknown(_) => true,
    }
}
