use crate::policy::{Policy, PolicyKind, PrincipalKind, Scope};
use crate::rule::Context;

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-federated-web-identity>
const DOMAINS: [&str; 5] = [
    "accounts.google.com",
    "cognito-identity-us-gov.amazonaws.com",
    "cognito-identity.amazonaws.com",
    "graph.facebook.com",
    "www.amazon.com",
];

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Trust {
        return;
    }
    for statement in policy.allow_statements() {
        for principal in statement.principals.iter().flat_map(Scope::entries) {
            let raw = principal.text.raw();
            // ARNs and the principals of services have a form of their own, and rules about it.
            let is_other = raw.starts_with("arn:") || raw.ends_with(".amazonaws.com");
            if principal.kind != PrincipalKind::Federated
                || principal.text.has_holes()
                || is_other
                || DOMAINS.contains(&raw)
            {
                continue;
            }
            cx.report(&principal.place, format!("`{principal}` is no provider that a role can trust"))
                .of(statement, principal)
                .help("name the ARN of the provider, `arn:aws:iam::…:oidc-provider/…` or `…:saml-provider/…`");
        }
    }
}
