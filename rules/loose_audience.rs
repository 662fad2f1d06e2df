use crate::policy::{Condition, Policy, PolicyKind, Quantifier, Scope, Statement};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Trust {
        return;
    }
    for statement in policy.allow_statements() {
        let Some(Scope::Only(principals)) = &statement.principals else { continue };
        for principal in principals {
            let (audience, claims): (_, Vec<&Condition>) = match principal.issuer() {
                Some(_) if statement.actions.may_match("sts:AssumeRoleWithWebIdentity") => {
                    ("aud", statement.conditions.iter().filter(|it| it.claim().is_some()).collect())
                }
                None if principal.is_saml() && statement.actions.may_match("sts:AssumeRoleWithSAML") => {
                    ("SAML:aud", statement.conditions.iter().filter(|it| it.is_on("saml:")).collect())
                }
                _ => continue,
            };
            // Without any claim the tokens of everybody will do, which is another rule's.
            let unclaimed = audience == "aud" && !claims.iter().any(|it| it.weakness().is_none());
            if unclaimed || statement.bounded_caller().is_some() {
                continue;
            }
            match claims.iter().find(|it| is_audience(it)) {
                None => {
                    cx.report(&principal.place, format!("tokens of `{principal}` count whatever audience they are for"))
                        .of(statement, principal)
                        .help(format!("require `{audience}` of the provider to be the audience that your tokens have"));
                }
                Some(test) => any_of_several(statement, test, cx),
            }
        }
    }
}

/// Whether it says for whom a token must have been made, each provider by its own name.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>
fn is_audience(condition: &Condition) -> bool {
    let claim = condition.key.raw().rsplit(':').next().unwrap_or_default();
    condition.weakness().is_none()
        && ["aud", "oaud", "azp", "app_id"].iter().any(|it| claim.eq_ignore_ascii_case(it))
}

fn any_of_several(statement: &Statement, test: &Condition, cx: &mut Context<'_>) {
    if test.operator.quantifier != Some(Quantifier::ForAnyValue) {
        return;
    }
    cx.report(&test.place, format!("under `{}` one audience among several will do", test.operator))
        .of(statement, &test.key)
        .help("a token has one audience: use the operator without `ForAnyValue:`");
}
