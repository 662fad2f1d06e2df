//! Real Neovim as the editor, headless; Debian has it as `neovim`. Without it the test says that it is skipped.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

#[test]
fn neovim_shows_hovers_and_fixes() {
    let is_there = Command::new("nvim").arg("--version").stdout(Stdio::null()).status().is_ok_and(|it| it.success());
    if !is_there {
        eprintln!("skipped: neovim_shows_hovers_and_fixes: no nvim on the path (apt-get install neovim)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let kept = "# the queue of the shop, größer als gedacht 😀\nlocals { queue = [\"sqs:*\"] } # all of it\n\ndata \"aws_iam_policy_document\" \"shop\" {\n  statement {\n    actions   = local.queue\n    resources = [\"arn:aws:sqs:eu-west-1:111122223333:shop\"]\n  }\n}\n";
    let stale = "  # iamlint: ignore[public_bucket] reason=\"long gone\"\n";
    let text = kept.replace("  statement {\n", &format!("{stale}  statement {{\n"));
    fs::write(folder.path().join("main.tf"), text).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/neovim.lua");
    let output = Command::new("nvim")
        .args(["--headless", "--clean", "-S"])
        .arg(script)
        .current_dir(folder.path())
        .env("IAMLINT", env!("CARGO_BIN_EXE_iamlint"))
        .env("FILE", "main.tf")
        .env("WORD", "sqs:")
        .env("OUT", folder.path().join("seen.out"))
        .env("XDG_STATE_HOME", folder.path())
        .output()
        .unwrap();
    let seen = fs::read_to_string(folder.path().join("seen.out"));
    let seen = seen.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let seen: Value = serde_json::from_str(&seen).unwrap();
    assert!(seen["problem"].is_null(), "{seen}");
    let found = |name: &str| {
        let mut all: Vec<String> = seen[name].as_array().unwrap().iter().map(Value::to_string).collect();
        all.sort();
        all
    };
    let wide = json!({ "code": "wildcard_action", "text": "\"sqs:*\"", "line": 2 }).to_string();
    let old = json!({ "code": "unused_ignore", "text": "public_bucket", "line": 5 }).to_string();
    assert_eq!(found("diagnostics"), [old, wide.clone()]);
    assert!(seen["hover"].as_str().unwrap().starts_with("`sqs:*` stands for"), "{seen}");
    assert_eq!(seen["actions"], json!(["Fix all that needs no decision"]));
    assert_eq!(found("left"), [wide]);
    assert_eq!(fs::read_to_string(folder.path().join("main.tf")).unwrap(), kept);
}
