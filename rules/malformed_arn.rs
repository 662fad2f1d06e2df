use crate::catalog;
use crate::policy::{Policy, PolicyKind, Resource, Scope, Service, split_arn};
use crate::rule::{Confidence, Context};
use crate::value::HOLE;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    // API Gateway completes `execute-api:/stage/*` to an ARN, and VPC Lattice takes paths.
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
    if matches!(policy.kind, PolicyKind::Resource(Service::Other("execute-api" | "vpc-lattice-svcs"))) {
        return;
    }
    let mut said: Vec<String> = Vec::new();
    for statement in &policy.statements {
        for resource in statement.resources.iter().flat_map(Scope::entries) {
            if let Some((fault, help)) = fault(resource) {
                // A partition is mostly wrong throughout, and that is one thing to say.
                if fault.contains("partition") {
                    if said.contains(&fault) {
                        continue;
                    }
                    said.push(fault.clone());
                }
                let report = cx
                    .report(&resource.place, format!("`{resource}` {fault}, so AWS refuses the policy"))
                    .of(statement, resource)
                    .help(help);
                if !policy.is_attached() {
                    // Something may be put in its place before it is used.
                    report.confidence(Confidence::Medium);
                }
            }
        }
    }
}

/// What keeps a text from being a resource, and what to do about it: it is `*` or an ARN.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
fn fault(resource: &Resource) -> Option<(String, String)> {
    const FORM: &str = "arn:aws:service:region:account:resource";
    let raw = resource.text.raw();
    let known = raw.find([HOLE, '*', '?', '$']).map_or(raw, |at| &raw[..at]);
    // An empty text is for `empty_element` to say, and some modules fill in `_S3_BUCKET_ARN_` themselves.
    if raw.is_empty() || is_placeholder(raw) || raw.starts_with([HOLE, '$']) || resource.is_everything() {
        return None;
    }
    if !known.starts_with("arn:") && !"arn:".starts_with(known) || raw.starts_with(['*', '?']) {
        return Some(("is neither `*` nor an ARN".to_owned(), format!("write `*`, or `{FORM}`")));
    }
    let parts = split_arn(raw);
    let part = |n: usize| parts.get(n).copied().filter(|it| !it.contains([HOLE, '*', '?', '$']));
    if parts.len() < 6 && !raw.ends_with('*') && !raw.contains([HOLE, '$']) {
        let fault = format!("has {} of the six parts of an ARN", parts.len());
        return Some((fault, format!("write all of `{FORM}`: parts may be empty, their colons not left out")));
    }
    // One that is made up for tests is never sent to AWS.
    let partition = part(1).filter(|it| parts.len() > 2 && !catalog::is_partition(it) && *it != "aws-test")?;
    let fault = if partition.is_empty() {
        "names no partition".to_owned()
    } else {
        format!("names the partition `{partition}`, which AWS did not have on {}", catalog::reference_date())
    };
    Some((fault, "write `aws`, or the partition of the account".to_owned()))
}

/// Whether a text begins with a name in capitals between underscores, for whoever uses the document to replace.
fn is_placeholder(text: &str) -> bool {
    let name = text.strip_prefix('_').and_then(|it| it.split_once("_/").map(|(name, _)| name).or(it.strip_suffix('_')));
    name.is_some_and(|it| {
        !it.is_empty() && it.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_')
    })
}
