use crate::catalog::{self, Power};
use crate::policy::{Action, Policy, PolicyKind, Service, Statement};
use crate::rule::{Context, Report, Rewrite, Safety, Severity, Wanted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    // What a service does with a key is bound by what it encrypts.
    if !matches!(policy.kind, PolicyKind::Resource(it) if it != Service::Kms) || !policy.kind.grants() {
        return;
    }
    for statement in policy.allow_statements() {
        if statement.bounded_source().is_some() || policy.closed_by(statement).is_some() {
            continue;
        }
        let severity = severity(statement);
        let called = statement.actions.only().iter().find_map(Action::service).unwrap_or_default();
        for (principal, caller) in statement.callers() {
            let for_owner = caller.calls_for_the_owner();
            let (whose, keys, severity) = if for_owner {
                ("every resource of the account", "`aws:SourceArn`", severity.lower())
            } else {
                ("anybody's resource, not only for yours", caller.keys(), severity)
            };
            let report = cx
                .report(&principal.place, format!("`{principal}` may act here for {whose}"))
                .severity(severity)
                .granting(statement, principal)
                .unbounded(statement)
                .help(format!("require {keys}, as {} shows", caller.page_for(called)));
            if !for_owner {
                bind_to_account(report, policy, statement, caller.of_account);
            }
        }
    }
}

/// Offers to let a service act for one's own account only, where that is known of all whom the statement lets in.
pub(super) fn bind_to_account(report: Report<'_>, policy: &Policy, statement: &Statement, like: &'static str) {
    let principals = statement.principals.as_ref().map_or(0, |it| it.entries().len());
    let same = statement.callers().filter(|(_, it)| it.of_account == like).count();
    if like.is_empty() || principals != same {
        return;
    }
    let (operator, key) =
        if like == "{}" { ("StringEquals", "aws:SourceAccount") } else { ("ArnLike", "aws:SourceArn") };
    let value = Wanted::OfAccount { like, named: policy.account().map(str::to_owned) };
    let guard = Rewrite::require(statement.place.span, operator, key, value);
    report.fix(Safety::Unsafe, format!("require `{key}` to be of your account"), [guard]);
}

/// What comes of it: somebody's data read through a service, something done with it, or a look.
fn severity(statement: &Statement) -> Severity {
    let powers: Vec<Power> =
        statement.actions.only().iter().flat_map(|it| it.reached().iter()).map(catalog::Action::power).collect();
    if powers.contains(&Power::ReadsData) {
        Severity::High
    } else if !powers.is_empty() && powers.iter().all(|it| *it == Power::Sees) {
        Severity::Low
    } else {
        Severity::Medium
    }
}
