use crate::frontend::{Configuration, Subject};
use crate::rule::Context;

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    for claim in configuration.claims.iter().filter(|it| it.subject == Subject::Holders) {
        let on = &claim.shown;
        cx.report(&claim.place, format!("detaches `{on}` from everybody that `{}` does not name", claim.address))
            .on(&claim.address)
            .about(on)
            .help("attach it to each role, user and group by a resource of its own");
    }
}
