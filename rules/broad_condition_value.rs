use crate::catalog;
use crate::policy::{Condition, Effect, IpRange, OperatorKind, Policy, Value};
use crate::rule::{Context, Severity};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        // Broad is bad where those who fit are let in: of an Allow, or as the exceptions of a Deny.
        let lets_in = |it: &&Condition| (statement.effect == Effect::Deny) == it.operator.negated;
        for condition in statement.conditions.iter().filter(lets_in) {
            for value in &condition.values {
                let Some((what, severity)) = breadth(condition, value) else { continue };
                cx.report(&value.place, format!("`{}` {what}", value.text))
                    .severity(severity)
                    .of(statement, format!("{} {}", condition.key, value.text))
                    .label(condition.place.span, "is what the condition bounds")
                    .help("write out the values that are meant");
            }
        }
    }
}

fn breadth(condition: &Condition, value: &Value) -> Option<(String, Severity)> {
    /// How much of an id must be written out before a wildcard, by what AWS itself asks for.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html>
    const WRITTEN_OUT: usize = 6;
    let raw = value.text.raw();
    if condition.operator.kind == Some(OperatorKind::IpAddress) {
        let everything = IpRange::parse(raw).is_some_and(IpRange::is_everything);
        return everything.then(|| ("holds every address".to_owned(), Severity::Medium));
    }
    let key = condition.known_key().filter(|it| it.is_sensitive())?;
    if let Some((_, variable)) = raw.split_once("${") {
        let name = variable.split(['}', ',']).next()?.trim();
        let filled_in_by_aws = catalog::condition_key(name).is_none_or(|it| it.is_sensitive());
        return (!filled_in_by_aws).then(|| ("is filled in by the caller".to_owned(), Severity::Medium));
    }
    let wild =
        raw.find(['*', '?']).filter(|_| condition.operator.takes_wildcards() && !condition.is_bare_wildcard())?;
    let severity = if wild < WRITTEN_OUT && !value.text.has_holes() { Severity::Medium } else { Severity::Low };
    Some((format!("fits many a value of `{key}` that nobody chose"), severity))
}
