use std::sync::Arc;

use super::confused_deputy::bind_to_account;
use crate::frontend::Configuration;
use crate::policy::{Policy, Principal, Scope, split_arn};
use crate::rule::Context;

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    // Who deletes a bucket that is declared here deletes what trusts it too.
    let is_declared = |name: &str| {
        let names = configuration.buckets.iter().filter_map(|it| it.name.as_ref());
        names.into_iter().any(|it| it.raw() == name)
    };
    for policy in configuration.policies.iter().filter(|it| it.kind.grants()) {
        judge(policy, &is_declared, cx);
    }
}

fn judge(policy: &Arc<Policy>, is_declared: &dyn Fn(&str) -> bool, cx: &mut Context<'_>) {
    for statement in policy.allow_statements() {
        let is_let_in = |it: &Principal| it.is_everyone();
        let lets_everyone_in = || statement.principals.iter().flat_map(Scope::only).any(is_let_in);
        if !statement.callers().any(|(_, caller)| caller.sources == ["s3"]) && !lets_everyone_in() {
            continue;
        }
        let sources: Vec<_> = statement.conditions.iter().filter(|it| it.bounds_the_source()).collect();
        // What else bounds the source says whose the bucket is.
        if sources.is_empty() || !sources.iter().all(|it| it.is_on("aws:sourcearn")) {
            continue;
        }
        for value in sources.iter().flat_map(|it| &it.values) {
            let parts = split_arn(value.text.raw());
            let of_any = |account: &str| account.bytes().all(|it| it == b'*');
            let by_name = parts.len() == 6 && parts[2] == "s3" && of_any(parts[4]) && !parts[5].is_empty();
            if by_name && !value.text.has_holes() && !is_declared(parts[5]) {
                let bucket = &value.text;
                let report = cx
                    .report(&value.place, format!("`{bucket}` is the bucket of whoever owns that name, in any account"))
                    .on(&policy.address)
                    .of(statement, bucket)
                    .help("require `aws:SourceAccount` too");
                bind_to_account(report, policy, statement, "{}");
            }
        }
    }
}
