use crate::policy::{Policy, VERSIONS};
use crate::rule::{Context, Rewrite, Safety};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for document in policy.written() {
        let values = document.element("Version").map(|it| it.values()).unwrap_or_default();
        for (node, place) in values {
            if let Some(version) = node.as_str().filter(|it| !VERSIONS.contains(it)) {
                cx.report(
                    &place,
                    format!("`{version}` is no version of the policy language, so AWS refuses the policy"),
                )
                .about(format!("version {version}"))
                .help(format!("write `{}`: it is not the day of the policy", VERSIONS[0]))
                .fix(
                    Safety::Safe,
                    format!("write `{}`", VERSIONS[0]),
                    [Rewrite::write(place.span, VERSIONS[0])],
                );
            }
        }
    }
}
