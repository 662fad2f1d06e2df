use crate::catalog;
use crate::policy::{Action, Policy, Resource, Scope};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let Some(assume) = catalog::action("sts:AssumeRole") else { return };
    if !policy.kind.is_identity() {
        return;
    }
    for statement in policy.allow_statements() {
        if !statement.holds(assume) {
            continue;
        }
        let entries = || statement.actions.only().iter().filter(|it| it.names("sts:AssumeRole"));
        // What names it shows it better than all of STS.
        let action = entries().find(|it| !it.is_whole_service()).or_else(|| entries().next());
        // All there is on everything is another matter.
        let is_everything = action.is_some_and(Action::covers_every_action) && statement.gives_everything();
        if is_everything || !statement.admits(assume) || statement.narrowed(assume).is_some() {
            continue;
        }
        let any = |it: &&Resource| it.is_all_of_account(assume);
        let (resource, on) = match &statement.resources {
            Some(Scope::Only(entries)) => (entries.iter().find(any), "on"),
            Some(Scope::AllExcept(entries)) if !entries.iter().any(|it| any(&it)) => (entries.first(), "on all but"),
            _ => continue,
        };
        let Some(resource) = resource else { continue };
        let what = action.map_or_else(|| "`NotAction` (`sts:AssumeRole`)".to_owned(), |it| format!("`{it}`"));
        let mut report = cx
            .report(&resource.place, format!("{what} {on} `{resource}` is every role that trusts the account"))
            .acting(action)
            .of(statement, format!("sts:AssumeRole {on} {resource}"))
            .help(match statement.actions.only() {
                [_] => "name the roles by ARN in `Resource`",
                _ => "name the roles by ARN in `Resource`; split `sts:AssumeRole` off where the rest needs `*`",
            });
        if let Some(action) = action {
            report = report.by(&action.place);
        }
        report.unguarded(statement, None);
    }
}
