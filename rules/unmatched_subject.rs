use crate::policy::{OperatorKind, Policy, PolicyKind};
use crate::rule::Context;
use crate::value::HOLE;

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
            let (exact, is_pattern) = match condition.operator.kind {
                Some(OperatorKind::StringEquals) => (true, false),
                Some(OperatorKind::StringLike) => (false, true),
                _ => continue,
            };
            if !claim.eq_ignore_ascii_case("sub") || condition.operator.negated {
                continue;
            }
            for value in &condition.values {
                let raw = value.text.raw();
                let message = match (raw.chars().find(|it| matches!(it, '*' | '?')), misshapen(issuer, raw, is_pattern))
                {
                    (Some(wildcard), _) if exact => {
                        format!("`{wildcard}` is a plain character under `{}`, and in no subject", condition.operator)
                    }
                    (_, Some(why)) => format!("`{}` is no subject of `{issuer}`, {why}", value.text),
                    _ => continue,
                };
                cx.report(&value.place, message)
                    .of(statement, &value.text)
                    .label(condition.operator_place.span, "the operator that compares it")
                    .help("write the subject as the token has it, such as `repo:owner/name:ref:refs/heads/main`");
            }
        }
    }
}

/// Why no token of an issuer has such a subject, as far as that is known of it.
/// <https://docs.github.com/en/actions/reference/security/oidc>
fn misshapen(issuer: &str, raw: &str, is_pattern: bool) -> Option<&'static str> {
    if !OF_CLAIMS.iter().any(|it| it.eq_ignore_ascii_case(issuer)) || raw.contains("${") {
        return None;
    }
    let is_fixed = |text: &str| !(text.contains(HOLE) || is_pattern && text.contains(['*', '?']));
    let Some((claim, rest)) = raw.split_once(':') else {
        return is_fixed(raw).then_some("which has a claim before each value");
    };
    if is_fixed(claim) && claim.bytes().any(|it| it.is_ascii_uppercase()) {
        return Some("whose claims are written in lower case");
    }
    let named = rest.split(':').next().unwrap_or_default();
    let is_path = matches!(claim, "repo" | "project_path");
    (is_path && is_fixed(named) && !named.contains('/')).then_some("which has the owner and the name, `owner/name`")
}
