//! How large a document is, and how large it may be where it is attached.

use rustc_hash::FxHashSet;

use super::{Policy, PolicyKind, Service};
use crate::value::{Node, Text, Value};

/// What an identity policy is to whoever carries it, which decides how large it may be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Room {
    /// A policy of its own that identities attach.
    Managed,
    /// A part of an identity, of which all parts count together.
    Inline(IdentityKind, Text),
    /// The one policy within a permission set.
    PermissionSet,
}

/// Who carries inline policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentityKind {
    /// A user.
    User,
    /// A group.
    Group,
    /// A role.
    Role,
}

/// How large a document may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Bytes without white space.
    pub bytes: usize,
    /// To how much AWS raises it when asked.
    pub at_most: usize,
    /// Of what, in words: `a managed policy`.
    pub of: &'static str,
}

/// How large a document is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Bytes without white space, which AWS does not count, that are there whatever is unknown.
    pub bytes: usize,
    /// Whether nothing is unknown.
    pub is_exact: bool,
}

impl Policy {
    /// The size of the document.
    pub fn size(&self) -> Size {
        // The provider writes each entry of a data document's lists once.
        let once = self.source.is_some();
        let sizes = self.written().iter().map(|it| {
            let mut own = Size { bytes: 0, is_exact: self.written().len() == 1 };
            own.add(&it.node, once);
            own
        });
        sizes.min_by_key(|it| it.bytes).unwrap_or_default()
    }

    /// How large it may be; none where that is not known.
    pub fn quota(&self) -> Option<Quota> {
        let fixed = |bytes, of| Some(Quota { bytes, at_most: bytes, of });
        match (self.kind, &self.room) {
            // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
            (PolicyKind::Identity | PolicyKind::Boundary, Some(Room::Managed)) => fixed(6_144, "a managed policy"),
            (_, Some(Room::Inline(IdentityKind::User, _))) => fixed(2_048, "all inline policies of a user"),
            (_, Some(Room::Inline(IdentityKind::Group, _))) => fixed(5_120, "all inline policies of a group"),
            (_, Some(Room::Inline(IdentityKind::Role, _))) => fixed(10_240, "all inline policies of a role"),
            // https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html
            (_, Some(Room::PermissionSet)) => fixed(32_768, "the inline policy of a permission set"),
            (PolicyKind::Trust, _) => Some(Quota { bytes: 2_048, at_most: 4_096, of: "a trust policy" }),
            // https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
            (PolicyKind::ServiceControl, _) => fixed(5_120, "a service control policy"),
            (PolicyKind::ResourceControl, _) => fixed(5_120, "a resource control policy"),
            // What it is for is not known; this is the most that a user, group or role takes.
            (PolicyKind::Unknown, _) => fixed(10_240, "a policy of a user, group or role"),
            (PolicyKind::Resource(service), _) => of_resource(service).and_then(|(bytes, of)| fixed(bytes, of)),
            (PolicyKind::Identity | PolicyKind::Boundary | PolicyKind::Session, _) => None,
        }
    }
}

fn of_resource(service: Service) -> Option<(usize, &'static str)> {
    Some(match service {
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html
        Service::S3 => (20_480, "a bucket policy"),
        // https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
        Service::Kms => (32_768, "a key policy"),
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
        Service::Sqs => (8_192, "the policy of a queue"),
        // https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html
        Service::Repository => (10_240, "the policy of a repository"),
        // https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html
        Service::VpcEndpoint => (20_480, "the policy of a VPC endpoint"),
        // https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
        Service::Other("secretsmanager") => (20_480, "the policy of a secret"),
        // https://docs.aws.amazon.com/efs/latest/ug/limits.html
        Service::Other("elasticfilesystem") => (20_000, "the policy of a file system"),
        // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html
        Service::Other("dynamodb") => (20_480, "the policy of a table or stream"),
        // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
        Service::Other("logs") => (5_120, "a resource policy of CloudWatch Logs"),
        // https://docs.aws.amazon.com/glue/latest/webapi/API_PutResourcePolicy.html
        Service::Other("glue") => (10_240, "the policy of a data catalog"),
        Service::Sns | Service::Lambda | Service::Other(_) | Service::Unknown => return None,
    })
}

impl Size {
    /// Counts a value as JSON without white space, equal texts of a list perhaps only once.
    fn add(&mut self, node: &Node, once: bool) {
        match &node.value {
            Value::Null => self.bytes += 4,
            Value::Bool(it) => self.bytes += if *it { 4 } else { 5 },
            Value::Number(number) => self.bytes += number.to_string().len(),
            Value::Text(text) => self.add_text(text),
            Value::List(nodes) => {
                let mut seen: FxHashSet<&str> = FxHashSet::default();
                let mut counted: Vec<&Node> = nodes.iter().collect();
                counted.retain(|node| !once || node.as_str().is_none_or(|it| seen.insert(it)));
                // A list of one may be written without its brackets, as data documents do.
                self.bytes += if counted.len() == 1 { 0 } else { 2 + counted.len().saturating_sub(1) };
                counted.into_iter().for_each(|it| self.add(it, once));
            }
            Value::Object(object) => {
                self.is_exact &= object.open.is_none();
                self.bytes += 2 + object.entries.len().saturating_sub(1);
                for entry in &object.entries {
                    self.add_text(&entry.key);
                    self.bytes += 1;
                    self.add(&entry.node, once);
                }
            }
            Value::OneOf(arms) => {
                let sizes = arms.iter().map(|arm| {
                    let mut own = Self::default();
                    own.add(&arm.node, once);
                    own.bytes
                });
                self.bytes += sizes.min().unwrap_or_default();
                self.is_exact = false;
            }
            Value::Unknown(_) => self.is_exact = false,
        }
    }

    fn add_text(&mut self, text: &Text) {
        self.is_exact &= !text.has_holes();
        self.bytes += 2;
        for char in text.raw().chars() {
            self.bytes += match char {
                crate::value::HOLE => 0,
                '"' | '\\' | '\n' | '\t' | '\r' => 2,
                it if it.is_whitespace() => 0,
                it => it.len_utf8(),
            };
        }
    }
}
