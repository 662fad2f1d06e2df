use crate::policy::{Action, Condition, Effect, Policy, PolicyKind, Principal, Resource, Scope, Service, Statement};
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
        let are_one = holds(statement, other);
        let (message, meant) = if are_one {
            (format!("{name} {does} the same"), None)
        } else if !void.is_empty() {
            let keys = quoted(&void.iter().map(|it| &it.key).collect::<Vec<_>>());
            match void.len() {
                1 => (
                    format!("the condition on {keys} has no effect: {name} {does} the same without it"),
                    Some("the condition is"),
                ),
                _ => (
                    format!("the conditions on {keys} have no effect: {name} {does} the same without them"),
                    Some("the conditions are"),
                ),
            }
        } else if let Some(wider) = other.resources.as_ref().filter(|_| !statement.covers_resources(other)) {
            let theirs = |it: &&Resource| resources_of(statement).iter().any(|own| it.covers(own));
            let wider: Vec<&Resource> = wider.only().iter().filter(theirs).collect();
            (format!("{name} {does} all of this already, on {}", quoted(&wider)), Some("the resources are"))
        } else {
            (format!("{name} {does} all of this already"), None)
        };
        let help = match (statement.effect, meant) {
            _ if are_one => "remove one of the two".to_owned(),
            _ if administers_the_key(policy, other) => {
                format!("remove this statement; {name} stays, since the account administers the key by it")
            }
            (_, None) => "remove this statement".to_owned(),
            (Effect::Deny, Some(_)) => {
                "remove this statement, or narrow the other one if less was to be denied".to_owned()
            }
            (Effect::Allow, Some(meant)) => match written_alike(statement, other) {
                Some(actions) => {
                    format!("if {meant} meant as a limit, take {actions} out of {name}; if not, remove this statement")
                }
                None => format!("if {meant} meant as a limit, narrow {name}; if not, remove this statement"),
            },
        };
        let mut report = cx
            .report(&statement.place, message)
            .severity(if void.is_empty() { Severity::Low } else { Severity::Medium })
            .of(statement, format!("{does} nothing more"))
            .label(other.place.span, if are_one { format!("{does} the same") } else { format!("{does} all of it") })
            .by(&other.place)
            .help(help)
            .help_where_needed(format!(
                "narrow {name}: where the module is called otherwise, this statement is needed"
            ));
        for condition in void {
            report = report.label(condition.place.span, "has no effect, since the other one does not ask for it");
        }
    }
}

/// The actions of a statement, where they can be taken out of the other one and leave some there: each is an entry of
/// that one too, and no other entry there holds it.
fn written_alike(statement: &Statement, other: &Statement) -> Option<String> {
    let (actions, others) = (statement.actions.only(), other.actions.only());
    let is_alone = |action: &Action| {
        others.iter().filter(|it| it.covers(action) || action.covers(it)).all(|it| it.text.raw() == action.text.raw())
    };
    (actions.len() < others.len() && actions.iter().all(is_alone)).then(|| quoted(actions))
}

fn resources_of(statement: &Statement) -> &[Resource] {
    statement.resources.as_ref().map_or(&[], Scope::entries)
}

/// Whether the account has the key in its hands by a statement, and nobody without it.
fn administers_the_key(policy: &Policy, statement: &Statement) -> bool {
    policy.kind == PolicyKind::Resource(Service::Kms)
        && statement.effect == Effect::Allow
        && statement.actions.may_match("kms:PutKeyPolicy")
        && statement.principals.as_ref().is_some_and(|it| it.only().iter().any(Principal::is_account))
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
