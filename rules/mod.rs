//! The pack: each rule is a page and a check side by side, listed once, here.

mod common;

use std::sync::LazyLock;

use crate::rule::{Check, Rule};

macro_rules! rules {
    ($($subject:ident: [$($id:ident),* $(,)?]),* $(,)?) => {
        $($(mod $id;)*)*

        static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
            let mut rules = vec![
                $($(Rule::new(stringify!($id), include_str!(concat!(stringify!($id), ".md")), Check::$subject($id::check)),)*)*
            ];
            rules.sort_by_key(|rule| rule.id);
            rules
        });
    };
}

rules![
    Bucket: [
        bucket_acls_enabled, bucket_cors_any_origin, bucket_encryption_without_key, bucket_key_off,
        bucket_lifecycle_missing, bucket_logging_off, bucket_object_lock_off, bucket_plain_http,
        bucket_versioning_off, bucket_website, public_access_block_missing, public_access_block_off,
    ],
    Configuration: [
        access_point_block_off, competing_policies, deprecated_role_argument, exclusive_attachment, invalid_ignore,
        lacking_replication_role, loose_audience, mismatched_passed_service, notification_without_permission, open_vpc_endpoint,
        oversized_policy, passrole_administrator, public_bucket, public_resource_policy, replaced_statement,
        second_access_key, self_escalation, source_without_account, untrusted_principal, unused_ignore,
        wide_replication_role, workload_administrator,
    ],
    Identity: [
        attached_administrator, attached_full_access, boundary_escape, forgeable_abac, invalid_iam_name,
        policy_on_user,
    ],
    Key: [key_deletion_window_short, key_left_to_account, key_multi_region, key_rotation_off],
    Policy: [
        account_wide_trust, assume_any_role, broad_condition_value, bucket_lockout, bucket_name_of_others,
        commands_any_instance, condition_key_never_sent, confused_deputy, constant_condition, credentials_any_resource,
        data_any_resource, dead_statement, deleted_principal, deny_on_absent_key, deny_spares_everyone,
        duplicate_condition_key, duplicate_element, duplicate_sid, empty_element, empty_sid, exclusive_elements,
        foreign_action, foreign_resource, full_administrator, guests_in_trust, hardcoded_partition,
        impossible_arn, incomplete_roles_anywhere_trust, insecure_transport_allowed, invalid_effect,
        invalid_federation, invalid_principal, invalid_resource_control_policy, invalid_sid, invalid_version,
        key_lockout, kms_any_key, kms_unbounded_grant, kms_wildcard_action, lambda_permission_beyond_invoke,
        loose_secret_name, malformed_action, malformed_arn, malformed_condition_value,
        malformed_kms_condition, malformed_policy_variable, message_plain_http, mfa_not_enforced,
        mismatched_assume_action, mismatched_condition_operator, mismatched_resource, mismatched_source,
        missing_element, missing_external_id, missing_set_operator, needless_set_operator, not_action_allow, not_principal_allow,
        not_principal_deny, not_resource_allow, old_version, open_oidc_trust, open_roles_anywhere_trust,
        open_trust, optional_guard, partial_wildcard_action, passrole_any_role, permissions_any_resource,
        private_source_ip, prohibited_element, public_key_policy, rcp_hits_services,
        redundant_entry, redundant_statement, region_lock_on_global, retired_action, service_trust_without_source, shared_control,
        sidestepped_condition, spoofable_condition, unbounded_purchase, unknown_action, unknown_condition_key,
        unknown_condition_operator, unknown_element, unknown_service_principal, unmatched_log_source,
        unmatched_subject, wildcard_action, wildcard_in_exact_condition,
        wildcard_in_principal, wildcard_resource, wildcard_trust_action, wrong_element_type,
    ],
    Resource: [
        account_block_off, console_password, foreign_layer, guest_credentials, hardcoded_credentials,
        key_lockout_unchecked, kms_grant_hands_on, long_session, open_api_method, open_endpoint_service, open_function_url,
        organization_without_policies, shared_with_everyone, unanchored_webhook_filter, weak_password_policy,
    ],
];

/// Every rule there is, in the order of their names.
pub fn all() -> &'static [Rule] {
    &RULES
}

/// The rule of an id.
pub fn by_id(id: &str) -> Option<&'static Rule> {
    all().binary_search_by_key(&id, |it| it.id).ok().map(|it| &all()[it])
}

/// The rule of a name: its id, or a peer's id, `CKV_AWS_62` or `checkov:CKV_AWS_62`. Case does not count.
pub fn by_name(name: &str) -> Option<&'static Rule> {
    let name = name.trim();
    all().iter().find(|rule| rule.id.eq_ignore_ascii_case(name)).or_else(|| by_alias(name).next())
}

/// The rules that serve for a peer's check.
pub fn by_alias(name: &str) -> impl Iterator<Item = &'static Rule> {
    all().iter().filter(move |rule| {
        rule.head().aliases.iter().any(|alias| {
            alias.eq_ignore_ascii_case(name)
                || alias.split_once(':').is_some_and(|(_, check)| check.eq_ignore_ascii_case(name))
        })
    })
}
