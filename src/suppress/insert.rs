//! Where an ignore for a finding is written, and what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{INVALID, UNUSED, constructs_of, takes_comments};
use crate::policy::Scope;
use crate::rule::Finding;
use crate::source::{FileId, Ground, Source, Span, Workspace};
use crate::syntax::hcl;

/// An ignore names this many actions at most; one that would name more accepts all of them.
const PINNED: usize = 6;

/// Text to be put into a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insertion {
    /// The file.
    pub file: FileId,
    /// Before which byte.
    pub at: usize,
    /// What.
    pub text: String,
}

/// The comments that silence these findings, one for each rule and line, from the beginning of each file to its end.
/// What stands in a file without comments is left out, and so is what is said about comments.
pub fn comments(workspace: &Workspace, findings: &[&Finding], reason: &str) -> Vec<Insertion> {
    let mut wanted: BTreeMap<(FileId, usize, &str), Accepted<'_>> = BTreeMap::new();
    let mut by_file: BTreeMap<FileId, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|it| it.rule != UNUSED && it.rule != INVALID) {
        by_file.entry(finding.span.file).or_default().push(finding);
    }
    for (file, findings) in by_file {
        let source = workspace.source(file);
        if !takes_comments(&source.path) {
            continue;
        }
        let texts = constructs_of(&source, &hcl::cut(&source)).texts;
        for finding in findings {
            let at = line_of(&source, &texts, finding.span);
            wanted.entry((file, at, finding.rule)).or_default().add(finding);
        }
    }
    let insertion = |((file, at, rule), accepted): ((FileId, usize, &str), Accepted<'_>)| {
        let source = workspace.source(file);
        let indent: String = source.text[at..].chars().take_while(|it| matches!(it, ' ' | '\t')).collect();
        let only = accepted.only().map(|it| format!(" only({})", it.join(", "))).unwrap_or_default();
        let reason = match reason {
            "" => String::new(),
            reason => format!(" reason=\"{}\"", reason.replace('\\', "\\\\").replace('"', "\\\"")),
        };
        // A file keeps its kind of line ends.
        let end = if source.text.contains("\r\n") { "\r\n" } else { "\n" };
        Insertion { file, at, text: format!("{indent}# iamlint: ignore[{rule}]{only}{reason}{end}") }
    };
    wanted.into_iter().map(insertion).collect()
}

/// The first byte of the line above which a comment covers a place: its own, or that on which the text begins that it is
/// within, where a comment would be part of the text.
fn line_of(source: &Source, texts: &[Span], place: Span) -> usize {
    let starts = source.line_starts();
    let line_start = |offset: u32| starts[starts.partition_point(|start| *start <= offset) - 1];
    let mut at = line_start(place.start);
    while let Some(text) = texts.iter().find(|it| it.start < at && at < it.end) {
        at = line_start(text.start);
    }
    at as usize
}

/// The entries of `[[ignore]]` that silence these findings, for files that know no comments, as text for the end of a
/// configuration in `folder`. What lies outside of it is left out.
pub fn entries(workspace: &Workspace, findings: &[&Finding], folder: &Path, reason: &str) -> String {
    let ground = Ground { here: workspace.ground.here.clone(), root: folder.to_owned() };
    let mut wanted: BTreeMap<[Option<String>; 4], Accepted<'_>> = BTreeMap::new();
    for finding in findings {
        let source = workspace.source(finding.span.file);
        if takes_comments(&source.path) || finding.rule == UNUSED || finding.rule == INVALID {
            continue;
        }
        if !workspace.ground.absolute(&source.path).starts_with(folder) {
            continue;
        }
        // A document that several resources read is answered for as the file that it is.
        let is_one = finding.instances.len() == 1 && Path::new(&*finding.carrier.address) != source.path;
        let address = is_one.then(|| finding.carrier.address.to_string());
        let sid = finding.statement.as_ref().and_then(|it| it.sid.clone());
        let key = [Some(finding.rule.to_owned()), Some(globset::escape(&ground.from_root(&source.path))), address, sid];
        wanted.entry(key).or_default().add(finding);
    }
    let mut text = String::new();
    for ([rule, path, address, sid], accepted) in wanted {
        // What JSON makes of a string is a string of TOML too.
        let quoted = |it: &str| serde_json::Value::from(it).to_string();
        let list = |it: &[String]| it.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(", ");
        let mut line = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                text.push_str(&format!("{key} = {value}\n"));
            }
        };
        line("\n[[ignore]]\nrule", rule.map(|it| quoted(&it)));
        line("paths", path.map(|it| format!("[{}]", quoted(&it))));
        line("address", address.map(|it| quoted(&it)));
        line("sid", sid.map(|it| quoted(&it)));
        line("only", accepted.only().map(|it| format!("[{}]", list(&it))));
        line("reason", (!reason.is_empty()).then(|| quoted(reason)));
    }
    text
}

/// What an ignore is to accept.
#[derive(Default)]
struct Accepted<'f>(Vec<&'f Finding>);

impl<'f> Accepted<'f> {
    fn add(&mut self, finding: &'f Finding) {
        self.0.push(finding);
    }

    /// The actions that are accepted; none when every one is, because there are too many or none in words.
    fn only(&self) -> Option<Vec<String>> {
        let mut all = BTreeSet::new();
        for finding in &self.0 {
            match &finding.granted.as_ref()?.actions {
                Scope::Only(actions) if actions.iter().all(|it| is_plain(it)) => all.extend(actions.iter().cloned()),
                _ => return None,
            }
        }
        (!all.is_empty() && all.len() <= PINNED).then(|| all.into_iter().collect())
    }
}

/// Whether an action is one that can stand between brackets: no hole, no bracket, no comma.
fn is_plain(action: &str) -> bool {
    action == "*" || action.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b':' | b'*' | b'?' | b'-'))
}
