use std::cell::OnceCell;
use std::cmp::Reverse;
use std::sync::LazyLock;

use crate::catalog::{self, EscalationPath, ResourceType};
use crate::policy::{Action, Condition, Place, Policy, Resource, Scope, Statement, matches};
use crate::rule::{Context, Rewrite, Safety, Severity, Wanted, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let Some(pass_role) = catalog::action("iam:PassRole") else { return };
    if !policy.kind.is_identity() {
        return;
    }
    let (takers, service) = (Takers::of(policy), OnceCell::new());
    for statement in policy.allow_statements() {
        if !statement.holds(pass_role) {
            continue;
        }
        let entries = || statement.actions.only().iter().filter(|it| it.names("iam:PassRole"));
        // What names it shows it better than all of IAM.
        let action =
            entries().find(|it| !it.is_whole_service() && !it.covers_every_action()).or_else(|| entries().next());
        // All there is on everything is another matter.
        let is_everything = action.is_some_and(Action::covers_every_action) && statement.gives_everything();
        if is_everything || !statement.admits(pass_role) || statement.narrowed(pass_role).is_some() {
            continue;
        }
        let any = |it: &&Resource| it.is_all_of_account(pass_role);
        let resource = match &statement.resources {
            Some(Scope::Only(entries)) => entries.iter().find(any),
            Some(Scope::AllExcept(entries)) if !entries.iter().any(|it| any(&it)) => entries.first(),
            _ => None,
        };
        if let Some(resource) = resource {
            let service = || *service.get_or_init(|| service_of(policy));
            report(statement, action, resource, &takers, service, cx);
        }
    }
}

const SERVICE: &str = "the service under `iam:PassedToService`";

/// `action` is the entry that holds it; none where it is what `NotAction` leaves.
fn report(
    statement: &Statement,
    action: Option<&Action>,
    resource: &Resource,
    takers: &Takers<'_>,
    service: impl FnOnce() -> Option<&'static str>,
    cx: &mut Context<'_>,
) {
    let to = statement.conditions.iter().find(|it| it.is_on("iam:passedtoservice") && it.guard().is_some());
    let taker = takers.taker(to, statement);
    let severity = match (&taker, to) {
        (Some(_), None) => Severity::High,
        (Some(_), Some(_)) | (None, None) => Severity::Medium,
        (None, Some(_)) => Severity::Low,
    };
    let (on, roles) = match &statement.resources {
        Some(Scope::AllExcept(_)) => ("on all but", "every other role"),
        _ => ("on", "every role"),
    };
    let whom = match to {
        Some(condition) => quoted(&condition.values.iter().map(|it| &it.text).collect::<Vec<_>>()),
        None => "any service".to_owned(),
    };
    let what = action.map_or_else(|| "`NotAction` (`iam:PassRole`)".to_owned(), |it| format!("`{it}`"));
    let mut report = cx
        .report(&resource.place, format!("{what} {on} `{resource}` hands {roles} to {whom}"))
        .acting(action)
        .of(statement, format!("iam:PassRole {on} {resource}"))
        .severity(severity)
        .help(match (to, statement.actions.only().len()) {
            (Some(_), 1) => "name the roles that are handed over".to_owned(),
            (None, 1) => format!("name the roles that are handed over, and {SERVICE}"),
            // What is asked of it is asked of nothing else.
            (Some(_), _) => "put `iam:PassRole` in a statement of its own, and there name the roles".to_owned(),
            (None, _) => {
                format!("put `iam:PassRole` in a statement of its own, and there name the roles and {SERVICE}")
            }
        });
    if let Some(action) = action {
        report = report.by(&action.place);
    }
    if let Some((place, action)) = taker {
        report = report.label(place.span, format!("`{action}` then runs with the role"));
    }
    if let Some(tag) = statement.conditions.iter().find(|it| it.is_on_resource_tag()) {
        report = report.label(tag.place.span, "the tags of a role cannot bound who hands it over");
    }
    match (to, service()) {
        (Some(condition), _) => {
            report.label(condition.place.span, "says to which services, not which roles");
        }
        // The condition would bind every other action of the statement too, and what one says already it may gainsay.
        (None, Some(service))
            if statement.actions.only().len() == 1
                && !statement.conditions.iter().any(|it| it.is_on("iam:passedtoservice")) =>
        {
            let value = Wanted::Text(service);
            let guard = Rewrite::require(statement.place.span, "StringEquals", "iam:PassedToService", value);
            report.fix(Safety::Unsafe, format!("let roles be handed to `{service}` alone"), [guard]);
        }
        (None, _) => {}
    }
}

/// The service that takes the roles which the policy's other actions hand over, when all of them hand them to one.
fn service_of(policy: &Policy) -> Option<&'static str> {
    let pass_role = catalog::action("iam:PassRole")?;
    let mut service = None;
    for action in policy.allow_statements().flat_map(Statement::granted) {
        if !action.dependent_actions().any(|it| it == pass_role) {
            continue;
        }
        let paths = catalog::escalation_paths().iter();
        let paths = paths.filter(|it| it.actions.contains(&action) || it.any_of.contains(&action));
        let mut takers = paths.flat_map(|it| &it.passed_to).peekable();
        takers.peek()?;
        if !takers.all(|it| service.get_or_insert(it.as_str()) == it) {
            return None;
        }
    }
    service
}

/// The ways that begin with a role that is handed over and go on with another action, the worst first: what runs the
/// caller's own code before what passes something on.
static WAYS: LazyLock<Vec<&EscalationPath>> = LazyLock::new(|| {
    let passes = |it: &&EscalationPath| it.actions.iter().any(|it| it.full_name() == "iam:PassRole");
    let mut ways: Vec<_> =
        catalog::escalation_paths().iter().filter(passes).filter(|it| it.actions.len() > 1).collect();
    ways.sort_by_key(|it| Reverse(it.severity));
    ways
});

/// Which of a policy's actions take a role that it hands over, looked for once for all of its statements.
pub(super) struct Takers<'p> {
    policy: &'p Policy,
    /// By way.
    rests: Vec<OnceCell<Option<(&'p Place, catalog::Action)>>>,
}

impl<'p> Takers<'p> {
    pub(super) fn of(policy: &'p Policy) -> Self {
        Self { policy, rests: vec![OnceCell::new(); WAYS.len()] }
    }

    /// One that takes the role that a statement hands over, where a condition says to which services it may be handed.
    pub(super) fn taker(&self, to: Option<&Condition>, passing: &Statement) -> Option<(&'p Place, catalog::Action)> {
        let mut paths = WAYS.iter().zip(&self.rests).filter(|(path, _)| takes(path, to));
        // What is there in another case than this one takes nothing of it.
        let is_certain = passing.place.given.is_none();
        paths.find_map(|(path, rest)| match is_certain {
            true => *rest.get_or_init(|| rest_of(path, self.policy, passing)),
            false => rest_of(path, self.policy, passing),
        })
    }
}

/// Whether the role is handed to a service which the condition lets through.
fn takes(path: &EscalationPath, to: Option<&Condition>) -> bool {
    let is_let_through = |service: &String| {
        let fits = |raw: &str| matches(raw, service, true);
        to.is_none_or(|it| it.values.iter().any(|it| it.text.has_holes() || fits(it.text.raw())))
    };
    path.passed_to.is_empty() || path.passed_to.iter().any(is_let_through)
}

/// Whether statements allow together every resource that a request always names: who launches an instance names an image,
/// which is in no account. Of two that are called alike one may take the place of the other.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances>
fn meet_all(action: catalog::Action, statements: &[&Statement]) -> bool {
    let required = action.resource_types().filter(|it| it.is_required()).map(|it| it.resource_type());
    let is_met = |of: ResourceType| statements.iter().any(|it| it.may_reach_some(of));
    let is_alike = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
    required.clone().all(|it| is_met(it) || required.clone().any(|of| is_alike(of.name(), it.name()) && is_met(of)))
}

/// Where the policy allows what else the path takes, if it allows all of that.
fn rest_of<'p>(path: &EscalationPath, policy: &'p Policy, passing: &Statement) -> Option<(&'p Place, catalog::Action)> {
    let place = |action: catalog::Action| {
        let beside = policy.allow_statements().filter(|it| !it.is_in_case_without(passing));
        let statements: Vec<_> = beside.filter(|it| it.holds(action) && it.admits(action)).collect();
        let statement = statements.iter().find(|it| it.may_reach(action)).filter(|_| meet_all(action, &statements))?;
        let entry = statement.actions.only().iter().find(|it| it.names(&action.full_name()));
        Some((entry.map_or(&statement.place, |it| &it.place), action))
    };
    let rest = path.actions.iter().filter(|it| it.full_name() != "iam:PassRole");
    let places: Vec<_> = rest.map(|it| place(*it)).collect::<Option<_>>()?;
    let one = path.any_of.is_empty() || path.any_of.iter().any(|it| place(*it).is_some());
    // Of several calls, the one that takes the role.
    let takes_role =
        |(_, action): &(&Place, catalog::Action)| action.dependent_actions().any(|it| it.full_name() == "iam:PassRole");
    let taker = places.iter().copied().find(takes_role);
    taker.or_else(|| places.into_iter().next()).filter(|_| one)
}
