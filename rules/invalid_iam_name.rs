use crate::frontend::{Identity, IdentityKind};
use crate::rule::Context;
use crate::value::HOLE;

pub(super) fn check(identity: &Identity, cx: &mut Context<'_>) {
    let longest = match identity.kind {
        IdentityKind::Role | IdentityKind::User => 64,
        IdentityKind::Group => 128,
        IdentityKind::PermissionSet => return,
    };
    if let Some(name) = identity.name.as_ref().filter(|_| identity.declared) {
        let raw = name.raw();
        let taken =
            |it: char| it.is_ascii_alphanumeric() || matches!(it, '+' | '=' | ',' | '.' | '@' | '_' | '-' | HOLE);
        let place = identity.name_place();
        let mut wrong: Vec<String> = Vec::new();
        for character in raw.chars().filter(|it| !taken(*it)) {
            let word = if character == ' ' { "blank".to_owned() } else { format!("`{character}`") };
            if !wrong.contains(&word) {
                wrong.push(word);
            }
        }
        if !wrong.is_empty() {
            cx.report(&place, format!("the name of a {} takes no {}", identity.kind.name(), wrong.join(", no ")))
                .about(name)
                .help("use letters, digits and `+=,.@_-`");
        } else if raw.chars().filter(|it| *it != HOLE).count() > longest {
            cx.report(&place, format!("the name of a {} has at most {longest} characters", identity.kind.name()))
                .about(name)
                .help("shorten the name");
        }
    }
    for attached in &identity.attached {
        let policy = &attached.attachment.policy;
        let place = &attached.attachment.place;
        // What is a name in one case only is mostly looked up first, and is an ARN then.
        let is_name = place.given.is_none() && !policy.has_holes() && !policy.raw().starts_with("arn:");
        if is_name && !policy.is_empty() {
            cx.report(place, format!("`{policy}` is no ARN of a policy"))
                .on(&attached.attachment.address)
                .about(policy)
                .help("write the ARN, `arn:aws:iam::aws:policy/…` for a policy of AWS");
        }
    }
}
