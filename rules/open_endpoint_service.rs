use crate::frontend::Resource;
use crate::rule::Context;

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    let path = match resource.kind {
        "aws_vpc_endpoint_service" => "allowed_principals",
        "aws_vpc_endpoint_service_allowed_principal" => "principal_arn",
        _ => return,
    };
    let accepted = resource.switches("acceptance_required").into_iter().find(|it| it.value == Some(true));
    for principal in resource.texts(path) {
        if principal.value.raw() != "*" {
            continue;
        }
        let report = cx
            .report(&principal.place, "`*` lets every AWS account ask for a private way to what stands behind this")
            .about("*")
            .help("name the accounts that connect");
        if let Some(accepted) = &accepted {
            report.lower().label(accepted.place.span, "somebody has to accept each of them");
        }
    }
}
