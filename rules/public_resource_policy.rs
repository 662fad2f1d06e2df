use crate::catalog::{AccessLevel, Action, Risk};
use crate::frontend::{Configuration, Resource};
use crate::policy::{Condition, Policy, PolicyKind, Resource as Pattern, Scope, Service, Statement};
use crate::rule::{Confidence, Context, Severity, scope_in_words};
use crate::source::Span;
use crate::value::HOLE;

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    for policy in &configuration.policies {
        of_policy(policy, configuration, cx.speaking_of(policy));
    }
}

fn of_policy(policy: &Policy, configuration: &Configuration, cx: &mut Context<'_>) {
    let PolicyKind::Resource(service) = policy.kind else { return };
    let what = match service {
        // These have rules of their own.
        Service::S3 | Service::Kms => return,
        // It bounds what passes the endpoint, and grants nothing.
        Service::VpcEndpoint => return,
        Service::Other("execute-api") => "API",
        Service::Sqs => "queue",
        Service::Sns => "topic",
        Service::Lambda if policy.statements.iter().any(|it| it.actions.may_match("lambda:GetLayerVersion")) => "layer",
        Service::Lambda => "function",
        Service::Repository | Service::Other("ecr" | "ecr-public") => "repository",
        Service::Other("secretsmanager") => "secret",
        Service::Other("elasticfilesystem") => "file system",
        Service::Other("es") => "domain",
        Service::Other("events") => "event bus",
        Service::Other("glacier" | "backup") => "vault",
        Service::Other("glue") => "data catalogue",
        Service::Other("kinesis") => "stream",
        Service::Other("dynamodb") => "table",
        Service::Other("ses") => "identity",
        Service::Other("kafka") => "cluster",
        Service::Other(_) | Service::Unknown => "resource",
    };
    let domain = domain_of(policy, configuration);
    let network = domain.and_then(network_of);
    let users = domain.and_then(users_of);
    if network.is_some() && users.is_some() {
        return;
    }
    // Of a domain that is declared here it shows whether anything else stands before it.
    let is_decided_elsewhere = domain.is_none() && reach_is_decided_elsewhere(service);
    for (statement, everyone) in policy.openings() {
        // An API without a policy may be called by everybody too, and its authorisers decide. Its cache is another matter.
        if service == Service::Other("execute-api") && !statement.actions.may_match("execute-api:InvalidateCache") {
            continue;
        }
        let is_address = service == Service::Lambda && is_for_an_address(statement);
        if is_address && is_told_at_the_address(statement, configuration) {
            continue;
        }
        let actions = scope_in_words(&statement.actions);
        let whom = if network.is_some() { "whoever reaches its VPC" } else { "anyone" };
        let mut report = cx
            .report(&everyone.place, format!("`{everyone}` opens the {what} to {whom}: {actions}"))
            .severity(if is_decided_elsewhere { Severity::Medium } else { severity(statement) })
            .granting(statement, everyone)
            .unbounded(statement)
            .help(match service {
                Service::Other("es") if users.is_some() => "name the roles that need it, or put the domain into a VPC",
                Service::Other("es") => "name the roles that need it, or turn fine-grained access control on",
                _ if is_address => "set the type to `AWS_IAM`, here and at the function's URL, and name the accounts or roles that need it",
                // Whoever mounts it without a role is known by nothing but the way.
                Service::Other("elasticfilesystem") => "name the accounts or roles that need it, or require `elasticfilesystem:AccessedViaMountTarget` to be `true`",
                _ if takes_calls_of_services(statement) => "name the accounts or roles that need it, or require `aws:PrincipalOrgID`; where a service calls, name it, and require `aws:SourceArn` or `aws:SourceAccount`",
                Service::Lambda => "name the accounts or services that need it, or require `aws:PrincipalOrgID`",
                _ => "name the accounts, roles or services that need it, or require `aws:PrincipalOrgID`, `aws:PrincipalAccount` or `aws:SourceVpce`",
            });
        if let Some(at) = network {
            report = report.lower().label(at, "the domain stands in this VPC");
        } else if let Some(at) = users {
            report = report.lower().label(at, "the domain has users of its own");
        }
        if service == Service::Unknown {
            let why = "what this is attached to is not known; the policy of a VPC endpoint would grant nothing";
            report = if names_resources(statement) {
                // Whoever writes an endpoint's policy seldom names one thing.
                report.confidence(Confidence::Medium).label(policy.place.span, why)
            } else {
                report.maybe(policy.place.span, why)
            };
        }
        if is_decided_elsewhere {
            report.confidence(Confidence::Medium);
        }
    }
}

/// Whether every resource of a statement is one that it names, of one service.
fn names_resources(statement: &Statement) -> bool {
    let Some(Scope::Only(resources)) = &statement.resources else { return false };
    let is_fixed = |part: &str| !part.is_empty() && !part.starts_with(['*', '?', HOLE]);
    let named = |it: &Pattern| it.part(5).is_some_and(|it| is_fixed(it) && !it.ends_with("/*"));
    let services: Vec<_> = resources.iter().map(|it| it.part(2).filter(|it| is_fixed(it))).collect();
    services.first().is_some_and(Option::is_some)
        && services.windows(2).all(|it| it[0] == it[1])
        && resources.iter().all(named)
}

/// Whether it allows what services do of themselves to another resource. Only their own calls carry `aws:SourceArn` and
/// `aws:SourceAccount`, so elsewhere a test of these would shut everybody out.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourcearn>
fn takes_calls_of_services(statement: &Statement) -> bool {
    ["lambda:InvokeFunction", "sns:Publish", "sqs:SendMessage"].iter().any(|it| statement.actions.may_match(it))
}

/// Whether it lets everybody call a function by an address at which nobody says who they are.
/// <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>
fn is_for_an_address(statement: &Statement) -> bool {
    let is_open =
        |it: &Condition| it.is_on("lambda:functionurlauthtype") && it.values.iter().any(|it| it.text.raw() == "NONE");
    statement.conditions.iter().any(is_open)
}

/// Whether `open_function_url` speaks of that address, where the change is to be made.
fn is_told_at_the_address(statement: &Statement, configuration: &Configuration) -> bool {
    let mut addresses = configuration.resources.iter().filter(|it| it.kind == "aws_lambda_function_url");
    let functions: Vec<String> = statement.resources.iter().flat_map(Scope::only).map(ToString::to_string).collect();
    addresses.any(|it| {
        let is_open = it.texts("authorization_type").iter().any(|it| it.value.raw() == "NONE");
        let mut names = it.texts("function_name").into_iter().map(|it| it.value.to_string());
        is_open && names.any(|name| functions.iter().any(|it| it.ends_with(&name)))
    })
}

fn severity(statement: &Statement) -> Severity {
    let is_grave =
        |it: Action| it.access_level() == AccessLevel::PermissionsManagement || it.has_risk(Risk::CredentialExposure);
    if statement.actions.is_negated()
        || statement.actions.only().iter().flat_map(|it| it.reached().iter()).any(is_grave)
    {
        Severity::Critical
    } else {
        Severity::High
    }
}

/// Domains and file systems stand in a network, domains may have users of their own, and APIs authorisers.
fn reach_is_decided_elsewhere(service: Service) -> bool {
    matches!(service, Service::Other("es" | "elasticfilesystem" | "aoss" | "execute-api" | "kafka"))
}

const DOMAINS: [&str; 2] = ["aws_elasticsearch_domain", "aws_opensearch_domain"];

/// The domain that a policy is about, when it is declared here: the policy stands in it, or names it.
fn domain_of<'c>(policy: &Policy, configuration: &'c Configuration) -> Option<&'c Resource> {
    if policy.kind != PolicyKind::Resource(Service::Other("es")) {
        return None;
    }
    let carrier = configuration.resources.iter().find(|it| it.address == policy.address)?;
    let name = |it: &Resource| it.texts("domain_name").pop().map(|it| it.value);
    let mut domains = configuration.resources.iter().filter(|it| DOMAINS.contains(&it.kind));
    if DOMAINS.contains(&carrier.kind) { Some(carrier) } else { domains.find(|it| name(it) == name(carrier)) }
}

/// Where it is put into a VPC.
fn network_of(domain: &Resource) -> Option<Span> {
    domain.parts("vpc_options").first().map(|it| it.place.span)
}

/// Where fine-grained access control is turned on, which asks everybody for a user.
/// <https://docs.aws.amazon.com/opensearch-service/latest/developerguide/fgac.html>
fn users_of(domain: &Resource) -> Option<Span> {
    let switches = domain.switches("advanced_security_options.enabled");
    // What is not known may be on.
    switches.iter().find(|it| it.value != Some(false)).map(|it| it.place.span)
}
