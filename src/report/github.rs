//! The report for a GitHub workflow without code scanning: annotations by workflow commands, and the job summary.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use std::fmt::Write as _;
use std::io;

use rustc_hash::FxHashMap;

use super::markup::{cell, code};
use super::rooted::Rooted;
use super::words::{Cause, SHOWN, causes, counted, coverage, details, ending, findings, listed};
use super::{InputError, Report, visible};
use crate::rule::{Finding, Severity};
use crate::source::{Span, Workspace};

/// GitHub drops what a step says beyond ten annotations of one level, without a word.
const ANNOTATIONS: usize = 10;

/// How many rows the job summary has: one of 1 MiB or more is dropped as a whole.
const ROWS: usize = 200;

const LEVELS: [(&str, &[Severity]); 3] =
    [("error", &[Severity::Critical, Severity::High]), ("warning", &[Severity::Medium]), ("notice", &[Severity::Low])];

/// Writes annotations, the worst first. When a level has more than GitHub shows, each cause is annotated once, a rule
/// speaks once of a statement, and the last annotation counts what is left.
pub fn write(report: &Report, workspace: &Workspace, out: &mut dyn io::Write) -> io::Result<()> {
    let rooted = Rooted::new(workspace);
    for (level, severities) in LEVELS {
        let mut annotations = Vec::new();
        if level == "error" {
            annotations.extend(report.errors.iter().map(|error| input_error(error, &rooted)));
        }
        let found: Vec<&Finding> = report.findings.iter().filter(|it| severities.contains(&it.severity)).collect();
        let causes = causes(found.iter().copied());
        if annotations.len() + found.len() <= ANNOTATIONS {
            let each = causes.iter().flat_map(|cause| &cause.findings);
            annotations.extend(each.map(|one| annotation(level, &[Cause { findings: vec![one] }], &rooted)));
        } else {
            annotations.extend(by_statement(causes).iter().map(|causes| annotation(level, causes, &rooted)));
        }
        let shown = if annotations.len() > ANNOTATIONS { ANNOTATIONS - 1 } else { annotations.len() };
        for annotation in &annotations[..shown] {
            writeln!(out, "{annotation}")?;
        }
        if annotations.len() > shown {
            let more = annotations.len() - shown;
            writeln!(
                out,
                "::{level} title=iamlint::{more} more like these are in the job summary and in the full report"
            )?;
        }
    }
    Ok(())
}

/// Writes what the page of the run shows: one row a cause, the worst first, then what could not be read.
pub fn write_summary(report: &Report, workspace: &Workspace, out: &mut dyn io::Write) -> io::Result<()> {
    let rooted = Rooted::new(workspace);
    writeln!(out, "## iamlint: {}\n", findings(report))?;
    let causes = causes(&report.findings);
    if !causes.is_empty() {
        writeln!(out, "| severity | rule | what is wrong | where |")?;
        writeln!(out, "| --- | --- | --- | --- |")?;
        for cause in causes.iter().take(ROWS) {
            let first = cause.first();
            let help =
                first.help.as_deref().map(|help| format!("<br>help: {}", cell(&visible(help)))).unwrap_or_default();
            let places = listed(cause.findings.iter().map(|it| code(&visible(&rooted.line(it)))), 3);
            let message = cell(&visible(&first.message));
            writeln!(out, "| {} | {} | {message}{help} | {places} |", first.severity, code(first.rule))?;
        }
        if causes.len() > ROWS {
            writeln!(out, "\nand {} more", causes.len() - ROWS)?;
        }
        writeln!(out)?;
    }
    if !report.errors.is_empty() {
        writeln!(out, "**{}** could not be read:\n", counted(report.errors.len(), "input"))?;
        for error in report.errors.iter().take(ROWS) {
            let path = rooted.path(&error.path);
            writeln!(out, "- {}: {}", code(&visible(&path)), cell(&visible(&error.message)))?;
        }
        if report.errors.len() > ROWS {
            writeln!(out, "- and {} more", report.errors.len() - ROWS)?;
        }
        writeln!(out)?;
    }
    if !report.suppressed.is_empty() {
        writeln!(out, "{} suppressed.\n", counted(report.suppressed.len(), "finding"))?;
    }
    if let Some(ending) = ending(report) {
        writeln!(out, "{ending}.\n")?;
    }
    writeln!(out, "{}", coverage(report))
}

/// Causes that one rule has found in one statement, together.
fn by_statement(causes: Vec<Cause<'_>>) -> Vec<Vec<Cause<'_>>> {
    let mut out: Vec<Vec<Cause<'_>>> = Vec::new();
    let mut at = FxHashMap::default();
    for cause in causes {
        let first = cause.first();
        let statement = first.statement.as_ref().map(|it| (first.rule, &first.carrier.address, it.index));
        match statement.map(|statement| *at.entry(statement).or_insert(out.len())) {
            Some(known) if known < out.len() => out[known].push(cause),
            _ => out.push(vec![cause]),
        }
    }
    out
}

fn annotation(level: &str, causes: &[Cause<'_>], rooted: &Rooted<'_>) -> String {
    let (cause, others) = (&causes[0], &causes[1..]);
    let first = cause.first();
    let title = format!("{} ({} severity, {} confidence)", first.rule, first.severity, first.confidence);
    let mut text = visible(&first.message).into_owned();
    for (name, line) in details(first, SHOWN) {
        let _ = write!(text, "\n{name}: {}", visible(&line));
    }
    for label in &first.labels {
        let place = rooted.locate(label.span);
        let _ = write!(text, "\n{}:{}: {}", visible(&place.path), place.start.line, visible(&label.message));
    }
    let again = &cause.findings[1..];
    if !again.is_empty() {
        let places = listed(again.iter().map(|it| rooted.line(it)), 5);
        let _ = write!(text, "\nalso at {}", visible(&places));
    }
    if !others.is_empty() {
        let places = listed(others.iter().map(|it| rooted.line(it.first())), 5);
        let _ = write!(text, "\nand the like in the same statement at {}", visible(&places));
    }
    let _ = write!(text, "\nwhy: iamlint explain {}", first.rule);
    command(level, &place(first.span, rooted), &title, &text)
}

fn input_error(error: &InputError, rooted: &Rooted<'_>) -> String {
    let place = match error.span {
        Some(span) => place(span, rooted),
        None => format!("file={},", property(&rooted.path(&error.path))),
    };
    command("error", &place, "input error", &visible(&error.message))
}

fn command(level: &str, place: &str, title: &str, text: &str) -> String {
    format!("::{level} {place}title={}::{}", property(title), data(text))
}

/// The place as properties. Columns mean something within one line only.
fn place(span: Span, rooted: &Rooted<'_>) -> String {
    let located = rooted.locate(span);
    let (start, end) = (located.start, located.end);
    let mut out = format!("file={},line={},endLine={},", property(&located.path), start.line, end.line);
    if start.line == end.line {
        let _ = write!(out, "col={},endColumn={},", start.column, end.column);
    }
    out
}

/// The part after `::`, in which a line end would end the command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which a comma or a colon would end as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_user_ends_a_command() {
        assert_eq!(data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(property("a,b:c%\n"), "a%2Cb%3Ac%25%0A");
    }
}
