//! Roles, users, groups and permission sets joined with everything that says what they may do.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::names::Names;
use super::{ByAddress, Collector, Declared, texts_in};
use crate::frontend::terraform::evaluator::is_repeated;
use crate::frontend::terraform::resources::IDENTITIES;
use crate::frontend::{Attached, Attachment, Identity, IdentityKind};
use crate::policy::{Given, Place, Policy, PolicyKind};
use crate::source::Span;
use crate::value::{Node, Text};

/// The identities, and what must find its identity yet.
#[derive(Default)]
pub(super) struct Identities {
    identities: Vec<Identity>,
    given: Vec<Gift>,
    /// Users, groups, and what says so.
    memberships: Vec<(Vec<Text>, Vec<Text>, Arc<str>)>,
    /// Whoever gets policies of AWS in modules that cannot be read.
    unread: Vec<Identity>,
    /// The ARN and the name of every managed policy that is declared, with its address.
    managed: Vec<(Text, Arc<str>)>,
}

/// Something that is given to an identity.
struct Gift {
    to: To,
    kind: IdentityKind,
    what: What,
    place: Place,
    address: Arc<str>,
}

#[derive(Clone)]
enum To {
    Itself,
    /// By a name, in the case in which that is the one.
    Named(Text, Option<Arc<Given>>),
}

enum What {
    Inline,
    Attached(Attachment),
    Boundary(Attachment),
}

impl Collector<'_, '_> {
    /// An identity.
    pub(super) fn identity(&mut self, name: &str, kind: IdentityKind, it: &Declared<'_>) {
        let name = self.evaluator.attribute_of_resource(it.id, it.block, it.instance, name).to_text();
        let place = Place::here(it.block.head());
        self.identities.identities.push(identity(kind, &it.address, name, place, true));
    }

    /// A policy of an identity's own, in a resource of its own.
    pub(super) fn inline(&mut self, whose: &str, kind: IdentityKind, it: &Declared<'_>) {
        self.give(whose, kind, it, |_| vec![What::Inline]);
    }

    /// Managed policies that are attached.
    pub(super) fn attaches(&mut self, policies: &str, whose: &str, kind: IdentityKind, it: &Declared<'_>) {
        self.give(whose, kind, it, |collector| {
            collector.named_policies(policies, it).into_iter().map(What::Attached).collect()
        });
    }

    /// A managed policy that bounds.
    pub(super) fn bounds(&mut self, policy: &str, whose: &str, kind: IdentityKind, it: &Declared<'_>) {
        self.give(whose, kind, it, |collector| {
            collector.named_policies(policy, it).into_iter().map(What::Boundary).collect()
        });
    }

    /// Users in groups.
    pub(super) fn membership(&mut self, users: &str, groups: &str, it: &Declared<'_>) {
        let names = |path: &str| -> Vec<Text> {
            self.attribute_at(it.block, path, it.instance).iter().flat_map(texts_in).map(|(name, _)| name).collect()
        };
        let membership = (names(users), names(groups), Arc::clone(&it.address));
        self.identities.memberships.push(membership);
    }

    /// A managed policy that others may attach.
    pub(super) fn managed_policy(&mut self, it: &Declared<'_>) {
        for name in ["arn", "name"] {
            let name = self.evaluator.attribute_of_resource(it.id, it.block, it.instance, name);
            self.identities.managed.extend(name.to_text().map(|name| (name, Arc::clone(&it.address))));
        }
    }

    /// Policies of AWS that are named in an argument of a module that cannot be read.
    pub(super) fn handed_over(&mut self, argument: &Node, address: &Arc<str>, head: Span) {
        let attachment =
            |(policy, place)| Attachment { address: Arc::clone(address), policy, place, is_certain: false };
        let named = texts_in(argument).into_iter().map(attachment);
        let of_aws = named.filter(|it| it.policy.raw().starts_with("arn:") && it.managed_policy().is_some());
        let attached: Vec<_> = of_aws.map(|attachment| Attached { attachment, policy: None }).collect();
        if !attached.is_empty() {
            let somebody = identity(IdentityKind::Role, address, None, Place::here(head), false);
            self.identities.unread.push(Identity { attached, complete: false, ..somebody });
        }
    }

    fn give(&mut self, whose: &str, kind: IdentityKind, it: &Declared<'_>, what: impl Fn(&Self) -> Vec<What>) {
        // What an identity says in its own block is its own, whatever else goes by its name.
        let to: Vec<To> = if IDENTITIES.iter().any(|(of, ..)| *of == it.kind) {
            vec![To::Itself]
        } else {
            let named = self.attribute_at(it.block, whose, it.instance);
            named.iter().flat_map(texts_in).map(|(name, place)| To::Named(name, place.given)).collect()
        };
        for to in to {
            for what in what(self) {
                let place = Place::here(it.block.head());
                let given = Gift { to: to.clone(), kind, what, place, address: Arc::clone(&it.address) };
                self.identities.given.push(given);
            }
        }
    }

    fn named_policies(&self, path: &str, it: &Declared<'_>) -> Vec<Attachment> {
        let named = self.attribute_at(it.block, path, it.instance);
        let is_certain = !is_repeated(it.block);
        let attachment = |(policy, place)| Attachment { address: Arc::clone(&it.address), policy, place, is_certain };
        named.iter().flat_map(texts_in).map(attachment).collect()
    }
}

impl Identities {
    /// The address of the managed policy that an attachment names, when it is declared here.
    fn managed(&self, names: &Names, attachment: &Attachment) -> Option<Arc<str>> {
        let policy = &attachment.policy;
        let found =
            |name: &Text| names.of(name, &attachment.address).first().map(|first| Arc::clone(&self.managed[*first].1));
        found(policy).or_else(|| {
            // Whatever account and path an ARN is written with, its last part is the name.
            let name = policy.raw().contains(":policy/").then(|| policy.raw().rfind('/')).flatten()?;
            found(&policy.slice(name + 1..policy.len()))
        })
    }

    /// The addresses of the managed policies that are declared.
    pub(super) fn managed_addresses(&self) -> FxHashSet<Arc<str>> {
        self.managed.iter().map(|(_, address)| Arc::clone(address)).collect()
    }

    /// What the managed policies of this configuration serve as boundary for and for nothing else.
    pub(super) fn only_bound(&self) -> FxHashSet<Arc<str>> {
        let names = self.managed_names();
        let of = |wanted: fn(&What) -> Option<&Attachment>| -> FxHashSet<Arc<str>> {
            let named = self.given.iter().filter_map(|it| wanted(&it.what));
            named.filter_map(|it| self.managed(&names, it)).collect()
        };
        let bounding = of(|it| if let What::Boundary(it) = it { Some(it) } else { None });
        let attached = of(|it| if let What::Attached(it) = it { Some(it) } else { None });
        bounding.difference(&attached).cloned().collect()
    }

    fn managed_names(&self) -> Names {
        let mut names = Names::default();
        for (n, (name, address)) in self.managed.iter().enumerate() {
            names.add(name.clone(), address, n);
        }
        names
    }

    /// The identities, each with everything that is its own.
    pub(super) fn joined(mut self, by_address: &ByAddress, there_if: &FxHashMap<Arc<str>, Given>) -> Vec<Identity> {
        let managed = self.managed_names();
        let carried = |address: &Arc<str>, trust: bool| -> Vec<Arc<Policy>> {
            let all = by_address.get(address).into_iter().flatten();
            all.filter(|it| (it.kind == PolicyKind::Trust) == trust).cloned().collect()
        };
        let mut identities = std::mem::take(&mut self.identities);
        // Those that are declared, and those that are only spoken of.
        let mut names: FxHashMap<IdentityKind, (Names, Names)> = FxHashMap::default();
        let mut own: FxHashMap<Arc<str>, usize> = FxHashMap::default();
        for (n, identity) in identities.iter_mut().enumerate() {
            if let Some(name) = &identity.name {
                names.entry(identity.kind).or_default().0.add(name.clone(), &identity.address, n);
            }
            identity.trust = carried(&identity.address, true);
            identity.inline = carried(&identity.address, false);
            own.insert(Arc::clone(&identity.address), n);
        }
        for given in &self.given {
            let found = match &given.to {
                To::Itself => own.get(&given.address).copied().into_iter().collect(),
                To::Named(name, _) => {
                    let (names, elsewhere) = names.entry(given.kind).or_default();
                    match (names.of(name, &given.address), elsewhere.of(name, &given.address)) {
                        ([], []) => {
                            elsewhere.add(name.clone(), &given.address, identities.len());
                            let place = given.place.clone();
                            identities.push(identity(given.kind, &given.address, Some(name.clone()), place, false));
                            vec![identities.len() - 1]
                        }
                        ([], found) | (found, _) => found.to_vec(),
                    }
                }
            };
            if let To::Named(name, _) = &given.to
                && name.has_holes()
                && found.iter().all(|n| !identities[*n].declared)
            {
                let same = identities.iter_mut().filter(|it| it.declared && it.kind == given.kind);
                same.for_each(|it| it.complete = false);
            }
            for n in found {
                let case = match &given.to {
                    To::Named(_, case) => case.as_ref(),
                    To::Itself => None,
                };
                // Where it is itself there in that case only, it has it in every case.
                let own = there_if.get(&identities[n].address);
                let case =
                    case.filter(|it| own.is_none_or(|own| !own.words.split(" and ").any(|own| *own == *it.words)));
                let attached = |attachment: &Attachment| {
                    let declared = self.managed(&managed, attachment).and_then(|it| by_address.get(&it));
                    let mut attachment = attachment.clone();
                    attachment.place.given = attachment.place.given.or_else(|| case.cloned());
                    let policy = declared.and_then(|it| it.first()).map(|it| it.given(attachment.place.given.as_ref()));
                    Attached { attachment, policy }
                };
                match &given.what {
                    What::Inline => {
                        let own = carried(&given.address, false);
                        identities[n].inline.extend(own.iter().map(|it| it.given(case)));
                    }
                    What::Attached(attachment) => identities[n].attached.push(attached(attachment)),
                    What::Boundary(attachment) => {
                        let mut boundary = attached(attachment);
                        // One of two is there in each case, and the one of AWS that leads to everything bounds nothing.
                        let leads_up =
                            |it: &Attached| it.attachment.managed_policy().is_some_and(|it| it.may_lead_up());
                        let case = boundary.attachment.place.given.as_ref();
                        let other = identities[n].boundary.as_ref().filter(|it| {
                            it.attachment
                                .place
                                .given
                                .as_ref()
                                .zip(case)
                                .is_some_and(|(it, case)| it.is_opposite_of(case))
                        });
                        match other {
                            Some(other) if leads_up(&boundary) && !leads_up(other) => continue,
                            Some(other) if leads_up(&boundary) == leads_up(other) => {
                                boundary.attachment.place.given = None;
                            }
                            _ => {}
                        }
                        identities[n].boundary = Some(boundary);
                    }
                }
            }
        }
        let which = |kind: IdentityKind, name: &Text, address: &str| {
            names.get(&kind).map(|(names, _)| names.of(name, address).to_vec()).unwrap_or_default()
        };
        for (users, groups, address) in &self.memberships {
            let groups: Vec<usize> = groups.iter().flat_map(|it| which(IdentityKind::Group, it, address)).collect();
            for user in users.iter().flat_map(|it| which(IdentityKind::User, it, address)) {
                identities[user].groups.extend(&groups);
            }
        }
        identities.extend(self.unread);
        identities
    }
}

fn identity(kind: IdentityKind, address: &Arc<str>, name: Option<Text>, place: Place, declared: bool) -> Identity {
    Identity {
        kind,
        address: Arc::clone(address),
        name,
        place,
        declared,
        trust: Vec::new(),
        inline: Vec::new(),
        attached: Vec::new(),
        boundary: None,
        groups: Vec::new(),
        complete: true,
    }
}
