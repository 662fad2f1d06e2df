use crate::policy::{IpRange, OperatorKind, Policy, Value};
use crate::rule::{Context, Severity, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for condition in &statement.conditions {
            if condition.operator.kind != Some(OperatorKind::IpAddress) || !condition.is_on("aws:sourceip") {
                continue;
            }
            let is_private = |it: &&Value| IpRange::parse(it.text.raw()).is_some_and(IpRange::is_private);
            let private: Vec<&Value> = condition.values.iter().filter(is_private).collect();
            let Some(first) = private.first() else { continue };
            let all = private.len() == condition.values.len();
            let (outcome, severity) = match (all, condition.operator.negated) {
                (true, false) => ("so the test never holds", Severity::Medium),
                (true, true) => ("so the test always holds", Severity::Medium),
                (false, _) => ("which has no effect", Severity::Low),
            };
            let (key, ranges) = (&condition.key, quoted(&private.iter().map(|it| &it.text).collect::<Vec<_>>()));
            cx.report(&condition.place, format!("`{key}` is never in {ranges}, {outcome}"))
                .severity(severity)
                .of(statement, format!("{key} {ranges}"))
                .label(first.place.span, "no request over the internet comes from here")
                .by(&first.place)
                .help("test `aws:VpcSourceIp` with `aws:SourceVpc`, or the public address of the network");
        }
    }
}
