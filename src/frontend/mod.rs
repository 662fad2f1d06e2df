//! From trees to what matters to access: every front end gives the same [`Configuration`], and rules look at nothing else.

mod bucket;
mod claim;
mod identity;
pub mod json;
mod key;
mod resource;
pub mod terraform;

use std::sync::Arc;

use rustc_hash::FxHashMap;

pub use bucket::{AccessPoint, Acl, Aspect, Bucket, Companion, PublicAccessBlock, Switch};
pub use claim::{Claim, DeprecatedArgument, ReplacedStatement, Subject};
pub use identity::{Attached, Attachment, Identity, IdentityKind};
pub use key::Key;
pub use resource::Resource;

use crate::policy::{Given, Place, Policy};
use crate::source::Span;

/// Everything one root module, one template or one policy file declares that matters to access. A policy stands in
/// `policies`, and with whatever carries it too.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// Its policies, one for each place a document is attached at.
    pub policies: Vec<Arc<Policy>>,
    /// Those of them that are managed policies, which identities here or elsewhere may attach.
    pub managed: Vec<Arc<Policy>>,
    /// Its roles, users, groups and permission sets, each with all that it carries.
    pub identities: Vec<Identity>,
    /// Its buckets with all that is joined to them.
    pub buckets: Vec<Bucket>,
    /// Its keys with all that is joined to them.
    pub keys: Vec<Key>,
    /// What its resources set of each other, where only one setting comes to stand.
    pub claims: Vec<Claim>,
    /// Arguments of its resources that the provider has deprecated.
    pub deprecated: Vec<DeprecatedArgument>,
    /// Statements of its documents that others have taken the place of.
    pub replaced: Vec<ReplacedStatement>,
    /// What else says by its arguments who reaches it, or what somebody reaches.
    pub resources: Vec<Resource>,
    /// What is there in one case only, by its address.
    pub there_if: FxHashMap<Arc<str>, Given>,
    /// Documents that nothing names: their addresses, with where they are.
    pub unused: FxHashMap<Arc<str>, Span>,
    /// Documents that only what is switched off names: their addresses, with a place that shows it and what is to be said.
    pub switched_off: FxHashMap<Arc<str>, (Span, Arc<str>)>,
    /// The same of all of it, where it is a module that is switched off wherever it is called.
    pub off: Option<(Span, Arc<str>)>,
}

impl Configuration {
    /// Whoever is granted what a policy grants, as far as it is declared.
    pub fn holders(&self, policy: &Policy) -> impl Iterator<Item = &Identity> {
        self.identities.iter().filter(|it| it.holds(policy))
    }

    /// Puts another policy in the place of one, wherever that stands.
    pub fn put(&mut self, other: &Arc<Policy>, in_place_of: &Arc<Policy>) {
        let identities = self.identities.iter_mut().flat_map(|it| {
            let attached = it.attached.iter_mut().chain(&mut it.boundary).filter_map(|it| it.policy.as_mut());
            it.trust.iter_mut().chain(&mut it.inline).chain(attached)
        });
        let buckets = self.buckets.iter_mut().flat_map(|it| {
            let points = it.points.iter_mut().flat_map(|it| &mut it.policies);
            it.policies.iter_mut().chain(points)
        });
        let keys = self.keys.iter_mut().flat_map(|it| &mut it.policies);
        let all = self.policies.iter_mut().chain(&mut self.managed).chain(identities).chain(buckets).chain(keys);
        for policy in all.filter(|it| it.is(in_place_of)) {
            *policy = other.given(policy.case());
        }
    }
}

/// A setting and where it is made.
#[derive(Clone, Debug)]
pub struct Setting<T> {
    /// What it is set to.
    pub value: T,
    /// Where.
    pub place: Place,
    /// The address of the resource that sets it.
    pub address: Arc<str>,
}
