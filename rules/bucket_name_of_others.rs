use rustc_hash::FxHashSet;

use crate::catalog::{self, Power};
use crate::policy::{Condition, Policy, Resource, Scope, Statement, is_account_id};
use crate::rule::{Context, Rewrite, Safety, Wanted, quoted};
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

/// More than these are not told one by one.
const MOST: usize = 12;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.is_identity() {
        return;
    }
    for statement in policy.allow_statements().filter(|it| !it.conditions.iter().any(says_whose)) {
        let resources = || statement.resources.iter().flat_map(Scope::only);
        let moved = resources().filter_map(|it| Some((it, Open::of(it)?))).filter(|(it, _)| moves_data(statement, it));
        let mut seen = FxHashSet::default();
        let named: Vec<(&Resource, Open)> = moved.filter(|(it, _)| seen.insert(bucket_of(it))).collect();
        let Some((resource, open)) = named.first() else { continue };
        // What is there in one case only is no part of what is said of all.
        let is_told =
            |it: &&Resource| std::ptr::eq(*it, *resource) || [*resource, *it].iter().all(|it| it.place.given.is_none());
        let alike = named.iter().filter(|(_, of)| of == open).map(|(it, _)| *it).filter(is_told);
        let names: Vec<String> = alike.map(bucket_of).collect();
        let (them, their, owner) = match named.len() {
            1 => ("it", "its", "the account that owns it"),
            _ => ("them", "their", "among the accounts that own them"),
        };
        let all = resources().all(|it| Open::of(it).is_some());
        let apart = if all { String::new() } else { format!("put {them} in a statement of {their} own, and there ") };
        // Who names one bucket means what is in it.
        let slash = if named.iter().all(|(it, _)| goes_on(it)) { "put a `/` before the `*`, or " } else { "" };
        let mut report = cx.report(&resource.place, open.message(&names)).of(statement, resource).help(format!(
            "{slash}{apart}require `aws:ResourceAccount` to be {owner}, or `aws:ResourceOrgID` to be your organization"
        ));
        for (other, open) in named[1..].iter().take(MOST) {
            report = report.label(other.place.span, open.label(&bucket_of(other)));
        }
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
            let what = if named.len() == 1 { "the bucket" } else { "the buckets" };
            report.fix(Safety::Unsafe, format!("require {what} to be of the caller's account"), [guard]);
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

/// Why the name of a bucket may be that of somebody else's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// Services form such names, so that anybody can make the bucket first.
    Predicted,
    /// It fits many buckets.
    Pattern,
}

impl Open {
    fn of(resource: &Resource) -> Option<Self> {
        let part = resource.part(5).filter(|_| resource.part(2) == Some("s3") && resource.part(4) == Some(""))?;
        let name = part.split('/').next().unwrap_or(part);
        if PREDICTED.iter().any(|it| name.starts_with(it)) {
            return Some(Self::Predicted);
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
        (begins && name.contains('*') && !numbered).then_some(Self::Pattern)
    }

    fn message(self, names: &[String]) -> String {
        let (names, is_one) = (quoted(names), names.len() == 1);
        match self {
            Self::Predicted if is_one => {
                format!("{names} is a name that anybody can predict, and nothing says that the bucket is yours")
            }
            Self::Predicted => {
                format!("{names} are names that anybody can predict, and nothing says that the buckets are yours")
            }
            Self::Pattern if is_one => {
                format!("{names} fits buckets of anybody, and nothing says that it must be yours")
            }
            Self::Pattern => format!("{names} fit buckets of anybody, and nothing says that they must be yours"),
        }
    }

    fn label(self, name: &str) -> String {
        match self {
            Self::Predicted => format!("anybody can predict `{name}` as well"),
            Self::Pattern => format!("`{name}` fits buckets of anybody as well"),
        }
    }
}

/// The name of a bucket as it is written.
fn bucket_of(resource: &Resource) -> String {
    let shown = resource.text.to_string();
    shown.rsplit(":::").next().and_then(|it| it.split('/').next()).unwrap_or(&shown).to_owned()
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
