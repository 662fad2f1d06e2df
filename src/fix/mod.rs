//! Fixes: the remedies that rules name, written down as edits, tried on the files they touch and kept when they hold.
//! A fix that holds leaves files that parse, cures its finding and brings no new one; one that is called safe may bring
//! none at all, one that is not may leave a lesser finding of the same statement where a worse one was.
//!
//! Nothing here touches the disk.

mod rewrite;
mod room;
mod site;
mod uses;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::frontend::terraform::Calls;
use crate::lint::{self, Options};
use crate::report::Report;
use crate::rule::{Edit, Finding, Fix, Remedy, Safety, Severity};
use crate::source::{FileId, Selected, Source, Span, Workspace, is_fetched};
use crate::suppress;

/// How often a run begins anew with what the last one has fixed.
const ROUNDS: usize = 8;

/// What fixing has come to.
#[derive(Debug)]
pub struct Fixed {
    /// The workspace as it is then.
    pub workspace: Workspace,
    /// What stands then.
    pub report: Report,
    /// The files that changed.
    pub files: Vec<FixedFile>,
    /// How many findings were fixed.
    pub count: usize,
}

/// A file that was fixed.
#[derive(Debug)]
pub struct FixedFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it said.
    pub before: Box<str>,
    /// What it says then.
    pub after: String,
}

/// Fixes all that can be fixed, again and again until nothing is left to fix.
pub fn apply(workspace: Workspace, report: Report, options: &Options, jobs: usize, allowed: Safety) -> Fixed {
    let mut fixed = Fixed { workspace, report, files: Vec::new(), count: 0 };
    let mut before: BTreeMap<PathBuf, Arc<Source>> = BTreeMap::new();
    let mut changed: BTreeMap<PathBuf, String> = BTreeMap::new();
    for _ in 0..ROUNDS {
        // The others are there to be chosen, which is for whoever looks at them.
        let first = |finding: &Finding| {
            let first = finding.remedies.iter().find(|it| it.safety <= allowed)?;
            fix(&fixed.workspace, first)
        };
        let wanted: Vec<(usize, Fix)> =
            fixed.report.findings.iter().enumerate().filter_map(|(n, it)| Some((n, first(it)?))).collect();
        let accepted = tried(&fixed.workspace, wanted, options);
        if accepted.is_empty() {
            break;
        }
        fixed.count += accepted.len();
        for edit in accepted.iter().flat_map(|(_, it)| &it.edits) {
            let source = fixed.workspace.source(edit.span.file);
            before.entry(source.path.clone()).or_insert(source);
        }
        changed.extend(texts(&fixed.workspace, accepted.iter().flat_map(|(_, it)| &it.edits)));
        let texts = changed.iter().map(|(path, text)| (path.as_path(), text.as_str()));
        fixed.workspace = fixed.workspace.changed(texts, fixed.workspace.selected.clone());
        fixed.report = lint::check(&fixed.workspace, options, jobs, &|_, _| {});
    }
    let files = changed.into_iter().zip(before.into_values());
    fixed.files = files.map(|((path, after), source)| FixedFile { path, before: source.text.clone(), after }).collect();
    fixed
}

/// Gives every finding the fixes that hold for it, each by itself.
pub fn offer(workspace: &Workspace, report: &mut Report, options: &Options) {
    let most = report.findings.iter().map(|it| it.remedies.len()).max().unwrap_or(0);
    for nth in 0..most {
        let nth = |(n, it): (usize, &Finding)| Some((n, fix(workspace, it.remedies.get(nth)?)?));
        let wanted = report.findings.iter().enumerate().filter_map(nth).collect();
        for (n, fix) in tried(workspace, wanted, options) {
            report.findings[n].fixes.push(fix);
        }
    }
}

/// A remedy as edits; none when it cannot be written down in files that were selected.
pub fn fix(workspace: &Workspace, remedy: &Remedy) -> Option<Fix> {
    let mut edits = Vec::new();
    for change in &remedy.changes {
        edits.extend(rewrite::edits(workspace, change)?);
    }
    edits.sort();
    edits.dedup();
    let apart = edits.windows(2).all(|pair| {
        let (first, second) = (pair[0].span, pair[1].span);
        first.file != second.file || first.end <= second.start
    });
    let may_change = |edit: &Edit| {
        let path = &workspace.source(edit.span.file).path;
        !is_fetched(path) && workspace.selected.binary_search_by(|it| it.path.cmp(path)).is_ok()
    };
    // What is in two folders could not be tried in one.
    let folder = |edit: &Edit| workspace.source(edit.span.file).path.parent().map(Path::to_owned);
    let one = edits.iter().all(|edit| folder(edit) == folder(&edits[0]));
    (apart && one && !edits.is_empty() && edits.iter().all(may_change)).then(|| Fix {
        title: remedy.title.clone(),
        safety: remedy.safety,
        edits,
    })
}

/// The comment that answers for a finding, with a reason that is to be written anew; none where the file takes none.
pub fn answer(workspace: &Workspace, finding: &Finding) -> Option<Fix> {
    let insertion = suppress::comments(workspace, &[finding], "why this is accepted").into_iter().next()?;
    Some(Fix {
        title: format!("Answer for `{}` with a comment", finding.rule),
        safety: Safety::Unsafe,
        edits: vec![Edit { span: Span::new(insertion.file, insertion.at, insertion.at), text: insertion.text }],
    })
}

/// Whether a fix holds where it is offered by itself.
pub fn holds(workspace: &Workspace, options: &Options, fix: &Fix) -> bool {
    let Some(first) = fix.edits.first() else { return false };
    let family = Calls::of(workspace).family(workspace, &selected(workspace, first));
    Trial::new(workspace, options, family).holds(&[fix])
}

/// Those of some fixes that hold beside each other.
pub fn held_together(workspace: &Workspace, fixes: Vec<Fix>, options: &Options) -> Vec<Fix> {
    tried(workspace, fixes.into_iter().enumerate().collect(), options).into_iter().map(|(_, fix)| fix).collect()
}

/// The file of an edit as it was selected.
fn selected(workspace: &Workspace, edit: &Edit) -> Selected {
    let path = workspace.source(edit.span.file).path.clone();
    let at = workspace.selected.binary_search_by(|it| it.path.cmp(&path));
    at.map_or(Selected { path, named: false }, |at| workspace.selected[at].clone())
}

/// What the files of edits say with them.
pub fn texts<'e>(workspace: &Workspace, edits: impl Iterator<Item = &'e Edit>) -> Vec<(PathBuf, String)> {
    let mut by_file: FxHashMap<FileId, Vec<&Edit>> = FxHashMap::default();
    for edit in edits {
        by_file.entry(edit.span.file).or_default().push(edit);
    }
    let changed = by_file.into_iter().map(|(file, mut edits)| {
        edits.sort();
        edits.dedup();
        let source = workspace.source(file);
        let mut text = String::with_capacity(source.text.len());
        let mut at = 0;
        for edit in edits {
            let Range { start, end } = edit.span.range();
            text.push_str(&source.text[at..start]);
            text.push_str(&edit.text);
            at = end;
        }
        text.push_str(&source.text[at..]);
        (source.path.clone(), text)
    });
    changed.collect()
}

/// The fixes that hold, folder by folder: all of one at once when they do, else those of one half and then those of the
/// other that hold beside them, and so on.
fn tried(workspace: &Workspace, wanted: Vec<(usize, Fix)>, options: &Options) -> Vec<(usize, Fix)> {
    if wanted.is_empty() {
        return Vec::new();
    }
    // A trial is about what is found.
    let options = &Options { silenced: false, ..options.clone() };
    let calls = Calls::of(workspace);
    let mut by_folder: BTreeMap<PathBuf, Vec<(usize, Fix)>> = BTreeMap::new();
    for (n, fix) in wanted {
        let folder = |edit: &Edit| workspace.source(edit.span.file).path.parent().map(Path::to_owned);
        if let Some(first) = fix.edits.first().and_then(folder) {
            by_folder.entry(first).or_default().push((n, fix));
        }
    }
    let try_folder = |fixes: Vec<(usize, Fix)>| {
        let mut accepted = Vec::new();
        if let Some(edit) = fixes.first().and_then(|(_, it)| it.edits.first()) {
            let family = calls.family(workspace, &selected(workspace, edit));
            Trial::new(workspace, options, family).add(&mut accepted, fixes);
        }
        accepted
    };
    let mut accepted: Vec<_> =
        by_folder.into_values().collect::<Vec<_>>().into_par_iter().flat_map(try_folder).collect();
    accepted.sort_by_key(|(n, _)| *n);
    accepted
}

/// Files that are judged together, to see what becomes of them.
struct Trial<'w> {
    workspace: &'w Workspace,
    options: &'w Options,
    family: Vec<Selected>,
    before: Outcome,
}

impl<'w> Trial<'w> {
    fn new(workspace: &'w Workspace, options: &'w Options, family: Vec<Selected>) -> Self {
        let before = Outcome::of(&workspace.changed([], family.clone()), options);
        Self { workspace, options, family, before }
    }

    fn add(&self, accepted: &mut Vec<(usize, Fix)>, mut fixes: Vec<(usize, Fix)>) {
        if self.holds(&accepted.iter().chain(&fixes).map(|(_, fix)| fix).collect::<Vec<_>>()) {
            accepted.append(&mut fixes);
        } else if fixes.len() > 1 {
            let second = fixes.split_off(fixes.len() / 2);
            self.add(accepted, fixes);
            self.add(accepted, second);
        }
    }

    /// Whether fixes hold together.
    fn holds(&self, fixes: &[&Fix]) -> bool {
        let mut edits: Vec<&Edit> = fixes.iter().flat_map(|it| &it.edits).collect();
        edits.sort();
        // One literal is told once for each severity, and cured for all of them.
        edits.dedup();
        // Of two fixes that touch, the second may not mean what it meant.
        let apart = edits.windows(2).all(|pair| {
            let (first, second) = (pair[0].span, pair[1].span);
            first.file != second.file || first.end < second.start || fixes.len() == 1 && first.end == second.start
        });
        if !apart {
            return false;
        }
        let texts = texts(self.workspace, edits.into_iter());
        let texts = texts.iter().map(|(path, text)| (path.as_path(), text.as_str()));
        let after = Outcome::of(&self.workspace.changed(texts, self.family.clone()), self.options);
        let lesser = fixes.iter().any(|it| it.safety == Safety::Unsafe);
        after.is_cured(&self.before, fixes.len(), lesser)
    }
}

/// What a run says, as far as two runs can be compared.
struct Outcome {
    /// How often each finding stands.
    findings: FxHashMap<Cause, usize>,
    /// How many findings stand, of each severity from the worst down.
    by_severity: [usize; 4],
    /// What could not be read.
    errors: Vec<(PathBuf, String)>,
}

/// What makes a finding the same finding before and after a fix.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Cause {
    severity: Severity,
    address: Arc<str>,
    /// The rule, the name of the statement and what is granted.
    subject: String,
}

impl Outcome {
    fn of(workspace: &Workspace, options: &Options) -> Self {
        let report = lint::check(workspace, options, 1, &|_, _| {});
        let mut findings: FxHashMap<Cause, usize> = FxHashMap::default();
        for finding in &report.findings {
            let sid = finding.statement.as_ref().and_then(|it| it.sid.as_deref()).unwrap_or_default();
            let subject = format!("{} {sid} {}", finding.rule, finding.subject);
            let address = Arc::clone(&finding.carrier.address);
            *findings.entry(Cause { severity: finding.severity, address, subject }).or_default() += 1;
        }
        let by_severity = report.by_severity().map(|(_, count)| count);
        Self { findings, by_severity, errors: report.errors.into_iter().map(|it| (it.path, it.message)).collect() }
    }

    /// Whether it is what fixes of so many findings should come to. An unsafe fix may leave a lesser
    /// finding of the same policy in place of a worse one.
    fn is_cured(&self, before: &Self, count: usize, lesser: bool) -> bool {
        if !self.errors.iter().all(|it| before.errors.contains(it)) {
            return false;
        }
        let more_than = |own: &Self, other: &Self| -> Vec<Cause> {
            let more = |(cause, n): &(&Cause, &usize)| **n > other.findings.get(*cause).copied().unwrap_or(0);
            own.findings.iter().filter(more).map(|(cause, _)| cause.clone()).collect()
        };
        let new = more_than(self, before);
        if lesser {
            let cured = more_than(before, self);
            let worse = |it: &Cause| cured.iter().any(|old| old.address == it.address && old.severity > it.severity);
            return self.by_severity < before.by_severity && new.iter().all(worse);
        }
        new.is_empty() && self.by_severity.iter().sum::<usize>() + count <= before.by_severity.iter().sum()
    }
}
