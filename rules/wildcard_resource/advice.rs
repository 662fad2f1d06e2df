//! What to do about an action that reaches everything, in such words that whoever does it to the letter takes nothing away
//! that is needed.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::fmt::Display;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::super::mismatched_resource::is_system;
use super::{Concern, Entry, Found, Holders, has_its_own_rule, makes_linked_roles, once};
use crate::catalog::{self, AccessLevel, Power};
use crate::policy::{Action, Policy, Resource, Statement, matches};
use crate::rule::{either, listed, quoted};

/// What to do about it, so that nothing else is taken away when it is done to the letter.
pub(super) struct Advice<'a, 'p> {
    topics: &'a Topics<'p>,
    found: &'a Found<'a>,
    told: &'a [Entry<'a>],
    /// What stays on the resource.
    fine: &'a [&'a Action],
    /// What the statement must name for all that is told, if that is known of all.
    needed: Option<Vec<&'static str>>,
    /// What is told, by how it is limited, the worst first.
    limits: Vec<Limit<'a>>,
    /// Patterns that hold more than can be limited so, or more than is to be given at all.
    losing: Vec<&'a Entry<'a>>,
    /// Other entries of the statement that the limits would deny, so that what is told leaves it.
    others: Vec<&'a Action>,
    /// What is to be said of each limit.
    said: Vec<String>,
}

impl<'a, 'p> Advice<'a, 'p> {
    /// What to do about `told`, of which `vague` are patterns that are to be named out wherever they stand.
    pub(super) fn of(
        topics: &'a Topics<'p>,
        found: &'a Found<'a>,
        told: &'a [Entry<'a>],
        fine: &'a [&'a Action],
        vague: &[&Action],
    ) -> Self {
        let statement = found.statement;
        let mut needed = needed_arns(told);
        let mut limits = Limit::of_each(topics, found.resource, told);
        let is_held = |it: &catalog::Action| statement.admits(*it) && statement.may_reach(*it);
        let mut others = Vec::new();
        for (index, entry) in statement.actions.only().iter().enumerate().filter(|(_, it)| !is_settled(told, fine, it))
        {
            let held: Vec<_> = entry.reached().iter().filter(is_held).collect();
            let Some(worst) = held.first().copied() else { continue };
            let mut own = statement.sweeps().iter().filter(|it| it.entry == index);
            let is_told = own.any(|it| has_its_own_rule(it.action) || Concern::of(it).is_some());
            if let Some(limit) = limits.iter_mut().find(|limit| held.iter().all(|it| limit.serves(*it))) {
                // Of what another finding tells, that says what to do.
                limit.along.extend(Some(entry).filter(|_| !is_told));
                continue;
            }
            let alone = Entry { action: entry, wide: held, worst };
            let forms = forms_on(found.resource, &alone).filter(|_| !is_told).unwrap_or_default();
            // Most lie elsewhere, so that nothing need be said of them.
            let is_near = limits.iter().any(|it| it.lies_in(&forms));
            let alone = is_near.then(|| Limit::of(topics, found.resource, &alone)).filter(|it| it.is_plain);
            match alone.and_then(|alone| Some((limits.iter_mut().find(|it| it.lies_in(&forms))?, alone))) {
                Some((limit, alone)) => {
                    limit.along.push(entry);
                    (limit.forms, limit.words) = (alone.forms, alone.words);
                    let forms = || limits.iter().flat_map(|it| it.forms.iter().flatten().copied());
                    needed = needed.map(|_| forms().collect());
                }
                None => others.push(entry),
            }
        }
        let is_vague = |entry: &Entry<'_>| vague.iter().any(|it| std::ptr::eq(*it, entry.action));
        let loses =
            |limit: &Limit<'_>, it: &Entry<'_>| is_vague(it) || it.would_lose(statement, limit.forms.as_deref());
        let losing =
            limits.iter().flat_map(|limit| limit.entries.iter().filter(|it| loses(limit, it)).copied()).collect();
        let mut advice = Self { topics, found, told, fine, needed, limits, losing, others, said: Vec::new() };
        advice.said = advice.limits.iter().map(|it| format!("{} {}", advice.names_apart(it), it.words())).collect();
        advice
    }

    /// The forms of ARN by which the resource can be replaced where the statement stands.
    pub(super) fn all_that_is_needed(&self) -> Option<Vec<&'static str>> {
        let makes = |it: &catalog::Action| makes_linked_roles(*it) || it.needed_types().iter().any(|of| it.makes(*of));
        let can_be_named = !self.told.iter().any(has_further_kinds)
            && self.losing.is_empty()
            && !self.told.iter().flat_map(|it| &it.wide).any(makes)
            && self.others.is_empty();
        self.needed.clone().filter(|_| can_be_named)
    }

    /// A pattern that stands for more than these is not spelled out.
    pub(super) const SPELLED: usize = 4;

    pub(super) fn is_losing(&self, entry: &Entry<'_>) -> bool {
        self.losing.iter().any(|it| std::ptr::eq(it.action, entry.action))
    }

    fn is_spelled(&self, entry: &Entry<'_>) -> bool {
        entry.wide.len() <= Self::SPELLED
    }

    /// The actions of a limit as they are to be written; what only the program tells is called for, as `them`.
    fn names(&self, limit: &Limit<'_>, them: &str) -> Vec<String> {
        let quoted = |it: &dyn Display| format!("`{it}`");
        let mut names = once(limit.entries.iter().flat_map(|it| match self.is_losing(it) {
            true if self.is_spelled(it) => it.wide.iter().map(|it| quoted(it)).collect(),
            true => vec![them.to_owned()],
            false => vec![quoted(it.action)],
        }));
        names.sort_by_key(|it| it != them);
        names
    }

    pub(super) fn in_words(&self) -> String {
        let mut help = String::new();
        if !self.losing.is_empty() {
            let is_all = self.losing.iter().all(|it| self.is_spelled(it)) && !self.has_others();
            let called = if is_all { "" } else { " that are called" };
            let replaced = quoted(&once(self.losing.iter().map(|it| it.action.to_string())));
            help.push_str(&format!("name the actions{called} in place of {replaced}, "));
        }
        match &self.limits[..] {
            [one] => self.limit_at_once(one, &mut help),
            _ => self.limit_each(&mut help),
        }
        help
    }

    /// `limit … to …`, perhaps in another statement.
    fn limit_at_once(&self, limit: &Limit<'_>, help: &mut String) {
        const THEM: &str = "them";
        let names = self.names(limit, THEM);
        let and = if self.losing.is_empty() || self.is_parted() { "" } else { "and " };
        help.push_str(and);
        let them = limit.with_others(&names);
        help.push_str(&match &names[..] {
            _ if !self.is_parted() => format!("limit {them} {}", limit.words()),
            // What is put apart is there already, and is not said twice.
            [one] if one != THEM && limit.along.is_empty() => {
                format!("put {them} in a statement of its own, limited {}", limit.words())
            }
            _ => format!("put {them} in a statement of their own, limited {}", limit.words()),
        });
        if self.has_others() {
            help.push_str(", and give what else is called the resources that it takes");
        }
        if let Some(left) = self.left(" in a statement of its own") {
            help.push_str(&format!(", and leave {left}"));
        }
    }

    /// What is limited in different ways goes apart; of many ways the first is said, and each is beside its action.
    fn limit_each(&self, help: &mut String) {
        let and = if self.losing.is_empty() { "" } else { "and " };
        match &self.said[..] {
            [firsts @ .., last] if is_short(firsts, last) => {
                help.push_str(&format!("{and}limit {}, and {last}, in a statement each", firsts.join(", ")));
            }
            [first, ..] => help.push_str(&format!(
                "{and}limit each marked action as is said beside it, in a statement for each kind of resource: {first}, and so on"
            )),
            [] => {}
        }
        if self.has_others() {
            help.push_str("; give what else is called the resources that it takes");
        }
        if let Some(left) = self.left("") {
            help.push_str(&format!("; leave {left}"));
        }
    }

    /// The names of a limit that is not the only one, so that no word stands for the names of another.
    fn names_apart(&self, limit: &Limit<'_>) -> String {
        let unspelled = limit.entries.iter().filter(|it| self.is_losing(it) && !self.is_spelled(it));
        let of = quoted(&once(unspelled.map(|it| it.action.to_string())));
        limit.with_others(&self.names(limit, &format!("what is called of {of}")))
    }

    /// Whether what is told leaves the statement.
    fn is_parted(&self) -> bool {
        !self.others.is_empty()
    }

    /// What stays on the resource, and where.
    fn left(&self, own: &str) -> Option<String> {
        const FEW: usize = 3;
        let resource = self.found.resource;
        let fine = if self.is_parted() { &[] } else { self.fine };
        // They are all marked, and to count them is to tell nothing.
        let own = if self.is_parted() { "" } else { own };
        let named = |fine: &[&Action]| match fine.len() {
            ..=FEW => format!("{} on `{resource}`{own}", quoted(fine)),
            _ => format!("the rest on `{resource}`{own}"),
        };
        let looking = self.looking();
        let and_looking = if looking.is_empty() { "" } else { ", and what only looks" };
        let few_looking = match &looking[..] {
            [one] => Some((format!("`{one}`, which only looks"), "it is")),
            few if few.len() <= FEW => Some((format!("{}, which only look", quoted(few)), "they are")),
            _ => None,
        };
        Some(match (fine, &self.unlimited()[..]) {
            ([], []) if looking.is_empty() => return None,
            ([], []) => match (self.fine, few_looking) {
                ([], Some((them, are))) => format!("{them}, as {are}"),
                ([], None) => "what only looks as it is".to_owned(),
                (fine, Some((them, _))) => format!("{}, and {them}", named(fine)),
                (fine, None) => format!("{}, with what only looks", named(fine)),
            },
            (fine, []) => named(fine),
            ([], few) if few.len() <= FEW => format!("on `{resource}` what is called of {}{and_looking}", quoted(few)),
            ([], _) => format!("on `{resource}` what takes no resource{and_looking}"),
            (fine, _) => format!("{}, with what else takes no resource", named(fine)),
        })
    }

    /// Those of the others that only look, which nobody loses by: of the rest other findings speak.
    fn looking(&self) -> Vec<&'a Action> {
        let looks =
            |it: &&&Action| it.reached().iter().all(|it| Concern::of_action(it).is_none() && it.power() == Power::Sees);
        self.others.iter().filter(looks).copied().collect()
    }

    /// Whether patterns that are named out stand for something besides that takes resources which are not told.
    fn has_others(&self) -> bool {
        let statement = self.found.statement;
        let is_other = |entry: &Entry<'_>, it: catalog::Action| {
            !entry.wide.contains(&it) && !it.takes_only_star() && statement.admits(it) && statement.may_reach(it)
        };
        let is_other = |entry: &Entry<'_>, it: catalog::Action| {
            is_other(entry, it) && self.needed.as_deref().is_none_or(|forms| !is_served(it, forms))
        };
        self.losing.iter().any(|entry| entry.action.reached().iter().any(|it| is_other(entry, it)))
    }

    /// What patterns that are named out stand for besides, and takes `*` alone.
    fn unlimited(&self) -> Vec<catalog::Action> {
        let is_held = |it: &catalog::Action| self.found.statement.admits(*it) && it.takes_only_star();
        let held = self.losing.iter().flat_map(|it| it.action.reached().iter()).filter(is_held);
        let mut unlimited: Vec<_> = held.filter(|_| self.found.resource.is_everything()).collect();
        unlimited.sort_unstable();
        unlimited.dedup();
        unlimited
    }

    /// What is to be said beside entries, where the message and the help do not tell of each: the worst of them.
    pub(super) fn beside(&self) -> Vec<(&'a Action, String)> {
        const MOST: usize = 24;
        // So many are named where there are more than these, see [`listed`].
        const ALL: usize = 4;
        let is_said = match &self.said[..] {
            [_] => true,
            [firsts @ .., last] => is_short(firsts, last),
            [] => true,
        };
        let beside = |it: &'a Entry<'a>| {
            // Several may be made of one text, as by a loop.
            let at = it.action.place.span;
            let is_alone = self.told.iter().filter(|it| it.action.place.span == at).count() == 1;
            let this = if is_alone { "this".to_owned() } else { format!("`{}`", it.action) };
            // What others are limited to along with it is no matter here.
            (it.action, format!("limit {this} {}", Limit::of(self.topics, self.found.resource, it).words()))
        };
        // How many of so many are named.
        let named = |all: usize| match all {
            _ if !is_said => 0,
            ..=ALL => all,
            _ => ALL - 1,
        };
        let entries = self.limits.iter().flat_map(|it| &it.entries[named(it.entries.len())..]);
        let along = self.limits.iter().flat_map(|limit| {
            let unsaid = &limit.along[named(limit.along.len())..];
            unsaid.iter().map(|it| (*it, format!("limit this with it {}", limit.words())))
        });
        entries.map(|it| beside(it)).chain(along).take(MOST).collect()
    }
}

/// Whether what is said of each limit can be read in one sentence.
fn is_short(firsts: &[String], last: &str) -> bool {
    const FEW: usize = 3;
    const LENGTH: usize = 680;
    firsts.len() < FEW && firsts.iter().map(String::len).sum::<usize>() + last.len() <= LENGTH
}

/// How entries are to be limited, and those for which it is the same.
struct Limit<'a> {
    entries: Vec<&'a Entry<'a>>,
    /// The forms of ARN that their statement must name, if they are known.
    forms: Option<Vec<&'static str>>,
    /// Whether these forms are all that there is to it.
    is_plain: bool,
    /// Whether a condition may take their place.
    is_choice: bool,
    /// Whether a tag tells which are meant.
    is_tagged: bool,
    /// What follows `limit …`.
    words: String,
    /// What else requests may name, and are denied without.
    further: Vec<&'static str>,
    /// What else the statement allows that takes the same, and is told by nobody.
    along: Vec<&'a Action>,
}

impl<'a> Limit<'a> {
    /// Each once, in the order of the entries.
    fn of_each(topics: &Topics<'_>, resource: &Resource, told: &'a [Entry<'a>]) -> Vec<Self> {
        let mut limits: Vec<Self> = Vec::new();
        for entry in told {
            let limit = Self::of(topics, resource, entry);
            match limits.iter_mut().find(|it| it.words == limit.words) {
                Some(same) => {
                    same.entries.push(entry);
                    same.further = once([&same.further[..], &limit.further].concat().into_iter());
                }
                None => limits.push(limit),
            }
        }
        // Who names a log group with all behind it has named its streams.
        let mut at = 0;
        while at < limits.len() {
            let (here, others) = (&limits[at], limits.iter().enumerate());
            let holder =
                others.filter(|(other, _)| *other != at).find(|(_, it)| it.holds(here)).map(|(other, _)| other);
            match holder {
                Some(holder) => {
                    let held = std::mem::take(&mut limits[at].entries);
                    limits[holder].entries.extend(held);
                    limits.remove(at);
                }
                None => at += 1,
            }
        }
        for limit in &mut limits {
            limit.entries.sort_by_key(|it| told.iter().position(|other| std::ptr::eq(*it, other)));
        }
        limits.sort_by_key(|it| told.iter().position(|other| std::ptr::eq(it.entries[0], other)));
        limits
    }

    fn of(topics: &Topics<'_>, resource: &Resource, entry: &'a Entry<'a>) -> Self {
        let forms = forms_on(resource, entry);
        let ByArn { mut words, within, condition } = match &forms {
            Some(forms) => ByArn::known(entry, forms),
            None => ByArn::of(entry, to_some(topics, entry)),
        };
        let made = by_making(topics.policy, entry);
        if let Some(key) = &made {
            words.insert_str(0, &format!("by `{}` to what is being made, or ", key.name()));
        }
        let further = further_kinds(topics, entry);
        let is_tagged = memchr::memmem::find(words.as_bytes(), TAG.as_bytes()).is_some();
        let is_choice = condition || made.is_some();
        let is_plain = !within && !is_choice && further.is_empty() && !is_tagged;
        Self { entries: vec![entry], forms, is_plain, is_choice, is_tagged, words, further, along: Vec::new() }
    }

    /// Whether an action that is not told passes where the statement is limited so.
    fn serves(&self, action: catalog::Action) -> bool {
        let told = |of: &catalog::ResourceType| action.tells_by_tag(*of) && !action.makes(*of);
        !self.is_choice
            && self.forms.as_deref().is_some_and(|forms| is_served(action, forms))
            && (!self.is_tagged || action.needed_types().iter().all(told))
    }

    /// Names of what is told, and what goes with it.
    fn with_others(&self, names: &[String]) -> String {
        let it = if self.entries.len() == 1 && names.len() == 1 { "it" } else { "them" };
        match &self.along[..] {
            [] => listed(names),
            along => format!("{}, and with {it} {},", listed(names), quoted(along)),
        }
    }

    fn words(&self) -> String {
        match &self.further[..] {
            [] => self.words.clone(),
            // What else there is has tags of its own, or none.
            further if self.is_tagged => {
                format!("{}, and in another statement to what else requests name ({})", self.words, listed(further))
            }
            further => format!("{}, and to what else requests name ({})", self.words, listed(further)),
        }
    }

    /// Whether all that it needs lies in these, and something of it in each, as streams do in a log group.
    fn lies_in(&self, forms: &[&'static str]) -> bool {
        let Some(needed) = self.forms.as_ref().filter(|_| self.is_plain && !forms.is_empty()) else { return false };
        let is_held = |it: &&str| forms.iter().any(|form| form == it || matches(form, it, false));
        needed.iter().all(is_held) && forms.iter().all(|form| needed.iter().any(|it| matches(form, it, false)))
    }

    /// Whether whoever names what this needs has named what the other needs.
    fn holds(&self, other: &Self) -> bool {
        let (Some(forms), Some(needed)) = (&self.forms, &other.forms) else { return false };
        let is_held = |it: &&str| forms.iter().any(|form| form == it || matches(form, it, false));
        self.is_plain && other.is_plain && needed.iter().all(is_held)
    }
}

/// What is said of an entry by what it is, whichever policy it stands in.
#[derive(Clone)]
struct ByArn {
    words: String,
    /// Whether a request may name more within what it needs.
    within: bool,
    /// Whether a condition may take the place of the ARNs.
    condition: bool,
}

impl ByArn {
    fn of(entry: &Entry<'_>, mut words: String) -> Self {
        let within = within(entry);
        if !within.is_empty() {
            words.push_str(&format!(", and to {} where a request names it", quoted(&within)));
        }
        let condition = by_condition(entry);
        if let Some(key) = condition {
            words.push_str(&format!(", or by `{key}`"));
        }
        Self { words, within: !within.is_empty(), condition: condition.is_some() }
    }

    /// The same where the forms of ARN are known.
    fn known(entry: &Entry<'_>, forms: &[&'static str]) -> Self {
        type Said = FxHashMap<(catalog::Action, Vec<&'static str>), ByArn>;
        // The same few actions are spoken of over and over, mostly one by one.
        static KNOWN: LazyLock<Mutex<Said>> = LazyLock::new(Mutex::default);
        let of = || Self::of(entry, to_forms(entry, forms));
        match entry.wide[..] {
            [one] => {
                let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
                known.entry((one, forms.to_vec())).or_insert_with(of).clone()
            }
            _ => of(),
        }
    }
}

/// The forms of ARN that a statement must name for an entry, if they are known. Nothing of another service is allowed on an
/// ARN of one, and none is to be.
fn forms_on(resource: &Resource, entry: &Entry<'_>) -> Option<Vec<&'static str>> {
    let mut forms = needed_arns(std::slice::from_ref(entry))?;
    let is_held = |it: &&str| {
        let of = it.split(':').nth(2);
        resource.is_everything() || resource.part(2).is_none_or(|own| of.is_some_and(|of| matches(own, of, true)))
    };
    if forms.iter().any(is_held) {
        forms.retain(is_held);
    }
    Some(forms)
}

/// The forms of what a request may name within what it needs, as an index in its table.
fn within(entry: &Entry<'_>) -> Vec<String> {
    let of = |action: &catalog::Action| {
        let needed = action.needed_types();
        let lies_within = |it: &catalog::ResourceType| {
            // What there is one of holds everything of its kind.
            let holds = |other: &catalog::ResourceType| {
                let mut arns = other.arns().filter(|it| it.ends_with('}'));
                arns.any(|arn| it.arns().any(|it| it.strip_prefix(arn).is_some_and(|it| it.starts_with('/'))))
            };
            !needed.contains(it) && needed.iter().any(holds)
        };
        action.resource_types().map(|it| it.resource_type()).filter(lies_within).collect::<Vec<_>>()
    };
    once(entry.wide.iter().flat_map(of).filter_map(|it| it.arns().next()).map(by_name))
}

/// The key by which one resource is told from others whose ids nobody knows.
const TAG: &str = "a tag under `aws:ResourceTag/…`";

/// `to …`, where all that the statement must name is known. What has an id that AWS gives is told by a tag, in a statement
/// that has nothing else: a request is denied when one of those that it names lacks the tag.
fn to_forms(entry: &Entry<'_>, needed: &[&'static str]) -> String {
    let of = |it: &catalog::Action| it.needed_types().into_iter().chain(it.alternative());
    let types: Vec<_> = entry.wide.iter().flat_map(|action| of(action).map(|of| (*action, of))).collect();
    // Of a pattern, all that takes the ARN must be told by a tag.
    let is_tagged = |arn: &&&str| {
        let mut takers = types.iter().filter(|(_, of)| of.arns().next() == Some(**arn)).peekable();
        takers.peek().is_some()
            && takers.all(|(action, of)| is_given(*of) && !action.makes(*of) && action.tells_by_tag(*of))
    };
    let (tagged, named): (Vec<&str>, Vec<&str>) = needed.iter().partition(is_tagged);
    let named = written(entry, &named);
    let open = once(tagged.iter().map(|it| shown(&open_at_ids(it))));
    let tag = match open.len() {
        1 => format!("by {TAG}"),
        _ => format!("by {TAG} that each of them has"),
    };
    match (&named[..], &open[..]) {
        (named, []) => format!("to {}", quoted(named)),
        ([], open) => format!("to {} {tag} or to known ids", quoted(open)),
        (named, open) => {
            format!("to {}, and in a statement of its own to {} {tag} or to known ids", quoted(named), quoted(open))
        }
    }
}

/// `to …`, where a request may have many things, one in place of another.
fn to_some(topics: &Topics<'_>, entry: &Entry<'_>) -> String {
    const FEW: usize = 4;
    const SHOWN: usize = 2;
    if let [kinds @ .., last] = &always_named(entry)[..] {
        return format!("to the resources that are meant ({} and {last})", kinds.join(", "));
    }
    let unformed = || entry.wide.iter().filter(|it| it.needed_types().is_empty());
    let tags = unformed().all(|it| it.access_level() == AccessLevel::Tagging);
    let all = once(unformed().flat_map(|it| it.resource_types()).map(|it| it.resource_type().name().to_owned()));
    let types: Vec<_> = match all.len() {
        // A request may well name one of each.
        ..=FEW if !tags => unformed().flat_map(|it| it.resource_types()).map(|it| it.resource_type()).collect(),
        _ => unformed().flat_map(|it| topics.likely_types(*it)).collect(),
    };
    let is_tagged = |of: &catalog::ResourceType| is_given(*of) && unformed().all(|it| it.tells_by_tag(*of));
    let forms = once(types.iter().filter_map(|it| it.arns().next()).map(by_name));
    match &forms[..] {
        [] => "to the resources that are meant".to_owned(),
        few if all.len() <= FEW && !tags && types.iter().all(is_tagged) => {
            let open = once(types.iter().filter_map(|it| it.arns().next()).map(|it| shown(&open_at_ids(it))));
            let has = if few.len() == 1 { "" } else { " that each of them has" };
            format!("to {} by {TAG}{has} or to known ids", quoted(&open))
        }
        few if all.len() <= FEW && !tags => format!("to the ones that are meant of {}", quoted(few)),
        [one] if all.len() == 1 => format!("to `{one}`"),
        forms => {
            format!("to the kinds of resources that are meant, such as {}", either(&forms[..forms.len().min(SHOWN)]))
        }
    }
}

/// What a policy is about by all that it allows, found out when it is asked for.
pub(super) struct Topics<'p> {
    pub(super) policy: &'p Policy,
    /// How many of its entries allow something on resources of each service.
    services: OnceCell<FxHashMap<&'p str, usize>>,
    /// The resource types that entries without wildcards need: for which action, if for one only.
    types: OnceCell<FxHashMap<catalog::ResourceType, Option<catalog::Action>>>,
}

impl<'p> Topics<'p> {
    pub(super) fn of(policy: &'p Policy) -> Self {
        Self { policy, services: OnceCell::new(), types: OnceCell::new() }
    }

    fn entries(&self) -> impl Iterator<Item = &'p Action> {
        self.policy.allow_statements().flat_map(|it| it.actions.only())
    }

    /// How much it is about the service of a resource type, as its ARN has it, where that is another than an action's own.
    fn count_of(&self, kind: catalog::ResourceType, own: catalog::Service) -> usize {
        let counts = self.services.get_or_init(|| {
            let mut counts = FxHashMap::default();
            for entry in self.entries().filter(|it| it.reached().iter().any(|it| !it.takes_only_star())) {
                if let Some(service) = entry.service() {
                    *counts.entry(service).or_default() += 1;
                }
            }
            counts
        });
        let service = kind.arns().next().and_then(|it| it.split(':').nth(2)).filter(|it| *it != own.prefix());
        service.and_then(|it| counts.get(it)).copied().unwrap_or_default()
    }

    /// Whether it is about a resource type by another action, which it names.
    fn names(&self, kind: catalog::ResourceType, but_for: catalog::Action) -> bool {
        let types = self.types.get_or_init(|| {
            let mut types = FxHashMap::default();
            let named = self.entries().filter(|it| !it.has_wildcard());
            for action in named.flat_map(|it| it.reached().iter()) {
                for kind in action.needed_types() {
                    let by = types.entry(kind).or_insert(Some(action));
                    *by = by.filter(|it| *it == action);
                }
            }
            types
        });
        types.get(&kind).is_some_and(|it| *it != Some(but_for))
    }

    /// The resource types of an action that may be meant: those that the policy is about by other actions, else those of
    /// other services that it is about, else those that most of the service's actions are about.
    fn likely_types(&self, action: catalog::Action) -> Vec<catalog::ResourceType> {
        let mut types: Vec<_> = action.resource_types().map(|it| it.resource_type()).collect();
        sort_by_use(action, &mut types);
        let meant: Vec<_> = types.iter().copied().filter(|it| self.names(*it, action)).collect();
        if !meant.is_empty() {
            return meant;
        }
        types.sort_by_key(|it| Reverse(self.count_of(*it, action.service())));
        types
    }
}

/// Sorts resource types of an action by how many of its service's actions take them.
pub(super) fn sort_by_use(action: catalog::Action, types: &mut [catalog::ResourceType]) {
    type Uses = FxHashMap<catalog::ResourceType, u32>;
    // A few services are asked for over and over, so each is counted once.
    static KNOWN: LazyLock<Mutex<FxHashMap<catalog::Service, Arc<Uses>>>> = LazyLock::new(Mutex::default);
    let service = action.service();
    let count = || {
        let mut uses = Uses::default();
        let rows = service.actions().flat_map(|it| it.resource_types().map(|it| it.resource_type()));
        rows.for_each(|it| *uses.entry(it).or_default() += 1);
        Arc::new(uses)
    };
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let uses = Arc::clone(known.entry(service).or_insert_with(count));
    drop(known);
    types.sort_by_key(|it| Reverse(uses.get(it).copied().unwrap_or_default()));
}

/// Whether the advice says of an entry what becomes of it.
fn is_settled(told: &[Entry<'_>], fine: &[&Action], entry: &Action) -> bool {
    told.iter().any(|it| std::ptr::eq(it.action, entry)) || fine.iter().any(|it| std::ptr::eq(*it, entry))
}

/// Whether an action cannot be limited by its resource, or need not be where these have it.
pub(super) fn needs_star(action: catalog::Action, holders: &Holders<'_>) -> bool {
    action.takes_only_star()
        || holders.sometimes_need_star(action).is_some()
        || action.only_makes()
        || action.lists_unnamed()
}

/// The entries that stay on a resource when others are taken from it: nothing of them can be limited, or some of what a
/// pattern stands for cannot, and the rest of it is no concern. An ARN that is all of a service serves those of that
/// service as `*` does; that of Systems Manager in one account serves its own.
pub(super) fn right_on<'s>(resource: &Resource, statement: &'s Statement, holders: &Holders<'_>) -> Vec<&'s Action> {
    let is_served = |it: &Action| {
        resource.is_everything()
            || resource.covers_all_of_its_service() && it.service() == resource.part(2)
            || is_system(resource, it)
    };
    let is_concern = |entry: usize| {
        let mut own = statement.sweeps().iter().filter(|it| it.entry == entry && !holders.need_star(it.action));
        own.any(|it| Concern::of(it).is_some())
    };
    let is_right = |(entry, it): &(usize, &Action)| {
        let mut reached = it.reached().iter();
        // All of a service is not right, whatever it stands on.
        let is_needed = match it.is_whole_service() {
            true => !it.reached().is_empty() && reached.all(|it| needs_star(it, holders)),
            false => reached.any(|it| needs_star(it, holders)),
        };
        is_served(it) && is_needed && !is_concern(*entry)
    };
    statement.actions.only().iter().enumerate().filter(is_right).map(|(_, it)| it).collect()
}

/// Whether an action is allowed on all of its resources by a statement that names these forms of ARN alone.
pub(super) fn is_served(action: catalog::Action, forms: &[&str]) -> bool {
    let is_named = |arn: &str| forms.iter().any(|it| *it == arn || matches(it, arn, false));
    let needed = action.needed_types();
    !action.takes_only_star() && !needed.is_empty() && needed.iter().filter_map(|it| it.arns().next()).all(is_named)
}

/// The forms of ARN that a statement must name for every one of the actions; none when one of them has too many.
pub(super) fn needed_arns(entries: &[Entry<'_>]) -> Option<Vec<&'static str>> {
    let mut arns: Vec<&str> = Vec::new();
    for action in entries.iter().flat_map(|it| &it.wide) {
        let needed = action.needed_types();
        if needed.is_empty() {
            return None;
        }
        // The path of such a role is its service, which any other form leaves open.
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
        let linked = makes_linked_roles(*action)
            .then_some("arn:${Partition}:iam::${Account}:role/aws-service-role/${Service}/*");
        let forms =
            needed.iter().chain(action.alternative().iter()).flat_map(|it| it.arns().next()).collect::<Vec<_>>();
        for arn in linked.into_iter().chain(forms.into_iter().filter(|_| linked.is_none())) {
            if !arns.contains(&arn) {
                arns.push(arn);
            }
        }
    }
    // A form that ends in a star may hold another one: a log group its streams.
    let is_held = |it: &str| arns.iter().any(|other| *other != it && matches(other, it, false));
    Some(arns.iter().copied().filter(|it| !is_held(it)).collect())
}

/// The kinds of resources that every request for it names, where they are too many to be written as ARNs.
fn always_named(entry: &Entry<'_>) -> Vec<&'static str> {
    // Of so many each is one that a request may have in place of another.
    const MOST: usize = 6;
    let unformed = entry.wide.iter().filter(|it| it.needed_types().is_empty());
    let required = unformed.flat_map(|it| it.resource_types()).filter(|it| it.is_required());
    let kinds = once(required.map(|it| it.resource_type().noun()));
    if (2..=MOST).contains(&kinds.len()) { kinds } else { Vec::new() }
}

/// Whether requests for the actions may name more than what they always do.
pub(super) fn has_further_kinds(entry: &Entry<'_>) -> bool {
    entry.wide.iter().any(|it| it.further_types().next().is_some())
}

/// What else requests for the actions may name, and are then denied without: first what is of the other
/// services that the policy is about, then what has most to be asked of.
fn further_kinds(topics: &Topics<'_>, entry: &Entry<'_>) -> Vec<&'static str> {
    let keys = |action: catalog::Action, kind: catalog::ResourceType| {
        action.resource_types().find(|it| it.resource_type() == kind).map_or(0, |it| it.condition_keys().len())
    };
    let further = |it: &catalog::Action| {
        let action = *it;
        action.further_types().map(move |kind| (keys(action, kind), kind)).collect::<Vec<_>>()
    };
    let mut kinds: Vec<_> = entry.wide.iter().flat_map(further).collect();
    kinds.sort_by_key(|(keys, kind)| Reverse((topics.count_of(*kind, entry.worst.service()), *keys)));
    once(kinds.into_iter().map(|(_, kind)| kind.noun()))
}

/// Keys that say of a request to one resource where that lies, or in whose name it is made.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-policy-structure.html>
/// <https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html>
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html>
const LIMITING: [&str; 3] = ["ec2:Vpc", "route53:ChangeResourceRecordSetsNormalizedRecordNames", "ses:FromAddress"];

/// Whether a policy lets something of a service be made, which could be given its tags then.
fn makes_some(policy: &Policy, service: catalog::Service) -> bool {
    const MAKING: [&str; 9] = ["Allocate", "Copy", "Create", "Import", "Register", "Request", "Run", "Start", "Submit"];
    let makes = |it: catalog::Action| {
        it.access_level() == AccessLevel::Write && MAKING.iter().any(|making| it.name().starts_with(making))
    };
    let mut entries = policy.allow_statements().flat_map(|it| it.actions.only());
    entries.any(|entry| entry.reached().iter().any(|it| it.service() == service && makes(it)))
}

/// The key by which a condition limits an entry in place of its ARNs.
fn by_condition(entry: &Entry<'_>) -> Option<&'static str> {
    // What is made by a program while it runs has an id that nobody knows, and often no tag.
    let limits = |key: &catalog::ConditionKey| {
        let takes =
            |it: &catalog::Action| it.is_limited_by(*key) && it.needed_types().len() == 1 && it.alternative().is_none();
        entry.wide.iter().all(takes)
    };
    if let Some(key) = LIMITING.iter().filter_map(|it| catalog::condition_key(it)).find(limits) {
        return Some(key.name());
    }
    entry.wide.iter().all(|it| makes_linked_roles(*it)).then_some("iam:AWSServiceName")
}

/// The key by which an entry that tags is limited to what is being made. Whoever makes things with tags seldom needs to
/// tag anything else.
fn by_making(policy: &Policy, entry: &Entry<'_>) -> Option<catalog::ConditionKey> {
    if entry.wide.iter().any(|it| it.access_level() != AccessLevel::Tagging) {
        return None;
    }
    let service = entry.worst.service();
    let key = catalog::condition_key(&format!("{service}:CreateAction"));
    key.filter(|key| entry.wide.iter().all(|it| it.accepts_condition_key(*key)) && makes_some(policy, service))
}

/// Whether AWS names it, so that who writes a policy seldom knows what it is called.
fn is_given(of: catalog::ResourceType) -> bool {
    of.has_given_id() && !of.has_chosen_name()
}

/// A form with all of its names left open.
fn open_at_ids(arn: &str) -> String {
    let resource = arn.match_indices(':').nth(4).map_or(0, |(at, _)| at + 1);
    let (before, mut rest) = arn.split_at(resource);
    let mut out = before.to_owned();
    while let Some((kind, name)) = rest.split_once("${") {
        out.push_str(kind);
        out.push('*');
        rest = name.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}

/// What AWS or a running program names anew each time: who writes one such name into a policy is denied the next one.
const PASSING: [&str; 5] =
    [":job/${JobId}", ":log-stream:${LogStreamName}", ":${LayerVersion}", ":${Revision}", "RevisionNumber}"];

/// Forms of ARN that an entry needs, as a person reads them.
fn written(entry: &Entry<'_>, needed: &[&'static str]) -> Vec<String> {
    let is_made = |arn: &str| {
        let makes = |action: &catalog::Action| {
            action.needed_types().iter().any(|it| it.arns().next() == Some(arn) && action.makes(*it))
        };
        entry.wide.iter().any(makes)
    };
    let form = |arn: &&'static str| {
        // The id of what is being made is not known yet, nor is that of what comes and goes while a program runs.
        let is_open = is_made(arn) || PASSING.iter().any(|it| arn.ends_with(it));
        let before = arn.rfind("${").filter(|_| is_open && !arn.ends_with(":secret:${SecretId}"));
        let before = before.map(|at| format!("{}*", &arn[..at]));
        by_name(before.as_deref().unwrap_or(arn))
    };
    let mut forms: Vec<String> = needed.iter().map(form).collect();
    // A document of AWS is in no account.
    // https://docs.aws.amazon.com/systems-manager/latest/userguide/security_iam_service-with-iam.html
    if let Some(at) = forms.iter().position(|it| it == "arn:aws:ssm:{Region}:{Account}:document/{DocumentName}") {
        forms.insert(at + 1, "arn:aws:ssm:{Region}::document/{DocumentName}".to_owned());
    }
    forms
}

/// The form as it is shown, where ids that AWS gives are left open beside a name that somebody chose.
fn by_name(arn: &str) -> String {
    let mut out = shown(arn);
    if !out.contains("Name}") {
        return out;
    }
    let names: Vec<String> =
        out.split('{').skip(1).filter_map(|it| it.split_once('}')).map(|it| it.0.to_owned()).collect();
    // The id of an account is known.
    let is_account = |it: &str| it.to_ascii_lowercase().ends_with("accountid");
    for name in names.iter().filter(|it| catalog::is_given_id(it) && !is_account(it)) {
        out = out.replace(&format!("{{{name}}}"), "*");
    }
    while out.ends_with("/*/*") {
        out.truncate(out.len() - 2);
    }
    out
}

/// `${…}` would be read as Terraform's own if it were copied.
fn shown(arn: &str) -> String {
    // The id of a secret is its name and six letters that AWS adds, which nobody knows beforehand.
    // https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
    let arn = arn.replace(":secret:${SecretId}", ":secret:${SecretName}-??????");
    arn.replace("${Partition}", "aws").replace("${", "{")
}
