use crate::frontend::{Aspect, Bucket};
use crate::rule::Context;

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    for encryption in bucket.companions(Aspect::Encryption) {
        let may_be_on = encryption.switches("rule.bucket_key_enabled").iter().any(|it| it.value != Some(false));
        let algorithms = encryption.texts("rule.apply_server_side_encryption_by_default.sse_algorithm");
        for algorithm in algorithms.iter().filter(|it| it.value.raw() == "aws:kms" && !may_be_on) {
            cx.report(
                &algorithm.place,
                format!("with `{}` every object is a call of its own to the key", algorithm.value),
            )
            .on(&encryption.address)
            .about("no bucket key")
            .label(bucket.place.span, "of this bucket")
            .help("set `bucket_key_enabled = true` in the rule");
        }
    }
}
