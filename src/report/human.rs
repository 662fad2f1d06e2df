//! The report for people: every finding as a graphical report with its places in one excerpt, then what could not be
//! read, then what was looked at.
//!
//! An excerpt is a text of its own: the lines that matter, of every file that matters, with everything made visible
//! and long lines cut. So miette never sees a source file, the cost of a finding does not depend on the size of its
//! file, and a label in another file stands in the same picture.

use std::fmt::{self, Write as _};
use std::io;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use super::places::{Counted, Places};
use super::visible::{is_plain, shown, spell, visible, wrap};
use super::words::{SHOWN, counted, coverage, details, ending, findings};
use super::{InputError, Report, Silenced, Skipped, Suppressed, Unresolved, spelled};
use crate::baseline::Known;
use crate::rule::{Change, Finding, InstanceName, Label, Severity};
use crate::source::{FileId, Source, Span, Workspace, holds_values};
use crate::value::Hole;

/// How many bytes of a long line are shown on either side of a place.
const WINDOW: usize = 120;

/// How the report is to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// With colours.
    pub color: bool,
    /// With line-drawing characters rather than ASCII.
    pub unicode: bool,
    /// How many columns there are.
    pub width: usize,
    /// Without what was looked at.
    pub quiet: bool,
    /// With every instance.
    pub verbose: bool,
    /// Whether the findings that somebody has answered for are listed.
    pub suppressed: bool,
    /// Whether what conditions and denials silence is listed.
    pub silenced: bool,
    /// Whether every hole that kept a policy from being fully known is listed.
    pub unresolved: bool,
}

impl Style {
    /// What a file or a pipe gets.
    pub const PLAIN: Self = Self {
        color: false,
        unicode: true,
        width: 100,
        quiet: false,
        verbose: false,
        suppressed: false,
        silenced: false,
        unresolved: false,
    };
}

/// Writes the report.
pub fn write(report: &Report, workspace: &Workspace, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let painter = Painter::new(style);
    let places = Places::new(workspace);
    let mut text = String::new();
    for finding in &report.findings {
        painter.finding(finding, &places, &mut text);
        flush(&mut text, out)?;
    }
    if style.suppressed {
        for suppressed in &report.suppressed {
            painter.suppressed(suppressed, &places, &mut text);
        }
    }
    if let Some(compared) = report.compared.as_ref().filter(|_| !style.quiet) {
        for fixed in &compared.fixed {
            painter.fixed(fixed, &mut text);
        }
    }
    if style.silenced {
        for silenced in &report.silenced {
            painter.silenced(silenced, &places, &mut text);
        }
    }
    if style.unresolved {
        for unresolved in report.unresolved_in_order(workspace) {
            painter.unresolved(unresolved, &places, &mut text);
        }
    }
    if style.verbose {
        for Skipped { path, why } in &report.skipped {
            let _ = writeln!(text, "  skipped {}", visible(&format!("{}: {why}", spelled(path))));
        }
    }
    if !text.is_empty() {
        text.push('\n');
        flush(&mut text, out)?;
    }
    for error in &report.errors {
        painter.input_error(error, &places, &mut text);
        flush(&mut text, out)?;
    }
    if !style.quiet {
        painter.summary(report, &mut text);
        flush(&mut text, out)?;
    }
    Ok(())
}

/// Writes one thing that is wrong in a file that is no input: the configuration.
pub fn write_problem(
    source: &Arc<Source>,
    range: Range<usize>,
    message: &str,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let file = Rc::new(Counted::new(Arc::clone(source)));
    let mark = Mark { span: Span::new(source.id, range.start, range.end), text: None };
    let mut text = String::new();
    Painter::new(style).picture(
        "configuration",
        Severity::Critical,
        message,
        &[mark],
        &|_| Rc::clone(&file),
        &mut text,
    );
    text.push('\n');
    flush(&mut text, out)
}

fn flush(text: &mut String, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    text.clear();
    Ok(())
}

/// A place to be marked. The first of several is the one that the message is about.
struct Mark<'a> {
    span: Span,
    text: Option<&'a str>,
}

struct Painter {
    style: Style,
    handler: GraphicalReportHandler,
    theme: GraphicalTheme,
}

impl Painter {
    fn new(style: Style) -> Self {
        let theme = GraphicalTheme {
            characters: if style.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() },
            styles: if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() },
        };
        let handler = GraphicalReportHandler::new_themed(theme.clone())
            .with_width(style.width)
            .with_context_lines(1)
            .with_wrap_lines(false)
            .with_urls(false)
            .without_cause_chain()
            .without_syntax_highlighting();
        Self { style, handler, theme }
    }

    fn finding(&self, finding: &Finding, places: &Places<'_>, out: &mut String) {
        let code = format!("{}: {} severity, {} confidence", finding.rule, finding.severity, finding.confidence);
        let first = Mark { span: finding.span, text: None };
        let marks: Vec<_> = std::iter::once(first)
            .chain(finding.labels.iter().map(|label| Mark { span: label.span, text: Some(&label.message) }))
            .collect();
        self.picture(&code, finding.severity, &finding.message, &marks, &|id| places.file(id), out);
        for (name, line) in details(finding, if self.style.verbose { usize::MAX } else { SHOWN }) {
            self.line(name, &visible(&line), out);
        }
        self.line("why", &format!("iamlint explain {}", finding.rule), out);
        out.push('\n');
    }

    fn input_error(&self, error: &InputError, places: &Places<'_>, out: &mut String) {
        match error.span {
            Some(span) => {
                let mark = Mark { span, text: None };
                self.picture("input error", Severity::Critical, &error.message, &[mark], &|id| places.file(id), out);
            }
            None => {
                let message = format!("`{}`: {}", spelled(&error.path), error.message);
                self.picture("input error", Severity::Critical, &message, &[], &|id| places.file(id), out);
            }
        }
        out.push('\n');
    }

    fn suppressed(
        &self,
        Suppressed { finding, reason, until, by }: &Suppressed,
        places: &Places<'_>,
        out: &mut String,
    ) {
        let file = places.file(finding.span.file);
        let start = file.position(finding.span.start as usize);
        let reason = if reason.is_empty() { "no reason given" } else { reason };
        let until = until.map(|it| format!(" until {it}")).unwrap_or_default();
        let line = format!(
            "{}:{}:{}: {}: {} (by {by}{until}: {reason})",
            spelled(&file.source.path),
            start.line,
            start.column,
            finding.rule,
            finding.message
        );
        let _ = writeln!(out, "  suppressed {}", visible(&line));
    }

    fn silenced(&self, Silenced { finding, by }: &Silenced, places: &Places<'_>, out: &mut String) {
        let at = |span: Span, is_here: bool| {
            let file = places.file(span.file);
            let start = file.position(span.start as usize);
            let path = if is_here { String::new() } else { format!("{}:", spelled(&file.source.path)) };
            format!("{path}{}:{}", start.line, start.column)
        };
        let place = |it: &Label| format!("{} at {}", it.message, at(it.span, it.span.file == finding.span.file));
        let by: Vec<String> = by.iter().map(place).collect();
        let line =
            format!("{}: {}: {} (by {})", at(finding.span, false), finding.rule, finding.message, by.join("; by "));
        let _ = writeln!(out, "  silenced {}", visible(&line));
    }

    fn fixed(&self, known: &Known, out: &mut String) {
        let names: Vec<&str> = known.instances.iter().map(InstanceName::name).collect();
        let _ =
            writeln!(out, "  fixed {}", visible(&format!("{}: {} in {}", known.rule, known.about, names.join(", "))));
    }

    fn unresolved(&self, Unresolved { hole, address, nothing }: &Unresolved, places: &Places<'_>, out: &mut String) {
        let file = places.file(hole.span.file);
        let start = file.position(hole.span.start as usize);
        let of = if *nothing { "" } else { "part of " };
        // A call that could not be read is itself what is not known.
        let says = if hole.reference.starts_with("module.") && address.ends_with(&*hole.reference) {
            format!("`{address}` was not read: {}", hole.why)
        } else {
            format!("`{}` leaves {of}{address} open: {}", as_written(hole, &file), hole.why)
        };
        let line = format!("{}:{}:{}: {says}", spelled(&file.source.path), start.line, start.column);
        let _ = writeln!(out, "  unresolved {}", visible(&line));
    }

    /// What is counted: findings, what was answered for, what could not be read, and last what was looked at.
    fn summary(&self, report: &Report, out: &mut String) {
        out.push_str(&findings(report));
        if !report.suppressed.is_empty() {
            let by: Vec<_> = ["comment", "config", "baseline"]
                .into_iter()
                .map(|by| (by, report.suppressed.iter().filter(|it| it.by == by).count()))
                .filter(|(_, count)| *count > 0)
                .map(|(by, count)| format!("{count} by {by}"))
                .collect();
            let _ = write!(out, ", {} suppressed ({})", report.suppressed.len(), by.join(", "));
        }
        if self.style.silenced && !report.silenced.is_empty() {
            let _ = write!(out, ", {} silenced by what policies say", report.silenced.len());
        }
        if let Some(compared) = &report.compared {
            let new = report.findings.iter().filter(|it| it.change == Some(Change::New)).count();
            let (wider, fixed) = (report.findings.len() - new, compared.fixed.len());
            let with = visible(&compared.with);
            let _ = write!(out, "; held against `{with}`: {new} new, {wider} wider, {fixed} fixed");
        }
        if !report.errors.is_empty() {
            let _ = write!(out, ", {}", counted(report.errors.len(), "error"));
        }
        let _ = writeln!(out, "\n{}", coverage(report));
        if let Some(ending) = ending(report) {
            let _ = writeln!(out, "{ending}");
        }
    }

    /// A heading, a message and an excerpt with its marks.
    fn picture(
        &self,
        code: &str,
        severity: Severity,
        message: &str,
        marks: &[Mark<'_>],
        file: &dyn Fn(FileId) -> Rc<Counted>,
        out: &mut String,
    ) {
        let excerpt = Excerpt::of(marks, file, self.style.unicode);
        let mut theme = self.theme.clone();
        if self.style.color {
            // The place itself has the colour of its severity, every other one the same quiet colour.
            let own = match severity {
                Severity::Critical | Severity::High => theme.styles.error,
                Severity::Medium => theme.styles.warning,
                Severity::Low => theme.styles.advice,
            };
            let other = theme.styles.help;
            theme.styles.highlights =
                excerpt.placed.iter().map(|it| if it.first { own.bold() } else { other }).collect();
        }
        let shown = Shown {
            code,
            severity,
            message: wrap(&visible(message), self.style.width.saturating_sub(4)),
            excerpt: (!excerpt.placed.is_empty()).then_some(excerpt),
        };
        let start = out.len();
        if self.handler.clone().with_theme(theme).render_report(out, &shown).is_err() {
            // miette could not draw it, which no excerpt of ours gives it cause for; the message must not be lost.
            out.truncate(start);
            let _ = writeln!(out, "{code}\n\n  {}", shown.message);
        }
    }

    /// One line below a picture: its name before the colon, and more lines if it is long.
    fn line(&self, name: &str, text: &str, out: &mut String) {
        let text = wrap(text, self.style.width.saturating_sub(8)).replace('\n', "\n        ");
        let (on, off) = if self.style.color { ("\u{1b}[36m", "\u{1b}[0m") } else { ("", "") };
        let _ = writeln!(out, "  {on}{name:>4}:{off} {text}");
    }
}

/// What miette is given.
#[derive(Debug)]
struct Shown<'a> {
    code: &'a str,
    severity: Severity,
    message: String,
    excerpt: Option<Excerpt>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Critical | Severity::High => miette::Severity::Error,
            Severity::Medium => miette::Severity::Warning,
            Severity::Low => miette::Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|it| it as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let excerpt = self.excerpt.as_ref()?;
        Some(Box::new(excerpt.placed.iter().map(|placed| {
            let span = SourceSpan::from(placed.at.clone());
            if placed.first {
                LabeledSpan::new_primary_with_span(placed.text.clone(), span)
            } else {
                LabeledSpan::new_with_span(placed.text.clone(), span)
            }
        })))
    }
}

/// A line by its number from 0, and the marks on it: which, and the bytes of the file.
type Marked = (usize, Vec<(usize, Range<usize>)>);

/// The lines that matter, of every file that matters.
#[derive(Debug, Default)]
struct Excerpt {
    text: String,
    stretches: Vec<Stretch>,
    /// The marks in the order of the text, none over another.
    placed: Vec<Placed>,
}

/// Lines that follow each other in one file.
#[derive(Debug)]
struct Stretch {
    at: Range<usize>,
    file: String,
    /// The number of its first line, from 0.
    line: usize,
}

/// A mark in the excerpt.
#[derive(Debug)]
struct Placed {
    at: Range<usize>,
    text: Option<String>,
    first: bool,
    /// The line and column in the file, from 0.
    place: (usize, usize),
}

impl Excerpt {
    fn of(marks: &[Mark<'_>], file: &dyn Fn(FileId) -> Rc<Counted>, unicode: bool) -> Self {
        let mut out = Self::default();
        let mut order: Vec<FileId> = Vec::new();
        for mark in marks {
            if !order.contains(&mark.span.file) {
                order.push(mark.span.file);
            }
        }
        for id in order {
            let file = file(id);
            let mut lines: Vec<Marked> = Vec::new();
            for (index, mark) in marks.iter().enumerate().filter(|(_, mark)| mark.span.file == id) {
                let (line, range) = first_line(&file, mark.span);
                match lines.iter_mut().find(|(it, _)| *it == line) {
                    Some((_, marked)) => marked.push((index, range)),
                    None => lines.push((line, vec![(index, range)])),
                }
            }
            lines.sort_by_key(|(line, _)| *line);
            out.file(&file, &lines, marks, unicode);
        }
        out
    }

    /// Adds the marked lines of a file, each with the line before and after it.
    fn file(&mut self, file: &Counted, lines: &[Marked], marks: &[Mark<'_>], unicode: bool) {
        let name = visible(&spelled(&file.source.path)).into_owned();
        let last = file.source.line_starts().len() - 1;
        // What stands beside a value that is given may be a secret.
        let alone = file.source.path.to_str().is_some_and(holds_values);
        let mut next = 0; // the first line that is not shown yet
        for (index, (line, marked)) in lines.iter().enumerate() {
            let above =
                line.checked_sub(1).filter(|it| !alone && !line_text(file, *it).trim().is_empty()).unwrap_or(*line);
            // A single line between two stretches is shown rather than left out.
            let joined = next > 0 && above <= next + usize::from(!alone);
            let from = if joined { next } else { above };
            if !joined {
                self.stretches.push(Stretch { at: self.text.len()..self.text.len(), file: name.clone(), line: from });
            }
            for context in from..*line {
                self.context(line_text(file, context), unicode);
            }
            self.marked(file, *line, marked, marks, unicode);
            next = line + 1;
            let below_is_marked = lines.get(index + 1).is_some_and(|(below, _)| *below == next);
            if !alone && !below_is_marked && next <= last && !line_text(file, next).trim().is_empty() {
                self.context(line_text(file, next), unicode);
                next += 1;
            }
            let end = self.text.len();
            if let Some(stretch) = self.stretches.last_mut() {
                stretch.at.end = end;
            }
        }
    }

    fn context(&mut self, line: &str, unicode: bool) {
        let start = 0..0;
        self.line(line, &[], &windows(line, std::slice::from_ref(&start)), unicode);
    }

    fn marked(
        &mut self,
        file: &Counted,
        line: usize,
        marked: &[(usize, Range<usize>)],
        marks: &[Mark<'_>],
        unicode: bool,
    ) {
        let text = line_text(file, line);
        let start = file.source.line_starts()[line] as usize;
        let ranges: Vec<_> = marked.iter().map(|(_, range)| range.start - start..range.end - start).collect();
        let shown = self.line(text, &ranges, &windows(text, &ranges), unicode);
        let mut placed: Vec<Placed> = Vec::new();
        for ((index, range), at) in marked.iter().zip(shown) {
            let words = marks[*index].text.map(|text| visible(text).into_owned());
            // Where two marks overlap the earlier one has the characters, the later one what is left of it.
            let mut at = at;
            while let Some(over) = placed.iter().find(|it| it.at.start <= at.start && at.start < it.at.end) {
                at.start = over.at.end;
            }
            if at.start > at.end || (at.is_empty() && !range.is_empty()) {
                let over = placed.iter_mut().rev().find(|it| it.at.end == at.start);
                if let (Some(over), Some(words)) = (over, words) {
                    over.text = Some(over.text.take().map_or(words.clone(), |text| format!("{text}; {words}")));
                }
                continue;
            }
            if let Some(next) = placed.iter().map(|it| it.at.start).filter(|it| *it > at.start).min() {
                at.end = at.end.min(next);
            }
            let column = file.position(range.start).column - 1;
            placed.push(Placed { at, text: words, first: *index == 0, place: (line, column) });
        }
        placed.sort_by_key(|it| it.at.start);
        self.placed.extend(placed);
    }

    /// Adds what `windows` leave of a line, made visible; where the ranges came to lie.
    fn line(
        &mut self,
        line: &str,
        ranges: &[Range<usize>],
        windows: &[Range<usize>],
        unicode: bool,
    ) -> Vec<Range<usize>> {
        let dots = if unicode { "…" } else { "..." };
        // Pairs of offsets, in the line and in the excerpt, between which both run alike.
        let mut anchors: Vec<(usize, usize)> = Vec::new();
        for window in windows {
            if window.start > 0 {
                self.text.push_str(dots);
            }
            let part = &line[window.clone()];
            anchors.push((window.start, self.text.len()));
            if is_plain(part) {
                self.text.push_str(part);
            } else {
                for (at, char) in part.char_indices() {
                    let rest = &part[at..];
                    if shown(char, rest) {
                        self.text.push(char);
                    } else {
                        if !(char == '\u{FEFF}' && window.start + at == 0) {
                            spell(char, &mut self.text);
                        }
                        anchors.push((window.start + at + char.len_utf8(), self.text.len()));
                    }
                }
            }
        }
        if windows.last().is_some_and(|window| window.end < line.len()) {
            self.text.push_str(dots);
        }
        let end = self.text.len();
        self.text.push('\n');
        let shown_at = |offset: usize| {
            let index = anchors.partition_point(|(at, _)| *at <= offset).saturating_sub(1);
            let Some((at, shown)) = anchors.get(index).copied() else { return end };
            let limit = anchors.get(index + 1).map_or(end, |(_, next)| *next);
            (shown + offset.saturating_sub(at)).min(limit)
        };
        ranges.iter().map(|range| shown_at(range.start)..shown_at(range.end)).collect()
    }
}

/// What is not known, as somebody wrote it: of an expression that a function has been put together for, the part of it
/// that stands in the file.
fn as_written(hole: &Hole, file: &Counted) -> String {
    const WIDTH: usize = 80;
    if file.shown().contains(&*hole.reference) {
        return hole.reference.to_string();
    }
    let written = file.shown()[hole.span.range()].split_whitespace().collect::<Vec<_>>().join(" ");
    match written.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &written[..end]),
        None => written,
    }
}

/// Where a span is marked: what it covers of the first line of it that is not blank.
fn first_line(file: &Counted, span: Span) -> (usize, Range<usize>) {
    let text = &file.source.text;
    let mut start = (span.start as usize).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = (span.end as usize).clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    let covered = &text[start..end];
    let blank = covered.len() - covered.trim_start().len();
    if covered[..blank].contains('\n') && blank < covered.len() {
        start += blank;
    }
    let line = file.line(start);
    let line_end = file.source.line_starts()[line] as usize + line_text(file, line).len();
    (line, start.min(line_end)..end.min(line_end).max(start.min(line_end)))
}

/// A line as it may be shown, without its end.
fn line_text(file: &Counted, line: usize) -> &str {
    let starts = file.source.line_starts();
    let start = starts[line] as usize;
    let end = starts.get(line + 1).map_or(file.source.text.len(), |next| *next as usize);
    let text = &file.shown()[start..end];
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

/// Which parts of a line are shown: all of a line of ordinary length, else what is near to the ranges.
fn windows(line: &str, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
    if line.len() <= 2 * WINDOW {
        return std::iter::once(0..line.len()).collect();
    }
    let floor = |mut at: usize| {
        while !line.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut sorted: Vec<_> = ranges.to_vec();
    sorted.sort_by_key(|range| (range.start, range.end));
    for range in sorted {
        let start = floor(range.start.saturating_sub(WINDOW));
        let end = floor(range.end.min(range.start + WINDOW).saturating_add(WINDOW).min(line.len()));
        match out.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => out.push(start..end),
        }
    }
    out
}

impl SourceCode for Excerpt {
    /// A whole stretch when context is asked for; else the line of a mark, with the place it has in its file.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let stretch =
            self.stretches.iter().find(|it| it.at.start <= start && end < it.at.end).ok_or(MietteError::OutOfBounds)?;
        let data = &self.text.as_bytes()[stretch.at.clone()];
        let (line, column) = match self.placed.iter().find(|it| it.at.start == start) {
            Some(placed) if before == 0 && after == 0 => placed.place,
            _ => (stretch.line, 0),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            stretch.file.clone(),
            data,
            SourceSpan::from(stretch.at.clone()),
            line,
            column,
            memchr::memchr_iter(b'\n', data).count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use expect_test::{Expect, expect};

    use super::*;
    use crate::policy::PolicyKind;
    use crate::report::Summary;
    use crate::rule::{Carrier, Label, StatementName};

    /// A workspace of texts in which `«…»` is the place of the finding and `‹words|…›` a label; both marks are taken out.
    fn marked(texts: &[(&str, &str)]) -> (Workspace, Finding) {
        let mut plain = Vec::new();
        let mut spans: Vec<(usize, usize, usize, Option<String>)> = Vec::new();
        for (index, (path, text)) in texts.iter().enumerate() {
            let mut out = String::new();
            let mut open: Vec<(usize, Option<String>)> = Vec::new();
            let mut chars = text.chars();
            while let Some(char) = chars.next() {
                match char {
                    '«' => open.push((out.len(), None)),
                    '‹' => open.push((out.len(), Some(chars.by_ref().take_while(|it| *it != '|').collect()))),
                    '»' | '›' => {
                        let (start, words) = open.pop().unwrap();
                        spans.push((index, start, out.len(), words));
                    }
                    char => out.push(char),
                }
            }
            plain.push((*path, out));
        }
        let workspace = Workspace::of_texts(plain);
        let span =
            |index: usize, start, end| Span::new(workspace.open(Path::new(texts[index].0)).unwrap().id, start, end);
        let labels = spans
            .iter()
            .filter_map(|(index, start, end, words)| {
                words.clone().map(|message| Label { span: span(*index, *start, *end), message })
            })
            .collect();
        let (index, start, end, _) = *spans.iter().find(|it| it.3.is_none()).unwrap();
        let carrier = Carrier {
            kind: Some(PolicyKind::Identity),
            address: "aws_iam_policy.app".into(),
            source: Some("data.aws_iam_policy_document.app".into()),
        };
        let rule = crate::rules::by_name("wildcard_action").unwrap();
        let message = "`s3:*` allows every action of the service";
        let finding = Finding {
            help: Some("name the actions that the program calls".into()),
            labels,
            statement: Some(StatementName { sid: Some("Read".into()), index: 0, span: span(index, start, end) }),
            instances: vec!["aws_iam_policy.app".into()],
            subject: "s3:*".into(),
            ..Finding::new(rule, message, span(index, start, end), carrier)
        };
        (workspace, finding)
    }

    fn report(finding: Finding) -> Report {
        Report {
            findings: vec![finding],
            summary: Summary { files: 2, skipped: 1, policies: 1, resolved: 1, ..Summary::default() },
            ..Report::default()
        }
    }

    fn drawn(report: &Report, workspace: &Workspace, style: Style) -> String {
        let mut out = Vec::new();
        write(report, workspace, style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn check(texts: &[(&str, &str)], expect: &Expect) {
        let (workspace, mut finding) = marked(texts);
        finding.help = None;
        finding.carrier.address = "".into();
        let out = drawn(&report(finding), &workspace, Style { quiet: true, ..Style::PLAIN });
        let out = out.replace("  × `s3:*` allows every action of the service\n", "");
        let out = out.replace("wildcard_action: high severity, high confidence\n\n", "excerpt\n");
        expect.assert_eq(&out.replace("   why: iamlint explain wildcard_action\n\n", ""));
    }

    #[test]
    fn a_finding_as_a_whole() {
        let (workspace, mut finding) = marked(&[(
            "main.tf",
            "data \"aws_iam_policy_document\" \"app\" {\n  ‹in this statement|statement {\n    sid       = \"Read\"\n    actions   = [«\"s3:*\"»]\n    resources = [\"*\"]\n  }›\n}\n",
        )]);
        finding.instances = (0..7).map(|it| format!("module.m{it}.aws_iam_policy.app").into()).collect();
        let mut report = report(finding);
        report.errors.push(InputError { path: "gone".into(), span: None, message: "no such file or folder".into() });
        expect![[r#"
            wildcard_action: high severity, high confidence

              × `s3:*` allows every action of the service
               ╭─[main.tf:4:18]
             1 │ data "aws_iam_policy_document" "app" {
             2 │   statement {
               ·   ─────┬─────
               ·        ╰── in this statement
             3 │     sid       = "Read"
             4 │     actions   = ["s3:*"]
               ·                  ──────
             5 │     resources = ["*"]
               ╰────
              help: name the actions that the program calls
                in: aws_iam_policy.app (identity policy from data.aws_iam_policy_document.app), statement `Read`
               for: module.m0.aws_iam_policy.app, module.m1.aws_iam_policy.app, module.m2.aws_iam_policy.app,
                    module.m3.aws_iam_policy.app, module.m4.aws_iam_policy.app and 2 more
               why: iamlint explain wildcard_action

            input error

              × `gone`: no such file or folder

            1 finding (1 high), 1 error
            2 files read, 1 skipped; 1 policy found: 1 fully resolved, 0 partly, 0 not
        "#]]
        .assert_eq(&drawn(&report, &workspace, Style::PLAIN));
    }

    #[test]
    fn ascii_and_colours() {
        let (workspace, finding) = marked(&[("a.json", "{ \"Action\": «\"s3:*\"» }")]);
        let report = report(finding);
        let ascii = drawn(&report, &workspace, Style { unicode: false, ..Style::PLAIN });
        assert!(ascii.is_ascii(), "{ascii}");
        let color = drawn(&report, &workspace, Style { color: true, ..Style::PLAIN });
        assert!(color.contains("\u{1b}[31m"), "{color}");
        assert!(!drawn(&report, &workspace, Style::PLAIN).contains('\u{1b}'));
    }

    #[test]
    fn places_in_other_files_stand_in_the_same_picture() {
        check(
            &[
                ("a/main.tf", "locals {\n  wide = [«\"s3:*\"»]\n}\n"),
                (
                    "b.tf",
                    "\nmodule \"a\" {\n  actions = ‹by way of module.a|local.wide›\n}\n\n\n\n\nx = ‹far away|1›\n",
                ),
            ],
            &expect![[r#"
                excerpt
                   ╭─[a/main.tf:2:11]
                 1 │ locals {
                 2 │   wide = ["s3:*"]
                   ·           ──────
                 3 │ }
                   ╰────
                   ╭─[b.tf:3:13]
                 2 │ module "a" {
                 3 │   actions = local.wide
                   ·             ─────┬────
                   ·                  ╰── by way of module.a
                 4 │ }
                   ╰────
                   ╭─[b.tf:9:5]
                 9 │ x = 1
                   ·     ┬
                   ·     ╰── far away
                   ╰────
            "#]],
        );
    }

    #[test]
    fn marks_on_one_line_do_not_cover_each_other() {
        check(
            &[("a.json", "[‹in this statement|{\"Action\":‹same place|«\"s3:*\"»›,\"Resource\":‹and here|\"*\"›}›]")],
            &expect![[r#"
                excerpt
                   ╭─[a.json:1:12]
                 1 │ [{"Action":"s3:*","Resource":"*"}]
                   ·  ─────┬───────┬──            ─┬─
                   ·       │       │               ╰── and here
                   ·       │       ╰── same place
                   ·       ╰── in this statement
                   ╰────
            "#]],
        );
    }

    #[test]
    fn what_would_act_on_a_terminal_is_shown_and_moves_no_caret() {
        check(
            &[("a\u{1b}]0;.json", "\u{FEFF}{\t\"\u{1b}[2J\u{202e}é字\": «\"s3:*\"»,\r\n \"##[group]\": \"::x\" }")],
            &expect![[r#"
                excerpt
                   ╭─[a<U+001B>]0;.json:1:15]
                 1 │ {   "<U+001B>[2J<U+202E>é字": "s3:*",
                   ·                               ──────
                 2 │  "<U+0023>#[group]": "::x" }
                   ╰────
            "#]],
        );
    }

    #[test]
    fn a_long_line_is_cut_around_its_places() {
        let long = format!("{}«\"s3:*\"»{}‹in this list|\"x\"›{}", "é".repeat(500), "b".repeat(1000), "c".repeat(9000));
        check(
            &[("a.json", &long)],
            &expect![[r#"
                excerpt
                   ╭─[a.json:1:501]
                 1 │ …éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé"s3:*"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"x"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc…
                   ·                                                              ──────                                                                                                                                                                                                                                                 ─┬─
                   ·                                                                 │                                                                                                                                                                                                                                                    ╰── in this list
                   ╰────
            "#]],
        );
    }

    #[test]
    fn an_empty_place_and_the_end_of_a_file() {
        check(
            &[("a.tf", "a {\n«»")],
            &expect![[r#"
                excerpt
                   ╭─[a.tf:2:1]
                 1 │ a {
                 2 │ 
                   · ▲
                   ╰────
            "#]],
        );
        check(
            &[("a.tf", "«»")],
            &expect![[r#"
                excerpt
                   ╭─[a.tf:1:1]
                 1 │ 
                   · ▲
                   ╰────
            "#]],
        );
        check(
            &[("a.tf", "x = [«\n\n  \"s3:*\"\n»]\n")],
            &expect![[r#"
                excerpt
                   ╭─[a.tf:3:3]
                 3 │   "s3:*"
                   ·   ──────
                 4 │ ]
                   ╰────
            "#]],
        );
    }

    #[test]
    fn ten_thousand_findings_in_one_long_line_take_no_time() {
        let (workspace, finding) = marked(&[("a.json", &format!("{}«\"s3:*\"»", "é ".repeat(1_000_000)))]);
        let report = Report { findings: (0..10_000).map(|_| finding.clone()).collect(), ..Report::default() };
        let begun = std::time::Instant::now();
        drawn(&report, &workspace, Style::PLAIN);
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }
}
