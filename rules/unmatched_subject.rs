use crate::policy::{OperatorKind, Policy, PolicyKind};
use crate::rule::Context;

/// Issuers whose subjects are made of claims with their names, `repo:example/app`.
const OF_CLAIMS: [&str; 4] =
    ["agent.buildkite.com", "app.terraform.io", "gitlab.com", "token.actions.githubusercontent.com"];

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Trust {
        return;
    }
    for statement in policy.allow_statements() {
        for condition in &statement.conditions {
            let Some((issuer, claim)) = condition.claim() else { continue };
            let exact = condition.operator.kind == Some(OperatorKind::StringEquals);
            if !claim.eq_ignore_ascii_case("sub") || !exact || condition.operator.negated {
                continue;
            }
            let of_claims = OF_CLAIMS.iter().any(|it| it.eq_ignore_ascii_case(issuer));
            for value in &condition.values {
                let raw = value.text.raw();
                let message = if let Some(wildcard) = raw.chars().find(|it| matches!(it, '*' | '?')) {
                    format!("`{wildcard}` is a plain character under `{}`, and in no subject", condition.operator)
                } else if of_claims && !value.text.has_holes() && !raw.contains(':') {
                    format!("`{}` is no subject of `{issuer}`, which has a claim before each value", value.text)
                } else {
                    continue;
                };
                cx.report(&value.place, message)
                    .of(statement, &value.text)
                    .label(condition.operator_place.span, "the operator that compares it")
                    .help("write the subject as the token has it, such as `repo:owner/name:ref:refs/heads/main`");
            }
        }
    }
}
