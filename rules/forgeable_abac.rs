use std::sync::Arc;

use crate::catalog::{self, AccessLevel};
use crate::frontend::Identity;
use crate::policy::{Action, Condition, Policy, PrincipalKind, Scope, Statement};
use crate::rule::Context;

pub(super) fn check(identity: &Identity, cx: &mut Context<'_>) {
    let attached = identity.attached.iter().filter_map(|it| it.policy.as_ref());
    let policies: Vec<&Arc<Policy>> = identity.inline.iter().chain(attached).collect();
    let statements = || policies.iter().flat_map(|policy| policy.allow_statements().map(move |it| (*policy, it)));
    for (policy, statement) in statements() {
        for action in statement.actions.only() {
            let Some(tags) = action.expand().into_iter().find(|it| sets_any_tag(statement, *it)) else { continue };
            let service = tags.service().prefix();
            let Some((guarded, guard)) = statements().find_map(|(_, it)| guarded_by_tag(it, service)) else { continue };
            cx.report(&action.place, format!("`{tags}` sets the tags that `{}` asks for", guard.key))
                .on(&policy.address)
                .of(statement, tags)
                .label(guard.place.span, format!("`{guarded}` hangs on this tag"))
                .help("bound the tags by `aws:RequestTag` and `aws:TagKeys`, and what is tagged by its tags");
            return;
        }
    }
    let Some(used) = statements().find_map(|(_, it)| session_tag(it)) else { return };
    for policy in &identity.trust {
        for statement in policy.allow_statements().filter(|it| brings_any_tag(it)) {
            let tags = statement.actions.only().iter().find(|it| it.must_match("sts:TagSession"));
            let place = tags.map_or(&statement.place, |it| &it.place);
            cx.report(place, "whoever assumes the role chooses the tags of the session, which its policies trust")
                .on(&policy.address)
                .of(statement, "sts:TagSession")
                .label(used, "a tag of the session decides here")
                .help("bound the tags by `aws:RequestTag` and `aws:TagKeys`, or leave `sts:TagSession` out");
        }
    }
}

fn is_about_new_tags(condition: &Condition) -> bool {
    condition.is_on("aws:requesttag/") || condition.is_on("aws:tagkeys")
}

/// Whether a statement allows an action that tags, on everything and whatever the tag.
fn sets_any_tag(statement: &Statement, action: catalog::Action) -> bool {
    action.access_level() == AccessLevel::Tagging
        && statement.is_unbounded(action)
        && !statement.conditions.iter().any(is_about_new_tags)
}

/// An action of a service that a tag of the resource guards, and the condition that does.
fn guarded_by_tag<'s>(statement: &'s Statement, service: &str) -> Option<(&'s Action, &'s Condition)> {
    let of_service = |it: &&Action| it.service().is_some_and(|it| it.eq_ignore_ascii_case(service));
    let on_tag = |it: &&Condition| it.key_lower().contains(":resourcetag/") && it.weakness().is_none();
    Some((statement.actions.only().iter().find(of_service)?, statement.conditions.iter().find(on_tag)?))
}

/// Where a tag of the session decides what may be done.
fn session_tag(statement: &Statement) -> Option<crate::source::Span> {
    const VARIABLE: &str = "${aws:principaltag/";
    let holds = |raw: &str| raw.to_ascii_lowercase().contains(VARIABLE);
    let resource = statement.resources.iter().flat_map(Scope::entries).find(|it| holds(it.text.raw()));
    let by_resource = resource.map(|it| it.place.span);
    let tested = |it: &&Condition| {
        it.is_on("aws:principaltag/") && it.weakness().is_none() || it.values.iter().any(|it| holds(it.text.raw()))
    };
    by_resource.or_else(|| statement.conditions.iter().find(tested).map(|it| it.place.span))
}

/// Whether accounts, roles or users may assume a role with whatever tags; a provider or a service sets them by itself.
fn brings_any_tag(statement: &Statement) -> bool {
    let by_people = statement.principals.iter().flat_map(Scope::only).any(|it| it.kind == PrincipalKind::Aws);
    by_people && statement.actions.must_match("sts:TagSession") && !statement.conditions.iter().any(is_about_new_tags)
}
