//! Steps into a value: `.name`, `[key]` and splats.

use std::sync::Arc;

use super::known::{is_many, number, text_of};
use super::{Doubt, Evaluator, Failure, Outcome, Scope, only_in};
use crate::frontend::terraform::functions::{self, By};
use crate::source::Span;
use crate::syntax::hcl::Accessor;
use crate::value::{Arm, Entry, Hole, HoleKind, Node, Object, Origin, Value, is_this};

impl Evaluator<'_> {
    /// Steps into a value: `.name`, `[key]`, splats.
    pub(super) fn steps_into(&self, base: Node, accessors: &[Accessor], span: Span, scope: &Scope) -> Outcome {
        let Some((first, rest)) = accessors.split_first() else { return Ok(base) };
        self.distribute(&[base], span, scope, &|nodes| {
            let base = &nodes[0];
            let next = match first {
                Accessor::Attribute(name) => self.attribute_of(base, &name.text, span, scope)?,
                Accessor::Index(expr) => {
                    let key = self.eval(expr, scope)?;
                    self.distribute(&[base.clone(), key], span, scope, &|it| self.index(&it[0], &it[1], span, scope))?
                }
                Accessor::FullSplat(at) | Accessor::AttributeSplat(at) => {
                    let (within, behind) = reach_of_splat(accessors);
                    let list = self.splat(base, within, *at, span, scope)?;
                    return self.steps_into(list, behind, span, scope);
                }
            };
            self.steps_into(next, rest, span, scope)
        })
    }

    pub(super) fn splat(&self, base: &Node, rest: &[Accessor], _at: Span, span: Span, scope: &Scope) -> Outcome {
        let each = |node: &Node| Ok(self.steps_into(base.inherit(node), rest, span, scope)?.as_element(is_many(node)));
        let nodes = match &base.value {
            Value::List(nodes) => nodes.iter().map(each).collect::<Result<Vec<_>, Failure>>()?,
            Value::Null => Vec::new(),
            Value::Unknown(_) => return Ok(self.free(span, scope, "it depends on a value that is not known")),
            _ => vec![each(&Node { origin: Origin::HERE, ..base.clone() })?],
        };
        Ok(Node { origin: base.origin.clone(), ..Node::list(nodes, span) })
    }

    pub(super) fn attribute_of(&self, base: &Node, name: &str, span: Span, scope: &Scope) -> Outcome {
        match &base.value {
            Value::Object(object) => {
                // What is written last counts, so what is not known in front of it changes nothing.
                let may_be = |it: &&Entry| it.key.raw() == name || it.key.has_holes();
                match object.entries.iter().rev().find(may_be) {
                    Some(entry) if !entry.key.has_holes() => Ok(match only_in(&entry.node) {
                        // Where it is not there, Terraform goes no further.
                        Some((node, case)) => {
                            self.doubt(Doubt::Unless(case), scope);
                            base.inherit(&node)
                        }
                        None => base.inherit(&entry.node),
                    }),
                    Some(_) => self.perhaps_attribute_of(base, object, name, span, scope),
                    None if object.open.is_some() => Ok(self.free(span, scope, "the object is not wholly known")),
                    None => Err(Failure { span, message: format!("there is no attribute `{name}` in it").into() }),
                }
            }
            Value::Unknown(hole) => Ok(self.part_of(hole, span, scope)),
            // A list of objects indexed like one: what blocks read back as.
            Value::List(nodes) if name.parse::<usize>().is_ok() && !nodes.is_set() => {
                let at = name.parse::<usize>().unwrap_or(0);
                nodes
                    .get(at)
                    .map(|it| base.inherit(it))
                    .ok_or_else(|| Failure { span, message: "the list is shorter than that".into() })
            }
            _ => Err(Failure { span, message: format!("it has no attribute `{name}`").into() }),
        }
    }

    /// The same where a key that is not known may be the one that is asked for.
    fn perhaps_attribute_of(&self, base: &Node, object: &Object, name: &str, span: Span, scope: &Scope) -> Outcome {
        let (is_there, arms) = functions::at_key(base, object, name);
        // Without the one that it may be, Terraform would refuse it, and `try` would go on.
        let is_only = arms.len() == 1 && object.open.is_none() && self.trying.get() == 0;
        match arms.len() {
            0 if object.open.is_none() => {
                Err(Failure { span, message: format!("there is no attribute `{name}` in it").into() })
            }
            ..=functions::LIMIT if is_there || is_only => Ok(functions::one_of(arms, span)),
            _ => Ok(self.free(span, scope, "the object is not wholly known")),
        }
    }

    /// A part of an unknown value is as unknown, and as free.
    pub(super) fn part_of(&self, hole: &Arc<Hole>, span: Span, scope: &Scope) -> Node {
        Node::unknown(Hole { why: Arc::clone(&hole.why), ..self.hole(hole.kind, span, scope, "") })
    }

    pub(super) fn index(&self, base: &Node, key: &Node, span: Span, scope: &Scope) -> Outcome {
        match &base.value {
            Value::Object(object) => match text_of(key) {
                Some(text) if !text.has_holes() => self.attribute_of(base, text.raw(), span, scope),
                Some(text) => match object.entries.iter().rev().find(|it| it.key == text) {
                    Some(entry) => Ok(base.inherit(&entry.node)),
                    None => Ok(self.entry_of(base, object, key, span, scope)),
                },
                None => Ok(self.entry_of(base, object, key, span, scope)),
            },
            Value::List(nodes) if nodes.is_set() => {
                Err(Failure { span, message: "the elements of a set have no places".into() })
            }
            Value::List(nodes) => match number(key).filter(|_| !nodes.is_mixed() || nodes.len() == 1) {
                Some(at) if nodes.iter().any(is_many) => {
                    // Behind an element that may be many, places are not known.
                    let before = nodes.iter().position(is_many).unwrap_or(0);
                    match nodes.get(at as usize) {
                        Some(node) if (at as usize) < before => Ok(base.inherit(node)),
                        _ if at == 0.0 => match functions::foremost(base, nodes) {
                            Some((arms, is_there)) => {
                                let doubt = match &arms[..] {
                                    [only] => Doubt::Unless((Arc::clone(&only.when), only.at)),
                                    _ => Doubt::Somehow,
                                };
                                Some(doubt).filter(|_| !is_there).into_iter().for_each(|it| self.doubt(it, scope));
                                Ok(functions::one_of(arms, span))
                            }
                            None => Ok(self.any_of(base, nodes.iter(), span, scope)),
                        },
                        _ => Ok(self.any_of(base, nodes.iter(), span, scope)),
                    }
                }
                Some(at) => nodes
                    .get(at as usize)
                    .filter(|_| at >= 0.0 && at.fract() == 0.0)
                    .map(|it| base.inherit(it))
                    .ok_or_else(|| Failure { span, message: "the list is shorter than that".into() }),
                None if nodes.iter().any(is_many) || nodes.is_mixed() || nodes.len() == 1 => {
                    Ok(self.any_of(base, nodes.iter(), span, scope))
                }
                None => {
                    let places = nodes.iter().enumerate().map(|(n, it)| (n.to_string(), it));
                    Ok(self.one_by(base, key, places.collect(), span, scope))
                }
            },
            Value::Unknown(hole) => Ok(self.part_of(hole, span, scope)),
            _ => Err(Failure { span, message: "it has no elements".into() }),
        }
    }

    /// One of the entries of an object, as the key is not known.
    fn entry_of(&self, base: &Node, object: &Object, key: &Node, span: Span, scope: &Scope) -> Node {
        if object.open.is_some() {
            return self.free(span, scope, "the object is not wholly known");
        }
        let entries: Vec<&Entry> = functions::in_order(object);
        // With any other key than that of the only one Terraform would stop.
        if let [only] = entries[..]
            && !only.key.has_holes()
            && only_in(&only.node).is_none()
        {
            self.doubt(Doubt::Somehow, scope);
            return base.inherit(&only.node);
        }
        if entries.iter().any(|it| it.key.has_holes() || only_in(&it.node).is_some()) {
            return self.any_of(base, entries.into_iter().map(|it| &it.node), span, scope);
        }
        self.one_by(base, key, entries.into_iter().map(|it| (it.key.to_string(), &it.node)).collect(), span, scope)
    }

    /// One of several values, by a key that is not known.
    fn one_by(&self, base: &Node, key: &Node, values: Vec<(String, &Node)>, span: Span, scope: &Scope) -> Node {
        let named = functions::named(key);
        if values.len() > functions::LIMIT {
            let what = named.as_ref().map(|(what, at)| (&**what, *at));
            let values = values.into_iter().map(|(name, it)| (Some(name), base.inherit(it)));
            return self.one_of_many(&values.collect::<Vec<_>>(), what, span, scope);
        }
        let Some((what, at)) = named else {
            return self.any_of(base, values.into_iter().map(|(_, it)| it), span, scope);
        };
        self.doubt(Doubt::Somehow, scope);
        if values.is_empty() {
            return self.free(span, scope, functions::WHICH);
        }
        let arm = |(name, it): (String, &Node)| Arm { when: is_this(&what, name), at, node: base.inherit(it) };
        functions::one_of(values.into_iter().map(arm).collect(), span)
    }

    /// One of more values than are told apart each by itself.
    fn one_of_many(
        &self,
        values: &[(Option<String>, Node)],
        what: Option<(&str, Span)>,
        span: Span,
        scope: &Scope,
    ) -> Node {
        self.doubt(Doubt::Somehow, scope);
        // Each is held against each other one.
        self.steps.set(self.steps.get().saturating_sub((values.len() * values.len() / 4) as u64));
        let hole = self.hole(HoleKind::Free, span, scope, functions::WHICH);
        functions::one_of_many(values, By { what, span, hole: &hole }).unwrap_or_else(|| Node::unknown(hole))
    }

    /// One of several elements, as the key is not known.
    pub(super) fn any_of<'n>(
        &self,
        base: &Node,
        nodes: impl ExactSizeIterator<Item = &'n Node>,
        span: Span,
        scope: &Scope,
    ) -> Node {
        if nodes.len() > functions::LIMIT {
            let values: Vec<_> = nodes.map(|it| (None, base.inherit(it))).collect();
            return self.one_of_many(&values, None, span, scope);
        }
        self.doubt(Doubt::Somehow, scope);
        if nodes.len() == 0 {
            return self.free(span, scope, functions::WHICH);
        }
        let when: Arc<str> = format!("`{}`{}", self.written(span), functions::THIS_ELEMENT).into();
        let arms: Vec<Arm> =
            nodes.map(|it| Arm { when: Arc::clone(&when), at: span, node: base.inherit(it) }).collect();
        Node::new(Value::OneOf(arms.into()), span)
    }
}

/// The steps behind a splat that each element takes, and those that the list of them does: `.*` reaches over attributes
/// only, and what comes after an index applies to the list it made.
pub(super) fn reach_of_splat(accessors: &[Accessor]) -> (&[Accessor], &[Accessor]) {
    let Some((splat, rest)) = accessors.split_first() else { return (accessors, accessors) };
    let is_attribute = |it: &Accessor| matches!(it, Accessor::Attribute(_));
    let until = match splat {
        Accessor::AttributeSplat(_) => rest.iter().position(|it| !is_attribute(it)).unwrap_or(rest.len()),
        _ => rest.len(),
    };
    rest.split_at(until)
}
