//! The program from outside: arguments and files in, bytes and exit status out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const WIDE: &str = r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::logs/*" } }"#;
const NARROW: &str = r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*" } }"#;
const ONE_RULE: [&str; 2] = ["--select", "wildcard_action"];

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let at = folder.path().join(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(at, text).unwrap();
    }
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
    command.current_dir(folder).args(arguments).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// `check` with one rule, so that the pack may grow.
fn check(folder: &Path, arguments: &[&str]) -> Output {
    run(folder, &[&["check"], arguments, &ONE_RULE].concat())
}

fn with_input(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = command(folder, arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn status(output: &Output, expected: i32) {
    assert_eq!(output.status.code(), Some(expected), "{}{}", out(output), err(output));
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_exit_status_says_what_happened() {
    let folder = folder(&[
        ("wide/a.json", WIDE),
        ("narrow/a.json", NARROW),
        ("empty/notes.md", ""),
        ("none/a.tf", "locals {}\n"),
    ]);
    let at = folder.path();
    status(&check(at, &["narrow"]), 0);
    status(&check(at, &["wide"]), 1);
    status(&check(at, &["wide", "--exit-zero"]), 0);
    status(&check(at, &["wide", "--fail-on", "critical"]), 0);
    status(&check(at, &["wide", "--min-severity", "critical"]), 0);
    status(&check(at, &["gone"]), 3);
    status(&check(at, &["gone", "wide", "--exit-zero"]), 3);
    status(&check(at, &["empty"]), 3);
    status(&check(at, &["empty", "--allow-empty"]), 0);
    status(&check(at, &["none"]), 3);
    status(&check(at, &["none", "--allow-empty"]), 0);
    status(&check(at, &["wide", "--format", "nothing"]), 2);
    for format in ["human", "json", "ndjson"] {
        status(&check(at, &["wide", "--format", format]), 1);
    }
}

#[test]
fn no_path_means_the_current_folder() {
    status(&check(folder(&[("a/b.json", WIDE)]).path(), &[]), 1);
    status(&check(folder(&[("a/b.md", "")]).path(), &[]), 3);
}

#[test]
fn an_option_that_cannot_take_effect_is_an_error() {
    let folder = folder(&[("a.json", NARROW), ("iamlint.toml", "")]);
    for arguments in [
        &["--stdin-filename", "a.tf"][..],
        &["-", "a.json"],
        &["--format", "json", "--color", "always"],
        &["--quiet", "--verbose"],
        &["--exit-zero", "--fail-on", "high"],
        &["--jobs", "0"],
        &["--ignore", "wildcard_action"],
        &["--ignore", "wildcard_actoin"],
        &["--var", "no-value"],
        &["--var-file", "gone.tfvars"],
        &["--config", "gone.toml"],
        &["--output", "no/such/folder"],
    ] {
        let output = check(folder.path(), arguments);
        status(&output, 2);
        assert!(!err(&output).is_empty());
        assert!(out(&output).is_empty());
    }
    status(&run(folder.path(), &["a.json"]), 2);
    assert!(err(&run(folder.path(), &["a.json"])).contains("iamlint check a.json"));
    status(&run(folder.path(), &[]), 2);
}

#[test]
fn standard_input_is_one_document() {
    let folder = folder(&[]);
    let arguments = |more: &[&'static str]| [&["check", "-", "--format", "ndjson"][..], &ONE_RULE, more].concat();
    let output = with_input(folder.path(), &arguments(&[]), WIDE.as_bytes());
    status(&output, 1);
    assert_eq!(json(&output)["file"], "<stdin>");
    let text = "data \"aws_iam_policy_document\" \"a\" {\n  statement {\n    actions   = [\"s3:*\"]\n    resources = [\"arn:aws:s3:::logs\"]\n  }\n}\n";
    let output = with_input(folder.path(), &arguments(&["--stdin-filename", "app/main.tf"]), text.as_bytes());
    status(&output, 1);
    assert_eq!((&json(&output)["file"], &json(&output)["range"]["start"]["line"]), (&"app/main.tf".into(), &3.into()));
    status(&with_input(folder.path(), &arguments(&[]), b"{ \"Statement\": "), 3);
    status(&with_input(folder.path(), &arguments(&[]), b"\xff\xfe"), 3);
}

#[test]
fn bad_input_costs_itself_and_nothing_else() {
    let folder = folder(&[("good.json", WIDE)]);
    let at = folder.path();
    fs::write(at.join("bytes.tf"), b"locals {}\n\xff\n").unwrap();
    fs::write(at.join("nul.tf"), b"locals {}\0").unwrap();
    fs::write(at.join("bom.json"), format!("\u{FEFF}{}", WIDE.replace(' ', "\r\n"))).unwrap();
    fs::write(at.join("nested.tf"), "a = ".to_owned() + &"[".repeat(1_000_000)).unwrap();
    fs::write(at.join("nested.json"), "{\"Statement\": ".to_owned() + &"[".repeat(1_000_000)).unwrap();
    let output = check(at, &["--format", "json", "."]);
    status(&output, 3);
    let report = json(&output);
    let files = |list: &str| -> Vec<String> {
        let files = report[list].as_array().unwrap().iter().map(|it| it["file"].as_str().unwrap().to_owned());
        files.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    };
    assert!(files("findings").contains(&"good.json".to_owned()), "{report}");
    for file in ["bytes.tf", "nul.tf", "nested.tf"] {
        assert!(files("errors").contains(&file.to_owned()), "{file}: {report}");
    }
}

#[test]
fn two_runs_write_the_same_bytes() {
    let files: Vec<_> = (0..40).map(|n| (format!("f{n}/a.json"), WIDE)).collect();
    let folder = folder(&files.iter().map(|(path, text)| (path.as_str(), *text)).collect::<Vec<_>>());
    let one = check(folder.path(), &["--format", "json", "--jobs", "1"]);
    assert_eq!(json(&one)["findings"].as_array().unwrap().len(), 40);
    assert_eq!(one.stdout, check(folder.path(), &["--format", "json", "--jobs", "7"]).stdout);
}

#[test]
fn the_object_for_programs_has_every_key_of_its_schema() {
    let folder = folder(&[("sub/a.json", WIDE)]);
    let report = json(&check(folder.path(), &["--format", "json", "./sub/../sub", "gone"]));
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&report), ["errors", "findings", "schema", "summary", "suppressed", "tool"]);
    assert_eq!(report["schema"], "iamlint-report/1");
    assert_eq!(keys(&report["tool"]), ["name", "reference_date", "version"]);
    assert_eq!(
        keys(&report["summary"]),
        ["errors", "files", "findings", "partly_resolved", "policies", "resolved", "suppressed", "unresolved"]
    );
    let finding = &report["findings"][0];
    for key in [
        "rule",
        "severity",
        "confidence",
        "message",
        "file",
        "range",
        "policy",
        "labels",
        "instances",
        "fixes",
        "fingerprint",
    ] {
        assert!(finding.get(key).is_some(), "{key}: {finding}");
    }
    assert_eq!(finding["file"], "sub/a.json");
    let start = WIDE.find("\"s3:*\"").unwrap();
    assert_eq!(finding["range"]["start"], serde_json::json!({ "line": 1, "column": start + 1, "offset": start }));
    assert_eq!(report["errors"], serde_json::json!([{ "file": "gone", "message": "no such file or folder" }]));
}

#[test]
fn what_is_suppressed_is_listed_with_its_reason() {
    let text = "data \"aws_iam_policy_document\" \"a\" {\n  statement {\n    actions   = [\"s3:*\"] # iamlint: ignore[wildcard_action] reason=\"ours\"\n    resources = [\"arn:aws:s3:::logs\"]\n  }\n}\n";
    let folder = folder(&[("a.tf", text)]);
    let output = check(folder.path(), &["--format", "json"]);
    status(&output, 0);
    let suppressed = &json(&output)["suppressed"][0];
    assert_eq!(
        (&suppressed["rule"], &suppressed["reason"], &suppressed["by"]),
        (&"wildcard_action".into(), &"ours".into(), &"comment".into())
    );
    assert!(out(&check(folder.path(), &[])).contains("1 suppressed (1 by comment)"));
    assert!(out(&check(folder.path(), &["--verbose"])).contains("(by comment: ours)"));
}

#[test]
fn the_configuration_holds_and_is_exact() {
    let folder =
        folder(&[("app/a.json", WIDE), ("iamlint.toml", "fail-on = \"critical\"\n"), ("bad.toml", "\nselct = []\n")]);
    status(&check(folder.path(), &["app"]), 0);
    status(&check(folder.path(), &["app", "--fail-on", "low"]), 1);
    let output = check(folder.path(), &["app", "--config", "bad.toml"]);
    status(&output, 2);
    assert!(err(&output).contains("bad.toml:2:1"), "{}", err(&output));
    assert!(err(&output).contains("did you mean `select`?"), "{}", err(&output));
}

#[test]
fn nothing_from_a_file_acts_on_the_terminal() {
    let text = WIDE
        .replace("s3:*", "s3\u{1b}[2J:*")
        .replace("\"Effect\"", "\"Sid\": \"::error::\u{202e}x##[group]\", \"Effect\"");
    let folder =
        folder(&[("a\u{1b}[1m.json", &WIDE.replace("logs", "\u{1b}]0;x\u{7}\u{202e}##[group]")), ("b.json", &text)]);
    let output = check(folder.path(), &[]);
    let text = out(&output) + &err(&output);
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text}");
    assert!(!text.contains("##["), "{text}");
    assert!(text.contains("<U+001B>"), "{text}");
}

#[test]
fn colours_are_for_terminals_or_those_who_ask() {
    let folder = folder(&[("a.json", WIDE)]);
    assert!(!out(&check(folder.path(), &[])).contains('\u{1b}'));
    assert!(out(&check(folder.path(), &["--color", "always"])).contains('\u{1b}'));
}

#[test]
fn quiet_says_what_was_found_and_nothing_else() {
    let folder = folder(&[("a.json", NARROW), ("b.json", WIDE)]);
    assert!(out(&check(folder.path(), &["a.json"])).contains("1 policy found"));
    assert_eq!(out(&check(folder.path(), &["a.json", "--quiet"])), "");
    assert!(out(&check(folder.path(), &["--quiet"])).contains("b.json"));
}

#[test]
fn a_report_goes_to_a_file() {
    let folder = folder(&[("a.json", WIDE)]);
    let output = check(folder.path(), &["--format", "json", "--output", "report"]);
    status(&output, 1);
    assert!(output.stdout.is_empty());
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("report")).unwrap()).unwrap();
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
}

#[test]
fn a_reader_that_stops_early_is_no_crash() {
    let files: Vec<_> = (0..300).map(|n| (format!("f{n}/a.json"), WIDE)).collect();
    let folder = folder(&files.iter().map(|(path, text)| (path.as_str(), *text)).collect::<Vec<_>>());
    let mut command = command(folder.path(), &[&["check"], &ONE_RULE[..]].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdout.take().unwrap().read_exact(&mut [0; 10]).unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(1), ""));
}

#[test]
fn rules_and_their_pages() {
    let folder = folder(&[]);
    let at = folder.path();
    let list = json(&run(at, &["rules", "--format", "json"]));
    let rule = list.as_array().unwrap().iter().find(|it| it["id"] == "wildcard_action").unwrap();
    for key in ["summary", "severity", "confidence", "theme", "since", "aliases"] {
        assert!(rule.get(key).is_some(), "{key}");
    }
    assert!(out(&run(at, &["rules"])).contains("wildcard_action"));
    assert!(out(&run(at, &["rules", "--format", "markdown"])).contains("| [wildcard_action](wildcard_action.md) |"));
    assert!(out(&run(at, &["explain", "Wildcard_Action"])).starts_with("# wildcard_action\n"));
    if let Some(alias) = rule["aliases"][0].as_str() {
        status(&run(at, &["explain", alias.split_once(':').unwrap().1]), 0);
    }
    // Older names of trivy's checks are known.
    for name in ["AVD-AWS-0057", "trivy:avd-aws-0057", "aws-iam-no-policy-wildcards", "tfsec:AWS099"] {
        assert!(out(&run(at, &["explain", name])).starts_with("# wildcard_action\n"), "{name}");
    }
    // The pages of a name that several rules stand for begin with the list of them.
    let pages = out(&run(at, &["explain", "CKV_AWS_111"]));
    assert!(pages.starts_with("# CKV_AWS_111\n\n") && pages.contains(" rules stand for it here."), "{pages}");
    assert!(pages.contains("\n- `wildcard_action` (high): ") && pages.contains("\n# wildcard_action\n"), "{pages}");
    let output = run(at, &["explain", "wildcard_actoin"]);
    status(&output, 2);
    assert!(err(&output).contains("did you mean `wildcard_action`?"));
}

#[test]
fn the_version_says_how_old_its_facts_are() {
    let version = out(&run(folder(&[]).path(), &["--version"]));
    assert!(version.contains(iamlint::catalog::reference_date()), "{version}");
}

#[test]
fn help_and_completions() {
    let folder = folder(&[]);
    for arguments in
        [&["--help"][..], &["check", "--help"], &["check", "-h"], &["completions", "bash"], &["completions", "zsh"]]
    {
        let output = run(folder.path(), arguments);
        status(&output, 0);
        assert!(out(&output).contains("iamlint"));
    }
    assert!(out(&run(folder.path(), &["check", "--help"])).contains("Examples:"));
}

#[test]
fn a_page_is_markdown_for_programs_and_drawn_for_people() {
    let folder = folder(&[]);
    let plain = out(&run(folder.path(), &["explain", "CKV_AWS_62"]));
    assert!(plain.starts_with("# full_administrator\n\ncritical severity, high confidence"), "{plain}");
    assert!(plain.contains("\n## Also known as\n\n- access-analyzer: `") && !plain.contains('\u{1b}'), "{plain}");
    let drawn = out(&run(folder.path(), &["explain", "full_administrator", "--color", "always"]));
    assert!(drawn.contains("\u{1b}[") && !drawn.contains("```") && !drawn.contains("## "), "{drawn}");
}

#[test]
#[cfg(unix)]
fn a_link_that_leads_out_is_skipped_and_counted() {
    use std::os::unix::fs::symlink;
    let outside = folder(&[("wide.tf", ""), ("all/wide.json", WIDE)]);
    let folder = folder(&[("a.json", NARROW), ("real/b.json", NARROW)]);
    symlink(outside.path().join("all/wide.json"), folder.path().join("out.json")).unwrap();
    symlink(outside.path().join("all"), folder.path().join("linked")).unwrap();
    symlink("real", folder.path().join("again")).unwrap();
    symlink("real/b.json", folder.path().join("b.json")).unwrap();
    let output = check(folder.path(), &["."]);
    status(&output, 0);
    assert!(out(&output).contains("3 files read, 3 skipped; 3 policies found"), "{}", out(&output));
    let named = out(&check(folder.path(), &[".", "--verbose"]));
    assert!(named.contains("skipped out.json: is a link that leads out of the folders that were named"), "{named}");
    assert!(named.contains("skipped again: is a link to a folder, which is linted where it is"), "{named}");
    assert!(!out(&output).contains("out.json"), "{}", out(&output));
    // Who names it wants it.
    status(&check(folder.path(), &["out.json"]), 1);
    symlink("nowhere", folder.path().join("gone.json")).unwrap();
    status(&check(folder.path(), &["."]), 3);
}

#[test]
fn what_could_not_be_read_counts_as_skipped() {
    let folder = folder(&[("a.json", NARROW), ("b.json", "")]);
    fs::write(folder.path().join("b.json"), [0xff, 0xfe, 0x00]).unwrap();
    fs::File::create(folder.path().join("c.tf")).unwrap().set_len((64 << 20) + 1).unwrap();
    let output = check(folder.path(), &["."]);
    status(&output, 3);
    assert!(out(&output).contains("1 file read, 2 skipped; 1 policy found"), "{}", out(&output));
}

#[test]
fn json_that_cannot_be_read_is_an_error_where_it_may_be_a_policy() {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let folder = folder(&[("a.json", NARROW), ("notes.md", "")]);
    fs::write(folder.path().join("data.json"), wide("{ \"rows\": [] }")).unwrap();
    fs::File::create(folder.path().join("large.json")).unwrap().set_len((64 << 20) + 1).unwrap();
    let output = check(folder.path(), &[".", "--verbose"]);
    status(&output, 0);
    assert!(out(&output).contains("1 file read, 3 skipped; 1 policy found"), "{}", out(&output));
    assert!(out(&output).contains("skipped large.json: is larger than 64 MiB"), "{}", out(&output));
    assert!(out(&output).contains("skipped notes.md: has a name"), "{}", out(&output));
    // Who names it must be told.
    status(&check(folder.path(), &["data.json"]), 3);
    fs::write(folder.path().join("data.json"), wide(WIDE)).unwrap();
    status(&check(folder.path(), &["."]), 3);
}

#[test]
fn a_policy_with_something_to_fill_in_is_resolved_in_part() {
    let of = |name: &str| NARROW.replace("/*", &format!("/${{{name}}}/*"));
    let folder = folder(&[("a.json", &of("folder")), ("b.json", &of("aws:username"))]);
    let told = out(&check(folder.path(), &["."]));
    assert!(told.contains("2 policies found: 1 fully resolved, 1 partly, 0 not"), "{told}");
}

#[test]
fn a_template_is_judged_as_far_as_it_can_be_read() {
    let template = r#"{ "Version": "2012-10-17", "Statement": [
      { "Effect": "Allow", "Action": ["s3:GetObject"
%{ if write ~}
        , "s3:*"
%{ endif ~}
      ], "Resource": "arn:aws:s3:::${bucket}/*" }
    ] }"#;
    let shapeless = r#"{ "Statement": [%{ for a in names }{ "Effect": "Allow", "Action": "${a}" %{ endfor }]"#;
    let folder = folder(&[("a.json", template), ("b.json", shapeless)]);
    let output = check(folder.path(), &[".", "--format", "json"]);
    status(&output, 0);
    let report: Value = serde_json::from_str(&out(&output)).unwrap();
    let finding = &report["findings"][0];
    assert_eq!((&finding["confidence"], &finding["range"]["start"]["line"]), (&"low".into(), &4.into()), "{report}");
    assert!(out(&check(folder.path(), &["."])).contains("the template's `if write` lets it stand"));
    assert_eq!(report["errors"].as_array().unwrap().len(), 0);
    assert!(out(&check(folder.path(), &["."])).contains("1 file read, 1 skipped; 1 policy found"));
    // Who names it is told what cannot be read.
    status(&check(folder.path(), &["b.json"]), 3);
}

#[test]
fn how_sure_it_is_that_a_document_opens_something_hangs_on_what_it_names() {
    let open = |action: &str, resource: &str| {
        format!(
            r#"{{ "Version": "2012-10-17", "Statement": {{ "Effect": "Allow", "Principal": "*", "Action": "{action}", "Resource": "{resource}" }} }}"#
        )
    };
    let table = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders";
    let folder = folder(&[
        ("a.json", &open("dynamodb:*", table)),
        ("b.json", &open("dynamodb:*", "*")),
        ("c.json", &open("sqs:*", "arn:aws:sqs:eu-west-1:111122223333:orders")),
    ]);
    let output = run(folder.path(), &["check", "--select", "public_resource_policy", "--format", "json"]);
    let report: Value = serde_json::from_str(&out(&output)).unwrap();
    let found = report["findings"].as_array().unwrap().iter().map(|it| it["confidence"].as_str().unwrap());
    assert_eq!(found.collect::<Vec<_>>(), ["medium", "low", "high"]);
}

#[test]
fn a_slip_beside_a_policy_variable_is_an_error_and_a_choice_is_for_the_module() {
    let slip = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"},\n{\"Effect\":\
                \"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::homes/${aws:username}/*\"},]}";
    let choice = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"%{ if all }*%{ else }s3:GetObject%{ endif \
                  }\",\"Resource\":\"*\"}]}";
    let folder = folder(&[("slip.json", slip), ("choice.json", choice)]);
    let output = check(folder.path(), &["--format", "json", "."]);
    status(&output, 3);
    let report = json(&output);
    assert_eq!(report["errors"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(report["errors"][0]["file"], "slip.json");
    assert_eq!(report["findings"][0]["severity"], "high", "{report}");
    assert!(
        err(&check(folder.path(), &["."])).contains("1 skipped")
            || out(&check(folder.path(), &["."])).contains("1 skipped")
    );
    let named = check(folder.path(), &["choice.json"]);
    status(&named, 3);
    assert!(out(&named).contains("what a template chooses is judged where a module renders it"), "{}", out(&named));
}

#[test]
fn the_last_value_of_a_variable_wins_as_it_does_for_terraform() {
    let module = "variable \"action\" {\n  type = string\n}\nresource \"aws_iam_policy\" \"p\" {\n  policy = jsonencode({ \
                  Statement = [{ Effect = \"Allow\", Action = var.action, Resource = \"*\" }] })\n}\n";
    let folder = folder(&[
        ("app/main.tf", module),
        ("app/terraform.tfvars", "action = \"sns:*\"\n"),
        ("s3.tfvars", "action = \"s3:*\"\n"),
        ("sqs.tfvars", "action = \"sqs:*\"\n"),
    ]);
    let (s3, sqs, named) = (["--var-file", "s3.tfvars"], ["--var-file", "sqs.tfvars"], ["--var", "action=ses:*"]);
    for (order, last) in [
        ([s3, sqs, named].concat(), "ses"),
        ([s3, named, sqs].concat(), "sqs"),
        ([named, sqs, s3].concat(), "s3"),
        ([sqs, named, s3, named].concat(), "ses"),
        (named.to_vec(), "ses"),
        (Vec::new(), "sns"),
    ] {
        let output = out(&check(folder.path(), &[&["app"], &order[..]].concat()));
        assert!(output.contains(&format!("`{last}:*` allows all")), "{order:?}: {output}");
    }
}

#[test]
fn a_module_outside_of_what_was_named_is_said_to_be_there() {
    let module = format!("resource \"aws_iam_policy\" \"p\" {{\n  policy = <<EOT\n{WIDE}\nEOT\n}}\n");
    let folder = folder(&[("a/main.tf", "module \"b\" {\n  source = \"../b\"\n}\n"), ("b/main.tf", &module)]);
    let output = check(folder.path(), &["a", "--show-unresolved"]);
    status(&output, 3);
    let wanted =
        "`module.b` was not read: `../b` leads out of what was named: name `b` as well, or a folder around both";
    assert!(out(&output).contains(wanted), "{}", out(&output));
    status(&check(folder.path(), &["a", "b"]), 1);
    fs::create_dir(folder.path().join(".git")).unwrap();
    status(&check(folder.path(), &["a"]), 1);
}

#[test]
fn what_stands_beside_a_given_value_is_not_shown() {
    let module = "variable \"actions\" {}\nvariable \"token\" {\n  sensitive = true\n}\nresource \"aws_iam_policy\" \"p\" {\n  policy = \
                  jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = var.actions, Resource \
                  = \"*\" }] })\n}\n";
    let values = "token = \"hunter2\"\nactions = [\"s3:*\"]\npassword = \"hunter3\"\n";
    let folder = folder(&[("main.tf", module), ("terraform.tfvars", values)]);
    let output = out(&check(folder.path(), &["."]));
    assert!(output.contains("terraform.tfvars:2") && !output.contains("hunter"), "{output}");
}

#[test]
fn a_report_of_a_written_key_shows_neither_the_key_nor_the_secret_beside_it() {
    let module = r#"provider "aws" {
  region     = "eu-west-1"
  access_key = "AKIA5T3R8P6N4M2XKQ7Z"
  secret_key = "dS5Nh2Tv8qKzYCifRxPbGNED7MKIMEFntUXrl4Jw"
  token      = "AWSServiceRoleForAmazonOpenSearchService"
}
resource "aws_s3_bucket" "reports" {}
"#;
    let folder = folder(&[("main.tf", module)]);
    let output = out(&run(folder.path(), &["check", "."]));
    assert!(output.contains("access_key = \"********************\"") && output.contains("main.tf:4:"), "{output}");
    assert!(output.contains("OpenSearchService"), "{output}");
    for format in ["human", "json", "sarif", "html", "github", "gitlab", "junit"] {
        let output = out(&run(folder.path(), &["check", "--format", format, "."]));
        assert!(output.contains("main.tf") && !output.contains("P6N4M2XK") && !output.contains("dS5Nh2T"), "{output}");
    }
}

#[test]
fn what_is_marked_as_sensitive_is_not_shown_where_it_is_written() {
    let module = r#"locals {
  key     = sensitive("hunter1")
  actions = ["s3:*"]
}
variable "token" {
  sensitive = true
  default   = {
    hunter2 = "hunter3"
  }
}
resource "aws_iam_policy" "one" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = local.actions, Resource = "*" }] })
}
output "key" {
  ephemeral = true
  value = "hunter4"
}
resource "aws_iam_policy" "two" {
  description = nonsensitive("shown")
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:*", Resource = "*" }] })
  path = sensitive("hunter5")
}
"#;
    let json = r#"{"variable": {"token": {"sensitive": true, "default": "hunter6"}}, "locals": {},
  "resource": {"aws_iam_policy": {"p": {"policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sns:*\",\"Resource\":\"*\"}]}"}}}}
"#;
    let folder = folder(&[("one/main.tf", module), ("two/main.tf.json", json)]);
    let output = out(&check(folder.path(), &["."]));
    assert!(output.contains("key     = sensitive(*********)"), "{output}");
    assert!(output.contains("nonsensitive(\"shown\")"), "{output}");
    assert!(output.contains("\"sensitive\": true, \"default\": *********}"), "{output}");
    assert!(!output.contains("hunter"), "{output}");
}
