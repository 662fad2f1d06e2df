use crate::frontend::Resource;
use crate::policy::Place;
use crate::rule::{Context, quoted};

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    if resource.kind != "aws_iam_account_password_policy" {
        return;
    }
    let mut missing: Vec<String> = Vec::new();
    let mut judge = |name: &'static str, wanted: &str, is_enough: &dyn Fn(&str) -> bool, cx: &mut Context<'_>| {
        let values = resource.texts(name);
        if resource.at(name).is_empty() {
            missing.push(format!("{name} = {wanted}"));
        }
        for value in values.iter().filter(|it| !it.value.has_holes() && !is_enough(it.value.raw())) {
            report(&value.place, format!("`{name}` is `{}`, and should be {wanted}", value.value), name, cx);
        }
    };
    let number = |text: &str| text.parse::<u32>().unwrap_or(0);
    for name in [
        "require_lowercase_characters",
        "require_uppercase_characters",
        "require_numbers",
        "require_symbols",
        "allow_users_to_change_password",
    ] {
        // Users may change their password unless the resource says otherwise.
        if name != "allow_users_to_change_password" || !resource.at(name).is_empty() {
            judge(name, "true", &|it| it == "true", cx);
        }
    }
    judge("minimum_password_length", "14 or more", &|it| number(it) >= 14, cx);
    judge("password_reuse_prevention", "24", &|it| number(it) >= 24, cx);
    judge("max_password_age", "90 or less", &|it| (1..=90).contains(&number(it)), cx);
    if !missing.is_empty() {
        report(&resource.place, format!("passwords are not asked for {}", quoted(&missing)), &missing.join(", "), cx);
    }
}

fn report(place: &Place, message: String, about: &str, cx: &mut Context<'_>) {
    cx.report(place, message).about(about).help("ask for 14 characters of four kinds, 24 remembered, 90 days at most");
}
