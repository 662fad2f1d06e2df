//! How large a document is, and how large it may be where it is attached.

use rustc_hash::FxHashSet;

use super::{Policy, PolicyKind, Service};
use crate::value::{Node, Text, Value};

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

impl Quota {
    /// Of a managed policy. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    pub const MANAGED: Self = Self::fixed(6_144, "a managed policy");

    /// One that AWS does not raise.
    pub const fn fixed(bytes: usize, of: &'static str) -> Self {
        Self { bytes, at_most: bytes, of }
    }
}

impl Policy {
    /// The size of the document.
    pub fn size(&self) -> Size {
        let by_provider = self.source.is_some();
        let sizes = self.written().iter().map(|it| {
            let mut own = Size { bytes: 0, is_exact: self.written().len() == 1 };
            own.add(&it.node, by_provider);
            own
        });
        sizes.min_by_key(|it| it.bytes).unwrap_or_default()
    }

    /// How large it may be by its kind; none where that is not known. What an identity policy may be hangs on whether
    /// it is one of its own or a part of the identity.
    pub fn quota(&self) -> Option<Quota> {
        Some(match self.kind {
            PolicyKind::Trust => Quota { bytes: 2_048, at_most: 4_096, of: "a trust policy" },
            // https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
            PolicyKind::ServiceControl => Quota::fixed(5_120, "a service control policy"),
            PolicyKind::ResourceControl => Quota::fixed(5_120, "a resource control policy"),
            // What it is for is not known; this is the most that a user, group or role takes.
            PolicyKind::Unknown => Quota::fixed(10_240, "a policy of a user, group or role"),
            PolicyKind::Resource(service) => return of_resource(service),
            PolicyKind::Identity | PolicyKind::Boundary | PolicyKind::Session | PolicyKind::Device => return None,
        })
    }
}

fn of_resource(service: Service) -> Option<Quota> {
    Some(match service {
        // https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html
        Service::S3 => Quota::fixed(20_480, "a bucket policy"),
        // https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
        Service::Kms => Quota::fixed(32_768, "a key policy"),
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
        Service::Sqs => Quota::fixed(8_192, "the policy of a queue"),
        // https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html
        Service::Repository => Quota::fixed(10_240, "the policy of a repository"),
        // https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html
        Service::VpcEndpoint => Quota::fixed(20_480, "the policy of a VPC endpoint"),
        // https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
        Service::Other("secretsmanager") => Quota::fixed(20_480, "the policy of a secret"),
        // https://docs.aws.amazon.com/efs/latest/ug/limits.html
        Service::Other("elasticfilesystem") => Quota::fixed(20_000, "the policy of a file system"),
        // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html
        Service::Other("dynamodb") => Quota::fixed(20_480, "the policy of a table or stream"),
        // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
        Service::Other("logs") => Quota::fixed(5_120, "a resource policy of CloudWatch Logs"),
        // https://docs.aws.amazon.com/glue/latest/webapi/API_PutResourcePolicy.html
        Service::Other("glue") => Quota::fixed(10_240, "the policy of a data catalog"),
        Service::Sns | Service::Lambda | Service::Other(_) | Service::Unknown => return None,
    })
}

impl Size {
    /// Counts a value as JSON without white space, as it stands or, of a data document, as the provider writes it.
    /// <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document>
    fn add(&mut self, node: &Node, by_provider: bool) {
        match &node.value {
            Value::Null => self.bytes += 4,
            Value::Bool(it) => self.bytes += if *it { 4 } else { 5 },
            Value::Number(number) => self.bytes += number.to_string().len(),
            Value::Text(text) => self.add_text(text),
            Value::List(nodes) => {
                let mut seen: FxHashSet<&str> = FxHashSet::default();
                let mut count: usize = 0;
                for node in nodes.iter() {
                    // What is there in one case only may not be there.
                    if matches!(&node.value, Value::OneOf(arms) if arms.len() == 1) {
                        self.is_exact = false;
                        continue;
                    }
                    // The provider writes each entry of a list once.
                    if !by_provider || nodes.len() == 1 || node.as_str().is_none_or(|it| seen.insert(it)) {
                        count += 1;
                        self.add(node, by_provider);
                    }
                }
                // And one alone without brackets, but for a statement.
                let is_bare = by_provider && count == 1 && !nodes.iter().any(|it| matches!(it.value, Value::Object(_)));
                self.bytes += if is_bare { 0 } else { 2 + count.saturating_sub(1) };
            }
            Value::Object(object) => {
                self.is_exact &= object.open.is_none();
                self.bytes += 2 + object.entries.len().saturating_sub(1);
                for (n, entry) in object.entries.iter().enumerate() {
                    // The provider writes an operator once, and the keys of all its blocks into one object.
                    if by_provider && object.entries[..n].iter().any(|it| it.key == entry.key) {
                        self.bytes = self.bytes.saturating_sub(2);
                    } else {
                        self.add_text(&entry.key);
                        self.bytes += 1;
                    }
                    self.add(&entry.node, by_provider);
                }
            }
            Value::OneOf(arms) => {
                let sizes = arms.iter().map(|arm| {
                    let mut own = Self::default();
                    own.add(&arm.node, by_provider);
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
        // Nearly every text is of characters that count as one; all of it is looked at, which is faster than to stop.
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        if text.raw().bytes().fold(true, |all, it| all & is_plain(it)) {
            self.bytes += text.len();
            return;
        }
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
