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
fn a_patch_shows_no_secret_beside_what_it_changes() {
    let module = r#"resource "aws_iam_policy" "p" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Sid    = "One"
    Action = ["s3:GetObject", "s3:GetObject"]
    Effect = "Allow"
    Resource = sensitive("arn:aws:s3:::hunter/*")
  }] })
}
"#;
    let folder = folder(&[("main.tf", module)]);
    let diff = out(&check(folder.path(), &["--diff", "."]));
    assert!(diff.contains("+    Action = [\"s3:GetObject\"]\n     Effect"), "{diff}");
    assert!(!diff.contains("hunter"), "{diff}");
    let plain = module.replace("sensitive", "lower");
    fs::write(folder.path().join("main.tf"), plain).unwrap();
    assert!(out(&check(folder.path(), &["--diff", "."])).contains("hunter"));
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

/// What `--unsafe-fixes` makes of one file beside others, by rules of its own.
#[track_caller]
fn unsafely(files: &[(&str, &str)], rules: &[&str], path: &str) -> String {
    let folder = folder(files);
    let rules: Vec<&str> = rules.iter().flat_map(|it| ["--select", it]).collect();
    check(folder.path(), &[&["--unsafe-fixes", "--quiet"][..], &rules].concat());
    let again = check(folder.path(), &[&["--unsafe-fixes", "--diff"][..], &rules].concat());
    assert_eq!(out(&again), "", "a second run has nothing to do");
    read(&folder, path)
}

const CALLER: (&str, &str) = ("data.tf", "data \"aws_caller_identity\" \"me\" {}\n");

#[test]
fn a_service_is_bound_to_the_account_that_the_module_looks_up() {
    let topic = |statement: &str| {
        format!(
            "resource \"aws_sns_topic_policy\" \"a\" {{\n  arn    = \"t\"\n  policy = data.aws_iam_policy_document.a.json\n}}\n\ndata \"aws_iam_policy_document\" \"a\" {{\n  statement {{\n    actions   = [\"sns:Publish\"]\n    resources = [\"arn:aws:sns:eu-west-1:111122223333:t\"]\n    principals {{\n      type        = \"Service\"\n      identifiers = [\"s3.amazonaws.com\"]\n    }} # of the bucket\n{statement}  }}\n}}\n"
        )
    };
    let guard = |value: &str| {
        format!(
            "\n    condition {{\n      test     = \"StringEquals\"\n      variable = \"aws:SourceAccount\"\n      values   = [{value}]\n    }}\n"
        )
    };
    let before = topic("");
    let rules = ["confused_deputy"];
    let looked_up = unsafely(&[CALLER, ("main.tf", &before)], &rules, "main.tf");
    assert_eq!(looked_up, topic(&guard("data.aws_caller_identity.me.account_id")));
    let named = unsafely(&[("main.tf", &before)], &rules, "main.tf");
    assert_eq!(named, topic(&guard("\"111122223333\"")), "the topic says whose it is");
    let second = ("other.tf", "data \"aws_caller_identity\" \"hub\" {\n  provider = aws.hub\n}\n");
    let of_two = before.replace("111122223333", "*");
    assert_eq!(unsafely(&[CALLER, second, ("main.tf", &of_two)], &rules, "main.tf"), of_two, "there are two accounts");
    let hidden = before.replace("111122223333", "*");
    assert_eq!(unsafely(&[("main.tf", &hidden)], &rules, "main.tf"), hidden, "an account is not guessed");
    let people = before.replace(
        "    } # of",
        "    }\n    principals {\n      type        = \"AWS\"\n      identifiers = [\"111122223333\"]\n    } # of",
    );
    assert_eq!(unsafely(&[CALLER, ("main.tf", &people)], &rules, "main.tf"), people, "it would lock people out");
}

#[test]
fn a_guard_is_written_as_its_syntax_has_it() {
    let rules = ["confused_deputy"];
    let statement = |principal: &str, rest: &str| {
        format!(
            "      Effect    = \"Allow\"\n      Principal = {{ Service = \"{principal}.amazonaws.com\" }}\n      Action    = \"sqs:SendMessage\"\n      Resource  = \"*\"{rest}\n"
        )
    };
    let queue = |statement: &str| {
        format!(
            "resource \"aws_sqs_queue\" \"a\" {{\n  policy = jsonencode({{\n    Version = \"2012-10-17\"\n    Statement = [{{\n{statement}    }}]\n  }})\n}}\n"
        )
    };
    let before = queue(&statement("events", " # this queue"));
    let wanted = queue(&statement(
        "events",
        " # this queue\n      Condition = {\n        ArnLike = {\n          \"aws:SourceArn\" = \"arn:aws:events:*:${data.aws_caller_identity.me.account_id}:rule/*\"\n        }\n      }",
    ));
    assert_eq!(unsafely(&[CALLER, ("main.tf", &before)], &rules, "main.tf"), wanted);
    let heredoc = |rest: &str| {
        format!(
            "resource \"aws_sqs_queue\" \"a\" {{\n  policy = <<-EOT\n    {{\n      \"Version\": \"2012-10-17\",\n      \"Statement\": {{\n        \"Effect\": \"Allow\", \"Principal\": {{ \"Service\": \"s3.amazonaws.com\" }},\n        \"Action\": \"sqs:SendMessage\",\n        \"Resource\": \"*\"{rest}\n      }}\n    }}\n  EOT\n}}\n"
        )
    };
    let wanted = ",\n        \"Condition\": {\n          \"StringEquals\": {\n            \"aws:SourceAccount\": \"${data.aws_caller_identity.me.account_id}\"\n          }\n        }";
    assert_eq!(unsafely(&[CALLER, ("main.tf", &heredoc(""))], &rules, "main.tf"), heredoc(wanted));
    let json = |rest: &str| {
        format!(
            "{{ \"Version\": \"2012-10-17\", \"Statement\": {{ \"Effect\": \"Allow\", \"Principal\": {{ \"Service\": \"sns.amazonaws.com\" }}, \"Action\": \"sqs:SendMessage\", \"Resource\": \"arn:aws:sqs:eu-west-1:111122223333:jobs\"{rest} }} }}"
        )
    };
    let wanted = ", \"Condition\": { \"ArnLike\": { \"aws:SourceArn\": \"arn:aws:sns:*:111122223333:*\" } }";
    assert_eq!(unsafely(&[("a.json", &json(""))], &rules, "a.json"), json(wanted));
    // CloudWatch Logs says for whom it calls by what it encrypts.
    let key = |rest: &str| {
        format!(
            "resource \"aws_kms_key\" \"a\" {{\n  policy = jsonencode({{\n    Version = \"2012-10-17\"\n    Statement = [{{\n      Effect    = \"Allow\"\n      Principal = {{ Service = \"logs.eu-west-1.amazonaws.com\" }}\n      Action    = \"kms:Decrypt\"\n      Resource  = \"*\"{rest}\n    }}]\n  }})\n}}\n"
        )
    };
    let wanted = "\n      Condition = {\n        ArnLike = {\n          \"kms:EncryptionContext:aws:logs:arn\" = \"arn:aws:logs:*:${data.aws_caller_identity.me.account_id}:*\"\n        }\n      }";
    assert_eq!(unsafely(&[CALLER, ("main.tf", &key(""))], &rules, "main.tf"), key(wanted));
    let permission = |rest: &str| {
        format!(
            "resource \"aws_lambda_permission\" \"a\" {{\r\n  function_name = \"f\"\r\n  action        = \"lambda:InvokeFunction\"\r\n  principal     = \"s3.amazonaws.com\" # uploads\r\n{rest}}}"
        )
    };
    let wanted = "  source_account = data.aws_caller_identity.me.account_id\r\n";
    assert_eq!(unsafely(&[CALLER, ("main.tf", &permission(""))], &rules, "main.tf"), permission(wanted));
}

#[test]
fn a_condition_joins_those_that_are_there() {
    let trust = |test: &str| {
        format!(
            "{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {{\n    \"Effect\": \"Allow\",\n    \"Principal\": {{ \"Federated\": \"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com\" }},\n    \"Action\": \"sts:AssumeRoleWithWebIdentity\",\n    \"Condition\": {{\n      {test}\n    }}\n  }}\n}}\n"
        )
    };
    let rules = ["loose_audience"];
    let sub = "\"token.actions.githubusercontent.com:sub\": \"repo:example/site:ref:refs/heads/main\"";
    let aud = "\"token.actions.githubusercontent.com:aud\": \"sts.amazonaws.com\"";
    let before = trust(&format!("\"StringEquals\": {{ {sub} }}"));
    let wanted = trust(&format!("\"StringEquals\": {{ {aud}, {sub} }}"));
    assert_eq!(unsafely(&[("a.json", &before)], &rules, "a.json"), wanted);
    let before = trust(&format!("\"StringLike\": {{ {sub} }}"));
    let wanted = trust(&format!("\"StringEquals\": {{\n        {aud}\n      }},\n      \"StringLike\": {{ {sub} }}"));
    assert_eq!(unsafely(&[("a.json", &before)], &rules, "a.json"), wanted);
    // Whose audience is not known is not guessed.
    let gitlab = before.replace("token.actions.githubusercontent.com", "gitlab.com");
    assert_eq!(unsafely(&[("a.json", &gitlab)], &rules, "a.json"), gitlab);
}

#[test]
fn a_bucket_is_bound_to_the_account_of_whoever_asks() {
    let rules = ["bucket_name_of_others"];
    let json = |rest: &str| {
        format!(
            "{{ \"Version\": \"2012-10-17\", \"Statement\": {{ \"Effect\": \"Allow\", \"Action\": \"s3:PutObject\", \"Resource\": \"arn:aws:s3:::reports-*/*\"{rest} }} }}"
        )
    };
    let wanted = ", \"Condition\": { \"StringEquals\": { \"aws:ResourceAccount\": \"${aws:PrincipalAccount}\" } }";
    assert_eq!(unsafely(&[("a.json", &json(""))], &rules, "a.json"), json(wanted));
    let old = json("").replace("2012-10-17", "2008-10-17");
    assert_eq!(unsafely(&[("a.json", &old)], &rules, "a.json"), old, "it would be plain text");
    let block = |rest: &str| {
        format!(
            "data \"aws_iam_policy_document\" \"a\" {{\n  statement {{\n    actions   = [\"s3:PutObject\"]\n    resources = [\"arn:aws:s3:::reports-*/*\"]\n{rest}  }}\n}}\n"
        )
    };
    let wanted = "\n    condition {\n      test     = \"StringEquals\"\n      variable = \"aws:ResourceAccount\"\n      values   = [\"$${aws:PrincipalAccount}\"]\n    }\n";
    assert_eq!(unsafely(&[("main.tf", &block(""))], &rules, "main.tf"), block(wanted));
}

#[test]
fn roles_go_to_the_one_service_that_the_policy_starts() {
    let policy = |actions: &str, rest: &str| {
        format!(
            "resource \"aws_iam_policy\" \"a\" {{\n  policy = jsonencode({{\n    Version = \"2012-10-17\"\n    Statement = [\n      {{ Effect = \"Allow\", Action = {actions}, Resource = \"*\" }},\n      {{ Effect = \"Allow\", Action = [\"iam:PassRole\"], Resource = \"*\"{rest} }},\n    ]\n  }})\n}}\n"
        )
    };
    let rules = ["passrole_any_role"];
    let functions = "[\"lambda:CreateFunction\", \"lambda:InvokeFunction\"]";
    let wanted =
        policy(functions, ", Condition = { StringEquals = { \"iam:PassedToService\" = \"lambda.amazonaws.com\" } }");
    assert_eq!(unsafely(&[("main.tf", &policy(functions, ""))], &rules, "main.tf"), wanted);
    let optional = policy(
        functions,
        ", Condition = { StringEqualsIfExists = { \"iam:PassedToService\" = \"ec2.amazonaws.com\" } }",
    );
    assert_eq!(unsafely(&[("main.tf", &optional)], &rules, "main.tf"), optional, "it would be a contradiction");
    let both = policy("[\"lambda:CreateFunction\", \"ec2:RunInstances\"]", "");
    assert_eq!(unsafely(&[("main.tf", &both)], &rules, "main.tf"), both, "which one is meant is not guessed");
}

#[test]
fn an_operator_that_lets_others_pass_is_written_anew() {
    let policy = |operator: &str| {
        format!(
            "resource \"aws_iam_policy\" \"a\" {{\n  policy = jsonencode({{\n    Version = \"2012-10-17\"\n    Statement = [{{\n      Effect    = \"Deny\"\n      Action    = \"*\"\n      Resource  = \"*\"\n      Condition = {{ {operator} = {{ \"aws:MultiFactorAuthPresent\" = \"false\" }} }}\n    }}]\n  }})\n}}\n"
        )
    };
    let rules = ["mfa_not_enforced"];
    assert_eq!(unsafely(&[("main.tf", &policy("Bool"))], &rules, "main.tf"), policy("BoolIfExists"));
    let both = policy("Bool").replace("\"false\" }", "\"false\", \"aws:SecureTransport\" = \"false\" }");
    assert_eq!(unsafely(&[("main.tf", &both)], &rules, "main.tf"), both, "it would change what else is tested");
    let twice = policy("Bool")
        .replace("\"false\" } }", "\"false\" }, BoolIfExists = { \"aws:SecureTransport\" = \"false\" } }");
    assert_eq!(unsafely(&[("main.tf", &twice)], &rules, "main.tf"), twice, "a name stands once");
    let quoted = policy("\"Bool\"");
    assert_eq!(unsafely(&[("main.tf", &quoted)], &rules, "main.tf"), policy("\"BoolIfExists\""));
}

#[test]
fn a_resource_is_not_named_where_it_is_made_from_the_policy() {
    let module = |resource: &str, depends: &str| {
        format!(
            "resource \"aws_lambda_function\" \"f\" {{\n  function_name = \"f\"\n  role          = aws_iam_role.r.arn\n{depends}}}\n\nresource \"aws_iam_role\" \"r\" {{\n  assume_role_policy = \"{{}}\"\n}}\n\nresource \"aws_iam_role_policy\" \"p\" {{\n  role   = aws_iam_role.r.id\n  policy = data.aws_iam_policy_document.d.json\n}}\n\ndata \"aws_iam_policy_document\" \"d\" {{\n  statement {{\n    actions   = [\"lambda:UpdateFunctionCode\"]\n    resources = [{resource}]\n  }}\n}}\n"
        )
    };
    let rules = ["wildcard_resource"];
    let named = module("aws_lambda_function.f.arn", "");
    assert_eq!(unsafely(&[("main.tf", &module("\"*\"", ""))], &rules, "main.tf"), named);
    let circle = module("\"*\"", "  depends_on    = [aws_iam_role_policy.p]\n");
    assert_eq!(unsafely(&[("main.tf", &circle)], &rules, "main.tf"), circle);
}

#[test]
fn what_is_named_in_place_of_a_pattern_is_no_more_than_it_held() {
    let text = "{ \"Version\": \"2012-10-17\", \"Statement\": { \"Effect\": \"Allow\", \"Action\": \"sqs:*Queue*\", \"Resource\": \"*\" } }";
    let after = unsafely(&[("a.json", text)], &["partial_wildcard_action"], "a.json");
    assert!(
        after.contains("\"sqs:ListQueues\"") && !after.contains("sqs:List*") && !after.contains("*Queue*"),
        "{after}"
    );
}

#[test]
fn an_entry_goes_only_where_another_one_says_as_much_in_the_same_words() {
    let module = |list: &str| {
        format!(
            "locals {{\n  one = \"logs\"\n  two = \"logs\"\n}}\n\ndata \"aws_iam_policy_document\" \"a\" {{\n  statement {{\n    actions   = [\"s3:GetObject\"]\n    resources = [{list}]\n  }}\n}}\n"
        )
    };
    let fixed = |list: &str| {
        let folder = folder(&[("main.tf", &module(list))]);
        check(folder.path(), &["--fix", "--quiet", "--select", "redundant_entry"]);
        read(&folder, "main.tf")
    };
    let same = "\"arn:aws:s3:::${local.one}/a/*\", \"arn:aws:s3:::${local.one}/*\"";
    assert_eq!(fixed(same), module("\"arn:aws:s3:::${local.one}/*\""));
    let by_chance = "\"arn:aws:s3:::${local.one}/*\", \"arn:aws:s3:::${local.two}/*\"";
    assert_eq!(fixed(by_chance), module(by_chance), "one of them may change tomorrow");
}

/// A policy in each syntax, with a typo, an entry that is there twice, one that another holds and an action that is only
/// on `*`; and what `--fix` makes of it.
const SYNTAXES: [(&str, &str, &str); 5] = [
    (
        "main.tf",
        "data \"aws_iam_policy_document\" \"a\" {\n  # who reads\n  statement {\n    actions = [\n      \"s3:GetObjcet\", # reads\n      \"s3:ListBucket\",\n      \"s3:ListBucket\",\n      \"s3:ListAllMyBuckets\", // all\n    ]\n    resources = [\"arn:aws:s3:::a\", \"arn:aws:s3:::a/*\", /* more */ \"arn:aws:s3:::a/b/*\"] # of a\n  }\n}\n",
        "data \"aws_iam_policy_document\" \"a\" {\n  # who reads\n  statement {\n    actions = [\n      \"s3:GetObject\", # reads\n      \"s3:ListBucket\",\n       // all\n    ]\n    resources = [\"arn:aws:s3:::a\", \"arn:aws:s3:::a/*\" /* more */ ] # of a\n  }\n\n  statement {\n    actions = [\n      \"s3:ListAllMyBuckets\",\n    ]\n    resources = [\"*\"] # of a\n  }\n}\n",
    ),
    (
        "main.tf",
        "resource \"aws_iam_policy\" \"a\" {\n  policy = jsonencode({\n    Statement = [{\n      Effect   = \"Allow\"\n      Action   = [\"s3:GetObjcet\", \"s3:ListBucket\", \"s3:ListBucket\", \"s3:ListAllMyBuckets\",]\n      Resource = [\n        \"arn:aws:s3:::a\",\n        \"arn:aws:s3:::a/*\",\n        \"arn:aws:s3:::a/b/*\"\n      ]\n    }]\n  })\n}\n",
        "resource \"aws_iam_policy\" \"a\" {\n  policy = jsonencode({\n    Version = \"2012-10-17\"\n    Statement = [{\n      Effect   = \"Allow\"\n      Action   = [\"s3:GetObject\", \"s3:ListBucket\", ]\n      Resource = [\n        \"arn:aws:s3:::a\",\n        \"arn:aws:s3:::a/*\"\n      ]\n    }, {\n      Effect   = \"Allow\"\n      Action   = [\"s3:ListAllMyBuckets\"]\n      Resource = \"*\"\n    }]\n  })\n}\n",
    ),
    (
        "main.tf",
        "resource \"aws_iam_policy\" \"a\" {\n  policy = <<-EOT\n    {\n      \"Statement\": [\n        {\n          \"Effect\": \"Allow\",\n          \"Action\": [\"s3:GetObjcet\", \"s3:ListBucket\", \"s3:ListBucket\", \"s3:ListAllMyBuckets\"],\n          \"Resource\": [\"arn:aws:s3:::a\", \"arn:aws:s3:::a/*\", \"arn:aws:s3:::a/b/*\"]\n        }\n      ]\n    }\n  EOT\n}\n",
        "resource \"aws_iam_policy\" \"a\" {\n  policy = <<-EOT\n    {\n      \"Version\": \"2012-10-17\",\n      \"Statement\": [\n        {\n          \"Effect\": \"Allow\",\n          \"Action\": [\"s3:GetObject\", \"s3:ListBucket\"],\n          \"Resource\": [\"arn:aws:s3:::a\", \"arn:aws:s3:::a/*\"]\n        },\n        {\n          \"Effect\": \"Allow\",\n          \"Action\": [\"s3:ListAllMyBuckets\"],\n          \"Resource\": \"*\"\n        }\n      ]\n    }\n  EOT\n}\n",
    ),
    (
        "main.tf",
        "resource \"aws_iam_policy\" \"a\" {\n  policy = \"{ \\\"Statement\\\": { \\\"Effect\\\": \\\"Allow\\\", \\\"Action\\\": [\\\"s3:GetObjcet\\\", \\\"s3:ListBucket\\\", \\\"s3:ListBucket\\\"], \\\"Resource\\\": [\\\"arn:aws:s3:::a\\\", \\\"arn:aws:s3:::a/*\\\", \\\"arn:aws:s3:::a/b/*\\\"] } }\"\n}\n",
        "resource \"aws_iam_policy\" \"a\" {\n  policy = \"{ \\\"Version\\\": \\\"2012-10-17\\\", \\\"Statement\\\": { \\\"Effect\\\": \\\"Allow\\\", \\\"Action\\\": [\\\"s3:GetObject\\\", \\\"s3:ListBucket\\\"], \\\"Resource\\\": [\\\"arn:aws:s3:::a\\\", \\\"arn:aws:s3:::a/*\\\"] } }\"\n}\n",
    ),
    (
        "a.json",
        "{\n  \"Statement\" : [{\n      \"Sid\": \"Read\", \"Effect\" : \"Allow\",\n      \"Action\" : [ \"s3:GetObjcet\", \"s3:ListBucket\" , \"s3:ListBucket\", \"s3:ListAllMyBuckets\" ],\n      \"Resource\" : [\n        \"arn:aws:s3:::a\", \"arn:aws:s3:::a/*\",\n        \"arn:aws:s3:::a/b/*\" ] } ]\n}\n",
        "{\n  \"Version\" : \"2012-10-17\",\n  \"Statement\" : [{\n      \"Sid\": \"Read\", \"Effect\" : \"Allow\",\n      \"Action\" : [ \"s3:GetObject\", \"s3:ListBucket\" ],\n      \"Resource\" : [\n        \"arn:aws:s3:::a\", \"arn:aws:s3:::a/*\" ] }, {\n      \"Sid\": \"ReadAny\", \"Effect\" : \"Allow\",\n      \"Action\" : [\"s3:ListAllMyBuckets\"],\n      \"Resource\" : \"*\" } ]\n}\n",
    ),
];

/// What it is called, and what it makes of a text.
type Habit = (&'static str, fn(&str) -> String);

/// How files come: as they are, from Windows, with tabs, and without an end of their last line.
const HABITS: [Habit; 4] = [
    ("plain", str::to_owned),
    ("windows", |text| text.replace('\n', "\r\n")),
    ("tabs", |text| text.replace("  ", "\t")),
    ("unended", |text| text.trim_end().to_owned()),
];

#[test]
fn safe_fixes_keep_to_the_habits_of_a_file() {
    for (path, before, after) in SYNTAXES {
        for (habit, as_habit) in HABITS {
            let folder = folder(&[(path, &as_habit(before))]);
            let output = check(folder.path(), &["--fix"]);
            let wanted = as_habit(after);
            assert_eq!(read(&folder, path), wanted, "{habit}: {}", out(&output));
            assert_eq!(output.status.code(), Some(0), "{habit}: {}", out(&output));
            assert_eq!(out(&check(folder.path(), &["--fix", "--diff"])), "", "{habit}: a second run");
            if path.ends_with(".json") {
                serde_json::from_str::<Value>(&read(&folder, path)).unwrap();
            } else {
                readable(&[folder.path().join(path)]);
            }
        }
    }
}

#[test]
fn plain_http_is_denied_behind_what_the_policy_allows() {
    let bucket = "resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"example-b\"\n}\n\nresource \"aws_s3_bucket_policy\" \"b\" {\n  bucket = aws_s3_bucket.b.id\n";
    let block = |rest: &str| {
        format!(
            "{bucket}  policy = data.aws_iam_policy_document.b.json\n}}\n\ndata \"aws_iam_policy_document\" \"b\" {{\n  statement {{\n    actions   = [\"s3:GetObject\"]\n    resources = [\"${{aws_s3_bucket.b.arn}}/*\"]\n    principals {{\n      type        = \"AWS\"\n      identifiers = [\"111122223333\"]\n    }}\n  }}{rest}\n}}\n"
        )
    };
    let wanted = "\n\n  statement {\n    sid       = \"DenyPlainHttp\"\n    effect    = \"Deny\"\n    actions   = [\"s3:*\"]\n    resources = [\"${aws_s3_bucket.b.arn}\", \"${aws_s3_bucket.b.arn}/*\"]\n\n    principals {\n      type        = \"*\"\n      identifiers = [\"*\"]\n    }\n\n    condition {\n      test     = \"Bool\"\n      variable = \"aws:SecureTransport\"\n      values   = [\"false\"]\n    }\n  }";
    assert_eq!(unsafely(&[("main.tf", &block(""))], &["bucket_plain_http"], "main.tf"), block(wanted));
    let heredoc = |list: &str| {
        format!("{bucket}  policy = <<EOT\n{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {list}\n}}\nEOT\n}}\n")
    };
    let allow = "{\n    \"Effect\": \"Allow\",\n    \"Principal\": { \"AWS\": \"111122223333\" },\n    \"Action\": \"s3:ListBucket\",\n    \"Resource\": \"${aws_s3_bucket.b.arn}\"\n  }";
    let deny = "{\n    \"Sid\": \"DenyPlainHttp\",\n    \"Effect\": \"Deny\",\n    \"Principal\": \"*\",\n    \"Action\": \"s3:*\",\n    \"Resource\": [\"${aws_s3_bucket.b.arn}\", \"${aws_s3_bucket.b.arn}/*\"],\n    \"Condition\": {\n      \"Bool\": {\n        \"aws:SecureTransport\": \"false\"\n      }\n    }\n  }";
    let after = unsafely(&[("main.tf", &heredoc(allow))], &["bucket_plain_http"], "main.tf");
    assert_eq!(after, heredoc(&format!("[{allow}, {deny}]")));
    let part = heredoc(&allow.replace("b.arn}", "b.arn}/public/*"));
    assert_eq!(unsafely(&[("main.tf", &part)], &["bucket_plain_http"], "main.tf"), part, "a part is not all of it");
    let queue = |rest: &str| {
        format!(
            "resource \"aws_sqs_queue\" \"q\" {{\n  policy = jsonencode({{\n    Version = \"2012-10-17\"\n    Statement = [\n      {{ Effect = \"Allow\", Principal = {{ AWS = \"111122223333\" }}, Action = \"sqs:SendMessage\", Resource = \"*\" }}{rest}\n    ]\n  }})\n}}\n"
        )
    };
    let wanted = ",\n      { Sid = \"DenyPlainHttp\", Effect = \"Deny\", Principal = \"*\", Action = \"sqs:*\", Resource = [\"*\"], Condition = { Bool = { \"aws:SecureTransport\" = \"false\" } } }";
    assert_eq!(unsafely(&[("main.tf", &queue(""))], &["message_plain_http"], "main.tf"), queue(wanted));
}

#[test]
fn a_statement_that_is_made_of_something_else_is_not_split() {
    let each = "variable \"tables\" {\n  default = [\"a\"]\n}\n\ndata \"aws_iam_policy_document\" \"d\" {\n  dynamic \"statement\" {\n    for_each = var.tables\n    content {\n      actions   = [\"dynamodb:GetItem\", \"dynamodb:ListTables\"]\n      resources = [\"arn:aws:dynamodb:eu-west-1:111122223333:table/${statement.value}\"]\n    }\n  }\n}\n";
    let made = |statement: &str| {
        format!(
            "variable \"tables\" {{\n  default = [\"a\"]\n}}\n\nresource \"aws_iam_policy\" \"p\" {{\n  policy = jsonencode({{ Version = \"2012-10-17\", Statement = {statement} }})\n}}\n"
        )
    };
    let object = "{ Effect = \"Allow\", Action = [\"dynamodb:GetItem\", \"dynamodb:ListTables\"], Resource = \"arn:aws:dynamodb:eu-west-1:111122223333:table/a\" }";
    let looped = made(&format!("[for table in var.tables : {object}]"));
    let merged = made(&format!("[merge({object}, {{}})]"));
    for text in [each, &looped, &merged] {
        let folder = folder(&[("main.tf", text)]);
        let output = check(folder.path(), &["--fix"]);
        assert!(out(&output).contains("mismatched_resource"), "{}", out(&output));
        assert_eq!(read(&folder, "main.tf"), text);
    }
}

#[test]
fn a_list_is_written_only_where_terraform_takes_one() {
    let document = |actions: &str| {
        format!(
            "data \"aws_iam_policy_document\" \"a\" {{\n  statement {{\n    actions   = {actions}\n    resources = [\"arn:aws:sqs:eu-west-1:111122223333:jobs\"]\n  }}\n}}\n"
        )
    };
    let rules = ["wildcard_action"];
    for kept in [
        "[lower(\"sqs:*\")]",
        "[[\"sqs:*\", \"x\"][0]]",
        "element([[\"sqs:*\"], [\"x\"]], 0)",
        "[element([\"sqs:*\", \"x\"], 0)]",
        "[one([\"sqs:*\"])]",
        "[coalesce(\"sqs:*\", \"x\")]",
        "values(tomap({ a = \"sqs:*\" }))",
        "[replace(\"sqs:*\", \"x\", \"y\")]",
        "[true ? \"sqs:*\" : \"x\"]",
    ] {
        let text = document(kept);
        assert!(out_of(&text).contains("`sqs:*` allows all"), "{kept}");
        assert_eq!(unsafely(&[("main.tf", &text)], &rules, "main.tf"), text, "{kept}");
    }
    let variable =
        |of: &str, default: &str| format!("variable \"a\" {{\n  type    = {of}\n  default = {default}\n}}\n");
    let text = variable("string", "\"sqs:*\"") + &document("[var.a]");
    assert_eq!(unsafely(&[("main.tf", &text)], &rules, "main.tf"), text);
    // Of which one element is asked for by its place, or which is measured, wherever that is.
    let local = |value: &str, used: &str| {
        format!("locals {{\n  a = {value}\n  b = local.a\n}}\noutput \"b\" {{\n  value = {used}\n}}\n")
            + &document("local.b")
    };
    for used in [
        "local.a[1]",
        "one(local.b)",
        "zipmap(local.b, [1])",
        "[for n, it in local.a : it if n < 1]",
        "local.b == []",
        "join(\",\", local.b)",
    ] {
        let text = local("[\"sqs:*\"]", used);
        assert_eq!(unsafely(&[("main.tf", &text)], &rules, "main.tf"), text, "{used}");
        let twice = local("[\"sqs:SendMessage\", \"sqs:*\"]", used);
        assert_eq!(unsafely(&[("main.tf", &twice)], &["redundant_entry"], "main.tf"), twice, "{used}");
    }
    for (before, after) in [
        (local("[\"sqs:*\"]", "md5(jsonencode({ Statement = { Action = local.b } }))"), "  a = [\n    \"sqs:"),
        (document("concat([\"sqs:*\"], [])"), "actions   = concat([\n      \"sqs:"),
        (variable("list(string)", "[\"sqs:*\"]") + &document("var.a"), "default = [\n    \"sqs:"),
    ] {
        let after_all = unsafely(&[("main.tf", &before)], &rules, "main.tf");
        assert!(after_all.contains(after) && after_all.contains("\"sqs:SendMessage\""), "{after_all}");
    }
}

/// A list of which one entry is redundant or much too wide, what else is made of it, and a policy of it.
fn used_twice(list: &str, rest: &str) -> String {
    format!(
        "locals {{\n  more = {list}\n}}\n{rest}\ndata \"aws_iam_policy_document\" \"d\" {{\n  statement {{\n    actions   = local.more\n    resources = [\"arn:aws:sqs:eu-west-1:111122223333:jobs\"]\n  }}\n}}\n"
    )
}

/// Another policy, of what is made of that list.
fn other(actions: &str) -> String {
    format!(
        "data \"aws_iam_policy_document\" \"other\" {{\n  statement {{\n    actions   = {actions}\n    resources = [\"arn:aws:sqs:eu-west-1:111122223333:other\"]\n  }}\n}}\n"
    )
}

const TWICE: &str = "[\"sqs:ReceiveMessage\", \"sqs:Receive*\", \"sqs:SendMessage\"]";

#[test]
fn a_list_that_something_looks_at_keeps_its_entries() {
    for actions in [
        "[for a in local.more : a if a != \"sqs:Receive*\"]",
        "[for a in local.more : a if !endswith(a, \"*\")]",
        "[for a in local.more : a if length(regexall(\"[*]\", a)) == 0]",
        "[for a in local.more : replace(a, \"Receive*\", \"DeleteMessage\")]",
        "[for m in [local.more] : m[2]]",
        "[for k, m in { a = local.more } : m[2]]",
        "[for m in { a = local.more } : m[2]]",
        "[{ for a in local.more : a => \"sqs:DeleteMessage\" }[\"sqs:ReceiveMessage\"]]",
        "[flatten([local.more])[2]]",
        "[concat(local.more, [])[2]]",
        "[(local.more)[2]]",
        "[local.more.2]",
        "[sort(local.more)[2]]",
        "try([local.more[2]], [\"sqs:PurgeQueue\"])",
        "[lookup({ \"3\" = \"sqs:DeleteMessage\" }, length(local.more), \"sqs:PurgeQueue\")]",
        "setsubtract(local.more, [\"sqs:Receive*\"])",
        "setintersection(local.more, [\"sqs:ReceiveMessage\", \"sqs:SendMessage\"])",
        "contains(local.more, \"sqs:ReceiveMessage\") ? [\"sqs:PurgeQueue\"] : [\"sqs:DeleteMessage\"]",
        "[strcontains(join(\",\", local.more), \"Message\") ? \"sqs:PurgeQueue\" : \"sqs:DeleteMessage\"]",
        "[jsondecode(jsonencode({ a = local.more })).a[2]]",
        "[\"sqs:%{ for a in local.more }%{ endfor }PurgeQueue\"]",
        "[element([for m in [{ of = local.more }] : m.of][0], 2)]",
    ] {
        let text = used_twice(TWICE, &other(actions));
        let folder = folder(&[("main.tf", &text)]);
        assert!(out(&check(folder.path(), &["."])).contains("redundant_entry"), "{actions}");
        check(folder.path(), &["--fix", "--select", "redundant_entry"]);
        assert_eq!(read(&folder, "main.tf"), text, "{actions}");
        let wide = used_twice("[\"sqs:*\"]", &other(actions));
        assert_eq!(unsafely(&[("main.tf", &wide)], &["wildcard_action"], "main.tf"), wide, "{actions}");
    }
}

#[test]
fn a_list_that_is_nothing_but_entries_of_policies_is_mended_for_all_of_them() {
    for rest in [
        other("local.more"),
        other("concat(local.more, [\"sqs:DeleteMessage\"])"),
        other("flatten([local.more, \"sqs:DeleteMessage\"])"),
        other("[for a in local.more : a]"),
        other("distinct(flatten([for m in [local.more] : m]))"),
        other("length({ a = local.more }) == 1 ? local.more : []"),
        other("local.sets.wide") + "locals {\n  sets = { wide = local.more, one = [\"sqs:DeleteMessage\"] }\n}\n",
        other("local.sets.one")
            + "locals {\n  sets = { wide = local.more, one = [\"sqs:DeleteMessage\"] }\n  n    = local.sets.one[0]\n}\n",
        "output \"json\" {\n  value = data.aws_iam_policy_document.d.json\n}\n".to_owned(),
        "output \"json\" {\n  value = jsonencode({ Statement = [{ Effect = \"Allow\", Action = local.more }] })\n}\n"
            .to_owned(),
    ] {
        let folder = folder(&[("main.tf", &used_twice(TWICE, &rest))]);
        check(folder.path(), &["--fix", "--select", "redundant_entry"]);
        let wanted = used_twice("[\"sqs:Receive*\", \"sqs:SendMessage\"]", &rest);
        assert_eq!(read(&folder, "main.tf"), wanted);
    }
}

#[test]
fn what_a_module_gives_out_is_used_by_its_callers() {
    let inner = |output: &str| used_twice(TWICE, &format!("output \"more\" {{\n  value = {output}\n}}\n"));
    let outer = "module \"m\" {\n  source = \"./m\"\n}\noutput \"second\" {\n  value = module.m.more[1]\n}\n";
    for output in ["local.more", "{ of = [local.more] }", "data.aws_iam_policy_document.d.statement[0].actions"] {
        let text = inner(output);
        let files = [("main.tf", outer), ("m/main.tf", text.as_str())];
        assert_eq!(unsafely(&files, &["redundant_entry", "wildcard_action"], "m/main.tf"), text, "{output}");
    }
    // What is handed to a module is followed into it.
    let called = |used: &str| {
        let caller = used_twice(TWICE, "module \"m\" {\n  source = \"./m\"\n  list   = local.more\n}\n");
        let module = format!("variable \"list\" {{\n  type = list(string)\n}}\n{}", other(used));
        let after = unsafely(&[("main.tf", &caller), ("m/main.tf", &module)], &["redundant_entry"], "main.tf");
        after == caller
    };
    assert!(!called("var.list"));
    assert!(called("[var.list[2]]"));
    assert!(called("[for a in var.list : a if a != \"sqs:Receive*\"]"));
}

#[test]
fn a_text_that_stands_for_something_else_too_stays() {
    let table = "resource \"aws_dynamodb_table\" \"t\" {\n  name = \"t\"\n}\n";
    let module = |rest: &str| {
        format!(
            "locals {{\n  any = \"*\"\n}}\n{table}{rest}resource \"aws_iam_role_policy\" \"a\" {{\n  role   = \"r\"\n  policy = jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", Action = \"dynamodb:GetItem\", Resource = local.any }}] }})\n}}\n"
        )
    };
    let rules = ["data_any_resource"];
    let alone = unsafely(&[("main.tf", &module(""))], &rules, "main.tf");
    assert!(alone.contains("any = aws_dynamodb_table.t.arn"), "{alone}");
    for rest in [
        "resource \"aws_route53_record\" \"x\" {\n  name = local.any\n}\n",
        "output \"any\" {\n  value = local.any\n}\n",
        "resource \"aws_sqs_queue\" \"q\" {\n  name = \"a${local.any}\"\n}\n",
        "resource \"aws_sqs_queue\" \"q\" {\n  count = local.any == \"*\" ? 1 : 0\n}\n",
        "resource \"aws_sqs_queue\" \"q\" {\n  for_each = toset([local.any])\n}\n",
        "data \"aws_iam_policy_document\" \"deny\" {\n  statement {\n    effect    = \"Deny\"\n    actions   = [\"dynamodb:DeleteTable\"]\n    resources = [local.any]\n  }\n}\n",
    ] {
        let text = module(rest);
        assert_eq!(unsafely(&[("main.tf", &text)], &rules, "main.tf"), text, "{rest}");
    }
}

#[test]
fn a_list_in_json_is_followed_as_any_other() {
    let module = |list: &str, third: &str, actions: &str| {
        format!(
            r#"{{"locals": {{"more": {list}{third}}},
 "data": {{"aws_iam_policy_document": {{"d": {{"statement": [{{"actions": "{actions}", "resources": ["arn:aws:sqs:eu-west-1:111122223333:jobs"]}}]}}}}}}}}
"#
        )
    };
    let fixed = |text: &str| {
        let folder = folder(&[("main.tf.json", text)]);
        check(folder.path(), &["--fix", "--select", "redundant_entry"]);
        read(&folder, "main.tf.json")
    };
    let plain = module(TWICE, "", "${local.more}");
    assert_eq!(fixed(&plain), module("[\"sqs:Receive*\", \"sqs:SendMessage\"]", "", "${local.more}"));
    for looked in [
        module(TWICE, r#", "third": "${local.more[2]}""#, "${local.more}"),
        module(TWICE, "", "${[for a in local.more : a if a != \\\"x\\\"]}"),
    ] {
        assert_eq!(fixed(&looked), looked);
    }
}

#[test]
fn a_pattern_that_two_statements_have_is_not_narrowed_for_one_of_them() {
    let rules = ["wildcard_action"];
    let alone = used_twice("[\"sqs:*\"]", "");
    assert_ne!(unsafely(&[("main.tf", &alone)], &rules, "main.tf"), alone);
    for rest in [
        other("local.more").replace("111122223333:other", "*"),
        other("local.more").replace("\"arn:aws:sqs:eu-west-1:111122223333:other\"", "\"*\""),
        other("local.more").replace("statement {", "statement {\n    effect = \"Deny\""),
        other("local.more").replace("actions   =", "not_actions ="),
    ] {
        let text = used_twice("[\"sqs:*\"]", &rest);
        assert_eq!(unsafely(&[("main.tf", &text)], &rules, "main.tf"), text, "{rest}");
    }
    // One statement that is attached twice stays one.
    let attached = |name: &str| {
        format!("resource \"aws_iam_role_policy\" \"{name}\" {{\n  role   = \"{name}\"\n  policy = local.policy\n}}\n")
    };
    let text = format!(
        "locals {{\n  policy = jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", Action = \"sqs:*\", Resource = \"arn:aws:sqs:eu-west-1:111122223333:jobs\" }}] }})\n}}\n{}{}output \"policy\" {{\n  value = local.policy\n}}\n",
        attached("a"),
        attached("b")
    );
    let after = unsafely(&[("main.tf", &text)], &rules, "main.tf");
    assert!(after.contains("\"sqs:SendMessage\""), "{after}");
}

/// What a run says of one file.
fn out_of(text: &str) -> String {
    let folder = folder(&[("main.tf", text)]);
    out(&check(folder.path(), &["."]))
}

#[test]
fn a_list_that_grows_too_long_for_a_line_gets_lines() {
    let block = |list: &str| {
        format!(
            "data \"aws_iam_policy_document\" \"a\" {{\n  statement {{\n    actions   = {list}\n    resources = [\"arn:aws:sqs:eu-west-1:111122223333:jobs\"]\n  }}\n}}\n"
        )
    };
    let after = unsafely(&[("main.tf", &block("[\"sqs:*\"]"))], &["wildcard_action"], "main.tf");
    assert!(after.contains("    actions   = [\n      \"sqs:CancelMessageMoveTask\",\n      \"sqs:"), "{after}");
    assert!(after.contains("\"sqs:UntagQueue\"\n    ]\n    resources = "), "{after}");
    let beside = unsafely(&[("main.tf", &block("[\"sqs:*\", \"s3:GetObject\"]"))], &["wildcard_action"], "main.tf");
    assert!(beside.contains("\"sqs:UntagQueue\", \"s3:GetObject\"]\n"), "{beside}");
    let json = "{\n    \"Version\": \"2012-10-17\",\n    \"Statement\": {\n        \"Effect\": \"Allow\",\n        \"Action\": \"sqs:*\",\n        \"Resource\": \"arn:aws:sqs:eu-west-1:111122223333:jobs\"\n    }\n}\n";
    let after = unsafely(&[("a.json", json)], &["wildcard_action"], "a.json");
    assert!(after.contains("        \"Action\": [\n            \"sqs:CancelMessageMoveTask\",\n"), "{after}");
    assert!(after.contains("\"sqs:UntagQueue\"\n        ],\n"), "{after}");
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
                fs::write(to, fs::read(file.path()).unwrap()).unwrap();
            }
        }
    }
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten().filter(|it| it.file_type().is_file());
    files.map(|it| (it.path().to_owned(), fs::read(it.path()).unwrap())).collect()
}

/// What stands in a folder.
struct Judged {
    findings: Vec<Value>,
    errors: BTreeSet<String>,
}

impl Judged {
    fn of(folder: &Path) -> Self {
        let report: Value = serde_json::from_slice(&check(folder, &["--format", "json"]).stdout).unwrap();
        let all = |name: &str| report[name].as_array().unwrap().clone();
        let errors = all("errors").iter().map(|it| format!("{} {}", it["file"], it["message"])).collect();
        Self { findings: all("findings"), errors }
    }

    /// Findings of which there was none like it. A fingerprint may hang on what else a statement allows, so one that
    /// says the same of the same policy is no new one.
    fn new_since<'j>(&'j self, before: &Self) -> Vec<&'j Value> {
        let words = |it: &Value| ["rule", "severity", "message"].map(|name| it[name].to_string());
        let says = |it: &Value| (words(it), it["policy"]["address"].to_string());
        let known: BTreeSet<&str> = before.findings.iter().filter_map(|it| it["fingerprint"].as_str()).collect();
        let said: BTreeSet<_> = before.findings.iter().map(says).collect();
        let is_new = |it: &&Value| !known.contains(it["fingerprint"].as_str().unwrap()) && !said.contains(&says(it));
        self.findings.iter().filter(is_new).collect()
    }

    fn of_file(&self, file: &str) -> usize {
        self.findings.iter().filter(|it| it["file"] == *file).count()
    }

    /// How bad the findings of one policy are, the worst first.
    fn severities(&self, address: &Value) -> Vec<usize> {
        let of_policy = self.findings.iter().filter(|it| it["policy"]["address"] == *address);
        let rank = |it: &Value| ["critical", "high", "medium", "low"].iter().position(|name| it["severity"] == **name);
        let mut ranks: Vec<usize> = of_policy.map(|it| rank(it).unwrap()).collect();
        ranks.sort_unstable();
        ranks
    }
}

/// The lines of a file that hold a comment and nothing else, but for those to iamlint.
fn comments(text: &str) -> Vec<&str> {
    let is_comment = |it: &&str| it.starts_with(['#', '/']) && !it.contains("iamlint:");
    text.lines().map(str::trim).filter(is_comment).collect()
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
        let before = Judged::of(folder.path());
        let texts_before = files(folder.path());
        check(folder.path(), &[option, "--quiet"]);
        let after = Judged::of(folder.path());
        let changed: Vec<PathBuf> = files(folder.path())
            .into_iter()
            .filter(|(path, text)| texts_before[path] != *text)
            .map(|(path, _)| path)
            .collect();
        let (count_before, count_after) = (before.findings.len(), after.findings.len());
        println!("{option}: {} files changed, {count_before} findings became {count_after}", changed.len());
        assert!(!changed.is_empty() && count_after < count_before);
        assert!(after.errors.is_subset(&before.errors), "{:?}", after.errors.difference(&before.errors));
        for new in after.new_since(&before) {
            // A lesser one in place of a worse is for those who ask for it.
            let address = &new["policy"]["address"];
            let better = after.severities(address) > before.severities(address);
            assert!(option == "--unsafe-fixes" && better, "{new}");
        }
        for path in &changed {
            let file = path.strip_prefix(folder.path()).unwrap().to_str().unwrap();
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let (old, new) = (text(&texts_before[path]), text(&fs::read(path).unwrap()));
            if option == "--fix" {
                assert!(after.of_file(file) < before.of_file(file), "{file}");
            }
            let left = comments(&new);
            assert!(comments(&old).iter().all(|it| left.contains(it)), "{file} has lost a comment");
            if path.extension().is_some_and(|it| it == "json") {
                let is_valid = |text: &str| serde_json::from_str::<Value>(text).is_ok();
                assert!(is_valid(&new) || !is_valid(&old), "{file}");
            }
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

#[test]
fn an_empty_sid_is_left_out() {
    let text = "resource \"aws_iam_policy\" \"a\" {\n  policy = jsonencode({\n    Version = \"2012-10-17\"\n    Statement = [{\n      Sid      = \"\"\n      Effect   = \"Allow\"\n      Action   = \"s3:GetObject\"\n      Resource = \"arn:aws:s3:::reports/*\"\n    }]\n  })\n}\n";
    let folder = folder(&[("main.tf", text), ("iamlint.toml", "select = [\"empty_sid\"]\n")]);
    check(folder.path(), &["--fix"]);
    assert_eq!(read(&folder, "main.tf"), text.replace("      Sid      = \"\"\n", ""));
}
