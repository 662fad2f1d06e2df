mod advice;
mod broad;

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::fmt::{self, Display};
use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::{SmallVec, smallvec};

use self::advice::{Advice, Topics, has_further_kinds, is_served, needed_arns, needs_star, right_on, sort_by_use};
use super::common::service_role::ServiceRole;
use super::partial_wildcard_action::Partial;
use super::wildcard_action::spell_out;
use crate::catalog::{self, AccessLevel, ActionOverride, Danger, Power, Risk};
use crate::frontend::{Configuration, Identity};
use crate::policy::{Action, Condition, Guard, Policy, PolicyKind, Reach, Resource, Scope, Statement, Sweep, matches};
use crate::rule::{Context, Rewrite, Safety, Severity, listed, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    check_for(Concern::Rest, policy, cx);
}

/// What comes of an action that reaches every resource, the worst first; each has a rule of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Concern {
    /// It returns credentials, or makes them.
    Credentials,
    /// It decides who has access.
    Permissions,
    /// It returns what is stored.
    Data,
    /// It changes something.
    Rest,
}

impl Concern {
    const ALL: [Self; 4] = [Self::Credentials, Self::Permissions, Self::Data, Self::Rest];

    fn rule(self) -> &'static str {
        match self {
            Self::Credentials => "credentials_any_resource",
            Self::Permissions => "permissions_any_resource",
            Self::Data => "data_any_resource",
            Self::Rest => "wildcard_resource",
        }
    }

    fn of(sweep: &Sweep) -> Option<Self> {
        Self::of_action(sweep.action).filter(|it| it.counts(sweep))
    }

    /// In one account, that the rest reaches everything of a kind is what somebody chose, unless it leads to more
    /// permissions.
    fn counts(self, sweep: &Sweep) -> bool {
        self != Self::Rest || sweep.reach == Reach::Everywhere || catalog::leads_on(sweep.action)
    }

    /// None of what only looks: who lists or describes mostly asks for all there is.
    fn of_action(action: catalog::Action) -> Option<Self> {
        let makes_or_returns = action.has_risk(Risk::CredentialExposure) && !action.name().starts_with("Delete");
        let concern = match action.power() {
            _ if makes_or_returns => Self::Credentials,
            Power::Permits => Self::Permissions,
            _ if action.has_risk(Risk::DataAccess) => Self::Data,
            Power::Sees if !catalog::leads_on(action) => return None,
            Power::Unlocks | Power::Changes | Power::ReadsData | Power::Sees => Self::Rest,
        };
        (!has_its_own_rule(action)).then_some(concern)
    }
}

/// Whether `*` on this action is worse than this, and another rule says so.
fn has_its_own_rule(action: catalog::Action) -> bool {
    static OTHERS: LazyLock<Vec<catalog::Action>> = LazyLock::new(|| {
        ["iam:PassRole", "kms:CreateGrant", "sts:AssumeRole"].into_iter().filter_map(catalog::action).collect()
    });
    OTHERS.contains(&action) || super::kms_any_key::speaks_of(action)
}

/// Reports the actions of one concern that reach every resource although they can be limited to some.
pub(super) fn check_for(concern: Concern, policy: &Policy, cx: &mut Context<'_>) {
    // In the policy of a resource, `*` is that resource.
    let is_of_device = policy.kind == PolicyKind::Device && concern == Concern::Rest;
    if !policy.kind.is_identity() && !is_of_device {
        return;
    }
    let mut places: Vec<Vec<Found<'_>>> = Vec::new();
    let mut known = FxHashMap::default();
    let service_role = OnceCell::new();
    let (holders, topics) = (Holders::of(policy, cx), Topics::of(policy));
    for statement in policy.allow_statements() {
        let is_denied = policy.always_denied(statement);
        let is_spared = |it: catalog::Action| is_denied(it) || holders.need_star(it);
        if !is_of_device {
            broad::check(concern, statement, &is_spared, cx);
        }
        if statement.gives_everything() {
            continue;
        }
        let resources = statement.resources.iter().flat_map(Scope::only);
        for (index, resource) in resources.enumerate() {
            let here = statement.sweeps().iter().filter(|it| it.resource == index);
            let here = here.filter_map(|it| Some((it, Concern::of_action(it.action)?)));
            let sweeps: Vec<(&Sweep, Concern)> = here.filter(|(it, _)| !is_spared(it.action)).collect();
            if !sweeps.iter().any(|(sweep, it)| *it == concern && it.counts(sweep)) {
                continue;
            }
            let key = (statement.place.span, resource.place.span, resource.text.raw());
            let place = *known.entry(key).or_insert_with(|| {
                places.push(Vec::new());
                places.len() - 1
            });
            let of_service: &ServiceRole<'_> = service_role.get_or_init(|| ServiceRole::of(policy, cx));
            let (as_aws, others) = of_service.parted(sweeps);
            places[place].extend(found(concern, statement, resource, &others));
            places[place].extend(found(concern, statement, resource, &as_aws).into_iter().map(Found::allowed_by_aws));
        }
    }
    let service_role = service_role.get();
    for place in places {
        match services(&place) {
            services if services.len() > 1 && is_repeated(&place) => {
                report_at_once(concern, policy, place, &services, cx);
            }
            _ => place.iter().for_each(|it| report(concern, &topics, it, service_role, &holders, cx)),
        }
    }
}

/// Whoever has a policy, looked for when it makes a difference.
struct Holders<'c> {
    policy: &'c Policy,
    configuration: &'c Configuration,
    known: OnceCell<Vec<&'c Identity>>,
}

impl<'c> Holders<'c> {
    fn of<'a: 'c>(policy: &'c Policy, cx: &Context<'a>) -> Self {
        Self { policy, configuration: cx.configuration(), known: OnceCell::new() }
    }

    /// Whether one of them may be a role that a service takes; nobody knows where none is declared.
    fn may_serve(&self, service: &str) -> bool {
        let known = self.known.get_or_init(|| self.configuration.holders(self.policy).collect());
        known.is_empty() || known.iter().any(|it| it.may_serve(service))
    }

    /// Whether the service that needs an action on `*` may be one that takes them.
    fn need_star(&self, action: catalog::Action) -> bool {
        action.needs_star_for().is_some_and(|it| self.may_serve(it))
    }

    /// Why they may need an action on `*`, where it has another use.
    fn sometimes_need_star(&self, action: catalog::Action) -> Option<ActionOverride> {
        let why = action.sometimes_needs_star()?;
        why.service.is_none_or(|it| self.may_serve(it)).then_some(why)
    }
}

/// What is found of one concern where these sweep a resource.
fn found<'p>(
    concern: Concern,
    statement: &'p Statement,
    resource: &'p Resource,
    sweeps: &[(&'p Sweep, Concern)],
) -> Vec<Found<'p>> {
    let such = |concern| sweeps.iter().filter(move |(_, it)| *it == concern).map(|(it, _)| *it);
    let of = |concern: Concern| entries(statement, such(concern).filter(|it| concern.counts(it)));
    let guilty = of(concern);
    if guilty.is_empty() {
        return Vec::new();
    }
    let counting = sweeps.iter().filter(|(it, concern)| concern.counts(it));
    let worst = counting.map(|(_, concern)| *concern).min().unwrap_or(concern);
    let is_worst = worst == concern;
    let changes = || such(Concern::Rest);
    let along = match worst {
        Concern::Rest => Vec::new(),
        _ if is_worst => along(worst, &guilty, entries(statement, changes())),
        _ if concern == Concern::Rest => along(worst, &of(worst), entries(statement, changes())),
        _ => Vec::new(),
    };
    let is_guilty = |it: &Entry<'_>| guilty.iter().any(|other| std::ptr::eq(other.action, it.action));
    // One action is of one concern; a pattern may be of several.
    let is_pattern = guilty.iter().any(|it| it.action.has_wildcard());
    let lesser = Concern::ALL.into_iter().filter(|it| is_pattern && *it > concern).map(|it| (it, of(it)));
    let lesser = lesser.filter(|(_, them)| !them.is_empty() && them.iter().all(is_guilty)).collect();
    let is_everywhere = such(concern).any(|it| it.reach == Reach::Everywhere);
    let found = Found { statement, resource, is_everywhere, as_aws: false, guilty, along, lesser };
    if concern == Concern::Rest { found.parted() } else { vec![found] }
}

/// Entries of a statement that reach every resource by one of its resources.
struct Found<'p> {
    statement: &'p Statement,
    resource: &'p Resource,
    /// Whether these are in no account for certain, as with `*`: `arn:aws:s3:::*` is no less where it is about S3.
    is_everywhere: bool,
    /// Whether AWS itself allows as much to the service that is the only one to have it.
    as_aws: bool,
    /// What reaches them, the worst first.
    guilty: Vec<Entry<'p>>,
    /// What merely changes something and is cured by the same change as the worst, so that it is said with that.
    along: Vec<Entry<'p>>,
    /// Lesser concerns of which these very entries are all.
    lesser: Vec<(Concern, Vec<Entry<'p>>)>,
}

impl<'p> Found<'p> {
    /// What goes along with the worst by itself, so that it is left out where the worst is said.
    fn parted(self) -> Vec<Self> {
        let goes = |it: &Entry<'_>| self.along.iter().any(|other| std::ptr::eq(other.action, it.action));
        let (along, others): (Vec<_>, Vec<_>) = self.guilty.iter().cloned().partition(goes);
        let of = |guilty| Self { guilty, along: Vec::new(), lesser: Vec::new(), ..self };
        [others, along].into_iter().filter(|it| !it.is_empty()).map(of).collect()
    }

    fn allowed_by_aws(self) -> Self {
        Self { as_aws: true, ..self }
    }

    /// How bad it is, what goes along with it counted in, and the condition that makes it less so.
    fn severity(&self, concern: Concern) -> (Severity, Option<&Condition>) {
        let own = self.severity_of(concern, &self.guilty);
        match concern {
            Concern::Rest => own,
            _ => [self.severity_of(Concern::Rest, &self.along), own].into_iter().max_by_key(|it| it.0).unwrap_or(own),
        }
    }

    fn severity_of(&self, concern: Concern, entries: &[Entry<'_>]) -> (Severity, Option<&Condition>) {
        if self.as_aws {
            return (Severity::Low, None);
        }
        let severity = severity(concern, entries);
        // One account or region is less than all, and a bound on the way is better than none.
        let bound = self.statement.guarded_by(&[Guard::Path, Guard::Resource, Guard::Network]);
        // To lose what has some tag is not to lose everything; to give away a secret is, whatever its tags.
        let tagged = || self.statement.conditions.iter().find(|it| concern == Concern::Rest && it.asks_for_a_tag());
        let bound = bound.or_else(tagged).filter(|_| severity > Severity::Low);
        let is_lower = bound.is_some() || !self.is_everywhere;
        (if is_lower { severity.lower() } else { severity }, bound)
    }
}

/// Those of what merely changes something that are cured by the same change as what is worse.
fn along<'p>(concern: Concern, worse: &[Entry<'_>], mut rest: Vec<Entry<'p>>) -> Vec<Entry<'p>> {
    let is_certain = |it: &Entry<'_>| it.action.place.given.is_none();
    let needed = needed_arns(worse).filter(|_| worse.iter().all(is_certain)).unwrap_or_default();
    let is_held = |arn: &&str| needed.iter().any(|it| it == arn || matches(it, arn, false));
    let is_named = |arns: Vec<&str>| !arns.is_empty() && arns.iter().all(is_held);
    rest.retain(|it| {
        let one = std::slice::from_ref(it);
        is_certain(it)
            && severity(Concern::Rest, one) <= severity(concern, worse).max(Severity::Medium)
            && needed_arns(one).is_some_and(is_named)
            && !has_further_kinds(it)
    });
    rest
}

/// Whether they are of several statements.
fn is_repeated(found: &[Found<'_>]) -> bool {
    found.iter().any(|it| !std::ptr::eq(it.statement, found[0].statement))
}

/// How bad it is where nothing makes it less so; low where there is nothing.
fn severity(concern: Concern, guilty: &[Entry<'_>]) -> Severity {
    let leads_on = guilty.iter().any(|it| catalog::leads_on(it.worst));
    if leads_on || concern == Concern::Permissions {
        Severity::High
    } else if guilty.iter().flat_map(|it| &it.wide).all(|it| is_minor(*it)) {
        Severity::Low
    } else {
        Severity::Medium
    }
}

/// Whether whoever does it to everything gains next to nothing by it: nobody but a service may be a role that it is given.
fn is_minor(action: catalog::Action) -> bool {
    writes_logs(action) || pulls_images(action) || makes_linked_roles(action)
}

/// Whether it does no more than to pull an image, which AWS's own policies for nodes and tasks allow on `*`.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/security-iam-awsmanpol.html>
fn pulls_images(action: catalog::Action) -> bool {
    const PULLS: [&str; 2] = ["BatchGetImage", "GetDownloadUrlForLayer"];
    action.service().prefix() == "ecr" && PULLS.contains(&action.name())
}

/// Whether it does no more than to write a log: whoever may write to all of them can read and change nothing.
fn writes_logs(action: catalog::Action) -> bool {
    const WRITES: [&str; 3] = ["CreateLogGroup", "CreateLogStream", "PutLogEvents"];
    action.service().prefix() == "logs" && WRITES.contains(&action.name())
}

/// What makes a finding about these on a resource the same finding.
fn subject(guilty: &[Entry<'_>], resource: &Resource) -> String {
    format!("{} on {resource}", quoted(&guilty.iter().map(|it| it.action).collect::<Vec<_>>()))
}

/// Each text once.
fn once<T: AsRef<str>>(texts: impl Iterator<Item = T>) -> Vec<T> {
    let mut once: Vec<T> = Vec::new();
    for text in texts {
        if !once.iter().any(|it| it.as_ref().eq_ignore_ascii_case(text.as_ref())) {
            once.push(text);
        }
    }
    once
}

/// The services whose actions are found.
fn services(found: &[Found<'_>]) -> Vec<catalog::Service> {
    let mut services: Vec<_> = found.iter().flat_map(|it| &it.guilty).map(|it| it.worst.service()).collect();
    services.sort_unstable();
    services.dedup();
    services
}

/// One finding for what a block that is written once for many services makes of one resource.
fn report_at_once(
    concern: Concern,
    policy: &Policy,
    found: Vec<Found<'_>>,
    services: &[catalog::Service],
    cx: &mut Context<'_>,
) {
    let severities: Vec<_> = found.iter().map(|it| it.severity(concern).0).collect();
    let severity = severities.into_iter().max().unwrap_or(Severity::Medium);
    let Some(worst) = found.iter().max_by_key(|it| it.guilty.first().map(|it| Danger::of(it.worst))) else { return };
    let (statement, resource) = (worst.statement, worst.resource);
    let vague = found.iter().flat_map(|it| vague(policy, it.statement, &it.guilty, severity));
    let vague: Vec<&Action> = vague.map(|(it, _)| it.action).collect();
    let guilty = worst_first(found.into_iter().flat_map(|it| it.guilty).collect());
    let actions: Vec<&Action> = guilty.iter().map(|it| it.action).collect();
    // All are named, since each is to be looked for in the list.
    let services: Vec<String> = services.iter().map(|it| format!("`{it}`")).collect();
    let mut report = cx
        .report(
            &resource.place,
            format!("{} on `{resource}` {}", listed(&guilty), what_they_do(concern, &guilty, statement)),
        )
        .acting(&actions)
        .of(statement, subject(&guilty, resource))
        .severity(severity)
        .help(format!(
            "leave {} out of the list, and grant what is called of each in a statement of its own, limited to the \
             resources that are meant",
            services.join(", ")
        ));
    // That what is called is to be granted by name is said here.
    for action in vague {
        report = report.telling_at(action.place.span, "partial_wildcard_action", action.to_string());
    }
    // The list may be somebody else's.
    if let [first, ..] = &actions[..] {
        report.by(&first.place);
    }
}

/// An entry of `Action`, and what of it could be bound to some resources and is not.
#[derive(Clone)]
struct Entry<'s> {
    action: &'s Action,
    wide: Vec<catalog::Action>,
    worst: catalog::Action,
}

impl Entry<'_> {
    /// Whether it stands for a few actions, all of which are told.
    fn is_family(&self) -> bool {
        self.wide.len() <= Advice::SPELLED && self.wide.len() == self.action.reached().len()
    }

    /// Whether a pattern that named these forms of ARN alone would no longer allow all that it stands for: some of it
    /// takes only `*`, or another ARN.
    fn would_lose(&self, statement: &Statement, forms: Option<&[&str]>) -> bool {
        let loses = |it: catalog::Action| forms.map_or(it.takes_only_star(), |forms| !is_served(it, forms));
        let mut beside = self.action.reached().iter().filter(|it| !self.wide.contains(it));
        self.action.has_wildcard() && beside.any(|it| statement.may_reach(it) && loses(it))
    }
}

impl Display for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.action)?;
        if self.action.has_wildcard() { write!(f, " (`{}`)", self.worst) } else { Ok(()) }
    }
}

/// The entries that hold what sweeps, the worst first; what is listed twice once.
fn entries<'s, 'w>(statement: &'s Statement, sweeps: impl Iterator<Item = &'w Sweep>) -> Vec<Entry<'s>> {
    let mut out: Vec<(usize, Entry<'s>)> = Vec::new();
    for Sweep { action: reached, entry, .. } in sweeps {
        match out.last_mut().filter(|(it, _)| it == entry) {
            Some((_, last)) => last.wide.push(*reached),
            None => {
                let action = &statement.actions.only()[*entry];
                out.push((*entry, Entry { action, wide: vec![*reached], worst: *reached }));
            }
        }
    }
    for (_, entry) in &mut out {
        entry.wide.sort_by_cached_key(|it| Reverse(Danger::of(*it)));
        entry.worst = entry.wide[0];
    }
    let mut entries: Vec<Entry<'_>> = out.into_iter().map(|(_, entry)| entry).collect();
    // What is there in every case is what the finding says.
    if entries.iter().any(|it| it.action.place.given.is_none()) {
        entries.retain(|it| it.action.place.given.is_none());
    }
    worst_first(entries)
}

/// Each entry once, the worst first. What a pattern holds is told by the pattern.
fn worst_first(mut entries: Vec<Entry<'_>>) -> Vec<Entry<'_>> {
    if entries.len() < 2 {
        return entries;
    }
    entries.sort_by_cached_key(|it| Reverse(Danger::of(it.worst)));
    let patterns = entries.iter().filter(|it| it.action.has_wildcard() && it.action.place.given.is_none());
    let held: FxHashSet<catalog::Action> = patterns.flat_map(|it| it.wide.iter().copied()).collect();
    let mut seen = FxHashSet::default();
    entries.retain(|it| {
        let is_held = !it.action.has_wildcard() && it.wide.iter().all(|it| held.contains(it));
        !is_held && seen.insert(it.action.to_string().to_ascii_lowercase())
    });
    entries
}

fn report(
    concern: Concern,
    topics: &Topics<'_>,
    found: &Found<'_>,
    service_role: Option<&ServiceRole<'_>>,
    holders: &Holders<'_>,
    cx: &mut Context<'_>,
) {
    let Found { statement, resource, guilty, .. } = found;
    let [first, ..] = &guilty[..] else { return };
    let (severity, bound) = found.severity(concern);
    let mut message = format!("{} on `{resource}` {}", listed(guilty), what_they_do(concern, guilty, statement));
    let along = if concern == Concern::Rest { &[][..] } else { &found.along[..] };
    if !along.is_empty() {
        let reach = if along.len() == 1 { "reaches" } else { "reach" };
        message.push_str(&format!(", and {} {reach} them too", listed(along)));
    }
    // What the same entries do besides, and is cured by naming what is called in their place.
    if let Some((_, entries)) = found.lesser.iter().find(|(concern, _)| *concern == Concern::Data) {
        let who = if entries.len() == guilty.len() { String::new() } else { format!("{} ", listed(entries)) };
        message.push_str(&format!(", and {who}{}", what_they_do(Concern::Data, entries, statement)));
    }
    let told = [&guilty[..], along].concat();
    let actions: Vec<&Action> = told.iter().map(|it| it.action).collect();
    let fine = right_on(resource, statement, holders);
    // What is called of a pattern may be what it does besides.
    let mut advised = told.clone();
    for entry in &mut advised {
        let besides = found.lesser.iter().flat_map(|(_, them)| them).filter(|it| std::ptr::eq(it.action, entry.action));
        for action in besides.flat_map(|it| &it.wide) {
            if !entry.wide.contains(action) {
                entry.wide.push(*action);
            }
        }
    }
    // That it decides who has access is worse than that it is a pattern, which is said with it.
    let partial = vague(topics.policy, statement, &told, severity);
    let vague = partial.iter().filter(|(it, _)| concern == Concern::Permissions && !it.is_family());
    let vague: Vec<&Action> = vague.map(|(it, _)| it.action).collect();
    let advice = Advice::of(topics, found, &advised, &fine, &vague);
    let service_role = service_role.filter(|_| found.as_aws);
    let wide: Vec<catalog::Action> = told.iter().flat_map(|it| &it.wide).copied().collect();
    let help = match wide.len() {
        _ if let Some(it) = service_role => it.advice(&wide, &advice.in_words()),
        // Who sets things up is seldom who decides about access to them, and who writes a pattern seldom means it all.
        2.. if concern == Concern::Permissions => format!("{}; what nobody calls can be left out", advice.in_words()),
        _ => advice.in_words(),
    };
    let mut report = cx
        .report(&resource.place, message)
        .acting(&actions)
        .of(statement, subject(guilty, resource))
        .severity(severity)
        .help(help);
    if !along.is_empty() {
        report = report.telling("wildcard_resource", subject(along, resource));
    }
    for (concern, entries) in &found.lesser {
        report = report.telling(concern.rule(), subject(entries, resource));
    }
    // That the pattern is to be named out, and for what, is said here; or all of the little that it stands for is.
    for (entry, partial) in partial.iter().filter(|(it, _)| advice.is_losing(it) || it.is_family()) {
        let at = entry.action.place.span;
        report = report.telling_at(at, "partial_wildcard_action", entry.action.to_string());
        if advice.is_losing(entry) {
            report = spell_out(report, entry.action, &partial.reached);
        }
    }
    if first.action.place.given.is_some() {
        report = report.by(&first.action.place);
    }
    if let Some(condition) = bound {
        report =
            report.label(condition.place.span, format!("`{}` limits this, hence the lower severity", condition.key));
    }
    report = report.unguarded(statement, bound);
    // What a pattern holds of this concern shows in no other place.
    for entry in told.iter().filter(|it| it.action.has_wildcard()) {
        report = report.label(entry.action.place.span, format!("`{}` holds {}", entry.action, quoted(&entry.wide)));
    }
    for (action, words) in advice.beside() {
        report = report.label(action.place.span, words);
    }
    let (sometimes, always): (Vec<&Action>, Vec<&Action>) =
        fine.iter().copied().partition(|it| it.reached().iter().all(|it| holders.sometimes_need_star(it).is_some()));
    let (whole, partly): (Vec<&Action>, Vec<&Action>) =
        always.into_iter().partition(|it| it.reached().iter().all(|it| needs_star(it, holders)));
    if let [first, ..] = whole[..] {
        report = report.label(first.place.span, format!("`{resource}` is right for {}", quoted(&whole)));
    }
    if let [first, ..] = partly[..] {
        report = report.label(first.place.span, format!("`{resource}` is right for some of {}", quoted(&partly)));
    }
    // Whether this program is one of those, nobody can see here.
    for action in sometimes {
        if let Some(ActionOverride { reason: why, .. }) =
            action.reached().iter().find_map(|it| holders.sometimes_need_star(it))
        {
            report = report.label(action.place.span, format!("`{resource}` may be right for `{action}`: {why}"));
        }
    }
    // What no entry of the statement but these needs can be narrowed without taking from the others; and what cannot be
    // named whole would be denied.
    if let Some(forms) = advice.all_that_is_needed().filter(|_| service_role.is_none()) {
        let names = quoted(&once(told.iter().map(|it| it.action.to_string())));
        let apart = fine.iter().map(|it| it.place.span).collect();
        let change = Rewrite::Scope { at: resource.place.span, forms, apart };
        report.fix(Safety::Unsafe, format!("limit {names} to the one resource of this module"), [change]);
    }
}

/// The patterns that stand for more than they say, the worst of which is among what is told of them, as bad as that is.
fn vague<'e, 's>(
    policy: &Policy,
    statement: &'s Statement,
    told: &'e [Entry<'s>],
    severity: Severity,
) -> Vec<(&'e Entry<'s>, Partial<'s>)> {
    let patterns = told.iter().filter(|it| it.action.has_wildcard());
    let partial = patterns.filter_map(|it| Some((it, Partial::of(policy, statement, it.action)?)));
    partial.filter(|(it, of)| it.wide.contains(&of.worst) && of.severity <= severity).collect()
}

/// What comes of it, in words that follow those for the actions.
fn what_they_do(concern: Concern, guilty: &[Entry<'_>], statement: &Statement) -> String {
    let s = if guilty.len() == 1 { "s" } else { "" };
    let kinds = kinds(guilty);
    let tagged = statement.asked_tag().map(|it| format!(" with a tag `{it}`")).unwrap_or_default();
    let all = format!("{kinds}{tagged}");
    let worst = guilty.iter().map(|it| it.worst);
    match concern {
        Concern::Credentials if kinds == "every secret in the account" || kinds == "every parameter in the account" => {
            format!("return{s} the value of {all}")
        }
        Concern::Credentials if worst.clone().all(|it| it.access_level() <= AccessLevel::Read) => {
            format!("return{s} credentials of {all}")
        }
        Concern::Credentials => format!("give{s} out credentials of {all}"),
        Concern::Permissions if kinds == "every policy in the account" => format!("change{s} what {all} allows"),
        Concern::Permissions if worst.clone().all(|it| it.service().prefix() == "iam") => {
            format!("decide{s} what {all} may do")
        }
        Concern::Permissions => format!("decide{s} who has access to {all}"),
        Concern::Data => format!("read{s} {all}"),
        Concern::Rest if guilty.iter().flat_map(|it| &it.wide).all(|it| makes_linked_roles(*it)) => {
            format!("create{s} service-linked roles of every service, though it can be limited to some")
        }
        Concern::Rest => {
            let they = if guilty.len() == 1 { "it" } else { "they" };
            let reach = if guilty.len() == 1 { "reaches" } else { "reach" };
            format!("{reach} {all}, though {they} can be limited to some")
        }
    }
}

/// `every table in the account`, `every table and every queue in the account`; of many kinds the first, and how many more
/// there are.
fn kinds(guilty: &[Entry<'_>]) -> String {
    const FEW: usize = 3;
    // Of all that a pattern stands for, the worst is named.
    let kinds = once(guilty.iter().flat_map(|it| nouns(it.worst)));
    let every = |kinds: &[&str]| kinds.iter().map(|it| format!("every {it}")).collect::<Vec<_>>();
    match &kinds[..] {
        few if few.len() <= FEW => format!("{} in the account", listed(&every(few))),
        [firsts @ .., _] => {
            let firsts = &firsts[..FEW - 1];
            format!(
                "{} and {} more kinds of resources in the account",
                every(firsts).join(", "),
                kinds.len() - firsts.len()
            )
        }
        [] => "everything".to_owned(),
    }
}

/// What a person calls the resource that an action is about, or all those that it may be about.
fn nouns(action: catalog::Action) -> SmallVec<[&'static str; 1]> {
    let is_in_its_name = |noun: &str| {
        let name = noun.split([' ', '-']).collect::<String>();
        action.name().to_ascii_lowercase().contains(&name.to_ascii_lowercase())
    };
    // Whoever deletes a database needs its tables too. Of a table, its database and its catalogue, the one with the longest
    // ARN is the one that is meant.
    let mut needed = action.needed_types();
    needed.retain(|it| !action.makes(*it));
    let meant = match needed[..] {
        [one] => Some(one),
        _ => needed.into_iter().max_by_key(|it| (is_in_its_name(it.noun()), it.depth())),
    };
    match meant {
        _ if makes_linked_roles(action) => smallvec![LINKED_ROLE],
        Some(it) => smallvec![it.noun()],
        None => {
            let mut types: Vec<_> = action.resource_types().map(|it| it.resource_type()).collect();
            let is_required = |of: &catalog::ResourceType| {
                action.resource_types().any(|it| it.is_required() && it.resource_type() == *of)
            };
            sort_by_use(action, &mut types);
            types.sort_by_key(|it| !is_required(it));
            types.into_iter().map(|it| it.noun()).collect()
        }
    }
}

/// A role that a service gives itself, and of which nobody else chooses who may be it and what it may do.
const LINKED_ROLE: &str = "service-linked role";

fn makes_linked_roles(action: catalog::Action) -> bool {
    action.service().prefix() == "iam" && action.name() == "CreateServiceLinkedRole"
}
