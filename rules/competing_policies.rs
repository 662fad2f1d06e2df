use crate::frontend::{Claim, Configuration, Subject};
use crate::rule::Context;

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    let claims = &configuration.claims;
    for (n, claim) in claims.iter().enumerate() {
        // One that takes away is worse than what it takes away; of two that are equal the earlier one.
        let competes = |(m, other): &(usize, &Claim)| *m != n && compete(claim, other) && (!claim.exclusive || *m < n);
        let Some((_, other)) = claims.iter().enumerate().find(competes) else { continue };
        let (on, address) = (&claim.shown, &other.address);
        let message = match claim.subject {
            Subject::Policy if address.ends_with(&**on) => {
                format!("`{address}` sets its policy itself, and the last one stands")
            }
            Subject::Policy => format!("`{address}` sets the policy of `{on}` too, and the last one stands"),
            Subject::InlinePolicies => format!("`{address}` takes away the inline policies that `{on}` has elsewhere"),
            Subject::AttachedPolicies => format!("`{address}` takes away what is attached to `{on}` elsewhere"),
            // Each takes away from the other whom it does not name, which `exclusive_attachment` says of either.
            Subject::Holders => continue,
        };
        let mut report = cx
            .report(&claim.place, message)
            .on(&claim.address)
            .about(format!("{on} also set by {address}"))
            .label(other.place.span, "and here");
        for it in [claim, other] {
            if !it.certain {
                report = report.maybe(it.place.span, format!("only if `{}` is there", it.address));
            }
        }
        report.help(match claim.subject {
            Subject::Policy => "merge the documents into one",
            _ => "attach all of them in the same way",
        });
    }
}

fn compete(one: &Claim, other: &Claim) -> bool {
    one.subject == other.subject
        && one.on == other.on
        && (one.exclusive || other.exclusive)
        && one.place.span != other.place.span
        // Two that are each there in a case of its own are there in different ones, more often than not.
        && (one.certain || other.certain)
}
