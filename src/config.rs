//! What the user has chosen: `iamlint.toml`, the options that go over it, and what both mean for a run's findings.
//! Every key is known or an error at its place; nothing that was written has no effect.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::rule::{Confidence, Finding, Rule, Severity};
use crate::rules;

/// Confidence from which a finding fails the run, when the user has not said which confidence matters.
const GATE: Confidence = Confidence::Medium;

/// What `iamlint.toml` says, or nothing of it.
#[derive(Clone, Debug, Default)]
pub struct Config {
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
    /// `require-reason`: a suppression without a reason does not suppress.
    pub require_reason: bool,
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

/// What the command line says over the configuration.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--select`: takes the place of what the configuration selects and ignores.
    pub select: Option<Vec<&'static Rule>>,
    /// `--ignore`: added to what the configuration ignores.
    pub ignore: Vec<&'static Rule>,
    /// `--min-severity`
    pub min_severity: Option<Severity>,
    /// `--min-confidence`
    pub min_confidence: Option<Confidence>,
    /// `--fail-on`
    pub fail_on: Option<Severity>,
}

impl Config {
    /// Reads the text of an `iamlint.toml`.
    pub fn parse(text: &str) -> Result<Self, Vec<ConfigError>> {
        let table = DeTable::parse(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            vec![ConfigError { range: error.span().unwrap_or(0..0), message }]
        })?;
        let mut reading = Reading::default();
        let config = reading.config(table.get_ref());
        if reading.errors.is_empty() {
            Ok(config)
        } else {
            reading.errors.sort_by_key(|error| error.range.start);
            Err(reading.errors)
        }
    }

    /// The configuration with the options of the command line over it.
    #[must_use]
    pub fn with(mut self, overrides: Overrides) -> Self {
        if let Some(select) = overrides.select {
            self.select = Some(select);
            self.ignore.clear();
        }
        self.ignore.extend(overrides.ignore);
        self.min_severity = overrides.min_severity.or(self.min_severity);
        self.min_confidence = overrides.min_confidence.or(self.min_confidence);
        self.fail_on = overrides.fail_on.or(self.fail_on);
        self
    }

    /// Which rules run, in the order of their names.
    pub fn rules(&self) -> Vec<&'static Rule> {
        let is_in = |list: &[&Rule], rule: &Rule| list.iter().any(|it| it.id == rule.id);
        let selected = |rule: &Rule| self.select.as_ref().is_none_or(|select| is_in(select, rule));
        rules::all().iter().filter(|rule| selected(rule) && !is_in(&self.ignore, rule)).collect()
    }

    /// Gives the findings the severities that the user has chosen, and parts those that are to stand from those below
    /// a threshold, each with the reason. Nothing is dropped: what is below is suppressed by configuration.
    pub fn apply(&self, findings: Vec<Finding>) -> (Vec<Finding>, Vec<(Finding, String)>) {
        let mut standing = Vec::with_capacity(findings.len());
        let mut below = Vec::new();
        for mut finding in findings {
            if let Some(severity) = self.severity.get(finding.rule) {
                finding.severity = *severity;
            }
            let severity = self.min_severity.filter(|least| finding.severity < *least);
            let confidence = self.min_confidence.filter(|least| finding.confidence < *least);
            match (severity, confidence) {
                (Some(least), _) => {
                    let reason = format!("its severity, {}, is below {least}", finding.severity);
                    below.push((finding, reason));
                }
                (None, Some(least)) => {
                    let reason = format!("its confidence, {}, is below {least}", finding.confidence);
                    below.push((finding, reason));
                }
                (None, None) => standing.push(finding),
            }
        }
        (standing, below)
    }

    /// Whether a finding fails the run: it is of `fail-on` severity or above (every severity, unless said), and of
    /// medium confidence or above, or of `min-confidence` when that is said.
    pub fn fails(&self, finding: &Finding) -> bool {
        finding.severity >= self.fail_on.unwrap_or(Severity::Low)
            && finding.confidence >= self.min_confidence.unwrap_or(GATE)
    }
}

/// The rules of a name: an id, or a peer's id with or without the peer (`checkov:CKV_AWS_62`), whatever its case.
/// What a peer finds in one check may be several rules here.
pub fn find(name: &str) -> Vec<&'static Rule> {
    let name = name.trim();
    match rules::all().iter().find(|rule| rule.id.eq_ignore_ascii_case(&name.replace('-', "_"))) {
        Some(rule) => vec![rule],
        None => rules::by_alias(name).collect(),
    }
}

/// That there is no rule of a name, with the nearest there is.
pub fn no_such_rule(name: &str) -> String {
    let names =
        rules::all().iter().flat_map(|rule| std::iter::once(rule.id).chain(rule.head().aliases.iter().copied()));
    let names = names.flat_map(|it| [it, it.split_once(':').map_or(it, |(_, id)| id)]);
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
    let hint = nearest.map(|it| format!("; did you mean `{it}`?")).unwrap_or_default();
    format!("{what} `{name}`{hint}")
}

#[derive(Default)]
struct Reading {
    errors: Vec<ConfigError>,
}

const KEYS: [&str; 7] = ["select", "ignore", "severity", "min-severity", "min-confidence", "fail-on", "require-reason"];

impl Reading {
    fn config(&mut self, table: &DeTable<'_>) -> Config {
        let mut config = Config::default();
        for (key, value) in table {
            match &**key.get_ref() {
                "select" => {
                    let rules = self.rules(value);
                    if rules.is_empty() && value.get_ref().as_array().is_some_and(|it| it.is_empty()) {
                        self.error(value.span(), "selects nothing, so nothing would be linted");
                    }
                    config.select = Some(rules);
                }
                "ignore" => config.ignore = self.rules(value),
                "severity" => config.severity = self.severities(value),
                "min-severity" => config.min_severity = self.severity(value),
                "min-confidence" => config.min_confidence = self.confidence(value),
                "fail-on" => config.fail_on = self.severity(value),
                "require-reason" => match value.get_ref().as_bool() {
                    Some(it) => config.require_reason = it,
                    None => self.expected("true or false", value),
                },
                name => self.error(key.span(), unknown("there is no key", name, nearest(name, KEYS))),
            }
        }
        config
    }

    fn rules(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<&'static Rule> {
        let mut rules = Vec::new();
        for (name, span) in self.texts("rule", value) {
            rules.extend(self.rule(&name, span));
        }
        rules
    }

    fn rule(&mut self, name: &str, span: Range<usize>) -> Vec<&'static Rule> {
        let found = find(name);
        if found.is_empty() {
            self.error(span, no_such_rule(name));
        }
        found
    }

    fn severities(&mut self, value: &Spanned<DeValue<'_>>) -> BTreeMap<&'static str, Severity> {
        let mut severities = BTreeMap::new();
        let Some(table) = value.get_ref().as_table() else {
            self.expected("a table of rules and severities", value);
            return severities;
        };
        for (name, value) in table {
            let found = self.rule(name.get_ref(), name.span());
            if let Some(severity) = self.severity(value) {
                severities.extend(found.into_iter().map(|rule| (rule.id, severity)));
            }
        }
        severities
    }

    fn severity(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Severity> {
        let severity = value.get_ref().as_str().and_then(Severity::by_name);
        if severity.is_none() {
            self.expected("\"low\", \"medium\", \"high\" or \"critical\"", value);
        }
        severity
    }

    fn confidence(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Confidence> {
        let confidence = value.get_ref().as_str().and_then(Confidence::by_name);
        if confidence.is_none() {
            self.expected("\"low\", \"medium\" or \"high\"", value);
        }
        confidence
    }

    fn texts(&mut self, of: &str, value: &Spanned<DeValue<'_>>) -> Vec<(String, Range<usize>)> {
        let Some(list) = value.get_ref().as_array() else {
            self.expected(&format!("a list of {of} names"), value);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in list {
            match item.get_ref().as_str() {
                Some(text) => texts.push((text.to_owned(), item.span())),
                None => self.expected(&format!("a {of} name in quotes"), item),
            }
        }
        texts
    }

    fn expected(&mut self, what: &str, value: &Spanned<DeValue<'_>>) {
        let found = match value.get_ref() {
            DeValue::String(text) => format!("`{text}`"),
            other => format!("a value of type {}", other.type_str()),
        };
        self.error(value.span(), format!("expected {what}, found {found}"));
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
        Finding {
            rule: "wildcard_action",
            severity,
            confidence,
            message: String::new(),
            help: None,
            span: Span::new(FileId(0), 0, 0),
            labels: Vec::new(),
            carrier: Carrier { kind: None, address: "".into(), source: None },
            statement: None,
            instances: Vec::new(),
            subject: String::new(),
            fingerprint: String::new(),
            remedies: Vec::new(),
            fixes: Vec::new(),
        }
    }

    #[test]
    fn every_key_is_read() {
        let config = Config::parse(
            r#"
            select = ["WILDCARD-action"]
            ignore = []
            min-severity = "medium"
            min-confidence = "high"
            fail-on = "critical"
            require-reason = true

            [severity]
            wildcard_action = "low"
            "#,
        )
        .unwrap();
        assert_eq!(config.rules().iter().map(|it| it.id).collect::<Vec<_>>(), ["wildcard_action"]);
        assert_eq!(config.severity["wildcard_action"], Severity::Low);
        assert_eq!(config.min_severity, Some(Severity::Medium));
        assert_eq!(config.min_confidence, Some(Confidence::High));
        assert_eq!(config.fail_on, Some(Severity::Critical));
        assert!(config.require_reason);
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
            pair("\"hihg\"", "expected \"low\", \"medium\", \"high\" or \"critical\", found `hihg`")
        );
        assert_eq!(error("require-reason = 1").1, "expected true or false, found a value of type integer");
        assert_eq!(error("select = []").1, "selects nothing, so nothing would be linted");
        assert_eq!(errors("a = 1\nb = 2").len(), 2);
        assert!(!errors("select = [").is_empty());
    }

    #[test]
    fn the_command_line_goes_over_the_configuration() {
        let all = rules::all();
        let config = Config { ignore: all.iter().collect(), fail_on: Some(Severity::High), ..Config::default() };
        assert!(config.rules().is_empty());
        let overrides =
            Overrides { select: Some(vec![&all[0]]), min_severity: Some(Severity::Low), ..Overrides::default() };
        let config = config.with(overrides);
        assert_eq!(config.rules().len(), 1);
        assert_eq!((config.fail_on, config.min_severity), (Some(Severity::High), Some(Severity::Low)));
    }

    #[test]
    fn what_may_be_does_not_fail_a_run_unless_it_is_asked_for() {
        let default = Config::default();
        assert!(default.fails(&finding(Severity::Low, Confidence::Medium)));
        assert!(!default.fails(&finding(Severity::Critical, Confidence::Low)));
        let low = Config { min_confidence: Some(Confidence::Low), ..Config::default() };
        assert!(low.fails(&finding(Severity::Low, Confidence::Low)));
        let high = Config { fail_on: Some(Severity::High), ..Config::default() };
        assert!(!high.fails(&finding(Severity::Medium, Confidence::High)));
    }

    #[test]
    fn what_is_below_a_threshold_is_suppressed_and_says_why() {
        let config = Config {
            severity: [("wildcard_action", Severity::Medium)].into(),
            min_severity: Some(Severity::Medium),
            min_confidence: Some(Confidence::Medium),
            ..Config::default()
        };
        let (standing, below) =
            config.apply(vec![finding(Severity::Low, Confidence::High), finding(Severity::Critical, Confidence::Low)]);
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
