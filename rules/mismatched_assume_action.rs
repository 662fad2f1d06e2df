use crate::policy::{Policy, PolicyKind, Principal, PrincipalKind, Scope};
use crate::rule::{Context, quoted};

/// Who calls what, by the kind of principal. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_request.html>
pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Trust {
        return;
    }
    for statement in &policy.statements {
        let principals = statement.principals.as_ref().map_or(&[][..], Scope::only);
        for action in statement.actions.only() {
            // Of a pattern, some action may fit.
            let Some(name) = action.text.as_known().map(str::to_ascii_lowercase) else { continue };
            let (fits, who): (fn(&Principal) -> bool, _) = match &*name {
                "sts:assumerole" => (|it| it.kind != PrincipalKind::Federated, "roles, users and services"),
                "sts:assumerolewithsaml" => (is_saml, "who comes from a SAML provider"),
                "sts:assumerolewithwebidentity" => (is_oidc, "who comes from an OIDC provider"),
                _ => continue,
            };
            let may_fit = |it: &Principal| it.is_everyone() || it.kind == PrincipalKind::Unknown || fits(it);
            if !principals.is_empty() && !principals.iter().any(may_fit) {
                let names = quoted(&principals.iter().collect::<Vec<_>>());
                cx.report(&action.place, format!("`{action}` is for {who}, which {names} is not"))
                    .of(statement, action)
                    .label(principals[0].place.span, "the principal")
                    .help(format!("write `{}`", right_action(&principals[0])));
            }
        }
    }
}

fn is_saml(principal: &Principal) -> bool {
    let is_oidc = principal.text.raw().contains(":oidc-provider/");
    principal.kind == PrincipalKind::Federated && !is_oidc
}

fn is_oidc(principal: &Principal) -> bool {
    principal.kind == PrincipalKind::Federated && principal.issuer().is_some()
}

fn right_action(principal: &Principal) -> &'static str {
    if is_oidc(principal) {
        "sts:AssumeRoleWithWebIdentity"
    } else if is_saml(principal) {
        "sts:AssumeRoleWithSAML"
    } else {
        "sts:AssumeRole"
    }
}
