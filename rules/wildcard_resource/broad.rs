//! What a statement grants on every resource by a form that is broader still: all of a service, every action but some, or
//! every resource but some. Rules about these forms say so first, and fold what is said here; it shows where they do not
//! stand.

use super::super::wildcard_action::worst;
use super::{Concern, Entry, Found, subject, what_they_do, worst_first};
use crate::catalog;
use crate::policy::{Action, Reach, Scope, Statement, Sweep};
use crate::rule::{Context, listed, quoted};

/// Reports of one concern what a statement grants so.
pub(super) fn check(
    concern: Concern,
    statement: &Statement,
    is_spared: &dyn Fn(catalog::Action) -> bool,
    cx: &mut Context<'_>,
) {
    match (&statement.actions, &statement.resources) {
        (Scope::Only(_), Some(Scope::Only(_))) => {
            for sweeps in statement.broad_sweeps().chunk_by(|a, b| a.entry == b.entry) {
                let such = sweeps.iter().filter_map(|it| Some((Concern::of(it)?, it)));
                let such: Vec<(Concern, &Sweep)> = such.filter(|(_, it)| !is_spared(it.action)).collect();
                report(concern, statement, |concern| whole(concern, statement, &such), cx);
            }
        }
        (_, Some(resources)) => {
            let is_all = |action: catalog::Action| {
                action.can_be_limited()
                    && statement.admits(action)
                    && statement.is_unbounded(action)
                    && statement.reaches_account_of(action)
                    && !is_spared(action)
            };
            // To leave out everything is to allow nothing.
            let is_nothing = resources.is_negated() && resources.entries().iter().any(|it| it.is_everything());
            if !is_nothing {
                report(concern, statement, |concern| left(concern, statement, &is_all), cx);
            }
        }
        _ => {}
    }
}

/// What an entry that is all of a service reaches.
fn whole<'s>(concern: Concern, statement: &'s Statement, sweeps: &[(Concern, &Sweep)]) -> Option<Found<'s>> {
    let such = || sweeps.iter().filter(|(of, _)| *of == concern).map(|(_, it)| *it);
    let wide: Vec<catalog::Action> = such().map(|it| it.action).collect();
    let worst = worst(&wide)?;
    let by = such().find(|it| it.action == worst)?;
    let resource = statement.resources.as_ref()?.entries().get(by.resource)?;
    let is_everywhere = such().any(|it| it.reach == Reach::Everywhere);
    let guilty = vec![Entry { action: statement.actions.only().get(by.entry)?, wide, worst }];
    Some(Found { statement, resource, is_everywhere, as_aws: false, guilty, along: Vec::new(), lesser: Vec::new() })
}

/// What a negation leaves.
fn left<'s>(concern: Concern, statement: &'s Statement, is_all: &dyn Fn(catalog::Action) -> bool) -> Option<Found<'s>> {
    let is_such = |it: &catalog::Action| Concern::of_action(*it) == Some(concern) && is_all(*it);
    let of = |action: &'s Action, mut wide: Vec<catalog::Action>| {
        wide.retain(is_such);
        Some(Entry { action, worst: worst(&wide)?, wide })
    };
    let guilty = match &statement.actions {
        Scope::Only(actions) => worst_first(actions.iter().filter_map(|it| of(it, it.expand())).collect()),
        Scope::AllExcept(spared) => of(spared.first()?, statement.actions.certain()).into_iter().collect(),
    };
    let worst = guilty.first()?.worst;
    let resource = match statement.resources.as_ref()? {
        Scope::Only(_) => statement.reaches_all_of(worst)?,
        Scope::AllExcept(entries) => entries.first()?,
    };
    Some(Found {
        statement,
        resource,
        is_everywhere: true,
        as_aws: false,
        guilty,
        along: Vec::new(),
        lesser: Vec::new(),
    })
}

/// Reports it, and what the very same entries do besides with it.
fn report<'s>(
    concern: Concern,
    statement: &'s Statement,
    found: impl Fn(Concern) -> Option<Found<'s>>,
    cx: &mut Context<'_>,
) {
    let Some(told) = found(concern) else { return };
    let Found { resource, guilty, .. } = &told;
    let [first, ..] = &guilty[..] else { return };
    let spared = statement.resources.as_ref().filter(|it| it.is_negated()).map(Scope::entries);
    let on = spared.map_or_else(|| format!("`{resource}`"), |it| format!("all but {}", quoted(it)));
    let does = what_they_do(concern, guilty, statement);
    let does = if spared.is_some() { does.replace("every ", "every other ") } else { does };
    let (who, is_negated) = match &statement.actions {
        Scope::Only(_) => (listed(guilty), false),
        Scope::AllExcept(_) => (format!("`NotAction` (`{}`)", first.worst), true),
    };
    let about = |guilty: &[Entry<'_>]| match &statement.actions {
        Scope::Only(_) if spared.is_none() => subject(guilty, resource),
        Scope::Only(_) => format!("{} on {on}", quoted(&guilty.iter().map(|it| it.action).collect::<Vec<_>>())),
        Scope::AllExcept(actions) => format!("all but {} on {on}", quoted(actions)),
    };
    let (severity, bound) = told.severity(concern);
    let called: Vec<&Action> = guilty.iter().map(|it| it.action).collect();
    let help = match (is_negated, spared.is_some()) {
        (true, _) => "name what is called under `Action`, and the resources that are meant under `Resource`".to_owned(),
        (false, true) => "name the resources that are meant under `Resource`".to_owned(),
        (false, false) => format!(
            "name the actions that are called in place of {}, and limit those that can be limited to the resources that \
             are meant",
            quoted(&called)
        ),
    };
    let mut report = cx
        .report(&resource.place, format!("{who} on {on} {does}"))
        .acting(if is_negated { &[][..] } else { &called })
        .of(statement, about(guilty))
        .severity(severity)
        .help(help);
    let is_guilty = |it: &Entry<'_>| guilty.iter().any(|other| std::ptr::eq(other.action, it.action));
    for lesser in Concern::ALL.into_iter().filter(|it| *it > concern) {
        if let Some(besides) = found(lesser).filter(|it| it.guilty.iter().all(is_guilty)) {
            report = report.telling_at(besides.resource.place.span, lesser.rule(), about(&besides.guilty));
        }
    }
    if first.action.place.given.is_some() {
        report = report.by(&first.action.place);
    }
    if let Some(condition) = bound {
        report =
            report.label(condition.place.span, format!("`{}` limits this, hence the lower severity", condition.key));
    }
    report.unguarded(statement, bound);
}
