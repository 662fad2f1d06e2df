use crate::frontend::{Aspect, Bucket};
use crate::policy::{Principal, Scope};
use crate::rule::Context;

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    if bucket.lacks(Aspect::Logging) && !takes_logs(bucket) {
        cx.report(&bucket.place, "no log says who reads what is in this bucket")
            .about("no logging")
            .help("add an `aws_s3_bucket_logging` with a `target_bucket` for logs");
    }
}

/// Whether logs of other buckets may be delivered to it.
fn takes_logs(bucket: &Bucket) -> bool {
    let writes_logs = |it: &Principal| it.text.raw().starts_with("logging.s3.");
    let statements = bucket.policies.iter().flat_map(|it| it.allow_statements());
    bucket.acls.iter().any(|it| it.grantee.raw() == "log-delivery-write")
        || statements.flat_map(|it| &it.principals).flat_map(Scope::only).any(writes_logs)
}
