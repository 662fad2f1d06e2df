//! The policies that AWS writes, read as any other.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use super::{Carried, Place, Policy, PolicyKind, parse};
use crate::catalog;
use crate::source::{FileId, Span};
use crate::value::Node;

/// The ones that were read: a handful are attached over and over.
static READ: LazyLock<Mutex<Read>> = LazyLock::new(Mutex::default);

type Read = HashMap<catalog::ManagedPolicy, Arc<OnceLock<Arc<Policy>>>>;

/// A managed policy of AWS. It stands in no file of the user's, so its places mean nothing.
pub fn of_aws(policy: catalog::ManagedPolicy) -> Arc<Policy> {
    // Whoever asks for another one need not wait for this one.
    let read = Arc::clone(READ.lock().unwrap_or_else(PoisonError::into_inner).entry(policy).or_default());
    Arc::clone(read.get_or_init(|| Arc::new(parsed(policy))))
}

fn parsed(policy: catalog::ManagedPolicy) -> Policy {
    let document = policy.document();
    let span = Span::new(FileId(0), 0, document.len());
    let place = Place::here(span);
    let carried = Carried { kind: PolicyKind::Identity, address: policy.name().into(), source: None, place };
    parse(&Node::text(document, span), carried).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Power;
    use crate::policy::{Action, Statement};

    #[test]
    fn every_managed_policy_can_be_read() {
        for policy in catalog::managed_policies() {
            let read = of_aws(policy);
            assert!(!read.statements.is_empty(), "{policy}");
            let leads_up = read.allow_statements().any(|it| it.way_to_everything().is_some());
            assert!(policy.may_lead_up() || !leads_up, "{policy}");
            let is_dangerous = |it: &catalog::Action| it.power() == Power::Permits || catalog::leads_on(*it);
            let opens = read.allow_statements().any(|statement| {
                statement.granted().iter().filter(|it| is_dangerous(it)).any(|it| statement.is_unbounded(*it))
            });
            assert!(policy.may_open() || !opens, "{policy}");
            let gives_service = |it: &Statement| {
                let is_open = it.star_resources().next().is_some();
                is_open && it.actions.only().iter().any(Action::is_whole_service)
            };
            assert!(policy.may_open() || !read.allow_statements().any(gives_service), "{policy}");
        }
    }
}
