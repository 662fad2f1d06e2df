//! The reports for other programs: what each says of the same folder, held to schemas and to parsers that are not ours.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A name that every format has to escape; Windows knows no `<` in names.
const ODD: &str = if cfg!(windows) { "policies/größe, 100% b.json" } else { "policies/größe, 100% <b>.json" };

/// A repository with two modules that call one, a policy with names that every format has to escape, and a file that
/// cannot be read.
const REPOSITORY: [(&str, &str); 5] = [
    (".git/HEAD", "ref: refs/heads/main\n"),
    (
        "infra/app/main.tf",
        r#"module "a" {
  source = "../modules/queue"
  name   = "a"
}

module "b" {
  source = "../modules/queue"
  name   = "b"
}
"#,
    ),
    (
        "infra/modules/queue/main.tf",
        r#"variable "name" {}

data "aws_iam_policy_document" "queue" {
  statement {
    sid       = "Send"
    actions   = ["sqs:*"]
    resources = ["arn:aws:sqs:eu-west-1:111122223333:${var.name}"]
  }
}

resource "aws_iam_policy" "queue" {
  policy = data.aws_iam_policy_document.queue.json
}
"#,
    ),
    (
        ODD,
        r#"{ "Version": "2012-10-17", "Statement": { "Sid": "é😀", "Effect": "Allow", "Action": "sns:*", "Resource": "arn:aws:sns:eu-west-1:111122223333:a|b<script>" } }"#,
    ),
    ("policies/broken.json", "{ \"Version\": \"2012-10-17\",\n  \"Statement\": [] ] }"),
];

fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in REPOSITORY {
        let at = folder.path().join(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(at, text).unwrap();
    }
    folder
}

/// A run from a folder below the root over the whole repository, with one rule, so that the pack may grow.
fn check(root: &Path, format: &str, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_iamlint"))
        .current_dir(root.join("infra/app"))
        .args(["check", "../..", "--select", "wildcard_action", "--format", format])
        .args(more)
        .env("GITHUB_STEP_SUMMARY", root.join(".git/summary.md"))
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The text between two columns of a line, both counted from 1 in characters, the second one past the last.
fn slice(file: &Path, region: &Value) -> String {
    let number = |name: &str| usize::try_from(region[name].as_u64().unwrap()).unwrap();
    assert_eq!(number("startLine"), number("endLine"));
    let text = fs::read_to_string(file).unwrap();
    let line = text.lines().nth(number("startLine") - 1).unwrap();
    let length = number("endColumn") - number("startColumn");
    line.chars().skip(number("startColumn") - 1).take(length).collect()
}

fn decoded(uri: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = uri.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[track_caller]
fn valid_sarif(log: &Value) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/schemas/sarif-2.1.0.json");
    let mut schema: Value = serde_json::from_slice(&fs::read(schema).unwrap()).unwrap();
    // The published schema has a bracket too many here, so that its pattern is none; iamlint names no language.
    for definition in ["run", "toolComponent"] {
        let pattern = &mut schema["definitions"][definition]["properties"]["language"]["pattern"];
        assert_eq!(pattern, "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$");
        *pattern = "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$".into();
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<_> = validator.iter_errors(log).map(|it| format!("{}: {it}", it.instance_path())).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn sarif_is_valid_and_points_at_files_that_exist() {
    let root = repository();
    let output = check(root.path(), "sarif", &[]);
    assert_eq!(output.status.code(), Some(3));
    let log = json(&output);
    valid_sarif(&log);
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    let wide: Vec<_> = results
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
            let file = root.path().join(decoded(place["artifactLocation"]["uri"].as_str().unwrap()));
            slice(&file, &place["region"])
        })
        .collect();
    assert_eq!(wide, ["\"sns:*\"", "\"sqs:*\""]);

    let queue = &results[1];
    let instances = queue["locations"][0]["logicalLocations"].as_array().unwrap();
    let instances: Vec<_> = instances.iter().map(|it| it["fullyQualifiedName"].as_str().unwrap()).collect();
    assert_eq!(instances, ["module.a.aws_iam_policy.queue", "module.b.aws_iam_policy.queue"]);
    let message = queue["message"]["text"].as_str().unwrap();
    for related in queue["relatedLocations"].as_array().unwrap() {
        let link = format!("[{}]({})", related["message"]["text"].as_str().unwrap(), related["id"]);
        assert!(message.contains(&link), "GitHub shows what the message links to: {link}\n{message}");
    }
    assert_eq!(queue["partialFingerprints"]["primaryLocationLineHash"], queue["partialFingerprints"]["iamlint/v1"]);

    let index = usize::try_from(queue["ruleIndex"].as_u64().unwrap()).unwrap();
    let rule = &run["tool"]["driver"]["rules"][index];
    assert_eq!(rule["id"], queue["ruleId"]);
    assert!(rule["help"]["markdown"].as_str().unwrap().contains("## What it leaves alone"));
    let severities: Vec<f64> =
        results.iter().map(|it| it["properties"]["security-severity"].as_str().unwrap().parse().unwrap()).collect();
    let worst: f64 = rule["properties"]["security-severity"].as_str().unwrap().parse().unwrap();
    assert!(severities.iter().all(|it| *it <= worst) && severities.contains(&worst), "{severities:?} {worst}");

    let problems = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    let file = &problems[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!((problems.len(), file.as_str()), (1, Some("policies/broken.json")));
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
}

#[cfg(unix)]
#[test]
fn sarif_of_nothing_and_of_a_file_elsewhere_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let policy = |action: &str| {
        format!(
            r#"{{ "Version": "2012-10-17", "Statement": {{ "Effect": "Allow", "Action": "{action}", "Resource": "arn:aws:s3:::a" }} }}"#
        )
    };
    fs::write(folder.path().join("a.json"), policy("s3:ListBucket")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("b c.json"), policy("s3:*")).unwrap();
    let run = |path: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
        json(&command.current_dir(folder.path()).args(["check", "--format", "sarif"]).arg(path).output().unwrap())
    };
    let clean = run(&folder.path().join("a.json"));
    valid_sarif(&clean);
    assert_eq!(clean["runs"][0]["results"].as_array().unwrap().len(), 0);
    let other = run(&elsewhere.path().join("b c.json"));
    valid_sarif(&other);
    let place = &other["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert!(place["uriBaseId"].is_null());
    let path = decoded(place["uri"].as_str().unwrap().strip_prefix("file://").unwrap());
    assert_eq!(fs::canonicalize(path).unwrap(), fs::canonicalize(elsewhere.path().join("b c.json")).unwrap());
}

/// The results of a report, by file and in that by place, each with what is asked of it.
fn results<T>(log: &Value, of: impl Fn(&Value) -> T) -> Vec<T> {
    log["runs"][0]["results"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn sarif_has_what_is_known_from_a_baseline_and_says_how_each_stands_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let policy = |action: &str, resource: &str| {
        format!(
            r#"{{ "Version": "2012-10-17", "Statement": {{ "Effect": "Allow", "Action": "{action}", "Resource": "arn:aws:sqs:eu-west-1:111122223333:{resource}" }} }}"#
        )
    };
    let iamlint = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
        command.current_dir(folder.path()).args(arguments).output().unwrap()
    };
    fs::write(at("iamlint.toml"), "select = [\"wildcard_action\"]\n").unwrap();
    for name in ["cured.json", "gone.json", "same.json", "wider.json"] {
        fs::write(at(name), policy("sqs:*", "a")).unwrap();
    }
    fs::write(at("gone.json"), policy("sqs:*", "gone")).unwrap();
    assert!(iamlint(&["baseline", "create"]).status.success());
    fs::write(at("cured.json"), policy("sqs:SendMessage", "a")).unwrap();
    fs::remove_file(at("gone.json")).unwrap();
    fs::write(at("new.json"), policy("sqs:*", "a")).unwrap();
    fs::write(at("wider.json"), policy("sqs:*", "*")).unwrap();
    let states = |arguments: &[&str]| {
        let check = ["check", "--format", "sarif", "--baseline", "iamlint-baseline.json"];
        let output = iamlint(&[&check, arguments].concat());
        assert_eq!(output.status.code(), Some(1));
        let log = json(&output);
        valid_sarif(&log);
        let mut states = results(&log, |it| {
            let place = it["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap_or("-");
            assert!(place == "-" || at(place).is_file(), "{place}");
            let address = it["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap();
            format!("{} {place} {address}", it["baselineState"].as_str().unwrap())
        });
        states.sort();
        (states, log)
    };
    let standing = ["new new.json new.json", "unchanged same.json same.json", "updated wider.json wider.json"];
    let (states_of_it, log) = states(&[]);
    assert_eq!(states_of_it, standing);
    let wider = results(&log, |it| it["message"]["text"].as_str().unwrap().to_owned());
    let difference = "\nmore: than before: on `arn:aws:sqs:eu-west-1:111122223333:*`";
    assert!(wider.iter().any(|it| it.contains(difference)), "{wider:?}");
    // GitHub would open alerts for what is fixed.
    let absent = ["absent - gone.json", "absent cured.json cured.json"];
    assert_eq!(states(&["--show-suppressed"]).0, [&absent[..], &standing].concat());
}

#[test]
fn sarif_says_who_has_answered_for_what_when_it_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let config = "select = [\"wildcard_action\"]\n[[ignore]]\nrule = \"wildcard_action\"\npaths = [\"a.json\"]\nreason = \"ours\"\n";
    fs::write(folder.path().join("iamlint.toml"), config).unwrap();
    fs::write(
        folder.path().join("a.json"),
        r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "sqs:*", "Resource": "*" } }"#,
    )
    .unwrap();
    let terraform = "data \"aws_iam_policy_document\" \"a\" {\n  statement {\n    actions   = [\"sns:*\"] # iamlint: ignore[wildcard_action]\n    resources = [\"*\"]\n  }\n}\n";
    fs::write(folder.path().join("main.tf"), terraform).unwrap();
    let check = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
        command.current_dir(folder.path()).arg("check").args(arguments).output().unwrap()
    };
    assert!(results(&json(&check(&["--format", "sarif"])), Value::clone).is_empty());
    let output = check(&["--format", "sarif", "--show-suppressed"]);
    assert_eq!(output.status.code(), Some(0));
    let log = json(&output);
    valid_sarif(&log);
    let suppressions = results(&log, |it| it["suppressions"].clone());
    let external = serde_json::json!([{ "kind": "external", "justification": "ours" }]);
    assert_eq!(suppressions, [external, serde_json::json!([{ "kind": "inSource" }])]);
    let said = text(&check(&["--show-suppressed"]));
    assert!(said.contains("suppressed a.json:1:") && said.contains("(by config: ours)"), "{said}");
    // What would have no effect is wrong usage.
    assert_eq!(check(&["--format", "json", "--show-suppressed"]).status.code(), Some(2));
}

#[test]
fn a_fix_in_sarif_is_an_edit_that_any_editor_can_make() {
    let root = repository();
    let file = root.path().join(ODD);
    fs::write(
        &file,
        "{ \"Version\": \"2012-10-17\",\r\n  \"Statement\": { \"Sid\": \"é😀\", \"Effect\": \"Allow\", \"Action\": [\"sns:Publish\", \"sns:publish\"], \"Resource\": \"*\" } }",
    )
    .unwrap();
    let run = |select: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
        command.current_dir(root.path().join("policies")).args(["check", "--select", select]).args([
            "--format",
            "sarif",
            "--show-fixes",
        ]);
        json(&command.output().unwrap())
    };
    let log = run("redundant_entry");
    valid_sarif(&log);
    assert_eq!(results(&log, |it| it["fixes"].as_array().unwrap().len()), [1]);
    let fix = &log["runs"][0]["results"][0]["fixes"][0];
    assert_eq!(fix["description"]["text"], "take out `sns:publish`");
    assert_eq!(fix["properties"]["safety"], "safe");
    let changes = fix["artifactChanges"].as_array().unwrap();
    assert_eq!(changes.len(), 1);
    let place = &changes[0]["artifactLocation"];
    assert_eq!((place["uriBaseId"].as_str(), decoded(place["uri"].as_str().unwrap())), (Some("%SRCROOT%"), ODD.into()));
    let mut text = fs::read_to_string(&file).unwrap();
    for replacement in changes[0]["replacements"].as_array().unwrap().iter().rev() {
        let region = &replacement["deletedRegion"];
        let [start, end] = [["startLine", "startColumn"], ["endLine", "endColumn"]].map(|names| {
            let [line, column] = names.map(|it| usize::try_from(region[it].as_u64().unwrap()).unwrap());
            let line: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
            line + text[line..].chars().take(column - 1).map(char::len_utf8).sum::<usize>()
        });
        text.replace_range(start..end, replacement["insertedContent"]["text"].as_str().unwrap());
    }
    fs::write(&file, &text).unwrap();
    assert!(text.contains("[\"sns:Publish\"]"), "{text}");
    assert!(results(&run("redundant_entry"), Value::clone).is_empty());
}

#[test]
fn sarif_points_at_nothing_that_a_checkout_does_not_have() {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let at = folder.path().join(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(at, text).unwrap();
    };
    put(".git/HEAD", "");
    put("main.tf", "module \"queue\" {\n  source  = \"acme/queue/aws\"\n  version = \"1.0.0\"\n}\n");
    let installed = r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"queue","Source":"registry.terraform.io/acme/queue/aws","Dir":".terraform/modules/queue"}]}"#;
    put(".terraform/modules/modules.json", installed);
    let module = "data \"aws_iam_policy_document\" \"a\" {\n  statement {\n    actions   = [\"sqs:*\"]\n    resources = [\"*\"]\n  }\n}\nresource \"aws_iam_policy\" \"a\" {\n  policy = data.aws_iam_policy_document.a.json\n}\n";
    put(".terraform/modules/queue/main.tf", module);
    for choice in ["call-site", "report"] {
        put("iamlint.toml", &format!("select = [\"wildcard_action\"]\nexternal-modules = \"{choice}\"\n"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
        let log = json(&command.current_dir(folder.path()).args(["check", "--format", "sarif"]).output().unwrap());
        valid_sarif(&log);
        let files = results(&log, |it| {
            let related = it["relatedLocations"].as_array().into_iter().flatten();
            let places = it["locations"].as_array().unwrap().iter().chain(related);
            let uris = places.map(|it| it["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap().to_owned());
            uris.collect::<Vec<_>>()
        });
        assert_eq!(files, [["main.tf"]], "{choice}");
        let message = results(&log, |it| it["message"]["text"].as_str().unwrap().to_owned()).remove(0);
        let inside = "here in the module (.terraform/modules/queue/main.tf:3)";
        assert!(message.contains(inside), "{choice}: {message}");
    }
}

#[test]
fn sarif_of_wild_repositories_is_valid_and_points_at_files_that_exist() {
    let Some(corpus) = std::env::var_os("IAMLINT_CORPUS").map(PathBuf::from) else {
        // What `eprintln!` writes is shown of failed tests only.
        std::io::stderr().write_all(b"skipped: sarif_of_wild_repositories: IAMLINT_CORPUS is not set\n").unwrap();
        return;
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
    let log = json(&command.current_dir(&corpus).args(["check", "terraform", "--format", "sarif"]).output().unwrap());
    valid_sarif(&log);
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(results.len() > 100, "{}", results.len());
    for result in results {
        for location in ["locations", "relatedLocations"].iter().flat_map(|it| result[it].as_array()).flatten() {
            let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            assert!(corpus.join(decoded(uri)).is_file(), "{uri}");
        }
    }
}

#[test]
fn annotations_are_escaped_and_the_summary_is_text() {
    let root = repository();
    let output = check(root.path(), "github", &[]);
    assert_eq!(output.status.code(), Some(3));
    let out = text(&output);
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines.len(), 3, "one line a command: {out}");
    assert!(lines[0].starts_with("::error file=policies/broken.json,line=2,"), "{out}");
    assert!(out.contains("file=infra/modules/queue/main.tf,line=6,endLine=6,col=18,endColumn=25,"), "{out}");
    assert!(out.contains(&format!("file={},line=1", ODD.replace('%', "%25").replace(',', "%2C"))), "{out}");
    assert!(out.contains("%0Afor: module.a.aws_iam_policy.queue, module.b.aws_iam_policy.queue%0A"), "{out}");
    let summary = fs::read_to_string(root.path().join(".git/summary.md")).unwrap();
    assert!(summary.starts_with("## iamlint: 2 findings ("), "{summary}");
    assert!(!summary.contains("<script") && !summary.contains("a|b"), "{summary}");
    assert!(summary.contains("**1 input** could not be read"), "{summary}");
    // A job may have several steps that add to one summary.
    check(root.path(), "github", &[]);
    assert_eq!(fs::read_to_string(root.path().join(".git/summary.md")).unwrap(), summary.repeat(2));
}

/// A repository in which `files` policies name the same two actions that there are none of, and one statement names some of `services`.
fn long_list(files: usize, services: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let policy = |actions: &[&str]| {
        let actions: Vec<_> = actions.iter().map(|it| format!("\"{it}:Nope\"")).collect();
        format!(
            r#"{{ "Version": "2012-10-17", "Statement": {{ "Effect": "Allow", "Resource": "*", "Action": [{}] }} }}"#,
            actions.join(",\n")
        )
    };
    for n in 0..files {
        fs::write(folder.path().join(format!("{n:02}.json")), policy(&["sqs", "sns"])).unwrap();
    }
    fs::write(folder.path().join("one.json"), policy(services)).unwrap();
    folder
}

#[test]
fn a_long_list_says_nothing_twice_and_counts_what_it_leaves_out() {
    let services = ["backup", "glue", "ecs"];
    let folder = long_list(15, &services);
    let run = |format: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
        let arguments = ["check", "--select", "unknown_action", "--format", format];
        let summary = folder.path().join("summary.md");
        text(&command.current_dir(folder.path()).args(arguments).env("GITHUB_STEP_SUMMARY", summary).output().unwrap())
    };
    let annotations = run("github");
    for level in ["error", "warning", "notice"] {
        assert!(annotations.lines().filter(|it| it.starts_with(&format!("::{level} "))).count() <= 10, "{annotations}");
    }
    assert!(annotations.contains("also at 01.json:1, ") && annotations.contains(" and 9 more"), "{annotations}");
    assert_eq!(annotations.matches("`sqs:Nope` is").count(), 1, "{annotations}");
    assert!(annotations.contains("and the like in the same statement at one.json:"), "{annotations}");
    let summary = fs::read_to_string(folder.path().join("summary.md")).unwrap();
    assert_eq!(summary.matches("<code>sqs&#58;Nope</code> is").count(), 1, "{summary}");
    for service in services {
        assert_eq!(summary.matches(&format!("<code>{service}&#58;Nope</code> is")).count(), 1, "{summary}");
    }
    let page = run("html");
    assert_eq!(page.matches("<code>sqs&#58;Nope</code> is").count(), 1, "{page}");
    assert_eq!(page.matches("<dt>at<dd>").count(), 15 * 2 + services.len(), "{page}");
}

#[test]
fn more_causes_than_github_shows_are_counted_in_the_last_annotation() {
    let folder = tempfile::tempdir().unwrap();
    let services = [
        "sqs",
        "sns",
        "s3",
        "ec2",
        "iam",
        "kms",
        "ecs",
        "rds",
        "eks",
        "glue",
        "batch",
        "athena",
        "backup",
        "lambda",
        "secretsmanager",
        "logs",
        "dynamodb",
    ];
    for service in services {
        let policy = format!(
            r#"{{ "Version": "2012-10-17", "Statement": {{ "Effect": "Allow", "Action": "{service}:*", "Resource": "*" }} }}"#
        );
        fs::write(folder.path().join(format!("{service}.json")), policy).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
    let arguments = ["check", "--select", "wildcard_action", "--format"];
    let output = command.current_dir(folder.path()).args(arguments).arg("ndjson").output().unwrap();
    let levels = |severities: &[&str]| {
        let has = |line: &&str| severities.iter().any(|it| line.contains(&format!("\"severity\":\"{it}\"")));
        text(&output).lines().filter(has).count()
    };
    let expected =
        [("error", levels(&["critical", "high"])), ("warning", levels(&["medium"])), ("notice", levels(&["low"]))];
    assert!(expected.iter().any(|(_, count)| *count > 10), "{expected:?}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
    let github = command.current_dir(folder.path()).args(arguments).arg("github").env_remove("GITHUB_STEP_SUMMARY");
    let github = text(&github.output().unwrap());
    for (level, count) in expected {
        let lines: Vec<_> = github.lines().filter(|it| it.starts_with(&format!("::{level} "))).collect();
        if count > 10 {
            assert_eq!(lines.len(), 10, "{github}");
            assert!(lines[9].contains(&format!("::{} more", count - 9)), "{github}");
        } else {
            assert_eq!(lines.len(), count, "{github}");
        }
    }
}

#[test]
fn the_report_for_programs_is_one_object_however_many_findings_it_holds() {
    for count in [0, 1, 128, 129, 300] {
        let folder = tempfile::tempdir().unwrap();
        let statements: Vec<String> = (0..count)
            .map(|it| format!(r#"{{ "Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:eu-west-1:111122223333:q{it}" }}"#))
            .collect();
        let text = format!(r#"{{ "Version": "2012-10-17", "Statement": [{}] }}"#, statements.join(",\n"));
        fs::write(folder.path().join("policy.json"), text).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_iamlint"))
            .args(["check", "--select", "wildcard_action", "--format", "json"])
            .arg(folder.path())
            .output()
            .unwrap();
        let report = json(&output);
        let findings = report["findings"].as_array().unwrap();
        assert_eq!(findings.len(), count);
        let lines: Vec<u64> = findings.iter().map(|it| it["range"]["start"]["line"].as_u64().unwrap()).collect();
        assert!(lines.is_sorted() && lines.iter().all(|it| *it as usize <= count), "{lines:?}");
        let names: Vec<_> = report.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["errors", "findings", "schema", "summary", "suppressed", "tool"]);
        // Whatever thread wrote it, it is indented as one.
        assert_eq!(self::text(&output).matches("\n    {\n      \"rule\": ").count(), count);
    }
}

#[test]
fn gitlab_gets_a_list_with_paths_of_the_repository_and_a_name_for_each() {
    let root = repository();
    let output = check(root.path(), "gitlab", &[]);
    assert_eq!(output.status.code(), Some(3));
    let entries = json(&output);
    let entries = entries.as_array().unwrap();
    assert_eq!(entries.len(), 3);
    for entry in entries {
        let severities = ["info", "minor", "major", "critical", "blocker"];
        assert!(severities.contains(&entry["severity"].as_str().unwrap()));
        assert!(root.path().join(entry["location"]["path"].as_str().unwrap()).is_file(), "{entry}");
        assert!(entry["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        assert!(!entry["description"].as_str().unwrap().is_empty());
    }
    let names: std::collections::BTreeSet<_> = entries.iter().map(|it| it["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(names.len(), entries.len());
}

#[test]
fn junit_fails_exactly_when_iamlint_does() {
    let root = repository();
    let counts = |output: &Output| {
        let text = text(output);
        let document = roxmltree::Document::parse(&text).unwrap();
        let suite = document.descendants().find(|it| it.has_tag_name("testsuite")).unwrap();
        let kinds = ["testcase", "failure", "skipped", "error"];
        let counts = kinds.map(|kind| document.descendants().filter(|it| it.has_tag_name(kind)).count());
        let said =
            ["tests", "failures", "skipped", "errors"].map(|it| suite.attribute(it).unwrap().parse::<usize>().unwrap());
        assert_eq!(counts, said, "what is counted is what is there");
        let case = document.descendants().find(|it| it.attribute("file") == Some(ODD));
        (counts, case.is_some())
    };
    assert_eq!(counts(&check(root.path(), "junit", &[])), ([3, 2, 0, 1], true));
    assert_eq!(counts(&check(root.path(), "junit", &["--fail-on", "critical"])), ([3, 0, 2, 1], true));
    fs::remove_dir_all(root.path().join("policies")).unwrap();
    assert_eq!(counts(&check(root.path(), "junit", &["--min-severity", "critical"])), ([1, 0, 0, 0], false));
}

#[test]
fn the_page_holds_no_markup_of_the_user_and_asks_for_nothing() {
    let root = repository();
    let page = text(&check(root.path(), "html", &[]));
    assert!(page.contains("a&#124;b&#60;script&#62;"), "{page}");
    for never in ["<script", "<b>", "src=", "href=", "@import", "url("] {
        assert!(!page.contains(never), "{never}: {page}");
    }
}

#[test]
fn what_cannot_be_read_is_said_in_every_format() {
    let root = repository();
    for format in ["human", "json", "sarif", "github", "gitlab", "junit", "html", "ndjson"] {
        let output = check(root.path(), format, &[]);
        assert_eq!(output.status.code(), Some(3), "{format}");
        let said = text(&output) + &String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("policies/broken.json"), "{format}: {said}");
    }
}

/// A root and a module whose values are secret, given in a file, as an option, and as the module's own default.
const SECRETS: &[(&str, &str)] = &[
    (
        "main.tf",
        r#"variable "bucket" {
  sensitive = true
}
variable "queues" {
  type      = map(string)
  sensitive = true
}
variable "partner" {
  type      = object({ arn = string, note = optional(string) })
  sensitive = true
}
variable "actions" {
  type      = list(string)
  sensitive = true
}
variable "document" {
  sensitive = true
}
variable "port" {
  type      = number
  sensitive = true
}
module "inner" {
  source = "./inner"
  bucket = var.bucket
}
resource "aws_iam_policy" "it" {
  name   = "of-${var.partner.note}"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "One", Effect = "Allow", Action = var.actions, Resource = "*" },
      { Sid = "Two", Effect = "Allow", Action = "s3:*", Resource = [var.bucket, "${upper(var.bucket)}-${var.port}"] },
      { Sid = "Three", Effect = "Allow", Action = "sqs:*", Resource = [for name, arn in var.queues : "${arn}/${name}"] },
      { Sid = module.inner.name, Effect = "Allow", Action = "sts:AssumeRole", Resource = [var.partner.arn, keys(var.queues)[0]] },
    ]
  })
}
resource "aws_iam_policy" "whole" {
  name   = "whole"
  policy = var.document
}
resource "aws_iam_role" "it" {
  name = "it"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = [var.partner.arn, var.partner.note] } }]
  })
}
"#,
    ),
    (
        "inner/main.tf",
        r#"variable "bucket" {}
variable "name" {
  sensitive = true
  default   = "hidden-default-*"
}
output "name" {
  value     = "hidden-output-${var.name}"
  sensitive = true
}
resource "aws_iam_policy" "it" {
  name   = var.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = var.name, Effect = "Allow", Action = "s3:*", Resource = [var.bucket, var.name] }]
  })
}
"#,
    ),
    (
        "terraform.tfvars",
        r#"queues   = { hidden-key = "arn:aws:sqs:eu-west-1:123456789012:hidden-queue*" }
partner  = { arn = "arn:aws:iam::123456789012:role/hidden-role*", note = "hidden-note" }
actions  = ["kms:*", "s3:Hidden", "hidden-service:*"]
document = "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"iam:*\",\"Resource\":\"arn:aws:iam::123456789012:role/hidden-path/*\",\"hidden-element\":1}]}"
port     = 777888999
"#,
    ),
];

#[test]
fn no_report_says_what_is_sensitive() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in SECRETS {
        let at = folder.path().join(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(at, text).unwrap();
    }
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_iamlint"))
            .current_dir(folder.path())
            .args(["check", ".", "--var", "bucket=arn:aws:s3:::hidden-bucket/*"])
            .args(args)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        [output.stdout, output.stderr].concat()
    };
    let report: Value = serde_json::from_slice(&run(&["--format", "json"])).unwrap();
    let judged = |rule: &str, statement: &str| {
        let is_it = |it: &&Value| it["rule"] == rule && it["statement"]["sid"] == statement;
        report["findings"].as_array().unwrap().iter().any(|it| is_it(&it))
    };
    assert!(judged("kms_wildcard_action", "One") && judged("wildcard_action", "Two"), "{report:#}");
    let formats = ["json", "sarif", "github", "gitlab", "junit", "html", "ndjson", "human"];
    for format in formats {
        let more: &[&str] = match format {
            "json" | "sarif" => &["--show-fixes"],
            "human" => &["--show-unresolved"],
            _ => &[],
        };
        let args = [&["--format", format], more].concat();
        let text = String::from_utf8(run(&args)).unwrap();
        let shown: Vec<&str> = text
            .lines()
            // A line of the configuration is nobody's secret.
            .filter(|it| {
                !SECRETS.iter().any(|(path, text)| {
                    path.ends_with(".tf") && it.contains('│') && text.contains(it.split_once('│').unwrap().1.trim())
                })
            })
            .filter(|it| it.to_lowercase().contains("hidden") || it.contains("777888999"))
            .collect();
        assert!(shown.is_empty(), "{args:?}: {shown:#?}");
    }
}

#[test]
fn a_call_that_was_not_read_is_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let text = "module \"queue\" {\n  source = \"example/queue/aws\"\n}\n";
    fs::write(folder.path().join("main.tf"), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_iamlint"))
        .current_dir(folder.path())
        .args(["check", ".", "--show-unresolved"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let line = "main.tf:1:1: `module.queue` was not read: the module `example/queue/aws` is not installed below";
    assert!(said.contains(line), "{said}");
}
