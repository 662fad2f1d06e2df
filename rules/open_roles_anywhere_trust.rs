use crate::policy::{Condition, Policy, PolicyKind};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Trust {
        return;
    }
    for statement in policy.allow_statements() {
        let Some(principal) = statement.roles_anywhere() else { continue };
        if !statement.actions.may_match("sts:AssumeRole") || statement.conditions.iter().any(chooses_certificates) {
            continue;
        }
        cx.report(&principal.place, format!("`{principal}` gives the role to certificates of any trust anchor"))
            .granting(statement, principal)
            .help("require `aws:SourceArn` to be the trust anchor, and `aws:PrincipalTag/x509Subject/CN` the program");
    }
}

fn chooses_certificates(condition: &Condition) -> bool {
    const KEYS: [&str; 4] = [
        "aws:principaltag/x509subject/",
        "aws:principaltag/x509issuer/",
        "aws:principaltag/x509san/",
        "sts:sourceidentity",
    ];
    condition.weakness().is_none()
        && (KEYS.iter().any(|it| condition.is_on(it)) || condition.is_on("aws:sourcearn") && condition.is_fixed())
}
