//! Module calls: the folders they name, their instances and outputs.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use compact_str::CompactString;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::reference::says;
use super::repeat::{Repeat, Repeated};
use super::steps::reach_of_splat;
use super::{Alike, Arguments, Doubt, Evaluator, Failure, Key, Module, Outcome, Scope};
use crate::frontend::terraform::collect::prefixed;
use crate::frontend::terraform::folder::Folder;
use crate::frontend::terraform::{OF_THE_CALL, OffCall};
use crate::source::{FileId, Span, is_fetched, normal};
use crate::syntax::hcl::{Accessor, BinaryOp, Block, Expr, ExprKind, UnaryOp};
use crate::syntax::json;
use crate::value::{Entry, Node, Number, Object, Text, Told, Unknown, Value, premises};

/// The instances of one module call.
#[derive(Debug)]
pub(in crate::frontend::terraform) struct Calls {
    /// How many there are, and how they are told apart.
    pub repeated: Rc<Repeated>,
    /// One module an instance; none when its folder is not there.
    pub modules: Vec<Rc<Module>>,
    /// Why there are none.
    pub missing: Option<Arc<str>>,
}

impl Calls {
    fn missing(repeated: Rc<Repeated>, why: &str) -> Self {
        Self { repeated, modules: Vec::new(), missing: Some(why.into()) }
    }

    /// Those of a call that refers to itself.
    pub(super) fn in_circle() -> Self {
        let nothing = Repeated { repeat: Repeat::One, instances: SmallVec::new() };
        Self::missing(Rc::new(nothing), "the call refers to itself")
    }
}

impl Evaluator<'_> {
    /// A module call's instances.
    pub(in crate::frontend::terraform) fn calls(&self, module: &Rc<Module>, name: &str) -> Option<Rc<Calls>> {
        if let Some(calls) = module.calls.borrow().get(name) {
            return Some(Rc::clone(calls));
        }
        let block = module.folder.block(module.folder.find("module", name, "")?)?;
        // Whoever asks while the call's own `count` is evaluated asks in a circle.
        module.calls.borrow_mut().insert(name.into(), Rc::clone(&self.circle));
        let repeated = self.repeated(module, &block);
        let calls = match self.folder_of(module, name, &block) {
            Err(why) => Calls::missing(repeated, &why),
            Ok(_) if self.instances.get() < repeated.instances.len() => {
                Calls::missing(repeated, "there are more instances of modules than iamlint looks at")
            }
            Ok(_) if module.depth >= 32 => Calls::missing(repeated, "modules are nested too deep"),
            Ok((folder, path)) => {
                self.instances.set(self.instances.get() - repeated.instances.len());
                let prefix = if module.address.is_empty() { String::new() } else { format!("{}.", module.address) };
                let is_one = repeated.instances.len() == 1;
                let differ = !is_one && self.differ(&block);
                let mut own = None;
                let mut alike = |address: &Arc<str>, key: &str| match &module.alike {
                    Some(callers) => Some(callers.call([name, if differ { key } else { "" }].concat(), address)),
                    None if is_one || differ => None,
                    None => Some(Rc::clone(own.get_or_insert_with(|| Alike::new(address)))),
                };
                let modules = repeated
                    .instances
                    .iter()
                    .map(|instance| {
                        let address = format!("{prefix}module.{name}{}", instance.key).into();
                        Rc::new(Module {
                            folder: Arc::clone(&folder),
                            alike: alike(&address, &instance.key),
                            address,
                            path: path.clone(),
                            arguments: Arguments::Call {
                                caller: Rc::clone(module),
                                scope: Box::new(instance.scope.clone()),
                                block: Arc::clone(&block),
                            },
                            call: Some(block.head()),
                            depth: module.depth + 1,
                            supposed: FxHashMap::default(),
                            is_supposed: module.is_supposed,
                            memos: Default::default(),
                            calls: RefCell::default(),
                            repeats: RefCell::default(),
                            once: RefCell::default(),
                        })
                    })
                    .collect::<Vec<_>>();
                if !modules.is_empty() && !module.is_supposed {
                    self.standing.borrow_mut().insert(folder.path.clone());
                }
                Calls { repeated, modules, missing: None }
            }
        };
        let calls = Rc::new(calls);
        module.calls.borrow_mut().insert(name.into(), Rc::clone(&calls));
        Some(calls)
    }

    /// Remembers a call that stands no times, and what it would hand over if it were switched on.
    pub(in crate::frontend::terraform) fn note_off(
        &self,
        module: &Rc<Module>,
        name: &str,
        block: &Block,
        is_never: bool,
    ) {
        let Ok((folder, _)) = self.folder_of(module, name, block) else { return };
        let arguments = || {
            let switched = self.switched_on(module, block);
            let scope = Scope::of(switched.as_ref().unwrap_or(module));
            let handed = block.body.attributes.iter().filter(|it| !OF_THE_CALL.contains(&&*it.name.text));
            let arguments = handed.map(|it| (it.name.text.clone(), self.value(&it.value, &scope))).collect();
            switched.iter().for_each(Self::release);
            arguments
        };
        let call = OffCall {
            address: prefixed(module, &["module.", name]),
            span: block.head(),
            arguments: (!is_never).then(arguments),
        };
        self.off.borrow_mut().push((folder.path.clone(), call));
    }

    /// The module as it is where a call of it stands that is switched off by its variables; none where it cannot be told
    /// what they would have to be.
    fn switched_on(&self, module: &Rc<Module>, block: &Block) -> Option<Rc<Module>> {
        /// Nobody has a switch by way of more locals.
        const DEEP: u32 = 8;
        let (repeat, wanted) = match block.body.attribute("count") {
            Some(count) => (count, Wanted::Count),
            None => (block.body.attribute("for_each")?, Wanted::Elements),
        };
        let mut supposed = Supposed::default();
        self.suppose(module, &repeat.value, wanted, DEEP, &mut supposed)?;
        Some(Rc::new(Module {
            folder: Arc::clone(&module.folder),
            address: Arc::clone(&module.address),
            path: module.path.clone(),
            arguments: module.arguments.clone(),
            call: module.call,
            alike: None,
            depth: module.depth,
            supposed,
            is_supposed: true,
            memos: Default::default(),
            calls: RefCell::default(),
            repeats: RefCell::default(),
            once: RefCell::default(),
        }))
    }

    /// What variables have to be for an expression to come to what is wanted of it, as far as it can be told; none where
    /// nothing can be. So deep locals are followed.
    fn suppose(&self, module: &Rc<Module>, expr: &Expr, wanted: Wanted, deep: u32, out: &mut Supposed) -> Option<()> {
        let further = |expr: &Expr, wanted: Wanted, out: &mut Supposed| self.suppose(module, expr, wanted, deep, out);
        let scope = Scope::of(module);
        match (&expr.kind, wanted) {
            (ExprKind::Paren(inner), _) => further(inner, wanted, out),
            (ExprKind::Unary(UnaryOp::Not, inner), Wanted::Truth(it)) => further(inner, Wanted::Truth(!it), out),
            (ExprKind::Conditional(arms), Wanted::Count | Wanted::Elements) => {
                let [condition, then, otherwise] = &**arms;
                let is_some = |arm: &Expr| match &self.value(arm, &scope).value {
                    Value::Number(it) => it.0 >= 1.0,
                    Value::List(nodes) => !nodes.is_empty(),
                    Value::Object(object) => !object.entries.is_empty() || object.open.is_some(),
                    it => matches!(it, Value::Unknown(_)),
                };
                let holds = if is_some(then) { true } else { is_some(otherwise).then_some(false)? };
                further(condition, Wanted::Truth(holds), out)
            }
            (ExprKind::Binary(op, sides), Wanted::Truth(it)) => {
                let [left, right] = &**sides;
                let is_fixed = |it: &Expr| {
                    matches!(it.kind, ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(_))
                };
                match op {
                    BinaryOp::And | BinaryOp::Or if (*op == BinaryOp::And) == it => {
                        let both = [further(left, wanted, out), further(right, wanted, out)];
                        both.into_iter().flatten().next()
                    }
                    BinaryOp::Equal | BinaryOp::NotEqual => {
                        let (name, fixed) = if is_fixed(right) { (left, right) } else { (right, left) };
                        let (_, name) = name_of(name).filter(|(root, _)| *root == "var" && is_fixed(fixed))?;
                        let node = match (*op == BinaryOp::Equal) == it {
                            true => self.value(fixed, &scope),
                            false => {
                                self.free(expr.span, &scope, "it is another value where the module is switched on")
                            }
                        };
                        out.insert(name.into(), node);
                        Some(())
                    }
                    _ => None,
                }
            }
            _ => match name_of(expr)? {
                ("local", name) => {
                    let (block, at) = module.folder.local(name).filter(|_| deep > 0)?;
                    self.suppose(module, &block.body.attributes[at].value, wanted, deep - 1, out)
                }
                ("var", name) => {
                    let value = match wanted {
                        Wanted::Truth(it) => Value::Bool(it),
                        Wanted::Count => Value::Number(Number(1.0)),
                        Wanted::Elements => return None,
                    };
                    out.insert(name.into(), Node::new(value, expr.span));
                    Some(())
                }
                _ => None,
            },
        }
    }

    /// Whether the inputs of a call hang on the instance.
    fn differ(&self, block: &Block) -> bool {
        let hangs = |text: &str| text.contains("each.") || text.contains("count.");
        let inputs = block.body.attributes.iter().filter(|it| !matches!(&*it.name.text, "count" | "for_each"));
        inputs.map(|it| self.written(it.value.span)).any(|it| hangs(&it))
    }

    /// The folder a module call names, and its path relative to the root.
    pub(super) fn folder_of(
        &self,
        module: &Rc<Module>,
        name: &str,
        block: &Block,
    ) -> Result<(Arc<Folder>, String), String> {
        let source = block.body.attribute("source").and_then(|it| match &it.value.kind {
            ExprKind::Text(text) => Some((text.as_known()?.to_owned(), it.value.span)),
            _ => None,
        });
        let Some((source, at)) = source else { return Err("its source is not literal text".to_owned()) };
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
        let folder_path = self.workspace.ground.normal(&self.root.join(&path));
        if let Some(circle) = circle(module, &folder_path, block) {
            self.notes.borrow_mut().push(circle);
            return Err("the module calls itself".to_owned());
        }
        match (self.folders)(&folder_path) {
            Some(folder) => Ok((folder, path)),
            None if self.workspace.is_outside(&folder_path) => Err(format!(
                "`{source}` leads out of what was named: name `{}` as well, or a folder around both",
                folder_path.display()
            )),
            None => {
                // What was fetched is as it was fetched. Terraform takes a folder without files of its own as an empty module.
                if local && !is_fetched(&folder_path) && self.workspace.files_below(&folder_path).is_empty() {
                    self.missing.borrow_mut().insert(at, folder_path);
                }
                Err(format!("there is no module in `{source}`"))
            }
        }
    }

    /// Where Terraform has installed modules, by the key of the call.
    pub(super) fn installed(&self) -> &FxHashMap<String, PathBuf> {
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

    /// What a module gives out, which is known by that to who calls it.
    pub(super) fn module_reference(&self, accessors: &[Accessor], span: Span, scope: &Scope) -> Outcome {
        let mut node = self.given_out(accessors, span, scope)?;
        if let Value::Text(text) = &node.value
            && let Some(known) = text.known_as(|| self.written(span))
        {
            node.value = Value::Text(known);
        }
        Ok(node)
    }

    fn given_out(&self, accessors: &[Accessor], span: Span, scope: &Scope) -> Outcome {
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
            (Repeat::Unknown { .. }, Some(Accessor::Index(key))) => match calls.modules.first() {
                Some(module) => {
                    self.try_instance(&calls.repeated, &calls.repeated.instances[0], key, scope)?;
                    output(module, &rest[1..])
                }
                None => Ok(self.free(span, scope, "the module is not known")),
            },
            (_, Some(Accessor::Index(key))) => {
                let written = key;
                let key = self.eval(key, scope)?;
                match calls.repeated.at(&key).and_then(|at| Some((at, calls.modules.get(at)?))) {
                    Some((at, module)) => {
                        self.try_instance(&calls.repeated, &calls.repeated.instances[at], written, scope)?;
                        output(module, &rest[1..])
                    }
                    None if key.is_known() => Err(Failure { span, message: "there is no such instance".into() }),
                    None => match calls.modules.as_slice() {
                        [module] => {
                            self.doubt(Doubt::Somehow, scope);
                            output(module, &rest[1..])
                        }
                        _ => Ok(self.free(span, scope, "which instance it is, is not known")),
                    },
                }
            }
            (_, Some(Accessor::FullSplat(_) | Accessor::AttributeSplat(_))) => {
                let instances = calls.repeated.instances.iter().zip(&calls.modules);
                let (within, behind) = reach_of_splat(rest);
                let nodes = instances.map(|(it, module)| Ok(calls.repeated.as_element(it, output(module, within)?)));
                let list = Node::list(nodes.collect::<Result<_, Failure>>()?, span);
                self.steps_into(list, behind, span, scope)
            }
            (repeat, _) => {
                let all: Vec<Node> = calls.modules.iter().map(|it| self.outputs(it, span)).collect();
                self.steps_into(self.gathered(repeat, all, span), rest, span, scope)
            }
        }
    }

    pub(super) fn output(&self, module: &Rc<Module>, name: &str, span: Span) -> Result<(Node, Arc<str>), Failure> {
        let words = || format!("`{}.{name}`", call_name(&module.address));
        let block = || module.folder.find("output", name, "").and_then(|id| module.folder.block(id));
        let (node, words) = self.remembered(module, Key::Output(name.into()), span, words, || {
            let Some(block) = block() else {
                return Err(Failure { span, message: format!("the module has no output `{name}`").into() });
            };
            match block.body.attribute("value") {
                Some(value) => Ok(in_words_of(module, self.eval(&value.value, &Scope::of(module))?)),
                None => Err(Failure { span, message: format!("the output `{name}` has no value").into() }),
            }
        })?;
        let may_be_marked = self.revealing.get() == 0 && module.folder.may_be_secret("output", name);
        let is_marked = may_be_marked && block().is_some_and(|it| says(&it, "sensitive", true));
        if !is_marked {
            return Ok((node, words));
        }
        Ok((self.masked(&node, span, &Scope::of(module), "the output is sensitive", None), words))
    }

    pub(super) fn outputs(&self, module: &Rc<Module>, span: Span) -> Node {
        let mut object = Object::default();
        for (_, [name, _]) in module.folder.blocks("output") {
            if let Ok((node, _)) = self.output(module, name, span) {
                object.entries.push(Entry { key: Text::known(name, span), key_span: span, node });
            }
        }
        Node::new(Value::Object(Arc::new(object)), span)
    }
}

/// What variables are taken to be, by name.
type Supposed = FxHashMap<CompactString, Node>;

/// What is wanted of an expression.
#[derive(Clone, Copy)]
enum Wanted {
    /// This truth value.
    Truth(bool),
    /// A number from 1.
    Count,
    /// Something with elements.
    Elements,
}

/// The root and the name of what an expression refers to, and takes nothing out of: `var.on`.
fn name_of(expr: &Expr) -> Option<(&str, &str)> {
    let ExprKind::Access(access) = &expr.kind else { return None };
    match (&access.base.kind, access.accessors.as_slice()) {
        (ExprKind::Variable(root), [Accessor::Attribute(name)]) => Some((root, &name.text)),
        _ => None,
    }
}

/// A value as others see it: a case that a module decides is another one in each of its instances, and is told with whose
/// it is.
fn in_words_of(module: &Module, node: Node) -> Node {
    const OF: &str = " of `module.";
    let mut is_undecided = false;
    node.each_unknown(&mut |it| is_undecided |= matches!(it, Unknown::Arm(_)));
    if !is_undecided || module.address.is_empty() {
        return node;
    }
    let files: Vec<FileId> = module.folder.files.iter().map(|it| it.source.id).collect();
    let address = Arc::clone(&module.address);
    let told: Told = Arc::new(move |arm| {
        let is_own = files.contains(&arm.at.file) && !arm.when.contains(OF);
        is_own.then(|| {
            let words: Vec<String> = premises(&arm.when).iter().map(|it| format!("{it} of `{address}`")).collect();
            words.join(" and ").into()
        })
    });
    node.with_cases(&told)
}

/// The circle that a call of a folder closes, if it closes one: the call of its first folder, so that it is the same
/// wherever it is entered, and what to say of it.
fn circle(module: &Rc<Module>, called: &Path, block: &Block) -> Option<(Span, Arc<str>)> {
    let callers = || {
        std::iter::successors(Some(module), |it| match &it.arguments {
            Arguments::Call { caller, .. } => Some(caller),
            Arguments::Given(_) => None,
        })
    };
    let length = callers().position(|it| it.folder.path == called)?;
    let within = callers().take(length).filter_map(|it| Some((&*it.folder.path, it.call?)));
    let mut calls: Vec<(&Path, Span)> = std::iter::once((called, block.head())).chain(within).collect();
    calls.reverse();
    let first = (0..calls.len()).min_by_key(|n| calls[*n].0)?;
    calls.rotate_left(first);
    let span = calls[0].1;
    let names: Vec<String> = calls.iter().map(|(folder, _)| format!("`{}`", folder.display())).collect();
    let message = match names.as_slice() {
        [_] => "the module calls itself".to_owned(),
        [first, ..] => format!("modules call each other in a circle: {} and {first} again", names.join(", ")),
        [] => return None,
    };
    Some((span, message.into()))
}

/// `module.app` of `module.app["a"]` within others.
pub(super) fn call_name(address: &str) -> String {
    strip_keys(address)
}

pub(super) fn strip_keys(address: &str) -> String {
    if !address.contains('[') {
        return address.to_owned();
    }
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
pub(super) fn join(base: &str, source: &str) -> String {
    let joined = normal(&Path::new(base).join(source));
    let text = joined.to_string_lossy().replace('\\', "/");
    if text.is_empty() { ".".to_owned() } else { text }
}
