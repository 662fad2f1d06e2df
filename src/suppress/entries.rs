//! `[[ignore]]` of the configuration: answers for findings in files that know no comments, and for many at once.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::{ANEW, Answer, Literal, Outcome, Terms, UNUSED, WIDEN, beyond, ended, said};
use crate::config::{Config, Ignore};
use crate::policy::matches;
use crate::rule::{Finding, Label, Rule};
use crate::source::{Source, Span, Workspace};

/// An entry on its way through the findings.
struct Asked<'c> {
    ignore: &'c Ignore,
    expired: bool,
    used: bool,
    /// The findings that it would have answered for, had it not ended.
    missed: BTreeSet<Literal>,
    /// A finding that `only` leaves standing.
    refused: Option<(Span, String)>,
}

/// Takes out the findings that an entry answers for, and adds what is to be said about the entries.
pub(super) fn apply(workspace: &Workspace, outcome: &mut Outcome, terms: &Terms<'_>) {
    let config = terms.config;
    if config.ignores.is_empty() {
        return;
    }
    let is_over = |it: &Ignore| it.until.is_some_and(|until| until < terms.today);
    let asked =
        |ignore| Asked { ignore, expired: is_over(ignore), used: false, missed: BTreeSet::new(), refused: None };
    let mut entries: Vec<Asked<'_>> = config.ignores.iter().map(asked).collect();
    let mut standing = Vec::new();
    let path_of = |it: &Finding| workspace.ground.absolute(&workspace.source(it.span.file).path);
    // What a comment answers for as well is no reason to call an entry unused.
    for (finding, _) in &outcome.answered {
        for entry in &mut entries {
            if entry.ignore.fits(finding, &path_of(finding)) {
                entry.takes(finding);
            }
        }
    }
    for finding in std::mem::take(&mut outcome.findings) {
        let path = path_of(&finding);
        let mut answer = None;
        for entry in &mut entries {
            let Ignore { reason, until, .. } = entry.ignore;
            if entry.ignore.fits(&finding, &path) && entry.takes(&finding) {
                answer.get_or_insert_with(|| Answer { reason: reason.clone(), until: *until });
            }
        }
        match answer {
            Some(answer) => outcome.accepted.push((finding, answer)),
            None => standing.push(finding),
        }
    }
    outcome.findings = standing;
    let Some(rule) = terms.rules.iter().find(|it| it.id == UNUSED) else { return };
    let sources = Sources { workspace, config };
    let findings = entries.iter().filter_map(|it| it.unused(rule, &sources, outcome, terms)).collect::<Vec<_>>();
    outcome.said.extend(findings);
}

/// The files of the configuration, as sources of the workspace once something is said about them.
struct Sources<'c> {
    workspace: &'c Workspace,
    config: &'c Config,
}

impl Sources<'_> {
    fn of(&self, ignore: &Ignore) -> Arc<Source> {
        let file = &self.config.files[ignore.place.0];
        self.workspace.with_text(&file.path, &file.text)
    }

    fn place(&self, span: Span) -> (PathBuf, usize) {
        let source = self.workspace.source(span.file);
        (source.path.clone(), source.position(span.start as usize).line)
    }
}

impl Ignore {
    /// Whether an entry speaks of a finding, which stands in the file of that absolute path.
    fn fits(&self, finding: &Finding, path: &std::path::Path) -> bool {
        self.names(finding) && self.misses(finding, path).is_none()
    }

    fn names(&self, finding: &Finding) -> bool {
        self.rules.iter().any(|it| it.id == finding.rule)
    }

    /// The first key that keeps an entry from speaking of a finding of its rule.
    fn misses(&self, finding: &Finding, path: &std::path::Path) -> Option<&'static str> {
        let carrier = &finding.carrier;
        let around = |pattern: &String| {
            let mut addresses =
                finding.instances.iter().chain([&carrier.address]).chain(&carrier.source).map(|it| &**it);
            addresses.any(|it| is_at_or_below(pattern, it))
        };
        let sid = finding.statement.as_ref().and_then(|it| it.sid.as_deref());
        if self.paths.as_ref().is_some_and(|it| !it.hold(path)) {
            Some("paths")
        } else if self.address.as_ref().is_some_and(|it| !around(it)) {
            Some("address")
        } else if self.sid.as_ref().is_some_and(|it| !sid.is_some_and(|sid| matches(it, sid, false))) {
            Some("sid")
        } else {
            None
        }
    }
}

/// Whether an address is one of the pattern, or lies in a module or instance of it.
fn is_at_or_below(pattern: &str, address: &str) -> bool {
    let ends = address.char_indices().filter(|(_, it)| matches!(it, '.' | '[')).map(|(at, _)| at);
    ends.chain([address.len()]).any(|end| matches(pattern, &address[..end], false))
}

impl Asked<'_> {
    /// Whether it answers for a finding that it speaks of; takes note of it.
    fn takes(&mut self, finding: &Finding) -> bool {
        if let Some(beyond) = beyond(finding, &self.ignore.only) {
            self.refused.get_or_insert((finding.span, beyond));
            return false;
        }
        if self.expired {
            self.missed.insert((finding.rule, finding.span));
            return false;
        }
        self.used = true;
        true
    }

    /// That it silences nothing, and where it would, if the run could tell.
    fn unused(
        &self,
        rule: &'static Rule,
        sources: &Sources<'_>,
        outcome: &Outcome,
        terms: &Terms<'_>,
    ) -> Option<Finding> {
        let ignore = self.ignore;
        let was_run = ignore.rules.iter().any(|it| terms.rules.iter().any(|ran| ran.id == it.id));
        if self.used || !was_run || !self.expired && !terms.whole {
            return None;
        }
        let source = sources.of(ignore);
        let span = Span::new(source.id, ignore.place.1.start, ignore.place.1.end);
        let name = &ignore.name;
        let make = |message: String, help: &str| said(rule, &source, span, message, help);
        if let Some(until) = ignore.until.filter(|_| self.expired) {
            return match self.missed.len() {
                0 if !terms.whole => None,
                missed => Some(make(ended(until, missed), ANEW)),
            };
        }
        if let Some((place, beyond)) = &self.refused {
            let mut finding = make(beyond.clone(), WIDEN);
            finding.labels.push(Label { span: *place, message: "this is what was found".into() });
            return Some(finding);
        }
        let all = outcome.findings.iter().chain(outcome.answered.iter().chain(&outcome.accepted).map(|(it, _)| it));
        let order = ["paths", "address", "sid"];
        let near = |it: &Finding| {
            let path = sources.workspace.ground.absolute(&sources.workspace.source(it.span.file).path);
            let key = ignore.misses(it, &path)?;
            Some((order.iter().position(|it| *it == key)?, key))
        };
        let nearest = all.filter(|it| ignore.names(it)).filter_map(|it| Some((near(it)?, it)));
        let nearest = nearest.max_by_key(|((rank, _), it)| (*rank, std::cmp::Reverse(sources.place(it.span))));
        let Some(((_, key), nearest)) = nearest else {
            return Some(make(format!("`{name}` reports nothing that this answers for"), "take it out"));
        };
        let (path, line) = sources.place(nearest.span);
        let what = match key {
            "paths" => format!("in `{}`", path.display()),
            "address" => format!("for `{}`", nearest.carrier.address),
            _ => match nearest.statement.as_ref().and_then(|it| it.sid.as_deref()) {
                Some(sid) => format!("in the statement `{sid}`"),
                None => "in a statement without `Sid`".to_owned(),
            },
        };
        let message = format!("`{name}` reports nothing for this `{key}`; the nearest finding is {what}");
        let mut finding = make(message, &format!("say so under `{key}`, or take it out"));
        let label = format!("line {line} is what it would answer for");
        finding.labels.push(Label { span: nearest.span, message: label });
        Some(finding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_what_is_below_it_and_nothing_beside() {
        assert!(is_at_or_below("module.app", "module.app.aws_iam_policy.a"));
        assert!(is_at_or_below("module.app", "module.app[\"x.y\"].aws_iam_policy.a"));
        assert!(is_at_or_below("aws_iam_policy.*", "aws_iam_policy.a[0]"));
        assert!(is_at_or_below("*.aws_iam_policy.a", "module.app.aws_iam_policy.a"));
        assert!(!is_at_or_below("module.app", "module.apple.aws_iam_policy.a"));
        assert!(!is_at_or_below("aws_iam_policy.a", "module.app.aws_iam_policy.a"));
    }
}
