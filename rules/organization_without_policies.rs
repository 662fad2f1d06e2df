use crate::frontend::Resource;
use crate::rule::Context;

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    if resource.kind != "aws_organizations_organization" {
        return;
    }
    for features in resource.texts("feature_set") {
        if features.value.raw() == "CONSOLIDATED_BILLING" {
            cx.report(&features.place, "with the bill alone no account can be bounded by policies")
                .about("CONSOLIDATED_BILLING")
                .help("write `ALL`");
        }
    }
}
