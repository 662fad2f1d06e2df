use crate::catalog::{self, Service};
use crate::policy::{Action, Policy, Statement};
use crate::rule::{Confidence, Context, Severity, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        let mut unknown: Vec<&str> = Vec::new();
        for action in statement.actions.entries() {
            let Some((prefix, name)) = parts(action) else { continue };
            match catalog::service(prefix) {
                Some(service) => unknown_name(statement, action, service, name, cx),
                // Once is enough for all actions of a service that is not there.
                None if !unknown.contains(&prefix) => {
                    unknown.push(prefix);
                    unknown_service(statement, action, prefix, cx);
                }
                None => {}
            }
        }
    }
}

/// The service and the name of an action that is written as one; what is not is for `malformed_action` to say.
fn parts(action: &Action) -> Option<(&str, &str)> {
    let text = action.text.as_known().filter(|it| !it.contains("${"))?;
    let (service, name) = text.split_once(':')?;
    let is_plain = |it: char| it.is_ascii_alphanumeric() || it == '-';
    (!service.is_empty() && service.chars().all(is_plain) && !name.is_empty()).then_some((service, name))
}

fn unknown_service(statement: &Statement, action: &Action, prefix: &str, cx: &mut Context<'_>) {
    if catalog::retired_service(prefix).is_some() {
        return;
    }
    let mut alike = statement.actions.entries().iter().filter_map(parts).filter(|(it, _)| *it == prefix);
    let more = match alike.by_ref().skip(1).count() {
        0 => String::new(),
        1 => ", nor is it for 1 more action here".to_owned(),
        more => format!(", nor is it for {more} more actions here"),
    };
    let date = catalog::reference_date();
    let alias = catalog::prefix_alias(prefix);
    let unlisted = catalog::unlisted_service(prefix);
    let message = match (alias, unlisted) {
        (Some(service), _) => format!("`{prefix}` is not how actions of {} begin{more}", service.name()),
        (_, Some(unlisted)) if !unlisted.is_newer => {
            format!("`{prefix}` is a service of the API, but no prefix of actions known on {date}{more}")
        }
        _ => format!("`{prefix}` is no service known on {date}{more}"),
    };
    let report = cx.report(&action.place, message).of(statement, action);
    match (alias, catalog::nearest_service(prefix)) {
        (Some(service), _) => report.help(format!("write `{service}:…`")),
        (None, Some(service)) if unlisted.is_none() => report.help(format!("write `{service}:…` if that is meant")),
        _ => report.confidence(Confidence::Low).help("look up the prefix in the service authorization reference"),
    };
}

fn unknown_name(statement: &Statement, action: &Action, service: Service, name: &str, cx: &mut Context<'_>) {
    let date = catalog::reference_date();
    if action.has_wildcard() {
        if action.expand().is_empty() {
            cx.report(&action.place, format!("`{action}` matches no action of `{service}` known on {date}"))
                .of(statement, action)
                .help(format!("look up the actions of `{service}`"));
        }
        return;
    }
    let full_name = format!("{service}:{name}");
    if service.action(name).is_some() || catalog::retired_action(&full_name).is_some() {
        return;
    }
    let operation = catalog::operation(&full_name);
    if let Some(operation) = operation.filter(|it| !it.is_newer && it.authorised_by().len() > 0) {
        let needed: Vec<_> = operation.authorised_by().collect();
        let message = format!("`{action}` is a call of the API and no action: what allows it is {}", quoted(&needed));
        cx.report(&action.place, message)
            .of(statement, action)
            .confidence(Confidence::High)
            .help(format!("write {} in its place", quoted(&needed)));
        return;
    }
    let report = cx
        .report(&action.place, format!("`{action}` is no action known on {date}"))
        .of(statement, action);
    match (operation, service.nearest_action(name)) {
        // The reference lags behind the SDKs.
        (Some(operation), _) if operation.is_newer => {
            report.confidence(Confidence::Low).severity(Severity::Low).help("it is a new call, and may be an action by now")
        }
        (_, Some(meant)) => report.help(format!("write `{meant}` if that is meant")),
        (..) => report
            .confidence(Confidence::Low)
            .severity(Severity::Low)
            .help(format!("look it up in the service authorization reference of `{service}`")),
    };
}
