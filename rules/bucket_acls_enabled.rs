use crate::frontend::Bucket;
use crate::rule::Context;

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    let Some(ownership) = &bucket.ownership else { return };
    if matches!(ownership.value.raw(), "BucketOwnerPreferred" | "ObjectWriter") {
        cx.report(&ownership.place, format!("`{}` leaves access control lists in force", ownership.value))
            .on(&ownership.address)
            .about("access control lists")
            .label(bucket.place.span, "of this bucket")
            .help("set it to `BucketOwnerEnforced`, and let others in by the bucket policy");
    }
}
