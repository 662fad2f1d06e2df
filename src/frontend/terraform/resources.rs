//! Which resource types carry policies, under which attribute, and what kind of policy that makes them.
//! One table; the documentation of each type is at
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs>.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::frontend::{Aspect, IdentityKind};
use crate::policy::{PolicyKind, Service};

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

/// Sorted by type and path.
pub const CARRIERS: &[Carrier] = &[
    ("aws_acmpca_policy", "policy", other("acm-pca")),
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
    ("aws_iot_policy", "policy", PolicyKind::Device),
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
    ("aws_rolesanywhere_profile", "session_policy", PolicyKind::Session),
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
    ("aws_xray_resource_policy", "policy_document", other("xray")),
];

/// A type that gives managed policies to identities: where it says which policies, to whom, and what those are.
pub const ATTACHMENTS: &[(&str, &str, &str, IdentityKind)] = &[
    ("aws_iam_group_policy_attachment", "policy_arn", "group", IdentityKind::Group),
    ("aws_iam_group_policy_attachments_exclusive", "policy_arns", "group_name", IdentityKind::Group),
    ("aws_iam_policy_attachment", "policy_arn", "groups", IdentityKind::Group),
    ("aws_iam_policy_attachment", "policy_arn", "roles", IdentityKind::Role),
    ("aws_iam_policy_attachment", "policy_arn", "users", IdentityKind::User),
    ("aws_iam_role", "managed_policy_arns", "name", IdentityKind::Role),
    ("aws_iam_role_policy_attachment", "policy_arn", "role", IdentityKind::Role),
    ("aws_iam_role_policy_attachments_exclusive", "policy_arns", "role_name", IdentityKind::Role),
    ("aws_iam_user_policy_attachment", "policy_arn", "user", IdentityKind::User),
    ("aws_iam_user_policy_attachments_exclusive", "policy_arns", "user_name", IdentityKind::User),
    (
        "aws_ssoadmin_customer_managed_policy_attachment",
        "customer_managed_policy_reference.name",
        "permission_set_arn",
        IdentityKind::PermissionSet,
    ),
    ("aws_ssoadmin_managed_policy_attachment", "managed_policy_arn", "permission_set_arn", IdentityKind::PermissionSet),
];

/// A type that carries a policy of an identity's own: where it says whose.
pub const INLINE: &[(&str, &str, IdentityKind)] = &[
    ("aws_iam_group_policy", "group", IdentityKind::Group),
    ("aws_iam_role_policy", "role", IdentityKind::Role),
    ("aws_iam_user_policy", "user", IdentityKind::User),
    ("aws_ssoadmin_permission_set_inline_policy", "permission_set_arn", IdentityKind::PermissionSet),
];

/// A type that bounds an identity: where it says by what, and whom.
pub const BOUNDARIES: &[(&str, &str, &str, IdentityKind)] = &[
    ("aws_iam_role", "permissions_boundary", "name", IdentityKind::Role),
    ("aws_iam_user", "permissions_boundary", "name", IdentityKind::User),
    (
        "aws_ssoadmin_permissions_boundary_attachment",
        "permissions_boundary.customer_managed_policy_reference.name",
        "permission_set_arn",
        IdentityKind::PermissionSet,
    ),
    (
        "aws_ssoadmin_permissions_boundary_attachment",
        "permissions_boundary.managed_policy_arn",
        "permission_set_arn",
        IdentityKind::PermissionSet,
    ),
];

/// A type that is an identity: what others know it by.
pub const IDENTITIES: &[(&str, &str, IdentityKind)] = &[
    ("aws_iam_group", "name", IdentityKind::Group),
    ("aws_iam_role", "name", IdentityKind::Role),
    ("aws_iam_user", "name", IdentityKind::User),
    ("aws_ssoadmin_permission_set", "arn", IdentityKind::PermissionSet),
];

/// A type that puts users into groups: where it says which users, and which groups.
pub const MEMBERSHIPS: &[(&str, &str, &str)] =
    &[("aws_iam_group_membership", "users", "group"), ("aws_iam_user_group_membership", "user", "groups")];

/// A type that says something of the bucket that its `bucket` names.
pub const BUCKET_COMPANIONS: &[(&str, Aspect)] = &[
    ("aws_s3_access_point", Aspect::AccessPoint),
    ("aws_s3_bucket_acl", Aspect::Acl),
    ("aws_s3_bucket_analytics_configuration", Aspect::Inventory),
    ("aws_s3_bucket_cors_configuration", Aspect::Cors),
    ("aws_s3_bucket_inventory", Aspect::Inventory),
    ("aws_s3_bucket_lifecycle_configuration", Aspect::Lifecycle),
    ("aws_s3_bucket_logging", Aspect::Logging),
    ("aws_s3_bucket_notification", Aspect::Notification),
    ("aws_s3_bucket_object_lock_configuration", Aspect::ObjectLock),
    ("aws_s3_bucket_ownership_controls", Aspect::Ownership),
    ("aws_s3_bucket_policy", Aspect::Policy),
    ("aws_s3_bucket_public_access_block", Aspect::PublicAccessBlock),
    ("aws_s3_bucket_replication_configuration", Aspect::Replication),
    ("aws_s3_bucket_server_side_encryption_configuration", Aspect::Encryption),
    ("aws_s3_bucket_versioning", Aspect::Versioning),
    ("aws_s3_bucket_website_configuration", Aspect::Website),
];

/// A block or argument within `aws_s3_bucket` that says what a resource of its own says too, and the block of that
/// resource in which the same names stand; none when they stand at its top.
/// <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/version-4-upgrade>
pub const BUCKET_BLOCKS: &[(&str, Aspect, Option<&str>)] = &[
    ("cors_rule", Aspect::Cors, Some("cors_rule")),
    ("lifecycle_rule", Aspect::Lifecycle, Some("rule")),
    ("logging", Aspect::Logging, None),
    ("object_lock_configuration", Aspect::ObjectLock, None),
    ("replication_configuration", Aspect::Replication, None),
    ("server_side_encryption_configuration", Aspect::Encryption, None),
    ("versioning", Aspect::Versioning, Some("versioning_configuration")),
    ("website", Aspect::Website, None),
];

/// The types of keys.
pub const KEYS: &[&str] =
    &["aws_kms_external_key", "aws_kms_key", "aws_kms_replica_external_key", "aws_kms_replica_key"];

/// A type that says something of a key, and where it says of which.
pub const KEY_COMPANIONS: &[(&str, &str)] = &[
    ("aws_kms_alias", "target_key_id"),
    ("aws_kms_grant", "key_id"),
    ("aws_kms_key_policy", "key_id"),
    ("aws_kms_replica_external_key", "primary_key_arn"),
    ("aws_kms_replica_key", "primary_key_arn"),
];

/// The types that say by their arguments who reaches them, or what is reached with them.
pub const RESOURCES: &[&str] = &[
    "aws_ami_launch_permission",
    "aws_api_gateway_method",
    "aws_apigatewayv2_route",
    "aws_codebuild_webhook",
    "aws_cognito_identity_pool",
    "aws_db_cluster_snapshot",
    "aws_db_snapshot",
    "aws_db_snapshot_copy",
    "aws_iam_access_key",
    "aws_iam_account_password_policy",
    "aws_iam_user_login_profile",
    "aws_imagebuilder_distribution_configuration",
    "aws_kms_grant",
    "aws_lambda_function_url",
    "aws_organizations_organization",
    "aws_ram_principal_association",
    "aws_rds_cluster_snapshot_copy",
    "aws_redshift_data_share_authorization",
    "aws_redshift_endpoint_authorization",
    "aws_s3_access_point",
    "aws_s3_account_public_access_block",
    "aws_s3control_multi_region_access_point",
    "aws_servicecatalog_portfolio_share",
    "aws_snapshot_create_volume_permission",
    "aws_ssm_document",
    "aws_ssoadmin_permission_set",
    "aws_vpc_endpoint",
    "aws_vpc_endpoint_policy",
    "aws_vpc_endpoint_service",
    "aws_vpc_endpoint_service_allowed_principal",
];

/// The types that are common and large, of which only some arguments have to do with access.
pub const PARTS: &[(&str, &[&str])] = &[
    ("aws_codebuild_project", &["service_role"]),
    ("aws_ecs_task_definition", &["task_role_arn"]),
    ("aws_elasticsearch_domain", DOMAIN),
    ("aws_elasticsearch_domain_policy", &["domain_name"]),
    ("aws_glue_job", &["role_arn"]),
    ("aws_iam_openid_connect_provider", &["client_id_list", "url"]),
    ("aws_instance", &["user_data", "user_data_base64"]),
    ("aws_kms_external_key", &["bypass_policy_lockout_safety_check"]),
    ("aws_kms_key", &["bypass_policy_lockout_safety_check"]),
    ("aws_kms_key_policy", &["bypass_policy_lockout_safety_check"]),
    ("aws_kms_replica_external_key", &["bypass_policy_lockout_safety_check"]),
    ("aws_kms_replica_key", &["bypass_policy_lockout_safety_check"]),
    ("aws_lambda_function", &["environment", "function_name", "layers", "role"]),
    ("aws_launch_configuration", &["user_data", "user_data_base64"]),
    ("aws_launch_template", &["user_data"]),
    ("aws_opensearch_domain", DOMAIN),
    ("aws_opensearch_domain_policy", &["domain_name"]),
    ("aws_sagemaker_notebook_instance", &["role_arn"]),
    ("aws_sns_topic", &["name"]),
    ("aws_sqs_queue", &["name"]),
];

/// What says who reaches a domain besides its policy.
const DOMAIN: &[&str] = &["advanced_security_options", "domain_name", "vpc_options"];

/// The types that are a permission written as arguments.
const PERMISSIONS: [&str; 3] =
    ["aws_cloudwatch_event_permission", "aws_lambda_layer_version_permission", "aws_lambda_permission"];

/// What a type has to do with access: one row of one of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concern {
    /// A row of [`CARRIERS`].
    Carries(&'static str, PolicyKind),
    /// It is a permission written as arguments.
    Permission,
    /// It is a bucket.
    Bucket,
    /// A row of [`BUCKET_COMPANIONS`].
    OfBucket(Aspect),
    /// It is the policy of an access point, which it names so.
    OfAccessPoint(&'static str),
    /// It is an access point of several buckets.
    MultiRegionAccessPoint,
    /// It is the account's public access block.
    AccountBlock,
    /// It is a key.
    Key,
    /// A row of [`KEY_COMPANIONS`].
    OfKey(&'static str),
    /// A row of [`IDENTITIES`].
    Identity(&'static str, IdentityKind),
    /// A row of [`INLINE`].
    Inline(&'static str, IdentityKind),
    /// A row of [`ATTACHMENTS`].
    Attaches(&'static str, &'static str, IdentityKind),
    /// A row of [`BOUNDARIES`].
    Bounds(&'static str, &'static str, IdentityKind),
    /// A row of [`MEMBERSHIPS`].
    Member(&'static str, &'static str),
    /// A row of [`RESOURCES`].
    Resource,
    /// A row of [`PARTS`].
    Part(&'static [&'static str]),
}

/// The service whose resources the policies that a type carries are of.
pub fn service_of(kind: &str) -> Option<&'static str> {
    CARRIERS.iter().find(|(it, ..)| *it == kind).and_then(|(_, _, of)| match of {
        PolicyKind::Resource(service) => service.prefix(),
        _ => None,
    })
}

/// All that a type has to do with access, from every table; nothing for most.
pub fn concerns(kind: &str) -> Option<(&'static str, &'static [Concern])> {
    static BY_TYPE: LazyLock<FxHashMap<&'static str, Vec<Concern>>> = LazyLock::new(|| {
        let rows = CARRIERS
            .iter()
            .map(|(it, path, of)| (*it, Concern::Carries(path, *of)))
            .chain(PERMISSIONS.iter().map(|it| (*it, Concern::Permission)))
            .chain([("aws_s3_account_public_access_block", Concern::AccountBlock), ("aws_s3_bucket", Concern::Bucket)])
            .chain(BUCKET_COMPANIONS.iter().map(|(it, aspect)| (*it, Concern::OfBucket(*aspect))))
            .chain([
                ("aws_s3control_access_point_policy", Concern::OfAccessPoint("access_point_arn")),
                ("aws_s3control_multi_region_access_point", Concern::MultiRegionAccessPoint),
                ("aws_s3control_multi_region_access_point_policy", Concern::OfAccessPoint("details.name")),
            ])
            .chain(KEYS.iter().map(|it| (*it, Concern::Key)))
            .chain(KEY_COMPANIONS.iter().map(|(it, whose)| (*it, Concern::OfKey(whose))))
            .chain(IDENTITIES.iter().map(|(it, name, of)| (*it, Concern::Identity(name, *of))))
            .chain(INLINE.iter().map(|(it, whose, of)| (*it, Concern::Inline(whose, *of))))
            .chain(ATTACHMENTS.iter().map(|(it, policies, whose, of)| (*it, Concern::Attaches(policies, whose, *of))))
            .chain(BOUNDARIES.iter().map(|(it, policy, whose, of)| (*it, Concern::Bounds(policy, whose, *of))))
            .chain(MEMBERSHIPS.iter().map(|(it, users, groups)| (*it, Concern::Member(users, groups))))
            .chain(RESOURCES.iter().map(|it| (*it, Concern::Resource)))
            .chain(PARTS.iter().map(|(it, arguments)| (*it, Concern::Part(arguments))));
        let mut out: FxHashMap<&'static str, Vec<Concern>> = FxHashMap::default();
        rows.for_each(|(kind, concern)| out.entry(kind).or_default().push(concern));
        out
    });
    BY_TYPE.get_key_value(kind).map(|(kind, concerns)| (*kind, concerns.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(CARRIERS.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
        assert!(RESOURCES.is_sorted_by(|a, b| a < b));
        assert!(PARTS.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn a_role_is_an_identity_and_carries_its_trust_and_its_inline_policies() {
        let (_, concerns) = concerns("aws_iam_role").expect("a role");
        let carries = |it: &&Concern| matches!(it, Concern::Carries(..));
        assert_eq!(concerns.iter().filter(carries).count(), 2);
        assert!(concerns.contains(&Concern::Identity("name", IdentityKind::Role)));
        assert!(super::concerns("aws_vpc").is_none());
    }
}
