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
    Configuration: [invalid_ignore, oversized_policy, unused_ignore],
    Policy: [
        deleted_principal, duplicate_element, duplicate_sid, empty_element, exclusive_elements, foreign_action, foreign_resource, full_administrator, impossible_arn, invalid_effect, invalid_principal, invalid_sid, invalid_version, kms_any_key, kms_unbounded_grant, kms_wildcard_action, malformed_action, malformed_arn, mismatched_resource, missing_element, not_action_allow,
        not_principal_allow, not_resource_allow, old_version, open_oidc_trust, open_trust, partial_wildcard_action, wildcard_in_principal,
        passrole_any_role, prohibited_element, public_bucket_policy, public_key_policy, public_resource_policy, retired_action, unknown_action, unknown_element, unknown_service_principal, wildcard_action,
        wildcard_resource, wrong_element_type,
    ],
    Bucket: [public_access_block_off, public_acl],
    Identity: [attached_administrator],
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
