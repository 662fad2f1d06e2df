//! Bugs that users reported to other linters, each a small case with what iamlint says of it. The names are those of the
//! threads.

use iamlint::lint::{self, Options};
use iamlint::rules;
use iamlint::source::Workspace;

/// `rule file:line` of every finding of medium confidence or more, with the rules that run by default.
fn said(files: &[(&str, &str)]) -> Vec<String> {
    let workspace = Workspace::of_texts(files.iter().copied());
    let rules = rules::all().iter().filter(|it| it.runs_by_default()).collect();
    let options = Options { rules, ..Options::default() };
    let report = lint::check(&workspace, &options, 1, &|_, _| {});
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    let sure = report.findings.iter().filter(|it| it.confidence > iamlint::rule::Confidence::Low);
    sure.map(|it| {
        let source = workspace.source(it.span.file);
        format!("{} {}:{}", it.rule, source.path.display(), source.position(it.span.start as usize).line)
    })
    .collect()
}

fn terraform(text: &str) -> Vec<String> {
    said(&[("main.tf", text)])
}

const NOTHING: [&str; 0] = [];

#[test]
fn trivy_8797_an_uncreated_arn_hides_no_wildcard_beside_it() {
    let text = r#"resource "aws_iam_policy" "it" {
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        { "Effect": "Allow", "Action": "sqs:*", "Resource": "*" },
        { "Effect": "Allow", "Action": "sns:*", "Resource": "*" },
        { "Effect": "Allow", "Action": "kinesis:PutRecord", "Resource": "${aws_kinesis_stream.new.arn}" }
      ]
    }
  EOT
}
resource "aws_kinesis_stream" "new" {
  name = "new"
}
"#;
    assert_eq!(terraform(text), ["wildcard_action main.tf:6", "wildcard_action main.tf:7"]);
}

#[test]
fn a_reference_used_twice_stands_at_each_of_its_places() {
    let text = r#"resource "aws_s3_bucket" "it" {}
data "aws_iam_policy_document" "it" {
  statement {
    actions   = ["s3:GetObject"]
    resources = [aws_s3_bucket.it.arn]
  }
  statement {
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.it.arn]
  }
}
"#;
    let workspace = Workspace::of_texts([("main.tf", text)]);
    let estate = iamlint::frontend::terraform::survey(&workspace);
    let options = iamlint::frontend::terraform::Options::default();
    let collected = iamlint::frontend::terraform::read(&workspace, &estate.called, &estate.roots[0], &options);
    let policy = &collected.configuration.policies[0];
    let places = policy.statements.iter().flat_map(|it| it.resources.iter().flat_map(|it| it.only()));
    let lines: Vec<_> =
        places.map(|it| workspace.source(it.place.span.file).position(it.place.span.start as usize).line).collect();
    assert_eq!(lines, [5, 9]);
}

#[test]
fn tfsec_1974_a_module_output_is_no_wildcard() {
    let text = r#"module "b" {
  source = "example/bucket/aws"
}
resource "aws_iam_policy" "it" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${module.b.arn}/*" }]
  })
}
"#;
    assert_eq!(terraform(text), NOTHING);
}

#[test]
fn trivy_8685_a_variable_without_a_default_is_not_empty() {
    let text = r#"variable "name" {}
data "aws_iam_policy_document" "it" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::${var.name}/*"]
  }
}
"#;
    assert_eq!(terraform(text), NOTHING);
}

#[test]
fn trivy_10926_each_call_has_its_own_values() {
    let root = r#"variable "unknown" {}
module "a" {
  source = "./m"
  action = "sqs:*"
}
module "b" {
  source = "./m"
  action = "sqs:SendMessage"
  other  = var.unknown
}
"#;
    let inner = r#"variable "action" {}
variable "other" {
  default = ""
}
resource "aws_iam_policy" "it" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = var.action, Resource = "*" }]
  })
}
"#;
    assert!(said(&[("main.tf", root), ("m/main.tf", inner)]).contains(&"wildcard_action main.tf:4".to_owned()));
}

#[test]
fn checkov_7337_every_file_of_a_for_each_is_read() {
    let root = r#"resource "aws_iam_policy" "it" {
  for_each = toset(["good", "bad"])
  policy   = file("${path.module}/${each.key}.txt")
}
"#;
    let good = r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs" } }"#;
    let bad = good.replace("sqs:SendMessage", "sqs:*").replace("arn:aws:sqs:eu-west-1:111122223333:jobs", "*");
    assert_eq!(said(&[("main.tf", root), ("good.txt", good), ("bad.txt", &bad)]), ["wildcard_action bad.txt:1"]);
}

#[test]
fn checkov_1068_what_is_not_there_is_not_reported() {
    let text = r#"resource "aws_iam_policy" "off" {
  count = 0
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
  })
}
data "aws_iam_policy_document" "it" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::reports/*"]
  }
  dynamic "statement" {
    for_each = []
    content {
      actions   = ["*"]
      resources = ["*"]
    }
  }
}
"#;
    assert_eq!(terraform(text), NOTHING);
}

#[test]
fn checkov_4540_a_bucket_policy_by_way_of_a_document_is_read() {
    let text = r#"resource "aws_s3_bucket_policy" "it" {
  bucket = "reports"
  policy = data.aws_iam_policy_document.it.json
}
data "aws_iam_policy_document" "it" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::reports/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}
"#;
    assert_eq!(terraform(text), ["public_bucket main.tf:11"]);
}

#[test]
fn checkov_7561_a_trust_policy_is_the_same_however_it_is_spelled() {
    let role = |policy: &str| format!("resource \"aws_iam_role\" \"it\" {{\n  assume_role_policy = {policy}\n}}\n");
    let json = r#"{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole" }] }"#;
    let encoded = role(&format!("jsonencode({})", json.replace("\": ", "\" = ")));
    let heredoc = role(&format!("<<EOT\n{json}\nEOT"));
    let document = role("data.aws_iam_policy_document.it.json")
        + "data \"aws_iam_policy_document\" \"it\" {\n  statement {\n    actions = [\"sts:AssumeRole\"]\n    principals {\n      type = \"AWS\"\n      identifiers = [\"*\"]\n    }\n  }\n}\n";
    for (text, line) in [(encoded, 2), (heredoc, 3), (document, 9)] {
        assert_eq!(terraform(&text), [format!("open_trust main.tf:{line}")], "{text}");
    }
}

#[test]
fn tfsec_450_a_deny_grants_nothing() {
    let text = r#"data "aws_iam_policy_document" "lock" {
  statement {
    effect    = "Deny"
    actions   = ["*"]
    resources = ["*"]
    condition {
      test     = "StringNotEquals"
      variable = "aws:RequestedRegion"
      values   = ["eu-west-1"]
    }
  }
}
"#;
    assert_eq!(terraform(text), NOTHING);
}

fn key(principal: &str, condition: &str) -> String {
    format!(
        r#"resource "aws_kms_key" "it" {{
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{ Effect = "Allow", Principal = {{ AWS = "{principal}" }}, Action = "kms:*", Resource = "*"{condition} }}]
  }})
}}
"#
    )
}

#[test]
fn kics_6844_the_default_key_policy_is_fine() {
    assert_eq!(terraform(&key("arn:aws:iam::111122223333:root", "")), NOTHING);
}

#[test]
fn cfn_nag_557_a_key_bound_to_one_account_and_service_is_not_public() {
    let condition = r#", Condition = { StringEquals = { "kms:CallerAccount" = "111122223333", "kms:ViaService" = "s3.eu-west-1.amazonaws.com" } }"#;
    let said = terraform(&key("*", condition));
    assert!(!said.iter().any(|it| it.starts_with("public_key_policy")), "{said:?}");
    assert!(terraform(&key("*", "")).iter().any(|it| it.starts_with("public_key_policy")));
}

#[test]
fn scoutsuite_1666_what_bounds_grants_nothing() {
    let text = r#"resource "aws_organizations_policy" "all" {
  content = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
  })
}
resource "aws_iam_policy" "boundary" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:*", Resource = "*" }]
  })
}
resource "aws_iam_role" "it" {
  permissions_boundary = aws_iam_policy.boundary.arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}
"#;
    assert_eq!(terraform(text), NOTHING);
}

#[test]
fn actions_that_take_only_a_star_are_fine_on_one() {
    for action in
        ["s3:ListAllMyBuckets", "xray:PutTraceSegments", "iam:ListVirtualMFADevices", "logs:DescribeLogGroups"]
    {
        let text = format!(
            "data \"aws_iam_policy_document\" \"it\" {{\n  statement {{\n    actions   = [\"{action}\"]\n    resources = [\"*\"]\n  }}\n}}\n"
        );
        assert_eq!(terraform(&text), NOTHING, "{action}");
    }
}

#[test]
fn prowler_7708_two_stars_are_one() {
    let policy = r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "**", "Resource": "**" } }"#;
    assert_eq!(said(&[("policy.json", policy)]), ["full_administrator policy.json:1"]);
}

#[test]
fn prowler_5035_all_but_what_does_not_exist_is_everything() {
    let policy = r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "NotAction": "nope:Nothing", "Resource": "*" } }"#;
    assert_eq!(said(&[("policy.json", policy)]), ["full_administrator policy.json:1"]);
}

#[test]
fn trivy_2962_one_flaw_in_a_module_is_one_finding() {
    let root = (1..=3).map(|n| format!("module \"m{n}\" {{\n  source = \"./m\"\n}}\n")).collect::<String>();
    let inner = "resource \"aws_iam_policy\" \"it\" {\n  policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = \"sqs:*\", Resource = \"*\" }] })\n}\n";
    assert_eq!(said(&[("main.tf", &root), ("m/main.tf", inner)]), ["wildcard_action m/main.tf:2"]);
}

#[test]
fn checkov_6982_a_public_access_block_is_joined_by_reference() {
    let text = r#"resource "aws_s3_bucket" "it" {
  bucket_prefix = "reports-"
}
resource "aws_s3_bucket_public_access_block" "it" {
  bucket                  = aws_s3_bucket.it.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
"#;
    assert_eq!(terraform(text), NOTHING);
}
