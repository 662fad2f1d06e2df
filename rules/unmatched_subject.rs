use crate::policy::{OperatorKind, Policy, PolicyKind};
use crate::rule::{Confidence, Context};
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
                let wildcard = raw.chars().find(|it| exact && matches!(it, '*' | '?'));
                let no_subject = |why| format!("`{}` is no subject of `{issuer}`, {why}", value.text);
                let (message, confidence) = if let Some(wildcard) = wildcard {
                    let operator = &condition.operator;
                    let message = format!("`{wildcard}` is a plain character under `{operator}`, and in no subject");
                    (message, Confidence::High)
                } else if let Some(why) = misshapen(issuer, raw, is_pattern) {
                    (no_subject(why), Confidence::High)
                } else if let Some(why) = cut_short(issuer, raw, is_pattern) {
                    // Owners may have made their subjects of fewer claims.
                    (no_subject(why), Confidence::Medium)
                } else {
                    continue;
                };
                cx.report(&value.place, message)
                    .of(statement, &value.text)
                    .confidence(confidence)
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
    let is_fixed = |text: &str| is_fixed(text, is_pattern);
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

/// Why no token has such a subject unless somebody has changed what subjects are made of: the part that says what the
/// program runs for is not there.
/// <https://docs.gitlab.com/ci/secrets/id_token_authentication/>
/// <https://developer.hashicorp.com/terraform/cloud-docs/dynamic-provider-credentials/workload-identity-tokens>
fn cut_short(issuer: &str, raw: &str, is_pattern: bool) -> Option<&'static str> {
    if !is_fixed(raw, is_pattern) || raw.contains("${") {
        return None;
    }
    let parts: Vec<&str> = raw.split(':').collect();
    match (issuer.to_ascii_lowercase().as_str(), &parts[..]) {
        ("token.actions.githubusercontent.com", ["repo", _]) => {
            Some("which goes on behind the repository, `repo:owner/name:ref:refs/heads/main`")
        }
        ("gitlab.com", ["project_path", _]) => {
            Some("which goes on behind the project, `project_path:group/name:ref_type:branch:ref:main`")
        }
        ("app.terraform.io", ["organization", .., last, _]) if *last != "run_phase" => {
            Some("which ends in the phase, `organization:…:project:…:workspace:…:run_phase:apply`")
        }
        _ => None,
    }
}

/// Whether a text is all known and no pattern.
fn is_fixed(text: &str, is_pattern: bool) -> bool {
    !(text.contains(HOLE) || is_pattern && text.contains(['*', '?']))
}
