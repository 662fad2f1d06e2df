//! The model of a policy: statements, principals, actions, resources, conditions, and what a pattern matches.
//! It knows the policy language. It knows no syntax, and of AWS's services only what the catalogue tells it.

mod arn;
mod condition;
mod form;
mod grant;
mod granted;
mod managed;
mod operand;
mod parse;
mod pattern;
mod principal;
mod restraint;
mod size;
mod versions;

use std::fmt;
use std::ptr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};

pub use arn::{ArnPart, ArnPattern};
pub use condition::{Condition, Guard, JsonType, Operator, OperatorKind, Quantifier, Value};
pub use form::{Element, Written};
pub use grant::{Sweep, is_named, may_meet};
pub use granted::{Granted, Test};
pub use managed::of_aws;
pub use operand::{IpRange, date, days_since_1970, number};
pub use parse::{Carried, MOST_STATEMENTS, Resolution, VERSIONS, is_policy, parse};
pub use pattern::{Action, Reach, Resource, matches, matches_resource, split_arn};
pub use principal::{Principal, PrincipalKind, is_account_id};
pub use restraint::Restraint;
pub use size::{Quota, Size};

use crate::catalog::{self, AccessLevel};
use crate::source::Span;
use crate::value::{
    Arm, HOLE, Node, Origin, Text, answered, contradictions, implies, is_any_of, is_name, opposite, premises, subject,
};

/// A place in a policy: the one string, how it came there, and whether it is there for certain.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where it is written.
    pub span: Span,
    /// The stops between there and the policy.
    pub origin: Origin,
    /// Holds only in this case; none when it holds in every case.
    pub given: Option<Arc<Given>>,
}

/// A case that cannot be decided: one arm of an unknown condition.
#[derive(Clone, Debug)]
pub struct Given {
    /// In words: `var.wide`, `dynamic "statement" has an element`.
    pub words: Arc<str>,
    /// Where the case is decided.
    pub span: Span,
    /// Of each of its premises, of how many cases of which one always holds it is one, where that is known of all.
    pub of: SmallVec<[usize; 2]>,
}

impl Given {
    /// A case of which nothing is known but its words and where it is decided.
    pub fn new(words: impl Into<Arc<str>>, span: Span) -> Self {
        Self { words: words.into(), span, of: SmallVec::new() }
    }

    /// The case in which a value is this one of so many.
    pub fn of_arm(arm: &Arm, of: usize) -> Self {
        let is_one = of > 1 && premises(&arm.when).len() == 1;
        let of = if is_one { smallvec![of] } else { SmallVec::new() };
        Self { words: Arc::clone(&arm.when), span: arm.at, of }
    }

    /// The same where another case holds, if that is one in which it can.
    pub fn within(self, outer: Option<&Self>) -> Option<Self> {
        match outer {
            Some(outer) if outer.excludes(&self) => None,
            Some(outer) => Some(outer.and(&self)),
            None => Some(self),
        }
    }

    /// The case in which this one and another one hold.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let own = premises(&self.words);
        let its = premises(&other.words);
        let is_new = |it: &&str| !own.contains(it);
        let more: Vec<&str> = its.iter().filter(|it| is_new(it)).copied().collect();
        if more.is_empty() {
            return self.clone();
        }
        let are_told = own.len() == self.of.len() && its.len() == other.of.len();
        let of = its.iter().zip(&other.of).filter(|(it, _)| is_new(it)).map(|(_, of)| *of);
        Self {
            words: own.iter().copied().chain(more).collect::<Vec<_>>().join(" and ").into(),
            span: self.span,
            of: if are_told { self.of.iter().copied().chain(of).collect() } else { SmallVec::new() },
        }
    }

    /// Whether the two cannot both be the case.
    pub fn excludes(&self, other: &Self) -> bool {
        let is_one = |it: &str| self.span == other.span || self.span.file == other.span.file && is_of_module(it);
        contradictions(&self.words, &other.words).any(is_one)
    }

    /// The case in which one or another of these holds, which differ from this one in what one thing is, and which these
    /// are.
    pub fn or(&self, others: &[&Self]) -> Option<(Self, Vec<usize>)> {
        let own = premises(&self.words);
        (0..own.len()).find_map(|at| {
            let mut answers = vec![own[at]];
            let mut taken = Vec::new();
            for (n, other) in others.iter().enumerate().filter(|(_, it)| it.span == self.span) {
                let its = premises(&other.words);
                let is_beside = own.len() == its.len() && (0..own.len()).all(|n| n == at || own[n] == its[n]);
                if let Some(answer) = its.get(at).filter(|_| is_beside && is_any_of(&[own[at], its[at]]).is_some()) {
                    answers.push(answer);
                    taken.push(n);
                }
            }
            let any = is_any_of(&answers).filter(|_| !taken.is_empty())?;
            let words: Vec<&str> = (0..own.len()).map(|n| if n == at { &*any } else { own[n] }).collect();
            Some((Self::new(words.join(" and "), self.span), taken))
        })
    }

    /// Whether another case holds where this one does.
    pub fn holds(&self, other: &Self) -> bool {
        let own = premises(&self.words);
        let is_one = |it: &&str| self.span == other.span || self.span.file == other.span.file && is_of_module(it);
        premises(&other.words).iter().all(|it| own.iter().any(|own| implies(own, it)) && is_one(it))
    }

    /// Whether one of several cases holds, however what is undecided turns out.
    pub fn is_any_sure<'g>(cases: impl Iterator<Item = &'g Self>) -> bool {
        let cases: Vec<&Self> = cases.collect();
        let are_opposite = || {
            let mut pairs = cases.iter().enumerate().flat_map(|(n, one)| cases[..n].iter().map(move |it| (one, it)));
            pairs.any(|(one, other)| one.is_opposite_of(other))
        };
        let is_all =
            || cases.first().is_some_and(|it| it.with_others(&cases[1..]).is_some_and(|(case, _)| case.is_none()));
        are_opposite() || is_all()
    }

    /// The case in which this one or one of those others holds which it takes for one of its premises to make no
    /// difference, none, within `Some`, where none is left; and which these are.
    pub fn with_others(&self, others: &[&Self]) -> Option<(Option<Self>, Vec<usize>)> {
        if let Some((n, case)) = others.iter().enumerate().find_map(|(n, it)| Some((n, self.either(it)?))) {
            return Some((case, vec![n]));
        }
        let own = premises(&self.words);
        if own.len() != self.of.len() {
            return None;
        }
        own.iter().enumerate().find_map(|(at, premise)| {
            let what = answered(premise)?;
            let mut answers = vec![*premise];
            let mut taken = Vec::new();
            for (n, other) in others.iter().enumerate().filter(|(_, it)| it.span == self.span && it.of == self.of) {
                let its = premises(&other.words);
                let is_beside = own.iter().zip(&its).enumerate().all(|(n, (own, its))| n == at || own == its);
                let answer = its.get(at).filter(|it| is_beside && answered(it) == Some(what) && !answers.contains(it));
                answers.extend(answer);
                taken.extend(answer.map(|_| n));
            }
            if answers.len() < self.of[at] {
                return None;
            }
            let rest = |n: &usize| *n != at;
            let words: Vec<&str> = (0..own.len()).filter(rest).map(|n| own[n]).collect();
            let of = (0..own.len()).filter(rest).map(|n| self.of[n]).collect();
            let case = (!words.is_empty()).then(|| Self { words: words.join(" and ").into(), span: self.span, of });
            Some((case, taken))
        })
    }

    /// The case that is one where this one is not.
    #[must_use]
    pub fn opposite(&self) -> Self {
        // Of two cases it is the other one, and of more it is all the others.
        let of = self.of.iter().copied().filter(|it| *it == 2 && self.of.len() == 1).collect();
        Self { words: opposite(&self.words), span: self.span, of }
    }

    /// Whether one of the two is the case, however what is undecided turns out.
    pub fn is_opposite_of(&self, other: &Self) -> bool {
        // Of two premises the opposite is not that one of them is not so.
        let is_one = |it: &Self| !it.words.contains("` and ");
        let negates = |one: &Self, other: &Self| one.words.strip_prefix("not ") == Some(&*other.words);
        let is_whole = |one: &Self, other: &Self| one.words.strip_prefix("not all of ") == Some(&*other.words);
        let of_one = is_one(self) && is_one(other) && (negates(self, other) || negates(other, self));
        self.is_decided_with(other) && (of_one || is_whole(self, other) || is_whole(other, self))
    }

    /// The case in which one of the two is the case, however what is undecided turns out; some case that both are part of,
    /// or, within `Some`, none where one of the two always is.
    pub fn either(&self, other: &Self) -> Option<Option<Self>> {
        if self.is_opposite_of(other) {
            return Some(None);
        }
        let (own, its) = (self.words.split(" and "), other.words.split(" and "));
        if self.span != other.span || own.clone().count() != its.clone().count() {
            return None;
        }
        let (same, differing): (Vec<_>, Vec<_>) = own.zip(its).partition(|(own, other)| own == other);
        let negates = |one: &str, other: &str| one.strip_prefix("not ") == Some(other);
        let [(own, other)] = differing[..] else { return None };
        let words: Vec<&str> = same.into_iter().map(|(own, _)| own).collect();
        let is_either = !words.is_empty() && (negates(own, other) || negates(other, own));
        is_either.then(|| Some(Self::new(words.join(" and "), self.span)))
    }

    /// Whether the one is the case where the other is.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.words == other.words && self.is_decided_with(other)
    }

    /// Whether both are decided at one place, or by one variable or local value.
    fn is_decided_with(&self, other: &Self) -> bool {
        self.span == other.span || is_of_module(&self.words) && self.span.file == other.span.file
    }
}

/// Whether a premise says something of a variable or a local value, which is the same one in all of a module.
fn is_of_module(premise: &str) -> bool {
    let name = subject(premise);
    is_name(name) && (name.starts_with("var.") || name.starts_with("local."))
}

impl Place {
    /// A place as it is written, which has come no way.
    pub fn here(span: Span) -> Self {
        Self { span, origin: Origin::HERE, given: None }
    }

    /// A place that holds in every case.
    pub fn of(node: &Node) -> Self {
        Self { span: node.span, origin: node.origin.clone(), given: None }
    }
}

/// What a policy is attached to, which decides what its words mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PolicyKind {
    /// Grants to the identity that carries it.
    Identity,
    /// Says who may assume a role.
    Trust,
    /// Grants to principals on the resource that carries it, which belongs to the named service.
    Resource(Service),
    /// Bounds every principal of an organisation's accounts; grants nothing.
    ServiceControl,
    /// Bounds access to the resources of an organisation's accounts; grants nothing.
    ResourceControl,
    /// Bounds one identity; grants nothing.
    Boundary,
    /// Bounds one session; grants nothing.
    Session,
    /// Grants whoever holds a certificate of AWS IoT what a device asks of it, and nothing else of AWS.
    Device,
    /// A document that is attached to nothing that was read, and does not tell by its content.
    Unknown,
}

/// The service of a resource policy, as its ARNs spell it; the kinds that rules tell apart have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// A bucket, access point or the like: `s3`.
    S3,
    /// A key: `kms`; its `Resource` `*` means this key.
    Kms,
    /// A queue.
    Sqs,
    /// A topic.
    Sns,
    /// A function's permission.
    Lambda,
    /// A repository of images, of which its policy speaks without naming it: `ecr`.
    Repository,
    /// A VPC endpoint: its policy bounds what passes, and grants nothing by itself.
    VpcEndpoint,
    /// Any other, by the prefix of its actions: `ecr`, `secretsmanager`.
    Other(&'static str),
    /// Told by content only: it has principals.
    Unknown,
}

impl Service {
    /// What its actions begin with; none where that is not known or where actions of all services stand.
    pub fn prefix(self) -> Option<&'static str> {
        match self {
            Self::S3 => Some("s3"),
            Self::Kms => Some("kms"),
            Self::Sqs => Some("sqs"),
            Self::Sns => Some("sns"),
            Self::Lambda => Some("lambda"),
            Self::Repository => Some("ecr"),
            Self::Other(prefix) => Some(prefix),
            Self::VpcEndpoint | Self::Unknown => None,
        }
    }
}

/// What a device can ask of AWS IoT.
/// <https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-actions.html>
const OF_DEVICES: [&str; 11] = [
    "iot:Connect",
    "iot:DeleteThingShadow",
    "iot:GetRetainedMessage",
    "iot:GetThingShadow",
    "iot:ListNamedShadowsForThing",
    "iot:ListRetainedMessages",
    "iot:Publish",
    "iot:Receive",
    "iot:RetainPublish",
    "iot:Subscribe",
    "iot:UpdateThingShadow",
];

impl PolicyKind {
    /// Its name in reports, as `FORMATS` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Trust => "trust",
            Self::Resource(_) => "resource",
            Self::ServiceControl => "service_control",
            Self::ResourceControl => "resource_control",
            Self::Boundary => "permissions_boundary",
            Self::Session => "session",
            // It is what whoever holds the certificate may do.
            Self::Device => "identity",
            Self::Unknown => "unknown",
        }
    }

    /// Whether an Allow in it gives access, rather than only leaving access possible.
    pub fn grants(self) -> bool {
        match self {
            Self::Identity | Self::Trust | Self::Device | Self::Unknown => true,
            Self::Resource(service) => service != Service::VpcEndpoint,
            Self::ServiceControl | Self::ResourceControl | Self::Boundary | Self::Session => false,
        }
    }

    /// Whether an action means anything in it.
    pub fn knows(self, action: catalog::Action) -> bool {
        self != Self::Device || OF_DEVICES.iter().any(|it| action.full_name() == *it)
    }

    /// Whether it is what an identity carries; a document attached to nothing counts, since that is what it
    /// most often is.
    pub fn is_identity(self) -> bool {
        matches!(self, Self::Identity | Self::Unknown)
    }
}

/// `Allow` or `Deny`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Grants.
    Allow,
    /// Takes away.
    Deny,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        })
    }
}

const ROLES_ANYWHERE: &str = "rolesanywhere.amazonaws.com";

/// One policy document, as it is attached in one place.
#[derive(Clone, Debug)]
pub struct Policy {
    /// What it is attached to.
    pub kind: PolicyKind,
    /// The address of what carries it: `module.app.aws_iam_policy.app`, a logical id, or the file itself.
    pub address: Arc<str>,
    /// The address of the document when that is a thing of its own: `data.aws_iam_policy_document.app`.
    pub source: Option<Arc<str>>,
    /// The place that attaches it.
    pub place: Place,
    /// `Version`, when it is written.
    pub version: Option<Text>,
    /// Every statement that could be understood; what could not is in [`Policy::written_statements`].
    pub statements: Vec<Statement>,
    documents: Vec<Written>,
    statements_as_written: Vec<Written>,
    /// The document as a tree, for rules about its form.
    pub document: Node,
    /// How much of it is known.
    pub resolution: Resolution,
    /// The case in which it is that of whoever is looked at, where it is another one's in others.
    case: Option<Arc<Given>>,
}

impl Policy {
    /// It as the policy of somebody whose it is in one case only.
    #[must_use]
    pub fn given(self: &Arc<Self>, case: Option<&Arc<Given>>) -> Arc<Self> {
        let Some(case) = case else { return Arc::clone(self) };
        let mut policy = (**self).clone();
        for statement in &mut policy.statements {
            statement.place.given.get_or_insert_with(|| Arc::clone(case));
        }
        policy.place.given.get_or_insert_with(|| Arc::clone(case));
        policy.case = Some(Arc::clone(case));
        Arc::new(policy)
    }

    /// Whether it is another one, or that one in one case.
    pub fn is(&self, other: &Self) -> bool {
        let is_of_one_place = || self.address == other.address && self.document.span == other.document.span;
        ptr::eq(self, other) || self.case.is_some() && is_of_one_place()
    }

    /// The case in which it is that of whoever is looked at; none where it is in every case.
    pub fn case(&self) -> Option<&Arc<Given>> {
        self.case.as_ref()
    }

    /// The statements that grant.
    pub fn allow_statements(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|it| it.effect == Effect::Allow)
    }

    /// The other ways in which a statement may turn out, where it is read once for each.
    pub fn other_ways(&self, statement: &Statement) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(move |it| it.index == statement.index && !ptr::eq(*it, statement))
    }

    /// Tells of an action whether one of its own statements denies it always, on every resource and to everybody, as far
    /// as the statement that allows it is there. Hardly any policy has such a one.
    pub fn always_denied<'p>(&'p self, allowing: &'p Statement) -> impl Fn(catalog::Action) -> bool + 'p {
        let is_such = |it: &&Statement| {
            it.effect == Effect::Deny
                && it.conditions.is_empty()
                && !it.has_unknown_conditions
                && it.star_resources().any(|it| it.place.given.is_none())
                && (it.principals.is_none() || it.everyone().next().is_some())
        };
        let denials: Vec<&Statement> = self.statements.iter().filter(is_such).collect();
        move |action| {
            let mut holding = denials.iter().filter(|it| it.certainly_holds(action));
            let others = holding.clone();
            !denials.is_empty()
                && (holding.any(|it| it.is_there_with(allowing))
                    || Given::is_any_sure(others.filter_map(|it| it.place.given.as_deref())))
        }
    }

    /// The account that its resources name, when those that name one name the same.
    pub fn account(&self) -> Option<&str> {
        let resources = self.statements.iter().flat_map(|it| &it.resources).flat_map(Scope::entries);
        let mut named = resources.filter_map(|it| it.part(4)).filter(|it| is_account_id(it));
        let first = named.next()?;
        named.all(|it| it == first).then_some(first)
    }

    /// The partition that the ARNs of its resources and principals name, when those that name one name the same.
    pub fn partition(&self) -> Option<&str> {
        let resources = self.statements.iter().flat_map(|it| &it.resources).flat_map(Scope::entries);
        let principals = self.statements.iter().flat_map(|it| &it.principals).flat_map(Scope::entries);
        let of_principals = principals.filter_map(|it| it.text.raw().strip_prefix("arn:")?.split(':').next());
        let mut named =
            resources.filter_map(|it| it.part(1)).chain(of_principals).filter(|it| catalog::is_partition(it));
        let first = named.next()?;
        named.all(|it| it == first).then_some(first)
    }

    /// Whether an ARN of it has a partition that is looked up.
    pub fn looks_up_partition(&self) -> bool {
        self.statements.iter().flat_map(Statement::arns).any(|(text, _)| has_looked_up_partition(text))
    }

    /// The statements that let everybody in, with the principal that says so. A condition that bounds the caller, or a
    /// denial of all others, closes one; a condition that is there in one case only does not.
    pub fn openings(&self) -> impl Iterator<Item = (&Statement, &Principal)> {
        let opening = |it| self.is_opened_by(it);
        self.allow_statements().filter(move |it| opening(it)).filter_map(|it| Some((it, it.everyone().next()?)))
    }

    /// Whether a statement that allows lets everybody in.
    pub fn is_opened_by(&self, statement: &Statement) -> bool {
        statement.everyone().next().is_some()
            && statement.bounded_caller().is_none()
            && self.closed_by(statement).is_none()
    }

    /// The service whose resource it is about, by what its actions begin with.
    fn service(&self) -> Option<&'static str> {
        match self.kind {
            PolicyKind::Resource(service) => service.prefix(),
            _ => None,
        }
    }

    /// The statement that denies everybody, but for callers whom somebody has chosen, all that `statement` allows.
    pub fn closed_by(&self, statement: &Statement) -> Option<&Statement> {
        self.closings(statement).next()
    }

    /// All such statements.
    pub fn closings(&self, statement: &Statement) -> impl Iterator<Item = &Statement> {
        let is_of_others = |it: &Statement| matches!(&it.principals, Some(Scope::AllExcept(spared)) if !spared.iter().any(Principal::is_everyone));
        self.statements.iter().filter(move |deny| {
            deny.effect == Effect::Deny
                && deny.is_there_with(statement)
                && (deny.everyone().next().is_some() || is_of_others(deny))
                && deny.conditions.iter().all(|it| it.case().is_none() && it.spares_only_chosen_callers())
                && deny.covers_of(statement, self.service())
        })
    }

    /// Says of all that stands in one of these places that it holds in that case only.
    pub fn put_in_doubt(&mut self, cases: &[(Span, Arc<Given>)]) {
        let doubt = |place: &mut Place| {
            if let Some((_, given)) = cases.iter().find(|(within, _)| within.contains(place.span)) {
                place.given.get_or_insert_with(|| Arc::clone(given));
            }
        };
        for statement in &mut self.statements {
            doubt(&mut statement.place);
            statement.actions.entries_mut().iter_mut().for_each(|it| doubt(&mut it.place));
            statement.resources.iter_mut().flat_map(Scope::entries_mut).for_each(|it| doubt(&mut it.place));
            statement.principals.iter_mut().flat_map(Scope::entries_mut).for_each(|it| doubt(&mut it.place));
            statement.conditions.iter_mut().for_each(|it| doubt(&mut it.place));
        }
    }

    /// Whether it is attached to something that was read, or is all of a file; else it is a document by itself.
    pub fn is_attached(&self) -> bool {
        self.source.as_ref() != Some(&self.address)
    }

    /// Whether `${…}` in it is a policy variable rather than plain text.
    pub fn has_variables(&self) -> bool {
        self.version.as_ref().is_some_and(|version| version.raw() == "2012-10-17")
    }
}

/// One statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its place in the document, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<Text>,
    /// `Effect`.
    pub effect: Effect,
    /// `Action` or `NotAction`.
    pub actions: Scope<Action>,
    /// `Resource` or `NotResource`; none in a trust policy and where it was forgotten.
    pub resources: Option<Scope<Resource>>,
    /// `Principal` or `NotPrincipal`.
    pub principals: Option<Scope<Principal>>,
    /// Every test of `Condition`; all must hold.
    pub conditions: Vec<Condition>,
    /// Whether there may be further tests, which are not known.
    pub has_unknown_conditions: bool,
    /// The statement itself.
    pub place: Place,
    facts: grant::Facts,
}

/// Whether the partition of an ARN is one that was asked for by name. What AWS computes has one anyway.
pub fn has_looked_up_partition(text: &Text) -> bool {
    text.raw().starts_with("arn:")
        && text.hole_at("arn:".len()).is_some_and(|it| it.reference.contains("partition"))
        && text.to_string().starts_with("arn:")
}

/// `Action` or `NotAction`, `Resource` or `NotResource`, `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope<T> {
    /// These and no others.
    Only(Vec<T>),
    /// All but these.
    AllExcept(Vec<T>),
}

impl<T> Scope<T> {
    /// The entries of the positive form; nothing of the negative one.
    pub fn only(&self) -> &[T] {
        match self {
            Self::Only(entries) => entries,
            Self::AllExcept(_) => &[],
        }
    }

    /// The entries as written, whichever form they stand in.
    pub fn entries(&self) -> &[T] {
        match self {
            Self::Only(entries) | Self::AllExcept(entries) => entries,
        }
    }

    fn entries_mut(&mut self) -> &mut [T] {
        match self {
            Self::Only(entries) | Self::AllExcept(entries) => entries,
        }
    }

    /// Whether it is the negative form.
    pub fn is_negated(&self) -> bool {
        matches!(self, Self::AllExcept(_))
    }
}

impl Scope<Action> {
    /// Whether it holds an action whatever is unknown in it.
    pub fn must_match(&self, action: &str) -> bool {
        match self {
            Self::Only(entries) => entries.iter().any(|it| it.must_match(action)),
            Self::AllExcept(entries) => !entries.iter().any(|it| it.may_match(action)),
        }
    }

    /// Whether it holds an action for some value of what is unknown in it.
    pub fn may_match(&self, action: &str) -> bool {
        match self {
            Self::Only(entries) => entries.iter().any(|it| it.may_match(action)),
            Self::AllExcept(entries) => !entries.iter().any(|it| it.must_match(action)),
        }
    }
}

impl Scope<Resource> {
    /// Whether it holds a resource whatever is unknown in it.
    pub fn must_match(&self, arn: &str) -> bool {
        match self {
            Self::Only(entries) => entries.iter().any(|it| it.must_match(arn)),
            Self::AllExcept(entries) => !entries.iter().any(|it| it.may_match(arn)),
        }
    }

    /// Whether it holds a resource for some value of what is unknown in it.
    pub fn may_match(&self, arn: &str) -> bool {
        match self {
            Self::Only(entries) => entries.iter().any(|it| it.may_match(arn)),
            Self::AllExcept(entries) => !entries.iter().any(|it| it.must_match(arn)),
        }
    }
}

impl Statement {
    /// The conditions that guard something, with what they narrow.
    pub fn guards(&self) -> impl Iterator<Item = (&Condition, Guard)> {
        self.conditions.iter().filter_map(|it| it.guard().map(|guard| (it, guard)))
    }

    /// The first condition that narrows one of these.
    pub fn guarded_by(&self, wanted: &[Guard]) -> Option<&Condition> {
        self.guards().find(|(_, guard)| wanted.contains(guard)).map(|(condition, _)| condition)
    }

    /// Whether another condition wants the key of this one to be there.
    pub fn wants_presence_of(&self, condition: &Condition) -> bool {
        let key = condition.key_lower();
        self.conditions.iter().any(|it| it.wants_presence() && it.key_lower() == key && it.case().is_none())
    }

    /// The condition that keeps a statement from speaking of just anybody, in every case.
    pub fn bounded_caller(&self) -> Option<&Condition> {
        // Everybody are also those who sign nothing, except where a role is assumed.
        let unsigned = self.everyone().next().is_some() && self.resources.is_some();
        self.always(|it| it.bounds_the_caller() && !(unsigned && it.admits_unsigned()))
    }

    /// The name of the tag that what is called upon must have, whatever it says.
    pub fn asked_tag(&self) -> Option<&str> {
        let tag = self.conditions.iter().find(|it| it.asks_for_a_tag() && it.case().is_none())?;
        tag.key.raw().split_once('/').map(|(_, name)| name).filter(|it| !it.contains(HOLE))
    }

    /// The first of such conditions if one of them stands there in every case: by itself, or in either case of an
    /// undecided choice.
    fn always(&self, is_such: impl Fn(&Condition) -> bool) -> Option<&Condition> {
        let such = || self.conditions.iter().filter(|it| is_such(it));
        let is_any_sure = || Given::is_any_sure(such().filter_map(Condition::case).map(|it| &**it));
        such().find(|it| it.case().is_none()).or_else(|| such().next().filter(|_| is_any_sure()))
    }

    /// Where it and its entries are written.
    pub fn spans(&self) -> impl Iterator<Item = Span> {
        let actions = self.actions.entries().iter().map(|it| &it.place);
        let resources = self.resources.iter().flat_map(Scope::entries).map(|it| &it.place);
        let principals = self.principals.iter().flat_map(Scope::entries).map(|it| &it.place);
        let values = self.conditions.iter().flat_map(|it| &it.values).map(|it| &it.place);
        let own = [&self.place].into_iter();
        own.chain(actions).chain(resources).chain(principals).chain(values).map(|it| it.span)
    }

    /// Whether a condition is the only one that its operator is written for.
    pub fn is_alone(&self, condition: &Condition) -> bool {
        let operator = condition.operator_place.span;
        self.conditions.iter().filter(|it| it.operator_place.span == operator).count() == 1
    }

    /// The condition that keeps a service from acting for just anybody's resource, in every case.
    pub fn bounded_source(&self) -> Option<&Condition> {
        self.always(Condition::bounds_the_source)
    }

    /// The most that it allows, as AWS classifies actions; none when no action of it is known.
    pub fn highest_level(&self) -> Option<AccessLevel> {
        match &self.actions {
            Scope::AllExcept(_) => Some(AccessLevel::PermissionsManagement),
            Scope::Only(actions) => {
                actions.iter().flat_map(|it| it.reached().iter()).map(catalog::Action::access_level).max()
            }
        }
    }

    /// Whether it denies plain HTTP, whatever else a request is like.
    pub fn denies_plain_http(&self) -> bool {
        self.effect == Effect::Deny && matches!(&self.conditions[..], [only] if only.asks_for_plain_http())
    }

    /// The `Resource` entries that are everything, whatever else is there.
    pub fn star_resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter().flat_map(Scope::only).filter(|it| it.is_everything())
    }

    /// Whether it takes effect in every case and for every request that its scopes hold.
    pub fn is_unconditional(&self) -> bool {
        self.conditions.is_empty() && !self.has_unknown_conditions && self.place.given.is_none()
    }

    /// The texts where ARNs stand: its resources, its principals, and what its conditions ask for.
    pub fn arns(&self) -> impl Iterator<Item = (&Text, &Place)> {
        let resources = self.resources.iter().flat_map(Scope::entries).map(|it| (&it.text, &it.place));
        let principals = self.principals.iter().flat_map(Scope::entries).map(|it| (&it.text, &it.place));
        let values = self.conditions.iter().flat_map(|it| &it.values).map(|it| (&it.text, &it.place));
        resources.chain(principals).chain(values)
    }

    /// Whether its actions and resources hold all of another statement's, whatever is unknown in them. Negative forms
    /// cover nothing here.
    pub fn covers(&self, other: &Self) -> bool {
        self.covers_of(other, None)
    }

    /// The same where nothing but the actions of one service can be done.
    fn covers_of(&self, other: &Self, service: Option<&str>) -> bool {
        self.covers_actions_of(other, service) && self.covers_resources(other)
    }

    /// Whether the two are never both there.
    pub fn is_in_case_without(&self, other: &Self) -> bool {
        self.place.given.as_ref().zip(other.place.given.as_ref()).is_some_and(|(own, other)| own.excludes(other))
    }

    /// Whether it is there in every case in which another statement is.
    fn is_there_with(&self, other: &Self) -> bool {
        match (&self.place.given, &other.place.given) {
            (None, _) => true,
            (Some(given), Some(case)) => given.is_same_as(case),
            (Some(_), None) => false,
        }
    }

    /// Whether its actions hold all of another statement's.
    pub fn covers_actions(&self, other: &Self) -> bool {
        self.covers_actions_of(other, None)
    }

    fn covers_actions_of(&self, other: &Self, service: Option<&str>) -> bool {
        let own = || self.actions.only().iter();
        let is_all_of = |it: &Action, of| it.place.given.is_none() && it.is_whole_service() && it.service() == Some(of);
        let has_service = || service.is_some_and(|of| own().any(|it| is_all_of(it, of)));
        let is_all = |it: &Action| it.place.given.is_none() && it.is_everything();
        match &other.actions {
            Scope::Only(actions) => actions.iter().all(|it| own().any(|own| own.covers(it))) || has_service(),
            Scope::AllExcept(_) => own().any(is_all) || has_service(),
        }
    }

    /// Whether its resources hold all of another statement's.
    pub fn covers_resources(&self, other: &Self) -> bool {
        match (&self.resources, &other.resources) {
            (None, _) => true,
            (Some(own), Some(Scope::Only(resources))) => {
                resources.iter().all(|it| own.only().iter().any(|own| own.covers(it)))
            }
            (Some(own), _) => own.only().iter().any(|it| it.place.given.is_none() && it.is_everything()),
        }
    }

    /// The `Resource` entries that hold every key there is, or every key of an account. The ARN of an alias is no key:
    /// it allows nothing that is done with one.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html>
    pub fn every_key(&self, reach: Reach) -> impl Iterator<Item = &Resource> {
        const KEY: &str = "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}";
        self.all_of(KEY, reach)
    }

    /// The `Resource` entries that hold every instance there is, or every instance of an account.
    pub fn every_instance(&self, reach: Reach) -> impl Iterator<Item = &Resource> {
        const INSTANCE: &str = "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}";
        self.all_of(INSTANCE, reach)
    }

    /// The principals that are services, and what is known of how they call; only those that call what this statement
    /// allows, and that say then for whose resource they do.
    pub fn callers(&self) -> impl Iterator<Item = (&Principal, catalog::Caller)> {
        let principals = self.principals.iter().flat_map(Scope::only).filter(|it| it.kind == PrincipalKind::Service);
        let known = principals.filter_map(|it| Some((it, catalog::caller(it.text.raw())?)));
        known.filter(|(_, caller)| {
            let called = |action: &Action| {
                action.service().is_some_and(|it| caller.calls.iter().any(|call| it.eq_ignore_ascii_case(call)))
            };
            self.actions.only().iter().any(called)
        })
    }

    /// The principal that stands for IAM Roles Anywhere.
    pub fn roles_anywhere(&self) -> Option<&Principal> {
        self.principals.iter().flat_map(Scope::only).find(|it| it.is_service(ROLES_ANYWHERE))
    }

    /// The principals that are everybody.
    pub fn everyone(&self) -> impl Iterator<Item = &Principal> {
        self.principals.iter().flat_map(Scope::only).filter(|it| it.is_everyone())
    }

    /// Whether every principal is a service.
    pub fn is_for_services(&self) -> bool {
        let only = || self.principals.iter().flat_map(Scope::only);
        only().next().is_some() && only().all(|it| it.kind == PrincipalKind::Service)
    }
}
