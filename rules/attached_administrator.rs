use std::sync::Arc;

use crate::catalog;
use crate::frontend::{Attached, Identity};
use crate::policy::{self, Action, Given, Policy, Statement};
use crate::rule::{Confidence, Context};

pub(super) fn check(identity: &Identity, cx: &mut Context<'_>) {
    for attached in &identity.attached {
        administrator(attached, identity, cx);
    }
}

fn administrator(attached: &Attached, identity: &Identity, cx: &mut Context<'_>) {
    let attachment = &attached.attachment;
    let Some(managed) = attachment.managed_policy().filter(|it| it.may_lead_up()) else { return };
    // What a policy of AWS allows is read off its document, as of any other.
    let policy = policy::of_aws(managed);
    let Some(way) = way_to_everything(&policy) else { return };
    let all = policy.allow_statements().any(|it| it.actions.only().iter().any(Action::covers_every_action));
    let what = if all {
        "every action on every resource".to_owned()
    } else {
        format!("`{way}` on every role or user, and so everything")
    };
    let written = &attachment.policy;
    // Behind a variable or a data source the name does not show.
    let called =
        if written.to_string().contains(managed.name()) { String::new() } else { format!(", that is {managed},") };
    let whom = match &identity.name {
        Some(name) if !identity.declared => format!("`{name}` "),
        _ => format!("`{}` ", identity.address),
    };
    let report = cx
        .report(&attachment.place, format!("`{written}`{called} allows {whom}{what}"))
        .on(&attachment.address)
        .about(managed)
        .covering(&policy, identity.inline.iter().filter(|_| attachment.is_certain))
        .help("attach a policy that names what the work takes, or the one that AWS keeps for the job");
    if identity.is_within_module() {
        report
            .confidence(Confidence::Medium)
            .label(identity.place.span, "what this module does with it cannot be read");
    } else if let Some(boundary) = identity.boundary.as_ref().filter(|it| bounds(it)) {
        report.lower().label(boundary.attachment.place.span, "this boundary leaves less of it");
    }
}

pub(super) fn way_to_everything(policy: &Policy) -> Option<catalog::Action> {
    policy.allow_statements().find_map(Statement::way_to_everything)
}

/// Whether a policy is a way to everything in every case.
pub(super) fn gives_everything(policy: &Policy) -> bool {
    let is_sure = |it: &Statement| {
        it.place.given.is_none() && it.way_to_everything().is_some_and(|action| it.certainly_holds(action))
    };
    policy.allow_statements().any(is_sure)
}

/// Whether a boundary takes anything away in every case; one that cannot be read is taken to.
pub(super) fn bounds(boundary: &Attached) -> bool {
    boundary.attachment.place.given.is_none() && takes_away(boundary)
}

/// The boundary of an identity that takes something away in one case only, and that case.
pub(super) fn perhaps_bounded(identity: &Identity) -> Option<Arc<Given>> {
    let boundary = identity.boundary.as_ref()?;
    let is_sure = |it: &&Statement| it.place.given.is_none();
    match &boundary.policy {
        _ if takes_away(boundary) => boundary.attachment.place.given.clone(),
        // It leaves everything in one case, and less in the other.
        Some(policy) => {
            let ways = || policy.allow_statements().filter(|it| it.way_to_everything().is_some());
            let way = ways().next().filter(|_| !ways().any(|it| is_sure(&it)))?;
            way.place.given.as_ref().map(|it| Arc::new(it.opposite()))
        }
        None => None,
    }
}

fn takes_away(boundary: &Attached) -> bool {
    let everything = match (&boundary.policy, boundary.attachment.managed_policy().map(policy::of_aws)) {
        (Some(policy), _) => way_to_everything(policy).is_some(),
        (None, Some(policy)) => way_to_everything(&policy).is_some(),
        (None, None) => false,
    };
    !everything
}
