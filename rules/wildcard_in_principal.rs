use crate::policy::{Policy, PolicyKind, PrincipalKind, Scope};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !matches!(policy.kind, PolicyKind::Trust | PolicyKind::Resource(_) | PolicyKind::ResourceControl) {
        return;
    }
    for statement in &policy.statements {
        for principal in statement.principals.iter().flat_map(Scope::entries) {
            // A policy variable is no wildcard, and no principal either.
            let has_wildcard = principal.text.raw().contains(['*', '?']) && !principal.text.raw().contains("${");
            if !has_wildcard || principal.is_everyone() || principal.kind == PrincipalKind::Unknown {
                continue;
            }
            let (why, help) = match principal.kind {
                PrincipalKind::Service => ("AWS takes the name of a service as a whole", "name each service"),
                PrincipalKind::Federated => ("AWS takes a provider as a whole", "name the provider"),
                _ => (
                    "as a principal only `*` alone is one",
                    "name each principal, or everybody of the account and a condition on `aws:PrincipalArn`",
                ),
            };
            cx.report(&principal.place, format!("`{principal}` has a wildcard, and {why}"))
                .of(statement, principal)
                .help(help);
        }
    }
}
