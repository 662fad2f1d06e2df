//! What a value means where it hangs on a loop, on a condition that is not known, on what others change, or on a secret.

use iamlint::lint::{self, Options};
use iamlint::report::Report;
use iamlint::rules;
use iamlint::source::Workspace;

fn linted(text: &str) -> Report {
    let workspace = Workspace::of_texts([("main.tf", text)]);
    let rules = rules::all().iter().filter(|it| it.head().runs_by_default).collect();
    let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    report
}

/// The rules that speak, and what they say.
fn said(text: &str) -> Vec<String> {
    linted(text).findings.iter().map(|it| format!("{}: {}", it.rule, it.message)).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_reference_in_a_loop_is_another_value_for_each_element() {
    let text = |first: &str, second: &str| {
        format!(
            r#"data "aws_ssm_parameter" "prefix" {{
  for_each = toset(["x", "y"])
  name     = each.key
}}
locals {{
  prefixes = {{ for name in ["x", "y"] : name => trimsuffix(data.aws_ssm_parameter.prefix[name].value, "/") }}
}}
resource "aws_iam_policy" "it" {{
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = ["arn:aws:s3:::b/${{local.prefixes.{first}}}/*", "arn:aws:s3:::b/${{local.prefixes.{second}}}/*"]
    }}]
  }})
}}
"#
        )
    };
    assert_eq!(said(&text("x", "y")), NOTHING);
    let twice = said(&text("x", "x"));
    assert!(matches!(&twice[..], [only] if only.starts_with("redundant_entry: ")), "{twice:?}");
}

#[test]
fn a_value_under_the_condition_that_its_block_stands_under_is_decided() {
    let text = |count: &str| {
        format!(
            r#"locals {{
  live = terraform.workspace == "live"
  arn  = local.live ? "arn:aws:s3:::reports/*" : "*"
}}
data "aws_iam_policy_document" "it" {{
  count = {count}
  statement {{
    actions   = ["s3:GetObject"]
    resources = [local.arn]
  }}
}}
resource "aws_iam_policy" "it" {{
  count  = {count}
  policy = data.aws_iam_policy_document.it[0].json
}}
"#
        )
    };
    assert_eq!(said(&text("local.live ? 1 : 0")), NOTHING);
    let other = said(&text("local.live ? 0 : 1"));
    assert!(matches!(&other[..], [only] if only.starts_with("data_any_resource: ")), "{other:?}");
    // In the case in which it is everything the finding is sure; it is not where the block stands in both.
    assert!(linted(&text("local.live ? 0 : 1")).findings[0].confidence > linted(&text("1")).findings[0].confidence);
}

#[test]
fn what_others_may_change_is_not_what_is_written() {
    let text = |lifecycle: &str| {
        format!(
            r#"resource "aws_ssm_parameter" "account" {{
  name           = "account"
  type           = "String"
  insecure_value = "Placeholder"
  {lifecycle}
}}
resource "aws_iam_role" "it" {{
  name = "it"
  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = {{ AWS = "arn:aws:iam::${{aws_ssm_parameter.account.insecure_value}}:role/deploy" }}
    }}]
  }})
}}
"#
        )
    };
    let speaks = |lifecycle: &str| said(&text(lifecycle)).iter().any(|it| it.starts_with("invalid_principal: "));
    assert!(speaks(""));
    assert!(speaks("lifecycle {\n    ignore_changes = [tags]\n  }"));
    for ignored in ["[insecure_value]", "[\"insecure_value\"]", "all"] {
        assert!(!speaks(&format!("lifecycle {{\n    ignore_changes = {ignored}\n  }}")), "{ignored}");
    }
}

#[test]
fn what_is_marked_as_sensitive_is_never_printed() {
    let text = r#"variable "secret" {
  sensitive = true
  default   = "arn:aws:s3:::hidden-one/*"
}
locals {
  marked = sensitive("arn:aws:s3:::hidden-two/*")
}
resource "aws_iam_policy" "it" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = [var.secret, local.marked, upper(local.marked)] }]
  })
}
"#;
    let findings = linted(text).findings;
    assert!(!findings.is_empty());
    let shown = format!("{findings:?}").to_lowercase();
    assert!(!shown.contains("hidden-one") && !shown.contains("hidden-two"), "{shown}");
}

#[test]
fn what_is_switched_off_is_counted() {
    let text = r#"variable "create" {
  default = false
}
resource "aws_iam_policy" "it" {
  count  = var.create ? 1 : 0
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}
"#;
    let report = linted(text);
    assert_eq!((report.findings.len(), report.summary.policies, report.summary.switched_off), (0, 0, 1));
}
