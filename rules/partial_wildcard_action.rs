use std::cmp::Reverse;

use super::wildcard_action::spell_out;
use crate::catalog::{self, AccessLevel, Power, Use};
use crate::policy::{Policy, PolicyKind, Principal, Scope, Service, Statement};
use crate::rule::{Context, Severity, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    // A trust policy knows only a handful of actions, and patterns in a key policy are how AWS writes its own.
    if !policy.kind.grants() || matches!(policy.kind, PolicyKind::Trust | PolicyKind::Resource(Service::Kms)) {
        return;
    }
    for statement in policy.allow_statements() {
        let principals = statement.principals.as_ref().map_or(&[][..], Scope::only);
        if !policy.kind.is_identity() && !principals.is_empty() && principals.iter().all(Principal::is_account) {
            continue;
        }
        for action in statement.actions.only() {
            if !action.has_wildcard() || action.is_whole_service() || action.covers_every_action() {
                continue;
            }
            let mut reached = action.expand();
            reached.retain(|it| statement.admits(*it) && statement.may_reach(*it));
            let every = reached.clone();
            let all = every.len();
            reached.retain(does_more_than_read);
            reached.sort_by_cached_key(|it| (Reverse(catalog::leads_on(*it)), Reverse(it.power()), *it));
            let Some(severity) = severity(statement, &reached, policy.kind.is_identity()).filter(|_| all > 1) else {
                continue;
            };
            let count = match reached.len() {
                more if more == all => format!("{all} actions"),
                1 => format!("{all} actions, one of which does more than read"),
                more => format!("{all} actions, of which {more} do more than read"),
            };
            let report = cx
                .report(&action.place, format!("`{action}` stands for {count}: {}", quoted(&reached)))
                .of(statement, action)
                .severity(severity)
                .help(format!("name the actions that are called in place of `{action}`"));
            // Without what gives permissions it is another grant, and all of it by name is the same one.
            if every.iter().any(|it| !Use::Work.needs(*it)) {
                spell_out(report, action, &every);
            }
        }
    }
}

fn does_more_than_read(action: &catalog::Action) -> bool {
    action.access_level() >= AccessLevel::Tagging && action.power() >= Power::Changes || catalog::leads_on(*action)
}

/// How bad it is that a pattern reaches these actions, worst first; none when it is not.
fn severity(statement: &Statement, reached: &[catalog::Action], identity: bool) -> Option<Severity> {
    // A few of one family is a way of writing them: `kms:GenerateDataKey*`, `sqs:*Message`.
    const FAMILY: usize = 5;
    let worst = reached.first()?.power();
    let unbounded = |it: &&catalog::Action| identity && statement.is_unbounded(**it);
    let wide = reached.iter().filter(unbounded).map(|it| (catalog::leads_on(*it), it.power())).max();
    match (wide, worst) {
        (Some((true, _)), _) => Some(Severity::High),
        (Some((_, Power::Permits)), _) => Some(Severity::Medium),
        (_, Power::Permits) => Some(Severity::Low),
        (Some(_), _) if reached.len() > FAMILY => Some(Severity::Low),
        _ => None,
    }
}
