use crate::policy::{Policy, PolicyKind, PrincipalKind, Scope, Service};
use crate::rule::{Context, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Resource(Service::Lambda) {
        return;
    }
    const CALLS: [&str; 5] = [
        "lambda:InvokeFunction",
        "lambda:InvokeFunctionUrl",
        "lambda:InvokeAsync",
        "lambda:GetLayerVersion",
        "lambda:InvokeFunctionWithResponseStream",
    ];
    for statement in policy.allow_statements() {
        let principals = statement.principals.as_ref().map_or(&[][..], Scope::only);
        for action in statement.actions.only() {
            // A service does what it is made for, such as to copy a function to the edge.
            let by_service = principals.iter().all(|it| it.kind == PrincipalKind::Service) && !action.is_whole_service();
            let called = CALLS.iter().any(|it| action.text.raw().eq_ignore_ascii_case(it));
            let expanded = action.expand();
            let only_calls = expanded.iter().all(|it| CALLS.contains(&it.full_name().as_str()));
            if called || by_service || action.text.has_holes() || only_calls {
                continue;
            }
            cx.report(&action.place, format!("`{action}` lets {} do more than call the function", quoted(principals)))
                .of(statement, action)
                .help("allow `lambda:InvokeFunction`");
        }
    }
}
