use crate::catalog::{self, KeyStanding};
use crate::policy::{Condition, Effect, Policy, Principal, PrincipalKind, Scope, Statement};
use crate::rule::{Confidence, Context, Severity};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for condition in &statement.conditions {
            let Some(Fault { mut message, mut help, severity, confidence }) = fault(statement, condition) else {
                continue;
            };
            if confidence == Confidence::High && statement.effect == Effect::Deny && condition.needs_key() {
                let in_plain_http = statement.conditions.iter().any(Condition::asks_for_plain_http);
                let is_let_in = in_plain_http && !policy.statements.iter().any(Statement::denies_plain_http);
                let then = if is_let_in { ", and plain HTTP is let in" } else { "" };
                let at = message.find("; did you mean").unwrap_or(message.len());
                message.insert_str(at, &format!(", so this Deny never applies{then}"));
                if in_plain_http && condition.key_lower().ends_with(":tlsversion") {
                    help.push_str(" in a statement of its own: no request over plain HTTP has a version of TLS");
                }
            }
            let is_advised = |it: &&Condition| help.to_ascii_lowercase().contains(&format!("`{}`", it.key_lower()));
            let is_longer = |it: &&Condition| it.key_lower().starts_with(&condition.key_lower());
            if let Some(right) = beside(statement, condition).find(|it| is_advised(it) || is_longer(it)) {
                help = format!("leave it out: `{}` is tested beside it already", right.key);
            } else if condition.is_on("aws:sourceowner") && !statement.is_for_services() {
                // Only calls that a service makes for somebody carry it.
                let publishes = statement.actions.may_match("sns:Publish");
                help = if publishes && policy.allow_statements().any(Statement::is_for_services) {
                    "name the account as the principal: services are let in by a statement of their own, which any other \
                     that publishes here, such as `cloudwatch.amazonaws.com`, needs too"
                        .to_owned()
                } else if publishes {
                    // What publishes by it, an alarm say, would be shut out.
                    "name the account as the principal, and let in each service that publishes here by a statement of its \
                     own: `cloudwatch.amazonaws.com`, say, with `aws:SourceAccount`, and `events.amazonaws.com` without \
                     a condition, of which it fulfils none"
                        .to_owned()
                } else {
                    "test `aws:PrincipalAccount`, or name the account as the principal".to_owned()
                };
            }
            let named = statement.principals.as_ref().map(Scope::only).unwrap_or_default();
            let is_no_service = |it: &Principal| it.kind == PrincipalKind::Aws && !it.is_everyone();
            if help == "write `aws:PrincipalServiceName`" && !named.is_empty() && named.iter().all(is_no_service) {
                help =
                    "name the roles that the service runs as as principals, whose requests carry no service".to_owned();
            }
            cx.report(&condition.place, message)
                .severity(severity)
                .confidence(confidence)
                .of(statement, &condition.key)
                .help(help);
        }
    }
}

struct Fault {
    message: String,
    help: String,
    severity: Severity,
    confidence: Confidence,
}

/// Tests of keys that there are, by the same operator.
fn beside<'s>(statement: &'s Statement, condition: &'s Condition) -> impl Iterator<Item = &'s Condition> {
    let is_by_same = |it: &&Condition| it.operator.text.raw() == condition.operator.text.raw();
    let is_known = |it: &&Condition| it.known_key().is_some_and(|it| it.standing() != KeyStanding::Legacy);
    statement.conditions.iter().filter(is_by_same).filter(is_known)
}

fn fault(statement: &Statement, condition: &Condition) -> Option<Fault> {
    let fault = |message: String, help: String| Fault {
        message,
        help,
        severity: Severity::Medium,
        confidence: Confidence::High,
    };
    let key = &condition.key;
    if let Some(known) = condition.known_key() {
        let note = known.note().unwrap_or("not documented any more");
        let (note, help) = note.split_once("; ").unwrap_or((note, "test the key that took its place"));
        let retired = || Fault {
            severity: Severity::Low,
            confidence: Confidence::Medium,
            ..fault(format!("`{key}` is {note}"), help.to_owned())
        };
        return (known.standing() == KeyStanding::Legacy).then(retired);
    }
    let name = key.as_known().filter(|it| !it.contains("${"))?;
    let Some((prefix, _)) = name.split_once(':') else {
        return Some(fault(
            format!("`{key}` is not of the form `prefix:name`"),
            match catalog::condition_key(&format!("aws:{name}")) {
                Some(known) => format!("write `{known}`"),
                None => "write the prefix of the service, or `aws:`, before the key".to_owned(),
            },
        ));
    };
    // What is known of a thing or its certificate is a key too:
    // https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-variables.html
    let of_thing = prefix.eq_ignore_ascii_case("iot") && name.contains('.');
    if condition.claim().is_some() || prefix.eq_ignore_ascii_case("saml") || of_thing {
        return None;
    }
    if catalog::condition_key(&format!("{}/x", name.trim_end_matches('/'))).is_some() {
        return Some(fault(
            format!("`{key}` lacks the name of the tag"),
            format!("write `{}/` and the name of the tag", name.trim_end_matches('/')),
        ));
    }
    if let Some(retired) = catalog::retired_condition_key(name) {
        let since = retired.last_seen.map(|it| format!(" since {it}")).unwrap_or_default();
        return Some(Fault {
            severity: Severity::Low,
            confidence: Confidence::Medium,
            ..fault(
                format!("`{key}` is retired: it is not in the service reference{since}"),
                "test a key that the service reference has".to_owned(),
            )
        });
    }
    let global = prefix.eq_ignore_ascii_case("aws");
    let date = catalog::reference_date();
    let longer = beside(statement, condition).find(|it| it.key_lower().starts_with(&condition.key_lower()));
    let nearest = longer.and_then(Condition::known_key).or_else(|| catalog::nearest_condition_key(name));
    let (hint, help) = match nearest {
        Some(nearest) => (format!("; did you mean `{nearest}`?"), format!("write `{nearest}`")),
        None => (format!(" in the service reference of {date}"), "test a key that the request carries".to_owned()),
    };
    let confidence = match nearest {
        Some(_) => Confidence::High,
        // The list of global keys is short, and does not change often.
        None if global || catalog::service(prefix).is_none() => Confidence::Medium,
        None => Confidence::Low,
    };
    Some(Fault { confidence, ..fault(format!("there is no condition key `{key}`{hint}"), help) })
}
