use crate::catalog::{self, EscalationPath};
use crate::policy::{Condition, Policy, Resource, Scope, Statement};
use crate::rule::{Context, Severity, listed};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let Some(pass_role) = catalog::action("iam:PassRole") else { return };
    if !policy.kind.is_identity() {
        return;
    }
    for statement in policy.allow_statements() {
        // All of IAM, and all but something, is more than that and said elsewhere.
        let entry = statement.actions.only().iter().find(|it| {
            !it.is_whole_service() && !it.covers_every_action() && it.expand().contains(&pass_role)
        });
        let Some(action) = entry else { continue };
        if !statement.admits(pass_role) || statement.narrowed(pass_role).is_some() {
            continue;
        }
        let resource = match &statement.resources {
            Some(Scope::Only(entries)) => entries.iter().find(|it| it.is_all_of_account(pass_role)),
            Some(Scope::AllExcept(entries)) if !entries.iter().any(|it| it.is_all_of_account(pass_role)) => entries.first(),
            _ => None,
        };
        let Some(resource) = resource else { continue };
        report(policy, statement, resource, &action.to_string(), cx);
    }
}

fn report(policy: &Policy, statement: &Statement, resource: &Resource, action: &str, cx: &mut Context<'_>) {
    let to = statement.conditions.iter().find(|it| it.is_on("iam:passedtoservice") && it.guard().is_some());
    let taker = catalog::escalation_paths().iter().filter(|path| takes(path, to)).find_map(|path| consumer(policy, path));
    let severity = match (&taker, to) {
        (Some(_), None) => Severity::High,
        (Some(_), Some(_)) | (None, None) => Severity::Medium,
        (None, Some(_)) => Severity::Low,
    };
    let (on, roles) = match &statement.resources {
        Some(Scope::AllExcept(_)) => ("on all but", "every other role"),
        _ => ("on", "every role"),
    };
    let whom = match to {
        Some(condition) => format!("to {}", listed(condition.values.iter().map(|it| &it.text), 2)),
        None => "to any service".to_owned(),
    };
    let mut report = cx
        .report(&resource.place, format!("`{action}` {on} `{resource}` hands {roles} {whom}"))
        .of(statement, format!("iam:PassRole on {resource}"))
        .severity(severity)
        .help("name the roles that are handed over, and the service under `iam:PassedToService`");
    if let Some((place, action)) = taker {
        report = report.with(&place, format!("`{action}` then runs with the role"));
    }
    if let Some(condition) = to {
        report.label(condition.place.span, "which bounds the services, and not the roles");
    }
}

/// Whether a path begins with a role that is handed to a service that the condition lets through.
fn takes(path: &EscalationPath, to: Option<&Condition>) -> bool {
    let passes = path.actions.iter().any(|it| it.full_name() == "iam:PassRole");
    let is_meant = |service: &String| {
        to.is_none_or(|it| it.values.iter().any(|it| it.text.has_holes() || crate::policy::matches(it.text.raw(), service, true)))
    };
    passes && path.actions.len() > 1 && (path.passed_to.is_empty() || path.passed_to.iter().any(is_meant))
}

/// Where the policy also allows what else the path takes.
fn consumer(policy: &Policy, path: &EscalationPath) -> Option<(crate::policy::Place, catalog::Action)> {
    let mut found = None;
    let granted = |action: &catalog::Action| {
        policy.allow_statements().find_map(|statement| {
            let name = action.full_name();
            let holds = statement.admits(*action) && statement.narrowed(*action).is_none() && statement.actions.must_match(&name);
            let entry = statement.actions.only().iter().find(|it| it.must_match(&name));
            holds.then(|| entry.map_or(&statement.place, |it| &it.place).clone())
        })
    };
    for action in path.actions.iter().filter(|it| it.full_name() != "iam:PassRole") {
        let place = granted(action)?;
        found.get_or_insert((place, *action));
    }
    if path.any_of.is_empty() || path.any_of.iter().any(|it| granted(it).is_some()) { found } else { None }
}
