//! Comments for other linters, which count when the configuration honours them: what they silence there, the rules that
//! find the same here are silent about, and the report says what would replace them.

use super::Date;
use crate::config::Peer;
use crate::rule::Rule;
use crate::rules;

/// Other names of trivy's checks: those of tfsec, the newer and the older ones.
/// <https://aquasecurity.github.io/tfsec/latest/checks/aws/>
const NAMES: &[(&str, &str)] = &[
    ("aws-ecr-no-public-access", "AWS-0032"),
    ("aws-iam-no-password-reuse", "AWS-0056"),
    ("aws-iam-no-policy-wildcards", "AWS-0057"),
    ("aws-iam-require-lowercase-in-passwords", "AWS-0058"),
    ("aws-iam-require-numbers-in-passwords", "AWS-0059"),
    ("aws-iam-require-symbols-in-passwords", "AWS-0060"),
    ("aws-iam-require-uppercase-in-passwords", "AWS-0061"),
    ("aws-iam-set-max-password-age", "AWS-0062"),
    ("aws-iam-set-minimum-password-length", "AWS-0063"),
    ("aws-kms-auto-rotate-keys", "AWS-0065"),
    ("aws-lambda-restrict-source-arn", "AWS-0067"),
    ("aws-s3-block-public-acls", "AWS-0086"),
    ("aws-s3-block-public-policy", "AWS-0087"),
    ("aws-s3-enable-bucket-logging", "AWS-0089"),
    ("aws-s3-enable-logging", "AWS-0089"),
    ("aws-s3-enable-versioning", "AWS-0090"),
    ("aws-s3-ignore-public-acls", "AWS-0091"),
    ("aws-s3-no-public-access-with-acl", "AWS-0092"),
    ("aws-s3-no-public-buckets", "AWS-0093"),
    ("aws-s3-specify-public-access-block", "AWS-0094"),
    ("aws-sqs-no-wildcards-in-policy-documents", "AWS-0097"),
    ("aws-s3-encryption-customer-key", "AWS-0132"),
    ("aws-iam-no-user-attached-policies", "AWS-0143"),
    ("aws-cloudtrail-no-public-log-access", "AWS-0161"),
    ("AWS001", "AWS-0092"),
    ("AWS002", "AWS-0089"),
    ("AWS019", "AWS-0065"),
    ("AWS037", "AWS-0056"),
    ("AWS039", "AWS-0063"),
    ("AWS040", "AWS-0060"),
    ("AWS041", "AWS-0059"),
    ("AWS042", "AWS-0058"),
    ("AWS043", "AWS-0061"),
    ("AWS047", "AWS-0097"),
    ("AWS058", "AWS-0067"),
    ("AWS073", "AWS-0091"),
    ("AWS074", "AWS-0086"),
    ("AWS075", "AWS-0093"),
    ("AWS076", "AWS-0087"),
    ("AWS077", "AWS-0090"),
    ("AWS098", "AWS-0094"),
    ("AWS099", "AWS-0057"),
];

/// What a comment for another linter silences.
#[derive(Debug)]
pub(super) struct Honoured {
    /// As it is written: `checkov:skip=CKV_AWS_111`.
    pub(super) text: String,
    /// The rules that find here what it silences there.
    pub(super) rules: Vec<&'static Rule>,
    pub(super) reason: String,
    pub(super) until: Option<Date>,
    pub(super) scope: Scope,
}

/// Where such a comment works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// In the whole block that it stands in: checkov.
    Around,
    /// Where one of ours would.
    Here,
    /// On the next line alone.
    NextLine,
}

/// The word by which a file is known to have such comments.
pub(super) fn mark(peer: Peer) -> &'static str {
    match peer {
        Peer::Checkov => ":skip=",
        Peer::Trivy => "trivy:ignore:",
        Peer::Tfsec => "tfsec:ignore:",
        Peer::Kics => "kics-scan",
    }
}

/// How many comments of a text speak to a linter and would silence something here.
pub fn count(text: &str, peer: Peer) -> usize {
    let comment = |line: &&str| line.contains(['#', '/']) && line.contains(mark(peer));
    text.lines().filter(comment).filter(|line| !parse(line, &[peer]).is_empty()).count()
}

/// What a comment silences that speaks to one of the linters.
pub(super) fn parse(comment: &str, honour: &[Peer]) -> Vec<Honoured> {
    let comment = comment.trim_end_matches("*/");
    honour
        .iter()
        .flat_map(|peer| match peer {
            Peer::Checkov => checkov(comment),
            Peer::Trivy => ignore("trivy:ignore:", comment),
            Peer::Tfsec => ignore("tfsec:ignore:", comment),
            Peer::Kics => kics(comment).into_iter().collect(),
        })
        .filter(|it| !it.rules.is_empty())
        .collect()
}

/// `checkov:skip=CKV_AWS_111:reason`, within the block.
/// <https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html>
fn checkov(comment: &str) -> Vec<Honoured> {
    let marks = ["checkov:skip=", "bridgecrew:skip=", "cortex:skip="];
    let Some((mark, rest)) = marks.iter().find_map(|mark| Some((mark, comment.split_once(mark)?.1))) else {
        return Vec::new();
    };
    let id = word(rest.trim_start());
    let reason = rest.trim_start()[id.len()..].strip_prefix(':').unwrap_or_default();
    vec![Honoured {
        text: format!("{mark}{id}"),
        rules: aliased("checkov", id),
        reason: reason.trim().to_owned(),
        until: None,
        scope: Scope::Around,
    }]
}

/// `tfsec:ignore:aws-iam-no-policy-wildcards:exp:2027-01-31`, as often as one likes, where one of ours would work. What
/// holds for one workspace or one value only is left alone.
fn ignore(mark: &'static str, comment: &str) -> Vec<Honoured> {
    let one = |(at, _): (usize, &str)| {
        let rest = &comment[at + mark.len()..];
        let id = if rest.starts_with('*') { "*" } else { word(rest) };
        let mut behind = &rest[id.len()..];
        let mut until = None;
        if let Some(date) = behind.strip_prefix(":exp:") {
            let text: String = date.chars().take(10).collect();
            until = Some(Date::parse(&text)?);
            behind = &date[text.len()..];
        }
        if behind.starts_with('[') || behind.starts_with(":ws:") {
            return None;
        }
        let text = format!("{mark}{id}");
        let reason = behind.split(mark).next().unwrap_or_default().trim_start_matches([':', ' ', '-']).trim();
        Some(Honoured { text, rules: of_trivy(id), reason: reason.to_owned(), until, scope: Scope::Here })
    };
    comment.match_indices(mark).filter_map(one).collect()
}

/// `kics-scan ignore-line` and `kics-scan ignore-block`, which silence every check of theirs. What names checks does so by
/// ids that mean nothing here.
/// <https://docs.kics.io/latest/running-kics/#using_commands_on_scanned_files_as_comments>
fn kics(comment: &str) -> Option<Honoured> {
    let verb = word(comment.split_once("kics-scan")?.1.trim_start());
    let scope = match verb {
        "ignore-line" => Scope::NextLine,
        "ignore-block" => Scope::Here,
        _ => return None,
    };
    let reason = String::new();
    Some(Honoured { text: format!("kics-scan {verb}"), rules: all("kics"), reason, until: None, scope })
}

fn word(text: &str) -> &str {
    let end = text.find(|it: char| !it.is_ascii_alphanumeric() && !matches!(it, '-' | '_'));
    &text[..end.unwrap_or(text.len())]
}

fn of_trivy(id: &str) -> Vec<&'static Rule> {
    if id == "*" { all("trivy") } else { aliased("trivy", name_in_trivy(id)) }
}

/// The name that trivy has now for one of its checks, by an older one or by that of tfsec; other names as they are.
pub fn name_in_trivy(id: &str) -> &str {
    let id = id.get(..4).filter(|it| it.eq_ignore_ascii_case("avd-")).map_or(id, |head| &id[head.len()..]);
    NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(id)).map_or(id, |(_, id)| id)
}

fn aliased(peer: &str, id: &str) -> Vec<&'static Rule> {
    rules::by_alias(&format!("{peer}:{id}")).collect()
}

fn all(peer: &str) -> Vec<&'static Rule> {
    let is_of = |alias: &&'static str| alias.split_once(':').is_some_and(|(it, _)| it == peer);
    rules::all().iter().filter(|it| it.head().aliases.iter().any(is_of)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_name_is_that_of_a_check_that_is_served() {
        for (name, id) in NAMES {
            assert!(!of_trivy(name).is_empty(), "{name} is {id}, which no rule serves");
        }
    }

    const ALL: [Peer; 4] = [Peer::Checkov, Peer::Trivy, Peer::Tfsec, Peer::Kics];

    fn one(comment: &str) -> Option<(String, String, Option<String>)> {
        let mut parsed = parse(comment, &ALL);
        assert!(parsed.len() < 2, "{parsed:?}");
        parsed.pop().map(|it| (it.text, it.reason, it.until.map(|it| it.to_string())))
    }

    #[test]
    fn each_linter_is_read_in_its_own_language() {
        let read = |comment: &str, text: &str, reason: &str, until: Option<&str>| {
            assert_eq!(one(comment), Some((text.into(), reason.into(), until.map(str::to_owned))), "{comment}");
        };
        read("#checkov:skip=CKV_AWS_111: ours", "checkov:skip=CKV_AWS_111", "ours", None);
        read("# bridgecrew:skip=CKV_AWS_111", "bridgecrew:skip=CKV_AWS_111", "", None);
        read("#tfsec:ignore:aws-iam-no-policy-wildcards", "tfsec:ignore:aws-iam-no-policy-wildcards", "", None);
        read("#tfsec:ignore:AWS099:exp:2027-01-31 so", "tfsec:ignore:AWS099", "so", Some("2027-01-31"));
        read("/* trivy:ignore:avd-aws-0345: state */", "trivy:ignore:avd-aws-0345", "state", None);
        read("// kics-scan ignore-block", "kics-scan ignore-block", "", None);
        assert_eq!(
            parse("# tfsec:ignore:aws-s3-block-public-acls tfsec:ignore:aws-s3-block-public-policy", &ALL).len(),
            2
        );
    }

    #[test]
    fn what_is_narrower_or_means_nothing_here_is_left_alone() {
        for comment in [
            "# checkov:skip=CKV_TF_1: modules",
            "# tfsec:ignore:AWS099:ws:prod",
            "# tfsec:ignore:AWS099[name=a]",
            "# tfsec:ignore:AWS099:exp:soon",
            "# kics-scan disable=9a1b2c3d-0000-0000-0000-000000000000",
            "# kics-scan ignore",
            "# we use checkov and tfsec",
        ] {
            assert_eq!(one(comment), None, "{comment}");
        }
        assert!(parse("# checkov:skip=CKV_AWS_111", &[Peer::Kics]).is_empty());
    }
}
