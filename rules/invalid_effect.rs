use crate::catalog;
use crate::policy::Policy;
use crate::rule::{Context, Rewrite, Safety};
use crate::value::Value;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    const EFFECTS: [&str; 2] = ["Allow", "Deny"];
    for statement in policy.written_statements() {
        let is_right = |it: &Value| matches!(it, Value::Text(it) if EFFECTS.contains(&it.raw()));
        let Some(element) = statement.element("Effect").filter(|it| !is_right(it.value())) else { continue };
        for (node, place) in element.values() {
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
