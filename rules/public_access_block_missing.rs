use super::public_access_block_off::{has_no_block, report_missing, to_be_blocked};
use crate::frontend::Bucket;
use crate::rule::Context;

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    // Where there is something to be blocked, `public_access_block_off` speaks of it.
    if has_no_block(bucket) && to_be_blocked(bucket).is_none() {
        report_missing(bucket, cx);
    }
}
