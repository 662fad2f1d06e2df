//! What the user has chosen: `iamlint.toml`, the options that go over it, and what both mean for a run's findings.
//! Every key is known or an error at its place; nothing that was written has no effect.

mod file;
mod show;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

pub use file::{ExternalModules, Peer, schema};
pub use show::{Seen, initial, show};

use crate::policy::is_account_id;
use crate::rule::{Confidence, Facts, Finding, Rule, Severity, THEMES, Trust};
use crate::rules;
use crate::source::{Ground, Workspace, normal};
use crate::suppress::{Date, name_in_trivy};
use file::{At, Entry, File, Ignored};

/// Confidence from which a finding fails the run, when the user has not said which confidence matters.
const GATE: Confidence = Confidence::Medium;

/// How many configurations may stand on each other.
const CHAIN: usize = 16;

/// What `iamlint.toml` says, and those it extends; nothing of it by default.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// What holds for every file.
    pub settings: Settings,
    /// What is different for some; later ones go over earlier ones.
    pub overrides: Vec<Override>,
    /// `[[ignore]]`: findings that somebody has answered for.
    pub ignores: Vec<Ignore>,
    /// `require-reason`: a suppression without a reason does not suppress.
    pub require_reason: bool,
    /// `external-modules`
    pub external_modules: ExternalModules,
    /// `honour`: the linters whose comments count.
    pub honour: Vec<Peer>,
    /// `known-actions` and `[trust]`
    pub facts: Facts,
    /// The files that say so, the one that is extended by all others first.
    pub files: Vec<Written>,
}

/// Which rules run, and what their findings count.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `select`: the only rules to run.
    pub select: Option<Vec<&'static Rule>>,
    /// `ignore`: rules not to run.
    pub ignore: Vec<&'static Rule>,
    /// `[severity]`: other severities than the pages', by rule id.
    pub severity: BTreeMap<&'static str, Severity>,
    /// `min-severity`: findings below it are suppressed.
    pub min_severity: Option<Severity>,
    /// `min-confidence`: findings below it are suppressed, and those at it count for the gate.
    pub min_confidence: Option<Confidence>,
    /// `fail-on`: findings of this severity and above fail the run.
    pub fail_on: Option<Severity>,
}

/// `[[overrides]]`: settings for some files.
#[derive(Clone, Debug)]
pub struct Override {
    /// Which.
    pub paths: Paths,
    /// What is different there.
    pub settings: Settings,
}

/// Files and folders, as patterns below the folder of a configuration.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The patterns, as written.
    pub patterns: Vec<String>,
    folder: PathBuf,
    set: GlobSet,
}

/// `[[ignore]]`: findings that somebody has answered for, those for which all that is written holds.
#[derive(Clone, Debug)]
pub struct Ignore {
    /// The rule as it is named there.
    pub name: String,
    /// The rules of that name.
    pub rules: Vec<&'static Rule>,
    /// `paths`
    pub paths: Option<Paths>,
    /// `address`: a pattern for the address of what carries the finding, or of what is around it.
    pub address: Option<String>,
    /// `sid`: a pattern for the statement's name.
    pub sid: Option<String>,
    /// `only`: the actions that are accepted; all of them when there are none.
    pub only: Vec<String>,
    /// `reason`
    pub reason: String,
    /// `until`: the last day.
    pub until: Option<Date>,
    /// The file that says so, of [`Config::files`], and where the rule stands in it.
    pub place: (usize, Range<usize>),
}

/// A configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The path as it is shown.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

/// Something that is wrong in `iamlint.toml`, at its bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    /// Where.
    pub range: Range<usize>,
    /// What: one sentence, lower case, no final stop.
    pub message: String,
}

/// A configuration file that cannot be used, and all that is wrong in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` cannot be used", file.path.display())]
pub struct Unusable {
    /// The file.
    pub file: Written,
    /// What is wrong, from its beginning to its end.
    pub errors: Vec<ConfigError>,
}

/// What the command line says over the configuration.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--select`: takes the place of what the configuration selects and ignores, everywhere.
    pub select: Option<Vec<&'static Rule>>,
    /// `--ignore`: added to what the configuration ignores, everywhere.
    pub ignore: Vec<&'static Rule>,
    /// `--min-severity`
    pub min_severity: Option<Severity>,
    /// `--min-confidence`
    pub min_confidence: Option<Confidence>,
    /// `--fail-on`
    pub fail_on: Option<Severity>,
}

impl Settings {
    /// Whether a rule runs.
    pub fn runs(&self, rule: &Rule) -> bool {
        let is_in = |list: &[&Rule]| list.iter().any(|it| it.id == rule.id);
        self.select.as_ref().map_or_else(|| rule.runs_by_default(), |it| is_in(it)) && !is_in(&self.ignore)
    }

    /// These settings with others over them; whoever selects anew starts from nothing.
    fn under(&mut self, over: &Self) {
        if over.select.is_some() {
            self.select.clone_from(&over.select);
            self.ignore.clear();
        }
        self.ignore.extend(&over.ignore);
        self.severity.extend(&over.severity);
        self.min_severity = over.min_severity.or(self.min_severity);
        self.min_confidence = over.min_confidence.or(self.min_confidence);
        self.fail_on = over.fail_on.or(self.fail_on);
    }

    /// Why a finding does not stand under them, if it does not.
    fn below(&self, finding: &Finding) -> Option<String> {
        let severity = self.min_severity.filter(|least| finding.severity < *least);
        let confidence = self.min_confidence.filter(|least| finding.confidence < *least);
        severity
            .map(|least| format!("its severity, {}, is below {least}", finding.severity))
            .or_else(|| confidence.map(|least| format!("its confidence, {}, is below {least}", finding.confidence)))
    }
}

impl Paths {
    /// Patterns below a folder, or the one that is none and why.
    fn new(folder: &Path, patterns: Vec<At<String>>) -> Result<Self, ConfigError> {
        let mut set = GlobSetBuilder::new();
        for At { range, value } in &patterns {
            let error = |message: String| ConfigError { range: range.clone(), message };
            let pattern = value.trim_start_matches("./").trim_end_matches('/');
            if Path::new(pattern).is_absolute() || pattern.starts_with("..") {
                return Err(error(format!("`{value}` leads out of the folder of the configuration")));
            }
            // What is below a folder that is named is meant as well.
            let below = if pattern.is_empty() || pattern == "." { "**".to_owned() } else { format!("{pattern}/**") };
            for pattern in [pattern, below.as_str()] {
                let glob = GlobBuilder::new(pattern).literal_separator(true).build();
                set.add(glob.map_err(|it| error(format!("`{value}` is no pattern of paths: {}", it.kind())))?);
            }
        }
        let error = |it: globset::Error| ConfigError { range: 0..0, message: it.to_string() };
        let set = set.build().map_err(error)?;
        let patterns = patterns.into_iter().map(|it| it.value).collect();
        Ok(Self { patterns, folder: folder.to_owned(), set })
    }

    /// Whether a file is among them; its path is absolute.
    pub fn hold(&self, path: &Path) -> bool {
        path.strip_prefix(&self.folder).is_ok_and(|below| self.set.is_match(below))
    }
}

impl Config {
    /// Reads a file of this text, which extends none.
    pub fn parse(text: &str) -> Result<Self, Vec<ConfigError>> {
        let none = |_: &Path| Err("no such file or folder".to_owned());
        let file = Written { path: "iamlint.toml".into(), text: text.to_owned() };
        Self::of(file, &Ground::default(), &none).map_err(|it| it.errors)
    }

    /// What a file says over those that it extends, which `read` gives.
    pub fn of(
        file: Written,
        ground: &Ground,
        read: &dyn Fn(&Path) -> Result<String, String>,
    ) -> Result<Self, Unusable> {
        let mut config = Self::default();
        config.add(file, ground, read, &mut Vec::new())?;
        if config.require_reason {
            let without = |it: &&Ignore| it.reason.trim().is_empty();
            if let Some(first) = config.ignores.iter().find(without) {
                let file = config.files[first.place.0].clone();
                let of_file = |it: &&Ignore| it.place.0 == first.place.0;
                let errors = config.ignores.iter().filter(without).filter(of_file);
                let error = |it: &Ignore| ConfigError {
                    range: it.place.1.clone(),
                    message: "a reason is required here: `reason = \"…\"`".into(),
                };
                return Err(Unusable { file, errors: errors.map(error).collect() });
            }
        }
        Ok(config)
    }

    fn add(
        &mut self,
        written: Written,
        ground: &Ground,
        read: &dyn Fn(&Path) -> Result<String, String>,
        open: &mut Vec<PathBuf>,
    ) -> Result<(), Unusable> {
        let path = ground.absolute(&written.path);
        open.push(path.clone());
        let mut file = match file::read(&written.text) {
            Ok(file) => file,
            Err(errors) => return Err(Unusable { file: written, errors }),
        };
        let folder = path.parent().unwrap_or(&path);
        if let Some(At { range, value }) = file.extends.take() {
            let base = normal(&folder.join(&value));
            let error = |message: String| Unusable {
                file: written.clone(),
                errors: vec![ConfigError { range: range.clone(), message }],
            };
            if open.contains(&base) || open.len() == CHAIN {
                return Err(error(format!("`{value}` extends this file in turn")));
            }
            let text = read(&base).map_err(|problem| error(format!("`{value}`: {problem}")))?;
            let shown = base.strip_prefix(&ground.here).unwrap_or(&base).to_owned();
            self.add(Written { path: shown, text }, ground, read, open)?;
        }
        let mut reading = Reading { folder, file: self.files.len(), errors: Vec::new() };
        reading.config(file, self);
        let mut errors = reading.errors;
        if !errors.is_empty() {
            errors.sort_by_key(|error| error.range.start);
            return Err(Unusable { file: written, errors });
        }
        self.files.push(written);
        Ok(())
    }

    /// The configuration with the options of the command line over it.
    #[must_use]
    pub fn with(mut self, overrides: Overrides) -> Self {
        let over = Settings {
            select: overrides.select,
            ignore: overrides.ignore,
            severity: BTreeMap::new(),
            min_severity: overrides.min_severity,
            min_confidence: overrides.min_confidence,
            fail_on: overrides.fail_on,
        };
        self.settings.under(&over);
        for Override { settings, .. } in &mut self.overrides {
            if over.select.is_some() {
                settings.select = None;
                settings.ignore.clear();
            }
            settings.ignore.extend(&over.ignore);
            settings.min_severity = settings.min_severity.filter(|_| over.min_severity.is_none());
            settings.min_confidence = settings.min_confidence.filter(|_| over.min_confidence.is_none());
            settings.fail_on = settings.fail_on.filter(|_| over.fail_on.is_none());
        }
        self
    }

    /// Which rules run anywhere, in the order of their names.
    pub fn rules(&self) -> Vec<&'static Rule> {
        let selected = |it: &Override, rule: &Rule| it.settings.select.is_some() && it.settings.runs(rule);
        let runs = |rule: &&Rule| self.settings.runs(rule) || self.overrides.iter().any(|it| selected(it, rule));
        rules::all().iter().filter(runs).collect()
    }

    /// What holds for a file; its path is absolute.
    pub fn settings_of(&self, path: &Path) -> Settings {
        let mut settings = self.settings.clone();
        self.overrides.iter().filter(|it| it.paths.hold(path)).for_each(|it| settings.under(&it.settings));
        settings
    }

    /// Whether a finding is one of a rule that runs where it stands: the rules that run at all are those of every path.
    pub fn wants(&self, workspace: &Workspace, finding: &Finding) -> bool {
        if self.overrides.is_empty() {
            return true;
        }
        let runs = |settings: &Settings| rules::by_id(finding.rule).is_none_or(|it| settings.runs(it));
        self.at(workspace, finding, runs)
    }

    /// Gives the findings the severities that the user has chosen, and parts those that are to stand from those below
    /// a threshold, each with the reason. Nothing is dropped: what is below is suppressed by configuration.
    pub fn apply(&self, workspace: &Workspace, findings: Vec<Finding>) -> (Vec<Finding>, Vec<(Finding, String)>) {
        let mut standing = Vec::with_capacity(findings.len());
        let mut below = Vec::new();
        for mut finding in findings {
            match self.rate(workspace, &mut finding) {
                Some(reason) => below.push((finding, reason)),
                None => standing.push(finding),
            }
        }
        (standing, below)
    }

    /// Gives a finding the severity that the user has chosen; why it does not stand, if it is below a threshold.
    pub fn rate(&self, workspace: &Workspace, finding: &mut Finding) -> Option<String> {
        let severity = self.at(workspace, finding, |it| it.severity.get(finding.rule).copied());
        finding.severity = severity.unwrap_or(finding.severity);
        self.at(workspace, finding, |it| it.below(finding))
    }

    /// Whether a finding fails the run: it is of `fail-on` severity or above (every severity, unless said), and of
    /// medium confidence or above, or of `min-confidence` when that is said.
    pub fn fails(&self, workspace: &Workspace, finding: &Finding) -> bool {
        self.at(workspace, finding, |settings| {
            finding.severity >= settings.fail_on.unwrap_or(Severity::Low)
                && finding.confidence >= settings.min_confidence.unwrap_or(GATE)
        })
    }

    fn at<T>(&self, workspace: &Workspace, finding: &Finding, ask: impl Fn(&Settings) -> T) -> T {
        if self.overrides.is_empty() {
            return ask(&self.settings);
        }
        ask(&self.settings_of(&workspace.ground.absolute(&workspace.source(finding.span.file).path)))
    }
}

/// The rules of a name: an id, a theme, `default` for those that run unless the user says otherwise, or a peer's id with
/// or without the peer (`checkov:CKV_AWS_62`), whatever its case. What a peer finds in one check may be several rules
/// here.
pub fn find(name: &str) -> Vec<&'static Rule> {
    let name = name.trim().to_ascii_lowercase();
    let all = || rules::all().iter();
    match all().find(|rule| rule.id == name.replace('-', "_")) {
        Some(rule) => vec![rule],
        None if name == "default" => all().filter(|rule| rule.runs_by_default()).collect(),
        None if THEMES.contains(&&*name) => all().filter(|rule| rule.head().theme == name).collect(),
        None => match name.split_once(':') {
            Some(("trivy" | "tfsec", id)) => rules::by_alias(&format!("trivy:{}", name_in_trivy(id))).collect(),
            _ => rules::by_alias(name_in_trivy(&name)).collect(),
        },
    }
}

/// That there is no rule of a name, with the nearest there is.
pub fn no_such_rule(name: &str) -> String {
    let names =
        rules::all().iter().flat_map(|rule| std::iter::once(rule.id).chain(rule.head().aliases.iter().copied()));
    let names = names.flat_map(|it| [it, it.split_once(':').map_or(it, |(_, id)| id)]).chain(THEMES);
    unknown("there is no rule", name, nearest(name, names))
}

/// The most similar of the names, if any is similar at all.
pub fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let name = name.to_lowercase();
    let allowed = (name.chars().count() / 3).max(1);
    let distances = names.into_iter().map(|it| (distance(&name, &it.to_lowercase()), it));
    distances.filter(|(distance, _)| *distance <= allowed).min_by_key(|(distance, _)| *distance).map(|(_, it)| it)
}

/// How many characters must be put in, taken out, changed or swapped with their neighbour to make one from the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(128).collect(), b.chars().take(128).collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

fn unknown(what: &str, name: &str, nearest: Option<&str>) -> String {
    format!("{what} `{name}`{}", did_you_mean(nearest))
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|it| format!("; did you mean `{it}`?")).unwrap_or_default()
}

/// One file on its way into the configuration.
struct Reading<'f> {
    folder: &'f Path,
    file: usize,
    errors: Vec<ConfigError>,
}

impl Reading<'_> {
    fn config(&mut self, file: File, config: &mut Config) {
        if let Some(select) = file.select {
            config.settings.select = Some(self.selection(select));
        }
        for At { range, value } in file.ignore {
            match value {
                Ignored::Rule(name) => config.settings.ignore.extend(self.rule(&At { range, value: name })),
                Ignored::Entry(entry) => config.ignores.extend(self.entry(*entry)),
            }
        }
        config.settings.severity.extend(self.severities(file.severity));
        config.settings.min_severity = file.min_severity.or(config.settings.min_severity);
        config.settings.min_confidence = file.min_confidence.or(config.settings.min_confidence);
        config.settings.fail_on = file.fail_on.or(config.settings.fail_on);
        config.require_reason = file.require_reason.unwrap_or(config.require_reason);
        config.external_modules = file.external_modules.unwrap_or(config.external_modules);
        config.honour.extend(file.honour);
        config.honour.dedup();
        for At { range, value } in file.known_actions {
            match value.split_once(':') {
                Some((service, name)) if !service.is_empty() && !name.is_empty() && !value.contains(' ') => {
                    config.facts.known_actions.push(value);
                }
                _ => self.error(range, format!("`{value}` is no action such as `s3:GetObject`")),
            }
        }
        self.trust(file.trust, &mut config.facts.trust);
        for At { range, value } in file.overrides {
            config.overrides.extend(self.over(range, value));
        }
    }

    fn over(&mut self, range: Range<usize>, over: file::Override) -> Option<Override> {
        let settings = Settings {
            select: over.select.map(|it| self.selection(it)),
            ignore: over.ignore.iter().flat_map(|it| self.rule(it)).collect(),
            severity: self.severities(over.severity),
            min_severity: over.min_severity,
            min_confidence: over.min_confidence,
            fail_on: over.fail_on,
        };
        let Settings { select, ignore, severity, min_severity, min_confidence, fail_on } = &settings;
        let is_idle = select.is_none() && ignore.is_empty() && severity.is_empty();
        if is_idle && min_severity.is_none() && min_confidence.is_none() && fail_on.is_none() && self.errors.is_empty()
        {
            self.error(range, "changes nothing for these paths");
        }
        Some(Override { paths: self.paths(over.paths)?, settings })
    }

    fn entry(&mut self, entry: Entry) -> Option<Ignore> {
        let until = match entry.until {
            None => None,
            Some(At { range, value }) => {
                let text = match value {
                    toml::Value::String(text) => text,
                    toml::Value::Datetime(date) => date.to_string(),
                    other => other.type_str().to_owned(),
                };
                let date = Date::parse(&text);
                if date.is_none() {
                    self.error(range, format!("`{text}` is no date such as `until = \"2027-01-31\"`"));
                }
                date
            }
        };
        if let Some(At { range, value }) = &entry.only
            && value.is_empty()
        {
            self.error(range.clone(), "accepts nothing, so nothing would be silenced");
        }
        let paths = match entry.paths {
            Some(paths) => Some(self.paths(paths)?),
            None => None,
        };
        Some(Ignore {
            rules: self.rule(&entry.rule),
            name: entry.rule.value,
            paths,
            address: entry.address.map(|it| it.value),
            sid: entry.sid.map(|it| it.value),
            only: entry.only.map(|it| it.value).unwrap_or_default(),
            reason: entry.reason.map(|it| it.value).unwrap_or_default(),
            until,
            place: (self.file, entry.rule.range),
        })
    }

    fn paths(&mut self, paths: At<Vec<At<String>>>) -> Option<Paths> {
        if paths.value.is_empty() {
            self.error(paths.range, "names no path, so it would have no effect");
            return None;
        }
        Paths::new(self.folder, paths.value).map_err(|it| self.errors.push(it)).ok()
    }

    fn trust(&mut self, written: file::Trust, trust: &mut Trust) {
        for (At { range, value }, label) in written.accounts {
            if !is_account_id(&value) {
                self.error(range, format!("`{value}` is no account: its id has twelve digits"));
            }
            trust.accounts.insert(value, label);
        }
        for At { range, value } in written.organizations {
            // https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
            let id = value.strip_prefix("o-").unwrap_or_default();
            if !(10..=32).contains(&id.len()) || !id.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()) {
                self.error(range, format!("`{value}` is no organisation: its id is like `o-a1b2c3d4e5`"));
            }
            trust.organizations.push(value);
        }
        for At { range, value } in written.oidc_owners {
            if value.is_empty() || value.contains(['/', ':', '*', '?', ' ']) {
                self.error(range, format!("`{value}` is no owner: it is the first part of `owner/repository`"));
            }
            trust.oidc_owners.push(value);
        }
        for At { range, value } in written.external_id_required {
            if !is_account_id(&value) {
                self.error(range, format!("`{value}` is no account: its id has twelve digits"));
            }
            trust.external_id_required.push(value);
        }
    }

    fn selection(&mut self, select: At<Vec<At<String>>>) -> Vec<&'static Rule> {
        if select.value.is_empty() {
            self.error(select.range, "selects nothing, so nothing would be linted");
        }
        select.value.iter().flat_map(|it| self.rule(it)).collect()
    }

    fn rule(&mut self, name: &At<String>) -> Vec<&'static Rule> {
        let found = find(&name.value);
        if found.is_empty() {
            self.error(name.range.clone(), no_such_rule(&name.value));
        }
        found
    }

    fn severities(&mut self, written: BTreeMap<At<String>, Severity>) -> BTreeMap<&'static str, Severity> {
        let mut severities = BTreeMap::new();
        for (name, severity) in written {
            severities.extend(self.rule(&name).into_iter().map(|rule| (rule.id, severity)));
        }
        severities
    }

    fn error(&mut self, range: Range<usize>, message: impl Into<String>) {
        self.errors.push(ConfigError { range, message: message.into() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> Vec<(String, String)> {
        let errors = Config::parse(text).expect_err("it must be wrong");
        errors.into_iter().map(|it| (text[it.range.clone()].to_owned(), it.message)).collect()
    }

    fn error(text: &str) -> (String, String) {
        let mut errors = errors(text);
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors.remove(0)
    }

    fn pair(place: &str, message: &str) -> (String, String) {
        (place.into(), message.into())
    }

    fn finding(severity: Severity, confidence: Confidence) -> Finding {
        use crate::rule::Carrier;
        use crate::source::{FileId, Span};
        let rule = rules::by_name("wildcard_action").unwrap();
        let carrier = Carrier { kind: None, address: "".into(), source: None };
        Finding { severity, confidence, ..Finding::new(rule, "", Span::new(FileId(0), 0, 0), carrier) }
    }

    #[test]
    fn rules_that_are_off_run_when_they_or_their_theme_are_selected() {
        let off = rules::all().iter().find(|rule| !rule.runs_by_default()).unwrap();
        let runs = |text: &str| Config::parse(text).unwrap().rules().iter().any(|rule| rule.id == off.id);
        assert!(!runs("") && !runs("select = [\"default\"]"));
        assert!(runs(&format!("select = [\"{}\"]", off.id)));
        assert!(runs(&format!("select = [\"default\", \"{}\"]", off.head().theme)));
        let all = Config::parse("select = [\"default\", \"hardening\"]").unwrap().rules();
        assert_eq!(all.len(), rules::all().len());
    }

    #[test]
    fn every_key_is_read() {
        let config = Config::parse(
            r#"
            select = ["WILDCARD-action"]
            min-severity = "medium"
            min-confidence = "high"
            fail-on = "critical"
            require-reason = true
            external-modules = "off"
            known-actions = ["s3:Teleport*"]
            honour = ["checkov", "kics"]

            [severity]
            wildcard_action = "low"

            [trust]
            accounts = { "111122223333" = "security" }
            organizations = ["o-a1b2c3d4e5"]
            oidc-owners = ["example"]
            external-id-required = ["444455556666"]

            [[ignore]]
            rule = "wildcard_action"
            paths = ["policies/"]
            address = "module.app"
            sid = "Read*"
            only = ["s3:Get*"]
            reason = "reads"
            until = 2027-01-31

            [[overrides]]
            paths = ["sandbox/**"]
            select = ["open_trust"]
            ignore = ["open_trust"]
            severity = { open_trust = "low" }
            min-severity = "low"
            min-confidence = "low"
            fail-on = "low"
            "#,
        )
        .unwrap();
        let Settings { severity, min_severity, min_confidence, fail_on, .. } = &config.settings;
        assert_eq!(config.rules().iter().map(|it| it.id).collect::<Vec<_>>(), ["wildcard_action"]);
        assert_eq!(severity["wildcard_action"], Severity::Low);
        assert_eq!(*min_severity, Some(Severity::Medium));
        assert_eq!(*min_confidence, Some(Confidence::High));
        assert_eq!(*fail_on, Some(Severity::Critical));
        assert!(config.require_reason);
        assert_eq!(config.external_modules, ExternalModules::Off);
        assert_eq!(config.honour, [Peer::Checkov, Peer::Kics]);
        assert!(config.facts.know_action("S3:teleportObject") && !config.facts.know_action("s3:Get"));
        assert_eq!(config.facts.trust.accounts["111122223333"], "security");
        let ignore = &config.ignores[0];
        assert_eq!((ignore.only.len(), ignore.until), (1, Date::parse("2027-01-31")));
        assert!(ignore.paths.as_ref().unwrap().hold(Path::new("policies/a/b.json")));
    }

    #[test]
    fn a_name_and_an_entry_may_stand_in_one_list() {
        let config = Config::parse("ignore = [\"open_trust\", { rule = \"wildcard_action\", sid = \"A\" }]").unwrap();
        assert_eq!((config.settings.ignore.len(), config.ignores.len()), (1, 1));
    }

    #[test]
    fn a_list_and_tables_of_one_name_are_told_apart() {
        let text = "ignore = [\"open_trust\"]\n[[ignore]]\nrule = \"wildcard_action\"";
        assert!(error(text).1.starts_with("`ignore` is a list above"), "{:?}", error(text));
    }

    #[test]
    fn what_is_not_known_is_an_error_at_its_place() {
        assert_eq!(error("fail_on = \"high\""), pair("fail_on", "there is no key `fail_on`; did you mean `fail-on`?"));
        assert_eq!(
            error("ignore = [\"wildcard_actoin\"]"),
            pair("\"wildcard_actoin\"", "there is no rule `wildcard_actoin`; did you mean `wildcard_action`?")
        );
        assert_eq!(error("[severity]\nnothing_like_it = \"low\"").0, "nothing_like_it");
        assert_eq!(
            error("min-severity = \"hihg\""),
            pair("\"hihg\"", "`hihg` is none of `low`, `medium`, `high`, `critical`; did you mean `high`?")
        );
        assert_eq!(error("require-reason = 1"), pair("1", "`true` or `false` belongs here, not a number"));
        assert_eq!(error("known-actions = \"s3:A\"").1, "a list belongs here, not text");
        assert_eq!(error("trust = 1").1, "a table belongs here, not a number");
        assert_eq!(error("[[ignore]]\npaths = [\"a\"]").1, "the key `rule` is missing");
        assert_eq!(error("select = []").1, "selects nothing, so nothing would be linted");
        assert_eq!(errors("a = 1\nb = 2").len(), 2);
        assert!(!errors("select = [").is_empty());
    }

    #[test]
    fn so_is_what_is_not_known_in_a_table() {
        let nearest = |text: &str, key: &str, name: &str| {
            assert_eq!(error(text), pair(key, &format!("there is no key `{key}`; did you mean `{name}`?")));
        };
        nearest("[trust]\norganisations = []", "organisations", "organizations");
        nearest("[[overrides]]\npaths = [\"a\"]\nfail-no = \"low\"", "fail-no", "fail-on");
        nearest("[[ignore]]\nrule = \"open_trust\"\npath = [\"a\"]", "path", "paths");
        let entry = |rest: &str| error(&format!("[[ignore]]\nrule = \"open_trust\"\n{rest}"));
        assert!(error("[[ignore]]\nsid = \"A\"").1.contains("the key `rule` is missing"));
        assert!(entry("until = \"soon\"").1.starts_with("`soon` is no date"));
        assert!(entry("until = 2027-02-29").1.contains("date"), "{:?}", entry("until = 2027-02-29"));
        assert_eq!(entry("only = []").1, "accepts nothing, so nothing would be silenced");
        assert_eq!(entry("paths = []").1, "names no path, so it would have no effect");
        assert!(entry("paths = [\"a[\"]").1.starts_with("`a[` is no pattern of paths"));
        assert!(entry("paths = [\"../a\"]").1.contains("leads out"));
        assert_eq!(error("require-reason = true\n[[ignore]]\nrule = \"open_trust\"").0, "\"open_trust\"");
        assert_eq!(error("[[overrides]]\npaths = [\"a\"]").1, "changes nothing for these paths");
        assert_eq!(error("known-actions = [\"GetObject\"]").1, "`GetObject` is no action such as `s3:GetObject`");
        assert!(error("trust.accounts.1234 = \"a\"").1.contains("twelve digits"));
        assert!(error("trust.organizations = [\"a1b2c3d4e5\"]").1.contains("like `o-"));
        assert!(error("trust.external-id-required = [\"monitoring\"]").1.contains("no account"));
        assert!(error("trust.oidc-owners = [\"a/b\"]").1.contains("no owner"));
    }

    #[test]
    fn a_file_goes_over_what_it_extends() {
        let files = BTreeMap::from([
            ("base.toml", "fail-on = \"low\"\nignore = [\"open_trust\"]\nmin-severity = \"low\""),
            (
                "a/iamlint.toml",
                "extends = \"../base.toml\"\nfail-on = \"high\"\n[[ignore]]\nrule = \"wildcard_action\"\npaths = [\"x\"]",
            ),
            ("round.toml", "extends = \"round.toml\""),
            ("gone.toml", "extends = \"nowhere.toml\""),
        ]);
        let read = |path: &Path| {
            files
                .get(path.to_str().unwrap())
                .map(ToString::to_string)
                .ok_or_else(|| "no such file or folder".to_owned())
        };
        let of = |path: &str| {
            Config::of(Written { path: path.into(), text: read(Path::new(path)).unwrap() }, &Ground::default(), &read)
        };
        let config = of("a/iamlint.toml").unwrap();
        assert_eq!(config.settings.fail_on, Some(Severity::High));
        assert_eq!(config.settings.min_severity, Some(Severity::Low));
        assert_eq!(config.settings.ignore.len(), 1);
        assert_eq!(
            config.files.iter().map(|it| it.path.to_str().unwrap()).collect::<Vec<_>>(),
            ["base.toml", "a/iamlint.toml"]
        );
        // Every path is one below the file that it is written in.
        assert!(config.ignores[0].paths.as_ref().unwrap().hold(Path::new("a/x/y.json")));
        assert!(!config.ignores[0].paths.as_ref().unwrap().hold(Path::new("x/y.json")));
        assert_eq!(of("round.toml").unwrap_err().errors[0].message, "`round.toml` extends this file in turn");
        assert_eq!(of("gone.toml").unwrap_err().errors[0].message, "`nowhere.toml`: no such file or folder");
    }

    #[test]
    fn patterns_of_paths_stay_within_their_folder() {
        let hold = |pattern: &str, path: &str| {
            let text = format!("[[overrides]]\npaths = [\"{pattern}\"]\nfail-on = \"low\"");
            Config::parse(&text).unwrap().overrides[0].paths.hold(Path::new(path))
        };
        assert!(hold("infra", "infra/app/main.tf"));
        assert!(hold("./infra/*.tf", "infra/main.tf"));
        assert!(!hold("infra/*.tf", "infra/app/main.tf"));
        assert!(hold("**/prod", "a/b/prod/c/main.tf"));
        assert!(!hold("infra", "infrastructure/main.tf"));
        assert!(hold(".", "a/b.tf"));
    }

    #[test]
    fn later_overrides_go_over_earlier_ones_and_options_over_all() {
        let config = Config::parse(
            "ignore = [\"open_trust\"]\n\
             [[overrides]]\npaths = [\"a\"]\nfail-on = \"high\"\nselect = [\"open_trust\"]\n\
             [[overrides]]\npaths = [\"a/b\"]\nfail-on = \"critical\"\n",
        )
        .unwrap();
        let fail_on = |config: &Config, path: &str| config.settings_of(Path::new(path)).fail_on;
        assert_eq!(fail_on(&config, "x.tf"), None);
        assert_eq!(fail_on(&config, "a/x.tf"), Some(Severity::High));
        assert_eq!(fail_on(&config, "a/b/x.tf"), Some(Severity::Critical));
        let open_trust = rules::by_id("open_trust").unwrap();
        assert!(!config.settings_of(Path::new("x.tf")).runs(open_trust));
        assert!(config.settings_of(Path::new("a/x.tf")).runs(open_trust));
        assert!(config.rules().iter().any(|it| it.id == "open_trust"));
        let overrides = Overrides { fail_on: Some(Severity::Low), ignore: vec![open_trust], ..Overrides::default() };
        let config = config.with(overrides);
        assert_eq!(fail_on(&config, "a/b/x.tf"), Some(Severity::Low));
        assert!(!config.settings_of(Path::new("a/x.tf")).runs(open_trust));
        assert!(config.rules().iter().all(|it| it.id != "open_trust"));
    }

    #[test]
    fn the_command_line_goes_over_the_configuration() {
        let all = rules::all();
        let settings = Settings { ignore: all.iter().collect(), fail_on: Some(Severity::High), ..Settings::default() };
        let config = Config { settings, ..Config::default() };
        assert!(config.rules().is_empty());
        let overrides =
            Overrides { select: Some(vec![&all[0]]), min_severity: Some(Severity::Low), ..Overrides::default() };
        let config = config.with(overrides);
        assert_eq!(config.rules().len(), 1);
        assert_eq!(
            (config.settings.fail_on, config.settings.min_severity),
            (Some(Severity::High), Some(Severity::Low))
        );
    }

    fn with(settings: Settings) -> Config {
        Config { settings, ..Config::default() }
    }

    #[test]
    fn what_may_be_does_not_fail_a_run_unless_it_is_asked_for() {
        let workspace = Workspace::of_texts([("a.tf", "")]);
        let fails = |config: &Config, severity, confidence| config.fails(&workspace, &finding(severity, confidence));
        let default = Config::default();
        assert!(fails(&default, Severity::Low, Confidence::Medium));
        assert!(!fails(&default, Severity::Critical, Confidence::Low));
        let low = with(Settings { min_confidence: Some(Confidence::Low), ..Settings::default() });
        assert!(fails(&low, Severity::Low, Confidence::Low));
        let high = with(Settings { fail_on: Some(Severity::High), ..Settings::default() });
        assert!(!fails(&high, Severity::Medium, Confidence::High));
    }

    #[test]
    fn what_is_below_a_threshold_is_suppressed_and_says_why() {
        let config = with(Settings {
            severity: [("wildcard_action", Severity::Medium)].into(),
            min_severity: Some(Severity::Medium),
            min_confidence: Some(Confidence::Medium),
            ..Settings::default()
        });
        let workspace = Workspace::of_texts([("a.tf", "")]);
        let findings = vec![finding(Severity::Low, Confidence::High), finding(Severity::Critical, Confidence::Low)];
        let (standing, below) = config.apply(&workspace, findings);
        assert_eq!(standing[0].severity, Severity::Medium);
        assert_eq!(below[0].1, "its confidence, low, is below medium");
    }

    #[test]
    fn the_nearest_name_is_near() {
        let names = ["select", "severity", "min-severity"];
        assert_eq!(nearest("slect", names), Some("select"));
        assert_eq!(nearest("Min-Severty", names), Some("min-severity"));
        assert_eq!(nearest("baseline", names), None);
    }
}
