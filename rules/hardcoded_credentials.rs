use crate::catalog::{Credential, credentials};
use crate::frontend::Resource;
use crate::rule::Context;

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    let paths: &[&str] = match resource.kind {
        "provider aws" => &["access_key", "secret_key"],
        "aws_lambda_function" => &["environment.variables"],
        "aws_instance" | "aws_launch_configuration" | "aws_launch_template" => &["user_data", "user_data_base64"],
        _ => return,
    };
    for path in paths {
        for text in resource.texts_below(path) {
            let is_there = |kind| credentials(text.value.raw()).any(|(_, it)| it == kind);
            let what = if *path == "secret_key" && is_there(Credential::SecretAccessKey) {
                "a secret key"
            } else if is_there(Credential::AccessKeyId) {
                "an access key"
            } else {
                continue;
            };
            // What it is stays out of the report.
            cx.report(&text.place, format!("{what} stands here for everybody to read"))
                .about(what)
                .help("take the key away in IAM, and use a role");
        }
    }
}
