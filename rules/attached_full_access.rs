use std::cmp::Reverse;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use super::attached_administrator::way_to_everything;
use super::unbounded_purchase;
use super::wildcard_action::{Broad, is_dangerous, rank, worst};
use super::workload_administrator::runs_code;
use crate::catalog::{self, ManagedPolicy, Power, Risk};
use crate::frontend::{Attached, Identity};
use crate::policy::{self, Action, Policy, Scope, Statement};
use crate::rule::{Confidence, Context, Severity, listed, quoted};

pub(super) fn check(identity: &Identity, cx: &mut Context<'_>) {
    for attached in &identity.attached {
        full_access(attached, identity, cx);
    }
}

fn full_access(attached: &Attached, identity: &Identity, cx: &mut Context<'_>) {
    let attachment = &attached.attachment;
    let Some(managed) = attachment.managed_policy() else { return };
    let successor = Successor::of(managed);
    if !managed.may_open() && successor.is_none() {
        return;
    }
    let runs_code = identity.trusted().any(runs_code);
    let taken_away = || successor.and_then(|it| it.takes_away(managed, identity));
    let Some(allowed) = allowed_by(managed, runs_code).or_else(taken_away) else { return };
    let written = &attachment.policy;
    let whom = match &identity.name {
        Some(name) if !identity.declared => name.to_string(),
        _ => identity.address.to_string(),
    };
    let report =
        cx.report(&attachment.place, format!("`{written}` allows `{whom}` {}", allowed.what))
            .on(&attachment.address)
            .about(managed)
            .severity(allowed.severity)
            .help(match successor {
                Some(it) => it.advice(identity),
                None if is_for_agent(managed, identity) => for_agent(identity),
                None => "attach a policy that names the actions that are called, and the resources that are meant"
                    .to_owned(),
            });
    if identity.is_within_module() {
        report
            .confidence(Confidence::Medium)
            .label(identity.place.span, "what this module does with it cannot be read");
    } else if let Some(boundary) = identity.boundary.as_ref().filter(|it| it.attachment.place.given.is_none()) {
        report.lower().label(boundary.attachment.place.span, "this boundary leaves less of it");
    }
}

const FOR_AGENT: &str = "AmazonSSMManagedInstanceCore";

/// Whether a machine is given all of Systems Manager, of which its agent needs little.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-instance-permissions.html>
fn is_for_agent(managed: ManagedPolicy, identity: &Identity) -> bool {
    managed.name() == "AmazonSSMFullAccess" && identity.trusted().any(|it| it.is_service("ec2.amazonaws.com"))
}

fn for_agent(identity: &Identity) -> String {
    let rest = "give the role what else its programs call in a policy that names it";
    match has_attached(identity, FOR_AGENT) {
        true => format!("leave it out, since the agent of a machine has `{FOR_AGENT}` already, and {rest}"),
        false => format!("attach `{FOR_AGENT}`, which is what the agent of a machine needs, and {rest}"),
    }
}

fn has_attached(identity: &Identity, name: &str) -> bool {
    identity.attached.iter().filter_map(|it| it.attachment.managed_policy()).any(|it| it.name() == name)
}

/// What AWS itself has people write in place of one of its policies.
struct Successor {
    name: &'static str,
    /// The policy that AWS keeps for the same.
    by: Option<&'static str>,
    /// What is not in that.
    rest: &'static str,
}

impl Successor {
    /// <https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-managed-iam-policies.html>
    /// <https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-iam-role-for-ec2.html>
    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-instance-permissions.html>
    const ALL: [Self; 3] = [
        Self {
            name: "AmazonEC2RoleforSSM",
            by: Some("AmazonSSMManagedInstanceCore"),
            rest: "give the role what else it needs: buckets by name, `CloudWatchAgentServerPolicy` for logs and metrics, \
                   `AmazonSSMDirectoryServiceAccess` to join a domain",
        },
        Self {
            name: "AmazonElasticMapReduceRole",
            by: Some("AmazonEMRServicePolicy_v2"),
            rest: "give the cluster the tag that it asks for",
        },
        Self {
            name: "AmazonElasticMapReduceforEC2Role",
            by: None,
            rest: "attach a policy that names the buckets and tables of the jobs: AWS takes this one out of use and has no \
                   other in its place",
        },
    ];

    fn of(managed: ManagedPolicy) -> Option<&'static Self> {
        Self::ALL.iter().find(|it| it.name == managed.name())
    }

    /// What the policy allows on every resource and no other does that stays or comes in its place: first what anybody's
    /// data is read by.
    fn takes_away(&self, managed: ManagedPolicy, identity: &Identity) -> Option<Allowed> {
        let attached = identity.attached.iter().filter_map(|it| it.attachment.managed_policy());
        // Another one that opens a service may well go too.
        let stay = attached.filter(|it| *it != managed && !it.may_open() && Self::of(*it).is_none());
        let others = stay.chain(self.by.and_then(catalog::managed_policy));
        let others: Vec<_> = others.map(policy::of_aws).collect();
        let stays = |action| {
            let mut statements = others.iter().flat_map(|it| it.allow_statements());
            statements.any(|it| it.certainly_holds(action) && it.admits(action) && it.is_unbounded(action))
        };
        let policy = policy::of_aws(managed);
        let reach = |it: &Statement| {
            let mut actions = it.granted();
            actions.retain(|action| action.power() > Power::Sees && !action.takes_only_star());
            actions.retain(|action| it.is_unbounded(*action) && !stays(*action));
            actions
        };
        let mut actions: Vec<_> = policy.allow_statements().flat_map(reach).collect();
        actions.sort_by_key(|it| Reverse((is_dangerous(*it), it.has_risk(Risk::DataAccess), rank(*it))));
        let what = format!("{} on every resource", quoted(&actions)).into();
        (!actions.is_empty()).then_some(Allowed { what, severity: Severity::Low })
    }

    fn advice(&self, identity: &Identity) -> String {
        let Some(by) = self.by else { return self.rest.to_owned() };
        match has_attached(identity, by) {
            true => format!("leave it out, since `{by}` is attached already, and {}", self.rest),
            false => format!("attach `{by}`, which AWS has put in its place, and {}", self.rest),
        }
    }
}

/// What makes a policy of AWS full access.
#[derive(Clone)]
struct Allowed {
    /// In words.
    what: Arc<str>,
    severity: Severity,
}

/// What a policy of AWS allows that makes it full access; none when it is not. A handful are attached over and over, so
/// each is judged once.
fn allowed_by(managed: ManagedPolicy, runs_code: bool) -> Option<Allowed> {
    type Known = FxHashMap<(ManagedPolicy, bool), Arc<OnceLock<Option<Allowed>>>>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
    let key = (managed, runs_code);
    let known = Arc::clone(KNOWN.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
    known.get_or_init(|| judged(managed, &policy::of_aws(managed), runs_code)).clone()
}

fn judged<'p>(managed: ManagedPolicy, policy: &'p Policy, runs_code: bool) -> Option<Allowed> {
    if way_to_everything(policy).is_some() {
        return None;
    }
    // What AWS writes for the role of a service is what the service takes; but what somebody's programs run with as well
    // is theirs.
    let is_for_service = managed.path().contains("service-role")
        || ["ServiceRole", "RolePolicy"].iter().any(|it| managed.name().contains(it));
    let own = managed.name().to_ascii_lowercase();
    let is_own = |it: &Action| it.service().is_some_and(|it| own.contains(&it.to_ascii_lowercase()));
    if !is_for_service && let Some(what) = permissions(policy, is_own) {
        return Some(Allowed { what: what.into(), severity: Severity::Medium });
    }
    let is_given = runs_code || Successor::of(managed).is_some();
    let whole = |statement: &'p Statement| {
        let such = |it: &&Action| it.is_whole_service() && !(is_for_service && (is_own(it) || !is_given));
        statement.actions.only().iter().filter(such).filter_map(|it| Broad::of(policy, statement, it))
    };
    let changes = |it: &Broad<'_>| it.is_unbounded && it.severity > Severity::Low;
    let mut whole: Vec<Broad<'_>> = policy.allow_statements().flat_map(whole).filter(changes).collect();
    whole.sort_by_key(|it| Reverse(it.severity));
    if let [first, ..] = &whole[..] {
        let entries = quoted(&whole.iter().map(|it| it.action).collect::<Vec<_>>());
        let examples = whole.iter().filter(|it| it.severity == first.severity).filter_map(Broad::example);
        let example = examples.max_by_key(|it| rank(*it)).map(|it| format!(", `{it}` among them")).unwrap_or_default();
        let what = format!("{entries} on every resource{example}").into();
        return Some(Allowed { what, severity: first.severity.lower() });
    }
    if !is_for_service && let Some(most) = most_of_service(policy) {
        return Some(most);
    }
    // Domains are no resources, so nothing of their service is on every one.
    let buys = policy.allow_statements().find_map(|statement| {
        let mut entries = statement.actions.only().iter().filter(|it| !it.covers_every_action());
        entries.find_map(|it| Some((it, unbounded_purchase::bought_by(statement, it)?)))
    });
    if let Some((entry, action)) = buys.filter(|_| !is_for_service) {
        let what = match entry.has_wildcard() {
            true => format!("`{entry}`, and so to buy in the name of the account by `{action}`"),
            false => format!("to buy in the name of the account by `{entry}`"),
        };
        return Some(Allowed { what: what.into(), severity: Severity::Low });
    }
    None
}

/// The service of which a policy allows most that changes a resource, action by action and on every resource.
fn most_of_service(policy: &Policy) -> Option<Allowed> {
    let unbounded = |it: &Statement| {
        let mut actions = it.granted();
        actions.retain(|action| action.changes_a_resource() && it.is_unbounded(*action));
        actions
    };
    let mut given: Vec<_> = policy.allow_statements().flat_map(unbounded).collect();
    given.sort_unstable();
    given.dedup();
    let mut services: Vec<catalog::Service> = given.iter().map(|it| it.service()).collect();
    services.dedup();
    let of = |service: catalog::Service| given.iter().copied().filter(move |it| it.service() == service);
    let most = services.into_iter().filter(|it| it.is_given_mostly_by(of(*it).count()));
    let service = most.max_by_key(|it| of(*it).count())?;
    let dangers: Vec<_> = of(service).filter(|it| is_dangerous(*it)).collect();
    let example = worst(&dangers).map(|it| format!(", `{it}` among them")).unwrap_or_default();
    let all = service.actions().filter(|it| it.changes_a_resource()).count();
    let what = format!(
        "{} of the {all} actions of `{service}` that change a resource, on every one{example}",
        of(service).count()
    );
    let severity = if dangers.is_empty() { Severity::Low } else { Severity::Medium };
    Some(Allowed { what: what.into(), severity })
}

/// What a policy allows on every resource that gives permissions, or leads to more, in words; none where one or two such
/// actions come along with the work that it is for. What the policy is called for comes first.
fn permissions(policy: &Policy, is_own: impl Fn(&Action) -> bool) -> Option<String> {
    let statements: Vec<_> =
        policy.allow_statements().map(|it| (it, dangers(it))).filter(|(_, dangers)| !dangers.is_empty()).collect();
    let all: Vec<_> = statements.iter().flat_map(|(_, dangers)| dangers).copied().collect();
    // What comes with all of a service shows best what the policy is for.
    let whole =
        statements.iter().flat_map(|(it, dangers)| dangers.iter().filter(|one| gives_whole_service(it, &[**one])));
    let whole: Vec<_> = whole.copied().collect();
    let example = worst(&whole).or_else(|| worst(&all))?;
    if all.len() < SEVERAL && !statements.iter().any(|(it, dangers)| gives_whole_service(it, dangers)) {
        return None;
    }
    let by = statements.iter().find(|(_, dangers)| dangers.contains(&example)).map(|(it, _)| granted(it, example));
    let everywhere = policy.allow_statements().filter(|it| it.star_resources().next().is_some());
    let services = everywhere.flat_map(|it| it.actions.only().iter().map(move |entry| (it, entry)));
    let services: Vec<(&Statement, &Action)> = services.filter(|(_, it)| it.is_whole_service()).collect();
    let own = services.iter().filter(|(_, it)| is_own(it));
    let mut named: Vec<String> = own.map(|(_, it)| format!("`{it}`")).collect();
    let Some(by) = by.filter(|it| *it != format!("`{example}`")) else {
        return Some(format!("`{example}` on every resource"));
    };
    // All else that it gives as a whole, the worst first.
    let unconditional = services.iter().filter(|(statement, _)| statement.conditions.is_empty());
    let mut besides: Vec<&Action> = unconditional.map(|(_, it)| *it).collect();
    besides.sort_by_cached_key(|it| Reverse(it.reached().iter().map(rank).max()));
    for entry in std::iter::once(by).chain(besides.into_iter().map(|it| format!("`{it}`"))) {
        if !named.iter().any(|it| it.contains(&entry)) {
            named.push(entry);
        }
    }
    Some(format!("{} on every resource, `{example}` among them", listed(&named)))
}

/// From how many actions that give permissions on a policy is full access, where it gives no service as a whole.
const SEVERAL: usize = 3;

/// Whether one of the actions comes with all others of its service.
fn gives_whole_service(statement: &Statement, dangers: &[catalog::Action]) -> bool {
    let gives = |entry: &Action| dangers.iter().any(|it| entry.must_match(&it.full_name()));
    statement.actions.is_negated() || statement.actions.only().iter().any(|it| it.is_whole_service() && gives(it))
}

/// What it allows on every resource that gives permissions, or leads to more.
fn dangers(statement: &Statement) -> Vec<catalog::Action> {
    // Which roles a service may be handed is another matter than who has access to its resources.
    let passes = |it: catalog::Action| it.full_name() == "iam:PassRole";
    let mut actions = statement.granted();
    actions.retain(|it| is_dangerous(*it) && !passes(*it) && !it.takes_only_star() && statement.is_unbounded(*it));
    actions
}

/// The words of a statement by which an action is granted.
fn granted(statement: &Statement, action: catalog::Action) -> String {
    match &statement.actions {
        Scope::Only(entries) => {
            let name = action.full_name();
            let by: Vec<&Action> = entries.iter().filter(|it| it.must_match(&name)).collect();
            quoted(&by)
        }
        Scope::AllExcept(entries) => format!("all but {}", quoted(entries)),
    }
}
