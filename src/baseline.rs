//! Findings that were there before: as a file that a repository accepts for now, or as what another revision had. A
//! known finding is silent as long as it grants no more than it did; what is gone is reported, so that the file shrinks.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::policy::Granted;
use crate::rule::{Change, Finding, InstanceName};

/// What a baseline file begins with.
const SCHEMA: &str = "iamlint-baseline/1";

/// The name of the file, when none is given.
pub const FILE: &str = "iamlint-baseline.json";

/// A finding as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Its instances, sorted.
    pub instances: Vec<InstanceName>,
    /// The rule's id.
    pub rule: String,
    /// The name of the statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// What it is about.
    pub about: String,
    /// What was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<Granted>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    findings: Vec<Known>,
}

impl Known {
    /// Remembers a finding.
    pub fn of(finding: &Finding) -> Self {
        Self {
            instances: finding.identities.clone(),
            rule: finding.rule.to_owned(),
            sid: sid(finding).map(str::to_owned),
            about: finding.subject.clone(),
            granted: finding.granted.clone(),
        }
    }
}

/// The text of a baseline file that remembers these, in an order that no run changes.
pub fn write(mut findings: Vec<Known>) -> String {
    findings.sort();
    let document = Document { schema: SCHEMA.to_owned(), findings };
    // Strings and lists of them are always JSON.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

/// Reads a baseline file, or says what is wrong with it.
pub fn read(text: &str) -> Result<Vec<Known>, String> {
    let document: Document = serde_json::from_str(text).map_err(|error| format!("is no baseline: {error}"))?;
    if document.schema != SCHEMA {
        return Err(format!("has the schema `{}`, and this version reads `{SCHEMA}`", document.schema));
    }
    Ok(document.findings)
}

/// Findings held against those that are known.
#[derive(Debug, Default)]
pub struct Compared {
    /// Those that are new, or wider than what is known.
    pub standing: Vec<Finding>,
    /// Those that are known and no wider.
    pub accepted: Vec<Finding>,
    /// What is known, was looked for and was not found again; of a finding of several instances only those.
    pub gone: Vec<Known>,
    /// What is known and not gone, with what it grants now where that is less.
    pub kept: Vec<Known>,
    /// What is known of the findings that have become wider.
    pub outgrown: Vec<Known>,
}

/// Where a run has looked, so that what was not found there is gone.
pub struct Searched<'a> {
    /// Whether a root module or file, by its path from the root of the repository, was there.
    pub is_there: &'a dyn Fn(&str) -> bool,
    /// Whether it would have been found, had it been there.
    pub is_covered: &'a dyn Fn(&str) -> bool,
    /// Whether a rule was run.
    pub was_run: &'a dyn Fn(&str) -> bool,
}

/// Compares findings with the known ones.
pub fn compare(known: &[Known], findings: Vec<Finding>, searched: &Searched<'_>) -> Compared {
    let mut matching = Matching::new(known, searched);
    let mut matched: Vec<Vec<Option<usize>>> =
        findings.iter().map(|it| it.identities.iter().map(|it| matching.by_fingerprint(it)).collect()).collect();
    // What has changed in itself first, then what has moved as it was.
    for pass in [Matching::by_place, Matching::by_content] {
        for (finding, matched) in findings.iter().zip(&mut matched) {
            for (identity, matched) in finding.identities.iter().zip(matched) {
                if matched.is_none() {
                    *matched = pass(&mut matching, finding, identity);
                }
            }
        }
    }

    let mut out = Compared::default();
    let mut replaced = vec![false; matching.singles.len()];
    for (mut finding, matched) in findings.into_iter().zip(matched) {
        let known_of = |it: &Option<usize>| it.map(|single| &known[matching.singles[single].of]);
        match change(&finding, &matched.iter().map(known_of).collect::<Vec<_>>()) {
            None => {
                matched.iter().flatten().for_each(|single| replaced[*single] = true);
                out.kept.push(Known::of(&finding));
                out.accepted.push(finding);
            }
            change => {
                finding.change = change;
                out.standing.push(finding);
            }
        }
    }
    matching.part(&replaced, &mut out);
    out
}

/// How a finding differs from those known ones that its instances were matched with.
fn change(finding: &Finding, matched: &[Option<&Known>]) -> Option<Change> {
    if matched.iter().all(Option::is_none) {
        return Some(Change::New);
    }
    let mut beyond: Vec<String> = Vec::new();
    for (identity, matched) in finding.identities.iter().zip(matched) {
        match matched {
            Some(known) => beyond.extend(wider(finding, known)),
            None => beyond.push(format!("for `{}`", identity.name())),
        }
    }
    beyond.sort();
    beyond.dedup();
    (!beyond.is_empty()).then_some(Change::Wider(beyond))
}

/// What a finding grants beyond a known one.
fn wider(finding: &Finding, known: &Known) -> Vec<String> {
    match (&finding.granted, &known.granted) {
        (Some(now), Some(before)) => now.beyond(before),
        _ if finding.subject == known.about => Vec::new(),
        _ => vec![format!("{}, where it was {}", finding.subject, known.about)],
    }
}

fn sid(finding: &Finding) -> Option<&str> {
    finding.statement.as_ref().and_then(|it| it.sid.as_deref())
}

/// One instance of a known finding.
struct Single<'k> {
    identity: &'k InstanceName,
    /// Which known finding it belongs to.
    of: usize,
    taken: bool,
}

struct Matching<'k> {
    known: &'k [Known],
    searched: &'k Searched<'k>,
    singles: Vec<Single<'k>>,
    by_fingerprint: FxHashMap<&'k str, usize>,
    /// By rule and address, wherever that is.
    by_address: FxHashMap<(&'k str, &'k str), Vec<usize>>,
}

impl<'k> Matching<'k> {
    fn new(known: &'k [Known], searched: &'k Searched<'k>) -> Self {
        let singles: Vec<Single<'k>> = known
            .iter()
            .enumerate()
            .flat_map(|(of, it)| it.instances.iter().map(move |identity| Single { identity, of, taken: false }))
            .collect();
        let by_fingerprint = singles.iter().enumerate().map(|(n, it)| (it.identity.fingerprint.as_str(), n)).collect();
        let mut by_address: FxHashMap<_, Vec<usize>> = FxHashMap::default();
        for (n, it) in singles.iter().enumerate() {
            by_address.entry((known[it.of].rule.as_str(), &*it.identity.address)).or_default().push(n);
        }
        Self { known, searched, singles, by_fingerprint, by_address }
    }

    fn take(&mut self, single: usize) -> usize {
        self.singles[single].taken = true;
        single
    }

    fn by_fingerprint(&mut self, identity: &InstanceName) -> Option<usize> {
        let single = *self.by_fingerprint.get(identity.fingerprint.as_str())?;
        (!self.singles[single].taken).then(|| self.take(single))
    }

    fn free(&self, finding: &Finding, identity: &InstanceName) -> Vec<usize> {
        let all = self.by_address.get(&(finding.rule, &*identity.address)).into_iter().flatten();
        all.filter(|it| !self.singles[**it].taken).copied().collect()
    }

    /// The known finding of the same rule and address that a changed one is most likely to have been.
    fn by_place(&mut self, finding: &Finding, identity: &InstanceName) -> Option<usize> {
        let likeness = |single: usize| {
            let known = &self.known[self.singles[single].of];
            let same_name = sid(finding) == known.sid.as_deref();
            // A statement keeps its name or gets one; another name is another statement.
            let may_be = same_name || sid(finding).is_none() || known.sid.is_none();
            let more = Reverse(wider(finding, known).len());
            may_be.then_some((finding.subject == known.about, same_name, more, Reverse(single)))
        };
        let here =
            self.free(finding, identity).into_iter().filter(|it| self.singles[*it].identity.within == identity.within);
        let best = here.filter_map(|it| Some((likeness(it)?, it))).max().map(|(_, it)| it)?;
        Some(self.take(best))
    }

    /// The known finding that was the very same in a folder or file that is no more.
    fn by_content(&mut self, finding: &Finding, identity: &InstanceName) -> Option<usize> {
        let is_same = |it: &usize| {
            let Single { identity, of, .. } = &self.singles[*it];
            let known = &self.known[*of];
            !(self.searched.is_there)(&identity.within)
                && sid(finding) == known.sid.as_deref()
                && finding.subject == known.about
                && finding.granted == known.granted
        };
        let same = self.free(finding, identity).into_iter().find(is_same)?;
        Some(self.take(same))
    }

    /// Parts what is known into what is gone and what is kept; `replaced` was found again.
    fn part(&self, replaced: &[bool], out: &mut Compared) {
        // They stand in the order of what they belong to.
        let mut singles = self.singles.iter().zip(replaced);
        for known in self.known {
            let was_run = (self.searched.was_run)(&known.rule);
            let (mut gone, mut kept, mut outgrown) = (Vec::new(), Vec::new(), Vec::new());
            for (it, _) in singles.by_ref().take(known.instances.len()).filter(|(_, replaced)| !**replaced) {
                let within = &it.identity.within;
                let is_gone = || (self.searched.is_there)(within) || (self.searched.is_covered)(within);
                let list = match it.taken {
                    true => &mut outgrown,
                    false if was_run && is_gone() => &mut gone,
                    false => &mut kept,
                };
                list.push(it.identity.clone());
            }
            for (instances, list) in [(gone, &mut out.gone), (kept, &mut out.kept), (outgrown, &mut out.outgrown)] {
                if !instances.is_empty() {
                    list.push(Known { instances, ..known.clone() });
                }
            }
        }
    }
}
