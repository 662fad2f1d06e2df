use std::cmp::Reverse;

use super::wildcard_resource::{Concern, check_for};
use crate::catalog;
use crate::policy::{Action, Guard, Policy, Statement};
use crate::rule::{Context, Severity, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    check_for(Concern::Permissions, policy, cx);
    if policy.kind.is_identity() {
        of_data(policy, cx);
    }
}

/// What decides who gets at data although the reference counts it as no such thing, or has no resource for it to be
/// limited to; how bad it is, what comes of it, and what to do.
const OF_DATA: [(&str, Severity, &str, &str); 5] = [
    ("lakeformation:BatchGrantPermissions", Severity::Low, GRANTS, TO_ADMINISTRATORS),
    ("lakeformation:GrantPermissions", Severity::Low, GRANTS, TO_ADMINISTRATORS),
    // https://docs.aws.amazon.com/lake-formation/latest/dg/getting-started-setup.html#create-data-lake-admin
    (
        "lakeformation:PutDataLakeSettings",
        Severity::Medium,
        "can make the holder an administrator of the data lake, who gets at everything in it",
        TO_ADMINISTRATORS,
    ),
    // https://docs.aws.amazon.com/quicksight/latest/developerguide/iam-actions.html
    ("quicksight:CreateAdmin", Severity::Medium, RULES_QUICKSIGHT, TO_USERS),
    ("quicksight:RegisterUser", Severity::Medium, RULES_QUICKSIGHT, TO_USERS),
];

const GRANTS: &str = "can hand on to anybody what the holder may grant in the data lake";
const RULES_QUICKSIGHT: &str = "can make the holder an administrator of QuickSight, who gets at all that it shows";
const TO_ADMINISTRATORS: &str = "leave it to the role that administers the data lake, since no resource limits it";
const TO_USERS: &str = "limit it to the users that are meant, or by `quicksight:IamArn` where that is sent";

fn of_data(policy: &Policy, cx: &mut Context<'_>) {
    for statement in policy.allow_statements() {
        let is_bound = statement.guarded_by(&[Guard::Principal, Guard::Resource, Guard::Path]).is_some();
        if is_bound || statement.gives_everything() {
            continue;
        }
        let is_denied = policy.always_denied(statement);
        let comes_of = |entry: &Action| {
            let known = OF_DATA.iter().find(|(it, ..)| entry.text.raw().eq_ignore_ascii_case(it))?;
            let action = catalog::action(known.0)?;
            let can = statement.admits(action) && is_open(statement, action) && !is_denied(action);
            can.then_some(known)
        };
        let entries = statement.actions.only();
        let named = entries.iter().filter(|it| !it.has_wildcard());
        let mut found: Vec<_> = named.filter_map(|it| Some((it, comes_of(it)?))).collect();
        // Of what a pattern holds, rules about patterns speak.
        found.retain(|(entry, _)| !entries.iter().any(|it| it.has_wildcard() && it.covers(entry)));
        found.sort_by_key(|(_, (_, severity, ..))| Reverse(*severity));
        // Who administers needs no grant.
        for (n, (first, (_, severity, comes, help))) in found.iter().enumerate() {
            if found[..n].iter().any(|(_, (.., other))| other == help) {
                continue;
            }
            let alike = found.iter().filter(|(_, (_, _, it, _))| it == comes).map(|(it, _)| *it);
            let actions: Vec<&Action> = alike.collect();
            cx.report(&first.place, format!("{} {comes}", quoted(&actions)))
                .acting(&actions)
                .of(statement, quoted(&actions))
                .severity(*severity)
                .unguarded(statement, None)
                .help(*help);
        }
    }
}

/// Whether it may be done to everything, or what is left out leaves most of it.
fn is_open(statement: &Statement, action: catalog::Action) -> bool {
    match action.takes_only_star() {
        true => statement.is_unbounded(action),
        false => statement.reaches_account_of(action),
    }
}
