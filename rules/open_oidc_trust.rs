use crate::policy::{Condition, Policy, PolicyKind, Principal, Scope, Statement};
use crate::rule::{Context, Severity};

/// Issuers that give a token to whoever has an account there, and the claims that say whose it is.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html>
const SHARED: [(&str, &[&str]); 4] = [
    (
        GITHUB,
        &["sub", "job_workflow_ref", "repository", "repository_id", "repository_owner", "repository_owner_id"],
    ),
    ("gitlab.com", &["sub", "namespace_id", "namespace_path", "project_id", "project_path"]),
    ("app.terraform.io", &["sub", "terraform_organization_id", "terraform_workspace_id"]),
    ("agent.buildkite.com", &["sub", "organization_id", "organization_slug", "pipeline_id"]),
];

const GITHUB: &str = "token.actions.githubusercontent.com";

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Trust {
        return;
    }
    for statement in policy.allow_statements() {
        let actions = statement.actions.entries();
        // A statement without actions is refused by AWS, but what it is meant for is plain.
        let assumes = actions.is_empty() || statement.actions.may_match("sts:AssumeRoleWithWebIdentity");
        let Some(Scope::Only(principals)) = &statement.principals else { continue };
        if !assumes || statement.bounded_caller().is_some() {
            continue;
        }
        for principal in principals {
            if let Some(issuer) = issuer(principal, statement) {
                judge(statement, principal, &issuer, cx);
            }
        }
    }
}

/// The issuer, in lower case; when the provider is not known, the one whose claims the conditions test. Empty when
/// neither says.
fn issuer(principal: &Principal, statement: &Statement) -> Option<String> {
    let issuer = principal.issuer()?;
    let known = issuer.contains('.').then_some(issuer);
    let tested = || statement.conditions.iter().find_map(|it| Some(it.claim()?.0).filter(|it| it.contains('.')));
    Some(known.or_else(tested).unwrap_or_default().to_ascii_lowercase())
}

fn judge(statement: &Statement, principal: &Principal, issuer: &str, cx: &mut Context<'_>) {
    let claims = || statement.conditions.iter().filter_map(|it| Some((it, it.claim()?.1)));
    let binding = SHARED.iter().find(|(it, _)| *it == issuer).map(|(_, binding)| *binding);
    let pods = issuer.starts_with("oidc.eks.");
    let binds = |(condition, claim): &(&Condition, &str)| {
        condition.weakness().is_none()
            && match binding {
                Some(binding) => binding.iter().any(|it| claim.eq_ignore_ascii_case(it)),
                None if pods => claim.eq_ignore_ascii_case("sub"),
                None => true,
            }
    };
    let bound: Vec<&Condition> = claims().filter(binds).map(|(condition, _)| condition).collect();
    if bound.is_empty() {
        let (severity, who) = match binding {
            Some(_) => (Severity::Critical, format!("anyone who has an account with `{issuer}`")),
            None if pods => (Severity::Medium, "every pod of the cluster".to_owned()),
            None => (Severity::High, "whoever has a token of this provider".to_owned()),
        };
        let claim = if issuer.is_empty() { "the provider's `sub`".to_owned() } else { format!("`{issuer}:sub`") };
        let mut report = cx
            .report(&principal.place, format!("`{principal}` lets {who} assume the role"))
            .severity(severity)
            .of(statement, principal)
            .help(match issuer {
                GITHUB => format!("require {claim} to be like `repo:owner/name:ref:refs/heads/main`"),
                _ => format!("require {claim} to be the one identity that needs the role"),
            });
        for condition in &statement.conditions {
            report = report.label(condition.place.span, match condition.weakness() {
                Some(why) => format!("`{}` guards nothing here: {why}", condition.key),
                None => format!("`{}` is the same for all of them", condition.key),
            });
        }
        return;
    }
    if issuer != GITHUB {
        return;
    }
    // Several tests must all hold, so one that binds is enough.
    let openings: Vec<_> = bound.iter().map(|it| subject(it)).collect();
    if openings.iter().any(Option::is_none) {
        return;
    }
    for (value, severity, who) in openings.into_iter().flatten().take(1) {
        cx.report(&value.place, format!("`{}` lets {who} assume the role", value.text))
            .severity(severity)
            .of(statement, &value.text)
            .help("write the owner and the repository out: `repo:owner/name:ref:refs/heads/main`");
    }
}

/// The value of a test of `sub` that lets in more than one repository, and whom; none when the test binds.
fn subject(condition: &Condition) -> Option<(&crate::policy::Value, Severity, &'static str)> {
    let (_, claim) = condition.claim()?;
    if !claim.eq_ignore_ascii_case("sub") {
        return None;
    }
    let wild = |text: &str| condition.operator.takes_wildcards() && text.contains(['*', '?']);
    condition.values.iter().find_map(|value| {
        let raw = value.text.raw();
        let (first, rest) = raw.split_once(':').unwrap_or((raw, ""));
        // https://docs.github.com/en/actions/reference/security/oidc: these are what the author of a workflow makes them.
        if ["workflow", "environment", "ref", "head_ref", "base_ref", "context"].contains(&first) {
            return Some((value, Severity::Critical, "any repository on GitHub whose workflow calls itself so"));
        }
        if wild(first) {
            return Some((value, Severity::Critical, "any repository on GitHub"));
        }
        if first != "repo" {
            return None;
        }
        match rest.split_once('/') {
            None if wild(rest) => Some((value, Severity::Critical, "repositories of anyone whose name fits")),
            Some((owner, _)) if wild(owner) => Some((value, Severity::Critical, "repositories of anyone whose name fits")),
            Some((_, name)) if condition.operator.takes_wildcards() && name.starts_with('*') => {
                Some((value, Severity::Medium, "every repository of the owner"))
            }
            _ => None,
        }
    })
}
