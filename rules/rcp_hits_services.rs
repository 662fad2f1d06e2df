use crate::policy::{Condition, Effect, OperatorKind, Policy, PolicyKind, Statement};
use crate::rule::Context;

/// What says whose the caller is. A service has none of these.
const PRINCIPAL: [&str; 5] =
    ["aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:principaltag/"];

/// What services send of whom they act for, and not all of them.
const SOURCE: [&str; 4] = ["aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"];

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::ResourceControl {
        return;
    }
    for statement in policy.statements.iter().filter(|it| it.effect == Effect::Deny) {
        if statement.is_unconditional() {
            cx.report(&statement.place, "denies everybody, the organisation's own administrators too")
                .of(statement, "everybody")
                .help("spare the roles that must keep access, by `aws:PrincipalArn`");
            continue;
        }
        let service = |wanted: &str| {
            let is = |it: &Condition| {
                it.is_on("aws:principalisawsservice")
                    && it.values.iter().all(|it| it.text.has_holes() || it.text.raw().eq_ignore_ascii_case(wanted))
            };
            statement.conditions.iter().any(is)
        };
        let named = ["aws:principalservicename", "aws:principalservicenameslist"];
        let named = statement.conditions.iter().any(|it| named.iter().any(|key| it.is_on(key)));
        let tests = |keys: &[&str]| first(statement, keys);
        if let Some(condition) = tests(&PRINCIPAL).filter(|_| !service("false") && !named) {
            let key = &condition.key;
            cx.report(&condition.place, format!("`{key}` also denies AWS services, which have none"))
                .of(statement, key)
                .help("test `aws:PrincipalIsAWSService` to be `false` beside it, by `BoolIfExists`");
        }
        if let Some(condition) = tests(&SOURCE) {
            let key = &condition.key;
            let for_services = service("true") || named;
            let guarded =
                statement.conditions.iter().any(|it| it.wants_presence() && SOURCE.iter().any(|key| it.is_on(key)));
            let whom = match (for_services, guarded) {
                (true, true) => continue,
                (false, true) => "callers who are no service",
                (true, false) => "services that do not send it",
                (false, false) => "callers who are no service, and services that do not send it",
            };
            cx.report(&condition.place, format!("`{key}` also denies {whom}")).of(statement, key).help(
                "test `aws:PrincipalIsAWSService` to be `true`, and `aws:SourceAccount` to be there, by `Null` that is `false`",
            );
        }
    }
}

/// The first test that denies all but those it names.
fn first<'s>(statement: &'s Statement, keys: &[&str]) -> Option<&'s Condition> {
    let excludes = |it: &&Condition| it.operator.negated && it.operator.kind != Some(OperatorKind::Null);
    statement.conditions.iter().filter(excludes).find(|it| keys.iter().any(|key| it.is_on(key)))
}
