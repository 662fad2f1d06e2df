use crate::catalog::{self, ArnForm};
use crate::policy::{Policy, PolicyKind, Scope, Service};
use crate::rule::{Confidence, Context, Severity};
use crate::value::HOLE;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let PolicyKind::Resource(owner) = policy.kind else { return };
    let Some(own) = owner.prefix() else { return };
    let Some(service) = catalog::service(own) else { return };
    // Backups are kept of resources of many services, and their ARNs are those.
    let of_all_services = owner == Service::Other("backup");
    for statement in policy.statements.iter().filter(|_| !of_all_services) {
        for resource in statement.resources.iter().flat_map(Scope::entries) {
            let Some(named) = resource.part(2).filter(|it| !it.is_empty() && !it.contains([HOLE, '*', '?', '$']))
            else {
                continue;
            };
            let is_own = |it: &ArnForm| it.parts[1] == named;
            // What no service has in its ARNs is for `impossible_arn` to say.
            if named.starts_with(own)
                || catalog::arn_forms(named).is_empty()
                || service.resource_types().flat_map(ArnForm::of_type).any(is_own)
            {
                continue;
            }
            let (so, severity, confidence) = match owner {
                Service::S3 | Service::Sqs | Service::Sns => ("AWS refuses it", Severity::High, Confidence::High),
                _ => ("the entry has no effect", Severity::Medium, Confidence::Medium),
            };
            cx.report(
                &resource.place,
                format!("`{resource}` is no resource of `{own}`, which this policy is about: {so}"),
            )
            .of(statement, resource)
            .severity(severity)
            .confidence(confidence)
            .help(match owner {
                Service::Kms => "write `*`, which here means this key",
                _ => "name the resource that carries the policy, or what is in it",
            });
        }
    }
}
