use crate::frontend::{Aspect, Bucket};
use crate::rule::Context;

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    for website in bucket.companions(Aspect::Website) {
        if !website.at("redirect_all_requests_to").is_empty() {
            continue;
        }
        let report = cx
            .report(&website.place, "serves the bucket as a web site, over plain HTTP and open to everybody")
            .on(&website.address)
            .about("website")
            .help("put a distribution in front of it that alone reads the bucket");
        if website.address != bucket.address {
            report.label(bucket.place.span, "of this bucket");
        }
    }
}
