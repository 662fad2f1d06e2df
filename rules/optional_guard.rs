use super::workload_administrator::runs_code;
use crate::catalog::KeyStanding;
use crate::policy::{Condition, Guard, Operator, OperatorKind, Policy, Principal, Quantifier, Statement};
use crate::rule::{Context, Rewrite, Safety, Severity, Wanted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in policy.allow_statements() {
        for condition in &statement.conditions {
            let Some(severity) = weak(statement, condition) else { continue };
            let (operator, key) = (&condition.operator, &condition.key);
            let is_direct = is_called_directly(statement, condition);
            let taker = if condition.is_on("aws:calledvia") { own_service(policy, cx) } else { None };
            let report = cx
                .report(&condition.operator_place, format!("`{operator}` also lets in requests without `{key}`"))
                .severity(severity)
                .of(statement, format!("{operator} {key}"))
                .label(condition.place.span, "is not in every request")
                .help(if let Some(service) = taker {
                    format!(
                        "leave it out: only `{service}` takes the role, and what it does with that never has `{key}`"
                    )
                } else if is_direct {
                    format!("test another key, or leave it out: who calls these actions directly never has `{key}`")
                } else {
                    what_to_write(condition, statement.is_alone(condition))
                });
            // The keys beside it may be meant to be optional.
            if taker.is_some() || is_direct || operator.if_exists && !statement.is_alone(condition) {
                continue;
            }
            let (title, change) = if holds_by_if_exists(operator) {
                let always = operator.text.raw().trim_end_matches("IfExists").to_owned();
                (format!("write `{always}`"), Rewrite::write(condition.operator_place.span, always))
            } else {
                let there = Rewrite::require(statement.place.span, "Null", key.raw(), Wanted::Text("false"));
                (format!("require `{key}` to be there"), there)
            };
            report.fix(Safety::Unsafe, title, [change]);
        }
    }
}

/// What asks for the key as well. That all but some may come is seldom meant by who allows something, and that one value
/// fits is all that there is to ask of who calls.
fn what_to_write(condition: &Condition, is_alone: bool) -> String {
    let (operator, key) = (&condition.operator, &condition.key);
    let text = operator.text.raw();
    let null = format!("`\"Null\": {{ \"{key}\": \"false\" }}`");
    let is_of_caller = matches!(condition.subject(), Guard::Principal | Guard::Path);
    match operator.quantifier {
        Some(Quantifier::ForAllValues) if is_of_caller => {
            let any = text.replacen("ForAllValues", "ForAnyValue", 1);
            let any = any.trim_end_matches("IfExists");
            format!("write `{any}`, for which one of them must fit, or require the key to be there: {null}")
        }
        Some(Quantifier::ForAllValues) => format!("require the key to be there: {null}"),
        None if operator.negated => {
            let positive = text.replacen("Not", "", 1);
            let positive = positive.trim_end_matches("IfExists");
            format!("say by `{positive}` who may, or if all others are meant, require the key to be there: {null}")
        }
        _ if is_alone => "leave `IfExists` out".to_owned(),
        // The keys beside it may be meant to be optional.
        _ => format!("test `{key}` apart from the keys beside it, by `{}`", text.trim_end_matches("IfExists")),
    }
}

/// Whether it is `IfExists` alone that makes the test hold without its key.
fn holds_by_if_exists(operator: &Operator) -> bool {
    operator.if_exists
        && match operator.quantifier {
            Some(Quantifier::ForAllValues) => false,
            Some(Quantifier::ForAnyValue) => true,
            None => !operator.negated,
        }
}

/// Whether it asks that a service be called by way of itself, as a reader of `aws:CalledVia` may have it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-calledvia>
fn is_called_directly(statement: &Statement, condition: &Condition) -> bool {
    let is_via = |service: &str| condition.values.iter().any(|it| it.text.raw().split('.').next() == Some(service));
    condition.is_on("aws:calledvia") && statement.actions.only().iter().all(|it| it.service().is_some_and(is_via))
}

/// The service that takes the role, where nobody else has what the policy grants and it runs nobody's program: what it does
/// with a role it calls itself.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-calledvia>
fn own_service<'c>(policy: &Policy, cx: &Context<'c>) -> Option<&'c Principal> {
    let mut services = Vec::new();
    for holder in cx.holders(policy) {
        services.extend(holder.serving()?);
    }
    let first = *services.first()?;
    services.iter().all(|it| it.text.raw() == first.text.raw() && !runs_code(it)).then_some(first)
}

/// How bad it is that the test holds without its key; none when that is meant or does no harm.
fn weak(statement: &Statement, condition: &Condition) -> Option<Severity> {
    let operator = &condition.operator;
    let compares = operator.kind.is_some_and(|it| it != OperatorKind::Null);
    let elsewhere = condition.is_on("aws:multifactorauthpresent") || condition.is_on("aws:multifactorauthage");
    if !compares
        || elsewhere
        || condition.needs_key()
        || condition.is_always_present()
        || statement.wants_presence_of(condition)
    {
        return None;
    }
    let known = condition.known_key()?;
    let of_service = known.standing() == KeyStanding::Service;
    let severity = match condition.subject() {
        // That the key may be absent is what the operator says of a call over several resources.
        Guard::Path if condition.is_on("iam:passedtoservice") => return None,
        Guard::Principal | Guard::Path | Guard::Network => Severity::Medium,
        Guard::Resource => Severity::Low,
        Guard::Request => return None,
    };
    if operator.quantifier == Some(Quantifier::ForAllValues) {
        // A service's own keys mostly tell what a request asks for, which it does not without them. Not these.
        const MAY_BE_ABSENT: [&str; 3] = ["dynamodb:leadingkeys", "kms:encryptioncontextkeys", "kms:resourcealiases"];
        // To read or write an item is to name its key; only who scans names none.
        let scans = !condition.is_on("dynamodb:leadingkeys") || statement.actions.must_match("dynamodb:Scan");
        let absent = !of_service || scans && MAY_BE_ABSENT.iter().any(|it| condition.is_on(it));
        return (known.is_multivalued() && absent).then_some(Severity::Medium);
    }
    if operator.if_exists {
        return (!of_service).then_some(severity);
    }
    // All but some: an exception from another test that bounds the same.
    let bounded = statement.conditions.iter().any(|it| it.guard().is_some_and(|it| it <= condition.subject()));
    // Whoever lacks a tag is no outsider.
    let outsider = severity > Severity::Low && !condition.is_on("aws:principaltag/");
    (operator.negated && outsider && !bounded).then_some(severity)
}
