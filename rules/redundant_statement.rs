use crate::policy::{Condition, Effect, Policy, Scope, Statement};
use crate::rule::{Context, Severity, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        let more = |it: &&Statement| {
            // Of two that say the same, the first one stays.
            it.index != statement.index && holds(it, statement) && (it.index < statement.index || !holds(statement, it))
        };
        let Some(other) = policy.statements.iter().find(more) else { continue };
        let does = match statement.effect {
            Effect::Allow => "allows",
            Effect::Deny => "denies",
        };
        let name = match &other.sid {
            Some(sid) => format!("statement `{sid}`"),
            None => format!("statement {} of the policy", other.index + 1),
        };
        // Who writes a test means to allow or deny something else.
        let void: Vec<&Condition> =
            statement.conditions.iter().filter(|it| !other.conditions.iter().any(|its| its.equals(it))).collect();
        // That no request over plain HTTP has a version of TLS is the matter of other rules.
        let is_of_tls = |it: &&Condition| it.key_lower().ends_with(":tlsversion");
        let in_plain_http =
            statement.effect == Effect::Deny && statement.conditions.iter().any(Condition::asks_for_plain_http);
        if in_plain_http && void.iter().any(is_of_tls) {
            continue;
        }
        let (message, help) = match &void[..] {
            [] => (format!("{name} {does} all of this already"), "remove the statement, or narrow the other one"),
            void => {
                let keys: Vec<_> = void.iter().map(|it| &it.key).collect();
                let (tests, have, them) =
                    if keys.len() == 1 { ("condition", "has", "it") } else { ("conditions", "have", "them") };
                let message =
                    format!("the {tests} on {} {have} no effect: {name} {does} the same without {them}", quoted(&keys));
                let help = match statement.effect {
                    Effect::Allow => "narrow the other statement, or remove this one if that is all that is meant",
                    Effect::Deny => "remove this statement, or narrow the other one if less was to be denied",
                };
                (message, help)
            }
        };
        let mut report = cx
            .report(&statement.place, message)
            .severity(if void.is_empty() { Severity::Low } else { Severity::Medium })
            .of(statement, format!("{does} nothing more"))
            .label(other.place.span, format!("{does} all of it"))
            .by(&other.place)
            .help(help);
        for condition in void {
            report =
                report.label(condition.place.span, "makes no difference, since the other one asks for nothing of it");
        }
    }
}

/// Whether a statement speaks of all that another one speaks of, in the same way.
fn holds(one: &Statement, other: &Statement) -> bool {
    let principals = match (&one.principals, &other.principals) {
        (None, None) => true,
        (Some(Scope::Only(_)), Some(_)) if one.everyone().any(|it| it.place.given.is_none()) => true,
        (Some(Scope::Only(own)), Some(Scope::Only(others))) => others
            .iter()
            .all(|it| own.iter().any(|own| own.kind == it.kind && own.text == it.text && own.place.given.is_none())),
        _ => false,
    };
    let conditions = || one.conditions.iter().all(|it| other.conditions.iter().any(|other| it.equals(other)));
    let known = !one.has_unknown_conditions && one.place.given.is_none() && !other.actions.entries().is_empty();
    one.effect == other.effect && known && principals && conditions() && one.covers(other)
}
