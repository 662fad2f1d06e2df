//! One literal that comes to several values: the second element of a list that a module is called with thrice is one thing to
//! mend, whatever is put into it.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::rule::{Finding, Label, Rewrite, quoted};
use crate::source::{Span, Workspace};

/// Findings that are one.
struct Alike {
    /// The place of the one that is shown.
    first: usize,
    others: Vec<Finding>,
}

/// What one literal comes to in several values, as in several calls of a module or in a loop, is one finding: it speaks of
/// the first, names the others, and holds for all. Whatever else is said of them must be the same.
pub(super) fn once(workspace: &Workspace, findings: Vec<Finding>) -> Vec<Finding> {
    let mut counts: FxHashMap<(&str, Span), usize> = FxHashMap::default();
    for finding in &findings {
        *counts.entry((finding.rule, finding.span)).or_default() += 1;
    }
    let mut out: Vec<Finding> = Vec::with_capacity(findings.len());
    let mut alike: FxHashMap<(&str, Span), Vec<Alike>> = FxHashMap::default();
    for finding in findings {
        let place = (finding.rule, finding.span);
        if counts[&place] > 1 {
            let them = alike.entry(place).or_default();
            let is_made_up = workspace.source(finding.span.file).slice(finding.span).contains("${");
            let is_same = |it: &&mut Alike| {
                let mut all = [&out[it.first]].into_iter().chain(&it.others);
                all.all(|it| differs_in_values(it, &finding, is_made_up))
            };
            if let Some(alike) = them.iter_mut().find(is_same) {
                alike.others.push(finding);
                continue;
            }
            them.push(Alike { first: out.len(), others: Vec::new() });
        }
        out.push(finding);
    }
    for Alike { first, others } in alike.into_values().flatten().filter(|it| !it.others.is_empty()) {
        let first = &mut out[first];
        let values = |of: &Finding| quotations(&of.message).skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let own = values(first);
        let mut named: Vec<String> = Vec::new();
        for value in others.iter().filter_map(|it| values(it).into_iter().zip(&own).find(|(it, own)| it != *own)) {
            if !named.contains(&value.0) {
                named.push(value.0);
            }
        }
        if !named.is_empty() {
            first.labels.push(Label { span: first.span, message: format!("the same holds of {}", quoted(&named)) });
        }
        for other in others {
            first.instances.extend(other.instances);
            first.identities.extend(other.identities);
        }
        first.order_instances();
    }
    out
}

/// Whether two findings at one literal are of two things that it makes, and say the same but for the user's words: two
/// statements, or within one of them two texts, where the literal is one that is made up of others.
fn differs_in_values(one: &Finding, other: &Finding, is_made_up: bool) -> bool {
    fn says(of: &Finding) -> impl Iterator<Item = &str> {
        quotations(&of.message).step_by(2)
    }
    fn changes(of: &Finding) -> impl Iterator<Item = &[Rewrite]> {
        of.remedies.iter().map(|it| &it.changes[..])
    }
    let statement = |it: &Finding| it.statement.as_ref().map(|it| (it.span, it.index));
    let (here, there) = (statement(one), statement(other));
    let begins = |it: &Finding| quotations(&it.message).nth(1).map(str::to_owned);
    let is_of_another = one.carrier.address != other.carrier.address || here != there;
    let is_another = is_of_another || is_made_up && begins(one) != begins(other);
    let case = |it: &Finding| it.case.as_ref().map(|(case, _)| Arc::clone(&case.words));
    is_another
        && here.map(|it| it.0) == there.map(|it| it.0)
        && (one.severity, one.confidence, &one.change) == (other.severity, other.confidence, &other.change)
        && case(one) == case(other)
        && says(one).eq(says(other))
        && changes(one).eq(changes(other))
}

/// What stands outside and inside of backticks, in turns.
fn quotations(message: &str) -> impl Iterator<Item = &str> {
    message.split('`')
}
