use crate::policy::{Policy, PolicyKind, VERSIONS};
use crate::rule::{Context, Severity};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let [newest, oldest] = VERSIONS;
    for document in policy.written().iter().filter(|it| it.node.as_object().is_some()) {
        let with_variables = "policy variables such as `${aws:username}` are plain text in it";
        if !document.may_have("Version") {
            // Organizations asks for it.
            let refused = matches!(policy.kind, PolicyKind::ServiceControl | PolicyKind::ResourceControl);
            let report = if refused {
                cx.report(&document.place(), "the policy has no `Version`, so AWS refuses it").severity(Severity::Medium)
            } else {
                cx.report(&document.place(), format!("the policy has no `Version`, so {with_variables}"))
            };
            report.about("no Version").help(format!("add `\"Version\": \"{newest}\"`"));
            continue;
        }
        for (node, place) in document.element("Version").map(|it| it.values()).unwrap_or_default() {
            if node.as_str() == Some(oldest) {
                cx.report(&place, format!("`{oldest}` is the old version of the policy language: {with_variables}"))
                    .about("old Version")
                    .help(format!("write `{newest}`"));
            }
        }
    }
}
