use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use super::attached_administrator::way_to_everything;
use super::wildcard_action::{is_dangerous, worst};
use crate::catalog::{self, ManagedPolicy};
use crate::frontend::{Attached, Identity};
use crate::policy::{self, Action, Policy, Scope, Statement};
use crate::rule::{Confidence, Context, quoted};

pub(super) fn check(identity: &Identity, cx: &mut Context<'_>) {
    for attached in &identity.attached {
        full_access(attached, identity, cx);
    }
}

fn full_access(attached: &Attached, identity: &Identity, cx: &mut Context<'_>) {
    let attachment = &attached.attachment;
    // What AWS writes for the role of a service is what the service takes.
    let is_such = |it: &ManagedPolicy| it.may_open() && !it.path().contains("service-role");
    let Some(managed) = attachment.managed_policy().filter(is_such) else { return };
    let Some(what) = allowed_by(managed) else { return };
    let written = &attachment.policy;
    let whom = match &identity.name {
        Some(name) if !identity.declared => name.to_string(),
        _ => identity.address.to_string(),
    };
    let report = cx
        .report(&attachment.place, format!("`{written}` allows `{whom}` {what}"))
        .on(&attachment.address)
        .about(managed)
        .help("attach a policy that names the actions that are called, and the resources that are meant");
    if identity.is_within_module() {
        report
            .confidence(Confidence::Medium)
            .label(identity.place.span, "what this module does with it cannot be read");
    } else if let Some(boundary) = &identity.boundary {
        report.lower().label(boundary.attachment.place.span, "this boundary leaves less of it");
    }
}

/// What a policy of AWS allows that makes it full access, in words; none when it is not. A handful are attached over and
/// over, so each is judged once.
fn allowed_by(managed: ManagedPolicy) -> Option<Arc<str>> {
    type Known = FxHashMap<ManagedPolicy, Arc<OnceLock<Option<Arc<str>>>>>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let known = Arc::clone(KNOWN.lock().unwrap_or_else(PoisonError::into_inner).entry(managed).or_default());
    known.get_or_init(|| judged(&policy::of_aws(managed)).map(Into::into)).clone()
}

fn judged(policy: &Policy) -> Option<String> {
    if way_to_everything(policy).is_some() {
        return None;
    }
    let statements: Vec<_> =
        policy.allow_statements().map(|it| (it, dangers(it))).filter(|(_, dangers)| !dangers.is_empty()).collect();
    let all: Vec<_> = statements.iter().flat_map(|(_, dangers)| dangers).copied().collect();
    let example = worst(&all)?;
    // One or two such actions come along with the work that a policy is for.
    if all.len() < SEVERAL && !statements.iter().any(|(it, dangers)| gives_whole_service(it, dangers)) {
        return None;
    }
    let by = statements.iter().find(|(_, dangers)| dangers.contains(&example)).map(|(it, _)| granted(it, example));
    Some(match by {
        Some(by) if by != format!("`{example}`") => format!("{by} on every resource, `{example}` among them"),
        _ => format!("`{example}` on every resource"),
    })
}

/// From how many actions that give permissions on a policy is full access, where it gives no service as a whole.
const SEVERAL: usize = 3;

/// Whether one of the actions comes with all others of its service.
fn gives_whole_service(statement: &Statement, dangers: &[catalog::Action]) -> bool {
    let gives = |entry: &Action| dangers.iter().any(|it| entry.must_match(&it.full_name()));
    statement.actions.is_negated() || statement.actions.only().iter().any(|it| it.is_whole_service() && gives(it))
}

/// What it allows on every resource that gives permissions, or leads to more.
fn dangers(statement: &Statement) -> Vec<catalog::Action> {
    // Which roles a service may be handed is another matter than who has access to its resources.
    let passes = |it: catalog::Action| it.full_name() == "iam:PassRole";
    let mut actions = statement.granted();
    actions.retain(|it| is_dangerous(*it) && !passes(*it) && !it.takes_only_star() && statement.is_unbounded(*it));
    actions
}

/// The words of a statement by which an action is granted.
fn granted(statement: &Statement, action: catalog::Action) -> String {
    match &statement.actions {
        Scope::Only(entries) => {
            let name = action.full_name();
            let by: Vec<&Action> = entries.iter().filter(|it| it.must_match(&name)).collect();
            quoted(&by)
        }
        Scope::AllExcept(entries) => format!("all but {}", quoted(entries)),
    }
}
