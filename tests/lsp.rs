//! A session with the language server, by a client that is a script.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::needless_pass_by_value, reason = "values are made where they are said")]

use std::collections::BTreeMap;
use std::fs;
use std::thread::JoinHandle;
use std::time::Duration;

use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

/// An editor.
struct Editor {
    connection: Connection,
    server: Option<JoinHandle<()>>,
    folder: TempDir,
    requests: i32,
    versions: BTreeMap<String, i32>,
    texts: BTreeMap<String, String>,
    /// The last that was said about each file, and for which version.
    said: BTreeMap<String, (Option<i64>, Vec<Value>)>,
    answers: BTreeMap<i32, Response>,
}

impl Editor {
    fn open(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let at = folder.path().join(path);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            fs::write(at, text).unwrap();
        }
        Self::within(folder, json!({ "general": { "positionEncodings": ["utf-16"] } }))
    }

    fn within(folder: TempDir, capabilities: Value) -> Self {
        let (server, connection) = Connection::memory();
        let server = std::thread::spawn(move || iamlint::lsp::serve(server).unwrap());
        let mut editor = Self {
            connection,
            server: Some(server),
            folder,
            requests: 0,
            versions: BTreeMap::new(),
            texts: BTreeMap::new(),
            said: BTreeMap::new(),
            answers: BTreeMap::new(),
        };
        let folders = json!([{ "uri": editor.uri(""), "name": "test" }]);
        let params = json!({ "capabilities": capabilities, "workspaceFolders": folders });
        let answer = editor.ask("initialize", params);
        assert_eq!(answer["serverInfo"]["name"], "iamlint");
        editor.tell("initialized", json!({}));
        editor
    }

    fn uri(&self, path: &str) -> String {
        let folder = self.folder.path().canonicalize().unwrap();
        let at = if path.is_empty() { folder } else { folder.join(path) };
        format!("file://{}", at.to_str().unwrap().replace(' ', "%20"))
    }

    fn tell(&self, method: &str, params: Value) {
        self.connection.sender.send(Notification::new(method.to_owned(), params).into()).unwrap();
    }

    fn send(&mut self, method: &str, params: Value) -> i32 {
        self.requests += 1;
        let request = Request::new(RequestId::from(self.requests), method.to_owned(), params);
        self.connection.sender.send(request.into()).unwrap();
        self.requests
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        while !self.answers.contains_key(&id) {
            self.hear();
        }
        let answer = self.answers.remove(&id).unwrap();
        answer.response_result.unwrap_or_else(|error| panic!("{method}: {error:?}"))
    }

    fn hear(&mut self) {
        match self.connection.receiver.recv_timeout(Duration::from_secs(60)).expect("the server says something") {
            Message::Response(response) => {
                let id: i32 = response.id.to_string().parse().unwrap();
                self.answers.insert(id, response);
            }
            Message::Notification(it) if it.method == "textDocument/publishDiagnostics" => {
                let uri = it.params["uri"].as_str().unwrap().to_owned();
                let all = it.params["diagnostics"].as_array().unwrap().clone();
                self.said.insert(uri, (it.params["version"].as_i64(), all));
            }
            Message::Notification(_) | Message::Request(_) => {}
        }
    }

    fn show(&mut self, path: &str) {
        let text = fs::read_to_string(self.folder.path().join(path)).unwrap_or_default();
        self.show_as(path, &text);
    }

    fn show_as(&mut self, path: &str, text: &str) {
        self.versions.insert(path.to_owned(), 1);
        self.texts.insert(path.to_owned(), text.to_owned());
        let document = json!({ "uri": self.uri(path), "languageId": "terraform", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Replaces bytes of an open file, as an editor says it.
    fn edit(&mut self, path: &str, range: std::ops::Range<usize>, new: &str) {
        let text = self.texts[path].clone();
        let (start, end) = (position(&text, range.start), position(&text, range.end));
        let change = json!([{ "range": { "start": start, "end": end }, "text": new }]);
        self.change(path, change, format!("{}{new}{}", &text[..range.start], &text[range.end..]));
    }

    fn set(&mut self, path: &str, text: &str) {
        self.change(path, json!([{ "text": text }]), text.to_owned());
    }

    fn change(&mut self, path: &str, changes: Value, text: String) {
        let version = self.versions.get_mut(path).unwrap();
        *version += 1;
        let document = json!({ "uri": self.uri(path), "version": self.versions[path] });
        self.texts.insert(path.to_owned(), text);
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// What the server says about a file once it knows its last version.
    fn diagnostics(&mut self, path: &str) -> Vec<Value> {
        let uri = self.uri(path);
        let version = self.versions.get(path).map(|it| i64::from(*it));
        while self.said.get(&uri).is_none_or(|(said, _)| version.is_some() && *said != version) {
            self.hear();
        }
        self.said[&uri].1.clone()
    }

    fn codes(&mut self, path: &str) -> Vec<String> {
        let codes = self.diagnostics(path);
        codes.iter().map(|it| it["code"].as_str().unwrap_or("error").to_owned()).collect()
    }

    /// Asks about the first byte of some words.
    fn ask_at(&mut self, method: &str, path: &str, words: &str) -> Value {
        let text = &self.texts[path];
        let at = position(text, text.find(words).unwrap());
        let document = json!({ "uri": self.uri(path) });
        self.ask(method, json!({ "textDocument": document, "position": at }))
    }

    fn actions(&mut self, path: &str, words: &str, only: &[&str]) -> Vec<Value> {
        let text = &self.texts[path];
        let at = position(text, text.find(words).unwrap());
        let mut context = json!({ "diagnostics": self.diagnostics(path) });
        if !only.is_empty() {
            context["only"] = json!(only);
        }
        let params = json!({ "textDocument": { "uri": self.uri(path) }, "range": { "start": at, "end": at }, "context": context });
        self.ask("textDocument/codeAction", params).as_array().unwrap().clone()
    }

    /// A file after an action.
    fn after(&self, path: &str, action: &Value) -> String {
        let edits = action["edit"]["changes"][self.uri(path)].as_array().unwrap().clone();
        let mut text = self.texts[path].clone();
        let mut ranges: Vec<(usize, usize, String)> = edits
            .iter()
            .map(|it| {
                let at = |end: &str| offset(&text, &it["range"][end]);
                (at("start"), at("end"), it["newText"].as_str().unwrap().to_owned())
            })
            .collect();
        ranges.sort();
        for (start, end, new) in ranges.into_iter().rev() {
            text.replace_range(start..end, &new);
        }
        text
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.server.take().unwrap().join().unwrap();
    }
}

/// A byte as an editor counts, in units of two bytes.
fn position(text: &str, offset: usize) -> Value {
    let line = text[..offset].rfind('\n').map_or(0, |it| it + 1);
    json!({ "line": text[..offset].matches('\n').count(), "character": text[line..offset].encode_utf16().count() })
}

fn offset(text: &str, position: &Value) -> usize {
    let (line, character) = (position["line"].as_u64().unwrap(), position["character"].as_u64().unwrap());
    let start: usize = text.split_inclusive('\n').take(usize::try_from(line).unwrap()).map(str::len).sum();
    let mut units = 0;
    let end = text[start..].char_indices().find(|(_, it)| {
        let here = units >= usize::try_from(character).unwrap();
        units += it.len_utf16();
        here
    });
    end.map_or(text.len(), |(at, _)| start + at)
}

const MAIN: &str = r#"# é😀
locals {
  names = ["s3:*"]
}

data "aws_iam_policy_document" "app" {
  statement {
    actions   = local.names
    resources = ["arn:aws:s3:::reports/*"]
  }
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [var.queue]
    condition {
      test     = "StringNotEquals"
      variable = "aws:SourceIp"
      values   = ["10.0.0.0/8"]
    }
  }
}
"#;

const OTHER: &str = "variable \"queue\" {\n  type = string\n}\n\nresource \"aws_iam_policy\" \"app\" {\n  policy = data.aws_iam_policy_document.app.json\n}\n";

fn module() -> Editor {
    let mut editor = Editor::open(&[("main.tf", MAIN), ("other.tf", OTHER)]);
    editor.show("main.tf");
    editor
}

#[test]
fn a_finding_stands_at_its_literal_and_goes_with_it() {
    let mut editor = module();
    let found = editor.diagnostics("main.tf");
    let wildcard = found.iter().find(|it| it["code"] == "wildcard_action").unwrap();
    assert_eq!(
        wildcard["range"],
        json!({ "start": { "line": 2, "character": 11 }, "end": { "line": 2, "character": 17 } })
    );
    assert_eq!(wildcard["source"], "iamlint");
    let at = MAIN.find("s3:*").unwrap();
    editor.edit("main.tf", at + 3..at + 4, "GetObject");
    assert!(!editor.codes("main.tf").contains(&"wildcard_action".to_owned()));
    let at = MAIN.find("# é😀").unwrap() + "# é😀".len();
    editor.edit("main.tf", at..at, " # s3:*");
    editor.edit("main.tf", 0..0, "\u{1F600}");
    assert!(!editor.codes("main.tf").contains(&"wildcard_action".to_owned()));
}

#[test]
fn the_whole_module_is_judged_by_what_is_open() {
    let mut editor = module();
    assert!(editor.codes("main.tf").contains(&"wildcard_action".to_owned()));
    // A second buffer changes what the first one means.
    editor.show_as(
        "other.tf",
        "resource \"aws_organizations_policy\" \"app\" {\n  content = data.aws_iam_policy_document.app.json\n}\n",
    );
    editor.diagnostics("other.tf");
    assert!(!editor.codes("main.tf").contains(&"wildcard_action".to_owned()), "what only bounds grants nothing");
    editor.set("other.tf", OTHER);
    editor.diagnostics("other.tf");
    assert!(editor.codes("main.tf").contains(&"wildcard_action".to_owned()));
}

#[test]
fn a_broken_file_takes_nothing_from_the_others() {
    let mut editor = module();
    editor.show("other.tf");
    editor.diagnostics("other.tf");
    let before = editor.diagnostics("main.tf");
    assert!(!before.is_empty());
    let at = OTHER.find("policy = data").unwrap();
    editor.edit("other.tf", at + 9..OTHER.len(), "data.");
    let codes = editor.codes("other.tf");
    assert!(!codes.is_empty() && codes.iter().all(|it| it == "error"), "{codes:?}");
    assert_eq!(editor.diagnostics("main.tf"), before);
    editor.set("other.tf", OTHER);
    assert_eq!(editor.codes("other.tf"), Vec::<String>::new());
}

#[test]
fn hover_says_what_a_word_means_and_shows_the_page() {
    let mut editor = module();
    let text = |it: Value| it["contents"]["value"].as_str().unwrap_or_default().to_owned();
    let wildcard = text(editor.ask_at("textDocument/hover", "main.tf", "s3:*"));
    assert!(wildcard.contains("`s3:*` stands for") && wildcard.contains("**permissions management**"), "{wildcard}");
    assert!(wildcard.contains("# wildcard_action"), "{wildcard}");
    let one = text(editor.ask_at("textDocument/hover", "main.tf", "sqs:SendMessage"));
    assert!(one.starts_with("`sqs:SendMessage`: write") && one.contains("arn:${Partition}:sqs"), "{one}");
    let key = text(editor.ask_at("textDocument/hover", "main.tf", "aws:SourceIp"));
    assert!(key.starts_with("`aws:SourceIp`: IPAddress") || key.starts_with("`aws:SourceIp`: "), "{key}");
    let operator = text(editor.ask_at("textDocument/hover", "main.tf", "StringNotEquals"));
    assert!(operator.contains("also when the request has no such key"), "{operator}");
    assert!(editor.ask_at("textDocument/hover", "main.tf", "statement").is_null());
}

#[test]
fn a_value_is_followed_to_where_it_is_written() {
    let mut editor = module();
    editor.show("other.tf");
    let lines = |it: &Value| -> Vec<u64> {
        it.as_array().unwrap().iter().map(|it| it["range"]["start"]["line"].as_u64().unwrap()).collect()
    };
    let found = editor.ask_at("textDocument/definition", "main.tf", "local.names");
    assert_eq!(lines(&found), [2], "{found}");
    let variable = editor.ask_at("textDocument/definition", "main.tf", "var.queue");
    assert_eq!(variable[0]["uri"], json!(editor.uri("other.tf")));
    assert_eq!(lines(&variable), [0]);
    let document = editor.ask_at("textDocument/definition", "other.tf", "data.aws_iam_policy_document");
    assert!(lines(&document).contains(&2), "{document}");
}

#[test]
fn words_are_completed_within_policies_even_where_the_file_is_broken() {
    let mut editor = Editor::open(&[("main.tf", "")]);
    let text = "data \"aws_iam_policy_document\" \"a\" {\n  statement {\n    actions = [\"sqs:Send";
    editor.show_as("main.tf", text);
    let document = json!({ "uri": editor.uri("main.tf") });
    let params = json!({ "textDocument": document, "position": position(text, text.len()) });
    let items = editor.ask("textDocument/completion", params);
    let send = items.as_array().unwrap().iter().find(|it| it["label"] == "sqs:SendMessage").unwrap();
    assert_eq!(send["detail"], "write");
    assert_eq!(send["textEdit"]["range"]["start"], position(text, text.find("sqs").unwrap()));
}

#[test]
fn fixes_are_offered_with_what_they_need() {
    let mut editor = module();
    let actions = editor.actions("main.tf", "s3:*", &[]);
    let titles: Vec<&str> = actions.iter().map(|it| it["title"].as_str().unwrap()).collect();
    assert!(titles[0].ends_with("(unsafe: changes what is allowed)"), "{titles:?}");
    assert!(titles.contains(&"Answer for `wildcard_action` with a comment"), "{titles:?}");
    assert!(actions.iter().all(|it| it["isPreferred"].is_null()));
    let answered = editor.after("main.tf", actions.last().unwrap());
    assert!(
        answered
            .contains("  # iamlint: ignore[wildcard_action] only(s3:*) reason=\"why this is accepted\"\n  names = "),
        "{answered}"
    );
    editor.set("main.tf", &answered);
    assert!(!editor.codes("main.tf").contains(&"wildcard_action".to_owned()));
    // What is asked for on saving holds nothing that needs a decision.
    assert!(editor.actions("main.tf", "s3:*", &["source.fixAll"]).is_empty());
}

#[test]
fn a_safe_fix_is_preferred_and_may_be_made_on_saving() {
    let text = MAIN.replace("  names = ", "  # iamlint: ignore[public_bucket]\n  names = ");
    let mut editor = Editor::open(&[("main.tf", &text), ("other.tf", OTHER)]);
    editor.show("main.tf");
    let actions = editor.actions("main.tf", "public_bucket", &[]);
    assert_eq!(actions[0]["isPreferred"], true);
    assert_eq!(editor.after("main.tf", &actions[0]), MAIN);
    let all = editor.actions("main.tf", "locals", &["source.fixAll"]);
    assert_eq!(all[0]["kind"], "source.fixAll.iamlint");
    assert_eq!(editor.after("main.tf", &all[0]), MAIN);
}

#[test]
fn edits_say_for_which_version_they_are_where_the_editor_can_tell() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.tf"), MAIN).unwrap();
    let capabilities = json!({
        "general": { "positionEncodings": ["utf-16", "utf-8"] },
        "workspace": { "workspaceEdit": { "documentChanges": true } },
    });
    let mut editor = Editor::within(folder, capabilities);
    editor.show("main.tf");
    let actions = editor.actions("main.tf", "s3:*", &[]);
    let document = &actions[0]["edit"]["documentChanges"][0]["textDocument"];
    assert_eq!(*document, json!({ "uri": editor.uri("main.tf"), "version": 1 }));
}

#[test]
fn what_changes_on_the_disk_is_read_again() {
    let mut editor = module();
    assert!(editor.codes("main.tf").contains(&"wildcard_action".to_owned()));
    fs::write(editor.folder.path().join("iamlint.toml"), "ignore = [\"wildcard_action\"]\n").unwrap();
    editor.said.clear();
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
    assert!(!editor.codes("main.tf").contains(&"wildcard_action".to_owned()));
}

#[test]
fn files_that_come_go_and_move_are_noticed() {
    let text = "data \"aws_iam_policy_document\" \"app\" {\n  statement {\n    actions   = local.names\n    resources = [\"arn:aws:sqs:eu-west-1:111122223333:jobs\"]\n  }\n}\n";
    let names = |names: &str| format!("locals {{\n  names = [{names}]\n}}\n");
    let mut editor = Editor::open(&[("z.tf", text), ("names.tf", &names("\"sqs:*\""))]);
    editor.show("z.tf");
    // Told of in the order of their names, so what is said of the last one is the last word.
    let wide = |editor: &mut Editor, path: &str| {
        editor.diagnostics("z.tf");
        let uri = editor.uri(path);
        editor.said.get(&uri).is_some_and(|(_, all)| all.iter().any(|it| it["code"] == "wildcard_action"))
    };
    assert!(wide(&mut editor, "names.tf"), "what is not open is told of too");
    let told = |editor: &mut Editor, changes: &[(&str, u8)]| {
        let changes: Vec<Value> =
            changes.iter().map(|(path, kind)| json!({ "uri": editor.uri(path), "type": kind })).collect();
        editor.said.remove(&editor.uri("z.tf"));
        editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    };
    let folder = editor.folder.path().to_owned();
    fs::rename(folder.join("names.tf"), folder.join("moved.tf")).unwrap();
    told(&mut editor, &[("names.tf", 3), ("moved.tf", 1)]);
    assert!(wide(&mut editor, "moved.tf") && !wide(&mut editor, "names.tf"));
    fs::write(folder.join("moved.tf"), names("\"sqs:SendMessage\"")).unwrap();
    told(&mut editor, &[("moved.tf", 2)]);
    assert!(!wide(&mut editor, "moved.tf"));
    fs::write(folder.join("moved.tf"), names("\"sqs:*\"")).unwrap();
    told(&mut editor, &[("moved.tf", 2)]);
    assert!(wide(&mut editor, "moved.tf"));
    fs::remove_file(folder.join("moved.tf")).unwrap();
    told(&mut editor, &[("moved.tf", 3)]);
    assert!(!wide(&mut editor, "moved.tf"));
}

#[test]
fn a_folder_may_be_entered_and_left() {
    let mut editor = module();
    let called = "variable \"names\" {\n  type = list(string)\n}\n\ndata \"aws_iam_policy_document\" \"a\" {\n  statement {\n    actions   = var.names\n    resources = [\"arn:aws:sqs:eu-west-1:111122223333:jobs\"]\n  }\n}\n";
    let other = tempfile::tempdir().unwrap();
    let folder = other.path().canonicalize().unwrap();
    fs::create_dir(folder.join("queue")).unwrap();
    fs::write(folder.join("queue/main.tf"), called).unwrap();
    let caller = "module \"queue\" {\n  source = \"./queue\"\n  names  = [\"sqs:*\"]\n}\n";
    fs::write(folder.join("main.tf"), caller).unwrap();
    let at = |path: &str| format!("file://{}", folder.join(path).to_str().unwrap());
    let document = json!({ "uri": at("queue/main.tf"), "languageId": "terraform", "version": 1, "text": called });
    editor.tell("textDocument/didOpen", json!({ "textDocument": document }));
    editor.diagnostics("main.tf");
    while !editor.said.contains_key(&at("queue/main.tf")) {
        editor.hear();
    }
    assert!(!editor.said.contains_key(&at("main.tf")), "who calls it is not known");
    let change = |added: bool| {
        let folder = json!([{ "uri": at(""), "name": "other" }]);
        let none = json!([]);
        let (added, removed) = if added { (folder, none) } else { (none, folder) };
        json!({ "event": { "added": added, "removed": removed } })
    };
    editor.tell("workspace/didChangeWorkspaceFolders", change(true));
    while editor.said.get(&at("main.tf")).is_none_or(|(_, it)| it.is_empty()) {
        editor.hear();
    }
    assert_eq!(editor.said[&at("main.tf")].1[0]["code"], "wildcard_action");
    editor.tell("workspace/didChangeWorkspaceFolders", change(false));
    while !editor.said[&at("main.tf")].1.is_empty() {
        editor.hear();
    }
}

#[test]
fn columns_count_what_stands_before_on_the_line() {
    let text = "locals { größe = \"😀\" }\n\ndata \"aws_iam_policy_document\" \"a\" {\n  statement {\n    actions   = /* 😀é */ [\"sqs:*\"]\n    resources = [\"arn:aws:sqs:eu-west-1:111122223333:jobs\"]\n  }\n}\n";
    let mut editor = Editor::open(&[("main.tf", text)]);
    editor.show("main.tf");
    let found = editor.diagnostics("main.tf");
    let start = text.find("\"sqs:*\"").unwrap();
    assert_eq!(found[0]["range"], json!({ "start": position(text, start), "end": position(text, start + 7) }));
    let hover = editor.ask_at("textDocument/hover", "main.tf", "sqs:*");
    assert_eq!(hover["range"], found[0]["range"]);
    let action = editor.actions("main.tf", "sqs:*", &[]).remove(0);
    let after = editor.after("main.tf", &action);
    assert!(after.contains("/* 😀é */ [\n      \"sqs:") && !after.contains("sqs:*"), "{after}");
    assert_eq!(editor.texts["main.tf"].replace("\"sqs:*\"", ""), {
        let list = after.find("*/ [").unwrap() + "*/ [".len();
        let end = list + after[list..].find(']').unwrap();
        format!("{}{}", &after[..list], &after[end..])
    });
}

#[test]
fn words_are_completed_in_every_syntax_of_a_policy() {
    for (path, text, wanted) in [
        ("main.tf", "locals {\n  a = jsonencode({ Statement = [{ NotAction = [\"s3:GetOb", "s3:GetObject"),
        ("main.tf", "locals {\n  a = { Condition = { StringEq", "StringEquals"),
        (
            "main.tf",
            "locals {\n  a = <<EOT\n{ \"Statement\": { \"Condition\": { \"Bool\": { \"aws:Sec",
            "aws:SecureTransport",
        ),
        ("a.json", "{ \"Statement\": [{ \"Action\": \"kms:", "kms:Decrypt"),
        ("a.json", "{ \"Statement\": [{ \"Condition\": { \"Arn", "ArnLike"),
    ] {
        let mut editor = Editor::open(&[(path, "")]);
        editor.show_as(path, text);
        let document = json!({ "uri": editor.uri(path) });
        let params = json!({ "textDocument": document, "position": position(text, text.len()) });
        let items = editor.ask("textDocument/completion", params);
        assert!(items.as_array().unwrap().iter().any(|it| it["label"] == wanted), "{text}");
    }
}

#[test]
fn what_was_cancelled_is_not_answered() {
    let mut editor = module();
    let document = json!({ "uri": editor.uri("main.tf") });
    editor.tell("$/cancelRequest", json!({ "id": editor.requests + 1 }));
    let at = json!({ "line": 2, "character": 12 });
    let id = editor.send("textDocument/hover", json!({ "textDocument": document, "position": at }));
    while !editor.answers.contains_key(&id) {
        editor.hear();
    }
    assert_eq!(editor.answers[&id].response_result.as_ref().unwrap_err().code, -32800);
}

/// A number that follows from the last one: <https://en.wikipedia.org/wiki/Xorshift>.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).unwrap()
}

#[test]
fn ten_thousand_random_edits_leave_nothing_stale() {
    const PIECES: [&str; 20] = [
        "\"",
        "{",
        "}",
        "[",
        "]",
        "\n",
        "s3:*",
        "\"sqs:*\"",
        ",",
        "é",
        "😀",
        "${",
        "<<EOT\n",
        "# iamlint: ignore[x]",
        "=",
        "statement {\n",
        "local.names",
        "\r\n",
        "*",
        ":",
    ];
    let mut editor = module();
    editor.show("other.tf");
    let mut state = 0x9E37_79B9_7F4A_7C15;
    let paths = ["main.tf", "other.tf"];
    for n in 0..10_000 {
        let path = paths[next(&mut state) % 2];
        let text = editor.texts[path].clone();
        if n % 500 == 499 {
            editor.set(path, if path == "main.tf" { MAIN } else { OTHER });
            continue;
        }
        let snap = |mut at: usize| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = snap(next(&mut state) % (text.len() + 1));
        let end = if next(&mut state).is_multiple_of(3) {
            snap((start + next(&mut state) % 8).min(text.len()))
        } else {
            start
        };
        editor.edit(path, start..end.max(start), PIECES[next(&mut state) % PIECES.len()]);
        if n % 50 == 0 {
            let method = ["hover", "definition", "completion"][next(&mut state) % 3];
            let document = json!({ "uri": editor.uri(path) });
            let at = position(&editor.texts[path], 0);
            editor.ask(&format!("textDocument/{method}"), json!({ "textDocument": document, "position": at }));
        }
    }
    assert!(paths.iter().any(|it| editor.texts[*it] != if *it == "main.tf" { MAIN } else { OTHER }));
    editor.set("main.tf", MAIN);
    editor.set("other.tf", OTHER);
    // Edits that leave files that can be read, so that what is said follows from what they say now and nothing else.
    for _ in 0..200 {
        let words = ["s3:*", "s3:GetObject", "sqs:SendMessage", "sqs:*", "StringNotEquals", "StringEquals"];
        let (old, new) = (words[next(&mut state) % words.len()], words[next(&mut state) % words.len()]);
        let at = editor.texts["main.tf"].find(&format!("\"{old}\""));
        if let Some(at) = at {
            editor.edit("main.tf", at + 1..at + 1 + old.len(), new);
        }
    }
    let texts = [("main.tf", editor.texts["main.tf"].clone()), ("other.tf", OTHER.to_owned())];
    let mut fresh = Editor::open(&texts.each_ref().map(|(path, text)| (*path, text.as_str())));
    for path in paths {
        fresh.show(path);
    }
    for path in paths {
        let all = |editor: &mut Editor| {
            let said = serde_json::to_string(&editor.diagnostics(path)).unwrap();
            said.replace(&editor.uri(""), "")
        };
        let (own, expected) = (all(&mut editor), all(&mut fresh));
        assert_eq!(own, expected, "{path}");
    }
}
