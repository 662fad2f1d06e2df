use std::sync::Arc;

use super::wide_replication_role::{Copies, Replication};
use crate::frontend::{Attached, Configuration, Identity};
use crate::policy::{Policy, Statement};
use crate::rule::{Context, quoted};
use crate::value::Text;

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    for replication in Replication::all(configuration) {
        let Some(policies) = everything_of(replication.role) else { continue };
        let statements = || policies.iter().flat_map(|it| it.allow_statements());
        let may = |action: &str, on: &Text| statements().any(|it| may_allow(it, action, on));
        let Copies { source, objects, copies, .. } = &replication.copies;
        let mut lacking: Vec<&str> = Vec::new();
        let mut wants = |actions: &[&'static str], on: &Text| {
            if !actions.iter().any(|it| may(it, on)) {
                lacking.push(actions[0]);
            }
        };
        wants(&["s3:GetReplicationConfiguration"], source);
        wants(&["s3:ListBucket"], source);
        wants(&["s3:GetObjectVersionForReplication", "s3:GetObjectVersion"], objects);
        copies.iter().for_each(|it| wants(&["s3:ReplicateObject"], it));
        lacking.dedup();
        let role = &replication.role.address;
        let message = if !trusts_s3(replication.role) {
            format!("S3 may not assume `{role}`, so it replicates nothing")
        } else if !lacking.is_empty() {
            format!("`{role}` may not do {}, so S3 replicates nothing with it", quoted(&lacking))
        } else {
            continue;
        };
        cx.report(&replication.named.place, message)
            .on(&replication.named.address)
            .about(role)
            .label(replication.role.place.span, "the role")
            .help("let `s3.amazonaws.com` assume it, read the bucket and its objects with it, and replicate to the other bucket");
    }
}

/// All that a role is given; none where not all of it is known.
fn everything_of(role: &Identity) -> Option<Vec<Arc<Policy>>> {
    let attached = role.attached.iter().map(Attached::document);
    let all: Vec<Arc<Policy>> = attached.chain(role.inline.iter().cloned().map(Some)).collect::<Option<_>>()?;
    // A role without any policy is most often given them elsewhere.
    let known = role.complete && !all.is_empty() && all.iter().chain(&role.trust).all(|it| !it.resolution.nothing);
    known.then_some(all)
}

fn may_allow(statement: &Statement, action: &str, on: &Text) -> bool {
    statement.actions.may_match(action) && statement.resources.is_some() && statement.may_be_about(on)
}

fn trusts_s3(role: &Identity) -> bool {
    role.trust.is_empty()
        || role.trusted().any(|it| it.text.has_holes() || it.is_everyone() || it.is_service("s3.amazonaws.com"))
}
