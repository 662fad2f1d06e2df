use crate::catalog;
use crate::policy::{Action, Place, Policy, Resource, Scope, Statement};
use crate::rule::{Context, Severity, listed};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.is_identity() {
        return;
    }
    for statement in policy.allow_statements() {
        let (Some(actions), Some(resources)) = (every_action(statement), every_resource(statement)) else { continue };
        // A condition on what is called upon, or one that only few requests can meet, leaves no administrator.
        if statement.way_to_everything().is_none() {
            continue;
        }
        let (place, what) = match &actions {
            Everything::Named(action) => (&action.place, format!("`{action}` allows every action")),
            Everything::But(entries) if !statement.actions.is_negated() || !names_an_action(statement) => {
                let place = entries.first().map_or(&statement.place, |it| &it.place);
                (place, format!("`NotAction` of {}, which is no action, allows every action", listed(*entries, 3)))
            }
            Everything::But(entries) => {
                let place = entries.first().map_or(&statement.place, |it| &it.place);
                (place, format!("`NotAction` allows every action but {}", listed(*entries, 3)))
            }
        };
        let (second, on): (Option<(&Place, &str)>, String) = match &resources {
            Everything::Named(resource) => {
                (Some((&resource.place, "and this is every resource")), "on every resource".to_owned())
            }
            Everything::But(entries) => {
                let second = entries.first().map(|it| (&it.place, "and this is all that is left out"));
                (second, format!("on every resource but {}", listed(*entries, 3)))
            }
        };
        let mut report = cx
            .report(place, format!("{what} {on}"))
            .of(statement, "*")
            .help("name the actions that are used, and the resources they are used on");
        if let Some((place, message)) = second {
            report = report.with(place, message);
        }
        if let Some((condition, _)) = statement.guards().next() {
            report
                .severity(Severity::High)
                .label(condition.place.span, format!("only where `{}` fits, which makes it less bad", condition.key));
        }
    }
}

/// Everything by its name, or everything but some.
enum Everything<'s, T> {
    Named(&'s T),
    But(&'s [T]),
}

fn every_action(statement: &Statement) -> Option<Everything<'_, Action>> {
    match &statement.actions {
        Scope::Only(entries) => surest(entries, Action::covers_every_action, |it| &it.place).map(Everything::Named),
        // With `NotResource` beside it, what is left is next to everything as long as it leads to the rest.
        Scope::AllExcept(entries) => {
            let except_both = statement.resources.as_ref().is_some_and(Scope::is_negated);
            (except_both || !names_an_action(statement)).then_some(Everything::But(entries))
        }
    }
}

fn every_resource(statement: &Statement) -> Option<Everything<'_, Resource>> {
    match statement.resources.as_ref()? {
        Scope::Only(entries) => surest(entries, Resource::is_everything, |it| &it.place).map(Everything::Named),
        Scope::AllExcept(entries) if entries.iter().any(Resource::is_everything) => None,
        Scope::AllExcept(entries) => Some(Everything::But(entries)),
    }
}

fn names_an_action(statement: &Statement) -> bool {
    statement.actions.certain().len() < catalog::action_count()
}

/// The entry that holds in every case, if there is one, else one that holds in some.
fn surest<T>(entries: &[T], fits: impl Fn(&T) -> bool, place: impl Fn(&T) -> &Place) -> Option<&T> {
    let mut fitting = entries.iter().filter(|it| fits(it)).peekable();
    let first = fitting.peek().copied();
    fitting.find(|it| place(it).given.is_none()).or(first)
}
