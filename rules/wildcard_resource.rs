use std::cmp::Reverse;

use crate::catalog::{self, Power, Risk};
use crate::policy::{Action, Guard, Policy, Resource, Scope, Statement};
use crate::rule::{Rewrite, Confidence, Context, Safety, Severity, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    check_for(Concern::Rest, policy, cx);
}

/// What comes of an action that reaches every resource; each has a rule of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Concern {
    /// It returns credentials, or makes them.
    Credentials,
    /// It returns what is stored.
    Data,
    /// It decides who has access.
    Permissions,
    /// It changes something, or looks at it.
    Rest,
}

impl Concern {
    fn of(action: catalog::Action) -> Self {
        // The lists of such actions hold these too, though they return no more than a number, a status or a public key.
        const NONE: [&str; 8] = [
            "athena:GetSession",
            "cognito-identity:GetId",
            "connect:ListSecurityKeys",
            "gamelift:GetGameSessionLogUrl",
            "iam:GetServiceLinkedRoleDeletionStatus",
            "iam:UpdateAccessKey",
            "waf-regional:GetChangeToken",
            "waf:GetChangeToken",
        ];
        let takes_away = action.name().starts_with("Delete");
        match action.power() {
            _ if action.has_risk(Risk::CredentialExposure) && !takes_away && !NONE.contains(&&*action.full_name()) => {
                Self::Credentials
            }
            Power::Permits => Self::Permissions,
            Power::ReadsData => Self::Data,
            Power::Unlocks | Power::Changes | Power::Sees => Self::Rest,
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Credentials => "hand out the credentials of",
            Self::Data => "read what is in",
            Self::Permissions => "decide who has access to",
            Self::Rest => "reach",
        }
    }
}

/// Reports the actions of one concern that reach every resource although they can be limited to some.
pub(super) fn check_for(concern: Concern, policy: &Policy, cx: &mut Context<'_>) {
    // In the policy of a resource, `*` is that resource.
    if !policy.kind.is_identity() {
        return;
    }
    for statement in policy.allow_statements().filter(|it| !it.is_narrow()) {
        let entries: Vec<Entry<'_>> = statement
            .actions
            .only()
            .iter()
            // All of a service on everything is one thing to say, and `wildcard_action` says it.
            .filter(|it| !it.is_whole_service() && !it.covers_every_action())
            .map(|it| Entry::of(concern, statement, it))
            .collect();
        for resource in statement.resources.iter().flat_map(Scope::only) {
            report(concern, statement, resource, &entries, cx);
        }
    }
}

/// An entry of `Action`.
struct Entry<'s> {
    action: &'s Action,
    /// What of it could be bound to some resources, and is not.
    wide: Vec<catalog::Action>,
    /// The resources by which it reaches all that such an action takes.
    by: Vec<&'s Resource>,
    /// Whether nothing of it can be.
    needs_star: bool,
}

impl<'s> Entry<'s> {
    fn of(concern: Concern, statement: &'s Statement, action: &'s Action) -> Self {
        let mut wide = action.expand();
        let needs_star = |it: &catalog::Action| it.takes_only_star() || it.sometimes_needs_star().is_some();
        let all_need_star = !wide.is_empty() && wide.iter().all(needs_star);
        wide.retain(|it| {
            Concern::of(*it) == concern && !needs_star(it) && !has_its_own_rule(*it) && statement.admits(*it) && statement.narrowed(*it).is_none()
        });
        // Who lists or describes mostly asks for all there is, so only a look at one resource is worth a word.
        let looks = wide.iter().all(|it| it.power() == Power::Sees);
        if looks && (action.has_wildcard() || wide.iter().any(|it| can_go_without(*it))) {
            wide.clear();
        }
        let mut by: Vec<&Resource> = Vec::new();
        for resource in wide.iter().filter_map(|it| statement.reaches_all_of(*it)) {
            if !by.iter().any(|it| std::ptr::eq(*it, resource)) {
                by.push(resource);
            }
        }
        Self { action, wide, by, needs_star: all_need_star }
    }

    fn danger(&self) -> (bool, Power) {
        let leads_on = self.wide.iter().any(|it| catalog::leads_on(*it));
        (leads_on, self.wide.iter().map(|it| it.power()).max().unwrap_or(Power::Sees))
    }
}

/// Whether `*` on this action is worse than this, and another rule says so.
fn has_its_own_rule(action: catalog::Action) -> bool {
    matches!(action.service().prefix(), "iam" | "kms" | "sts") && {
        let name = action.full_name();
        matches!(&*name, "iam:PassRole" | "kms:CreateGrant" | "sts:AssumeRole") || super::kms_any_key::speaks_of(&name)
    }
}

/// Whether a request may well name no resource: the one type that there is, is optional.
fn can_go_without(action: catalog::Action) -> bool {
    let mut types = action.resource_types();
    types.len() == 1 && types.all(|it| !it.is_required())
}

fn report(concern: Concern, statement: &Statement, resource: &Resource, entries: &[Entry<'_>], cx: &mut Context<'_>) {
    let is_by = |entry: &&Entry<'_>| entry.by.iter().any(|it| std::ptr::eq(*it, resource));
    let mut guilty: Vec<&Entry<'_>> = entries.iter().filter(is_by).collect();
    // What is there in every case is what the finding says.
    if guilty.iter().any(|it| it.action.place.given.is_none()) {
        guilty.retain(|it| it.action.place.given.is_none());
    }
    guilty.sort_by_cached_key(|it| Reverse(it.danger()));
    let Some(first) = guilty.first() else { return };
    let (leads_on, power) = first.danger();
    let only_looks = power == Power::Sees && !leads_on;
    // To look at all of one kind is what an ARN with a star is written for.
    if only_looks && !resource.is_everything() {
        return;
    }
    let severity = match power {
        _ if leads_on => Severity::High,
        Power::Permits => Severity::High,
        Power::Unlocks | Power::Changes | Power::ReadsData => Severity::Medium,
        Power::Sees => Severity::Low,
    };
    // An ARN without names at least keeps to one service or type, and a bound on the way is better than none.
    let bound = statement.guarded_by(&[Guard::Path, Guard::Resource, Guard::Network]);
    let severity = if bound.is_some() || !resource.is_everything() { severity.lower() } else { severity };

    let actions: Vec<&Action> = guilty.iter().map(|it| it.action).collect();
    let names = quoted(&actions);
    let they = if guilty.len() == 1 { "it" } else { "they" };
    let fine: Vec<&Action> = entries.iter().filter(|it| it.needs_star).map(|it| it.action).collect();
    let fine = if resource.is_everything() { &fine[..] } else { &[] };
    let mut help = match &forms(&guilty)[..] {
        [] => format!("limit {names} to the resources that are meant"),
        forms => format!("limit {names} to {}", quoted(forms)),
    };
    if !fine.is_empty() {
        help.push_str(&format!(", and leave {} on `{resource}` in a statement of its own", quoted(fine)));
    }
    let mut report = cx
        .report(
            &resource.place,
            format!("`{resource}` lets {names} {} every resource, though {they} can be limited to some", concern.verb()),
        )
        .of(statement, format!("{names} on {resource}"))
        .acting(&actions)
        .severity(severity)
        .help(help);
    if first.action.place.given.is_some() {
        report = report.by(&first.action.place);
    }
    if only_looks {
        report = report.confidence(Confidence::Medium);
    }
    if let Some(condition) = bound {
        report = report.label(condition.place.span, format!("`{}` limits this, hence the lower severity", condition.key));
    }
    // What a pattern holds of this concern shows in no other place.
    for entry in guilty.iter().filter(|it| it.action.has_wildcard()) {
        report = report.label(entry.action.place.span, format!("`{}` stands for {}", entry.action, quoted(&entry.wide)));
    }
    if let [first, ..] = fine {
        report = report.label(first.place.span, format!("`{resource}` is right for {}", quoted(fine)));
    }
    // What no entry of the statement but these needs can be narrowed without taking from the others.
    if entries.iter().all(|it| it.needs_star || guilty.iter().any(|guilty| std::ptr::eq(*guilty, it))) {
        let forms = guilty.iter().flat_map(|it| &it.wide).filter_map(|it| it.plainest_arn()).collect();
        let apart = fine.iter().map(|it| it.place.span).collect();
        let change = Rewrite::Scope { at: resource.place.span, forms, apart };
        report.fix(Safety::Unsafe, format!("limit {names} to the one resource of this module"), [change]);
    }
}

/// What the ARNs look like that the actions take.
fn forms(entries: &[&Entry<'_>]) -> Vec<String> {
    let mut arns: Vec<&str> = Vec::new();
    for arn in entries.iter().flat_map(|it| &it.wide).filter_map(|it| it.plainest_arn()) {
        if !arns.contains(&arn) {
            arns.push(arn);
        }
    }
    // `${…}` would be read as Terraform's own if it were copied.
    arns.iter().map(|it| it.replace("${Partition}", "aws").replace("${", "{")).collect()
}
