use super::bucket_plain_http::deny;
use crate::policy::{Condition, Effect, Policy, PolicyKind, PrincipalKind, Scope, Service, Statement};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !matches!(policy.kind, PolicyKind::Resource(Service::Sns | Service::Sqs)) || policy.resolution.nothing {
        return;
    }
    let people = |statement: &Statement| {
        let mut principals = statement.principals.iter().flat_map(Scope::entries);
        principals.any(|it| it.kind != PrincipalKind::Service)
    };
    if policy.allow_statements().any(people) && !policy.statements.iter().any(denies_plain_http) {
        let report = cx
            .report(&policy.place, "messages can be sent and read over plain HTTP")
            .about("plain HTTP")
            .help("deny everything to everybody where `aws:SecureTransport` is `false`");
        if let PolicyKind::Resource(service) = policy.kind {
            deny(report, policy, service.prefix().unwrap_or_default());
        }
    }
}

fn denies_plain_http(statement: &Statement) -> bool {
    let plain = |it: &Condition| {
        it.is_on("aws:securetransport") && it.values.iter().any(|it| it.text.raw().eq_ignore_ascii_case("false"))
    };
    statement.effect == Effect::Deny && statement.conditions.iter().any(plain)
}
