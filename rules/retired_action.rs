use crate::catalog;
use crate::policy::{Action, Policy, Statement};
use crate::rule::{Context, Severity};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        let mut retired: Vec<&str> = Vec::new();
        for action in statement.actions.entries() {
            let Some(text) = action.text.as_known() else { continue };
            let Some((prefix, name)) = text.split_once(':') else { continue };
            // Of what AWS lists, only that of this service has no effect any more.
            let of_portal = prefix.eq_ignore_ascii_case("aws-portal");
            if !action.reached().is_empty() && !of_portal {
                continue;
            }
            if catalog::service(prefix).is_none() {
                if !retired.contains(&prefix) && retired_service(statement, action, prefix, cx) {
                    retired.push(prefix);
                }
            } else if let Some(gone) = catalog::retired_action(text).filter(|it| !it.is_unlisted) {
                let report = cx
                    .report(
                        &action.place,
                        format!("AWS does not list `{}` any more{}", gone.name, last(gone.last_seen)),
                    )
                    .of(statement, action);
                match catalog::service(prefix).and_then(|it| it.nearest_action(name)) {
                    Some(successor) => report.help(format!("`{successor}` may have taken its place")),
                    None => report.help(format!("leave out `{action}` if nothing calls it")),
                };
            } else if of_portal && !retired.contains(&"aws-portal") {
                retired.push("aws-portal");
                // https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/migrate-granularaccess-whatis.html
                cx.report(&action.place, format!("`{action}` has had no effect since AWS split it into finer actions"))
                    .of(statement, action)
                    .severity(Severity::Medium)
                    .help("name the actions that are meant of `account`, `billing`, `ce`, `consolidatedbilling`, `cur`, `freetier`, \
                         `invoicing`, `payments` and `tax`");
            }
        }
    }
}

fn retired_service(statement: &Statement, action: &Action, prefix: &str, cx: &mut Context<'_>) -> bool {
    let Some(gone) = catalog::retired_service(prefix) else { return false };
    let last = last(gone.last_seen);
    cx.report(&action.place, format!("AWS does not list {} any more{last}, to which `{action}` belongs", gone.name))
        .of(statement, action)
        .help(format!("leave out the actions of `{}` if nothing calls them", gone.prefix));
    true
}

fn last(seen: Option<&str>) -> String {
    seen.map(|it| format!(" (it did in {it})")).unwrap_or_default()
}
