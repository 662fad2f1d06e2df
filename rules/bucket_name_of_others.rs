use crate::catalog::{self, Power};
use crate::policy::{Condition, Policy, Resource, Scope, Statement, is_account_id};
use crate::rule::{Context, Rewrite, Safety, Wanted};
use crate::value::HOLE;

/// How names begin that services form of an account and a region.
/// <https://www.aquasec.com/blog/bucket-monopoly-breaching-aws-accounts-through-shadow-resources/>
/// <https://www.aquasec.com/blog/aws-cdk-risk-exploiting-a-missing-s3-bucket-allowed-account-takeover/>
const PREDICTED: [&str; 11] = [
    "aws-athena-query-results-",
    "aws-codestar-",
    "aws-emr-studio-",
    "aws-glue-assets-",
    "aws-logs-",
    "aws-sam-cli-",
    "cdk-hnb659fds-assets-",
    "cf-templates-",
    "codestar-",
    "elasticbeanstalk-",
    "sagemaker-",
];

const OWNER: &str =
    "`aws:ResourceAccount` to be the account that owns it, or `aws:ResourceOrgID` to be your organization";

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.is_identity() {
        return;
    }
    for statement in policy.allow_statements().filter(|it| !it.conditions.iter().any(says_whose)) {
        let named = |it: &&Resource| why(it).is_some();
        let Some(resource) = statement.resources.iter().flat_map(Scope::only).find(named) else { continue };
        let (Some(why), true) = (why(resource), moves_data(statement, resource)) else { continue };
        let all = statement.resources.iter().flat_map(Scope::only).all(|it| named(&it));
        let apart = if all { "" } else { "put it in a statement of its own, and there " };
        // Who names one bucket means what is in it.
        let slash = if goes_on(resource) { "put a `/` before the `*`, or " } else { "" };
        let report =
            cx.report(&resource.place, why).of(statement, resource).help(format!("{slash}{apart}require {OWNER}"));
        // The condition would bind what else the statement allows.
        if policy.has_variables()
            && statement
                .actions
                .only()
                .iter()
                .flat_map(|it| it.reached().iter())
                .all(|it| it.service().prefix() == "s3" && !it.takes_only_star())
        {
            let own = Wanted::Variable("aws:PrincipalAccount");
            let guard = Rewrite::require(statement.place.span, "StringEquals", "aws:ResourceAccount", own);
            report.fix(Safety::Unsafe, "require the bucket to be of the caller's account", [guard]);
        }
    }
}

/// Whether a condition says whose bucket it must be, or that only what was chosen is reached.
fn says_whose(condition: &Condition) -> bool {
    const KEYS: [&str; 6] = [
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:resourceorgpaths",
        "s3:resourceaccount",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    ];
    condition.weakness().is_none() && KEYS.iter().any(|key| condition.is_on(key))
}

/// What is wrong with the name of a bucket, if anything is.
fn why(resource: &Resource) -> Option<String> {
    let part = resource.part(5).filter(|_| resource.part(2) == Some("s3") && resource.part(4) == Some(""))?;
    let name = part.split('/').next().unwrap_or(part);
    let shown = || {
        let shown = resource.text.to_string();
        shown.rsplit(":::").next().and_then(|it| it.split('/').next()).unwrap_or(&shown).to_owned()
    };
    if PREDICTED.iter().any(|it| name.starts_with(it)) {
        let shown = shown();
        return Some(format!(
            "`{shown}` is a name that anybody can predict, and nothing says that the bucket is yours"
        ));
    }
    // A star alone is everything, which is another matter; and what a name begins with may make it yours.
    let begins = name
        .trim_start_matches(['*', '?', '-', '.'])
        .starts_with(|it: char| it.is_ascii_alphanumeric() || it == HOLE && !resource.is_free());
    // EMR reads from buckets of its own, one in each region.
    // https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/getting-started.html
    if name.ends_with(".elasticmapreduce") {
        return None;
    }
    let numbered = name.split(['-', '.', '*']).any(is_account_id)
        || resource.text.holes().any(|(_, hole)| hole.reference.contains("account"));
    (begins && name.contains('*') && !numbered)
        .then(|| format!("`{}` fits buckets of anybody, and nothing says that it must be yours", shown()))
}

/// Whether it is a bucket by reference with a star right behind its name.
fn goes_on(resource: &Resource) -> bool {
    resource.part(5).and_then(|it| it.strip_suffix('*')?.strip_prefix(HOLE)) == Some("")
}

/// Whether data goes there or comes from there.
fn moves_data(statement: &Statement, resource: &Resource) -> bool {
    let s3 = |it: &catalog::Action| it.service().prefix() == "s3" && resource.fits(*it);
    statement
        .granted()
        .iter()
        .filter(|it| s3(it))
        .any(|it| matches!(it.power(), Power::ReadsData) || it.name().starts_with("PutObject"))
}
