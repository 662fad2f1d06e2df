//! What the grammar of IAM is taken for, and what it is not: slips of other linters, named by their threads, and policies
//! that AWS takes.

use iamlint::lint::{self, Options};
use iamlint::rule::Confidence;
use iamlint::rules;
use iamlint::source::Workspace;

/// `rule line` of every validity finding that is more than a guess, and the messages.
fn findings(name: &str, text: &str) -> Vec<(String, String)> {
    let workspace = Workspace::of_texts([(name, text)]);
    let validity = rules::all().iter().filter(|it| it.head().theme == "validity").collect();
    let options = Options { rules: validity, ..Options::default() };
    let report = lint::check(&workspace, &options, 1, &|_, _| {});
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    assert!(report.summary.policies > 0, "there is no policy in it");
    let sure = report.findings.iter().filter(|it| it.confidence > Confidence::Low);
    sure.map(|it| {
        let line = workspace.source(it.span.file).position(it.span.start as usize).line;
        (format!("{} {line}", it.rule), it.message.clone())
    })
    .collect()
}

fn terraform(text: &str) -> Vec<String> {
    findings("main.tf", text).into_iter().map(|(rule, _)| rule).collect()
}

/// A statement that allows these actions on these resources.
fn allowing(actions: &str, resources: &str) -> Vec<(String, String)> {
    let text = format!(
        r#"{{ "Version": "2012-10-17",
"Statement": {{ "Effect": "Allow",
"Action": {actions},
"Resource": {resources} }} }}"#
    );
    findings("policy.json", &text)
}

#[test]
fn what_stands_where_nothing_could_be_read_is_not_missing() {
    let report = |statement: &str| {
        let text = format!(
            "data \"aws_iam_policy_document\" \"d\" {{\n{statement}}}\nresource \"aws_s3_bucket_policy\" \"p\" {{\n  bucket = \
             \"b\"\n  policy = data.aws_iam_policy_document.d.json\n}}\n"
        );
        let workspace = Workspace::of_texts([("main.tf", text)]);
        let rules = vec![rules::by_id("missing_element").expect("it is one")];
        lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {})
    };
    let rest = "principals {\n    type = \"AWS\"\n    identifiers = [\"111122223333\"]\n  }\n";
    for broken in [
        format!("  statement {{\n  actions = [\"s3:GetObject\"]\n  resources [\"*\"]\n  {rest}}}\n"),
        format!("  statement {{\n  actions = [\"s3:GetObject\"\n  resources = [\"*\"]\n  {rest}}}\n"),
        "  statement {\n  actions = [\"s3:GetObject\"]\n  resources = [\"*\"]\n  principals = {\n  }\n".to_owned(),
        format!("  statement\n  actions = [\"s3:GetObject\"]\n  resources = [\"*\"]\n  {rest}\n"),
    ] {
        let report = report(&broken);
        assert_eq!((report.findings.len(), report.summary.partly_resolved), (0, 1), "{broken}");
        assert!(!report.errors.is_empty(), "{broken}");
    }
    // What was read is judged: that nobody is named is missing in a statement beside one that is broken.
    let whole = "  statement {\n  actions = [\"s3:GetObject\"]\n  resources = [\"*\"]\n  }\n";
    let broken = format!("  statement {{\n  resources [\"*\"]\n  {rest}}}\n");
    assert_eq!(report(whole).findings.len(), 1);
    assert_eq!(report(&(whole.to_owned() + &broken)).findings.len(), 1);
}

const NOTHING: [&str; 0] = [];

fn silent(actions: &str, resources: &str) {
    assert_eq!(allowing(actions, resources), [], "{actions} on {resources}");
}

#[test]
fn cfn_lint_4025_wildcards_stand_anywhere_in_an_action() {
    silent(r#"["iam:List*Tags", "ec2:*Instance?", "s3:*Object*", "sqs:**"]"#, r#""*""#);
}

#[test]
fn boogy_178_a_question_mark_is_one_character() {
    assert_eq!(allowing(r#""s3:GetObject?""#, r#""*""#).len(), 1);
    silent(r#""s3:GetObjec?""#, r#""*""#);
}

#[test]
fn cfn_lint_4031_one_type_of_resource_is_enough() {
    silent(r#""ec2:CreateTags""#, r#""arn:aws:ec2:eu-west-1::snapshot/*""#);
    silent(r#""ec2:RunInstances""#, r#"["arn:aws:ec2:*:*:subnet/subnet-0a1b", "arn:aws:ec2:*::image/ami-*"]"#);
}

#[test]
fn parliament_255_a_pattern_of_actions_is_met_by_one_of_them() {
    silent(r#""s3:GetObject*""#, r#""arn:aws:s3:::reports/*""#);
    silent(r#""s3:Get*""#, r#""arn:aws:s3:::reports""#);
}

#[test]
fn cfn_lint_3384_arns_may_be_short_and_full_of_wildcards() {
    silent(r#""medialive:*""#, r#""arn:aws:medialive:*""#);
    silent(r#""ec2:RunInstances""#, r#""arn:*:ec2:*:*:launch-template/*""#);
    silent(r#""s3:GetObject""#, r#""arn:aws:s3:::*""#);
    silent(r#""s3:GetObject""#, r#""arn:aws:s3*""#);
}

#[test]
fn cfn_lint_964_policy_variables_stand_for_anything() {
    silent(r#""s3:PutObject""#, r#""arn:aws:s3:::${transfer:HomeBucket}""#);
    silent(r#""dynamodb:GetItem""#, r#""arn:aws:dynamodb:*:111122223333:table/${aws:PrincipalTag/team}""#);
}

#[test]
fn cfn_lint_4108_a_call_of_the_api_is_told_with_what_allows_it() {
    let [(rule, message)] = &allowing(r#""s3:CreateMultipartUpload""#, r#""arn:aws:s3:::reports/*""#)[..] else {
        panic!("it is one thing to say");
    };
    assert_eq!(rule, "unknown_action 3");
    assert!(message.contains("`s3:PutObject`"), "{message}");
}

#[test]
fn parliament_10_a_name_in_an_arn_may_hold_slashes_and_colons() {
    silent(r#""iam:PassRole""#, r#""arn:aws:iam::111122223333:role/service-role/app""#);
    silent(r#""logs:CreateLogStream""#, r#""arn:aws:logs:*:*:log-group:/aws/lambda/app:*""#);
    silent(r#""es:ESHttpGet""#, r#""arn:aws:es:eu-west-1:111122223333:domain/logs/index/_doc""#);
}

#[test]
fn actions_without_resources_are_right_on_a_star_and_wrong_on_an_arn() {
    silent(r#"["s3:ListAllMyBuckets", "xray:PutTraceSegments", "ec2:DescribeInstances"]"#, r#""*""#);
    let said = allowing(r#"["ec2:DescribeInstances"]"#, r#""arn:aws:ec2:*:*:instance/*""#);
    assert_eq!(said[0].0, "mismatched_resource 4");
}

#[test]
fn what_a_bucket_and_its_objects_take_is_told_apart() {
    assert_eq!(allowing(r#""s3:GetObject""#, r#""arn:aws:s3:::reports""#).len(), 1);
    assert_eq!(allowing(r#""s3:ListBucket""#, r#""arn:aws:s3:::reports/*""#).len(), 1);
    silent(r#"["s3:ListBucket", "s3:GetObject"]"#, r#"["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]"#);
    silent(r#"["s3:ListBucket", "s3:GetObject"]"#, r#""arn:aws:s3:::reports*""#);
}

#[test]
fn a_name_that_is_near_no_known_one_is_a_guess() {
    silent(r#"["s3:FrobnicateBucket", "frobnicator:Frobnicate"]"#, r#""*""#);
}

#[test]
fn provider_40639_a_sid_of_a_key_policy_may_hold_blanks() {
    let text = r#"resource "aws_kms_key" "it" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Enable IAM User Permissions"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}"#;
    assert_eq!(terraform(text), NOTHING);
}

#[test]
fn cfn_lint_948_principals_of_every_partition_are_principals() {
    for partition in ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"] {
        let text = format!(
            r#"{{ "Version": "2012-10-17", "Statement": {{ "Effect": "Allow", "Action": "sts:AssumeRole",
"Principal": {{ "AWS": ["arn:{partition}:iam::111122223333:role/app", "arn:{partition}:sts::111122223333:assumed-role/other/x"] }} }} }}"#
        );
        assert_eq!(findings("policy.json", &text), [], "{partition}");
    }
}

#[test]
fn kics_7091_an_identity_policy_within_a_role_has_no_principal() {
    let text = r#"resource "aws_iam_role" "it" {
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
  inline_policy {
    policy = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "s3:ListAllMyBuckets", Resource = "*" }]
    })
  }
}"#;
    assert_eq!(terraform(text), ["deprecated_role_argument 6"]);
}

#[test]
fn boogy_1_22_what_service_control_policies_may_say_since_2025_is_silent() {
    let text = r#"resource "aws_organizations_policy" "it" {
  name = "floor"
  content = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", NotAction = "iam:*User*", NotResource = "arn:aws:s3:::reports" },
      { Effect = "Allow", Action = "ec2:*Describe*", Resource = "*", Condition = { Bool = { "aws:SecureTransport" = "true" } } },
    ]
  })
}"#;
    assert_eq!(terraform(text), NOTHING);
}

#[test]
fn what_is_not_known_is_never_wrong() {
    let text = r#"variable "any" {}
resource "aws_iam_policy" "it" {
  policy = jsonencode({
    Version = var.any
    Statement = [
      { Sid = var.any, Effect = var.any, Action = var.any, Resource = var.any, Condition = var.any },
      { Effect = "Allow", Action = ["${var.any}:GetObject", "s3:${var.any}"], Resource = ["${var.any}/*", "arn:aws:s3:::${var.any}"] },
      merge(var.any, { Effect = "Allow" }),
      var.any,
    ]
  })
}
resource "aws_iam_role" "it" {
  assume_role_policy = var.any
}
resource "aws_s3_bucket_policy" "it" {
  bucket = var.any
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = [var.any], Service = "${var.any}.amazonaws.com" }, Action = var.any, Resource = var.any }]
  })
}"#;
    assert_eq!(terraform(text), NOTHING);
}

#[test]
fn an_invocation_permission_names_its_function_as_the_provider_does() {
    let text = r#"resource "aws_lambda_permission" "it" {
  action        = "lambda:InvokeFunction"
  function_name = "app"
  principal     = "s3.amazonaws.com"
  source_arn    = "arn:aws:s3:::reports"
}"#;
    assert_eq!(terraform(text), NOTHING);
}

#[test]
fn a_document_that_is_broken_in_several_ways_says_each_of_them() {
    let text = r#"{ "Version": "2012-10-18",
"Statement": [
{ "effect": "allow", "Actions": "s3:GetObject",
"Resource": "reports" },
{ "Effect": "Deny", "Action": "s3:GetObject", "NotAction": "s3:*", "Resource": "*" } ] }"#;
    let said: Vec<String> = findings("policy.json", text).into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(
        said,
        [
            "invalid_version 1",
            "missing_element 3",
            "invalid_effect 3",
            "unknown_element 3",
            "malformed_arn 4",
            "exclusive_elements 5"
        ]
    );
}

#[test]
fn all_inline_policies_of_a_role_count_together_wherever_they_are_written() {
    let text = r#"locals {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = [for it in range(150) : format("arn:aws:s3:::reports-of-team-%03d/*", it)]
    }]
  })
}
resource "aws_iam_role" "it" {
  name = "app"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
  inline_policy {
    policy = local.policy
  }
}
resource "aws_iam_role_policy" "by_reference" {
  role   = aws_iam_role.it.id
  policy = local.policy
}
resource "aws_iam_role_policy" "of_another" {
  role   = "other"
  policy = local.policy
}"#;
    let mut said = findings("main.tf", text);
    said.retain(|(rule, _)| rule.starts_with("oversized_policy"));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].1.starts_with("2 policies have together"), "{said:?}");
}

/// What is said of the size of a managed policy whose one resource has a name of so many characters.
fn said_of_size(policy: &str, characters: usize) -> String {
    let name = "a".repeat(characters);
    let text = format!("resource \"aws_iam_policy\" \"it\" {{\n  {}\n", policy.replace("NAME", &name));
    let said = findings("main.tf", &text).into_iter().filter(|(rule, _)| rule.starts_with("oversized_policy"));
    said.map(|(_, message)| message).collect()
}

#[test]
fn a_list_of_one_is_counted_as_it_is_written() {
    // `length(jsonencode(…))` is 112 without the name.
    let encoded = r#"policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::NAME"] }]
  })
}"#;
    assert_eq!(
        said_of_size(encoded, 6_146 - 112),
        "6146 bytes without white space, and a managed policy may have 6144"
    );
    // The provider writes a list of one as a text, but for statements.
    let data = r#"policy = data.aws_iam_policy_document.it.json
}
data "aws_iam_policy_document" "it" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::NAME"]
  }
}"#;
    assert_eq!(said_of_size(data, 6_146 - 108), "6146 bytes without white space, and a managed policy may have 6144");
}

#[test]
fn what_may_not_be_there_makes_no_policy_too_large() {
    let text = |count: &str| {
        format!(
            "variable \"on\" {{}}\nresource \"aws_iam_policy\" \"it\" {{\n  policy = data.aws_iam_policy_document.it.json\n}}\n\
             data \"aws_iam_policy_document\" \"it\" {{\n  dynamic \"statement\" {{\n    for_each = {count}\n    content {{\n      \
             actions = [\"sqs:SendMessage\"]\n      resources = [for n in range(200) : \"arn:aws:sqs:eu-west-1:111122223333:queue${{n}}\"]\n    \
             }}\n  }}\n}}\n"
        )
    };
    let is_told =
        |count: &str| findings("main.tf", &text(count)).iter().any(|(rule, _)| rule.starts_with("oversized_policy"));
    assert!(is_told("[1]"));
    assert!(!is_told("var.on ? [1] : []"));
}

#[test]
fn a_file_that_is_a_policy_but_for_its_statements_is_one() {
    let said: Vec<String> = findings("policy.json", r#"{ "Version": "2012-10-18", "Statement": {} }"#)
        .into_iter()
        .map(|(rule, _)| rule)
        .collect();
    assert_eq!(said, ["invalid_version 1", "missing_element 1", "missing_element 1", "missing_element 1"]);
}

/// What a rule advises about a statement.
fn advised(rule: &str, statement: &str) -> String {
    let text = format!(r#"{{ "Version": "2012-10-17", "Statement": {{ "Effect": "Allow", {statement} }} }}"#);
    let workspace = Workspace::of_texts([("policy.json", text.as_str())]);
    let rules = vec![rules::by_id(rule).expect("it is one")];
    let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
    report.findings.first().and_then(|it| it.help.clone()).unwrap_or_default()
}

#[test]
fn what_stands_beside_the_right_entry_is_to_be_left_out() {
    let action = |actions: &str| advised("unknown_action", &format!(r#""Action": [{actions}], "Resource": "*""#));
    assert_eq!(action(r#""dynamo:GetItem", "dynamodb:GetItem""#), "leave it out: `dynamodb:GetItem` is here already");
    assert_eq!(action(r#""dynamo:GetItem", "dynamodb:PutItem""#), "write `dynamodb:…` if that is meant");
    let log = r#""logs:CreateLog", "logs:CreateLogGroup", "logs:CreateLogStream""#;
    assert_eq!(
        action(log),
        "leave it out if what is meant is here already: `logs:CreateLogGroup` or `logs:CreateLogStream`"
    );
    assert!(action(r#""logs:CreateLog""#).starts_with("write `logs:CreateLogAnomalyDetector`, "));

    let key = |condition: &str| {
        let statement = r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#;
        advised("unknown_condition_key", &format!(r#"{statement}, "Condition": {{ {condition} }}"#))
    };
    let beside = "leave it out: `aws:PrincipalOrgID` is tested beside it already";
    for wrong in ["aws:PrincipalOrgsID", "aws:PrincipalOrg", "PrincipalOrgID"] {
        assert_eq!(key(&format!(r#""StringEquals": {{ "{wrong}": "o-1", "aws:PrincipalOrgID": "o-1" }}"#)), beside);
    }
    // Another operator asks something else of it.
    let null = r#""StringEquals": { "aws:PrincipalOrgsID": "o-1" }, "Null": { "aws:PrincipalOrgID": "false" }"#;
    assert_eq!(key(null), "write `aws:PrincipalOrgID`");
    let tag = r#""StringEquals": { "aws:ResourceTag": "x", "aws:ResourceTag/team": "x" }"#;
    assert_eq!(key(tag), "leave it out: `aws:ResourceTag/team` is tested beside it already");
}

#[test]
fn what_is_written_once_for_several_buckets_is_named_once() {
    let text = "resource \"aws_s3_bucket\" \"all\" {\n  for_each = toset([\"a\", \"b\"])\n}\ndata \"aws_iam_policy_document\" \"d\" \
                {\n  statement {\n    actions   = [\"s3:GetObject\", \"s3:ListAllMyBuckets\"]\n    resources = [for it in \
                aws_s3_bucket.all : it.arn]\n  }\n}\noutput \"d\" {\n  value = data.aws_iam_policy_document.d.json\n}\n";
    let messages: Vec<_> = findings("main.tf", text).into_iter().map(|(_, message)| message).collect();
    assert_eq!(messages[0], "`s3:GetObject` never applies to `${aws_s3_bucket.all}`");
}

#[test]
fn what_is_wrong_about_a_principal_is_what_the_advice_mends() {
    let help = |arn: &str| {
        advised("invalid_principal", &format!(r#""Principal": {{ "AWS": "{arn}" }}, "Action": "sts:AssumeRole""#))
    };
    assert_eq!(help("arn:aws:iam::1111222233334:role/app"), "write the number of the account");
    assert_eq!(
        help("arn:aws:iam:eu-west-1:111122223333:role/app"),
        "leave the region out, and its colons in: `arn:aws:iam::…`"
    );
    assert_eq!(help("arn:aws:iam::111122223333:group/team"), "name its users, or a role that they assume");
    assert_eq!(help("arn:aws:iam::111122223333:policy/app"), "name an account, a role, a user or a session");
}

#[test]
fn plain_http_that_is_let_in_alone_is_turned_where_it_is_written() {
    let help = |effect: &str, value: &str| {
        let statement = format!(
            r#""Effect": "{effect}", "Action": "s3:GetObject", "Resource": "*", "Condition": {{ "Bool": {{ "aws:SecureTransport": "{value}" }} }}"#
        );
        let text = format!(r#"{{ "Version": "2012-10-17", "Statement": {{ {statement} }} }}"#);
        let workspace = Workspace::of_texts([("policy.json", text.as_str())]);
        let rules = vec![rules::by_id("insecure_transport_allowed").expect("it is one")];
        let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
        report.findings[0].help.clone().unwrap_or_default()
    };
    assert!(help("Allow", "false").starts_with("write `true`, or leave the test out and deny where"));
    assert_eq!(help("Deny", "true"), "write `false`");
}

#[test]
fn what_a_statement_must_have_is_not_to_be_left_out_of_it() {
    let help = |statement: &str| advised("empty_element", statement);
    let statement = "say what is meant, or leave the statement out";
    assert_eq!(help(r#""Action": [], "Resource": "*""#), statement);
    assert_eq!(help(r#""Action": "s3:GetObject", "Resource": []"#), statement);
    let test = |operator: &str| {
        let key = format!(r#""Condition": {{ "{operator}": {{ "aws:RequestedRegion": [] }} }}"#);
        help(&format!(r#""Action": "s3:GetObject", "Resource": "*", {key}"#))
    };
    // Nobody passes the one, and everybody would without it; and everybody passes the other.
    assert_eq!(test("StringEquals"), statement);
    assert_eq!(test("StringNotEquals"), "say what is meant, or leave out `aws:RequestedRegion`");
}

#[test]
fn a_slip_is_mended_by_what_was_meant() {
    let statement = |action: &str, condition: &str| format!(r#""Action": "{action}", "Resource": "*"{condition}"#);
    assert_eq!(advised("malformed_action", &statement("s3:Get Object", "")), "write `s3:GetObject`");
    assert!(advised("malformed_action", &statement("GetObject", "")).starts_with("write `service:Action`"));
    // A key is called by a service of one region.
    let via = r#", "Condition": { "StringEquals": { "kms:ViaService": "s3" } }"#;
    let via = statement("kms:Decrypt", via);
    assert_eq!(advised("malformed_kms_condition", &via), "write it with its region, `s3.eu-west-1.amazonaws.com`");
    assert_eq!(advised("malformed_condition_value", &via), "");
    assert_eq!(advised("malformed_kms_condition", &via.replace("\"s3\"", "\"*\"")), "");
}
