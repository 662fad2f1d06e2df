use crate::catalog;
use crate::policy::{Policy, Resource, Scope};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let Some(assume) = catalog::action("sts:AssumeRole") else { return };
    if !policy.kind.is_identity() {
        return;
    }
    for statement in policy.allow_statements() {
        let names = |it: &&crate::policy::Action| {
            it.names("sts:AssumeRole") && !it.is_whole_service() && !it.covers_every_action()
        };
        let Some(action) = statement.actions.only().iter().find(names) else { continue };
        if !statement.admits(assume) || statement.narrowed(assume).is_some() {
            continue;
        }
        let any = |it: &&Resource| it.is_all_of_account(assume);
        let Some(resource) = statement.resources.as_ref().map_or(&[][..], Scope::only).iter().find(any) else {
            continue;
        };
        cx.report(&resource.place, format!("`{action}` on `{resource}` is every role that trusts the account"))
            .of(statement, format!("sts:AssumeRole on {resource}"))
            .by(&action.place)
            .unguarded(statement, None)
            .help(match statement.actions.only() {
                [_] => "name the roles by ARN in `Resource`",
                _ => "name the roles by ARN in `Resource`; split `sts:AssumeRole` off where the rest needs `*`",
            });
    }
}
