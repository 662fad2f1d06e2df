//! Terraform's expressions on partly known values: lazily, one reference at a time, each evaluated once.
//! What cannot be known is a hole where it stands; what Terraform would refuse is a [`Failure`], which `try` catches
//! and which is a hole to everybody else. Nothing is ever run or fetched.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::folder::{BlockId, Folder};
use super::functions::{self, Host};
use crate::frontend::ReplacedStatement;
use crate::source::{Source, Span, Workspace, normal};
use crate::syntax::hcl::{self, Accessor, BinaryOp, Block, Body, Call, Expr, ExprKind, For, Part, UnaryOp};
use crate::syntax::json;
use crate::value::{Arm, Entry, Hole, HoleKind, Node, Number, Object, Origin, Text, Value};

/// What evaluation may cost before it gives up, for one root module.
const STEPS: u64 = 20_000_000;
/// Bytes of text and elements of lists that functions may make.
const BYTES: u64 = 128 << 20;
/// How deep references and expressions may nest.
const DEPTH: u32 = 300;
/// How many elements one value may hold, counting shared parts each time: what a walk over it costs.
const WEIGHT: usize = 200_000;
/// How many instances one resource or module may have before the rest is left out.
const INSTANCES: usize = 2_000;

/// Terraform would stop here, and why.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// Where.
    pub span: Span,
    /// What Terraform would say, in our words.
    pub message: Arc<str>,
}

/// The outcome of an expression.
pub(super) type Outcome = Result<Node, Failure>;

/// One module as it is called: a folder, its arguments, its address.
#[derive(Debug)]
pub(super) struct Module {
    /// Its files.
    pub folder: Arc<Folder>,
    /// `module.app["a"]`; empty for the root.
    pub address: Arc<str>,
    /// Its folder relative to the root's, as `path.module` gives it.
    pub path: String,
    /// The arguments of the call, not yet evaluated ones included.
    pub arguments: Arguments,
    /// The call, for whoever must point at it.
    pub call: Option<Span>,
    depth: u32,
    memo: RefCell<FxHashMap<Key, Memo>>,
    calls: RefCell<FxHashMap<Arc<str>, Rc<Calls>>>,
    /// How often each block stands, by its place.
    repeats: RefCell<FxHashMap<Span, Rc<Repeated>>>,
}

/// Where a module's variables come from.
#[derive(Debug)]
pub(super) enum Arguments {
    /// The files and options of a run.
    Given(FxHashMap<Arc<str>, Node>),
    /// A call's attributes, evaluated in the caller.
    Call {
        /// The calling module.
        caller: Rc<Module>,
        /// The scope of the call's instance.
        scope: Box<Scope>,
        /// The block.
        block: Arc<Block>,
    },
}

/// The instances of one module call.
#[derive(Debug)]
pub(super) struct Calls {
    /// How many there are, and how they are told apart.
    pub repeated: Rc<Repeated>,
    /// One module an instance; none when its folder is not there.
    pub modules: Vec<Rc<Module>>,
    /// Why there are none.
    pub missing: Option<Arc<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Local(Arc<str>),
    Variable(Arc<str>),
    Output(Arc<str>),
    /// A block's instance and attribute; `""` for all of it.
    Attribute(BlockId, Arc<str>, Arc<str>),
    /// All instances of a block as a reference sees them, which stands at the reference.
    Whole(BlockId, Span),
    Repeat(BlockId),
}

#[derive(Clone, Debug)]
enum Memo {
    /// Being evaluated: whoever asks now asks in a circle.
    Underway,
    /// The value, and the words for the stop that a reference to it is.
    Done(Node, Arc<str>),
    Failed(Failure),
}

/// What names mean where an expression stands.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// The module.
    pub module: Rc<Module>,
    /// `each.key` and `each.value`.
    pub each: Option<Rc<(Node, Node)>>,
    /// `count.index`.
    pub index: Option<Node>,
    /// The case in which the block is there at all.
    assumed: Option<Rc<Case>>,
    names: Option<Rc<Binding>>,
}

#[derive(Debug)]
struct Binding {
    name: Arc<str>,
    node: Node,
    outer: Option<Rc<Binding>>,
}

impl Scope {
    /// The top of a module.
    pub(super) fn of(module: &Rc<Module>) -> Self {
        Self { module: Rc::clone(module), each: None, index: None, assumed: None, names: None }
    }

    /// With one more name: of a `for`, or of a dynamic block.
    #[must_use]
    pub(super) fn with(&self, name: &Arc<str>, node: Node) -> Self {
        let outer = self.names.clone();
        Self { names: Some(Rc::new(Binding { name: Arc::clone(name), node, outer })), ..self.clone() }
    }

    fn name(&self, name: &str) -> Option<&Node> {
        std::iter::successors(self.names.as_deref(), |it| it.outer.as_deref())
            .find(|it| &*it.name == name)
            .map(|it| &it.node)
    }
}

/// A case in which something stands, and where that is decided.
pub(super) type Case = (Arc<str>, Span);

/// A nested block: what names mean in it, and the case in which it is there when that is not certain.
pub(super) type Standing<'b> = (Nested<'b>, Scope, Option<Case>);

/// A nested block as it is written, or as it is made of others: each element of a `dynamic` one has the same content.
#[derive(Clone, Debug)]
pub(super) enum Nested<'b> {
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
pub(super) enum Repeat {
    /// Neither `count` nor `for_each`.
    One,
    /// `count` of so many.
    Count(usize),
    /// `for_each`, by key.
    Each(Rc<Vec<(Node, Node)>>),
    /// `count` or `for_each` of an unknown number: one stands for all.
    Unknown {
        /// `count` rather than `for_each`.
        count: bool,
        /// Why it is not known.
        hole: Arc<Hole>,
        /// The case in which it stands, where that is one of those of a condition that is not known.
        given: Option<Case>,
    },
}

/// How often a block stands, with its instances.
#[derive(Debug)]
pub(super) struct Repeated {
    /// How often, and how they are told apart.
    pub repeat: Repeat,
    /// One for each time.
    pub instances: Vec<Instance>,
}

impl Repeated {
    /// The instance that a key in brackets names, when that can be told.
    fn at(&self, key: &Node) -> Option<usize> {
        let at = match &self.repeat {
            Repeat::Count(_) => number(key).map(|it| it as usize),
            Repeat::Each(pairs) => {
                text_of(key).and_then(|key| pairs.iter().position(|(name, _)| text_of(name).as_ref() == Some(&key)))
            }
            Repeat::One | Repeat::Unknown { .. } => None,
        };
        at.filter(|at| *at < self.instances.len())
    }
}

/// One instance of a block: its key as an address writes it, and what names mean in it.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    /// `["a"]`, `[0]`, or nothing.
    pub key: Arc<str>,
    /// What names mean in it.
    pub scope: Scope,
}

/// Evaluates one root module and the modules it calls.
pub(super) struct Evaluator<'w> {
    /// The files.
    pub workspace: &'w Workspace,
    /// The root module's folder.
    pub root: PathBuf,
    folders: &'w dyn Fn(&Path) -> Option<Arc<Folder>>,
    steps: Cell<u64>,
    bytes: Cell<u64>,
    depth: Cell<u32>,
    /// How many `try` and `can` are being evaluated: within them what fails must be seen to fail.
    trying: Cell<u32>,
    /// Data documents that something has used, so that they are judged there.
    pub used: RefCell<FxHashMap<(Arc<str>, BlockId), ()>>,
    /// The address of each data document by the place of its block.
    pub documents: RefCell<FxHashMap<Span, Arc<str>>>,
    /// Statements that took the place of others when documents were merged.
    pub replaced: RefCell<Vec<ReplacedStatement>>,
    /// What users should know of the evaluation itself.
    pub notes: RefCell<Vec<(Span, Arc<str>)>>,
    /// The folders of which there is an instance.
    pub(super) standing: RefCell<FxHashSet<PathBuf>>,
    installed: std::cell::OnceCell<FxHashMap<String, PathBuf>>,
    /// The key of what stands once.
    no_key: Arc<str>,
    /// Whether what is being evaluated is a part of a list or object that is written out, which is weighed as a whole.
    within: Cell<bool>,
}

impl<'w> Evaluator<'w> {
    /// An evaluator of the root module in a folder; `folders` gives folders by path, shared between roots.
    pub(super) fn new(
        workspace: &'w Workspace,
        root: PathBuf,
        folders: &'w dyn Fn(&Path) -> Option<Arc<Folder>>,
    ) -> Self {
        Self {
            workspace,
            root,
            folders,
            steps: Cell::new(STEPS),
            bytes: Cell::new(BYTES),
            depth: Cell::new(0),
            trying: Cell::new(0),
            used: RefCell::default(),
            documents: RefCell::default(),
            replaced: RefCell::default(),
            notes: RefCell::default(),
            standing: RefCell::default(),
            installed: std::cell::OnceCell::new(),
            no_key: "".into(),
            within: Cell::new(false),
        }
    }

    /// The root module over a folder.
    pub(super) fn root_module(&self, folder: Arc<Folder>, given: FxHashMap<Arc<str>, Node>) -> Rc<Module> {
        Rc::new(Module {
            folder,
            address: "".into(),
            path: ".".to_owned(),
            arguments: Arguments::Given(given),
            call: None,
            depth: 0,
            memo: RefCell::default(),
            calls: RefCell::default(),
            repeats: RefCell::default(),
        })
    }

    /// Lets go of what a root and its calls remember: they hold each other, so nothing else would free them.
    pub(super) fn release(root: &Rc<Module>) {
        let mut left = vec![Rc::clone(root)];
        while let Some(module) = left.pop() {
            module.memo.borrow_mut().clear();
            module.repeats.borrow_mut().clear();
            for (_, calls) in module.calls.borrow_mut().drain() {
                left.extend(calls.modules.iter().map(Rc::clone));
            }
        }
    }

    /// The value of an expression; what Terraform would refuse is a hole that says so.
    pub(super) fn value(&self, expr: &Expr, scope: &Scope) -> Node {
        self.eval(expr, scope).unwrap_or_else(|failure| self.failed(expr, scope, &failure))
    }

    fn failed(&self, expr: &Expr, scope: &Scope, failure: &Failure) -> Node {
        // The expression is what the hole stands for; the failure says where in it.
        let hole = self.hole(HoleKind::Free, expr.span, scope, Arc::clone(&failure.message));
        Node { span: expr.span, ..Node::unknown(Hole { span: failure.span, ..hole }) }
    }

    /// A part of a larger value: what fails in it is a hole of its own and leaves the rest, unless a `try` waits for it.
    fn part(&self, expr: &Expr, scope: &Scope) -> Outcome {
        if self.trying.get() > 0 { self.eval(expr, scope) } else { Ok(self.value(expr, scope)) }
    }

    /// A free hole in place of what is written at a span.
    pub(super) fn free(&self, span: Span, scope: &Scope, why: impl Into<Arc<str>>) -> Node {
        Node::unknown(self.hole(HoleKind::Free, span, scope, why))
    }

    fn hole(&self, kind: HoleKind, span: Span, scope: &Scope, why: impl Into<Arc<str>>) -> Hole {
        Hole { kind, reference: self.written(span), scope: self.meaning(span, scope), span, why: why.into() }
    }

    /// Where names mean what they mean in what is written at a span: the module, and the values of those names in it
    /// that a loop or the repetition of a block gives others each time.
    fn meaning(&self, span: Span, scope: &Scope) -> Arc<str> {
        let address = &scope.module.address;
        if scope.names.is_none() && scope.each.is_none() && scope.index.is_none() {
            return Arc::clone(address);
        }
        let source = self.workspace.source(span.file);
        let text = source.slice(span);
        let is_word = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || matches!(it, '_' | '-' | '.'));
        let mentions = |name: &str| {
            text.match_indices(name).any(|(at, _)| {
                let behind = text[at + name.len()..].chars().next().filter(|it| *it != '.');
                !is_word(text[..at].chars().next_back()) && !is_word(behind)
            })
        };
        let names = std::iter::successors(scope.names.as_deref(), |it| it.outer.as_deref());
        let names = names.map(|it| (&*it.name, &it.node));
        let each = scope.each.as_deref().map(|(key, _)| ("each", key));
        let index = scope.index.as_ref().map(|it| ("count", it));
        let mut meaning = String::new();
        for (name, node) in names.chain(each).chain(index).filter(|(name, _)| mentions(name)) {
            let value = match text_of(node) {
                Some(text) => text.to_string(),
                None => {
                    let mut hasher = FxHasher::default();
                    format!("{:?}", node.value).hash(&mut hasher);
                    format!("{:x}", hasher.finish())
                }
            };
            meaning.push_str(&format!("; {name} = {value}"));
        }
        if meaning.is_empty() { Arc::clone(address) } else { format!("{address}{meaning}").into() }
    }

    /// What is written at a span, on one line and not too long, without what is marked as sensitive in it.
    pub(super) fn written(&self, span: Span) -> Arc<str> {
        const MARK: &str = "sensitive(";
        let source = self.workspace.source(span.file);
        let text = source.slice(span);
        if let Some((before, _)) = text.split_once(MARK).filter(|(before, _)| !before.ends_with("non")) {
            return format!("{}{MARK}…)", before.split_whitespace().collect::<Vec<_>>().join(" ")).into();
        }
        // Most stand on one line, with single blanks between their words.
        let mut before = b' ';
        let is_plain = |it: u8| {
            let after_blank = std::mem::replace(&mut before, it) == b' ';
            it.is_ascii_graphic() || it == b' ' && !after_blank
        };
        if text.len() <= 80 && text.bytes().all(is_plain) && !text.ends_with(' ') {
            return text.into();
        }
        let mut out = String::with_capacity(text.len().min(80));
        for word in text.split_whitespace() {
            if out.len() + word.len() > 80 {
                out.push('…');
                break;
            }
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
        out.into()
    }

    /// The value of an expression, or why Terraform would refuse it.
    pub(super) fn eval(&self, expr: &Expr, scope: &Scope) -> Outcome {
        let (steps, depth) = (self.steps.get(), self.depth.get());
        if steps == 0 {
            return Ok(self.free(expr.span, scope, "the module is too large to be evaluated any further"));
        }
        if depth >= DEPTH {
            return Ok(self.free(expr.span, scope, "it is nested too deep to be evaluated"));
        }
        self.steps.set(steps - 1);
        self.depth.set(depth + 1);
        let out = self.expression(expr, scope);
        self.depth.set(depth);
        match (&scope.assumed, out) {
            (Some(assumed), Ok(node)) => Ok(self.in_assumed_case(node, assumed)),
            (_, out) => out,
        }
    }

    /// A value without the arms that cannot hold where the block that asks is there: `count` and the value may hang on
    /// one condition.
    fn in_assumed_case(&self, node: Node, assumed: &Case) -> Node {
        let Value::OneOf(arms) = &node.value else { return node };
        let folder = |span: Span| self.workspace.source(span.file).path.parent().map(Path::to_owned);
        let is_out = |arm: &Arm| excludes(&assumed.0, &arm.when) && folder(assumed.1) == folder(arm.at);
        let left: Vec<&Arm> = arms.iter().filter(|arm| !is_out(arm)).collect();
        match left[..] {
            _ if left.len() == arms.len() => node,
            // What is there in one case only keeps it; of the two arms of a condition one is what holds.
            [arm] if arms.len() > 1 => node.inherit(&arm.node),
            [] => node,
            _ => Node { value: Value::OneOf(left.into_iter().cloned().collect()), ..node },
        }
    }

    fn expression(&self, expr: &Expr, scope: &Scope) -> Outcome {
        let span = expr.span;
        let node = |value| Ok(Node::new(value, span));
        match &expr.kind {
            ExprKind::Null => node(Value::Null),
            ExprKind::Bool(it) => node(Value::Bool(*it)),
            ExprKind::Number(it) => node(Value::Number(*it)),
            ExprKind::Text(it) => node(Value::Text(it.clone())),
            ExprKind::Template(parts) => match parts.as_slice() {
                // `"${x}"` is `x` itself, of whatever type.
                [Part::Interpolation(inner)] => self.eval(inner, scope),
                parts => self.template(parts, span, scope),
            },
            ExprKind::List(items) => self.written_out(scope, || {
                let nodes = items.iter().map(|it| self.part(it, scope)).collect::<Result<Vec<_>, _>>()?;
                Ok(Node::list(nodes, span))
            }),
            ExprKind::Object(items) => self.written_out(scope, || {
                let mut object = Object { entries: Vec::with_capacity(items.len()), open: None };
                for item in items {
                    let key = self.part(&item.key, scope)?;
                    let node = self.part(&item.value, scope)?;
                    match text_of(&key) {
                        Some(text) => object.entries.push(Entry { key: text, key_span: item.key.span, node }),
                        None => object.open = Some(self.why_unknown(&key, item.key.span, scope)),
                    }
                }
                Ok(Node::new(Value::Object(Arc::new(object)), span))
            }),
            ExprKind::Variable(name) => self.access(&[], name, expr, span, scope),
            ExprKind::Access(base, accessors) => match &base.kind {
                ExprKind::Variable(name) => self.access(accessors, name, expr, base.span, scope),
                _ => {
                    let base = self.eval(base, scope)?;
                    self.steps_into(base, accessors, span, scope)
                }
            },
            ExprKind::Call(call) => self.call(call, span, scope),
            ExprKind::Conditional(arms) => self.conditional(arms, scope),
            ExprKind::Unary(op, inner) => {
                let inner = self.eval(inner, scope)?;
                self.distribute(&[inner], span, scope, &|nodes| Ok(self.unary(*op, &nodes[0], span, scope)))
            }
            ExprKind::Binary(op, sides) => self.binary(*op, sides, span, scope),
            ExprKind::For(it) => self.for_expression(it, span, scope),
            ExprKind::Paren(inner) => self.eval(inner, scope),
        }
    }

    /// A list or object as it is written out, weighed where it is no part of another one.
    fn written_out(&self, scope: &Scope, evaluate: impl FnOnce() -> Outcome) -> Outcome {
        let within = self.within.replace(true);
        let outcome = evaluate();
        self.within.set(within);
        if within { outcome } else { outcome.map(|node| self.weighed(node, scope)) }
    }

    /// A value, or a hole when walking over it would cost too much.
    fn weighed(&self, node: Node, scope: &Scope) -> Node {
        let mut left = WEIGHT;
        if weigh(&node, &mut left) {
            node
        } else {
            self.free(node.span, scope, "the value is too large to be evaluated")
        }
    }

    fn why_unknown(&self, node: &Node, span: Span, scope: &Scope) -> Arc<Hole> {
        match &node.value {
            Value::Unknown(hole) => Arc::clone(hole),
            _ => Arc::new(self.hole(HoleKind::Free, span, scope, "it depends on a value that is not known")),
        }
    }

    /// Text of parts; nothing but text may be spliced into text.
    fn template(&self, parts: &[Part], span: Span, scope: &Scope) -> Outcome {
        let mut out = Text::default();
        self.template_into(parts, scope, &mut out)?;
        if !self.pay(out.len()) {
            return Ok(self.free(span, scope, "the text is too large to be evaluated"));
        }
        Ok(Node::new(Value::Text(out), span))
    }

    fn template_into(&self, parts: &[Part], scope: &Scope, out: &mut Text) -> Result<(), Failure> {
        for part in parts {
            match part {
                Part::Literal(text) => out.push_text(text, &Origin::HERE),
                Part::Interpolation(expr) => {
                    let node = self.part(expr, scope)?;
                    match node.to_text() {
                        Some(text) => out.push_text(&text, &node.origin),
                        None if node.is_known() && self.trying.get() > 0 => {
                            return Err(Failure {
                                span: expr.span,
                                message: "only text, numbers and truth values can be put into text".into(),
                            });
                        }
                        None => out.push_hole(match &node.value {
                            Value::Unknown(hole) => Arc::clone(hole),
                            _ => Arc::new(self.hole(
                                HoleKind::Free,
                                expr.span,
                                scope,
                                "it depends on a condition that is not known",
                            )),
                        }),
                    }
                }
                Part::If { condition, then, otherwise, span: directive } => {
                    let test = self.eval(condition, scope)?;
                    match truth(&test) {
                        Some(true) => self.template_into(then, scope, out)?,
                        Some(false) => self.template_into(otherwise, scope, out)?,
                        None => out.push_hole(Arc::new(self.hole(
                            HoleKind::Free,
                            *directive,
                            scope,
                            "it depends on a condition that is not known",
                        ))),
                    }
                }
                Part::For { key, value, collection, body, span: directive } => {
                    let collection = self.eval(collection, scope)?;
                    let Some(elements) = elements(&collection) else {
                        out.push_hole(Arc::new(self.hole(
                            HoleKind::Free,
                            *directive,
                            scope,
                            "what it goes through is not known",
                        )));
                        continue;
                    };
                    for (name, element) in elements {
                        let mut inner = scope.with(value, element);
                        if let Some(key) = key {
                            inner = inner.with(key, name);
                        }
                        self.template_into(body, &inner, out)?;
                        if !self.pay(1) {
                            return Ok(());
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn pay(&self, bytes: usize) -> bool {
        let left = self.bytes.get().checked_sub(bytes as u64);
        self.bytes.set(left.unwrap_or(0));
        left.is_some()
    }

    fn conditional(&self, arms: &[Expr; 3], scope: &Scope) -> Outcome {
        let [condition, then, otherwise] = arms;
        let test = self.eval(condition, scope)?;
        match truth(&test) {
            Some(true) => self.eval(then, scope),
            Some(false) => self.eval(otherwise, scope),
            None => {
                let when = self.written(condition.span);
                let arm = |when: String, expr: &Expr| Arm {
                    when: when.into(),
                    at: condition.span,
                    node: self.value(expr, scope),
                };
                let arms = [arm(format!("`{when}`"), then), arm(format!("not `{when}`"), otherwise)];
                if let [a, b] = &arms
                    && same(&a.node, &b.node) == Some(true)
                {
                    return Ok(a.node.clone());
                }
                Ok(Node::new(Value::OneOf(Arc::new(arms)), then.span.to(otherwise.span)))
            }
        }
    }

    /// Applies `apply` to every combination of arms, when there are few; to the nodes themselves when there are none.
    fn distribute(&self, nodes: &[Node], span: Span, scope: &Scope, apply: &dyn Fn(&[Node]) -> Outcome) -> Outcome {
        let Some(at) = nodes.iter().position(|it| matches!(it.value, Value::OneOf(_))) else { return apply(nodes) };
        let arms: usize = nodes
            .iter()
            .map(|it| if let Value::OneOf(arms) = &it.value { arms.len() } else { 1 })
            .fold(1, usize::saturating_mul);
        let Value::OneOf(choices) = &nodes[at].value else { return apply(nodes) };
        if arms > 8 {
            return Ok(self.free(span, scope, "it depends on too many conditions that are not known"));
        }
        let mut out = Vec::new();
        for arm in choices.iter() {
            let mut chosen = nodes.to_vec();
            chosen[at] = nodes[at].inherit(&arm.node);
            let node = self
                .distribute(&chosen, span, scope, apply)
                .unwrap_or_else(|failure| self.free(span, scope, failure.message));
            out.push(Arm { node, ..arm.clone() });
        }
        Ok(Node::new(Value::OneOf(out.into()), span))
    }

    fn unary(&self, op: UnaryOp, node: &Node, span: Span, scope: &Scope) -> Node {
        match op {
            UnaryOp::Not => truth(node).map(|it| Value::Bool(!it)),
            UnaryOp::Negate => number(node).map(|it| Value::Number(Number(-it))),
        }
        .map_or_else(|| self.free(span, scope, "it depends on a value that is not known"), |it| Node::new(it, span))
    }

    fn binary(&self, op: BinaryOp, sides: &[Expr; 2], span: Span, scope: &Scope) -> Outcome {
        let left = self.eval(&sides[0], scope)?;
        // Terraform evaluates both sides; here one side that decides is enough, so that an unknown one does not matter.
        match (op, truth(&left)) {
            (BinaryOp::And, Some(false)) | (BinaryOp::Or, Some(true)) => {
                return Ok(Node::new(Value::Bool(op == BinaryOp::Or), span));
            }
            _ => {}
        }
        let right = self.eval(&sides[1], scope)?;
        match (op, truth(&right)) {
            (BinaryOp::And, Some(false)) | (BinaryOp::Or, Some(true)) => {
                return Ok(Node::new(Value::Bool(op == BinaryOp::Or), span));
            }
            _ => {}
        }
        self.distribute(&[left, right], span, scope, &|nodes| {
            let (left, right) = (&nodes[0], &nodes[1]);
            let value = match op {
                BinaryOp::Equal => same(left, right).map(Value::Bool),
                BinaryOp::NotEqual => same(left, right).map(|it| Value::Bool(!it)),
                BinaryOp::And => truth(left).zip(truth(right)).map(|(a, b)| Value::Bool(a && b)),
                BinaryOp::Or => truth(left).zip(truth(right)).map(|(a, b)| Value::Bool(a || b)),
                _ => match number(left).zip(number(right)) {
                    None if left.is_known() && right.is_known() => {
                        return Err(Failure { span, message: "only numbers can be calculated with".into() });
                    }
                    None => None,
                    Some((a, b)) => Some(match op {
                        BinaryOp::Less => Value::Bool(a < b),
                        BinaryOp::LessOrEqual => Value::Bool(a <= b),
                        BinaryOp::Greater => Value::Bool(a > b),
                        BinaryOp::GreaterOrEqual => Value::Bool(a >= b),
                        BinaryOp::Add => Value::Number(Number(a + b)),
                        BinaryOp::Subtract => Value::Number(Number(a - b)),
                        BinaryOp::Multiply => Value::Number(Number(a * b)),
                        _ if b == 0.0 => return Err(Failure { span, message: "it divides by zero".into() }),
                        BinaryOp::Divide => Value::Number(Number(a / b)),
                        _ => Value::Number(Number(a % b)),
                    }),
                },
            };
            Ok(value.map_or_else(
                || self.free(span, scope, "it depends on a value that is not known"),
                |it| Node::new(it, span),
            ))
        })
    }

    fn for_expression(&self, it: &For, span: Span, scope: &Scope) -> Outcome {
        let collection = self.eval(&it.collection, scope)?;
        self.distribute(&[collection], span, scope, &|nodes| {
            let collection = &nodes[0];
            let Some(elements) = elements(collection) else {
                if collection.is_known() {
                    return Err(Failure {
                        span: it.collection.span,
                        message: "only lists and objects can be gone through".into(),
                    });
                }
                return Ok(self.free(span, scope, "what it goes through is not known"));
            };
            let mut list = Vec::new();
            let mut keys = FxHashSet::default();
            let mut object = Object { entries: Vec::new(), open: open_of(collection) };
            for (name, element) in elements {
                let (element, case) = match only_in(&element) {
                    Some((element, case)) => (element, Some(case)),
                    None => (element, None),
                };
                let mut inner = scope.with(&it.value, element);
                if let Some(key) = &it.key {
                    inner = inner.with(key, name);
                }
                if self.steps.get() == 0 {
                    return Ok(self.free(span, scope, "the module is too large to be evaluated any further"));
                }
                let mut kept = Some(true);
                if let Some(condition) = &it.condition {
                    kept = truth(&self.eval(condition, &inner)?);
                }
                if kept == Some(false) {
                    continue;
                }
                let mut node = self.eval(&it.result, &inner)?;
                let case = case.or_else(|| {
                    // It may be there or not.
                    let condition = it.condition.as_ref().filter(|_| kept.is_none())?;
                    Some((format!("`{}`", self.written(condition.span)).into(), condition.span))
                });
                if let Some((when, at)) = &case {
                    node = functions::in_case(when, *at, node);
                }
                // An element of which nothing is known may stand for any number of elements.
                let Some(key) = &it.result_key else {
                    list.push(node);
                    continue;
                };
                let key = self.eval(key, &inner)?;
                match text_of(&key) {
                    None => object.open = Some(self.why_unknown(&key, key.span, scope)),
                    Some(text) if it.grouping => match object.entries.iter_mut().find(|it| it.key == text) {
                        Some(entry) => {
                            let mut group = entry.node.as_list().map(<[Node]>::to_vec).unwrap_or_default();
                            group.push(node);
                            entry.node = Node::list(group, span);
                        }
                        None => object.entries.push(Entry {
                            key: text,
                            key_span: key.span,
                            node: Node::list(vec![node], span),
                        }),
                    },
                    Some(text) if case.is_none() && !keys.insert(text.clone()) => {
                        return Err(Failure {
                            span: key.span,
                            message: format!("two elements have the key `{text}`").into(),
                        });
                    }
                    Some(text) => object.entries.push(Entry { key: text, key_span: key.span, node }),
                }
            }
            let value = match it.result_key {
                None => Value::List(list.into()),
                Some(_) => {
                    sort_entries(&mut object);
                    Value::Object(Arc::new(object))
                }
            };
            Ok(self.weighed(Node { value, span, origin: collection.origin.clone() }, scope))
        })
    }

    fn call(&self, call: &Call, span: Span, scope: &Scope) -> Outcome {
        match &*call.name.text {
            "try" => {
                let _trying = Trying::new(&self.trying);
                let mut last = Failure { span, message: "none of its expressions can be evaluated".into() };
                for argument in &call.arguments {
                    match self.eval(argument, scope) {
                        Ok(node) => return Ok(node),
                        Err(failure) => last = failure,
                    }
                }
                return Err(last);
            }
            "can" => {
                let Some(argument) = call.arguments.first() else {
                    return Err(Failure { span, message: "`can` takes one expression".into() });
                };
                let _trying = Trying::new(&self.trying);
                return Ok(match self.eval(argument, scope) {
                    Ok(node) if matches!(node.value, Value::Unknown(_)) => {
                        self.free(span, scope, "it depends on a value that is not known")
                    }
                    outcome => Node::new(Value::Bool(outcome.is_ok()), span),
                });
            }
            _ => {}
        }
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push(self.eval(argument, scope)?);
        }
        if call.expand
            && let Some(last) = arguments.pop()
        {
            match &last.value {
                Value::List(nodes) => arguments.extend(nodes.iter().map(|it| last.inherit(it))),
                // `concat(var.lists...)`: one argument of which nothing is known stands for all.
                Value::Unknown(_) | Value::OneOf(_) => arguments.push(last),
                _ => return Err(Failure { span, message: "only a list can be expanded into arguments".into() }),
            }
        }
        let mut host = FunctionHost { evaluator: self, scope };
        match functions::call(&call.name.text, &arguments, span, &mut host) {
            Ok(mut node) => {
                if &*call.name.text == "jsonencode"
                    && let (Value::Text(text), [argument]) = (&node.value, arguments.as_slice())
                {
                    node.value = Value::Text(text.clone().encoding(Arc::new(argument.clone())));
                }
                Ok(self.weighed(node, scope))
            }
            Err(error) => Err(Failure { span, message: error.to_string().into() }),
        }
    }

    /// Steps into a value: `.name`, `[key]`, splats.
    fn steps_into(&self, base: Node, accessors: &[Accessor], span: Span, scope: &Scope) -> Outcome {
        let Some((first, rest)) = accessors.split_first() else { return Ok(base) };
        self.distribute(&[base], span, scope, &|nodes| {
            let base = &nodes[0];
            let next = match first {
                Accessor::Attribute(name) => self.attribute_of(base, &name.text, span, scope)?,
                Accessor::Index(expr) => {
                    let key = self.eval(expr, scope)?;
                    self.index(base, &key, span, scope)?
                }
                Accessor::FullSplat(at) => return self.splat(base, rest, *at, span, scope),
                Accessor::AttributeSplat(at) => {
                    // `.*` reaches over attributes only; what comes after an index applies to the list it made.
                    let until = rest.iter().position(|it| !matches!(it, Accessor::Attribute(_))).unwrap_or(rest.len());
                    let list = self.splat(base, &rest[..until], *at, span, scope)?;
                    return self.steps_into(list, &rest[until..], span, scope);
                }
            };
            self.steps_into(next, rest, span, scope)
        })
    }

    fn splat(&self, base: &Node, rest: &[Accessor], _at: Span, span: Span, scope: &Scope) -> Outcome {
        let each = |node: &Node| self.steps_into(base.inherit(node), rest, span, scope);
        let nodes = match &base.value {
            Value::List(nodes) => nodes.iter().map(each).collect::<Result<Vec<_>, _>>()?,
            Value::Null => Vec::new(),
            Value::Unknown(_) => return Ok(self.free(span, scope, "it depends on a value that is not known")),
            _ => vec![each(&Node { origin: Origin::HERE, ..base.clone() })?],
        };
        Ok(Node { origin: base.origin.clone(), ..Node::list(nodes, span) })
    }

    fn attribute_of(&self, base: &Node, name: &str, span: Span, scope: &Scope) -> Outcome {
        match &base.value {
            Value::Object(object) => match object.get(name) {
                Some(node) => Ok(base.inherit(node)),
                None if object.open.is_some() => Ok(self.free(span, scope, "the object is not wholly known")),
                None => Err(Failure { span, message: format!("there is no attribute `{name}` in it").into() }),
            },
            Value::Unknown(hole) => Ok(self.part_of(hole, span, scope)),
            // A list of objects indexed like one: what blocks read back as.
            Value::List(nodes) if name.parse::<usize>().is_ok() => {
                let at = name.parse::<usize>().unwrap_or(0);
                nodes
                    .get(at)
                    .map(|it| base.inherit(it))
                    .ok_or_else(|| Failure { span, message: "the list is shorter than that".into() })
            }
            _ => Err(Failure { span, message: format!("it has no attribute `{name}`").into() }),
        }
    }

    /// A part of an unknown value is as unknown, and as free.
    fn part_of(&self, hole: &Arc<Hole>, span: Span, scope: &Scope) -> Node {
        Node::unknown(Hole { why: Arc::clone(&hole.why), ..self.hole(hole.kind, span, scope, "") })
    }

    fn index(&self, base: &Node, key: &Node, span: Span, scope: &Scope) -> Outcome {
        match &base.value {
            Value::Object(object) => match text_of(key) {
                Some(text) if !text.has_holes() => self.attribute_of(base, text.raw(), span, scope),
                Some(text) => match object.entries.iter().rev().find(|it| it.key == text) {
                    Some(entry) => Ok(base.inherit(&entry.node)),
                    None => Ok(self.any_of(base, object.entries.iter().map(|it| &it.node), key, span, scope)),
                },
                None => Ok(self.any_of(base, object.entries.iter().map(|it| &it.node), key, span, scope)),
            },
            Value::List(nodes) => match number(key) {
                Some(at) if nodes.iter().any(is_many) => {
                    // Behind an element that may be many, places are not known.
                    let before = nodes.iter().position(is_many).unwrap_or(0);
                    match nodes.get(at as usize) {
                        Some(node) if (at as usize) < before => Ok(base.inherit(node)),
                        _ => Ok(self.any_of(base, nodes.iter(), key, span, scope)),
                    }
                }
                Some(at) => nodes
                    .get(at as usize)
                    .filter(|_| at >= 0.0)
                    .map(|it| base.inherit(it))
                    .ok_or_else(|| Failure { span, message: "the list is shorter than that".into() }),
                None => Ok(self.any_of(base, nodes.iter(), key, span, scope)),
            },
            Value::Unknown(hole) => Ok(self.part_of(hole, span, scope)),
            _ => Err(Failure { span, message: "it has no elements".into() }),
        }
    }

    /// One of several elements, as the key is not known.
    fn any_of<'n>(
        &self,
        base: &Node,
        nodes: impl ExactSizeIterator<Item = &'n Node>,
        key: &Node,
        span: Span,
        scope: &Scope,
    ) -> Node {
        if nodes.len() == 0 || nodes.len() > 8 {
            return self.free(span, scope, "which element it is, is not known");
        }
        let when: Arc<str> = format!("`{}` is this element", self.written(span)).into();
        let arms: Vec<Arm> =
            nodes.map(|it| Arm { when: Arc::clone(&when), at: key.span, node: base.inherit(it) }).collect();
        Node::new(Value::OneOf(arms.into()), span)
    }

    /// A reference and the steps behind it.
    fn access(&self, accessors: &[Accessor], root: &Arc<str>, expr: &Expr, at: Span, scope: &Scope) -> Outcome {
        let span = expr.span;
        if let Some(node) = scope.name(root) {
            return self.steps_into(node.clone(), accessors, span, scope);
        }
        let name = |n: usize| match accessors.get(n) {
            Some(Accessor::Attribute(name)) => Ok(Arc::clone(&name.text)),
            Some(Accessor::Index(Expr { kind: ExprKind::Text(text), .. })) => Ok(text.raw().into()),
            _ => Err(Failure { span, message: format!("`{root}` stands alone").into() }),
        };
        // The reference itself, up to its name: what an equal reference is recognised by.
        let upto = |n: usize| Span { end: accessors.get(n).map_or(at.end, |it| end_of(it, span)), ..at };
        match &**root {
            "var" => {
                let node = self.variable(&name(0)?, upto(0), scope)?;
                self.steps_into(node, &accessors[1..], span, scope)
            }
            "local" => {
                let node = self.local(&name(0)?, upto(0), scope)?;
                self.steps_into(node, &accessors[1..], span, scope)
            }
            "each" => {
                let node = match (&scope.each, &*name(0)?) {
                    (Some(each), "key") => each.0.clone(),
                    (Some(each), "value") => each.1.clone(),
                    _ => return Err(Failure { span, message: "there is no `each` here".into() }),
                };
                self.steps_into(node, &accessors[1..], span, scope)
            }
            "count" => scope.index.clone().ok_or_else(|| Failure { span, message: "there is no `count` here".into() }),
            "path" => Ok(match &*name(0)? {
                "module" => Node::text(&scope.module.path, span),
                "root" | "cwd" => Node::text(".", span),
                _ => return Err(Failure { span, message: "there is no such path".into() }),
            }),
            "terraform" | "tofu" => match &*name(0)? {
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

    /// An opaque text in place of what is written at a span.
    pub(super) fn opaque(&self, span: Span, scope: &Scope, why: impl Into<Arc<str>>) -> Node {
        let hole = Arc::new(self.hole(HoleKind::Opaque, span, scope, why));
        Node::new(Value::Text(Text::hole(hole)), span)
    }

    /// What a name stands for, evaluated once, and the words for the stop that each reference to it is.
    fn remembered(
        &self,
        module: &Rc<Module>,
        key: Key,
        span: Span,
        words: impl FnOnce() -> String,
        evaluate: impl FnOnce() -> Outcome,
    ) -> Result<(Node, Arc<str>), Failure> {
        match module.memo.borrow().get(&key) {
            Some(Memo::Done(node, words)) => return Ok((node.clone(), Arc::clone(words))),
            Some(Memo::Failed(failure)) => return Err(failure.clone()),
            Some(Memo::Underway) => {
                let circle = Node::unknown(Hole {
                    kind: HoleKind::Free,
                    reference: self.written(span),
                    scope: Arc::clone(&module.address),
                    span,
                    why: "it refers to itself".into(),
                });
                return Ok((circle, words().into()));
            }
            None => {}
        }
        module.memo.borrow_mut().insert(key.clone(), Memo::Underway);
        // What a local or a variable is does not hang on who asks first.
        let (trying, within) = (self.trying.replace(0), self.within.replace(false));
        let outcome = evaluate();
        self.trying.set(trying);
        self.within.set(within);
        let words: Arc<str> = words().into();
        let memo = match &outcome {
            Ok(node) => Memo::Done(node.clone(), Arc::clone(&words)),
            Err(failure) => Memo::Failed(failure.clone()),
        };
        module.memo.borrow_mut().insert(key, memo);
        outcome.map(|node| (node, words))
    }

    fn local(&self, name: &Arc<str>, span: Span, scope: &Scope) -> Outcome {
        let module = &scope.module;
        let key = Key::Local(Arc::clone(name));
        let words = || format!("`local.{name}`");
        let (node, words) = self.remembered(module, key, span, words, || {
            let Some((block, at)) = module.folder.local(name) else {
                return Err(Failure { span, message: format!("there is no local value `{name}`").into() });
            };
            self.eval(&block.body.attributes[at].value, &Scope::of(module))
        })?;
        Ok(node.through(span, words))
    }

    fn variable(&self, name: &Arc<str>, span: Span, scope: &Scope) -> Outcome {
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
        let (node, words) = self.remembered(module, Key::Variable(Arc::clone(name)), span, words, || {
            let Some(block) = block() else {
                return Err(Failure { span, message: format!("there is no variable `{name}`").into() });
            };
            if says(&block, "sensitive", true) {
                return Ok(self.free(span, scope, "the variable is sensitive"));
            }
            let given = match &module.arguments {
                Arguments::Given(given) => given.get(name).cloned(),
                Arguments::Call { scope, block, .. } => {
                    block.body.attribute(name).map(|it| self.value(&it.value, scope))
                }
            };
            let default = || block.body.attribute("default").map(|it| self.value(&it.value, &Scope::of(module)));
            let node = match given {
                Some(node) if !node.is_null() || !says(&block, "nullable", false) => Some(node),
                given => default().or(given),
            };
            let Some(node) = node else { return Ok(self.free(span, scope, "the variable has no default")) };
            Ok(match block.body.attribute("type") {
                Some(of) => super::types::convert(node, &of.value, &|expr| self.value(expr, &Scope::of(module))),
                None => node,
            })
        })?;
        Ok(if matches!(node.value, Value::Unknown(_)) { node } else { node.through(span, words) })
    }

    /// How often a block stands, found out once.
    pub(super) fn repeated(&self, module: &Rc<Module>, block: &Block) -> Rc<Repeated> {
        let place = block.head();
        if let Some(repeated) = module.repeats.borrow().get(&place) {
            return Rc::clone(repeated);
        }
        let repeat = self.repeat(module, block);
        let repeated = Rc::new(Repeated { instances: self.instances(module, &repeat, place), repeat });
        module.repeats.borrow_mut().insert(place, Rc::clone(&repeated));
        repeated
    }

    fn repeat(&self, module: &Rc<Module>, block: &Block) -> Repeat {
        let scope = Scope::of(module);
        if let Some(count) = block.body.attribute("count") {
            let node = self.value(&count.value, &scope);
            return match number(&node) {
                Some(n) if n >= 1.0 => Repeat::Count((n as usize).min(INSTANCES)),
                Some(_) => Repeat::Count(0),
                // `var.create ? 1 : 0`: whether it is there is not what is asked; if it is, it is so.
                None => Repeat::Unknown {
                    count: true,
                    hole: self.why_unknown(&node, count.value.span, &scope),
                    given: only_case(&node, |it| number(it).is_none_or(|it| it >= 1.0)),
                },
            };
        }
        let Some(each) = block.body.attribute("for_each") else { return Repeat::One };
        let node = self.value(&each.value, &scope);
        self.each_of(&node, each.value.span, &scope)
    }

    fn each_of(&self, node: &Node, span: Span, scope: &Scope) -> Repeat {
        let unknown = || Repeat::Unknown { count: false, hole: self.why_unknown(node, span, scope), given: None };
        // What is there in one case only may be there.
        let always = |it: Node| only_in(&it).map_or(it, |(it, _)| it);
        match &node.value {
            Value::OneOf(arms) => {
                // Every element of every arm may be there.
                let mut all = Vec::new();
                for arm in arms.iter() {
                    match self.each_of(&node.inherit(&arm.node), span, scope) {
                        Repeat::Each(pairs) => all.extend(pairs.iter().cloned()),
                        _ => return unknown(),
                    }
                }
                if all.is_empty() { unknown() } else { Repeat::Each(Rc::new(all)) }
            }
            // A set of texts: each is its own key.
            Value::List(nodes) => {
                let pairs: Vec<_> = nodes
                    .iter()
                    .take(INSTANCES)
                    .map(|it| node.inherit(it))
                    .map(always)
                    .map(|it| (it.clone(), it))
                    .collect();
                Repeat::Each(Rc::new(pairs))
            }
            Value::Object(object) => {
                let mut pairs: Vec<_> = object
                    .entries
                    .iter()
                    .take(INSTANCES)
                    .map(|it| (Node::new(Value::Text(it.key.clone()), it.key_span), always(node.inherit(&it.node))))
                    .collect();
                if let Some(hole) = &object.open {
                    let rest = Node::new(Value::Unknown(Arc::clone(hole)), span);
                    pairs.push((rest.clone(), rest));
                }
                Repeat::Each(Rc::new(pairs))
            }
            _ => unknown(),
        }
    }

    /// The instances of a block that stands so often.
    fn instances(&self, module: &Rc<Module>, repeat: &Repeat, span: Span) -> Vec<Instance> {
        let scope = Scope::of(module);
        match repeat {
            Repeat::One => vec![Instance { key: Arc::clone(&self.no_key), scope }],
            Repeat::Count(n) => (0..*n)
                .map(|n| Instance {
                    key: format!("[{n}]").into(),
                    scope: Scope { index: Some(Node::new(Value::Number(Number(n as f64)), span)), ..scope.clone() },
                })
                .collect(),
            Repeat::Each(pairs) => pairs
                .iter()
                .map(|(key, value)| Instance {
                    key: match text_of(key) {
                        Some(text) => format!("[\"{text}\"]").into(),
                        None => "".into(),
                    },
                    scope: Scope { each: Some(Rc::new((key.clone(), value.clone()))), ..scope.clone() },
                })
                .collect(),
            Repeat::Unknown { count: true, hole, given } => {
                let hole =
                    Arc::new(Hole { kind: HoleKind::Opaque, reference: "count.index".into(), ..(**hole).clone() });
                let index = Node::new(Value::Text(Text::hole(hole)), span);
                let assumed = given.clone().map(Rc::new);
                vec![Instance { key: Arc::clone(&self.no_key), scope: Scope { index: Some(index), assumed, ..scope } }]
            }
            Repeat::Unknown { count: false, hole, .. } => {
                let part = |name: &str| {
                    let hole = Hole { reference: name.into(), ..(**hole).clone() };
                    Node::new(Value::Unknown(Arc::new(hole)), span)
                };
                let each = Some(Rc::new((part("each.key"), part("each.value"))));
                vec![Instance { key: Arc::clone(&self.no_key), scope: Scope { each, ..scope } }]
            }
        }
    }

    /// The blocks of a type in a body, dynamic ones written out; each with what names mean in it, and the case in which
    /// it is there when that is not certain.
    pub(super) fn blocks<'b>(&self, body: &'b Body, kind: &'b str, scope: &Scope) -> Vec<Standing<'b>> {
        let mut out: Vec<_> = body.blocks_named(kind).into_iter().map(|it| (it.into(), scope.clone(), None)).collect();
        for dynamic in body.blocks_named("dynamic") {
            if dynamic.labels.first().is_none_or(|it| &*it.text != kind) {
                continue;
            }
            let Some(each) = dynamic.body.attribute("for_each") else { continue };
            let iterator = match dynamic.body.attribute("iterator").map(|it| &it.value.kind) {
                Some(ExprKind::Variable(name)) => Arc::clone(name),
                _ => Arc::<str>::from(kind),
            };
            let Some(content) = dynamic.body.blocks_named("content").into_iter().next() else { continue };
            let content = Rc::new(Block { kind: dynamic.labels[0].clone(), ..content.into_owned() });
            let all = self.value(&each.value, scope);
            self.dynamic(&all, None, &each.value, scope, &mut |key, value, case| {
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
                let inner = scope.with(&iterator, Node::new(Value::Object(Arc::new(object)), each.value.span));
                out.push((Nested::Made(Rc::clone(&content)), inner, case));
            });
        }
        out
    }

    fn dynamic(
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
                    let case = (Arc::clone(&arm.when), arm.at);
                    self.dynamic(&node.inherit(&arm.node), Some(&case), expr, scope, make);
                }
            }
            Value::List(_) | Value::Object(_) => {
                for (key, value) in elements(node).into_iter().flatten() {
                    if left == 0 || self.steps.get() == 0 {
                        return;
                    }
                    left -= 1;
                    let unknown = matches!(value.value, Value::Unknown(_));
                    let case = if unknown { Some(self.has_element(expr)) } else { case.cloned() };
                    match &value.value {
                        Value::OneOf(arms) => {
                            for arm in arms.iter() {
                                make(key.clone(), value.inherit(&arm.node), Some((Arc::clone(&arm.when), arm.at)));
                            }
                        }
                        _ => make(key, value, case),
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

    fn has_element(&self, expr: &Expr) -> Case {
        (format!("`{}` has such an element", self.written(expr.span)).into(), expr.span)
    }

    /// A module call's instances.
    pub(super) fn calls(&self, module: &Rc<Module>, name: &str) -> Option<Rc<Calls>> {
        if let Some(calls) = module.calls.borrow().get(name) {
            return Some(Rc::clone(calls));
        }
        let block = module.folder.block(module.folder.find("module", name, "")?)?;
        let missing =
            |repeated: Rc<Repeated>, why: &str| Calls { repeated, modules: Vec::new(), missing: Some(why.into()) };
        // Whoever asks while the call's own `count` is evaluated asks in a circle.
        let nothing = Rc::new(Repeated { repeat: Repeat::One, instances: Vec::new() });
        let circle = Rc::new(missing(nothing, "the call refers to itself"));
        module.calls.borrow_mut().insert(name.into(), circle);
        let repeated = self.repeated(module, &block);
        let calls = match self.folder_of(module, name, &block) {
            Err(why) => missing(repeated, &why),
            Ok(_) if module.depth >= 32 => missing(repeated, "modules are nested too deep"),
            Ok((folder, path)) => {
                let prefix = if module.address.is_empty() { String::new() } else { format!("{}.", module.address) };
                let modules = repeated
                    .instances
                    .iter()
                    .map(|instance| {
                        Rc::new(Module {
                            folder: Arc::clone(&folder),
                            address: format!("{prefix}module.{name}{}", instance.key).into(),
                            path: path.clone(),
                            arguments: Arguments::Call {
                                caller: Rc::clone(module),
                                scope: Box::new(instance.scope.clone()),
                                block: Arc::clone(&block),
                            },
                            call: Some(block.head()),
                            depth: module.depth + 1,
                            memo: RefCell::default(),
                            calls: RefCell::default(),
                            repeats: RefCell::default(),
                        })
                    })
                    .collect::<Vec<_>>();
                if !modules.is_empty() {
                    self.standing.borrow_mut().insert(folder.path.clone());
                }
                Calls { repeated, modules, missing: None }
            }
        };
        let calls = Rc::new(calls);
        module.calls.borrow_mut().insert(name.into(), Rc::clone(&calls));
        Some(calls)
    }

    /// The folder a module call names, and its path relative to the root.
    fn folder_of(&self, module: &Rc<Module>, name: &str, block: &Block) -> Result<(Arc<Folder>, String), String> {
        let source = block.body.attribute("source").and_then(|it| match &it.value.kind {
            ExprKind::Text(text) => text.as_known().map(str::to_owned),
            _ => None,
        });
        let Some(source) = source else { return Err("its source is not literal text".to_owned()) };
        let local = source.starts_with("./") || source.starts_with("../") || source == "." || source == "..";
        let path = if local {
            join(&module.path, &source)
        } else {
            let key = format!("{}.{name}", module.address).trim_start_matches('.').replace("module.", "");
            let key = strip_keys(&key);
            match self.installed().get(&key) {
                Some(path) => path.to_string_lossy().into_owned(),
                None => return Err(format!("the module `{source}` is not installed below `.terraform/modules`")),
            }
        };
        let mut at = Some(module);
        let folder_path = normal(&self.root.join(&path));
        while let Some(it) = at {
            if it.folder.path == folder_path {
                return Err("the module calls itself".to_owned());
            }
            at = match &it.arguments {
                Arguments::Call { caller, .. } => Some(caller),
                Arguments::Given(_) => None,
            };
        }
        match (self.folders)(&folder_path) {
            Some(folder) => Ok((folder, path)),
            None => Err(format!("there is no module in `{source}`")),
        }
    }

    /// Where Terraform has installed modules, by the key of the call.
    fn installed(&self) -> &FxHashMap<String, PathBuf> {
        self.installed.get_or_init(|| {
            let mut out = FxHashMap::default();
            let Ok(source) = self.workspace.open(&self.root.join(".terraform/modules/modules.json")) else {
                return out;
            };
            let Some(root) = json::parse_source(&source).root else { return out };
            for module in root.get("Modules").iter().filter_map(Node::as_list).flatten() {
                if let (Some(key), Some(dir)) = (module.get("Key"), module.get("Dir"))
                    && let (Some(key), Some(dir)) = (key.as_str(), dir.as_str())
                {
                    out.insert(key.to_owned(), PathBuf::from(dir));
                }
            }
            out
        })
    }

    fn module_reference(&self, accessors: &[Accessor], span: Span, scope: &Scope) -> Outcome {
        let Some(Accessor::Attribute(name)) = accessors.first() else {
            return Err(Failure { span, message: "`module` stands alone".into() });
        };
        let Some(calls) = self.calls(&scope.module, &name.text) else {
            return Err(Failure { span, message: format!("there is no module call `{}`", name.text).into() });
        };
        let rest = &accessors[1..];
        if let Some(why) = &calls.missing {
            return Ok(self.free(span, scope, Arc::clone(why)));
        }
        let output = |module: &Rc<Module>, rest: &[Accessor]| match rest.first() {
            Some(Accessor::Attribute(output)) => {
                let (node, words) = self.output(module, &output.text, span)?;
                let node = if matches!(node.value, Value::Unknown(_)) { node } else { node.through(span, words) };
                self.steps_into(node, &rest[1..], span, scope)
            }
            _ => self.steps_into(self.outputs(module, span), rest, span, scope),
        };
        match (&calls.repeated.repeat, rest.first()) {
            (Repeat::One, _) => match calls.modules.first() {
                Some(module) => output(module, rest),
                None => Ok(self.free(span, scope, "the module is not known")),
            },
            (Repeat::Unknown { .. }, Some(Accessor::Index(_))) => match calls.modules.first() {
                Some(module) => output(module, &rest[1..]),
                None => Ok(self.free(span, scope, "the module is not known")),
            },
            (_, Some(Accessor::Index(key))) => {
                let key = self.eval(key, scope)?;
                match calls.repeated.at(&key).and_then(|at| calls.modules.get(at)) {
                    Some(module) => output(module, &rest[1..]),
                    None if key.is_known() => Err(Failure { span, message: "there is no such instance".into() }),
                    None => match calls.modules.as_slice() {
                        [module] => output(module, &rest[1..]),
                        _ => Ok(self.free(span, scope, "which instance it is, is not known")),
                    },
                }
            }
            (_, Some(Accessor::FullSplat(_) | Accessor::AttributeSplat(_))) => {
                let nodes = calls.modules.iter().map(|it| output(it, &rest[1..])).collect::<Result<Vec<_>, _>>()?;
                Ok(Node::list(nodes, span))
            }
            (repeat, _) => {
                let all: Vec<Node> = calls.modules.iter().map(|it| self.outputs(it, span)).collect();
                self.steps_into(self.gathered(repeat, all, span), rest, span, scope)
            }
        }
    }

    /// The instances of something as one value: a list by `count`, an object by `for_each`.
    fn gathered(&self, repeat: &Repeat, nodes: Vec<Node>, span: Span) -> Node {
        match repeat {
            Repeat::One => nodes.into_iter().next().unwrap_or_else(|| Node::new(Value::Null, span)),
            Repeat::Count(_) => Node::list(nodes, span),
            Repeat::Each(pairs) => {
                let mut object = Object::default();
                for ((key, _), node) in pairs.iter().zip(nodes) {
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
            Repeat::Unknown { hole, count, .. } => {
                let mut nodes = nodes;
                if *count {
                    nodes.push(Node::new(Value::Unknown(Arc::clone(hole)), span));
                    Node::list(nodes, span)
                } else {
                    Node::new(Value::Unknown(Arc::clone(hole)), span)
                }
            }
        }
    }

    fn output(&self, module: &Rc<Module>, name: &Arc<str>, span: Span) -> Result<(Node, Arc<str>), Failure> {
        let words = || format!("`{}.{name}`", call_name(&module.address));
        self.remembered(module, Key::Output(Arc::clone(name)), span, words, || {
            let value = module.folder.find("output", name, "").and_then(|id| module.folder.block(id));
            let Some(block) = value else {
                return Err(Failure { span, message: format!("the module has no output `{name}`").into() });
            };
            if says(&block, "sensitive", true) {
                return Ok(self.free(span, &Scope::of(module), "the output is sensitive"));
            }
            match block.body.attribute("value") {
                Some(value) => self.eval(&value.value, &Scope::of(module)),
                None => Err(Failure { span, message: format!("the output `{name}` has no value").into() }),
            }
        })
    }

    fn outputs(&self, module: &Rc<Module>, span: Span) -> Node {
        let mut object = Object::default();
        let names: Vec<Arc<str>> = module.folder.blocks("output").map(|(_, [name, _])| name.into()).collect();
        for name in names {
            if let Ok((node, _)) = self.output(module, &name, span) {
                object.entries.push(Entry { key: Text::known(&name, span), key_span: span, node });
            }
        }
        Node::new(Value::Object(Arc::new(object)), span)
    }

    /// A resource or data source, and the steps behind it.
    fn resource(&self, root: &Arc<str>, accessors: &[Accessor], span: Span, scope: &Scope) -> Outcome {
        let prefixed = matches!(&**root, "data" | "resource");
        let name = |n: usize| match accessors.get(n) {
            Some(Accessor::Attribute(name)) => Ok(&*name.text),
            _ => Err(Failure { span, message: "it names no resource".into() }),
        };
        let mode = if &**root == "data" { "data" } else { "resource" };
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
        let key = Key::Repeat(id);
        let underway = matches!(module.memo.borrow().get(&key), Some(Memo::Underway));
        if underway {
            return Ok(self.free(span, scope, "it refers to itself"));
        }
        module.memo.borrow_mut().insert(key.clone(), Memo::Underway);
        let repeated = self.repeated(module, &block);
        module.memo.borrow_mut().remove(&key);
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
                    Some((_, rest)) => Ok(Node::list(vec![one(&instances[0], rest)?], span)),
                    None => one(&instances[0], rest),
                }
            }
            (Repeat::One, _) => one(&instances[0], rest),
            (Repeat::Unknown { .. }, Some(Accessor::Index(_))) => one(&instances[0], &rest[1..]),
            (_, Some(Accessor::Index(key))) => {
                let key = self.eval(key, scope)?;
                match repeated.at(&key).and_then(|at| instances.get(at)) {
                    Some(instance) => one(instance, &rest[1..]),
                    None if key.is_known() => Err(Failure { span, message: "there is no such instance".into() }),
                    None => match instances.as_slice() {
                        [instance] => one(instance, &rest[1..]),
                        _ => Ok(self.free(span, scope, "which instance it is, is not known")),
                    },
                }
            }
            (_, Some(Accessor::FullSplat(_) | Accessor::AttributeSplat(_))) => {
                let nodes = instances.iter().map(|it| one(it, &rest[1..])).collect::<Result<Vec<_>, _>>()?;
                Ok(Node::list(nodes, span))
            }
            (repeat, _) => {
                // A reference within a `for_each` is evaluated once for each instance, and says the same each time.
                let key = Key::Whole(id, span);
                let known = match module.memo.borrow().get(&key) {
                    Some(Memo::Done(node, _)) => Some(node.clone()),
                    _ => None,
                };
                let all = known.unwrap_or_else(|| {
                    let all = instances.iter().map(|it| self.whole(id, &block, it, span)).collect();
                    let all = self.gathered(repeat, all, span);
                    module.memo.borrow_mut().insert(key, Memo::Done(all.clone(), Arc::clone(&self.no_key)));
                    all
                });
                self.steps_into(all, rest, span, scope)
            }
        }
    }

    /// One attribute of a resource: as it is written, or as the provider is known to compute it. What it computes stands
    /// at the reference itself, so each reference has its own.
    fn attribute(&self, id: BlockId, block: &Block, instance: &Instance, name: &Arc<str>, span: Span) -> Outcome {
        self.attribute_as(id, block, instance, name, span, || self.written(span))
    }

    /// The same, asked for in the words of `written`.
    fn attribute_as(
        &self,
        id: BlockId,
        block: &Block,
        instance: &Instance,
        name: &Arc<str>,
        span: Span,
        written: impl FnOnce() -> Arc<str>,
    ) -> Outcome {
        let module = &instance.scope.module;
        let [kind, own] = labels(block);
        let is_data = &*block.kind.text == "data";
        let key = || Key::Attribute(id, Arc::clone(&instance.key), Arc::clone(name));
        if is_data && kind == "aws_iam_policy_document" && matches!(&**name, "json" | "minified_json") {
            let words = || format!("`data.aws_iam_policy_document.{own}{}`", instance.key);
            let document = || Ok(self.document(id, block, instance, span));
            let (node, words) = self.remembered(module, key(), span, words, document)?;
            return Ok(Node { span, ..node }.through(span, words));
        }
        if let Some(attribute) = written_attribute(block, kind, name) {
            if changes_elsewhere(block, name) {
                return Ok(self.opaque(span, &instance.scope, "`ignore_changes` lets it be changed elsewhere"));
            }
            let words = || format!("`{}{kind}.{own}.{name}`", if is_data { "data." } else { "" });
            let value = || Ok(self.value(&attribute.value, &instance.scope));
            let (node, words) = self.remembered(module, key(), span, words, value)?;
            // Not given, so the provider chooses it.
            if !(node.is_null() && super::attributes::COMMON.contains(&&**name)) {
                return Ok(if matches!(node.value, Value::Unknown(_)) { node } else { node.through(span, words) });
            }
        }
        Ok(super::attributes::computed(self, block, instance, name, span, &written()))
    }

    /// An attribute of a resource by its block, for whoever goes through blocks rather than references.
    pub(super) fn attribute_of_resource(&self, id: BlockId, block: &Block, instance: &Instance, name: &str) -> Node {
        let span = block.head();
        let [kind, own] = labels(block);
        let written = || format!("{kind}.{own}{}.{name}", instance.key).into();
        let outcome = self.attribute_as(id, block, instance, &name.into(), span, written);
        outcome.unwrap_or_else(|failure| self.free(span, &instance.scope, failure.message))
    }

    /// A template's text with names of its own.
    pub(super) fn rendered(&self, text: &Text, vars: &Node, at: Span, scope: &Scope) -> Node {
        FunctionHost { evaluator: self, scope }.template(text, vars, at)
    }

    /// The text that Terraform's `jsonencode` makes of a tree.
    pub(super) fn json_text(&self, tree: &Node, span: Span, scope: &Scope) -> Text {
        let mut host = FunctionHost { evaluator: self, scope };
        match functions::call("jsonencode", std::slice::from_ref(tree), span, &mut host) {
            Ok(Node { value: Value::Text(text), .. }) => text,
            _ => Text::hole(Arc::new(self.hole(HoleKind::Free, span, scope, "it cannot be encoded as JSON"))),
        }
    }

    /// A resource as one object: what is written in it and what is commonly asked of it.
    fn whole(&self, id: BlockId, block: &Block, instance: &Instance, span: Span) -> Node {
        let mut object = Object::default();
        let mut names: Vec<Arc<str>> = block.body.attributes.iter().map(|it| Arc::clone(&it.name.text)).collect();
        for name in super::attributes::COMMON {
            if !names.iter().any(|it| &**it == *name) {
                names.push(Arc::from(*name));
            }
        }
        if &*block.kind.text == "data" && labels(block)[0] == "aws_iam_policy_document" {
            names.push("json".into());
        }
        for name in names {
            if let Ok(node) = self.attribute(id, block, instance, &name, span) {
                object.entries.push(Entry { key: Text::known(&name, span), key_span: span, node });
            }
        }
        let scope = &instance.scope;
        object.open = Some(Arc::new(self.hole(HoleKind::Opaque, span, scope, "the provider computes it")));
        Node::new(Value::Object(Arc::new(object)), span)
    }

    /// The text of a file that a module names, when it may be read.
    fn file(&self, path: &str) -> Result<Arc<Source>, Arc<str>> {
        // A relative path is relative to where Terraform runs, which is the root module's folder.
        let path = normal(&self.root.join(path));
        self.workspace.open(&path).map_err(|error| format!("`{}` {error}", path.display()).into())
    }
}

/// Counts a `try` for as long as it is evaluated.
struct Trying<'c>(&'c Cell<u32>);

impl<'c> Trying<'c> {
    fn new(count: &'c Cell<u32>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Trying<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

struct FunctionHost<'e, 'w> {
    evaluator: &'e Evaluator<'w>,
    scope: &'e Scope,
}

impl Host for FunctionHost<'_, '_> {
    fn read(&mut self, path: &str, _at: Span) -> Result<Text, Arc<str>> {
        let source = self.evaluator.file(path)?;
        Ok(Text::known(&source.text, source.span()))
    }

    fn exists(&mut self, path: &str) -> Result<bool, Arc<str>> {
        Ok(self.evaluator.file(path).is_ok())
    }

    fn files_below(&mut self, folder: &str) -> Result<Vec<String>, Arc<str>> {
        let folder = normal(&self.evaluator.root.join(folder));
        let files = self.evaluator.workspace.files_below(&folder);
        Ok(files
            .iter()
            .filter_map(|it| it.strip_prefix(&folder).ok())
            .map(|it| it.to_string_lossy().into_owned())
            .collect())
    }

    fn template(&mut self, text: &Text, vars: &Node, at: Span) -> Node {
        let evaluator = self.evaluator;
        let expr = match hcl::parse_template(text, at) {
            Ok(expr) => expr,
            Err(error) => {
                evaluator.notes.borrow_mut().push((error.span, error.message.into()));
                return evaluator.free(at, self.scope, "the template could not be read");
            }
        };
        let mut scope = self.scope.clone();
        if let Some(object) = vars.as_object() {
            for entry in &object.entries {
                scope = scope.with(&entry.key.raw().into(), vars.inherit(&entry.node));
            }
        }
        evaluator.value(&expr, &scope)
    }

    fn json(&mut self, text: &Text, _at: Span) -> Result<Node, String> {
        let parsed = json::parse(text);
        match (parsed.errors.first(), parsed.root) {
            (None, Some(root)) => Ok(root),
            (Some(error), _) => Err(error.message.clone()),
            (None, None) => Err("the text is empty".to_owned()),
        }
    }

    fn spend(&mut self, bytes: usize) -> bool {
        self.evaluator.pay(bytes)
    }

    fn meaning(&self, span: Span) -> Arc<str> {
        self.evaluator.meaning(span, self.scope)
    }

    fn written(&self, span: Span) -> Arc<str> {
        self.evaluator.written(span)
    }
}

/// Whether an argument of a block is this very word.
fn says(block: &Block, name: &str, value: bool) -> bool {
    block.body.attribute(name).is_some_and(|it| matches!(it.value.kind, ExprKind::Bool(it) if it == value))
}

/// The two labels of a resource or data source.
pub(super) fn labels(block: &Block) -> [&str; 2] {
    [0, 1].map(|n| block.labels.get(n).map(|it| &*it.text).unwrap_or_default())
}

/// The attribute as it is written, unless the provider computes it all the same.
fn written_attribute<'b>(block: &'b Block, kind: &str, name: &str) -> Option<&'b hcl::Attribute> {
    block.body.attribute(name).filter(|_| !super::attributes::is_computed_over(kind, name))
}

/// Whether Terraform leaves an attribute as others have set it, so that what is written says nothing of what it is.
/// <https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#ignore_changes>
fn changes_elsewhere(block: &Block, name: &str) -> bool {
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

/// `module.app` of `module.app["a"]` within others.
fn call_name(address: &str) -> String {
    strip_keys(address)
}

fn strip_keys(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    let mut depth = 0;
    for it in address.chars() {
        match it {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ if depth == 0 => out.push(it),
            _ => {}
        }
    }
    out
}

/// A path relative to the root module, in the form Terraform gives it.
fn join(base: &str, source: &str) -> String {
    let joined = normal(&Path::new(base).join(source));
    let text = joined.to_string_lossy().replace('\\', "/");
    if text.is_empty() { ".".to_owned() } else { text }
}

fn end_of(accessor: &Accessor, whole: Span) -> u32 {
    match accessor {
        Accessor::Attribute(name) => name.span.end,
        Accessor::Index(expr) => expr.span.end,
        Accessor::FullSplat(span) | Accessor::AttributeSplat(span) => span.end,
    }
    .min(whole.end)
}

fn weigh(node: &Node, left: &mut usize) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    match &node.value {
        Value::List(nodes) => nodes.iter().all(|it| weigh(it, left)),
        Value::Object(object) => object.entries.iter().all(|it| weigh(&it.node, left)),
        Value::OneOf(arms) => arms.iter().all(|it| weigh(&it.node, left)),
        _ => true,
    }
}

/// An element that may stand for any number of elements, none among them.
fn is_many(node: &Node) -> bool {
    matches!(node.value, Value::Unknown(_)) || only_in(node).is_some()
}

/// An element that is there in one case only: what it is then, and the case.
fn only_in(node: &Node) -> Option<(Node, Case)> {
    match &node.value {
        Value::OneOf(arms) => match &**arms {
            [arm] => Some((node.inherit(&arm.node), (Arc::clone(&arm.when), arm.at))),
            _ => None,
        },
        _ => None,
    }
}

fn open_of(node: &Node) -> Option<Arc<Hole>> {
    node.as_object().and_then(|it| it.open.clone())
}

/// The one case in which an undecided value passes a test.
fn only_case(node: &Node, test: impl Fn(&Node) -> bool) -> Option<Case> {
    let Value::OneOf(arms) = &node.value else { return None };
    let mut passing = arms.iter().filter(|arm| test(&arm.node));
    let only = passing.next().filter(|_| passing.next().is_none())?;
    Some((Arc::clone(&only.when), only.at))
}

/// Whether two cases cannot both hold: one is what the other is not. `` `a` and not `b` `` holds where both parts do.
fn excludes(one: &str, other: &str) -> bool {
    let parts = |it: &'_ str| it.split("` and ").map(|it| it.trim_end_matches('`').to_owned()).collect::<Vec<_>>();
    let opposed = |a: &str, b: &str| a.strip_prefix("not ") == Some(b) || b.strip_prefix("not ") == Some(a);
    let others = parts(other);
    parts(one).iter().any(|a| others.iter().any(|b| opposed(a, b)))
}

/// The keys and values of a list or object; a list's keys are its places.
fn elements(node: &Node) -> Option<Vec<(Node, Node)>> {
    match &node.value {
        Value::List(nodes) => Some(
            nodes
                .iter()
                .enumerate()
                .map(|(n, it)| (Node::new(Value::Number(Number(n as f64)), it.span), node.inherit(it)))
                .collect(),
        ),
        Value::Object(object) => {
            let mut pairs: Vec<_> = object
                .entries
                .iter()
                .map(|it| (Node::new(Value::Text(it.key.clone()), it.key_span), node.inherit(&it.node)))
                .collect();
            // Terraform goes through an object in the order of its keys.
            pairs.sort_by(|(a, _), (b, _)| a.as_text().map(Text::raw).cmp(&b.as_text().map(Text::raw)));
            Some(pairs)
        }
        _ => None,
    }
}

fn sort_entries(object: &mut Object) {
    object.entries.sort_by(|a, b| a.key.raw().cmp(b.key.raw()));
}

/// Text, or what Terraform makes text of by itself.
pub(super) fn text_of(node: &Node) -> Option<Text> {
    if matches!(node.value, Value::Unknown(_)) { None } else { node.to_text() }
}

/// A truth value, also written as text.
pub(super) fn truth(node: &Node) -> Option<bool> {
    match &node.value {
        Value::Bool(it) => Some(*it),
        Value::Text(text) => match text.as_known() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A number, also written as text.
pub(super) fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Number(it) => Some(it.0),
        Value::Text(text) => text.as_known()?.parse().ok(),
        _ => None,
    }
}

/// Whether two values are equal, when that is certain.
fn same(a: &Node, b: &Node) -> Option<bool> {
    match (&a.value, &b.value) {
        (Value::Unknown(_) | Value::OneOf(_), _) | (_, Value::Unknown(_) | Value::OneOf(_)) => None,
        (Value::Text(a), Value::Text(b)) => {
            if a == b {
                return Some(true);
            }
            if !a.has_holes() && !b.has_holes() {
                return Some(false);
            }
            // A computed text is never empty.
            let (holed, other) = if a.has_holes() { (a, b) } else { (b, a) };
            let opaque = holed.holes().all(|(_, hole)| hole.kind == HoleKind::Opaque);
            (other.is_empty() && (opaque || holed.len() > crate::value::HOLE.len_utf8())).then_some(false)
        }
        (Value::Null, Value::Null) => Some(true),
        (Value::Null, _) | (_, Value::Null) => Some(false),
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        (Value::Number(a), Value::Number(b)) => Some(a == b),
        (Value::List(a), Value::List(b)) => {
            if a.len() != b.len() {
                let many = a.iter().chain(b.iter()).any(is_many);
                return (!many).then_some(false);
            }
            all(a.iter().zip(b.iter()).map(|(a, b)| same(a, b)))
        }
        (Value::Object(a), Value::Object(b)) => {
            if a.open.is_some() || b.open.is_some() {
                return None;
            }
            if a.entries.len() != b.entries.len() {
                return Some(false);
            }
            all(a.entries.iter().map(|entry| match b.get(entry.key.raw()) {
                Some(node) => same(&entry.node, node),
                None => Some(false),
            }))
        }
        // Different types are never equal in Terraform.
        _ => Some(false),
    }
}

fn all(tests: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut out = Some(true);
    for test in tests {
        match test {
            Some(false) => return Some(false),
            None => out = None,
            Some(true) => {}
        }
    }
    out
}
