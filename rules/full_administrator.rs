use crate::catalog;
use crate::policy::{Action, Condition, Place, Policy, Resource, Scope, Statement};
use crate::rule::{Context, Severity, quoted};

/// Keys of conditions that the holder of a policy meets with every request.
const MET: [&str; 4] = ["aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:securetransport"];

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.is_identity() {
        return;
    }
    for statement in policy.allow_statements() {
        let Some((place, what)) = every_action(statement) else { continue };
        let Some((second, on)) = every_resource(statement) else { continue };
        // A condition on what is called upon, or one that only few requests can meet, leaves no administrator.
        if statement.way_to_everything().is_none() {
            continue;
        }
        let mut report = cx
            .report(place, format!("{what} {on}"))
            .of(statement, format!("{what} {on}"))
            .by(second)
            .label(second.span, "and this is where")
            .help("name the actions that are used, and the resources they are used on");
        if let Some(condition) = asked_of_holder(statement) {
            report = report.severity(Severity::High);
            report.label(condition.place.span, format!("`{}` must fit, hence not critical", condition.key));
        }
    }
}

/// A condition that whoever has the policy may not meet. Who holds it is who it is, and speaks TLS.
pub(super) fn asked_of_holder(statement: &Statement) -> Option<&Condition> {
    let is_met = |it: &Condition| MET.iter().any(|key| it.is_on(key));
    statement.guards().map(|(it, _)| it).find(|it| !is_met(it))
}

/// The string that makes it every action, and what it does.
fn every_action(statement: &Statement) -> Option<(&Place, String)> {
    match &statement.actions {
        Scope::Only(entries) => {
            let action = surest(entries, Action::covers_every_action, |it| &it.place)?;
            Some((&action.place, format!("`{action}` allows every action")))
        }
        Scope::AllExcept(entries) => {
            let place = &entries.first()?.place;
            if statement.actions.certain().len() == catalog::action_count() {
                return Some((
                    place,
                    format!("`NotAction` names no action with {}, so it allows every one", quoted(entries)),
                ));
            }
            // With `NotResource` beside it, what is left is next to everything as long as it leads to the rest.
            let both = statement.resources.as_ref().is_some_and(Scope::is_negated);
            both.then(|| (place, format!("`NotAction` allows every action but {}", quoted(entries))))
        }
    }
}

/// The string that makes it every resource, and where that is.
fn every_resource(statement: &Statement) -> Option<(&Place, String)> {
    match statement.resources.as_ref()? {
        Scope::Only(entries) => {
            let resource = surest(entries, Resource::is_everything, |it| &it.place)?;
            Some((&resource.place, "on every resource".to_owned()))
        }
        Scope::AllExcept(entries) if entries.iter().any(Resource::is_everything) => None,
        Scope::AllExcept(entries) => {
            Some((&entries.first()?.place, format!("on every resource but {}", quoted(entries))))
        }
    }
}

/// The entry that is there in every case, if one is, else one that is there in some.
fn surest<T>(entries: &[T], fits: impl Fn(&T) -> bool, place: impl Fn(&T) -> &Place) -> Option<&T> {
    let fitting = || entries.iter().filter(|it| fits(it));
    fitting().find(|it| place(it).given.is_none()).or_else(|| fitting().next())
}
