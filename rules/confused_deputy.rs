use crate::catalog::{self, Caller, Power};
use crate::policy::{
    Action, Condition, Policy, PolicyKind, Principal, PrincipalKind, Resource, Scope, Service, Statement, Value,
    split_arn,
};
use crate::rule::{Context, Report, Rewrite, Safety, Severity, Wanted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !matches!(policy.kind, PolicyKind::Resource(_)) || !policy.kind.grants() {
        return;
    }
    for statement in policy.allow_statements() {
        if statement.bounded_source().is_some() || policy.closed_by(statement).is_some() {
            continue;
        }
        if policy.kind == PolicyKind::Resource(Service::Kms) {
            if !uses_key_for_anybody(statement) {
                continue;
            }
            of_log_groups(policy, statement, cx);
        }
        of_skills(statement, cx);
        let Some(power) = power(statement) else { continue };
        let called = statement.actions.only().iter().find_map(Action::service).unwrap_or_default();
        for (principal, caller) in statement.callers().filter(|(_, it)| says_for_whom(*it, statement, called)) {
            let for_owner = caller.calls_for_the_owner();
            let of_account = caller.writes_by_account().then(|| below_account(statement)).flatten();
            let severity = match severity(policy, power, caller) {
                _ if of_account.is_some() => Severity::Low,
                severity if for_owner => severity.lower(),
                severity => severity,
            };
            let whose =
                if for_owner { "every resource of the account" } else { "anybody's resource, not only for yours" };
            let own = !are_all(statement, statement.callers().count());
            let instead = caller.calls_as(called).map(|it| format!("let in `{it}` in its place, and "));
            let instead = instead.unwrap_or_default();
            let mut report = cx
                .report(&principal.place, format!("`{principal}` may act here for {whose}"))
                .severity(severity)
                .granting(statement, principal)
                .unbounded(statement)
                .help(format!("{instead}{}, as {} shows", asking(statement, caller, own), caller.page_for(called)));
            if let Some(resource) = of_account {
                let why = format!(
                    "`{principal}` writes there for one account or organisation only, hence the lower severity"
                );
                report = report.label(resource.place.span, why);
            }
            if !for_owner {
                bind_to_account(report, policy, statement, caller.of_account);
            }
        }
    }
}

/// What to ask of a service so that it says for whom it calls, in a statement of its own or where it stands: a key that is
/// asked for already is to be narrowed.
pub(super) fn asking(statement: &Statement, caller: Caller, own: bool) -> String {
    let is_open = |it: &&Condition| {
        let is_source = it.is_on("aws:sourcearn") || it.is_on("aws:sourceaccount");
        is_source && it.case().is_none() && !it.is_fixed()
    };
    let keys = if caller.calls_for_the_owner() { "`aws:SourceArn`" } else { caller.keys() };
    let Some(open) = statement.conditions.iter().find(is_open) else {
        return format!("{} {keys}", require(!own));
    };
    let first = if own { "put it in a statement of its own, and there narrow" } else { "narrow" };
    let beside = match caller.of_account {
        "{}" if !open.is_on("aws:sourceaccount") && !caller.calls_for_the_owner() => {
            ", or require `aws:SourceAccount` beside it"
        }
        _ => "",
    };
    format!("{first} `{}`, which fits more than what is yours{beside}", open.key)
}

/// How to ask for what some principals of a statement send. Others may not send it, and would be locked out.
fn require(are_all: bool) -> &'static str {
    if are_all { "require" } else { "put it in a statement of its own, and there require" }
}

/// Whether so many are all principals of a statement.
fn are_all(statement: &Statement, principals: usize) -> bool {
    principals == statement.principals.as_ref().map_or(0, |it| it.entries().len())
}

/// Alexa calls a function for the skills of all its developers, and says for which by the token of the event.
/// <https://developer.amazon.com/en-US/docs/alexa/custom-skills/host-a-custom-skill-as-an-aws-lambda-function.html>
fn of_skills(statement: &Statement, cx: &mut Context<'_>) {
    const ALEXA: [&str; 2] = ["alexa-appkit.amazon.com", "alexa-connectedhome.amazon.com"];
    let is_bound = |it: &Condition| it.is_on("lambda:eventsourcetoken") && it.weakness().is_none();
    if statement.conditions.iter().any(is_bound) || !statement.actions.may_match("lambda:InvokeFunction") {
        return;
    }
    let is_alexa = |it: &&Principal| it.kind == PrincipalKind::Service && ALEXA.contains(&it.text.raw());
    let principals = || statement.principals.iter().flat_map(Scope::only).filter(is_alexa);
    let first = require(are_all(statement, principals().count()));
    for principal in principals() {
        cx.report(&principal.place, format!("`{principal}` may call it for anybody's skill, not only for yours"))
            .granting(statement, principal)
            .unbounded(statement)
            .help(format!(
                "{first} `lambda:EventSourceToken`, `event_source_token` in Terraform, to be the id of your skill"
            ));
    }
}

/// CloudWatch Logs says for which log group it uses a key by what it has encrypted with it.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
fn of_log_groups(policy: &Policy, statement: &Statement, cx: &mut Context<'_>) {
    const KEY: &str = "kms:EncryptionContext:aws:logs:arn";
    const PAGE: &str = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html";
    let is_logs = |it: &&Principal| {
        let caller = catalog::caller(it.text.raw()).filter(|_| it.kind == PrincipalKind::Service);
        caller.is_some_and(|it| it.principal == "logs.amazonaws.com")
    };
    let of_logs = || statement.principals.iter().flat_map(Scope::only).filter(is_logs);
    let alone = are_all(statement, of_logs().count());
    for principal in of_logs() {
        let report = cx
            .report(
                &principal.place,
                format!("`{principal}` may use the key for anybody's log groups, not only for yours"),
            )
            .severity(Severity::Low)
            .granting(statement, principal)
            .unbounded(statement)
            .help(format!("{} `{KEY}` to be of your log groups, as {PAGE} shows", require(alone)));
        if alone {
            bind(report, policy, statement, "ArnLike", KEY, "arn:aws:logs:*:{}:*");
        }
    }
}

/// Whether a statement of a key's policy lets a key be used, and says neither through which service nor for what.
fn uses_key_for_anybody(statement: &Statement) -> bool {
    let uses = |it: &Action| it.reached().iter().any(super::kms_any_key::speaks_of);
    let says = |it: &Condition| it.bounds_the_key() && it.case().is_none() && !is_context_of_anybody(it);
    statement.actions.only().iter().any(uses) && !statement.conditions.iter().any(says)
}

/// Whether it asks for an encryption context that the service sends for every customer: one that is there, or one with the
/// account left open.
fn is_context_of_anybody(condition: &Condition) -> bool {
    let is_open = |it: &Value| {
        let raw = it.text.raw();
        let open = |part: &str| part.starts_with(['*', '?']);
        match split_arn(raw)[..] {
            // A bucket's ARN has no account, but its name is its owner's.
            [_, _, _, _, account, resource] => open(if account.is_empty() { resource } else { account }),
            _ => open(raw),
        }
    };
    let by_pattern = condition.operator.takes_wildcards() && condition.values.iter().any(is_open);
    condition.is_on("kms:encryptioncontext:") && (condition.wants_presence() || by_pattern)
}

/// Whether a service says for whom it calls in the very use that a statement is for.
fn says_for_whom(caller: Caller, statement: &Statement, called: &str) -> bool {
    match caller.principal {
        // For an event data store it does not, which is what decrypts, and asks for no more than to decrypt and for keys.
        // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
        "cloudtrail.amazonaws.com" if called.eq_ignore_ascii_case("kms") => {
            !statement.actions.may_match("kms:Decrypt") || statement.actions.may_match("kms:Encrypt")
        }
        // What EventBridge writes to a log group it writes under both names, and without a word.
        // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
        "delivery.logs.amazonaws.com" if called.eq_ignore_ascii_case("logs") => {
            !statement.principals.iter().flat_map(Scope::only).any(|it| it.is_service("events.amazonaws.com"))
        }
        _ => true,
    }
}

/// Offers to let a service act for one's own account only, where that is known of all whom the statement lets in.
pub(super) fn bind_to_account(report: Report<'_>, policy: &Policy, statement: &Statement, like: &'static str) {
    let same = statement.callers().filter(|(_, it)| it.of_account == like).count();
    if like.is_empty() || !are_all(statement, same) {
        return;
    }
    let (operator, key) =
        if like == "{}" { ("StringEquals", "aws:SourceAccount") } else { ("ArnLike", "aws:SourceArn") };
    bind(report, policy, statement, operator, key, like);
}

/// Offers to require a key to be of one's own account, `{}`.
fn bind(
    report: Report<'_>,
    policy: &Policy,
    statement: &Statement,
    operator: &'static str,
    key: &'static str,
    like: &str,
) {
    let like = like.replace("arn:aws:", &format!("arn:{}:", policy.partition().unwrap_or("aws")));
    let value = Wanted::OfAccount { like, named: policy.account().map(str::to_owned) };
    let guard = Rewrite::require(statement.place.span, operator, key, value);
    report.fix(Safety::Unsafe, format!("require `{key}` to be of your account"), [guard]);
}

/// The most that a statement allows; none where the service only looks, as delivery does before it writes: nobody loses by
/// it.
fn power(statement: &Statement) -> Option<Power> {
    let reached = statement.actions.only().iter().flat_map(|it| it.reached().iter());
    let powers: Vec<Power> = reached.map(catalog::Action::power).collect();
    let only_looks = !powers.is_empty() && powers.iter().all(|it| *it == Power::Sees);
    let reads = powers.contains(&Power::ReadsData);
    (!only_looks).then_some(if reads { Power::ReadsData } else { Power::Changes })
}

/// What comes of it: somebody's data read through a service, or something put beside it, as an event that is none of yours.
/// A log that holds what others have written, and a key that has encrypted it, give nothing away.
fn severity(policy: &Policy, power: Power, caller: Caller) -> Severity {
    let minor = [PolicyKind::Resource(Service::Kms), PolicyKind::Resource(Service::Other("logs"))];
    match power {
        _ if minor.contains(&policy.kind) => Severity::Low,
        Power::ReadsData if caller.hands_on() => Severity::High,
        _ => Severity::Medium,
    }
}

/// A resource of a bucket that is what lies below one account or organisation, where all of them are.
fn below_account(statement: &Statement) -> Option<&Resource> {
    let is_below = |it: &Resource| {
        let below = it.text.raw().rsplit_once("/AWSLogs/").and_then(|(_, below)| below.split_once('/'));
        below.is_some_and(|(account, _)| !account.is_empty() && !account.contains(['*', '?']))
    };
    // What names no object is the bucket.
    let mut objects = statement.resources.iter().flat_map(Scope::only).filter(|it| it.text.raw().contains('/'));
    let first = objects.next()?;
    (is_below(first) && objects.all(is_below)).then_some(first)
}
