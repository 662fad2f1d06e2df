use crate::frontend::Key;
use crate::policy::{Principal, Scope};
use crate::rule::Context;

pub(super) fn check(key: &Key, cx: &mut Context<'_>) {
    const HELP: &str = "name those who manage the key and those who use it in its policy";
    if key.policies.is_empty() && key.complete && key.resource.at("policy").is_empty() {
        cx.report(
            &key.resource.place,
            "no policy is written, so every identity policy of the account counts for this key",
        )
        .about("no key policy")
        .help(HELP);
    }
    for policy in &key.policies {
        for statement in policy.allow_statements().filter(|it| it.conditions.is_empty()) {
            let decrypts = statement.actions.only().iter().any(|it| it.must_match("kms:Decrypt"));
            let principals = statement.principals.iter().flat_map(Scope::only);
            let Some(account) = principals.filter(|_| decrypts).find(|it| Principal::is_account(it)) else { continue };
            cx.report(
                &account.place,
                format!("`{account}` makes every identity policy of the account count for this key"),
            )
            .carried_by(policy)
            .granting(statement, account)
            .help(HELP);
        }
    }
}
