use crate::catalog;
use crate::frontend::{Configuration, Subject};
use crate::rule::{Context, Severity};

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    for claim in configuration.claims.iter().filter(|it| it.subject == Subject::Holders) {
        let on = &claim.shown;
        // A policy of AWS has holders all over the account; one of this configuration most often has these only.
        let shared = catalog::managed_policy(on).is_some();
        cx.report(&claim.place, format!("detaches `{on}` from everybody that `{}` does not name", claim.address))
            .on(&claim.address)
            .severity(if shared { Severity::Medium } else { Severity::Low })
            .about(on)
            .help(
                "attach it to each role, user and group by a resource of its own, and let go of this one by a `removed` \
                 block with `destroy = false`, since destroying it detaches everybody",
            );
    }
}
