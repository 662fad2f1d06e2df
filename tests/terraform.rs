//! Terraform's own answers are the judge of our evaluator: expressions in `testdata/`, each with what `terraform console`
//! makes of it, and the program itself where it is installed.

use std::fmt::Write as _;
use std::path::Path;

use iamlint::frontend::terraform::{Options, outputs};
use iamlint::source::Workspace;
use iamlint::value::{Node, Value};

/// `expression => value as JSON`, or `error`.
fn cases(file: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(file);
    let text = std::fs::read_to_string(path).expect("the cases are part of the project");
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(" => ").map(|(expression, value)| (expression.to_owned(), value.to_owned())))
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

/// A float, so that `1` and `1.0` compare equal.
fn number(it: f64) -> serde_json::Value {
    serde_json::Number::from_f64(it).map_or(serde_json::Value::Null, serde_json::Value::Number)
}

fn floats(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Number(it) => number(it.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::Array(items) => items.into_iter().map(floats).collect::<Vec<_>>().into(),
        serde_json::Value::Object(map) => map.into_iter().map(|(key, it)| (key, floats(it))).collect::<serde_json::Map<_, _>>().into(),
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
