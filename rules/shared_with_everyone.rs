use crate::frontend::Resource;
use crate::rule::Context;

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    let (path, what) = match resource.kind {
        "aws_ami_launch_permission" => ("group", "image"),
        "aws_db_cluster_snapshot" | "aws_db_snapshot" => ("shared_accounts", "snapshot"),
        "aws_ssm_document" => ("permissions.account_ids", "document"),
        _ => return,
    };
    for shared in resource.texts(path) {
        if shared.value.raw().eq_ignore_ascii_case("all") {
            cx.report(&shared.place, format!("`{}` gives the {what} to every AWS account", shared.value))
                .about("all")
                .help("name the accounts that need it");
        }
    }
}
