use crate::policy::{Policy, PolicyKind};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Trust {
        return;
    }
    for (statement, everyone) in policy.openings() {
        let assumes = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];
        if !assumes.iter().any(|it| statement.actions.may_match(it)) {
            continue;
        }
        cx.report(&everyone.place, format!("`{everyone}` lets anyone with an AWS account assume the role"))
            .of(statement, everyone)
            .unbounded(statement)
            .help("name the account, role or service that assumes the role, or require `aws:PrincipalOrgID`");
    }
}
