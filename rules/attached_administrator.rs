use crate::frontend::Attachment;
use crate::policy::{self, Action, Statement};
use crate::rule::Context;

pub(super) fn check(attachment: &Attachment, cx: &mut Context<'_>) {
    let Some(managed) = attachment.managed_policy() else { return };
    // What a policy of AWS allows is read off its document, as of any other.
    let policy = policy::of_aws(managed);
    let way = policy.allow_statements().find_map(Statement::way_to_everything);
    let Some(way) = way else { return };
    let all = policy.allow_statements().any(|it| it.actions.only().iter().any(Action::covers_every_action));
    let what = if all {
        "every action on every resource".to_owned()
    } else {
        format!("`{way}` on every role or user, and so everything")
    };
    let written = &attachment.policy;
    // Behind a variable or a data source the name does not show.
    let called = if written.to_string().contains(managed.name()) { String::new() } else { format!(", that is {managed},") };
    let whom = attachment.to.as_ref().map(|it| format!("`{}` ", it.trim_matches('"'))).unwrap_or_default();
    cx.report(&attachment.place, format!("`{written}`{called} allows {whom}{what}"))
        .about(managed)
        .help("attach a policy that names what the work takes, or the one that AWS keeps for the job");
}
