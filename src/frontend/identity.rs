//! A role, user, group or permission set with everything that says what it may do.

use std::sync::Arc;

use crate::catalog::{self, ManagedPolicy};
use crate::policy::{self, Effect, Given, Place, Policy, Principal, PrincipalKind, Quota, Resource, Scope, Statement};
use crate::value::{HOLE, Text};

/// A role, user, group or permission set, with everything that says what it may do and who may become it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// What it is.
    pub kind: IdentityKind,
    /// Its address; of one that is declared elsewhere, the address of the first resource that says something of it.
    pub address: Arc<str>,
    /// Its name, as far as it is known.
    pub name: Option<Text>,
    /// The block that declares it, or the first that says something of it.
    pub place: Place,
    /// Whether it is declared here; of one that is declared elsewhere only what is given to it here is known.
    pub declared: bool,
    /// Who may assume it.
    pub trust: Vec<Arc<Policy>>,
    /// Policies of its own, in it or in resources of their own.
    pub inline: Vec<Arc<Policy>>,
    /// Managed policies.
    pub attached: Vec<Attached>,
    /// What bounds it.
    pub boundary: Option<Attached>,
    /// The groups that a user is in, by their place among the configuration's identities.
    pub groups: Vec<usize>,
    /// Whether every policy and attachment of the configuration could be told to be its own or another's.
    pub complete: bool,
}

/// The kinds of identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentityKind {
    /// A role.
    Role,
    /// A user.
    User,
    /// A group of users.
    Group,
    /// A permission set of IAM Identity Center.
    PermissionSet,
}

impl IdentityKind {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::User => "user",
            Self::Group => "group",
            Self::PermissionSet => "permission set",
        }
    }

    /// How large its inline policies may be together.
    pub fn inline_quota(self) -> Quota {
        match self {
            // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
            Self::User => Quota::fixed(2_048, "all inline policies of a user"),
            Self::Group => Quota::fixed(5_120, "all inline policies of a group"),
            Self::Role => Quota::fixed(10_240, "all inline policies of a role"),
            // https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html
            Self::PermissionSet => Quota::fixed(32_768, "the inline policy of a permission set"),
        }
    }
}

/// A managed policy that an identity carries, or that bounds it.
#[derive(Clone, Debug)]
pub struct Attached {
    /// How it is written, and where.
    pub attachment: Attachment,
    /// The policy when this configuration declares it.
    pub policy: Option<Arc<Policy>>,
}

/// The name of a managed policy where it is given to somebody.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The address of what attaches it.
    pub address: Arc<str>,
    /// The ARN or name, as it is written.
    pub policy: Text,
    /// Where it is written.
    pub place: Place,
    /// Whether it is there once whatever is unknown: its block has no `count` and no `for_each`.
    pub is_certain: bool,
}

impl Attached {
    /// The policy, when this configuration declares it or AWS does.
    pub fn document(&self) -> Option<Arc<Policy>> {
        self.policy.clone().or_else(|| self.attachment.managed_policy().map(policy::of_aws))
    }
}

impl Identity {
    /// The policies that this configuration writes for it: its own, and the managed ones that are declared here.
    pub fn written_policies(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.inline.iter().chain(self.attached.iter().filter_map(|it| it.policy.as_ref()))
    }

    /// Whether a policy of this configuration grants to it.
    pub fn holds(&self, policy: &Policy) -> bool {
        self.written_policies().any(|it| it.is(policy))
    }

    /// Whether a policy of this configuration is its own, in whatever way.
    pub fn carries(&self, policy: &Policy) -> bool {
        let attached = self.attached.iter().chain(&self.boundary).filter_map(|it| it.policy.as_ref());
        self.trust.iter().chain(&self.inline).chain(attached).any(|it| it.is(policy))
    }

    /// Whoever a statement of its trust policies lets assume it, or is spared by one.
    pub fn trusted(&self) -> impl Iterator<Item = &Principal> {
        let statements = self.trust.iter().flat_map(|it| it.allow_statements());
        statements.flat_map(|it| it.principals.iter().flat_map(Scope::entries))
    }

    /// The services that its trust policies let assume it, where they let nobody else; none where that is not known.
    pub fn serving(&self) -> Option<Vec<&Principal>> {
        let mut services = Vec::new();
        for statement in self.trust.iter().flat_map(|it| it.allow_statements()) {
            services.extend(statement.principals.as_ref().filter(|it| !it.is_negated())?.entries());
        }
        let is_all = !services.is_empty() && services.iter().all(|it| it.kind == PrincipalKind::Service);
        is_all.then_some(services)
    }

    /// Whether a service may assume it, as far as is known.
    pub fn may_serve(&self, service: &str) -> bool {
        let may_be = |it: &Principal| it.is_service(service) || it.is_unknown();
        self.kind == IdentityKind::Role && (self.trust.is_empty() || self.trusted().any(may_be))
    }

    /// Whether a policy that is written for it denies an action in every case, on however little: somebody has thought of
    /// it.
    pub fn may_be_denied(&self, action: catalog::Action) -> bool {
        let cases = || self.denials(action).map(|it| it.place.given.as_deref());
        cases().any(|it| it.is_none()) || Given::is_any_sure(cases().flatten())
    }

    /// The case in which one denies it, where none does in every case.
    pub fn denied_in(&self, action: catalog::Action) -> Option<&Given> {
        let case = self.denials(action).find_map(|it| it.place.given.as_deref());
        case.filter(|_| !self.may_be_denied(action))
    }

    fn denials(&self, action: catalog::Action) -> impl Iterator<Item = &Statement> {
        let denials = self.written_policies().flat_map(|it| &it.statements).filter(|it| it.effect == Effect::Deny);
        denials.filter(move |it| it.actions.may_match(&action.full_name()))
    }

    /// Whether a pattern of a policy holds it, as far as both are known.
    pub fn is_within(&self, pattern: &Resource) -> bool {
        let kind = match self.kind {
            IdentityKind::Role => "role",
            IdentityKind::User => "user",
            IdentityKind::Group => "group",
            IdentityKind::PermissionSet => return false,
        };
        let Some(name) = &self.name else { return false };
        let Some(part) = pattern.part(5).filter(|_| pattern.part(2) == Some("iam")) else { return false };
        let own = format!("{kind}/{}", name.raw());
        if name.has_holes() {
            policy::is_named(&pattern.text, name) && part == own
        } else {
            policy::matches(part, &own, false)
        }
    }

    /// Whether it is whoever gets the policies that are handed to a module that cannot be read.
    pub fn is_within_module(&self) -> bool {
        !self.declared && self.name.is_none()
    }

    /// Where its name is written; the block that declares it when that is not known.
    pub fn name_place(&self) -> Place {
        match self.name.as_ref().and_then(|it| it.span(0..it.raw().len())) {
            Some(span) => Place { span, ..self.place.clone() },
            None => self.place.clone(),
        }
    }
}

impl Attachment {
    /// The policy of AWS that it attaches, in whatever partition.
    pub fn managed_policy(&self) -> Option<ManagedPolicy> {
        let raw = self.policy.raw();
        let in_partition =
            raw.strip_prefix("arn:").and_then(|it| it.strip_prefix(HOLE)).map(|it| format!("arn:aws{it}"));
        catalog::managed_policy(in_partition.as_deref().unwrap_or(raw))
    }
}
