use std::cmp::Reverse;

use crate::catalog::{self, AccessLevel, Power};
use crate::policy::{Policy, PolicyKind, Scope, Statement};
use crate::rule::{Context, Severity, listed};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.grants() || policy.kind == PolicyKind::Trust {
        return;
    }
    for statement in policy.allow_statements() {
        for action in statement.actions.only() {
            if !action.has_wildcard() || action.is_whole_service() || action.covers_every_action() {
                continue;
            }
            let mut reached = action.expand();
            reached.retain(|it| statement.admits(*it) && statement.may_reach(*it));
            let all = reached.len();
            reached.retain(|it| it.access_level() >= AccessLevel::Tagging && it.power() >= Power::Changes || catalog::leads_on(*it));
            reached.sort_by_key(|it| (Reverse(catalog::leads_on(*it)), Reverse(it.power()), *it));
            let Some(severity) = severity(statement, &reached) else { continue };
            let what = listed(&reached, 3);
            let count = if all == reached.len() {
                format!("{all} actions")
            } else {
                format!("{all} actions, of which {} do more than read", reached.len())
            };
            cx.report(&action.place, format!("`{action}` stands for {count}: {what}"))
                .of(statement, action)
                .severity(severity)
                .help(format!("list the actions that are called in place of `{action}`"));
        }
    }
}

/// How bad it is that a pattern reaches these actions; none when it is not.
fn severity(statement: &Statement, reached: &[catalog::Action]) -> Option<Severity> {
    // A pattern of one action, or of a few of one family, is a way of writing it: `kms:GenerateDataKey*`.
    const FAMILY: usize = 5;
    let worst = reached.first()?;
    let unbounded = |it: &&catalog::Action| {
        statement.narrowed(**it).is_none()
            && (statement.resources.as_ref().is_some_and(Scope::is_negated) || statement.reaches_all_of(**it).is_some())
    };
    let wide = reached.iter().filter(unbounded).map(|it| (catalog::leads_on(*it), it.power())).max();
    match (wide, worst.power()) {
        (Some((true, _)), _) => Some(Severity::High),
        _ if reached.len() == 1 => None,
        (Some((_, Power::Permits | Power::Unlocks)), _) => Some(Severity::Medium),
        (_, Power::Permits | Power::Unlocks) => Some(Severity::Low),
        (Some(_), _) if reached.len() > FAMILY => Some(Severity::Low),
        _ => None,
    }
}
