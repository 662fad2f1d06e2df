use std::cmp::Reverse;

use crate::catalog::{self, Power};
use crate::policy::{Action, Guard, Policy, Resource, Scope, Statement};
use crate::rule::{Confidence, Context, Severity, listed};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.is_identity() {
        return;
    }
    for statement in policy.allow_statements() {
        let entries: Vec<Entry<'_>> = statement
            .actions
            .only()
            .iter()
            // All of a service on everything is one thing to say, and `wildcard_action` says it.
            .filter(|it| !it.is_whole_service() && !it.covers_every_action())
            .map(|it| Entry::of(statement, it))
            .collect();
        for resource in statement.resources.iter().flat_map(Scope::only) {
            report(statement, resource, &entries, cx);
        }
    }
}

/// An entry of `Action`.
struct Entry<'s> {
    action: &'s Action,
    /// What of it could be bound to some resources, and is not.
    wide: Vec<catalog::Action>,
    /// Whether nothing of it takes a resource.
    takes_only_star: bool,
}

impl<'s> Entry<'s> {
    fn of(statement: &Statement, entry: &'s Action) -> Self {
        let actions = entry.expand();
        let needs_star = |it: &catalog::Action| it.takes_only_star() || it.sometimes_needs_star().is_some();
        let takes_only_star = !actions.is_empty() && actions.iter().all(needs_star);
        let mut wide = actions;
        wide.retain(|it| {
            !needs_star(it)
                // Passing every role is worse than that, and has a rule of its own.
                && it.full_name() != "iam:PassRole"
                && statement.admits(*it)
                && statement.narrowed(*it).is_none()
        });
        // Who lists or describes mostly asks for all there is, so only a look at one resource is worth a word.
        let looks = wide.iter().all(|it| it.power() == Power::Sees);
        if looks && (entry.has_wildcard() || wide.iter().any(|it| can_go_without(*it))) {
            wide.clear();
        }
        Self { action: entry, wide, takes_only_star }
    }

    fn danger(&self) -> (bool, Power) {
        let leads_on = self.wide.iter().any(|it| catalog::leads_on(*it));
        (leads_on, self.wide.iter().map(|it| it.power()).max().unwrap_or(Power::Sees))
    }
}

/// Whether a request may well name no resource: the one type that there is, is optional.
fn can_go_without(action: catalog::Action) -> bool {
    let mut types = action.resource_types();
    types.len() == 1 && types.all(|it| !it.is_required())
}

fn report(statement: &Statement, resource: &Resource, entries: &[Entry<'_>], cx: &mut Context<'_>) {
    let is_first = |action: &catalog::Action| {
        statement.reaches_all_of(*action).is_some_and(|it| std::ptr::eq(it, resource))
    };
    let mut guilty: Vec<&Entry<'_>> = entries.iter().filter(|it| it.wide.iter().any(is_first)).collect();
    let Some((leads_on, power)) = guilty.iter().map(|it| it.danger()).max() else { return };
    guilty.sort_by_key(|it| Reverse(it.danger()));
    let names = listed(guilty.iter().map(|it| it.action), 3);
    let they = if guilty.len() == 1 { "it" } else { "they" };
    let mut severity = match power {
        _ if leads_on => Severity::High,
        Power::Permits => Severity::High,
        Power::Unlocks | Power::Changes | Power::ReadsData => Severity::Medium,
        Power::Sees => Severity::Low,
    };
    // An ARN without names at least keeps to one service or type, and a bound on the way is better than none.
    let bound = statement.guarded_by(&[Guard::Path, Guard::Resource, Guard::Network]);
    if bound.is_some() || !resource.is_everything() {
        severity = if severity == Severity::High { Severity::Medium } else { Severity::Low };
    }
    let fine: Vec<&Action> = entries.iter().filter(|it| it.takes_only_star).map(|it| it.action).collect();
    let fine = if resource.is_everything() { &fine[..] } else { &[] };
    let mut help = match &forms(&guilty)[..] {
        [] => format!("limit {names} to the resources that are meant"),
        forms => format!("limit {names} to {}", listed(forms, 2)),
    };
    if !fine.is_empty() {
        help.push_str(&format!(", and leave {} on `{resource}` in a statement of its own", listed(fine, 2)));
    }
    let mut report = cx
        .report(&resource.place, format!("`{resource}` lets {names} reach every resource, though {they} can be limited to some"))
        .of(statement, format!("{names} on {resource}"))
        .severity(severity)
        .help(help);
    if power == Power::Sees && !leads_on {
        report = report.confidence(Confidence::Medium);
    }
    if let Some(condition) = bound {
        report = report.label(condition.place.span, format!("`{}` makes it less bad", condition.key));
    }
    if let [first, ..] = fine {
        report.label(first.place.span, format!("`{resource}` is right for {}", listed(fine, 3)));
    }
}

/// What the ARNs look like that the actions take, where that is few.
fn forms(entries: &[&Entry<'_>]) -> Vec<String> {
    let mut forms: Vec<String> = Vec::new();
    for action in entries.iter().flat_map(|it| &it.wide) {
        let types = || action.resource_types();
        let kind = types().find(|it| it.is_required()).or_else(|| types().next().filter(|_| types().len() < 4));
        let form = kind.and_then(|it| it.resource_type().arns().next());
        // `${…}` would be read as Terraform's own if it were copied.
        let form = form.map(|it| it.replace("${Partition}", "aws").replace("${", "{"));
        forms.extend(form.filter(|it| !forms.contains(it)));
    }
    forms
}
