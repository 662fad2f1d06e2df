use crate::frontend::Resource;
use crate::rule::Context;

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    if resource.kind != "aws_lambda_function_url" {
        return;
    }
    for authorization in resource.texts("authorization_type") {
        if authorization.value.raw() == "NONE" {
            cx.report(&authorization.place, "`NONE` lets anyone on the internet call the function")
                .about("NONE")
                .help("set `authorization_type` to `AWS_IAM`, so that callers must be allowed to");
        }
    }
}
