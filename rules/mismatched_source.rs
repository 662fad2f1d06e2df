use crate::catalog;
use crate::policy::{Action, Condition, Policy, Statement, is_account_id, split_arn};
use crate::rule::{Context, either, quoted};
use crate::value::HOLE;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.grants() {
        return;
    }
    for statement in policy.allow_statements() {
        foreign_service(statement, cx);
        foreign_account(statement, cx);
    }
}

/// The conditions that a key must have one of the values given.
fn tests<'s>(statement: &'s Statement, key: &'s str) -> impl Iterator<Item = &'s Condition> {
    statement.conditions.iter().filter(move |it| it.is_on(key) && it.weakness().is_none() && it.case().is_none())
}

fn is_known(part: &str) -> bool {
    !part.is_empty() && !part.contains(['*', '?', '$', HOLE])
}

/// A source of a service that none of the principals acts for.
fn foreign_service(statement: &Statement, cx: &mut Context<'_>) {
    let callers: Vec<_> = statement.callers().collect();
    let principals = statement.principals.as_ref().map_or(0, |it| it.entries().len());
    // One that is not known may act for anything.
    if callers.is_empty() || callers.len() < principals || callers.iter().any(|(_, it)| it.sources.is_empty()) {
        return;
    }
    for value in tests(statement, "aws:sourcearn").flat_map(|it| &it.values) {
        let parts = split_arn(value.text.raw());
        let Some(service) = parts.get(2).filter(|it| parts.len() == 6 && is_known(it)) else { continue };
        if callers.iter().any(|(_, caller)| caller.sources.contains(service)) {
            continue;
        }
        let names: Vec<_> = callers.iter().map(|(principal, _)| *principal).collect();
        let called = statement.actions.only().iter().find_map(Action::service).unwrap_or_default();
        let right: Vec<&str> = catalog::callers_for(service, called).map(|it| it.principal).collect();
        // Who leaves the source open has chosen the service, and who names one the source.
        let is_open = parts[5].split([':', '/']).next().is_none_or(|it| !is_known(it));
        let mut own: Vec<&str> = callers.iter().flat_map(|(_, it)| it.sources).copied().collect();
        own.sort_unstable();
        own.dedup();
        let help = match &right[..] {
            [] => "name the service that the source belongs to, or a source of the service".to_owned(),
            right if is_open => {
                format!("name a source of {}, or let in {}, which acts for `{service}`", either(&own), either(right))
            }
            right => format!("let in {}, which acts for `{service}`, or name a source of the service", either(right)),
        };
        cx.report(&value.place, format!("{} does not act for `{service}`, so this allows nothing", quoted(&names)))
            .of(statement, &value.text)
            .label(names[0].place.span, "the service that is let in")
            .help(help);
    }
}

/// A source of another account than the one that must be its owner.
fn foreign_account(statement: &Statement, cx: &mut Context<'_>) {
    let accounts: Vec<_> = tests(statement, "aws:sourceaccount").flat_map(|it| &it.values).collect();
    if accounts.is_empty() || !accounts.iter().all(|it| is_account_id(it.text.raw())) {
        return;
    }
    for value in tests(statement, "aws:sourcearn").flat_map(|it| &it.values) {
        let parts = split_arn(value.text.raw());
        let Some(account) = parts.get(4).filter(|it| parts.len() == 6 && is_account_id(it)) else { continue };
        if accounts.iter().all(|it| it.text.raw() != *account) {
            let owners: Vec<_> = accounts.iter().map(|it| &it.text).collect();
            let message = format!("`{}` is not of account {}, so this allows nothing", value.text, quoted(&owners));
            cx.report(&value.place, message)
                .of(statement, &value.text)
                .label(accounts[0].place.span, "the account that the source must be of")
                .help("name one account in both");
        }
    }
}
