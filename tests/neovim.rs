//! Real Neovim as the editor, headless; Debian has it as `neovim`. Without it the test says that it is skipped.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// What real Neovim saw of a file, and did to it; none where there is no Neovim.
fn session(test: &str, folder: &Path, file: &str, word: &str, on_save: Option<&str>) -> Option<Value> {
    let is_there = Command::new("nvim").arg("--version").stdout(Stdio::null()).status().is_ok_and(|it| it.success());
    if !is_there {
        eprintln!("skipped: {test}: no nvim on the path (apt-get install neovim)");
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/neovim.lua");
    let state = tempfile::tempdir().unwrap();
    let out = state.path().join("seen.out");
    let mut command = Command::new("nvim");
    if let Some(script) = on_save {
        fs::write(state.path().join("save.lua"), script).unwrap();
        command.env("ON_SAVE", state.path().join("save.lua"));
    }
    let output = command
        .args(["--headless", "--clean", "-S"])
        .arg(script)
        .current_dir(folder)
        .env("IAMLINT", env!("CARGO_BIN_EXE_iamlint"))
        .env("FILE", file)
        .env("WORD", word)
        .env("OUT", &out)
        .env("XDG_STATE_HOME", state.path())
        .output()
        .unwrap();
    let seen = fs::read_to_string(out);
    let seen = seen.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let seen: Value = serde_json::from_str(&seen).unwrap();
    assert!(seen["problem"].is_null(), "{seen}");
    Some(seen)
}

/// Diagnostics as Neovim showed them, in an order of their own.
fn shown(seen: &Value, name: &str) -> Vec<String> {
    let mut all: Vec<String> = seen[name].as_array().unwrap().iter().map(Value::to_string).collect();
    all.sort();
    all
}

#[test]
fn neovim_shows_hovers_and_fixes() {
    let folder = tempfile::tempdir().unwrap();
    let kept = "# the queue of the shop, größer als gedacht 😀\nlocals { queue = [\"sqs:*\"] } # all of it\n\ndata \"aws_iam_policy_document\" \"shop\" {\n  statement {\n    actions   = local.queue\n    resources = [\"arn:aws:sqs:eu-west-1:111122223333:shop\"]\n  }\n}\n";
    let stale = "  # iamlint: ignore[public_bucket] reason=\"long gone\"\n";
    let text = kept.replace("  statement {\n", &format!("{stale}  statement {{\n"));
    fs::write(folder.path().join("main.tf"), text).unwrap();
    let Some(seen) = session("neovim_shows_hovers_and_fixes", folder.path(), "main.tf", "sqs:", None) else { return };
    let wide = json!({ "code": "wildcard_action", "text": "\"sqs:*\"", "line": 2 }).to_string();
    let old = json!({ "code": "unused_ignore", "text": "public_bucket", "line": 5 }).to_string();
    assert_eq!(shown(&seen, "diagnostics"), [old, wide.clone()]);
    assert!(seen["hover"].as_str().unwrap().starts_with("`sqs:*` stands for"), "{seen}");
    assert_eq!(seen["actions"], json!(["Fix all that needs no decision"]));
    assert_eq!(shown(&seen, "left"), [wide]);
    assert_eq!(fs::read_to_string(folder.path().join("main.tf")).unwrap(), kept);
}

#[test]
fn neovim_fixes_on_saving_as_the_docs_say() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/editors.md")).unwrap();
    let mut scripts = page.split("```lua\n").skip(1).map(|it| it.split("```").next().unwrap());
    let on_save = scripts.find(|it| it.contains("BufWritePre")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let text = "data \"aws_iam_policy_document\" \"größe\" {\n  statement {\n    actions   = [/* 😀 */ \"sqs:SendMessage\", \"sqs:SendMessage\"]\n    resources = [\"arn:aws:sqs:eu-west-1:111122223333:shop\"]\n  }\n}\n";
    fs::write(folder.path().join("main.tf"), text).unwrap();
    let test = "neovim_fixes_on_saving_as_the_docs_say";
    if session(test, folder.path(), "main.tf", "sqs:", Some(on_save)).is_some() {
        let fixed = text.replace(", \"sqs:SendMessage\"]", "]");
        assert_eq!(fs::read_to_string(folder.path().join("main.tf")).unwrap(), fixed);
    }
}

#[test]
fn neovim_fixes_a_module_from_the_wild() {
    const MODULE: &str =
        "terraform/wellcomecollection__storage-service/terraform/modules/critical/metadata_stores/multi-version-store";
    const FILE: &str = "iam_policy_document.tf";
    let Some(module) = std::env::var_os("IAMLINT_CORPUS").map(|it| Path::new(&it).join(MODULE)) else {
        eprintln!("skipped: neovim_fixes_a_module_from_the_wild: IAMLINT_CORPUS names no folder of wild files");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for file in fs::read_dir(module).unwrap().flatten().filter(|it| it.path().is_file()) {
        // Its text and not its permissions, which may forbid to write.
        fs::write(folder.path().join(file.file_name()), fs::read(file.path()).unwrap()).unwrap();
    }
    let before = fs::read_to_string(folder.path().join(FILE)).unwrap();
    let test = "neovim_fixes_a_module_from_the_wild";
    let Some(seen) = session(test, folder.path(), FILE, "dynamodb:\\*", None) else { return };
    // A bucket's ARN with a slash is held by the one with a slash and a star.
    let needless = "\"${aws_s3_bucket.bucket.arn}/\"";
    let line = |text: &str| 1 + before.lines().position(|it| it.contains(text)).unwrap();
    let held: Vec<usize> =
        before.lines().enumerate().filter(|(_, it)| it.contains(needless)).map(|(n, _)| n + 1).collect();
    let found = seen["diagnostics"].as_array().unwrap();
    let at: Vec<&Value> = found.iter().filter(|it| it["code"] == "redundant_entry").collect();
    let expected: Vec<Value> =
        held.iter().map(|line| json!({ "code": "redundant_entry", "text": needless, "line": line })).collect();
    assert!(!held.is_empty() && at == expected.iter().collect::<Vec<_>>(), "{seen}");
    let wide = json!({ "code": "wildcard_action", "text": "\"dynamodb:*\"", "line": line("dynamodb:*") });
    assert!(found.contains(&wide), "{seen}");
    assert!(seen["hover"].as_str().unwrap().starts_with("`dynamodb:*` stands for"), "{seen}");
    assert_eq!(seen["actions"], json!(["Fix all that needs no decision"]));
    // To list all tables is an action of no table, so it gets a statement of its own.
    let (lists, table) = ("      \"dynamodb:ListTables\",\n", "      aws_dynamodb_table.table.arn\n    ]\n  }\n");
    let own = "\n  statement {\n    actions = [\n      \"dynamodb:ListTables\",\n    ]\n\n    resources = [\n      \"*\"\n    ]\n  }\n";
    let after: String = before.split_inclusive('\n').filter(|it| !it.contains(needless)).collect();
    let after = after.replacen(lists, "", 1).replacen(table, &format!("{table}{own}"), 1);
    assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), after);
    let left = seen["left"].as_array().unwrap();
    assert!(left.len() < found.len() - held.len(), "{seen}");
    let gone = ["redundant_entry", "mismatched_resource", "impossible_arn"];
    assert!(left.iter().all(|it| !gone.iter().any(|gone| it["code"] == *gone)), "{seen}");
}
