//! What can be said of access in two places at once, of which only one comes to stand: the policy of a bucket, what is
//! attached to a role, a statement under one `Sid`.

use std::sync::Arc;

use crate::policy::{Effect, Place};
use crate::value::Text;

/// That a resource sets something of another one, or of itself.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What is set.
    pub subject: Subject,
    /// Of which resource: its name or ARN when that is known, else what it is declared as, with its module. Equal texts
    /// are the same resource.
    pub on: Arc<str>,
    /// The resource in words, as it is written.
    pub shown: Arc<str>,
    /// Whether it takes away what others set.
    pub exclusive: bool,
    /// The address of the resource that sets it.
    pub address: Arc<str>,
    /// Where it is set.
    pub place: Place,
    /// Whether the resource that sets it is there for certain.
    pub certain: bool,
}

/// What one resource may set and another one take away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The policy of a resource that has one.
    Policy,
    /// The inline policies of a role.
    InlinePolicies,
    /// The managed policies attached to a role.
    AttachedPolicies,
    /// To whom a managed policy is attached.
    Holders,
}

/// An argument that the provider has deprecated.
#[derive(Clone, Debug)]
pub struct DeprecatedArgument {
    /// Its name.
    pub name: &'static str,
    /// What of the role's it takes away by being there.
    pub takes_away: &'static str,
    /// What takes its place.
    pub instead: &'static str,
    /// The address of the resource that uses it.
    pub address: Arc<str>,
    /// Where it is written.
    pub place: Place,
}

/// A statement of one document that another document puts its own in the place of, by its `Sid`.
#[derive(Clone, Debug)]
pub struct ReplacedStatement {
    /// The address of the document that merges the two.
    pub address: Arc<str>,
    /// The `Sid` of both.
    pub sid: Text,
    /// What the one that is lost did; none when it is not known.
    pub effect: Option<Effect>,
    /// Where the one that is lost says its `Sid`.
    pub lost: Place,
    /// Where the one that stays does.
    pub by: Place,
}
