//! From trees to what matters to access: every front end gives the same [`Configuration`], and rules look at nothing else.

mod claim;
pub mod json;
pub mod terraform;

use std::sync::Arc;

pub use claim::{Claim, DeprecatedArgument, ReplacedStatement, Subject};

use crate::catalog::{self, ManagedPolicy};
use crate::policy::{Place, Policy};
use crate::value::{HOLE, Text};

/// Everything one root module, one template or one policy file declares that matters to access.
#[derive(Debug, Default)]
pub struct Configuration {
    /// Its policies, one for each place a document is attached at.
    pub policies: Vec<Policy>,
    /// Its buckets with all that is joined to them.
    pub buckets: Vec<Bucket>,
    /// Managed policies attached to identities.
    pub attachments: Vec<Attachment>,
    /// What its resources set of each other, where only one setting comes to stand.
    pub claims: Vec<Claim>,
    /// Arguments of its resources that the provider has deprecated.
    pub deprecated: Vec<DeprecatedArgument>,
    /// Statements of its documents that others have taken the place of.
    pub replaced: Vec<ReplacedStatement>,
}

/// A managed policy attached to a role, user, group or permission set.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The address of what attaches it.
    pub address: Arc<str>,
    /// The ARN or name, as it is written.
    pub policy: Text,
    /// Where it is written.
    pub place: Place,
    /// To whom, as it is written: `aws_iam_role.app`; none when that is not known.
    pub to: Option<Arc<str>>,
}

impl Attachment {
    /// The policy of AWS that it attaches, in whatever partition.
    pub fn managed_policy(&self) -> Option<ManagedPolicy> {
        let raw = self.policy.raw();
        let in_partition =
            raw.strip_prefix("arn:").and_then(|it| it.strip_prefix(HOLE)).map(|it| format!("arn:aws{it}"));
        catalog::managed_policy(in_partition.as_deref().unwrap_or(raw))
    }
}

/// A bucket with everything that says who reaches it.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its address.
    pub address: Arc<str>,
    /// Its name, as far as it is known.
    pub name: Option<Text>,
    /// The block that declares it.
    pub place: Place,
    /// Its canned ACLs and grants, wherever they are written.
    pub acls: Vec<Acl>,
    /// Its public access blocks; none found is told apart from not knowing by `blocks_known`.
    pub blocks: Vec<PublicAccessBlock>,
    /// Whether every public access block of this configuration could be told to be its own or another bucket's.
    pub blocks_known: bool,
    /// The account's public access block, where the configuration sets it.
    pub account_block: Option<PublicAccessBlock>,
    /// `BucketOwnerEnforced`, `BucketOwnerPreferred`, `ObjectWriter`.
    pub ownership: Option<Setting<Text>>,
}

impl Bucket {
    /// A switch by its name, of every block that stands before the bucket, the account's too.
    pub fn switches(&self, name: &str) -> impl Iterator<Item = &Switch> {
        self.blocks.iter().chain(&self.account_block).flat_map(|it| &it.switches).filter(move |it| it.name == name)
    }

    /// The switch of a name that is on for certain; one is enough.
    pub fn switch_on(&self, name: &str) -> Option<&Switch> {
        self.switches(name).find(|it| it.on == Some(true))
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

/// A canned ACL or a grant of one.
#[derive(Clone, Debug)]
pub struct Acl {
    /// `public-read`, or the URI of the grantee.
    pub grantee: Text,
    /// `READ`, `WRITE`, … of a grant; none for a canned ACL.
    pub permission: Option<Text>,
    /// Where it is written.
    pub place: Place,
    /// The address of the resource that sets it.
    pub address: Arc<str>,
}

/// A public access block: four switches, each on, off or unknown.
#[derive(Clone, Debug)]
pub struct PublicAccessBlock {
    /// The address of the resource that sets it.
    pub address: Arc<str>,
    /// The block that sets it.
    pub place: Place,
    /// `block_public_acls`, `block_public_policy`, `ignore_public_acls`, `restrict_public_buckets`.
    pub switches: [Switch; 4],
}

/// One switch of a public access block.
#[derive(Clone, Debug)]
pub struct Switch {
    /// Its name in Terraform.
    pub name: &'static str,
    /// On or off; none when unknown. A switch that is not written is off.
    pub on: Option<bool>,
    /// Where it is written, or the block when it is not.
    pub place: Place,
}
