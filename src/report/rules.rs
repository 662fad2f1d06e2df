//! The list of rules: for people, for programs, and as the index of the pages.

use std::io;

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
    if rule.head().runs_by_default { "" } else { " (off unless selected)" }
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
                default: head.runs_by_default,
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

/// Writes the page of a rule, and above it what the head of the page says.
pub fn write_page(rule: &Rule, out: &mut dyn io::Write) -> io::Result<()> {
    let head = rule.head();
    let text = rule.text().trim();
    let (title, text) = text.split_once('\n').unwrap_or((text, ""));
    writeln!(out, "{title}\n")?;
    writeln!(
        out,
        "{} severity, {} confidence, since {}: {}.",
        head.severity, head.confidence, head.since, head.summary
    )?;
    if !head.runs_by_default {
        writeln!(out, "Off unless it is selected: `--select default,{}`.", rule.id)?;
    }
    if !head.aliases.is_empty() {
        writeln!(out, "Also known as {}.", head.aliases.join(", "))?;
    }
    writeln!(out, "\n{}", text.trim())
}
