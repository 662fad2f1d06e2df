use crate::frontend::Resource;
use crate::policy::{is_account_id, split_arn};
use crate::rule::{Confidence, Context};

/// Accounts in which AWS itself publishes layers, the same in most regions.
const OF_AWS: &[&str] = &[
    "017000801446", // https://docs.aws.amazon.com/powertools/python/latest/getting-started/install/
    "094274105915", // https://docs.aws.amazon.com/powertools/typescript/latest/getting-started/lambda-layers/
    "580247275435", // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights-extension-versions.html
];

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    if resource.kind != "aws_lambda_function" {
        return;
    }
    let known = &cx.facts().trust.accounts;
    let role = resource.texts("role");
    let is_own = |account: &str| role.iter().any(|it| account_of(it.value.raw()) == Some(account));
    for layer in resource.texts("layers") {
        let Some(account) = account_of(layer.value.raw()) else { continue };
        if known.contains_key(account) || OF_AWS.contains(&account) || is_own(account) {
            continue;
        }
        let message =
            format!("`{}` is code of the account `{account}`, and runs with all that the function may do", layer.value);
        let report = cx
            .report(&layer.place, message)
            .about(&layer.value)
            .help("publish a copy of the layer in an account of yours, or name the account under `[trust.accounts]`");
        // Where none is named, the account may well be the function's own.
        if known.is_empty() {
            report.confidence(Confidence::Medium);
        }
    }
}

fn account_of(arn: &str) -> Option<&str> {
    split_arn(arn).get(4).copied().filter(|it| is_account_id(it))
}
