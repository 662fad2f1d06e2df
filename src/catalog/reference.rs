//! The service reference: every service, its actions and its resource types.

use std::fmt;
use std::ops::Range;
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;
use serde::Deserialize;
use smallvec::SmallVec;

use super::arn::ArnForm;
use super::condition_key::{ConditionKey, KeyStanding};
use super::layout::{self, ActionRecord, FactsRecord, OverrideRecord, ResourceTypeRecord, ServiceRecord};
use super::nearest::nearest;
use super::pattern::{Pattern, has_wildcard};
use super::superseded::prefix_alias;
use super::{said, table};

/// The day the reference was taken, `2026-09-26`: a name that is newer cannot be known.
pub fn reference_date() -> &'static str {
    table::text(table::record::<FactsRecord>(0).reference_date)
}

/// A service with a prefix of its own in action names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Service(u16);

/// The service of a prefix, in any case.
pub fn service(prefix: &str) -> Option<Service> {
    table::find::<ServiceRecord>(0, prefix).map(Service::at)
}

/// Every service, in the order of prefixes.
pub fn services() -> impl ExactSizeIterator<Item = Service> + DoubleEndedIterator + Clone {
    (0..table::count::<ServiceRecord>()).map(Service::at)
}

/// The service that a misspelt prefix was meant to be.
pub fn nearest_service(prefix: &str) -> Option<Service> {
    prefix_alias(prefix).or_else(|| nearest(prefix, services().map(|it| (it, it.prefix()))))
}

impl Service {
    pub(super) fn at(index: usize) -> Self {
        // There are some hundreds; a number beyond would be a broken table, which the tests rule out.
        Self(u16::try_from(index).unwrap_or(u16::MAX))
    }

    fn record(self) -> ServiceRecord {
        table::record(usize::from(self.0))
    }

    /// `s3`.
    pub fn prefix(self) -> &'static str {
        table::text(self.record().prefix)
    }

    /// `Amazon S3`.
    pub fn name(self) -> &'static str {
        table::text(self.record().name)
    }

    /// What kind of service it is, `storage`.
    pub fn category(self) -> Option<&'static str> {
        said(table::text(self.record().category))
    }

    /// Whether resource control policies have an effect on it.
    pub fn supports_resource_control_policies(self) -> bool {
        self.record().supports_rcps != 0
    }

    /// Whether so many of its actions that change a resource are most of these, or more than anybody calls.
    pub fn is_given_mostly_by(self, given: usize) -> bool {
        layout::action::are_most(given, self.actions().filter(|it| it.changes_a_resource()).count())
    }

    /// Its actions, in the order of names.
    pub fn actions(self) -> impl ExactSizeIterator<Item = Action> + DoubleEndedIterator + Clone {
        self.action_range().map(Action::at)
    }

    /// One of its actions, in any case.
    pub fn action(self, name: &str) -> Option<Action> {
        table::find::<ActionRecord>(self.0, name).map(Action::at)
    }

    /// The action of this service that a misspelt name was meant to be.
    pub fn nearest_action(self, name: &str) -> Option<Action> {
        nearest(name, self.actions().map(|it| (it, it.name())))
    }

    /// Its resource types, in the order of names.
    pub fn resource_types(self) -> impl ExactSizeIterator<Item = ResourceType> + DoubleEndedIterator + Clone {
        self.resource_type_range().map(ResourceType::at)
    }

    /// One of its resource types, in any case.
    pub fn resource_type(self, name: &str) -> Option<ResourceType> {
        table::find::<ResourceTypeRecord>(self.0, name).map(ResourceType::at)
    }

    /// The condition keys on its page; not only keys with its prefix, nor the keys that are global.
    pub fn condition_keys(self) -> impl ExactSizeIterator<Item = ConditionKey> + DoubleEndedIterator + Clone {
        table::list(self.record().condition_keys).map(ConditionKey::at)
    }

    fn action_range(self) -> Range<usize> {
        let record = self.record();
        record.first_action as usize..(record.first_action + record.action_count) as usize
    }

    fn resource_type_range(self) -> Range<usize> {
        let record = self.record();
        record.first_resource_type as usize..(record.first_resource_type + record.resource_type_count) as usize
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.prefix())
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({self})")
    }
}

/// An action of the reference. Ordered by service, then by name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Action(u32);

/// How much an action lets its caller do, as AWS classifies it; more power is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccessLevel {
    /// Sees which resources there are.
    List,
    /// Sees what is in them.
    Read,
    /// Changes tags, which is power where tags decide about access.
    Tagging,
    /// Creates, changes or deletes.
    Write,
    /// Gives or takes permissions.
    PermissionsManagement,
}

impl fmt::Display for AccessLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::List => "list",
            Self::Read => "read",
            Self::Tagging => "tagging",
            Self::Write => "write",
            Self::PermissionsManagement => "permissions management",
        })
    }
}

/// Why an action is dangerous beyond its access level, as public lists of such actions have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Risk {
    /// Returns passwords, tokens or keys.
    CredentialExposure,
    /// Returns data of customers.
    DataAccess,
    /// Lets the caller gain permissions.
    PrivilegeEscalation,
    /// Lets the caller open a resource to others.
    ResourceExposure,
    /// Manages permissions although AWS calls it something less.
    PermissionsManagement,
}

impl Risk {
    /// Every risk, in the order of the bits of the table.
    const ALL: [Self; layout::action::RISKS.len()] = [
        Self::CredentialExposure,
        Self::DataAccess,
        Self::PrivilegeEscalation,
        Self::ResourceExposure,
        Self::PermissionsManagement,
    ];
}

/// The worst that comes of an action in the wrong hands; worse is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Power {
    /// Tells what there is.
    Sees,
    /// Returns data of customers.
    ReadsData,
    /// Creates, changes, tags or deletes.
    Changes,
    /// Returns credentials, or makes them.
    Unlocks,
    /// Gives permissions, which is a way to all the rest.
    Permits,
}

/// Where the published table and what AWS does differ, or differed until lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionOverride {
    /// Why, in words.
    pub reason: &'static str,
    /// The page of AWS that says so.
    pub link: &'static str,
    /// The principal of the service that needs it of the roles it is handed; none where whoever calls it may.
    pub service: Option<&'static str>,
}

/// The action of a full name such as `s3:GetObject`, in any case. Wildcards are no name.
pub fn action(full_name: &str) -> Option<Action> {
    let (prefix, name) = full_name.split_once(':')?;
    service(prefix)?.action(name)
}

/// How many actions there are; an [`Action::id`] is less than that.
pub fn action_count() -> usize {
    table::count::<ActionRecord>()
}

/// Every action.
pub fn actions() -> impl ExactSizeIterator<Item = Action> + DoubleEndedIterator + Clone {
    (0..action_count()).map(Action::at)
}

/// The action that a misspelt full name was meant to be: of the service it names if that is known,
/// else of the service nearest to it.
pub fn nearest_action(full_name: &str) -> Option<Action> {
    let (prefix, name) = full_name.split_once(':')?;
    let service = service(prefix).or_else(|| nearest_service(prefix))?;
    service.action(name).or_else(|| service.nearest_action(name))
}

/// The actions that an IAM pattern over `service:Name` covers, each once and in order: `*` is any run
/// of characters, `?` is one, ASCII case does not count. `*` and `*:*` are everything.
pub fn actions_matching(pattern: &str) -> impl Iterator<Item = Action> + Clone + use<> {
    MatchingActions::new(pattern)
}

/// A set of actions, as runs of neighbours: what a pattern covers is one run, or a few.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionSet(SmallVec<[Range<u32>; 1]>);

impl ActionSet {
    /// The actions that a pattern covers, see [`actions_matching`].
    pub fn matching(pattern: &str) -> Self {
        // The same few patterns are written over and over; a name is found as soon in the table.
        static KNOWN: LazyLock<Mutex<FxHashMap<Box<str>, ActionSet>>> = LazyLock::new(Mutex::default);
        const LONGEST: usize = 64;
        if !has_wildcard(pattern) {
            return Self(action(pattern).map(|it| it.0..it.0 + 1).into_iter().collect());
        }
        if pattern.len() > LONGEST {
            return Self::found(pattern);
        }
        let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known().get(pattern).cloned();
        found.unwrap_or_else(|| {
            let found = Self::found(pattern);
            known().insert(pattern.into(), found.clone());
            found
        })
    }

    fn found(pattern: &str) -> Self {
        let mut matching = MatchingActions::new(pattern);
        let mut runs: SmallVec<[Range<u32>; 1]> = SmallVec::new();
        while let Some(run) = matching.run() {
            match runs.last_mut() {
                Some(last) if last.end == run.start => last.end = run.end,
                _ => runs.push(run),
            }
        }
        Self(runs)
    }

    /// Its actions, in order.
    pub fn iter(&self) -> impl Iterator<Item = Action> + Clone {
        self.0.iter().cloned().flatten().map(Action)
    }

    /// Whether it holds an action.
    pub fn contains(&self, action: Action) -> bool {
        let next = self.0.partition_point(|run| run.end <= action.0);
        self.0.get(next).is_some_and(|run| run.start <= action.0)
    }

    /// How many actions it holds.
    pub fn len(&self) -> usize {
        self.0.iter().map(ExactSizeIterator::len).sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Walks candidates in order and keeps those that fit.
#[derive(Clone)]
struct MatchingActions {
    /// Services not yet looked at.
    services: Range<usize>,
    /// Actions not yet looked at.
    actions: Range<usize>,
    /// What a service's prefix must be.
    service: Option<Pattern>,
    /// What an action's name must be; none when every one will do.
    name: Option<Pattern>,
    /// What the full name must be.
    whole: Option<Pattern>,
}

impl MatchingActions {
    fn new(pattern: &str) -> Self {
        let mut matching = Self { services: 0..0, actions: 0..0, service: None, name: None, whole: None };
        match pattern.split_once(':') {
            _ if !pattern.is_empty() && pattern.bytes().all(|it| it == b'*') => matching.actions = 0..action_count(),
            // A wildcard stands for the colon, so the two parts cannot be told apart.
            None => {
                matching.actions = 0..action_count();
                matching.whole = Some(Pattern::new(pattern));
            }
            Some((prefix, name)) if !has_wildcard(pattern) => {
                let action = service(prefix).and_then(|it| it.action(name)).map(|it| it.0 as usize);
                matching.actions = action.map_or(0..0, |it| it..it + 1);
            }
            Some((prefix, name)) => {
                matching.name = Some(Pattern::new(name));
                if has_wildcard(prefix) {
                    matching.services = 0..table::count::<ServiceRecord>();
                    matching.service = Some(Pattern::new(prefix));
                } else if let Some(service) = service(prefix) {
                    matching.actions = matching.candidates(service);
                }
            }
        }
        matching
    }

    /// The next actions that fit and stand beside each other, or some of them.
    fn run(&mut self) -> Option<Range<u32>> {
        let Action(first) = self.next()?;
        // What is left begins as the pattern does, and may be all that it asks for.
        if self.whole.is_none() && self.name.as_ref().is_none_or(Pattern::is_prefix) {
            let left = std::mem::take(&mut self.actions);
            return Some(first..Action::at(left.end).0);
        }
        Some(first..first + 1)
    }

    /// The actions of a service that begin as the pattern does.
    fn candidates(&self, service: Service) -> Range<usize> {
        let literal = self.name.as_ref().map_or(&[][..], Pattern::literal_prefix);
        let head = |name: &str| {
            let head = name.bytes().take(literal.len()).map(|it| it.to_ascii_lowercase());
            head.cmp(literal.iter().copied())
        };
        let Range { start, end } = service.action_range();
        let start = table::lower_bound::<ActionRecord>(start..end, |it| head(it).is_lt());
        let end = table::lower_bound::<ActionRecord>(start..end, |it| head(it).is_le());
        start..end
    }

    fn fits(&self, action: Action) -> bool {
        match &self.whole {
            Some(whole) => whole.matches(action.full_name().as_bytes()),
            None => self.name.as_ref().is_none_or(|it| it.is_prefix() || it.matches(action.name().as_bytes())),
        }
    }
}

impl Iterator for MatchingActions {
    type Item = Action;

    fn next(&mut self) -> Option<Action> {
        loop {
            while let Some(action) = self.actions.next().map(Action::at) {
                if self.fits(action) {
                    return Some(action);
                }
            }
            let service = Service::at(self.services.next()?);
            if self.service.as_ref().is_some_and(|it| it.matches(service.prefix().as_bytes())) {
                self.actions = self.candidates(service);
            }
        }
    }
}

impl Action {
    pub(super) fn at(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The action of an [`id`](Self::id).
    pub fn from_id(id: u32) -> Option<Self> {
        ((id as usize) < action_count()).then_some(Self(id))
    }

    /// Its place among all actions, for sets of bits. It changes from release to release.
    pub fn id(self) -> u32 {
        self.0
    }

    #[inline]
    fn record(self) -> ActionRecord {
        table::record(self.0 as usize)
    }

    /// The service.
    pub fn service(self) -> Service {
        Service::at((self.record().bits & layout::action::SERVICE) as usize)
    }

    /// `GetObject`, spelled as AWS does.
    pub fn name(self) -> &'static str {
        table::name_of::<ActionRecord>(self.0 as usize)
    }

    /// `s3:GetObject`, spelled as AWS does.
    pub fn full_name(self) -> String {
        self.to_string()
    }

    /// The access level.
    pub fn access_level(self) -> AccessLevel {
        match self.record().bits >> layout::action::LEVEL & 7 {
            0 => AccessLevel::List,
            1 => AccessLevel::Read,
            2 => AccessLevel::Tagging,
            3 => AccessLevel::Write,
            _ => AccessLevel::PermissionsManagement,
        }
    }

    /// Whether it gives or takes permissions, by its level or by what others say of it.
    pub fn manages_permissions(self) -> bool {
        self.access_level() == AccessLevel::PermissionsManagement || self.has_risk(Risk::PermissionsManagement)
    }

    /// The worst that comes of it.
    pub fn power(self) -> Power {
        match self.record().bits >> layout::action::POWER & 7 {
            0 => Power::Sees,
            1 => Power::ReadsData,
            2 => Power::Changes,
            3 => Power::Unlocks,
            _ => Power::Permits,
        }
    }

    /// Whether it buys, or binds the account to pay for a term.
    pub fn buys(self) -> bool {
        static BUYING: LazyLock<Vec<Action>> = LazyLock::new(|| {
            let mut actions: Vec<_> = layout::action::PURCHASES.iter().filter_map(|it| action(it)).collect();
            actions.sort_unstable();
            actions
        });
        BUYING.binary_search(&self).is_ok()
    }

    /// Whether it changes a resource that a statement can name, or decides who may.
    pub fn changes_a_resource(self) -> bool {
        let changes = matches!(self.access_level(), AccessLevel::Write | AccessLevel::PermissionsManagement);
        changes && !self.takes_only_star()
    }

    pub(super) fn leads_on(self) -> bool {
        self.record().bits & layout::action::LEADS_ON != 0
    }

    /// Why it is dangerous.
    pub fn risks(self) -> impl Iterator<Item = Risk> + Clone {
        Risk::ALL.into_iter().filter(move |it| self.has_risk(*it))
    }

    /// Whether it is dangerous for this reason.
    pub fn has_risk(self, risk: Risk) -> bool {
        self.record().bits >> layout::action::RISK & 1 << risk as u32 != 0
    }

    /// The resource types it can be limited to, as the published table has them.
    pub fn resource_types(self) -> impl ExactSizeIterator<Item = ActionResource> + Clone {
        table::pairs(self.record().resources).map(|(packed, keys)| ActionResource { packed, keys })
    }

    /// The resource types of which a statement must name an ARN for a request to pass: all that a request always has,
    /// else the plainer of two that it may have. Of a bucket and an access point to it that is the bucket, since what has
    /// the shorter ARN is the plainer thing. Nothing where they are too many to be named or to choose from.
    pub fn needed_types(self) -> SmallVec<[ResourceType; layout::action::FEW]> {
        table::list(self.record().needed).map(|it| ResourceType::at(it as usize)).collect()
    }

    /// Whether a request that names none of its resources asks for all of them, as one for a list does: by a statement that
    /// names some it is denied. What a bucket holds is asked of the bucket or of an access point of it, and so of none no
    /// list. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>
    pub fn lists_unnamed(self) -> bool {
        self.access_level() == AccessLevel::List
            && self.service().prefix() != "s3"
            && !self.takes_only_star()
            && !self.resource_types().any(ActionResource::is_required)
    }

    /// What a request may have in place of the one that it needs, and no less plain: an access point as well as a file
    /// system may be given a tag. A statement that names that one alone denies such a request.
    pub fn alternative(self) -> Option<ResourceType> {
        let needed = self.needed_types();
        let [one] = needed[..] else { return None };
        let mut others = self.resource_types().map(ActionResource::resource_type).filter(|it| *it != one);
        let is_needed = self.resource_types().any(ActionResource::is_required);
        others.find(|it| !is_needed && it.depth() == one.depth())
    }

    /// The resource types that a request may name beside those that it always has: with a statement that does not name
    /// them too, such a request is denied. What lies within one of the others, as an index does in its table, is left out.
    pub fn further_types(self) -> impl Iterator<Item = ResourceType> {
        let types = move |required| {
            let such = self.resource_types().filter(move |it| it.is_required() == required);
            such.map(ActionResource::resource_type)
        };
        let lies_within = move |further: ResourceType, other: ResourceType| {
            further.arns().any(|it| other.arns().any(|arn| it.starts_with(arn)))
        };
        let is_apart = move |it: &ResourceType| types(true).all(|other| !lies_within(*it, other));
        let has_some = types(true).next().is_some();
        types(false).filter(move |it| has_some && is_apart(it))
    }

    /// Whether a tag tells resources of a type that it needs, or may have in place of that, from others. What it makes has
    /// none yet: some services say so row by row of the published table, and of the others the name says it.
    pub fn tells_by_tag(self, of: ResourceType) -> bool {
        let needed = self.needed_types();
        let mut rows = self.resource_types().filter(|it| needed.contains(&it.resource_type()));
        let mut own = self.resource_types().filter(|it| it.resource_type() == of);
        if rows.any(ActionResource::is_told_by_tags) {
            return own.any(ActionResource::is_told_by_tags);
        }
        let made = self.name().strip_prefix("Create").unwrap_or_default();
        let is_listed = self.condition_keys().chain(of.condition_keys()).any(is_resource_tag);
        is_listed && !of.name().eq_ignore_ascii_case(made) && !of.has_rows_told_by_tags()
    }

    /// What it makes, by its name: `SecurityGroup` of `CreateSecurityGroup`.
    fn made(self) -> Option<&'static str> {
        let name = self.name();
        ["Allocate", "Copy", "Create", "Import", "Register", "Request", "Start", "Submit"]
            .iter()
            .find_map(|it| name.strip_prefix(it))
    }

    /// Whether it makes a resource of that type whose id AWS gives, so that no statement can name it: of the types of a
    /// request that are told apart by tags, what is made has none yet, and else the action has the name of the type.
    pub fn makes(self, of: ResourceType) -> bool {
        let Some(made) = self.made() else { return false };
        let is_called = |name: &str| made.trim_end_matches('s').eq_ignore_ascii_case(&name.replace(['-', '_'], ""));
        let mut own = self.resource_types().filter(|it| it.resource_type() == of);
        // What is started is mostly there already, and an execution of it is made.
        let by_tags = !self.name().starts_with("Start") && of.has_rows_told_by_tags();
        of.has_given_id() && own.any(|it| !it.is_told_by_tags() && (is_called(of.name()) || by_tags))
    }

    /// Whether all that a statement could name is what the action makes, see [`Self::makes`], and nothing of its ARN is
    /// chosen by who makes it.
    pub fn only_makes(self) -> bool {
        // Most make nothing, which the name tells without a look at the table.
        let needed = self.made().map(|_| self.needed_types()).unwrap_or_default();
        !needed.is_empty() && needed.iter().all(|it| self.makes(*it) && !it.has_chosen_name())
    }

    /// Whether a statement can limit it to some of its resources: of what has no name in its ARN there is but one, and what
    /// it makes has no id yet. What one service needs `*` for can be limited for whoever that service does not take, see
    /// [`Self::needs_star_for`].
    pub fn can_be_limited(self) -> bool {
        // It is asked of every action that a statement holds, and answered once for each.
        static TOLD: LazyLock<Vec<OnceLock<bool>>> = LazyLock::new(|| vec![OnceLock::new(); action_count()]);
        TOLD.get(self.0 as usize).is_some_and(|it| *it.get_or_init(|| self.has_limits()))
    }

    fn has_limits(self) -> bool {
        let is_named = |it: &ArnForm| it.parts[4].contains('$');
        let has_names = |it: ActionResource| ArnForm::of_type(it.resource_type()).iter().any(is_named);
        let needs_star = self.takes_only_star() || self.sometimes_needs_star().is_some_and(|it| it.service.is_none());
        !needs_star && self.resource_types().any(has_names) && !self.only_makes()
    }

    /// Whether only `*` works as its resource: it has no resource types, or AWS does not look at them.
    pub fn takes_only_star(self) -> bool {
        match self.star() {
            1 => true,
            _ => self.resource_types().len() == 0,
        }
    }

    /// Why a statement may need `*` although the table lists resource types: a common use of the
    /// action has no ARN to name.
    pub fn sometimes_needs_star(self) -> Option<ActionOverride> {
        if self.star() == 2 { self.correction() } else { None }
    }

    /// The service that needs `*` for it of the roles that it takes, where nobody else does.
    pub fn needs_star_for(self) -> Option<&'static str> {
        self.sometimes_needs_star().and_then(|it| it.service)
    }

    /// What was corrected by hand.
    pub fn correction(self) -> Option<ActionOverride> {
        if self.star() == 0 {
            return None;
        }
        let record = table::records::<OverrideRecord>().find(|it| it.action == self.0)?;
        let service = Some(table::text(record.service)).filter(|it| !it.is_empty());
        Some(ActionOverride { reason: table::text(record.reason), link: table::text(record.link), service })
    }

    fn star(self) -> u32 {
        self.record().bits >> layout::action::STAR & 7
    }

    /// The condition keys of the action itself; [`Self::usable_condition_keys`] are all.
    pub fn condition_keys(self) -> impl ExactSizeIterator<Item = ConditionKey> + DoubleEndedIterator + Clone {
        table::list(self.record().condition_keys).map(ConditionKey::at)
    }

    /// Its own condition keys and those of its resource types, each once. Global keys are there
    /// for every action and only listed where AWS lists them.
    pub fn usable_condition_keys(self) -> Vec<ConditionKey> {
        let mut keys: Vec<_> = self.listed_condition_keys().collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn listed_condition_keys(self) -> impl Iterator<Item = ConditionKey> {
        let of_resources =
            self.resource_types().flat_map(|it| it.condition_keys().chain(it.resource_type().condition_keys()));
        self.condition_keys().chain(of_resources)
    }

    /// Whether a condition on the key limits every request: the action has it, or each resource that a request always names.
    pub fn is_limited_by(self, key: ConditionKey) -> bool {
        let needed = self.needed_types();
        let mut rows = self.resource_types().filter(|it| needed.contains(&it.resource_type()));
        let has_it =
            |it: ActionResource| it.condition_keys().chain(it.resource_type().condition_keys()).any(|it| it == key);
        self.condition_keys().any(|it| it == key) || !needed.is_empty() && rows.all(has_it)
    }

    /// Whether a request for this action can carry the key at all.
    pub fn accepts_condition_key(self, key: ConditionKey) -> bool {
        match key.standing() {
            KeyStanding::Global if !key.is_per_action() => key.is_set_by(self.service()),
            KeyStanding::CrossService | KeyStanding::Legacy => true,
            KeyStanding::Global | KeyStanding::Service => self.listed_condition_keys().any(|it| it == key),
        }
    }

    /// The keys that tell one resource of the action from another: `aws:ResourceTag/${TagKey}`, or the
    /// service's own. A condition on one of them narrows even a statement on `*`.
    pub fn scope_keys(self) -> Vec<ConditionKey> {
        let mut keys = self.usable_condition_keys();
        keys.retain(|it| it.scopes_resources());
        keys
    }

    /// Whether `aws:ResourceAccount`, `aws:ResourceOrgID` and `aws:ResourceOrgPaths` are there. A
    /// required match on them never holds where they are not.
    pub fn has_resource_owner_keys(self) -> bool {
        self.record().bits & layout::action::NO_OWNER_KEYS == 0
    }

    /// The actions that a caller of this one needs as well.
    pub fn dependent_actions(self) -> impl ExactSizeIterator<Item = Self> + DoubleEndedIterator + Clone {
        table::list(self.record().dependents).map(Self)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service().prefix(), self.name())
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Action({self})")
    }
}

/// The reference has no action of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the service reference has no action `{0}`")]
pub struct UnknownAction(pub String);

impl TryFrom<String> for Action {
    type Error = UnknownAction;

    fn try_from(full_name: String) -> Result<Self, UnknownAction> {
        action(&full_name).ok_or(UnknownAction(full_name))
    }
}

/// A resource type as one action takes it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ActionResource {
    packed: u32,
    keys: u32,
}

impl ActionResource {
    /// The resource type.
    pub fn resource_type(self) -> ResourceType {
        ResourceType::at((self.packed >> 1) as usize)
    }

    /// Whether a request always names a resource of this type: not of each where the reference calls several required of a
    /// request for tags, which names one.
    pub fn is_required(self) -> bool {
        self.packed & 1 != 0
    }

    /// The keys the request carries when such a resource is in it.
    pub fn condition_keys(self) -> impl ExactSizeIterator<Item = ConditionKey> + DoubleEndedIterator + Clone {
        table::list(self.keys).map(ConditionKey::at)
    }

    /// Whether a tag tells which of them it may be.
    fn is_told_by_tags(self) -> bool {
        self.condition_keys().any(is_resource_tag)
    }
}

fn is_resource_tag(key: ConditionKey) -> bool {
    key.name() == "aws:ResourceTag/${TagKey}"
}

impl fmt::Debug for ActionResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let required = if self.is_required() { ", required" } else { "" };
        write!(f, "ActionResource({}{required})", self.resource_type().name())
    }
}

/// Whether a name in a form of ARN, `ListenerId`, stands for what AWS makes up: an id, a hash, or the time at which the
/// resource was made.
pub fn is_given_id(name: &str) -> bool {
    const ENDS: [&str; 10] = [
        "CreationTime",
        "Epoch",
        "HashOfArtifactSource",
        "ID",
        "Id",
        "RandomString",
        "StreamLabel",
        "Timestamp",
        "UUID",
        "Uuid",
    ];
    ENDS.iter().any(|it| name.ends_with(it))
}

/// A kind of resource that a service has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceType(u16);

impl ResourceType {
    fn at(index: usize) -> Self {
        Self(u16::try_from(index).unwrap_or(u16::MAX))
    }

    /// Its place among all resource types.
    pub(super) fn id(self) -> usize {
        usize::from(self.0)
    }

    fn record(self) -> ResourceTypeRecord {
        table::record(usize::from(self.0))
    }

    /// `object`.
    pub fn name(self) -> &'static str {
        table::text(self.record().name)
    }

    /// Whether some action of its service is limited by the tags of such resources, row by row of the published table.
    fn has_rows_told_by_tags(self) -> bool {
        self.record().told_by_tags != 0
    }

    /// Whether its ARN ends in what AWS makes up when the resource is made.
    pub fn has_given_id(self) -> bool {
        let ends =
            |arn: &str| arn.strip_suffix('}').and_then(|it| it.rsplit_once("${")).map(|(_, name)| is_given_id(name));
        self.arns().all(|arn| ends(arn).unwrap_or_default())
    }

    /// Whether whoever makes it chooses a name that its ARN begins with, although AWS gives the id at its end:
    /// `stack/${StackName}/${Id}`. That of a secret is in one piece with its id.
    /// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html>
    pub fn has_chosen_name(self) -> bool {
        let is_named = |it: &ArnForm| it.parts[4].contains("Name}") || it.parts[4] == "secret:${SecretId}";
        ArnForm::of_type(self).iter().all(is_named)
    }

    /// How many names its plainest ARN has; none where it has no ARN.
    pub fn depth(self) -> Option<usize> {
        self.arns().next().map(|arn| arn.bytes().filter(|it| *it == b'$').count())
    }

    /// What a person calls it: `log group` of `log-group`, `launch configuration` of `launchConfiguration`.
    pub fn noun(self) -> &'static str {
        // Most that is said of an action says it, so it is made once for each.
        static NOUNS: LazyLock<Vec<OnceLock<String>>> =
            LazyLock::new(|| vec![OnceLock::new(); table::count::<ResourceTypeRecord>()]);
        NOUNS.get(self.id()).map_or("", |it| it.get_or_init(|| self.in_words()))
    }

    fn in_words(self) -> String {
        let name = self.name().split('/').next().unwrap_or_default();
        let run_together = [
            ("accesspoint", "access point"),
            ("accesspointobject", "object"),
            ("changeset", "change set"),
            ("cluster-pg", "cluster parameter group"),
            ("cur", "report definition"),
            ("datacatalog", "data catalog"),
            ("db", "database"),
            ("dbgroup", "database group"),
            ("dbname", "database"),
            ("dbuser", "database user"),
            ("deliverystream", "delivery stream"),
            ("deploymentgroup", "deployment group"),
            ("devendpoint", "development endpoint"),
            ("es", "event subscription"),
            ("eventdatastore", "event data store"),
            ("fargateprofile", "Fargate profile"),
            ("globalreplicationgroup", "global replication group"),
            ("hostedzone", "hosted zone"),
            ("identitypool", "identity pool"),
            ("instanceprofile", "instance profile"),
            ("loadbalancer", "load balancer"),
            ("log-group-tags", "log group"),
            ("multiregionaccesspoint", "multi-region access point"),
            ("natgateway", "NAT gateway"),
            ("network-acl", "network ACL"),
            ("new-custom-model", "custom model"),
            ("nodegroup", "node group"),
            ("objectlambdaaccesspoint", "object lambda access point"),
            ("og", "option group"),
            ("parametergroup", "parameter group"),
            ("pg", "parameter group"),
            ("podidentityassociation", "pod identity association"),
            ("replicationgroup", "replication group"),
            ("ri", "reserved instance"),
            ("rootcatalog", "catalog"),
            ("rule-on-default-event-bus", "rule"),
            ("rulegroup", "rule group"),
            ("secgrp", "security group"),
            ("securitygroup", "security group"),
            ("shardgrp", "shard group"),
            ("stackset", "stack set"),
            ("statemachine", "state machine"),
            ("subgrp", "subnet group"),
            ("subnetgroup", "subnet group"),
            ("targetgroup", "target group"),
            ("userdefinedfunction", "user-defined function"),
            ("usergroup", "user group"),
            ("userpool", "user pool"),
            ("virtualmachine", "virtual machine"),
            ("vpc", "VPC"),
            ("vpcconnector", "VPC connector"),
            ("webacl", "web ACL"),
            ("workspacebundle", "workspace bundle"),
            ("workspaceid", "workspace"),
        ];
        if let Some((_, words)) = run_together.iter().find(|(it, _)| *it == name) {
            return (*words).to_owned();
        }
        let mut words = String::with_capacity(name.len() + 4);
        let mut before = ' ';
        for char in name.chars() {
            if char == '-' || char == '_' {
                words.push(' ');
            } else {
                if char.is_ascii_uppercase() && before.is_ascii_lowercase() {
                    words.push(' ');
                }
                words.push(char.to_ascii_lowercase());
            }
            before = char;
        }
        words
    }

    /// The service.
    pub fn service(self) -> Service {
        Service::at(self.record().service as usize)
    }

    /// What its ARNs look like: `arn:${Partition}:s3:::${BucketName}/${ObjectName}`.
    pub fn arns(self) -> impl ExactSizeIterator<Item = &'static str> + DoubleEndedIterator + Clone {
        table::list(self.record().arns).map(table::text)
    }

    /// The keys that speak of such a resource.
    pub fn condition_keys(self) -> impl ExactSizeIterator<Item = ConditionKey> + DoubleEndedIterator + Clone {
        table::list(self.record().condition_keys).map(ConditionKey::at)
    }
}

impl fmt::Debug for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResourceType({}:{})", self.service(), self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purchase_is_an_action() {
        for name in layout::action::PURCHASES {
            assert_eq!(action(name).map(Action::full_name).as_deref(), Some(name));
        }
        assert!(action("savingsplans:CreateSavingsPlan").is_some_and(Action::buys));
        assert!(!action("savingsplans:DescribeSavingsPlans").is_some_and(Action::buys));
    }

    #[test]
    fn most_of_a_service_is_four_of_five_or_a_hundred() {
        let most = |prefix: &str, given| service(prefix).unwrap().is_given_mostly_by(given);
        let all = service("kms").unwrap().actions().filter(|it| it.changes_a_resource()).count();
        assert!(most("kms", all) && !most("kms", all / 2));
        assert!(most("ec2", 100) && !most("ec2", 99));
        // All of a small one is no great matter.
        assert!(!most("redshift-data", 3));
    }
}
