//! A resource as a tree, for what is said of access by arguments rather than by a policy.

use std::sync::Arc;

use super::Setting;
use crate::policy::{Given, Place};
use crate::value::{Arm, Node, Text, Value};

/// A resource that says of itself who reaches it.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its type, by the name that the Terraform provider has for it; `provider aws` for the provider itself.
    pub kind: &'static str,
    /// Its address.
    pub address: Arc<str>,
    /// The block that declares it.
    pub place: Place,
    /// Its arguments by name. A nested block is a list of objects under the name of its type.
    pub body: Node,
}

impl Resource {
    /// It as something of another one whose it is in one case only.
    #[must_use]
    pub fn given(&self, case: Option<&Arc<Given>>) -> Self {
        let given = self.place.given.clone().or_else(|| case.cloned());
        Self { place: Place { given, ..self.place.clone() }, ..self.clone() }
    }

    /// The values at a path of names, `rule.transition.days`: one for each block on the way and each case that it may
    /// be in; none when it is not written, or written as null.
    pub fn at(&self, path: &str) -> Vec<Setting<Node>> {
        let mut found = vec![Setting {
            value: self.body.clone(),
            place: Place { span: self.body.span, origin: self.body.origin.clone(), given: self.place.given.clone() },
            address: Arc::clone(&self.address),
        }];
        for name in path.split('.') {
            let inner = found.iter().flat_map(|it| it.cases()).filter_map(|it| it.member(name));
            found = inner.flat_map(|it| it.cases()).collect();
        }
        found
    }

    /// The nested blocks at a path, each as a resource of its own.
    pub fn parts(&self, path: &str) -> Vec<Self> {
        let part = |it: Setting<Node>| Self { place: it.place, body: it.value, address: it.address, ..*self };
        self.at(path).into_iter().map(part).collect()
    }

    /// The texts at a path; elements of a list each by itself.
    pub fn texts(&self, path: &str) -> Vec<Setting<Text>> {
        let text =
            |it: Setting<Node>| Some(Setting { value: it.value.to_text()?, place: it.place, address: it.address });
        self.at(path).into_iter().filter_map(text).collect()
    }

    /// The texts at a path, or below it at any depth.
    pub fn texts_below(&self, path: &str) -> Vec<Setting<Text>> {
        self.at(path).iter().flat_map(Setting::texts).collect()
    }

    /// Whether a switch at a path is on; the value is none when that is not known. Nothing when it is not written.
    pub fn switches(&self, path: &str) -> Vec<Setting<Option<bool>>> {
        let switch = |it: Setting<Node>| {
            let value = match it.value.as_str() {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => it.value.as_bool(),
            };
            Setting { value, place: it.place, address: it.address }
        };
        self.at(path).into_iter().map(switch).collect()
    }
}

impl Setting<Node> {
    /// Every text in it.
    fn texts(&self) -> Vec<Setting<Text>> {
        match &self.value.value {
            Value::Object(object) => {
                let members = object.entries.iter().filter_map(|it| self.member(it.key.raw()));
                members.flat_map(|it| it.cases()).flat_map(|it| it.texts()).collect()
            }
            _ => {
                let text = self.value.to_text();
                let setting = |value| Setting { value, place: self.place.clone(), address: Arc::clone(&self.address) };
                text.map(setting).into_iter().collect()
            }
        }
    }

    /// Every case and every element that the value may stand for; nothing for null.
    fn cases(&self) -> Vec<Self> {
        let part = |node: &Node, given: Option<Arc<Given>>| {
            let node = self.value.inherit(node);
            let place = Place { span: node.span, origin: node.origin.clone(), given };
            Self { value: node, place, address: Arc::clone(&self.address) }.cases()
        };
        match &self.value.value {
            Value::Null => Vec::new(),
            Value::List(nodes) => nodes.iter().flat_map(|it| part(it, self.place.given.clone())).collect(),
            Value::OneOf(arms) => {
                let own = self.place.given.as_ref();
                let case = |arm: &Arm| Given::of_arm(arm, arms.len()).within(own.map(|it| &**it));
                let in_case = |arm: &Arm| Some(part(&arm.node, Some(Arc::new(case(arm)?))));
                arms.iter().filter_map(in_case).flatten().collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// What stands under a name; something unknown when nothing is known of the whole, or when there may be more in it
    /// than is known.
    fn member(&self, name: &str) -> Option<Self> {
        let value = match &self.value.value {
            Value::Unknown(_) => self.value.clone(),
            Value::Object(object) => match (object.get(name), &object.open) {
                (Some(node), _) => self.value.inherit(node),
                (None, Some(hole)) => Node { span: self.value.span, ..Node::unknown((**hole).clone()) },
                (None, None) => return None,
            },
            _ => return None,
        };
        let place = Place { span: value.span, origin: value.origin.clone(), given: self.place.given.clone() };
        Some(Self { value, place, address: Arc::clone(&self.address) })
    }
}
