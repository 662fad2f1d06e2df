use crate::frontend::{Aspect, Bucket};
use crate::rule::Context;

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    if bucket.lacks(Aspect::Lifecycle) {
        cx.report(&bucket.place, "no lifecycle rule says what becomes of what is old")
            .about("no lifecycle")
            .help("add an `aws_s3_bucket_lifecycle_configuration`");
        return;
    }
    // In a block of the bucket it is the number of days itself.
    let aborts = |path: &str| bucket.companions(Aspect::Lifecycle).any(|it| !it.at(path).is_empty());
    let first = bucket.companions(Aspect::Lifecycle).next();
    if let Some(lifecycle) = first
        && bucket.declared
        && !aborts("rule.abort_incomplete_multipart_upload")
        && !aborts("rule.abort_incomplete_multipart_upload_days")
    {
        cx.report(&lifecycle.place, "no rule clears away unfinished uploads")
            .on(&lifecycle.address)
            .about("unfinished uploads")
            .label(bucket.place.span, "of this bucket")
            .help("add `abort_incomplete_multipart_upload { days_after_initiation = 7 }` to a rule");
    }
}
