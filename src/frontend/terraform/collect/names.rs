//! Who is meant by a name: things by what others know them by.

use rustc_hash::FxHashMap;

use super::texts_in;
use crate::value::{Node, Text};

/// Things by what others know them by; two may go by one name.
#[derive(Debug, Default)]
pub(super) struct Names(FxHashMap<Text, Vec<usize>>);

/// Who is meant.
#[derive(Debug)]
pub(super) enum Which {
    /// These: one in each case that the name may be in.
    These(Vec<usize>),
    /// Somebody who is not declared here, by this name.
    Elsewhere(Text),
    /// Perhaps one of them: what is unknown in the name may make it theirs.
    Unsure(Option<Text>),
}

impl Names {
    /// One more name of a thing.
    pub(super) fn add(&mut self, name: Text, thing: usize) {
        let things = self.0.entry(name).or_default();
        if !things.contains(&thing) {
            things.push(thing);
        }
    }

    /// The things of a name.
    pub(super) fn of(&self, name: &Text) -> &[usize] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Who is meant by what is written where a name belongs.
    pub(super) fn meant_by(&self, node: &Node) -> Which {
        let names: Vec<Text> = texts_in(node).into_iter().map(|(name, _)| name).collect();
        let things: Vec<usize> = names.iter().flat_map(|it| self.of(it)).copied().collect();
        match names.as_slice() {
            _ if !things.is_empty() => Which::These(things),
            [name] if !name.has_holes() => Which::Elsewhere(name.clone()),
            names => Which::Unsure(names.first().cloned()),
        }
    }
}
