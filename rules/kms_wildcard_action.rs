use crate::policy::{
    Action, Condition, Policy, PolicyKind, Principal, PrincipalKind, Reach, Scope, Service, Statement,
};
use crate::rule::{Context, Severity, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    match policy.kind {
        PolicyKind::Identity | PolicyKind::Unknown => identity(policy, cx),
        PolicyKind::Resource(Service::Kms) => key(policy, cx),
        _ => {}
    }
}

fn identity(policy: &Policy, cx: &mut Context<'_>) {
    for statement in policy.allow_statements() {
        for action in statement.actions.only().iter().filter(|it| is_all_of_kms(it)) {
            let (severity, bound) = (severity(statement), bound(statement));
            let mut report = cx
                .report(&action.place, format!("`{action}` lets its holder use, hand on and delete keys"))
                .severity(severity)
                .of(statement, action)
                .help("name what it does with the key, such as `kms:Decrypt` or `kms:GenerateDataKey`");
            if let Some(condition) = bound {
                report = report
                    .severity(severity.lower())
                    .label(condition.place.span, format!("`{}` bounds the keys, hence not {severity}", condition.key));
            }
            report.by(&statement.place);
        }
    }
}

/// How bad all of KMS is where no condition bounds the keys.
fn severity(statement: &Statement) -> Severity {
    if statement.every_key(Reach::Account).next().is_some() { Severity::High } else { Severity::Medium }
}

fn bound(statement: &Statement) -> Option<&Condition> {
    statement.conditions.iter().find(|it| it.bounds_the_key())
}

/// What it says of an identity's statement, as bad as it is; none where it says nothing, or names what bounds the keys.
pub(super) fn unbounded(statement: &Statement, action: &Action) -> Option<Severity> {
    (is_all_of_kms(action) && bound(statement).is_none()).then(|| severity(statement))
}

/// The account's own statement delegates to identity policies, as AWS writes it in every new key.
fn key(policy: &Policy, cx: &mut Context<'_>) {
    let rules_it = |it: &&Statement| it.actions.only().iter().any(is_all_of_key);
    let principals = policy.allow_statements().filter(rules_it).filter_map(|it| it.principals.as_ref());
    // A key is in one account, mostly that which is named first.
    let own = principals.flat_map(Scope::only).filter(|it| it.is_account()).find_map(Principal::account);
    for statement in policy.allow_statements() {
        let Some(Scope::Only(principals)) = &statement.principals else { continue };
        let is_another = |it: &&Principal| it.is_account() && it.account().is_some_and(|it| own != Some(it));
        if let (Some(own), Some(other)) = (own, principals.iter().find(is_another)) {
            for action in statement.actions.only().iter().filter(|it| is_all_of_key(it)) {
                cx.report(&other.place, format!("`{other}` may use, hand on and delete the key by `{action}`, as account `{own}` may"))
                    .severity(Severity::Medium)
                    .acting([action])
                    .of(statement, format!("{action} to {other}"))
                    .help("leave `kms:*` to the account of the key, and name what the other one does with it, such as `kms:Decrypt`");
            }
        }
        if principals.is_empty() || principals.iter().any(|it| it.is_everyone() || it.is_account() || it.is_unknown()) {
            continue;
        }
        let help = what_to_write(principals);
        for action in statement.actions.only().iter().filter(|it| is_all_of_key(it)) {
            cx.report(&action.place, format!("`{action}` lets {} use, hand on and delete the key", quoted(principals)))
                .severity(Severity::Medium)
                .acting([action])
                .of(statement, format!("{action} to {}", quoted(principals)))
                .help(help);
        }
    }
}

/// What to write in place of all of KMS, by whom it is given to: no service manages a key, and EBS works with grants that
/// whoever attaches a volume makes for it.
/// <https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html#ebs-encryption-permissions>
fn what_to_write(principals: &[Principal]) -> &'static str {
    match principals {
        [one] if one.is_service("ec2.amazonaws.com") => {
            "leave the statement out: EBS uses a key by a grant, so give whoever starts instances and attaches volumes \
             `kms:CreateGrant` where `kms:GrantIsForAWSResource` is `true`"
        }
        all if all.iter().all(|it| it.kind == PrincipalKind::Service) => {
            "name what the service does with the key, such as `kms:Decrypt` and `kms:GenerateDataKey*`: it manages none"
        }
        _ => {
            "split it: who uses the key gets `kms:Decrypt` and `kms:GenerateDataKey*`, who manages it no cryptographic action"
        }
    }
}

fn is_all_of_key(action: &Action) -> bool {
    action.is_everything() || is_all_of_kms(action)
}

fn is_all_of_kms(action: &Action) -> bool {
    action.is_whole_service() && action.service().is_some_and(|it| it.eq_ignore_ascii_case("kms"))
}
