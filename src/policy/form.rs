//! A document as it is written, whatever is wrong with it: for rules about form. What it means is read elsewhere.

use std::sync::Arc;

use super::parse::{each, head};
use super::{Given, Place, Policy};
use crate::source::Span;
use crate::value::{Entry, Node, Text, Value};

/// An object of a document: the document itself, or what stands where a statement should.
#[derive(Clone, Debug)]
pub struct Written {
    /// What is written, an object if it is as it should be.
    pub node: Node,
    /// Holds only in this case.
    pub given: Option<Arc<Given>>,
}

/// A named part of an object, as it is written.
#[derive(Clone, Copy, Debug)]
pub struct Element<'w> {
    /// Its name.
    pub name: &'w Text,
    entry: &'w Entry,
    of: &'w Written,
}

impl Written {
    /// Where it begins: its Sid, or the word that opens it.
    pub fn place(&self) -> Place {
        Place { span: head(&self.node), origin: self.node.origin.clone(), given: self.given.clone() }
    }

    /// Every named part of it, in order; those that are null are not there.
    pub fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        let entries = self.node.as_object().map_or(&[][..], |it| &it.entries);
        let there = entries.iter().filter(|it| !it.node.is_null());
        there.map(|entry| Element { name: &entry.key, entry, of: self })
    }

    /// The part of a name, in whatever case.
    pub fn element(&self, name: &str) -> Option<Element<'_>> {
        self.elements().find(|it| it.is(name))
    }

    /// Whether a part of this name, or of a name that is not known, stands there or may stand there.
    pub fn may_have(&self, name: &str) -> bool {
        let Some(object) = self.node.as_object() else { return true };
        self.element(name).is_some() || object.open.is_some() || object.entries.iter().any(|it| it.key.has_holes())
    }
}

impl<'w> Element<'w> {
    /// Whether this is its name. AWS takes names of elements in any case.
    pub fn is(&self, name: &str) -> bool {
        // Most names are told apart by their length, and a name with a hole in it equals none.
        let own = self.name.raw();
        own.len() == name.len() && own.eq_ignore_ascii_case(name)
    }

    /// Whether one of these is its name.
    pub fn is_any(&self, names: &[&str]) -> bool {
        names.iter().any(|it| self.is(it))
    }

    /// Where the name stands.
    pub fn place(&self) -> Place {
        Place { span: self.span(), origin: self.of.node.origin.clone(), given: self.of.given.clone() }
    }

    /// The name itself.
    pub fn span(&self) -> Span {
        self.entry.key_span
    }

    /// What it says, by whatever way it came.
    pub fn value(&self) -> &'w Value {
        &self.entry.node.value
    }

    /// What it says, with the way it came.
    pub fn node(&self) -> Node {
        self.of.node.inherit(&self.entry.node)
    }

    /// What it says, as an object with parts of its own.
    pub fn within(&self) -> Written {
        Written { node: self.node(), given: self.of.given.clone() }
    }

    /// Whether it is there in every case: what is not decided may turn out to be null.
    pub fn is_certain(&self) -> bool {
        self.of.given.is_none() && !matches!(self.value(), Value::Unknown(_) | Value::OneOf(_))
    }

    /// Whether what it says has come no further than the object that it is a part of.
    pub fn is_written_here(&self) -> bool {
        self.entry.node.origin.is_here()
    }

    /// The values of its list, or its one value, each with its place.
    pub fn values(&self) -> Vec<(Node, Place)> {
        let values = each(self.node(), &self.of.given).into_iter();
        let placed = |(node, given)| {
            let place = Place { given, ..Place::of(&node) };
            (node, place)
        };
        values.map(placed).collect()
    }
}

impl Policy {
    /// Each of its documents as it is written; more than one where it is not decided which it is.
    pub fn written(&self) -> &[Written] {
        &self.documents
    }

    /// What stands where statements should.
    pub fn written_statements(&self) -> &[Written] {
        &self.statements_as_written
    }

    /// Whether something may stand in it that is not known, so that nothing can be said to be missing.
    pub fn may_hold_more(&self) -> bool {
        let unknown = |it: &Written| matches!(it.node.value, Value::Unknown(_) | Value::Text(_));
        self.resolution.nothing || self.documents.iter().chain(&self.statements_as_written).any(unknown)
    }
}
