//! Pages for users: links lead somewhere, the book has every page, and what the pages tell people to type exists.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use iamlint::source::normal;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Every page of the repository that people read.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for folder in [".", "docs", "rules", "data", "testdata/schemas"] {
        for entry in fs::read_dir(Path::new(ROOT).join(folder)).unwrap().flatten() {
            if entry.path().extension().is_some_and(|it| it == "md") {
                pages.push(normal(&entry.path()));
            }
        }
    }
    pages.sort();
    pages
}

fn text(page: &Path) -> String {
    fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()))
}

fn events(text: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

fn links(text: &str) -> Vec<String> {
    let link = |event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.into_string()),
        _ => None,
    };
    events(text).filter_map(link).collect()
}

/// The anchors that forges and mdBook make of the headings of a page.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut heading: Option<String> = None;
    for event in events(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => out.extend(heading.take()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    let kept = |it: &char| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_');
                    heading.extend(text.to_lowercase().chars().filter(kept).map(|it| if it == ' ' { '-' } else { it }));
                }
            }
            _ => {}
        }
    }
    out
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for page in pages() {
        for link in links(&text(&page)) {
            if link.contains("://") || link.starts_with("mailto:") {
                assert!(!link.starts_with("http://"), "{}: {link}", page.display());
                continue;
            }
            checked += 1;
            let (path, anchor) = link.split_once('#').map_or((link.as_str(), None), |(path, it)| (path, Some(it)));
            let to = if path.is_empty() { page.clone() } else { normal(&page.parent().unwrap().join(path)) };
            let holds = to.exists() && anchor.is_none_or(|it| anchors(&text(&to)).contains(it));
            if !holds {
                wrong.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 30, "{checked}");
}

#[test]
fn what_the_readme_shows_is_what_iamlint_says() {
    let readme = text(&Path::new(ROOT).join("README.md"));
    let shown = readme.split("```text\n").nth(1).and_then(|it| it.split("\n```").next()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
    let output = command.current_dir(ROOT).args(["check", "testdata/data-lake"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(shown), "{said}");
}

#[test]
fn the_book_has_every_page_once() {
    let summary = Path::new(ROOT).join("docs/SUMMARY.md");
    let listed = links(&text(&summary));
    for page in pages().into_iter().filter(|it| it.parent().unwrap().ends_with("docs") && *it != summary) {
        let name = page.file_name().unwrap().to_str().unwrap();
        assert_eq!(listed.iter().filter(|it| *it == name).count(), 1, "{name} belongs in docs/SUMMARY.md");
    }
}

/// What stands in blocks of shell and in code within lines, command by command.
fn commands(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut is_shell = false;
    for event in events(text) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                is_shell = matches!(&*language, "sh" | "yaml" | "toml");
            }
            Event::End(TagEnd::CodeBlock) => is_shell = false,
            Event::Text(text) if is_shell => out.extend(text.lines().map(str::to_owned)),
            Event::Code(code) => out.push(code.into_string()),
            _ => {}
        }
    }
    // A pipe ends a command, and what follows is another's.
    out.iter()
        .flat_map(|it| it.split(['|', '<', '>']))
        .filter_map(|it| it.split_once("iamlint ").map(|(_, rest)| rest.trim().to_owned()))
        .collect()
}

#[test]
fn what_a_page_says_to_type_exists() {
    let help = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_iamlint")).args(arguments).arg("--help").output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    };
    let mut known = 0;
    for page in pages().into_iter().filter(|it| !it.parent().unwrap().ends_with("rules")) {
        for command in commands(&text(&page)) {
            let words: Vec<&str> =
                command.split_whitespace().map(|it| it.trim_matches(['"', '\'', ',', ']'])).collect();
            let Some(name) = words.first().filter(|it| it.starts_with(|c: char| c.is_ascii_lowercase())) else {
                continue;
            };
            let Some(mut text) = help(&[name]) else { panic!("{}: `iamlint {command}`", page.display()) };
            if let Some(more) = words.get(1).filter(|it| it.chars().all(|c| c.is_ascii_lowercase())) {
                text.push_str(&help(&[name, more]).unwrap_or_default());
            }
            for option in words.iter().filter(|it| it.starts_with("--") && it.len() > 2) {
                let option = option.split('=').next().unwrap();
                assert!(text.contains(option), "{}: `iamlint {command}` has no {option}", page.display());
                known += 1;
            }
            if *name == "explain"
                && let Some(rule) = words.get(1).filter(|it| **it != "RULE")
            {
                assert!(!iamlint::config::find(rule).is_empty(), "{}: there is no rule `{rule}`", page.display());
            }
        }
    }
    assert!(known >= 8, "{known}");
}
