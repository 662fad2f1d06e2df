use crate::frontend::{Configuration, Resource};
use crate::policy::{Condition, Policy, PolicyKind, Principal, Quantifier, Scope, Statement};
use crate::rule::{Context, Rewrite, Safety, Wanted};
use crate::value::{HOLE, Hole, Value};

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    for policy in configuration.policies.iter().filter(|it| it.kind == PolicyKind::Trust) {
        of_policy(policy, configuration, cx.speaking_of(policy));
    }
}

fn of_policy(policy: &Policy, configuration: &Configuration, cx: &mut Context<'_>) {
    for statement in policy.allow_statements() {
        let Some(Scope::Only(principals)) = &statement.principals else { continue };
        for principal in principals {
            let (audience, claims): (String, Vec<&Condition>) = match principal.issuer() {
                Some(issuer) if statement.actions.may_match("sts:AssumeRoleWithWebIdentity") => {
                    (audience_of(issuer), statement.conditions.iter().filter(|it| it.claim().is_some()).collect())
                }
                None if principal.is_saml() && statement.actions.may_match("sts:AssumeRoleWithSAML") => {
                    ("`SAML:aud`".to_owned(), statement.conditions.iter().filter(|it| it.is_on("saml:")).collect())
                }
                _ => continue,
            };
            // Without any claim the tokens of everybody will do, which is another rule's.
            // An agent of Google is known by its id, and brings tokens for an audience that Google chooses.
            // https://docs.cloud.google.com/storage-transfer/docs/source-amazon-s3
            if principal.issuer() == Some(GOOGLE) && claims.iter().any(|it| is_of_agent(it)) {
                continue;
            }
            let unclaimed = !principal.is_saml() && !claims.iter().any(|it| it.weakness().is_none());
            if unclaimed || statement.bounded_caller().is_some() {
                continue;
            }
            // STS refuses what is for an audience that the provider does not have.
            if configuration.resources.iter().any(|it| is_provider(it, principal) && has_one_audience(it)) {
                continue;
            }
            match claims.iter().find(|it| is_audience(it)) {
                None => {
                    // A long expression is cut short, and says nothing then.
                    let shown = principal.to_string();
                    let whose = if shown.contains('…') { "this provider".to_owned() } else { format!("`{shown}`") };
                    let report = cx
                        .report(
                            &principal.place,
                            format!("tokens of {whose} count whichever of its audiences they are for"),
                        )
                        .of(statement, principal)
                        .help(match usual_audience(principal) {
                            Some((_, usual)) => {
                                format!("require {audience} to be `{usual}`, or what else your tokens are for")
                            }
                            None => format!("require {audience} to be {}", what_it_is(principal.issuer())),
                        });
                    if let Some((key, value)) = usual_audience(principal).filter(|_| principals.len() == 1) {
                        let guard = Rewrite::require(statement.place.span, "StringEquals", key, Wanted::Text(value));
                        report.fix(Safety::Unsafe, format!("require the audience `{value}`"), [guard]);
                    }
                }
                Some(test) => any_of_several(statement, test, cx),
            }
        }
    }
}

/// Whether a resource is the provider that a principal names, by its URL or, where that is not known, by its address.
fn is_provider(resource: &Resource, principal: &Principal) -> bool {
    if resource.kind != "aws_iam_openid_connect_provider" {
        return false;
    }
    let is_named = |url: &str| principal.issuer() == Some(url.strip_prefix("https://").unwrap_or(url));
    let shown = principal.to_string();
    let named = shown.strip_prefix("${").and_then(|it| it.strip_suffix(".arn}"));
    let module = named.and_then(|it| resource.address.strip_suffix(it)).map(|it| it.trim_end_matches('.'));
    module.is_some_and(|module| principal.text.holes().any(|(_, hole)| module == &*hole.scope))
        || resource.texts("url").iter().any(|it| it.value.as_known().is_some_and(is_named))
}

fn has_one_audience(provider: &Resource) -> bool {
    // What is no list here may turn out to be several.
    provider.body.get("client_id_list").is_some_and(|it| matches!(&it.value, Value::List(ids) if ids.len() == 1))
}

/// The key and the audience that tokens for AWS have unless somebody asks for another one.
/// <https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws>
/// <https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html>
fn usual_audience(principal: &Principal) -> Option<(String, &'static str)> {
    match principal.issuer() {
        Some(issuer) if issuer == "token.actions.githubusercontent.com" || issuer.starts_with("oidc.eks.") => {
            Some((format!("{issuer}:aud"), "sts.amazonaws.com"))
        }
        None if principal.text.raw().starts_with("arn:aws:") => {
            Some(("SAML:aud".to_owned(), "https://signin.aws.amazon.com/saml"))
        }
        _ => None,
    }
}

const GOOGLE: &str = "accounts.google.com";

/// Whether a claim asks for the id of something that Terraform makes or looks up at Google.
fn is_of_agent(claim: &Condition) -> bool {
    let is_agent = |it: &Hole| it.reference.starts_with("data.google_") || it.reference.starts_with("google_");
    claim.key_lower().ends_with(":sub")
        && claim.weakness().is_none()
        && !claim.values.is_empty()
        && claim.values.iter().all(|it| it.text.holes().any(|(_, hole)| is_agent(hole)))
}

/// What the audience is, where the provider is one that IAM knows without being told of it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html>
fn what_it_is(issuer: Option<&str>) -> &'static str {
    match issuer {
        Some("cognito-identity.amazonaws.com") => "the id of your identity pool",
        Some("graph.facebook.com" | "www.amazon.com") => "the id of your app",
        _ => "the audience that your tokens have",
    }
}

/// The key that holds the audience of an issuer's tokens. Google's `aud` is what the token calls `azp`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>
fn audience_of(issuer: &str) -> String {
    let claim = match issuer {
        GOOGLE => "oaud",
        "graph.facebook.com" | "www.amazon.com" => "app_id",
        _ => "aud",
    };
    match issuer.contains([HOLE, '$']) {
        true => format!("the provider's `{claim}`"),
        false => format!("`{issuer}:{claim}`"),
    }
}

/// Whether it says for whom a token must have been made, each provider by its own name. Every token of OpenID Connect has
/// an `aud`, so nothing passes for want of one.
/// <https://openid.net/specs/openid-connect-core-1_0.html#IDToken>
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>
fn is_audience(condition: &Condition) -> bool {
    let claim = condition.key.raw().rsplit(':').next().unwrap_or_default();
    let is_it = |it: &str| claim.eq_ignore_ascii_case(it);
    let guards = || {
        let mut present = condition.clone();
        present.required = true;
        present.weakness().is_none()
    };
    is_it("aud") && guards() || ["oaud", "azp", "app_id"].into_iter().any(is_it) && condition.weakness().is_none()
}

fn any_of_several(statement: &Statement, test: &Condition, cx: &mut Context<'_>) {
    if test.operator.quantifier != Some(Quantifier::ForAnyValue) {
        return;
    }
    cx.report(&test.place, format!("under `{}` one audience among several will do", test.operator))
        .of(statement, &test.key)
        .help("a token has one audience: use the operator without `ForAnyValue:`");
}
