//! The report as JUnit XML, which every build server draws: one failed test a finding. There is no standard but what
//! readers accept: <https://github.com/testmoapp/junitxml>.

use std::fmt::Write as _;
use std::io;

use super::markup::escaped;
use super::rooted::Rooted;
use super::words::{SHOWN, details, findings};
use super::{InputError, Report, visible};
use crate::rule::Finding;
use crate::source::Workspace;

/// Writes one suite. A finding that does not count for the exit status is a skipped test, so that a build server fails
/// exactly when iamlint does; an input that could not be read is a test with an error; a clean run is one passed test.
pub fn write(
    report: &Report,
    workspace: &Workspace,
    fails: &dyn Fn(&Finding) -> bool,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let rooted = Rooted::new(workspace);
    let failures = report.findings.iter().filter(|finding| fails(finding)).count();
    let (errors, skipped) = (report.errors.len(), report.findings.len() - failures);
    let is_clean = errors + report.findings.len() == 0;
    let tests = if is_clean { 1 } else { errors + report.findings.len() };
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"iamlint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">")?;
    writeln!(
        out,
        "  <testsuite name=\"iamlint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">"
    )?;
    if is_clean {
        writeln!(out, "    <testcase classname=\"iamlint\" name=\"{}\"/>", findings(report))?;
    }
    for finding in &report.findings {
        write_finding(finding, fails(finding), &rooted, out)?;
    }
    for error in &report.errors {
        write_error(error, &rooted, out)?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn write_finding(finding: &Finding, fails: bool, rooted: &Rooted<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let place = rooted.locate(finding.span);
    let path = escaped(&visible(&place.path)).into_owned();
    let message = visible(&finding.message);
    let mut text = format!("{}:{}:{}: {message}", visible(&place.path), place.start.line, place.start.column);
    for (name, line) in details(finding, SHOWN) {
        let _ = write!(text, "\n{name}: {}", visible(&line));
    }
    let _ = write!(text, "\nwhy: iamlint explain {}", finding.rule);
    // The test is known by what it is about and not by its line, so that a server can tell since when it fails.
    let about = if finding.carrier.address.is_empty() { "" } else { &*finding.carrier.address };
    writeln!(
        out,
        "    <testcase classname=\"{path}\" name=\"{}: {} [{}]\" file=\"{path}\" line=\"{}\">",
        finding.rule,
        escaped(&visible(about)),
        finding.fingerprint,
        place.start.line
    )?;
    let message = escaped(&message);
    if fails {
        let kind = format!("{} severity, {} confidence", finding.severity, finding.confidence);
        writeln!(out, "      <failure type=\"{kind}\" message=\"{message}\">{}</failure>", escaped(&text))?;
    } else {
        writeln!(out, "      <skipped message=\"below the gate: {message}\">{}</skipped>", escaped(&text))?;
    }
    writeln!(out, "    </testcase>")
}

fn write_error(error: &InputError, rooted: &Rooted<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let path = escaped(&visible(&rooted.path(&error.path))).into_owned();
    let line = error.span.map(|span| rooted.locate(span).start.line);
    let at = line.map(|line| format!(" line=\"{line}\"")).unwrap_or_default();
    let message = escaped(&visible(&error.message)).into_owned();
    writeln!(out, "    <testcase classname=\"{path}\" name=\"input error\" file=\"{path}\"{at}>")?;
    writeln!(out, "      <error type=\"input error\" message=\"{message}\"/>\n    </testcase>")
}
