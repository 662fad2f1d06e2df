use crate::policy::{Condition, Policy, PolicyKind, Scope, is_account_id};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Trust {
        return;
    }
    for statement in policy.allow_statements() {
        let Some(Scope::Only(principals)) = &statement.principals else { continue };
        if !statement.actions.may_match("sts:AssumeRole") || statement.conditions.iter().any(asks_for_more) {
            continue;
        }
        for principal in principals.iter().filter(|it| it.is_account()) {
            // The account that the role is in is looked up rather than written out.
            let Some(account) = principal.account().filter(|it| is_account_id(it)) else { continue };
            if statement.conditions.iter().any(|it| leaves_out(it, account)) {
                continue;
            }
            cx.report(&principal.place, format!("account `{account}` decides by itself who assumes the role"))
                .granting(statement, principal)
                .unbounded(statement)
                .help("if the account is a provider's, require the `sts:ExternalId` it gave you; if it is yours, name the role that may assume this one");
        }
    }
}

/// Whether it names the accounts that may come in, and not this one.
fn leaves_out(condition: &Condition, account: &str) -> bool {
    condition.is_on("aws:principalaccount")
        && condition.weakness().is_none()
        && condition.place.given.is_none()
        && condition.values.iter().all(|it| is_account_id(it.text.raw()) && it.text.raw() != account)
}

/// Whether it leaves only some of an account's principals, or asks for what the account cannot give by itself.
fn asks_for_more(condition: &Condition) -> bool {
    const KEYS: [&str; 4] = ["aws:principaltag/", "aws:principaltype", "aws:username", "aws:multifactorauthage"];
    let said = condition.values.iter().any(|it| !it.text.is_empty());
    let mfa = condition.is_on("aws:multifactorauthpresent") && condition.wants_true();
    // A condition on the account again says nothing that the principal does not.
    let again = condition.is_on("aws:principalaccount");
    let asks = condition.bounds_the_source() && !again || KEYS.iter().any(|it| condition.is_on(it)) || mfa;
    condition.weakness().is_none() && said && asks && condition.place.given.is_none()
}
