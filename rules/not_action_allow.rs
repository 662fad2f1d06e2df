use crate::catalog;
use crate::policy::{Policy, PolicyKind, Scope};
use crate::rule::{Context, Severity, listed};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.grants() || policy.kind == PolicyKind::Trust {
        return;
    }
    for statement in policy.allow_statements() {
        let Scope::AllExcept(entries) = &statement.actions else { continue };
        let place = entries.first().map_or(&statement.place, |it| &it.place);
        let granted = statement.granted().into_iter().filter(|it| statement.may_reach(*it)).count();
        if granted == 0 {
            continue;
        }
        let (severity, so) = match statement.way_to_everything() {
            Some(way) if policy.kind.is_identity() => (Severity::High, format!("`{way}` among them")),
            _ if policy.kind.is_identity() && statement.star_resources().next().is_some() => {
                (Severity::Medium, format!("{granted} of {} today", catalog::action_count()))
            }
            _ => (Severity::Low, "as far as its resources go".to_owned()),
        };
        cx.report(place, format!("`NotAction` allows every action but {}, {so}", listed(entries, 3)))
            .of(statement, "NotAction")
            .severity(severity)
            .help("list what is allowed under `Action`, or deny the exceptions in a statement of their own");
    }
}
