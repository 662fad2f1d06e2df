//! Adopting iamlint in a repository that has findings already: baselines and revisions, from outside.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const WIDE: &str = r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::logs/*" } }"#;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(path, text)| put(folder.path(), path, text));
    folder
}

fn put(folder: &Path, path: &str, text: &str) {
    let at = folder.join(path);
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    fs::write(at, text).unwrap();
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
    command.current_dir(folder).args(arguments).stdin(Stdio::null()).output().unwrap()
}

#[track_caller]
fn status(output: &Output, expected: i32) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(expected), "{text}");
    text
}

/// `wildcard_action` alone, so that the pack may grow.
fn with_config(files: &[(&str, &str)]) -> TempDir {
    let folder = folder(files);
    put(folder.path(), "iamlint.toml", "select = [\"wildcard_action\"]\n");
    folder
}

fn git(folder: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").current_dir(folder).args(identity).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = with_config(files);
    git(folder.path(), &["init", "-q", "-b", "main"]);
    commit(folder.path());
    folder
}

fn commit(folder: &Path) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", "a"]);
}

/// Files and changes of what is reported.
fn changes(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let output = run(folder, &[&["check", "--format", "json"], arguments].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    let standing = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {}", text(&it["change"]), text(&it["file"])));
    let fixed =
        report["fixed"].as_array().unwrap().iter().map(|it| format!("fixed {}", text(&it["instances"][0]["within"])));
    standing.chain(fixed).collect()
}

#[test]
fn a_baseline_is_written_held_and_shrinks() {
    let folder = with_config(&[("a.json", WIDE), ("b.json", WIDE)]);
    let at = folder.path();
    status(&run(at, &["check"]), 1);
    assert!(status(&run(at, &["baseline", "create"]), 0).contains("2 findings in `iamlint-baseline.json`"));
    status(&run(at, &["baseline", "create"]), 2);
    status(&run(at, &["baseline", "create", "--force"]), 0);
    let check = ["check", "--baseline", "iamlint-baseline.json"];
    let text = status(&run(at, &check), 0);
    assert!(text.contains("2 suppressed (2 by baseline)"), "{text}");
    assert!(text.contains("0 new, 0 wider, 0 fixed"), "{text}");

    // Wider fires with the difference, and what is new fires as well.
    put(at, "a.json", &WIDE.replace("logs/*", "*"));
    put(at, "c.json", WIDE);
    let text = status(&run(at, &check), 1);
    assert!(text.contains("more: than before: on `arn:aws:s3:::*`"), "{text}");
    assert!(text.contains("1 new, 1 wider, 0 fixed"), "{text}");
    assert_eq!(changes(at, &check[1..]), ["wider a.json", "new c.json"]);

    // An update never accepts what nobody has looked at.
    let text = status(&run(at, &["baseline", "update"]), 0);
    assert!(text.contains("2 new or wider not accepted"), "{text}");
    status(&run(at, &check), 1);
    status(&run(at, &["baseline", "update", "--accept"]), 0);
    status(&run(at, &check), 0);

    // What is fixed is told until it is taken out.
    status(&run(at, &["baseline", "check"]), 0);
    fs::remove_file(at.join("b.json")).unwrap();
    put(at, "c.json", &WIDE.replace("s3:*", "s3:GetObject"));
    let text = status(&run(at, &["baseline", "check"]), 1);
    assert!(text.contains("fixed: wildcard_action: s3:* in b.json"), "{text}");
    let text = status(&run(at, &check), 0);
    assert!(text.contains("fixed wildcard_action: s3:* in c.json") && text.contains("2 fixed"), "{text}");
    assert!(status(&run(at, &["baseline", "update"]), 0).contains("1 finding in"), "{text}");
    status(&run(at, &["baseline", "check"]), 0);
    put(at, "b.json", WIDE);
    status(&run(at, &check), 1);
}

#[test]
fn a_baseline_holds_wherever_the_run_is_started() {
    let folder = repository(&[("infra/app/a.json", WIDE)]);
    let at = folder.path();
    status(&run(at, &["baseline", "create"]), 0);
    let below = at.join("infra");
    status(&run(&below, &["check", "--baseline", "../iamlint-baseline.json"]), 0);
    status(&run(&below, &["check", "app/a.json", "--baseline", "../iamlint-baseline.json"]), 0);
}

#[test]
fn a_baseline_that_cannot_be_used_is_wrong_usage() {
    let folder = with_config(&[("a.json", WIDE)]);
    let at = folder.path();
    put(at, "broken", "{");
    for arguments in [
        &["check", "--baseline", "gone"][..],
        &["check", "--baseline", "broken"],
        &["check", "--baseline", "broken", "--base", "main"],
        &["baseline", "update"],
        &["baseline", "check", "--file", "broken"],
        &["baseline", "create", "-"],
        &["baseline", "create", "--stdin-filename", "a.json"],
    ] {
        status(&run(at, arguments), 2);
    }
}

#[test]
fn a_revision_is_what_new_wider_and_fixed_are_told_from() {
    let folder = repository(&[("a.json", WIDE), ("b.json", WIDE), ("c.json", WIDE)]);
    let at = folder.path();
    let base = ["check", "--base", "main"];
    let text = status(&run(at, &base), 0);
    assert!(text.contains("held against `main`: 0 new, 0 wider, 0 fixed"), "{text}");
    put(at, "a.json", &format!("\n\n{}", WIDE.replace("logs/*", "*")));
    fs::rename(at.join("b.json"), at.join("moved.json")).unwrap();
    fs::remove_file(at.join("c.json")).unwrap();
    put(at, "d/d.json", &WIDE.replace("logs", "data"));
    status(&run(at, &base), 1);
    assert_eq!(changes(at, &base[1..]), ["wider a.json", "new d/d.json", "fixed c.json"]);
    // From a folder below, and of a part.
    assert_eq!(changes(&at.join("d"), &base[1..]), ["new d.json"]);
    assert_eq!(changes(at, &["a.json", "--base", "main"]), ["wider a.json"]);
    // Nothing of the worktree or the index is touched.
    let state = || Command::new("git").current_dir(at).args(["status", "--porcelain"]).output().unwrap().stdout;
    let before = state();
    status(&run(at, &base), 1);
    assert_eq!(state(), before);
    commit(at);
    status(&run(at, &base), 0);
    assert_eq!(changes(at, &["--base", "HEAD~1"]).len(), 3);
}

#[test]
fn a_branch_is_held_against_where_it_left() {
    let folder = repository(&[("a.json", WIDE), ("b.json", WIDE)]);
    let at = folder.path();
    git(at, &["checkout", "-q", "-b", "mine"]);
    put(at, "mine.json", WIDE);
    commit(at);
    git(at, &["checkout", "-q", "main"]);
    fs::remove_file(at.join("b.json")).unwrap();
    commit(at);
    git(at, &["checkout", "-q", "mine"]);
    assert_eq!(changes(at, &["--base", "main"]), ["new b.json", "new mine.json"]);
    assert_eq!(changes(at, &["--base", "main..."]), ["new mine.json"]);
}

#[test]
fn a_module_is_read_whole_at_the_revision() {
    let module = "variable \"actions\" {}\nresource \"aws_iam_policy\" \"p\" {\n  policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = var.actions, Resource = file(\"${path.module}/resource\") }] })\n}\n";
    let root = "module \"a\" {\n  source  = \"../m\"\n  actions = var.a\n}\nvariable \"a\" {}\n";
    let folder = repository(&[
        ("root/main.tf", root),
        ("root/terraform.tfvars", "a = [\"s3:*\"]\n"),
        ("m/main.tf", module),
        ("m/resource", "arn:aws:s3:::a"),
    ]);
    let at = folder.path();
    assert_eq!(changes(at, &["root", "--base", "main"]), Vec::<String>::new());
    put(at, "m/resource", "arn:aws:s3:::*");
    assert_eq!(changes(at, &["root", "--base", "main"]), ["wider root/terraform.tfvars"]);
}

#[test]
fn a_file_that_is_named_is_held_against_the_revision_with_those_that_call_its_module() {
    let module = "variable \"actions\" {}\nresource \"aws_iam_policy\" \"p\" {\n  policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = var.actions, Resource = \"*\" }] })\n}\n";
    let call = "module \"a\" {\n  source  = \"../m\"\n  actions = [\"s3:*\"]\n}\n";
    let folder = repository(&[("root/main.tf", call), ("m/main.tf", module)]);
    let at = folder.path();
    assert_eq!(changes(at, &["m/main.tf", "--base", "main"]), Vec::<String>::new());
    put(at, "root/main.tf", &call.replace("[\"s3:*\"]", "[\"s3:*\", \"sqs:*\"]"));
    assert_eq!(changes(at, &["m/main.tf", "--base", "main"]), ["new root/main.tf"]);
}

#[test]
fn what_is_ignored_is_ignored_at_the_revision_too() {
    let folder = repository(&[("a.json", WIDE), ("old/b.json", WIDE), (".iamlintignore", "old/\n")]);
    assert_eq!(changes(folder.path(), &["--base", "main"]), Vec::<String>::new());
    // But for what is named, as on the disk.
    assert_eq!(changes(folder.path(), &["old", "--base", "main"]), Vec::<String>::new());
    assert_eq!(changes(folder.path(), &["old/b.json", "--base", "main"]), Vec::<String>::new());
    put(folder.path(), ".iamlintignore", "");
    assert_eq!(changes(folder.path(), &["--base", "main"]), ["new old/b.json"]);
}

#[cfg(unix)]
#[test]
fn a_link_at_the_revision_is_followed() {
    let folder = with_config(&[("real/a.json", WIDE)]);
    let at = folder.path();
    std::os::unix::fs::symlink("real/a.json", at.join("link.json")).unwrap();
    git(at, &["init", "-q", "-b", "main"]);
    commit(at);
    assert_eq!(changes(at, &["--base", "main"]), Vec::<String>::new());
}

#[test]
fn a_revision_that_cannot_be_had_is_said_plainly() {
    let folder = repository(&[("a.json", WIDE)]);
    let at = folder.path();
    put(at, "b.json", WIDE);
    commit(at);
    let said = |at: &Path, revision: &str| status(&run(at, &["check", "--base", revision]), 2);
    assert!(said(at, "nowhere").contains("there is no revision `nowhere` here"));
    let text = status(&run(at, &["check", "--base=--all"]), 2);
    assert!(text.contains("there is no revision `--all` here"), "{text}");
    assert!(said(with_config(&[("a.json", WIDE)]).path(), "main").contains("in no git repository"));
    let output = run(at, &["check", "-", "--base", "main"]);
    assert!(status(&output, 2).contains("`--base`"));

    let clone = tempfile::tempdir().unwrap();
    let url = format!("file://{}", at.display());
    git(clone.path(), &["clone", "-q", "--depth", "1", &url, "shallow"]);
    let text = said(&clone.path().join("shallow"), "HEAD~1");
    assert!(text.contains("shallow") && text.contains("fetch-depth: 0"), "{text}");
}

#[test]
fn ignores_are_written_where_they_work_and_pin_what_they_accept() {
    let text = r#"data "aws_iam_policy_document" "a" {
  statement {
    actions = [
      "s3:*",
      "sqs:*",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "b" {
  policy = <<-EOT
    { "Version": "2012-10-17", "Statement": [
      { "Effect": "Allow", "Action": "sns:*", "Resource": "arn:aws:sns:eu-west-1:111122223333:a" }
    ] }
  EOT
}

output "a" {
  value = data.aws_iam_policy_document.a.json
}
"#;
    let folder =
        with_config(&[("main.tf", text), ("p/a.json", &WIDE.replace("\"Effect\"", "\"Sid\": \"Logs\", \"Effect\""))]);
    let at = folder.path();
    let said = status(&run(at, &["check", "--add-ignore", "--reason", "as \"ever\""]), 0);
    assert!(said.contains("silenced 4 of 4 findings, in 2 files"), "{said}");
    let written = fs::read_to_string(at.join("main.tf")).unwrap();
    let reason = "reason=\"as \\\"ever\\\"\"";
    let expected = text
        .replace(
            "      \"s3:*\"",
            &format!("      # iamlint: ignore[wildcard_action] only(s3:*) {reason}\n      \"s3:*\""),
        )
        .replace(
            "      \"sqs:*\"",
            &format!("      # iamlint: ignore[wildcard_action] only(sqs:*) {reason}\n      \"sqs:*\""),
        )
        .replace("  policy =", &format!("  # iamlint: ignore[wildcard_action] only(sns:*) {reason}\n  policy ="));
    assert_eq!(written, expected);
    let config = fs::read_to_string(at.join("iamlint.toml")).unwrap();
    let entry = "[[ignore]]\nrule = \"wildcard_action\"\npaths = [\"p/a.json\"]\nsid = \"Logs\"\nonly = [\"s3:*\"]\nreason = \"as \\\"ever\\\"\"\n";
    assert_eq!(config, format!("select = [\"wildcard_action\"]\n\n{entry}"));
    // Nothing is left to silence, and nothing is written twice.
    status(&run(at, &["check"]), 0);
    status(&run(at, &["check", "--add-ignore"]), 0);
    assert_eq!(fs::read_to_string(at.join("main.tf")).unwrap(), expected);
    // What becomes wider fires again.
    put(at, "main.tf", &expected.replace("\"sqs:*\",", "\"*\","));
    status(&run(at, &["check"]), 1);
}

#[test]
fn ignores_are_written_for_what_is_selected_only_and_with_a_reason_where_one_is_required() {
    let folder = with_config(&[("a.json", WIDE), ("b.json", WIDE)]);
    let at = folder.path();
    put(at, "iamlint.toml", "require-reason = true\n");
    assert!(status(&run(at, &["check", "--add-ignore"]), 2).contains("requires a reason"));
    status(&run(at, &["check", "--reason", "x"]), 2);
    status(&run(at, &["check", "-", "--add-ignore", "--reason", "x"]), 2);
    let arguments = ["check", "a.json", "--select", "wildcard_action", "--add-ignore", "--reason", "x"];
    status(&run(at, &arguments), 0);
    status(&run(at, &["check", "--select", "wildcard_action", "a.json"]), 0);
    status(&run(at, &["check", "--select", "wildcard_action"]), 1);
}

#[test]
fn a_first_configuration_says_what_was_seen() {
    let policy = WIDE.replace("arn:aws:s3:::logs/*", "arn:aws:sqs:eu-west-1:111122223333:a").replace("s3:*", "sqs:*");
    let folder = folder(&[
        (
            "main.tf",
            "data \"aws_iam_policy_document\" \"a\" {\n  #checkov:skip=CKV_AWS_111:ours\n  #checkov:skip=CKV_TF_1\n  statement {\n    actions = [\"s3:*\"]\n    resources = [\"*\"]\n  }\n}\n",
        ),
        ("p/a.json", &policy),
    ]);
    let at = folder.path();
    let said = status(&run(at, &["init"]), 0);
    // What a comment for checkov answers for is not counted, since it counts from now on.
    let report: Value = serde_json::from_slice(&run(at, &["check", "--format", "json"]).stdout).unwrap();
    let (standing, suppressed) = (report["findings"].as_array().unwrap().len(), &report["summary"]["suppressed"]);
    assert!(standing > 0 && suppressed.as_u64() > Some(0), "{report}");
    assert!(said.contains(&format!("\n{standing} finding")) && said.contains(" below it now"), "{said}");
    let text = fs::read_to_string(at.join("iamlint.toml")).unwrap();
    assert!(text.contains("there are 1 for checkov.") && text.contains("honour = [\"checkov\"]"), "{text}");
    assert!(text.contains("# \"111122223333\" = \"…\"  # named once"), "{text}");
    status(&run(at, &["init"]), 2);
    let verbose = status(&run(at, &["check", "--select", "wildcard_action", "--verbose"]), 1);
    assert!(verbose.contains("which is `iamlint: ignore[wildcard_action] reason=\"ours\"` here"), "{verbose}");
    // What is left as a comment is right once it is none.
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if key.starts_with(['[', '"']) || key.contains(" = ") => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    put(at, "iamlint.toml", &uncommented.replace("paths = [\"policies/vendor.json\"]", "paths = [\"p\"]"));
    status(&run(at, &["check", "--exit-zero"]), 0);
}

#[test]
fn what_holds_for_a_file_is_shown_as_a_configuration_that_says_the_same() {
    let base = "fail-on = \"high\"\n[trust.accounts]\n\"111122223333\" = \"us\"\n";
    let config = "extends = \"base.toml\"\nselect = [\"wildcard_action\"]\n[[overrides]]\npaths = [\"sandbox\"]\nfail-on = \"critical\"\nseverity = { wildcard_action = \"low\" }\n[[ignore]]\nrule = \"wildcard_action\"\npaths = [\"old\"]\n";
    let folder = folder(&[("iamlint.toml", config), ("base.toml", base), ("sandbox/a.json", WIDE), ("b.json", WIDE)]);
    let at = folder.path();
    let show = |path: &str| status(&run(at, &["config", "show", path]), 0);
    let (sandbox, other) = (show("sandbox/a.json"), show("b.json"));
    assert!(
        sandbox.contains("# from base.toml, then iamlint.toml\n# and from what is different for [\"sandbox\"]"),
        "{sandbox}"
    );
    assert!(sandbox.contains("fail-on = \"critical\"") && sandbox.contains("wildcard_action = \"low\""), "{sandbox}");
    assert!(other.contains("fail-on = \"high\"") && other.contains("\"111122223333\" = \"us\""), "{other}");
    assert!(!sandbox.contains("[[ignore]]"));
    // How bad a finding is depends on more than its rule, so only what was chosen is said of severities.
    assert!(!other.contains("[severity]"), "{other}");
    put(at, "iamlint.toml", &sandbox);
    let again = status(&run(&at.join("sandbox"), &["config", "show", "a.json"]), 0);
    let lines = |text: &str| text.lines().filter(|it| !it.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&again), lines(&sandbox));
    status(&run(at, &["config", "show", "gone"]), 2);
    let schema: Value = serde_json::from_slice(&run(at, &["config", "schema"]).stdout).unwrap();
    assert_eq!(schema["title"], "iamlint.toml");
}
