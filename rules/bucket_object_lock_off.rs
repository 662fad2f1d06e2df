use crate::frontend::{Aspect, Bucket};
use crate::rule::Context;

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    if bucket.lacks(Aspect::ObjectLock) {
        cx.report(&bucket.place, "no object lock keeps versions from being deleted")
            .about("no object lock")
            .help("set `object_lock_enabled = true` and add an `aws_s3_bucket_object_lock_configuration`");
    }
}
