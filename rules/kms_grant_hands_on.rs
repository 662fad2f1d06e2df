use crate::frontend::Resource;
use crate::rule::{Context, quoted};

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    if resource.kind != "aws_kms_grant" {
        return;
    }
    let grantees: Vec<_> = resource.texts("grantee_principal").into_iter().map(|it| it.value).collect();
    if grantees.iter().any(|it| it.raw().contains(":role/aws-service-role/")) {
        return;
    }
    for operation in resource.texts("operations").iter().filter(|it| it.value.raw() == "CreateGrant") {
        let whom = if grantees.is_empty() { "whoever it is for".to_owned() } else { quoted(&grantees) };
        cx.report(&operation.place, format!("`{}` means that {whom} may grant it further", operation.value))
            .about(format!("CreateGrant for {whom}"))
            .help("leave `CreateGrant` out");
    }
}
