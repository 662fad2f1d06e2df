use crate::catalog::{self, AccessLevel};
use crate::policy::{Policy, PolicyKind, Principal, Scope, Service, Statement};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let PolicyKind::Resource(service) = policy.kind else { return };
    if matches!(service, Service::S3 | Service::Kms | Service::Lambda | Service::VpcEndpoint | Service::Unknown) {
        return;
    }
    for statement in policy.allow_statements() {
        // What bounds who calls was chosen by somebody.
        if statement.bounded_caller().is_some() || policy.closed_by(statement).is_some() {
            continue;
        }
        let manages = |it: &catalog::Action| it.access_level() == AccessLevel::PermissionsManagement;
        let Some(action) = statement.actions.only().iter().flat_map(|it| it.reached().iter()).find(manages) else {
            continue;
        };
        for principal in statement.principals.as_ref().map_or(&[][..], Scope::only) {
            if is_elsewhere(principal, statement) {
                let message = format!("`{principal}` may let in whom it likes, by `{action}`");
                cx.report(&principal.place, message)
                    .granting(statement, principal)
                    .help("allow what is done with the resource, and not who may do it");
            }
        }
    }
}

/// Whether a principal is of an account that is written out and is not that of the resources.
fn is_elsewhere(principal: &Principal, statement: &Statement) -> bool {
    let owners = statement.resources.iter().flat_map(Scope::entries).filter_map(|it| it.part(4));
    principal.account().is_some_and(|account| owners.into_iter().all(|owner| owner != account))
}
