//! The list of rules: for people, for programs, and as the index of the pages.

use std::io;

use super::counted;
use crate::rule::Rule;

/// Writes the list as a table for a terminal.
pub fn write_text(rules: &[&Rule], out: &mut dyn io::Write) -> io::Result<()> {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    for rule in rules {
        let head = rule.head();
        writeln!(
            out,
            "{:width$}  {:8}  {:6}  {:9}  {}{}",
            rule.id,
            head.severity.name(),
            head.confidence.name(),
            head.theme,
            head.summary,
            off(rule)
        )?;
    }
    Ok(())
}

fn off(rule: &Rule) -> &'static str {
    if rule.runs_by_default() { "" } else { " (off unless selected)" }
}

/// Writes the list for programs.
pub fn write_json(rules: &[&Rule], out: &mut dyn io::Write) -> io::Result<()> {
    #[derive(serde::Serialize)]
    struct Object<'a> {
        id: &'a str,
        summary: &'a str,
        severity: &'a str,
        confidence: &'a str,
        theme: &'a str,
        since: &'a str,
        aliases: &'a [&'a str],
        default: bool,
    }
    let objects: Vec<_> = rules
        .iter()
        .map(|rule| {
            let head = rule.head();
            Object {
                id: rule.id,
                summary: head.summary,
                severity: head.severity.name(),
                confidence: head.confidence.name(),
                theme: head.theme,
                since: head.since,
                aliases: &head.aliases,
                default: rule.runs_by_default(),
            }
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &objects)?;
    out.write_all(b"\n")
}

/// Writes the list as a table of links to the pages beside it.
pub fn write_markdown(rules: &[&Rule], out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "| rule | severity | confidence | theme | what it reports |")?;
    writeln!(out, "| --- | --- | --- | --- | --- |")?;
    for rule in rules {
        let head = rule.head();
        writeln!(
            out,
            "| [{id}]({id}.md) | {} | {} | {} | {}{} |",
            head.severity,
            head.confidence,
            head.theme,
            head.summary.replace('|', "\\|"),
            off(rule),
            id = rule.id
        )?;
    }
    Ok(())
}

/// The page of a rule in Markdown, with what the head of the page says: the first lines, and the names that peers have
/// for it last.
pub fn page(rule: &Rule) -> String {
    let head = rule.head();
    let text = rule.text().trim();
    let (title, text) = text.split_once('\n').unwrap_or((text, ""));
    let off = match rule.runs_by_default() {
        true => String::new(),
        false => format!(" Off unless it is selected: `--select default,{}`.", rule.id),
    };
    let mut out = format!(
        "{title}\n\n{} severity, {} confidence, since {}: {}.{off}\n\n{}\n",
        head.severity,
        head.confidence,
        head.since,
        head.summary,
        text.trim()
    );
    if !head.aliases.is_empty() {
        out.push_str("\n## Also known as\n\n");
        let mut aliases: Vec<(&str, &str)> =
            head.aliases.iter().map(|alias| alias.split_once(':').unwrap_or(("", alias))).collect();
        aliases.sort_by_key(|(peer, _)| *peer);
        for of_peer in aliases.chunk_by(|a, b| a.0 == b.0) {
            let names: Vec<_> = of_peer.iter().map(|(_, name)| format!("`{name}`")).collect();
            out.push_str(&format!("- {}: {}\n", of_peer[0].0, names.join(", ")));
        }
    }
    out
}

/// The list of the rules that a name stands for, in Markdown, before their pages.
pub fn index(name: &str, rules: &[&Rule]) -> String {
    let mut out = format!("# {name}\n\n{} stand for it here. Their pages follow.\n\n", counted(rules.len(), "rule"));
    for rule in rules {
        let head = rule.head();
        out.push_str(&format!("- `{}` ({}): {}{}\n", rule.id, head.severity, head.summary, off(rule)));
    }
    out
}

/// The first paragraph of the page of a rule.
pub fn opening(rule: &Rule) -> &'static str {
    let mut paragraphs = rule.text().split("\n\n").map(str::trim);
    paragraphs.find(|it| !it.is_empty() && !it.starts_with('#')).unwrap_or(rule.head().summary)
}
