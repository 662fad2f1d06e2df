//! What a commit hook costs: one changed file in a module of a hundred files, through the whole program. A build for
//! debugging is held to a looser bound; `cargo test --release --test speed -- --nocapture` holds the one that is
//! shipped to what it promises, and says what it took.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stdout, reason = "the figure is worth reading")]

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FILES: usize = 100;

/// The best of so many runs counts, since whatever else the machine does only makes one longer.
const RUNS: usize = 10;

const BOUND: Duration = Duration::from_millis(if cfg!(debug_assertions) { 3000 } else { 100 });

/// What a team writes: a bucket, a role, who may assume it, and what it may do, in terms of the others.
fn file(n: usize, actions: &str) -> String {
    let next = (n + 1) % FILES;
    format!(
        r#"resource "aws_s3_bucket" "data{n}" {{
  bucket = "data-${{var.stage}}-{n}"
}}

resource "aws_s3_bucket_public_access_block" "data{n}" {{
  bucket                  = aws_s3_bucket.data{n}.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}}

resource "aws_iam_role" "app{n}" {{
  name = "app-{n}"
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Principal = {{ Service = "lambda.amazonaws.com" }}, Action = "sts:AssumeRole" }}]
  }})
}}

data "aws_iam_policy_document" "app{n}" {{
  statement {{
    sid       = "Data"
    actions   = {actions}
    resources = [aws_s3_bucket.data{n}.arn, "${{aws_s3_bucket.data{next}.arn}}/*"]
  }}
}}

resource "aws_iam_role_policy" "app{n}" {{
  role   = aws_iam_role.app{n}.id
  policy = data.aws_iam_policy_document.app{n}.json
}}
"#
    )
}

#[test]
fn a_commit_of_one_file_in_a_module_of_a_hundred_waits_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    for n in 1..FILES - 1 {
        write(&format!("team{n}.tf"), &file(n, "[\"s3:GetObject\", \"s3:ListBucket\"]"));
    }
    // The changed file grants what another one says.
    write("changed.tf", &file(0, "local.actions"));
    write("shared.tf", "variable \"stage\" {}\n\nlocals {\n  actions = [\"s3:*\"]\n}\n");

    let times = (0..RUNS).map(|_| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
        command.current_dir(folder.path()).args(["check", "--allow-empty", "changed.tf"]).stdin(Stdio::null());
        let begun = Instant::now();
        let output = command.output().unwrap();
        let time = begun.elapsed();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("wildcard_action") && said.contains("1 finding ("), "{said}");
        time
    });
    let best = times.min().unwrap();
    println!("one changed file of {FILES}: {:.1} ms, the best of {RUNS} runs", best.as_secs_f64() * 1000.0);
    assert!(best < BOUND, "{best:?}, and {BOUND:?} is allowed");
}
