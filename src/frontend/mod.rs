//! From trees to what matters to access: every front end gives the same [`Configuration`], and rules look at nothing else.

mod bucket;
mod claim;
mod identity;
pub mod json;
mod key;
mod resource;
pub mod terraform;

use std::sync::Arc;

pub use bucket::{Acl, Aspect, Bucket, Companion, PublicAccessBlock, Switch};
pub use claim::{Claim, DeprecatedArgument, ReplacedStatement, Subject};
pub use identity::{Attached, Attachment, Identity, IdentityKind};
pub use key::Key;
pub use resource::Resource;

use crate::policy::{Place, Policy};

/// Everything one root module, one template or one policy file declares that matters to access. A policy stands in
/// `policies`, and with whatever carries it too.
#[derive(Debug, Default)]
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
