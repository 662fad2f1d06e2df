//! Buckets joined with everything that says something of them.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::names::{Names, Which};
use super::{ByAddress, Collector, Declared, texts_in};
use crate::frontend::terraform::resources::BUCKET_BLOCKS;
use crate::frontend::{AccessPoint, Acl, Aspect, Bucket, Companion, PublicAccessBlock, Resource, Setting, Switch};
use crate::policy::{Place, Policy, PolicyKind, is_named};
use crate::value::{Entry, Node, Object, Text, Value};

/// The buckets, and what must find its bucket yet.
#[derive(Default)]
pub(super) struct Buckets {
    buckets: Vec<(Bucket, Vec<Text>)>,
    companions: Vec<(Node, Companion)>,
    /// The ARNs of access points, with their addresses.
    points: Vec<(Text, Arc<str>)>,
    /// What names the access point that a policy is of, how that is written, and the address of the policy.
    of_points: Vec<(Node, Arc<str>, Arc<str>)>,
    /// What modules that cannot be read are given as a bucket: its name or its ARN.
    handed_over: Vec<Text>,
    account: Option<PublicAccessBlock>,
}

impl Collector<'_, '_> {
    /// A bucket, with what is said of it in its own block.
    pub(super) fn bucket(&mut self, it: &Declared<'_>) {
        let name = self.evaluator.attribute_of_resource(it.id, it.block, it.instance, "bucket");
        let blocks = BUCKET_BLOCKS.iter().map(|(name, ..)| *name);
        let arguments: Vec<&str> = blocks.chain(["acl", "grant", "object_lock_enabled"]).collect();
        let resource = self.part(&arguments, it);
        let names: Vec<Text> = texts_in(&name).into_iter().map(|(name, _)| name).collect();
        let mut bucket = bucket(&it.address, names.first().cloned(), resource.place.clone(), true);
        bucket.acls = acls(&resource, "");
        for (name, aspect, within) in BUCKET_BLOCKS {
            bucket.companions.extend(resource.at(name).into_iter().map(|block| {
                let body = match within {
                    Some(within) => object(within, Node::list(vec![block.value.clone()], block.value.span)),
                    None => block.value,
                };
                Companion { aspect: *aspect, resource: Resource { place: block.place, body, ..resource.clone() } }
            }));
        }
        if let Some(switch) =
            resource.at("object_lock_enabled").into_iter().find(|it| it.value.as_bool() != Some(false))
        {
            let body = object("object_lock_enabled", switch.value);
            let resource = Resource { place: switch.place, body, ..resource };
            bucket.companions.push(Companion { aspect: Aspect::ObjectLock, resource });
        }
        self.buckets.buckets.push((bucket, names));
    }

    /// Something that names its bucket.
    pub(super) fn of_bucket(&mut self, aspect: Aspect, it: &Declared<'_>) {
        if aspect == Aspect::AccessPoint {
            let arn = self.evaluator.attribute_of_resource(it.id, it.block, it.instance, "arn").to_text();
            self.buckets.points.extend(arn.map(|arn| (arn, Arc::clone(&it.address))));
        }
        let resource = match aspect {
            // Of these no more is asked than whose they are; a policy is read where it is carried.
            Aspect::Inventory | Aspect::Policy => self.part(&["bucket"], it),
            _ => self.resource(it),
        };
        if let Some(bucket) = resource.body.get("bucket").filter(|it| !it.is_null()) {
            self.buckets.companions.push((bucket, Companion { aspect, resource }));
        }
    }

    /// The policy of an access point that is declared by itself, and says so of which.
    pub(super) fn of_access_point(&mut self, named: &str, it: &Declared<'_>) {
        for point in self.attribute_at(it.block, named, it.instance) {
            let written = self.evaluator.written(point.span);
            self.buckets.of_points.push((point, written, Arc::clone(&it.address)));
        }
    }

    /// An access point that leads into a bucket of each region, whose policy names it by its name.
    pub(super) fn multi_region_access_point(&mut self, it: &Declared<'_>) {
        let resource = self.resource(it);
        let names = self.attribute_at(it.block, "details.name", it.instance).into_iter().filter_map(|it| it.to_text());
        self.buckets.points.extend(names.map(|name| (name, Arc::clone(&it.address))));
        for bucket in self.attribute_at(it.block, "details.region.bucket", it.instance) {
            let companion = Companion { aspect: Aspect::AccessPoint, resource: resource.clone() };
            self.buckets.companions.push((bucket, companion));
        }
    }

    /// What stands before every bucket of the account.
    pub(super) fn account_block(&mut self, it: &Declared<'_>) {
        self.buckets.account = Some(access_block(&self.resource(it)));
    }
}

impl Buckets {
    /// A module that cannot be read is given what may be a bucket.
    pub(super) fn hand_over(&mut self, node: &Node) {
        self.handed_over.extend(texts_in(node).into_iter().map(|(text, _)| text));
    }

    /// The buckets, each with everything that is its own.
    pub(super) fn joined(self, carried: &ByAddress) -> Vec<Bucket> {
        let (mut names, mut elsewhere) = (Names::default(), Names::default());
        let carriers = carriers_of_points(self.points, &self.of_points);
        let mut buckets = Vec::with_capacity(self.buckets.len());
        for (n, (bucket, known_by)) in self.buckets.into_iter().enumerate() {
            known_by.into_iter().for_each(|it| names.add(it, &bucket.address, n));
            buckets.push(bucket);
        }
        for (of, companion) in self.companions {
            let (found, name) = match names.meant_by(&of, &companion.resource.address) {
                Which::These(found) => (found, None),
                Which::Elsewhere(name) => (Vec::new(), Some(name)),
                Which::Unsure(name) => {
                    let declared = buckets.iter_mut().filter(|it| it.declared);
                    declared.for_each(|it| it.uncertain.push(companion.aspect));
                    (Vec::new(), name)
                }
            };
            // What is said of a bucket that is declared elsewhere still says what it says.
            let found = match name {
                None => found,
                Some(name) if elsewhere.of(&name, &companion.resource.address).is_empty() => {
                    let place = companion.resource.place.clone();
                    elsewhere.add(name.clone(), &companion.resource.address, buckets.len());
                    buckets.push(bucket(&companion.resource.address, Some(name), place, false));
                    vec![buckets.len() - 1]
                }
                Some(name) => elsewhere.of(&name, &companion.resource.address).to_vec(),
            };
            found.into_iter().for_each(|n| buckets[n].join(&companion));
        }
        for text in self.handed_over {
            let is_it = |it: &&mut Bucket| it.name.as_ref().is_some_and(|name| *name == text || is_named(&text, name));
            buckets.iter_mut().filter(is_it).for_each(|it| it.is_handed_over = true);
        }
        for bucket in &mut buckets {
            bucket.account_block.clone_from(&self.account);
            let own = bucket.declared.then_some(&bucket.address);
            let addresses = bucket.companions(Aspect::Policy).map(|it| &it.address).chain(own);
            bucket.policies = policies_of(addresses, carried);
            for point in &mut bucket.points {
                let own = &point.resource.address;
                let others = carriers.get(own).into_iter().flatten();
                point.policies = policies_of(others.chain([own]), carried);
            }
        }
        buckets
    }
}

/// The addresses of the policies that name an access point, by the address of the point.
fn carriers_of_points(
    points: Vec<(Text, Arc<str>)>,
    policies: &[(Node, Arc<str>, Arc<str>)],
) -> FxHashMap<Arc<str>, Vec<Arc<str>>> {
    let (mut names, mut addresses) = (Names::default(), Vec::with_capacity(points.len()));
    for (arn, address) in points {
        names.add(arn, &address, addresses.len());
        addresses.push(address);
    }
    let mut out: FxHashMap<Arc<str>, Vec<Arc<str>>> = FxHashMap::default();
    for (of, written, policy) in policies {
        let found: Vec<&Arc<str>> = match names.meant_by(of, policy) {
            Which::These(found) => found.into_iter().map(|n| &addresses[n]).collect(),
            Which::Elsewhere(_) => Vec::new(),
            // The name of one is the end of its id: `element(split(":", aws_….reports.id), 1)`.
            Which::Unsure(_) => addresses.iter().filter(|it| refers_to(written, it, policy)).collect(),
        };
        found.into_iter().for_each(|it| out.entry(Arc::clone(it)).or_default().push(Arc::clone(policy)));
    }
    out
}

/// Whether an expression that stands at an address refers to the resource at another one.
fn refers_to(written: &str, address: &str, from: &str) -> bool {
    let within = |address: &str| address.rfind("aws_").unwrap_or(0);
    let (module, resource) = address.split_at(within(address));
    from.split_at(within(from)).0 == module && written.contains(&format!("{resource}."))
}

/// The resource policies that these addresses carry.
fn policies_of<'a>(addresses: impl Iterator<Item = &'a Arc<str>>, carried: &ByAddress) -> Vec<Arc<Policy>> {
    let all = addresses.filter_map(|it| carried.get(it)).flatten();
    all.filter(|it| matches!(it.kind, PolicyKind::Resource(_))).cloned().collect()
}

impl Bucket {
    fn join(&mut self, companion: &Companion) {
        let resource = &companion.resource;
        match companion.aspect {
            Aspect::Acl => self.acls.extend(acls(resource, "access_control_policy.")),
            Aspect::PublicAccessBlock => self.blocks.push(access_block(resource)),
            Aspect::Ownership => self.ownership = resource.texts("rule.object_ownership").into_iter().next(),
            Aspect::AccessPoint => {
                self.points.push(AccessPoint { resource: resource.clone(), policies: Vec::new() });
            }
            _ => self.companions.push(companion.clone()),
        }
    }
}

fn bucket(address: &Arc<str>, name: Option<Text>, place: Place, declared: bool) -> Bucket {
    Bucket {
        address: Arc::clone(address),
        name,
        place,
        declared,
        acls: Vec::new(),
        blocks: Vec::new(),
        account_block: None,
        ownership: None,
        policies: Vec::new(),
        points: Vec::new(),
        companions: Vec::new(),
        uncertain: Vec::new(),
        is_handed_over: false,
    }
}

/// An object of one entry.
fn object(name: &str, node: Node) -> Node {
    let span = node.span;
    let entry = Entry { key: Text::known(name, span), key_span: span, node };
    Node::new(Value::Object(Arc::new(Object { entries: vec![entry], open: None })), span)
}

/// `acl = "…"`, and grants: `uri` and `permissions` in a bucket's own, `permission` and a `grantee` elsewhere.
fn acls(resource: &Resource, policy: &str) -> Vec<Acl> {
    let acl = |grantee: Setting<Text>, permission: Option<Text>| Acl {
        grantee: grantee.value,
        permission,
        place: grantee.place,
        address: grantee.address,
    };
    let mut out: Vec<Acl> = resource.texts("acl").into_iter().map(|it| acl(it, None)).collect();
    for grant in resource.at(&format!("{policy}grant")) {
        let grant = Resource { place: grant.place, body: grant.value, ..resource.clone() };
        let grantees = || grant.texts("uri").into_iter().chain(grant.texts("grantee.uri"));
        for permission in grant.texts("permissions").into_iter().chain(grant.texts("permission")) {
            out.extend(grantees().map(|it| acl(it, Some(permission.value.clone()))));
        }
    }
    out
}

fn access_block(resource: &Resource) -> PublicAccessBlock {
    let names = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];
    let switches = names.map(|name| {
        let said = resource.switches(name);
        match said.first() {
            // https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html: off unless set.
            None => Switch { name, on: Some(false), place: resource.place.clone() },
            Some(first) => {
                let agreed = said.iter().all(|it| it.value == first.value);
                Switch { name, on: first.value.filter(|_| agreed), place: first.place.clone() }
            }
        }
    });
    PublicAccessBlock { address: Arc::clone(&resource.address), place: resource.place.clone(), switches }
}
