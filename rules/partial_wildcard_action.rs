use std::cmp::Reverse;

use super::wildcard_action::{FEW, MARKED, in_place_of, is_delegation, rank, spell_out};
use crate::catalog::{self, AccessLevel, Danger, Power, Use};
use crate::policy::{Action, Policy, PolicyKind, Service, Statement};
use crate::rule::{Context, Severity, listed, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    // A trust policy knows only a handful of actions, and patterns in a key policy are how AWS writes its own.
    if !policy.kind.grants() || matches!(policy.kind, PolicyKind::Trust | PolicyKind::Resource(Service::Kms)) {
        return;
    }
    for statement in policy.allow_statements() {
        if !policy.kind.is_identity() && is_delegation(statement) {
            continue;
        }
        // Beside what gives everything, a pattern gives nothing more.
        if policy.kind.is_identity() && statement.gives_everything() {
            continue;
        }
        let is_partial = |it: &&Action| it.has_wildcard() && !it.is_whole_service() && !it.covers_every_action();
        let entries = statement.actions.only().iter().filter(is_partial);
        let mut partial: Vec<Partial<'_>> = entries.filter_map(|it| Partial::of(policy, statement, it)).collect();
        // Beside all of a service on the same resources, a pattern that is merely vague says nothing new.
        if statement.actions.only().iter().any(|it| it.is_whole_service() || it.covers_every_action()) {
            partial.retain(|it| it.severity > Severity::Low);
        }
        if partial.len() > FEW {
            partial.sort_by_key(|it| (Reverse(it.severity), Reverse(Danger::of(it.worst))));
            report_all(statement, &partial, policy.kind.is_identity(), cx);
        } else {
            partial.iter().for_each(|it| report(statement, it, policy.kind.is_identity(), cx));
        }
    }
}

/// A pattern that stands for more than it says.
pub(super) struct Partial<'s> {
    action: &'s Action,
    /// What of it the statement allows.
    pub(super) reached: Vec<catalog::Action>,
    /// What of that does more than read, the worst first.
    acting: Vec<catalog::Action>,
    pub(super) worst: catalog::Action,
    pub(super) severity: Severity,
}

impl<'s> Partial<'s> {
    pub(super) fn of(policy: &Policy, statement: &Statement, action: &'s Action) -> Option<Self> {
        let is_denied = policy.always_denied(statement);
        let mut reached = action.expand();
        reached.retain(|it| statement.admits(*it) && statement.may_reach(*it) && !is_denied(*it));
        let mut acting = reached.clone();
        acting.retain(does_more_than_read);
        acting.sort_by_cached_key(|it| Reverse(rank(*it)));
        // What is named beside it is allowed without it.
        let is_sure_name = |it: &&Action| !it.has_wildcard() && it.place.given.is_none();
        let named: Vec<&Action> = statement.actions.only().iter().filter(is_sure_name).collect();
        let is_named = |it: &catalog::Action| named.iter().any(|entry| entry.names_known(*it));
        let added: Vec<_> = acting.iter().copied().filter(|it| !is_named(it)).collect();
        let worst = *added.first().filter(|_| reached.len() > 1)?;
        let severity = severity(statement, action, &added, policy.kind.is_identity())?;
        Some(Self { action, reached, acting, worst, severity })
    }

    /// What its worst action is good for.
    fn use_of_worst(&self) -> Option<&'static str> {
        match self.worst.power() {
            _ if catalog::leads_on(self.worst) => Some("holds a known way to more permissions"),
            Power::Permits => Some("lets its holder decide who has access"),
            _ => None,
        }
    }
}

fn report(statement: &Statement, partial: &Partial<'_>, is_identity: bool, cx: &mut Context<'_>) {
    let Partial { action, reached, acting, worst, .. } = partial;
    let all = reached.len();
    let count = match acting.len() {
        more if more == all => format!("{all} actions"),
        1 => format!("{all} actions, one of which does more than read"),
        more => format!("{all} actions, of which {more} do more than read"),
    };
    let message = match partial.use_of_worst() {
        Some(use_of_it) => format!("`{action}` {use_of_it} (`{worst}`): it stands for {count}"),
        None => format!("`{action}` stands for {count}: {}", quoted(acting)),
    };
    let report = cx.report(&action.place, message).of(statement, action).severity(partial.severity).help(in_place_of(
        &[action],
        statement,
        is_identity.then_some(reached),
    ));
    // Without what gives permissions it is another grant, and all of it by name is the same one.
    if reached.iter().any(|it| !Use::Work.needs(*it)) {
        spell_out(report, action, reached);
    }
}

/// One finding for all patterns of a statement, the worst of which come first.
fn report_all(statement: &Statement, all: &[Partial<'_>], is_identity: bool, cx: &mut Context<'_>) {
    let [worst, rest @ ..] = all else { return };
    let actions: Vec<&Action> = all.iter().map(|it| it.action).collect();
    let named: Vec<String> = all.iter().map(|it| format!("`{}` for `{}`", it.action, it.worst)).collect();
    let swept: Vec<_> = all.iter().flat_map(|it| it.reached.iter().copied()).collect();
    let mut report = cx
        .report(&worst.action.place, format!("{} patterns stand for more than they say: {}", all.len(), listed(&named)))
        .acting(&actions)
        .of(statement, actions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        .severity(worst.severity)
        .help(in_place_of(&actions, statement, is_identity.then_some(&swept)));
    for other in rest.iter().take(MARKED) {
        report = report.label(other.action.place.span, format!("stands for {}", quoted(&other.acting)));
    }
}

fn does_more_than_read(action: &catalog::Action) -> bool {
    action.access_level() >= AccessLevel::Tagging && action.power() >= Power::Changes || catalog::leads_on(*action)
}

/// Whether a pattern leaves open only the verb: `s3:*ObjectAcl`, of which a reader expects what is done with these.
fn says_what(action: &Action) -> bool {
    let Some(noun) = action.name().and_then(|it| it.strip_prefix('*')) else { return false };
    let is_verb = |it: &str| !it.is_empty() && it.chars().skip(1).all(|it| it.is_ascii_lowercase());
    let is_of_noun = |name: &str| {
        let (verb, rest) = name.split_at_checked(name.len().saturating_sub(noun.len())).unwrap_or_default();
        rest.eq_ignore_ascii_case(noun) && is_verb(verb)
    };
    !noun.contains(['*', '?']) && action.reached().iter().all(|it| is_of_noun(it.name()))
}

/// How bad it is that a pattern reaches these actions, worst first; none when it is not.
fn severity(statement: &Statement, action: &Action, reached: &[catalog::Action], identity: bool) -> Option<Severity> {
    // A few of one family is a way of writing them: `kms:GenerateDataKey*`, `sqs:*Message`. And `Modify*` says what it
    // does.
    const FAMILY: usize = 5;
    let hides_what = action.name().is_some_and(|it| it.starts_with(['*', '?']));
    let permits = reached.iter().any(|it| it.power() == Power::Permits);
    let unbounded = |it: &&catalog::Action| identity && statement.is_unbounded(**it);
    let wide = reached.iter().filter(unbounded).map(|it| (catalog::leads_on(*it), it.power())).max();
    match wide {
        Some((true, _)) => Some(Severity::High),
        Some((_, Power::Permits)) => Some(Severity::Medium),
        _ if permits && reached.len() <= FAMILY && says_what(action) => None,
        _ if permits => Some(Severity::Low),
        Some(_) if hides_what && reached.len() > FAMILY => Some(Severity::Low),
        _ => None,
    }
}
