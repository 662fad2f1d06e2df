use crate::policy::{Policy, PolicyKind};
use crate::rule::{Context, Severity};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let sids: Vec<_> = policy
        .written_statements()
        .iter()
        .filter(|it| it.given.is_none())
        .filter_map(|it| it.element("Sid"))
        .filter_map(|it| Some((it.node.as_text().filter(|it| !it.is_empty())?.clone(), crate::policy::Place::of(&it.node))))
        .collect();
    // IAM refuses such a policy, and so does the provider for a data document; other services take it.
    let refused = !matches!(policy.kind, PolicyKind::Resource(_) | PolicyKind::ServiceControl | PolicyKind::ResourceControl);
    for (n, (sid, place)) in sids.iter().enumerate() {
        let Some((_, first)) = sids[..n].iter().find(|(it, _)| it == sid) else { continue };
        let (message, severity) = if refused {
            (format!("a statement above has the Sid `{sid}` already, so AWS refuses the policy"), Severity::High)
        } else {
            (format!("a statement above has the Sid `{sid}` already"), Severity::Low)
        };
        cx.report(place, message)
            .about(format!("sid {sid}"))
            .severity(severity)
            .label(first.span, "here")
            .help("give each statement a Sid of its own, or none");
    }
}
