//! Terraform: folders of files, evaluated from each root module the way Terraform does, down to what matters to access.
//! A called module is judged through its callers only.

mod attributes;
mod claims;
mod collect;
mod decimal;
mod document;
mod evaluator;
mod folder;
pub mod functions;
mod marked;
pub mod resources;
mod types;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use compact_str::CompactString;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

pub use collect::Collected;
pub use folder::{File, Folder, is_terraform};
pub use marked::marked;

use crate::source::{Selected, Source, Span, Workspace, in_order, normal};
use crate::syntax::hcl::{self, ExprKind};
use crate::syntax::{SyntaxError, json};
use crate::value::{Node, Text, Value};
use evaluator::{Evaluator, Scope};

/// What a user says of variables.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// In the order of the command line: later ones win.
    pub given: Vec<Given>,
}

/// What gives values to variables of root modules.
#[derive(Clone, Debug)]
pub enum Given {
    /// A file of values.
    File(PathBuf),
    /// The name of a variable, and its value as it is written.
    Value(String, String),
}

/// The Terraform folders of a workspace, told apart into roots and called modules.
#[derive(Debug, Default)]
pub struct Estate {
    /// The folders to evaluate, by path.
    pub roots: Vec<Arc<Folder>>,
    /// The folders that a root calls; they are shared between roots.
    pub called: Called,
}

type Slot = Arc<OnceLock<Option<Arc<Folder>>>>;

/// Folders by path, read when they are first called.
#[derive(Debug, Default)]
pub struct Called {
    folders: Mutex<FxHashMap<PathBuf, Slot>>,
    /// Those of which a root has an instance.
    standing: Mutex<FxHashSet<PathBuf>>,
    /// The calls of each that stand no times.
    off: Mutex<FxHashMap<PathBuf, Vec<OffCall>>>,
}

/// The arguments of a call that are no inputs of its module.
pub(crate) const OF_THE_CALL: [&str; 6] = ["count", "depends_on", "for_each", "providers", "source", "version"];

/// A call of a module that stands no times, by the values that are known.
#[derive(Clone, Debug)]
pub struct OffCall {
    /// `module.app`.
    address: Arc<str>,
    /// Where it stands.
    span: Span,
    /// What it would hand over; none where nobody can switch it on.
    arguments: Option<FxHashMap<CompactString, Node>>,
}

impl Called {
    fn get(&self, workspace: &Workspace, path: &Path) -> Option<Arc<Folder>> {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = Arc::clone(folders.entry(path.to_owned()).or_default());
        drop(folders);
        slot.get_or_init(|| Folder::open(workspace, path).map(Arc::new)).clone()
    }

    fn stands(&self, path: &Path) {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
    }

    /// The calls of a folder that stand no times, those that nobody can switch on only where there are no others.
    pub fn off(&self, workspace: &Workspace, path: &Path) -> Vec<OffCall> {
        /// More of them would say little more.
        const MOST: usize = 8;
        let off = self.off.lock().unwrap_or_else(PoisonError::into_inner);
        let mut calls = off.get(path).cloned().unwrap_or_default();
        drop(off);
        // Roots are read in any order.
        calls.sort_by_cached_key(|it| {
            (workspace.source(it.span.file).path.clone(), it.span.start, Arc::clone(&it.address))
        });
        if calls.iter().any(|it| it.arguments.is_some()) {
            calls.retain(|it| it.arguments.is_some());
        } else {
            calls.truncate(1);
        }
        calls.truncate(MOST);
        calls
    }

    /// The folders that were selected and called, but of which no root so far has an instance, as `count` is 0
    /// wherever they are called: they are judged by themselves, since they would be judged nowhere else. Those that
    /// others of them call are left for later.
    pub fn idle(&self, workspace: &Workspace) -> Vec<Arc<Folder>> {
        let mut idle = self.folders();
        let standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|it| !standing.contains(&it.path));
        drop(standing);
        if idle.is_empty() {
            return idle;
        }
        let selected: FxHashSet<&OsStr> = workspace.selected.iter().filter_map(|it| folder_of(&it.path)).collect();
        idle.retain(|it| selected.contains(it.path.as_os_str()));
        let calls: FxHashSet<PathBuf> = idle.iter().flat_map(|it| local_calls(workspace, it)).collect();
        let first: Vec<_> = idle.iter().filter(|it| !calls.contains(&it.path)).cloned().collect();
        // Folders that call each other in a circle have no first one.
        if first.is_empty() { idle.into_iter().take(1).collect() } else { first }
    }

    /// The folders that were read because selected ones call them, directly or by way of others, and those that were
    /// selected; the others are of folders that call these.
    pub fn asked_for(&self, workspace: &Workspace) -> Vec<Arc<Folder>> {
        let mut folders = self.folders();
        if workspace.callers.is_empty() {
            return folders;
        }
        let by_path: FxHashMap<&PathBuf, &Arc<Folder>> = folders.iter().map(|it| (&it.path, it)).collect();
        let selected = Calls::of(workspace).calls;
        let mut next: Vec<PathBuf> =
            selected.iter().flat_map(|(own, called)| called.iter().chain([own])).cloned().collect();
        let mut asked = FxHashSet::default();
        while let Some(path) = next.pop() {
            if let Some(folder) = by_path.get(&path).filter(|_| !asked.contains(&path)) {
                next.extend(local_calls(workspace, folder));
                asked.insert(path);
            }
        }
        folders.retain(|it| asked.contains(&it.path));
        folders
    }

    /// Every folder that was read.
    pub fn folders(&self) -> Vec<Arc<Folder>> {
        let folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out: Vec<_> = folders.values().filter_map(|it| it.get().cloned().flatten()).collect();
        out.sort_by_cached_key(|it| in_order(&it.path));
        out
    }
}

/// The folder of a file that was selected, whose path is normal; as plain text, which is cheaper to hash than a path.
fn folder_of(path: &Path) -> Option<&OsStr> {
    path.parent().map(Path::as_os_str)
}

/// Reads and cuts every Terraform file that was selected, and finds the roots.
pub fn survey(workspace: &Workspace) -> Estate {
    let named: FxHashSet<&PathBuf> = workspace.selected.iter().filter(|it| it.named).map(|it| &it.path).collect();
    let mut by_folder: FxHashMap<&OsStr, Vec<PathBuf>> = FxHashMap::default();
    for selected in &workspace.selected {
        let name = selected.path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        if is_terraform(name) {
            let folder = folder_of(&selected.path).unwrap_or_default();
            by_folder.entry(folder).or_default().push(selected.path.clone());
        } else if selected.named && is_loaded(name) {
            by_folder.entry(folder_of(&selected.path).unwrap_or_default()).or_default();
        }
    }
    for folder in &workspace.callers {
        by_folder.entry(folder.as_os_str()).or_default();
    }
    let mut groups: Vec<_> = by_folder.into_iter().map(|(path, files)| (PathBuf::from(path), files)).collect();
    groups.sort_by_cached_key(|(path, _)| in_order(path));
    let folders: Vec<(Arc<Folder>, Vec<PathBuf>)> = groups
        .into_par_iter()
        .with_max_len(1)
        .map(|(path, files)| {
            // A file that was named alone still stands in its folder, and so does a caller.
            let alone = files.is_empty() || files.iter().any(|it| named.contains(it));
            let folder = alone.then(|| Folder::open(workspace, &path)).flatten();
            let folder = folder.filter(|it| it.files.len() > files.len());
            let folder = Arc::new(folder.unwrap_or_else(|| Folder::read(workspace, &path, &files)));
            let calls = local_calls(workspace, &folder);
            (folder, calls)
        })
        .collect();
    let called: FxHashSet<&PathBuf> = folders.iter().flat_map(|(_, calls)| calls).collect();
    let at: FxHashMap<&PathBuf, usize> = folders.iter().enumerate().map(|(n, (it, _))| (&it.path, n)).collect();
    let mut reached = vec![false; folders.len()];
    let mut is_root = vec![false; folders.len()];
    let reach = |from: usize, reached: &mut Vec<bool>| {
        let mut next = vec![from];
        while let Some(n) = next.pop() {
            if !std::mem::replace(&mut reached[n], true) {
                next.extend(folders[n].1.iter().filter_map(|it| at.get(it)));
            }
        }
    };
    for (n, (folder, _)) in folders.iter().enumerate() {
        if !called.contains(&folder.path) {
            is_root[n] = true;
            reach(n, &mut reached);
        }
    }
    // Folders that call each other in a circle have no caller outside of it: the first of them is judged by itself.
    for n in 0..folders.len() {
        if !reached[n] {
            is_root[n] = true;
            reach(n, &mut reached);
        }
    }
    let mut estate = Estate::default();
    let mut slots = FxHashMap::default();
    for (n, (folder, _)) in folders.iter().enumerate() {
        if is_root[n] {
            estate.roots.push(Arc::clone(folder));
        }
        if called.contains(&folder.path) {
            slots.insert(folder.path.clone(), Arc::new(OnceLock::from(Some(Arc::clone(folder)))));
        }
    }
    estate.called = Called { folders: Mutex::new(slots), ..Called::default() };
    estate
}

/// Whether Terraform reads values from a file of this name without being told to.
pub fn is_loaded(name: &str) -> bool {
    let endings = [".auto.tfvars", ".auto.tfvars.json"];
    matches!(name, "terraform.tfvars" | "terraform.tfvars.json") || endings.iter().any(|it| name.ends_with(it))
}

/// The folders that a folder's module calls name by a path.
fn local_calls(workspace: &Workspace, folder: &Folder) -> Vec<PathBuf> {
    let sources = folder.calls().into_iter().filter_map(|(_, source)| source);
    let paths = sources.filter(|it| it.starts_with('.')).map(|it| workspace.ground.normal(&folder.path.join(it)));
    paths.filter(|called| *called != folder.path).collect()
}

/// Which selected folders call which.
#[derive(Debug)]
pub struct Calls {
    calls: BTreeMap<PathBuf, Vec<PathBuf>>,
}

impl Calls {
    /// The calls between the selected folders of a workspace.
    pub fn of(workspace: &Workspace) -> Self {
        let is_read = |it: &Selected| it.path.file_name().and_then(|it| it.to_str()).is_some_and(is_terraform);
        let folders = workspace.selected.iter().filter(|it| is_read(it)).map(parent_of);
        let folders: FxHashSet<PathBuf> = folders.collect();
        let calls = |path: PathBuf| {
            let called = Folder::open(workspace, &path).map(|it| local_calls(workspace, &it)).unwrap_or_default();
            (path, called)
        };
        Self { calls: folders.into_par_iter().map(calls).collect() }
    }

    /// The selected files that say all there is to say about a change of one of them: those of every folder that reaches
    /// its own, of all that those call, and the JSON files below them.
    pub fn family(&self, workspace: &Workspace, changed: &Selected) -> Vec<Selected> {
        let Some((own, _)) = parent_of(changed).ancestors().find_map(|it| self.calls.get_key_value(it)) else {
            return vec![changed.clone()];
        };
        let mut family: FxHashSet<&PathBuf> = FxHashSet::from_iter([own]);
        let mut size = 0;
        while std::mem::replace(&mut size, family.len()) < family.len() {
            let callers = self.calls.iter().filter(|(_, called)| called.iter().any(|it| family.contains(it)));
            family.extend(callers.map(|(path, _)| path).collect::<Vec<_>>());
        }
        let mut next: Vec<&PathBuf> = family.iter().copied().collect();
        while let Some(path) = next.pop() {
            next.extend(self.calls.get(path).into_iter().flatten().filter(|it| family.insert(*it)));
        }
        let is_of = |it: &&Selected| {
            parent_of(it)
                .ancestors()
                .find(|it| self.calls.contains_key(*it))
                .is_some_and(|it| family.contains(&it.to_owned()))
        };
        workspace.selected.iter().filter(is_of).cloned().collect()
    }
}

fn parent_of(selected: &Selected) -> PathBuf {
    selected.path.parent().map(normal).unwrap_or_default()
}

/// The one resource of a folder whose ARN has a documented form, as an expression gives it: its ARN, and what stands
/// behind it for a thing within the resource. None where there are several, where it stands more than once, and where
/// it cannot be named at a place since it is made from what stands there.
pub fn only_resource(folder: &Folder, form: &str, at: Span) -> Option<(String, String)> {
    let wanted = attributes::bare(form);
    let mut found = None;
    for (id, [kind, name]) in folder.blocks("resource") {
        let Some(rest) = attributes::arn_form(kind).and_then(|own| wanted.strip_prefix(&attributes::bare(own))) else {
            continue;
        };
        if !(rest.is_empty() || rest.starts_with(['/', ':'])) {
            continue;
        }
        let block = folder.block(id)?;
        // Policies name a log group with all of its streams, whatever is done with it.
        // <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html>
        let rest = if kind == "aws_cloudwatch_log_group" { ":*".to_owned() } else { rest.replace("{}", "*") };
        let is_second = found.replace((format!("{kind}.{name}.arn"), rest)).is_some();
        if evaluator::is_repeated(&block) || is_second || folder.is_made_from(&block, at) {
            return None;
        }
    }
    found
}

/// The account that a folder is applied in, as an expression, where it looks up that one and no other.
pub fn account(folder: &Folder) -> Option<String> {
    let mut looked_up = folder.blocks("data").filter(|(_, [kind, _])| *kind == "aws_caller_identity");
    let (id, [kind, name]) = looked_up.next().filter(|_| looked_up.next().is_none())?;
    let plain = folder.block(id)?.body.attributes.is_empty();
    plain.then(|| format!("data.{kind}.{name}.account_id"))
}

/// Evaluates one root module.
pub fn read(workspace: &Workspace, called: &Called, root: &Arc<Folder>, options: &Options) -> Collected {
    read_as(workspace, called, root, None, options)
}

/// Evaluates one root module, or one that is switched off as a call of it would have it.
pub fn read_as(
    workspace: &Workspace,
    called: &Called,
    root: &Arc<Folder>,
    off: Option<&OffCall>,
    options: &Options,
) -> Collected {
    // Before anything can go wrong: whatever becomes of it, it is not judged twice.
    called.stands(&root.path);
    let folders = |path: &Path| called.get(workspace, path);
    let evaluator = Evaluator::new(workspace, root.path.clone(), &folders);
    let mut errors = Vec::new();
    let mut given = values(workspace, root, options, &evaluator, &mut errors);
    given.extend(off.and_then(|it| it.arguments.clone()).into_iter().flatten());
    let module = evaluator.root_module(Arc::clone(root), given);
    let mut collected = collect::collect(&evaluator, &module);
    collected.configuration.off = off.map(|it| (it.span, format!("`{}` is switched off", it.address).into()));
    for (path, call) in evaluator.off.take() {
        called.off.lock().unwrap_or_else(PoisonError::into_inner).entry(path).or_default().push(call);
    }
    for path in evaluator.standing.take() {
        called.stands(&path);
    }
    Evaluator::release(&module);
    collected.errors.extend(errors);
    collected
}

/// The outputs of the root module in a folder, by name: their values, or what Terraform would refuse them for.
pub fn outputs(workspace: &Workspace, path: &Path, options: &Options) -> Vec<(String, Result<Node, String>)> {
    let called = Called::default();
    let Some(root) = called.get(workspace, &normal(path)) else { return Vec::new() };
    let folders = |path: &Path| called.get(workspace, path);
    let evaluator = Evaluator::new(workspace, root.path.clone(), &folders);
    let given = values(workspace, &root, options, &evaluator, &mut Vec::new());
    let module = evaluator.root_module(Arc::clone(&root), given);
    let scope = Scope::of(&module);
    let outputs = root
        .blocks("output")
        .filter_map(|(id, [name, _])| {
            let value = root.block(id)?.body.attribute("value")?.value.clone();
            let outcome = evaluator.eval(&value, &scope).map_err(|failure| failure.message.to_string());
            Some((name.to_owned(), outcome))
        })
        .collect();
    Evaluator::release(&module);
    outputs
}

/// The values of a root's variables, in Terraform's order: `terraform.tfvars`, `*.auto.tfvars`, what the command line
/// gives. <https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence>
fn values(
    workspace: &Workspace,
    root: &Arc<Folder>,
    options: &Options,
    evaluator: &Evaluator<'_>,
    errors: &mut Vec<SyntaxError>,
) -> FxHashMap<CompactString, Node> {
    let own = workspace.files_in(&root.path);
    let name = |path: &PathBuf| path.file_name().and_then(|it| it.to_str()).unwrap_or_default().to_owned();
    let (first, auto): (Vec<_>, Vec<_>) =
        own.into_iter().filter(|it| is_loaded(&name(it))).partition(|it| name(it).starts_with("terraform.tfvars"));
    let loaded: Vec<Given> = first.into_iter().chain(auto).map(Given::File).collect();
    let scope = Scope::of(&evaluator.root_module(Arc::clone(root), FxHashMap::default()));
    let mut values = FxHashMap::default();
    for given in loaded.iter().chain(&options.given) {
        match given {
            Given::File(path) => {
                let Ok(source) = workspace.open(path) else { continue };
                values.extend(values_of(&source, evaluator, &scope, errors));
            }
            Given::Value(name, value) => {
                values.extend(value_of(root, name, value).map(|node| (name.as_str().into(), node)));
            }
        }
    }
    values
}

/// The value of a variable of a root that is written on the command line; none where it declares no such variable.
fn value_of(root: &Folder, name: &str, value: &str) -> Option<Node> {
    let block = root.find("variable", name, "").and_then(|id| root.block(id))?;
    let span = block.head();
    let is_text = match block.body.attribute("type").map(|it| &it.value.kind) {
        Some(ExprKind::Variable(of)) => &**of == "string",
        Some(_) => false,
        None => true,
    };
    let mut text = Text::default();
    text.push_known(value, span.at_start());
    let parsed = if is_text { None } else { json::parse(&text).root };
    Some(parsed.unwrap_or_else(|| Node::new(Value::Text(text), span)))
}

fn values_of(
    source: &Source,
    evaluator: &Evaluator<'_>,
    scope: &Scope,
    errors: &mut Vec<SyntaxError>,
) -> Vec<(CompactString, Node)> {
    if source.path.extension().is_some_and(|it| it == "json") {
        let parsed = json::parse_source(source);
        errors.extend(parsed.errors);
        let object = parsed.root.as_ref().and_then(Node::as_object).cloned().unwrap_or_default();
        return object.entries.into_iter().map(|it| (it.key.raw().into(), it.node)).collect();
    }
    let cuts = hcl::cut(source);
    errors.extend(cuts.errors);
    let (mut out, mut left) = (Vec::new(), hcl::MOST_NODES);
    for span in cuts.attributes {
        let (body, wrong) = hcl::parse_attributes(source, span, &mut left);
        errors.extend(wrong);
        for attribute in body.attributes {
            out.push((attribute.name.text.clone(), evaluator.value(&attribute.value, scope)));
        }
    }
    out
}
