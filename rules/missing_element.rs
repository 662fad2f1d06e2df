use crate::policy::{Policy, PolicyKind, Service, Written};
use crate::rule::{Confidence, Context};
use crate::value::Value;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for document in policy.written().iter().filter(|it| it.node.as_object().is_some()) {
        let statements = document.element("Statement");
        // A list that comes from elsewhere is often empty by a default only, for whoever calls to fill.
        let none =
            statements.is_some_and(|it| it.is_written_here() && matches!(it.value(), Value::List(it) if it.is_empty()));
        // A document without statements that is attached to nothing is what others are added to.
        let base = policy.kind == PolicyKind::Unknown && policy.source.is_some();
        if !document.may_have("Statement") || none && !base {
            cx.report(&document.place(), "the policy has no statement, and AWS takes none without")
                .about("no Statement")
                .help("add a statement, or leave out the policy");
        }
    }
    for statement in policy.written_statements().iter().filter(|it| it.node.as_object().is_some()) {
        for missing in missing(policy, statement) {
            let report = cx
                .report(&statement.place(), format!("the statement has no `{}`: {}", missing.name, missing.so))
                .about(format!("no {}", missing.name))
                .help(missing.help);
            report.confidence(missing.confidence);
        }
    }
}

struct Missing {
    name: &'static str,
    so: &'static str,
    help: &'static str,
    confidence: Confidence,
}

fn missing(policy: &Policy, statement: &Written) -> Vec<Missing> {
    const REFUSED: &str = "AWS refuses the policy";
    let lacks = |names: &[&str]| !names.iter().any(|it| statement.may_have(it));
    let mut out = Vec::new();
    let mut push = |name, so, help, confidence| out.push(Missing { name, so, help, confidence });
    if lacks(&["Effect"]) {
        push("Effect", REFUSED, "say `\"Effect\": \"Allow\"` or `\"Effect\": \"Deny\"`", Confidence::High);
    }
    if lacks(&["Action", "NotAction"]) {
        push("Action", REFUSED, "name the actions that are meant", Confidence::High);
    }
    if let Some(confidence) = needs_resource(policy)
        && lacks(&["Resource", "NotResource"])
    {
        // https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
        let (so, help) = match policy.kind {
            PolicyKind::Resource(Service::Kms) => {
                ("it says nothing of any key", "say `\"Resource\": \"*\"`, which is the key that carries the policy")
            }
            _ => (REFUSED, "name the resources that are meant"),
        };
        push("Resource", so, help, confidence);
    }
    if let Some(confidence) = needs_principal(policy.kind)
        && lacks(&["Principal", "NotPrincipal"])
    {
        push("Principal", REFUSED, "name who is meant", confidence);
    }
    out
}

/// How sure it is that a policy of this kind must name resources; none when it need not.
fn needs_resource(policy: &Policy) -> Option<Confidence> {
    match policy.kind {
        PolicyKind::Trust => None,
        // A repository's policy is about the repository, and that of a file system may leave it at that.
        // https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
        PolicyKind::Resource(Service::Repository | Service::Other("ecr" | "ecr-public" | "elasticfilesystem")) => None,
        PolicyKind::Resource(Service::S3 | Service::Kms | Service::Sqs | Service::Sns) => Some(Confidence::High),
        PolicyKind::Resource(Service::VpcEndpoint) => Some(Confidence::High),
        PolicyKind::Resource(Service::Unknown) => None,
        // A data document by itself is never sent, and the lists of the source of another are often empty by a default.
        PolicyKind::Unknown if policy.source.is_some() => None,
        PolicyKind::Resource(_) | PolicyKind::Unknown => Some(Confidence::Medium),
        PolicyKind::Identity | PolicyKind::Boundary | PolicyKind::Session | PolicyKind::Device => {
            Some(Confidence::High)
        }
        PolicyKind::ServiceControl | PolicyKind::ResourceControl => Some(Confidence::High),
    }
}

/// How sure it is that a policy of this kind must name principals; none when it need not.
fn needs_principal(kind: PolicyKind) -> Option<Confidence> {
    match kind {
        PolicyKind::Trust | PolicyKind::ResourceControl => Some(Confidence::High),
        PolicyKind::Resource(Service::Other(_) | Service::Unknown) => Some(Confidence::Medium),
        PolicyKind::Resource(_) => Some(Confidence::High),
        PolicyKind::Identity | PolicyKind::Boundary | PolicyKind::Session | PolicyKind::Device => None,
        PolicyKind::ServiceControl | PolicyKind::Unknown => None,
    }
}
