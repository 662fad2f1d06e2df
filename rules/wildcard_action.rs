use std::cmp::Reverse;

use crate::catalog::{self, Power, Use};
use crate::policy::{Action, Policy, PolicyKind, Principal, Scope, Service, Statement};
use crate::rule::{Rewrite, Context, Report, Safety, Severity, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    // A trust policy knows only a handful of actions, and keys have a rule of their own.
    if !policy.kind.grants() || matches!(policy.kind, PolicyKind::Trust | PolicyKind::Resource(Service::Kms)) {
        return;
    }
    for statement in policy.allow_statements() {
        if !policy.kind.is_identity() && is_delegation(statement) {
            continue;
        }
        for action in statement.actions.only() {
            let is_kms = action.service().is_some_and(|it| it.eq_ignore_ascii_case("kms"));
            if action.is_whole_service() && !is_kms || action.covers_every_action() {
                report(policy, statement, action, cx);
            }
        }
    }
}

fn report(policy: &Policy, statement: &Statement, action: &Action, cx: &mut Context<'_>) {
    let mut reached = action.expand();
    let there_are = reached.len();
    reached.retain(|it| statement.admits(*it) && statement.may_reach(*it));
    // Where all that can be done is to look, all of it is no more than a reader needs.
    if reached.iter().all(|it| it.power() < Power::Changes) {
        return;
    }
    let unbounded: Vec<_> = reached.iter().copied().filter(|it| statement.is_unbounded(*it)).collect();
    let worst = worst(if unbounded.is_empty() { &reached } else { &unbounded });
    let identity = policy.kind.is_identity();
    let severity = match worst {
        _ if !identity && !is_public(statement) => Severity::Low,
        _ if !identity => Severity::Medium,
        _ if unbounded.iter().any(|it| is_dangerous(*it)) => Severity::High,
        _ if unbounded.iter().any(|it| !it.takes_only_star() && it.power() >= Power::Changes) => Severity::Medium,
        Some(worst) if catalog::leads_on(worst) => Severity::Medium,
        _ => Severity::Low,
    };
    let whom = match &statement.principals {
        Some(Scope::Only(principals)) if !identity => format!(" {}", quoted(principals)),
        _ => String::new(),
    };
    // What stands in a resource's hole decides which of them take it.
    let counted = statement.resources.iter().flat_map(Scope::entries).all(|it| !it.is_free());
    let all = match reached.len() {
        count if counted && action.is_whole_service() && count > 1 => {
            let of = if count == there_are { "of the service" } else { "that the service has" };
            format!("all {count} actions {of}")
        }
        _ if action.is_whole_service() => "every action of the service".to_owned(),
        _ => "every action".to_owned(),
    };
    let on = match &statement.resources {
        _ if !unbounded.is_empty() && identity => "every resource".to_owned(),
        Some(Scope::AllExcept(resources)) => format!("every resource but {}", quoted(resources)),
        Some(Scope::Only(resources)) => quoted(resources),
        None => "no resource".to_owned(),
    };
    let example = worst.filter(|it| is_dangerous(*it) && !action.is_everything());
    let example = example.map(|it| format!(", `{it}` among them")).unwrap_or_default();
    let report = cx
        .report(&action.place, format!("`{action}` allows{whom} {all} on {on}{example}"))
        .of(statement, action)
        .severity(severity)
        .help(format!("name the actions that are called in place of `{action}`"));
    spell_out(report, action, &reached);
}

/// Offers the actions by what they are for, in place of a pattern.
pub(super) fn spell_out(mut report: Report<'_>, action: &Action, reached: &[catalog::Action]) {
    // `*` stands for more services than anybody would name.
    if action.is_everything() {
        return;
    }
    for (of, words) in [(Use::Work, "read and change"), (Use::Read, "only read")] {
        let change = Rewrite::Spell { at: action.place.span, reached: reached.to_vec(), of };
        report = report.fix(Safety::Unsafe, format!("name the actions in place of `{action}` that {words}"), [change]);
    }
}

/// Whether it only leaves a resource to the policies of whole accounts, as the owner's own must be able to.
fn is_delegation(statement: &Statement) -> bool {
    let principals = statement.principals.as_ref().map_or(&[][..], Scope::only);
    !principals.is_empty() && principals.iter().all(Principal::is_account)
}

fn is_public(statement: &Statement) -> bool {
    statement.everyone().next().is_some() && statement.bounded_caller().is_none()
}

pub(super) fn is_dangerous(action: catalog::Action) -> bool {
    action.power() == Power::Permits || catalog::leads_on(action)
}

/// What is worth naming: what gives permissions rather than takes them.
pub(super) fn worst(actions: &[catalog::Action]) -> Option<catalog::Action> {
    let gives = ["Attach", "Put", "Add", "Set", "Modify", "Create"];
    let rank = |it: &catalog::Action| (catalog::leads_on(*it), it.power());
    let highest = actions.iter().map(rank).max()?;
    actions.iter().copied().filter(|it| rank(it) == highest).max_by_key(|it| {
        let giving = gives.iter().rev().position(|verb| it.name().starts_with(verb));
        (giving, Reverse(it.name().len()), Reverse(*it))
    })
}
