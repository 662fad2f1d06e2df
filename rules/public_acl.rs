use crate::frontend::{Acl, Aspect, Bucket};
use crate::rule::{Rewrite, Confidence, Context, Safety, Severity};

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    // Where access control lists are switched off or not heeded, one that is public opens nothing.
    let enforced = bucket.ownership.as_ref().is_some_and(|it| it.value.raw() == "BucketOwnerEnforced");
    if enforced || bucket.switch_on("ignore_public_acls").is_some() {
        return;
    }
    for acl in &bucket.acls {
        let Some((severity, who, what)) = granted(acl) else { continue };
        let grantee = &acl.grantee;
        let mut report = cx
            .report(&acl.place, format!("`{grantee}` lets {who} {what} the bucket"))
            .severity(severity)
            .about(format!("{grantee} {what}"))
            .help("set it to `private` and turn the public access block on; let readers in by name, through the bucket policy");
        if acl.permission.is_none() {
            let change = Rewrite::Replace { at: acl.place.span, with: vec!["private".to_owned()] };
            report = report.fix(Safety::Unsafe, "set it to `private`", [change]);
        }
        if acl.address != bucket.address {
            report = report.label(bucket.place.span, "of this bucket");
        }
        if let Some(switch) = bucket.switch_on("block_public_acls") {
            report = report.severity(Severity::Low).label(
                switch.place.span,
                "AWS refuses to set it as long as this is on, but one that was set before counts",
            );
        } else if let Some(switch) = bucket.switches("ignore_public_acls").find(|it| it.on.is_none()) {
            report = report.maybe(switch.place.span, "whether public access control lists are heeded is not known");
        }
        if !bucket.knows(Aspect::PublicAccessBlock) {
            report.confidence(Confidence::Medium);
        }
    }
}

/// How bad it is, who is let in, and what they may do.
fn granted(acl: &Acl) -> Option<(Severity, &'static str, &'static str)> {
    let (anyone, account) = ("anyone", "every AWS account");
    let Some(permission) = &acl.permission else {
        return match acl.grantee.raw() {
            "public-read" => Some((Severity::High, anyone, "list")),
            "public-read-write" => Some((Severity::Critical, anyone, "list, write and delete in")),
            "authenticated-read" => Some((Severity::High, account, "list")),
            _ => None,
        };
    };
    let who = match acl.grantee.raw().rsplit('/').next() {
        Some("AllUsers") => anyone,
        Some("AuthenticatedUsers") => account,
        _ => return None,
    };
    Some(match permission.raw() {
        "READ" => (Severity::High, who, "list"),
        "READ_ACP" => (Severity::Medium, who, "see who else reaches"),
        "WRITE" => (Severity::Critical, who, "write and delete in"),
        "WRITE_ACP" => (Severity::Critical, who, "give itself every access to"),
        "FULL_CONTROL" => (Severity::Critical, who, "do everything with"),
        _ => (Severity::High, who, "reach"),
    })
}
