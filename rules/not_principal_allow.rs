use crate::policy::{Policy, PolicyKind, Scope};
use crate::rule::{Context, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.grants() || policy.kind == PolicyKind::Identity {
        return;
    }
    for statement in policy.allow_statements() {
        let Some(Scope::AllExcept(spared)) = &statement.principals else { continue };
        let bounded = statement.bounded_caller().is_some_and(|it| it.place.given.is_none());
        if bounded || spared.iter().any(|it| it.is_everyone()) || policy.closed_by(statement).is_some() {
            continue;
        }
        let place = spared.first().map_or(&statement.place, |it| &it.place);
        cx.report(place, format!("`NotPrincipal` with `Allow` lets in everyone but {}", quoted(spared)))
            .of(statement, quoted(spared))
            .unbounded(statement)
            .help("name whom you let in with `Principal`; whom you keep out belongs in a `Deny` with `aws:PrincipalArn`");
    }
}
