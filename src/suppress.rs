//! Comments that answer for a finding: `# iamlint: ignore[wildcard_action] reason="…" until=2027-01-31`.
//!
//! One rule holds everywhere. A comment behind code covers what begins on its line and, right behind an opening
//! bracket, the construct which that bracket opens. A comment on a line of its own covers what begins on the next line
//! of code, and the outermost construct that begins there: an element, a list, a statement, a document, a resource, a
//! module call. It never covers anything beside that.
//!
//! A finding is covered when its own place is, or one on its way: the statement it is in, or the local value, module
//! argument or reference that its value came by. A comment that silences nothing, or that cannot be understood, is a
//! finding itself.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::config;
use crate::policy::matches;
use crate::rule::{Carrier, Change, Confidence, Finding, Label, Remedy, Rule, Safety};
use crate::source::{FileId, Source, Span, Workspace};
use crate::syntax::hcl::{self, Block, Body, Expr, ExprKind};

/// The rule for comments that silence nothing.
const UNUSED: &str = "unused_ignore";

/// The rule for comments that cannot be understood.
const INVALID: &str = "invalid_ignore";

/// What decides about comments beside the comments themselves.
#[derive(Clone, Debug)]
pub struct Terms<'a> {
    /// The rules that were run: a comment for another rule is neither used nor unused.
    pub rules: &'a [&'static Rule],
    /// The day of the run, for `until`.
    pub today: Date,
    /// Whether a comment without a reason does not count.
    pub require_reason: bool,
}

/// The findings parted.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Those that stand, and those about comments.
    pub findings: Vec<Finding>,
    /// Those that a comment answers for, with the reason it gives.
    pub answered: Vec<(Finding, String)>,
}

/// Takes out the findings that a comment of any opened file answers for, and adds what is to be said about the
/// comments of the selected files. The findings are those of single instances, before equal ones are merged.
pub fn apply(workspace: &Workspace, findings: Vec<Finding>, terms: &Terms<'_>) -> Outcome {
    let mut files: BTreeMap<FileId, Commented> = BTreeMap::new();
    for source in workspace.opened() {
        files.extend(Commented::read(&source, terms).map(|it| (source.id, it)));
    }
    let mut outcome = Outcome::default();
    for finding in findings {
        match answer(&mut files, &finding) {
            Some(reason) => outcome.answered.push((finding, reason)),
            None => outcome.findings.push(finding),
        }
    }
    // A file that was named alone is judged without those that call its module, where an ignore may be used.
    let sure = workspace.selected.iter().all(|it| !it.named);
    let mut said = Vec::new();
    for commented in files.into_values() {
        if workspace.selected.binary_search_by(|it| it.path.cmp(&commented.source.path)).is_ok() {
            commented.report(&outcome, terms, sure, &mut said);
        }
    }
    outcome.findings.extend(said);
    outcome
}

/// The reason of the first comment that answers for a finding; every comment that does counts as used.
fn answer(files: &mut BTreeMap<FileId, Commented>, finding: &Finding) -> Option<String> {
    if files.is_empty() || finding.rule == UNUSED || finding.rule == INVALID {
        return None;
    }
    let mut reason = None;
    for place in places(finding) {
        let Some(commented) = files.get_mut(&place.file) else { continue };
        for ignore in &mut commented.ignores {
            if ignore.region.covers(place, &commented.source) && ignore.takes(finding) {
                reason.get_or_insert_with(|| ignore.directive.reason.clone());
            }
        }
    }
    reason
}

/// The place of a finding and those on its way. Other labels, such as the condition that a finding depends on or a
/// second statement, are no places at which it can be answered for.
fn places(finding: &Finding) -> impl Iterator<Item = Span> {
    let on_the_way = |it: &&Label| it.message == "in this statement" || it.message.starts_with("by way of ");
    std::iter::once(finding.span).chain(finding.labels.iter().filter(on_the_way).map(|it| it.span))
}

/// A file with comments for iamlint.
struct Commented {
    source: Arc<Source>,
    ignores: Vec<Ignore>,
    problems: Vec<(Span, String)>,
}

/// One comment that can be understood.
struct Ignore {
    directive: Directive,
    region: Region,
    expired: bool,
    /// Findings that an expired comment would have answered for.
    missed: usize,
    /// Findings that `only` leaves standing: where, and what they are about.
    refused: Vec<(Span, String)>,
}

impl Commented {
    /// The comments of a file, if it has any that are for iamlint.
    fn read(source: &Arc<Source>, terms: &Terms<'_>) -> Option<Self> {
        let name = source.path.file_name()?.to_str()?;
        let has_comments = [".tf", ".tofu", ".tfvars"].iter().any(|ending| name.ends_with(ending));
        if !has_comments || memchr::memmem::find(source.text.as_bytes(), b"iamlint").is_none() {
            return None;
        }
        let cuts = hcl::cut(source);
        let mut constructs = None;
        let mut next = 0;
        let mut out = Self { source: Arc::clone(source), ignores: Vec::new(), problems: Vec::new() };
        for comment in &cuts.comments {
            let Some(parsed) = parse(source.slice(comment.span)) else { continue };
            let at = |range: &Range<usize>| {
                let start = comment.span.start as usize;
                Span::new(source.id, start + range.start, start + range.end)
            };
            let mut directive = match parsed {
                Ok(directive) => directive,
                Err((range, message)) => {
                    out.problems.push((at(&range), message));
                    continue;
                }
            };
            directive.names.retain_mut(|name| {
                name.rules = config::find(&name.text);
                if name.rules.is_empty() {
                    out.problems.push((at(&name.range), config::no_such_rule(&name.text)));
                }
                name.span = at(&name.range);
                !name.rules.is_empty()
            });
            if terms.require_reason && directive.reason.trim().is_empty() {
                out.problems.push((comment.span, "a reason is required here: `reason=\"…\"`".into()));
                continue;
            }
            // Comments in a row stand above the same code, which is looked for once.
            if next < comment.span.end as usize {
                next = next_code(&source.text, comment.span.end as usize);
            }
            let constructs = constructs.get_or_insert_with(|| constructs_of(source, &cuts));
            out.ignores.push(Ignore {
                region: Region::of(source, comment.span, next, constructs),
                expired: directive.until.is_some_and(|until| until < terms.today),
                directive,
                missed: 0,
                refused: Vec::new(),
            });
        }
        Some(out)
    }

    /// What is wrong with the comments, and which of them silence nothing.
    fn report(&self, outcome: &Outcome, terms: &Terms<'_>, sure: bool, out: &mut Vec<Finding>) {
        let rule = |id: &str| terms.rules.iter().find(|rule| rule.id == id);
        if let Some(rule) = rule(INVALID) {
            for (span, message) in &self.problems {
                out.push(self.finding(rule, *span, message.clone(), "this comment does not silence anything"));
            }
        }
        let Some(rule) = rule(UNUSED) else { return };
        let was_run = |name: &Name| name.rules.iter().any(|it| terms.rules.iter().any(|ran| ran.id == it.id));
        for ignore in &self.ignores {
            let mut names = ignore.directive.names.iter().filter(|name| was_run(name));
            if let Some(until) = ignore.directive.until.filter(|_| ignore.expired) {
                let message = match ignore.missed {
                    0 => format!("this ignore ended on {until}, and there is nothing left for it to silence"),
                    1 => format!("this ignore ended on {until}, so a finding stands again"),
                    n => format!("this ignore ended on {until}, so {n} findings stand again"),
                };
                let help = "take it out, or answer for the finding anew";
                out.extend(names.next().map(|name| {
                    let finding = self.finding(rule, name.span, message, help);
                    if ignore.missed == 0 { without(finding, &name.text) } else { finding }
                }));
                continue;
            }
            for name in names.filter(|name| !name.used) {
                let mut finding = self.unused(rule, ignore, name, outcome);
                if !sure {
                    finding.confidence = Confidence::Low;
                }
                out.push(finding);
            }
        }
    }

    fn unused(&self, rule: &'static Rule, ignore: &Ignore, name: &Name, outcome: &Outcome) -> Finding {
        if let Some((span, subject)) = ignore.refused.first() {
            let message = format!("`only` does not cover all of `{subject}`, so the finding stands");
            let mut finding = self.finding(rule, name.span, message, "widen `only` if that is meant to be accepted");
            finding.labels.push(Label { span: *span, message: "this is what was found".into() });
            return finding;
        }
        let line = |offset: u32| self.source.position(offset as usize).line;
        let own = line(name.span.start);
        let answered = outcome.answered.iter().map(|(finding, _)| finding);
        let nearest = outcome
            .findings
            .iter()
            .chain(answered)
            .filter(|it| it.span.file == name.span.file && name.rules.iter().any(|rule| rule.id == it.rule))
            .min_by_key(|it| (line(it.span.start).abs_diff(own), it.span.start));
        let Some(nearest) = nearest else {
            let message = format!("`{}` reports nothing here, so this ignore silences nothing", name.text);
            return without(self.finding(rule, name.span, message, "take it out"), &name.text);
        };
        let there = line(nearest.span.start);
        let message = format!("`{}` reports nothing here; the nearest finding is on line {there}", name.text);
        let help = format!("put it at the end of line {there} or on a line above it, or take it out");
        let mut finding = self.finding(rule, name.span, message, &help);
        finding.labels.push(Label { span: nearest.span, message: "it would work here".into() });
        finding
    }

    fn finding(&self, rule: &Rule, span: Span, message: String, help: &str) -> Finding {
        let head = rule.head();
        Finding {
            rule: rule.id,
            severity: head.severity,
            confidence: head.confidence,
            message,
            help: Some(help.to_owned()),
            span,
            labels: Vec::new(),
            carrier: Carrier { kind: None, address: "".into(), source: None },
            statement: None,
            instances: Vec::new(),
            subject: self.source.slice(span).to_owned(),
            fingerprint: String::new(),
            remedies: Vec::new(),
            fixes: Vec::new(),
        }
    }
}

/// A finding about a name of a comment, which can be taken out.
fn without(mut finding: Finding, name: &str) -> Finding {
    finding.remedies.push(Remedy {
        title: format!("take `{name}` out of the comment"),
        safety: Safety::Safe,
        changes: vec![Change::Uncomment { at: finding.span }],
    });
    finding
}

impl Ignore {
    /// Whether it answers for a finding that its region covers; takes note of it.
    fn takes(&mut self, finding: &Finding) -> bool {
        let named = |name: &Name| name.rules.iter().any(|rule| rule.id == finding.rule);
        if !self.directive.names.iter().any(named) {
            return false;
        }
        if !self.directive.only.is_empty() && !granted_within(&finding.subject, &self.directive.only) {
            let refused = (finding.span, finding.subject.clone());
            if !self.refused.contains(&refused) {
                self.refused.push(refused);
            }
            return false;
        }
        if self.expired {
            self.missed += 1;
            return false;
        }
        self.directive.names.iter_mut().filter(|name| named(name)).for_each(|name| name.used = true);
        true
    }
}

/// Whether every action that a finding is about lies within one of the patterns. What a finding is about names the
/// actions first; what stands behind the word `on` is where. A subject without an action lies within nothing.
fn granted_within(subject: &str, only: &[String]) -> bool {
    let words = subject.split([' ', ',']).filter(|word| !word.is_empty()).take_while(|word| *word != "on");
    let mut actions = words.filter(|word| *word == "*" || word.contains(':') && !word.starts_with("arn:")).peekable();
    let within = |action: &str, pattern: &String| {
        // `?` stands for one character, and the star of a pattern for more than one.
        !(pattern.contains('?') && action.contains('*')) && matches(pattern, action, true)
    };
    actions.peek().is_some() && actions.all(|action| only.iter().any(|pattern| within(action, pattern)))
}

/// What a comment covers.
#[derive(Debug)]
struct Region {
    /// The line on which everything that begins is covered.
    line: Range<usize>,
    /// The construct all of which is covered.
    construct: Option<Span>,
}

impl Region {
    /// `next` is where the code behind the comment goes on.
    fn of(source: &Source, comment: Span, next: usize, constructs: &[Span]) -> Self {
        let text = &*source.text;
        let starts = source.line_starts();
        let line_of = |offset: usize| starts.partition_point(|start| *start as usize <= offset) - 1;
        let line_range = |line: usize| {
            let end = starts.get(line + 1).map_or(text.len(), |next| *next as usize);
            starts[line] as usize..end
        };
        let line = line_range(line_of(comment.start as usize));
        let before = text[..comment.start as usize].trim_end();
        if next_code(before, line.start.min(before.len())) < before.len() {
            let is_open = before.ends_with(['{', '[', '(']);
            let innermost = constructs
                .iter()
                .filter(|it| line.contains(&(it.start as usize)) && it.start < comment.start && comment.end < it.end)
                .max_by_key(|it| (it.start, std::cmp::Reverse(it.end)));
            return Self { line, construct: innermost.filter(|_| is_open).copied() };
        }
        if next == text.len() {
            return Self { line: 0..0, construct: None };
        }
        let line = line_range(line_of(next));
        let outermost = constructs
            .iter()
            .filter(|it| line.contains(&(it.start as usize)))
            .min_by_key(|it| (it.start, std::cmp::Reverse(it.end)));
        Self { line, construct: outermost.copied() }
    }

    fn covers(&self, place: Span, source: &Source) -> bool {
        place.file == source.id
            && (self.line.contains(&(place.start as usize)) || self.construct.is_some_and(|it| it.contains(place)))
    }
}

/// The first byte of code at or behind `from`, past white space and comments; the end of the text when there is none.
fn next_code(text: &str, from: usize) -> usize {
    let mut rest = &text[from..];
    loop {
        rest = rest.trim_start();
        rest = if rest.starts_with('#') || rest.starts_with("//") {
            rest.split_once('\n').map_or("", |(_, behind)| behind)
        } else if let Some(inside) = rest.strip_prefix("/*") {
            inside.split_once("*/").map_or("", |(_, behind)| behind)
        } else {
            return text.len() - rest.len();
        };
    }
}

/// Everything in a file that has a beginning and an end: blocks, attributes, lists, objects, their elements and entries.
fn constructs_of(source: &Source, cuts: &hcl::Cuts) -> Vec<Span> {
    let mut out = Vec::new();
    for cut in &cuts.blocks {
        out.push(cut.span);
        if let (Some(block), _) = hcl::parse_block(source, cut) {
            of_block(&block, &mut out);
        }
    }
    for stretch in &cuts.attributes {
        of_body(&hcl::parse_attributes(source, *stretch).0, &mut out);
    }
    out
}

fn of_block(block: &Block, out: &mut Vec<Span>) {
    out.push(block.span);
    of_body(&block.body, out);
}

fn of_body(body: &Body, out: &mut Vec<Span>) {
    for attribute in &body.attributes {
        out.push(attribute.name.span.to(attribute.value.span));
        of_expression(&attribute.value, out);
    }
    for block in &body.blocks {
        of_block(block, out);
    }
}

fn of_expression(expression: &Expr, out: &mut Vec<Span>) {
    match &expression.kind {
        ExprKind::List(elements) => {
            out.push(expression.span);
            out.extend(elements.iter().map(|it| it.span));
        }
        ExprKind::Object(items) => {
            out.push(expression.span);
            out.extend(items.iter().map(|it| it.key.span.to(it.value.span)));
        }
        ExprKind::For(_) => out.push(expression.span),
        _ => {}
    }
    expression.each_child(&mut |it| of_expression(it, out));
}

/// What a comment says.
#[derive(Debug)]
struct Directive {
    names: Vec<Name>,
    only: Vec<String>,
    reason: String,
    until: Option<Date>,
}

/// A rule as a comment names it.
#[derive(Debug)]
struct Name {
    text: String,
    range: Range<usize>,
    span: Span,
    rules: Vec<&'static Rule>,
    used: bool,
}

type Problem = (Range<usize>, String);

const FORM: &str = "`iamlint: ignore[rule] reason=\"…\" until=2027-01-31`";

/// Reads a comment, its marks included; none when it does not speak to iamlint. A range is one of its bytes.
fn parse(comment: &str) -> Option<Result<Directive, Problem>> {
    let word = comment.find("iamlint")?;
    let after = word + "iamlint".len();
    let first = comment[..word].trim_matches(['#', '/', '*', ' ', '\t']).is_empty();
    let rest = &comment[after..];
    let verb_at = after + rest.len() - rest.trim_start_matches([':', '-', '_', ' ', '\t']).len();
    let separator = comment[after..verb_at].trim();
    let verb: String = comment[verb_at..].chars().take_while(char::is_ascii_alphabetic).collect();
    let behind = &comment[verb_at + verb.len()..];
    let is_ignore = verb.eq_ignore_ascii_case("ignore");
    if separator == ":" && is_ignore {
        let end = comment.strip_suffix("*/").map_or(comment.len(), str::len);
        return Some(Parser { text: &comment[..end], at: verb_at + verb.len() }.directive());
    }
    // What only looks like one must not be passed over in silence, and a sentence about iamlint is none.
    let verbs = ["ignore", "ignores", "disable", "skip", "suppress", "allow", "noqa", "nolint", "exclude", "off"];
    let is_verb = verbs.iter().any(|it| verb.eq_ignore_ascii_case(it));
    let looks_like_one = match separator {
        "" => is_verb && behind.starts_with(['[', '=', ':', '(']),
        ":" => is_verb || first,
        _ => is_verb,
    };
    looks_like_one.then(|| Err((word..verb_at + verb.len(), format!("this is not understood: an ignore is {FORM}"))))
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl Parser<'_> {
    fn directive(mut self) -> Result<Directive, Problem> {
        let names = self.list('[', ']', "the rules are named in brackets: `ignore[wildcard_action]`")?;
        let names = names.into_iter().map(|(text, range)| {
            let span = Span::new(FileId(0), range.start, range.end);
            Name { text, range, span, rules: Vec::new(), used: false }
        });
        let mut out = Directive { names: names.collect(), only: Vec::new(), reason: String::new(), until: None };
        let mut seen: Vec<String> = Vec::new();
        loop {
            self.space();
            let rest = &self.text[self.at..];
            // What stands behind another comment mark is for people.
            if rest.is_empty() || rest.starts_with('#') || rest.starts_with("//") {
                return Ok(out);
            }
            let start = self.at;
            let key: String = rest.chars().take_while(|it| it.is_alphanumeric() || matches!(it, '-' | '_')).collect();
            self.at += key.len();
            let range = start..self.at.max(start + rest.chars().next().map_or(0, char::len_utf8));
            let key = key.to_lowercase();
            if seen.contains(&key) {
                return Err((range, format!("`{key}` is said twice")));
            }
            match key.as_str() {
                "only" => {
                    let list = self.list('(', ')', "what is accepted stands in brackets: `only(ec2:Describe*)`")?;
                    out.only = list.into_iter().map(|(text, _)| text).collect();
                }
                "reason" => out.reason = self.quoted(range)?,
                "until" => out.until = Some(self.date(range)?),
                _ => return Err((range, format!("this is not understood: an ignore is {FORM}"))),
            }
            seen.push(key);
        }
    }

    fn space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, char: char) -> bool {
        self.space();
        let found = self.text[self.at..].starts_with(char);
        if found {
            self.at += char.len_utf8();
        }
        found
    }

    /// Names between brackets, with their places.
    fn list(&mut self, open: char, close: char, or: &str) -> Result<Vec<(String, Range<usize>)>, Problem> {
        let start = self.at;
        let wrong = |end: usize| (start..end, or.to_owned());
        if !self.eat(open) {
            return Err(wrong(self.text.len()));
        }
        let inside = &self.text[self.at..];
        let Some(length) = inside.find(close) else { return Err(wrong(self.text.len())) };
        let mut names = Vec::new();
        let mut at = self.at;
        for part in inside[..length].split(',') {
            let name = part.trim();
            let begin = at + part.len() - part.trim_start().len();
            if !name.is_empty() {
                names.push((name.to_owned(), begin..begin + name.len()));
            }
            at += part.len() + 1;
        }
        self.at += length + close.len_utf8();
        if names.is_empty() { Err(wrong(self.at)) } else { Ok(names) }
    }

    fn quoted(&mut self, key: Range<usize>) -> Result<String, Problem> {
        let wrong = || (key.clone(), "a reason stands in straight quotes: `reason=\"…\"`".to_owned());
        if !(self.eat('=') && self.eat('"')) {
            return Err(wrong());
        }
        let mut out = String::new();
        let mut chars = self.text[self.at..].char_indices();
        while let Some((at, char)) = chars.next() {
            match char {
                '"' => {
                    self.at += at + 1;
                    return Ok(out);
                }
                '\\' => out.extend(chars.next().map(|(_, char)| char)),
                char => out.push(char),
            }
        }
        Err(wrong())
    }

    fn date(&mut self, key: Range<usize>) -> Result<Date, Problem> {
        let equals = self.eat('=');
        self.space();
        let start = self.at;
        let length = self.text[start..].find(char::is_whitespace).unwrap_or(self.text.len() - start);
        self.at += length;
        let word = self.text[start..self.at].trim_matches('"');
        let wrong = || (key.start..self.at, format!("`{word}` is no date such as `until=2027-01-31`"));
        Date::parse(word).filter(|_| equals).ok_or_else(wrong)
    }
}

/// A day of the calendar; the default comes before every other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u32,
    month: u32,
    day: u32,
}

impl Date {
    /// Reads `2027-01-31`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-').map(|part| {
            let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u32>().ok().filter(|_| is_number && (part.len() == 2 || part.len() == 4))
        });
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (text.len() == 10 && parts.next().is_none() && (1..=days).contains(&day)).then_some(Self { year, month, day })
    }

    /// The day it is, in UTC.
    pub fn today() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
        Self::of_days(seconds / 86_400)
    }

    /// The day that comes so many days after the first of January 1970.
    /// The method is that of <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
    fn of_days(days: u64) -> Self {
        let days = days + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153; // months from March
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self { year: small(year), month: small(month), day: small(day_of_year - (153 * shifted + 2) / 5 + 1) }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(comment: &str) -> (String, String) {
        let (range, message) = parse(comment).expect("it speaks to iamlint").expect_err("it is wrong");
        (comment[range].to_owned(), message)
    }

    #[test]
    fn a_comment_is_read_whole() {
        let comment = "# because of X  iamlint: Ignore[a_rule, CKV_AWS_1] only(ec2:Describe*, s3:Get*) \
                       reason=\"a \\\"good\\\" one, # and more\" until=2027-01-31 # for people";
        let directive = parse(comment).unwrap().unwrap();
        let names: Vec<_> = directive.names.iter().map(|it| (&*it.text, &comment[it.range.clone()])).collect();
        assert_eq!(names, [("a_rule", "a_rule"), ("CKV_AWS_1", "CKV_AWS_1")]);
        assert_eq!(directive.only, ["ec2:Describe*", "s3:Get*"]);
        assert_eq!(directive.reason, "a \"good\" one, # and more");
        assert_eq!(directive.until.unwrap().to_string(), "2027-01-31");
        assert!(parse("/* iamlint: ignore[a] */").unwrap().is_ok());
        assert!(parse("//iamlint:ignore[a]").unwrap().is_ok());
    }

    #[test]
    fn what_cannot_be_understood_is_said_at_its_place() {
        assert_eq!(problem("# iamlint: ignore").1, "the rules are named in brackets: `ignore[wildcard_action]`");
        assert_eq!(problem("# iamlint: ignore[]").0, "[]");
        assert_eq!(problem("# iamlint: ignore[a").0, "[a");
        assert_eq!(problem("# iamlint: ignore[a] because").0, "because");
        assert_eq!(problem("# iamlint: ignore[a] reason=because").0, "reason");
        assert_eq!(problem("# iamlint: ignore[a] reason=\"x").0, "reason");
        assert_eq!(
            problem("# iamlint: ignore[a] until=2027-02-29").1,
            "`2027-02-29` is no date such as `until=2027-01-31`"
        );
        assert_eq!(problem("# iamlint: ignore[a] until=soon").0, "until=soon");
        assert_eq!(problem("# iamlint: ignore[a] only s3:*").0, " s3:*");
        assert_eq!(problem("# iamlint: ignore[a] reason=\"x\" reason=\"y\"").1, "`reason` is said twice");
        assert_eq!(problem("# iamlint: ignore[a] é").0, "é");
        for other in ["iamlint:skip=a", "iamlint-disable a", "iamlint ignore[a]", "iamlint: silence a"] {
            assert!(problem(&format!("# {other}")).1.starts_with("this is not understood"), "{other}");
        }
        for prose in ["see the iamlint page", "run iamlint: it helps", "iamlint ignores this, alas", "x.iamlint.y"] {
            assert!(parse(&format!("# {prose}")).is_none(), "{prose}");
        }
    }

    #[test]
    fn only_holds_when_every_action_lies_within() {
        let within = |subject, only: &str| granted_within(subject, &[only.to_owned()]);
        assert!(within("ec2:describe*", "ec2:Describe*"));
        assert!(within("ec2:DescribeI?stances on *", "ec2:Describe*"));
        assert!(within("ec2:DescribeA, ec2:DescribeB", "ec2:*"));
        assert!(!within("ec2:Desc*", "ec2:Describe*"));
        assert!(!within("ec2:DescribeA, s3:*", "ec2:*"));
        assert!(!within("ec2:Describe*", "ec2:Describe?"));
        assert!(!within("*", "ec2:*"));
        assert!(!within("the bucket is public", "ec2:*"));
    }

    #[test]
    fn days_follow_the_calendar() {
        assert_eq!(Date::of_days(0).to_string(), "1970-01-01");
        assert_eq!(Date::of_days(11_016).to_string(), "2000-02-29");
        assert_eq!(Date::of_days(20_818).to_string(), "2026-12-31");
        assert!(Date::parse("2026-12-31") < Date::parse("2027-01-01"));
        for wrong in ["2026-13-01", "2026-1-01", "26-01-01", "2026-01-00", "2026-01-01-01", "+026-01-01", ""] {
            assert_eq!(Date::parse(wrong), None, "{wrong}");
        }
    }
}
