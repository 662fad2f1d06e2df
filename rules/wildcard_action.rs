use std::cmp::Reverse;

use super::{full_administrator, kms_wildcard_action};
use crate::catalog::{self, Danger, EscalationSeverity, Power, Use};
use crate::policy::{Action, Policy, PolicyKind, Principal, Resource, Scope, Service, Statement};
use crate::rule::{Confidence, Context, Report, Rewrite, Safety, Severity, listed, quoted};

/// More entries than this of one statement are one finding: who reads them one by one has read the same many times.
pub(super) const FEW: usize = 3;

/// As many entries of one finding are marked where they stand.
pub(super) const MARKED: usize = 24;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    // A trust policy knows only a handful of actions, and keys have a rule of their own.
    if !policy.kind.grants() || matches!(policy.kind, PolicyKind::Trust | PolicyKind::Resource(Service::Kms)) {
        return;
    }
    for statement in policy.allow_statements() {
        // That a resource is open to everybody is worse, and said by other rules.
        if !policy.kind.is_identity() && (is_delegation(statement) || policy.is_opened_by(statement)) {
            continue;
        }
        let is_broad = |it: &&Action| {
            let is_kms = || it.service().is_some_and(|it| it.eq_ignore_ascii_case("kms"));
            it.is_whole_service() && !is_kms() || it.covers_every_action()
        };
        let entries = statement.actions.only().iter().filter(is_broad);
        let mut broad: Vec<Broad<'_>> = entries.filter_map(|it| Broad::of(policy, statement, it)).collect();
        // Beside all of IAM, which gives the rest, another service gives nothing more.
        let is_administrator = broad.iter().any(|it| it.gives_everything);
        if broad.len() > FEW || is_administrator && broad.len() > 1 {
            // Among many services KMS is one more.
            for action in statement.actions.only().iter().filter(|_| policy.kind.is_identity()) {
                if let Some(severity) = kms_wildcard_action::unbounded(statement, action) {
                    broad.extend(Broad::of(policy, statement, action).map(|it| Broad { severity, ..it }));
                }
            }
            broad.sort_by_key(|it| {
                (Reverse(it.gives_everything), Reverse(it.severity), Reverse(it.worst.map(Danger::of)))
            });
            report_all(policy, statement, &broad, cx);
        } else {
            broad.iter().for_each(|it| report(policy, statement, it, cx));
        }
        if policy.kind.is_identity() {
            let of_unknown = statement.actions.only().iter().filter(|it| it.is_whole_unknown_service());
            of_unknown.for_each(|it| report_unknown(policy, statement, it, cx));
        }
    }
}

/// Whether it has something to say of an entry that is all of a service.
pub(super) fn speaks_of(policy: &Policy, statement: &Statement, action: &Action) -> bool {
    let is_kms = action.service().is_some_and(|it| it.eq_ignore_ascii_case("kms"));
    action.is_whole_service() && !is_kms && Broad::of(policy, statement, action).is_some()
}

/// An entry that is all of a service, or everything.
pub(super) struct Broad<'s> {
    pub(super) action: &'s Action,
    /// What of it the statement allows.
    reached: Vec<catalog::Action>,
    /// Whether some of that is allowed on every resource.
    pub(super) is_unbounded: bool,
    worst: Option<catalog::Action>,
    /// The worst of what makes it dangerous, where it is.
    danger: Option<catalog::Action>,
    /// How bad it is in a policy that somebody writes.
    pub(super) severity: Severity,
    /// Whether by it whoever has the policy can give itself everything.
    gives_everything: bool,
}

impl<'s> Broad<'s> {
    /// None where all that can be done is to look, since all of it is no more than a reader needs; nor where none of it
    /// can be limited to some resource, as what an agent tells its service.
    pub(super) fn of(policy: &Policy, statement: &Statement, action: &'s Action) -> Option<Self> {
        let device = policy.kind == PolicyKind::Device;
        let identity = policy.kind.is_identity() || device;
        let is_denied = policy.always_denied(statement);
        let mut reached = action.expand();
        reached.retain(|it| policy.kind.knows(*it));
        // In the policy of a resource, `*` is that resource, which an action that takes none has nothing to do with.
        reached.retain(|it| {
            statement.admits(*it) && statement.may_reach(*it) && (identity || !it.takes_only_star()) && !is_denied(*it)
        });
        let only_looks = reached.iter().all(|it| it.power() < Power::Changes);
        if only_looks || reached.iter().all(|it| it.takes_only_star() && !is_dangerous(*it)) {
            return None;
        }
        let unbounded: Vec<_> = reached.iter().copied().filter(|it| statement.is_unbounded(*it)).collect();
        let is_all_of_account = |it: catalog::Action| {
            statement.resources.is_some() && statement.narrowed(it).is_none() && statement.reaches_account_of(it)
        };
        let weighed = if unbounded.is_empty() { &reached } else { &unbounded };
        let dangers = weighed.iter().copied().filter(|it| is_dangerous(*it)).collect::<Vec<_>>();
        let (worst, danger) = (worst(weighed), worst(&dangers));
        let gives_everything = identity
            && !device
            && action.is_whole_service()
            && statement.gives_everything()
            && statement.ways_to_everything().any(|it| reached.contains(&it));
        let severity = match worst {
            _ if !identity => Severity::Low,
            _ if gives_everything && full_administrator::asked_of_holder(statement).is_none() => Severity::Critical,
            // It may read and write for every other one.
            _ if device && !unbounded.is_empty() => Severity::Medium,
            _ if device => Severity::Low,
            _ if danger.is_some() && !unbounded.is_empty() => Severity::High,
            _ if unbounded.iter().any(|it| !it.takes_only_star() && it.power() >= Power::Changes) => Severity::Medium,
            // Everything in one account is a step less than everything.
            _ if reached.iter().any(|it| is_dangerous(*it) && is_all_of_account(*it)) => Severity::Medium,
            Some(worst) if catalog::leads_on(worst) => Severity::Medium,
            _ => Severity::Low,
        };
        let is_unbounded = !unbounded.is_empty() && identity;
        Some(Self { action, reached, is_unbounded, worst, danger, severity, gives_everything })
    }

    /// What is worth naming of it.
    pub(super) fn example(&self) -> Option<catalog::Action> {
        let worst = self.worst.filter(|it| is_worth_naming(*it)).or(self.danger);
        worst.filter(|_| !self.action.is_everything())
    }
}

/// What comes of all of IAM.
const THE_REST: &str = ", so that whoever has it can give itself everything";

fn report(policy: &Policy, statement: &Statement, broad: &Broad<'_>, cx: &mut Context<'_>) {
    let Broad { action, reached, .. } = broad;
    let whom = whom(policy, statement);
    let on = on(policy, statement, broad.is_unbounded, reached);
    // What stands in a resource's hole decides which of them take it.
    let is_told = |it: &Resource| !it.is_free() && (it.is_everything() || it.text.raw().starts_with("arn:"));
    let counted = statement.resources.iter().flat_map(Scope::entries).all(is_told);
    let is_service = action.is_whole_service();
    let all = match reached.len() {
        count if counted && is_service && count > 1 && policy.kind != PolicyKind::Device => {
            match action.reached().len() == count {
                true => format!("all {count} actions of the service on"),
                false if broad.is_unbounded => format!("{count} actions of the service on"),
                false => format!("all {count} actions of the service that apply to"),
            }
        }
        count if policy.kind == PolicyKind::Device => format!("all {count} actions of a device on"),
        _ if is_service && broad.is_unbounded => "every action of the service on".to_owned(),
        _ if is_service => "every action of the service that applies to".to_owned(),
        _ => "every action on".to_owned(),
    };
    let example = broad.example().map(|it| format!(", `{it}` among them")).unwrap_or_default();
    let so = if broad.gives_everything { THE_REST } else { "" };
    let report = cx
        .report(&action.place, format!("`{action}` allows{whom} {all} {on}{example}{so}"))
        .of(statement, action)
        .severity(broad.severity)
        .help(in_place_of(&[action], statement, broad.is_unbounded.then_some(reached)));
    spell_out(report, action, reached);
}

/// All of a service that is not known: what that can do is not either.
fn report_unknown(policy: &Policy, statement: &Statement, action: &Action, cx: &mut Context<'_>) {
    let is_unbounded = statement.star_resources().next().is_some() && statement.conditions.is_empty();
    let on = on(policy, statement, is_unbounded, &[]);
    let message = format!("`{action}` allows every action of whichever service that is on {on}");
    cx.report(&action.place, message)
        .of(statement, action)
        .severity(if is_unbounded { Severity::Medium } else { Severity::Low })
        .confidence(Confidence::Low)
        .help(in_place_of(&[action], statement, None));
}

/// One finding for all entries of a statement, the worst of which come first.
fn report_all(policy: &Policy, statement: &Statement, all: &[Broad<'_>], cx: &mut Context<'_>) {
    let [worst, rest @ ..] = all else { return };
    let actions: Vec<&Action> = all.iter().map(|it| it.action).collect();
    let named: Vec<String> = all
        .iter()
        .map(|it| match it.example() {
            Some(example) => format!("`{}` with `{example}`", it.action),
            None => format!("`{}`", it.action),
        })
        .collect();
    let whom = whom(policy, statement);
    let on = on(policy, statement, worst.is_unbounded, &worst.reached);
    let that = if worst.is_unbounded { "on" } else { "that applies to" };
    let so = if worst.gives_everything { THE_REST } else { "" };
    let named = listed(&named);
    let message = format!("{} entries allow{whom} every action of a service {that} {on}: {named}{so}", all.len());
    let swept: Vec<_> = all.iter().filter(|it| it.is_unbounded).flat_map(|it| it.reached.iter().copied()).collect();
    let mut report = cx
        .report(&worst.action.place, message)
        .acting(&actions)
        .of(statement, actions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        .severity(worst.severity)
        .help(in_place_of(&actions, statement, Some(&swept)));
    for other in rest.iter().take(MARKED) {
        report = report.label(other.action.place.span, "and all of this service");
    }
    for action in actions.into_iter().filter(|it| kms_wildcard_action::unbounded(statement, it).is_some()) {
        report = report.telling_at(action.place.span, "kms_wildcard_action", action.to_string());
    }
}

fn whom(policy: &Policy, statement: &Statement) -> String {
    match &statement.principals {
        Some(Scope::Only(_)) if statement.everyone().next().is_some() => " whoever meets its conditions".to_owned(),
        Some(Scope::Only(principals)) if !policy.kind.is_identity() => format!(" {}", quoted(principals)),
        _ => String::new(),
    }
}

fn on(policy: &Policy, statement: &Statement, is_unbounded: bool, reached: &[catalog::Action]) -> String {
    match &statement.resources {
        _ if is_unbounded => "every resource".to_owned(),
        Some(Scope::AllExcept(resources)) => format!("every resource but {}", quoted(resources)),
        Some(Scope::Only(resources))
            if policy.kind != PolicyKind::Device
                && !policy.kind.is_identity()
                && resources.iter().any(Resource::is_everything) =>
        {
            let mut kinds = reached.iter().filter_map(|it| it.needed_types().first().map(|it| it.noun()));
            let kind = kinds.next().filter(|first| kinds.all(|it| it == *first));
            format!("the {}", kind.unwrap_or("resource"))
        }
        Some(Scope::Only(resources)) => quoted(resources),
        None => "no resource".to_owned(),
    }
}

/// What to write in place of patterns, which is half of it where they are on every resource: of that, what they stand for.
pub(super) fn in_place_of(actions: &[&Action], statement: &Statement, swept: Option<&[catalog::Action]>) -> String {
    let named = format!("name the actions that are called in place of {}", quoted(actions));
    let swept = || swept.unwrap_or_default().iter().filter(|it| statement.is_unbounded(**it));
    match (swept().any(|it| !it.takes_only_star()), swept().any(|it| it.takes_only_star())) {
        (false, _) => named,
        (true, false) => format!("{named}, and limit them to the resources that are meant"),
        (true, true) => format!("{named}, and limit those that take a resource to the ones that are meant"),
    }
}

/// Offers the actions by what they are for, in place of a pattern.
pub(super) fn spell_out<'c>(mut report: Report<'c>, action: &Action, reached: &[catalog::Action]) -> Report<'c> {
    // `*` stands for more services than anybody would name.
    if action.is_everything() {
        return report;
    }
    for (of, words) in [(Use::Work, "read and change"), (Use::Read, "only read")] {
        let change = Rewrite::Spell { at: action.place.span, reached: reached.to_vec(), of };
        report = report.fix(Safety::Unsafe, format!("name the actions in place of `{action}` that {words}"), [change]);
    }
    report
}

/// Whether it only leaves a resource to the policies of whole accounts, as the owner's own must be able to.
pub(super) fn is_delegation(statement: &Statement) -> bool {
    let principals = statement.principals.as_ref().map_or(&[][..], Scope::only);
    !principals.is_empty() && principals.iter().all(Principal::is_account)
}

pub(super) fn is_dangerous(action: catalog::Action) -> bool {
    action.power() == Power::Permits || catalog::leads_on(action)
}

fn is_worth_naming(action: catalog::Action) -> bool {
    is_dangerous(action) || Danger::of(action).path >= Some(EscalationSeverity::High)
}

/// What is worth naming of many.
pub(super) fn worst(actions: &[catalog::Action]) -> Option<catalog::Action> {
    actions.iter().copied().max_by_key(|it| rank(*it))
}

/// By what the worst of many is found; worse is greater. Of those about permissions that are alike, it is what gives
/// them rather than what else it does, and a policy rather than a part of it.
pub(super) fn rank(action: catalog::Action) -> impl Ord {
    let gives = ["Attach", "Put", "Add", "Set", "Modify", "Create"];
    let (danger, name) = (Danger::of(action), action.name());
    let giving = || gives.iter().rev().position(|verb| name.starts_with(verb));
    let giving = (danger.power == Power::Permits).then(giving).flatten();
    (danger, name.ends_with("Policy"), giving, Reverse(name.len()), Reverse(action))
}
