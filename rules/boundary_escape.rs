use super::attached_administrator;
use super::self_escalation::{bounds_what_is_given, is_policy};
use crate::catalog;
use crate::frontend::{Attached, Identity, IdentityKind};
use crate::policy::{self, Action, Policy, Resource, Scope, Statement};
use crate::rule::Context;

pub(super) fn check(identity: &Identity, cx: &mut Context<'_>) {
    let Some(boundary) = identity.boundary.as_ref().filter(|it| attached_administrator::bounds(it)) else { return };
    // What is in a boundary that cannot be read may forbid all of this.
    let Some(bounding) = boundary.document() else { return };
    let held = Held { bounding: &bounding, identity };
    let Some((way, message)) = by_change(identity, boundary, &held).or_else(|| by_another(&held)) else { return };
    cx.report(&way.action.place, message)
        .carried_by(way.policy)
        .of(way.statement, way.action)
        .label(boundary.attachment.place.span, "the boundary")
        .help("require the boundary by `iam:PermissionsBoundary` where roles and users are made or changed, and deny its change");
}

/// What an identity holds, by its own policies and by its boundary.
struct Held<'i> {
    bounding: &'i Policy,
    identity: &'i Identity,
}

/// An entry that lets an action through.
struct Way<'i> {
    policy: &'i Policy,
    statement: &'i Statement,
    action: &'i Action,
}

impl<'i> Held<'i> {
    /// Where an action is allowed on a resource that `is_meant`, without a bound on what comes of it.
    fn way(&self, name: &str, is_meant: impl Fn(&Statement, catalog::Action) -> bool) -> Option<Way<'i>> {
        let action = catalog::action(name)?;
        let lets = |it: &Statement| it.holds(action) && it.admits(action) && !bounds_what_is_given(it);
        let denies = |it: &Policy| {
            it.statements.iter().any(|it| it.effect == policy::Effect::Deny && it.actions.may_match(name))
        };
        if !self.bounding.allow_statements().any(lets) || denies(self.bounding) || self.identity.may_be_denied(action) {
            return None;
        }
        self.identity.written_policies().find_map(|policy| {
            policy.allow_statements().filter(|it| lets(it) && is_meant(it, action)).find_map(|statement| {
                let action = statement.actions.only().iter().find(|it| it.names_known(action))?;
                Some(Way { policy, statement, action })
            })
        })
    }
}

/// The boundary itself is taken away or rewritten.
fn by_change<'i>(identity: &Identity, boundary: &Attached, held: &Held<'i>) -> Option<(Way<'i>, String)> {
    let removes: &[&str] = match identity.kind {
        IdentityKind::Role => &["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"],
        IdentityKind::User => &["iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"],
        IdentityKind::Group | IdentityKind::PermissionSet => return None,
    };
    let holds = |is: &dyn Fn(&Resource) -> bool, statement: &Statement, action| {
        statement.reaches_account_of(action) || statement.resources.iter().flat_map(Scope::only).any(is)
    };
    let is_own = |it: &Resource| identity.is_within(it);
    let off = removes.iter().find_map(|name| held.way(name, |it, action| holds(&is_own, it, action)));
    if let Some(way) = off {
        let message = format!("`{}` takes the boundary of `{}` away", way.action, identity.address);
        return Some((way, message));
    }
    let arn = &boundary.attachment.policy;
    let is_boundary = |it: &Resource| is_policy(it, arn);
    let rewrites = ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"];
    let rewrites = boundary.attachment.managed_policy().is_none().then_some(rewrites).into_iter().flatten();
    let way = rewrites.into_iter().find_map(|name| held.way(name, |it, action| holds(&is_boundary, it, action)))?;
    let message = format!("`{}` rewrites the boundary of `{}`", way.action, identity.address);
    Some((way, message))
}

/// Another role or user is made, which no boundary holds.
fn by_another<'i>(held: &Held<'i>) -> Option<(Way<'i>, String)> {
    const MAKES: [(&str, &str, [&str; 2]); 2] = [
        ("role", "iam:CreateRole", ["iam:AttachRolePolicy", "iam:PutRolePolicy"]),
        ("user", "iam:CreateUser", ["iam:AttachUserPolicy", "iam:PutUserPolicy"]),
    ];
    MAKES.iter().find_map(|(what, makes, gives)| {
        let gives = gives.iter().find(|it| held.way(it, |_, _| true).is_some())?;
        let way = held.way(makes, |_, _| true)?;
        let message = format!(
            "`{}` makes a {what} that the boundary does not hold, and `{gives}` gives it everything",
            way.action
        );
        Some((way, message))
    })
}
