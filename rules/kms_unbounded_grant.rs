use crate::policy::{Action, Policy, PolicyKind, Reach, Scope, Service, Statement};
use crate::rule::{Context, Severity, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let key_policy = match policy.kind {
        PolicyKind::Identity | PolicyKind::Unknown => false,
        PolicyKind::Resource(Service::Kms) => true,
        _ => return,
    };
    for statement in policy.allow_statements() {
        let bound = statement.conditions.iter().find(|it| it.bounds_the_grant());
        // Who may write the key's policy needs no grant.
        let rules_the_key = statement.actions.only().iter().any(|it| it.names("kms:PutKeyPolicy"));
        if rules_the_key || bound.is_some_and(|it| it.place.given.is_none()) {
            continue;
        }
        let Some(action) = statement.actions.only().iter().find(|it| grants(it)) else { continue };
        let (severity, who) = if key_policy {
            let Some(Scope::Only(principals)) = &statement.principals else { continue };
            if principals.iter().all(|it| it.is_account()) || statement.everyone().next().is_some() {
                continue;
            }
            (Severity::Medium, format!("{} ", quoted(principals)))
        } else {
            (severity(statement), "it ".to_owned())
        };
        let mut report = cx
            .report(&action.place, format!("`{action}` lets {who}give the use of the key to anyone, for good"))
            .severity(severity)
            .of(statement, action)
            .help("require `kms:GrantIsForAWSResource` to be `true`, or bound `kms:GranteePrincipal` and `kms:GrantOperations`");
        for condition in &statement.conditions {
            let key = &condition.key;
            let why = match (&condition.place.given, condition.weakness()) {
                (Some(given), None) if condition.bounds_the_grant() => {
                    report = report.maybe(given.span, format!("`{key}` bounds the grants only if {}", given.words));
                    continue;
                }
                (_, Some(why)) => format!("`{key}` guards nothing here: {why}"),
                (_, None) => format!("`{key}` does not say what is granted, or to whom"),
            };
            report = report.label(condition.place.span, why);
        }
    }
}

fn grants(action: &Action) -> bool {
    !action.is_everything() && action.names("kms:CreateGrant")
}

fn severity(statement: &Statement) -> Severity {
    let every = statement.every_key(Reach::Account).next().is_some();
    if every && !statement.conditions.iter().any(|it| it.bounds_the_key()) { Severity::High } else { Severity::Medium }
}
