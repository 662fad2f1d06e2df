use std::cell::LazyCell;

use super::attached_administrator;
use super::passrole_any_role::Takers;
use super::workload_administrator::way_to_everything;
use crate::catalog;
use crate::frontend::{Configuration, Identity, IdentityKind};
use crate::policy::{Place, Resource, Scope, Statement};
use crate::rule::{Context, Severity, quoted};

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    let Some(pass_role) = catalog::action("iam:PassRole") else { return };
    let administrators: LazyCell<Vec<&Identity>, _> =
        LazyCell::new(|| configuration.identities.iter().filter(|it| is_administrator(it)).collect());
    for policy in configuration.policies.iter().filter(|it| it.kind.is_identity()) {
        let takers = Takers::of(policy);
        for statement in policy.allow_statements() {
            // Every role is more than that, and said by another rule.
            if !statement.holds(pass_role) || !statement.admits(pass_role) || statement.reaches_account_of(pass_role) {
                continue;
            }
            // Who may do everything needs no role for that.
            if administrators.is_empty() || attached_administrator::gives_everything(policy) {
                break;
            }
            let resources = statement.resources.iter().flat_map(Scope::only);
            let handed = resources.filter_map(|it| Some((it, administrators.iter().find(|role| role.is_within(it))?)));
            for (resource, role) in handed {
                report(statement, resource, role, &takers, cx.speaking_of(policy));
            }
        }
    }
}

fn is_administrator(identity: &Identity) -> bool {
    identity.kind == IdentityKind::Role
        && identity.declared
        && identity.boundary.as_ref().is_none_or(|it| !attached_administrator::bounds(it))
        && way_to_everything(identity).is_some()
}

fn report(statement: &Statement, resource: &Resource, role: &Identity, takers: &Takers<'_>, cx: &mut Context<'_>) {
    let to = statement.conditions.iter().find(|it| it.is_on("iam:passedtoservice") && it.guard().is_some());
    let taker = takers.taker(to, statement);
    let whom = match to {
        Some(condition) => quoted(&condition.values.iter().map(|it| &it.text).collect::<Vec<_>>()),
        None => "any service".to_owned(),
    };
    let role_name = &role.address;
    let mut report = cx
        .report(&named_at(statement, resource), format!("this hands `{role_name}`, which may do everything, to {whom}"))
        .acting(["iam:PassRole"])
        .of(statement, format!("iam:PassRole on {role_name}"))
        .severity(if taker.is_some() { Severity::High } else { Severity::Medium })
        .label(role.place.span, "the role")
        .help("give the role what its service takes, or let nobody hand it over who is no administrator");
    let way = way_to_everything(role);
    let case = way.as_ref().and_then(|it| it.case()).cloned();
    if let Some(given) = case.or_else(|| attached_administrator::perhaps_bounded(role)) {
        report = report.maybe(given.span, format!("whether it may do everything hangs on {}", given.words));
    }
    if let Some((place, action)) = taker {
        report = report.label(place.span, format!("`{action}` then runs with the role"));
    }
    if let Some(condition) = to {
        report.label(condition.place.span, "says to which services");
    }
}

/// Where a statement names a role: a computed ARN stands where the statement refers to it, and not where the role's
/// module gives it out.
fn named_at(statement: &Statement, resource: &Resource) -> Place {
    let place = &resource.place;
    let is_computed = resource.text.holes().any(|(_, hole)| hole.span == place.span);
    let reference = place.origin.steps().nth(statement.place.origin.steps().count());
    match reference.filter(|_| is_computed) {
        Some(step) => Place { span: step.span, origin: statement.place.origin.clone(), given: place.given.clone() },
        None => place.clone(),
    }
}
