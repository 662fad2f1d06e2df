//! Terraform's own answers are the judge of our evaluator: expressions in `testdata/`, each with what `terraform console`
//! makes of it, and the program itself where it is installed.

use std::fmt::Write as _;
use std::path::Path;

use iamlint::frontend::terraform::{Options, outputs};
use iamlint::source::Workspace;
use iamlint::value::{Node, Value};

/// `expression ==> value as JSON`, or `error`; `=>` where no expression holds one.
fn cases(file: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(file);
    let text = std::fs::read_to_string(path).expect("the cases are part of the project");
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(" ==> ").or_else(|| line.rsplit_once(" => ")))
        .map(|(expression, value)| (expression.to_owned(), value.to_owned()))
        .collect()
}

fn json(node: &Node) -> Option<serde_json::Value> {
    Some(match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(it) => (*it).into(),
        Value::Number(it) => number(it.0),
        Value::Text(text) => text.as_known()?.into(),
        Value::List(nodes) => nodes.iter().map(json).collect::<Option<Vec<_>>>()?.into(),
        Value::Object(object) => {
            if object.open.is_some() {
                return None;
            }
            let mut map = serde_json::Map::new();
            for entry in &object.entries {
                map.insert(entry.key.as_known()?.to_owned(), json(&entry.node)?);
            }
            map.into()
        }
        Value::OneOf(_) | Value::Unknown(_) => return None,
    })
}

/// A float, so that `1` and `1.0` compare equal, to the digits that a double holds for certain: Terraform calculates with
/// more.
fn number(it: f64) -> serde_json::Value {
    let it: f64 = format!("{it:.13e}").parse().unwrap_or(it);
    serde_json::Number::from_f64(it).map_or(serde_json::Value::Null, serde_json::Value::Number)
}

fn floats(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Number(it) => number(it.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::Array(items) => items.into_iter().map(floats).collect::<Vec<_>>().into(),
        serde_json::Value::Object(map) => {
            map.into_iter().map(|(key, it)| (key, floats(it))).collect::<serde_json::Map<_, _>>().into()
        }
        other => other,
    }
}

/// What is wrong with our answers to the cases of a file, given with other files beside them.
fn differences(file: &str, beside: &[(&str, &str)]) -> String {
    let cases = cases(file);
    let mut text = String::new();
    for (n, (expression, _)) in cases.iter().enumerate() {
        let _ = writeln!(text, "output \"o{n}\" {{\n  value = {expression}\n}}");
    }
    let files = beside.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    let workspace = Workspace::of_texts(files.chain([("root/outputs.tf".to_owned(), text)]));
    let answers: std::collections::HashMap<String, _> =
        outputs(&workspace, Path::new("root"), &Options::default()).into_iter().collect();
    let mut out = String::new();
    for (n, (expression, wanted)) in cases.iter().enumerate() {
        let got = match answers.get(&format!("o{n}")) {
            None => "not read".to_owned(),
            Some(Err(_)) => "error".to_owned(),
            Some(Ok(node)) => match json(node) {
                None => "unknown".to_owned(),
                Some(value) => value.to_string(),
            },
        };
        let wanted = serde_json::from_str(wanted).map_or_else(|_| wanted.clone(), |it| floats(it).to_string());
        // What Terraform refuses may be unknown to us, but not a value; a hash is a hash to us.
        if got != wanted && !(wanted == "error" && got == "unknown") {
            let _ = writeln!(out, "{expression}\n  wanted {wanted}\n  got    {got}");
        }
    }
    out
}

#[test]
fn functions_answer_as_terraform_does() {
    let out = differences("functions.txt", &[]);
    assert!(out.is_empty(), "{} lines\n{out}", out.lines().count());
}

#[test]
fn expressions_answer_as_terraform_does() {
    let out = differences("terraform/expressions.txt", FILES);
    assert!(out.is_empty(), "{} lines\n{out}", out.lines().count());
}

/// What the expressions of `expressions.txt` may refer to.
const FILES: &[(&str, &str)] = &[
    (
        "root/main.tf",
        r#"
variable "name" {
  default = "lake"
}
variable "tags" {
  type    = map(string)
  default = { team = "data", stage = "test" }
}
variable "grants" {
  type = list(object({
    sid     = string
    actions = optional(list(string), ["s3:GetObject"])
    note    = optional(string)
  }))
  default = [{ sid = "Read" }, { sid = "Write", actions = ["s3:PutObject", "s3:DeleteObject"] }]
}
variable "secret" {
  default   = "kept"
  sensitive = true
}
variable "absent" {
  type     = string
  default  = null
}
variable "solid" {
  type     = string
  default  = "kept"
  nullable = false
}
variable "setstr" {
  type = set(string)
  default = ["b", "a", "b", 3]
}
variable "setnum" {
  type = set(number)
  default = [10, 9, "10", "1"]
}
variable "setbool" {
  type = set(bool)
  default = [true, "false", "true", "1"]
}
variable "mapnum" {
  type = map(number)
  default = { a = "1", b = 2 }
}
variable "listbool" {
  type = list(bool)
  default = ["true", false, "0"]
}
variable "number" {
  type = number
  default = "12"
}
variable "truth" {
  type = bool
  default = "true"
}
variable "text" {
  type = string
  default = 12
}
variable "listany" {
  type = list(any)
  default = [1, "a", true]
}
variable "listanynum" {
  type = list(any)
  default = [1, 2]
}
variable "mapany" {
  type = map(any)
  default = { a = 1, b = "x" }
}
variable "setany" {
  type = set(any)
  default = ["x", 2, "x"]
}
variable "any" {
  type = any
  default = [1, "a"]
}
variable "listobj" {
  type = list(any)
  default = [{ a = 1, b = true }, { a = "x", b = false }]
}
variable "listobj2" {
  type = list(any)
  default = [{ a = 1 }, { b = "x" }]
}
variable "obj" {
  type = object({
    a = set(string)
    n = number
    o = optional(set(string), ["z", "y", "z"])
    p = optional(number)
    m = optional(map(number), { k = "7" })
    deep = optional(object({ x = optional(string, 5), y = optional(list(bool), ["true"]) }), {})
  })
  default = { a = ["q", "p", "q"], n = "4", extra = "gone" }
}
variable "tup" {
  type = tuple([string, number, bool])
  default = [1, "2", "true"]
}
variable "mapobj" {
  type = map(object({ a = string, b = optional(number, "3") }))
  default = { x = { a = 1, c = 2 }, y = { a = true, b = "9" } }
}
variable "objmap" {
  type = object({ a = number })
  default = { a = "5" }
}
variable "setobj" {
  type = set(object({ b = number, a = string }))
  default = [{ b = 1, a = 2 }, { b = 0, a = "3" }, { b = "0", a = 3 }, { b = 0, a = 1 }]
}
variable "listlist" {
  type = list(list(number))
  default = [["1", 2], []]
}
variable "nullnum" {
  type = number
  default = null
}
variable "listnull" {
  type = list(string)
  default = [null, 1]
}
variable "emptyset" {
  type = set(any)
  default = []
}
variable "listanylist" {
  type = list(any)
  default = [["a"], [1, 2]]
}
variable "mapanymix" {
  type = map(any)
  default = { a = { x = 1 }, b = { x = "s", y = true } }
}
variable "maplist" {
  type = map(list(string))
  default = { a = [1, true], b = [] }
}
locals {
  numbers = [1, 2, 3]
  nested  = { a = { b = [{ c = 1 }, { c = 2 }] } }
  users   = { ann = { role = "admin" }, bob = { role = "dev" }, cid = { role = "dev" } }
  chain   = local.link
  secret  = var.secret
  link    = upper(var.name)
}
module "one" {
  source = "./inner"
  names  = ["x", "y"]
}
module "each" {
  source   = "./inner"
  for_each = toset(["p", "q"])
  names    = [each.key]
}
module "many" {
  source = "./inner"
  count  = 2
  names  = ["n${count.index}"]
}
"#,
    ),
    (
        "root/inner/main.tf",
        r#"
variable "names" {
  type = list(string)
}
variable "suffix" {
  default = "!"
}
locals {
  joined = join("-", var.names)
}
output "joined" {
  value = "${local.joined}${var.suffix}"
}
output "names" {
  value = var.names
}
"#,
    ),
];

/// `UPDATE_EXPECT=1` asks Terraform anew; without it the stored answers are held to what it says.
#[test]
fn the_stored_answers_are_those_of_terraform() {
    let terraform = std::process::Command::new("terraform").arg("version").output();
    if !terraform.is_ok_and(|it| it.status.success()) {
        eprintln!("skipped: terraform is not installed");
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in FILES {
        let path = folder.path().join(path.strip_prefix("root/").unwrap_or(path));
        std::fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let run = |args: &[&str], input: &str| {
        use std::io::Write;
        let mut child = std::process::Command::new("terraform")
            .args(args)
            .current_dir(folder.path())
            .env("CHECKPOINT_DISABLE", "1")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("terraform was there a moment ago");
        child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    run(&["init", "-input=false", "-backend=false"], "");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/terraform/expressions.txt");
    let stored = std::fs::read_to_string(&path).expect("the cases are part of the project");
    let mut lines = Vec::new();
    let mut asked: Vec<(usize, String)> = Vec::new();
    for line in stored.lines() {
        let expression = line.rsplit_once(" ==> ").map_or(line, |(expression, _)| expression);
        if !line.is_empty() && !line.starts_with('#') {
            asked.push((lines.len(), expression.to_owned()));
        }
        lines.push(line.to_owned());
    }
    // The console takes one expression a line; when it refuses one it says nothing of the others, so those that are
    // known to be refused are asked alone, and all are when one more turns out to be.
    let mut answers = std::collections::HashMap::new();
    let mut ask = |part: &[(usize, String)]| {
        let input: String = part.iter().map(|(n, it)| format!("jsonencode([{n}, {it}])\n")).collect();
        let mut found = 0;
        for line in run(&["console"], &input).lines() {
            let Ok(text) = serde_json::from_str::<String>(line) else { continue };
            if let Ok(serde_json::Value::Array(pair)) = serde_json::from_str(&text)
                && let [n, value] = pair.as_slice()
            {
                answers.insert(n.as_u64().unwrap_or_default() as usize, value.to_string());
                found += 1;
            }
        }
        found
    };
    let (refused, taken): (Vec<_>, Vec<_>) =
        asked.iter().cloned().partition(|(n, _)| lines[*n].ends_with(" ==> error") || !lines[*n].contains(" ==> "));
    if ask(&taken) < taken.len() {
        taken.iter().for_each(|it| {
            ask(std::slice::from_ref(it));
        });
    }
    refused.iter().for_each(|it| {
        ask(std::slice::from_ref(it));
    });
    assert!(!answers.is_empty(), "terraform console answered nothing");
    for (n, expression) in &asked {
        let answer = answers.get(n).map_or("error", String::as_str);
        lines[*n] = format!("{expression} ==> {answer}");
    }
    let fresh = lines.join("\n") + "\n";
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, fresh).expect("the cases can be written");
        return;
    }
    let wrong: Vec<_> = fresh.lines().zip(stored.lines()).filter(|(a, b)| a != b).collect();
    assert!(wrong.is_empty(), "terraform says otherwise: {wrong:#?}");
}
