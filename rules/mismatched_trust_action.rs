use crate::policy::{Policy, PolicyKind, Principal, PrincipalKind, Scope};
use crate::rule::Context;

const WAYS: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"];

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Trust {
        return;
    }
    for statement in policy.allow_statements() {
        let (Scope::Only(actions), Some(Scope::Only(principals))) = (&statement.actions, &statement.principals) else {
            continue;
        };
        let Some(action) = actions.iter().find(|action| WAYS.iter().any(|way| action.must_match(way))) else { continue };
        for principal in principals {
            let Some(way) = way(principal).filter(|way| !statement.actions.may_match(way)) else { continue };
            cx.report(&action.place, format!("`{principal}` cannot assume a role with `{action}`: it needs `{way}`"))
                .of(statement, principal)
                .label(principal.place.span, "the principal")
                .help(format!("allow `{way}`"));
        }
    }
}

/// The one way in which a principal assumes a role; none when its kind is not known.
fn way(principal: &Principal) -> Option<&'static str> {
    match principal.kind {
        PrincipalKind::Aws | PrincipalKind::Service if !principal.is_unknown() => Some(WAYS[0]),
        PrincipalKind::Federated if principal.is_saml() => Some(WAYS[2]),
        PrincipalKind::Federated if principal.issuer().is_some_and(|it| it.contains('.')) => Some(WAYS[1]),
        _ => None,
    }
}
