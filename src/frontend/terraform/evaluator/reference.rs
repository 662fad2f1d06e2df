//! References: names of loops, locals, variables, and resources with their attributes, each evaluated once.

use std::rc::Rc;
use std::sync::Arc;

use compact_str::CompactString;
use rustc_hash::FxHashSet;

use super::calls::call_name;
use super::known::number;
use super::repeat::{Instance, Repeat, Repeated};
use super::steps::reach_of_splat;
use super::{Arguments, Case, DEEP, Doubt, Evaluator, Failure, Key, Memo, Module, Outcome, Scope, secret};
use crate::frontend::terraform::attributes;
use crate::frontend::terraform::folder::BlockId;
use crate::frontend::terraform::types;
use crate::source::Span;
use crate::syntax::hcl::{self, Accessor, Block, Expr, ExprKind};
use crate::value::{Entry, Hole, HoleKind, Node, Object, Text, Value};

impl Evaluator<'_> {
    /// A reference and the steps behind it.
    pub(super) fn access(&self, accessors: &[Accessor], root: &str, expr: &Expr, at: Span, scope: &Scope) -> Outcome {
        let span = expr.span;
        if let Some(node) = scope.name(root) {
            return self.steps_into(node.clone(), accessors, span, scope);
        }
        let name = |n: usize| match accessors.get(n) {
            Some(Accessor::Attribute(name)) => Ok(&*name.text),
            Some(Accessor::Index(Expr { kind: ExprKind::Text(text), .. })) => Ok(text.raw()),
            _ => Err(Failure { span, message: format!("`{root}` stands alone").into() }),
        };
        // The reference itself, up to its name: what an equal reference is recognised by.
        let upto = |n: usize| Span { end: accessors.get(n).map_or(at.end, |it| end_of(it, span)), ..at };
        match root {
            "var" => {
                let node = self.variable(name(0)?, upto(0), scope)?;
                self.steps_into(node, &accessors[1..], span, scope)
            }
            "local" => {
                let node = self.local(name(0)?, upto(0), scope)?;
                self.steps_into(node, &accessors[1..], span, scope)
            }
            "each" => {
                let node = match (&scope.each, name(0)?) {
                    (Some(each), "key") => each.0.clone(),
                    (Some(each), "value") => each.1.clone(),
                    _ => return Err(Failure { span, message: "there is no `each` here".into() }),
                };
                self.steps_into(node, &accessors[1..], span, scope)
            }
            "count" => scope.index.clone().ok_or_else(|| Failure { span, message: "there is no `count` here".into() }),
            "path" => Ok(match name(0)? {
                "module" => Node::text(&scope.module.path, span),
                "root" => Node::text(".", span),
                "cwd" => self.opaque(span, scope, "it is where Terraform runs"),
                _ => return Err(Failure { span, message: "there is no such path".into() }),
            }),
            "terraform" | "tofu" => match name(0)? {
                "workspace" => Ok(self.opaque(span, scope, "the workspace is chosen when Terraform runs")),
                _ => Ok(self.free(span, scope, "it is known when Terraform runs")),
            },
            "self" => Ok(self.free(span, scope, "`self` is known when Terraform runs")),
            "module" => self.module_reference(accessors, span, scope),
            "data" | "resource" => self.resource(root, accessors, span, scope),
            "ephemeral" => Ok(self.free(span, scope, "an ephemeral value is known when Terraform runs")),
            _ if accessors.is_empty() => {
                // A bare word: a type, or an iterator of a block that is not expanded.
                Ok(self.free(span, scope, format!("`{root}` is not a value")))
            }
            _ => self.resource(root, accessors, span, scope),
        }
    }

    /// What a name stands for, evaluated once, and the words for the stop that each reference to it is.
    pub(super) fn remembered(
        &self,
        module: &Rc<Module>,
        key: Key,
        span: Span,
        words: impl FnOnce() -> String,
        evaluate: impl FnOnce() -> Outcome,
    ) -> Result<(Node, Arc<str>), Failure> {
        match self.memo(module).borrow().get(&key) {
            Some(Memo::Done(node, words)) => return Ok((node.clone(), Arc::clone(words))),
            Some(Memo::Failed(failure)) => return Err(failure.clone()),
            Some(Memo::Underway) => {
                let circle = Node::unknown(Hole {
                    kind: HoleKind::Free,
                    reference: self.written(span),
                    scope: Arc::clone(&module.address),
                    span,
                    why: "it refers to itself".into(),
                    many: false,
                });
                return Ok((circle, words().into()));
            }
            None => {}
        }
        let is_shared = matches!(key, Key::Local(_) | Key::Variable(_)) && self.revealing.get() == 0;
        let alike = module.alike.as_deref().filter(|_| is_shared);
        if let Some(known) = alike.and_then(|it| it.known.borrow().get(&key).cloned()) {
            let words: Arc<str> = words().into();
            self.memo(module).borrow_mut().insert(key, Memo::Done(known.clone(), Arc::clone(&words)));
            return Ok((known, words));
        }
        self.memo(module).borrow_mut().insert(key.clone(), Memo::Underway);
        // What a local or a variable is does not hang on who asks first.
        let (trying, within, rounds) = (self.trying.replace(0), self.within.replace(false), self.rounds.replace(1));
        let outcome = evaluate();
        self.trying.set(trying);
        self.within.set(within);
        self.rounds.set(rounds);
        let words: Arc<str> = words().into();
        if let (Some(alike), Ok(node)) = (alike, &outcome)
            && node.is_known()
        {
            alike.known.borrow_mut().insert(key.clone(), node.clone());
        }
        let memo = match &outcome {
            Ok(node) => Memo::Done(node.clone(), Arc::clone(&words)),
            Err(failure) => Memo::Failed(failure.clone()),
        };
        self.memo(module).borrow_mut().insert(key, memo);
        outcome.map(|node| (node, words))
    }

    pub(super) fn local(&self, name: &str, span: Span, scope: &Scope) -> Outcome {
        if self.depth.get() >= DEEP {
            self.chain(name, span, &scope.module);
        }
        let (node, words) = self.own_local(name, span, &scope.module)?;
        Ok(node.through(span, words))
    }

    fn own_local(&self, name: &str, span: Span, module: &Rc<Module>) -> Result<(Node, Arc<str>), Failure> {
        let key = Key::Local(name.into());
        let words = || format!("`local.{name}`");
        self.remembered(module, key, span, words, || {
            let Some((block, at)) = module.folder.local(name) else {
                return Err(Failure { span, message: format!("there is no local value `{name}`").into() });
            };
            let node = self.eval(&block.body.attributes[at].value, &Scope::of(module))?;
            Ok(called_by_its_name(node, name, &module.address))
        })
    }

    /// Evaluates the locals that a local refers to, and those that these refer to, the last ones first.
    fn chain(&self, name: &str, span: Span, module: &Rc<Module>) {
        let is_evaluated = |name: &str| self.memo(module).borrow().contains_key(&Key::Local(name.into()));
        let mut left = vec![(CompactString::from(name), span)];
        left.retain(|(name, _)| !is_evaluated(name));
        let mut seen = FxHashSet::default();
        while let Some((name, span)) = left.last().cloned() {
            let before = left.len();
            if seen.insert(name.clone())
                && let Some((block, at)) = module.folder.local(&name)
            {
                each_local(&block.body.attributes[at].value, &mut |name, span| {
                    if !is_evaluated(name) && !seen.contains(name) {
                        left.push((name.into(), span));
                    }
                });
            }
            if left.len() == before {
                left.pop();
                // What it is, or why it is nothing, is remembered.
                let _ = self.own_local(&name, span, module);
            }
        }
    }

    pub(super) fn variable(&self, name: &str, span: Span, scope: &Scope) -> Outcome {
        let module = &scope.module;
        let block = || module.folder.find("variable", name, "").and_then(|id| module.folder.block(id));
        let argument = || match &module.arguments {
            Arguments::Given(given) => given.contains_key(name),
            Arguments::Call { block, .. } => block.body.attribute(name).is_some(),
        };
        let words = || match (&module.arguments, argument()) {
            (Arguments::Call { .. }, true) => format!("{} argument `{name}`", call_name(&module.address)),
            (_, true) => format!("`var.{name}`"),
            (_, false) => format!("`var.{name}` (default)"),
        };
        let (node, words) = self.remembered(module, Key::Variable(name.into()), span, words, || {
            let Some(block) = block() else {
                return Err(Failure { span, message: format!("there is no variable `{name}`").into() });
            };
            let given = match (module.supposed.get(name), &module.arguments) {
                (Some(supposed), _) => Some(supposed.clone()),
                (None, Arguments::Given(given)) => given.get(name).cloned(),
                (None, Arguments::Call { scope, block, .. }) => {
                    block.body.attribute(name).map(|it| self.value(&it.value, scope))
                }
            };
            let default = || block.body.attribute("default").map(|it| self.value(&it.value, &Scope::of(module)));
            let node = match given {
                Some(node) if says(&block, "nullable", false) => {
                    Some(types::or_default(&node, &|| default().unwrap_or_else(|| node.clone())))
                }
                given => given.or_else(default),
            };
            let of = block.body.attribute("type").map(|it| &it.value);
            let Some(node) = node else {
                let kind = if of.is_some_and(types::is_plain) { HoleKind::Opaque } else { HoleKind::Free };
                return Ok(Node::unknown(self.hole(kind, span, scope, "the variable has no default")));
            };
            let Some(of) = of else { return Ok(node) };
            types::convert(node, of, &|expr| self.value(expr, &Scope::of(module))).map_err(|why| Failure {
                span,
                message: format!("its value is not of the type of `var.{name}`: {why}").into(),
            })
        })?;
        let is_secret = |it: &Block| says(it, "sensitive", true) || says(it, "ephemeral", true);
        let may_be = self.revealing.get() == 0 && module.folder.may_be_secret("variable", name);
        if let Some(block) = may_be.then(block).flatten().filter(|it| is_secret(it)) {
            let of = block.body.attribute("type").map(|it| it.value.span);
            return Ok(self.masked(&node, span, scope, secret::VARIABLE, of));
        }
        Ok(match &node.value {
            // What is not known was written nowhere else.
            Value::Unknown(hole) if self.says(span, &hole.reference) => {
                Node::unknown(Hole { span, ..(**hole).clone() })
            }
            Value::Unknown(_) => node,
            _ => node.through(span, words),
        })
    }

    /// A resource or data source, and the steps behind it.
    pub(super) fn resource(&self, root: &str, accessors: &[Accessor], span: Span, scope: &Scope) -> Outcome {
        let prefixed = matches!(root, "data" | "resource");
        let name = |n: usize| match accessors.get(n) {
            Some(Accessor::Attribute(name)) => Ok(&*name.text),
            _ => Err(Failure { span, message: "it names no resource".into() }),
        };
        let mode = if root == "data" { "data" } else { "resource" };
        let (kind, name, rest): (&str, &str, &[Accessor]) = match prefixed {
            true => (name(0)?, name(1)?, &accessors[2..]),
            false => (root, name(0)?, &accessors[1..]),
        };
        let module = &scope.module;
        let Some(id) = module.folder.find(mode, kind, name) else {
            // A file that could not be read may declare it.
            return Ok(self.free(span, scope, format!("there is no {mode} `{kind}.{name}`")));
        };
        let Some(block) = module.folder.block(id) else {
            return Ok(self.free(span, scope, format!("`{kind}.{name}` could not be read")));
        };
        let repeated = match self.known_repeated(module, &block) {
            Some(repeated) => repeated,
            None => {
                let key = Key::Repeat(id);
                if self.memo(module).borrow().contains_key(&key) {
                    return Ok(self.free(span, scope, "it refers to itself"));
                }
                self.memo(module).borrow_mut().insert(key.clone(), Memo::Underway);
                let repeated = self.repeated(module, &block);
                self.memo(module).borrow_mut().remove(&key);
                repeated
            }
        };
        let one = |instance: &Instance, rest: &[Accessor]| match rest.split_first() {
            Some((Accessor::Attribute(name), rest)) => {
                let node = self.attribute(id, &block, instance, &name.text, span)?;
                self.steps_into(node, rest, span, scope)
            }
            _ => self.steps_into(self.whole(id, &block, instance, span), rest, span, scope),
        };
        let instances = &repeated.instances;
        match (&repeated.repeat, rest.first()) {
            (Repeat::One, Some(Accessor::Index(_) | Accessor::FullSplat(_) | Accessor::AttributeSplat(_))) => {
                // `aws_x.y[*].arn` of one is a list of one; an index is a slip that Terraform reports.
                match rest.split_first() {
                    Some((Accessor::Index(_), rest)) => one(&instances[0], rest),
                    Some(_) => {
                        let (within, behind) = reach_of_splat(rest);
                        self.steps_into(Node::list(vec![one(&instances[0], within)?], span), behind, span, scope)
                    }
                    None => one(&instances[0], rest),
                }
            }
            (Repeat::One, _) => one(&instances[0], rest),
            (Repeat::Unknown { .. }, Some(Accessor::Index(key))) => {
                self.try_instance(&repeated, &instances[0], key, scope)?;
                one(&instances[0], &rest[1..])
            }
            (_, Some(Accessor::Index(key))) => {
                let at = key;
                let key = self.eval(key, scope)?;
                match repeated.at(&key).and_then(|at| instances.get(at)) {
                    Some(instance) => {
                        self.try_instance(&repeated, instance, at, scope)?;
                        one(instance, &rest[1..])
                    }
                    None if key.is_known() => Err(Failure { span, message: "there is no such instance".into() }),
                    None => match instances.as_slice() {
                        [instance] => {
                            self.doubt(Doubt::Somehow, scope);
                            one(instance, &rest[1..])
                        }
                        _ => Ok(self.free(span, scope, "which instance it is, is not known")),
                    },
                }
            }
            (_, Some(Accessor::FullSplat(_) | Accessor::AttributeSplat(_))) => {
                let (within, behind) = reach_of_splat(rest);
                let nodes = instances.iter().map(|it| Ok(repeated.as_element(it, one(it, within)?)));
                let list = Node::list(nodes.collect::<Result<_, Failure>>()?, span);
                self.steps_into(list, behind, span, scope)
            }
            (repeat, _) => {
                // A reference within a `for_each` is evaluated once for each instance, and says the same each time.
                let key = Key::Whole(id, span);
                let known = match self.memo(module).borrow().get(&key) {
                    Some(Memo::Done(node, _)) => Some(node.clone()),
                    _ => None,
                };
                let all = known.unwrap_or_else(|| {
                    let all = instances.iter().map(|it| self.whole(id, &block, it, span)).collect();
                    let all = self.gathered(repeat, all, span);
                    self.memo(module).borrow_mut().insert(key, Memo::Done(all.clone(), Arc::clone(&self.no_key)));
                    all
                });
                self.steps_into(all, rest, span, scope)
            }
        }
    }

    /// An instance that is asked for by its key may not be there, which matters where somebody tries.
    pub(super) fn try_instance(
        &self,
        repeated: &Repeated,
        instance: &Instance,
        key: &Expr,
        scope: &Scope,
    ) -> Result<(), Failure> {
        if self.trying.get() == 0 {
            return Ok(());
        }
        let at = self.eval(key, scope)?;
        let is_first = || number(&at) == Some(0.0);
        let premises: Vec<_> = scope.premises().collect();
        let holds = |case: &Case| self.holds(&case.0, case.1, &premises);
        match (&repeated.repeat, &instance.scope.stands) {
            (Repeat::One | Repeat::Count(_), _) | (Repeat::Each(_), None) => {}
            (Repeat::Unknown { count: true, .. }, None) if is_first() => {}
            (Repeat::Unknown { .. }, Some(case)) if holds(case) == Some(false) => {
                return Err(Failure { span: key.span, message: "there is no such instance".into() });
            }
            // The one that goes with the block that asks.
            (Repeat::Unknown { .. }, Some(case)) if holds(case) == Some(true) && !at.is_known() => {}
            (Repeat::Each(_), Some(case)) => self.doubt(Doubt::Unless((**case).clone()), scope),
            (Repeat::Unknown { count: true, .. }, Some(case)) if is_first() => {
                self.doubt(Doubt::Unless((**case).clone()), scope);
            }
            (Repeat::Unknown { .. }, _) => self.doubt(Doubt::Somehow, scope),
        }
        Ok(())
    }

    /// One attribute of a resource: as it is written, or as the provider is known to compute it. What it computes stands
    /// at the reference itself, so each reference has its own.
    pub(super) fn attribute(&self, id: BlockId, block: &Block, instance: &Instance, name: &str, span: Span) -> Outcome {
        self.attribute_as(id, block, instance, name, span, || self.written(span))
    }

    /// The same, asked for in the words of `written`.
    pub(super) fn attribute_as(
        &self,
        id: BlockId,
        block: &Block,
        instance: &Instance,
        name: &str,
        span: Span,
        written: impl FnOnce() -> Arc<str>,
    ) -> Outcome {
        let module = &instance.scope.module;
        let [kind, own] = labels(block);
        let is_data = &*block.kind.text == "data";
        let key = || Key::Attribute(id, Arc::clone(&instance.key), name.into());
        if is_data && kind == "aws_iam_policy_document" && matches!(name, "json" | "minified_json") {
            let words = || format!("`data.aws_iam_policy_document.{own}{}`", instance.key);
            let document = || Ok(self.document(id, block, instance, span));
            let (node, words) = self.remembered(module, key(), span, words, document)?;
            return Ok(Node { span, ..node }.through(span, words));
        }
        // What it is given is what it gives out.
        // <https://developer.hashicorp.com/terraform/language/resources/terraform-data#output>
        let given = if (kind, name) == ("terraform_data", "output") { "input" } else { name };
        if let Some(attribute) = written_attribute(block, kind, given) {
            if changes_elsewhere(block, name) {
                return Ok(self.opaque(span, &instance.scope, "`ignore_changes` lets it be changed elsewhere"));
            }
            let words = || ["`", if is_data { "data." } else { "" }, kind, ".", own, ".", name, "`"].concat();
            let value = || Ok(self.value(&attribute.value, &instance.scope));
            let (node, words) = self.remembered(module, key(), span, words, value)?;
            // Not given, so the provider chooses it.
            if !(node.is_null() && attributes::COMMON.contains(&name)) {
                return Ok(if matches!(node.value, Value::Unknown(_)) { node } else { node.through(span, words) });
            }
        }
        Ok(attributes::computed(self, block, instance, name, span, &written()))
    }

    /// An attribute of a resource by its block, for whoever goes through blocks rather than references.
    pub(in crate::frontend::terraform) fn attribute_of_resource(
        &self,
        id: BlockId,
        block: &Block,
        instance: &Instance,
        name: &str,
    ) -> Node {
        let span = block.head();
        let [kind, own] = labels(block);
        let written = || format!("{kind}.{own}{}.{name}", instance.key).into();
        let outcome = self.attribute_as(id, block, instance, name, span, written);
        outcome.unwrap_or_else(|failure| self.free(span, &instance.scope, failure.message))
    }

    /// A resource as one object: what is written in it and what is commonly asked of it.
    pub(super) fn whole(&self, id: BlockId, block: &Block, instance: &Instance, span: Span) -> Node {
        let mut object = Object::default();
        let mut names: Vec<&str> = block.body.attributes.iter().map(|it| &*it.name.text).collect();
        for name in attributes::COMMON {
            if !names.contains(name) {
                names.push(name);
            }
        }
        if &*block.kind.text == "data" && labels(block)[0] == "aws_iam_policy_document" {
            names.push("json");
        }
        for name in names {
            if let Ok(node) = self.attribute(id, block, instance, name, span) {
                object.entries.push(Entry { key: Text::known(name, span), key_span: span, node });
            }
        }
        let scope = &instance.scope;
        object.open = Some(Arc::new(self.hole(HoleKind::Opaque, span, scope, "the provider computes it")));
        Node::new(Value::Object(Arc::new(object)), span)
    }
}

/// Calls `visit` with every local that an expression refers to, and the reference.
fn each_local(expr: &Expr, visit: &mut dyn FnMut(&str, Span)) {
    if let ExprKind::Access(it) = &expr.kind
        && let (ExprKind::Variable(root), Some(Accessor::Attribute(name))) = (&it.base.kind, it.accessors.first())
        && &**root == "local"
    {
        visit(&name.text, it.base.span.to(name.span));
    }
    expr.each_child(&mut |it| each_local(it, visit));
}

/// Whether an argument of a block is this very word.
pub(super) fn says(block: &Block, name: &str, value: bool) -> bool {
    block.body.attribute(name).is_some_and(|it| match &it.value.kind {
        ExprKind::Bool(it) => *it == value,
        ExprKind::Text(it) => it.as_known() == Some(if value { "true" } else { "false" }),
        _ => false,
    })
}

/// The two labels of a resource or data source.
pub(in crate::frontend::terraform) fn labels(block: &Block) -> [&str; 2] {
    [0, 1].map(|n| block.labels.get(n).map(|it| &*it.text).unwrap_or_default())
}

/// The attribute as it is written, unless the provider computes it all the same.
pub(super) fn written_attribute<'b>(block: &'b Block, kind: &str, name: &str) -> Option<&'b hcl::Attribute> {
    block.body.attribute(name).filter(|_| !attributes::is_computed_over(kind, name))
}

/// Whether Terraform leaves an attribute as others have set it, so that what is written says nothing of what it is.
/// <https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#ignore_changes>
pub(super) fn changes_elsewhere(block: &Block, name: &str) -> bool {
    let is_it = |expr: &Expr| match &expr.kind {
        ExprKind::Variable(it) => &**it == name,
        ExprKind::Text(it) => it.as_known() == Some(name),
        _ => false,
    };
    block.body.blocks_named("lifecycle").iter().any(|it| {
        it.body.attribute("ignore_changes").is_some_and(|it| match &it.value.kind {
            ExprKind::List(names) => names.iter().any(is_it),
            ExprKind::Variable(all) => &**all == "all",
            _ => false,
        })
    })
}

pub(super) fn end_of(accessor: &Accessor, whole: Span) -> u32 {
    match accessor {
        Accessor::Attribute(name) => name.span.end,
        Accessor::Index(expr) => expr.span.end,
        Accessor::FullSplat(span) | Accessor::AttributeSplat(span) => span.end,
    }
    .min(whole.end)
}

/// A local that is nothing but the unknown result of an expression, under its own name, by which a reader knows it. What
/// refers to a thing of AWS keeps that in its name, since it says what it is.
fn called_by_its_name(mut node: Node, name: &str, module: &str) -> Node {
    let is_expression = |hole: &Hole| {
        let written = &*hole.reference;
        written.contains(['(', '…', '?']) && &*hole.scope == module && !written.contains("aws_")
    };
    let name = || format!("local.{name}");
    match &mut node.value {
        Value::Unknown(hole) if is_expression(hole) => {
            *hole = Arc::new(Hole { reference: name().into(), ..(**hole).clone() });
        }
        Value::Text(text) if text.is_hole() && !text.has_choices() && text.holes().all(|(_, it)| is_expression(it)) => {
            *text = text.applied(str::to_owned, |_| name());
        }
        _ => {}
    }
    node
}
