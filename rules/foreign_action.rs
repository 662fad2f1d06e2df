use crate::catalog;
use crate::policy::{Action, Policy, PolicyKind, Service};
use crate::rule::{Confidence, Context, Severity};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !matches!(policy.kind, PolicyKind::Trust | PolicyKind::Resource(_)) {
        return;
    }
    for statement in &policy.statements {
        for action in statement.actions.entries() {
            let Some(service) = action.service().filter(|it| !it.is_empty() && !it.contains(['*', '?'])) else {
                continue;
            };
            if policy.kind == PolicyKind::Trust {
                if !may_assume(action) {
                    cx.report(
                        &action.place,
                        format!("`{action}` does not assume a role, so AWS refuses the trust policy"),
                    )
                    .of(statement, action)
                    .help("what the role may do stands in a policy that is attached to it");
                }
                continue;
            }
            let PolicyKind::Resource(owner) = policy.kind else { continue };
            let Some(own) = owner.prefix() else { continue };
            // `kafka-cluster` in the policy of a cluster, `s3-object-lambda` in that of an access point.
            if service.to_ascii_lowercase().starts_with(own) || catalog::service(service).is_none() {
                continue;
            }
            let (so, severity, confidence) = match owner {
                Service::S3 | Service::Sqs | Service::Sns | Service::Repository => {
                    ("AWS refuses it", Severity::High, Confidence::High)
                }
                _ => ("it has no effect", Severity::Medium, Confidence::Medium),
            };
            cx.report(
                &action.place,
                format!("`{action}` is no action of `{own}`, whose resource this policy is of: {so}"),
            )
            .of(statement, action)
            .severity(severity)
            .confidence(confidence)
            .help("allow it in a policy of the identity that calls");
        }
    }
}

/// Whether it is an action of a trust policy for some value of what is unknown in it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-sts>
fn may_assume(action: &Action) -> bool {
    [
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
        "sts:TagSession",
        "sts:SetSourceIdentity",
        "sts:SetContext",
    ]
    .iter()
    .any(|it| action.may_match(it))
}
