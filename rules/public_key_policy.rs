use crate::policy::{Policy, PolicyKind, Service};
use crate::rule::{Context, Rewrite, Safety, Wanted, scope_in_words};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Resource(Service::Kms) {
        return;
    }
    for (statement, everyone) in policy.openings() {
        let actions = scope_in_words(&statement.actions);
        let value = Wanted::OfAccount { like: "{}".to_owned(), named: policy.account().map(str::to_owned) };
        let guard = Rewrite::require(statement.place.span, "StringEquals", "kms:CallerAccount", value);
        cx.report(&everyone.place, format!("`{everyone}` opens the key to every AWS account: {actions}"))
            .granting(statement, everyone)
            .unbounded(statement)
            .help("name the accounts or roles that need the key, or require `kms:CallerAccount` to be your own account")
            .fix(Safety::Unsafe, "let in only callers of your own account", [guard]);
    }
}
