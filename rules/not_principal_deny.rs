use crate::policy::{Effect, Policy, PolicyKind, Scope};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !matches!(policy.kind, PolicyKind::Resource(_)) {
        return;
    }
    for statement in policy.statements.iter().filter(|it| it.effect == Effect::Deny) {
        let Some(Scope::AllExcept(spared)) = &statement.principals else { continue };
        // The account of what is not known may be among the others.
        if spared.iter().any(|it| it.text.has_holes() || it.is_everyone()) {
            continue;
        }
        let accounts: Vec<_> = spared.iter().filter(|it| it.is_account()).filter_map(|it| it.account()).collect();
        let lost = |it: &&crate::policy::Principal| {
            !it.is_account() && it.account().is_some_and(|account| !accounts.contains(&account))
        };
        for principal in spared.iter().filter(lost) {
            cx.report(&principal.place, format!("`{principal}` is also denied, since its account is not spared"))
                .of(statement, principal)
                .help("deny `*`, with `ArnNotEquals` on `aws:PrincipalArn` for those who are spared");
        }
    }
}
