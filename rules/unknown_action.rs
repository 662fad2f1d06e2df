use rustc_hash::{FxHashMap, FxHashSet};

use super::malformed_action::fault;
use crate::catalog::{self, Power, Service};
use crate::policy::{Action, Effect, Policy, Resource, Scope, Statement};
use crate::rule::{Confidence, Context, Report, Rewrite, Safety, Severity, either, quoted};
use crate::source::Span;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    // Of nearly every policy all actions are known.
    if policy.statements.iter().flat_map(|it| it.actions.entries()).all(|it| exists(it) || parts(it).is_none()) {
        return;
    }
    let facts = cx.facts();
    let generated = exists_somewhere(policy);
    let mut idle: Vec<(&Statement, &Action)> = Vec::new();
    for statement in &policy.statements {
        let mut unknown: Vec<&str> = Vec::new();
        let mut strangers: Vec<(Service, Vec<&Action>)> = Vec::new();
        for action in statement.actions.entries() {
            let Some((prefix, name)) = parts(action) else { continue };
            // What is no action by its form is refused, which says more.
            if fault(action).is_some() {
                continue;
            }
            if facts.know_action(&action.to_string()) || generated.contains(&action.place.span) {
                continue;
            }
            match catalog::service(prefix) {
                Some(_) if action.has_wildcard() => idle.push((statement, action)),
                Some(service) => {
                    if let Standing::Stranger = unknown_name(statement, action, service, name, cx) {
                        match strangers.iter_mut().find(|(it, _)| *it == service) {
                            Some((_, alike)) => alike.push(action),
                            None => strangers.push((service, vec![action])),
                        }
                    }
                }
                // Once is enough for all actions of a service that is not there.
                None if !unknown.contains(&prefix) => {
                    unknown.push(prefix);
                    unknown_service(statement, action, prefix, cx);
                }
                None => {}
            }
        }
        for (service, alike) in &strangers {
            unlike_any(statement, *service, alike, cx);
        }
    }
    matches_nothing(&idle, cx);
}

/// The literals of which an action is made that there is. One that is put together, `"${each.value}:BatchGet*"`, is
/// meant for those services that have such actions, and does no harm to the others.
fn exists_somewhere(policy: &Policy) -> FxHashSet<Span> {
    let entries = policy.statements.iter().flat_map(|it| it.actions.entries());
    entries.filter(|it| parts(it).is_some() && exists(it)).map(|it| it.place.span).collect()
}

/// Whether it stands for an action of the reference.
fn exists(action: &Action) -> bool {
    !action.reached().is_empty()
}

/// Patterns that are put together, `"${service}:Describe*"`, are one thing to say for each place.
fn matches_nothing(idle: &[(&Statement, &Action)], cx: &mut Context<'_>) {
    let mut places: Vec<Vec<(&Statement, &Action)>> = Vec::new();
    let mut known: FxHashMap<Span, usize> = FxHashMap::default();
    for (statement, action) in idle {
        let at = *known.entry(action.place.span).or_insert_with(|| {
            places.push(Vec::new());
            places.len() - 1
        });
        places[at].push((statement, action));
    }
    for alike in &places {
        let [(statement, action), others @ ..] = &alike[..] else { continue };
        // A list of services that a caller may give is no list of those that have such actions.
        if !others.is_empty() && action.place.origin.steps().any(|it| it.words.ends_with("(default)")) {
            continue;
        }
        let more = match others.len() {
            0 => String::new(),
            more => format!(", as {more} more that are put together here do not"),
        };
        let message = format!("`{action}` matches no action known on {}{more}", catalog::reference_date());
        // That a list of verbs is longer than a service needs hurts nobody, unless it is to forbid something.
        let allows = alike.iter().all(|(it, _)| it.effect == Effect::Allow && !it.actions.is_negated());
        cx.report(&action.place, message)
            .of(statement, action)
            .severity(if allows { Severity::Low } else { Severity::Medium })
            .help("look up the actions of the service");
    }
}

/// The service and the name of an action that is written as one; what is not is for `malformed_action` to say.
fn parts(action: &Action) -> Option<(&str, &str)> {
    let text = action.text.as_known().filter(|it| !it.contains("${"))?;
    let (service, name) = text.split_once(':')?;
    let is_plain = |it: char| it.is_ascii_alphanumeric() || it == '-';
    (!service.is_empty() && service.chars().all(is_plain) && !name.is_empty()).then_some((service, name))
}

/// Services whose actions are those of another one: the prefix that they do not have, the one that they have, their name.
const PARTS: [(&str, &str, &str); 2] = [("docdb", "rds", "Amazon DocumentDB"), ("vpc", "ec2", "Amazon VPC")];

fn unknown_service(statement: &Statement, action: &Action, prefix: &str, cx: &mut Context<'_>) {
    if catalog::retired_service(prefix).is_some() {
        return;
    }
    let others = under(statement, prefix).skip(1).count();
    let more = match others {
        0 => String::new(),
        1 => ", nor is it for 1 more action here".to_owned(),
        more => format!(", nor is it for {more} more actions here"),
    };
    let date = catalog::reference_date();
    let part = PARTS.iter().find(|(it, ..)| it.eq_ignore_ascii_case(prefix));
    let alias = part.and_then(|(_, of, _)| catalog::service(of)).or_else(|| catalog::prefix_alias(prefix));
    let unlisted = catalog::unlisted_service(prefix);
    let message = match (alias, unlisted) {
        (Some(service), _) => {
            let name = part.map_or(service.name(), |(.., name)| name);
            let more = match others {
                0 => String::new(),
                1 => ", and 1 more action here begins so".to_owned(),
                more => format!(", and {more} more actions here begin so"),
            };
            format!("no action begins with `{prefix}`: those of {name} are `{service}:…`{more}")
        }
        (_, Some(unlisted)) if !unlisted.is_newer => {
            format!("`{prefix}` is a service of the API, but no prefix of actions known on {date}{more}")
        }
        _ => format!("`{prefix}` is no service known on {date}{more}"),
    };
    let report = cx.report(&action.place, message).of(statement, action);
    match (alias, catalog::nearest_service(prefix)) {
        (Some(service), _) if others > 0 => report.help(renamed(statement, prefix, service)),
        (Some(service), _) => match parts(action).and_then(|(_, name)| service.action(name)) {
            Some(meant) => report.severity(severity(statement, &[meant])).help(instead(statement, &[meant])).fix(
                safety(statement, &[meant]),
                format!("write `{meant}`"),
                [Rewrite::write(action.place.span, meant)],
            ),
            None => report.help(format!("write `{service}:…`")),
        },
        (None, Some(service)) if unlisted.is_none() => {
            let meant: Option<Vec<_>> = under(statement, prefix).map(|it| service.action(parts(it)?.1)).collect();
            match meant.filter(|it| it.iter().all(|it| is_here(statement, *it))) {
                Some(meant) => report.severity(Severity::Low).help(instead(statement, &meant)),
                None => report.help(format!("write `{service}:…` if that is meant")),
            }
        }
        _ => report.confidence(Confidence::Low).help("look up the prefix in the service authorization reference"),
    };
}

/// The actions of a statement that begin with a prefix.
fn under<'s>(statement: &'s Statement, prefix: &str) -> impl Iterator<Item = &'s Action> {
    statement.actions.entries().iter().filter(move |it| parts(it).is_some_and(|(it, _)| it == prefix))
}

/// What becomes of several actions under a prefix that none has: those that there are under the right one are written
/// so, and what is there already, or is none either, goes.
fn renamed(statement: &Statement, prefix: &str, service: Service) -> String {
    let meant = |it: &Action| parts(it).and_then(|(_, name)| service.action(name));
    let (kept, gone): (Vec<&Action>, Vec<&Action>) = under(statement, prefix)
        .partition(|it| it.has_wildcard() || meant(it).is_some_and(|it| !is_here(statement, it)));
    let write: Vec<_> = kept.iter().filter_map(|it| Some(format!("{service}:{}", it.name()?))).collect();
    match (&write[..], &gone[..]) {
        (write, []) => format!("write {}", quoted(write)),
        ([], gone) => format!("leave out {}", quoted(gone)),
        (write, gone) => format!("write {}, and leave out {}", quoted(write), quoted(gone)),
    }
}

/// Actions that AWS does not list, and shows in its own documentation: the policy that SNS gives a new topic,
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html>, and that of the logs of a domain,
/// <https://docs.aws.amazon.com/opensearch-service/latest/developerguide/createdomain-configure-slow-logs.html>.
const UNLISTED: [&str; 2] = ["sns:Receive", "logs:PutLogEventsBatch"];

/// Actions that are not called as one would think by those beside them, and what allows it.
const OTHERWISE: [(&str, &str); 6] = [
    ("ecr:DeleteImage", "ecr:BatchDeleteImage"),
    ("glue:ListConnections", "glue:GetConnections"),
    ("glue:ListDatabases", "glue:GetDatabases"),
    ("glue:ListTables", "glue:GetTables"),
    ("rds:Connect", "rds-db:connect"),
    ("s3:GetObjectMetadata", "s3:GetObject"),
];

/// Whether the statement has an action already.
fn is_here(statement: &Statement, action: catalog::Action) -> bool {
    let name = action.full_name();
    statement.actions.entries().iter().any(|entry| entry.must_match(&name))
}

/// How bad it is not to have named these: not at all, where they stand beside it.
fn severity(statement: &Statement, needed: &[catalog::Action]) -> Severity {
    if needed.iter().all(|it| is_here(statement, *it)) { Severity::Low } else { Severity::Medium }
}

/// Whether these would do more on every resource than to look, where what is written in their place does nothing.
fn would_open(statement: &Statement, needed: &[catalog::Action]) -> bool {
    let opens = |it: &catalog::Action| !it.takes_only_star() && it.power() > Power::Sees;
    statement.effect == Effect::Allow
        && statement.resources.iter().flat_map(Scope::only).any(Resource::is_everything)
        && needed.iter().any(opens)
}

/// Whether to write these instead does what was meant and no more.
fn safety(statement: &Statement, needed: &[catalog::Action]) -> Safety {
    if would_open(statement, needed) { Safety::Unsafe } else { Safety::Safe }
}

/// What to write instead, or that it is written already.
fn instead(statement: &Statement, needed: &[catalog::Action]) -> String {
    let (here, missing): (Vec<catalog::Action>, Vec<catalog::Action>) =
        needed.iter().copied().partition(|it| is_here(statement, *it));
    let are = if here.len() == 1 { "is" } else { "are" };
    match (&here[..], &missing[..]) {
        ([], missing) if would_open(statement, missing) => format!(
            "leave it out, or allow {} on the resources that are meant, in a statement of its own",
            quoted(missing)
        ),
        ([], missing) => format!("write {} in its place", quoted(missing)),
        (here, []) => format!("leave it out: {} {are} here already", quoted(here)),
        (here, missing) => format!(
            "leave it out, or write {} in its place where that is not allowed elsewhere: {} {are} here already",
            quoted(missing),
            quoted(here)
        ),
    }
}

/// Whether a name is the plural of another one: `Policies` of `Policy`.
fn is_plural(name: &str, singular: &str) -> bool {
    let singular = singular.to_ascii_lowercase();
    let name = name.to_ascii_lowercase();
    name.strip_prefix(&*singular).is_some_and(|rest| matches!(rest, "s" | "es"))
        || singular.strip_suffix('y').is_some_and(|stem| name.strip_prefix(stem) == Some("ies"))
}

/// The action that tags every resource of a service, where a name is that of one kind: `TagSchedule`.
fn tagging(service: Service, name: &str) -> Option<catalog::Action> {
    let (verb, all) = [("Untag", "UntagResource"), ("Tag", "TagResource")]
        .into_iter()
        .find(|(verb, _)| name.get(..verb.len()).is_some_and(|it| it.eq_ignore_ascii_case(verb)))?;
    let is_it = |it: catalog::ResourceType| it.name().replace('-', "").eq_ignore_ascii_case(&name[verb.len()..]);
    service.resource_types().any(is_it).then(|| service.action(all)).flatten()
}

/// Whether two verbs undo one another: `Disconnect` and `Connect`, `Attach` and `Detach`.
fn is_opposite(one: &str, other: &str) -> bool {
    let stem = |verb: &str| {
        let verb = verb.to_ascii_lowercase();
        let prefix = ["dis", "de", "un", "en", "at"].into_iter().find(|it| verb.starts_with(it));
        prefix.map_or_else(|| verb.clone(), |it| verb[it.len()..].to_owned())
    };
    !one.eq_ignore_ascii_case(other) && stem(one) == stem(other)
}

/// The first word of a name, `Get` of `GetObject`; the first two of `BatchGetObject`.
fn verb(name: &str) -> &str {
    let mut words = name.char_indices().skip(1).filter(|(_, it)| it.is_ascii_uppercase()).map(|(at, _)| at);
    let mut end = words.next();
    if end.is_some_and(|end| name[..end].eq_ignore_ascii_case("batch")) {
        end = words.next();
    }
    &name[..end.unwrap_or(name.len())]
}

/// What is known of a name that is written as an action.
enum Standing {
    /// It is an action, or was reported.
    Settled,
    /// It is none, and like none that there is.
    Stranger,
}

/// Names that are like no action are mostly those of a service that is newer than the reference: one thing to say.
fn unlike_any(statement: &Statement, service: Service, alike: &[&Action], cx: &mut Context<'_>) {
    let [action, others @ ..] = alike else { return };
    let more = match others.len() {
        0 => String::new(),
        1 => format!(", nor is 1 more of `{service}` here"),
        more => format!(", nor are {more} more of `{service}` here"),
    };
    let date = catalog::reference_date();
    let mut report = cx
        .report(&action.place, format!("`{action}` is not in the service authorization reference of {date}{more}"))
        .of(statement, action)
        .confidence(Confidence::Low)
        .severity(Severity::Low)
        .help(format!("look it up in the documentation of `{service}`, and leave it out if it is not there either"));
    for other in others {
        report = report.label(other.place.span, "is not there either");
    }
}

/// That an action is none that AWS has published.
fn unknown<'c>(statement: &Statement, action: &Action, cx: &'c mut Context<'_>) -> Report<'c> {
    let date = catalog::reference_date();
    cx.report(&action.place, format!("`{action}` is no action known on {date}")).of(statement, action)
}

fn unknown_name(
    statement: &Statement,
    action: &Action,
    service: Service,
    name: &str,
    cx: &mut Context<'_>,
) -> Standing {
    let full_name = format!("{service}:{name}");
    let is_unlisted = UNLISTED.iter().any(|it| it.eq_ignore_ascii_case(&full_name));
    if service.action(name).is_some() || catalog::retired_action(&full_name).is_some() || is_unlisted {
        return Standing::Settled;
    }
    let operation = catalog::operation(&full_name);
    if let Some(operation) = operation.filter(|it| !it.is_newer && it.authorised_by().len() > 0) {
        let needed: Vec<_> = operation.authorised_by().collect();
        let allows = if statement.effect == Effect::Deny { "denies" } else { "allows" };
        let message = format!("`{action}` is a call of the API and no action: what {allows} it is {}", quoted(&needed));
        let report = cx
            .report(&action.place, message)
            .of(statement, action)
            .confidence(Confidence::High)
            .severity(severity(statement, &needed))
            .help(instead(statement, &needed));
        if let [one] = needed[..] {
            report.fix(safety(statement, &needed), format!("write `{one}`"), [Rewrite::write(action.place.span, one)]);
        }
        return Standing::Settled;
    }
    let longer: Vec<_> = catalog::actions_matching(&format!("{full_name}*")).collect();
    let plural = longer.iter().find(|it| is_plural(it.name(), name)).copied();
    let other = OTHERWISE.iter().find(|(wrong, _)| wrong.eq_ignore_ascii_case(&full_name));
    let meant = plural.or_else(|| catalog::action(other?.1)).or_else(|| tagging(service, name));
    if let Some(meant) = meant {
        let report = unknown(statement, action, cx).severity(severity(statement, &[meant]));
        report.help(instead(statement, &[meant])).fix(
            safety(statement, &[meant]),
            format!("write `{meant}`"),
            [Rewrite::write(action.place.span, meant)],
        );
        return Standing::Settled;
    }
    // A single longer name is another thing: `BatchGetTableOptimizer` gets no table.
    if longer.len() > 1 {
        let here: Vec<_> = longer.iter().filter(|it| is_here(statement, **it)).collect();
        let (severity, help) = match &here[..] {
            [] => (Severity::Medium, format!("write {}, or `{full_name}*` for all of them", quoted(&longer))),
            here => (Severity::Low, format!("leave it out if what is meant is here already: {}", either(here))),
        };
        unknown(statement, action, cx).severity(severity).help(help);
        return Standing::Settled;
    }
    // Of another verb it is mostly another thing: `Tag…` is not `Get…`, and `Disconnect…` is the opposite of `Connect…`.
    let meant = service.nearest_action(name).filter(|it| {
        let (own, its) = (verb(name), verb(it.name()));
        !is_opposite(own, its) && catalog::nearest(own, [(its, its)].into_iter()).is_some()
    });
    match (operation, meant) {
        // The reference lags behind the SDKs.
        (Some(operation), _) if operation.is_newer => {
            unknown(statement, action, cx)
                .confidence(Confidence::Low)
                .severity(Severity::Low)
                .help("it is a new call, and may be an action by now");
        }
        (_, Some(meant)) => {
            let same = verb(meant.name()).eq_ignore_ascii_case(verb(name));
            let safety = if same { safety(statement, &[meant]) } else { Safety::Unsafe };
            let help = match instead(statement, &[meant]) {
                help if help.starts_with("leave") => help,
                _ => format!("write `{meant}` if that is meant"),
            };
            unknown(statement, action, cx).severity(severity(statement, &[meant])).help(help).fix(
                safety,
                format!("write `{meant}`"),
                [Rewrite::write(action.place.span, meant)],
            );
        }
        (..) => return Standing::Stranger,
    }
    Standing::Settled
}
