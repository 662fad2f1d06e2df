//! What conditions and denials silence is told when it is asked for, with what silences it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::process::{Command, Output};

use iamlint::lint::{self, Options};
use iamlint::report::Report;
use iamlint::rules;
use iamlint::source::Workspace;

const VPCE: &str = r#"{ "StringEquals": { "aws:SourceVpce": "vpce-0a1b2c3d" } }"#;

fn told(policy: &str) -> Report {
    let workspace = Workspace::of_texts([("policy.json", policy)]);
    let rules = rules::all().iter().filter(|it| it.runs_by_default()).collect();
    lint::check(&workspace, &Options { rules, silenced: true, ..Options::default() }, 1, &|_, _| {})
}

/// Each rule that is silenced, with what silences it.
fn silenced(policy: &str) -> Vec<(&'static str, Vec<String>)> {
    let report = told(policy);
    report.silenced.iter().map(|it| (it.finding.rule, it.by.iter().map(|it| it.message.clone()).collect())).collect()
}

fn queue(statements: &str) -> String {
    format!(r#"{{ "Version": "2012-10-17", "Statement": [{statements}] }}"#)
}

fn open_to_all(condition: &str) -> String {
    format!(
        r#"{{ "Sid": "Send", "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",
              "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs", "Condition": {condition} }}"#
    )
}

#[test]
fn a_condition_is_named_with_what_it_narrows() {
    let found = silenced(&queue(&open_to_all(VPCE)));
    let by = vec!["`aws:SourceVpce`, which narrows from which network".to_owned()];
    assert_eq!(found, [("public_resource_policy", by)]);
}

#[test]
fn what_stands_or_is_only_lowered_is_not_silenced() {
    let weak = r#"{ "StringEqualsIfExists": { "aws:SourceVpce": "vpce-0a1b2c3d" } }"#;
    let report = told(&queue(&open_to_all(weak)));
    assert!(report.findings.iter().any(|it| it.rule == "public_resource_policy"));
    assert!(report.silenced.is_empty(), "{:?}", report.silenced);
    let lowered = r#"{ "StringEquals": { "kms:ViaService": "sqs.eu-west-1.amazonaws.com" } }"#;
    assert!(silenced(&queue(&open_to_all(lowered))).is_empty());
}

#[test]
fn each_condition_that_is_enough_is_named_and_no_other() {
    let three = r#"{ "StringEquals": { "aws:SourceVpce": "vpce-0a1b2c3d", "aws:PrincipalOrgID": "o-a1b2c3d4e5" },
                     "Bool": { "aws:SecureTransport": "true" } }"#;
    let by: Vec<String> =
        ["`aws:SourceVpce`, which narrows from which network", "`aws:PrincipalOrgID`, which narrows who calls"]
            .map(str::to_owned)
            .to_vec();
    assert_eq!(silenced(&queue(&open_to_all(three))), [("public_resource_policy", by)]);
}

#[test]
fn a_test_that_another_makes_strict_silences_only_with_it() {
    let both = r#"{ "ForAllValues:StringEquals": { "aws:SourceVpce": "vpce-0a1b2c3d" },
                    "Null": { "aws:SourceVpce": "false" } }"#;
    let found = silenced(&queue(&open_to_all(both)));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].1.len(), 2, "{found:?}");
}

#[test]
fn a_denial_of_all_others_is_named() {
    let others = r#"{ "Sid": "Ours", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*",
                      "Condition": { "StringNotEquals": { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } } }"#;
    let tls = r#"{ "Bool": { "aws:SecureTransport": "true" } }"#;
    let found = silenced(&queue(&format!("{}, {others}", open_to_all(tls))));
    assert_eq!(found, [("public_resource_policy", vec!["the denial `Ours`".to_owned()])]);
}

#[test]
fn how_a_policy_is_written_is_not_silenced_by_what_it_says() {
    // Without its condition the second statement would say what the first says.
    let read = |condition: &str| {
        format!(r#"{{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"{condition} }}"#)
    };
    let bound = read(&format!(r#", "Condition": {VPCE}"#));
    assert_eq!(silenced(&queue(&format!("{}, {bound}", read("")))), []);
}

#[test]
fn the_policy_of_a_bucket_silences_what_is_said_of_the_bucket() {
    let module = format!(
        r#"
        resource "aws_s3_bucket" "site" {{ bucket = "example-site" }}
        resource "aws_s3_bucket_policy" "site" {{
          bucket = aws_s3_bucket.site.id
          policy = jsonencode({{ Version = "2012-10-17", Statement = [{{
            Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "${{aws_s3_bucket.site.arn}}/*",
            Condition = {}
          }}] }})
        }}"#,
        VPCE.replace(": {", " = {").replace("\": \"", "\" = \"")
    );
    let workspace = Workspace::of_texts([("main.tf", &*module)]);
    let rules = rules::by_id("public_bucket").into_iter().collect();
    let options = Options { rules, silenced: true, ..Options::default() };
    let report = lint::check(&workspace, &options, 1, &|_, _| {});
    assert!(report.findings.is_empty() && report.silenced.len() == 1, "{:?}", report.silenced);
    let not_asked = lint::check(&workspace, &Options { silenced: false, ..options }, 1, &|_, _| {});
    assert!(not_asked.silenced.is_empty());
}

#[test]
fn it_is_listed_for_people_and_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("policy.json"), queue(&open_to_all(VPCE))).unwrap();
    let run = |arguments: &[&str]| -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
        command.current_dir(folder.path()).arg("check").args(arguments).output().unwrap()
    };
    let text = |arguments: &[&str]| -> String { String::from_utf8(run(arguments).stdout).unwrap() };
    for arguments in [["--show-silenced"], ["--verbose"]] {
        let text = text(&arguments);
        assert!(text.contains("  silenced policy.json:1:"), "{text}");
        assert!(text.contains("no findings, 1 silenced by what policies say"), "{text}");
        assert!(text.contains(": public_resource_policy: ") && text.contains("from which network at 2:"), "{text}");
    }
    assert!(!text(&[]).contains("silenced"));
    assert_eq!(run(&["--show-silenced"]).status.code(), Some(0));
    let json = |arguments: &[&str]| -> serde_json::Value { serde_json::from_slice(&run(arguments).stdout).unwrap() };
    let report = json(&["--format", "json", "--show-silenced"]);
    let one = &report["silenced"][0];
    assert_eq!((&one["rule"], &one["by"][0]["range"]["start"]["line"]), (&"public_resource_policy".into(), &2.into()));
    assert!(report["findings"].as_array().unwrap().is_empty());
    assert!(json(&["--format", "json"]).get("silenced").is_none());
    for format in ["sarif", "github", "ndjson"] {
        assert_eq!(run(&["--show-silenced", "--format", format]).status.code(), Some(2));
    }
}

#[test]
fn what_keeps_an_access_point_shut_is_named_too() {
    let text = r#"resource "aws_s3_bucket" "maps" {
  bucket = "maps"
}
resource "aws_s3_access_point" "maps" {
  bucket = aws_s3_bucket.maps.id
  name   = "maps"
  public_access_block_configuration {
    block_public_acls       = false
    block_public_policy     = false
    ignore_public_acls      = false
    restrict_public_buckets = false
  }
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow", Principal = "*", Action = "s3:GetObject"
      Resource  = "arn:aws:s3:eu-west-1:111122223333:accesspoint/maps/object/*"
      Condition = { StringEquals = { "aws:PrincipalOrgID" = "o-a1b2c3d4e5" } }
    }]
  })
}
"#;
    let workspace = Workspace::of_texts([("main.tf", text)]);
    let rules = vec![rules::by_id("public_bucket").unwrap()];
    let options = Options { rules, silenced: true, ..Options::default() };
    let report = lint::check(&workspace, &options, 1, &|_, _| {});
    let [silenced] = &report.silenced[..] else { panic!("{:?}", report.silenced) };
    assert_eq!(silenced.by[0].message, "`aws:PrincipalOrgID`, which narrows who calls");
}
