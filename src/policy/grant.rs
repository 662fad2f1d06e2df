//! What a statement grants for certain, action by action: which actions it holds, which of them its conditions let
//! through, and which resources of each it reaches.

use std::cell::LazyCell;
use std::sync::OnceLock;

use rustc_hash::FxHashSet;

use super::arn::{LOG_GROUP, beyond_fixed};
use super::pattern::{Strength, Wide, first_wildcard, glob, is_all_stars, matches, split_arn};
use super::{Action, Condition, Guard, OperatorKind, Quantifier, Reach, Resource, Scope, Statement};
use crate::catalog::{self, AccessLevel, ActionResource, ArnForm, ResourceType};
use crate::value::{HOLE, Text};

/// What many rules ask of a statement, found out when the first of them asks.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    wide_resources: OnceLock<Box<[(usize, Wide)]>>,
    sweeps: OnceLock<Box<[Sweep]>>,
    broad_sweeps: OnceLock<Box<[Sweep]>>,
    way_to_everything: OnceLock<Option<catalog::Action>>,
    gives_everything: OnceLock<bool>,
}

/// An action that reaches every resource of its kind, although a statement could limit it to some.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    /// The action.
    pub action: catalog::Action,
    /// The entry of `Action` that holds it, by its place there.
    pub entry: usize,
    /// The entry of `Resource` that is all of its resources, by its place there.
    pub resource: usize,
    /// Whether those of one account only.
    pub reach: Reach,
}

impl Action {
    /// Whether it matches every action there is, however it is spelled: `*`, `*:*`, `?*:*`.
    pub fn covers_every_action(&self) -> bool {
        self.is_everything()
            || self.text.raw().starts_with(['*', '?']) && self.reached().len() == catalog::action_count()
    }
}

impl Scope<Action> {
    /// The actions of the reference that it holds whatever is unknown in it, each once.
    pub fn certain(&self) -> Vec<catalog::Action> {
        match self {
            Self::Only(entries) => {
                let mut actions: Vec<_> =
                    entries.iter().filter(|it| it.place.given.is_none()).flat_map(|it| it.reached().iter()).collect();
                actions.sort_unstable();
                actions.dedup();
                actions
            }
            Self::AllExcept(entries) => {
                let mut excepted = vec![false; catalog::action_count()];
                for pattern in entries.iter().filter_map(|it| glob(&it.text, Strength::May)) {
                    catalog::actions_matching(&pattern).for_each(|it| excepted[it.id() as usize] = true);
                }
                catalog::actions().filter(|it| !excepted[it.id() as usize]).collect()
            }
        }
    }
}

impl Condition {
    /// Whether it fails when its key is absent.
    pub fn needs_key(&self) -> bool {
        let operator = &self.operator;
        match operator.kind {
            None => true,
            Some(OperatorKind::Null) => self.values.iter().any(|it| it.text.raw().eq_ignore_ascii_case("false")),
            Some(_) => match operator.quantifier {
                _ if operator.if_exists => false,
                Some(Quantifier::ForAnyValue) => true,
                Some(Quantifier::ForAllValues) => false,
                None => !operator.negated,
            },
        }
    }

    /// Whether a request for the action can pass at all: a test that fails when its key is absent shuts out the actions
    /// whose requests never carry the key.
    pub fn admits(&self, action: catalog::Action) -> bool {
        let key = self.known_key().filter(|_| !self.key.has_holes());
        self.operator.kind.is_some() && (!self.needs_key() || key.is_none_or(|key| action.accepts_condition_key(key)))
    }

    /// Whether it tells one resource of the action from another, so that `*` is not all of them: a tag or a property of
    /// the resource, but not merely whose it is; and for what creates, the tags it must set.
    pub fn narrows(&self, action: catalog::Action) -> bool {
        const WHOSE: [&str; 3] = ["aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"];
        let known = self.known_key().filter(|_| !self.key.has_holes());
        let accepts = || known.is_none_or(|key| action.accepts_condition_key(key));
        if self.is_on_resource_tag() {
            return self.weakness().is_none() && !ignores_tags(action) && accepts();
        }
        if self.is_on_request_tag() {
            // What is made bears the tag, whatever that says; what sets tags sets any.
            return self.needs_key() && action.access_level() == AccessLevel::Write && accepts();
        }
        // The service that a service-linked role is made for is the role that is made.
        let resource =
            self.guard() == Some(Guard::Resource) || self.guard().is_some() && self.is_on("iam:awsservicename");
        resource
            && !WHOSE.iter().any(|key| self.is_on(key))
            // A key may be newer than the reference.
            && known.is_none_or(|key| key.scopes_resources() && action.accepts_condition_key(key))
    }
}

/// Whether no tag of a resource decides about it, although the reference lists the key.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
fn ignores_tags(action: catalog::Action) -> bool {
    action.service().prefix() == "iam" && action.name() == "PassRole"
}

impl Statement {
    /// The actions that it certainly holds and that can pass its conditions.
    pub fn granted(&self) -> Vec<catalog::Action> {
        let mut actions = self.actions.certain();
        actions.retain(|it| self.admits(*it));
        actions
    }

    /// Whether a request for the action can pass its conditions.
    pub fn admits(&self, action: catalog::Action) -> bool {
        self.conditions.iter().all(|it| it.admits(action))
    }

    /// The condition that narrows what the action reaches.
    pub fn narrowed(&self, action: catalog::Action) -> Option<&Condition> {
        self.conditions.iter().find(|it| it.narrows(action))
    }

    /// Whether one of its resources may be one that the action takes.
    pub fn may_reach(&self, action: catalog::Action) -> bool {
        self.resources.as_ref().is_some_and(|it| it.is_negated() || it.entries().iter().any(|it| it.fits(action)))
    }

    /// Whether one of its resources may be of a type.
    pub fn may_reach_some(&self, of: ResourceType) -> bool {
        self.resources.as_ref().is_some_and(|it| it.is_negated() || it.entries().iter().any(|it| it.may_be(of)))
    }

    /// Whether it may be about what an ARN stands for, whatever is unknown in either. A policy of a resource that names
    /// none is about that resource.
    pub fn may_be_about(&self, arn: &Text) -> bool {
        let all = self.resources.as_ref();
        all.is_none_or(|it| it.is_negated() || it.entries().iter().any(|it| may_meet(&it.text, arn)))
    }

    /// The resource by which it reaches every resource of the action; one that is there in every case, if there is one.
    pub fn reaches_all_of(&self, action: catalog::Action) -> Option<&Resource> {
        let index = self.wide_by(action, Reach::Everywhere).filter(|_| !self.is_all_but())?;
        self.resources.as_ref().map(|it| &it.entries()[index])
    }

    /// Whether nothing bounds the action: it is granted on every resource that it takes, or on all but some.
    pub fn is_unbounded(&self, action: catalog::Action) -> bool {
        self.narrowed(action).is_none() && (self.is_all_but() || self.wide_by(action, Reach::Everywhere).is_some())
    }

    /// Whether it reaches every resource of the action in one account, or all but some that it names.
    pub fn reaches_account_of(&self, action: catalog::Action) -> bool {
        self.resources.is_some() && self.is_all_but() != self.wide_by(action, Reach::Account).is_some()
    }

    /// What it allows on every resource although it could be limited to some, in the order of its entries. Entries that
    /// are all of a service are left out: no list of resources makes those narrow.
    pub fn sweeps(&self) -> &[Sweep] {
        self.facts.sweeps.get_or_init(|| self.sweeps_of(|it| !it.is_whole_service() && !it.covers_every_action()))
    }

    /// What it allows so by entries that are all of a service, or everything on what is not. All there is on everything is
    /// another matter.
    pub fn broad_sweeps(&self) -> &[Sweep] {
        let is_broad = |it: &Action| match it.covers_every_action() {
            true => !self.gives_everything(),
            false => it.is_whole_service(),
        };
        self.facts.broad_sweeps.get_or_init(|| self.sweeps_of(is_broad))
    }

    fn sweeps_of(&self, is_such: impl Fn(&Action) -> bool) -> Box<[Sweep]> {
        let entries = || self.actions.only().iter().enumerate().filter(|(_, it)| is_such(it));
        if self.is_all_but() || entries().next().is_none() || self.wide_resources().is_empty() {
            return Box::default();
        }
        let held = entries().flat_map(|(entry, it)| it.reached().iter().map(move |action| (entry, action)));
        held.filter_map(|(entry, action)| self.sweep(entry, action)).collect()
    }

    fn sweep(&self, entry: usize, action: catalog::Action) -> Option<Sweep> {
        if !action.can_be_limited() || !self.admits(action) || self.narrowed(action).is_some() {
            return None;
        }
        let by = |reach| self.wide_by(action, reach).map(|resource| Sweep { action, entry, resource, reach });
        // IAM lets nobody into another account, so an ARN that leaves the account open holds those of one.
        let is_everywhere = |it: &Sweep| {
            action.service().prefix() != "iam"
                || self.resources.as_ref().is_some_and(|all| all.entries()[it.resource].is_everything())
        };
        by(Reach::Everywhere).filter(is_everywhere).or_else(|| by(Reach::Account))
    }

    fn is_all_but(&self) -> bool {
        self.resources.as_ref().is_some_and(Scope::is_negated)
    }

    /// The entry of `Resource` or `NotResource` that is every resource of the action; one that is there in every case,
    /// if there is one.
    fn wide_by(&self, action: catalog::Action, reach: Reach) -> Option<usize> {
        let entries = self.resources.as_ref().map(Scope::entries).unwrap_or_default();
        let forms = LazyCell::new(|| forms_of(action));
        let is_all = |it: &Wide| it.is_everything() || it.covers_all(&forms, reach);
        let all = || self.wide_resources().iter().filter(|(_, it)| is_all(it)).map(|(index, _)| *index);
        all().find(|index| entries[*index].place.given.is_none()).or_else(|| all().next())
    }

    /// The entries of `Resource` that cover all resources of a documented form,
    /// `arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}`, in `reach`, each text once.
    pub(super) fn all_of(&self, form: &str, reach: Reach) -> impl Iterator<Item = &Resource> {
        let entries = self.resources.as_ref().map(Scope::only).unwrap_or_default();
        let wide = if entries.is_empty() { &[] } else { self.wide_resources() };
        wide.iter().filter(move |(_, it)| it.covers(form, reach)).map(|(index, _)| &entries[*index])
    }

    /// The entries of `Resource` or `NotResource` that are all resources of some form, each text once.
    fn wide_resources(&self) -> &[(usize, Wide)] {
        self.facts.wide_resources.get_or_init(|| {
            let entries = self.resources.as_ref().map(Scope::entries).unwrap_or_default();
            let mut seen = FxHashSet::default();
            let wide = entries.iter().enumerate().filter_map(|(index, it)| Some((index, it.wide()?)));
            wide.filter(|(index, _)| seen.insert((entries[*index].text.raw(), entries[*index].place.given.is_none())))
                .collect()
        })
    }

    /// Whether it holds the action by what is written, in whichever case it is there.
    pub fn holds(&self, action: catalog::Action) -> bool {
        match &self.actions {
            Scope::Only(entries) => entries.iter().any(|it| it.names_known(action)),
            Scope::AllExcept(_) => self.actions.must_match(&action.full_name()),
        }
    }

    /// The same, whatever is unknown in it.
    pub fn certainly_holds(&self, action: catalog::Action) -> bool {
        match &self.actions {
            Scope::Only(entries) => entries.iter().any(|it| it.place.given.is_none() && it.reached().contains(action)),
            Scope::AllExcept(_) => self.actions.must_match(&action.full_name()),
        }
    }

    /// Whether it allows all of IAM, or all there is: no limit on other actions takes away what that gives.
    pub fn gives_everything(&self) -> bool {
        let is_iam =
            |it: &Action| it.is_whole_service() && it.service().is_some_and(|it| it.eq_ignore_ascii_case("iam"));
        let is_enough = |it: &Action| it.place.given.is_none() && (is_iam(it) || it.covers_every_action());
        *self
            .facts
            .gives_everything
            .get_or_init(|| self.actions.only().iter().any(is_enough) && self.way_to_everything().is_some())
    }

    /// An action by which whoever holds it can give itself every other permission: it attaches any policy to any role
    /// or user, and no condition says which. By what is written, in whichever case it is there.
    pub fn way_to_everything(&self) -> Option<catalog::Action> {
        *self.facts.way_to_everything.get_or_init(|| self.ways_to_everything().next())
    }

    /// Every such action.
    pub fn ways_to_everything(&self) -> impl Iterator<Item = catalog::Action> {
        catalog::ways_up().filter(|action| {
            self.holds(*action)
                && self.admits(*action)
                && self.narrowed(*action).is_none()
                && self.reaches_account_of(*action)
        })
    }
}

/// What a resource may be.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// Anything, and what has no ARN.
    Everything,
    /// Whatever has an ARN.
    Anything,
    /// Of one of these types, which are in order.
    Types(Box<[ResourceType]>),
}

impl Shape {
    fn of(resource: &Resource) -> Self {
        let text = &resource.text;
        let Some(pattern) = glob(text, Strength::May).filter(|it| !is_all_stars(it)) else { return Self::Everything };
        let mut parts = split_arn(&pattern);
        if let Some(account) = parts.get_mut(4).filter(|_| resource.has_looked_up_account()) {
            *account = "?*";
        }
        // What begins with a wildcard has no parts that could be told apart, and a pattern of fewer parts is padded.
        if parts[0].starts_with(['*', '?']) {
            return Self::Anything;
        }
        if parts[0] != "arn" || parts.len() < 6 && !pattern.ends_with('*') {
            return Self::Types(Box::default());
        }
        let met = |it: &ArnForm| meets_form(&parts, it).then_some(it.resource_type);
        let mut types: Vec<ResourceType> = match parts[..] {
            ["arn", _, service, ..] if first_wildcard(service).is_none() => {
                catalog::arn_forms_naming(service).filter_map(met).collect()
            }
            _ => catalog::services()
                .flat_map(|it| it.resource_types())
                .flat_map(ArnForm::of_type)
                .filter_map(met)
                .collect(),
        };
        types.sort_unstable();
        types.dedup();
        Self::Types(types.into())
    }
}

impl Resource {
    /// Whether it may be a resource that the action takes.
    pub fn fits(&self, action: catalog::Action) -> bool {
        match self.shape.get_or_init(|| Shape::of(self)) {
            Shape::Everything => true,
            Shape::Anything => {
                let has_arn = |it: ActionResource| it.resource_type().arns().len() > 0;
                !action.takes_only_star() && action.resource_types().any(has_arn)
            }
            Shape::Types(types) => {
                let is_met = |it: ActionResource| types.binary_search(&it.resource_type()).is_ok();
                !action.takes_only_star() && action.resource_types().any(is_met)
            }
        }
    }

    /// Whether it may be a resource of a type.
    pub fn may_be(&self, of: ResourceType) -> bool {
        match self.shape.get_or_init(|| Shape::of(self)) {
            Shape::Everything => true,
            Shape::Anything => of.arns().len() > 0,
            Shape::Types(types) => types.binary_search(&of).is_ok(),
        }
    }

    /// Whether it is every resource that the action takes, in one account and region at least.
    pub fn is_all_of_account(&self, action: catalog::Action) -> bool {
        self.wide().is_some_and(|it| it.is_everything() || it.covers_all(&forms_of(action), Reach::Account))
    }
}

/// The forms of the ARNs that are every resource of an action together; none of an action that takes only `*`.
fn forms_of(action: catalog::Action) -> Vec<&'static str> {
    if action.takes_only_star() {
        return Vec::new();
    }
    // A request names one of them, an object or one behind an access point.
    let needed = action.needed_types();
    let all = action.resource_types().map(ActionResource::resource_type).filter(|_| needed.is_empty());
    needed.iter().copied().chain(all).flat_map(ResourceType::arns).collect()
}

/// Whether some ARN is of both, for some value of what is unknown in them.
pub fn may_meet(pattern: &Text, other: &Text) -> bool {
    let (Some(pattern), Some(other)) = (glob(pattern, Strength::May), glob(other, Strength::May)) else { return true };
    // What begins with a hole has no parts that could be told apart.
    if !pattern.starts_with("arn:") || !other.starts_with("arn:") {
        return meets(&tokens(&pattern), &tokens(&other));
    }
    // A pattern of fewer parts is padded.
    let (parts, others) = (split_arn(&pattern), split_arn(&other));
    let rest = |of: &[&str], whole: &str| of.len() == 6 || whole.ends_with('*');
    parts.iter().zip(&others).all(|(a, b)| meets(&tokens(a), &tokens(b)))
        && rest(&parts, &pattern)
        && rest(&others, &other)
}

/// Whether an ARN ends in a name: `…:function:NAME`, `…:role/path/NAME`.
pub fn is_named(arn: &Text, name: &Text) -> bool {
    let before = arn.raw().strip_suffix(name.raw()).filter(|it| it.ends_with([':', '/']));
    before.is_some_and(|it| arn.slice(it.len()..arn.len()) == *name)
}

/// Whether the parts of a pattern and a documented form, `arn:${Partition}:s3:::${BucketName}/${ObjectName}`, have an
/// ARN in common.
fn meets_form(pattern: &[&str], form: &ArnForm) -> bool {
    form.parts.into_iter().zip(1..).skip(1).all(|(part, n)| {
        let Some(own) = pattern.get(n) else { return true };
        // A region and an account are never empty where the form has them.
        let is_there = n == 5 || part.is_empty() == own.is_empty() || is_all_stars(own);
        is_there && meets_part(own, part)
    })
}

/// Whether a part of a pattern and one of a form have a text in common.
fn meets_part(own: &str, part: &str) -> bool {
    if own == "*" {
        true
    } else if memchr::memchr(b'$', part.as_bytes()).is_none() {
        matches(own, part, false)
    } else if is_one_name(part) {
        !own.contains('/')
    } else if part == LOG_GROUP && memchr::memchr_iter(b':', own.as_bytes()).count() > 1 {
        false
    } else {
        // It is cheaper to see that what is fixed at the front differs than to look for a text of both.
        let (own, part) = beyond_fixed(own, part);
        let is_open = own.starts_with(is_wild) || part.starts_with(is_wild);
        // A name takes what is fixed before a star at the end, and the star the rest.
        let is_prefix = || own.strip_suffix('*').is_some_and(|it| !it.contains(is_wild));
        own == "*" || is_open && (part.starts_with("${") && is_prefix() || meets(&tokens(own), &tokens(part)))
    }
}

/// Whether a part of a form is a name and nothing else: such a name, as a bucket's is, holds no slash.
fn is_one_name(part: &str) -> bool {
    part.starts_with("${") && memchr::memchr(b'}', part.as_bytes()) == Some(part.len() - 1)
}

/// Whether it stands for other characters, or begins what does.
fn is_wild(char: char) -> bool {
    matches!(char, '*' | '?' | '$' | HOLE)
}

/// A piece of a pattern or form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Char(char),
    One,
    Any,
}

fn tokens(part: &str) -> Vec<Token> {
    let mut out = Vec::with_capacity(part.len());
    let mut rest = part;
    while let Some(first) = rest.chars().next() {
        if let Some((_, after)) = rest.strip_prefix("${").and_then(|it| it.split_once('}')) {
            out.push(Token::Any);
            rest = after;
            continue;
        }
        rest = &rest[first.len_utf8()..];
        out.push(match first {
            '*' | HOLE => Token::Any,
            '?' => Token::One,
            other => Token::Char(other),
        });
    }
    out
}

/// Whether some text is of both.
fn meets(a: &[Token], b: &[Token]) -> bool {
    // Far more than an ARN has; beyond, nothing is claimed to be apart.
    if a.len() * b.len() > 1 << 20 {
        return true;
    }
    let width = b.len() + 1;
    let mut reached = vec![false; (a.len() + 1) * width];
    reached[0] = true;
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            if !reached[i * width + j] {
                continue;
            }
            match (a.get(i), b.get(j)) {
                // A run ends, or takes one more of what is on the other side.
                (x, y) if x == Some(&Token::Any) || y == Some(&Token::Any) => {
                    if x.is_some() {
                        reached[(i + 1) * width + j] = true;
                    }
                    if y.is_some() {
                        reached[i * width + j + 1] = true;
                    }
                }
                (Some(x), Some(y)) if x == y || *x == Token::One || *y == Token::One => {
                    reached[(i + 1) * width + j + 1] = true;
                }
                _ => {}
            }
        }
    }
    reached[a.len() * width + b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Carried, Place, Policy, PolicyKind, parse};
    use crate::source::{FileId, Span};
    use crate::value::Node;

    fn policy(text: &str) -> Policy {
        let span = Span::new(FileId(0), 0, text.len());
        let place = Place::here(span);
        let carried = Carried { kind: PolicyKind::Identity, address: "it".into(), source: None, place };
        parse(&Node::text(text, span), carried).0
    }

    fn statement(rest: &str) -> Statement {
        policy(&format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",{rest}}}}}"#)).statements.remove(0)
    }

    fn action(name: &str) -> catalog::Action {
        catalog::action(name).unwrap()
    }

    #[test]
    fn every_action_has_many_spellings() {
        for text in ["*", "**", "*:*", "?*", "*?:*"] {
            assert!(statement(&format!(r#""Action":"{text}""#)).actions.entries()[0].covers_every_action(), "{text}");
        }
        assert!(!statement(r#""Action":"*:Get*""#).actions.entries()[0].covers_every_action());
    }

    #[test]
    fn what_is_excepted_is_not_held() {
        let all_but_iam = statement(r#""NotAction":["IAM:*","nothing:AtAll"]"#).actions.certain();
        assert!(!all_but_iam.contains(&action("iam:PassRole")));
        assert!(all_but_iam.contains(&action("s3:GetObject")));
    }

    #[test]
    fn a_key_that_no_request_carries_shuts_an_action_out() {
        let on = |test: &str| statement(&format!(r#""Action":"ec2:*","Condition":{{{test}}}"#));
        let tag = on(r#""StringEquals":{"aws:ResourceTag/team":"a"}"#);
        assert!(tag.admits(action("ec2:StopInstances")) && !tag.admits(action("ec2:DescribeInstances")));
        let tag = on(r#""StringEqualsIfExists":{"aws:ResourceTag/team":"a"}"#);
        assert!(tag.admits(action("ec2:DescribeInstances")));
        let region = on(r#""StringEquals":{"aws:RequestedRegion":"eu-west-1"}"#);
        assert!(region.admits(action("ec2:DescribeInstances")));
    }

    #[test]
    fn whose_a_resource_is_narrows_nothing() {
        let narrowed = |key: &str, name: &str| {
            let text = format!(r#""Action":"{name}","Condition":{{"StringEquals":{{"{key}":"a"}}}}"#);
            statement(&text).narrowed(action(name)).is_some()
        };
        assert!(narrowed("aws:ResourceTag/team", "ec2:StopInstances"));
        assert!(narrowed("s3:prefix", "s3:ListBucket"));
        assert!(narrowed("aws:RequestTag/team", "ec2:RunInstances"));
        assert!(!narrowed("aws:RequestTag/team", "ec2:CreateTags"));
        let there = r#""Action":"*","Condition":{"Null":{"aws:ResourceTag/example.com/team":"false"}}"#;
        let is_narrowed = |text: &str| statement(text).narrowed(action("ec2:StopInstances")).is_some();
        assert!(is_narrowed(there) && !is_narrowed(&there.replace("false", "true")));
        assert!(!is_narrowed(&there.replace("example.com/", "")));
        // Of a role no tag decides who hands it over.
        assert!(
            narrowed("iam:ResourceTag/team", "iam:UpdateRole") && !narrowed("iam:ResourceTag/team", "iam:PassRole")
        );
        assert!(!narrowed("aws:ResourceAccount", "s3:GetObject"));
        assert!(!narrowed("aws:RequestedRegion", "ec2:StopInstances"));
        assert!(!narrowed("iam:PassedToService", "iam:PassRole"));
    }

    #[test]
    fn a_resource_fits_the_actions_that_take_its_kind() {
        let fits = |resource: &str, name: &str| {
            statement(&format!(r#""Action":"*","Resource":"{resource}""#)).may_reach(action(name))
        };
        assert!(fits("arn:aws:s3:::reports/*", "s3:GetObject"));
        assert!(!fits("arn:aws:s3:::reports/*", "s3:DeleteBucket"));
        assert!(fits("arn:aws:s3:::reports", "s3:DeleteBucket"));
        assert!(!fits("arn:aws:s3:::reports", "s3:GetObject"));
        assert!(!fits("arn:aws:s3:::reports", "s3:ListAllMyBuckets"));
        assert!(fits("arn:aws:s3:::rep*", "s3:GetObject"));
        assert!(!fits("arn:aws:s3:::reports", "s3:PutAccessPointPolicy"));
        assert!(fits("arn:aws:logs:*:*:log-group:/aws/lambda/x:*", "logs:PutLogEvents"));
        assert!(!fits("arn:aws:logs:*:*:log-group:/aws/lambda/x:*", "logs:TagResource"));
        assert!(fits("arn:aws:logs:*:*:log-group:/aws/lambda/*", "logs:TagResource"));
        assert!(fits("*", "s3:ListAllMyBuckets"));
    }

    #[test]
    fn an_arn_is_named_by_what_stands_last() {
        let span = Span::new(FileId(0), 0, 0);
        let named = |arn: &str, name: &str| is_named(&Text::known(arn, span), &Text::known(name, span));
        assert!(named("arn:aws:iam::111122223333:role/team/app", "app"));
        assert!(!named("arn:aws:iam::111122223333:role/team-app", "app") && !named("app", "arn:aws:sqs:::app"));
    }

    #[test]
    fn two_patterns_meet_where_an_arn_is_of_both() {
        let span = Span::new(FileId(0), 0, 0);
        let meet = |a: &str, b: &str| may_meet(&Text::known(a, span), &Text::known(b, span));
        assert!(meet("arn:aws:s3:::logs/*", "arn:*:s3:::logs/*") && meet("arn:aws:s3:::l*", "arn:*:s3:::logs/*"));
        assert!(meet("*", "arn:aws:s3:::logs") && meet("arn:aws:s3:::${aws:username}", "arn:aws:s3:::logs"));
        assert!(meet("arn:aws:sqs:*", "arn:aws:sqs:*:*:jobs") && !meet("arn:aws:sqs", "arn:aws:sqs:*:*:jobs"));
        assert!(!meet("arn:aws:s3:::logs", "arn:*:s3:::logs/*") && !meet("arn:aws:s3:::other/*", "arn:*:s3:::logs/*"));
    }

    #[test]
    fn all_of_an_action_is_all_of_each_kind_it_takes() {
        let all = |resource: &str, name: &str| {
            let statement = statement(&format!(r#""Action":"*","Resource":"{resource}""#));
            statement.reaches_all_of(action(name)).is_some()
        };
        assert!(all("*", "sqs:SendMessage") && all("arn:aws:sqs:*:*:*", "sqs:SendMessage"));
        assert!(!all("arn:aws:sqs:eu-west-1:*:*", "sqs:SendMessage"));
        assert!(all("arn:aws:s3:::*", "s3:GetObject") && !all("arn:aws:s3:::*", "s3:ListAllMyBuckets"));
        assert!(!all("arn:aws:ec2:*:*:instance/*", "ec2:RunInstances"));
    }

    #[test]
    fn who_attaches_any_policy_to_any_role_has_everything() {
        let way = |text: &str| statement(text).way_to_everything().map(|it| it.to_string());
        assert_eq!(way(r#""Action":"iam:*","Resource":"*""#).as_deref(), Some("iam:AttachRolePolicy"));
        let roles = "arn:aws:iam::111122223333:role";
        assert!(way(&format!(r#""Action":"iam:Attach*","Resource":"{roles}/*""#)).is_some());
        assert!(way(&format!(r#""Action":"iam:Attach*","Resource":"{roles}/app-*""#)).is_none());
        assert!(way(r#""NotAction":"s3:*","NotResource":"arn:aws:s3:::a""#).is_some());
        assert!(way(r#""NotAction":"iam:*","Resource":"*""#).is_none());
        let bound = r#""Condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}"#;
        assert!(way(&format!(r#""Action":"iam:AttachRolePolicy","Resource":"*",{bound}"#)).is_none());
    }
}
