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
            let what = match text.value.raw() {
                raw if *path == "secret_key" && is_secret(raw) => "a secret key",
                raw if has_access_key(raw) => "an access key",
                _ => continue,
            };
            // What it is stays out of the report.
            cx.report(&text.place, format!("{what} stands here for everybody to read"))
                .about(what)
                .help("take the key away in IAM, and use a role");
        }
    }
}

/// Whether an id of an access key is in it, long-lived or not, that is not one of documentation.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
fn has_access_key(text: &str) -> bool {
    let is_part = |it: char| it.is_ascii_uppercase() || it.is_ascii_digit();
    text.split(|it: char| !it.is_ascii_alphanumeric()).any(|word| {
        word.len() == 20
            && (word.starts_with("AKIA") || word.starts_with("ASIA"))
            && word.chars().all(is_part)
            && word.chars().any(|it| it.is_ascii_digit())
            && !word.ends_with("EXAMPLE")
    })
}

fn is_secret(text: &str) -> bool {
    text.len() == 40
        && text.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '/' | '+'))
        && text.chars().any(|it| it.is_ascii_uppercase())
        && !text.ends_with("EXAMPLEKEY")
}
