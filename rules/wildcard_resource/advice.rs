//! What to do about an action that reaches everything, in such words that whoever does it to the letter takes nothing away
//! that is needed.

use std::cmp::Reverse;
use std::fmt::Display;

use super::{Concern, Entry, Found, makes_linked_roles, once};
use crate::catalog::{self, AccessLevel};
use crate::policy::{Action, Policy, Resource, Statement, matches};
use crate::rule::{listed, quoted};

/// The actions that are to be named in place of a pattern, which only the program tells.
const THEM: &str = "them";

/// What to do about it, so that nothing else is taken away when it is done to the letter.
pub(super) struct Advice<'a> {
    policy: &'a Policy,
    found: &'a Found<'a>,
    told: &'a [Entry<'a>],
    /// What stays on the resource.
    fine: &'a [&'a Action],
    /// What the statement must name for all that is told, if that is known of all.
    needed: Option<Vec<&'static str>>,
    /// Patterns that hold more than can be limited so, or more than is to be given at all.
    losing: Vec<&'a Entry<'a>>,
    /// Whether the statement has other entries that the limit would deny, so that what is told leaves it.
    is_parted: bool,
}

impl<'a> Advice<'a> {
    /// What to do about `told`, of which `vague` are patterns that are to be named out wherever they stand.
    pub(super) fn of(
        policy: &'a Policy,
        found: &'a Found<'a>,
        told: &'a [Entry<'a>],
        fine: &'a [&'a Action],
        vague: &[&Action],
    ) -> Self {
        let statement = found.statement;
        let needed = needed_arns(told);
        let is_vague = |entry: &Entry<'_>| vague.iter().any(|it| std::ptr::eq(*it, entry.action));
        let loses = |it: &&Entry<'_>| is_vague(it) || it.would_lose(statement, needed.as_deref());
        let losing = told.iter().filter(loses).collect();
        let mut others = statement.actions.only().iter().filter(|it| !is_settled(told, fine, it));
        let is_parted = others.any(|it| would_be_denied(it, statement, needed.as_deref()));
        Self { policy, found, told, fine, needed, losing, is_parted }
    }

    /// The forms of ARN by which the resource can be replaced where the statement stands.
    pub(super) fn all_that_is_needed(&self) -> Option<Vec<&'static str>> {
        let makes = |it: &catalog::Action| makes_linked_roles(*it) || it.needed_types().iter().any(|of| it.makes(*of));
        let can_be_named = further_kinds(self.told).is_empty()
            && self.losing.is_empty()
            && !self.told.iter().flat_map(|it| &it.wide).any(makes)
            && self.found.statement.actions.only().iter().all(|it| is_settled(self.told, self.fine, it));
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

    /// The actions as they are to be written; what the others before them are called for, as [`THEM`].
    fn names(&self, entries: &[Entry<'_>]) -> Vec<String> {
        let quoted = |it: &dyn Display| format!("`{it}`");
        let mut names = once(entries.iter().flat_map(|it| match self.is_losing(it) {
            true if self.is_spelled(it) => it.wide.iter().map(|it| quoted(it)).collect(),
            true => vec![THEM.to_owned()],
            false => vec![quoted(it.action)],
        }));
        names.sort_by_key(|it| it != THEM);
        names
    }

    pub(super) fn in_words(&self) -> String {
        const FEW: usize = 3;
        let resource = self.found.resource;
        let mut help = String::new();
        if !self.losing.is_empty() {
            let is_all = self.losing.iter().all(|it| self.is_spelled(it)) && !self.has_others();
            let called = if is_all { "" } else { " that are called" };
            let replaced = quoted(&once(self.losing.iter().map(|it| it.action.to_string())));
            help.push_str(&format!("name the actions{called} in place of {replaced}, "));
        }
        let limit = self.limit();
        // What is put apart is limited after that.
        if !self.losing.is_empty() && !limit.starts_with("put ") {
            help.push_str("and ");
        }
        help.push_str(&limit);
        if limit.starts_with("give ") {
            return help + &format!(", and leave on `{resource}` what takes no resource");
        }
        if self.has_others() {
            help.push_str(", and give what else is called the resources that it takes");
        }
        let own = if self.is_parted { "" } else { " in a statement of its own" };
        let fine = if self.is_parted { &[] } else { self.fine };
        help + &match (fine, &self.unlimited()[..]) {
            ([], []) => String::new(),
            (fine, []) => format!(", and leave {} on `{resource}`{own}", quoted(fine)),
            ([], few) if few.len() <= FEW => format!(", and leave on `{resource}` what is called of {}", quoted(few)),
            ([], _) => format!(", and leave on `{resource}` what takes no resource"),
            (fine, _) => format!(", and leave {} on `{resource}`{own}, with what else takes no resource", quoted(fine)),
        }
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

    /// `limit … to …`, perhaps in another statement.
    fn limit(&self) -> String {
        const FEW: usize = 4;
        const MANY: usize = 8;
        // Any id will do for what is being made, and not for what is there, which is told by its tags.
        let makes = |of: &catalog::ResourceType| {
            let mut wide = self.told.iter().flat_map(|it| &it.wide);
            !of.has_chosen_name() && wide.any(|it| it.makes(*of))
        };
        let is_tagged = |it: &Entry<'_>| {
            it.is_told_by_tags() && it.wide.iter().flat_map(|it| it.needed_types()).any(|it| makes(&it))
        };
        let (tagged, by_forms): (Vec<Entry<'_>>, Vec<Entry<'_>>) = self.told.iter().cloned().partition(is_tagged);
        let names = self.names(&by_forms);
        let (formed, others): (Vec<_>, Vec<_>) = by_forms.iter().cloned().partition(Entry::has_forms);
        let forms = forms(&formed);
        let mut services: Vec<_> = self.told.iter().map(|it| it.worst.service()).collect();
        services.sort_unstable();
        services.dedup();
        // Which of many is for which of many, nobody would find out.
        let is_many = forms.len() > FEW;
        if is_many && services.len() > 1 {
            // The worst of each shows in no other place.
            let worst = |of: &catalog::Service| self.told.iter().map(|it| it.worst).find(|it| it.service() == *of);
            let services: Vec<String> =
                services.iter().filter_map(worst).map(|it| format!("`{}` (`{it}`)", it.service())).collect();
            let services = listed(&services);
            return format!(
                "give what can be limited of {services} a statement each, with the resources that are meant"
            );
        }
        // Nor what of so many is limited how.
        if is_many && self.told.len() > MANY {
            let kinds = listed(&nouns_of(&by_forms));
            let by_tags =
                if self.told.iter().any(Entry::is_told_by_tags) { ", or by a tag that they have" } else { "" };
            return format!(
                "give each kind of resource ({kinds}) a statement with what is called on it, limited to those that are \
                 meant, such as `{}`{by_tags}",
                forms[0]
            );
        }
        let (put, names) = match &names[..] {
            _ if !self.is_parted => (None, listed(&names)),
            [one] if one != THEM => (Some(format!("put {one} in a statement of its own")), String::new()),
            names => (Some(format!("put {} in a statement of their own", listed(names))), String::new()),
        };
        // What is put apart is there already, and is not said twice.
        let limited = put.as_ref().map_or_else(|| format!("limit {names}"), |put| format!("{put}, limited"));
        let always = match &others[..] {
            [one] => always_named(one),
            _ => String::new(),
        };
        let mut help = match (&forms[..], &others[..]) {
            ([], _) => format!("{limited} to the resources that are meant{always}"),
            ([first, ..], _) if is_many => {
                let kinds = listed(&nouns_of(&by_forms));
                format!("{limited} to the resources that are meant ({kinds}), such as `{first}`")
            }
            (forms, []) => format!("{limited} to {}", quoted(forms)),
            (forms, others) => {
                let (formed, others) = (listed(&self.names(&formed)), listed(&self.names(others)));
                let forms = quoted(forms);
                match put {
                    Some(put) => format!(
                        "{put}, and there limit {others} to the resources that are meant{always}, and the rest to {forms}"
                    ),
                    None => {
                        format!("limit {formed} to {forms}, and {others} to the resources that are meant{always}")
                    }
                }
            }
        };
        let named = nouns_of(&formed);
        let further: Vec<String> = further_kinds(self.told).into_iter().filter(|it| !named.contains(it)).collect();
        if !further.is_empty() && !is_many {
            help.push_str(&format!(", and to what else requests name ({})", listed(&further)));
        }
        if !tagged.is_empty() {
            help.push_str(&format!(", and {}", apart(&tagged, &tags_of(&tagged))));
        }
        help + &by_condition(&by_forms, &|service| makes_some(self.policy, service))
    }
}

/// Whether the advice says of an entry what becomes of it.
fn is_settled(told: &[Entry<'_>], fine: &[&Action], entry: &Action) -> bool {
    told.iter().any(|it| std::ptr::eq(it.action, entry)) || fine.iter().any(|it| std::ptr::eq(*it, entry))
}

/// Whether an action cannot be limited by its resource, or need not be.
pub(super) fn needs_star(action: catalog::Action) -> bool {
    action.takes_only_star() || action.sometimes_needs_star().is_some() || action.only_makes() || action.lists_unnamed()
}

/// The entries that stay on a resource when others are taken from it: nothing of them can be limited, or some of what a
/// pattern stands for cannot, and the rest of it is no concern. An ARN that is all of a service serves those of that
/// service as `*` does.
pub(super) fn right_on<'s>(resource: &Resource, statement: &'s Statement) -> Vec<&'s Action> {
    let is_everything = resource.is_everything();
    if !is_everything && !resource.covers_all_of_its_service() {
        return Vec::new();
    }
    let is_concern = |entry: usize| statement.sweeps().iter().any(|it| it.entry == entry && Concern::of(it).is_some());
    let is_right = |(entry, it): &(usize, &Action)| {
        let is_served = is_everything || it.service() == resource.part(2);
        let mut reached = it.reached().iter();
        // All of a service is not right, whatever it stands on.
        let is_needed = match it.is_whole_service() {
            true => !it.reached().is_empty() && reached.all(needs_star),
            false => reached.any(needs_star),
        };
        is_served && is_needed && !is_concern(*entry)
    };
    statement.actions.only().iter().enumerate().filter(is_right).map(|(_, it)| it).collect()
}

/// Whether an entry would allow less, were these forms of ARN all that its statement names.
fn would_be_denied(entry: &Action, statement: &Statement, forms: Option<&[&str]>) -> bool {
    let is_held = |it: &catalog::Action| statement.admits(*it) && statement.may_reach(*it);
    entry.reached().iter().filter(is_held).any(|it| forms.is_none_or(|forms| !is_served(it, forms)))
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

/// The kinds of resources that requests for the actions name: those that they need, or all where each is one that a
/// request may have in place of another.
fn nouns_of(entries: &[Entry<'_>]) -> Vec<String> {
    let kinds = |it: &catalog::Action| match it.needed_types() {
        needed if needed.is_empty() => it.resource_types().map(|it| it.resource_type().noun()).collect::<Vec<_>>(),
        needed => needed.iter().map(|it| it.noun()).collect(),
    };
    once(entries.iter().flat_map(|it| &it.wide).flat_map(kinds))
}

/// The kinds of resources that every request for it names, where they are too many to be written as ARNs.
fn always_named(entry: &Entry<'_>) -> String {
    // Of so many each is one that a request may have in place of another.
    const MOST: usize = 6;
    let unformed = entry.wide.iter().filter(|it| it.needed_types().is_empty());
    let required = unformed.flat_map(|it| it.resource_types()).filter(|it| it.is_required());
    let kinds = once(required.map(|it| it.resource_type().noun()));
    match &kinds[..] {
        [kinds @ .., last] if !kinds.is_empty() && kinds.len() < MOST => format!(" ({} and {last})", kinds.join(", ")),
        _ => String::new(),
    }
}

/// What else requests for the actions may name, and are then denied without; what has most to be asked of first.
pub(super) fn further_kinds(entries: &[Entry<'_>]) -> Vec<String> {
    let keys = |action: catalog::Action, kind: catalog::ResourceType| {
        action.resource_types().find(|it| it.resource_type() == kind).map_or(0, |it| it.condition_keys().len())
    };
    let further = |it: &catalog::Action| {
        let action = *it;
        action.further_types().map(move |kind| (keys(action, kind), kind)).collect::<Vec<_>>()
    };
    let mut kinds: Vec<_> = entries.iter().flat_map(|it| &it.wide).flat_map(further).collect();
    kinds.sort_by_key(|(keys, _)| Reverse(*keys));
    once(kinds.into_iter().map(|(_, kind)| kind.noun()))
}

/// Keys that say of a request to one resource where that lies, or in whose name it is made.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-policy-structure.html>
/// <https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html>
const LIMITING: [&str; 2] = ["ec2:Vpc", "ses:FromAddress"];

/// Whether a policy lets something of a service be made, which could be given its tags then.
fn makes_some(policy: &Policy, service: catalog::Service) -> bool {
    const MAKING: [&str; 9] = ["Allocate", "Copy", "Create", "Import", "Register", "Request", "Run", "Start", "Submit"];
    let makes = |it: catalog::Action| {
        it.access_level() == AccessLevel::Write && MAKING.iter().any(|making| it.name().starts_with(making))
    };
    let mut entries = policy.allow_statements().flat_map(|it| it.actions.only());
    entries.any(|entry| entry.reached().iter().any(|it| it.service() == service && makes(it)))
}

/// How conditions limit the actions where ARNs are not known.
fn by_condition(guilty: &[Entry<'_>], are_made: &dyn Fn(catalog::Service) -> bool) -> String {
    let all = |is: fn(catalog::Action) -> bool| guilty.iter().all(|it| it.wide.iter().all(|it| is(*it)));
    let key = |it: &catalog::Action| {
        let key = catalog::condition_key(&format!("{}:CreateAction", it.service()));
        key.filter(|key| it.accepts_condition_key(*key) && are_made(it.service()))
    };
    // What is made by a program while it runs has an id that nobody knows, and often no tag.
    let limits = |key: &catalog::ConditionKey| {
        let takes = |it: &catalog::Action| {
            it.accepts_condition_key(*key) && it.needed_types().len() == 1 && it.alternative().is_none()
        };
        guilty.iter().all(|it| it.wide.iter().all(takes))
    };
    if let Some(key) = LIMITING.iter().filter_map(|it| catalog::condition_key(it)).find(limits) {
        return format!(", or by `{}`", key.name());
    }
    // Ids that AWS gives are seldom known when the policy is written.
    if all(has_given_ids) {
        return format!(", or by {}", tags_of(guilty));
    }
    if all(makes_linked_roles) {
        return ", or by `iam:AWSServiceName`".to_owned();
    }
    let tagging =
        |it: &&Entry<'_>| it.wide.iter().all(|it| it.access_level() == AccessLevel::Tagging && key(it).is_some());
    // Whoever makes things with tags needs to tag nothing else.
    if let ([_], Some(key)) = (guilty, guilty.iter().filter(tagging).find_map(|it| key(it.wide.first()?))) {
        return format!(", or by `{}` to what is being made", key.name());
    }
    let mut out = String::new();
    let (tagging, others): (Vec<Entry<'_>>, Vec<Entry<'_>>) = guilty.iter().cloned().partition(|it| tagging(&it));
    let tagged: Vec<_> = others.into_iter().filter(Entry::is_told_by_tags).collect();
    if !tagged.is_empty() {
        out.push_str(&format!(", or {}", apart(&tagged, &tags_of(&tagged))));
    }
    if let Some(key) = tagging.first().and_then(|it| key(it.wide.first()?)) {
        out.push_str(&format!(", or {}", apart(&tagging[..1], &format!("`{}` to what is being made", key.name()))));
    }
    out
}

/// How one resource is told from others whose ids nobody knows. A request that names several is denied when one of them
/// lacks the tag.
fn tags_of(entries: &[Entry<'_>]) -> String {
    const TAG: &str = "a tag under `aws:ResourceTag/…`";
    let kinds = |it: &catalog::Action| once(it.needed_types().iter().map(|it| format!("the {}", it.noun())));
    let named: Vec<Vec<String>> = entries.iter().flat_map(|it| &it.wide).map(kinds).collect();
    match &named[..] {
        named if named.iter().all(|it| it.len() == 1) && further_kinds(entries).is_empty() => TAG.to_owned(),
        [first, others @ ..] if others.iter().all(|it| it == first) && first.len() > 1 => {
            format!("{TAG} that {} have", listed(first))
        }
        _ => format!("{TAG} that everything has which a request names"),
    }
}

/// What is limited by something in a statement that has nothing else.
fn apart(entries: &[Entry<'_>], by: &str) -> String {
    let own = if entries.len() == 1 { "its" } else { "their" };
    let names = quoted(&once(entries.iter().map(|it| it.action.to_string())));
    format!("{names} in a statement of {own} own by {by}")
}

/// Whether AWS names what it acts on, and a tag tells it from others.
pub(super) fn has_given_ids(action: catalog::Action) -> bool {
    let is_id = |it: catalog::ResourceType| it.arns().all(|arn| arn.ends_with("Id}"));
    action.needed_types().into_iter().all(is_id) && action.needs_tagged()
}

/// What AWS or a running program names anew each time: who writes one such name into a policy is denied the next one.
const PASSING: [&str; 8] = [
    ":access-entry/${ClusterName}/${IamIdentityType}/${IamIdentityAccountID}/${IamIdentityName}/${UUID}",
    ":container-instance/${ClusterName}/${ContainerInstanceId}",
    ":job/${JobId}",
    ":log-stream:${LogStreamName}",
    ":task/${ClusterName}/${TaskId}",
    ":${LayerVersion}",
    ":${Revision}",
    "RevisionNumber}",
];

/// The forms of ARN that these entries need, as a person reads them.
fn forms(entries: &[Entry<'_>]) -> Vec<String> {
    let is_made = |arn: &str| {
        entries
            .iter()
            .flat_map(|it| &it.wide)
            .any(|action| action.needed_types().iter().any(|it| it.arns().next() == Some(arn) && action.makes(*it)))
    };
    let form = |arn: &&str| {
        // The id of what is being made is not known yet, nor is that of what comes and goes while a program runs.
        let is_open = is_made(arn) || PASSING.iter().any(|it| arn.ends_with(it));
        let before = arn.rfind("${").filter(|_| is_open).map(|at| match arn.ends_with(":secret:${SecretId}") {
            true => format!("{}${{SecretName}}-*", &arn[..at]),
            false => format!("{}*", &arn[..at]),
        });
        // `${…}` would be read as Terraform's own if it were copied.
        before.as_deref().unwrap_or(arn).replace("${Partition}", "aws").replace("${", "{")
    };
    let mut forms: Vec<String> = needed_arns(entries).unwrap_or_default().iter().map(form).collect();
    // A document of AWS is in no account.
    // https://docs.aws.amazon.com/systems-manager/latest/userguide/security_iam_service-with-iam.html
    if let Some(at) = forms.iter().position(|it| it == "arn:aws:ssm:{Region}:{Account}:document/{DocumentName}") {
        forms.insert(at + 1, "arn:aws:ssm:{Region}::document/{DocumentName}".to_owned());
    }
    forms
}
