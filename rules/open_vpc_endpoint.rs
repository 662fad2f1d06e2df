use crate::catalog;
use crate::frontend::{Configuration, Resource};
use crate::policy::{Action, Condition, Effect, Policy, PolicyKind, Principal, Scope, Service, Statement};
use crate::rule::{Context, quoted};
use crate::value::{Hole, Text};

const HELP: &str = "require `aws:PrincipalOrgID` and `aws:ResourceOrgID` to be your organisation";

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    let of_endpoint = |it: &&std::sync::Arc<Policy>| it.kind == PolicyKind::Resource(Service::VpcEndpoint);
    for policy in configuration.policies.iter().filter(of_endpoint) {
        let endpoint = endpoint_of(policy, configuration);
        for statement in policy.allow_statements().filter(|it| leads_anywhere(it) && !is_for_services(it)) {
            judge(&Passage { policy, statement, endpoint }, cx);
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

fn judge(passage: &Passage<'_>, cx: &mut Context<'_>) {
    let Passage { policy, statement, .. } = passage;
    let who = passage.bounds(Side::Principal).find(|it| it.is_fixed());
    let is_known = who.is_some() || passage.is_closed(Side::Principal);
    let of_caller = |it: &Condition| it.values.iter().all(|it| it.text.raw().starts_with("${aws:Principal"));
    let mut whose = passage.bounds(Side::Resource);
    if passage.is_closed(Side::Resource) || whose.any(|it| it.is_fixed() || is_known && of_caller(it)) {
        return;
    }
    let either = passage.denies_both_at_once();
    if !is_known && either.is_none() && statement.everyone().next().is_some() {
        cx.report(&statement.place, "lets every identity reach every resource of every account by this endpoint")
            .on(&policy.address)
            .of(statement, "everything")
            .help(HELP);
        return;
    }
    let Some(carrier) = passage.carrier() else { return };
    let message = format!("lets whoever passes this endpoint carry data into any account by `{carrier}`");
    let report = cx.report(&statement.place, message).on(&policy.address).of(statement, carrier).help(
        "require `aws:ResourceOrgID` to be your organisation too, and allow what belongs to AWS or to others by its name",
    );
    let principals: Vec<&Principal> =
        statement.principals.iter().flat_map(Scope::only).filter(|it| !it.is_everyone()).collect();
    if let Some(it) = who {
        report.label(it.place.span, format!("`{}` bounds who passes, and not where to", it.key));
    } else if let Some(it) = either {
        report.label(it.place.span, "denies only what fails both tests, so whoever passes need meet but one");
    } else if let [first, ..] = principals[..] {
        let words = format!("only {} may pass, and may reach what is anybody's", quoted(&principals));
        report.label(first.place.span, words);
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
    let all = |action: &catalog::Action| !action.takes_only_star() && statement.reaches_all_of(*action).is_some();
    statement.star_resources().next().is_some()
        || statement.resources.as_ref().is_some_and(Scope::is_negated)
        || statement.granted().iter().any(all)
}

/// Whether it lets pass only what services of AWS ask for in their own name, which is nobody's way out.
fn is_for_services(statement: &Statement) -> bool {
    let of_services = |it: &Condition| it.is_on("aws:principalisawsservice") && it.wants_true();
    statement.is_for_services() || statement.conditions.iter().any(of_services)
}

/// An end of a call.
#[derive(Clone, Copy)]
enum Side {
    Principal,
    Resource,
}

impl Side {
    /// Whether a test says where this end lies: in which account or organisation, or which caller it is.
    fn is_tested_by(self, condition: &Condition) -> bool {
        let keys: &[&str] = match self {
            Self::Principal => &[
                "aws:principalorgid",
                "aws:principalorgpaths",
                "aws:principalaccount",
                "aws:principalarn",
                "aws:userid",
            ],
            Self::Resource => {
                &["aws:resourceorgid", "aws:resourceorgpaths", "aws:resourceaccount", "s3:resourceaccount"]
            }
        };
        keys.iter().any(|key| condition.is_on(key))
    }
}

/// Whether it names callers one by one.
fn names_callers(condition: &Condition) -> bool {
    (condition.is_on("aws:principalarn") || condition.is_on("aws:userid")) && condition.is_fixed()
}

/// Whether a denial with this test spares what services of AWS do, in their own name or in a caller's.
fn spares_services(condition: &Condition) -> bool {
    let is_on = ["aws:principalisawsservice", "aws:viaawsservice"].iter().any(|key| condition.is_on(key));
    is_on && condition.values.iter().all(|it| it.text.raw().eq_ignore_ascii_case("false"))
}

/// What a statement lets pass an endpoint.
struct Passage<'p> {
    policy: &'p Policy,
    statement: &'p Statement,
    endpoint: Option<&'p Resource>,
}

impl<'p> Passage<'p> {
    /// The conditions by which the statement itself bounds an end.
    fn bounds(&self, side: Side) -> impl Iterator<Item = &'p Condition> {
        let is_such = move |it: &&Condition| side.is_tested_by(it) && it.weakness().is_none() && it.case().is_none();
        self.statement.conditions.iter().filter(is_such)
    }

    /// Whether what has this end in another account is denied.
    fn is_closed(&self, side: Side) -> bool {
        self.denials(side).any(|deny| {
            let of_endpoint = |it: &Action| it.is_whole_service() && it.service().is_some_and(|it| self.is_for(it));
            deny.actions.is_negated()
                || deny.actions.only().iter().any(of_endpoint)
                || deny.covers_actions(self.statement)
        })
    }

    /// The statements that deny to have this end in another account, except for named callers and resources, and for
    /// services of AWS.
    fn denials(&self, side: Side) -> impl Iterator<Item = &'p Statement> {
        self.all_denials().filter(move |deny| {
            let is_such = |it: &Condition| {
                let spares = it.operator.negated && (side.is_tested_by(it) && it.is_fixed() || names_callers(it));
                it.case().is_none() && (spares || spares_services(it))
            };
            deny.conditions.iter().all(is_such) && deny.conditions.iter().any(|it| side.is_tested_by(it))
        })
    }

    /// The statement that denies what has both ends in another account, and so nothing that has one of them at home.
    fn denies_both_at_once(&self) -> Option<&'p Statement> {
        let tests =
            |it: &Statement, side: Side| it.conditions.iter().any(|it| it.operator.negated && side.is_tested_by(it));
        self.all_denials().find(|it| tests(it, Side::Principal) && tests(it, Side::Resource))
    }

    /// The statements that deny something to everybody, on all that the statement lets reach, but for what they name.
    fn all_denials(&self) -> impl Iterator<Item = &'p Statement> {
        let statement = self.statement;
        self.policy.statements.iter().filter(move |it| {
            let is_wide = || it.resources.as_ref().is_some_and(Scope::is_negated) || it.covers_resources(statement);
            it.effect == Effect::Deny && it.place.given.is_none() && it.everyone().next().is_some() && is_wide()
        })
    }

    /// Whether the endpoint is one of this service.
    fn is_for(&self, service: &str) -> bool {
        let names = self.endpoint.map(|it| it.texts("service_name")).unwrap_or_default();
        names.iter().any(|it| it.value.raw().rsplit('.').next().is_some_and(|it| it.eq_ignore_ascii_case(service)))
    }

    /// An action by which the statement lets data out: one of a service that it names, or that the endpoint is for.
    fn carrier(&self) -> Option<&'static str> {
        CARRIERS.into_iter().find(|action| {
            let service = action.split(':').next().unwrap_or_default();
            let names_it = |it: &Action| it.service().is_some_and(|it| it.eq_ignore_ascii_case(service));
            let entries = self.statement.actions.only().iter();
            self.statement.actions.must_match(action)
                && (self.is_for(service) || entries.filter(|it| it.must_match(action)).any(names_it))
                && !self.denials(Side::Resource).any(|it| it.actions.must_match(action))
        })
    }
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

/// Endpoints of load balancers for appliances have none, and neither have those of services that are not AWS's own.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
fn takes_policy(endpoint: &Resource) -> bool {
    let is_of_others = |it: &Text| {
        let is_service = |hole: &Hole| hole.reference.starts_with("aws_vpc_endpoint_service.");
        it.raw().contains("amazonaws.vpce.")
            || it.raw().contains(".vpce-svc-")
            || it.holes().any(|(_, it)| is_service(it))
    };
    let is_appliance = |it: &Text| it.has_holes() || it.raw() == "GatewayLoadBalancer";
    !endpoint.texts("vpc_endpoint_type").iter().any(|it| is_appliance(&it.value))
        && !endpoint.texts("service_name").iter().any(|it| is_of_others(&it.value))
}

/// Whether a policy names the endpoint, or something that is not known.
fn may_be_of(policy: &Resource, endpoint: &Resource) -> bool {
    let names = policy.texts("vpc_endpoint_id");
    let is_named = |name: &Text| {
        name.holes().next().is_none_or(|(_, hole)| {
            let reference = &*hole.reference;
            !reference.starts_with("aws_vpc_endpoint.") || endpoint.address.contains(reference.trim_end_matches(".id"))
        })
    };
    names.is_empty() || names.iter().any(|it| is_named(&it.value))
}
