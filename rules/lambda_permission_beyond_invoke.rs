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
    // Lambda itself copies a function to the edge by these.
    const COPIES: [&str; 3] = ["lambda:GetFunction", "lambda:EnableReplication", "lambda:DisableReplication"];
    for statement in policy.allow_statements() {
        let principals = statement.principals.as_ref().map_or(&[][..], Scope::only);
        let by_service = principals.iter().all(|it| it.kind == PrincipalKind::Service);
        for action in statement.actions.only() {
            let named = |names: &[&str]| names.iter().any(|it| action.text.raw().eq_ignore_ascii_case(it));
            let expanded = action.expand();
            let only_calls = expanded.iter().all(|it| CALLS.contains(&it.full_name().as_str()));
            if named(&CALLS) || by_service && named(&COPIES) || action.text.has_holes() || only_calls {
                continue;
            }
            cx.report(&action.place, format!("`{action}` lets {} do more than call the function", quoted(principals)))
                .of(statement, action)
                .help("allow `lambda:InvokeFunction`");
        }
    }
}
