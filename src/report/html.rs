//! The report as one page that needs nothing beside it: no script, no style sheet, no network.

use std::io;

use super::markup::{cell, code, escaped};
use super::rooted::Rooted;
use super::words::{Cause, SHOWN, causes, coverage, details, findings};
use super::{Report, visible};
use crate::catalog;
use crate::source::Workspace;

const STYLE: &str = "\
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
h2 { font-size: 1.1rem; margin: 2rem 0 .3rem } p, dl, ul { margin: .3rem 0 }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; background: #f0f0f0; padding: 0 .2em; border-radius: .2em }
dt { float: left; clear: left; width: 4rem; color: #666 } dd { margin-left: 4rem }
.severity { display: inline-block; width: 5rem; text-align: center; border-radius: .3em; color: #fff; font-size: .85rem }
.critical { background: #7b1fa2 } .high { background: #c62828 } .medium { background: #b45309 } .low { background: #1565c0 }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #1b1b1b } code { background: #333 } dt { color: #999 } }";

/// Writes one section a cause, the worst first, then what could not be read and what was looked at.
pub fn write(report: &Report, workspace: &Workspace, out: &mut dyn io::Write) -> io::Result<()> {
    let rooted = Rooted::new(workspace);
    let title = escaped(&format!("iamlint: {}", findings(report))).into_owned();
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}\n</style>\n<h1>{title}</h1>\n<p>{}</p>",
        coverage(report)
    )?;
    for cause in causes(&report.findings) {
        write_cause(&cause, &rooted, out)?;
    }
    if !report.errors.is_empty() {
        writeln!(out, "<h2>Could not be read</h2>\n<ul>")?;
        for error in &report.errors {
            let path = rooted.path(&error.path);
            let line = error.span.map(|span| format!(":{}", rooted.locate(span).start.line)).unwrap_or_default();
            let place = code(&visible(&format!("{path}{line}")));
            writeln!(out, "<li>{place}: {}", cell(&visible(&error.message)))?;
        }
        writeln!(out, "</ul>")?;
    }
    if !report.suppressed.is_empty() {
        writeln!(out, "<h2>Answered for</h2>\n<ul>")?;
        for suppressed in &report.suppressed {
            let finding = &suppressed.finding;
            let reason = if suppressed.reason.is_empty() { "no reason given" } else { &suppressed.reason };
            writeln!(
                out,
                "<li>{} {}: {} (by {}: {})",
                code(&visible(&rooted.line(finding))),
                code(finding.rule),
                cell(&visible(&finding.message)),
                suppressed.by,
                cell(&visible(reason))
            )?;
        }
        writeln!(out, "</ul>")?;
    }
    writeln!(
        out,
        "<p>iamlint {}, facts about AWS of {}</p>\n</html>",
        env!("CARGO_PKG_VERSION"),
        catalog::reference_date()
    )
}

fn write_cause(cause: &Cause<'_>, rooted: &Rooted<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let first = cause.first();
    let (severity, confidence) = (first.severity, first.confidence);
    writeln!(out, "<h2><span class=\"severity {severity}\">{severity}</span> {}</h2>", code(first.rule))?;
    writeln!(out, "<p>{} ({confidence} confidence)</p>\n<dl>", cell(&visible(&first.message)))?;
    if let Some(help) = &first.help {
        writeln!(out, "<dt>help<dd>{}", cell(&visible(help)))?;
    }
    for finding in &cause.findings {
        let details = details(finding, SHOWN).into_iter().filter(|(name, _)| *name != "help");
        let details: Vec<_> = details.map(|(name, text)| format!("{name} {}", cell(&visible(&text)))).collect();
        writeln!(out, "<dt>at<dd>{} {}", code(&visible(&rooted.line(finding))), details.join(", "))?;
        for label in &finding.labels {
            let place = rooted.locate(label.span);
            let place = code(&visible(&format!("{}:{}", place.path, place.start.line)));
            writeln!(out, "<br>{place} {}", cell(&visible(&label.message)))?;
        }
    }
    writeln!(out, "</dl>")
}
