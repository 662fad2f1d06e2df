//! What other linters get wrong about conditions, by where it was reported or read: the known traps are tests.

use iamlint::lint::{self, Options};
use iamlint::rule::Rule;
use iamlint::rules;
use iamlint::source::Workspace;

/// The rules that are on trial here.
const RULES: [&str; 25] = [
    "broad_condition_value",
    "condition_key_never_sent",
    "constant_condition",
    "dead_statement",
    "deny_on_absent_key",
    "deny_spares_everyone",
    "duplicate_condition_key",
    "hardcoded_partition",
    "insecure_transport_allowed",
    "malformed_condition_value",
    "malformed_policy_variable",
    "mfa_not_enforced",
    "mismatched_condition_operator",
    "missing_set_operator",
    "needless_set_operator",
    "optional_guard",
    "private_source_ip",
    "rcp_hits_services",
    "redundant_entry",
    "redundant_statement",
    "sidestepped_condition",
    "spoofable_condition",
    "unknown_condition_key",
    "unknown_condition_operator",
    "wildcard_in_exact_condition",
];

/// What the rules say of one file.
fn findings(file: &str, text: &str) -> Vec<String> {
    let workspace = Workspace::of_texts([(file, text)]);
    let rule = |id: &str| -> &'static Rule { rules::by_name(id).expect("it is a rule") };
    let options = Options { rules: RULES.map(rule).to_vec(), ..Options::default() };
    let report = lint::check(&workspace, &options, 1, &|_, _| {});
    assert_eq!(report.summary.policies, 1, "{text}");
    report.findings.iter().map(|it| format!("{}: {}", it.rule, it.message)).collect()
}

/// What the rules say of the statements of a policy.
fn said(statements: &str) -> Vec<String> {
    findings("policy.json", &format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#))
}

fn is_silent(statements: &str) {
    assert_eq!(said(statements), [] as [&str; 0], "{statements}");
}

/// That one rule speaks, and says this.
fn says(statements: &str, rule: &str, words: &str) {
    let said = said(statements);
    assert!(said.len() == 1 && said[0].starts_with(rule) && said[0].contains(words), "{statements}\n{said:#?}");
}

#[test]
fn a_key_of_a_resource_type_is_carried_by_the_actions_on_it() {
    // parliament #145
    is_silent(
        r#"{"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*",
            "Condition": {"StringEquals": {"ec2:Owner": "amazon"}}}"#,
    );
    is_silent(
        r#"{"Effect": "Allow", "Action": ["ec2:StopInstances", "rds:StopDBInstance"], "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "reports"}}}"#,
    );
}

#[test]
fn a_wildcard_none_of_whose_actions_carries_the_key_is_no_way_round() {
    says(
        r#"{"Effect": "Allow", "Action": "s3:DeleteBucket*", "Resource": "arn:aws:s3:::a",
            "Condition": {"StringLike": {"s3:prefix": "a/*"}}}"#,
        "condition_key_never_sent",
        "never allows `s3:DeleteBucket*`",
    );
}

#[test]
fn paths_in_an_organisation_are_many() {
    // boogy #87
    for key in ["aws:ResourceOrgPaths", "aws:PrincipalOrgPaths", "aws:SourceOrgPaths"] {
        is_silent(&format!(
            r#"{{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*",
                "Condition": {{"ForAnyValue:StringLike": {{"{key}": "o-a1b2c3d4e5/r-a1b2/*"}}}}}}"#
        ));
    }
}

#[test]
fn a_statement_without_a_condition_hides_none_behind_it() {
    // parliament's auditor of single-valued keys; checkov #1582 is the condition itself
    says(
        r#"{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
           {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*",
            "Condition": {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}"#,
        "needless_set_operator",
        "lets in every request without `aws:PrincipalOrgID`",
    );
}

#[test]
fn a_quantifier_hides_no_missing_second_factor() {
    // boogy PR #195; parliament's branch for `Null` never fires
    let said = said(
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a/*",
            "Condition": {"ForAnyValue:Bool": {"aws:MultiFactorAuthPresent": "false"}}}"#,
    );
    assert!(said.iter().any(|it| it.starts_with("mfa_not_enforced")), "{said:#?}");
    says(
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a/*",
            "Condition": {"Null": {"aws:MultiFactorAuthPresent": "true"}}}"#,
        "mfa_not_enforced",
        "lets in those without",
    );
}

#[test]
fn an_arn_written_out_may_be_compared_as_text() {
    // AWS's own pages do so; Access Analyzer reports the form with `Like` only
    is_silent(
        r#"{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": "arn:aws:sqs:eu-west-1:111122223333:a",
            "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:a"}}}"#,
    );
}

#[test]
fn variables_are_no_mistakes() {
    // ASKS: cfn-lint #964; services have variables of their own
    is_silent(
        r#"{"Effect": "Allow", "Action": "s3:GetObject",
            "Resource": ["arn:aws:s3:::${transfer:HomeBucket}", "arn:aws:s3:::home/${aws:username}/*"],
            "Condition": {"StringEquals": {"aws:ResourceTag/owner": "${aws:PrincipalTag/team, 'nobody'}"}}}"#,
    );
}

#[test]
fn the_guards_that_aws_advises_are_silent() {
    // A region lock (tfsec #450, checkov #1000), TLS (boogy #153), a perimeter, a second factor.
    is_silent(
        r#"{"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}}"#,
    );
    is_silent(
        r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::a/*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#,
    );
    is_silent(
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {
              "StringNotEqualsIfExists": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"},
              "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}"#,
    );
    is_silent(
        r#"{"Effect": "Deny", "NotAction": "iam:*", "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}"#,
    );
}

#[test]
fn conditions_in_common_use_are_silent() {
    // Trust, perimeters, tags, encryption, delivery by services: one statement a line, each right as it stands.
    for statement in include_str!("../testdata/conditions/silent.jsonl").lines() {
        is_silent(statement);
    }
}

#[test]
fn who_calls_a_key_is_told_by_account_and_service() {
    // cfn_nag #557, prowler #679
    is_silent(
        r#"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["kms:Decrypt", "kms:CreateGrant"], "Resource": "*",
            "Condition": {"StringEquals": {
              "kms:CallerAccount": "111122223333", "kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}"#,
    );
}

#[test]
fn a_denial_may_meet_another_policy() {
    is_silent(r#"{"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}"#);
}

#[test]
fn what_is_not_known_is_judged_by_nobody() {
    let document = r#"
        variable "key" {}
        variable "operator" {}
        variable "values" {}
        resource "aws_iam_policy" "a" {
          policy = jsonencode({
            Version = "2012-10-17"
            Statement = [
              {
                Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::a/*"
                Condition = { (var.operator) = { "aws:SourceIp" = var.values } }
              },
              {
                Effect = "Allow", Action = "s3:PutObject", Resource = "arn:aws:s3:::a/*"
                Condition = { StringEquals = { (var.key) = "a" }, IpAddress = { "aws:SourceIp" = [var.values, "203.0.113.0/24"] } }
              },
              { Effect = "Deny", Action = "s3:*", Resource = "*", Condition = var.values },
            ]
          })
        }
    "#;
    assert_eq!(findings("main.tf", document), [] as [&str; 0]);
}

/// What a rule advises about the condition of a statement.
#[track_caller]
fn advises(rule: &str, effect: &str, condition: &str, words: &str) {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{
            "Effect": "{effect}", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*", "Condition": {{ {condition} }}
        }}]}}"#
    );
    let workspace = Workspace::of_texts([("policy.json", &*text)]);
    let options = Options { rules: vec![rules::by_name(rule).expect("it is a rule")], ..Options::default() };
    let report = lint::check(&workspace, &options, 1, &|_, _| {});
    let help = report.findings.first().and_then(|it| it.help.clone()).unwrap_or_default();
    assert_eq!(help, words, "{condition}");
}

#[test]
fn what_is_advised_is_what_is_wrong_about_a_condition() {
    // To ask only that the key is there would open it as far as the star does.
    advises(
        "constant_condition",
        "Allow",
        r#""StringLike": { "aws:PrincipalOrgID": "*" }"#,
        "write the value that is meant; if it is enough that the key is there, write `\"Null\": { \"aws:PrincipalOrgID\": \
         \"false\" }`",
    );
    advises(
        "constant_condition",
        "Allow",
        r#""StringLike": { "aws:PrincipalArn": ["arn:aws:iam::111122223333:role/app", "*"] }"#,
        "take it out, for the other values to count, or leave the test out",
    );
    // Without the test it would deny everybody.
    advises(
        "constant_condition",
        "Deny",
        r#""StringNotLike": { "aws:PrincipalArn": "*" }"#,
        "write the value that is meant, or leave the statement out",
    );
    advises(
        "wildcard_in_exact_condition",
        "Allow",
        r#""StringEquals": { "aws:PrincipalOrgID": "*" }"#,
        "write the value that is meant",
    );
    advises(
        "wildcard_in_exact_condition",
        "Allow",
        r#""StringEquals": { "aws:PrincipalTag/team": "re*" }"#,
        "compare with `StringLike`",
    );
    // All but one is seldom who is meant to come in.
    let null = "require the key to be there: `\"Null\": { \"aws:SourceVpce\": \"false\" }`";
    let others = format!("say by `StringEquals` who may, or if all others are meant, {null}");
    for operator in ["StringNotEquals", "StringNotEqualsIfExists"] {
        advises(
            "optional_guard",
            "Allow",
            &format!(r#""{operator}": {{ "aws:SourceVpce": "vpce-0a1b2c3d" }}"#),
            &others,
        );
    }
    advises(
        "optional_guard",
        "Allow",
        r#""StringEqualsIfExists": { "aws:SourceVpce": "vpce-0a1b2c3d" }"#,
        "leave `IfExists` out",
    );
    advises(
        "optional_guard",
        "Allow",
        r#""ForAllValues:StringLike": { "aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/*" }"#,
        "write `ForAnyValue:StringLike`, for which one of them must fit, or require the key to be there: `\"Null\": { \
         \"aws:PrincipalOrgPaths\": \"false\" }`",
    );
}

#[test]
fn a_key_that_is_written_twice_under_an_operator_is_one_test() {
    let statement = |conditions: &str| {
        format!(
            r#"{{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*", "Condition": {{ {conditions} }} }}"#
        )
    };
    let twice = r#""StringEquals": { "aws:SourceVpce": "vpce-0a1b2c3d", "AWS:SourceVpce": "vpce-4e5f6a7b" }"#;
    says(&statement(twice), "duplicate_condition_key", "is the same key");
    let two =
        r#""StringEquals": { "aws:SourceVpce": "vpce-0a1b2c3d" }, "StringLike": { "aws:SourceVpce": "vpce-4e5f6a7b" }"#;
    says(&statement(two), "dead_statement", "cannot pass both tests");
}
