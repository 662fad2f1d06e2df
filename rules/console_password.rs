use crate::frontend::Resource;
use crate::rule::{Context, Severity};

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    if resource.kind != "aws_iam_user_login_profile" {
        return;
    }
    let is_open = resource.at("pgp_key").is_empty();
    if is_open {
        cx.report(&resource.place, "the password stands in the state as plain text")
            .about("plain text")
            .help("give a `pgp_key`, or let people sign in through an identity provider");
    }
    for switch in resource.switches("password_reset_required") {
        if switch.value == Some(false) {
            // Only who has the key has read it.
            let severity = if is_open { Severity::Medium } else { Severity::Low };
            cx.report(&switch.place, "the password that was made here need not be changed")
                .about("no reset")
                .severity(severity)
                .help("set `password_reset_required` to `true`");
        }
    }
}
