//! Conditions: what is tested, and what such a test is worth as a guard. Weighing is done here and nowhere else.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashSet;

use super::{Given, IpRange, Place};
use crate::catalog::{self, ConditionKey, KeyType, Presence};
use crate::value::{self, HOLE, Node, Text};

/// One test: an operator, one key, its values.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// Where the operator is written.
    pub operator_place: Place,
    /// The key, as written.
    pub key: Text,
    /// Where the key is written.
    pub place: Place,
    /// The values; any of them will do for a positive operator.
    pub values: Vec<Value>,
    /// Whether another test beside it asks in every case for its key to be there, by `Null`.
    pub required: bool,
    /// What many rules ask of it, found out when the first of them asks.
    pub(super) known_key: OnceLock<Option<ConditionKey>>,
}

/// A value of a condition.
#[derive(Clone, Debug)]
pub struct Value {
    /// As resolved; numbers and truth values as text.
    pub text: Text,
    /// Where it is written.
    pub place: Place,
    /// What it is in JSON; none when that is not known.
    pub json: Option<JsonType>,
}

/// What a value is in JSON. AWS reads `true` as `"true"`, but wants the values of a list to be of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    /// `"…"`.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
}

impl JsonType {
    pub(super) fn of(node: &Node) -> Option<Self> {
        match node.value {
            value::Value::Text(_) => Some(Self::String),
            value::Value::Number(_) => Some(Self::Number),
            value::Value::Bool(_) => Some(Self::Bool),
            _ => None,
        }
    }
}

impl fmt::Display for JsonType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "a truth value",
        })
    }
}

/// An operator taken apart.
#[derive(Clone, Debug)]
pub struct Operator {
    /// As written.
    pub text: Text,
    /// The test; none when there is no such operator.
    pub kind: Option<OperatorKind>,
    /// Whether it is the negative of the test.
    pub negated: bool,
    /// `…IfExists`.
    pub if_exists: bool,
    /// `ForAnyValue:`, `ForAllValues:`.
    pub quantifier: Option<Quantifier>,
}

/// The tests there are, positive form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are those of the operators")]
pub enum OperatorKind {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    ArnEquals,
    ArnLike,
    NumericEquals,
    NumericLessThan,
    NumericLessThanEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
    DateEquals,
    DateLessThan,
    DateLessThanEquals,
    DateGreaterThan,
    DateGreaterThanEquals,
    Bool,
    BinaryEquals,
    IpAddress,
    Null,
}

/// How a test goes over the values of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// One of them must pass.
    ForAnyValue,
    /// All of them must pass, which none at all does.
    ForAllValues,
}

/// What a test narrows, when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guard {
    /// Who calls.
    Principal,
    /// What is called upon.
    Resource,
    /// Through which service the call comes, or for which service's resource.
    Path,
    /// From which network.
    Network,
    /// How the request looks: its region, time, encryption, tags.
    Request,
}

/// Every operator: its name, its test, and whether it is the negative of it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
const OPERATORS: [(&str, OperatorKind, bool); 27] = [
    ("StringEquals", OperatorKind::StringEquals, false),
    ("StringNotEquals", OperatorKind::StringEquals, true),
    ("StringEqualsIgnoreCase", OperatorKind::StringEqualsIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", OperatorKind::StringEqualsIgnoreCase, true),
    ("StringLike", OperatorKind::StringLike, false),
    ("StringNotLike", OperatorKind::StringLike, true),
    ("ArnEquals", OperatorKind::ArnEquals, false),
    ("ArnNotEquals", OperatorKind::ArnEquals, true),
    ("ArnLike", OperatorKind::ArnLike, false),
    ("ArnNotLike", OperatorKind::ArnLike, true),
    ("NumericEquals", OperatorKind::NumericEquals, false),
    ("NumericNotEquals", OperatorKind::NumericEquals, true),
    ("NumericLessThan", OperatorKind::NumericLessThan, false),
    ("NumericLessThanEquals", OperatorKind::NumericLessThanEquals, false),
    ("NumericGreaterThan", OperatorKind::NumericGreaterThan, false),
    ("NumericGreaterThanEquals", OperatorKind::NumericGreaterThanEquals, false),
    ("DateEquals", OperatorKind::DateEquals, false),
    ("DateNotEquals", OperatorKind::DateEquals, true),
    ("DateLessThan", OperatorKind::DateLessThan, false),
    ("DateLessThanEquals", OperatorKind::DateLessThanEquals, false),
    ("DateGreaterThan", OperatorKind::DateGreaterThan, false),
    ("DateGreaterThanEquals", OperatorKind::DateGreaterThanEquals, false),
    ("Bool", OperatorKind::Bool, false),
    ("BinaryEquals", OperatorKind::BinaryEquals, false),
    ("IpAddress", OperatorKind::IpAddress, false),
    ("NotIpAddress", OperatorKind::IpAddress, true),
    ("Null", OperatorKind::Null, false),
];

impl OperatorKind {
    /// What it compares its values as; none for `Null`, which compares nothing.
    pub fn compares(self) -> Option<KeyType> {
        Some(match self {
            Self::StringEquals | Self::StringEqualsIgnoreCase | Self::StringLike => KeyType::String,
            Self::ArnEquals | Self::ArnLike => KeyType::Arn,
            Self::NumericEquals
            | Self::NumericLessThan
            | Self::NumericLessThanEquals
            | Self::NumericGreaterThan
            | Self::NumericGreaterThanEquals => KeyType::Numeric,
            Self::DateEquals
            | Self::DateLessThan
            | Self::DateLessThanEquals
            | Self::DateGreaterThan
            | Self::DateGreaterThanEquals => KeyType::Date,
            Self::Bool => KeyType::Bool,
            Self::BinaryEquals => KeyType::Binary,
            Self::IpAddress => KeyType::IpAddress,
            Self::Null => return None,
        })
    }
}

impl Operator {
    /// The names of all there are, without quantifiers and `IfExists`.
    pub fn names() -> impl Iterator<Item = &'static str> {
        OPERATORS.iter().map(|(name, ..)| *name)
    }

    /// Takes an operator apart. Case does not count in operators.
    pub fn parse(text: Text) -> Self {
        let lower = text.raw().to_ascii_lowercase();
        let (quantifier, rest) = if let Some(rest) = lower.strip_prefix("foranyvalue:") {
            (Some(Quantifier::ForAnyValue), rest)
        } else if let Some(rest) = lower.strip_prefix("forallvalues:") {
            (Some(Quantifier::ForAllValues), rest)
        } else {
            (None, lower.as_str())
        };
        let (if_exists, rest) = rest.strip_suffix("ifexists").map_or((false, rest), |rest| (true, rest));
        let known = OPERATORS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(rest));
        // `NullIfExists` does not exist.
        let known = known.filter(|(_, kind, _)| *kind != OperatorKind::Null || !if_exists);
        let Some(&(_, kind, negated)) = known else {
            return Self { text, kind: None, negated: false, if_exists, quantifier };
        };
        Self { text, kind: Some(kind), negated, if_exists, quantifier }
    }

    /// The operator that a misspelt one was meant to be, with the quantifier and the `IfExists` that it has.
    pub fn nearest(&self) -> Option<String> {
        let raw = self.text.raw();
        let (quantifier, rest) = match self.quantifier {
            Some(Quantifier::ForAnyValue) => ("ForAnyValue:", &raw["ForAnyValue:".len()..]),
            Some(Quantifier::ForAllValues) => ("ForAllValues:", &raw["ForAllValues:".len()..]),
            None => ("", raw),
        };
        let (rest, if_exists) =
            if self.if_exists { (&rest[..rest.len() - "IfExists".len()], "IfExists") } else { (rest, "") };
        let nearest = catalog::nearest(rest, OPERATORS.iter().map(|(name, ..)| (*name, *name)))?;
        Some(match nearest {
            "Null" => nearest.to_owned(),
            _ => format!("{quantifier}{nearest}{if_exists}"),
        })
    }

    /// The operator with another test in place of its own: as negative as it is, with its quantifier and its `IfExists`.
    pub fn with_test(&self, kind: OperatorKind) -> String {
        let quantifier = match self.quantifier {
            Some(Quantifier::ForAnyValue) => "ForAnyValue:",
            Some(Quantifier::ForAllValues) => "ForAllValues:",
            None => "",
        };
        let name =
            |negated: bool| OPERATORS.iter().find(|(_, it, of)| *it == kind && *of == negated).map(|(it, ..)| *it);
        let test = name(self.negated).or_else(|| name(false)).unwrap_or_default();
        format!("{quantifier}{test}{}", if self.if_exists { "IfExists" } else { "" })
    }

    /// Whether its values are patterns.
    pub fn takes_wildcards(&self) -> bool {
        use OperatorKind as Kind;
        matches!(self.kind, Some(Kind::StringLike | Kind::ArnLike | Kind::ArnEquals))
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl Condition {
    /// The tests of one statement, each of which knows whether another asks for its key.
    pub(super) fn together(mut conditions: Vec<Self>) -> Vec<Self> {
        let wants = |it: &&Self| it.wants_presence() && it.case().is_none();
        let wanted: Vec<Text> = conditions.iter().filter(wants).map(|it| it.key.clone()).collect();
        for condition in &mut conditions {
            condition.required = wanted.iter().any(|it| it.raw().eq_ignore_ascii_case(condition.key.raw()));
        }
        conditions
    }

    /// The key in lower case: keys are compared without regard to case.
    pub fn key_lower(&self) -> String {
        self.key.raw().to_ascii_lowercase()
    }

    /// Whether it tests this key, given in lower case; a key that ends in `/` or `:` stands for all that begin so.
    pub fn is_on(&self, key: &str) -> bool {
        let own = self.key.raw();
        match key.as_bytes().last() {
            Some(b'/' | b':') => own.get(..key.len()).is_some_and(|head| head.eq_ignore_ascii_case(key)),
            _ => own.eq_ignore_ascii_case(key),
        }
    }

    /// The key as the reference has it; what stands behind the slash of a tag's key may be unknown.
    pub fn known_key(&self) -> Option<ConditionKey> {
        *self.known_key.get_or_init(|| catalog::condition_key(self.key.raw()))
    }

    /// What a test of its key narrows, whatever this one is worth.
    pub fn subject(&self) -> Guard {
        guard_of(&self.key_lower())
    }

    /// Whether it holds of the same requests as another one by what is written.
    pub fn equals(&self, other: &Self) -> bool {
        let holds =
            |one: &Self, other: &Self| one.values.iter().all(|it| other.values.iter().any(|its| it.text == its.text));
        self.operator.text.raw().eq_ignore_ascii_case(other.operator.text.raw())
            && !self.key.has_holes()
            && self.key_lower() == other.key_lower()
            && self.case().is_none()
            && other.case().is_none()
            && holds(self, other)
            && holds(other, self)
    }

    /// What it narrows; none when it guards nothing: a negated operator, `…IfExists`, `ForAllValues` (which no value at
    /// all passes), a `Null` test, a value that is only a wildcard. That an encryption context or the tag of a program is
    /// there at all does narrow.
    pub fn guard(&self) -> Option<Guard> {
        self.weakness().is_none().then(|| guard_of(&self.key_lower()))
    }

    /// Why it guards nothing, in words that follow "the condition guards nothing, because"; none when it does guard.
    pub fn weakness(&self) -> Option<&'static str> {
        let operator = &self.operator;
        match operator.kind {
            None => Some("there is no such operator"),
            _ if self.asks_for_a_mark() => None,
            _ if self.asks_for_a_tag() => Some("it only asks whether the tag is there, whatever it says"),
            Some(OperatorKind::Null) => Some("it only asks whether the key is there"),
            _ if operator.negated => Some("a negated operator also holds when the key is absent"),
            _ if operator.if_exists && !self.required && !self.is_always_present() => {
                Some("`IfExists` also holds when the key is absent")
            }
            _ if operator.quantifier == Some(Quantifier::ForAllValues)
                && !self.required
                && !self.is_always_present() =>
            {
                Some("`ForAllValues` also holds when the key is absent")
            }
            _ if self.values.is_empty() => None,
            _ if self.is_bare_wildcard() => Some("its value is only a wildcard"),
            _ if self.holds_of_every_alias() => Some("every alias fits its value"),
            _ if self.holds_of_every_service() => Some("every service fits its value"),
            Some(OperatorKind::IpAddress) if self.holds_of_every_address() => Some("its ranges hold every address"),
            _ => None,
        }
    }

    /// The case in which it guards nothing, where it guards something in another one: one of several values is that opens
    /// it.
    pub fn weak_case(&self) -> Option<&Arc<Given>> {
        self.weakness()?;
        let in_case = |given: &Given| {
            let is_there = |it: &&Value| it.place.given.as_ref().is_none_or(|it| it.words == given.words);
            let values = self.values.iter().filter(is_there).cloned().collect();
            Self { values, ..self.clone() }.weakness().is_some()
        };
        let mut seen = FxHashSet::default();
        let cases = self.values.iter().filter_map(|it| it.place.given.as_ref()).filter(|it| seen.insert(&it.words));
        let (weak, guarded): (Vec<_>, Vec<_>) = cases.partition(|it| in_case(it));
        weak.first().copied().filter(|_| !guarded.is_empty())
    }

    /// Whether it asks for its key to be there and for nothing else, by `Null` or by a value that is only a wildcard.
    fn only_asks_for_presence(&self) -> bool {
        self.wants_presence() || self.is_bare_wildcard() && self.needs_key() && !self.operator.negated
    }

    /// Whether it asks for what only a program puts there, whatever that says: an encryption context, which is bound to
    /// what was encrypted, or a tag that is named for AWS, who alone sets those, or for a domain, as controllers name
    /// theirs, `elbv2.k8s.aws/cluster`, or one by which the driver for EBS knows its volumes, as AWS's own policy has it.
    /// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>
    /// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEBSCSIDriverPolicy.html>
    fn asks_for_a_mark(&self) -> bool {
        const OF_DRIVER: [&str; 2] = ["CSIVolumeName", "CSIVolumeSnapshotName"];
        let is_of_program = || {
            let tag = self.key.raw().split_once('/').map_or("", |(_, tag)| tag);
            OF_DRIVER.contains(&tag)
                || tag.starts_with("aws:")
                || tag.split_once('/').is_some_and(|(domain, _)| domain.contains('.'))
        };
        let is_mark = || self.is_on("kms:encryptioncontext:") || self.is_on_resource_tag() && is_of_program();
        is_mark() && self.only_asks_for_presence()
    }

    /// Whether it asks for nothing but that what is called upon has a tag, which anybody's may have.
    pub fn asks_for_a_tag(&self) -> bool {
        self.is_on_resource_tag() && self.only_asks_for_presence() && !self.asks_for_a_mark()
    }

    /// Whether it is on a tag of what is called upon: `aws:ResourceTag/team`, `ec2:ResourceTag/team`.
    pub fn is_on_resource_tag(&self) -> bool {
        self.is_on_tag_of("ResourceTag/")
    }

    /// Whether it is on a tag that a request sets.
    pub(super) fn is_on_request_tag(&self) -> bool {
        self.is_on_tag_of("RequestTag/")
    }

    fn is_on_tag_of(&self, family: &str) -> bool {
        let name = self.key.raw().split_once(':').and_then(|(_, name)| name.get(..family.len()));
        name.is_some_and(|it| it.eq_ignore_ascii_case(family))
    }

    /// Whether its ranges hold every address of IPv4 or of IPv6, by one or by several together.
    fn holds_of_every_address(&self) -> bool {
        let ranges: Vec<_> = self.values.iter().filter_map(|it| IpRange::parse(it.text.raw())).collect();
        IpRange::are_everything(&ranges)
    }

    fn holds_of_every_alias(&self) -> bool {
        let of_aliases = self.is_on("kms:resourcealiases") || self.is_on("kms:requestalias");
        let holds = |it: &Value| matches!(it.text.raw(), "alias/*" | "alias*");
        of_aliases && self.operator.takes_wildcards() && self.values.iter().any(holds)
    }

    /// Whether one of its values is the domain of all services of AWS, `*.amazonaws.com`.
    fn holds_of_every_service(&self) -> bool {
        let of_services =
            ["kms:viaservice", "iam:passedtoservice", "iam:awsservicename"].iter().any(|key| self.is_on(key));
        let holds = |it: &Value| {
            let named = it.text.raw().split("amazonaws.").next().unwrap_or_default();
            it.text.raw().contains("amazonaws.") && named.contains('*') && named.bytes().all(|it| b"*?.".contains(&it))
        };
        of_services && self.operator.takes_wildcards() && self.values.iter().any(holds)
    }

    /// Whether it also holds of a request that nobody has signed, which carries no key about a caller.
    pub fn admits_unsigned(&self) -> bool {
        let optional = self.operator.if_exists || self.operator.quantifier == Some(Quantifier::ForAllValues);
        let of_caller = ["aws:principalarn", "aws:principalaccount", "aws:userid"].iter().any(|it| self.is_on(it));
        optional && of_caller && !self.required
    }

    /// Whether one of its values is only a wildcard, so that the test, put positively, holds of every value.
    pub fn is_bare_wildcard(&self) -> bool {
        self.bare_wildcard().is_some()
    }

    /// The value that makes it one that holds of every value.
    pub fn bare_wildcard(&self) -> Option<&Value> {
        self.values.iter().find(|it| self.operator.takes_wildcards() && is_only_wildcards(&it.text))
    }

    /// Whether every signed request that it can meet carries its key.
    pub fn is_always_present(&self) -> bool {
        // A request for a grant must name its operations.
        self.is_on("kms:grantoperations")
            || self.known_key().and_then(ConditionKey::presence).is_some_and(|it| it != Presence::Sometimes)
    }

    /// The case in which it is there, or has a value; none when it is there in every case.
    pub fn case(&self) -> Option<&Arc<Given>> {
        let of_values = || {
            let given = || self.values.iter().map(|it| it.place.given.as_ref());
            let first = given().next()??;
            let is_sure = given().any(|it| it.is_none()) || Given::is_any_sure(given().flatten().map(|it| &**it));
            (!is_sure).then_some(first)
        };
        self.place.given.as_ref().or_else(of_values)
    }

    /// Whether it asks for `true`.
    pub fn wants_true(&self) -> bool {
        self.operator.kind == Some(OperatorKind::Bool)
            && !self.values.is_empty()
            && self.values.iter().all(|it| it.text.has_holes() || it.text.raw().eq_ignore_ascii_case("true"))
    }

    /// Whether it asks for the key to be there, whatever its value: `Null` that is `false`.
    pub fn wants_presence(&self) -> bool {
        self.operator.kind == Some(OperatorKind::Null)
            && !self.values.is_empty()
            && self.values.iter().all(|it| it.text.raw().eq_ignore_ascii_case("false"))
    }

    /// Whether it asks for a request that came over plain HTTP.
    pub fn asks_for_plain_http(&self) -> bool {
        self.operator.kind == Some(OperatorKind::Bool)
            && self.is_on("aws:securetransport")
            && !self.values.is_empty()
            && self.values.iter().all(|it| it.text.raw().eq_ignore_ascii_case("false"))
    }

    /// Whether only callers who somebody has chosen meet it, by what AWS counts as not public: a fixed principal,
    /// source, organisation or network.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
    pub fn bounds_the_caller(&self) -> bool {
        self.weakness().is_none() && self.names_callers()
    }

    /// Whether a service that meets it acts for a resource, or for the holder of a secret, that somebody has chosen.
    pub fn bounds_the_source(&self) -> bool {
        self.bounds_the_caller() || self.weakness().is_none() && self.is_on("sts:externalid")
    }

    /// Whether it is a test in the negative of what bounds callers, which under `Deny` leaves only those whom somebody
    /// has chosen.
    pub fn spares_only_chosen_callers(&self) -> bool {
        // The services of AWS themselves, not what anybody asks of them, which is `aws:ViaAWSService`.
        let spares_services = self.operator.kind == Some(OperatorKind::Bool)
            && self.is_on("aws:principalisawsservice")
            && self.values.iter().all(|it| it.text.raw().eq_ignore_ascii_case("false"));
        spares_services || self.operator.negated && self.operator.quantifier.is_none() && self.names_callers()
    }

    fn names_callers(&self) -> bool {
        const KEYS: [&str; 26] = [
            "aws:sourcearn",
            "aws:sourcevpc",
            "aws:sourcevpcarn",
            "aws:sourcevpce",
            "aws:sourceowner",
            "aws:sourceaccount",
            "aws:sourceorgid",
            "aws:sourceorgpaths",
            "aws:principalorgid",
            "aws:principalorgpaths",
            "aws:principalaccount",
            "aws:principalarn",
            "aws:userid",
            "aws:sourceip",
            "aws:vpceaccount",
            "aws:vpceorgid",
            "aws:vpceorgpaths",
            "aws:ec2instancesourcevpc",
            "ec2:sourceinstancearn",
            "s3:dataaccesspointarn",
            "s3:dataaccesspointaccount",
            "s3:x-amz-server-side-encryption-aws-kms-key-id",
            "kms:calleraccount",
            "elasticfilesystem:accesspointarn",
            "lambda:sourcefunctionarn",
            "lambda:eventsourcetoken",
        ];
        // A file system's mount targets stand in the networks of its owner.
        // https://docs.aws.amazon.com/efs/latest/ug/access-control-block-public-access.html
        let mounted = self.is_on("elasticfilesystem:accessedviamounttarget") && self.wants_true();
        mounted || KEYS.iter().any(|key| self.is_on(key)) && self.is_fixed()
    }

    /// Whether fewer than everybody meet it, though nobody has chosen who: a shared secret, the services of AWS, what a
    /// key was used for.
    pub fn narrows_the_caller(&self) -> bool {
        const KEYS: [&str; 5] = [
            "sts:externalid",
            "aws:principalservicename",
            "aws:principalservicenameslist",
            "kms:viaservice",
            "kms:encryptioncontext:",
        ];
        self.weakness().is_none()
            && (KEYS.iter().any(|key| self.is_on(key)) || self.is_on("aws:principalisawsservice") && self.wants_true())
    }

    /// Whether it bounds which keys are used or by which way: the key's tags, aliases or account, what was encrypted,
    /// the service that asks.
    pub fn bounds_the_key(&self) -> bool {
        matches!(self.guard(), Some(Guard::Resource | Guard::Path))
            || self.weakness().is_none() && self.is_on("kms:calleraccount")
    }

    /// Whether it bounds what a grant may give, to whom, or for what.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-authorization.html>
    pub fn bounds_the_grant(&self) -> bool {
        const KEYS: [&str; 5] = [
            "kms:grantoperations",
            "kms:granteeprincipal",
            "kms:grantconstrainttype",
            "kms:viaservice",
            "kms:encryptioncontext:",
        ];
        self.weakness().is_none()
            && (KEYS.iter().any(|key| self.is_on(key)) || self.is_on("kms:grantisforawsresource") && self.wants_true())
    }

    /// The issuer and the claim of a key about a token, `token.actions.githubusercontent.com` and `sub`; the issuer
    /// may be a hole.
    pub fn claim(&self) -> Option<(&str, &str)> {
        let (issuer, claim) = self.key.raw().rsplit_once(':')?;
        (issuer.contains(['.', HOLE]) || issuer.starts_with("${")).then_some((issuer, claim))
    }

    /// Whether its values are fixed, so that not just anybody can meet them: no wildcard where one counts, and no
    /// policy variable. An ARN or organisation path with wildcards counts when its account or organisation is fixed.
    pub fn is_fixed(&self) -> bool {
        self.values.iter().all(|value| {
            let raw = value.text.raw();
            if has_variable(raw) {
                return false;
            }
            if self.operator.kind == Some(OperatorKind::IpAddress) {
                return is_narrow_range(raw);
            }
            if !self.operator.takes_wildcards() || !raw.contains(['*', '?']) {
                return true;
            }
            if self.is_on("aws:principalorgpaths") || self.is_on("aws:sourceorgpaths") {
                return raw
                    .split('/')
                    .next()
                    .is_some_and(|org| org.starts_with(['o', HOLE]) && !org.contains(['*', '?']));
            }
            if self.is_on("aws:userid") {
                return names_an_identity(raw);
            }
            let parts = super::pattern::split_arn(raw);
            // The parts that a hole stands for cannot be told apart.
            if parts.len() < 6 && raw.contains(HOLE) {
                return true;
            }
            // A bucket's ARN holds no account, but the bucket's name is its owner's.
            let named = parts.len() == 6
                && parts[2] == "s3"
                && matches!(parts[4], "" | "*")
                && !parts[5].starts_with(['*', '?'])
                && !parts[5].contains('/');
            named || parts.get(4).is_some_and(|account| !account.is_empty() && !account.contains(['*', '?']))
        })
    }
}

/// Whether a policy variable is in it, such as `${aws:username}`. What stands in a template that nobody has rendered,
/// `${account}`, will be some fixed text.
fn has_variable(raw: &str) -> bool {
    let names = raw.split("${").skip(1).filter_map(|it| it.split('}').next());
    names.into_iter().any(|it| it.contains(':'))
}

/// Whether a pattern of `aws:userid` fixes the unique id of a role or user: only the name of the session behind it is
/// open. S3 counts that as public all the same, so a block that restricts public buckets cuts such callers off.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
fn names_an_identity(raw: &str) -> bool {
    let id = raw.split(':').next().unwrap_or_default();
    !id.contains(['*', '?']) && (id.starts_with("AROA") || id.starts_with("AIDA") || id.starts_with(HOLE))
}

fn is_only_wildcards(text: &Text) -> bool {
    let all = |raw: &str| raw.contains('*') && raw.chars().all(|it| matches!(it, '*' | '?' | ':'));
    // Of an ARN the partition says nothing.
    let beyond = |rest: &str| rest.split_once(':').is_some_and(|(_, beyond)| all(beyond));
    all(text.raw()) || text.raw().strip_prefix("arn:").is_some_and(|rest| all(rest) || beyond(rest))
}

/// At least a /8 of IPv4 or a /32 of IPv6, below which a range is no bound.
fn is_narrow_range(range: &str) -> bool {
    let Some((address, length)) = range.split_once('/') else { return true };
    let Ok(length) = length.parse::<u8>() else { return true };
    length >= if address.contains(':') { 32 } else { 8 }
}

/// What a key, in lower case, narrows.
fn guard_of(key: &str) -> Guard {
    let (prefix, name) = key.split_once(':').unwrap_or(("", key));
    let stem = name.split('/').next().unwrap_or(name);
    match (prefix, stem) {
        (
            "aws",
            "principalarn"
            | "principalorgid"
            | "principalorgpaths"
            | "principalaccount"
            | "principaltag"
            | "userid"
            | "username"
            | "principalservicename"
            | "principalservicenameslist"
            | "principaltype"
            | "principalisawsservice"
            | "federatedprovider"
            | "sourceowner"
            | "sourceidentity",
        )
        | ("kms", "calleraccount")
        | ("sts", "externalid" | "rolesessionname")
        | ("lambda", "sourcefunctionarn")
        | ("saml", _) => Guard::Principal,
        ("aws", "resourcetag" | "resourceaccount" | "resourceorgid" | "resourceorgpaths") => Guard::Resource,
        (
            "aws",
            "sourcearn" | "sourceaccount" | "sourceorgid" | "sourceorgpaths" | "calledvia" | "calledviafirst"
            | "calledvialast" | "viaawsservice",
        )
        | ("kms", "viaservice" | "grantisforawsresource" | "recipientattestation")
        | ("iam", "passedtoservice" | "awsservicename") => Guard::Path,
        (
            "aws",
            "sourcevpc"
            | "sourcevpce"
            | "sourceip"
            | "vpcsourceip"
            | "sourcevpcarn"
            | "vpceaccount"
            | "vpceorgid"
            | "vpceorgpaths"
            | "ec2instancesourcevpc"
            | "ec2instancesourceprivateipv4",
        )
        | ("s3", "dataaccesspointarn" | "dataaccesspointaccount" | "accesspointnetworkorigin") => Guard::Network,
        ("aws", _) | ("ec2", "region") => Guard::Request,
        // A provider's own keys, `token.actions.githubusercontent.com:sub`, say who calls.
        (provider, _) if provider.contains('.') => Guard::Principal,
        (
            "s3",
            "x-amz-acl"
            | "x-amz-server-side-encryption"
            | "tlsversion"
            | "signatureversion"
            | "authtype"
            | "signatureage"
            | "x-amz-content-sha256"
            | "object-lock-mode"
            | "max-keys"
            | "delimiter"
            | "x-amz-storage-class",
        ) => Guard::Request,
        (
            "kms",
            "bypasspolicylockoutsafetycheck"
            | "customermasterkeyspec"
            | "customermasterkeyusage"
            | "datakeypairspec"
            | "encryptionalgorithm"
            | "expirationmodel"
            | "keyagreementalgorithm"
            | "keyorigin"
            | "keyspec"
            | "keyusage"
            | "macalgorithm"
            | "messagetype"
            | "multiregion"
            | "multiregionkeytype"
            | "signingalgorithm"
            | "wrappingalgorithm"
            | "wrappingkeyspec",
        ) => Guard::Request,
        // A service's own keys mostly test a property of what is called upon.
        _ => Guard::Resource,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};
    use crate::value::{Hole, HoleKind};

    fn condition(operator: &str, key: &str, value: &str) -> Condition {
        let span = Span::new(FileId(0), 0, 0);
        let text = |it: &str| Text::known(it, Span::new(FileId(0), 0, it.len()));
        let place = Place::here(span);
        Condition {
            operator: Operator::parse(text(operator)),
            operator_place: place.clone(),
            key: text(key),
            place: place.clone(),
            values: vec![Value { text: text(value), place, json: Some(JsonType::String) }],
            required: false,
            known_key: OnceLock::new(),
        }
    }

    /// A condition whose value is a hole and a text behind it.
    fn with_hole(operator: &str, key: &str, rest: &str) -> Condition {
        let mut condition = condition(operator, key, "");
        let span = Span::new(FileId(0), 0, 0);
        let (reference, scope) = ("aws_x.y.id".into(), "".into());
        let mut text =
            Text::hole(Arc::new(Hole { kind: HoleKind::Opaque, reference, scope, span, why: "".into(), many: false }));
        text.push_known(rest, span);
        condition.values[0].text = text;
        condition
    }

    #[test]
    fn an_operator_is_taken_apart_whatever_its_case() {
        let operator = condition("ForAnyValue:StringNotLikeIfExists", "a", "b").operator;
        assert_eq!(operator.kind, Some(OperatorKind::StringLike));
        assert!(operator.negated && operator.if_exists);
        assert_eq!(operator.quantifier, Some(Quantifier::ForAnyValue));
        assert_eq!(condition("stringequals", "a", "b").operator.kind, Some(OperatorKind::StringEquals));
        assert_eq!(condition("NullIfExists", "a", "b").operator.kind, None);
    }

    #[test]
    fn an_operator_with_another_test_stays_what_it_is_otherwise() {
        let with = |operator: &str, kind| condition(operator, "a", "b").operator.with_test(kind);
        assert_eq!(with("StringLike", OperatorKind::ArnLike), "ArnLike");
        assert_eq!(with("ForAnyValue:StringNotLikeIfExists", OperatorKind::ArnLike), "ForAnyValue:ArnNotLikeIfExists");
        assert_eq!(with("StringNotEquals", OperatorKind::Bool), "Bool");
    }

    #[test]
    fn ways_to_guard_nothing() {
        assert_eq!(condition("StringEquals", "aws:PrincipalOrgID", "o-1").guard(), Some(Guard::Principal));
        assert_eq!(condition("StringNotEquals", "aws:PrincipalOrgID", "o-1").guard(), None);
        assert_eq!(condition("StringEqualsIfExists", "aws:PrincipalOrgID", "o-1").guard(), None);
        assert_eq!(condition("ForAllValues:StringEquals", "aws:PrincipalOrgPaths", "o-1/*").guard(), None);
        assert_eq!(condition("StringLike", "aws:PrincipalOrgID", "*").guard(), None);
        assert_eq!(condition("StringLike", "kms:ViaService", "*.amazonaws.com").guard(), None);
        assert_eq!(condition("StringLike", "iam:PassedToService", "*.amazonaws.com*").guard(), None);
        assert_eq!(condition("StringLike", "kms:ViaService", "s3.*.amazonaws.com").guard(), Some(Guard::Path));
        for everything in ["arn:*", "arn:aws:*", "arn:aws:*:*:*:*", "arn:aws-cn:*:*:*:*", "arn:*:*:*:*:*", "*:*"] {
            assert_eq!(condition("ArnLike", "aws:SourceArn", everything).guard(), None, "{everything}");
        }
        assert_eq!(condition("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:*").guard(), Some(Guard::Path));
        assert_eq!(condition("IpAddress", "aws:SourceIp", "::/0").guard(), None);
        assert_eq!(condition("IpAddress", "aws:SourceIp", "203.0.113.0/24").guard(), Some(Guard::Network));
        // Unless another test asks for the key.
        let mut required = condition("ForAllValues:StringLike", "aws:PrincipalOrgPaths", "o-1/*");
        required.required = true;
        assert_eq!(required.guard(), Some(Guard::Principal));
        // Under an exact operator a star is plain text, which no organisation is called.
        assert_eq!(condition("StringEquals", "aws:PrincipalOrgID", "*").guard(), Some(Guard::Principal));
    }

    #[test]
    fn a_fixed_value_is_one_that_not_everybody_meets() {
        assert!(condition("ArnLike", "aws:SourceArn", "arn:aws:sns:*:111122223333:*").is_fixed());
        assert!(condition("ArnLike", "aws:SourceArn", "arn:aws:s3:::reports").is_fixed());
        assert!(!condition("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:*").is_fixed());
        assert!(condition("StringLike", "aws:userid", "AROAEXAMPLE:*").is_fixed());
        assert!(!condition("StringLike", "aws:userid", "AROA*:deploy").is_fixed());
        assert!(!condition("StringLike", "aws:userid", "*:deploy").is_fixed());
        assert!(!condition("IpAddress", "aws:SourceIp", "0.0.0.0/1").is_fixed());
        assert!(condition("IpAddress", "aws:SourceIp", "203.0.113.0/24").is_fixed());
        assert!(!condition("StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}").is_fixed());
        assert!(condition("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:reports").is_fixed());
        assert!(!condition("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:*").is_fixed());
        assert!(!condition("ArnLike", "s3:DataAccessPointArn", "arn:aws:s3:*:*:accesspoint/a").is_fixed());
        assert!(with_hole("ArnLike", "aws:SourceArn", "/*/*").is_fixed());
        assert!(with_hole("StringLike", "aws:PrincipalOrgPaths", "/*/ou-1/*").is_fixed());
        assert!(condition("StringEquals", "aws:SourceAccount", "${account}").is_fixed());
    }

    #[test]
    fn only_what_names_callers_bounds_them() {
        assert!(condition("StringEquals", "aws:SourceVpce", "vpce-1").bounds_the_caller());
        assert!(condition("Bool", "elasticfilesystem:AccessedViaMountTarget", "true").bounds_the_caller());
        assert!(!condition("Bool", "elasticfilesystem:AccessedViaMountTarget", "false").bounds_the_caller());
        assert!(!condition("StringNotEquals", "aws:SourceVpce", "vpce-1").bounds_the_caller());
        assert!(condition("StringNotEquals", "aws:SourceVpce", "vpce-1").spares_only_chosen_callers());
        assert!(!condition("StringNotLike", "aws:SourceVpce", "vpce-*").spares_only_chosen_callers());
        assert!(!condition("Bool", "aws:SecureTransport", "true").bounds_the_caller());
        assert!(condition("StringEquals", "sts:ExternalId", "9f3c").narrows_the_caller());
    }

    #[test]
    fn a_key_is_bounded_by_what_says_which_or_by_which_way() {
        for (operator, key, value) in [
            ("StringEquals", "kms:ViaService", "s3.eu-west-1.amazonaws.com"),
            ("ForAnyValue:StringLike", "kms:ResourceAliases", "alias/app-*"),
            ("StringEquals", "kms:EncryptionContext:app", "reports"),
            ("StringEquals", "aws:ResourceTag/app", "reports"),
            ("StringEquals", "kms:CallerAccount", "111122223333"),
            ("Null", "kms:EncryptionContext:app", "false"),
            ("Null", "aws:ResourceTag/example.com/app", "false"),
            ("StringLike", "aws:ResourceTag/aws:cloudformation:stack-name", "*"),
        ] {
            assert!(condition(operator, key, value).bounds_the_key(), "{key}");
        }
        for (operator, key, value) in [
            ("Bool", "aws:MultiFactorAuthPresent", "true"),
            ("StringEquals", "kms:KeySpec", "SYMMETRIC_DEFAULT"),
            ("StringLike", "kms:ViaService", "*"),
            ("Null", "kms:EncryptionContext:app", "true"),
            ("Null", "kms:ViaService", "false"),
            ("Null", "aws:ResourceTag/app", "false"),
            ("Null", "aws:ResourceTag/team/app", "false"),
            ("StringLike", "aws:ResourceTag/app", "*"),
            ("Null", "aws:ResourceTag/example.com/app", "true"),
            ("StringLikeIfExists", "aws:ResourceTag/example.com/app", "*"),
            ("StringNotLike", "aws:ResourceTag/example.com/app", "*"),
            ("ForAnyValue:StringLike", "kms:ResourceAliases", "alias/*"),
        ] {
            assert!(!condition(operator, key, value).bounds_the_key(), "{key}");
        }
    }

    #[test]
    fn a_grant_names_its_operations_always() {
        assert!(condition("ForAllValues:StringEquals", "kms:GrantOperations", "Decrypt").bounds_the_grant());
        assert!(condition("Bool", "kms:GrantIsForAWSResource", "true").bounds_the_grant());
        assert!(!condition("Bool", "kms:GrantIsForAWSResource", "false").bounds_the_grant());
        assert!(!condition("BoolIfExists", "kms:GrantIsForAWSResource", "true").bounds_the_grant());
    }
}
