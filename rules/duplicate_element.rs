use smallvec::SmallVec;

use crate::policy::{Element, Policy, Written};
use crate::rule::Context;
use crate::source::Span;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for object in policy.written().iter().chain(policy.written_statements()) {
        report(object, str::eq_ignore_ascii_case, cx);
        for inner in ["Principal", "NotPrincipal", "Condition"] {
            let Some(element) = object.element(inner) else { continue };
            let inner = element.within();
            report(&inner, str::eq_ignore_ascii_case, cx);
            for tests in inner.elements() {
                // Keys that differ in case only are for `duplicate_condition_key` to say.
                report(&tests.within(), |a, b| a == b, cx);
            }
        }
    }
}

fn report(object: &Written, same: fn(&str, &str) -> bool, cx: &mut Context<'_>) {
    let mut seen: SmallVec<[(&str, Span); 8]> = SmallVec::new();
    // What is put together of blocks, such as the tests of a data document, is written once by the provider.
    let is_here = |it: &Element<'_>| object.node.span.contains(it.span());
    for element in object.elements().filter(|it| !it.name.has_holes() && is_here(it)) {
        let name = element.name;
        let first = seen.iter().rev().find(|(it, _)| same(it, name.raw())).map(|(_, span)| *span);
        seen.push((name.raw(), element.span()));
        let Some(first) = first else { continue };
        // A list of one literal, repeated by a `for`, is the same place and another thing.
        if first != element.span() {
            cx.report(&element.place(), format!("`{name}` stands here a second time, and only one of the two counts"))
                .about(format!("element {name}"))
                .label(first, "it stands here already")
                .help(format!("put the values of both into one `{name}`"));
        }
    }
}
