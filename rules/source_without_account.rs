use crate::policy::{Policy, split_arn};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.grants() {
        return;
    }
    for statement in policy.allow_statements() {
        if !statement.callers().any(|(_, caller)| caller.sources == ["s3"]) {
            continue;
        }
        let by_name = |raw: &str| {
            let parts = split_arn(raw);
            parts.len() == 6 && parts[2] == "s3" && parts[4].is_empty()
        };
        let sources: Vec<_> = statement.conditions.iter().filter(|it| it.bounds_the_source()).collect();
        // What else bounds the source says whose the bucket is.
        if sources.is_empty() || !sources.iter().all(|it| it.is_on("aws:sourcearn")) {
            continue;
        }
        for value in sources.iter().flat_map(|it| &it.values) {
            if !value.text.has_holes() && by_name(value.text.raw()) {
                let bucket = &value.text;
                cx.report(&value.place, format!("`{bucket}` is the bucket of whoever owns that name, in any account"))
                    .of(statement, bucket)
                    .help("require `aws:SourceAccount` too");
            }
        }
    }
}
