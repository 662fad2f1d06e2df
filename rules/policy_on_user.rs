use crate::frontend::{Identity, IdentityKind};
use crate::rule::Context;

pub(super) fn check(identity: &Identity, cx: &mut Context<'_>) {
    const HELP: &str = "give it to a group that the user is in, or to a role";
    if identity.kind != IdentityKind::User {
        return;
    }
    for attached in &identity.attached {
        let attachment = &attached.attachment;
        cx.report(&attachment.place, format!("`{}` is given to one user", attachment.policy))
            .on(&attachment.address)
            .about(&attachment.policy)
            .help(HELP);
    }
    for policy in &identity.inline {
        cx.report(&policy.place, "this policy is given to one user").carried_by(policy).about("inline").help(HELP);
    }
}
