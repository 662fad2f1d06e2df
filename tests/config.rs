//! What `iamlint.toml` says, from the file to the report.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use iamlint::config::{self, Config};
use iamlint::lint::{self, Options};
use iamlint::report::Report;
use iamlint::source::Workspace;
use iamlint::suppress::Date;

fn lint(toml: &str, files: &[(&str, &str)]) -> (Workspace, Report) {
    let config = Config::parse(toml).unwrap();
    let workspace = Workspace::of_texts(files.iter().copied());
    let today = Date::parse("2026-06-15").unwrap();
    let options = Options { rules: config.rules(), config, today, ..Options::default() };
    let report = lint::check(&workspace, &options, 1, &|_, _| {});
    assert_eq!(report.errors, []);
    (workspace, report)
}

/// Where wildcards stand, those answered for with the reasons, and what is said about what answers for nothing.
fn check(toml: &str, files: &[(&str, &str)]) -> (Vec<String>, Vec<String>, Vec<String>) {
    let (workspace, report) = lint(toml, files);
    let place = |it: &iamlint::rule::Finding| {
        let source = workspace.source(it.span.file);
        format!("{}:{}", source.path.display(), source.position(it.span.start as usize).line)
    };
    let is_about = |rule: &str| report.findings.iter().filter(move |it| it.rule == rule).collect::<Vec<_>>();
    (
        is_about("wildcard_action").iter().map(|it| format!("{} {}", place(it), it.subject)).collect(),
        report.suppressed.iter().map(|it| format!("{} {}: {}", place(&it.finding), it.by, it.reason)).collect(),
        is_about("unused_ignore").iter().map(|it| format!("{}: {}", place(it), it.message)).collect(),
    )
}

#[track_caller]
fn expect(toml: &str, files: &[(&str, &str)], standing: &[&str], answered: &[&str], said: &[&str]) {
    let owned = |it: &[&str]| it.iter().map(ToString::to_string).collect::<Vec<_>>();
    let toml = format!("select = [\"wildcard_action\", \"unused_ignore\"]\n{toml}");
    assert_eq!(check(&toml, files), (owned(standing), owned(answered), owned(said)), "{toml}");
}

const JSON: &str = r#"{ "Version": "2012-10-17", "Statement": [
  { "Sid": "Logs", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::logs/*" },
  { "Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs" }
] }"#;

const FILES: [(&str, &str); 2] = [("app/a.json", JSON), ("b.json", JSON)];

fn entry(keys: &str) -> String {
    format!("[[ignore]]\nrule = \"wildcard_action\"\n{keys}\n")
}

#[test]
fn an_entry_answers_for_what_all_its_keys_hold_for() {
    let all = ["app/a.json:2 s3:*", "app/a.json:3 sqs:*", "b.json:2 s3:*", "b.json:3 sqs:*"];
    expect("", &FILES, &all, &[], &[]);
    expect(
        &entry("paths = [\"app\"]\nreason = \"ours\""),
        &FILES,
        &all[2..],
        &["app/a.json:2 config: ours", "app/a.json:3 config: ours"],
        &[],
    );
    expect(&entry("sid = \"L*\""), &FILES, &[all[1], all[3]], &["app/a.json:2 config: ", "b.json:2 config: "], &[]);
    expect(
        &entry("paths = [\"*.json\"]\nsid = \"Logs\""),
        &FILES,
        &[all[0], all[1], all[3]],
        &["b.json:2 config: "],
        &[],
    );
    expect(&entry("address = \"app/a.json\"\nonly = [\"s3:*\"]"), &FILES, &all[1..], &["app/a.json:2 config: "], &[]);
}

#[test]
fn an_entry_for_an_address_covers_what_is_below_it() {
    let module = "variable \"actions\" {}\nresource \"aws_iam_policy\" \"p\" {\n  policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = var.actions, Resource = \"*\" }] })\n}\n";
    let root = "module \"a\" {\n  source  = \"./m\"\n  actions = \"s3:*\"\n}\nmodule \"b\" {\n  source  = \"./m\"\n  actions = \"sqs:*\"\n}\n";
    let files = [("main.tf", root), ("m/main.tf", module)];
    expect("", &files, &["main.tf:3 s3:*", "main.tf:7 sqs:*"], &[], &[]);
    expect(&entry("address = \"module.a\""), &files, &["main.tf:7 sqs:*"], &["main.tf:3 config: "], &[]);
}

#[test]
fn an_entry_that_answers_for_nothing_says_where_it_would() {
    let files = &FILES[1..];
    let standing = ["b.json:2 s3:*", "b.json:3 sqs:*"];
    let said = |keys: &str, message: &str| {
        expect(&entry(keys), files, &standing, &[], &[&format!("iamlint.toml:3: {message}")]);
    };
    let nearest = |key: &str, what: &str| {
        format!("`wildcard_action` reports nothing for this `{key}`; the nearest finding is {what}")
    };
    said("paths = [\"app\"]", &nearest("paths", "in `b.json`"));
    said("address = \"a.json\"", &nearest("address", "for `b.json`"));
    said("sid = \"Lgos\"", &nearest("sid", "in the statement `Logs`"));
    said("only = [\"s3:Get*\"]", "`only` does not cover `s3:*`, so the finding stands");
    said("until = 2026-06-14", "this ignore ended on 2026-06-14, so 2 findings stand again");
    expect(&entry("until = 2026-06-15\nsid = \"Logs\""), files, &standing[1..], &["b.json:2 config: "], &[]);
    let none = entry("").replace("wildcard_action", "open_trust");
    let toml = format!("select = [\"open_trust\", \"unused_ignore\"]\n{none}");
    assert_eq!(check(&toml, files).2, ["iamlint.toml:3: `open_trust` reports nothing that this answers for"]);
    // An entry for a rule that is not run is neither used nor unused.
    expect(&none, files, &standing, &[], &[]);
}

#[test]
fn a_run_over_a_part_calls_nothing_unused() {
    let config = Config::parse(&entry("paths = [\"elsewhere\"]")).unwrap();
    let mut workspace = Workspace::of_texts(FILES);
    workspace.folders.clear();
    let options = Options { rules: config.rules(), config, ..Options::default() };
    let report = lint::check(&workspace, &options, 1, &|_, _| {});
    assert!(report.findings.iter().all(|it| it.rule != "unused_ignore"));
}

#[test]
fn what_is_different_for_some_files_is_so_for_them_alone() {
    let toml = "[[overrides]]\npaths = [\"app\"]\nignore = [\"wildcard_action\"]\n";
    expect(toml, &FILES, &["b.json:2 s3:*", "b.json:3 sqs:*"], &[], &[]);
    let toml =
        "severity = { wildcard_action = \"low\" }\n[[overrides]]\npaths = [\"app\"]\nmin-severity = \"medium\"\n";
    let low = "config: its severity, low, is below medium";
    expect(
        toml,
        &FILES,
        &["b.json:2 s3:*", "b.json:3 sqs:*"],
        &[&format!("app/a.json:2 {low}"), &format!("app/a.json:3 {low}")],
        &[],
    );
    // A rule that runs somewhere only neither reports nor folds others elsewhere.
    let toml = "select = [\"wildcard_action\"]\n[[overrides]]\npaths = [\"app\"]\nselect = [\"full_administrator\"]\n";
    let every = JSON.replace("s3:*", "*").replace("arn:aws:s3:::logs/*", "*");
    let (_, report) = lint(toml, &[("app/a.json", &every), ("b.json", &every)]);
    let found: Vec<_> = report.findings.iter().map(|it| (it.rule, &*it.carrier.address)).collect();
    assert_eq!(
        found,
        [("full_administrator", "app/a.json"), ("wildcard_action", "b.json"), ("wildcard_action", "b.json")]
    );
}

#[test]
fn findings_in_fetched_modules_stand_where_the_user_wants_them() {
    let module = "resource \"aws_iam_policy\" \"p\" {\n  policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = \"s3:*\", Resource = \"*\" }] })\n}\n";
    let modules = r#"{ "Modules": [{ "Key": "", "Dir": "." }, { "Key": "far", "Source": "far/away", "Dir": ".terraform/modules/far" }] }"#;
    let files = [
        ("main.tf", "module \"far\" {\n  source = \"far/away\"\n}\n"),
        (".terraform/modules/modules.json", modules),
        (".terraform/modules/far/main.tf", module),
    ];
    let workspace = |toml: &str| {
        let config = Config::parse(toml).unwrap();
        let mut workspace = Workspace::of_texts(files);
        workspace.selected.retain(|it| it.path.starts_with("main.tf"));
        let rules = config.rules().into_iter().filter(|it| it.id == "wildcard_action").collect();
        let report = lint::check(&workspace, &Options { rules, config, ..Options::default() }, 1, &|_, _| {});
        let path = |it: &iamlint::rule::Finding| workspace.source(it.span.file).path.display().to_string();
        let standing: Vec<_> = report.findings.iter().map(path).collect();
        (standing, report.suppressed.iter().map(|it| it.reason.clone()).collect::<Vec<_>>())
    };
    assert_eq!(workspace(""), (vec!["main.tf".into()], vec![]));
    assert_eq!(workspace("external-modules = \"call-site\""), (vec!["main.tf".into()], vec![]));
    assert_eq!(workspace("external-modules = \"report\""), (vec![".terraform/modules/far/main.tf".into()], vec![]));
    let reason = "it is in a module that was fetched, and `external-modules` is off";
    assert_eq!(workspace("external-modules = \"off\""), (vec![], vec![reason.into()]));
}

#[test]
fn the_schema_is_the_one_that_is_published() {
    let schema = serde_json::to_string_pretty(&config::schema()).unwrap() + "\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/iamlint.schema.json");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &schema).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == schema,
        "docs/iamlint.schema.json is out of date: `UPDATE_EXPECT=1 cargo test --test config` writes it"
    );
}
