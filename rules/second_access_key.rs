use std::collections::BTreeMap;

use crate::frontend::{Configuration, Resource};
use crate::rule::Context;

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    let mut keys: BTreeMap<String, Vec<&Resource>> = BTreeMap::new();
    for key in configuration.resources.iter().filter(|it| it.kind == "aws_iam_access_key") {
        let users = key.texts("user");
        let is_active = key.texts("status").iter().all(|it| it.value.raw() == "Active");
        if let [user] = &users[..]
            && is_active
            && user.value.as_known().is_some()
        {
            keys.entry(user.value.raw().to_owned()).or_default().push(key);
        }
    }
    for (user, keys) in keys {
        let [first, second, ..] = &keys[..] else { continue };
        cx.report(&second.place, format!("the user `{user}` has two keys that work"))
            .on(&second.address)
            .about(&user)
            .label(first.place.span, "the other key")
            .help("keep one, or none: a role needs no key");
    }
}
