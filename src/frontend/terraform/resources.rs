//! Which resource types carry policies, under which attribute, and what kind of policy that makes them.
//! One table; the documentation of each type is at
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs>.

use crate::policy::{IdentityKind, PolicyKind, Service};

/// A type that carries policies: the attribute, through nested blocks where it has dots, and the kind.
pub type Carrier = (&'static str, &'static str, PolicyKind);

const IDENTITY: PolicyKind = PolicyKind::Identity;
const TRUST: PolicyKind = PolicyKind::Trust;
const S3: PolicyKind = PolicyKind::Resource(Service::S3);
const KMS: PolicyKind = PolicyKind::Resource(Service::Kms);
const SQS: PolicyKind = PolicyKind::Resource(Service::Sqs);
const SNS: PolicyKind = PolicyKind::Resource(Service::Sns);

const fn other(service: &'static str) -> PolicyKind {
    PolicyKind::Resource(Service::Other(service))
}

/// Sorted by type, for binary search.
pub const CARRIERS: &[Carrier] = &[
    ("aws_api_gateway_rest_api", "policy", other("execute-api")),
    ("aws_api_gateway_rest_api_policy", "policy", other("execute-api")),
    ("aws_backup_vault_policy", "policy", other("backup")),
    ("aws_cloudsearch_domain_service_access_policy", "access_policy", other("cloudsearch")),
    ("aws_cloudwatch_event_bus_policy", "policy", other("events")),
    ("aws_cloudwatch_log_delivery_destination_policy", "delivery_destination_policy", other("logs")),
    ("aws_cloudwatch_log_destination_policy", "access_policy", other("logs")),
    ("aws_cloudwatch_log_resource_policy", "policy_document", other("logs")),
    ("aws_codeartifact_domain_permissions_policy", "policy_document", other("codeartifact")),
    ("aws_codeartifact_repository_permissions_policy", "policy_document", other("codeartifact")),
    ("aws_codebuild_resource_policy", "policy", other("codebuild")),
    ("aws_dynamodb_resource_policy", "policy", other("dynamodb")),
    ("aws_ecr_registry_policy", "policy", other("ecr")),
    ("aws_ecr_repository_creation_template", "repository_policy", PolicyKind::Resource(Service::Repository)),
    ("aws_ecr_repository_policy", "policy", PolicyKind::Resource(Service::Repository)),
    ("aws_ecrpublic_repository_policy", "policy", other("ecr-public")),
    ("aws_efs_file_system_policy", "policy", other("elasticfilesystem")),
    ("aws_elasticsearch_domain", "access_policies", other("es")),
    ("aws_elasticsearch_domain_policy", "access_policies", other("es")),
    ("aws_glacier_vault", "access_policy", other("glacier")),
    ("aws_glacier_vault_lock", "policy", other("glacier")),
    ("aws_glue_resource_policy", "policy", other("glue")),
    ("aws_iam_group_policy", "policy", IDENTITY),
    ("aws_iam_policy", "policy", IDENTITY),
    ("aws_iam_role", "assume_role_policy", TRUST),
    ("aws_iam_role", "inline_policy.policy", IDENTITY),
    ("aws_iam_role_policy", "policy", IDENTITY),
    ("aws_iam_user_policy", "policy", IDENTITY),
    ("aws_iot_policy", "policy", IDENTITY),
    ("aws_kinesis_resource_policy", "policy", other("kinesis")),
    ("aws_kms_external_key", "policy", KMS),
    ("aws_kms_key", "policy", KMS),
    ("aws_kms_key_policy", "policy", KMS),
    ("aws_kms_replica_external_key", "policy", KMS),
    ("aws_kms_replica_key", "policy", KMS),
    ("aws_media_store_container_policy", "policy", other("mediastore")),
    ("aws_msk_cluster_policy", "policy", other("kafka")),
    ("aws_networkfirewall_resource_policy", "policy", other("network-firewall")),
    ("aws_opensearch_domain", "access_policies", other("es")),
    ("aws_opensearch_domain_policy", "access_policies", other("es")),
    ("aws_organizations_policy", "content", PolicyKind::ServiceControl),
    ("aws_organizations_resource_policy", "content", other("organizations")),
    ("aws_redshift_resource_policy", "policy", other("redshift")),
    ("aws_redshiftserverless_resource_policy", "policy", other("redshift-serverless")),
    ("aws_s3_access_point", "policy", S3),
    ("aws_s3_bucket", "policy", S3),
    ("aws_s3_bucket_policy", "policy", S3),
    ("aws_s3_directory_bucket_policy", "policy", S3),
    ("aws_s3control_access_grants_instance_resource_policy", "policy", S3),
    ("aws_s3control_access_point_policy", "policy", S3),
    ("aws_s3control_bucket_policy", "policy", S3),
    ("aws_s3control_multi_region_access_point_policy", "details.policy", S3),
    ("aws_s3control_object_lambda_access_point_policy", "policy", S3),
    ("aws_s3tables_table_bucket_policy", "resource_policy", S3),
    ("aws_s3tables_table_policy", "resource_policy", S3),
    ("aws_s3vectors_vector_bucket_policy", "policy", S3),
    ("aws_sagemaker_model_package_group_policy", "resource_policy", other("sagemaker")),
    ("aws_schemas_registry_policy", "policy", other("schemas")),
    ("aws_secretsmanager_secret", "policy", other("secretsmanager")),
    ("aws_secretsmanager_secret_policy", "policy", other("secretsmanager")),
    ("aws_ses_identity_policy", "policy", other("ses")),
    ("aws_sesv2_email_identity_policy", "policy", other("ses")),
    ("aws_sns_topic", "policy", SNS),
    ("aws_sns_topic_policy", "policy", SNS),
    ("aws_sqs_queue", "policy", SQS),
    ("aws_sqs_queue_policy", "policy", SQS),
    ("aws_ssoadmin_permission_set_inline_policy", "inline_policy", IDENTITY),
    ("aws_transfer_access", "policy", PolicyKind::Session),
    ("aws_transfer_user", "policy", PolicyKind::Session),
    ("aws_vpc_endpoint", "policy", PolicyKind::Resource(Service::VpcEndpoint)),
    ("aws_vpc_endpoint_policy", "policy", PolicyKind::Resource(Service::VpcEndpoint)),
    ("aws_vpclattice_auth_policy", "policy", other("vpc-lattice-svcs")),
    ("aws_vpclattice_resource_policy", "policy", other("vpc-lattice")),
];

/// What the policy of a type is to the identity that carries it, and the attribute that names the identity.
pub fn room(kind: &str) -> Option<(RoomKind, &'static str)> {
    Some(match kind {
        "aws_iam_policy" => (RoomKind::Managed, ""),
        "aws_iam_group_policy" => (RoomKind::Inline(IdentityKind::Group), "group"),
        "aws_iam_role_policy" => (RoomKind::Inline(IdentityKind::Role), "role"),
        // Within its own block.
        "aws_iam_role" => (RoomKind::Inline(IdentityKind::Role), "name"),
        "aws_iam_user_policy" => (RoomKind::Inline(IdentityKind::User), "user"),
        "aws_ssoadmin_permission_set_inline_policy" => (RoomKind::PermissionSet, ""),
        _ => return None,
    })
}

/// A [`Room`](crate::policy::Room) by its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomKind {
    /// A policy of its own.
    Managed,
    /// A part of an identity.
    Inline(IdentityKind),
    /// The policy within a permission set.
    PermissionSet,
}

/// The policies a type carries.
pub fn carriers(kind: &str) -> impl Iterator<Item = &'static Carrier> {
    let first = CARRIERS.partition_point(|(it, ..)| *it < kind);
    let kind = kind.to_owned();
    CARRIERS[first..].iter().take_while(move |(it, ..)| *it == kind)
}

/// A type that attaches managed policies: the attribute with their ARNs, and the one that says to whom.
pub const ATTACHMENTS: &[(&str, &str, &str)] = &[
    ("aws_iam_group_policy_attachment", "policy_arn", "group"),
    ("aws_iam_group_policy_attachments_exclusive", "policy_arns", "group_name"),
    ("aws_iam_policy_attachment", "policy_arn", "roles"),
    ("aws_iam_role", "managed_policy_arns", "name"),
    ("aws_iam_role_policy_attachment", "policy_arn", "role"),
    ("aws_iam_role_policy_attachments_exclusive", "policy_arns", "role_name"),
    ("aws_iam_user_policy_attachment", "policy_arn", "user"),
    ("aws_iam_user_policy_attachments_exclusive", "policy_arns", "user_name"),
    ("aws_ssoadmin_managed_policy_attachment", "managed_policy_arn", "permission_set_arn"),
];

/// The types of a bucket's settings.
pub const BUCKET_TYPES: &[&str] = &[
    "aws_s3_account_public_access_block",
    "aws_s3_bucket",
    "aws_s3_bucket_acl",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_public_access_block",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(CARRIERS.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
    }

    #[test]
    fn a_role_carries_its_trust_and_its_inline_policies() {
        assert_eq!(carriers("aws_iam_role").count(), 2);
        assert_eq!(carriers("aws_instance").count(), 0);
    }
}
