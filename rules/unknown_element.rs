use crate::catalog;
use crate::policy::{Element, Policy, Written};
use crate::rule::Context;

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>
const OF_A_DOCUMENT: [&str; 3] = ["Version", "Id", "Statement"];
const OF_A_STATEMENT: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for document in policy.written() {
        report(document, &OF_A_DOCUMENT, "a policy", cx);
    }
    for statement in policy.written_statements() {
        report(statement, &OF_A_STATEMENT, "a statement", cx);
    }
}

fn report(object: &Written, known: &[&'static str], what: &str, cx: &mut Context<'_>) {
    let is_unknown = |it: &Element<'_>| !it.name.has_holes() && !it.is_any(known);
    for element in object.elements().filter(is_unknown) {
        let name = element.name;
        let message = format!("`{name}` is no element of {what}, so AWS refuses the policy");
        let report = cx.report(&element.place(), message).about(format!("element {name}"));
        if let Some(meant) = catalog::nearest(name.raw(), known.iter().map(|it| (*it, *it))) {
            report.help(format!("write `{meant}`"));
        } else if element.is_any(&OF_A_STATEMENT) {
            report.help(format!("move `{name}` into a statement"));
        }
    }
}
