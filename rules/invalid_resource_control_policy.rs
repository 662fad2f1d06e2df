use crate::catalog;
use crate::policy::{Effect, Policy, PolicyKind, PrincipalKind, Scope};
use crate::rule::{Confidence, Context, Severity};

/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html>
pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::ResourceControl {
        return;
    }
    for statement in &policy.statements {
        if statement.effect == Effect::Allow && statement.place.given.is_none() {
            cx.report(&statement.place, "a resource control policy only denies, so AWS refuses one that allows")
                .of(statement, "Allow")
                .help("say what is denied: what is allowed, AWS allows by a policy of its own");
        }
        for principal in statement.principals.iter().flat_map(Scope::only) {
            let is_everybody = principal.kind == PrincipalKind::Bare && principal.text.raw() == "*";
            if !is_everybody && !principal.text.has_holes() {
                cx.report(
                    &principal.place,
                    format!("`{principal}` is not everybody, of whom alone a resource control policy speaks"),
                )
                .of(statement, principal)
                .help("write `\"Principal\": \"*\"`, and say whom it spares in a condition on `aws:PrincipalArn`");
            }
        }
        for action in statement.actions.only() {
            if action.is_everything() {
                cx.report(
                    &action.place,
                    format!("`{action}` is every service, and a resource control policy names its services"),
                )
                .of(statement, action)
                .help("name each service, `s3:*`");
            } else if let Some(service) = action.service().and_then(catalog::service)
                && !service.supports_resource_control_policies()
            {
                let date = catalog::reference_date();
                cx.report(&action.place, format!("`{service}` took no part in resource control policies on {date}"))
                    .of(statement, action)
                    .severity(Severity::Medium)
                    .confidence(Confidence::Medium)
                    .help("leave it to a service control policy");
            }
        }
    }
}
