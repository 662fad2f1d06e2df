use crate::catalog::{AccessLevel, Action, Risk};
use crate::policy::{self, Policy, PolicyKind, Service, Statement};
use crate::rule::{Confidence, Context, Severity, scope_in_words};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let PolicyKind::Resource(service) = policy.kind else { return };
    let what = match service {
        // These have rules of their own.
        Service::S3 | Service::Kms => return,
        // It bounds what passes the endpoint, and grants nothing.
        Service::VpcEndpoint => return,
        // An API without a policy is as open; its authorisers decide.
        Service::Other("execute-api") => return,
        Service::Sqs => "queue",
        Service::Sns => "topic",
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
    for (statement, everyone) in policy.openings() {
        let actions = scope_in_words(&statement.actions);
        let mut report = cx
            .report(&everyone.place, format!("`{everyone}` opens the {what} to anyone: {actions}"))
            .severity(severity(service, statement))
            .granting(statement, everyone)
            .unbounded(statement)
            .help("name the accounts, roles or services that need it, or require `aws:SourceArn`, `aws:SourceAccount` or `aws:PrincipalOrgID`");
        if service == Service::Unknown {
            report = report.maybe(
                policy.place.span,
                "what this is attached to is not known; the policy of a VPC endpoint would grant nothing",
            );
        }
        if reach_is_decided_elsewhere(service) {
            report.confidence(Confidence::Medium);
        }
    }
}

fn severity(service: Service, statement: &Statement) -> Severity {
    if reach_is_decided_elsewhere(service) {
        return Severity::Medium;
    }
    let is_grave =
        |it: Action| it.access_level() == AccessLevel::PermissionsManagement || it.has_risk(Risk::CredentialExposure);
    if statement.actions.is_negated() || statement.actions.only().iter().flat_map(policy::Action::expand).any(is_grave)
    {
        Severity::Critical
    } else {
        Severity::High
    }
}

/// Domains and file systems stand in a network, and domains may have users of their own.
fn reach_is_decided_elsewhere(service: Service) -> bool {
    matches!(service, Service::Other("es" | "elasticfilesystem" | "aoss" | "kafka"))
}
