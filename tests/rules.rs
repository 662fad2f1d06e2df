//! Every code block of every rule page is a test: marked lines must be reported, blocks without a mark must be silent.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use iamlint::config::Config;
use iamlint::lint::{self, Options};
use iamlint::rule::Rule;
use iamlint::rules;
use iamlint::source::Workspace;

/// A code block of a page. A block of `toml` is the configuration under which the block behind it is read.
struct Example {
    line: usize,
    language: String,
    text: String,
    config: String,
}

fn examples(page: &str) -> Vec<Example> {
    let mut out: Vec<Example> = Vec::new();
    let mut open = false;
    for (n, line) in page.lines().enumerate() {
        if let Some(language) = line.strip_prefix("```") {
            open = !open;
            if open {
                let language = language.trim().to_owned();
                let before = out.last().filter(|it| it.language == "toml");
                let config = before.map(|it| it.text.clone()).unwrap_or_default();
                out.push(Example { line: n + 1, language, text: String::new(), config });
            }
        } else if open && let Some(example) = out.last_mut() {
            example.text.push_str(line);
            example.text.push('\n');
        }
    }
    out
}

/// `# finding`, `# finding: text`; `// finding` where comments begin so. The text must be in the message.
fn marks(text: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    for (n, line) in text.lines().enumerate() {
        for mark in ["# finding", "// finding"] {
            if let Some((_, rest)) = line.split_once(mark) {
                out.push((n + 1, rest.strip_prefix(':').unwrap_or("").trim().to_owned()));
                break;
            }
        }
    }
    out
}

/// JSON knows no comments, so those of a `jsonc` block go before it is read; the lines stay.
fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split_once(" // ").map_or(line, |(line, _)| line).to_owned() + "\n").collect()
}

/// What is wrong with an example, in words.
fn problem(rule: &'static Rule, example: &Example) -> Option<String> {
    let (name, text) = match example.language.as_str() {
        "hcl" => ("main.tf", example.text.clone()),
        "json" => ("policy.json", example.text.clone()),
        "jsonc" => ("policy.json", without_comments(&example.text)),
        "toml" => return Config::parse(&example.text).err().map(|it| format!("it is no configuration: {}", it[0])),
        "text" | "sh" => return None,
        other => return Some(format!("`{other}` is no language of an example")),
    };
    let workspace = Workspace::of_texts([(name, text)]);
    // A rule is tested alone, so that a new rule never disturbs an old page; but whether a comment silences anything
    // is known only with the rules that it names.
    let rules = if rule.id == "unused_ignore" { rules::all().iter().collect() } else { vec![rule] };
    let config = match Config::parse(&example.config) {
        Ok(config) => config,
        Err(_) => return Some("the configuration above it cannot be read".to_owned()),
    };
    let options = Options { rules, config, ..Options::default() };
    let report = lint::check(&workspace, &options, 1, &|_, _| {});
    if let Some(error) = report.errors.first() {
        return Some(format!("it cannot be read: {}", error.message));
    }
    if report.summary.policies == 0 && !["aws_", ":aws:policy/"].iter().any(|it| example.text.contains(it)) {
        return Some("there is no policy in it".to_owned());
    }
    let found: Vec<(usize, &str)> = report
        .findings
        .iter()
        .filter(|it| it.rule == rule.id)
        .map(|it| (workspace.source(it.span.file).position(it.span.start as usize).line, it.message.as_str()))
        .collect();
    let wanted = marks(&example.text);
    let mut out = String::new();
    for (line, text) in &wanted {
        if !found.iter().any(|(at, message)| at == line && message.contains(text.as_str())) {
            let _ = writeln!(out, "  line {}: nothing that says `{text}`", example.line + line);
        }
    }
    for (line, message) in &found {
        if !wanted.iter().any(|(at, text)| at == line && message.contains(text.as_str())) {
            let _ = writeln!(out, "  line {}: not marked, but reported: {message}", example.line + line);
        }
    }
    (!out.is_empty()).then_some(out)
}

#[test]
fn every_example_of_every_page_says_what_it_is_marked_with() {
    let mut out = String::new();
    for rule in rules::all() {
        for example in examples(rule.page) {
            if let Some(problem) = problem(rule, &example) {
                let _ = writeln!(out, "rules/{}.md, block at line {}:\n{problem}", rule.id, example.line);
            }
        }
    }
    assert!(out.is_empty(), "{out}");
}

#[test]
fn every_page_has_a_bad_and_a_good_example() {
    for rule in rules::all() {
        let examples = examples(rule.page);
        let (bad, good): (Vec<_>, Vec<_>) = examples
            .iter()
            .filter(|it| matches!(it.language.as_str(), "hcl" | "json" | "jsonc"))
            .partition(|it| !marks(&it.text).is_empty());
        assert!(!bad.is_empty() && !good.is_empty(), "the page of {} needs a bad and a good example", rule.id);
    }
}

#[test]
fn every_page_has_a_head_and_a_title_and_no_page_is_an_orphan() {
    let ids: BTreeSet<&str> = rules::all().iter().map(|rule| rule.id).collect();
    for rule in rules::all() {
        let head = rule.head();
        assert!(rule.text().trim_start().starts_with(&format!("# {}\n", rule.id)), "{}", rule.id);
        for folded in &head.folds {
            assert!(ids.contains(folded), "{} folds {folded}, which is no rule", rule.id);
        }
        for alias in &head.aliases {
            let peer = alias.split(':').next().unwrap_or_default();
            let peers = [
                "access-analyzer",
                "parliament",
                "cloudsplaining",
                "boogy",
                "checkov",
                "trivy",
                "kics",
                "cfn-lint",
                "tflint",
                "cdk-nag",
                "cfn_nag",
                "prowler",
                "semgrep",
                "regula",
                "pathfinding",
            ];
            assert!(peers.contains(&peer) && alias.len() > peer.len() + 1, "{}: `{alias}` names no peer", rule.id);
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    for entry in walkdir::WalkDir::new(folder).max_depth(1).into_iter().flatten() {
        let path = entry.path();
        let stem = path.file_stem().and_then(|it| it.to_str()).unwrap_or_default();
        let is_page = path.extension().is_some_and(|it| it == "md") && stem != "README";
        let is_check = path.extension().is_some_and(|it| it == "rs") && stem != "mod";
        assert!(!(is_page || is_check) || ids.contains(stem), "{} is listed nowhere", path.display());
    }
}

#[test]
fn the_index_of_the_rules_is_up_to_date() {
    let all: Vec<&Rule> = rules::all().iter().collect();
    let mut index = Vec::new();
    iamlint::report::rules::write_markdown(&all, &mut index).expect("a vector takes all that is written");
    let index = String::from_utf8(index).expect("pages are text");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/README.md");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &index).expect("the index can be written");
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == index, "rules/README.md is out of date: `UPDATE_EXPECT=1 cargo test --test rules` writes it");
}
