use crate::policy::{Policy, PolicyKind, Scope};
use crate::rule::{Context, Rewrite, Safety, Wanted};

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
        let principals = statement.principals.as_ref().map_or(&[][..], Scope::only);
        for principal in principals.iter().filter(|it| it.issuer() == Some(POOL)) {
            let report = cx
                .report(&principal.place, "nothing asks of those who come from a pool whether they have signed in")
                .of(statement, principal)
                .help(format!("require `{POOL}:amr` to be like `authenticated`, under `ForAnyValue:StringLike`"));
            if principals.len() == 1 {
                let (key, value) = (format!("{POOL}:amr"), Wanted::Text("authenticated"));
                let guard = Rewrite::require(statement.place.span, "ForAnyValue:StringLike", key, value);
                report.fix(Safety::Unsafe, "let in only those who have signed in", [guard]);
            }
        }
    }
}
