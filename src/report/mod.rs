//! What a run found, and how it is written down: one file a format, report in, bytes out.

pub mod github;
pub mod gitlab;
pub mod html;
pub mod human;
pub mod json;
pub mod junit;
mod markup;
pub mod page;
pub mod patch;
mod places;
mod rooted;
pub mod rules;
pub mod sarif;
mod secret;
mod visible;
mod words;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use visible::visible;
pub use words::counted;

use crate::baseline::Known;
use crate::rule::{Finding, Label, Severity};
use crate::source::{Span, Workspace, in_order};
use crate::suppress::Date;
use crate::value::Hole;

/// All that a run has to say.
#[derive(Debug, Default)]
pub struct Report {
    /// The findings that stand, sorted by file, place and rule.
    pub findings: Vec<Finding>,
    /// Findings that one of those explains, which points at them.
    pub explained: Vec<Finding>,
    /// Findings that one of those makes needless, or what somebody has answered for at the same place.
    pub needless: Vec<Finding>,
    /// The findings that somebody has answered for.
    pub suppressed: Vec<Suppressed>,
    /// What conditions and denials keep from being found, where that was asked for.
    pub silenced: Vec<Silenced>,
    /// What could not be read.
    pub errors: Vec<InputError>,
    /// What was read.
    pub summary: Summary,
    /// What was not read, where it was asked for by name.
    pub skipped: Vec<Skipped>,
    /// The holes that kept policies from being fully known, as they were found; [`Report::unresolved_in_order`]
    /// tells each once.
    pub unresolved: Vec<Unresolved>,
    /// What the findings were held against, if anything.
    pub compared: Option<Comparison>,
    /// Whether iamlint itself has failed somewhere; the errors say where.
    pub crashed: bool,
    /// The day of the run.
    pub today: Date,
}

/// A file that is not linted, and is no error.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The path as it is shown.
    pub path: PathBuf,
    /// Why, in words that follow it.
    pub why: String,
}

/// How many days ahead it is told that what was answered for will stand again, so that no build fails out of the blue.
const NOTICE: i64 = 14;

/// What findings were held against, and what of it was not found again.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Its name: a file or a revision.
    pub with: String,
    /// What is fixed.
    pub fixed: Vec<Known>,
    /// What is still known, with what it grants now where that is less.
    pub kept: Vec<Known>,
    /// What is known of the findings that have become wider.
    pub outgrown: Vec<Known>,
}

/// A finding that does not count, and why.
#[derive(Debug)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// The reason given, empty when none was.
    pub reason: String,
    /// The last day on which that holds.
    pub until: Option<Date>,
    /// Where it was answered for: `comment`, `config`, `baseline`.
    pub by: &'static str,
}

/// A finding that there would be, were it not for a condition or a denial.
#[derive(Debug)]
pub struct Silenced {
    /// What would be said.
    pub finding: Finding,
    /// Each thing that is enough by itself to silence it, and what that does; all of them where it takes them together.
    pub by: Vec<Label>,
}

/// A hole that kept policies from being fully known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The hole: where it is written, and why it is not known.
    pub hole: Arc<Hole>,
    /// The address of the first policy that it is in.
    pub address: Arc<str>,
    /// Whether nothing at all is known of that policy.
    pub nothing: bool,
}

/// An input that could not be read, or not all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// The file or folder.
    pub path: PathBuf,
    /// The place in it, when there is one.
    pub span: Option<Span>,
    /// What is wrong: one sentence, lower case, no final stop.
    pub message: String,
}

/// What was read: the coverage line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that were read.
    pub files: usize,
    /// Files under the paths that hold nothing iamlint reads.
    pub skipped: usize,
    /// Policies found.
    pub policies: usize,
    /// Of which every value is known.
    pub resolved: usize,
    /// Of which some values are holes.
    pub partly_resolved: usize,
    /// Of which nothing is known.
    pub unresolved: usize,
    /// Calls of modules that could not be read.
    pub unread_calls: usize,
    /// Blocks that carry policies and stand no times, by the values that were read.
    pub switched_off: usize,
    /// Buckets, attachments and other things that rules look at and that are no policies.
    pub others: usize,
}

impl Report {
    /// The findings that stand, and those that they make up for: what there is to accept or to compare with.
    pub fn found(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(&self.explained).chain(&self.needless)
    }

    /// Every hole that kept a policy from being fully known, once, by file and place. Most runs count them only.
    pub fn unresolved_in_order(&self, workspace: &Workspace) -> Vec<&Unresolved> {
        let mut holes: Vec<&Unresolved> = self.unresolved.iter().collect();
        holes.sort_by_cached_key(|it| {
            (in_order(&workspace.source(it.hole.span.file).path), it.hole.span, Arc::clone(&it.address))
        });
        holes.dedup_by(|a, b| a.hole.span == b.hole.span && a.hole.reference == b.hole.reference);
        holes
    }

    /// How many findings stand, of each severity from the worst down.
    pub fn by_severity(&self) -> [(Severity, usize); 4] {
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low]
            .map(|severity| (severity, self.findings.iter().filter(|finding| finding.severity == severity).count()))
    }

    /// What is suppressed only for some days more, the first to end first.
    pub fn ending(&self) -> Vec<(Date, &Finding)> {
        let soon = |it: &Date| self.today.days_until(*it) <= NOTICE;
        let ending = self.suppressed.iter().filter_map(|it| Some((it.until.filter(soon)?, &it.finding)));
        let mut ending: Vec<_> = ending.collect();
        ending.sort_by_key(|(until, _)| *until);
        ending
    }
}

/// A path as every report spells it: `/` between its parts, whatever the system.
fn spelled(path: &Path) -> String {
    let path = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { path.into_owned() } else { path.replace(std::path::MAIN_SEPARATOR, "/") }
}

impl Summary {
    /// Counts another part in, but for calls of modules, which several parts may have in common.
    pub fn add(&mut self, other: Self) {
        self.files += other.files;
        self.skipped += other.skipped;
        self.policies += other.policies;
        self.resolved += other.resolved;
        self.partly_resolved += other.partly_resolved;
        self.unresolved += other.unresolved;
        self.switched_off += other.switched_off;
        self.others += other.others;
    }
}
