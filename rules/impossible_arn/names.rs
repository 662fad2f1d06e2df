//! Which characters the names of resources are made of, where AWS says so. What is told by a wildcard, a policy variable
//! or a hole is not looked at, and of a name only what is certainly a part of it.

use crate::policy::Resource;
use crate::value::HOLE;

/// The names of a kind of resource.
struct Names {
    service: &'static str,
    /// What stands before the name in the last part of the ARN.
    before: &'static str,
    of: &'static str,
    /// What the name takes beside letters and digits.
    takes: &'static str,
    /// Whether a path may stand before the name, rather than something else behind it.
    has_path: bool,
}

/// Buckets that were made in `us-east-1` before March 2018 may have capitals and underscores; and the names of
/// repositories have no capitals, which would be a mistake of another kind.
/// - <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names>
/// - <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
/// - <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
/// - <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html>
/// - <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
/// - <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>
const NAMES: [Names; 10] = [
    Names { service: "iam", before: "role/", of: "a role", takes: "+=,.@_-", has_path: true },
    Names { service: "iam", before: "user/", of: "a user", takes: "+=,.@_-", has_path: true },
    Names { service: "iam", before: "group/", of: "a group", takes: "+=,.@_-", has_path: true },
    Names { service: "iam", before: "policy/", of: "a policy", takes: "+=,.@_-", has_path: true },
    Names { service: "iam", before: "instance-profile/", of: "an instance profile", takes: "+=,.@_-", has_path: true },
    Names { service: "s3", before: "", of: "a bucket", takes: ".-_", has_path: false },
    Names { service: "lambda", before: "function:", of: "a function", takes: "-_", has_path: false },
    Names { service: "sqs", before: "", of: "a queue", takes: "-_.", has_path: false },
    Names { service: "sns", before: "", of: "a topic", takes: "-_.", has_path: false },
    Names { service: "dynamodb", before: "table/", of: "a table", takes: "-_.", has_path: false },
];

/// A character that a name cannot have.
pub(super) struct Misnamed {
    /// It in words, and of what it is.
    pub(super) why: String,
    /// What the name may have.
    pub(super) help: String,
}

/// The first character that no name of the kind has.
pub(super) fn misnamed(resource: &Resource) -> Option<Misnamed> {
    let (service, rest) = (resource.part(2)?, resource.part(5)?);
    // What S3 has in regions and accounts are no buckets.
    if service == "s3" && (resource.part(3) != Some("") || resource.part(4) != Some("")) {
        return None;
    }
    let (names, rest) = NAMES
        .iter()
        .filter(|it| it.service == service)
        .find_map(|it| Some((it, rest.strip_prefix(it.before).filter(|rest| !rest.is_empty())?)))?;
    let is_open = |it: char| matches!(it, '*' | '?' | '$' | '}' | HOLE);
    let name = match names.has_path {
        true => rest.rsplit(|it| it == '/' || is_open(it)).next(),
        // Behind it stands a key, a version, an index or a subscription.
        false => rest.split(|it| matches!(it, '/' | ':') || is_open(it)).next(),
    };
    let wrong = name?.chars().find(|it| !it.is_ascii_alphanumeric() && !names.takes.contains(*it))?;
    // Such a text waits for somebody to put the name in.
    if "<>[](){}%".contains(wrong) {
        return None;
    }
    let word = if wrong == ' ' { "blank".to_owned() } else { format!("`{wrong}`") };
    Some(Misnamed {
        why: format!("the name of {} takes no {word}", names.of),
        help: format!("write the name as it is, of letters, digits and `{}`", names.takes),
    })
}
