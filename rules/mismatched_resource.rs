use rustc_hash::FxHashSet;

use crate::catalog::{self, AccessLevel, ArnForm, Power};
use crate::policy::{Action, ArnPattern, Effect, Policy, PolicyKind, Resource, Scope, Service, Statement, matches};
use crate::rule::{Confidence, Context, Rewrite, Safety, Severity, either, quoted};
use crate::value::HOLE;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        let Some(Scope::Only(resources)) = &statement.resources else { continue };
        // What is larger, AWS refuses for its size.
        const MOST: usize = 100_000;
        if statement.actions.only().len().saturating_mul(resources.len()) > MOST {
            continue;
        }
        let Some(patterns) = patterns(resources) else { continue };
        let mut lost: Vec<Lost<'_>> = Vec::new();
        for action in statement.actions.only() {
            let Some(needed) = needed(action, resources, &patterns) else { continue };
            if policy.other_ways(statement).any(|it| is_reached(action, it)) {
                continue;
            }
            let sure = !needed.is_empty() || action.reached().iter().all(|it| it.access_level() <= AccessLevel::Read);
            // A log group is named with all of its streams.
            let holds = |one: &[&str], other: &[&str]| {
                other.iter().all(|it| one.iter().any(|own| own == it || matches(own, it, false)))
            };
            let is_alike =
                |it: &Lost<'_>| it.sure == sure && (holds(&it.needed, &needed) || holds(&needed, &it.needed));
            match lost.iter_mut().find(|it| it.needed.is_empty() == needed.is_empty() && is_alike(it)) {
                Some(lost) => {
                    lost.actions.push(action);
                    if !holds(&lost.needed, &needed) {
                        lost.needed = needed;
                    }
                }
                None => lost.push(Lost { actions: vec![action], needed, sure }),
            }
        }
        // Of a module that is given the resources, its caller cannot part the statement, and all of them are of use.
        let all_given =
            || resources.iter().all(|it| it.place.origin.steps().any(|step| step.words.contains(" argument ")));
        if !lost.is_empty() && all_given() && patterns.iter().all(|it| is_of_use(it, statement)) {
            continue;
        }
        // Where one resource does for none of the actions, it is more likely wrong than all of them.
        let count: usize = lost.iter().map(|it| it.actions.len()).sum();
        let is_resource =
            statement.effect == Effect::Allow && resources.len() == 1 && count == statement.actions.only().len();
        if is_resource {
            lost = at_once(lost);
        }
        for lost in lost {
            report(policy, statement, resources, &lost, is_resource, cx);
        }
    }
}

/// Whether an action has everything to apply to where its statement turns out another way.
fn is_reached(action: &Action, way: &Statement) -> bool {
    way.star_resources().next().is_some() && way.actions.only().iter().any(|it| it.place.span == action.place.span)
}

/// Actions that meet none of the resources, and what they would meet.
struct Lost<'s> {
    actions: Vec<&'s Action>,
    /// Forms of ARNs; none when it is only `*`.
    needed: Vec<&'static str>,
    /// Whether AWS can be taken at its word. Who lists sees all there is; but of what changes something, AWS at times
    /// has not documented that it looks at a resource.
    sure: bool,
}

/// What takes some resource, as one: it is one resource that is not theirs.
fn at_once(lost: Vec<Lost<'_>>) -> Vec<Lost<'_>> {
    let (takers, mut out): (Vec<_>, Vec<_>) = lost.into_iter().partition(|it| !it.needed.is_empty());
    let all = takers.into_iter().reduce(|mut all, other| {
        all.actions.extend(other.actions);
        all.needed.extend(other.needed.iter().filter(|it| !all.needed.contains(it)).copied().collect::<Vec<_>>());
        all.sure &= other.sure;
        all
    });
    out.splice(..0, all);
    out
}

/// The resources taken apart; none when one of them may be anything.
fn patterns(resources: &[Resource]) -> Option<Vec<&ArnPattern>> {
    if resources.is_empty() || resources.iter().any(Resource::is_everything) {
        return None;
    }
    let known: Option<Vec<&ArnPattern>> = resources.iter().map(Resource::arn).collect();
    // Of an ARN that nothing has, `impossible_arn` speaks.
    let is_impossible = |(resource, pattern): (&Resource, &&ArnPattern)| {
        let is_known = resource.part(2).is_some_and(|it| !catalog::arn_forms(it).is_empty());
        is_known && !pattern.has_known_form()
    };
    if resources.iter().zip(known.iter().flatten()).any(is_impossible) {
        return None;
    }
    // One whose service is not known may be what the others are not.
    let is_open = |it: &Resource| it.part(2).is_none_or(|it| it.contains([HOLE, '$']));
    known.filter(|_| !resources.iter().any(is_open))
}

/// Whether an action of the statement applies to a resource.
fn is_of_use(pattern: &ArnPattern, statement: &Statement) -> bool {
    let actions = statement.actions.only().iter().flat_map(|it| it.reached().iter());
    let mut types = actions.flat_map(|it| it.resource_types().map(|it| it.resource_type()));
    types.any(|it| ArnForm::of_type(it).iter().any(|form| pattern.meets(form)))
}

/// What an action needs, when none of the resources is one; none also for an action that is not known, which has no
/// documented resources.
fn needed(action: &Action, resources: &[Resource], patterns: &[&ArnPattern]) -> Option<Vec<&'static str>> {
    let mut needed: Vec<&'static str> = Vec::new();
    let actions = action.reached();
    for action in actions.iter() {
        for form in action.resource_types().flat_map(|it| ArnForm::of_type(it.resource_type())) {
            if patterns.iter().any(|it| it.meets(form)) {
                return None;
            }
            if !action.takes_only_star() && !needed.contains(&form.text) {
                needed.push(form.text);
            }
        }
    }
    // Where an action has no resources, some services still look at one: S3 lists buckets by `arn:aws:s3:::*`.
    let is_asked = |it: &Resource| it.covers_all_of_its_service() || is_catalogue(it, action) || is_system(it, action);
    let untold = needed.is_empty() && resources.iter().any(is_asked);
    (!actions.is_empty() && !untold).then_some(needed)
}

/// Whether it is all of Systems Manager in some region and account, on which that decides where the reference lists nothing:
/// denials say `on resource: arn:aws:ssm:eu-west-1:111122223333:*`.
/// <https://github.com/kubernetes-sigs/cluster-api-provider-aws/issues/3361>
pub(super) fn is_system(resource: &Resource, action: &Action) -> bool {
    let asks = action.service().is_some_and(|it| matches!(it, "ssm" | "ssmmessages" | "ec2messages"));
    asks && resource.part(2) == Some("ssm") && resource.part(5) == Some("*")
}

/// Whether it is the Data Catalog, on which Lake Formation decides although the reference lists no resource for it.
/// <https://docs.aws.amazon.com/healthlake/latest/devguide/troubleshooting.html>
fn is_catalogue(resource: &Resource, action: &Action) -> bool {
    const SERVICE: &str = "lakeformation";
    action.service() == Some(SERVICE)
        && resource.part(2) == Some(SERVICE)
        && resource.part(5).is_some_and(|it| it.starts_with("catalog:"))
}

/// The forms of ARN that the actions must be given, or those of which each will do: of many, those that begin as one of the
/// resources does, which is then the right thing in the wrong form.
fn forms(lost: &Lost<'_>, resources: &[Resource]) -> String {
    let shown = |it: &str| it.replace("${Partition}", "aws").replace("${", "{");
    let mut together: Vec<String> = Vec::new();
    for action in lost.actions.iter().flat_map(|it| it.reached().iter()) {
        let types = action.needed_types();
        if types.is_empty() {
            let head = |it: &str| it.split(['/', ':']).next().unwrap_or_default().to_owned();
            let begins_alike = |form: &&&str| {
                let of_form = form.splitn(6, ':').nth(5).map(head);
                resources.iter().any(|it| it.part(5).map(head) == of_form)
            };
            let alike: Vec<_> = lost.needed.iter().filter(begins_alike).map(|it| shown(it)).collect();
            let all = || lost.needed.iter().map(|it| shown(it)).collect::<Vec<_>>();
            return either(&if alike.is_empty() { all() } else { alike });
        }
        for form in types.iter().flat_map(|it| it.arns().next()).map(shown) {
            if !together.contains(&form) {
                together.push(form);
            }
        }
    }
    let is_held = |it: &String| together.iter().any(|other| other != it && matches(other, it, false));
    quoted(&together.iter().filter(|it| !is_held(it)).collect::<Vec<_>>())
}

/// That the actions go on `*`, and without the tests that none of their requests would pass; or that they are there.
fn on_star(policy: &Policy, statement: &Statement, lost: &Lost<'_>) -> String {
    let is_there = |action| {
        let mut others = policy.allow_statements().filter(|it| it.is_unconditional() && it.certainly_holds(action));
        others.any(|it| it.star_resources().next().is_some())
    };
    let allows = statement.effect == Effect::Allow;
    if allows && lost.actions.iter().flat_map(|it| it.reached().iter()).all(is_there) {
        return format!("leave {} out here, since another statement has it on `*`", quoted(&lost.actions));
    }
    let reached = || lost.actions.iter().flat_map(|it| it.reached().iter());
    let never = statement.conditions.iter().filter(|it| !reached().any(|action| it.admits(action)));
    let keys: Vec<_> = never.map(|it| &it.key).collect();
    let without = match &keys[..] {
        [] => String::new(),
        keys => {
            format!(" without {}, which {}", quoted(keys), one_or_more(lost, "it does not carry", "they do not carry"))
        }
    };
    let (names, own) = (quoted(&lost.actions), one_or_more(lost, "its own", "their own"));
    match statement.effect {
        Effect::Allow => format!("put {names} on `*`, in a statement of {own}{without}"),
        // What denies nothing today may be needed by somebody.
        Effect::Deny => {
            let them = one_or_more(lost, "it", "them");
            format!("leave {names} out, or deny {them} on `*` in a statement of {own}{without}")
        }
    }
}

/// Whether an action only looks, and some calls of it name no resource. Where it changes something, `*` would give more.
fn is_called_without_arn(action: catalog::Action) -> bool {
    action.power() == Power::Sees && action.sometimes_needs_star().is_some()
}

/// Whether an action is about the tags of what is there. What CloudWatch Logs asks of one is told beside the reference.
fn is_about_tags(action: &Action) -> bool {
    let is_it = |it: catalog::Action| it.access_level() == AccessLevel::Tagging || it.name().starts_with("ListTags");
    !action.reached().is_empty() && action.reached().iter().all(is_it) && action.service() != Some("logs")
}

fn is_of_known_form(resource: &Resource) -> bool {
    resource.arn().is_some_and(ArnPattern::has_known_form)
}

fn one_or_more(lost: &Lost<'_>, one: &'static str, more: &'static str) -> &'static str {
    if lost.actions.len() == 1 { one } else { more }
}

/// How many of the resources or actions are shown.
const NAMED: usize = 3;

fn report(
    policy: &Policy,
    statement: &Statement,
    resources: &[Resource],
    lost: &Lost<'_>,
    is_resource: bool,
    cx: &mut Context<'_>,
) {
    let [first, ..] = lost.actions[..] else { return };
    let names = quoted(&lost.actions);
    let apply = if lost.actions.len() == 1 { "applies" } else { "apply" };
    // One may stand there in several cases, or for several of the things that it is made of.
    let mut seen = FxHashSet::default();
    let named: Vec<&Resource> = resources.iter().filter(|it| seen.insert(it.to_string())).collect();
    let to = match &named[..] {
        [one] => format!("`{one}`"),
        more => format!("any of {}", quoted(more)),
    };
    let (message, help) = if lost.needed.is_empty() {
        let them = if lost.actions.len() == 1 { "it" } else { "them" };
        let message = format!("{names} never {apply} to {to}: AWS knows no resource for {them} but `*`");
        (message, on_star(policy, statement, lost))
    } else if lost.actions.iter().flat_map(|it| it.reached().iter()).all(is_called_without_arn) {
        (format!("{names} never {apply} to {to}"), on_star(policy, statement, lost))
    } else if policy.kind == PolicyKind::Resource(Service::Kms) && statement.effect == Effect::Allow {
        (format!("{names} never {apply} to {to}"), "write `*`, which is this key".to_owned())
    } else {
        let needs = if lost.actions.len() == 1 { "needs" } else { "need" };
        let help = match statement.effect {
            Effect::Deny => {
                let deny = if lost.actions.len() == 1 { "denies" } else { "deny" };
                format!(
                    "{names} {deny} nothing here: name actions that take it, or {} in its place",
                    forms(lost, resources)
                )
            }
            _ => format!("{names} {needs} {}; what nobody calls can be left out", forms(lost, resources)),
        };
        (format!("{names} never {apply} to {to}"), help)
    };
    let at = if is_resource { &resources[0].place } else { &first.place };
    let mut report = cx.report(at, message).of(statement, &names).help(help);
    if is_resource {
        for action in lost.actions.iter().take(NAMED) {
            report = report.label(action.place.span, "takes no such resource");
        }
    } else {
        let take = if lost.actions.len() == 1 { "it takes" } else { "they take" };
        for resource in named.iter().take(NAMED) {
            report = report.label(resource.place.span, format!("no resource that {take}"));
        }
    }
    // S3 says so itself, and refuses the policy.
    if policy.kind == PolicyKind::Resource(Service::S3) && !lost.needed.is_empty() {
        report = report.severity(Severity::High);
    }
    // What a wildcard stands for beside what it was written for.
    if lost.actions.iter().all(|it| it.has_wildcard()) {
        report = report.severity(Severity::Low);
    }
    let is_sure = |it: &Resource| it.place.given.is_none() && !it.is_free();
    // The reference is late with which of its resources a service tags.
    let is_own = |it: &Resource| is_of_known_form(it) && it.part(2) == first.service();
    let may_lag = lost.actions.iter().all(|it| is_about_tags(it)) && resources.iter().all(is_own);
    if !lost.sure || may_lag || !resources.iter().all(is_sure) {
        report.confidence(Confidence::Low);
    } else if let Some(correction) = lost.actions.iter().find_map(|it| catalog::action(it.text.raw())?.correction()) {
        report.confidence(Confidence::Low).label(first.place.span, correction.reason);
    } else if lost.needed.is_empty() && policy.kind.is_identity() && statement.effect == Effect::Allow {
        let actions = lost.actions.iter().map(|it| it.place.span).collect();
        let change = Rewrite::Apart { at: statement.place.span, actions };
        // Who may list one thing is meant to list them all; who reads or writes may be meant not to.
        let only_sees = lost.actions.iter().flat_map(|it| it.reached().iter()).all(|it| it.power() == Power::Sees);
        let safety =
            if only_sees && !lost.actions.iter().any(|it| it.has_wildcard()) { Safety::Safe } else { Safety::Unsafe };
        let own = one_or_more(lost, "its own", "their own");
        report.fix(safety, format!("put {names} on `*`, in a statement of {own}"), [change]);
    }
}
