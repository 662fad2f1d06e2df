//! What is known of AWS: services, their actions, resource types and condition keys, managed
//! policies, partitions, service principals, credentials, and how one permission leads to more.
//!
//! The facts come from `data/`, packed when the program is built and read in place: nothing happens
//! at start-up, and every handle here is a number that is cheap to copy, compare and hash.
//!
//! The facts are those of one day, [`reference_date`]. AWS adds names every week, so a name that is
//! not here is unknown, not wrong. What a policy means is not known here, and nothing of any syntax.

mod arn;
mod condition_key;
mod credential;
mod escalation;
#[allow(dead_code, reason = "the build script uses the rest")]
mod layout;
mod managed_policy;
mod nearest;
mod partition;
mod pattern;
mod reference;
mod service_principal;
mod source;
mod spelled;
mod superseded;
mod table;

pub use arn::{ArnForm, arn_forms, arn_forms_naming};
pub use condition_key::{
    ConditionKey, KeyGroup, KeyStanding, KeyType, Presence, ValueForm, condition_key, condition_keys, federated_claim,
    is_known_issuer, is_standard_claim, nearest_condition_key,
};
pub use credential::{Credential, credentials};
pub use escalation::{
    Danger, EscalationCategory, EscalationPath, EscalationSeverity, escalation_paths, leads_on, ways_up,
};
pub use managed_policy::{
    ManagedPolicy, is_gone, managed_policies, managed_policies_date, managed_policy, nearest_managed_policy,
};
pub use nearest::nearest;
pub use partition::{
    Partition, Region, is_partition, nearest_region, partition, partitions, region, region_partition, regions,
};
pub use reference::{
    AccessLevel, Action, ActionOverride, ActionResource, ActionSet, Power, ResourceType, Risk, Service, UnknownAction,
    action, action_count, actions, actions_matching, is_given_id, nearest_action, nearest_service, reference_date,
    service, services,
};
pub use service_principal::{
    ServicePrincipal, is_plausible_service_principal, nearest_service_principal, service_principal, service_principals,
    writer_of_logs,
};
pub use source::{Caller, caller, callers_for};
pub use spelled::Use;
pub use superseded::{
    Operation, RetiredAction, RetiredKey, RetiredService, UnlistedService, operation, prefix_alias, retired_action,
    retired_condition_key, retired_service, sdk_date, unlisted_service,
};

/// `Some` unless there is nothing to say.
fn said(text: &'static str) -> Option<&'static str> {
    (!text.is_empty()).then_some(text)
}
