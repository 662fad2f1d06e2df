use crate::catalog;
use crate::policy::Policy;
use crate::rule::{Rewrite, Context, Safety};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    const EFFECTS: [&str; 2] = ["Allow", "Deny"];
    for statement in policy.written_statements() {
        let values = statement.element("Effect").map(|it| it.values()).unwrap_or_default();
        for (node, place) in values {
            let Some(effect) = node.as_str().filter(|it| !EFFECTS.contains(it)) else { continue };
            let report = cx
                .report(&place, format!("`{effect}` is no effect, so AWS refuses the policy"))
                .about(format!("effect {effect}"));
            if let Some(meant) = catalog::nearest(effect, EFFECTS.into_iter().map(|it| (it, it))) {
                // Another letter may have been meant to be the other effect.
                let safety = if meant.eq_ignore_ascii_case(effect) { Safety::Safe } else { Safety::Unsafe };
                let change = Rewrite::write(place.span, meant);
                report.help(format!("write `{meant}`")).fix(safety, format!("write `{meant}`"), [change]);
            } else {
                report.help("write `Allow` or `Deny`");
            }
        }
    }
}
