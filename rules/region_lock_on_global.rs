use crate::policy::{Action, Condition, Effect, OperatorKind, Policy, PolicyKind, Scope, Statement, matches};
use crate::rule::{Context, quoted};

/// Services that answer from one Region, whichever is asked for, and an action of each.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion>
const GLOBAL: [(&str, &str); 5] = [
    ("iam", "iam:GetRole"),
    ("organizations", "organizations:DescribeOrganization"),
    ("route53", "route53:ListHostedZones"),
    ("cloudfront", "cloudfront:ListDistributions"),
    ("support", "support:DescribeCases"),
];
const HOME: &str = "us-east-1";

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if matches!(policy.kind, PolicyKind::Trust | PolicyKind::Resource(_)) {
        return;
    }
    for statement in policy.statements.iter().filter(|it| it.effect == Effect::Deny) {
        let Some(lock) = statement.conditions.iter().find(|it| shuts_home_out(it)) else { continue };
        // Of everything, somebody may well be shut out; of everything in an organisation, nobody means to be.
        if !statement.actions.is_negated() && policy.kind != PolicyKind::ServiceControl {
            continue;
        }
        let hit: Vec<&str> = GLOBAL.iter().filter(|it| is_hit(statement, it)).map(|(service, _)| *service).collect();
        if hit.is_empty() || statement.star_resources().next().is_none() {
            continue;
        }
        let names = quoted(&hit);
        cx.report(&lock.place, format!("this denies {names} altogether, which answer from `{HOME}` alone"))
            .of(statement, &names)
            .help(format!("write the global services under `NotAction`, or `{HOME}` among the Regions"));
    }
}

/// Whether a condition holds for what is asked of the Region where global services are, in every case.
fn shuts_home_out(condition: &Condition) -> bool {
    let tested = condition.is_on("aws:requestedregion") && condition.operator.negated && condition.case().is_none();
    // Elsewhere they answer from another Region.
    let elsewhere = |raw: &str| ["cn-", "us-gov-", "us-iso"].iter().any(|it| raw.starts_with(it));
    let spares = |raw: &str| match condition.operator.kind {
        Some(OperatorKind::StringLike) => matches(raw, HOME, false),
        _ => raw.eq_ignore_ascii_case(HOME),
    };
    let mut values = condition.values.iter();
    tested && values.len() > 0 && values.all(|it| it.text.as_known().is_some_and(|raw| !spares(raw) && !elsewhere(raw)))
}

/// Whether a statement holds all of a service without naming it.
fn is_hit(statement: &Statement, (service, action): &(&str, &str)) -> bool {
    let names = |it: &Action| it.text.has_holes() || it.may_match(action) || it.service() == Some(service);
    match &statement.actions {
        Scope::AllExcept(entries) => !entries.iter().any(names),
        Scope::Only(entries) => entries.iter().any(Action::covers_every_action),
    }
}
