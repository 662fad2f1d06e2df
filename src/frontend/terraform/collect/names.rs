//! Who is meant by a name: things by what others know them by.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::texts_in;
use crate::policy::Given;
use crate::value::{Node, Text};

/// Things by what others know them by; two may go by one name, and then those of the module in which it is said are
/// meant.
#[derive(Debug, Default)]
pub(super) struct Names {
    everywhere: FxHashMap<Text, Things>,
    within: FxHashMap<(String, Text), Things>,
}

/// Mostly there is one.
type Things = SmallVec<[usize; 1]>;

/// Who is meant.
#[derive(Debug)]
pub(super) enum Which {
    /// These, each in the case in which it is the one; none where it is in every case.
    These(Vec<(usize, Option<Arc<Given>>)>),
    /// Somebody who is not declared here, by this name.
    Elsewhere(Text),
    /// Perhaps one of them: what is unknown in the name may make it theirs.
    Unsure(Option<Text>),
}

impl Names {
    /// One more name of the thing at an address. A thing may be known by several names; its number is that of the last
    /// one added, or greater.
    pub(super) fn add(&mut self, name: Text, address: &str, thing: usize) {
        let all = [
            self.everywhere.entry(name.clone()).or_default(),
            self.within.entry((module_of(address).to_owned(), name)).or_default(),
        ];
        for things in all {
            if things.last() != Some(&thing) {
                things.push(thing);
            }
        }
    }

    /// The things of a name, as what stands at an address means it.
    pub(super) fn of(&self, name: &Text, address: &str) -> &[usize] {
        let all = self.everywhere.get(name).map(Things::as_slice).unwrap_or_default();
        if all.len() < 2 {
            return all;
        }
        self.within.get(&(module_of(address).to_owned(), name.clone())).map_or(all, Things::as_slice)
    }

    /// Who is meant by what is written where a name belongs, at an address.
    pub(super) fn meant_by(&self, node: &Node, address: &str) -> Which {
        let told = texts_in(node);
        let mut things: Vec<(usize, Option<Arc<Given>>)> = Vec::new();
        for (name, place) in &told {
            for thing in self.of(name, address) {
                // It may go by several of its names, each in its case.
                match things.iter_mut().find(|it| it.0 == *thing) {
                    Some((_, given)) => *given = None,
                    None => things.push((*thing, place.given.clone())),
                }
            }
        }
        let names: Vec<Text> = told.into_iter().map(|(name, _)| name).collect();
        match names.as_slice() {
            _ if !things.is_empty() => Which::These(things),
            [name] if !name.has_holes() => Which::Elsewhere(name.clone()),
            names => Which::Unsure(names.first().cloned()),
        }
    }
}

/// The module instance of an address, `module.app["a"]` of `module.app["a"].aws_iam_role.it`; empty for the root.
fn module_of(address: &str) -> &str {
    let mut end = 0;
    while let Some(rest) = address[end..].trim_start_matches('.').strip_prefix("module.") {
        let begun = address.len() - rest.len();
        let name = rest.find(['.', '[']).unwrap_or(rest.len());
        // A key is text in quotes, in which anything may stand.
        let key = if rest[name..].starts_with("[\"") {
            rest[name..].find("\"]").map_or(rest.len() - name, |at| at + 2)
        } else if rest[name..].starts_with('[') {
            rest[name..].find(']').map_or(rest.len() - name, |at| at + 1)
        } else {
            0
        };
        end = begun + name + key;
    }
    &address[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_of_an_address_is_all_but_the_resource() {
        for (address, module) in [
            ("aws_iam_role.it", ""),
            ("aws_iam_role.it[\"module.x\"]", ""),
            ("module.app.aws_iam_role.it", "module.app"),
            ("module.app[\"a.b\"].module.role[0].aws_iam_role.it[\"x\"]", "module.app[\"a.b\"].module.role[0]"),
        ] {
            assert_eq!(module_of(address), module, "{address}");
        }
    }
}
