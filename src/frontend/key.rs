//! A KMS key with everything that is joined to it.

use std::sync::Arc;

use super::{Resource, Setting};
use crate::policy::Policy;
use crate::value::Text;

/// A KMS key with everything that says who uses it.
#[derive(Clone, Debug)]
pub struct Key {
    /// The key itself: `enable_key_rotation`, `deletion_window_in_days`, `multi_region`.
    pub resource: Resource,
    /// Its policies: the one that it carries, and those of resources of their own.
    pub policies: Vec<Arc<Policy>>,
    /// The names of its aliases.
    pub aliases: Vec<Setting<Text>>,
    /// Its grants: `grantee_principal`, `operations`, `constraints`.
    pub grants: Vec<Resource>,
    /// Its replicas in other regions, each a key with a policy of its own.
    pub replicas: Vec<Arc<str>>,
    /// Whether every key policy and grant of the configuration could be told to be its own or another key's.
    pub complete: bool,
}
