use crate::catalog::{self, AccessLevel};
use crate::frontend::Identity;
use crate::policy::{Action, Condition, PrincipalKind, Scope, Statement};
use crate::rule::Context;

pub(super) fn check(identity: &Identity, cx: &mut Context<'_>) {
    let statements =
        || identity.written_policies().flat_map(|policy| policy.allow_statements().map(move |it| (policy, it)));
    let asks_for_tags = statements().any(|(_, it)| it.conditions.iter().any(is_on_tag));
    for (policy, statement) in statements().filter(|_| asks_for_tags) {
        for action in statement.actions.only() {
            let Some(tags) = action.reached().iter().find(|it| sets_any_tag(statement, *it)) else { continue };
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
    for claim in &CLAIMS {
        let Some(used) = statements().find_map(|(_, it)| decides(claim, it)) else { continue };
        for policy in &identity.trust {
            for statement in policy.allow_statements().filter(|it| lets_choose(claim, it)) {
                let by = statement.actions.only().iter().find(|it| it.must_match(claim.action));
                let place = by.map_or(&statement.place, |it| &it.place);
                let what = claim.words;
                cx.report(
                    place,
                    format!("whoever assumes the role chooses {what} of the session, which its policies trust"),
                )
                .on(&policy.address)
                .of(statement, claim.action)
                .label(used, format!("{what} of the session decides here"))
                .help(format!("bound {what} by {}, or leave `{}` out", claim.bound, claim.action));
            }
        }
    }
}

/// What a session says of itself, as whoever begins it has it say.
struct Claim {
    words: &'static str,
    /// The key by which policies ask for it; a tag's ends where its name begins.
    key: &'static str,
    /// What lets the one who assumes the role choose it.
    action: &'static str,
    /// The keys that bound what may be chosen.
    bounds: &'static [&'static str],
    bound: &'static str,
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html>
const CLAIMS: [Claim; 2] = [
    Claim {
        words: "the tags",
        key: "aws:principaltag/",
        action: "sts:TagSession",
        bounds: &["aws:requesttag/", "aws:tagkeys"],
        bound: "`aws:RequestTag` and `aws:TagKeys`",
    },
    Claim {
        words: "the source identity",
        key: "aws:sourceidentity",
        action: "sts:SetSourceIdentity",
        bounds: &["sts:sourceidentity"],
        bound: "`sts:SourceIdentity`",
    },
];

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
    let condition = statement.conditions.iter().find(|it| is_on_tag(it))?;
    Some((statement.actions.only().iter().find(of_service)?, condition))
}

fn is_on_tag(condition: &Condition) -> bool {
    condition.is_on_resource_tag() && (condition.weakness().is_none() || condition.asks_for_a_tag())
}

/// Where what a session says of itself decides what may be done.
fn decides(claim: &Claim, statement: &Statement) -> Option<crate::source::Span> {
    let is_key = |it: &str| it.get(..claim.key.len()).is_some_and(|it| it.eq_ignore_ascii_case(claim.key));
    let holds = |raw: &str| raw.match_indices("${").any(|(at, open)| is_key(&raw[at + open.len()..]));
    let resource = statement.resources.iter().flat_map(Scope::entries).find(|it| holds(it.text.raw()));
    let by_resource = resource.map(|it| it.place.span);
    let tested = |it: &&Condition| {
        it.is_on(claim.key) && it.weakness().is_none() || it.values.iter().any(|it| holds(it.text.raw()))
    };
    by_resource.or_else(|| statement.conditions.iter().find(tested).map(|it| it.place.span))
}

/// Whether accounts, roles or users may assume a role and say of the session what they like; a provider or a service
/// says it by itself.
fn lets_choose(claim: &Claim, statement: &Statement) -> bool {
    let by_people = statement.principals.iter().flat_map(Scope::only).any(|it| it.kind == PrincipalKind::Aws);
    let bounds = |it: &Condition| claim.bounds.iter().any(|key| it.is_on(key)) && it.weakness().is_none();
    by_people && statement.actions.must_match(claim.action) && !statement.conditions.iter().any(bounds)
}
