//! What was accepted is silent as long as it grants no more; what is new, wider or gone is told.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use iamlint::baseline::{self, Known};
use iamlint::lint::{self, Before, Options};
use iamlint::report::Report;
use iamlint::rule::Change;
use iamlint::rules;
use iamlint::source::Workspace;

const RULES: [&str; 5] =
    ["open_trust", "public_access_block_off", "public_bucket_policy", "wildcard_action", "wildcard_resource"];

fn lint(files: &[(&str, &str)], known: Option<Vec<Known>>) -> Report {
    let workspace = Workspace::of_texts(files.iter().copied());
    let rules = rules::all().iter().filter(|it| RULES.contains(&it.id)).collect();
    let before = known.map(|known| Before { name: "before".into(), known });
    let report = lint::check(&workspace, &Options { rules, before, ..Options::default() }, 1, &|_, _| {});
    assert_eq!(report.errors, []);
    report
}

/// What a baseline file of these remembers, through the file.
fn remembered(files: &[(&str, &str)]) -> Vec<Known> {
    let findings = lint(files, None).findings;
    assert!(!findings.is_empty());
    baseline::read(&baseline::write(findings.iter().map(Known::of).collect())).unwrap()
}

/// What is new or wider, and what is fixed.
fn compared(before: &[(&str, &str)], after: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let report = lint(after, Some(remembered(before)));
    let standing = report.findings.iter().map(|it| {
        let change = match it.change.as_ref().unwrap() {
            Change::New => "new".to_owned(),
            Change::Wider(beyond) => format!("wider: {}", beyond.join("; ")),
        };
        format!("{} {}: {change}", it.rule, it.identities[0].name())
    });
    let fixed = &report.compared.as_ref().unwrap().fixed;
    let fixed = fixed.iter().map(|it| {
        let names: Vec<&str> = it.instances.iter().map(|it| it.name()).collect();
        format!("{} {}: {}", it.rule, names.join(", "), it.about)
    });
    (standing.collect(), fixed.collect())
}

#[track_caller]
fn expect(before: &str, after: &str, standing: &[&str], fixed: &[&str]) {
    expect_files(&[("main.tf", before)], &[("main.tf", after)], standing, fixed);
}

#[track_caller]
fn expect_files(before: &[(&str, &str)], after: &[(&str, &str)], standing: &[&str], fixed: &[&str]) {
    let owned = |it: &[&str]| it.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(compared(before, after), (owned(standing), owned(fixed)));
}

fn statement(actions: &str, resources: &str, more: &str) -> String {
    format!("  statement {{\n    {more}\n    actions = [{actions}]\n    resources = [{resources}]\n  }}\n")
}

fn policy(name: &str, statements: &[String]) -> String {
    format!(
        "data \"aws_iam_policy_document\" \"{name}\" {{\n{}}}\nresource \"aws_iam_policy\" \"{name}\" {{\n  policy = data.aws_iam_policy_document.{name}.json\n}}\n",
        statements.concat()
    )
}

fn one(actions: &str, resources: &str, more: &str) -> String {
    policy("a", &[statement(actions, resources, more)])
}

const LOGS: &str = "\"arn:aws:s3:::logs/*\"";

#[test]
fn what_is_the_same_is_silent() {
    let before = one("\"s3:*\"", LOGS, "");
    expect(&before, &before, &[], &[]);
    expect(&before, &format!("locals {{}}\n\n\n{before}"), &[], &[]);
    // An action beside the one that was found makes that one no wider.
    expect(&before, &one("\"sqs:SendMessage\", \"s3:*\"", LOGS, ""), &[], &[]);
    // Less is no more.
    expect(&one("\"s3:*\"", "\"*\"", ""), &one("\"s3:*\"", LOGS, ""), &[], &[]);
}

#[test]
fn what_grants_more_fires_again_with_the_difference() {
    let wider = |what: &str| format!("wildcard_action aws_iam_policy.a: wider: {what}");
    let before = one("\"s3:*\"", LOGS, "");
    expect(&before, &one("\"s3:*\"", "\"arn:aws:s3:::*\"", ""), &[&wider("on `arn:aws:s3:::*`")], &[]);
    let guarded = "condition {\n      test = \"StringEquals\"\n      variable = \"aws:PrincipalOrgID\"\n      values = [\"o-a1b2c3d4e5\"]\n    }";
    expect(
        &one("\"s3:*\"", LOGS, guarded),
        &before,
        &[&wider("no longer under `StringEquals aws:PrincipalOrgID`")],
        &[],
    );
    expect(
        &one("\"kms:Decrypt\", \"sqs:SendMessage\"", "\"*\"", ""),
        &one("\"kms:Decrypt\", \"sqs:SendMessage\", \"dynamodb:DeleteItem\"", "\"*\"", ""),
        &["wildcard_resource aws_iam_policy.a: wider: `dynamodb:DeleteItem`"],
        &[],
    );
}

#[test]
fn another_literal_is_another_finding() {
    let before = one("\"s3:*\"", LOGS, "");
    let both = policy(
        "a",
        &[statement("\"s3:*\"", LOGS, ""), statement("\"sqs:*\"", "\"arn:aws:sqs:eu-west-1:111122223333:q\"", "")],
    );
    expect(&before, &both, &["wildcard_action aws_iam_policy.a: new"], &[]);
    expect(&both, &before, &[], &["wildcard_action aws_iam_policy.a: sqs:*"]);
    expect(
        &before,
        &before.replace("\"a\"", "\"b\"").replace(".a.", ".b."),
        &["wildcard_action aws_iam_policy.b: new"],
        &["wildcard_action aws_iam_policy.a: s3:*"],
    );
}

#[test]
fn statements_are_told_apart_whatever_their_order() {
    let (logs, data) = (statement("\"s3:*\"", LOGS, ""), statement("\"s3:*\"", "\"arn:aws:s3:::data/*\"", ""));
    let both = policy("a", &[logs.clone(), data.clone()]);
    expect(&both, &policy("a", &[data.clone(), logs.clone()]), &[], &[]);
    let one = policy("a", std::slice::from_ref(&logs));
    expect(&both, &one, &[], &["wildcard_action aws_iam_policy.a: s3:*"]);
    expect(&one, &both, &["wildcard_action aws_iam_policy.a: new"], &[]);
    let named = |sid: &str| policy("a", &[statement("\"s3:*\"", LOGS, &format!("sid = \"{sid}\""))]);
    expect(&one, &named("Logs"), &[], &[]);
    expect(
        &named("Logs"),
        &named("Data"),
        &["wildcard_action aws_iam_policy.a: new"],
        &["wildcard_action aws_iam_policy.a: s3:*"],
    );
}

#[test]
fn another_instance_of_what_was_accepted_is_more() {
    let module = ("m/main.tf", &*one("\"s3:*\"", LOGS, ""));
    let call = |name: &str| format!("module \"{name}\" {{\n  source = \"./m\"\n}}\n");
    let (a, ab) = (call("a"), call("a") + &call("b"));
    expect_files(
        &[("main.tf", &a), module],
        &[("main.tf", &ab), module],
        &["wildcard_action module.a.aws_iam_policy.a: wider: for `module.b.aws_iam_policy.a`"],
        &[],
    );
    expect_files(
        &[("main.tf", &ab), module],
        &[("main.tf", &a), module],
        &[],
        &["wildcard_action module.b.aws_iam_policy.a: s3:*"],
    );
}

const JSON: &str = r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::logs/*" } }"#;

#[test]
fn a_file_or_a_folder_that_has_moved_is_known() {
    expect_files(&[("a.json", JSON)], &[("policies/a.json", JSON)], &[], &[]);
    // What has been copied has not moved.
    expect_files(&[("a.json", JSON)], &[("a.json", JSON), ("b.json", JSON)], &["wildcard_action b.json: new"], &[]);
    let text = one("\"s3:*\"", LOGS, "");
    expect_files(&[("dev/main.tf", &text)], &[("envs/dev/main.tf", &text)], &[], &[]);
    expect_files(
        &[("dev/main.tf", &text)],
        &[("dev/main.tf", &text), ("prod/main.tf", &text)],
        &["wildcard_action aws_iam_policy.a: new"],
        &[],
    );
}

#[test]
fn what_is_no_statement_fires_when_it_changes() {
    let bucket = |off: &str| {
        "resource \"aws_s3_bucket\" \"b\" {}\nresource \"aws_s3_bucket_public_access_block\" \"b\" {\n  bucket = aws_s3_bucket.b.id\n  block_public_acls = true\n  block_public_policy = true\n  ignore_public_acls = true\n  restrict_public_buckets = true\n}\n"
        .replace(&format!("{off} = true"), &format!("{off} = false"))
    };
    let one = bucket("ignore_public_acls");
    expect(&one, &one, &[], &[]);
    let two = one.replace("block_public_policy = true", "block_public_policy = false");
    let (standing, fixed) = compared(&[("main.tf", &one)], &[("main.tf", &two)]);
    assert_eq!((standing.len(), fixed.len()), (1, 0));
    assert!(
        standing[0].contains("wider: ") && standing[0].contains("where it was `ignore_public_acls`"),
        "{standing:?}"
    );
}

#[test]
fn what_was_not_looked_for_is_not_gone() {
    let files = [("a/a.json", JSON), ("b/b.json", JSON)];
    let known = remembered(&files);
    let part = |folders: &[&str], files: &[(&str, &str)]| {
        let mut workspace = Workspace::of_texts(files.iter().copied());
        workspace.folders = folders.iter().map(Into::into).collect();
        let rules = rules::all().iter().filter(|it| RULES.contains(&it.id)).collect();
        let before = Some(Before { name: "before".into(), known: known.clone() });
        let report = lint::check(&workspace, &Options { rules, before, ..Options::default() }, 1, &|_, _| {});
        let compared = report.compared.unwrap();
        (compared.fixed.len(), compared.kept.len())
    };
    assert_eq!(part(&["a"], &files[..1]), (0, 2));
    assert_eq!(part(&[""], &files[..1]), (1, 1));
    assert_eq!(part(&["b"], &files[..1]), (1, 1));
}

#[test]
fn a_file_that_is_no_baseline_says_why() {
    assert!(baseline::read("{").unwrap_err().starts_with("is no baseline: "));
    assert!(
        baseline::read(r#"{"schema": "iamlint-baseline/9", "findings": []}"#)
            .unwrap_err()
            .contains("iamlint-baseline/1")
    );
    assert!(baseline::read(r#"{"schema": "iamlint-baseline/1", "findings": [], "more": 1}"#).is_err());
}
