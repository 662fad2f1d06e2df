//! Completion within policies: actions, condition keys and operators, where such a word is being written. The file is
//! most often broken at that moment, so brackets and keys are read from its text and nothing is parsed.

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionResponse, CompletionTextEdit, Position, Range, TextEdit,
};

use super::worker::Place;
use crate::catalog;
use crate::policy::Operator;

/// What is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Action,
    Key,
    Operator,
}

pub(super) fn at(place: &Place<'_>, position: Position) -> Option<CompletionResponse> {
    let offset = place.client.encoding.offset(&place.source, position);
    let text = &*place.source.text;
    let (wanted, begun) = wanted(&text[..offset])?;
    let typed = &text[begun..offset];
    let range = Range { start: place.client.encoding.position(&place.source, begun), end: position };
    let item = |label: String, kind: CompletionItemKind, detail: String| CompletionItem {
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: label.clone() })),
        filter_text: Some(label.clone()),
        label,
        kind: Some(kind),
        detail: Some(detail),
        ..CompletionItem::default()
    };
    let items: Vec<CompletionItem> = match wanted {
        Wanted::Operator => Operator::names()
            .map(|it| item(it.to_owned(), CompletionItemKind::OPERATOR, "condition operator".to_owned()))
            .collect(),
        Wanted::Action => match typed.split_once(':') {
            None => catalog::services()
                .map(|it| item(format!("{it}:"), CompletionItemKind::MODULE, it.name().to_owned()))
                .collect(),
            Some((prefix, _)) => catalog::service(prefix)?
                .actions()
                .map(|it| item(it.full_name(), CompletionItemKind::FUNCTION, it.access_level().to_string()))
                .collect(),
        },
        Wanted::Key => {
            let prefix = typed.split(':').next().unwrap_or_default().to_ascii_lowercase();
            let begins = |name: &str| name.to_ascii_lowercase().starts_with(&prefix);
            catalog::condition_keys()
                .filter(|it| begins(it.name()))
                .map(|it| item(it.name().to_owned(), CompletionItemKind::PROPERTY, it.key_type().to_string()))
                .collect()
        }
    };
    Some(CompletionResponse::Array(items))
}

/// What is being written at the end of a text, and where it begins.
fn wanted(text: &str) -> Option<(Wanted, usize)> {
    // The keys that the open brackets stand under.
    let mut open: Vec<String> = Vec::new();
    // The key of the value that comes next, and the last word, which is a key when `=` or `:` follows.
    let (mut key, mut word) = (String::new(), String::new());
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let at = text.len() - rest.len();
        let mut step = char.len_utf8();
        match char {
            '"' => {
                let inside = &rest[1..];
                let line = inside.find('\n').unwrap_or(inside.len());
                let Some(length) = closing_quote(&inside[..line]) else {
                    // A string that nothing closes on its line begins anew on the next one.
                    if line < inside.len() {
                        step = 1 + line;
                        rest = &rest[step..];
                        continue;
                    }
                    return meant(&open, &key).map(|it| (it, at + 1));
                };
                word = inside[..length].to_owned();
                step = length + 2;
            }
            '#' => step = rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("//") => step = rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => step = rest.find("*/").map_or(rest.len(), |it| it + 2),
            '{' | '[' | '(' => {
                // A block's type stands before its brace without a sign.
                let own = std::mem::take(if key.is_empty() { &mut word } else { &mut key });
                open.push(own);
                (key, word) = (String::new(), String::new());
            }
            '}' | ']' | ')' => {
                open.pop();
                (key, word) = (String::new(), String::new());
            }
            '=' | ':' => key = std::mem::take(&mut word),
            ',' => (key, word) = (String::new(), String::new()),
            // A value ends with its line.
            '\n' if !word.is_empty() => (key, word) = (String::new(), String::new()),
            _ if char.is_alphanumeric() || char == '_' => {
                let end =
                    rest.find(|it: char| !(it.is_alphanumeric() || matches!(it, '_' | '-'))).unwrap_or(rest.len());
                // Terraform's own objects have operators without quotes.
                if end == rest.len() && meant(&open, &key) == Some(Wanted::Operator) {
                    return Some((Wanted::Operator, at));
                }
                word = rest[..end].to_owned();
                step = end;
            }
            _ => {}
        }
        rest = &rest[step..];
    }
    None
}

/// Where a string ends, when it does.
fn closing_quote(inside: &str) -> Option<usize> {
    let mut escaped = false;
    inside.char_indices().find_map(|(at, char)| {
        let ends = char == '"' && !escaped;
        escaped = char == '\\' && !escaped;
        ends.then_some(at)
    })
}

/// What a string means that stands under a key, within brackets.
fn meant(open: &[String], key: &str) -> Option<Wanted> {
    let is_action = |it: &str| matches!(it, "actions" | "not_actions" | "Action" | "NotAction");
    let nth = |n: usize| open.len().checked_sub(n).and_then(|at| open.get(at)).map_or("", String::as_str);
    // A list of its own within a call: `concat(local.some, ["…"])`.
    let in_list = is_action(nth(1)) || nth(1).is_empty() && is_action(nth(2));
    if is_action(key) || key.is_empty() && in_list {
        return Some(Wanted::Action);
    }
    let in_condition = nth(1) == "condition" || nth(1) == "content" && nth(2) == "condition";
    match key {
        "test" if in_condition => return Some(Wanted::Operator),
        "variable" if in_condition => return Some(Wanted::Key),
        "" => {}
        _ => return None,
    }
    if nth(1) == "Condition" {
        return Some(Wanted::Operator);
    }
    (nth(2) == "Condition").then_some(Wanted::Key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(Wanted, &str)>) {
        assert_eq!(wanted(text).map(|(it, begun)| (it, &text[begun..])), expected, "{text}");
    }

    #[test]
    fn a_word_is_known_by_the_keys_around_it() {
        let document = "data \"aws_iam_policy_document\" \"a\" {\n  statement {\n";
        check(&format!("{document}    actions = [\"s3:Get"), Some((Wanted::Action, "s3:Get")));
        check(&format!("{document}    actions = [\n      \"s3:GetObject\",\n      \"sq"), Some((Wanted::Action, "sq")));
        check(&format!("{document}    resources = [\"s3"), None);
        check(&format!("{document}    condition {{\n      test = \"Str"), Some((Wanted::Operator, "Str")));
        check(
            &format!("{document}    condition {{\n      test = \"Bool\"\n      variable = \"aws:"),
            Some((Wanted::Key, "aws:")),
        );
        check(&format!("{document}    actions = concat(local.a, [\"sqs:"), Some((Wanted::Action, "sqs:")));
        check(
            &format!("{document}    dynamic \"condition\" {{\n      content {{\n        variable = \"aws:"),
            Some((Wanted::Key, "aws:")),
        );
        check("locals {\n  a = jsonencode({\n    Action = \"iam:", Some((Wanted::Action, "iam:")));
        check("locals {\n  a = { Condition = { Str", Some((Wanted::Operator, "Str")));
        check("locals {\n  a = { Condition = { StringEquals = { \"aws:", Some((Wanted::Key, "aws:")));
        check("locals {\n  a = { Condition = { Bool = { \"aws:SecureTransport\" = tr", None);
        check("{ \"Statement\": [{ \"Action\": [\"ec2:", Some((Wanted::Action, "ec2:")));
        check("{ \"Statement\": [{ \"Condition\": { \"", Some((Wanted::Operator, "")));
        check("{ \"Condition\": { \"Bool\": { \"aws:Sec", Some((Wanted::Key, "aws:Sec")));
        check("{ \"Condition\": { \"Bool\": { \"aws:SecureTransport\": \"tr", None);
        check("policy = <<EOT\n{ \"Action\": \"s3:", Some((Wanted::Action, "s3:")));
        check("locals {\n  a = {\n    Action = \"s3:Get\"\n    \"Con", None);
        check("# actions = [\"s3:", None);
        check("{ \"a\": \"x\\\"y\", \"Action\": \"s3", Some((Wanted::Action, "s3")));
    }
}
