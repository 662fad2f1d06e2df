use crate::frontend::Resource;
use crate::rule::Context;

const ARGUMENT: &str = "bypass_policy_lockout_safety_check";

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    if !resource.kind.starts_with("aws_kms_") {
        return;
    }
    for switch in resource.switches(ARGUMENT).iter().filter(|it| it.value == Some(true)) {
        cx.report(&switch.place, format!("with `{ARGUMENT}` AWS takes a key policy that nobody can change any more"))
            .about(ARGUMENT)
            .help("leave it out: AWS then refuses a policy that would lock you out");
    }
}
