//! Buckets joined with everything that says something of them.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::names::{Names, Which};
use super::{ByAddress, Carriers, Collector, Declared, policies_of, texts_in};
use crate::frontend::terraform::evaluator::Case;
use crate::frontend::terraform::resources::BUCKET_BLOCKS;
use crate::frontend::{AccessPoint, Acl, Aspect, Bucket, Companion, PublicAccessBlock, Resource, Setting, Switch};
use crate::policy::{Given, Place, Policy, PolicyKind, is_named};
use crate::value::{Entry, Node, Object, Text, Value};

/// The buckets, and what must find its bucket yet.
#[derive(Default)]
pub(super) struct Buckets {
    buckets: Vec<Declaration>,
    companions: Vec<Named>,
    /// The ARNs of access points, with their addresses.
    points: Vec<(Text, Arc<str>)>,
    /// What names the access point that a policy is of, how that is written, and the address of the policy.
    of_points: Vec<(Node, Arc<str>, Arc<str>)>,
    /// What modules that cannot be read are given as a bucket: its name or its ARN.
    handed_over: Vec<Text>,
    account: Option<PublicAccessBlock>,
}

/// A bucket, with its names and the cases in which it is there at all.
struct Declaration {
    bucket: Bucket,
    names: Vec<Text>,
    cases: Vec<Case>,
}

/// Something that names its bucket, and the cases in which it is there at all.
struct Named {
    of: Node,
    companion: Companion,
    cases: Vec<Case>,
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
        self.buckets.buckets.push(Declaration { bucket, names, cases: it.instance.scope.all_cases() });
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
        if let Some(of) = resource.body.get("bucket").filter(|it| !it.is_null()) {
            let companion = Companion { aspect, resource };
            self.buckets.companions.push(Named { of, companion, cases: it.instance.scope.all_cases() });
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
        for of in self.attribute_at(it.block, "details.region.bucket", it.instance) {
            let companion = Companion { aspect: Aspect::AccessPoint, resource: resource.clone() };
            self.buckets.companions.push(Named { of, companion, cases: it.instance.scope.all_cases() });
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
        let mut cases_of = Vec::with_capacity(self.buckets.len());
        for (n, Declaration { bucket, names: known_by, cases }) in self.buckets.into_iter().enumerate() {
            known_by.into_iter().for_each(|it| names.add(it, &bucket.address, n));
            buckets.push(bucket);
            cases_of.push(cases);
        }
        let mut carriers_of: Vec<Carriers> = buckets.iter().map(|it| vec![(Arc::clone(&it.address), None)]).collect();
        for Named { of, companion, cases } in self.companions {
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
                    carriers_of.push(Vec::new());
                    vec![(buckets.len() - 1, None)]
                }
                Some(name) => {
                    let found = elsewhere.of(&name, &companion.resource.address);
                    found.iter().map(|n| (*n, None)).collect()
                }
            };
            for (n, given) in found {
                let own = cases_of.get(n).map_or(&[][..], Vec::as_slice);
                // What guards it guards nothing where it is not there.
                let is_guard = matches!(companion.aspect, Aspect::PublicAccessBlock | Aspect::Ownership);
                let is_own = |case: &Case| own.iter().any(|it| it.0 == case.0);
                let alone = cases.iter().find(|it| !is_own(it)).filter(|_| is_guard && buckets[n].declared);
                let alone = alone.map(|(words, span)| Given::new(Arc::clone(words), *span));
                // Where the bucket itself is there in that case only, it is its own in every case.
                let given = given.filter(|it| !own.iter().any(|case| case.0 == it.words));
                let given = given.or_else(|| alone.map(Arc::new));
                if companion.aspect == Aspect::Policy {
                    carriers_of[n].push((Arc::clone(&companion.resource.address), given.clone()));
                }
                let resource = companion.resource.given(given.as_ref());
                buckets[n].join(&Companion { aspect: companion.aspect, resource });
            }
        }
        for text in self.handed_over {
            let is_it = |it: &&mut Bucket| it.name.as_ref().is_some_and(|name| *name == text || is_named(&text, name));
            buckets.iter_mut().filter(is_it).for_each(|it| it.is_handed_over = true);
        }
        for (bucket, mut carriers_of) in buckets.iter_mut().zip(carriers_of) {
            bucket.account_block.clone_from(&self.account);
            // Its own comes last.
            let own = usize::from(bucket.declared);
            carriers_of.rotate_left(own);
            bucket.policies = policies_of(&carriers_of, carried).filter(is_of_resource).collect();
            for point in &mut bucket.points {
                let own = &point.resource.address;
                let others = carriers.get(own).into_iter().flatten();
                let all = others.chain([own]).map(|it| (Arc::clone(it), point.resource.place.given.clone())).collect();
                point.policies = policies_of(&all, carried).filter(is_of_resource).collect();
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
            Which::These(found) => found.into_iter().map(|(n, _)| &addresses[n]).collect(),
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

fn is_of_resource(policy: &Arc<Policy>) -> bool {
    matches!(policy.kind, PolicyKind::Resource(_))
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
