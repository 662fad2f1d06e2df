//! Condition keys: the global ones, those of services, and those of federated identities.

use std::fmt;

use super::layout::{ClaimRecord, ConditionKeyRecord, IssuerRecord, KeyTemplateRecord, key};
use super::nearest::nearest;
use super::reference::Service;
use super::{said, table};

/// A condition key of the reference or of the list of global keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConditionKey(u16);

/// What a key's values are, which decides the operators that suit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// Text.
    String,
    /// An ARN.
    Arn,
    /// `true` or `false`.
    Bool,
    /// A number.
    Numeric,
    /// A point in time.
    Date,
    /// An address or a CIDR block.
    IpAddress,
    /// Bytes in base64.
    Binary,
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(key::TYPES[*self as usize])
    }
}

/// Where a key belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyStanding {
    /// On the pages of services.
    Service,
    /// Global: `aws:…`.
    Global,
    /// Has a service's prefix, but is there for calls to other services.
    CrossService,
    /// Not documented any more, and still used.
    Legacy,
}

/// When a request carries a global key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// Always.
    Always,
    /// When the request is signed.
    Signed,
    /// Only sometimes: a negated or `…IfExists` operator also holds without it.
    Sometimes,
}

/// What a global key tells about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyGroup {
    /// Who calls.
    Principal,
    /// The caller's session.
    Session,
    /// Where the call comes from.
    Network,
    /// What is called for.
    Resource,
    /// The call.
    Request,
}

/// What the values of a global key look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueForm {
    /// Twelve digits.
    AccountId,
    /// `o-…`.
    OrganizationId,
    /// `o-…/r-…/ou-…/`.
    OrganizationPath,
    /// `eu-central-1`.
    Region,
    /// `lambda.amazonaws.com`.
    ServicePrincipal,
    /// `vpc-…`.
    VpcId,
    /// `vpce-…`.
    VpcEndpointId,
}

/// The key of this name, in any case; a name such as `aws:ResourceTag/team` is a case of a key with
/// a free part.
pub fn condition_key(name: &str) -> Option<ConditionKey> {
    let exact = table::find::<ConditionKeyRecord>(0, name);
    exact.map(ConditionKey::at).or_else(|| template(name))
}

/// Every condition key, in the order of names.
pub fn condition_keys() -> impl ExactSizeIterator<Item = ConditionKey> + DoubleEndedIterator + Clone {
    (0..table::count::<ConditionKeyRecord>()).map(ConditionKey::at)
}

/// The key that a misspelt name was meant to be. Ask [`federated_claim`] first: a claim that is not
/// listed here is not misspelt.
pub fn nearest_condition_key(name: &str) -> Option<ConditionKey> {
    let plain = condition_keys().filter(|it| !it.has_free_part()).map(|it| (it, it.name()));
    let templates = condition_keys().filter(|it| it.has_free_part()).map(|it| (it, head(it.name())));
    if name.contains('/') {
        nearest(head(name), templates).or_else(|| nearest(name, plain))
    } else {
        nearest(name, plain.chain(templates))
    }
}

/// What stands before the slash: what follows is the user's own, so it cannot be misspelt.
fn head(name: &str) -> &str {
    name.split_once('/').map_or(name, |(head, _)| head)
}

/// The template that a name is a case of; the one with the most fixed text.
fn template(name: &str) -> Option<ConditionKey> {
    // Every template begins with three fixed characters, so only few are looked at.
    let head = name.as_bytes().get(..3)?;
    let count = table::count::<KeyTemplateRecord>();
    let start = table::lower_bound::<KeyTemplateRecord>(0..count, |it| {
        let lower = |it: &u8| it.to_ascii_lowercase();
        it.bytes().take(3).map(|it| it.to_ascii_lowercase()).lt(head.iter().map(lower))
    });
    let candidates = (start..count).map(table::record::<KeyTemplateRecord>).map(|it| (it, table::text(it.name)));
    candidates
        .take_while(|(_, template)| template.as_bytes()[..3].eq_ignore_ascii_case(head))
        .filter(|(_, template)| is_case_of(template, name))
        .max_by_key(|(_, template)| fixed_parts(template).map(str::len).sum::<usize>())
        .map(|(record, _)| ConditionKey::at(record.key as usize))
}

/// The text around the `${…}` of a template.
fn fixed_parts(template: &str) -> impl Iterator<Item = &str> {
    template.split("${").enumerate().map(|(at, part)| match part.split_once('}') {
        Some((_, rest)) if at > 0 => rest,
        _ => part,
    })
}

/// Whether `name` is `template` with something, and not nothing, in place of each `${…}`.
fn is_case_of(template: &str, name: &str) -> bool {
    let parts: Vec<_> = fixed_parts(template).map(str::as_bytes).collect();
    let [first, middle @ .., last] = parts.as_slice() else {
        return template.eq_ignore_ascii_case(name);
    };
    let Some((head, mut rest)) = name.as_bytes().split_at_checked(first.len()) else { return false };
    if !head.eq_ignore_ascii_case(first) {
        return false;
    }
    for part in middle {
        let found = rest.windows(part.len()).skip(1).position(|it| it.eq_ignore_ascii_case(part));
        let Some(at) = found else { return false };
        rest = &rest[1 + at + part.len()..];
    }
    rest.len() > last.len() && rest[rest.len() - last.len()..].eq_ignore_ascii_case(last)
}

/// The parts of a key `<issuer>:<claim>` of a federated identity, if the issuer is a known one. The
/// reference lists only some of the claims.
pub fn federated_claim(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once(':').filter(|(issuer, _)| is_known_issuer(issuer))
}

/// Whether identities of this issuer are commonly trusted: `token.actions.githubusercontent.com`.
pub fn is_known_issuer(issuer: &str) -> bool {
    table::records::<IssuerRecord>().any(|it| {
        let template = table::text(it.template);
        template.eq_ignore_ascii_case(issuer) || is_case_of(template, issuer)
    })
}

/// Whether every issuer may have this claim: `sub`, `aud`.
pub fn is_standard_claim(claim: &str) -> bool {
    table::records::<ClaimRecord>().any(|it| table::text(it.name) == claim)
}

impl ConditionKey {
    pub(super) fn at(index: impl TryInto<u16>) -> Self {
        Self(index.try_into().unwrap_or(u16::MAX))
    }

    fn record(self) -> ConditionKeyRecord {
        table::record(usize::from(self.0))
    }

    /// `aws:ResourceTag/${TagKey}`, spelled as AWS does.
    pub fn name(self) -> &'static str {
        table::text(self.record().name)
    }

    /// Whether its name holds a `${…}` for which anything can stand.
    pub fn has_free_part(self) -> bool {
        self.name().contains('$')
    }

    /// What its values are.
    pub fn key_type(self) -> KeyType {
        self.type_at(self.field(key::TYPE, 0xf)).unwrap_or(KeyType::String)
    }

    /// Another type it may be compared as: `aws:EpochTime` is a date and a number.
    pub fn other_type(self) -> Option<KeyType> {
        self.type_at(self.field(key::ALSO, 0xf).checked_sub(1)?)
    }

    fn type_at(self, index: u32) -> Option<KeyType> {
        Some(match index {
            0 => KeyType::String,
            1 => KeyType::Arn,
            2 => KeyType::Bool,
            3 => KeyType::Numeric,
            4 => KeyType::Date,
            5 => KeyType::IpAddress,
            6 => KeyType::Binary,
            _ => return None,
        })
    }

    /// Whether it holds several values, so that it needs `ForAllValues` or `ForAnyValue`.
    pub fn is_multivalued(self) -> bool {
        self.has(key::MULTI)
    }

    /// Where it belongs.
    pub fn standing(self) -> KeyStanding {
        match self.field(key::STANDING, 3) {
            0 => KeyStanding::Service,
            1 => KeyStanding::Global,
            2 => KeyStanding::CrossService,
            _ => KeyStanding::Legacy,
        }
    }

    /// When a request carries it, known of global keys.
    pub fn presence(self) -> Option<Presence> {
        Some(match self.field(key::PRESENCE, 7) {
            1 => Presence::Always,
            2 => Presence::Signed,
            3 => Presence::Sometimes,
            _ => return None,
        })
    }

    /// What it tells about, known of global keys.
    pub fn group(self) -> Option<KeyGroup> {
        Some(match self.field(key::GROUP, 7) {
            1 => KeyGroup::Principal,
            2 => KeyGroup::Session,
            3 => KeyGroup::Network,
            4 => KeyGroup::Resource,
            5 => KeyGroup::Request,
            _ => return None,
        })
    }

    /// What its values look like, known of some global keys.
    pub fn value_form(self) -> Option<ValueForm> {
        Some(match self.field(key::FORM, 0xf) {
            1 => ValueForm::AccountId,
            2 => ValueForm::OrganizationId,
            3 => ValueForm::OrganizationPath,
            4 => ValueForm::Region,
            5 => ValueForm::ServicePrincipal,
            6 => ValueForm::VpcId,
            7 => ValueForm::VpcEndpointId,
            _ => return None,
        })
    }

    /// Whether AWS calls any wildcard in its value a mistake.
    pub fn is_sensitive(self) -> bool {
        self.has(key::SENSITIVE)
    }

    /// Whether the caller can make it say what it likes, so that it protects nothing.
    pub fn is_spoofable(self) -> bool {
        self.has(key::SPOOFABLE)
    }

    /// Whether only actions and resource types that list it carry it, although it is global.
    pub fn is_per_action(self) -> bool {
        self.has(key::PER_ACTION)
    }

    /// Whether it is only there when a service principal calls.
    pub fn is_for_service_principals_only(self) -> bool {
        self.has(key::SERVICE_PRINCIPAL_ONLY)
    }

    /// Whether it can tell one resource of an action from another: `aws:ResourceTag/${TagKey}` or a
    /// service's own key, but not one about how the call is made or which tags it sets.
    pub fn scopes_resources(self) -> bool {
        match self.standing() {
            _ if self.has(key::ABOUT_THE_CALL) => false,
            KeyStanding::Service => true,
            KeyStanding::Global => self.group() == Some(KeyGroup::Resource),
            KeyStanding::CrossService | KeyStanding::Legacy => false,
        }
    }

    /// The services whose page has it.
    pub fn services(self) -> impl ExactSizeIterator<Item = Service> + DoubleEndedIterator + Clone {
        table::list(self.record().services).map(|it| Service::at(it as usize))
    }

    /// The only service prefixes that set it; none means no limit.
    pub fn set_by(self) -> impl ExactSizeIterator<Item = &'static str> + DoubleEndedIterator + Clone {
        table::list(self.record().set_by).map(table::text)
    }

    /// Whether a call to the service may carry it, as far as [`Self::set_by`] goes.
    pub fn is_set_by(self, service: Service) -> bool {
        let mut prefixes = self.set_by();
        prefixes.len() == 0 || prefixes.any(|it| it == service.prefix())
    }

    /// A remark for the user, `old SNS key; use aws:SourceAccount`.
    pub fn note(self) -> Option<&'static str> {
        said(table::text(self.record().note))
    }

    fn field(self, shift: u32, mask: u32) -> u32 {
        self.record().bits >> shift & mask
    }

    fn has(self, bit: u32) -> bool {
        self.record().bits & bit != 0
    }
}

impl fmt::Display for ConditionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for ConditionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConditionKey({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(key: &str) -> Option<&'static str> {
        condition_key(key).map(ConditionKey::name)
    }

    #[test]
    fn something_must_stand_for_the_free_part_of_a_key() {
        assert_eq!(name("AWS:resourcetag/Team"), Some("aws:ResourceTag/${TagKey}"));
        assert_eq!(name("aws:ResourceTag/a/b:c é"), Some("aws:ResourceTag/${TagKey}"));
        assert_eq!(name("aws:ResourceTag/"), None);
        assert_eq!(name("aws:ResourceTag"), None);
        assert_eq!(name("kms:EncryptionContext:app"), Some("kms:EncryptionContext:${EncryptionContextKey}"));
        assert_eq!(name("aé"), None);
    }

    #[test]
    fn a_free_part_may_stand_in_the_middle() {
        let key = "codebuild:secondaryArtifacts/first.location";
        assert_eq!(name(key), Some("codebuild:secondaryArtifacts/${artifactIdentifier}.location"));
        assert_eq!(name("codebuild:secondaryArtifacts/.location"), None);
    }

    #[test]
    fn every_template_begins_with_three_fixed_characters() {
        for key in condition_keys().filter(|it| it.has_free_part()) {
            assert!(key.name().find("${").is_some_and(|it| it >= 3), "{key}");
        }
    }

    #[test]
    fn what_is_known_of_global_keys() {
        let key = condition_key("aws:sourcearn").unwrap();
        assert_eq!((key.name(), key.key_type(), key.standing()), ("aws:SourceArn", KeyType::Arn, KeyStanding::Global));
        assert!(key.is_for_service_principals_only() && !key.is_multivalued());
        assert_eq!(condition_key("aws:EpochTime").unwrap().other_type(), Some(KeyType::Numeric));
        assert_eq!(condition_key("aws:CalledVia").unwrap().value_form(), Some(ValueForm::ServicePrincipal));
        assert!(condition_key("aws:PrincipalOrgID").unwrap().is_sensitive());
        assert!(condition_key("aws:Referer").unwrap().is_spoofable());
        assert!(condition_key("aws:TagKeys").unwrap().is_multivalued());
        assert!(condition_key("aws:SourceOwner").unwrap().note().unwrap().ends_with("; test `aws:SourceAccount`"));
        let s3 = super::super::service("s3").unwrap();
        let sqs = super::super::service("sqs").unwrap();
        let vpc = condition_key("aws:SourceVpcArn").unwrap();
        assert!(vpc.is_set_by(s3) && !vpc.is_set_by(sqs));
    }

    #[test]
    fn a_misspelt_key_has_a_nearest_one() {
        let near = |it| nearest_condition_key(it).map(ConditionKey::name);
        assert_eq!(near("aws:SourceArm"), Some("aws:SourceArn"));
        assert_eq!(near("aws:PrincipleOrgID"), Some("aws:PrincipalOrgID"));
        assert_eq!(near("aws:PrincipalTags/team"), Some("aws:PrincipalTag/${TagKey}"));
        assert_eq!(near("aws:ResourceTag"), Some("aws:ResourceTag/${TagKey}"));
        assert_eq!(near("nothing:LikeThisAtAll"), None);
    }

    #[test]
    fn issuers_may_hold_slashes_and_colons() {
        let eks = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE";
        assert_eq!(federated_claim(&format!("{eks}:sub")), Some((eks, "sub")));
        let github = "token.actions.githubusercontent.com";
        assert_eq!(federated_claim("token.actions.githubusercontent.com:aud"), Some((github, "aud")));
        assert_eq!(federated_claim("example.com:sub"), None);
        assert!(is_standard_claim("sub") && !is_standard_claim("repository"));
    }
}
