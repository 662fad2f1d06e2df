use crate::catalog::Presence;
use crate::policy::{Condition, OperatorKind, Place, Policy, PolicyKind, Service, Statement, Value};
use crate::rule::{Context, Report, Severity};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for condition in &statement.conditions {
            let wildcard = || of_wildcard(condition);
            let owner = || of_owner(policy.kind, statement, condition);
            let presence = || of_presence(statement, condition);
            let verdict = wildcard().or_else(owner).or_else(presence);
            let Some((place, message, severity, help)) = verdict else {
                of_plain_http(policy, statement, condition, cx);
                continue;
            };
            let operator = &condition.operator;
            let mut report = cx
                .report(place, message)
                .severity(severity)
                .of(statement, format!("{operator} {}", condition.key))
                .help(help);
            // The operator of several blocks is that of the first of them.
            if statement.is_alone(condition) {
                report = report.label(condition.operator_place.span, format!("tested by `{operator}`"));
            }
            // That the wildcard holds the other values is no reason to take those out.
            let others: Vec<&Value> = condition.values.iter().filter(|it| it.place.span != place.span).collect();
            telling_of_others(report, &others);
        }
    }
}

fn telling_of_others(report: Report<'_>, others: &[&Value]) {
    const RULE: &str = "redundant_entry";
    let texts: Vec<String> = others.iter().map(|it| it.text.to_string()).collect();
    let report = others
        .first()
        .map(|it| it.place.span)
        .into_iter()
        .fold(report, |report, first| report.telling_at(first, RULE, texts.join(", ")));
    others.iter().zip(texts).fold(report, |report, (it, text)| report.telling_at(it.place.span, RULE, text));
}

type Verdict<'c> = Option<(&'c Place, String, Severity, String)>;

fn of_wildcard(condition: &Condition) -> Verdict<'_> {
    let key = &condition.key;
    let value = condition.bare_wildcard().filter(|_| condition.case().is_none())?;
    let place = &value.place;
    let always_there = condition.is_always_present();
    let meant = match condition.values.len() {
        1 => "write the value that is meant",
        _ => "take it out, for the other values to count",
    };
    let null = |value: &str, what: &str| {
        format!("{meant}; if it is enough that the key is {what}, write `\"Null\": {{ \"{key}\": \"{value}\" }}`")
    };
    let never = condition.operator.negated;
    let asks = !always_there && condition.needs_key() != never;
    // Of a tag with any value AWS writes it so itself, where the tag is the mark and its value says nothing.
    if asks && is_tag(condition) {
        return None;
    }
    Some(match (never, asks) {
        (false, false) => {
            let message = format!("`{key}` like `*` always holds");
            (place, message, Severity::Medium, format!("{meant}, or leave the test out"))
        }
        (false, true) => {
            let message = format!("only asks whether `{key}` is there");
            (place, message, Severity::Low, null("false", "there"))
        }
        // Without the test the statement would hold of everything.
        (true, false) => {
            let message = format!("`{key}` not like `*` never holds, so the statement is dead");
            (place, message, Severity::Medium, format!("{meant}, or leave the statement out"))
        }
        (true, true) => {
            let message = format!("only asks whether `{key}` is absent");
            (place, message, Severity::Low, null("true", "absent"))
        }
    })
}

/// Whether it tests a tag of a name.
fn is_tag(condition: &Condition) -> bool {
    let (name, rest) = condition.key.raw().split_once('/').unwrap_or_default();
    !rest.is_empty() && name.to_ascii_lowercase().ends_with("tag")
}

/// What a policy on a resource asks about that resource's owner.
fn of_owner<'c>(kind: PolicyKind, statement: &Statement, condition: &'c Condition) -> Verdict<'c> {
    const OWNER: [(&str, &str); 4] = [
        ("aws:resourceaccount", "Account"),
        ("aws:resourceorgid", "OrgID"),
        ("aws:resourceorgpaths", "OrgPaths"),
        ("s3:resourceaccount", "Account"),
    ];
    let on_resource =
        matches!(kind, PolicyKind::Resource(it) if !matches!(it, Service::VpcEndpoint | Service::Unknown));
    let (_, owner) = OWNER.iter().find(|(it, _)| condition.operator.kind.is_some() && condition.is_on(it))?;
    // A service has no organisation; what it acts for has.
    let caller = if statement.is_for_services() { "Source" } else { "Principal" };
    on_resource.then(|| {
        (
            &condition.place,
            format!("`{}` is the same for every request to this resource", condition.key),
            Severity::Low,
            format!("leave the test out, or test `aws:{caller}{owner}`"),
        )
    })
}

/// `…IfExists` on a key that every request carries.
fn of_presence<'c>(statement: &Statement, condition: &'c Condition) -> Verdict<'c> {
    let key = &condition.key;
    // One operator may stand before several keys, of which another one may be absent.
    let of_operator = |it: &&Condition| it.operator_place.span == condition.operator_place.span;
    let is_always = |it: &Condition| it.known_key().is_some_and(|it| it.presence() == Some(Presence::Always));
    let always = statement.conditions.iter().filter(of_operator).all(is_always);
    let operator = &condition.operator;
    // `BoolIfExists` is the habit of those who deny what is not proved, and does no harm.
    let plain =
        !matches!(operator.kind, None | Some(OperatorKind::Null | OperatorKind::Bool)) && operator.quantifier.is_none();
    (always && operator.if_exists && !operator.negated && plain).then(|| {
        let message = format!("every request carries `{key}`, which needs no `IfExists`");
        (&condition.place, message, Severity::Low, "leave `IfExists` out".to_owned())
    })
}

/// A version of TLS that is asked of a request over plain HTTP, which has none.
fn of_plain_http(policy: &Policy, statement: &Statement, version: &Condition, cx: &mut Context<'_>) {
    let asks_for_version = version.is_on("s3:tlsversion") && version.needs_key();
    let plain = statement.conditions.iter().find(|it| it.asks_for_plain_http());
    let Some(plain) = plain.filter(|_| asks_for_version) else { return };
    let (one, other, help) = if policy.statements.iter().any(Statement::denies_plain_http) {
        (plain, version, format!("leave `{}` out here, as another statement denies plain HTTP", plain.key))
    } else {
        (version, plain, "write two statements, one for each test".to_owned())
    };
    let message = format!("no request over plain HTTP has a `{}`, so the two tests never hold together", version.key);
    cx.report(&one.place, message)
        .severity(Severity::Medium)
        .of(statement, format!("{} {}", version.operator, version.key))
        .label(other.place.span, "the other test")
        .help(help);
}
