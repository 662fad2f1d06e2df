//! From an evaluated root module to a [`Configuration`]: policies where they are attached, buckets with all that is
//! joined to them, managed policies with whom they are attached to.

mod buckets;
mod identities;
mod keys;
mod names;
mod permission;

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::claims;
use super::evaluator::{Evaluator, Instance, Module, Scope};
use super::folder::{BlockId, Folder};
use super::resources::{self, Concern};
use crate::frontend::{Configuration, Resource};
use crate::policy::{self, Carried, Place, Policy, PolicyKind};
use crate::source::Span;
use crate::syntax::SyntaxError;
use crate::syntax::hcl::{Block, ExprKind};
use crate::value::{Arm, Entry, Hole, HoleKind, Node, Number, Object, Origin, Text, Value};
use buckets::Buckets;
use identities::Identities;
use keys::Keys;

/// What one root module declares, and what was wrong on the way.
#[derive(Debug, Default)]
pub struct Collected {
    /// What it declares.
    pub configuration: Configuration,
    /// Embedded documents that could not be read.
    pub errors: Vec<SyntaxError>,
    /// The call of each module by its address, for whoever must point at one.
    pub calls: FxHashMap<Arc<str>, Span>,
    /// The folder of each module by its address, that of the root by none.
    pub folders: FxHashMap<Arc<str>, Arc<Folder>>,
    /// The folders that calls of modules name and that are not there, with where each is named.
    pub missing: Vec<(PathBuf, Span)>,
    /// The calls of modules that could not be read, and why.
    pub unread: Vec<(Arc<str>, Arc<Hole>)>,
    /// How many blocks that carry policies stand no times, by the values that are known.
    pub switched_off: usize,
}

struct Collector<'e, 'w> {
    evaluator: &'e Evaluator<'w>,
    out: Collected,
    policies: Vec<Policy>,
    buckets: Buckets,
    keys: Keys,
    identities: Identities,
    resources: Vec<Resource>,
    /// The addresses of the modules in which something is switched off that would carry a policy.
    with_off: FxHashSet<Arc<str>>,
}

/// Evaluates a root module and everything it calls.
pub(super) fn collect(evaluator: &Evaluator<'_>, root: &Rc<Module>) -> Collected {
    let mut collector = Collector {
        evaluator,
        out: Collected::default(),
        policies: Vec::new(),
        buckets: Buckets::default(),
        keys: Keys::default(),
        identities: Identities::default(),
        resources: Vec::new(),
        with_off: FxHashSet::default(),
    };
    let mut modules = vec![Rc::clone(root)];
    let mut all = Vec::new();
    while let Some(module) = modules.pop() {
        collector.module(&module);
        collector.providers(&module);
        for (id, [name, _]) in module.folder.blocks("module") {
            match evaluator.calls(&module, name) {
                Some(calls) if calls.missing.is_none() => {
                    if calls.modules.is_empty() {
                        collector.with_off.insert(Arc::clone(&module.address));
                        if let Some(block) = module.folder.block(id) {
                            evaluator.note_off(&module, name, &block, is_zero(&block));
                        }
                    }
                    modules.extend(calls.modules.iter().rev().map(Rc::clone));
                }
                calls => {
                    let why = calls.and_then(|it| it.missing.clone());
                    collector.unread_call(&module, id, name, why);
                }
            }
        }
        collector.out.calls.extend(module.call.map(|call| (Arc::clone(&module.address), call)));
        collector.out.folders.insert(Arc::clone(&module.address), Arc::clone(&module.folder));
        all.push(module);
    }
    // Documents that nothing has used are judged by what they say.
    let used = evaluator.used_alike.borrow().clone();
    for module in &all {
        collector.unused_documents(module, &used);
    }
    for (span, message) in evaluator.notes.borrow_mut().drain(..) {
        collector.out.errors.push(SyntaxError { span, message: message.to_string() });
    }
    collector.out.missing.extend(evaluator.missing.take().into_iter().map(|(at, folder)| (folder, at)));
    let mut collected = collector.joined();
    claims::collect(evaluator, &all, &mut collected.configuration);
    collected
}

/// An address in a module.
pub(super) fn prefixed(module: &Module, rest: &[&str]) -> Arc<str> {
    let rest = rest.concat();
    if module.address.is_empty() { rest.into() } else { [&*module.address, ".", &rest].concat().into() }
}

impl Collector<'_, '_> {
    fn module(&mut self, module: &Rc<Module>) {
        for (id, [kind, name]) in module.folder.concerning() {
            let Some((kind, concerns)) = resources::concerns(kind) else { continue };
            let Some(block) = module.folder.block(id) else { continue };
            let repeated = self.evaluator.repeated(module, &block);
            if repeated.instances.is_empty() && concerns.iter().any(|it| matches!(it, Concern::Carries(..))) {
                self.out.switched_off += 1;
                self.with_off.insert(Arc::clone(&module.address));
                if is_zero(&block) {
                    self.use_documents(module, &block, concerns);
                }
            }
            for instance in &repeated.instances {
                let address = prefixed(module, &[kind, ".", name, &instance.key]);
                if let Some(given) = given(instance) {
                    self.out.configuration.there_if.insert(Arc::clone(&address), given);
                }
                let declared = Declared { id, kind, block: &block, instance, address };
                for concern in concerns {
                    self.concern(*concern, &declared);
                }
            }
        }
    }

    /// What is switched off whatever anybody gives uses its documents all the same, so that they are not judged as if
    /// nobody had attached them.
    fn use_documents(&self, module: &Rc<Module>, block: &Block, concerns: &[Concern]) {
        let nowhere = Instance { key: "".into(), scope: Scope::of(module) };
        for concern in concerns {
            if let Concern::Carries(path, _) = concern {
                self.attribute_at(block, path, &nowhere);
            }
        }
    }

    /// The providers of AWS, for the credentials that are written into them.
    fn providers(&mut self, module: &Rc<Module>) {
        const KEYS: [&str; 2] = ["access_key", "secret_key"];
        const KIND: &str = "provider aws";
        for (id, _) in module.folder.blocks("provider").filter(|(_, [name, _])| *name == "aws") {
            let address = prefixed(module, &["provider.aws"]);
            // Most have none, which is seen without a closer look.
            if !KEYS.iter().any(|it| module.folder.mentions(id, it)) {
                let body = Node::new(Value::Object(Arc::default()), module.folder.span(id));
                self.resources.push(Resource { kind: KIND, address, place: Place::of(&body), body });
                continue;
            }
            let Some(block) = module.folder.block(id) else { continue };
            for instance in &self.evaluator.repeated(module, &block).instances {
                let address = Arc::clone(&address);
                let declared = Declared { id, kind: KIND, block: &block, instance, address };
                self.resources.push(self.part(&KEYS, &declared));
            }
        }
    }

    fn concern(&mut self, concern: Concern, it: &Declared<'_>) {
        match concern {
            Concern::Carries(path, of) => {
                let of = match of {
                    PolicyKind::ServiceControl => self.organizations_kind(it.block, it.instance),
                    of => Some(of),
                };
                let Some(of) = of else { return };
                for node in self.attribute_at(it.block, path, it.instance) {
                    self.policy(&node, of, &it.address);
                }
                if it.kind == "aws_iam_policy" {
                    self.managed_policy(it);
                }
            }
            Concern::Permission => self.permission(it.kind, it.block, it.instance, &it.address),
            Concern::Bucket => self.bucket(it),
            Concern::OfBucket(aspect) => self.of_bucket(aspect, it),
            Concern::OfAccessPoint(named) => self.of_access_point(named, it),
            Concern::MultiRegionAccessPoint => self.multi_region_access_point(it),
            Concern::AccountBlock => self.account_block(it),
            Concern::Key => self.key(it),
            Concern::OfKey(whose) => self.of_key(whose, it),
            Concern::Identity(name, kind) => self.identity(name, kind, it),
            Concern::Inline(whose, kind) => self.inline(whose, kind, it),
            Concern::Attaches(policies, whose, kind) => self.attaches(policies, whose, kind, it),
            Concern::Bounds(policy, whose, kind) => self.bounds(policy, whose, kind, it),
            Concern::Resource => self.resources.push(self.resource(it)),
            Concern::Part(arguments) => self.resources.push(self.part(arguments, it)),
            Concern::Member(users, groups) => self.membership(users, groups, it),
        }
    }

    /// The values at a path of nested blocks and an attribute.
    fn attribute_at(&self, block: &Block, path: &str, instance: &Instance) -> Vec<Node> {
        let Some((outer, rest)) = path.split_once('.') else {
            return block
                .body
                .attribute(path)
                .map(|it| self.evaluator.value(&it.value, &instance.scope))
                .filter(|it| !it.is_null())
                .into_iter()
                .collect();
        };
        let mut out = Vec::new();
        for (inner, scope, _) in self.evaluator.blocks(&block.body, outer, &instance.scope) {
            let instance = Instance { key: Arc::clone(&instance.key), scope };
            out.extend(self.attribute_at(&inner, rest, &instance));
        }
        out
    }

    fn organizations_kind(&self, block: &Block, instance: &Instance) -> Option<PolicyKind> {
        let Some(kind) = block.body.attribute("type") else { return Some(PolicyKind::ServiceControl) };
        match self.evaluator.value(&kind.value, &instance.scope).as_str() {
            None | Some("SERVICE_CONTROL_POLICY") => Some(PolicyKind::ServiceControl),
            Some("RESOURCE_CONTROL_POLICY") => Some(PolicyKind::ResourceControl),
            // Tag, backup and other policies are another language.
            Some(_) => None,
        }
    }

    fn policy(&mut self, document: &Node, kind: PolicyKind, address: &Arc<str>) {
        // `policy = ""` is how a module says that there is none.
        if document.as_text().is_some_and(Text::is_empty) {
            return;
        }
        let root = match document.as_text().and_then(Text::encodes) {
            Some(tree) => tree.span,
            None => document.span,
        };
        let source = self.evaluator.documents.borrow().get(&root).cloned();
        let place = Place::of(document);
        let carried = Carried { kind, address: Arc::clone(address), source, place };
        // What the document says where it is used by nothing is no concern of what uses it.
        let given = self.out.configuration.there_if.get(address).map(|it| (Arc::clone(&it.words), it.span));
        let decided = given.and_then(|case| {
            let tree = document.encodes().map(|it| document.inherit(it));
            self.evaluator.decided(tree.as_ref().unwrap_or(document), &case)
        });
        let (policy, errors) = policy::parse(decided.as_ref().unwrap_or(document), carried);
        self.out.errors.extend(errors);
        self.policies.push(policy);
    }

    fn unused_documents(&mut self, module: &Rc<Module>, used: &FxHashSet<(Arc<str>, BlockId)>) {
        let could_use = ["resource", "module", "output"].iter().any(|it| module.folder.blocks(it).next().is_some());
        for (id, [kind, name]) in module.folder.blocks("data") {
            if kind != "aws_iam_policy_document" {
                continue;
            }
            let is_used = used.contains(&(Arc::clone(module.first_alike()), id));
            // Another one that nothing has used may have used it.
            if is_used || self.evaluator.used.borrow().contains(&(Arc::clone(&module.address), id)) {
                continue;
            }
            let Some(block) = module.folder.block(id) else { continue };
            let repeated = self.evaluator.repeated(module, &block);
            // What nobody names grants nothing yet; beside nothing that could name it, it is a piece of something.
            let is_named = !could_use || module.folder.names_data(kind, name);
            let user = if is_named { self.switched_off(module, id) } else { None };
            let off = match user {
                Some((user, _)) if is_zero(&user) => continue,
                Some((user, name)) => {
                    Some((user.head(), format!("`{name}`, which uses this document, is switched off").into()))
                }
                None => None,
            };
            for instance in &repeated.instances {
                let address = prefixed(module, &["data.", kind, ".", name, &instance.key]);
                let mut document = self.evaluator.document(id, &block, instance, block.head());
                // It is used nowhere, so it has come no way.
                document.origin = Origin::HERE;
                if !is_named {
                    self.out.configuration.unused.insert(Arc::clone(&address), block.head());
                }
                if let Some(off) = &off {
                    self.out.configuration.switched_off.insert(Arc::clone(&address), off.clone());
                }
                self.policy(&document, PolicyKind::Unknown, &address);
            }
        }
    }

    /// What uses a document, where all that does stands no times: one that somebody may switch on, if there is one, and
    /// its name.
    fn switched_off(&self, module: &Rc<Module>, document: BlockId) -> Option<(Arc<Block>, String)> {
        // Where nothing is, not every block need be read.
        if !self.with_off.contains(&module.address) {
            return None;
        }
        let folder = &module.folder;
        let users = folder.users_of(document);
        let mut found: Option<(Arc<Block>, String)> = None;
        for kind in ["resource", "module", "output"] {
            for (id, [first, second]) in folder.blocks(kind).filter(|(id, _)| users.contains(id)) {
                let Some(block) = folder.block(id) else { continue };
                let stands = kind == "output" || !self.evaluator.repeated(module, &block).instances.is_empty();
                // What stands and carries policies would have used it.
                let is_known = kind == "resource" && resources::concerns(first).is_some();
                let is_told = !stands && found.as_ref().is_some_and(|(known, _)| !is_zero(known));
                if stands && is_known || is_told {
                    continue;
                }
                if stands {
                    return None;
                }
                let name = if kind == "module" { format!("module.{first}") } else { format!("{first}.{second}") };
                found = Some((block, name));
            }
        }
        found
    }

    /// A call of a module that cannot be read: documents among its arguments are judged by what they say, policies of AWS
    /// as attached to something in it, and anything may be joined to its buckets there.
    fn unread_call(&mut self, module: &Rc<Module>, id: BlockId, name: &str, why: Option<Arc<str>>) {
        let Some(block) = module.folder.block(id) else { return };
        let repeated = self.evaluator.repeated(module, &block);
        if !repeated.instances.is_empty() {
            let hole = Hole {
                kind: HoleKind::Free,
                reference: format!("module.{name}").into(),
                scope: Arc::clone(&module.address),
                span: block.head(),
                why: why.unwrap_or_else(|| "the module is not known".into()),
                many: false,
            };
            self.out.unread.push((prefixed(module, &["module.", name]), Arc::new(hole)));
        }
        for instance in &repeated.instances {
            let address = prefixed(module, &["module.", name, &instance.key]);
            for attribute in &block.body.attributes {
                let name = &*attribute.name.text;
                if !name.contains("polic") && !name.contains("bucket") {
                    continue;
                }
                let node = self.evaluator.value(&attribute.value, &instance.scope);
                self.buckets.hand_over(&node);
                if !name.contains("polic") {
                    continue;
                }
                if !name.contains("boundar") {
                    self.handed_over(&node, &address, block.head());
                }
                for node in documents_in(&node) {
                    self.policy(&node, PolicyKind::Unknown, &address);
                }
            }
        }
    }

    /// Everything with what it belongs to.
    fn joined(self) -> Collected {
        let Self { mut out, mut policies, buckets, keys, identities, resources, .. } = self;
        let bounding = identities.only_bound();
        for policy in policies.iter_mut().filter(|it| bounding.contains(&it.address)) {
            policy.kind = PolicyKind::Boundary;
        }
        let policies: Vec<Arc<Policy>> = policies.into_iter().map(Arc::new).collect();
        let managed = identities.managed_addresses();
        let mut carried = ByAddress::default();
        for policy in &policies {
            carried.entry(Arc::clone(&policy.address)).or_default().push(Arc::clone(policy));
        }
        out.configuration = Configuration {
            managed: policies.iter().filter(|it| managed.contains(&it.address)).cloned().collect(),
            identities: identities.joined(&carried, &out.configuration.there_if),
            buckets: buckets.joined(&carried),
            keys: keys.joined(&carried),
            resources,
            policies,
            ..out.configuration
        };
        out
    }

    /// The block as a resource.
    fn resource(&self, it: &Declared<'_>) -> Resource {
        let place = Place::here(it.block.head());
        let body = self.body(it.block, &it.instance.scope);
        Resource { kind: it.kind, address: Arc::clone(&it.address), place, body }
    }

    /// The block as a resource of which only some arguments are known, since no rule asks for others.
    fn part(&self, arguments: &[&str], it: &Declared<'_>) -> Resource {
        let place = Place::here(it.block.head());
        let body = self.chosen(it.block, &it.instance.scope, &|name| arguments.contains(&name));
        Resource { kind: it.kind, address: Arc::clone(&it.address), place, body }
    }

    /// A block's arguments and nested blocks as one object.
    fn body(&self, block: &Block, scope: &Scope) -> Node {
        // What is Terraform's own; and tags, which no rule asks for and which are seldom short.
        const LEFT_OUT: [&str; 7] = ["count", "depends_on", "for_each", "lifecycle", "provider", "tags", "timeouts"];
        self.chosen(block, scope, &|name| !LEFT_OUT.contains(&name))
    }

    /// Those of a block's arguments and nested blocks that are asked for, as one object.
    fn chosen(&self, block: &Block, scope: &Scope, own: &dyn Fn(&str) -> bool) -> Node {
        let attributes = block.body.attributes.iter().filter(|it| own(&it.name.text));
        let mut entries: Vec<Entry> = attributes
            .map(|it| {
                let node = self.evaluator.value(&it.value, scope);
                Entry { key: Text::known(&it.name.text, it.name.span), key_span: it.name.span, node }
            })
            .collect();
        let mut kinds: Vec<&str> = Vec::new();
        for inner in &block.body.blocks {
            let kind = match (&*inner.kind.text, inner.labels.first()) {
                ("dynamic", Some(label)) => &*label.text,
                (kind, _) => kind,
            };
            if own(kind) && !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        for kind in kinds {
            let blocks = self.evaluator.blocks(&block.body, kind, scope).into_iter().map(|(inner, scope, case)| {
                let node = self.body(&inner, &scope);
                match case {
                    Some((when, at)) => {
                        let span = node.span;
                        Node::new(Value::OneOf(vec![Arm { when, at, node }].into()), span)
                    }
                    None => node,
                }
            });
            let node = Node::list(blocks.collect(), block.head());
            entries.push(Entry { key: Text::known(kind, block.head()), key_span: block.head(), node });
        }
        Node::new(Value::Object(Arc::new(Object { entries, open: None })), block.head())
    }
}

/// The case in which an instance is there at all, where that is not certain.
fn given(instance: &Instance) -> Option<policy::Given> {
    let cases = instance.scope.cases();
    let (_, span) = cases.first()?;
    let mut words: Vec<&str> = Vec::new();
    for (when, _) in &cases {
        if !words.contains(&&**when) {
            words.push(when);
        }
    }
    Some(policy::Given::new(words.join(" and "), *span))
}

/// Whether a block says `count = 0`, and not by way of anything that could be given.
fn is_zero(block: &Block) -> bool {
    block
        .body
        .attribute("count")
        .is_some_and(|it| matches!(it.value.kind, ExprKind::Number(Number(count)) if count == 0.0))
}

/// Policies by the address of what carries them.
type ByAddress = FxHashMap<Arc<str>, Vec<Arc<Policy>>>;

/// The addresses of what carries policies for one thing, each with the case in which it does so for this one.
type Carriers = Vec<(Arc<str>, Option<Arc<policy::Given>>)>;

/// The policies of these carriers.
fn policies_of<'a>(carriers: &'a Carriers, carried: &'a ByAddress) -> impl Iterator<Item = Arc<Policy>> + use<'a> {
    carriers.iter().flat_map(|(address, given)| {
        let all = carried.get(address).into_iter().flatten();
        all.map(move |it| it.given(given.as_ref()))
    })
}

/// One instance of a resource block.
struct Declared<'b> {
    id: BlockId,
    kind: &'static str,
    block: &'b Block,
    instance: &'b Instance,
    address: Arc<str>,
}

/// The texts of a list, or the one in its place.
fn texts_in(node: &Node) -> Vec<(Text, Place)> {
    match &node.value {
        Value::List(nodes) => nodes.iter().flat_map(|it| texts_in(&node.inherit(it))).collect(),
        Value::Object(object) => object.entries.iter().flat_map(|it| texts_in(&node.inherit(&it.node))).collect(),
        Value::OneOf(arms) => arms
            .iter()
            .flat_map(|arm| {
                let outer = policy::Given::of_arm(arm, arms.len());
                texts_in(&node.inherit(&arm.node)).into_iter().filter_map(move |(text, place)| {
                    let given = match &place.given {
                        Some(inner) => (**inner).clone().within(Some(&outer))?,
                        None => outer.clone(),
                    };
                    Some((text, Place { given: Some(Arc::new(given)), ..place }))
                })
            })
            .collect(),
        Value::Text(text) => match text.cases(node.span, |_| true) {
            Some(arms) => texts_in(&Node { value: Value::OneOf(arms.into()), ..node.clone() }),
            None => vec![(text.clone(), Place::of(node))],
        },
        _ => node.to_text().map(|text| (text, Place::of(node))).into_iter().collect(),
    }
}

/// The policy documents among an argument's values.
fn documents_in(node: &Node) -> Vec<Node> {
    match &node.value {
        Value::Text(text) => {
            let is_policy = match text.encodes() {
                Some(tree) => policy::is_policy(tree),
                None => crate::syntax::json::looks_like_policy(text.raw()),
            };
            if is_policy { vec![node.clone()] } else { Vec::new() }
        }
        Value::List(nodes) => nodes.iter().flat_map(|it| documents_in(&node.inherit(it))).collect(),
        Value::Object(_) if policy::is_policy(node) => vec![node.clone()],
        Value::Object(object) => object.entries.iter().flat_map(|it| documents_in(&node.inherit(&it.node))).collect(),
        Value::OneOf(_) if node.encodes().is_some_and(|it| policy::is_policy(it)) => vec![node.clone()],
        Value::OneOf(arms) => arms.iter().flat_map(|arm| documents_in(&node.inherit(&arm.node))).collect(),
        _ => Vec::new(),
    }
}
