//! From an evaluated root module to a [`Configuration`]: policies where they are attached, buckets with all that is
//! joined to them, managed policies with whom they are attached to.

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::claims;
use super::evaluator::{Evaluator, Instance, Module, text_of, truth};
use super::folder::BlockId;
use super::resources::{self, ATTACHMENTS, BUCKET_TYPES};
use crate::frontend::{Acl, Attachment, Bucket, Configuration, PublicAccessBlock, Setting, Switch};
use crate::policy::{self, Carried, Place, PolicyKind, Service};
use crate::source::Span;
use crate::syntax::SyntaxError;
use crate::syntax::hcl::{Accessor, Block, Expr, ExprKind};
use crate::value::{Entry, Node, Object, Text, Value};

/// What one root module declares, and what was wrong on the way.
#[derive(Debug, Default)]
pub struct Collected {
    /// What it declares.
    pub configuration: Configuration,
    /// Embedded documents that could not be read.
    pub errors: Vec<SyntaxError>,
    /// The call of each module by its address, for whoever must point at one.
    pub calls: FxHashMap<Arc<str>, Span>,
}

/// A setting that names its bucket.
struct Named<T> {
    bucket: Node,
    setting: T,
}

#[derive(Default)]
struct Buckets {
    buckets: Vec<Bucket>,
    acls: Vec<Named<Vec<Acl>>>,
    blocks: Vec<Named<PublicAccessBlock>>,
    ownership: Vec<Named<Setting<Text>>>,
    account: Option<PublicAccessBlock>,
}

struct Collector<'e, 'w> {
    evaluator: &'e Evaluator<'w>,
    out: Collected,
    buckets: Buckets,
}

/// Evaluates a root module and everything it calls.
pub(super) fn collect(evaluator: &Evaluator<'_>, root: &Rc<Module>) -> Collected {
    let mut collector = Collector { evaluator, out: Collected::default(), buckets: Buckets::default() };
    let mut modules = vec![Rc::clone(root)];
    let mut all = Vec::new();
    while let Some(module) = modules.pop() {
        collector.module(&module);
        for (id, [name, _]) in module.folder.blocks("module") {
            match evaluator.calls(&module, name) {
                Some(calls) if calls.missing.is_none() => modules.extend(calls.modules.iter().rev().map(Rc::clone)),
                _ => collector.unread_call(&module, id, name),
            }
        }
        collector.out.calls.extend(module.call.map(|call| (Arc::clone(&module.address), call)));
        all.push(module);
    }
    // Documents that nothing has used are judged by what they say.
    for module in &all {
        collector.unused_documents(module);
    }
    claims::collect(evaluator, &all, &mut collector.out.configuration);
    for (span, message) in evaluator.notes.borrow_mut().drain(..) {
        collector.out.errors.push(SyntaxError { span, message: message.to_string() });
    }
    collector.join_buckets();
    collector.out
}

pub(super) fn prefixed(module: &Module, rest: &str) -> Arc<str> {
    if module.address.is_empty() { rest.into() } else { format!("{}.{rest}", module.address).into() }
}

impl Collector<'_, '_> {
    fn module(&mut self, module: &Rc<Module>) {
        let boundaries = boundaries(module);
        for (id, [kind, name]) in module.folder.blocks("resource") {
            let carries = resources::carriers(kind).next().is_some();
            let attaches = ATTACHMENTS.iter().any(|(it, ..)| *it == kind);
            let permission = matches!(
                kind,
                "aws_lambda_permission" | "aws_lambda_layer_version_permission" | "aws_cloudwatch_event_permission"
            );
            let bucket = BUCKET_TYPES.contains(&kind);
            if !(carries || attaches || permission || bucket) {
                continue;
            }
            let Some(block) = module.folder.block(id) else { continue };
            let repeat = self.evaluator.repeat(module, &block);
            for instance in self.evaluator.instances(module, &repeat, block.head()) {
                let address = prefixed(module, &format!("{kind}.{name}{}", instance.key));
                for (_, path, of) in resources::carriers(kind) {
                    let of = match *of {
                        PolicyKind::ServiceControl => match self.organizations_kind(&block, &instance) {
                            Some(of) => of,
                            None => continue,
                        },
                        PolicyKind::Identity if kind == "aws_iam_policy" && boundaries.contains(name) => {
                            PolicyKind::Boundary
                        }
                        of => of,
                    };
                    for node in self.attribute_at(&block, path, &instance) {
                        self.policy(&node, of, &address);
                    }
                }
                if permission {
                    self.permission(kind, &block, &instance, &address);
                }
                if attaches {
                    self.attachments(kind, &block, &instance, &address);
                }
                if bucket {
                    self.bucket(id, kind, &block, &instance, &address);
                }
            }
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
        let (policy, errors) = policy::parse(document, carried);
        self.out.errors.extend(errors);
        self.out.configuration.policies.push(policy);
    }

    fn unused_documents(&mut self, module: &Rc<Module>) {
        for (id, [kind, name]) in module.folder.blocks("data") {
            if kind != "aws_iam_policy_document" {
                continue;
            }
            if self.evaluator.used.borrow().contains_key(&(Arc::clone(&module.address), id)) {
                continue;
            }
            let Some(block) = module.folder.block(id) else { continue };
            let repeat = self.evaluator.repeat(module, &block);
            for instance in self.evaluator.instances(module, &repeat, block.head()) {
                let address = prefixed(module, &format!("data.{kind}.{name}{}", instance.key));
                let document = self.evaluator.document(id, &block, &instance, block.head());
                let mut document = document;
                // It is used nowhere, so it has come no way.
                document.origin = crate::value::Origin::HERE;
                self.policy(&document, PolicyKind::Unknown, &address);
            }
        }
    }

    /// A call of a module that cannot be read: documents among its arguments are judged by what they say.
    fn unread_call(&mut self, module: &Rc<Module>, id: BlockId, name: &str) {
        let Some(block) = module.folder.block(id) else { return };
        let repeat = self.evaluator.repeat(module, &block);
        for instance in self.evaluator.instances(module, &repeat, block.head()) {
            let address = prefixed(module, &format!("module.{name}{}", instance.key));
            for attribute in &block.body.attributes {
                if !attribute.name.text.contains("polic") {
                    continue;
                }
                let node = self.evaluator.value(&attribute.value, &instance.scope);
                for node in documents_in(&node) {
                    self.policy(&node, PolicyKind::Unknown, &address);
                }
            }
        }
    }

    /// A permission that is written as attributes, as the policy that it adds to.
    fn permission(&mut self, kind: &str, block: &Block, instance: &Instance, address: &Arc<str>) {
        let head = block.head();
        let get = |name: &str| {
            block
                .body
                .attribute(name)
                .map(|it| self.evaluator.value(&it.value, &instance.scope))
                .filter(|it| !it.is_null())
        };
        let object = |entries: Vec<(&str, Node)>| {
            let entries = entries
                .into_iter()
                .map(|(key, node)| Entry { key: Text::known(key, node.span), key_span: node.span, node })
                .collect();
            Node::new(Value::Object(Arc::new(Object { entries, open: None })), head)
        };
        let text = |text: &str| Node::new(Value::Text(Text::known(text, head)), head);
        let Some(principal) = get("principal") else { return };
        let raw = principal.as_text().map(|it| it.raw().to_owned()).unwrap_or_default();
        let is_service = raw.contains('.') && !raw.starts_with("arn:");
        let mut conditions: Vec<(&str, &str, Node)> = Vec::new();
        for (name, operator, key) in [
            ("source_arn", "ArnLike", "aws:SourceArn"),
            ("source_account", "StringEquals", "aws:SourceAccount"),
            ("principal_org_id", "StringEquals", "aws:PrincipalOrgID"),
            ("organization_id", "StringEquals", "aws:PrincipalOrgID"),
            ("event_source_token", "StringEquals", "lambda:EventSourceToken"),
            ("function_url_auth_type", "StringEquals", "lambda:FunctionUrlAuthType"),
        ] {
            if let Some(value) = get(name) {
                conditions.push((operator, key, value));
            }
        }
        for (inner, scope, _) in self.evaluator.blocks(&block.body, "condition", &instance.scope) {
            let of = |name: &str| inner.body.attribute(name).map(|it| self.evaluator.value(&it.value, &scope));
            if let Some(value) = of("value") {
                conditions.push(("StringEquals", "aws:PrincipalOrgID", value));
            }
        }
        let resource = get("function_name").or_else(|| get("layer_name")).or_else(|| get("event_bus_name"));
        let mut statement = vec![
            ("Effect", text("Allow")),
            (
                "Principal",
                if raw == "*" {
                    principal
                } else if is_service {
                    object(vec![("Service", principal)])
                } else {
                    object(vec![("AWS", principal)])
                },
            ),
            (
                "Action",
                get("action").unwrap_or_else(|| {
                    text(if kind == "aws_cloudwatch_event_permission" {
                        "events:PutEvents"
                    } else {
                        "lambda:GetLayerVersion"
                    })
                }),
            ),
            ("Resource", resource.unwrap_or_else(|| text("*"))),
        ];
        if let Some(sid) = get("statement_id") {
            statement.insert(0, ("Sid", sid));
        }
        if !conditions.is_empty() {
            let tests = conditions.into_iter().map(|(operator, key, value)| {
                let key_span = value.span;
                let inner = Object {
                    entries: vec![Entry { key: Text::known(key, key_span), key_span, node: value }],
                    open: None,
                };
                Entry {
                    key: Text::known(operator, key_span),
                    key_span,
                    node: Node::new(Value::Object(Arc::new(inner)), key_span),
                }
            });
            let node = Node::new(Value::Object(Arc::new(Object { entries: tests.collect(), open: None })), head);
            statement.push(("Condition", node));
        }
        let document = object(vec![("Version", text("2012-10-17")), ("Statement", object(statement))]);
        let of = if kind == "aws_cloudwatch_event_permission" { Service::Other("events") } else { Service::Lambda };
        self.policy(&document, PolicyKind::Resource(of), address);
    }

    fn attachments(&mut self, kind: &str, block: &Block, instance: &Instance, address: &Arc<str>) {
        for (_, attribute, to) in ATTACHMENTS.iter().filter(|(it, ..)| *it == kind) {
            let Some(policies) = block.body.attribute(attribute) else { continue };
            let node = self.evaluator.value(&policies.value, &instance.scope);
            let to = match kind {
                "aws_iam_role" => Some(Arc::clone(address)),
                _ => block.body.attribute(to).map(|it| self.evaluator.written(it.value.span)),
            };
            for (text, place) in texts_in(&node) {
                self.out.configuration.attachments.push(Attachment {
                    address: Arc::clone(address),
                    policy: text,
                    place,
                    to: to.clone(),
                });
            }
        }
    }

    fn bucket(&mut self, id: BlockId, kind: &str, block: &Arc<Block>, instance: &Instance, address: &Arc<str>) {
        let place = Place { span: block.head(), origin: crate::value::Origin::HERE, given: None };
        let named = || block.body.attribute("bucket").map(|it| self.evaluator.value(&it.value, &instance.scope));
        match kind {
            "aws_s3_bucket" => {
                let name = self.evaluator.attribute_of_resource(id, block, instance, "bucket");
                let acls = self.acls(block, "grant", instance, address);
                self.buckets.buckets.push(Bucket {
                    address: Arc::clone(address),
                    name: text_of(&name),
                    place,
                    acls,
                    blocks: Vec::new(),
                    blocks_known: true,
                    account_block: None,
                    ownership: None,
                });
            }
            "aws_s3_bucket_acl" => {
                let Some(bucket) = named() else { return };
                let mut acls = self.acls(block, "grant", instance, address);
                for (policy, scope, _) in self.evaluator.blocks(&block.body, "access_control_policy", &instance.scope) {
                    for (grant, scope, _) in self.evaluator.blocks(&policy.body, "grant", &scope) {
                        let permission =
                            grant.body.attribute("permission").map(|it| self.evaluator.value(&it.value, &scope));
                        for (grantee, scope, _) in self.evaluator.blocks(&grant.body, "grantee", &scope) {
                            let uri = grantee.body.attribute("uri").map(|it| self.evaluator.value(&it.value, &scope));
                            acls.extend(acl(uri.as_ref(), permission.as_ref(), address));
                        }
                    }
                }
                self.buckets.acls.push(Named { bucket, setting: acls });
            }
            "aws_s3_bucket_public_access_block" => {
                let Some(bucket) = named() else { return };
                let setting = self.access_block(block, instance, address, &place);
                self.buckets.blocks.push(Named { bucket, setting });
            }
            "aws_s3_account_public_access_block" => {
                self.buckets.account = Some(self.access_block(block, instance, address, &place));
            }
            "aws_s3_bucket_ownership_controls" => {
                let Some(bucket) = named() else { return };
                for (rule, scope, _) in self.evaluator.blocks(&block.body, "rule", &instance.scope) {
                    let Some(ownership) = rule.body.attribute("object_ownership") else { continue };
                    let node = self.evaluator.value(&ownership.value, &scope);
                    if let Some(value) = text_of(&node) {
                        let setting = Setting { value, place: Place::of(&node), address: Arc::clone(address) };
                        self.buckets.ownership.push(Named { bucket: bucket.clone(), setting });
                    }
                }
            }
            _ => {}
        }
    }

    /// `acl = "…"` and `grant { uri, permissions }` of a bucket or of its own resource.
    fn acls(&self, block: &Block, grant: &str, instance: &Instance, address: &Arc<str>) -> Vec<Acl> {
        let mut acls = Vec::new();
        if let Some(canned) = block.body.attribute("acl") {
            acls.extend(acl(Some(&self.evaluator.value(&canned.value, &instance.scope)), None, address));
        }
        for (grant, scope, _) in self.evaluator.blocks(&block.body, grant, &instance.scope) {
            let of = |name: &str| grant.body.attribute(name).map(|it| self.evaluator.value(&it.value, &scope));
            let permissions = of("permissions");
            for permission in permissions.as_ref().and_then(Node::as_list).unwrap_or_default() {
                acls.extend(acl(of("uri").as_ref(), Some(permission), address));
            }
        }
        acls
    }

    fn access_block(&self, block: &Block, instance: &Instance, address: &Arc<str>, place: &Place) -> PublicAccessBlock {
        let names = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];
        let switches = names.map(|name| match block.body.attribute(name) {
            // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html: off unless set.
            None => Switch { name, on: Some(false), place: place.clone() },
            Some(attribute) => {
                let node = self.evaluator.value(&attribute.value, &instance.scope);
                let on = if node.is_null() { Some(false) } else { truth(&node) };
                Switch { name, on, place: Place::of(&node) }
            }
        });
        PublicAccessBlock { address: Arc::clone(address), place: place.clone(), switches }
    }

    fn join_buckets(&mut self) {
        let Buckets { mut buckets, acls, blocks, ownership, account } = std::mem::take(&mut self.buckets);
        let mut by_name: FxHashMap<Text, Vec<usize>> = FxHashMap::default();
        for (n, bucket) in buckets.iter().enumerate() {
            if let Some(name) = &bucket.name {
                by_name.entry(name.clone()).or_default().push(n);
            }
        }
        let name_of = |bucket: &Node| match &bucket.value {
            Value::Unknown(hole) => Some(Text::hole(Arc::clone(hole))),
            _ => text_of(bucket),
        };
        // The buckets a setting belongs to; none when that cannot be told.
        let find = |by_name: &FxHashMap<Text, Vec<usize>>, bucket: &Node| -> Option<Vec<usize>> {
            let text = name_of(bucket)?;
            match by_name.get(&text) {
                Some(found) => Some(found.clone()),
                None if text.has_holes() => None,
                None => Some(Vec::new()),
            }
        };
        for Named { bucket, setting } in blocks {
            match find(&by_name, &bucket) {
                Some(found) if !found.is_empty() => {
                    found.into_iter().for_each(|n| buckets[n].blocks.push(setting.clone()));
                }
                found => {
                    if found.is_none() {
                        buckets.iter_mut().for_each(|it| it.blocks_known = false);
                    }
                    // A block before a bucket that is declared elsewhere still says what it says.
                    let name = name_of(&bucket);
                    if let Some(name) = &name {
                        by_name.entry(name.clone()).or_default().push(buckets.len());
                    }
                    buckets.push(elsewhere(setting.address.clone(), name, setting.place.clone(), vec![setting]));
                }
            }
        }
        for Named { bucket, setting } in acls {
            match find(&by_name, &bucket).filter(|it| !it.is_empty()) {
                Some(found) => found.into_iter().for_each(|n| buckets[n].acls.extend(setting.iter().cloned())),
                // An ACL of a bucket that is declared elsewhere still says what it says.
                None => {
                    if let Some(first) = setting.first() {
                        let name = name_of(&bucket);
                        let mut bucket = elsewhere(Arc::clone(&first.address), name, Place::of(&bucket), Vec::new());
                        bucket.acls.clone_from(&setting);
                        buckets.push(bucket);
                    }
                }
            }
        }
        for Named { bucket, setting } in ownership {
            for n in find(&by_name, &bucket).unwrap_or_default() {
                buckets[n].ownership = Some(setting.clone());
            }
        }
        for bucket in &mut buckets {
            bucket.account_block.clone_from(&account);
        }
        self.out.configuration.buckets = buckets;
    }
}

/// A bucket of which only a setting is here.
fn elsewhere(address: Arc<str>, name: Option<Text>, place: Place, blocks: Vec<PublicAccessBlock>) -> Bucket {
    Bucket { address, name, place, acls: Vec::new(), blocks, blocks_known: false, account_block: None, ownership: None }
}

/// One for each case that the grantee may be in.
fn acl(grantee: Option<&Node>, permission: Option<&Node>, address: &Arc<str>) -> Vec<Acl> {
    let grantees = grantee.into_iter().filter(|it| !it.is_null()).flat_map(texts_in);
    let acl = |(grantee, place)| Acl {
        grantee,
        permission: permission.and_then(text_of),
        place,
        address: Arc::clone(address),
    };
    grantees.map(acl).collect()
}

/// The names of the managed policies that serve as permissions boundary within a module.
fn boundaries(module: &Module) -> FxHashSet<String> {
    let mut out = FxHashSet::default();
    for kind in ["aws_iam_role", "aws_iam_user"] {
        for (id, [it, _]) in module.folder.blocks("resource") {
            if it != kind {
                continue;
            }
            let Some(block) = module.folder.block(id) else { continue };
            let boundary = block.body.attribute("permissions_boundary").map(|it| &it.value);
            if let Some(Expr { kind: ExprKind::Access(base, accessors), .. }) = boundary
                && matches!(&base.kind, ExprKind::Variable(name) if &**name == "aws_iam_policy")
                && let Some(Accessor::Attribute(name)) = accessors.first()
            {
                out.insert(name.text.to_string());
            }
        }
    }
    out
}

/// The texts of a list, or the one in its place.
fn texts_in(node: &Node) -> Vec<(Text, Place)> {
    match &node.value {
        Value::List(nodes) => nodes.iter().flat_map(|it| texts_in(&node.inherit(it))).collect(),
        Value::Object(object) => object.entries.iter().flat_map(|it| texts_in(&node.inherit(&it.node))).collect(),
        Value::OneOf(arms) => arms
            .iter()
            .flat_map(|arm| {
                let given = Arc::new(policy::Given { words: Arc::clone(&arm.when), span: arm.at });
                texts_in(&node.inherit(&arm.node))
                    .into_iter()
                    .map(move |(text, place)| (text, Place { given: Some(Arc::clone(&given)), ..place }))
            })
            .collect(),
        _ => text_of(node).map(|text| (text, Place::of(node))).into_iter().collect(),
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
        Value::OneOf(arms) => arms.iter().flat_map(|arm| documents_in(&node.inherit(&arm.node))).collect(),
        _ => Vec::new(),
    }
}
