//! How often a block stands: `count`, `for_each` and `dynamic`, and what names mean each time.

use std::borrow::Cow;
use std::fmt::Display;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::{SmallVec, smallvec};

use super::known::{elements, is_many, number, only_case, open_of, same, text_of};
use super::{Evaluator, Module, Scope, only_in};
use crate::frontend::terraform::functions;
use crate::source::Span;
use crate::syntax::hcl::{Block, Body, Expr, ExprKind};
use crate::value::{Arm, Entry, Hole, HoleKind, Node, Number, Object, Text, Value, is_any_of};

/// A case in which something stands, and where that is decided.
pub(in crate::frontend::terraform) type Case = (Arc<str>, Span);

/// Keys and values.
type Pairs = Vec<(Node, Node)>;

/// A nested block: what names mean in it, and the case in which it is there when that is not certain.
pub(in crate::frontend::terraform) type Standing<'b> = (Nested<'b>, Scope, Option<Case>);

/// A nested block as it is written, or as it is made of others: each element of a `dynamic` one has the same content.
#[derive(Clone, Debug)]
pub(in crate::frontend::terraform) enum Nested<'b> {
    Written(&'b Block),
    Made(Rc<Block>),
}

impl std::ops::Deref for Nested<'_> {
    type Target = Block;

    fn deref(&self) -> &Block {
        match self {
            Self::Written(block) => block,
            Self::Made(block) => block,
        }
    }
}

impl<'b> From<Cow<'b, Block>> for Nested<'b> {
    fn from(block: Cow<'b, Block>) -> Self {
        match block {
            Cow::Borrowed(block) => Self::Written(block),
            Cow::Owned(block) => Self::Made(Rc::new(block)),
        }
    }
}

/// The instances of a resource, data source or module call.
#[derive(Clone, Debug)]
pub(in crate::frontend::terraform) enum Repeat {
    /// Neither `count` nor `for_each`.
    One,
    /// `count` of so many.
    Count(usize),
    /// `for_each`, by key.
    Each(Rc<Pairs>),
    /// `count` or `for_each` of an unknown number: one stands for all.
    Unknown {
        /// `count` rather than `for_each`.
        count: bool,
        /// Why it is not known.
        hole: Arc<Hole>,
        /// The case in which there is one at all; none where there always is.
        there: Option<Case>,
        /// Whether there are not several in any case.
        is_one: bool,
    },
}

/// How often a block stands, with its instances.
#[derive(Debug)]
pub(in crate::frontend::terraform) struct Repeated {
    /// How often, and how they are told apart.
    pub repeat: Repeat,
    /// One for each time.
    pub instances: SmallVec<[Instance; 1]>,
}

impl Repeated {
    /// What there is of an instance as an element of a list of all of them.
    pub(super) fn as_element(&self, instance: &Instance, node: Node) -> Node {
        let of_any_number = matches!(self.repeat, Repeat::Unknown { is_one: false, .. });
        let node = node.as_element(of_any_number);
        match instance.scope.stands.as_deref() {
            Some((when, at)) => functions::in_case(when, *at, node),
            None => node,
        }
    }

    /// The instance that a key in brackets names, when that can be told.
    pub(super) fn at(&self, key: &Node) -> Option<usize> {
        let at = match &self.repeat {
            Repeat::Count(_) => number(key).map(|it| it as usize),
            Repeat::Each(pairs) => text_of(key).and_then(|key| {
                let is_it = |name: &Node| match name.as_text() {
                    Some(name) => *name == key,
                    None => text_of(name).as_ref() == Some(&key),
                };
                pairs.iter().position(|(name, _)| is_it(name))
            }),
            Repeat::One | Repeat::Unknown { .. } => None,
        };
        at.filter(|at| *at < self.instances.len())
    }
}

/// One instance of a block: its key as an address writes it, and what names mean in it.
#[derive(Clone, Debug)]
pub(in crate::frontend::terraform) struct Instance {
    /// `["a"]`, `[0]`, or nothing.
    pub key: Arc<str>,
    /// What names mean in it.
    pub scope: Scope,
}

/// How many instances of one block are told apart; of more, one stands for the rest.
const INSTANCES: usize = 2_000;

/// Why one stands for others.
fn too_many(all: impl Display) -> String {
    format!("{all} are more than iamlint tells apart")
}

/// Every element of every arm may be there: one whose key each arm has is there for certain, with the value that it has in
/// the arm, and others are in their case.
fn pairs_of(arms: &[(&Arm, Rc<Pairs>)]) -> Pairs {
    let by_key = |(_, pairs): &(&Arm, Rc<Pairs>)| {
        // Of a key that is there twice the first one counts.
        let keyed = pairs.iter().rev().filter_map(|(key, value)| Some((text_of(key)?, value.clone())));
        keyed.collect::<FxHashMap<Text, Node>>()
    };
    let keyed: Vec<FxHashMap<Text, Node>> = arms.iter().map(by_key).collect();
    let in_each_arm = |key: &Text| {
        let in_arm = |((arm, _), keyed): (&(&Arm, _), &FxHashMap<Text, Node>)| {
            Some(Arm { node: keyed.get(key)?.clone(), ..(*arm).clone() })
        };
        arms.iter().zip(&keyed).map(in_arm).collect::<Option<Vec<Arm>>>()
    };
    let (mut out, mut told) = (Vec::new(), FxHashSet::default());
    for (arm, pairs) in arms {
        for (key, value) in pairs.iter() {
            let text = text_of(key);
            match text.as_ref().and_then(in_each_arm) {
                None => {
                    // What is one thing in several of the arms is there in any of these.
                    let is_it = |(_, keyed): &(&(&Arm, _), &FxHashMap<Text, Node>)| {
                        let own = text.as_ref().and_then(|it| keyed.get(it));
                        own.is_some_and(|it| same(it, value) == Some(true))
                    };
                    let those = arms.iter().zip(&keyed).filter(is_it);
                    let those: Vec<&str> = those.map(|((arm, _), _)| &*arm.when).collect();
                    let any = is_any_of(&those).filter(|_| those.len() > 1);
                    let when: Arc<str> = any.map_or_else(|| Arc::clone(&arm.when), Into::into);
                    if text.is_none() || told.insert((text, Arc::clone(&when))) {
                        out.push((key.clone(), functions::in_case(&when, arm.at, value.clone())));
                    }
                }
                Some(_) if !told.insert((text, "".into())) => {}
                Some(values) if values.iter().all(|it| same(&it.node, value) == Some(true)) => {
                    out.push((key.clone(), value.clone()));
                }
                Some(values) => out.push((key.clone(), Node::new(Value::OneOf(values.into()), value.span))),
            }
        }
    }
    out
}

/// Whether a block may stand any number of times: it has a `count` or a `for_each`.
pub(in crate::frontend::terraform) fn is_repeated(block: &Block) -> bool {
    ["count", "for_each"].iter().any(|it| block.body.attribute(it).is_some())
}

impl Evaluator<'_> {
    /// How often a block stands, found out once.
    pub(in crate::frontend::terraform) fn repeated(&self, module: &Rc<Module>, block: &Block) -> Rc<Repeated> {
        self.known_repeated(module, block).unwrap_or_else(|| {
            let place = block.head();
            let (repeat, given) = self.repeat(module, block);
            let mut instances = self.instances(module, &repeat, place);
            if let Some(assumed) = given.map(Rc::new) {
                instances.iter_mut().for_each(|it| it.scope.assumed = Some(Rc::clone(&assumed)));
            }
            if let Repeat::Unknown { there: Some(there), .. } = &repeat {
                let there = Rc::new(there.clone());
                instances.iter_mut().for_each(|it| it.scope.stands = Some(Rc::clone(&there)));
            }
            let repeated = Rc::new(Repeated { repeat, instances });
            module.repeats.borrow_mut().insert(place, Rc::clone(&repeated));
            repeated
        })
    }

    /// The same, where nothing must be evaluated for it any more.
    pub(super) fn known_repeated(&self, module: &Rc<Module>, block: &Block) -> Option<Rc<Repeated>> {
        // Most stand once, and mean the same by all names.
        if !block.body.attributes.iter().any(|it| matches!(&*it.name.text, "count" | "for_each")) {
            let mut once = module.once.borrow_mut();
            let repeated = once.get_or_insert_with(|| {
                let instances = self.instances(module, &Repeat::One, block.head());
                Rc::new(Repeated { repeat: Repeat::One, instances })
            });
            return Some(Rc::clone(repeated));
        }
        module.repeats.borrow().get(&block.head()).map(Rc::clone)
    }

    /// How often a block stands, and the case in which it does, where that is one of those of a condition that is not
    /// known: `var.create ? 1 : 0`. Whether it is there is not what is asked; if it is, it is so.
    fn repeat(&self, module: &Rc<Module>, block: &Block) -> (Repeat, Option<Case>) {
        let scope = Scope::of(module);
        if let Some(count) = block.body.attribute("count") {
            let node = self.value(&count.value, &scope);
            return match number(&node) {
                Some(n) if n > INSTANCES as f64 => {
                    let hole = Arc::new(self.hole(HoleKind::Free, count.value.span, &scope, too_many(n)));
                    (Repeat::Unknown { count: true, hole, there: None, is_one: false }, None)
                }
                Some(n) if n >= 1.0 => (Repeat::Count(n as usize), None),
                Some(_) => (Repeat::Count(0), None),
                None => {
                    let hole = self.why_unknown(&node, count.value.span, &scope);
                    let given = only_case(&node, |it| number(it).is_none_or(|it| it >= 1.0));
                    let in_each_case = |test: &dyn Fn(f64) -> bool| match &node.value {
                        Value::OneOf(arms) => arms.iter().all(|arm| number(&arm.node).is_some_and(test)),
                        _ => false,
                    };
                    let (is_there, is_one) = (in_each_case(&|it| it >= 1.0), in_each_case(&|it| it < 2.0));
                    let words = || format!("`{}`{}", self.written(count.value.span), functions::ANY_NUMBER[1]);
                    let exactly = given.clone().filter(|_| in_each_case(&|_| true));
                    let there = (!is_there).then(|| exactly.unwrap_or_else(|| (words().into(), count.value.span)));
                    (Repeat::Unknown { count: true, hole, there, is_one }, given)
                }
            };
        }
        let Some(each) = block.body.attribute("for_each") else { return (Repeat::One, None) };
        let node = self.value(&each.value, &scope);
        let given = only_case(&node, |it| elements(it).is_none_or(|it| !it.is_empty()));
        let repeat = match self.each_of(&node, each.value.span, &scope) {
            Repeat::Unknown { count, hole, .. } => {
                Repeat::Unknown { count, hole, there: Some(self.has_element(&each.value)), is_one: false }
            }
            repeat => repeat,
        };
        (repeat, given)
    }

    pub(super) fn each_of(&self, node: &Node, span: Span, scope: &Scope) -> Repeat {
        let unknown = || {
            let hole = self.why_unknown(node, span, scope);
            Repeat::Unknown { count: false, hole, there: None, is_one: false }
        };
        // What is there in one case only keeps that beside its key.
        let always = |it: &Node| only_in(it).map_or_else(|| it.clone(), |(it, _)| it);
        match &node.value {
            Value::OneOf(arms) => {
                let mut of_arms = Vec::with_capacity(arms.len());
                for arm in arms.iter() {
                    match self.each_of(&node.inherit(&arm.node), span, scope) {
                        Repeat::Each(pairs) => of_arms.push((arm, pairs)),
                        _ => return unknown(),
                    }
                }
                let all = pairs_of(&of_arms);
                if all.is_empty() { unknown() } else { Repeat::Each(Rc::new(all)) }
            }
            // A set of texts: each is its own key.
            Value::List(nodes) => {
                let told = nodes.iter().take(INSTANCES).map(|it| node.inherit(it));
                let rest = self.rest(nodes.len(), span, scope);
                Repeat::Each(Rc::new(told.map(|it| (always(&it), it)).chain(rest).collect()))
            }
            Value::Object(object) => {
                let mut pairs: Vec<_> = object
                    .entries
                    .iter()
                    .take(INSTANCES)
                    .map(|it| (Node::new(Value::Text(it.key.clone()), it.key_span), node.inherit(&it.node)))
                    .collect();
                if let Some(hole) = &object.open {
                    let rest = Node::new(Value::Unknown(Arc::clone(hole)), span);
                    pairs.push((rest.clone(), rest));
                }
                pairs.extend(self.rest(object.entries.len(), span, scope));
                Repeat::Each(Rc::new(pairs))
            }
            _ => unknown(),
        }
    }

    /// The key and value of one that stands for all of so many which are not told apart.
    fn rest(&self, all: usize, span: Span, scope: &Scope) -> Option<(Node, Node)> {
        let rest = (all > INSTANCES).then(|| self.free(span, scope, too_many(all)))?;
        Some((rest.clone(), rest))
    }

    /// The instances of a block that stands so often.
    pub(super) fn instances(&self, module: &Rc<Module>, repeat: &Repeat, span: Span) -> SmallVec<[Instance; 1]> {
        let scope = Scope::of(module);
        match repeat {
            Repeat::One => smallvec![Instance { key: Arc::clone(&self.no_key), scope }],
            Repeat::Count(n) => (0..*n)
                .map(|n| Instance {
                    key: format!("[{n}]").into(),
                    scope: Scope { index: Some(Node::new(Value::Number(Number(n as f64)), span)), ..scope.clone() },
                })
                .collect(),
            Repeat::Each(pairs) => pairs
                .iter()
                .map(|(key, value)| {
                    let (value, case) = only_in(value).map_or((value.clone(), None), |(it, case)| (it, Some(case)));
                    let case = case.map(Rc::new);
                    Instance {
                        key: match text_of(key) {
                            Some(text) => format!("[\"{text}\"]").into(),
                            None => "".into(),
                        },
                        scope: Scope {
                            each: Some(Rc::new((key.clone(), value))),
                            assumed: case.clone(),
                            stands: case,
                            ..scope.clone()
                        },
                    }
                })
                .collect(),
            Repeat::Unknown { count: true, hole, .. } => {
                let hole =
                    Arc::new(Hole { kind: HoleKind::Opaque, reference: "count.index".into(), ..(**hole).clone() });
                let index = Node::new(Value::Text(Text::hole(hole)), span);
                smallvec![Instance { key: Arc::clone(&self.no_key), scope: Scope { index: Some(index), ..scope } }]
            }
            Repeat::Unknown { count: false, hole, .. } => {
                let part = |name: &str| {
                    let hole = Hole { reference: name.into(), ..(**hole).clone() };
                    Node::new(Value::Unknown(Arc::new(hole)), span)
                };
                let each = Some(Rc::new((part("each.key"), part("each.value"))));
                smallvec![Instance { key: Arc::clone(&self.no_key), scope: Scope { each, ..scope } }]
            }
        }
    }

    /// The blocks of a type in a body, dynamic ones written out; each with what names mean in it, and the case in which
    /// it is there when that is not certain.
    pub(in crate::frontend::terraform) fn blocks<'b>(
        &self,
        body: &'b Body,
        kind: &'b str,
        scope: &Scope,
    ) -> Vec<Standing<'b>> {
        let mut out: Vec<_> = body.blocks_named(kind).into_iter().map(|it| (it.into(), scope.clone(), None)).collect();
        for dynamic in body.blocks_named("dynamic") {
            if dynamic.labels.first().is_none_or(|it| &*it.text != kind) {
                continue;
            }
            let Some(each) = dynamic.body.attribute("for_each") else { continue };
            let iterator = match dynamic.body.attribute("iterator").map(|it| &it.value.kind) {
                Some(ExprKind::Variable(name)) => name.as_str(),
                _ => kind,
            };
            let Some(content) = dynamic.body.blocks_named("content").into_iter().next() else { continue };
            let content = Rc::new(Block { kind: dynamic.labels[0].clone(), ..content.into_owned() });
            let all = self.value(&each.value, scope);
            self.dynamic(&all, None, &each.value, scope, &mut |key, value, case| {
                let place = key.clone();
                let object = Object {
                    entries: [("key", key), ("value", value)]
                        .into_iter()
                        .map(|(name, node)| Entry {
                            key: Text::known(name, each.value.span),
                            key_span: each.value.span,
                            node,
                        })
                        .collect(),
                    open: None,
                };
                self.steps.set(self.steps.get().saturating_sub(1));
                let element = Node::new(Value::Object(Arc::new(object)), each.value.span);
                let inner = scope.with_element(iterator, element, place);
                out.push((Nested::Made(Rc::clone(&content)), inner, case));
            });
        }
        out
    }

    pub(super) fn dynamic(
        &self,
        node: &Node,
        case: Option<&Case>,
        expr: &Expr,
        scope: &Scope,
        make: &mut dyn FnMut(Node, Node, Option<Case>),
    ) {
        let mut left = INSTANCES;
        match &node.value {
            Value::OneOf(arms) => {
                for arm in arms.iter() {
                    self.dynamic(&node.inherit(&arm.node), Some(&within(case, arm)), expr, scope, make);
                }
            }
            Value::List(_) | Value::Object(_) => {
                for (key, value) in elements(node).into_iter().flatten() {
                    if left == 0 || self.steps.get() == 0 {
                        let rest = self.free(expr.span, scope, "there are more than iamlint tells apart");
                        return make(rest.clone(), rest, Some(self.has_element(expr)));
                    }
                    left -= 1;
                    match &value.value {
                        Value::OneOf(arms) => {
                            for arm in arms.iter() {
                                make(key.clone(), value.inherit(&arm.node), Some(within(case, arm)));
                            }
                        }
                        _ if is_many(&value) => make(key, value, Some(self.has_element(expr))),
                        _ => make(key, value, case.cloned()),
                    }
                }
                if let Some(hole) = open_of(node) {
                    let rest = Node::new(Value::Unknown(hole), expr.span);
                    make(rest.clone(), rest, Some(self.has_element(expr)));
                }
            }
            Value::Null => {}
            _ => {
                let rest = self.free(expr.span, scope, "what it goes through is not known");
                make(rest.clone(), rest, Some(self.has_element(expr)));
            }
        }
    }

    pub(super) fn has_element(&self, expr: &Expr) -> Case {
        (format!("`{}`{}", self.written(expr.span), functions::ANY_NUMBER[0]).into(), expr.span)
    }

    /// The instances of something as one value: a list by `count`, an object by `for_each`.
    pub(super) fn gathered(&self, repeat: &Repeat, nodes: Vec<Node>, span: Span) -> Node {
        match repeat {
            Repeat::One => nodes.into_iter().next().unwrap_or_else(|| Node::new(Value::Null, span)),
            Repeat::Count(_) => Node::list(nodes, span),
            Repeat::Each(pairs) => {
                let mut object = Object::default();
                for ((key, value), node) in pairs.iter().zip(nodes) {
                    let node = match only_in(value) {
                        Some((_, (when, at))) => functions::in_case(&when, at, node),
                        None => node,
                    };
                    match text_of(key) {
                        Some(text) => object.entries.push(Entry { key: text, key_span: key.span, node }),
                        None => {
                            if let Value::Unknown(hole) = &key.value {
                                object.open = Some(Arc::clone(hole));
                            }
                        }
                    }
                }
                Node::new(Value::Object(Arc::new(object)), span)
            }
            Repeat::Unknown { hole, count, there, is_one } => {
                if *count {
                    let in_case = |node: Node| match there {
                        Some((when, at)) => functions::in_case(when, *at, node),
                        None => node,
                    };
                    let more = Node::new(Value::Unknown(Arc::clone(hole)), span).as_element(true);
                    let more = Some(more).filter(|_| !is_one);
                    Node::list(nodes.into_iter().map(in_case).chain(more).collect(), span)
                } else {
                    Node::new(Value::Unknown(Arc::clone(hole)), span)
                }
            }
        }
    }
}

/// The case in which an arm holds within another case.
fn within(case: Option<&Case>, arm: &Arm) -> Case {
    match case {
        Some((outer, at)) => (functions::both(outer, &arm.when), *at),
        None => (Arc::clone(&arm.when), arm.at),
    }
}
