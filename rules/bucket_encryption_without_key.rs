use crate::frontend::{Aspect, Bucket};
use crate::rule::Context;

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    const HELP: &str = "set `sse_algorithm = \"aws:kms\"` and `kms_master_key_id` to a key of your own";
    const DEFAULT: &str = "rule.apply_server_side_encryption_by_default";
    if bucket.lacks(Aspect::Encryption) {
        cx.report(&bucket.place, "no key of your own stands before what is in this bucket").about("no key").help(HELP);
    }
    for encryption in bucket.companions(Aspect::Encryption) {
        let algorithms = encryption.texts(&format!("{DEFAULT}.sse_algorithm"));
        let keys = encryption.texts(&format!("{DEFAULT}.kms_master_key_id"));
        let managed = |raw: &str| raw.is_empty() || raw.ends_with("alias/aws/s3");
        let own = keys.iter().any(|it| !managed(it.value.raw()));
        for algorithm in algorithms {
            let message = match algorithm.value.raw() {
                "AES256" => format!("`{}` encrypts with a key that everybody who reads also uses", algorithm.value),
                "aws:kms" | "aws:kms:dsse" if !own => {
                    format!(
                        "`{}` without a key is the one that AWS manages, whose policy cannot be changed",
                        algorithm.value
                    )
                }
                _ => continue,
            };
            cx.report(&algorithm.place, message)
                .on(&encryption.address)
                .about("no key")
                .label(bucket.place.span, "of this bucket")
                .help(HELP);
        }
    }
}
