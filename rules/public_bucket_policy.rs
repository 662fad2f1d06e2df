use crate::catalog::AccessLevel;
use crate::policy::{Policy, PolicyKind, Service};
use crate::rule::{Context, Severity, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Resource(Service::S3) {
        return;
    }
    for (statement, everyone) in policy.openings() {
        let (severity, verb) = match statement.highest_level() {
            None | Some(AccessLevel::Read) => (Severity::High, "read"),
            Some(AccessLevel::List) => (Severity::High, "list"),
            Some(AccessLevel::Tagging | AccessLevel::Write) => (Severity::Critical, "change"),
            Some(AccessLevel::PermissionsManagement) => (Severity::Critical, "change, and open further,"),
        };
        let actions = quoted(statement.actions.only());
        cx.report(&everyone.place, format!("`{everyone}` lets anyone {verb} what is stored here: {actions}"))
            .severity(severity)
            .of(statement, format!("{everyone}: {actions}"))
            .unbounded(statement)
            .help("name the principals that need it, or the distribution or endpoint through which the public comes");
    }
}
