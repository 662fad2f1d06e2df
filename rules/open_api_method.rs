use crate::frontend::Resource;
use crate::rule::Context;

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    let (method, authorization) = match resource.kind {
        "aws_api_gateway_method" => ("http_method", "authorization"),
        "aws_apigatewayv2_route" => ("route_key", "authorization_type"),
        _ => return,
    };
    let asks_for_key = resource.switches("api_key_required").iter().any(|it| it.value != Some(false));
    if asks_for_key || !resource.texts(method).iter().all(|it| is_called_by_strangers(resource.kind, it.value.raw())) {
        return;
    }
    let written = resource.texts(authorization);
    let open = written.iter().find(|it| it.value.raw() == "NONE").map(|it| &it.place);
    // A route that does not say is open; a method has to say.
    let unsaid = resource.kind == "aws_apigatewayv2_route" && resource.at(authorization).is_empty();
    if let Some(place) = open.or(unsaid.then_some(&resource.place)) {
        cx.report(place, "answers to callers who have not said who they are")
            .about(authorization)
            .help("ask for a signature, `AWS_IAM`, or name an authoriser");
    }
}

/// Whether a method or route is one that a stranger can call first: no preflight, and of a socket only the way in.
fn is_called_by_strangers(kind: &str, method: &str) -> bool {
    let verb = method.split(' ').next().unwrap_or_default();
    let is_route = kind == "aws_apigatewayv2_route";
    let of_socket = is_route && !method.contains(' ') && !matches!(method, "$connect" | "$default");
    verb != "OPTIONS" && !of_socket
}
