//! What the rules about validity say of the policies that AWS publishes. AWS has taken every one of them, so what is said
//! there must be something that AWS takes without a word; `testdata/managed-policies.txt` shows how often.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use iamlint::catalog;
use iamlint::frontend::Configuration;
use iamlint::lint::{self, Options};
use iamlint::policy::of_aws;
use iamlint::rule::{Confidence, Finding, Severity};
use iamlint::rules;
use iamlint::source::Workspace;

static FINDINGS: LazyLock<Vec<Finding>> = LazyLock::new(|| {
    let validity = rules::all().iter().filter(|it| it.head().theme == "validity").collect();
    let options = Options { rules: validity, ..Options::default() };
    let policies = catalog::managed_policies().map(of_aws).collect();
    let none = Workspace::of_texts(Vec::<(String, String)>::new());
    lint::apply(&none, &Configuration { policies, ..Configuration::default() }, &options)
});

#[test]
fn aws_publishes_nothing_that_it_would_refuse() {
    let refused: Vec<String> = FINDINGS
        .iter()
        .filter(|it| it.severity >= Severity::High && it.confidence > Confidence::Low)
        .map(|it| format!("{}: {}: {}", it.carrier.address, it.rule, it.message))
        .collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn the_counts_over_the_managed_policies_are_up_to_date() {
    let mut counts: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for finding in &*FINDINGS {
        *counts.entry((finding.rule, finding.severity.name(), finding.confidence.name())).or_default() += 1;
    }
    let mut text = String::from("# rule severity confidence: findings over the policies of AWS\n");
    for ((rule, severity, confidence), count) in counts {
        let _ = writeln!(text, "{rule} {severity} {confidence}: {count}");
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/managed-policies.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&file, &text).expect("the counts can be written");
    }
    let stored = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(stored == text, "{} is out of date:\n{text}", file.display());
}
