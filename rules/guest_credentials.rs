use crate::frontend::Resource;
use crate::rule::Context;

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    if resource.kind != "aws_cognito_identity_pool" {
        return;
    }
    for switch in resource.switches("allow_unauthenticated_identities") {
        if switch.value == Some(true) {
            cx.report(&switch.place, "everybody gets AWS credentials from this pool without signing in")
                .about("guests")
                .help("turn guests off, or give their role one action on one resource");
        }
    }
}
