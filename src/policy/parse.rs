//! From a tree of values to a policy. What a document says wrongly stays in its tree, for rules about its form; here it
//! is read as AWS would read it, or left out.

use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};

use super::condition::{self, Condition, JsonType, Operator};
use super::form::Written;
use super::grant;
use super::pattern::{Action, Resource};
use super::principal::{Principal, PrincipalKind};
use super::{Effect, Given, Place, Policy, PolicyKind, Scope, Service, Statement, versions};
use crate::source::Span;
use crate::syntax::{SyntaxError, json};
use crate::value::{Arm, HOLE, Hole, HoleKind, Node, Object, Text, Unknown, Value, premises};

/// How much of a policy is known.
#[derive(Clone, Debug, Default)]
pub struct Resolution {
    /// Every free hole in it, and a hole for each condition that something of it hangs on.
    pub holes: Vec<Arc<Hole>>,
    /// Whether the document itself is one, so that nothing is known.
    pub nothing: bool,
}

impl Resolution {
    /// Whether every value is known, or fixed text of a known shape.
    pub fn is_full(&self) -> bool {
        self.holes.is_empty() && !self.nothing
    }
}

/// What carries a document.
#[derive(Clone, Debug)]
pub struct Carried {
    /// What the document is attached to.
    pub kind: PolicyKind,
    /// The address of what carries it.
    pub address: Arc<str>,
    /// The address of the document, when that is a thing of its own.
    pub source: Option<Arc<str>>,
    /// The place that attaches it.
    pub place: Place,
}

/// Reads a document: an object, or text that holds one as JSON.
pub fn parse(document: &Node, carried: Carried) -> (Policy, Vec<SyntaxError>) {
    let mut reader = Reader::default();
    let document = reader.decoded(document);
    let mut policy = Policy {
        kind: carried.kind,
        address: carried.address,
        source: carried.source,
        place: carried.place,
        version: None,
        statements: Vec::new(),
        documents: Vec::new(),
        statements_as_written: Vec::new(),
        resolution: resolution(&document),
        document,
        case: None,
    };
    let mut next = 0;
    let roots = each(policy.document.clone(), &None);
    policy.documents.reserve_exact(roots.len());
    for (root, given) in roots {
        let root = reader.decoded(&root);
        policy.documents.push(Written { node: root.clone(), given: given.clone() });
        let Some(object) = root.as_object() else { continue };
        if let Some(version) = object.get("Version") {
            policy.version = version.as_text().cloned();
        }
        let Some(statements) = member(object, "Statement") else { continue };
        let statements = each(root.inherit(statements), &given);
        policy.statements_as_written.reserve_exact(statements.len());
        policy.statements.reserve_exact(statements.len());
        for (statement, given) in statements {
            let (index, before) = (next, policy.statements.len());
            for (version, given) in versions::of(&statement, &given) {
                policy.statements.extend(Reader::statement(&version, given, index));
            }
            next += usize::from(policy.statements.len() > before);
            policy.statements_as_written.push(Written { node: statement, given });
        }
    }
    reader.bound(&mut policy);
    if policy.kind == PolicyKind::Unknown {
        policy.kind = kind_by_content(&policy.statements);
    }
    (policy, reader.errors)
}

/// What a document that is attached to nothing is, by what it says.
fn kind_by_content(statements: &[Statement]) -> PolicyKind {
    if !statements.iter().any(|it| it.principals.is_some()) {
        return PolicyKind::Unknown;
    }
    let is_trust = |statement: &Statement| {
        let actions = statement.actions.entries();
        let principals = statement.principals.as_ref().map(Scope::entries).unwrap_or_default();
        // A federated principal means nothing anywhere else.
        let federated = actions.is_empty() && principals.iter().any(|it| it.kind == PrincipalKind::Federated);
        let assumes = !actions.is_empty()
            && actions.iter().all(|it| it.service().is_some_and(|it| it.eq_ignore_ascii_case("sts")));
        statement.resources.is_none() && (assumes || federated)
    };
    if statements.iter().all(is_trust) {
        return PolicyKind::Trust;
    }
    // `*` says nothing of the service; the resources may.
    let of_action = |action: &Action| (!action.is_everything()).then(|| action.service().map(str::to_ascii_lowercase));
    let of_resource = |resource: &Resource| {
        let service = resource.part(2).filter(|it| !it.is_empty() && !it.contains(['*', '?', HOLE]));
        service.map(|it| Some(it.to_ascii_lowercase()))
    };
    let actions = statements.iter().flat_map(|it| it.actions.entries()).filter_map(of_action);
    let resources = || statements.iter().flat_map(|it| it.resources.iter().flat_map(Scope::entries));
    let mut services = actions.chain(resources().filter_map(of_resource));
    let Some(Some(first)) = services.next() else { return PolicyKind::Resource(Service::Unknown) };
    if !services.all(|it| it.as_ref() == Some(&first)) {
        return PolicyKind::Resource(Service::Unknown);
    }
    PolicyKind::Resource(match first.as_str() {
        // The policy of a bucket names the bucket; one that does not is most often that of an endpoint.
        "s3" if resources().any(|it| !it.is_everything()) => Service::S3,
        "kms" => Service::Kms,
        "sqs" => Service::Sqs,
        "sns" => Service::Sns,
        "lambda" => Service::Lambda,
        other => OTHERS.iter().find(|it| **it == other).map_or(Service::Unknown, |it| Service::Other(it)),
    })
}

/// Services whose resource policies are told by their actions alone.
const OTHERS: [&str; 15] = [
    "aoss",
    "backup",
    "codeartifact",
    "ecr",
    "elasticfilesystem",
    "es",
    "events",
    "execute-api",
    "glacier",
    "glue",
    "kafka",
    "kinesis",
    "mediastore",
    "secretsmanager",
    "ses",
];

fn resolution(document: &Node) -> Resolution {
    let (mut holes, mut conditions): (Vec<Arc<Hole>>, Vec<Arc<Hole>>) = Default::default();
    let mut seen = FxHashSet::default();
    let mut told = FxHashSet::default();
    // What hangs on one choice in many places hangs on the same words.
    let mut arms = FxHashSet::default();
    document.each_unknown(&mut |unknown| match unknown {
        Unknown::Hole(hole) => {
            if hole.kind == HoleKind::Free && seen.insert((hole.span, Arc::clone(&hole.reference))) {
                holes.push(Arc::clone(hole));
            }
        }
        Unknown::Arm(arm) if !arms.insert((Arc::as_ptr(&arm.when), arm.at)) => {}
        Unknown::Arm(arm) => {
            for premise in premises(&arm.when) {
                let premise = premise.strip_prefix("not ").unwrap_or(premise);
                let written = premise.strip_prefix('`').and_then(|it| it.strip_suffix('`'));
                let words: Arc<str> = premise.replace('`', "").into();
                // One condition may be written in many places of a file, and what is said of a value is said of it in
                // several ways.
                let known = match written.filter(|it| !it.contains('`')) {
                    Some(_) => (arm.at.file, None, Arc::clone(&words)),
                    None => (arm.at.file, Some(arm.at), "".into()),
                };
                if told.insert(known) {
                    conditions.push(Arc::new(undecided(words, arm.at)));
                }
            }
        }
    });
    // What hangs on a value that is listed itself is not told once more.
    let mut places: Vec<Span> = holes.iter().map(|it| it.span).collect();
    places.sort_unstable_by_key(|it| (it.file, it.start));
    let has_hole = |span: Span| {
        let first = places.partition_point(|it| (it.file, it.start) < (span.file, span.start));
        let begin_within = places[first..].iter().take_while(|it| it.file == span.file && it.start <= span.end);
        begin_within.into_iter().any(|it| span.contains(*it))
    };
    conditions.retain(|it| !has_hole(it.span));
    holes.extend(conditions);
    let nothing = match &document.value {
        Value::Unknown(_) => true,
        Value::Text(text) => text.has_holes(),
        _ => false,
    };
    Resolution { holes, nothing }
}

/// A condition that something of a document hangs on.
fn undecided(reference: Arc<str>, span: Span) -> Hole {
    let why = "it is a condition that is not known".into();
    Hole { kind: HoleKind::Free, reference, scope: "".into(), span, why, many: false }
}

/// An entry by its exact name; AWS takes these names in any case, so a name in another case will do where the exact
/// one is missing.
pub(super) fn member<'o>(object: &'o Object, name: &str) -> Option<&'o Node> {
    object.get(name).or_else(|| {
        // A name with a hole in it equals none.
        let same = |it: &&crate::value::Entry| it.key.raw().eq_ignore_ascii_case(name);
        object.entries.iter().rev().find(same).map(|entry| &entry.node)
    })
}

/// The versions of the policy language, newest first.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>
pub const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];

/// So many statements and entries of their lists are judged of one document. The longest one that AWS takes has less
/// than 52 KB.
pub const MOST_STATEMENTS: usize = 2048;
const MOST_ENTRIES: usize = 1 << 14;

pub(super) type Case = Option<Arc<Given>>;

/// The elements of a list, or the one value in its place; an undecided value gives its arms, each in its case.
pub(super) fn each(node: Node, given: &Case) -> Vec<(Node, Case)> {
    read_each(node, given, |node, given| Some((node, given)))
}

/// What is read of each of these.
fn read_each<T, I: IntoIterator<Item = T>>(node: Node, given: &Case, read: impl Fn(Node, Case) -> I) -> Vec<T> {
    let mut out = Vec::with_capacity(node.as_list().map_or(1, <[_]>::len));
    visit(node, given, 0, &mut |node, given| out.extend(read(node, given)));
    out
}

fn visit(node: Node, given: &Case, depth: usize, out: &mut dyn FnMut(Node, Case)) {
    match &node.value {
        // AWS knows no lists in lists; one level more than it has keeps a slip readable.
        Value::List(nodes) if depth < 3 => {
            nodes.iter().for_each(|it| visit(node.inherit(it), given, depth + 1, out));
        }
        Value::OneOf(arms) if depth < 8 => {
            for arm in arms.iter() {
                let Some(case) = Given::of_arm(arm, arms.len()).within(given.as_deref()) else { continue };
                visit(node.inherit(&arm.node), &Some(Arc::new(case)), depth + 1, out);
            }
        }
        Value::Text(text) if text.has_choices() => {
            match text.cases(node.span, |arms| text.is_hole() || has_wildcard(arms)) {
                Some(arms) => visit(Node { value: Value::OneOf(arms.into()), ..node }, given, depth, out),
                None => out(node, given.clone()),
            }
        }
        Value::Null => {}
        _ => out(node, given.clone()),
    }
}

/// Whether one of several texts says which others are meant.
pub(super) fn has_wildcard(arms: &[Arm]) -> bool {
    arms.iter().filter_map(|it| it.node.as_text()).any(|it| it.raw().contains(['*', '?']))
}

/// An action, in each of its cases: which it is makes a difference whatever it is.
fn actions(node: &Node, given: Case) -> Vec<Action> {
    let cases = node.as_text().and_then(|it| it.cases(node.span, |_| true));
    let Some(arms) = cases else { return with_text(node, given, Action::new).into_iter().collect() };
    each(Node { value: Value::OneOf(arms.into()), ..node.clone() }, &given)
        .into_iter()
        .filter_map(|(node, given)| with_text(&node, given, Action::new))
        .collect()
}

#[derive(Default)]
struct Reader {
    errors: Vec<SyntaxError>,
}

impl Reader {
    /// The tree of a document that is still text.
    fn decoded(&mut self, node: &Node) -> Node {
        let Value::Text(text) = &node.value else {
            if let Value::OneOf(arms) = &node.value {
                if let Some(tree) = node.encodes() {
                    return node.inherit(tree);
                }
                let arms = arms.iter().map(|arm| Arm { node: self.decoded(&arm.node), ..arm.clone() });
                return Node { value: Value::OneOf(arms.collect()), ..node.clone() };
            }
            return node.clone();
        };
        if text.encodes().is_none() && (text.raw().trim().is_empty() || text.is_all_free()) {
            return node.clone();
        }
        let parsed = json::parse(text);
        self.errors.extend(parsed.errors);
        parsed.root.map_or_else(|| node.clone(), |root| node.inherit(&root))
    }

    /// Leaves out the statements of a document that says far more than AWS takes of any, as they are compared with each
    /// other.
    fn bound(&mut self, policy: &mut Policy) {
        let entries = |it: &Statement| {
            let named = it.resources.as_ref().map_or(0, |it| it.entries().len());
            let principals = it.principals.as_ref().map_or(0, |it| it.entries().len());
            let values: usize = it.conditions.iter().map(|it| 1 + it.values.len()).sum();
            it.actions.entries().len() + named + principals + values
        };
        let statements = policy.statements_as_written.len();
        let entries: usize = policy.statements.iter().map(entries).sum();
        if statements <= MOST_STATEMENTS && entries <= MOST_ENTRIES {
            return;
        }
        let message = format!(
            "this policy has {statements} statements with {entries} entries, more than AWS takes, so it was not judged"
        );
        self.errors.push(SyntaxError { span: policy.document.span, message });
        policy.statements = Vec::new();
        policy.statements_as_written = Vec::new();
        policy.documents = Vec::new();
        policy.resolution.nothing = true;
    }

    fn statement(node: &Node, mut given: Case, index: usize) -> Option<Statement> {
        let object = node.as_object()?;
        let part = |name: &str| member(object, name).map(|it| node.inherit(it));
        let effect = match member(object, "Effect") {
            None => return None,
            Some(effect) => match effect.as_text().and_then(Text::as_known) {
                Some(known) if known.eq_ignore_ascii_case("allow") => Effect::Allow,
                Some(known) if known.eq_ignore_ascii_case("deny") => Effect::Deny,
                Some(_) => return None,
                // An effect that is not known may be the one that grants.
                None => {
                    let words = "the effect turns out to be `Allow`";
                    given.get_or_insert_with(|| Arc::new(Given::new(words, effect.span)));
                    Effect::Allow
                }
            },
        };
        let conditions = part("Condition");
        Some(Statement {
            index,
            effect,
            actions: scope(part, ["Action", "NotAction"], |node, given| actions(&node, given))
                .unwrap_or(Scope::Only(Vec::new())),
            resources: scope(part, ["Resource", "NotResource"], |node, given| with_text(&node, given, Resource::new)),
            principals: scope(part, ["Principal", "NotPrincipal"], |node, given| principals(&node, given)),
            has_unknown_conditions: conditions.as_ref().is_some_and(is_open),
            conditions: conditions.as_ref().map(tests).unwrap_or_default(),
            place: Place { span: head(node), origin: node.origin.clone(), given },
            sid: member(object, "Sid").and_then(Node::as_text).cloned(),
            facts: grant::Facts::default(),
        })
    }
}

/// What a label about a statement points at: its Sid, or its first character, or the word that opens its block.
pub(super) fn head(node: &Node) -> Span {
    let entries = node.as_object().map(|it| it.entries.as_slice()).unwrap_or_default();
    let is_sid = |it: &&crate::value::Entry| it.key.as_known().is_some_and(|it| it.eq_ignore_ascii_case("Sid"));
    let sid = entries.iter().rev().find(is_sid).filter(|it| it.node.as_text().is_some_and(|it| !it.is_empty()));
    match (sid, entries.first()) {
        // Its text may have come from elsewhere, and where its name stands the statement stands.
        (Some(sid), _) if node.span.contains(sid.node.span) => sid.node.span,
        (Some(sid), _) => sid.key_span,
        (None, Some(first)) if node.span == first.key_span => node.span,
        (None, Some(first)) if node.span.contains(first.key_span) => Span { end: node.span.start + 1, ..node.span },
        // A block of a data document is known by the word in front of it all, and one that a function has put together
        // by what stands in it.
        (None, Some(first)) if node.span.file != first.key_span.file || node.span.start > first.key_span.start => {
            first.key_span
        }
        _ => node.span,
    }
}

/// An entry of an element, which may be there in one case only.
trait Entry {
    fn place(&mut self) -> &mut Place;
    fn says_the_same(&self, other: &Self) -> bool;
}

impl Entry for Action {
    fn place(&mut self) -> &mut Place {
        &mut self.place
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Entry for Resource {
    fn place(&mut self) -> &mut Place {
        &mut self.place
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Entry for Principal {
    fn place(&mut self) -> &mut Place {
        &mut self.place
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.text == other.text
    }
}

impl Entry for condition::Value {
    fn place(&mut self) -> &mut Place {
        &mut self.place
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.text == other.text && self.json == other.json
    }
}

/// Of how many cases of one literal it is asked what they come to.
const MOST_CASES: usize = 64;

/// What is there by one literal however a condition turns out is there in every case.
fn in_every_case<T: Entry>(entries: Vec<T>) -> Vec<T> {
    let mut out: Vec<T> = Vec::with_capacity(entries.len());
    // Those that are there in one case, by their literals.
    let mut in_one_case: FxHashMap<Span, Vec<usize>> = FxHashMap::default();
    let mut gone: FxHashSet<usize> = FxHashSet::default();
    for entry in entries {
        let own = out.len();
        out.push(entry);
        let mut at = own;
        // What two cases of four come to may be the other case of what the other two have come to.
        while let Some(given) = out[at].place().given.clone() {
            let alike = in_one_case.entry(out[at].place().span).or_default();
            let is_alike = |it: &usize| *it != at && out[*it].says_the_same(&out[at]);
            let them: Vec<usize> = alike.iter().copied().filter(is_alike).take(MOST_CASES).collect();
            let cases: Vec<_> = them.iter().filter_map(|it| out[*it].place().given.clone()).collect();
            let others: Vec<&Given> = cases.iter().map(|it| &**it).collect();
            let Some((case, taken)) = given.with_others(&others) else {
                if at == own {
                    alike.push(own);
                }
                break;
            };
            let taken: Vec<usize> = taken.into_iter().map(|it| them[it]).collect();
            gone.extend(taken.iter().skip(1).chain([&at]));
            at = taken[0];
            out[at].place().given = case.map(Arc::new);
            alike.retain(|it| !gone.contains(it) && (*it != at || out[at].place().given.is_some()));
        }
    }
    if !gone.is_empty() {
        let mut n = 0..;
        out.retain(|_| n.next().is_none_or(|n| !gone.contains(&n)));
    }
    out
}

/// The positive or the negative form of an element.
fn scope<T: Entry, I: IntoIterator<Item = T>>(
    part: impl Fn(&str) -> Option<Node>,
    [only, except]: [&str; 2],
    read: impl Fn(Node, Case) -> I,
) -> Option<Scope<T>> {
    let entries = |node| in_every_case(read_each(node, &None, &read));
    // Null is as if it were not written.
    let part = |name: &str| part(name).filter(|it| !it.is_null());
    let positive = part(only).map(|node| Scope::Only(entries(node)));
    positive.or_else(|| Some(Scope::AllExcept(entries(part(except)?))))
}

fn place(node: &Node, given: Case) -> Place {
    let mut origin = node.origin.clone();
    if let Some(text) = node.as_text() {
        // The stops of the parts that came from elsewhere, nearest last.
        for (_, way) in text.origins() {
            origin = way.followed_by(&origin);
        }
    }
    Place { span: node.span, origin, given }
}

fn with_text<T>(node: &Node, given: Case, make: impl Fn(Text, Place) -> T) -> Option<T> {
    node.to_text().map(|text| make(text, place(node, given)))
}

fn principals(node: &Node, given: Case) -> Vec<Principal> {
    let Some(object) = node.as_object() else {
        let bare = with_text(node, given, |text, place| {
            let kind = if text.has_holes() { PrincipalKind::Unknown } else { PrincipalKind::Bare };
            Principal { kind, text, place }
        });
        return bare.into_iter().collect();
    };
    let mut out = Vec::new();
    for entry in &object.entries {
        let kind = match entry.key.raw().to_ascii_lowercase().as_str() {
            "aws" => PrincipalKind::Aws,
            "service" => PrincipalKind::Service,
            "federated" => PrincipalKind::Federated,
            "canonicaluser" => PrincipalKind::CanonicalUser,
            "*" => PrincipalKind::Bare,
            _ => PrincipalKind::Unknown,
        };
        for (value, case) in each(node.inherit(&entry.node), &given) {
            out.extend(with_text(&value, case, |text, place| Principal { kind, text, place }));
        }
    }
    if let Some(hole) = &object.open {
        let text = Text::hole(Arc::clone(hole));
        out.push(Principal { kind: PrincipalKind::Unknown, text, place: place(node, given) });
    }
    out
}

/// Whether operators or keys may be there that are not known.
fn is_open(node: &Node) -> bool {
    let unknown = |node: &Node| match &node.value {
        Value::Object(object) => object.open.is_some(),
        Value::Unknown(_) | Value::OneOf(_) => true,
        _ => false,
    };
    let keys = |object: &Object| object.entries.iter().any(|it| it.key.has_holes() || unknown(&it.node));
    unknown(node) || node.as_object().is_some_and(keys)
}

/// Every test of a `Condition`.
fn tests(node: &Node) -> Vec<Condition> {
    let mut out = Vec::new();
    for (operators, given) in each(node.clone(), &None) {
        let Some(object) = operators.as_object() else { continue };
        for entry in &object.entries {
            let operator_place = Place { span: entry.key_span, origin: operators.origin.clone(), given: given.clone() };
            for (keys, given) in each(operators.inherit(&entry.node), &given) {
                let Some(object) = keys.as_object() else { continue };
                for test in &object.entries {
                    let values = in_every_case(read_each(keys.inherit(&test.node), &given, |value, given| {
                        let json = JsonType::of(&value);
                        with_text(&value, given, |text, place| condition::Value { text, place, json })
                    }));
                    out.push(Condition {
                        operator: Operator::parse(entry.key.clone()),
                        operator_place: operator_place.clone(),
                        key: test.key.clone(),
                        place: Place { span: test.key_span, origin: keys.origin.clone(), given: given.clone() },
                        values,
                        required: false,
                        known_key: OnceLock::new(),
                    });
                }
            }
        }
    }
    Condition::together(out)
}

/// Whether a tree reads as a policy: one of the two versions, statements with an effect, or nothing but elements of a
/// policy, a version among them. Files that are something else are passed over.
pub fn is_policy(node: &Node) -> bool {
    let Some(object) = node.as_object() else { return false };
    let version = object.get("Version").and_then(Node::as_str);
    let is_element = |it: &crate::value::Entry| ["Version", "Id", "Statement"].contains(&it.key.raw());
    if version.is_some_and(|it| VERSIONS.contains(&it)) || version.is_some() && object.entries.iter().all(is_element) {
        return true;
    }
    let Some(statement) = member(object, "Statement") else { return false };
    let is_statement = |node: &Node| {
        node.as_object().is_some_and(|it| {
            member(it, "Effect").is_some()
                && ["Action", "NotAction", "Principal", "Resource"].iter().any(|name| member(it, name).is_some())
        })
    };
    match &statement.value {
        Value::List(nodes) => nodes.is_empty() && object.get("Version").is_some() || nodes.iter().any(is_statement),
        _ => is_statement(statement),
    }
}
