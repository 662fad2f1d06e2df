use crate::catalog;
use crate::policy::{Action, Policy};
use crate::rule::{Context, Rewrite, Safety};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for action in statement.actions.entries() {
            if let Some(fault) = fault(action) {
                let report = cx
                    .report(&action.place, format!("`{action}` {fault}, so AWS refuses the policy"))
                    .of(statement, action);
                let closed: String = action.text.raw().split_whitespace().collect();
                if let Some(meant) = catalog::action(&closed) {
                    let change = Rewrite::write(action.place.span, meant);
                    let write = format!("write `{meant}`");
                    report.help(&*write).fix(Safety::Safe, write, [change]);
                } else {
                    report.help("write `service:Action`, for instance `s3:GetObject`, or `*` alone");
                }
            }
        }
    }
}

/// What keeps a text from being an action: it is `*`, or a service, a colon and a name.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>
pub(super) fn fault(action: &Action) -> Option<&'static str> {
    let is_known = !action.has_wildcard() && !action.reached().is_empty();
    if is_known || action.is_everything() {
        return None;
    }
    // What is not known may hold the colon; an empty text is for `empty_element` to say.
    let text = action.text.as_known().filter(|it| !it.is_empty() && !it.contains("${"))?;
    let Some((service, name)) = text.split_once(':') else { return Some("names no service") };
    if text.contains(char::is_whitespace) {
        Some("holds white space")
    } else if name.contains(':') {
        Some("has a colon too many")
    } else if service.is_empty() {
        Some("names no service")
    } else if service.contains(['*', '?']) {
        Some("has a wildcard in the service")
    } else if name.is_empty() {
        Some("names no action of the service")
    } else if service.contains(|it: char| !it.is_ascii_alphanumeric() && it != '-') {
        Some("holds what no service's prefix has")
    } else if name.contains(|it: char| !it.is_ascii_alphanumeric() && !"*?_-.".contains(it)) {
        Some("holds what no action's name has")
    } else {
        None
    }
}
