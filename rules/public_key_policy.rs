use crate::policy::{Policy, PolicyKind, Service};
use crate::rule::{Context, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Resource(Service::Kms) {
        return;
    }
    for (statement, everyone) in policy.openings() {
        let actions = quoted(statement.actions.only());
        cx.report(&everyone.place, format!("`{everyone}` opens the key to every AWS account: {actions}"))
            .of(statement, format!("{everyone}: {actions}"))
            .unbounded(statement)
            .help("name the accounts or roles that need the key, or require `kms:CallerAccount` to be your own account");
    }
}
