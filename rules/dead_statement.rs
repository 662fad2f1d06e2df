use crate::catalog;
use crate::policy::{
    Condition, Effect, OperatorKind, Policy, Quantifier, Scope, Statement, date, matches, matches_resource, number,
};
use crate::rule::{Context, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        if statement.effect == Effect::Allow
            && let Some(deny) = policy.statements.iter().find(|it| denies_all(it, statement))
        {
            cx.report(&statement.place, "allows nothing, since all of it is denied")
                .of(statement, "all of it is denied")
                .label(deny.place.span, "denies all of it, always")
                .by(&deny.place)
                .help("remove the statement, or narrow the one that denies it");
        }
        let effect = match statement.effect {
            Effect::Allow => "so nothing is allowed",
            Effect::Deny => "so nothing is denied",
        };
        if let Some(condition) = statement.conditions.iter().find(|it| is_over(it)) {
            let until: Vec<_> = condition.values.iter().map(|it| &it.text).collect();
            cx.report(&condition.place, format!("the time until {} is over, {effect}", quoted(&until)))
                .of(statement, &condition.key)
                .help("remove the statement, or write when it is to end");
        }
        if let Some((one, other)) = contradiction(statement) {
            cx.report(&one.place, format!("`{}` cannot pass both tests, {effect}", one.key))
                .of(statement, &one.key)
                .label(other.place.span, "contradicts it")
                .help("remove the test that is not meant");
        }
    }
}

/// Whether a Deny hits all that a statement allows, whoever calls and however.
fn denies_all(deny: &Statement, statement: &Statement) -> bool {
    let everyone = match &deny.principals {
        None => true,
        Some(Scope::Only(_)) => deny.everyone().next().is_some(),
        Some(Scope::AllExcept(_)) => false,
    };
    let is_empty = statement.actions.entries().is_empty();
    deny.effect == Effect::Deny && deny.is_unconditional() && everyone && !is_empty && deny.covers(statement)
}

/// Whether a test of the time of the request can pass no more. The day of the facts about AWS is past on every day.
fn is_over(condition: &Condition) -> bool {
    use OperatorKind::{DateEquals, DateLessThan, DateLessThanEquals};
    let ends = matches!(condition.operator.kind, Some(DateEquals | DateLessThan | DateLessThanEquals));
    let tested =
        ends && !condition.operator.negated && condition.is_on("aws:currenttime") && condition.case().is_none();
    let today = date(catalog::reference_date());
    let past = |raw: &str| date(raw).zip(today).is_some_and(|(it, today)| it < today);
    tested && !condition.values.is_empty() && condition.values.iter().all(|it| it.text.as_known().is_some_and(past))
}

fn contradiction(statement: &Statement) -> Option<(&Condition, &Condition)> {
    let conditions = &statement.conditions;
    conditions.iter().enumerate().find_map(|(n, one)| {
        let other = conditions[n + 1..].iter().find(|it| contradict(one, it) || contradict(it, one))?;
        Some((one, other))
    })
}

/// Whether no request passes both. Of keys with several values each test may mean another one.
fn contradict(one: &Condition, other: &Condition) -> bool {
    let decided = |it: &Condition| {
        it.case().is_none() && !it.key.has_holes() && !it.values.is_empty() && it.operator.kind.is_some()
    };
    if !decided(one) || !decided(other) || !one.key.raw().eq_ignore_ascii_case(other.key.raw()) {
        return false;
    }
    // A key that is written twice under one operator is one test, as `duplicate_condition_key` says.
    if one.operator_place.span == other.operator_place.span {
        return false;
    }
    if one.operator.kind == Some(OperatorKind::Null) {
        // Wanted to be absent, but needed.
        return !one.wants_presence() && says(one, "true") && other.needs_key();
    }
    let single = |it: &Condition| it.operator.quantifier != Some(Quantifier::ForAnyValue);
    let several = one.known_key().is_some_and(|it| it.is_multivalued());
    if several || !single(one) || !single(other) || !(one.needs_key() || other.needs_key()) {
        return false;
    }
    excludes(one, other) || lies_above(one, other)
}

fn says(condition: &Condition, word: &str) -> bool {
    condition.values.iter().all(|it| it.text.raw().eq_ignore_ascii_case(word))
}

/// Whether none of the texts that one asks for passes the other.
fn excludes(one: &Condition, other: &Condition) -> bool {
    use OperatorKind::{ArnEquals, ArnLike, Bool, StringEquals, StringEqualsIgnoreCase, StringLike};
    let (Some(exact), Some(kind)) = (one.operator.kind, other.operator.kind) else { return false };
    let texts = |kind| matches!(kind, StringEquals | StringEqualsIgnoreCase | StringLike);
    let comparable = texts(exact) && texts(kind)
        || matches!(exact, ArnEquals | ArnLike) && matches!(kind, ArnEquals | ArnLike)
        || exact == Bool && kind == Bool;
    if !comparable || one.operator.negated || !is_known(one) || !is_known(other) {
        return false;
    }
    let wild = one.operator.takes_wildcards() && one.values.iter().any(|it| it.text.raw().contains(['*', '?']));
    let folds = |kind| matches!(kind, StringEqualsIgnoreCase | Bool);
    let fits = |pattern: &str, text: &str| match kind {
        ArnEquals | ArnLike => matches_resource(pattern, text),
        StringLike => matches(pattern, text, folds(exact)),
        _ if folds(exact) || folds(kind) => pattern.eq_ignore_ascii_case(text),
        _ => pattern == text,
    };
    // In other letters a text may pass what it does not pass as written.
    if folds(exact) && other.operator.negated && !folds(kind) {
        return false;
    }
    let passes = |text: &str| other.values.iter().any(|it| fits(it.text.raw(), text)) != other.operator.negated;
    !wild && one.values.iter().all(|it| !passes(it.text.raw()))
}

fn is_known(condition: &Condition) -> bool {
    condition.values.iter().all(|it| !it.text.has_holes() && !it.text.raw().contains("${"))
}

/// Whether all that passes `one`, a lower bound, lies above what passes `other`, an upper one.
fn lies_above(one: &Condition, other: &Condition) -> bool {
    use OperatorKind as Kind;
    let read: fn(&str) -> Option<f64> = match (one.operator.kind, other.operator.kind) {
        (
            Some(Kind::NumericGreaterThan | Kind::NumericGreaterThanEquals),
            Some(Kind::NumericLessThan | Kind::NumericLessThanEquals),
        ) => number,
        (
            Some(Kind::DateGreaterThan | Kind::DateGreaterThanEquals),
            Some(Kind::DateLessThan | Kind::DateLessThanEquals),
        ) => date,
        _ => return false,
    };
    let bounds =
        |it: &Condition| it.values.iter().map(|it| it.text.as_known().and_then(read)).collect::<Option<Vec<_>>>();
    let (Some(lower), Some(upper)) = (bounds(one), bounds(other)) else { return false };
    // Any of the values will do, so the lowest and the highest decide.
    let lower = lower.into_iter().fold(f64::INFINITY, f64::min);
    let upper = upper.into_iter().fold(f64::NEG_INFINITY, f64::max);
    lower > upper
}
