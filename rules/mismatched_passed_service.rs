use crate::catalog;
use crate::frontend::{Configuration, Identity, IdentityKind};
use crate::policy::{Condition, OperatorKind, Policy, Principal, PrincipalKind, Scope, Statement, matches};
use crate::rule::{Context, quoted};

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    let Some(pass_role) = catalog::action("iam:PassRole") else { return };
    let roles: Vec<&Identity> = configuration.identities.iter().filter(|it| is_known(it)).collect();
    for policy in configuration.policies.iter().filter(|it| it.kind.is_identity()) {
        for statement in policy.allow_statements().filter(|it| it.holds(pass_role)) {
            if let Some(condition) = statement.conditions.iter().find(|it| names_services(it)) {
                judge(policy, statement, condition, &roles, cx);
            }
        }
    }
}

/// Whether all is known of whom a role trusts.
fn is_known(identity: &Identity) -> bool {
    let trust = &identity.trust;
    identity.kind == IdentityKind::Role && !trust.is_empty() && trust.iter().all(|it| it.resolution.is_full())
}

fn names_services(condition: &Condition) -> bool {
    let positive = matches!(condition.operator.kind, Some(OperatorKind::StringEquals | OperatorKind::StringLike));
    positive
        && !condition.operator.negated
        && condition.is_on("iam:passedtoservice")
        && condition.case().is_none()
        && condition.values.iter().all(|it| it.text.as_known().is_some())
}

fn judge(policy: &Policy, statement: &Statement, condition: &Condition, roles: &[&Identity], cx: &mut Context<'_>) {
    let passed = |service: &str| condition.values.iter().any(|it| matches(it.text.raw(), service, true));
    for resource in statement.resources.iter().flat_map(Scope::only).filter(|it| !it.text.raw().contains('*')) {
        let Some(role) = roles.iter().find(|it| it.is_within(resource)) else { continue };
        let services: Vec<&Principal> = role.trusted().filter(|it| it.kind == PrincipalKind::Service).collect();
        // A service has other names in a region or partition.
        let is_same = |it: &&Principal| {
            let plain = catalog::service_principal(it.text.raw()).map(|it| it.name());
            passed(it.text.raw()) || plain.is_some_and(passed)
        };
        if services.is_empty() || services.iter().any(is_same) {
            continue;
        }
        let values: Vec<_> = condition.values.iter().map(|it| &it.text).collect();
        let message = format!("{} may not assume `{}`, so this hands it to nobody", quoted(&values), role.address);
        cx.speaking_of(policy)
            .report(&condition.place, message)
            .of(statement, &role.address)
            .label(resource.place.span, "the role that is handed over")
            .label(services[0].place.span, "it trusts this service")
            .help("name the service that the role trusts, or let the service assume the role");
    }
}
