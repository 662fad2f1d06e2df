use crate::frontend::{Aspect, Bucket, Configuration, Identity, IdentityKind, Resource, Setting};
use crate::policy::{self, Action, Scope, Statement, may_meet};
use crate::rule::Context;
use crate::source::Span;
use crate::value::Text;

/// What S3 does with the role of a replication.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html>
const REPLICATES: &[&str] = &[
    "s3:GetBucketVersioning",
    "s3:GetObject",
    "s3:GetObjectLegalHold",
    "s3:GetObjectRetention",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionTagging",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:ObjectOwnerOverrideToBucketOwner",
    "s3:PutInventoryConfiguration",
    "s3:InitiateReplication",
    "s3:ReplicateDelete",
    "s3:ReplicateObject",
    "s3:ReplicateTags",
];

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    let all = Replication::all(configuration);
    for replication in all.iter().filter(|it| is_for_s3_alone(it.role)) {
        // One role may serve several buckets.
        let of_role = all.iter().filter(|it| std::ptr::eq(it.role, replication.role));
        let buckets: Vec<&Text> = of_role.flat_map(|it| it.copies.everything()).collect();
        for policy in replication.role.written_policies() {
            for statement in policy.allow_statements() {
                let role = &replication.role.address;
                let (place, message, what) = if let Some(action) = beyond(statement) {
                    let message = format!("S3 replicates with `{role}`, and needs no `{action}` for that");
                    (&action.place, message, action.to_string())
                } else if let Some(resource) = elsewhere(statement, &buckets) {
                    let message = format!("`{role}` reaches `{resource}`, and replicates neither from nor to there");
                    (&resource.place, message, resource.to_string())
                } else {
                    continue;
                };
                cx.report(place, message)
                    .carried_by(policy)
                    .of(statement, what)
                    .label(replication.named.place.span, "the replication")
                    .help("allow what replication takes, on the bucket and on the one that it is copied to");
            }
        }
    }
}

/// Whether nobody else assumes the role, such as the batch operations that write a report.
fn is_for_s3_alone(role: &Identity) -> bool {
    role.trusted().all(|it| it.is_service("s3.amazonaws.com"))
}

/// An entry by which a statement allows what replication never takes; patterns are said elsewhere.
fn beyond(statement: &Statement) -> Option<&Action> {
    let is_beyond = |it: &&Action| {
        let own = it.service().is_some_and(|it| it.eq_ignore_ascii_case("s3")) && !it.has_wildcard();
        own && !it.text.has_holes() && !REPLICATES.iter().any(|name| it.must_match(name))
    };
    statement.actions.only().iter().find(is_beyond)
}

/// A resource of S3 that is of none of the buckets.
fn elsewhere<'s>(statement: &'s Statement, buckets: &[&Text]) -> Option<&'s policy::Resource> {
    let apart = |it: &&policy::Resource| it.part(2) == Some("s3") && !buckets.iter().any(|own| may_meet(&it.text, own));
    statement.resources.iter().flat_map(Scope::only).find(apart)
}

/// A replication with its role, where both are declared.
pub(super) struct Replication<'c> {
    pub role: &'c Identity,
    /// Where the role is named.
    pub named: Setting<Text>,
    pub copies: Copies,
}

/// What is copied, as ARNs: of the bucket, of what is in it, and of what comes to be in others.
pub(super) struct Copies {
    pub source: Text,
    pub objects: Text,
    pub copies: Vec<Text>,
    targets: Vec<Text>,
}

impl Copies {
    fn everything(&self) -> impl Iterator<Item = &Text> {
        [&self.source, &self.objects].into_iter().chain(&self.copies).chain(&self.targets)
    }
}

impl<'c> Replication<'c> {
    pub(super) fn all(configuration: &'c Configuration) -> Vec<Self> {
        let mut out = Vec::new();
        for bucket in &configuration.buckets {
            for companion in bucket.companions(Aspect::Replication) {
                for named in companion.texts("role") {
                    let roles =
                        configuration.identities.iter().filter(|it| it.kind == IdentityKind::Role && it.declared);
                    let role = roles
                        .into_iter()
                        .find(|it| it.name.as_ref().is_some_and(|it| policy::is_named(&named.value, it)));
                    if let (Some(role), Some(copies)) = (role, Copies::of(bucket, companion)) {
                        out.push(Self { role, named, copies });
                    }
                }
            }
        }
        out
    }
}

impl Copies {
    fn of(bucket: &Bucket, replication: &Resource) -> Option<Self> {
        let span = replication.place.span;
        let source = bucket.arn()?;
        let blocks = ["rule.destination.bucket", "rules.destination.bucket"];
        let targets: Vec<Text> = blocks.iter().flat_map(|it| replication.texts(it)).map(|it| it.value).collect();
        let objects = in_bucket(&source, span);
        let copies = targets.iter().map(|it| in_bucket(it, span)).collect();
        Some(Self { source, objects, copies, targets })
    }
}

fn in_bucket(arn: &Text, span: Span) -> Text {
    let mut objects = arn.clone();
    objects.push_known("/*", span);
    objects
}
