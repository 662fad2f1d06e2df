use rustc_hash::FxHashMap;

use crate::policy::{Place, Policy, PolicyKind};
use crate::rule::{Context, Severity};
use crate::source::Span;
use crate::value::Text;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    // IAM refuses such a policy, and so does the provider for a data document; other services take it.
    let refused =
        !matches!(policy.kind, PolicyKind::Resource(_) | PolicyKind::ServiceControl | PolicyKind::ResourceControl);
    let mut seen: FxHashMap<Text, Span> = FxHashMap::default();
    // Of two statements that are each there in one case, both may never be there.
    for statement in policy.written_statements().iter().filter(|it| it.given.is_none()) {
        let Some(node) = statement.element("Sid").map(|it| it.node()) else { continue };
        let Some(sid) = node.as_text().filter(|it| !it.is_empty()) else { continue };
        let Some(first) = seen.get(sid).copied() else {
            seen.insert(sid.clone(), node.span);
            continue;
        };
        let (so, severity) =
            if refused { (", so AWS refuses the policy", Severity::High) } else { ("", Severity::Low) };
        cx.report(&Place::of(&node), format!("a statement above has the Sid `{sid}` already{so}"))
            .about(format!("sid {sid}"))
            .severity(severity)
            .label(first, "here")
            .help("give each statement a Sid of its own, or none");
    }
}
