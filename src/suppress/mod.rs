//! Comments that answer for a finding: `# iamlint: ignore[wildcard_action] reason="…" until=2027-01-31`.
//!
//! One rule holds everywhere. A comment behind code covers what begins on its line and, right behind an opening
//! bracket, the construct which that bracket opens. A comment on a line of its own covers what begins on the next line
//! of code, and the outermost construct that begins there: an element, a list, a statement, a document, a resource, a
//! module call. It never covers anything beside that.
//!
//! A finding is covered when its own place is, or one on its way: the statement it is in, the local value, module
//! argument or reference that its value came by, or the call of a module that it is in. A comment that silences nothing, or that cannot be understood, is a
//! finding itself.

mod comment;
mod date;
mod entries;
mod insert;
mod peers;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

pub use date::Date;
pub use insert::{Insertion, comments, entries as entries_for};
pub use peers::{count as count_of_peer, name_in_trivy};

use crate::config::{self, Config};
use crate::rule::{Carrier, Confidence, Finding, Label, Remedy, Rewrite, Rule, Safety};
use crate::source::{FileId, Source, Span, Workspace};
use crate::syntax::hcl::{self, Accessor, Block, Body, Expr, ExprKind, Part};
use comment::{Directive, Name, parse};

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
    /// What the configuration answers for, and what it asks of comments.
    pub config: &'a Config,
    /// Whether the run goes over all that the configuration speaks of, so that what it says of nothing is unused.
    pub whole: bool,
}

/// The findings parted.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Those that stand.
    pub findings: Vec<Finding>,
    /// Those about comments, file by file.
    pub said: Vec<Finding>,
    /// Those that a comment answers for.
    pub answered: Vec<(Finding, Answer)>,
    /// Those that the configuration answers for.
    pub accepted: Vec<(Finding, Answer)>,
}

/// Why a finding does not stand.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The reason given, empty when none was.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Date>,
}

/// Takes out the findings that a comment of any opened file or the configuration answers for, and adds what is to be
/// said about the comments of the selected files and about the configuration. The findings are those of single instances, before equal ones are merged.
pub fn apply(workspace: &Workspace, findings: Vec<Finding>, terms: &Terms<'_>) -> Outcome {
    let opened = workspace.opened().into_par_iter();
    let mut files: BTreeMap<FileId, Commented> =
        opened.filter_map(|source| Commented::read(&source, terms).map(|it| (source.id, it))).collect();
    let mut outcome = Outcome { findings: Vec::with_capacity(findings.len()), ..Outcome::default() };
    for finding in findings {
        match answer(&mut files, &finding) {
            Some(answer) => outcome.answered.push((finding, answer)),
            None => outcome.findings.push(finding),
        }
    }
    // A file that was named alone is judged without those that call its module, where an ignore may be used.
    let sure = !workspace.has_named;
    let mut said = Vec::new();
    for commented in files.into_values() {
        if workspace.selected.binary_search_by(|it| it.path.cmp(&commented.source.path)).is_ok() {
            commented.report(&outcome, terms, sure, &mut said);
        }
    }
    outcome.said = said;
    entries::apply(workspace, &mut outcome, terms);
    outcome
}

/// What the first comment that answers for a finding says; every comment that does counts as used.
fn answer(files: &mut BTreeMap<FileId, Commented>, finding: &Finding) -> Option<Answer> {
    if files.is_empty() || finding.rule == UNUSED || finding.rule == INVALID {
        return None;
    }
    let mut answer = None;
    for place in places(finding) {
        let Some(commented) = files.get_mut(&place.file) else { continue };
        for ignore in &mut commented.ignores {
            if ignore.region.covers(place, &commented.source) && ignore.takes(finding) {
                answer.get_or_insert_with(|| Answer { reason: ignore.reason(finding), until: ignore.directive.until });
            }
        }
    }
    answer
}

/// The place of a finding, those on its way, and the calls of the modules around it. Other labels, such as the condition that a finding depends on or a
/// second statement, are no places at which it can be answered for.
fn places(finding: &Finding) -> impl Iterator<Item = Span> {
    let on_the_way = |it: &&Label| it.message == "in this statement" || it.message.starts_with("by way of ");
    let labels = finding.labels.iter().filter(on_the_way).map(|it| it.span);
    std::iter::once(finding.span).chain(labels).chain(finding.calls.iter().copied())
}

/// A file with comments for iamlint.
struct Commented {
    source: Arc<Source>,
    ignores: Vec<Ignore>,
    problems: Vec<(Span, String)>,
}

/// What a rule says something of: of several instances of one module it is the same, and one finding.
type Literal = (&'static str, Span);

/// One comment that can be understood.
struct Ignore {
    directive: Directive,
    region: Region,
    /// The comment as it is written, when it is one for another linter.
    peer: Option<String>,
    expired: bool,
    /// The findings that an expired comment would have answered for.
    missed: BTreeSet<Literal>,
    /// Findings that `only` leaves standing: where, and what it does not cover.
    refused: Vec<(Span, String)>,
}

/// Whether a file of that name has comments.
fn takes_comments(path: &Path) -> bool {
    let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
    [".tf", ".tofu", ".tfvars"].iter().any(|ending| name.ends_with(ending))
}

impl Commented {
    /// The comments of a file, if it has any that are for iamlint.
    fn read(source: &Arc<Source>, terms: &Terms<'_>) -> Option<Self> {
        let mut marks = terms.config.honour.iter().map(|it| peers::mark(*it));
        let mut is_marked = || marks.any(|it| memchr::memmem::find(source.text.as_bytes(), it.as_bytes()).is_some());
        if !takes_comments(&source.path) || !source.names_iamlint && !is_marked() {
            return None;
        }
        let cuts = hcl::cut_with_comments(source);
        let mut constructs = None;
        let mut next = 0;
        let mut out = Self { source: Arc::clone(source), ignores: Vec::new(), problems: Vec::new() };
        for comment in &cuts.comments {
            let text = source.slice(comment.span);
            for honoured in peers::parse(text, &terms.config.honour) {
                if terms.config.require_reason && honoured.reason.is_empty() {
                    continue;
                }
                let region = match honoured.scope {
                    peers::Scope::Around => Region::around(&cuts, comment.span),
                    scope => {
                        let next = next_code(&source.text, comment.span.end as usize);
                        let constructs = constructs.get_or_insert_with(|| constructs_of(source, &cuts).constructs);
                        let region = Region::of(source, comment.span, next, constructs);
                        if scope == peers::Scope::NextLine { Region { construct: None, ..region } } else { region }
                    }
                };
                out.ignores.push(Ignore::of_peer(honoured, region, comment.span, terms));
            }
            let Some(parsed) = parse(text) else { continue };
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
            if terms.config.require_reason && directive.reason.trim().is_empty() {
                out.problems.push((comment.span, "a reason is required here: `reason=\"…\"`".into()));
                continue;
            }
            // Comments in a row stand above the same code, which is looked for once.
            if next < comment.span.end as usize {
                next = next_code(&source.text, comment.span.end as usize);
            }
            let constructs = constructs.get_or_insert_with(|| constructs_of(source, &cuts).constructs);
            out.ignores.push(Ignore {
                region: Region::of(source, comment.span, next, constructs),
                peer: None,
                expired: directive.until.is_some_and(|until| until < terms.today),
                directive,
                missed: BTreeSet::new(),
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
        for ignore in self.ignores.iter().filter(|it| it.peer.is_none()) {
            let mut names = ignore.directive.names.iter().filter(|name| was_run(name));
            if let Some(until) = ignore.directive.until.filter(|_| ignore.expired) {
                let message = ended(until, ignore.missed.len());
                out.extend(names.next().map(|name| {
                    let finding = self.finding(rule, name.span, message, ANEW);
                    if ignore.missed.is_empty() { without(finding, &name.text) } else { finding }
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
        if let Some((span, beyond)) = ignore.refused.first() {
            let mut finding = self.finding(rule, name.span, beyond.clone(), WIDEN);
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
        said(rule, &self.source, span, message, help)
    }
}

/// A finding about what answers for findings.
fn said(rule: &Rule, source: &Source, span: Span, message: String, help: &str) -> Finding {
    let nobody = Carrier { kind: None, address: "".into(), source: None };
    Finding {
        help: Some(help.to_owned()),
        subject: source.slice(span).to_owned(),
        ..Finding::new(rule, message, span, nobody)
    }
}

/// A finding about a name of a comment, which can be taken out.
fn without(mut finding: Finding, name: &str) -> Finding {
    finding.remedies.push(Remedy {
        title: format!("take `{name}` out of the comment"),
        safety: Safety::Safe,
        changes: vec![Rewrite::Uncomment { at: finding.span }],
    });
    finding
}

const ANEW: &str = "take it out, or answer for the finding anew";

const WIDEN: &str = "widen `only` if that is meant to be accepted";

fn ended(until: Date, missed: usize) -> String {
    match missed {
        0 => format!("this ignore ended on {until}, and there is nothing left for it to silence"),
        1 => format!("this ignore ended on {until}, so a finding stands again"),
        n => format!("this ignore ended on {until}, so {n} findings stand again"),
    }
}

/// What of a finding `only` does not accept, in words; none when it accepts all of it, as an empty one does.
fn beyond(finding: &Finding, only: &[String]) -> Option<String> {
    if only.is_empty() {
        return None;
    }
    let Some(granted) = &finding.granted else {
        return Some("`only` names actions and this finding is about none, so it stands".to_owned());
    };
    let beyond = granted.acts_beyond(only);
    (!beyond.is_empty()).then(|| format!("`only` does not cover {}, so the finding stands", beyond.join(", ")))
}

impl Ignore {
    fn of_peer(honoured: peers::Honoured, region: Region, span: Span, terms: &Terms<'_>) -> Self {
        let peers::Honoured { text, rules, reason, until, .. } = honoured;
        let name = Name { text: text.clone(), range: 0..0, span, rules, used: false };
        let directive = Directive { names: vec![name], only: Vec::new(), reason, until };
        let expired = until.is_some_and(|until| until < terms.today);
        Self { directive, region, peer: Some(text), expired, missed: BTreeSet::new(), refused: Vec::new() }
    }

    /// The reason that it gives, and what says the same here when it is one for another linter.
    fn reason(&self, finding: &Finding) -> String {
        let Directive { reason, until, .. } = &self.directive;
        let Some(peer) = &self.peer else { return reason.clone() };
        let why = if reason.is_empty() { String::new() } else { format!(" reason=\"{}\"", reason.replace('"', "'")) };
        let end = until.map(|it| format!(" until={it}")).unwrap_or_default();
        format!("{peer}, which is `iamlint: ignore[{}]{why}{end}` here", finding.rule)
    }

    /// Whether it answers for a finding that its region covers; takes note of it.
    fn takes(&mut self, finding: &Finding) -> bool {
        let named = |name: &Name| name.rules.iter().any(|rule| rule.id == finding.rule);
        if !self.directive.names.iter().any(named) {
            return false;
        }
        if let Some(beyond) = beyond(finding, &self.directive.only) {
            let refused = (finding.span, beyond);
            if !self.refused.contains(&refused) {
                self.refused.push(refused);
            }
            return false;
        }
        if self.expired {
            self.missed.insert((finding.rule, finding.span));
            return false;
        }
        self.directive.names.iter_mut().filter(|name| named(name)).for_each(|name| name.used = true);
        true
    }
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

    /// The block around a comment.
    fn around(cuts: &hcl::Cuts, comment: Span) -> Self {
        let block = cuts.blocks.iter().find(|it| it.span.contains(comment));
        Self { line: 0..0, construct: block.map(|it| it.span) }
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

/// What the places of a file lie in.
#[derive(Debug, Default)]
struct Shape {
    /// Everything that has a beginning and an end: blocks, attributes, lists, objects, their elements and entries.
    constructs: Vec<Span>,
    /// Texts, in which a comment would be text.
    texts: Vec<Span>,
}

fn constructs_of(source: &Source, cuts: &hcl::Cuts) -> Shape {
    let mut out = Shape::default();
    for cut in &cuts.blocks {
        out.constructs.push(cut.span);
        if let (Some(block), _) = hcl::parse_block(source, cut) {
            of_block(&block, &mut out);
        }
    }
    let mut left = hcl::MOST_NODES;
    for stretch in &cuts.attributes {
        of_body(&hcl::parse_attributes(source, *stretch, &mut left).0, &mut out);
    }
    out
}

fn of_block(block: &Block, out: &mut Shape) {
    out.constructs.push(block.span);
    of_body(&block.body, out);
}

fn of_body(body: &Body, out: &mut Shape) {
    for attribute in &body.attributes {
        out.constructs.push(attribute.name.span.to(attribute.value.span));
        of_expression(&attribute.value, out);
    }
    for block in &body.blocks {
        of_block(block, out);
    }
}

fn of_expression(expression: &Expr, out: &mut Shape) {
    match &expression.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Variable(_) | ExprKind::Unread => {}
        ExprKind::Text(_) => out.texts.push(expression.span),
        ExprKind::Template(parts) => {
            out.texts.push(expression.span);
            parts.iter().for_each(|part| of_part(part, out));
        }
        ExprKind::List(elements) => {
            out.constructs.push(expression.span);
            for element in elements {
                out.constructs.push(element.span);
                of_expression(element, out);
            }
        }
        ExprKind::Object(items) => {
            out.constructs.push(expression.span);
            for item in items {
                out.constructs.push(item.key.span.to(item.value.span));
                of_expression(&item.value, out);
            }
        }
        ExprKind::Access(it) => {
            let indexes = it.accessors.iter().filter_map(|it| match it {
                Accessor::Index(index) => Some(index),
                _ => None,
            });
            all(std::iter::once(&it.base).chain(indexes), out);
        }
        ExprKind::Call(call) => all(&call.arguments, out),
        ExprKind::Conditional(parts) => all(parts.iter(), out),
        ExprKind::Binary(_, sides) => all(sides.iter(), out),
        ExprKind::Unary(_, inner) | ExprKind::Paren(inner) => of_expression(inner, out),
        ExprKind::For(of) => {
            out.constructs.push(expression.span);
            let parts = [Some(&of.collection), of.result_key.as_ref(), Some(&of.result), of.condition.as_ref()];
            all(parts.into_iter().flatten(), out);
        }
    }
}

fn all<'e>(expressions: impl IntoIterator<Item = &'e Expr>, out: &mut Shape) {
    expressions.into_iter().for_each(|it| of_expression(it, out));
}

fn of_part(part: &Part, out: &mut Shape) {
    match part {
        Part::Literal(_) => {}
        Part::Interpolation(inner) => of_expression(inner, out),
        Part::If { condition, then, otherwise, .. } => {
            of_expression(condition, out);
            then.iter().chain(otherwise).for_each(|it| of_part(it, out));
        }
        Part::For { collection, body, .. } => {
            of_expression(collection, out);
            body.iter().for_each(|it| of_part(it, out));
        }
    }
}
