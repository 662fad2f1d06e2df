//! A finding keeps its fingerprint as long as the same is granted to the same, wherever that is written.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};

use iamlint::lint::{self, Options};
use iamlint::rule::Finding;
use iamlint::rules;
use iamlint::source::Workspace;

fn findings(files: &[(&str, &str)]) -> Vec<Finding> {
    let workspace = Workspace::of_texts(files.iter().copied());
    let options = Options { rules: rules::all().iter().collect(), ..Options::default() };
    let report = lint::check(&workspace, &options, 2, &|_, _| {});
    assert_eq!(report.errors, []);
    report.findings
}

/// What is found, by its fingerprint.
fn named(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    let findings = findings(files);
    let named: BTreeMap<_, _> = findings
        .iter()
        .map(|it| (it.fingerprint.clone(), format!("{} {} {}", it.rule, it.carrier.address, it.subject)))
        .collect();
    assert_eq!(named.len(), findings.len(), "two findings have one fingerprint: {findings:#?}");
    assert!(!named.is_empty());
    named
}

const STATEMENTS: [&str; 4] = [
    r#"{ Effect = "Allow", Action = "s3:*", Resource = "arn:aws:s3:::logs/*" }"#,
    r#"{ Effect = "Allow", Action = "s3:*", Resource = "arn:aws:s3:::data/*" }"#,
    r#"{ Sid = "Queues", Effect = "Allow", Action = ["sqs:*", "sns:*"], Resource = "*" }"#,
    r#"{ Effect = "Allow", Action = ["kms:Decrypt", "dynamodb:PutItem"], Resource = "*" }"#,
];

fn policy(name: &str, statements: &[&str]) -> String {
    format!(
        "resource \"aws_iam_policy\" \"{name}\" {{\n  policy = jsonencode({{\n    Version = \"2012-10-17\"\n    Statement = [\n      {}\n    ]\n  }})\n}}\n",
        statements.join(",\n      ")
    )
}

#[test]
fn lines_files_and_the_order_of_statements_change_nothing() {
    let (a, b) = (policy("a", &STATEMENTS), policy("b", &STATEMENTS[..1]));
    let before = named(&[("main.tf", &format!("{a}{b}"))]);
    let moved = format!("# one\n# two\n\nlocals {{}}\n{b}\n\n{a}");
    assert_eq!(named(&[("main.tf", &moved)]), before, "lines");
    assert_eq!(named(&[("policies.tf", &a), ("other.tf", &b)]), before, "files");
    let mut order = STATEMENTS;
    order.reverse();
    assert_eq!(named(&[("main.tf", &format!("{}{b}", policy("a", &order)))]), before, "order");
}

#[test]
fn the_way_of_a_value_changes_nothing() {
    let document = |actions: &str, more: &str| {
        format!(
            "{more}data \"aws_iam_policy_document\" \"d\" {{\n  statement {{\n    actions = {actions}\n    resources = [\"*\"]\n  }}\n}}\n"
        )
    };
    let before = named(&[("main.tf", &document("[\"s3:*\"]", ""))]);
    assert_eq!(named(&[("main.tf", &document("local.all", "locals {\n  all = [\"s3:*\"]\n}\n"))]), before);
}

#[test]
fn what_is_granted_and_to_whom_is_the_name() {
    let before = named(&[("main.tf", &policy("a", &STATEMENTS))]);
    let other = named(&[("main.tf", &policy("b", &STATEMENTS))]);
    assert!(before.keys().all(|it| !other.contains_key(it)), "another address");
    let wider = STATEMENTS[2].replace("sqs:*", "ses:*");
    let wider = named(&[("main.tf", &policy("a", &[STATEMENTS[0], STATEMENTS[1], &wider, STATEMENTS[3]]))]);
    let gone: Vec<&String> = before.iter().filter(|(it, _)| !wider.contains_key(*it)).map(|(_, what)| what).collect();
    assert!(!gone.is_empty() && gone.iter().all(|it| it.contains("sqs:*")), "another action: {gone:?}");
}

#[test]
fn the_same_address_in_two_root_modules_is_two_things() {
    let text = policy("a", &STATEMENTS);
    let one = named(&[("envs/dev/main.tf", &text)]);
    let two = named(&[("envs/dev/main.tf", &text), ("envs/prod/main.tf", &text)]);
    assert_eq!(two.len(), 2 * one.len());
    assert!(one.keys().all(|it| two.contains_key(it)));
}

#[test]
fn a_policy_file_is_named_by_its_path() {
    let text = r#"{ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a/*" },
        { "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a/*" }] }"#;
    let one = named(&[("a/policy.json", text)]);
    let two = named(&[("a/policy.json", text), ("b/policy.json", &format!("\n\n{text}"))]);
    assert_eq!(two.len(), 2 * one.len());
}

#[test]
fn every_instance_of_a_shared_literal_is_known() {
    let root = "module \"a\" {\n  source = \"./m\"\n}\nmodule \"b\" {\n  source = \"./m\"\n}\n";
    let found = findings(&[("main.tf", root), ("m/main.tf", &policy("p", &STATEMENTS[..1]))]);
    assert_eq!(found.len(), 1);
    let addresses: Vec<&str> = found[0].identities.iter().map(|it| &*it.address).collect();
    assert_eq!(addresses, ["module.a.aws_iam_policy.p", "module.b.aws_iam_policy.p"]);
    let prints: BTreeSet<&str> = found[0].identities.iter().map(|it| it.fingerprint.as_str()).collect();
    assert_eq!(prints.len(), 2);
    assert!(prints.contains(found[0].fingerprint.as_str()));
}

#[test]
fn what_a_comment_answers_for_names_nothing_else() {
    let commented = |mark: &str| {
        let first = format!("{mark}\n      {}", STATEMENTS[0]);
        format!("{}{}", policy("a", &[&first, STATEMENTS[1]]), policy("b", &STATEMENTS[..1]))
    };
    let before = named(&[("main.tf", &commented(""))]);
    let after = named(&[("main.tf", &commented("# iamlint: ignore[wildcard_action]"))]);
    assert_eq!(after.len() + 1, before.len());
    assert!(after.keys().all(|it| before.contains_key(it)));
}
