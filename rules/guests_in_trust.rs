use crate::policy::{Policy, PolicyKind, Scope};
use crate::rule::Context;

const POOL: &str = "cognito-identity.amazonaws.com";

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Trust {
        return;
    }
    for statement in policy.allow_statements() {
        let claims = |claim: &str| {
            let key = format!("{POOL}:{claim}");
            statement.conditions.iter().any(|it| it.is_on(&key) && it.weakness().is_none())
        };
        // Without a pool it is everybody's pool, which another rule says; one identity is somebody.
        if !statement.actions.may_match("sts:AssumeRoleWithWebIdentity")
            || !claims("aud")
            || claims("amr")
            || claims("sub")
        {
            continue;
        }
        for principal in statement.principals.iter().flat_map(Scope::only).filter(|it| it.issuer() == Some(POOL)) {
            cx.report(&principal.place, "nothing asks of those who come from a pool whether they have signed in")
                .of(statement, principal)
                .help(format!("require `{POOL}:amr` to be like `authenticated`, under `ForAnyValue:StringLike`"));
        }
    }
}
