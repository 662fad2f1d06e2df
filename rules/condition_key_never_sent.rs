use std::sync::{LazyLock, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::catalog::{self, ConditionKey, KeyStanding, Power};
use crate::policy::{
    Action, Condition, Effect, Policy, PolicyKind, Principal, PrincipalKind, Resource, Scope, Service, Statement,
};
use crate::rule::{Context, Severity, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for condition in &statement.conditions {
            let Some(key) = condition.known_key().filter(|_| condition.operator.kind.is_some()) else { continue };
            if !by_action(statement, condition, key, cx) && policy.kind == PolicyKind::Trust {
                by_partner(statement, condition, cx);
            }
            by_principal(policy, statement, condition, cx);
            if statement.actions.is_negated() {
                by_service(statement, condition, key, cx);
            }
        }
    }
}

/// The entries none of whose actions can carry the key.
struct ShutOut<'s> {
    entries: Vec<&'s Action>,
    /// Whether the statement has other entries.
    others: bool,
    /// Whether some action of those can carry it.
    carried: bool,
}

fn shut_out(statement: &Statement, key: ConditionKey) -> ShutOut<'_> {
    let mut out = Vec::new();
    let (mut others, mut carried) = (false, false);
    let resources = statement.resources.as_ref().map(Scope::only).unwrap_or_default();
    let is_told = !resources.is_empty() && !resources.iter().any(Resource::covers_all_of_its_service);
    for entry in statement.actions.only() {
        let actions = entry.reached();
        // Of what reaches none of the resources, `mismatched_resource` speaks.
        if is_told && !actions.is_empty() && !actions.iter().any(|it| statement.may_reach(it)) {
            others = true;
            continue;
        }
        if actions.iter().any(|it| carries(it, key)) {
            (others, carried) = (true, true);
        } else if actions.is_empty() {
            others = true;
        } else {
            out.push(entry);
        }
    }
    if carried {
        // To look is what many write beside what matters, such as `kms:DescribeKey`, and nothing hangs on it.
        let looks = |it: &&Action| it.reached().iter().all(|it| it.power() == Power::Sees);
        others |= out.iter().any(looks);
        out.retain(|it| !looks(it));
    } else if !out.is_empty() && !is_ever_carried(key) {
        // The reference says of some keys of no action that it takes them, though some action does.
        out.clear();
    }
    ShutOut { entries: out, others, carried }
}

fn is_ever_carried(key: ConditionKey) -> bool {
    // All of the reference is looked through, so each key is looked for once.
    static KNOWN: LazyLock<Mutex<FxHashMap<ConditionKey, bool>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    *known.entry(key).or_insert_with(|| catalog::actions().any(|it| carries(it, key)))
}

fn carries(action: catalog::Action, key: ConditionKey) -> bool {
    const OWNER: [&str; 3] = ["aws:ResourceAccount", "aws:ResourceOrgID", "aws:ResourceOrgPaths"];
    let accepts = |it: catalog::Action| it.accepts_condition_key(key);
    let of_session = || action.service().prefix() == "sts" && SET_BY.iter().any(|(_, it)| *it == action.full_name());
    let accepted = || of_session() && ASSUMES.iter().filter_map(|it| catalog::action(it)).any(accepts);
    (accepts(action) || accepted()) && (action.has_resource_owner_keys() || !OWNER.contains(&key.name()))
}

/// What a role is assumed by. Tags and a source identity are set by the same request, so it carries the same keys.
const ASSUMES: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

fn by_action(statement: &Statement, condition: &Condition, key: ConditionKey, cx: &mut Context<'_>) -> bool {
    let ShutOut { entries, others, carried } = shut_out(statement, key);
    if entries.is_empty() {
        return false;
    }
    let (key, names) = (&condition.key, quoted(&entries));
    let requests = format!("whose requests do not carry `{key}`");
    let (message, severity) = match (statement.effect, condition.needs_key()) {
        (Effect::Deny, true) => (format!("never denies {names}, {requests}"), Severity::Medium),
        (Effect::Allow, true) => (format!("never allows {names}, {requests}"), Severity::Low),
        // That the rest need not carry the key is what such a test says.
        (Effect::Allow, false) if others => return false,
        (Effect::Allow, false) => (format!("says nothing about {names}, {requests}"), Severity::Medium),
        (Effect::Deny, false) if others && condition.operator.if_exists => return false,
        (Effect::Deny, false) => (format!("always denies {names}, {requests}"), Severity::Low),
    };
    let (own, it, them) = if entries.len() == 1 { ("its", "it is", "it") } else { ("their", "they are", "them") };
    let apart = format!("put {names} in a statement of {own} own");
    let help = match (carried, statement.effect, condition.needs_key()) {
        (true, Effect::Allow, _) => format!("{apart} without this test if {it} meant, else leave {them} out"),
        (true, Effect::Deny, true) => format!("{apart} with a test of what these requests carry, or leave {them} out"),
        (true, Effect::Deny, false) => format!("{apart} if {it} to be denied always, else leave {them} out"),
        (false, ..) => "test a key that these requests carry, or leave the test out".to_owned(),
    };
    let mut report =
        cx.report(&condition.place, message).severity(severity).of(statement, format!("{key} for {names}")).help(help);
    for entry in entries.iter().take(3) {
        report = report.label(entry.place.span, format!("does not carry `{key}`")).by(&entry.place);
    }
    true
}

/// All but some actions: the services that are not excepted, and none of whose requests carry the key.
fn by_service(statement: &Statement, condition: &Condition, key: ConditionKey, cx: &mut Context<'_>) {
    let everywhere = key.standing() == KeyStanding::Global && !key.is_per_action() && key.set_by().len() == 0;
    if everywhere || !condition.needs_key() {
        return;
    }
    let excepted = |it: &Action| it.is_whole_service() || it.is_free();
    let is_excepted = |service: catalog::Service| {
        let name = format!("{service}:*");
        statement.actions.entries().iter().any(|it| excepted(it) && it.may_match(&name))
    };
    let services: Vec<_> = catalog::services()
        .filter(|it| !is_excepted(*it) && it.actions().len() > 0 && !it.actions().any(|it| carries(it, key)))
        .collect();
    let Some(count) = std::num::NonZero::new(services.len()) else { return };
    let does = match statement.effect {
        Effect::Allow => "never allows",
        Effect::Deny => "never denies",
    };
    let key = &condition.key;
    let such = quoted(&services[..count.get().min(2)]);
    let message = format!("{does} the actions of {count} services such as {such}, whose requests do not carry `{key}`");
    cx.report(&condition.place, message)
        .severity(Severity::Low)
        .of(statement, format!("{key} for all but some"))
        .help("name the actions whose requests carry the key");
}

/// Keys of a session that are only looked at when the statement also allows to set them.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>
const SET_BY: [(&str, &str); 4] = [
    ("aws:requesttag/", "sts:TagSession"),
    ("aws:tagkeys", "sts:TagSession"),
    ("sts:transitivetagkeys", "sts:TagSession"),
    ("sts:sourceidentity", "sts:SetSourceIdentity"),
];

fn by_partner(statement: &Statement, condition: &Condition, cx: &mut Context<'_>) {
    let Some((_, setter)) = SET_BY.iter().find(|(key, _)| condition.is_on(key)) else { return };
    if statement.effect == Effect::Deny || !condition.needs_key() || statement.actions.may_match(setter) {
        return;
    }
    let key = &condition.key;
    cx.report(&condition.place, format!("`{key}` is only there with `{setter}`, which the statement does not allow"))
        .severity(Severity::Low)
        .of(statement, key)
        .help(format!("add `{setter}` to the actions"));
}

/// Keys about a member of an organisation, which a service that calls for itself is not.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const OF_MEMBERS: [&str; 5] =
    ["aws:principalorgid", "aws:principalorgpaths", "aws:principaltag/", "aws:username", "aws:multifactorauthpresent"];

/// Keys about a service that calls for itself, which nobody else's calls carry.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const OF_SERVICES: [&str; 2] = ["aws:principalservicename", "aws:principalservicenameslist"];

fn by_principal(policy: &Policy, statement: &Statement, condition: &Condition, cx: &mut Context<'_>) {
    let Some(Scope::Only(principals)) = &statement.principals else { return };
    if statement.effect == Effect::Deny || !condition.needs_key() {
        return;
    }
    let is_named = |it: &Principal| it.kind == PrincipalKind::Aws && !it.is_everyone() && !it.is_unknown();
    if OF_SERVICES.iter().any(|it| condition.is_on(it)) && !principals.is_empty() && principals.iter().all(is_named) {
        let (key, names) = (&condition.key, quoted(principals));
        cx.report(&condition.place, format!("a call by {names} never carries `{key}`, so it is not allowed"))
            .severity(Severity::Low)
            .of(statement, format!("{key} of {names}"))
            .label(principals[0].place.span, "is no service")
            .help("name the roles that the service runs as, or the service, as the principal");
        return;
    }
    if !OF_MEMBERS.iter().any(|it| condition.is_on(it)) {
        return;
    }
    // The tags of a certificate's holder.
    // https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
    let has_holder = |it: &Principal| it.text.raw() == "rolesanywhere.amazonaws.com";
    let is_service = |it: &&Principal| it.kind == PrincipalKind::Service && !has_holder(it);
    // It writes with the role that it is given.
    // https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html
    let has_role = |it: &Principal| it.is_service("firehose.amazonaws.com");
    let (with_role, services): (Vec<&Principal>, Vec<&Principal>) =
        principals.iter().filter(is_service).partition(|it| has_role(it));
    let key = &condition.key;
    for principal in with_role {
        cx.report(
            &principal.place,
            format!("`{principal}` calls with the role that it is given, so this lets nobody in"),
        )
        .severity(Severity::Low)
        .of(statement, format!("{key} of {principal}"))
        .label(condition.place.span, format!("and a call by a service never carries `{key}`"))
        .help("name the roles that it is given as the principals");
    }
    let Some(first) = services.first() else { return };
    let apart = principals.len() > services.len();
    let help = help_for_services(policy, statement, condition, &services, apart);
    cx.report(&condition.place, format!("a call by {} never carries `{key}`, so it is not allowed", quoted(&services)))
        .severity(Severity::Low)
        .of(statement, format!("{key} of {first}"))
        .label(first.place.span, "is a service that calls for itself")
        .help(help);
}

/// What bounds services instead of a key about members, each of which is about who owns what they call for.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceorgid>
fn help_for_services(
    policy: &Policy,
    statement: &Statement,
    condition: &Condition,
    services: &[&Principal],
    apart: bool,
) -> String {
    let key = &condition.key;
    let of_organization = condition.is_on("aws:principalorgid") || condition.is_on("aws:principalorgpaths");
    if policy.address.contains("aws_lambda_permission.") {
        let instead = "`source_account` or `source_arn` bounds a service";
        return match of_organization {
            true => format!("{instead}; the accounts of an organization are let in by the principal `*`"),
            false => instead.to_owned(),
        };
    }
    let source = match condition.key_lower().as_str() {
        "aws:principalorgid" => "aws:SourceOrgID",
        "aws:principalorgpaths" => "aws:SourceOrgPaths",
        _ => "aws:SourceAccount",
    };
    let says_for_whom = |it: &&Principal| statement.callers().any(|(own, _)| std::ptr::eq(own, *it));
    let is_logs = |it: &&Principal| it.is_service("logs.amazonaws.com");
    let is_of_key = policy.kind == PolicyKind::Resource(Service::Kms);
    let names = quoted(services);
    let place = if apart { format!("in a statement of its own for {names}, ") } else { String::new() };
    let instead = if is_of_key && services.iter().all(is_logs) {
        // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
        format!("{place}test `kms:EncryptionContext:aws:logs:arn` in place of `{key}`")
    } else if services.iter().all(says_for_whom) {
        format!("{place}test `{source}` in place of `{key}`")
    } else {
        format!("{place}leave `{key}` out")
    };
    match of_organization && !apart && policy.kind != PolicyKind::Trust {
        true => format!("{instead}; if the accounts of the organization are meant, the principal is `\"AWS\": \"*\"`"),
        false => instead,
    }
}
