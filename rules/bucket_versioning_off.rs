use crate::frontend::{Aspect, Bucket};
use crate::rule::Context;

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    const HELP: &str = "add an `aws_s3_bucket_versioning` with `status = \"Enabled\"`";
    if bucket.lacks(Aspect::Versioning) {
        cx.report(&bucket.place, "no versions are kept of what is overwritten or deleted here")
            .about("no versioning")
            .help(HELP);
    }
    for versioning in bucket.companions(Aspect::Versioning) {
        let status = versioning.texts("versioning_configuration.status");
        for off in status.iter().filter(|it| matches!(it.value.raw(), "Suspended" | "Disabled")) {
            cx.report(&off.place, format!("`{}` keeps no versions of what is overwritten or deleted", off.value))
                .about("no versioning")
                .label(bucket.place.span, "of this bucket")
                .help(HELP);
        }
        // The block within the bucket has a switch.
        for off in versioning.switches("enabled").iter().filter(|it| it.value == Some(false)) {
            cx.report(&off.place, "no versions are kept of what is overwritten or deleted here")
                .about("no versioning")
                .help(HELP);
        }
    }
}
