//! Principals: who a statement speaks of.

use std::fmt;

use super::Place;
use crate::catalog;
use crate::value::{HOLE, Hole, Text};

/// The key a principal stands under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// The bare string: only `*` means anything there.
    Bare,
    /// `AWS`: an account, role, user or session.
    Aws,
    /// `Service`.
    Service,
    /// `Federated`.
    Federated,
    /// `CanonicalUser`.
    CanonicalUser,
    /// A key that is none of these, or is not known.
    Unknown,
}

/// One entry of `Principal` or `NotPrincipal`.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The key it stands under.
    pub kind: PrincipalKind,
    /// As resolved.
    pub text: Text,
    /// Where it is written.
    pub place: Place,
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl Principal {
    /// `"*"` and `{"AWS": "*"}`: everybody, anonymous callers too.
    pub fn is_everyone(&self) -> bool {
        matches!(self.kind, PrincipalKind::Bare | PrincipalKind::Aws) && self.text.raw() == "*"
    }

    /// The account that an `AWS` principal names or belongs to, when it is known.
    pub fn account(&self) -> Option<&str> {
        let raw = self.text.raw();
        let account = if raw.starts_with("arn:") { raw.split(':').nth(4)? } else { raw };
        (self.kind == PrincipalKind::Aws && is_account_id(account)).then_some(account)
    }

    /// Whose tokens a federated principal trusts: what its provider's ARN names, or the domain itself. None for SAML.
    pub fn issuer(&self) -> Option<&str> {
        if self.kind != PrincipalKind::Federated {
            return None;
        }
        let raw = self.text.raw();
        match raw.split_once(":oidc-provider/") {
            Some((_, issuer)) => Some(issuer),
            None => (!raw.contains(":saml-provider/")).then_some(raw),
        }
    }

    /// Whether it is a provider of SAML.
    pub fn is_saml(&self) -> bool {
        self.kind == PrincipalKind::Federated && self.text.raw().contains(":saml-provider/")
    }

    /// Whether it is the service of this principal, also in a form with a region.
    pub fn is_service(&self, name: &str) -> bool {
        self.kind == PrincipalKind::Service
            && catalog::service_principal(self.text.raw()).is_some_and(|it| it.name() == name)
    }

    /// Whether it is a whole account: its id, or the ARN that ends in `:root`. An id that is looked up is known by the
    /// name of the attribute.
    pub fn is_account(&self) -> bool {
        let raw = self.text.raw();
        let looked_up = || self.is_unknown() && self.text.holes().all(|(_, hole)| is_looked_up_account(hole));
        self.kind == PrincipalKind::Aws && (is_account_id(raw) || raw.ends_with(":root") || looked_up())
    }

    /// Of what it is the unique id, `role` or `user`: AWS shows that in place of the ARN of one that was deleted.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
    pub fn unique_id(&self) -> Option<&'static str> {
        let raw = self.text.as_known().filter(|_| self.kind == PrincipalKind::Aws)?;
        let (head, rest) = raw.split_at_checked(4)?;
        let is_id =
            (12..=28).contains(&rest.len()) && rest.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit());
        match head {
            "AROA" if is_id => Some("role"),
            "AIDA" if is_id => Some("user"),
            _ => None,
        }
    }

    /// Whether nothing of it is known.
    pub fn is_unknown(&self) -> bool {
        self.text.has_holes() && self.text.raw().chars().all(|it| it == HOLE)
    }
}

/// Whether what is not known is the id of an account, by the name of the attribute that has it.
pub(super) fn is_looked_up_account(hole: &Hole) -> bool {
    hole.reference.contains("account_id")
}

/// Whether a text is twelve digits.
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
