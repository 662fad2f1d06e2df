use crate::frontend::{Configuration, Resource};
use crate::policy::{Guard, Policy, PolicyKind, Scope, Service, Statement};
use crate::rule::Context;

const HELP: &str = "require `aws:PrincipalOrgID` and `aws:ResourceOrgID` to be your organisation";

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    let of_endpoint = |it: &&std::sync::Arc<Policy>| it.kind == PolicyKind::Resource(Service::VpcEndpoint);
    for policy in configuration.policies.iter().filter(of_endpoint) {
        for statement in policy.allow_statements().filter(|it| is_open(it)) {
            cx.report(&statement.place, "lets every identity reach every resource of every account by this endpoint")
                .on(&policy.address)
                .of(statement, "everything")
                .help(HELP);
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

fn is_open(statement: &Statement) -> bool {
    let all =
        statement.star_resources().next().is_some() || statement.resources.as_ref().is_some_and(Scope::is_negated);
    let bound = statement.guarded_by(&[Guard::Principal, Guard::Resource]).is_some();
    statement.everyone().next().is_some() && all && !bound
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
