use crate::policy::{Policy, PolicyKind, Scope, Service};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let Some((prohibited, reason)) = prohibited(policy.kind) else { return };
    for statement in policy.written_statements() {
        for element in statement.elements().filter(|it| it.is_certain() && prohibited.iter().any(|name| it.is(name))) {
            let name = element.name;
            let report = cx
                .report(&element.place(), format!("`{name}` has no place in {reason}, so AWS refuses it"))
                .about(format!("element {name}"));
            if prohibited.contains(&"Principal") && is_trust_by_content(policy) {
                report.help("this reads as the trust policy of a role: `assume_role_policy` is where it belongs");
            } else {
                report.help(format!("leave out `{name}`"));
            }
        }
    }
}

/// The elements that a kind of policy must not have, and what it is, in words.
fn prohibited(kind: PolicyKind) -> Option<(&'static [&'static str], &'static str)> {
    const PRINCIPALS: &[&str] = &["Principal", "NotPrincipal"];
    const RESOURCES: &[&str] = &["Resource", "NotResource"];
    Some(match kind {
        PolicyKind::Identity => (PRINCIPALS, "an identity policy, which is about who carries it"),
        PolicyKind::Boundary => (PRINCIPALS, "a permissions boundary, which is about who carries it"),
        PolicyKind::Session => (PRINCIPALS, "a session policy, which is about the session"),
        PolicyKind::Device => (PRINCIPALS, "a policy of AWS IoT, which is about the certificate that carries it"),
        PolicyKind::ServiceControl => {
            (PRINCIPALS, "a service control policy, which is about every principal of an account")
        }
        PolicyKind::ResourceControl => (
            &["NotPrincipal", "NotAction"],
            "a resource control policy, which is about everybody and names its actions",
        ),
        PolicyKind::Trust => (RESOURCES, "a trust policy, which is about the role that carries it"),
        PolicyKind::Resource(Service::Repository) => {
            (RESOURCES, "the policy of a repository, which is about that repository")
        }
        PolicyKind::Resource(_) | PolicyKind::Unknown => return None,
    })
}

fn is_trust_by_content(policy: &Policy) -> bool {
    let assumes = |action: &crate::policy::Action| action.service().is_some_and(|it| it.eq_ignore_ascii_case("sts"));
    !policy.statements.is_empty()
        && policy.statements.iter().all(|it| {
            let actions = it.actions.entries();
            it.principals.is_some() && it.resources.is_none() && !actions.is_empty() && actions.iter().all(assumes)
        })
        && policy.statements.iter().all(|it| !matches!(it.principals, Some(Scope::AllExcept(_))))
}
