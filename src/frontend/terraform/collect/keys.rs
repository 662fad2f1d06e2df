//! Keys joined with their policies, aliases, grants and replicas.

use std::sync::Arc;

use super::names::{Names, Which};
use super::{ByAddress, Carriers, Collector, Declared, policies_of};
use crate::frontend::{Key, Resource};
use crate::value::{Node, Text};

/// The keys, and what must find its key yet.
#[derive(Default)]
pub(super) struct Keys {
    keys: Vec<(Key, Vec<Text>)>,
    companions: Vec<(Node, Resource)>,
}

impl Collector<'_, '_> {
    /// A key.
    pub(super) fn key(&mut self, it: &Declared<'_>) {
        let known_by = |name: &str| self.evaluator.attribute_of_resource(it.id, it.block, it.instance, name).to_text();
        let names = ["arn", "key_id"].into_iter().filter_map(known_by).collect();
        let key = Key {
            resource: self.resource(it),
            policies: Vec::new(),
            aliases: Vec::new(),
            grants: Vec::new(),
            replicas: Vec::new(),
            complete: true,
        };
        self.keys.keys.push((key, names));
    }

    /// Something that names its key.
    pub(super) fn of_key(&mut self, whose: &'static str, it: &Declared<'_>) {
        let resource = self.resource(it);
        if let Some(key) = resource.body.get(whose).filter(|it| !it.is_null()) {
            self.keys.companions.push((key, resource));
        }
    }
}

impl Keys {
    /// The keys, each with everything that is its own.
    pub(super) fn joined(self, carried: &ByAddress) -> Vec<Key> {
        let mut names = Names::default();
        let mut keys = Vec::with_capacity(self.keys.len());
        for (n, (key, known_by)) in self.keys.into_iter().enumerate() {
            known_by.into_iter().for_each(|it| names.add(it, &key.resource.address, n));
            keys.push(key);
        }
        let mut carriers: Vec<Carriers> =
            keys.iter().map(|it| vec![(Arc::clone(&it.resource.address), None)]).collect();
        for (of, resource) in self.companions {
            match names.meant_by(&of, &resource.address) {
                Which::These(found) => {
                    for (n, given) in found {
                        let key = &mut keys[n];
                        let resource = resource.given(given.as_ref());
                        match resource.kind {
                            "aws_kms_alias" => key.aliases.extend(resource.texts("name")),
                            "aws_kms_grant" => key.grants.push(resource),
                            "aws_kms_key_policy" => carriers[n].push((resource.address, given)),
                            _ => key.replicas.push(resource.address),
                        }
                    }
                }
                Which::Elsewhere(_) => {}
                Which::Unsure(_) => keys.iter_mut().for_each(|it| it.complete = false),
            }
        }
        for (key, carriers) in keys.iter_mut().zip(carriers) {
            key.policies = policies_of(&carriers, carried).collect();
        }
        keys
    }
}
