use crate::catalog::Presence;
use crate::policy::{Condition, OperatorKind, Policy, PolicyKind, Service, Statement};
use crate::rule::{Context, Severity};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for condition in &statement.conditions {
            let wildcard = || of_wildcard(condition);
            let owner = || of_owner(policy.kind, condition);
            let presence = || of_presence(statement, condition);
            let Some((message, severity, help)) = wildcard().or_else(owner).or_else(presence) else {
                continue;
            };
            let operator = &condition.operator;
            cx.report(&condition.place, message)
                .severity(severity)
                .of(statement, format!("{operator} {}", condition.key))
                .label(condition.operator_place.span, format!("tested by `{operator}`"))
                .help(help);
        }
    }
}

type Verdict = Option<(String, Severity, String)>;

fn of_wildcard(condition: &Condition) -> Verdict {
    let key = &condition.key;
    if !condition.is_bare_wildcard() || condition.case().is_some() {
        return None;
    }
    let always_there = condition.is_always_present();
    let meant = || "write the value that is meant, or leave the test out".to_owned();
    let null = |value: &str| format!("write `\"Null\": {{ \"{key}\": \"{value}\" }}`");
    Some(if !condition.operator.negated {
        if always_there || !condition.needs_key() {
            (format!("`{key}` like `*` always holds"), Severity::Medium, meant())
        } else {
            (format!("only asks whether `{key}` is there"), Severity::Low, null("false"))
        }
    } else if always_there || condition.needs_key() {
        (format!("`{key}` not like `*` never holds, so the statement is dead"), Severity::Medium, meant())
    } else {
        (format!("only asks whether `{key}` is absent"), Severity::Low, null("true"))
    })
}

/// What a policy on a resource asks about that resource's owner.
fn of_owner(kind: PolicyKind, condition: &Condition) -> Verdict {
    const OWNER: [&str; 4] = ["aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths", "s3:resourceaccount"];
    let on_resource = matches!(kind, PolicyKind::Resource(it) if !matches!(it, Service::VpcEndpoint | Service::Unknown));
    let asks = condition.operator.kind.is_some() && OWNER.iter().any(|it| condition.is_on(it));
    (on_resource && asks).then(|| {
        (
            format!("`{}` is the same for every request to this resource", condition.key),
            Severity::Low,
            "leave the test out, or test whose the caller is".to_owned(),
        )
    })
}

/// `…IfExists` on a key that every request carries.
fn of_presence(statement: &Statement, condition: &Condition) -> Verdict {
    let key = &condition.key;
    // One operator may stand before several keys, of which another one may be absent.
    let of_operator = |it: &&Condition| it.operator_place.span == condition.operator_place.span;
    let is_always = |it: &Condition| it.known_key().is_some_and(|it| it.presence() == Some(Presence::Always));
    let always = statement.conditions.iter().filter(of_operator).all(is_always);
    let operator = &condition.operator;
    // `BoolIfExists` is the habit of those who deny what is not proved, and does no harm.
    let plain = !matches!(operator.kind, None | Some(OperatorKind::Null | OperatorKind::Bool)) && operator.quantifier.is_none();
    (always && operator.if_exists && !operator.negated && plain).then(|| {
        let message = format!("every request carries `{key}`, which needs no `IfExists`");
        (message, Severity::Low, "leave `IfExists` out".to_owned())
    })
}
