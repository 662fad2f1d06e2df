//! Known ways from some permissions to more: privilege escalation. The paths are compressed, and
//! read when they are first asked for.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::layout::FactsRecord;
use super::managed_policy::block;
use super::reference::{Action, Power, ResourceType};
use super::table;

/// One way from some permissions to more.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalationPath {
    /// `passrole-ec2-run-instances`.
    pub id: String,
    /// What the caller gains by it.
    pub category: EscalationCategory,
    /// How bad it is.
    pub severity: EscalationSeverity,
    /// One sentence without a final stop: `Launch an instance with a more powerful instance profile`.
    pub title: String,
    /// The actions it takes, all of them; none where one of [`Self::any_of`] is enough.
    pub actions: Vec<Action>,
    /// One of these as well, if there are any.
    #[serde(default)]
    pub any_of: Vec<Action>,
    /// The names of the resource types that the statement of an action must reach.
    #[serde(default)]
    resources: BTreeMap<Action, String>,
    /// The service principals that a passed role must trust: `iam:PassedToService` limited to others closes the path.
    #[serde(default)]
    pub passed_to: Vec<String>,
    /// What must exist beside the policy, which no policy tells.
    #[serde(default)]
    pub requires: Vec<String>,
    /// The condition keys that narrow the path where a statement has them.
    #[serde(default)]
    pub limiting_conditions: Vec<String>,
    /// The same path in the catalogue that its facts are from.
    pub upstream: Option<String>,
    /// A remark on when to report it.
    pub note: Option<String>,
}

/// What a caller gains by an escalation path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EscalationCategory {
    /// It widens its own permissions.
    SelfEscalation,
    /// It becomes another principal.
    PrincipalAccess,
    /// It hands a role to a new or changed resource and runs code with it.
    NewPassrole,
    /// It takes over a resource that already holds a role.
    ExistingPassrole,
    /// It reads or resets credentials, or opens resource policies.
    CredentialAccess,
}

/// How bad an escalation path is; worse is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EscalationSeverity {
    /// Takes much luck.
    Low,
    /// Takes some.
    Medium,
    /// Takes a resource that is often there.
    High,
    /// Takes next to nothing.
    Critical,
}

impl EscalationPath {
    /// The resource type that the statement of an action must reach.
    pub fn resource_type(&self, action: Action) -> Option<ResourceType> {
        action.service().resource_type(self.resources.get(&action)?)
    }

    /// Every action it can take.
    pub fn all_actions(&self) -> impl Iterator<Item = Action> + Clone {
        self.actions.iter().chain(&self.any_of).copied()
    }
}

static PATHS: LazyLock<Vec<EscalationPath>> = LazyLock::new(|| {
    let text = block(table::record::<FactsRecord>(0).escalation_block);
    serde_json::from_str(text).expect("every path is read in a test of this module")
});

static UP: LazyLock<Vec<Action>> = LazyLock::new(|| {
    let own = PATHS.iter().filter(|it| it.category == EscalationCategory::SelfEscalation && it.requires.is_empty());
    own.filter_map(|it| if let [action] = it.actions[..] { Some(action) } else { None }).collect()
});

static WORST_PATHS: LazyLock<Vec<(Action, EscalationSeverity)>> = LazyLock::new(|| {
    // Without a role that may be handed over, what takes one leads nowhere.
    let paths = PATHS.iter().filter(|it| it.category != EscalationCategory::NewPassrole);
    let mut worst: Vec<_> = paths.flat_map(|path| path.all_actions().map(|it| (it, path.severity))).collect();
    worst.sort_unstable_by_key(|(action, severity)| (*action, Reverse(*severity)));
    worst.dedup_by_key(|(action, _)| *action);
    worst
});

/// How much there is to fear of an action beside others; worse is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Danger {
    /// Whether it [leads on](leads_on).
    pub leads_on: bool,
    /// Whether public lists warn of a power that it has to give access or credentials.
    pub is_notorious: bool,
    /// How bad the worst known way is that it is part of, but for ways that begin with a role that is handed over.
    pub path: Option<EscalationSeverity>,
    /// The worst that comes of it.
    pub power: Power,
}

impl Danger {
    /// How much there is to fear of an action.
    pub fn of(action: Action) -> Self {
        let power = action.power();
        let found = WORST_PATHS.binary_search_by_key(&action, |(it, _)| *it);
        Self {
            leads_on: leads_on(action),
            is_notorious: power >= Power::Unlocks && action.risks().next().is_some(),
            path: found.ok().map(|at| WORST_PATHS[at].1),
            power,
        }
    }
}

/// The actions each of which, alone, lets its caller give itself any permission.
pub fn ways_up() -> impl Iterator<Item = Action> {
    UP.iter().copied()
}

/// Whether the action alone, on everything, is a way to more permissions that mostly works: it takes over a resource
/// with a role, or credentials.
pub fn leads_on(action: Action) -> bool {
    action.leads_on()
}

/// Every known path, in the order of ids.
pub fn escalation_paths() -> &'static [EscalationPath] {
    &PATHS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_speaks_of_known_things() {
        assert!(escalation_paths().len() > 100);
        for path in escalation_paths() {
            assert!(path.all_actions().next().is_some(), "{}", path.id);
            for action in path.resources.keys() {
                assert!(path.all_actions().any(|it| it == *action), "{}: {action}", path.id);
                assert!(path.resource_type(*action).is_some(), "{}: {action}", path.id);
            }
            for principal in &path.passed_to {
                assert!(super::super::is_plausible_service_principal(principal), "{}: {principal}", path.id);
            }
            for key in &path.limiting_conditions {
                assert!(super::super::condition_key(key).is_some(), "{}: {key}", path.id);
            }
        }
    }

    #[test]
    fn some_actions_lead_on_alone() {
        let leads = |name| leads_on(super::super::action(name).unwrap());
        assert!(leads("iam:AttachRolePolicy") && leads("secretsmanager:GetSecretValue"));
        assert!(!leads("s3:PutObject") && !leads("ec2:RunInstances"));
    }

    #[test]
    fn what_is_known_to_be_misused_is_worse_than_what_sounds_so() {
        let danger = |name| Danger::of(super::super::action(name).unwrap());
        assert!(danger("iam:AttachRolePolicy") > danger("iam:TagRole"));
        assert!(danger("ec2:ModifySnapshotAttribute") > danger("ec2:AttachApplianceToNatGateway"));
        assert!(danger("rds:ModifyDBSnapshotAttribute") > danger("rds:AuthorizeDBSecurityGroupIngress"));
        assert!(danger("s3:PutBucketPolicy") > danger("s3:PutObject"));
    }

    #[test]
    fn paths_are_in_order_and_differ() {
        assert!(escalation_paths().is_sorted_by(|a, b| a.id < b.id));
    }
}
