//! How long a keystroke takes to its diagnostics, in a module of a hundred files: through the whole server, from the
//! notification to what it publishes.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on has failed")]
#![allow(clippy::print_stdout, reason = "it is what the bench is for")]

use std::fs;
use std::time::{Duration, Instant};

use lsp_server::{Connection, Message, Notification, Request, RequestId};
use serde_json::{Value, json};

// The binary's own allocator, so that the figures are those of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FILES: usize = 100;
const KEYSTROKES: usize = 200;

/// What a hundred teams would write each: a bucket, a queue, a role that uses them, and who may assume it.
fn file(n: usize) -> String {
    format!(
        r#"
resource "aws_s3_bucket" "data{n}" {{
  bucket = "data-${{var.stage}}-{n}"
}}

resource "aws_sqs_queue" "jobs{n}" {{
  name = "jobs-{n}"
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
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${{aws_s3_bucket.data{n}.arn}}/*"]
  }}
  statement {{
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.jobs{n}.arn]
  }}
  statement {{
    actions   = ["dynamodb:PutItem", "ec2:DescribeInstances"]
    resources = ["*"]
  }}
}}

resource "aws_iam_role_policy" "app{n}" {{
  role   = aws_iam_role.app{n}.id
  policy = data.aws_iam_policy_document.app{n}.json
}}
"#
    )
}

fn main() {
    // The harness that all benches share passes `--bench`; nothing is to be chosen here.
    let folder = tempfile::tempdir().unwrap();
    for n in 0..FILES {
        fs::write(folder.path().join(format!("team{n}.tf")), file(n)).unwrap();
    }
    fs::write(folder.path().join("variables.tf"), "variable \"stage\" {\n  type = string\n}\n").unwrap();
    let uri = |name: &str| format!("file://{}/{name}", folder.path().display());

    let (server, editor) = Connection::memory();
    let server = std::thread::spawn(move || iamlint::lsp::serve(server).unwrap());
    let ask = |id: i32, method: &str, params: Value| {
        editor.sender.send(Request::new(RequestId::from(id), method.to_owned(), params).into()).unwrap();
        while !matches!(editor.receiver.recv().unwrap(), Message::Response(_)) {}
    };
    let tell = |method: &str, params: Value| {
        editor.sender.send(Notification::new(method.to_owned(), params).into()).unwrap();
    };
    ask(1, "initialize", json!({ "capabilities": {}, "workspaceFolders": [{ "uri": uri(""), "name": "bench" }] }));
    tell("initialized", json!({}));
    let own = uri("team7.tf");
    let said = |version: usize| loop {
        if let Message::Notification(it) = editor.receiver.recv().unwrap()
            && it.params["uri"] == json!(own)
            && it.params["version"] == json!(version)
        {
            return it.params["diagnostics"].as_array().unwrap().len();
        }
    };
    let begun = Instant::now();
    let text = file(7);
    let document = json!({ "uri": own, "languageId": "terraform", "version": 1, "text": text });
    tell("textDocument/didOpen", json!({ "textDocument": document }));
    let found = said(1);
    println!("opened: {:?}, {found} diagnostics in the file", begun.elapsed());

    let line = text.lines().position(|it| it.contains("sqs:*")).unwrap();
    let mut times: Vec<Duration> = Vec::new();
    for n in 0..KEYSTROKES {
        // A letter is typed and taken back again.
        let character = 18;
        let end = if n % 2 == 0 { character } else { character + 1 };
        let range = json!({
            "start": { "line": line, "character": character },
            "end": { "line": line, "character": end },
        });
        let change = json!([{ "range": range, "text": if n % 2 == 0 { "x" } else { "" } }]);
        let begun = Instant::now();
        tell(
            "textDocument/didChange",
            json!({ "textDocument": { "uri": own, "version": n + 2 }, "contentChanges": change }),
        );
        assert!(said(n + 2) <= found);
        times.push(begun.elapsed());
    }
    times.sort();
    println!(
        "keystroke to diagnostics, {} files: median {:?}, nine of ten within {:?}, worst {:?}",
        FILES + 1,
        times[times.len() / 2],
        times[times.len() * 9 / 10],
        times[times.len() - 1]
    );
    ask(2, "shutdown", Value::Null);
    tell("exit", Value::Null);
    server.join().unwrap();
}
