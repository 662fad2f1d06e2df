use super::attached_administrator;
use crate::catalog;
use crate::frontend::{Configuration, Identity, IdentityKind};
use crate::policy::{Action, Policy, Resource, Statement, matches, split_arn};
use crate::rule::Context;
use crate::value::{HOLE, Text};

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    for identity in &configuration.identities {
        if identity.boundary.as_ref().is_none_or(|it| !attached_administrator::bounds(it)) {
            let groups: Vec<_> = identity.groups.iter().filter_map(|it| configuration.identities.get(*it)).collect();
            judge(identity, &groups, cx);
        }
    }
}

fn judge(identity: &Identity, groups: &[&Identity], cx: &mut Context<'_>) {
    // Few have to do with IAM at all.
    let of_iam = |it: &Action| it.service().is_none_or(|it| it.eq_ignore_ascii_case("iam") || it.contains(['*', '?']));
    let holds_iam = |it: &Statement| it.actions.is_negated() || it.actions.only().iter().any(of_iam);
    if !identity.written_policies().flat_map(|it| it.allow_statements()).any(holds_iam) {
        return;
    }
    let ways = ways(identity, groups);
    for policy in identity.written_policies() {
        for statement in policy.allow_statements() {
            let own = ways.iter().find_map(|(action, is_own)| {
                let action = *action;
                let entry = statement.actions.only().iter().find(|it| it.names_known(action))?;
                // Of every role or policy it is more than that, and said by other rules.
                let narrow = !statement.reaches_account_of(action) && statement.narrowed(action).is_none();
                let on = statement.resources.as_ref()?.only().iter().find(|it| is_own(it))?;
                (narrow && !bounds_what_is_given(statement) && !identity.may_be_denied(action))
                    .then_some((action, entry, on))
            });
            if let Some((action, entry, on)) = own {
                report(identity, policy, statement, (action, entry, on), cx);
            }
        }
    }
}

fn report(
    identity: &Identity,
    policy: &Policy,
    statement: &Statement,
    (action, entry, on): (catalog::Action, &Action, &Resource),
    cx: &mut Context<'_>,
) {
    let (whose, what) = match action.name() {
        "CreatePolicyVersion" | "SetDefaultPolicyVersion" => ("a policy of ", ", which it may so rewrite"),
        "PutGroupPolicy" | "AttachGroupPolicy" if identity.kind == IdentityKind::User => {
            ("a group of ", ", which may so give itself everything")
        }
        _ => ("", ", which may so give itself everything"),
    };
    let report = cx
        .report(&entry.place, format!("`{action}` on `{on}` is about {whose}`{}` itself{what}", identity.address))
        .carried_by(policy)
        .of(statement, action)
        .by(&on.place)
        .label(on.place.span, "this holds it")
        .label(identity.place.span, "the one that carries the policy")
        .help("leave it out of what it may change, or bound that by `iam:PermissionsBoundary` and `iam:PolicyARN`");
    if let Some(given) = identity.denied_in(action) {
        report.maybe(given.span, format!("it is denied if {}", given.words));
    }
}

type Is<'i> = Box<dyn Fn(&Resource) -> bool + 'i>;

/// The actions by which an identity gives itself permissions, and whether a resource is the one that it takes for that.
fn ways<'i>(identity: &'i Identity, groups: &[&'i Identity]) -> Vec<(catalog::Action, Is<'i>)> {
    let itself = [identity].into_iter().chain(groups.iter().copied()).flat_map(|it| {
        let names: &[&str] = match it.kind {
            IdentityKind::Role => &["iam:PutRolePolicy", "iam:AttachRolePolicy"],
            IdentityKind::User => &["iam:PutUserPolicy", "iam:AttachUserPolicy"],
            IdentityKind::Group => &["iam:PutGroupPolicy", "iam:AttachGroupPolicy"],
            IdentityKind::PermissionSet => &[],
        };
        names.iter().map(move |action| (*action, Box::new(|on: &Resource| it.is_within(on)) as Is<'i>))
    });
    let carried = identity.attached.iter().filter(|it| it.attachment.managed_policy().is_none());
    let carried = carried.flat_map(|it| {
        let arn = &it.attachment.policy;
        ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"].map(|action| {
            let is = move |on: &Resource| is_policy(on, arn);
            (action, Box::new(is) as Is<'i>)
        })
    });
    itself.chain(carried).filter_map(|(name, is)| Some((catalog::action(name)?, is))).collect()
}

/// Whether a pattern holds the managed policy of an ARN, of whatever account that is.
pub(super) fn is_policy(pattern: &Resource, arn: &Text) -> bool {
    let own = split_arn(arn.raw()).get(5).copied().filter(|it| !it.contains(HOLE));
    pattern.text == *arn
        || pattern.part(2) == Some("iam")
            && own.zip(pattern.part(5)).is_some_and(|(own, part)| !part.contains(HOLE) && matches(part, own, false))
}

/// Whether what may be made or given is bound to what somebody has chosen.
pub(super) fn bounds_what_is_given(statement: &Statement) -> bool {
    let keys = ["iam:permissionsboundary", "iam:policyarn"];
    statement.conditions.iter().any(|it| keys.iter().any(|key| it.is_on(key)) && it.weakness().is_none())
}
