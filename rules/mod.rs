//! The pack: each rule is a page and a check side by side, listed once, here.

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
    Configuration: [invalid_ignore, open_vpc_endpoint, second_access_key, source_without_account, unused_ignore],
    Policy: [
        account_wide_trust, assume_any_role, confused_deputy, full_administrator, guests_in_trust,
        incomplete_roles_anywhere_trust, invalid_federation, kms_any_key, kms_unbounded_grant, kms_wildcard_action,
        lambda_permission_beyond_invoke, loose_audience, message_plain_http, mismatched_source, not_action_allow,
        not_principal_allow, not_principal_deny, not_resource_allow, open_oidc_trust, open_roles_anywhere_trust,
        open_trust, partial_wildcard_action, passrole_any_role, public_bucket_policy, public_key_policy,
        public_resource_policy, service_trust_without_source, shared_control, unmatched_log_source, unmatched_subject,
        wildcard_action, wildcard_resource, wildcard_trust_action,
    ],
    Bucket: [
        bucket_acls_enabled, bucket_cors_any_origin, bucket_encryption_without_key, bucket_key_off,
        bucket_lifecycle_missing, bucket_logging_off, bucket_object_lock_off, bucket_plain_http, bucket_versioning_off,
        bucket_website, public_access_block_off, public_acl,
    ],
    Identity: [attached_administrator, forgeable_abac, invalid_iam_name],
    Resource: [
        console_password, guest_credentials, hardcoded_credentials, long_session, open_api_method,
        open_endpoint_service, open_function_url, organization_without_policies, shared_with_everyone,
        unanchored_webhook_filter, weak_password_policy,
    ],
];

/// Every rule there is, in the order of their names.
pub fn all() -> &'static [Rule] {
    &RULES
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
