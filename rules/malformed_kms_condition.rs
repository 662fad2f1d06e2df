use crate::policy::{Condition, OperatorKind, Policy, split_arn};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for condition in &statement.conditions {
            for value in &condition.values {
                let Some(raw) = value.text.as_known() else { continue };
                let Some((why, help)) = wrong(condition, raw) else { continue };
                cx.report(&value.place, format!("`{raw}` {why}, so `{}` never has this value", condition.key))
                    .of(statement, format!("{} {raw}", condition.key))
                    .help(help);
            }
        }
    }
}

/// Why a value is one that the key never has, and what was meant.
fn wrong(condition: &Condition, value: &str) -> Option<(&'static str, String)> {
    // https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    if (condition.is_on("kms:resourcealiases") || condition.is_on("kms:requestalias")) && value.starts_with("arn:") {
        let name = value.split_once(":alias/").map_or("…", |(_, name)| name);
        return Some((
            "is an ARN, and an alias is a name here",
            format!("write the alias by its name, `alias/{name}`"),
        ));
    }
    let is_pattern = condition.operator.takes_wildcards() && value.contains(['*', '?']);
    if is_pattern || value.contains("${") {
        return None;
    }
    if condition.is_on("kms:viaservice") {
        // https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
        let (service, domain) = value.split_once(".amazonaws.com").unwrap_or((value, ""));
        // A wildcard under an exact operator is the matter of another rule.
        let is_name = !service.is_empty() && service.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
        return (is_name && matches!(domain, "" | ".cn")).then(|| {
            ("has no region", format!("write it with its region, `{service}.eu-west-1.amazonaws.com{domain}`"))
        });
    }
    let asks_for_presence = condition.operator.kind == Some(OperatorKind::Null);
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html: S3 gives the ARN of the key.
    let is_key = || matches!(split_arn(value)[..], ["arn", _, "kms", _, _, key] if key.starts_with("key/"));
    (condition.is_on("s3:x-amz-server-side-encryption-aws-kms-key-id") && !asks_for_presence && !is_key())
        .then(|| ("is no ARN of a key", "write the ARN of the key, `arn:aws:kms:…:key/…`".to_owned()))
}
