use crate::frontend::Attachment;
use crate::policy::{self, Action, Statement};
use crate::rule::{Context, Severity};

pub(super) fn check(attachment: &Attachment, cx: &mut Context<'_>) {
    let Some(managed) = attachment.managed_policy() else { return };
    let policy = policy::of_aws(managed);
    let administers = |statement: &Statement| {
        statement.star_resources().next().is_some() && statement.actions.only().iter().any(Action::covers_every_action)
    };
    let (what, severity) = if policy.allow_statements().any(administers) {
        ("every action on every resource".to_owned(), Severity::High)
    } else if let Some(way) = policy.allow_statements().find_map(Statement::way_to_everything) {
        (format!("`{way}` on every role or user, and so everything"), Severity::High)
    } else {
        return;
    };
    let to = attachment.to.as_deref().map(|it| format!(" to `{it}`")).unwrap_or_default();
    let written = &attachment.policy;
    let name = if written.to_string().contains(managed.name()) { String::new() } else { format!(", which is {managed},") };
    cx.report(&attachment.place, format!("`{written}`{name} allows {what}{to}"))
        .about(managed)
        .severity(severity)
        .help("attach a policy of what the work takes, or one that AWS keeps for the job");
}
