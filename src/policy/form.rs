//! A document as it is written, whatever is wrong with it: for rules about form. What it means is read elsewhere.

use std::sync::Arc;

use super::parse::{each, head};
use super::{Given, Place, Policy};
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
#[derive(Clone, Debug)]
pub struct Element<'w> {
    /// Its name.
    pub name: &'w Text,
    /// Where the name stands.
    pub place: Place,
    /// Its value.
    pub node: Node,
}

impl Written {
    /// Where it begins: its Sid, or the word that opens it.
    pub fn place(&self) -> Place {
        Place { span: head(&self.node), origin: self.node.origin.clone(), given: self.given.clone() }
    }

    /// Every named part of it, in order; those that are null are not there.
    pub fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        let object = self.node.as_object();
        object.into_iter().flat_map(|it| &it.entries).filter(|it| !it.node.is_null()).map(|it| self.element_of(it))
    }

    fn element_of<'w>(&'w self, entry: &'w Entry) -> Element<'w> {
        Element {
            name: &entry.key,
            place: Place { span: entry.key_span, origin: self.node.origin.clone(), given: self.given.clone() },
            node: self.node.inherit(&entry.node),
        }
    }

    /// The part of a name, in whatever case.
    pub fn element(&self, name: &str) -> Option<Element<'_>> {
        self.elements().find(|it| it.is(name))
    }

    /// Whether a part of this name, or of a name that is not known, stands there or may stand there.
    pub fn may_have(&self, name: &str) -> bool {
        let Some(object) = self.node.as_object() else { return true };
        object.open.is_some() || object.entries.iter().any(|it| it.key.has_holes()) || self.element(name).is_some()
    }
}

impl Element<'_> {
    /// Whether this is its name. AWS takes names of elements in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name.as_known().is_some_and(|it| it.eq_ignore_ascii_case(name))
    }

    /// Whether it is there in every case: what is not decided may turn out to be null.
    pub fn is_certain(&self) -> bool {
        self.place.given.is_none() && !matches!(self.node.value, Value::Unknown(_) | Value::OneOf(_))
    }

    /// The values of its list, or its one value, each with its place.
    pub fn values(&self) -> Vec<(Node, Place)> {
        let values = each(&self.node, &self.place.given).into_iter();
        values.map(|(node, given)| (node.clone(), Place { given, ..Place::of(&node) })).collect()
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
