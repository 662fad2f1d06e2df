//! Terraform's expressions on partly known values: lazily, one reference at a time, each evaluated once.
//! What cannot be known is a hole where it stands; what Terraform would refuse is a [`Failure`], which `try` catches
//! and which is a hole to everybody else. Nothing is ever run or fetched.

mod calls;
mod draft;
mod expression;
mod host;
mod known;
mod reference;
mod repeat;
mod secret;
mod steps;

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::OffCall;
use super::attributes::Words;
use super::folder::{BlockId, Folder};
use super::functions;
pub(super) use super::functions::only_in;
use crate::frontend::ReplacedStatement;
use crate::source::{FileId, Source, Span, Workspace};
use crate::syntax::hcl::{Block, Expr};
use crate::value::{Arm, Elements, Entry, Hole, HoleKind, Node, Object, Text, Unknown, Value, excludes, is_name};
use calls::Calls;
pub(super) use known::{is_many, text_of, weigh};
pub(super) use reference::labels;
use repeat::Repeated;
pub(super) use repeat::{Case, Instance, Repeat, Standing, is_repeated};

/// How many instances of modules there may be.
const INSTANCES: usize = 40_000;
/// What evaluation may cost before it gives up, for one root module.
const STEPS: u64 = 20_000_000;
/// Bytes of text and elements of lists that functions may make.
const BYTES: u64 = 128 << 20;
/// How many texts that are too large a root may ask for.
const REFUSALS: u64 = 64;
/// How deep references and expressions may nest.
const DEPTH: u32 = 300;
/// From where on the locals that a local refers to are evaluated in front of it, so that a chain of them nests no deeper.
const DEEP: u32 = 60;
/// How many elements one value may hold, counting shared parts each time: what a walk over it costs.
pub(super) const WEIGHT: usize = 200_000;
/// What all data documents may weigh that are larger than anybody's.
const DOCUMENTS: usize = 1 << 18;

/// Terraform would stop here, and why.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// Where.
    pub span: Span,
    /// What Terraform would say, in our words.
    pub message: Arc<str>,
}

/// Why something that has a value may fail all the same.
#[derive(Clone, Debug)]
enum Doubt {
    /// It fails unless this is the case.
    Unless(Case),
    /// It fails in some case.
    Somehow,
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
    /// The instances of calls that have the same inputs as this one, if it is not the only one.
    alike: Option<Rc<Alike>>,
    depth: u32,
    /// What its variables are taken to be instead of what they are, where it is looked at as if something were switched on.
    supposed: FxHashMap<CompactString, Node>,
    /// Whether it, or one that calls it, is looked at in such a way only.
    is_supposed: bool,
    /// What was worked out: as it is shown, and within `nonsensitive`.
    memos: [RefCell<FxHashMap<Key, Memo>>; 2],
    calls: RefCell<FxHashMap<CompactString, Rc<Calls>>>,
    /// How often each block stands that does not simply stand once, by its place.
    repeats: RefCell<FxHashMap<Span, Rc<Repeated>>>,
    /// What every other block is.
    once: RefCell<Option<Rc<Repeated>>>,
}

impl Module {
    /// The address of the first instance that has the same inputs.
    pub(super) fn first_alike(&self) -> &Arc<str> {
        self.alike.as_ref().map_or(&self.address, |it| &it.first)
    }
}

/// Instances of calls that have the same inputs, so that what one has worked out need not be by the others.
#[derive(Debug)]
struct Alike {
    /// The address of the first of them.
    first: Arc<str>,
    /// Locals and variables of which all is known. What is not known is another thing in each instance.
    known: RefCell<FxHashMap<Key, Node>>,
    /// Those of the calls that each of them makes.
    calls: RefCell<FxHashMap<String, Rc<Alike>>>,
}

impl Alike {
    fn new(first: &Arc<str>) -> Rc<Self> {
        Rc::new(Self { first: Arc::clone(first), known: RefCell::default(), calls: RefCell::default() })
    }

    /// The instances of one call that each of these makes.
    fn call(&self, name: String, address: &Arc<str>) -> Rc<Self> {
        Rc::clone(self.calls.borrow_mut().entry(name).or_insert_with(|| Self::new(address)))
    }
}

/// Where a module's variables come from.
#[derive(Clone, Debug)]
pub(super) enum Arguments {
    /// The files and options of a run.
    Given(FxHashMap<CompactString, Node>),
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

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Local(CompactString),
    Variable(CompactString),
    Output(CompactString),
    /// A block's instance and attribute; `""` for all of it.
    Attribute(BlockId, Arc<str>, CompactString),
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
    /// The case in which the block is there at all, where that is one of those of a condition that is not known.
    assumed: Option<Rc<Case>>,
    /// The same in whatever words: that its `count` is more than 0.
    stands: Option<Rc<Case>>,
    names: Option<Rc<Binding>>,
}

#[derive(Debug)]
struct Binding {
    name: CompactString,
    node: Node,
    /// Where it stands among others, or its key.
    place: Option<Node>,
    /// What tells it from other values of the name.
    told: OnceCell<String>,
    outer: Option<Rc<Binding>>,
}

impl Scope {
    /// The top of a module.
    pub(super) fn of(module: &Rc<Module>) -> Self {
        Self { module: Rc::clone(module), each: None, index: None, assumed: None, stands: None, names: None }
    }

    /// With one more name: of a `for`, or of a dynamic block.
    #[must_use]
    pub(super) fn with(&self, name: &str, node: Node) -> Self {
        self.bound(name, node, None)
    }

    /// With the name of an element of a loop, which stands at a place or under a key.
    #[must_use]
    pub(super) fn with_element(&self, name: &str, node: Node, place: Node) -> Self {
        self.bound(name, node, Some(place))
    }

    fn bound(&self, name: &str, node: Node, place: Option<Node>) -> Self {
        let binding = Binding { name: name.into(), node, place, told: OnceCell::new(), outer: self.names.clone() };
        Self { names: Some(Rc::new(binding)), ..self.clone() }
    }

    /// The cases in which what stands here is there at all, by its own block and by the calls around it.
    pub(super) fn cases(&self) -> Vec<Case> {
        let around = std::iter::successors(Some(self), |it| match &it.module.arguments {
            Arguments::Call { scope, .. } => Some(&**scope),
            Arguments::Given(_) => None,
        });
        around.filter_map(|it| it.assumed.as_deref().cloned()).collect()
    }

    /// The same in whatever words each is told.
    pub(super) fn all_cases(&self) -> Vec<Case> {
        let around = std::iter::successors(Some(self), |it| match &it.module.arguments {
            Arguments::Call { scope, .. } => Some(&**scope),
            Arguments::Given(_) => None,
        });
        around.flat_map(Self::premises).cloned().collect()
    }

    /// All that is known to hold where its block is there.
    fn premises(&self) -> impl Iterator<Item = &Case> {
        let stands = self.stands.iter().filter(|it| self.assumed.as_ref().is_none_or(|own| own.0 != it.0));
        self.assumed.iter().chain(stands).map(|it| &**it)
    }

    fn name(&self, name: &str) -> Option<&Node> {
        std::iter::successors(self.names.as_deref(), |it| it.outer.as_deref())
            .find(|it| &*it.name == name)
            .map(|it| &it.node)
    }
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
    /// Why what is being evaluated within the innermost of them may fail, though it has a value here.
    doubt: RefCell<Option<Doubt>>,
    /// How many `nonsensitive` are: within them nothing is marked.
    revealing: Cell<u32>,
    /// How often what is being evaluated is, by the loops around it.
    rounds: Cell<usize>,
    /// How many instances of modules there may still be.
    instances: Cell<usize>,
    /// Data documents that something has used, so that they are judged there.
    pub used: RefCell<FxHashSet<(Arc<str>, BlockId)>>,
    /// The same by the first instance that has the same inputs, since what one of them uses all do.
    pub used_alike: RefCell<FxHashSet<(Arc<str>, BlockId)>>,
    /// The address of each data document by the place of its block.
    pub documents: RefCell<FxHashMap<Span, Arc<str>>>,
    /// Statements that took the place of others when documents were merged.
    pub replaced: RefCell<Vec<ReplacedStatement>>,
    /// What users should know of the evaluation itself.
    pub notes: RefCell<Vec<(Span, Arc<str>)>>,
    /// The folders that calls name and that are not there, by where they are named.
    pub(super) missing: RefCell<FxHashMap<Span, PathBuf>>,
    /// The calls of folders that stand no times.
    pub(super) off: RefCell<Vec<(PathBuf, OffCall)>>,
    /// The folders of which there is an instance.
    pub(super) standing: RefCell<FxHashSet<PathBuf>>,
    installed: OnceCell<FxHashMap<String, PathBuf>>,
    /// The file that was asked for last: mostly it is asked for again, and threads wait for each other at the workspace.
    last_source: RefCell<Option<Arc<Source>>>,
    /// The key of what stands once.
    no_key: Arc<str>,
    circle: Rc<Calls>,
    /// What many holes of computed attributes say.
    pub(super) words: Words,
    /// What data documents that are larger than anybody's may still weigh.
    pub(super) documents_left: Cell<usize>,
    /// Whether what is being evaluated is a part of a list or object that is written out, which is weighed as a whole.
    within: Cell<bool>,
}

/// Whether a value, or an element of it, is another one in other cases.
fn hangs_on_a_case(node: &Node) -> bool {
    let is_choice = |it: &Node| matches!(it.value, Value::OneOf(_));
    is_choice(node) || node.as_list().is_some_and(|it| it.iter().any(is_choice))
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
            doubt: RefCell::default(),
            revealing: Cell::new(0),
            rounds: Cell::new(1),
            instances: Cell::new(INSTANCES),
            used: RefCell::default(),
            used_alike: RefCell::default(),
            documents: RefCell::default(),
            replaced: RefCell::default(),
            notes: RefCell::default(),
            missing: RefCell::default(),
            off: RefCell::default(),
            standing: RefCell::default(),
            installed: OnceCell::new(),
            last_source: RefCell::default(),
            no_key: "".into(),
            circle: Rc::new(Calls::in_circle()),
            words: Words::default(),
            documents_left: Cell::new(DOCUMENTS),
            within: Cell::new(false),
        }
    }

    /// The root module over a folder.
    pub(super) fn root_module(&self, folder: Arc<Folder>, given: FxHashMap<CompactString, Node>) -> Rc<Module> {
        Rc::new(Module {
            folder,
            address: "".into(),
            path: ".".to_owned(),
            arguments: Arguments::Given(given),
            call: None,
            alike: None,
            depth: 0,
            supposed: FxHashMap::default(),
            is_supposed: false,
            memos: Default::default(),
            calls: RefCell::default(),
            repeats: RefCell::default(),
            once: RefCell::default(),
        })
    }

    /// Lets go of what a root and its calls remember: they hold each other, so nothing else would free them.
    pub(super) fn release(root: &Rc<Module>) {
        let mut left = vec![Rc::clone(root)];
        while let Some(module) = left.pop() {
            module.memos.iter().for_each(|it| it.borrow_mut().clear());
            module.repeats.borrow_mut().clear();
            module.once.take();
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

    /// What is remembered of a module: within `nonsensitive` things are worked out anew.
    fn memo<'m>(&self, module: &'m Module) -> &'m RefCell<FxHashMap<Key, Memo>> {
        &module.memos[usize::from(self.revealing.get() > 0)]
    }

    /// A part of a larger value: what fails in it is a hole of its own and leaves the rest, unless a `try` waits for it.
    fn part(&self, expr: &Expr, scope: &Scope) -> Outcome {
        if self.trying.get() > 0 { self.eval(expr, scope) } else { Ok(self.value(expr, scope)) }
    }

    /// A free hole in place of what is written at a span.
    pub(super) fn free(&self, span: Span, scope: &Scope, why: impl Into<Arc<str>>) -> Node {
        Node::unknown(self.hole(HoleKind::Free, span, scope, why))
    }

    pub(super) fn hole(&self, kind: HoleKind, span: Span, scope: &Scope, why: impl Into<Arc<str>>) -> Hole {
        Hole {
            kind,
            reference: self.written(span),
            scope: self.meaning(span, scope),
            span,
            why: why.into(),
            many: false,
        }
    }

    /// Where names mean what they mean in what is written at a span: the module, and the values of those names in it
    /// that a loop or the repetition of a block gives others each time.
    fn meaning(&self, span: Span, scope: &Scope) -> Arc<str> {
        let address = &scope.module.address;
        if scope.names.is_none() && scope.each.is_none() && scope.index.is_none() {
            return Arc::clone(address);
        }
        let source = self.source(span.file);
        let text = source.slice(span);
        let mentions = |name: &str| mentions(text, name);
        let mut meaning = String::new();
        let mut add = |name: &str, value: &dyn fmt::Display| {
            if meaning.is_empty() {
                meaning.push_str(address);
            }
            // Writing to a text cannot fail.
            let _ = write!(meaning, "; {name} = {value}");
        };
        for binding in std::iter::successors(scope.names.as_deref(), |it| it.outer.as_deref()) {
            if mentions(&binding.name) {
                add(&binding.name, binding.told.get_or_init(|| told(&binding.node)));
            }
        }
        let each = scope.each.as_deref().map(|(key, _)| ("each", key));
        let index = scope.index.as_ref().map(|it| ("count", it));
        for (name, node) in each.into_iter().chain(index).filter(|(name, _)| mentions(name)) {
            add(name, &told(node));
        }
        if meaning.is_empty() { Arc::clone(address) } else { meaning.into() }
    }

    /// Of which elements the loops around speak in what is written at a span, in words that tell it from what is said of
    /// others; nothing where it has to do with none.
    fn which(&self, span: Span, scope: &Scope) -> String {
        let mut words = String::new();
        if scope.names.is_none() {
            return words;
        }
        let source = self.source(span.file);
        let text = source.slice(span);
        let mut seen: Vec<&str> = Vec::new();
        for it in std::iter::successors(scope.names.as_deref(), |it| it.outer.as_deref()) {
            let is_shadowed = seen.contains(&&*it.name);
            seen.push(&it.name);
            if is_shadowed || !mentions(text, &it.name) {
                continue;
            }
            let known = |it: &Node| text_of(it).filter(|it| !it.has_holes());
            if let Some(which) = known(&it.node).or_else(|| it.place.as_ref().and_then(known)) {
                let is = if known(&it.node).is_some() { "=" } else { "at" };
                // Writing to a text cannot fail.
                let _ = write!(words, " for `{}` {is} `{which}`", it.name);
            }
        }
        words
    }

    fn source(&self, file: FileId) -> Arc<Source> {
        let mut last = self.last_source.borrow_mut();
        match &*last {
            Some(source) if source.id == file => Arc::clone(source),
            _ => Arc::clone(last.insert(self.workspace.source(file))),
        }
    }

    /// Whether [`Self::written`] comes to this for a span.
    fn says(&self, span: Span, words: &str) -> bool {
        let source = self.source(span.file);
        let text = source.slice(span);
        // A name is written as it stands.
        text == words || !is_name(text) && *self.written(span) == *words
    }

    /// What is written at a span, on one line and not too long, without what is marked as sensitive in it.
    pub(super) fn written(&self, span: Span) -> Arc<str> {
        const MARK: &str = "sensitive(";
        let source = self.source(span.file);
        let text = source.slice(span);
        let marked = text.contains('(').then(|| text.split_once(MARK)).flatten();
        if let Some((before, _)) = marked.filter(|(before, _)| !before.ends_with("non")) {
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
        let is_in_case = scope.assumed.is_some() || scope.stands.is_some();
        match out {
            Ok(node) if is_in_case && hangs_on_a_case(&node) => {
                Ok(self.in_assumed_case(node, &scope.premises().collect::<Vec<_>>()))
            }
            out => out,
        }
    }

    /// A value without the arms that cannot hold where the block that asks is there, and without the cases that hold
    /// there: `count` and the value may hang on one condition.
    fn in_assumed_case(&self, node: Node, premises: &[&Case]) -> Node {
        let holds = |arm: &Arm| self.holds(&arm.when, arm.at, premises);
        // Of an element that is there in one case only.
        let is_decided = |it: &Node| match &it.value {
            Value::OneOf(arms) if arms.len() == 1 => holds(&arms[0]),
            _ => None,
        };
        match &node.value {
            Value::OneOf(arms) => {
                let left: Vec<&Arm> = arms.iter().filter(|arm| holds(arm) != Some(false)).collect();
                match left[..] {
                    [arm] if arms.len() > 1 || holds(arm) == Some(true) => node.inherit(&arm.node),
                    _ if left.len() == arms.len() => node,
                    // What is there in one case only keeps it; of the two arms of a condition one is what holds.
                    [] => node,
                    _ => Node { value: Value::OneOf(left.into_iter().cloned().collect()), ..node },
                }
            }
            Value::List(nodes) if nodes.iter().any(|it| is_decided(it).is_some()) => {
                let left = nodes.iter().filter_map(|it| match (is_decided(it), only_in(it)) {
                    (Some(false), _) => None,
                    (Some(true), Some((it, _))) => Some(it),
                    _ => Some(it.clone()),
                });
                let left = left.collect();
                let left = if nodes.is_set() { Elements::of_set(left) } else { left.into() };
                Node { value: Value::List(left), ..node }
            }
            _ => node,
        }
    }

    /// A document as it is where a case holds, which decides some of what it hangs on; `None` where it decides nothing.
    pub(in crate::frontend::terraform) fn decided(&self, document: &Node, case: &Case) -> Option<Node> {
        let premises = [case];
        let mut is_decided = false;
        document.each_unknown(&mut |it| {
            is_decided |= matches!(it, Unknown::Arm(arm) if self.holds(&arm.when, arm.at, &premises).is_some());
        });
        is_decided.then(|| self.in_assumed_case_throughout(document.clone(), &premises))
    }

    fn in_assumed_case_throughout(&self, node: Node, premises: &[&Case]) -> Node {
        let node = self.in_assumed_case(node, premises);
        let within = |it: &Node| self.in_assumed_case_throughout(it.clone(), premises);
        let value = match &node.value {
            Value::List(nodes) => {
                let (is_set, nodes) = (nodes.is_set(), nodes.iter().map(within).collect());
                Value::List(if is_set { Elements::of_set(nodes) } else { nodes.into() })
            }
            Value::Object(object) => {
                let entries = object.entries.iter().map(|it| Entry { node: within(&it.node), ..it.clone() }).collect();
                Value::Object(Arc::new(Object { entries, open: object.open.clone() }))
            }
            Value::OneOf(arms) => {
                Value::OneOf(arms.iter().map(|arm| Arm { node: within(&arm.node), ..arm.clone() }).collect())
            }
            _ => return node,
        };
        Node { value, ..node }
    }

    /// Whether a case that is decided at a place is so where these hold; `None` where it has nothing to do with them.
    fn holds(&self, when: &str, at: Span, premises: &[&Case]) -> Option<bool> {
        let folder = |span: Span| self.workspace.source(span.file).path.parent().map(Path::to_owned);
        let is_of_one_module = |it: &Case| it.1.file == at.file || folder(it.1) == folder(at);
        premises.iter().find_map(|it| {
            let holds = if *it.0 == *when && functions::tells_one(when) {
                true
            } else if excludes(&it.0, when) {
                false
            } else {
                return None;
            };
            is_of_one_module(it).then_some(holds)
        })
    }

    /// Says that what is being evaluated has its value in one case, or in some cases, and that Terraform would refuse it
    /// in others, for the `try` or `can` around it.
    fn doubt(&self, doubt: Doubt, scope: &Scope) {
        let premises: Vec<&Case> = scope.premises().collect();
        let holds = |(when, at): &Case| self.holds(when, *at, &premises) == Some(true);
        if self.trying.get() == 0 || matches!(&doubt, Doubt::Unless(case) if holds(case)) {
            return;
        }
        let mut known = self.doubt.borrow_mut();
        *known = Some(match (known.take(), doubt) {
            (Some(Doubt::Unless(known)), Doubt::Unless(case)) if known.0 == case.0 => Doubt::Unless(case),
            (None, doubt) => doubt,
            _ => Doubt::Somehow,
        });
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

    /// Whether so much may still be built. What may not costs something too, so that nobody asks for it without end, and
    /// not so much that what stands beside it cannot be evaluated any more.
    fn pay(&self, bytes: usize) -> bool {
        let left = self.bytes.get().checked_sub(bytes as u64);
        self.bytes.set(left.unwrap_or_else(|| self.bytes.get().saturating_sub(BYTES / REFUSALS)));
        left.is_some()
    }

    /// An opaque text in place of what is written at a span.
    pub(super) fn opaque(&self, span: Span, scope: &Scope, why: impl Into<Arc<str>>) -> Node {
        let hole = Arc::new(self.hole(HoleKind::Opaque, span, scope, why));
        Node::new(Value::Text(Text::hole(hole)), span)
    }
}

/// Whether a name stands in an expression.
fn mentions(text: &str, name: &str) -> bool {
    let is_word = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || matches!(it, '_' | '-' | '.'));
    text.match_indices(name).any(|(at, _)| {
        let behind = text[at + name.len()..].chars().next().filter(|it| *it != '.');
        !is_word(text[..at].chars().next_back()) && !is_word(behind)
    })
}

/// What tells a value from others: its text, or a digest.
fn told(node: &Node) -> String {
    match text_of(node) {
        Some(text) => text.to_string(),
        None => {
            let mut hasher = FxHasher::default();
            format!("{:?}", node.value).hash(&mut hasher);
            format!("{:x}", hasher.finish())
        }
    }
}
