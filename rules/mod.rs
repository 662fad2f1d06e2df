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
    Bucket: [public_access_block_off, public_acl],
    Configuration: [
        competing_policies, deprecated_role_argument, exclusive_attachment, invalid_ignore, oversized_policy,
        replaced_statement, unused_ignore,
    ],
    Identity: [attached_administrator],
    Policy: [
        broad_condition_value, condition_key_never_sent, constant_condition, dead_statement, deleted_principal,
        deny_on_absent_key, deny_spares_everyone, duplicate_condition_key, duplicate_element, duplicate_sid,
        empty_element, exclusive_elements, foreign_action, foreign_resource, full_administrator,
        hardcoded_partition, impossible_arn, insecure_transport_allowed, invalid_effect, invalid_principal,
        invalid_resource_control_policy, invalid_sid, invalid_version, kms_any_key, kms_unbounded_grant,
        kms_wildcard_action, malformed_action, malformed_arn, malformed_condition_value,
        malformed_policy_variable, mfa_not_enforced, mismatched_assume_action, mismatched_condition_operator,
        mismatched_resource, missing_element, missing_set_operator, needless_set_operator, not_action_allow,
        not_principal_allow, not_resource_allow, old_version, open_oidc_trust, open_trust, optional_guard,
        partial_wildcard_action, passrole_any_role, private_source_ip, prohibited_element, public_bucket_policy,
        public_key_policy, public_resource_policy, rcp_hits_services, redundant_entry, redundant_statement,
        retired_action, sidestepped_condition, spoofable_condition, unknown_action, unknown_condition_key,
        unknown_condition_operator, unknown_element, unknown_service_principal, untrusted_principal,
        wildcard_action, wildcard_in_exact_condition, wildcard_in_principal, wildcard_resource,
        wrong_element_type,
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
