use crate::frontend::{Configuration, Resource};
use crate::policy::{Action, Effect, Guard, Policy, PolicyKind, Principal, Scope, Service, Statement};
use crate::rule::{Context, quoted};

const HELP: &str = "require `aws:PrincipalOrgID` and `aws:ResourceOrgID` to be your organisation";

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    let of_endpoint = |it: &&std::sync::Arc<Policy>| it.kind == PolicyKind::Resource(Service::VpcEndpoint);
    for policy in configuration.policies.iter().filter(of_endpoint) {
        let endpoint = endpoint_of(policy, configuration);
        if denies_others(policy, Guard::Resource) {
            continue;
        }
        for statement in policy.allow_statements().filter(|it| leads_anywhere(it)) {
            let bound = statement.guarded_by(&[Guard::Principal]);
            let is_bound = bound.is_some() || denies_others(policy, Guard::Principal);
            if !is_bound && statement.everyone().next().is_some() {
                cx.report(
                    &statement.place,
                    "lets every identity reach every resource of every account by this endpoint",
                )
                .on(&policy.address)
                .of(statement, "everything")
                .help(HELP);
            } else if let Some(carrier) = carrier(statement, endpoint) {
                let message = format!("lets whoever passes this endpoint carry data into any account by `{carrier}`");
                let report = cx.report(&statement.place, message).on(&policy.address).of(statement, carrier).help(
                    "require `aws:ResourceOrgID` to be your organisation too, and allow what belongs to AWS or to others \
                     by its name",
                );
                let who = statement.principals.iter().flat_map(Scope::only).filter(|it| !it.is_everyone());
                let who: Vec<&Principal> = who.collect();
                match bound {
                    Some(it) => {
                        report.label(it.place.span, format!("`{}` bounds who passes, and not where to", it.key));
                    }
                    None if who.is_empty() => {}
                    None => {
                        let words = format!("only {} may pass, and may reach what is anybody's", quoted(&who));
                        report.label(who[0].place.span, words);
                    }
                }
            }
        }
    }
    let apart: Vec<_> = configuration.resources.iter().filter(|it| it.kind == "aws_vpc_endpoint_policy").collect();
    for endpoint in configuration.resources.iter().filter(|it| it.kind == "aws_vpc_endpoint") {
        if takes_policy(endpoint) && endpoint.at("policy").is_empty() && !apart.iter().any(|it| may_be_of(it, endpoint))
        {
            cx.report(&endpoint.place, "this endpoint has no policy, so it lets everybody reach everything")
                .on(&endpoint.address)
                .about("no policy")
                .help(HELP);
        }
    }
}

/// The endpoint that a policy is written in, or the only one that it may be for.
fn endpoint_of<'c>(policy: &Policy, configuration: &'c Configuration) -> Option<&'c Resource> {
    let own = configuration.resources.iter().find(|it| it.address == policy.address)?;
    if own.kind == "aws_vpc_endpoint" {
        return Some(own);
    }
    let mut all = configuration.resources.iter().filter(|it| it.kind == "aws_vpc_endpoint" && may_be_of(own, it));
    all.next().filter(|_| all.next().is_none())
}

/// Whether what it lets pass may go to any resource of any account.
fn leads_anywhere(statement: &Statement) -> bool {
    let all =
        statement.star_resources().next().is_some() || statement.resources.as_ref().is_some_and(Scope::is_negated);
    all && statement.guarded_by(&[Guard::Resource]).is_none()
}

/// Whether it denies everybody and everything that a key of this kind does not name.
fn denies_others(policy: &Policy, by: Guard) -> bool {
    policy.statements.iter().any(|it| {
        it.effect == Effect::Deny
            && it.everyone().next().is_some()
            && it.star_resources().next().is_some()
            && it.conditions.iter().all(|it| it.operator.negated)
            && it.conditions.iter().any(|it| it.subject() == by)
    })
}

/// What takes data to where another account's policy lets everybody leave it.
const CARRIERS: [&str; 7] = [
    "s3:PutObject",
    "dynamodb:PutItem",
    "events:PutEvents",
    "kinesis:PutRecord",
    "lambda:InvokeFunction",
    "sns:Publish",
    "sqs:SendMessage",
];

/// An action by which a statement lets data out: one of a service that it names, or that the endpoint is for.
fn carrier(statement: &Statement, endpoint: Option<&Resource>) -> Option<&'static str> {
    let names = endpoint.map(|it| it.texts("service_name")).unwrap_or_default();
    let is_for = |service: &str| names.iter().any(|it| it.value.raw().rsplit('.').next() == Some(service));
    CARRIERS.into_iter().find(|action| {
        let service = action.split(':').next().unwrap_or_default();
        let names_it = |it: &Action| it.service().is_some_and(|it| it.eq_ignore_ascii_case(service));
        let entries = statement.actions.only().iter();
        statement.actions.must_match(action)
            && (is_for(service) || entries.filter(|it| it.must_match(action)).any(names_it))
    })
}

/// Endpoints of load balancers for appliances have none.
fn takes_policy(endpoint: &Resource) -> bool {
    !endpoint
        .texts("vpc_endpoint_type")
        .iter()
        .any(|it| it.value.has_holes() || it.value.raw() == "GatewayLoadBalancer")
}

/// Whether a policy names the endpoint, or something that is not known.
fn may_be_of(policy: &Resource, endpoint: &Resource) -> bool {
    let names = policy.texts("vpc_endpoint_id");
    let is_named = |name: &crate::value::Text| {
        name.holes().next().is_none_or(|(_, hole)| {
            let reference = &*hole.reference;
            !reference.starts_with("aws_vpc_endpoint.") || endpoint.address.contains(reference.trim_end_matches(".id"))
        })
    };
    names.is_empty() || names.iter().any(|it| is_named(&it.value))
}
