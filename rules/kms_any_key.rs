use std::sync::LazyLock;

use super::common::service_role::ServiceRole;
use crate::catalog;
use crate::policy::{Action, Condition, Policy, Reach, Resource, Scope, Statement};
use crate::rule::{Context, Severity, quoted};

/// What makes readable what is hidden, or speaks in the key's name.
static REVEALS: LazyLock<Vec<catalog::Action>> = LazyLock::new(|| {
    known(&["kms:Decrypt", "kms:ReEncryptFrom", "kms:DeriveSharedSecret", "kms:Sign", "kms:GenerateMac"])
});

/// What only hides.
static HIDES: LazyLock<Vec<catalog::Action>> = LazyLock::new(|| {
    known(&[
        "kms:Encrypt",
        "kms:ReEncryptTo",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:GenerateDataKeyPair",
        "kms:GenerateDataKeyPairWithoutPlaintext",
    ])
});

fn known(names: &[&str]) -> Vec<catalog::Action> {
    names.iter().filter_map(|it| catalog::action(it)).collect()
}

/// Whether this rule is the one to speak of the action on every key.
pub(super) fn speaks_of(action: catalog::Action) -> bool {
    REVEALS.contains(&action) || HIDES.contains(&action)
}

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.is_identity() {
        return;
    }
    for statement in policy.allow_statements() {
        let of_account = bound_of(statement);
        let Some((resource, is_everywhere)) = every_key(statement) else { continue };
        let reaching = |known: &[catalog::Action]| -> Vec<&Action> {
            let reaches = |action: &&Action| known.iter().any(|it| action.names_known(*it)) && !action.is_everything();
            let mut out: Vec<&Action> = Vec::new();
            for action in statement.actions.only().iter().filter(reaches) {
                // What is written twice is said once.
                if !out.iter().any(|it| it.text.raw().eq_ignore_ascii_case(action.text.raw())) {
                    out.push(action);
                }
            }
            out
        };
        let reveals = reaching(&REVEALS);
        let left = left(statement);
        let is_hidden = left.map_or(reveals.is_empty(), |it| !REVEALS.contains(&it));
        let severity = if is_hidden { Severity::Medium } else { Severity::High };
        let (severity, keys) = match is_everywhere {
            true if of_account.is_some() => (severity.lower(), "every key of whom the condition names"),
            true => (severity, "every key whose policy lets this account in"),
            false => (severity.lower(), "every key of the account"),
        };
        let keys = match statement.asked_tag() {
            Some(tag) => keys.replacen("every key", &format!("every key with a tag `{tag}`"), 1),
            None => keys.to_owned(),
        };
        let actions = if reveals.is_empty() { reaching(&HIDES) } else { reveals };
        if actions.is_empty() && left.is_none() {
            continue;
        }
        // Who reveals mostly hides by the same keys, and one limit is for both.
        let limited = reaching(&[&REVEALS[..], &HIDES[..]].concat());
        // What is asked of a key, other actions cannot give.
        let takes_key = |it: &Action| !it.reached().is_empty() && it.reached().iter().all(is_about_keys);
        let help = if left.is_some() {
            "name what is called under `Action`, and there name the keys by their ARNs".to_owned()
        } else if statement.actions.only().iter().all(takes_key) {
            "name the keys by their ARNs, or require `kms:ViaService` or `kms:ResourceAliases`".to_owned()
        } else {
            let own = if limited.len() == 1 { "its" } else { "their" };
            format!(
                "put {} in a statement of {own} own, and there name the keys by their ARNs, or require `kms:ViaService` or \
                 `kms:ResourceAliases`",
                quoted(&limited)
            )
        };
        let granted: Vec<_> = limited.iter().flat_map(|it| it.reached().iter()).collect();
        let as_aws = if left.is_none() { ServiceRole::of(policy, cx).advice_on(&granted, &help) } else { None };
        let severity = if as_aws.is_some() { Severity::Low } else { severity };
        let work = if actions.len() <= 1 { "works" } else { "work" };
        let what = left.map_or_else(|| quoted(&actions), |it| format!("`NotAction` (`{it}`)"));
        let (on, keys) = match statement.resources.as_ref().is_some_and(Scope::is_negated) {
            true => ("on all but", keys.replacen("every key", "every other key", 1)),
            false => ("on", keys),
        };
        let mut report = cx
            .report(&resource.place, format!("{what} {on} `{resource}` {work} with {keys}"))
            .severity(severity)
            .acting(&actions)
            .of(statement, format!("{what} {on} {resource}"))
            .help(as_aws.unwrap_or(help));
        if let Some(first) = actions.first()
            && actions.iter().all(|it| it.place.given.is_some())
        {
            report = report.by(&first.place);
        }
        for condition in &statement.conditions {
            let why = match (condition.case(), condition.weakness()) {
                (Some(given), None) if condition.bounds_the_key() => {
                    report = report
                        .maybe(given.span, format!("`{}` bounds the keys only if {}", condition.key, given.words));
                    continue;
                }
                (_, None) if condition.bounds_the_key() => format!("`{}` says whose keys, not which", condition.key),
                (_, Some(why)) => format!("`{}` guards nothing here: {why}", condition.key),
                (_, None) => format!("`{}` does not say which keys", condition.key),
            };
            report = report.label(condition.place.span, why);
        }
    }
}

/// The resource by which a statement reaches every key, or all but some, without a condition that says which or by which
/// way; and whether of every account.
fn every_key(statement: &Statement) -> Option<(&Resource, bool)> {
    let mut bounds = statement.conditions.iter().filter(|it| it.bounds_the_key() && it.case().is_none());
    if !bounds.all(says_only_whose) {
        return None;
    }
    if let Some(Scope::AllExcept(entries)) = &statement.resources {
        let decrypt = REVEALS.first().filter(|it| statement.reaches_account_of(**it));
        return decrypt.and(entries.first()).map(|it| (it, true));
    }
    match statement.every_key(Reach::Everywhere).next() {
        Some(resource) => Some((resource, true)),
        // An ARN may leave the account open as well.
        None => statement.every_key(Reach::Account).next().map(|it| (it, it.part(4) == Some("*"))),
    }
}

/// The condition that says whose keys they are.
fn bound_of(statement: &Statement) -> Option<&Condition> {
    statement.conditions.iter().find(|it| it.bounds_the_key() && it.case().is_none())
}

/// The worst of what `NotAction` leaves.
fn left(statement: &Statement) -> Option<catalog::Action> {
    let worst_first = REVEALS.iter().chain(&*HIDES).filter(|_| statement.actions.is_negated());
    worst_first.copied().find(|it| statement.holds(*it))
}

/// Whether a statement that leaves some keys out reveals or speaks by every other one, whosever they are.
pub(super) fn reveals_by_others(statement: &Statement) -> bool {
    REVEALS.iter().any(|it| statement.holds(*it)) && bound_of(statement).is_none() && every_key(statement).is_some()
}

/// Whether a test says of which account or organisation the keys are, as an ARN does that leaves the key open.
fn says_only_whose(condition: &Condition) -> bool {
    ["aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"].iter().any(|it| condition.is_on(it))
}

fn is_about_keys(action: catalog::Action) -> bool {
    action.service().prefix() == "kms" && !action.takes_only_star()
}
