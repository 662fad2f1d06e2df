use crate::catalog::{self, Power};
use crate::policy::{Action, Policy, PolicyKind, Principal, Scope, Service, Statement};
use crate::rule::{Context, Severity, listed};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    // A trust policy knows only a handful of actions, and a key policy has rules of its own.
    if !policy.kind.grants() || matches!(policy.kind, PolicyKind::Trust | PolicyKind::Resource(Service::Kms)) {
        return;
    }
    for statement in policy.allow_statements().filter(|it| !is_delegation(it)) {
        for action in statement.actions.only().iter().filter(|it| it.is_whole_service() || it.covers_every_action()) {
            report(policy, statement, action, cx);
        }
    }
}

fn report(policy: &Policy, statement: &Statement, action: &Action, cx: &mut Context<'_>) {
    let mut reached = action.expand();
    reached.retain(|it| statement.admits(*it) && statement.may_reach(*it));
    // Where all that can be done is to look, all of it is no more than a reader needs.
    if reached.iter().all(|it| it.power() < Power::Changes) {
        return;
    }
    let unbounded: Vec<_> = reached.iter().copied().filter(|it| is_unbounded(statement, *it)).collect();
    let (count, worst) = (reached.len(), worst(&unbounded).or_else(|| worst(&reached)));
    let mut severity = match worst {
        _ if unbounded.iter().any(|it| is_dangerous(*it)) => Severity::High,
        _ if unbounded.iter().any(|it| !it.takes_only_star() && it.power() >= Power::Changes) => Severity::Medium,
        Some(worst) if catalog::leads_on(worst) => Severity::Medium,
        _ => Severity::Low,
    };
    let all = match action.service().and_then(catalog::service) {
        Some(service) if count > 1 => format!("all {count} actions of {}", service.name()),
        Some(service) => format!("every action of {}", service.name()),
        None => "every action".to_owned(),
    };
    let resources = statement.resources.as_ref().map_or(&[][..], Scope::entries);
    let on = match &statement.resources {
        _ if !unbounded.is_empty() && policy.kind.is_identity() => "on every resource".to_owned(),
        Some(Scope::AllExcept(_)) => format!("on every resource but {}", listed(resources, 1)),
        _ => format!("that {} has", listed(resources, 1)),
    };
    let mut to = String::new();
    if !policy.kind.is_identity() {
        let public = statement.everyone().next().is_some() && statement.bounded_caller().is_none();
        severity = if public { Severity::High } else { Severity::Low };
        to = format!(" to {}", if public { "everyone".to_owned() } else { listed(statement.principals.iter().flat_map(Scope::only), 1) });
    }
    let example = worst.filter(|it| is_dangerous(*it)).map(|it| format!(", `{it}` among them")).unwrap_or_default();
    cx.report(&action.place, format!("`{action}` allows {all} {on}{to}{example}"))
        .of(statement, action)
        .severity(severity)
        .help(format!("list the actions that are called in place of `{action}`"));
}

/// Whether the action is granted on everything it can be granted on.
fn is_unbounded(statement: &Statement, action: catalog::Action) -> bool {
    statement.narrowed(action).is_none()
        && (statement.resources.as_ref().is_some_and(Scope::is_negated) || statement.reaches_all_of(action).is_some())
}

/// Whether it only leaves a resource to the policies of whole accounts, as the owner's own must be able to.
fn is_delegation(statement: &Statement) -> bool {
    let principals = statement.principals.as_ref().map_or(&[][..], Scope::only);
    !principals.is_empty() && principals.iter().all(Principal::is_account)
}

fn is_dangerous(action: catalog::Action) -> bool {
    action.power() == Power::Permits || catalog::leads_on(action)
}

/// What is worth naming: what gives permissions rather than takes them.
fn worst(actions: &[catalog::Action]) -> Option<catalog::Action> {
    let gives = ["Attach", "Put", "Add", "Set", "Modify", "Create"];
    let rank = |it: &catalog::Action| {
        let giving = gives.iter().position(|verb| it.name().starts_with(verb)).map_or(0, |at| gives.len() - at);
        (catalog::leads_on(*it), it.power(), giving, std::cmp::Reverse(*it))
    };
    actions.iter().copied().max_by_key(rank)
}
