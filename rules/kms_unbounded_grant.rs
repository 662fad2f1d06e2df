use super::common::service_role::ServiceRole;
use super::partial_wildcard_action::Partial;
use super::wildcard_action::spell_out;
use crate::catalog;
use crate::policy::{Action, Policy, PolicyKind, Principal, PrincipalKind, Reach, Scope, Service, Statement};
use crate::rule::{Context, Rewrite, Safety, Severity, Wanted, quoted};

/// The actions whose requests say what is granted.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-grant-is-for-aws-resource>
const KNOW_THE_GRANT: [&str; 3] = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"];

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let key_policy = match policy.kind {
        PolicyKind::Identity | PolicyKind::Unknown => false,
        PolicyKind::Resource(Service::Kms) => true,
        _ => return,
    };
    for statement in policy.allow_statements() {
        let Some(action) = statement.actions.only().iter().find(|it| grants(it)) else { continue };
        let bounded = statement.conditions.iter().any(|it| it.bounds_the_grant() && it.case().is_none());
        // Who may write the key's policy needs no grant.
        let rules_the_key = statement.actions.only().iter().any(|it| it.names("kms:PutKeyPolicy"));
        if rules_the_key || bounded {
            continue;
        }
        let (severity, who) = if key_policy {
            let principals = statement.principals.iter().flat_map(Scope::only);
            let holders: Vec<&Principal> = principals.filter(|it| !is_left_alone(it)).collect();
            if holders.is_empty() {
                continue;
            }
            (Severity::Medium, quoted(&holders))
        } else {
            (severity(statement), "its holder".to_owned())
        };
        // The condition would bind every other action of the statement too.
        let alone = statement
            .actions
            .only()
            .iter()
            .flat_map(|it| it.reached().iter())
            .all(|it| KNOW_THE_GRANT.contains(&it.full_name().as_str()));
        let first =
            if alone { "require" } else { "put `kms:CreateGrant` in a statement of its own, and there require" };
        // That it is the worst of what a pattern stands for is said here.
        let partial = Partial::of(policy, statement, action).filter(|it| it.worst.full_name() == KNOW_THE_GRANT[0]);
        let partial =
            partial.filter(|_| severity == Severity::High && action.has_wildcard() && !action.is_whole_service());
        let named = match &partial {
            Some(it) => format!("name those of the {} actions of `{action}` that are called; ", it.reached.len()),
            None => String::new(),
        };
        let help = format!(
            "{named}{first} `kms:GrantIsForAWSResource` to be `true`, or bound `kms:GranteePrincipal` and `kms:GrantOperations`"
        );
        // What AWS writes for a service names the action.
        let as_aws = if key_policy || action.has_wildcard() {
            None
        } else {
            let granted: Vec<_> = catalog::action(KNOW_THE_GRANT[0]).into_iter().collect();
            ServiceRole::of(policy, cx).advice_on(&granted, &help)
        };
        let mut report = cx
            .report(
                &action.place,
                format!("`{action}` lets {who} give the use of the key to anyone, until it is revoked"),
            )
            .severity(if as_aws.is_some() { Severity::Low } else { severity })
            .of(statement, action)
            .help(as_aws.unwrap_or(help));
        if let Some(partial) = partial {
            report = spell_out(report.telling("partial_wildcard_action", action.to_string()), action, &partial.reached);
        }
        for condition in &statement.conditions {
            let key = &condition.key;
            let why = match (condition.case(), condition.weakness()) {
                (Some(given), None) if condition.bounds_the_grant() => {
                    report = report.maybe(given.span, format!("`{key}` bounds the grants only if {}", given.words));
                    continue;
                }
                (_, Some(why)) => format!("`{key}` guards nothing here: {why}"),
                (_, None) => format!("`{key}` does not say what is granted, or to whom"),
            };
            report = report.label(condition.place.span, why);
        }
        let guard = Rewrite::require(action.place.span, "Bool", "kms:GrantIsForAWSResource", Wanted::Text("true"));
        if alone {
            report.fix(Safety::Unsafe, "let services of AWS alone give the grants", [guard]);
        }
    }
}

/// An account, which hands the decision to its identity policies, and a service, which gives grants for its own work.
/// Everybody is the matter of another rule.
fn is_left_alone(principal: &Principal) -> bool {
    principal.is_everyone()
        || principal.is_account()
        || principal.is_unknown()
        || principal.kind == PrincipalKind::Service
}

fn grants(action: &Action) -> bool {
    action.names("kms:CreateGrant") && !action.is_everything()
}

fn severity(statement: &Statement) -> Severity {
    let every = statement.every_key(Reach::Account).next().is_some();
    if every && !statement.conditions.iter().any(|it| it.bounds_the_key()) { Severity::High } else { Severity::Medium }
}
