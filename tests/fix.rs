//! Fixes from outside: what `--fix`, `--unsafe-fixes` and `--diff` do to files, and what they leave alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "a test that is skipped says so, and what it changed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let at = folder.path().join(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(at, text).unwrap();
    }
    folder
}

fn check(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
    command.current_dir(folder).arg("check").args(arguments).env_remove("NO_COLOR").stdin(Stdio::null());
    command.output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn read(folder: &TempDir, path: &str) -> String {
    fs::read_to_string(folder.path().join(path)).unwrap()
}

const STALE: &str = "data \"aws_iam_policy_document\" \"a\" {\n  # who reads reports\n  statement {\n    # iamlint: ignore[wildcard_action] reason=\"old\"\n    actions   = [\"s3:GetObject\"]   # reads\n    resources = [\"arn:aws:s3:::reports/*\"]\n  }\n}\n";

#[test]
fn a_safe_fix_changes_what_it_must_and_nothing_else() {
    let folder = folder(&[("main.tf", STALE)]);
    let output = check(folder.path(), &["--fix"]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    assert_eq!(err(&output).lines().next(), Some("fixed 1 finding in 1 file"));
    let wanted = STALE.replace("    # iamlint: ignore[wildcard_action] reason=\"old\"\n", "");
    assert_eq!(read(&folder, "main.tf"), wanted);
    assert!(check(folder.path(), &["--fix", "--diff"]).stdout.is_empty());
}

const WIDE: &str = r#"{
  "Version": "2012-10-17",
  "Statement": { "Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs" }
}
"#;

#[test]
fn what_takes_permissions_away_is_asked_for_by_name() {
    let folder = folder(&[("a.json", WIDE)]);
    check(folder.path(), &["--fix"]);
    assert_eq!(read(&folder, "a.json"), WIDE);
    let shown = check(folder.path(), &["--unsafe-fixes", "--diff"]);
    assert_eq!(shown.status.code(), Some(1));
    let patch = out(&shown);
    assert!(patch.starts_with("--- a/a.json\n+++ b/a.json\n"), "{patch}");
    assert!(patch.contains("\n+  \"Statement\": { \"Effect\": \"Allow\", \"Action\": [\"sqs:"), "{patch}");
    assert_eq!(read(&folder, "a.json"), WIDE, "a patch changes nothing");
    let fixed = check(folder.path(), &["--unsafe-fixes"]);
    assert_eq!(fixed.status.code(), Some(0), "{}", out(&fixed));
    let text = read(&folder, "a.json");
    assert!(text.contains("\"sqs:SendMessage\"") && !text.contains("sqs:AddPermission"), "{text}");
    serde_json::from_str::<Value>(&text).unwrap();
}

#[test]
fn a_report_says_the_fixes_that_hold_when_it_is_asked() {
    let folder = folder(&[("a.json", WIDE)]);
    let fixes = |arguments: &[&str]| {
        let report: Value = serde_json::from_slice(&check(folder.path(), arguments).stdout).unwrap();
        report["findings"][0]["fixes"].as_array().unwrap().clone()
    };
    assert!(fixes(&["--format", "json"]).is_empty());
    let fixes = fixes(&["--format", "json", "--show-fixes"]);
    assert_eq!(fixes.len(), 2);
    assert_eq!(fixes[0]["safety"], "unsafe");
    assert_eq!(fixes[0]["title"], "name the actions in place of `sqs:*` that read and change");
    let range = &fixes[0]["edits"][0]["range"];
    let (start, end) = (range["start"]["offset"].as_u64().unwrap(), range["end"]["offset"].as_u64().unwrap());
    assert_eq!(&WIDE[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()], "\"sqs:*\"");
}

#[test]
fn an_option_without_effect_is_wrong_usage() {
    let folder = folder(&[("a.json", WIDE)]);
    for arguments in [
        ["--show-fixes", "."].as_slice(),
        &["--diff", "--format", "json"],
        &["--fix", "-"],
        &["--diff", "--output", "x"],
    ] {
        assert_eq!(check(folder.path(), arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn what_was_plainly_meant_is_written() {
    let text = "resource \"aws_iam_policy\" \"a\" {\n  policy = <<-EOT\n    {\n      \"Statement\": [ {\n          \"Sid\": \"read it\",\n          \"Effect\": \"allow\",\n          \"Action\": [\"s3:GetObjcet\", \"s3:ListObjects\" ],\n          \"Resource\": [\"arn:aws:s3:::a\",   \"arn:aws:s3:::a/*\"] } ]\n    }\n  EOT\n}\n";
    let wanted = text
        .replace("      \"Statement\"", "      \"Version\": \"2012-10-17\",\n      \"Statement\"")
        .replace("read it", "readit")
        .replace("\"allow\"", "\"Allow\"")
        .replace("GetObjcet", "GetObject")
        .replace("ListObjects", "ListBucket");
    let folder = folder(&[("main.tf", text)]);
    let output = check(folder.path(), &["--fix"]);
    assert_eq!(read(&folder, "main.tf"), wanted, "{}", out(&output));
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
}

#[test]
fn what_needs_more_than_the_one_resource_is_not_limited_to_it() {
    let module = |action: &str, resource: &str| {
        format!(
            "{resource}\ndata \"aws_iam_policy_document\" \"a\" {{\n  statement {{\n    actions   = [\"{action}\"]\n    resources = [\"*\"]\n  }}\n}}\n"
        )
    };
    let fixed = |text: &str| {
        let folder = folder(&[("main.tf", text)]);
        check(folder.path(), &["--unsafe-fixes", "--select", "wildcard_resource"]);
        read(&folder, "main.tf") != text
    };
    assert!(fixed(&module("sqs:SendMessage", "resource \"aws_sqs_queue\" \"q\" {}")));
    // A table is asked for with its database and the catalogue, a document with the instances that it runs on.
    assert!(!fixed(&module("glue:UpdateTable", "resource \"aws_glue_catalog_table\" \"t\" {}")));
    assert!(!fixed(&module("ssm:SendCommand", "resource \"aws_ssm_document\" \"d\" {}")));
}

#[test]
fn many_entries_that_have_no_effect_go_together() {
    let list = |actions: &str| {
        format!(
            "data \"aws_iam_policy_document\" \"a\" {{\n  statement {{\n    actions   = [{actions}]\n    resources = [\"arn:aws:sqs:eu-west-1:111122223333:jobs\"]\n  }}\n}}\n"
        )
    };
    let text = list(
        r#""sqs:Get*", "sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:List*", "sqs:ListQueues", "sqs:ListQueueTags""#,
    );
    let folder = folder(&[("main.tf", text.as_str())]);
    check(folder.path(), &["--fix", "--select", "redundant_entry"]);
    assert_eq!(read(&folder, "main.tf"), list(r#""sqs:Get*", "sqs:List*""#));
}

#[test]
fn a_module_that_was_fetched_is_not_touched() {
    let module = "variable \"a\" {}\nresource \"aws_iam_policy\" \"a\" {\n  policy = jsonencode({ Statement = { Effect = \"Allow\", Action = \"sqs:*\", Resource = \"arn:aws:sqs:eu-west-1:111122223333:jobs\" } })\n}\n";
    let modules = r#"{"Modules":[{"Key":"a","Source":"x/y/z","Dir":".terraform/modules/a"}]}"#;
    let folder = folder(&[
        ("main.tf", "module \"a\" {\n  source = \"x/y/z\"\n  a      = 1\n}\n"),
        (".terraform/modules/modules.json", modules),
        (".terraform/modules/a/main.tf", module),
    ]);
    let report = out(&check(folder.path(), &["--select", "wildcard_action"]));
    assert!(report.contains("sqs:*"), "it is found there: {report}");
    check(folder.path(), &["--unsafe-fixes"]);
    assert_eq!(read(&folder, ".terraform/modules/a/main.tf"), module);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = folder(&[("real/policy.json", WIDE), ("linked/notes.md", "")]);
    let real = folder.path().join("real/policy.json");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("../real/policy.json", folder.path().join("linked/policy.json")).unwrap();
    check(folder.path(), &["--unsafe-fixes"]);
    assert!(fs::symlink_metadata(folder.path().join("linked/policy.json")).unwrap().is_symlink());
    assert!(read(&folder, "real/policy.json").contains("sqs:SendMessage"));
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(folder.path().join("real")).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn one_literal_for_two_statements_is_fixed_once_for_both() {
    let text = "locals {\n  queue = [\"sqs:*\"]\n}\n\ndata \"aws_iam_policy_document\" \"a\" {\n  statement {\n    actions   = local.queue\n    resources = [\"arn:aws:sqs:eu-west-1:111122223333:a\"]\n  }\n  statement {\n    actions   = local.queue\n    resources = [\"arn:aws:sqs:eu-west-1:111122223333:b\"]\n  }\n}\n";
    let folder = folder(&[("main.tf", text)]);
    let output = check(folder.path(), &["--unsafe-fixes"]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    assert!(read(&folder, "main.tf").contains("actions   = local.queue"));
    assert!(!read(&folder, "main.tf").contains("sqs:*"));
}

/// Copies the folders of the corpus that have so many files at most: all of one repository or none of it.
fn sample(corpus: &Path, into: &Path, most: usize) {
    for kind in ["terraform", "json", "vulnerable"] {
        let Ok(entries) = fs::read_dir(corpus.join(kind)) else { continue };
        let mut entries: Vec<PathBuf> = entries.flatten().map(|it| it.path()).collect();
        entries.sort();
        for entry in entries {
            let files = walkdir::WalkDir::new(&entry).into_iter().flatten().filter(|it| it.file_type().is_file());
            let files: Vec<_> = files.collect();
            if files.len() > most {
                continue;
            }
            for file in files {
                let to = into.join(kind).join(file.path().strip_prefix(corpus.join(kind)).unwrap());
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::copy(file.path(), to).unwrap();
            }
        }
    }
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten().filter(|it| it.file_type().is_file());
    files.map(|it| (it.path().to_owned(), fs::read(it.path()).unwrap())).collect()
}

/// Fingerprints of the findings, and the errors.
fn judged(folder: &Path) -> (Vec<String>, BTreeSet<String>) {
    let report: Value = serde_json::from_slice(&check(folder, &["--format", "json"]).stdout).unwrap();
    let all = |name: &str| report[name].as_array().unwrap().clone();
    let findings = all("findings").iter().map(|it| it["fingerprint"].as_str().unwrap().to_owned()).collect();
    (findings, all("errors").iter().map(|it| format!("{} {}", it["file"], it["message"])).collect())
}

#[test]
fn wild_files_stay_readable_and_get_better() {
    let Some(corpus) = std::env::var_os("IAMLINT_CORPUS") else {
        eprintln!("skipped: wild_files_stay_readable_and_get_better: IAMLINT_CORPUS names no folder of wild files");
        return;
    };
    // All of it takes long unoptimised: IAMLINT_MOST asks for repositories of more files.
    let most = std::env::var("IAMLINT_MOST").ok().and_then(|it| it.parse().ok()).unwrap_or(40);
    let folder = tempfile::tempdir().unwrap();
    sample(Path::new(&corpus), folder.path(), most);
    // Wild files have no comments for iamlint, so every statement of a document gets one that silences nothing.
    for (path, text) in files(folder.path()) {
        if path.extension().is_some_and(|it| it == "tf") {
            let text = String::from_utf8(text).unwrap();
            let planted = text.replace("  statement {\n", "  statement { # iamlint: ignore[public_bucket]\n");
            fs::write(path, planted).unwrap();
        }
    }
    for option in ["--fix", "--unsafe-fixes"] {
        let (before, errors_before) = judged(folder.path());
        let texts_before = files(folder.path());
        check(folder.path(), &[option, "--quiet"]);
        let (after, errors_after) = judged(folder.path());
        let changed: Vec<PathBuf> = files(folder.path())
            .into_iter()
            .filter(|(path, text)| texts_before[path] != *text)
            .map(|(path, _)| path)
            .collect();
        println!("{option}: {} files changed, {} findings became {}", changed.len(), before.len(), after.len());
        assert!(!changed.is_empty());
        assert!(errors_after.is_subset(&errors_before), "{:?}", errors_after.difference(&errors_before));
        if option == "--fix" {
            let new: Vec<&String> = after.iter().filter(|it| !before.contains(it)).collect();
            assert!(after.len() < before.len() && new.is_empty(), "{new:?}");
        }
        readable(&changed);
        assert_eq!(out(&check(folder.path(), &[option, "--diff"])), "", "a second run has nothing to do");
    }
}

/// Asks Terraform itself, where it is there, whether it can read the files.
fn readable(files: &[PathBuf]) {
    let terraform: Vec<&PathBuf> = files.iter().filter(|it| it.extension().is_some_and(|it| it == "tf")).collect();
    if Command::new("terraform").arg("version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: no terraform on the path to ask");
        return;
    }
    for some in terraform.chunks(64) {
        let output =
            Command::new("terraform").args(["fmt", "-write=false", "-list=false"]).args(some).output().unwrap();
        assert!(output.status.success(), "{}", err(&output));
    }
}
