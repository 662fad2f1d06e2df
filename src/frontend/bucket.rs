//! A bucket with everything that is joined to it.

use std::sync::Arc;

use super::{Resource, Setting};
use crate::policy::{Given, Place, Policy};
use crate::value::{Origin, Text};

/// A bucket with everything that says who reaches it, and how what is in it is kept.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its address.
    pub address: Arc<str>,
    /// Its name, as far as it is known.
    pub name: Option<Text>,
    /// The block that declares it, or the one that says something of a bucket declared elsewhere.
    pub place: Place,
    /// Whether it is declared here; of one that is declared elsewhere only what is joined to it is known.
    pub declared: bool,
    /// Its canned ACLs and grants, wherever they are written.
    pub acls: Vec<Acl>,
    /// Its public access blocks.
    pub blocks: Vec<PublicAccessBlock>,
    /// The account's public access block, where the configuration sets it.
    pub account_block: Option<PublicAccessBlock>,
    /// `BucketOwnerEnforced`, `BucketOwnerPreferred`, `ObjectWriter`.
    pub ownership: Option<Setting<Text>>,
    /// Its policies.
    pub policies: Vec<Arc<Policy>>,
    /// Its access points.
    pub points: Vec<AccessPoint>,
    /// Everything else that is joined to it.
    pub companions: Vec<Companion>,
    /// What may be joined to it: something of the kind stands in the configuration, and whether it is this bucket's
    /// cannot be told.
    pub uncertain: Vec<Aspect>,
    /// Whether a module that cannot be read is given it, in which anything may be joined to it.
    pub is_handed_over: bool,
}

/// What a companion of a bucket says something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aspect {
    /// Its ACL.
    Acl,
    /// Its public access block.
    PublicAccessBlock,
    /// Who owns its objects.
    Ownership,
    /// Its policy.
    Policy,
    /// `versioning_configuration`, or `enabled` and `mfa_delete` where it is written in the bucket.
    Versioning,
    /// `rule` with `apply_server_side_encryption_by_default` and `bucket_key_enabled`.
    Encryption,
    /// `target_bucket`, `target_prefix`.
    Logging,
    /// It is served as a web site.
    Website,
    /// `cors_rule` with `allowed_origins` and `allowed_methods`.
    Cors,
    /// `rule`.
    Lifecycle,
    /// `object_lock_enabled`, `rule`.
    ObjectLock,
    /// `role`, `rule` with `destination`.
    Replication,
    /// `lambda_function`, `queue` and `topic` with `events`, or `eventbridge`.
    Notification,
    /// An access point: `name`, `vpc_configuration`, `public_access_block_configuration`.
    AccessPoint,
    /// An inventory, analytics or metrics configuration.
    Inventory,
}

/// A resource that says something of a bucket, or a block in the bucket that says the same.
#[derive(Clone, Debug)]
pub struct Companion {
    /// What it is about.
    pub aspect: Aspect,
    /// What it says, under the names of its own resource type.
    pub resource: Resource,
}

impl Bucket {
    /// Whether a policy of this configuration is its own, or that of one of its access points.
    pub fn carries(&self, policy: &Arc<Policy>) -> bool {
        let points = self.points.iter().flat_map(|it| &it.policies);
        self.policies.iter().chain(points).any(|it| it.is(policy))
    }

    /// Its ARN in any partition, as far as its name is known.
    pub fn arn(&self) -> Option<Text> {
        let name = self.name.as_ref().filter(|it| !it.raw().is_empty())?;
        let mut arn = Text::known("arn:*:s3:::", self.place.span);
        arn.push_text(name, &Origin::HERE);
        Some(arn)
    }

    /// What is joined to it of a kind.
    pub fn companions(&self, aspect: Aspect) -> impl Iterator<Item = &Resource> {
        self.companions.iter().filter(move |it| it.aspect == aspect).map(|it| &it.resource)
    }

    /// Whether everything of a kind that the configuration has could be told to be this bucket's or another's.
    pub fn knows(&self, aspect: Aspect) -> bool {
        self.declared && !self.is_handed_over && !self.uncertain.contains(&aspect)
    }

    /// Whether it has nothing of a kind for certain.
    pub fn lacks(&self, aspect: Aspect) -> bool {
        let none = match aspect {
            Aspect::Acl => self.acls.is_empty(),
            Aspect::PublicAccessBlock => self.blocks.is_empty(),
            Aspect::Ownership => self.ownership.is_none(),
            Aspect::Policy => self.policies.is_empty(),
            Aspect::AccessPoint => self.points.is_empty(),
            _ => self.companions(aspect).next().is_none(),
        };
        none && self.knows(aspect)
    }

    /// A switch by its name, of every block that stands before the bucket, the account's too.
    pub fn switches(&self, name: &str) -> impl Iterator<Item = &Switch> {
        self.blocks.iter().chain(&self.account_block).flat_map(|it| &it.switches).filter(move |it| it.name == name)
    }

    /// The switch of a name that is on for certain and in every case; one is enough.
    pub fn switch_on(&self, name: &str) -> Option<&Switch> {
        self.switch_on_in(name, None)
    }

    /// The same in a case; in every case where there is none.
    pub fn switch_on_in(&self, name: &str, case: Option<&Given>) -> Option<&Switch> {
        let is_there = |it: &Switch| match (&it.place.given, case) {
            (None, _) => true,
            (Some(given), Some(case)) => given.words == case.words,
            (Some(_), None) => false,
        };
        self.switches(name).find(|it| it.on == Some(true) && is_there(it))
    }

    /// Whether its access control lists are switched off in every case.
    pub fn is_owner_enforced(&self) -> bool {
        let is_such = |it: &Setting<Text>| it.value.raw() == "BucketOwnerEnforced" && it.place.given.is_none();
        self.ownership.as_ref().is_some_and(is_such)
    }
}

/// An access point with its policies, wherever they are written.
#[derive(Clone, Debug)]
pub struct AccessPoint {
    /// The block that declares it.
    pub resource: Resource,
    /// Its policies.
    pub policies: Vec<Arc<Policy>>,
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
