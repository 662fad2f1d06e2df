use crate::policy::{Policy, PolicyKind};
use crate::rule::{Context, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Trust {
        return;
    }
    let ours = || policy.allow_statements().filter_map(|it| Some((it, it.roles_anywhere()?)));
    let Some((statement, principal)) = ours().next() else { return };
    let needed = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];
    let missing: Vec<_> =
        needed.into_iter().filter(|action| !ours().any(|(it, _)| it.actions.may_match(action))).collect();
    if !missing.is_empty() {
        cx.report(
            &principal.place,
            format!("`{principal}` also needs {} to give the role to anybody", quoted(&missing)),
        )
        .of(statement, principal)
        .help("allow `sts:AssumeRole`, `sts:TagSession` and `sts:SetSourceIdentity`");
    }
}
