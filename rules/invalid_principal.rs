use crate::catalog;
use crate::policy::{Policy, PolicyKind, Principal, PrincipalKind, Scope, Service, Written, is_account_id, split_arn};
use crate::rule::{Confidence, Context, Severity};
use crate::value::{HOLE, HoleKind};

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
const KEYS: [&str; 4] = ["AWS", "Service", "Federated", "CanonicalUser"];

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    // Where principals have no place, `prohibited_element` says so.
    if !matches!(policy.kind, PolicyKind::Trust | PolicyKind::Resource(_) | PolicyKind::ResourceControl) {
        return;
    }
    for statement in policy.written_statements() {
        unknown_keys(statement, cx);
    }
    for statement in &policy.statements {
        for principal in statement.principals.iter().flat_map(Scope::entries) {
            if let Some((fault, help)) = fault(principal) {
                cx.report(&principal.place, fault).of(statement, principal).help(help);
            } else if principal.kind == PrincipalKind::Federated
                && matches!(policy.kind, PolicyKind::Resource(service) if service != Service::Unknown)
            {
                let message = format!("`{principal}` is a federated principal, which only a trust policy can name");
                cx.report(&principal.place, message)
                    .of(statement, principal)
                    .severity(Severity::Medium)
                    .confidence(Confidence::Medium)
                    .help("name the role whose sessions are meant");
            }
        }
    }
}

fn unknown_keys(statement: &Written, cx: &mut Context<'_>) {
    for element in ["Principal", "NotPrincipal"].into_iter().filter_map(|it| statement.element(it)) {
        let principals = element.within();
        for key in principals.elements().filter(|it| !it.name.has_holes() && !KEYS.iter().any(|known| it.is(known))) {
            let name = key.name;
            let report = cx
                .report(&key.place(), format!("`{name}` is no kind of principal, so AWS refuses the policy"))
                .about(format!("principal {name}"));
            match catalog::nearest(name.raw(), KEYS.into_iter().map(|it| (it, it))) {
                Some(meant) => report.help(format!("write `{meant}`")),
                None => report.help("write `AWS`, `Service`, `Federated` or `CanonicalUser`"),
            };
        }
    }
}

/// What is wrong with a principal, and what to do about it.
fn fault(principal: &Principal) -> Option<(String, String)> {
    let raw = principal.text.raw();
    let may_be_anything = principal.text.holes().any(|(_, hole)| hole.kind == HoleKind::Free) || raw.contains("${");
    // Wildcards and unique ids are for `wildcard_in_principal` and `deleted_principal` to say.
    if may_be_anything || principal.is_everyone() || raw.contains(['*', '?']) || principal.unique_id().is_some() {
        return None;
    }
    let refused = |why: &str| format!("`{principal}` {why}, so AWS refuses the policy");
    match principal.kind {
        PrincipalKind::Bare if !raw.contains(HOLE) => Some((
            refused("stands alone as principal, which only `*` does"),
            format!("write `{{ \"{}\": \"{principal}\" }}`", right_key(raw).unwrap_or("AWS")),
        )),
        PrincipalKind::Aws | PrincipalKind::Federated if is_service_principal(raw) => Some((
            refused(&format!("is a service, and stands under `{}`", key(principal.kind))),
            "put it under `Service`".to_owned(),
        )),
        PrincipalKind::Service if is_account_id(raw) || raw.starts_with("arn:") => {
            Some((refused("is no service, and stands under `Service`"), "put it under `AWS`".to_owned()))
        }
        PrincipalKind::Aws if raw.starts_with("arn:") => {
            let (why, help) = arn_fault(raw)?;
            Some((refused(why), help.to_owned()))
        }
        PrincipalKind::Aws if !raw.contains(HOLE) && !is_account_id(raw) => Some((
            refused("is neither an account id nor an ARN"),
            "name an account, or a role, user or session by its ARN".to_owned(),
        )),
        PrincipalKind::Federated if raw.starts_with("arn:") => {
            let provider = |it: &&str| it.starts_with("saml-provider/") || it.starts_with("oidc-provider/");
            let parts = split_arn(raw);
            let is_provider = parts.get(5).is_none_or(|it| provider(it) || it.starts_with(HOLE));
            (!is_provider).then(|| {
                let help = "name a provider of IAM, `arn:aws:iam::…:oidc-provider/…`, or put it under `AWS`";
                (refused("is no identity provider, and stands under `Federated`"), help.to_owned())
            })
        }
        PrincipalKind::CanonicalUser if !raw.contains(HOLE) && !is_canonical_id(raw) => Some((
            refused("is no canonical user id, which has 64 hexadecimal digits"),
            "name the account under `AWS`".to_owned(),
        )),
        _ => None,
    }
}

/// Why no principal has this ARN, and what to do about it.
fn arn_fault(arn: &str) -> Option<(&'static str, &'static str)> {
    const NAME: &str = "name an account, a role, a user or a session";
    const KINDS: [&str; 4] = ["user/", "role/", "assumed-role/", "federated-user/"];
    let parts = split_arn(arn);
    let part = |n: usize| parts.get(n).copied().filter(|it| !it.contains(HOLE));
    if parts.len() < 6 {
        // What is not known may hold the rest.
        return (!arn.contains(HOLE)).then_some(("has fewer parts than an ARN", NAME));
    }
    if part(1).is_some_and(|it| !catalog::is_partition(it)) {
        return Some(("names no partition of AWS", "write `aws` as its partition, or that of your regions"));
    }
    if part(2).is_some_and(|it| !matches!(it, "iam" | "sts")) {
        return Some(("is no ARN of IAM", NAME));
    }
    if part(3).is_some_and(|it| !it.is_empty()) {
        return Some(("names a region, and IAM has none", "leave the region out, and its colons in: `arn:aws:iam::…`"));
    }
    // An origin access identity: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
    if part(4).is_some_and(|it| !is_account_id(it) && it != "cloudfront") {
        return Some(("names no account, which has twelve digits", "write the number of the account"));
    }
    match parts[5] {
        group if group.starts_with("group/") => {
            Some(("is a group, which cannot be a principal", "name its users, or a role that they assume"))
        }
        other if other.starts_with(HOLE) || other == "root" || KINDS.iter().any(|it| other.starts_with(it)) => None,
        _ => Some(("is neither an account, a role, a user nor a session", NAME)),
    }
}

fn is_service_principal(text: &str) -> bool {
    text.contains(".amazonaws.com") && !text.starts_with("arn:") && !text.starts_with("cognito-identity.")
}

fn is_canonical_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit())
}

/// The key that a text belongs under.
fn right_key(text: &str) -> Option<&'static str> {
    if is_service_principal(text) {
        Some("Service")
    } else if text.starts_with("arn:") || is_account_id(text) {
        Some("AWS")
    } else {
        None
    }
}

fn key(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::Aws | PrincipalKind::Bare | PrincipalKind::Unknown => "AWS",
        PrincipalKind::Service => "Service",
        PrincipalKind::Federated => "Federated",
        PrincipalKind::CanonicalUser => "CanonicalUser",
    }
}
