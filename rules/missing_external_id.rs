use crate::policy::{Condition, Policy, PolicyKind, Scope};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let providers = &cx.facts().trust.external_id_required;
    if policy.kind != PolicyKind::Trust || providers.is_empty() {
        return;
    }
    for statement in policy.allow_statements() {
        if !statement.actions.may_match("sts:AssumeRole") || statement.conditions.iter().any(asks_for_id) {
            continue;
        }
        for principal in statement.principals.iter().flat_map(Scope::only) {
            let Some(account) = principal.account().filter(|it| providers.iter().any(|id| id == it)) else { continue };
            let mut report = cx
                .report(&principal.place, format!("account `{account}` assumes the role without an external id"))
                .granting(statement, principal)
                .help("require the `sts:ExternalId` that the provider gave you");
            for condition in statement.conditions.iter().filter(|it| it.is_on("sts:externalid")) {
                let why = match (&condition.place.given, condition.weakness()) {
                    (_, Some(why)) => format!("`{}` guards nothing here: {why}", condition.key),
                    (Some(given), None) => {
                        report = report.maybe(given.span, format!("it is asked for only if {}", given.words));
                        continue;
                    }
                    (None, None) => format!("`{}` can be met by anybody, since its value is not fixed", condition.key),
                };
                report = report.label(condition.place.span, why);
            }
        }
    }
}

/// Whether it asks for an id in every case. Which of several ids it is may hang on a case: without any, nobody comes in.
fn asks_for_id(condition: &Condition) -> bool {
    condition.is_on("sts:externalid")
        && condition.weakness().is_none()
        && condition.is_fixed()
        && condition.place.given.is_none()
}
