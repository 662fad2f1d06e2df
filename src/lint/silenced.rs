//! What conditions and denials silence. The weighing is asked and not retold: a policy is judged without them, and what
//! rules then say that they do not say now is what they silence. Whichever rule weighs them, and however, this stays true.

use std::iter;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::{Options, Said, folded, judged, said};
use crate::config::Config;
use crate::frontend::Configuration;
use crate::policy::{Policy, Restraint};
use crate::report::Silenced;
use crate::rule::{Finding, Label};
use crate::rules;
use crate::source::{Span, Workspace};

/// What is silenced in a configuration in which these are the findings.
pub(super) fn within(
    workspace: &Workspace,
    configuration: &Configuration,
    options: &Options,
    findings: &[Finding],
) -> Vec<Silenced> {
    let told: FxHashSet<Said> = findings.iter().map(said).collect();
    let mut changed = configuration.clone();
    let mut out = Vec::new();
    for policy in &configuration.policies {
        let mut without = |gone: &[Restraint]| {
            let bare = Arc::new(policy.without(gone));
            changed.put(&bare, policy);
            let mut findings = judged(workspace, &changed, options, Some(&bare));
            changed.put(policy, &bare);
            folded(&mut findings, iter::empty());
            // How a policy is written, and how well a thing is kept, is no matter of who gets at it.
            findings.retain(|it| is_about_access(it) && !told.contains(&said(it)));
            findings
        };
        let restraints = policy.restraints();
        if restraints.is_empty() || options.is_stopped() {
            continue;
        }
        let findings = without(&restraints);
        if findings.is_empty() {
            continue;
        }
        let by_itself: Vec<(Restraint, FxHashSet<Said>)> = restraints
            .iter()
            .map(|one| {
                let others: Vec<Restraint> = restraints.iter().copied().filter(|it| it != one).collect();
                (*one, without(&others).iter().map(said).collect())
            })
            .collect();
        out.extend(findings.into_iter().map(|finding| {
            let said = said(&finding);
            let alone = by_itself.iter().filter(|(_, left)| !left.contains(&said)).map(|(it, _)| *it);
            let alone: Vec<Restraint> = alone.collect();
            let by = if alone.is_empty() { together(policy, &finding, &restraints) } else { alone };
            let label = |it: Restraint| policy.restraint(it).map(|(span, message)| Label { span, message });
            Silenced { by: by.into_iter().filter_map(label).collect(), finding }
        }));
    }
    out
}

/// What can only silence a finding together: the conditions of its statement, and whatever the policy denies.
fn together(policy: &Policy, finding: &Finding, restraints: &[Restraint]) -> Vec<Restraint> {
    let of_it = |it: &&Restraint| match (it, &finding.statement) {
        (Restraint::Condition(at, _), Some(name)) => policy.statements[*at].index == name.index,
        _ => true,
    };
    restraints.iter().filter(of_it).copied().collect()
}

/// Each of them once, without what is not wanted.
pub(super) fn once(workspace: &Workspace, mut silenced: Vec<Silenced>, config: &Config) -> Vec<Silenced> {
    let mut seen = FxHashSet::default();
    silenced.retain_mut(|it| {
        let by: Vec<Span> = it.by.iter().map(|it| it.span).collect();
        config.rate(workspace, &mut it.finding).is_none() && seen.insert((said(&it.finding), by))
    });
    silenced
}

fn is_about_access(finding: &Finding) -> bool {
    rules::by_id(finding.rule).is_some_and(|it| it.is_of_access())
}
