//! Who comes in: the wiring of a data platform, written well and badly; traps about it that other linters have fallen
//! into; and public policies as they were judged elsewhere.

use std::path::{Path, PathBuf};

use iamlint::lint::{self, Options};
use iamlint::report::Report;
use iamlint::rule::{Rule, Severity};
use iamlint::rules;
use iamlint::source::Workspace;

fn report(name: &str, text: &str, rules: Vec<&'static Rule>) -> (Workspace, Report) {
    let workspace = Workspace::of_texts([(name, text)]);
    let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    (workspace, report)
}

/// The line and the rule of each finding.
fn found(name: &str, text: &str, rules: Vec<&'static Rule>) -> Vec<(usize, &'static str)> {
    let (workspace, report) = report(name, text, rules);
    let line = |span: iamlint::source::Span| workspace.source(span.file).position(span.start as usize).line;
    report.findings.iter().map(|it| (line(it.span), it.rule)).collect()
}

/// The rules that have been found, once each, whatever the line.
fn rules_found(text: &str) -> Vec<&'static str> {
    let name = if text.trim_start().starts_with('{') { "policy.json" } else { "main.tf" };
    let mut rules: Vec<_> = found(name, text, by_default()).into_iter().map(|(_, rule)| rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

fn by_default() -> Vec<&'static Rule> {
    rules::all().iter().filter(|it| it.runs_by_default()).collect()
}

fn testdata(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    std::fs::read_to_string(path).expect("it is part of the project")
}

#[test]
fn a_platform_that_is_wired_well_is_left_alone() {
    let text = testdata("platform/well/main.tf");
    let chosen = ["open_vpc_endpoint", "message_plain_http", "service_trust_without_source"];
    let rules = by_default().into_iter().chain(chosen.into_iter().filter_map(rules::by_name)).collect();
    assert_eq!(found("main.tf", &text, rules), []);
}

#[test]
fn a_platform_that_is_wired_badly_is_reported_at_every_mark() {
    let text = testdata("platform/badly/main.tf");
    let found = found("main.tf", &text, rules::all().iter().collect());
    let marks: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .filter_map(|(n, line)| Some((n + 1, line.split_once("# finding: ")?.1.trim())))
        .collect();
    assert!(!marks.is_empty());
    for mark in &marks {
        assert!(found.contains(mark), "{mark:?} is not reported");
    }
    // No rule that is marked somewhere speaks where it is not marked.
    for finding in found.iter().filter(|it| marks.iter().any(|mark| mark.1 == it.1)) {
        assert!(marks.contains(finding), "{finding:?} is not marked");
    }
}

const STATEMENT: &str = r#"{ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole" }"#;

fn policy(statements: &str) -> String {
    format!(r#"{{ "Version": "2012-10-17", "Statement": [{statements}] }}"#)
}

/// checkov#473 and #7584: an offence in the second statement, or in a list, was not seen.
#[test]
fn an_offence_is_found_in_any_statement_and_in_any_list() {
    let harmless =
        r#"{ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }"#;
    let listed = STATEMENT.replace("\"*\"", "[\"arn:aws:iam::111122223333:role/a\", \"*\"]");
    let bare = STATEMENT.replace(r#"{ "AWS": "*" }"#, "\"*\"");
    for offence in [STATEMENT, &listed, &bare] {
        let found = rules_found(&policy(&format!("{harmless}, {offence}")));
        // Whoever lets everybody in needs no second statement.
        let exposing: Vec<_> = found.into_iter().filter(|it| !it.starts_with("redundant_")).collect();
        assert_eq!(exposing, ["open_trust"], "{offence}");
    }
}

/// checkov#6839 and #7209: a condition that leaves one role was overlooked.
#[test]
fn everybody_under_a_condition_that_leaves_one_role_is_that_role() {
    let bound = r#"{ "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole",
        "Condition": { "ArnLike": { "aws:PrincipalArn": "arn:aws:iam::111122223333:role/deploy" } } }"#;
    assert!(rules_found(&policy(bound)).is_empty());
    for weak in ["ArnLikeIfExists", "ForAllValues:ArnLike", "ArnNotLike"] {
        let weak = bound.replace("\"ArnLike\"", &format!("\"{weak}\""));
        // The key is in every signed request, so that only the negation opens it.
        let opens = rules_found(&policy(&weak)).contains(&"open_trust");
        assert_eq!(opens, weak.contains("Not"), "{weak}");
    }
    let organisation = bound.replace("ArnLike", "StringEquals").replace("aws:PrincipalArn", "aws:PrincipalOrgID");
    let organisation = organisation.replace("arn:aws:iam::111122223333:role/deploy", "o-a1b2c3d4e5");
    assert!(rules_found(&policy(&organisation)).is_empty());
    for weak in ["StringEqualsIfExists", "ForAllValues:StringEquals", "StringNotEquals"] {
        let weak = organisation.replace("\"StringEquals\"", &format!("\"{weak}\""));
        assert!(rules_found(&policy(&weak)).contains(&"open_trust"), "{weak}");
    }
}

/// checkov#5423 and #6983: subjects with a variable behind the owner failed.
#[test]
fn a_subject_with_a_variable_behind_the_owner_is_bound() {
    let text = r#"
variable "repository" {}
locals {
  environment = "production"
}
resource "aws_iam_role" "it" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = { "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com" }
        StringLike   = { "token.actions.githubusercontent.com:sub" = ["repo:example/${var.repository}:*", "repo:example/app:environment:${local.environment}"] }
      }
    }]
  })
}
"#;
    assert_eq!(rules_found(text), [""; 0]);
}

#[test]
fn of_tests_that_each_leave_something_open_the_narrowest_counts() {
    let found = |tests: &[(&str, &str)]| {
        let key =
            |(claim, value): &(&str, &str)| format!(r#""token.actions.githubusercontent.com:{claim}": "{value}""#);
        let tests = tests.iter().map(key).collect::<Vec<_>>().join(", ");
        let statement = format!(
            r#"{{ "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {{ "StringLike": {{ {tests} }} }},
                "Principal": {{ "Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }} }}"#
        );
        let (_, report) =
            report("policy.json", &policy(&statement), rules::by_name("open_oidc_trust").into_iter().collect());
        report.findings.iter().map(|it| it.severity).collect::<Vec<_>>()
    };
    let workflow = ("job_workflow_ref", "example/ci/.github/workflows/deploy.yml@refs/heads/main");
    assert_eq!(found(&[workflow]), [Severity::Medium]);
    assert_eq!(found(&[("sub", "repo:*"), workflow]), [Severity::Medium]);
    assert_eq!(found(&[("sub", "repo:*"), ("repository", "*/app")]), [Severity::Critical]);
    assert!(found(&[("sub", "repo:example/*"), workflow]).is_empty());
    assert!(found(&[("sub", "repo:example/*"), ("repository", "example/app")]).is_empty());
    assert_eq!(found(&[("repository_owner", "ex*")]), [Severity::Critical]);
}

/// prowler#2810 and #4714: what the advice asked for locked the service out.
#[test]
fn no_source_is_asked_of_services_that_do_not_send_one() {
    for service in ["ec2", "lambda", "glue", "cloudtrail", "elastictranscoder", "edgelambda", "backup", "ssm"] {
        let statement = format!(
            r#"{{ "Effect": "Allow", "Principal": {{ "Service": "{service}.amazonaws.com" }}, "Action": "sts:AssumeRole" }}"#
        );
        let rules = ["confused_deputy", "service_trust_without_source"].into_iter().filter_map(rules::by_name);
        assert_eq!(found("policy.json", &policy(&statement), rules.collect()), [], "{service}");
    }
    // https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    let topic = r#"{ "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" }, "Action": "sns:Publish",
        "Resource": "arn:aws:sns:eu-west-1:111122223333:it" }"#;
    assert!(rules_found(&policy(topic)).is_empty());
}

/// boogy#153: a denial was taken for a grant.
#[test]
fn a_denial_opens_nothing() {
    let deny = r#"{ "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*",
        "Condition": { "Bool": { "aws:SecureTransport": "false" } } }"#;
    assert!(rules_found(&policy(deny)).is_empty());
}

/// What others judge to be public, in JSON lines of `policy` and `expect` at `public/cases.jsonl` of the folder that
/// `IAMLINT_ORACLE` names.
#[test]
fn policies_are_public_as_they_were_judged_elsewhere() {
    let Some(root) = std::env::var_os("IAMLINT_ORACLE") else {
        eprintln!("skipped: IAMLINT_ORACLE names no folder");
        return;
    };
    let text = std::fs::read_to_string(PathBuf::from(root).join("public/cases.jsonl")).expect("the cases are there");
    let public = rules::all().iter().filter(|it| {
        it.id.starts_with("public_") || ["open_trust", "open_oidc_trust", "not_principal_allow"].contains(&it.id)
    });
    let public: Vec<_> = public.collect();
    let mut wrong = Vec::new();
    for line in text.lines() {
        let case: serde_json::Value = serde_json::from_str(line).expect("a case is JSON");
        // The strict reading is that of the public access block of a bucket, which takes fewer conditions for bounds, and
        // the sessions of one role by its unique id for everybody. Two conditions that contradict each other are told by
        // rules on conditions, and the statement is reported all the same.
        let is_other_matter = ["pub-contradiction", "pub-userid-role-sessions"].iter().any(|it| case["id"] == *it);
        if case["strict"] == true || is_other_matter {
            continue;
        }
        let found = found("policy.json", &case["policy"].to_string(), public.clone());
        let verdict = if found.is_empty() { "not-public" } else { "public" };
        if case["expect"] != verdict {
            wrong.push(format!("{}: {verdict}", case["id"]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A trust policy for an issuer of tokens, under conditions.
fn oidc(issuer: &str, conditions: &str) -> String {
    format!(
        r#"{{ "Version": "2012-10-17", "Statement": [{{ "Effect": "Allow",
          "Principal": {{ "Federated": "arn:aws:iam::111122223333:oidc-provider/{issuer}" }},
          "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {{ {conditions} }} }}] }}"#
    )
}

#[test]
fn an_audience_that_anybody_may_have_binds_nobody() {
    let worst = |issuer, conditions| {
        let rule = rules::by_id("open_oidc_trust").expect("it is one");
        report("policy.json", &oidc(issuer, conditions), vec![rule]).1.findings.iter().map(|it| it.severity).max()
    };
    let is_open = |issuer, conditions| worst(issuer, conditions) == Some(Severity::Critical);
    let vercel = "oidc.vercel.com";
    assert!(is_open(vercel, r#""StringEquals": { "oidc.vercel.com:aud": "sts.amazonaws.com" }"#));
    assert!(is_open(vercel, r#""StringLike": { "oidc.vercel.com:aud": "https://vercel.com/*" }"#));
    let team = r#""StringEquals": { "oidc.vercel.com:aud": "https://vercel.com/acme" }"#;
    assert_eq!(worst(vercel, team), Some(Severity::Medium), "all projects of one team");
    assert!(is_open("accounts.google.com", r#""StringLike": { "accounts.google.com:aud": "https://*" }"#));
    assert!(!is_open("accounts.google.com", r#""StringEquals": { "accounts.google.com:aud": "1234.apps" }"#));
}

#[test]
fn a_condition_that_the_holder_meets_anyway_leaves_an_administrator() {
    let severity = |condition: &str| {
        let text = format!(
            r#"{{ "Version": "2012-10-17", "Statement": {{ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{ {condition} }} }} }}"#
        );
        report("policy.json", &text, vec![rules::by_id("full_administrator").expect("it is one")]).1.findings[0]
            .severity
    };
    assert_eq!(severity(r#""Bool": { "aws:SecureTransport": "true" }"#), Severity::Critical);
    assert_eq!(severity(r#""StringEquals": { "aws:PrincipalOrgID": "o-a1b2c3d4e5" }"#), Severity::Critical);
    assert_eq!(severity(r#""Bool": { "aws:MultiFactorAuthPresent": "true" }"#), Severity::High);
}

#[test]
fn an_account_that_a_condition_leaves_out_does_not_come_in() {
    let text = r#"{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
      "Principal": { "AWS": ["arn:aws:iam::444455556666:root", "arn:aws:iam::777788889999:root"] },
      "Condition": { "StringEquals": { "aws:PrincipalAccount": "444455556666" } } }] }"#;
    let found = report("policy.json", text, vec![rules::by_id("account_wide_trust").expect("it is one")]).1.findings;
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("444455556666"));
}

#[test]
fn a_layer_and_a_multi_region_access_point_are_what_their_actions_take() {
    let layer = r#"
resource "aws_lambda_layer_version_permission" "it" {
  layer_name     = "arn:aws:lambda:us-west-2:123456654321:layer:shared"
  version_number = 1
  action         = "lambda:GetLayerVersion"
  principal      = "111111111111"
  statement_id   = "shared"
}
"#;
    assert!(!rules_found(layer).contains(&"mismatched_resource"));
    let point = r#"{ "Version": "2012-10-17", "Statement": [
      { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap/object/*" },
      { "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap" }] }"#;
    assert_eq!(rules_found(point), Vec::<&str>::new());
}

#[test]
fn what_is_left_open_is_told_by_how_far_it_is() {
    let queue = r#"{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",
      "Resource": "arn:aws:sqs:eu-west-1:111122223333:q", "Condition": { "ArnEquals": { "aws:SourceArn": "arn:aws:s3:::acme-data" } } }] }"#;
    assert!(rules_found(queue).contains(&"source_without_account"));
    let key = |account: &str| {
        let text = format!(
            r#"{{ "Version": "2012-10-17", "Statement": {{ "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:eu-west-1:{account}:key/*" }} }}"#
        );
        report("policy.json", &text, vec![rules::by_id("kms_any_key").expect("it is one")]).1.findings[0].severity
    };
    assert_eq!((key("*"), key("111122223333")), (Severity::High, Severity::Medium));
}

#[test]
fn what_is_held_back_does_not_hide_what_is_not() {
    let bucket = |acls: bool, point: &str| {
        format!(
            r#"
resource "aws_s3_bucket" "maps" {{
  bucket = "example-maps"
  acl    = "public-read-write"
}}
resource "aws_s3_bucket_public_access_block" "maps" {{
  bucket            = aws_s3_bucket.maps.id
  block_public_acls = {acls}
}}
resource "aws_s3_bucket_policy" "maps" {{
  bucket = aws_s3_bucket.maps.id
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::example-maps/*" }}]
  }})
}}
resource "aws_s3_access_point" "maps" {{
  name   = "maps"
  bucket = aws_s3_bucket.maps.id
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{
      Effect = "Allow", Principal = "*", Action = "s3:*"
      Resource = "arn:aws:s3:eu-west-1:111122223333:accesspoint/maps/object/*"
    }}]
  }})
  {point}
}}
"#
        )
    };
    let told = |acls: bool, point: &str| {
        let (_, report) = report("main.tf", &bucket(acls, point), vec![rules::by_id("public_bucket").unwrap()]);
        let [finding] = &report.findings[..] else { panic!("one finding: {:?}", report.findings) };
        let besides = finding.labels.iter().filter(|it| it.message.starts_with("besides")).count();
        (finding.severity, finding.message.clone(), besides)
    };
    let (severity, message, besides) = told(true, "");
    assert_eq!((severity, besides), (Severity::High, 2), "{message}");
    assert!(message.contains("`s3:GetObject`"), "{message}");
    let (severity, message, _) = told(false, "");
    assert_eq!(severity, Severity::Critical, "{message}");
    let open = "public_access_block_configuration {\n    restrict_public_buckets = false\n  }";
    let (severity, message, besides) = told(true, open);
    assert_eq!((severity, besides), (Severity::High, 2), "{message}");
}

/// A bucket with these statements, and an open access point by which everybody may do `action`.
fn behind_point(statements: &str, action: &str) -> String {
    format!(
        r#"
resource "aws_s3_bucket" "maps" {{
  bucket = "example-maps"
}}
resource "aws_s3_bucket_policy" "maps" {{
  bucket = aws_s3_bucket.maps.id
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{statements}] }})
}}
resource "aws_s3_access_point" "maps" {{
  name   = "maps"
  bucket = aws_s3_bucket.maps.id
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{
      Effect = "Allow", Principal = "*", Action = "{action}"
      Resource = "arn:aws:s3:eu-west-1:111122223333:accesspoint/maps/object/*"
    }}]
  }})
  public_access_block_configuration {{
    restrict_public_buckets = false
  }}
}}
"#
    )
}

/// A statement for everybody on all of that bucket, under a condition if there is one.
fn on_maps(effect: &str, action: &str, condition: &str) -> String {
    let resource = r#"["arn:aws:s3:::example-maps", "arn:aws:s3:::example-maps/*"]"#;
    let condition = if condition.is_empty() { String::new() } else { format!(", Condition = {{ {condition} }}") };
    format!(
        r#"{{ Effect = "{effect}", Principal = "*", Action = "{action}", Resource = {resource}{condition} }},
"#
    )
}

const BY_POINTS: &str = r#"StringEquals = { "s3:DataAccessPointAccount" = "111122223333" }"#;
const NOT_BY_POINTS: &str = r#"StringNotEquals = { "s3:DataAccessPointAccount" = "111122223333" }"#;
const NOT_BY_ENDPOINT: &str = r#"StringNotEquals = { "aws:SourceVpce" = "vpce-1a2b3c4d" }"#;
const PLAIN_HTTP: &str = r#"Bool = { "aws:SecureTransport" = "false" }"#;

#[test]
fn an_access_point_opens_no_more_than_the_bucket_lets_in_by_it() {
    let severity = |statements: &str, action: &str| {
        let rules = vec![rules::by_id("public_bucket").unwrap()];
        let (_, report) = report("main.tf", &behind_point(statements, action), rules);
        let [finding] = &report.findings[..] else { panic!("one finding: {:?}", report.findings) };
        finding.severity
    };
    let by_points = on_maps("Allow", "*", BY_POINTS);
    assert_eq!(severity(&by_points, "s3:GetObject"), Severity::High);
    assert_eq!(severity(&by_points, "s3:PutObject"), Severity::Critical);
    assert_eq!(severity(&on_maps("Allow", "s3:GetObject", BY_POINTS), "s3:*"), Severity::High);
    let and_no_other_way = by_points.clone() + &on_maps("Deny", "s3:*", NOT_BY_POINTS);
    assert_eq!(severity(&and_no_other_way, "s3:GetObject"), Severity::High);
    for statements in [
        on_maps("Deny", "s3:*", PLAIN_HTTP),
        on_maps("Allow", "s3:PutObject", BY_POINTS),
        on_maps("Allow", "*", &BY_POINTS.replace(" }", ", \"aws:PrincipalOrgID\" = \"o-a1b2c3d4e5\" }")),
        on_maps("Allow", "*", &BY_POINTS.replace(" }", ", \"s3:AccessPointNetworkOrigin\" = \"VPC\" }")),
        by_points.clone() + &on_maps("Deny", "s3:*", NOT_BY_ENDPOINT),
    ] {
        assert_eq!(severity(&statements, "s3:GetObject"), Severity::Low, "{statements}");
    }
}

#[test]
fn a_denial_of_all_of_s3_closes_what_is_allowed_of_everything() {
    let text = |denial: &str| {
        let statements = on_maps("Allow", "*", "") + denial;
        behind_point(&statements, "s3:GetObject").split("resource \"aws_s3_access_point\"").next().unwrap().to_owned()
    };
    let is_public = |text: &str| rules_found(text).contains(&"public_bucket");
    assert!(is_public(&text("")));
    assert!(!is_public(&text(&on_maps("Deny", "s3:*", NOT_BY_ENDPOINT))));
    assert!(is_public(&text(&on_maps("Deny", "sqs:*", NOT_BY_ENDPOINT))));
}

#[test]
fn a_bucket_that_is_open_is_one_finding_with_the_blocks_that_are_off() {
    let block = "resource \"aws_s3_bucket_public_access_block\" \"maps\" {\n  bucket = aws_s3_bucket.maps.id\n  block_public_policy \
                 = false\n  restrict_public_buckets = false\n}\n";
    let open = behind_point(&on_maps("Allow", "s3:GetObject", BY_POINTS), "s3:GetObject") + block;
    assert_eq!(rules_found(&open), ["public_bucket"]);
    // Of these the bucket's can be turned on.
    let asks_for_block = |text: &str| {
        let (_, report) = report("main.tf", text, vec![rules::by_id("public_bucket").unwrap()]);
        report.findings[0].help.as_deref().unwrap().ends_with(", and turn the public access block on")
    };
    assert!(!asks_for_block(&open));
    assert!(asks_for_block(&(behind_point(&on_maps("Allow", "s3:GetObject", ""), "s3:GetObject") + block)));
    // Once somebody has answered for that, the blocks stand for themselves.
    let ignore = "  # iamlint: ignore[public_bucket] reason=\"maps are for everybody\"\n  policy = jsonencode({\n    Version   =";
    let answered = open.replace("  policy = jsonencode({\n    Version   =", ignore);
    assert_eq!(rules_found(&answered), ["access_point_block_off", "public_access_block_off"]);
    // So do they where nothing is open.
    let shut = behind_point(&on_maps("Deny", "s3:*", PLAIN_HTTP), "s3:GetObject") + block;
    assert_eq!(rules_found(&shut), ["access_point_block_off", "public_access_block_off", "public_bucket"]);
}

#[test]
fn nobody_gets_in_by_an_object_lambda_access_point() {
    let policy = |actions: &str| {
        format!(
            r#"
resource "aws_s3control_object_lambda_access_point_policy" "maps" {{
  name   = "maps"
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{
      Effect = "Allow", Principal = "*", Action = {actions}
      Resource = "arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/maps"
    }}]
  }})
}}
"#
        )
    };
    let severity =
        |text: &str| report("main.tf", text, vec![rules::by_id("public_bucket").unwrap()]).1.findings[0].severity;
    assert_eq!(severity(&policy(r#"["s3-object-lambda:GetObject", "s3-object-lambda:HeadObject"]"#)), Severity::Low);
}

#[test]
fn an_answer_for_one_way_into_a_bucket_leaves_the_others_to_be_said() {
    let statement = |comment: &str, on: &str| {
        format!(
            "    {comment}\n    {{ Effect = \"Allow\", Principal = \"*\", Action = \"s3:GetObject\", \
             Resource = \"${{aws_s3_bucket.b.arn}}/{on}/*\" }},\n"
        )
    };
    let text = |comment: &str| {
        format!(
            "resource \"aws_s3_bucket\" \"b\" {{ bucket = \"reports\" }}\n\
             resource \"aws_s3_bucket_policy\" \"b\" {{\n  bucket = aws_s3_bucket.b.id\n\
               policy = jsonencode({{ Version = \"2012-10-17\", Statement = [\n{}{}  ] }})\n}}\n",
            statement(comment, "public"),
            statement("", "payroll"),
        )
    };
    let of_bucket = |text: &str| {
        let (_, report) = report("main.tf", text, by_default());
        let open = report.findings.iter().filter(|it| it.rule == "public_bucket");
        open.map(|it| it.statement.as_ref().map(|it| it.index)).collect::<Vec<_>>()
    };
    assert_eq!(of_bucket(&text("")), [Some(0)]);
    assert_eq!(of_bucket(&text("# iamlint: ignore[public_bucket] reason=\"downloads\"")), [Some(1)]);
}

#[test]
fn an_answer_for_a_further_way_into_a_bucket_is_used_also_where_it_is_held_back() {
    let text = |refused: bool| {
        let block = format!(
            "resource \"aws_s3_bucket_public_access_block\" \"b\" {{\n  bucket = aws_s3_bucket.b.id\n  block_public_policy = {refused}\n  \
             restrict_public_buckets = {refused}\n}}\n"
        );
        let statement = |comment: &str, action: &str| {
            format!(
                "    {{ Effect = \"Allow\", Principal = \"*\", Action = \"{action}\", Resource = \"arn:aws:s3:::b/*\" }},{comment}\n"
            )
        };
        format!(
            "resource \"aws_s3_bucket\" \"b\" {{\n  bucket = \"b\"\n}}\n{block}resource \"aws_s3_bucket_policy\" \"b\" {{\n  bucket = \
             aws_s3_bucket.b.id\n  policy = jsonencode({{ Version = \"2012-10-17\", Statement = [\n{}{}  ] }})\n}}\n",
            statement("", "s3:PutObject"),
            statement(" # iamlint: ignore[public_bucket] reason=\"downloads\"", "s3:GetObject"),
        )
    };
    for refused in [false, true] {
        let rules = ["public_bucket", "unused_ignore"].map(|it| rules::by_id(it).unwrap());
        let (_, report) = report("main.tf", &text(refused), rules.to_vec());
        let found: Vec<_> = report.findings.iter().map(|it| it.rule).collect();
        assert_eq!((found, report.suppressed.len()), (vec!["public_bucket"], 1), "{refused}");
    }
}

#[test]
fn the_policy_of_a_multi_region_access_point_is_held_by_its_own_block() {
    let text = |restrict: bool, name: &str| {
        format!(
            r#"
resource "aws_s3_bucket" "b" {{
  bucket = "b"
}}
resource "aws_s3_bucket_policy" "b" {{
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{
    Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::b/*"
    Condition = {{ StringEquals = {{ "s3:DataAccessPointAccount" = "111122223333" }} }}
  }}] }})
}}
resource "aws_s3control_multi_region_access_point" "m" {{
  details {{
    name = "maps"
    region {{
      bucket = aws_s3_bucket.b.id
    }}
    public_access_block {{
      restrict_public_buckets = {restrict}
    }}
  }}
}}
resource "aws_s3control_multi_region_access_point_policy" "m" {{
  details {{
    name   = {name}
    policy = jsonencode({{ Version = "2012-10-17", Statement = [{{
      Effect = "Allow", Principal = "*", Action = "s3:GetObject"
      Resource = "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap/object/*"
    }}] }})
  }}
}}
"#
        )
    };
    let of_point = |text: &str| {
        let (_, report) = report("main.tf", text, vec![rules::by_id("public_bucket").unwrap()]);
        let [found] = &report.findings[..] else { panic!("one finding: {:?}", report.findings) };
        (found.severity, found.labels.iter().any(|it| it.message.contains("block")))
    };
    let by_id = r#"element(split(":", aws_s3control_multi_region_access_point.m.id), 1)"#;
    for name in [r#""maps""#, by_id] {
        assert_eq!(of_point(&text(true, name)), (Severity::Low, true), "{name}");
        assert_eq!(of_point(&text(false, name)), (Severity::High, true), "{name}");
    }
}

/// What a rule advises.
fn helps(rule: &str, text: &str) -> Vec<String> {
    let name = if text.trim_start().starts_with('{') { "policy.json" } else { "main.tf" };
    let (_, report) = report(name, text, vec![rules::by_id(rule).expect("it is one")]);
    report.findings.into_iter().filter_map(|it| it.help).collect()
}

#[test]
fn a_source_is_asked_for_only_where_services_call() {
    let help = |kind: &str, action: &str| {
        let text = format!(
            "resource \"{kind}\" \"it\" {{\n  policy = jsonencode({{\n    Version = \"2012-10-17\"\n    Statement = [{{ Effect \
             = \"Allow\", Principal = \"*\", Action = \"{action}\", Resource = \"*\" }}]\n  }})\n}}\n"
        );
        let [help] = &helps("public_resource_policy", &text)[..] else { panic!("one finding: {kind}") };
        help.clone()
    };
    for (kind, action) in [("aws_sqs_queue", "sqs:SendMessage"), ("aws_sns_topic", "sns:*")] {
        assert!(
            help(kind, action)
                .ends_with("; where a service calls, name it, and require `aws:SourceArn` or `aws:SourceAccount`")
        );
    }
    // Whoever reads these calls them himself, and is of an organisation but of no source.
    for (kind, action) in [
        ("aws_secretsmanager_secret_policy", "secretsmanager:GetSecretValue"),
        ("aws_dynamodb_resource_policy", "dynamodb:GetItem"),
        ("aws_ecr_repository_policy", "ecr:BatchGetImage"),
        ("aws_kinesis_resource_policy", "kinesis:GetRecords"),
        ("aws_sqs_queue_policy", "sqs:ReceiveMessage"),
    ] {
        let help = help(kind, action);
        assert!(help.contains("`aws:PrincipalOrgID`") && !help.contains("aws:SourceA"), "{kind}: {help}");
    }
    let help = help("aws_efs_file_system_policy", "elasticfilesystem:ClientMount");
    assert!(help.ends_with("require `elasticfilesystem:AccessedViaMountTarget` to be `true`"), "{help}");
}

#[test]
fn whose_token_it_is_is_asked_by_the_claim_that_an_issuer_has_for_it() {
    let help = |issuer: &str, conditions: &str| {
        let trust = oidc(issuer, conditions).replace("arn:aws:iam::111122223333:oidc-provider/", "");
        let [help] = &helps("open_oidc_trust", &trust)[..] else { panic!("one finding: {issuer}") };
        help.clone()
    };
    let pool = "cognito-identity.amazonaws.com";
    assert_eq!(
        help(pool, ""),
        "require `cognito-identity.amazonaws.com:aud` to be the id of your identity pool, and \
         `cognito-identity.amazonaws.com:amr` to be like `authenticated`, under `ForAnyValue:StringLike`"
    );
    let guests = r#""ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": "unauthenticated" }"#;
    assert!(help(pool, guests).ends_with(":aud` to be the id of your identity pool"));
    assert_eq!(help("www.amazon.com", ""), "require `www.amazon.com:app_id` to be the id of your app");
    assert!(help("gitlab.com", "").starts_with("require `gitlab.com:sub` to be"));
}

#[test]
fn a_grant_to_everybody_is_taken_out_where_there_is_no_list_to_set() {
    let by = |written: &str| {
        let text = format!("resource \"aws_s3_bucket_acl\" \"maps\" {{\n  bucket = \"maps\"\n  {written}\n}}\n");
        helps("public_bucket", &text)[0].clone()
    };
    assert!(by("acl = \"public-read\"").starts_with("set it to `private` and turn"));
    let grant = by(
        "access_control_policy {\n    owner {\n      id = \"own\"\n    }\n    grant {\n      permission = \"READ\"\n      \
                    grantee {\n        type = \"Group\"\n        uri  = \
                    \"http://acs.amazonaws.com/groups/global/AllUsers\"\n      }\n    }\n  }",
    );
    assert!(grant.starts_with("take the grant out and turn"), "{grant}");
}

#[test]
fn an_access_point_that_nobody_gets_in_by_is_as_bad_by_its_block_as_by_its_policy() {
    let severities = |text: &str| {
        let rules = ["access_point_block_off", "public_bucket"].map(|it| rules::by_id(it).unwrap());
        let (_, report) = report("main.tf", text, rules.to_vec());
        let mut severities: Vec<_> = report.findings.iter().map(|it| (it.rule, it.severity)).collect();
        severities.sort_unstable();
        severities
    };
    let all_off = "restrict_public_buckets = false\n    block_public_acls = false\n    block_public_policy = false\n    \
                   ignore_public_acls = false";
    let point = |statements: &str| {
        behind_point(statements, "s3:GetObject").replacen("restrict_public_buckets = false", all_off, 1)
    };
    let both = [("access_point_block_off", Severity::Low), ("public_bucket", Severity::Low)];
    let shut = point(&on_maps("Deny", "s3:*", PLAIN_HTTP));
    assert_eq!(severities(&shut), both);
    let open = point(&on_maps("Allow", "s3:GetObject", BY_POINTS));
    assert_eq!(severities(&open), [("public_bucket", Severity::High)]);
    let of_vpc = "  public_access_block_configuration {";
    let of_vpc =
        open.replace(of_vpc, &format!("  vpc_configuration {{\n    vpc_id = \"vpc-1a2b3c4d\"\n  }}\n{of_vpc}"));
    assert_eq!(severities(&of_vpc), both);
    let block = "resource \"aws_s3_bucket_public_access_block\" \"maps\" {\n  bucket = aws_s3_bucket.maps.id\n  \
                 restrict_public_buckets = true\n}\n";
    assert_eq!(severities(&(open.clone() + block)), both);
    // Of a bucket that is not known here, nothing is known to keep anybody out.
    let elsewhere =
        shut.replace("aws_s3_bucket.maps.id\n  policy = jsonencode({\n", "\"others\"\n  policy = jsonencode({\n");
    assert_eq!(severities(&elsewhere)[0], ("access_point_block_off", Severity::High));
}

#[test]
fn a_whole_kind_is_as_bad_as_everything_and_that_of_one_account_less() {
    let severity = |action: &str, resource: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}}}"#
        );
        report("policy.json", &text, vec![rules::by_id("data_any_resource").expect("it is one")]).1.findings[0].severity
    };
    assert_eq!(severity("s3:GetObject", "*"), Severity::Medium);
    assert_eq!(severity("s3:GetObject", "arn:aws:s3:::*"), Severity::Medium);
    assert_eq!(severity("dynamodb:Scan", "arn:aws:dynamodb:*:*:table/*"), Severity::Medium);
    assert_eq!(severity("dynamodb:Scan", "arn:aws:dynamodb:eu-west-1:*:table/*"), Severity::Low);
    assert_eq!(severity("dynamodb:Scan", "arn:aws:dynamodb:*:111122223333:table/*"), Severity::Low);
}

/// What is found of the rules that are asked for: the severity, the confidence, and what labels say of cases.
fn cases(text: &str, wanted: &[&str]) -> Vec<String> {
    let rules = wanted.iter().filter_map(|it| rules::by_name(it)).collect();
    let (_, report) = report("main.tf", text, rules);
    let of = |it: &iamlint::rule::Finding| {
        let cases = it.labels.iter().map(|it| it.message.as_str()).filter(|it| it.contains("only if `var."));
        let cases = cases.collect::<Vec<_>>().join("; ");
        format!("{} {} {:?} {:?} {cases}", it.rule, it.instances.join(" "), it.severity, it.confidence)
    };
    report.findings.iter().map(|it| of(it).trim().to_owned()).collect()
}

#[test]
fn what_is_given_to_one_of_two_is_certain_for_neither() {
    let text = |role: &str, more: &str| {
        let trust = |service: &str| {
            format!(
                "jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", Action = \"sts:AssumeRole\", \
                 Principal = {{ Service = \"{service}.amazonaws.com\" }} }}] }})"
            )
        };
        format!(
            r#"variable "on" {{}}
resource "aws_iam_role" "a" {{
  name               = "a"
  assume_role_policy = {}
}}
resource "aws_iam_role" "b" {{
  name               = "b"
  assume_role_policy = {}
}}
resource "aws_iam_role_policy" "it" {{
  role   = {role}
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = "*", Resource = "*" }}] }})
}}
{more}"#,
            trust("ec2"),
            trust("lambda")
        )
    };
    let rules = ["workload_administrator", "attached_administrator"];
    let choice = "var.on ? aws_iam_role.a.name : aws_iam_role.b.name";
    assert_eq!(
        cases(&text(choice, ""), &rules),
        [
            "workload_administrator aws_iam_role.a High Low only if `var.on`",
            "workload_administrator aws_iam_role.b High Low",
        ]
    );
    let one = cases(&text("aws_iam_role.a.name", ""), &rules);
    assert_eq!(one, ["workload_administrator aws_iam_role.a High High"]);
    // What it has in every case is told of it rather than what it has in one.
    let attached = "resource \"aws_iam_role_policy_attachment\" \"it\" {\n  role = aws_iam_role.b.name\n  policy_arn = \
                    \"arn:aws:iam::aws:policy/AdministratorAccess\"\n}\n";
    assert_eq!(
        cases(&text(choice, attached), &rules),
        [
            "workload_administrator aws_iam_role.a High Low only if `var.on`",
            "attached_administrator aws_iam_role_policy_attachment.it High High",
            "workload_administrator aws_iam_role.b High High",
        ]
    );
    let attached = attached
        .replace("= aws_iam_role.b.name", &format!("= {choice}"))
        .replace("\"arn:aws:iam::aws:policy/AdministratorAccess\"", "var.on ? aws_iam_policy.all.arn : \"x\"");
    let managed = "resource \"aws_iam_policy\" \"all\" {\n  policy = aws_iam_role_policy.it.policy\n}\n";
    let told = cases(&text("\"elsewhere\"", &format!("{attached}{managed}")), &rules);
    assert!(told.iter().all(|it| it.contains(" Low")), "{told:?}");
}

#[test]
fn a_boundary_of_one_case_bounds_nothing_in_the_other() {
    let text = |boundary: &str| {
        format!(
            r#"variable "on" {{}}
resource "aws_iam_role" "a" {{
  name                 = "a"
  permissions_boundary = {boundary}
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = "ec2.amazonaws.com" }} }}]
  }})
  inline_policy {{
    policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = "*", Resource = "*" }}] }})
  }}
}}
"#
        )
    };
    let of = |boundary: &str| cases(&text(boundary), &["workload_administrator"]);
    let read_only = "\"arn:aws:iam::aws:policy/ReadOnlyAccess\"";
    assert_eq!(of("null"), ["workload_administrator aws_iam_role.a High High"]);
    assert_eq!(of(&format!("var.on ? {read_only} : null")), ["workload_administrator aws_iam_role.a High Low"]);
    assert_eq!(of(read_only), [""; 0]);
    assert_eq!(of(&format!("var.on ? {read_only} : \"arn:aws:iam::111122223333:policy/own\"")), [""; 0]);
}

const NOT_HEEDED: [&str; 0] = [];

#[test]
fn a_block_that_stands_in_one_case_holds_back_in_that_case_only() {
    let text = |bucket: &str, count: &str, of: &str, more: &str| {
        format!(
            r#"variable "on" {{}}
resource "aws_s3_bucket" "x" {{
  {bucket}
  bucket = "reports"
}}
resource "aws_s3_bucket" "y" {{
  bucket = "others"
}}
resource "aws_s3_bucket_public_access_block" "it" {{
  {count}
  bucket                  = {of}
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}}
resource "aws_s3_bucket_acl" "it" {{
  bucket = "reports"
  acl    = "public-read"
}}
{more}"#
        )
    };
    let of = |bucket: &str, count: &str, of: &str| cases(&text(bucket, count, of, ""), &["public_bucket"]);
    let case = "count = var.on ? 1 : 0";
    let open =
        "public_bucket aws_s3_bucket.x High Low `ignore_public_acls`, which would hold it back, is on only if `var.on`";
    assert_eq!(of("", "", "\"reports\""), NOT_HEEDED);
    assert_eq!(of("", case, "\"reports\""), [open]);
    assert_eq!(of(case, case, "\"reports\""), NOT_HEEDED);
    assert_eq!(of("", "count = var.on", "\"reports\""), [format!("{open} is more than 0")]);
    assert_eq!(of("", "", "var.on ? aws_s3_bucket.x.id : aws_s3_bucket.y.id"), [open]);
    assert_eq!(of("", "count = 1", "\"reports\""), NOT_HEEDED);
    assert_eq!(of("", "count = var.on ? 1 : 2", "\"reports\""), NOT_HEEDED);
}

#[test]
fn what_is_opened_and_held_back_in_one_case_is_held_back() {
    let text = |block: &str, policy: &str| {
        format!(
            r#"variable "on" {{}}
resource "aws_s3_bucket" "x" {{
  bucket = "reports"
}}
resource "aws_s3_bucket" "y" {{
  bucket = "others"
}}
resource "aws_s3_bucket_public_access_block" "it" {{
  bucket                  = {block}
  block_public_policy     = true
  restrict_public_buckets = true
}}
resource "aws_s3_bucket_policy" "it" {{
  bucket = {policy}
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "s3:GetObject", Principal = "*", Resource = "arn:aws:s3:::reports/*" }}]
  }})
}}
"#
        )
    };
    let of = |block: &str, policy: &str| cases(&text(block, policy), &["public_bucket"]);
    let (x, y) = ("aws_s3_bucket.x.id", "aws_s3_bucket.y.id");
    let choice = format!("var.on ? {x} : {y}");
    let held = of(&choice, &choice);
    assert!(held.iter().all(|it| it.contains(" Low Low ")) && !held.is_empty(), "{held:?}");
    let open = of(&format!("var.on ? {y} : {x}"), &choice);
    assert!(open.iter().all(|it| it.contains(" High Low ")) && !open.is_empty(), "{open:?}");
}

#[test]
fn lists_that_are_switched_off_in_one_case_are_heeded_in_the_other() {
    let text = |count: &str| {
        format!(
            r#"variable "on" {{}}
resource "aws_s3_bucket" "x" {{
  bucket = "reports"
  acl    = "public-read"
}}
resource "aws_s3_bucket_ownership_controls" "it" {{
  {count}
  bucket = aws_s3_bucket.x.id
  rule {{
    object_ownership = "BucketOwnerEnforced"
  }}
}}
"#
        )
    };
    assert_eq!(cases(&text(""), &["public_bucket"]), [""; 0]);
    let some = cases(&text("count = var.on ? 1 : 0"), &["public_bucket"]);
    assert_eq!(some, ["public_bucket aws_s3_bucket.x High Low access control lists are switched off only if `var.on`"]);
}
