use crate::frontend::Resource;
use crate::rule::Context;

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    if resource.kind != "aws_iam_user_login_profile" {
        return;
    }
    if resource.at("pgp_key").is_empty() {
        cx.report(&resource.place, "the password stands in the state as plain text")
            .about("plain text")
            .help("give a `pgp_key`, or let people sign in through an identity provider");
    }
    for switch in resource.switches("password_reset_required") {
        if switch.value == Some(false) {
            cx.report(&switch.place, "the password that was made here need not be changed")
                .about("no reset")
                .help("set `password_reset_required` to `true`");
        }
    }
}
