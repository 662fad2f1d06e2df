//! What other linters check, and which rule serves it here: `docs/peer-checks.md` is written from the checks of
//! `data/curated/peer-checks.csv`, the `serves` lines of the rule pages, and `docs/checks-without-a-rule.csv`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use iamlint::rule::Rule;
use iamlint::rules;

/// The themes in which every check has an answer.
const ANSWERED: &[&str] = &[
    "Conditions",
    "Data exposure/exfiltration",
    "KMS scoping",
    "Public S3",
    "Public resource policies",
    "S3 hardening",
    "Style/redundancy",
    "Terraform-/CFN-specific",
    "Trust policies/OIDC/confused deputy",
    "Validity/grammar",
    "Wildcards & least privilege",
];

/// A check that other linters make.
struct Check {
    theme: String,
    name: String,
    /// `peer:check`.
    peers: Vec<String>,
}

/// What is said of a check that no rule serves.
struct Other {
    answer: String,
    reason: String,
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The lines of a table below its head, cut into `N` cells; only the last may hold commas.
fn lines<const N: usize>(name: &str) -> Vec<[String; N]> {
    let text = std::fs::read_to_string(path(name)).expect("the table is there");
    let cut = |line: &str| {
        let cells: Vec<String> = line.splitn(N, ',').map(str::to_owned).collect();
        cells.try_into().unwrap_or_else(|_| panic!("{name}: `{line}` has no {N} cells"))
    };
    text.lines().skip(1).map(cut).collect()
}

fn checks() -> Vec<Check> {
    let check = |[theme, name, peers]: [String; 3]| Check {
        theme,
        name,
        peers: peers.split_whitespace().map(str::to_owned).collect(),
    };
    lines("data/curated/peer-checks.csv").into_iter().map(check).collect()
}

fn others() -> BTreeMap<String, Other> {
    let lines = lines("docs/checks-without-a-rule.csv");
    assert!(lines.is_sorted_by(|a, b| a[0] < b[0]), "docs/checks-without-a-rule.csv is sorted, one line a check");
    lines.into_iter().map(|[name, answer, reason]| (name, Other { answer, reason })).collect()
}

/// The rules that serve a check.
fn serving(check: &str) -> Vec<&'static Rule> {
    rules::all().iter().filter(|rule| rule.head().serves.contains(&check)).collect()
}

#[test]
fn every_name_of_a_check_is_one() {
    let checks = checks();
    let names: BTreeSet<&str> = checks.iter().map(|it| &*it.name).collect();
    assert_eq!(names.len(), checks.len(), "a check stands there once");
    for rule in rules::all() {
        for check in &rule.head().serves {
            assert!(names.contains(check), "{} serves `{check}`, which is no check", rule.id);
        }
    }
    for (name, other) in others() {
        assert!(names.contains(&*name), "`{name}` has no rule, and is no check");
        assert!(
            ["declined", "built in", "not yet"].contains(&&*other.answer),
            "{name}: `{}` is no answer",
            other.answer
        );
        assert!(!other.reason.trim().is_empty(), "{name}: there is no reason");
    }
}

#[test]
fn a_check_is_served_or_answered_otherwise_and_never_both() {
    let others = others();
    for check in checks() {
        let served = !serving(&check.name).is_empty();
        let answered = others.contains_key(&check.name);
        assert!(
            !(served && answered),
            "`{}` is served by a rule, and docs/checks-without-a-rule.csv has it",
            check.name
        );
        let due = ANSWERED.contains(&&*check.theme);
        assert!(served || answered || !due, "nothing answers `{}` of {}", check.name, check.theme);
    }
}

#[test]
fn the_ids_of_a_served_check_lead_to_a_rule_that_serves_it() {
    let mut missing = String::new();
    for check in checks() {
        let rules = serving(&check.name);
        let led = |id: &&String| rules.iter().any(|rule| rule.head().aliases.contains(&id.as_str()));
        let lost: Vec<_> = check.peers.iter().filter(|id| !led(id)).map(String::as_str).collect();
        if let [first, ..] = &rules[..]
            && !lost.is_empty()
        {
            let _ = writeln!(missing, "aliases of {}, for {}: {}", first.id, check.name, lost.join(", "));
        }
    }
    assert!(missing.is_empty(), "\n{missing}");
}

#[test]
fn a_check_of_access_analyzer_finds_the_page_that_serves_it() {
    for (id, rule) in [
        ("MISSING_ARN_FIELD", "malformed_arn"),
        ("access-analyzer:UNSUPPORTED_SID", "invalid_sid"),
        ("policy_size_exceeds_scp_quota", "oversized_policy"),
    ] {
        assert_eq!(rules::by_name(id).map(|it| it.id), Some(rule), "{id}");
    }
}

#[test]
fn the_table_of_peer_checks_is_up_to_date() {
    let table = table();
    let file = path("docs/peer-checks.md");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&file, &table).expect("the table can be written");
    }
    let stored = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        stored == table,
        "docs/peer-checks.md is out of date: `UPDATE_EXPECT=1 cargo test --test peer_checks` writes it"
    );
}

fn table() -> String {
    let (checks, others) = (checks(), others());
    let mut themes: Vec<&str> = Vec::new();
    for check in &checks {
        if !themes.contains(&&*check.theme) {
            themes.push(&check.theme);
        }
    }
    let mut out = String::from(
        "# What other linters check\n\n\
         Every check that the linters of IAM policies, KMS keys and buckets make, by a name of ours, their ids for it, \
         and the rule\nthat serves it here. `iamlint explain` finds a rule by such an id. What no rule serves is built \
         into iamlint, declined for a\nreason, or not yet there.\n\n\
         This page is written by `UPDATE_EXPECT=1 cargo test --test peer_checks`.\n\n\
         | theme | checks | served by a rule | built in | declined | not yet |\n| --- | ---: | ---: | ---: | ---: | ---: |\n",
    );
    let answer = |check: &Check| {
        if serving(&check.name).is_empty() { others.get(&check.name).map_or("not yet", |it| &*it.answer) } else { "" }
    };
    for theme in &themes {
        let answers: Vec<&str> = checks.iter().filter(|it| it.theme == *theme).map(answer).collect();
        let count = |wanted| answers.iter().filter(|it| **it == wanted).count();
        let (rules, built_in, declined, not_yet) = (count(""), count("built in"), count("declined"), count("not yet"));
        let _ = writeln!(out, "| {theme} | {} | {rules} | {built_in} | {declined} | {not_yet} |", answers.len());
    }
    for theme in &themes {
        let _ = write!(out, "\n## {theme}\n\n| check | elsewhere | here |\n| --- | --- | --- |\n");
        for check in checks.iter().filter(|it| it.theme == *theme) {
            let links: Vec<String> =
                serving(&check.name).iter().map(|rule| format!("[{id}](../rules/{id}.md)", id = rule.id)).collect();
            let here = match (links.is_empty(), others.get(&check.name)) {
                (false, _) => links.join(", "),
                (true, Some(other)) => format!("{}: {}", other.answer, other.reason),
                (true, None) => "not yet".to_owned(),
            };
            let _ = writeln!(out, "| `{}` | {} | {here} |", check.name, check.peers.join(", "));
        }
    }
    out
}
