//! The only code that touches the disk: paths to a [`Workspace`], and the reader behind it.
//! What a file means is not known here; which names are worth reading is.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use ignore::{WalkBuilder, WalkState};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use tempfile::NamedTempFile;

use crate::config::{Config, Unusable, Written};
use crate::frontend::terraform::{is_loaded, is_terraform};
use crate::report::{InputError, Skipped};
use crate::source::{Ground, Overlay, ReadError, Reader, Selected, Workspace, in_order, normal};

/// A file larger than this is reported rather than read, so that memory stays bounded.
pub(crate) const LIMIT: u64 = 64 << 20;

/// How much of a file is looked at that cannot be read: many times the longest policy that AWS takes.
const HEAD: u64 = 1 << 20;

/// How many files `files_below` lists at most: a `fileset` over a whole disk must end.
const BELOW: usize = 100_000;

/// Folders that hold what others wrote or what tools made.
const NEVER: [&str; 3] = [".git", ".terraform", "node_modules"];

/// The file that says which files are not to be linted, with the rules of `.gitignore`.
pub(crate) const IGNORE_FILE: &str = ".iamlintignore";

/// What the command line names.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// One document that did not come from the disk: the path it is shown and read as, and its bytes.
    pub input: Option<(PathBuf, Vec<u8>)>,
    /// Texts that take the place of files, by the paths they are shown with.
    pub over: BTreeMap<PathBuf, String>,
    /// Further files that may be read though they lie elsewhere, such as those of `--var-file`.
    pub also: Vec<PathBuf>,
    /// Whether a named path with nothing to lint is no error.
    pub allow_empty: bool,
    /// How many threads may walk; 0 for as many as there are processors.
    pub jobs: usize,
    /// Whether the files that are skipped are told by name.
    pub tells_skipped: bool,
    /// Whether named folders are judged without those elsewhere that call them, with values of their own.
    pub alone: bool,
    /// Whether paths are shown as they were given, for an editor, rather than from where the run was started.
    pub as_given: bool,
}

/// What was found there.
#[derive(Debug)]
pub struct Found {
    /// The files to lint, and the way to every file that they may pull in.
    pub workspace: Workspace,
    /// Paths that could not be walked, do not exist or hold nothing to lint.
    pub errors: Vec<InputError>,
    /// How many files under the named folders have names that iamlint does not read, or are links to a folder or to
    /// what lies outside.
    pub skipped: usize,
    /// The same by name, where the request asks for it.
    pub skipped_files: Vec<Skipped>,
}

/// Finds the files under the paths of a request.
pub fn find(request: Request) -> Found {
    let mut search = Search {
        request: &request,
        selected: Vec::new(),
        links: Vec::new(),
        errors: Vec::new(),
        skipped: 0,
        skipped_files: Vec::new(),
        roots: Vec::new(),
    };
    for path in &request.paths {
        search.path(path);
    }
    search.roots.extend(request.also.iter().flat_map(fs::canonicalize));
    let Search { mut selected, links, mut errors, mut skipped, mut skipped_files, mut roots, .. } = search;
    if let Some((path, _)) = &request.input {
        roots.extend(canonical_folder(path));
        selected.push(Selected { path: shown(path), named: true });
    }
    let outer: Vec<_> = roots.iter().filter_map(|root| workspace_root(root)).map(Path::to_owned).collect();
    roots.extend(outer);
    roots.sort();
    roots.dedup();
    // A link may lead to what is read anyway; nobody has asked for what lies elsewhere.
    let leads_out = |path: &Path| fs::canonicalize(path).is_ok_and(|real| !roots.iter().any(|it| real.starts_with(it)));
    for link in links {
        if leads_out(&link) {
            skipped += 1;
            let why = || "is a link that leads out of the folders that were named".to_owned();
            skipped_files.extend(request.tells_skipped.then(|| Skipped { path: link, why: why() }));
        } else {
            selected.push(Selected { path: link, named: false });
        }
    }
    skipped_files.sort();
    // A file that is found by walking and named as well counts as named.
    selected.sort_by_cached_key(|it| (in_order(&it.path), !it.named));
    selected.dedup_by(|a, b| a.path.as_os_str() == b.path.as_os_str());
    errors.sort_by(|a, b| a.path.cmp(&b.path));
    let ground = ground(request.input.iter().map(|(path, _)| path).chain(&request.paths));
    let folders = request.paths.iter().filter(|it| it.is_dir()).map(|it| ground.absolute(it)).collect();
    let callers = callers(&selected, &request, &ground);
    let given = request.input.map(|(path, bytes)| (shown(&path), bytes));
    let disk = Disk { roots, given, folders: RwLock::default() };
    let reader: Box<dyn Reader> =
        if request.over.is_empty() { Box::new(disk) } else { Box::new(Overlay { below: disk, texts: request.over }) };
    let workspace = Workspace::new(reader, selected).on(ground, folders).with_callers(callers);
    Found { workspace, errors, skipped, skipped_files }
}

/// Where these paths stand: in the repository around all of them.
pub fn ground<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> Ground {
    let here = std::env::current_dir().unwrap_or_default();
    let common = common_folder(paths).unwrap_or_else(|| here.clone());
    let root = common.ancestors().find(|it| it.join(".git").exists()).unwrap_or(&here).to_owned();
    Ground { here, root }
}

/// The folders that decide what named files and folders grant: those that call the modules of Terraform files, directly
/// or by way of others, and those around other files, or with modules that read them. They are looked for in the
/// repository of each file, below the current folder when the file lies there.
pub(crate) fn callers(selected: &[Selected], request: &Request, ground: &Ground) -> Vec<PathBuf> {
    let name = |it: &Path| it.file_name().and_then(OsStr::to_str).unwrap_or_default().to_owned();
    let partial = partial_folders(request, ground);
    let is_asked = |it: &&Selected| it.named || partial.iter().any(|folder| it.path.starts_with(folder));
    let paths = selected.iter().filter(is_asked);
    let (modules, others): (Vec<&Selected>, Vec<&Selected>) = paths.partition(|it| is_terraform(&name(&it.path)));
    // Values of variables have a place of their own, beside their module or in an option, and standard input has none.
    let is_read = |it: &Path| !name(it).contains(".tfvars") && it.is_file();
    let others: Vec<&Path> =
        others.iter().filter(|it| it.named && is_read(&it.path)).map(|it| it.path.as_path()).collect();
    let mut wanted: Vec<PathBuf> = modules.into_iter().map(|it| normal(folder_of(&it.path))).collect();
    wanted.sort();
    wanted.dedup();
    let folders = wanted.iter().cloned().chain(others.iter().map(|it| normal(folder_of(it))));
    let mut searched: Vec<PathBuf> = folders.filter_map(|folder| searched(&folder)).collect();
    searched.sort();
    searched.dedup();
    let mut found = wanted.clone();
    found.extend(others.iter().filter_map(|it| module_around(it)));
    let mut calls = Vec::new();
    let named = Named::of(&others);
    for below in searched.iter().flat_map(|root| references_below(root, &named, ground, request.jobs)) {
        calls.extend(below.calls.into_iter().map(|called| (below.folder.clone(), called)));
        found.extend(below.reads.then_some(below.folder));
    }
    found.sort();
    found.dedup();
    let mut next = 0;
    while let Some(called) = found.get(next).cloned() {
        let new = calls.iter().filter(|(_, it)| *it == called).map(|(caller, _)| caller.clone());
        let new: Vec<_> = new.filter(|it| !found.contains(it)).collect();
        found.extend(new);
        next += 1;
    }
    found.sort();
    found.dedup();
    // What is linted anyway needs no word of those who call it.
    let linted: FxHashSet<PathBuf> = selected
        .iter()
        .filter(|it| !it.named && is_terraform(&name(&it.path)))
        .map(|it| normal(folder_of(&it.path)))
        .collect();
    found.retain(|it| wanted.binary_search(it).is_err() && !linted.contains(it));
    found
}

/// The named folders around which there is more to look for callers in.
fn partial_folders(request: &Request, ground: &Ground) -> Vec<PathBuf> {
    if request.alone || request.as_given {
        return Vec::new();
    }
    let mut folders: Vec<PathBuf> =
        request.paths.iter().filter(|it| it.is_dir()).map(|it| normal(&shown(it))).collect();
    let all: Vec<PathBuf> = folders.iter().map(|it| ground.absolute(it)).collect();
    let is_all = |root: &Path| all.iter().any(|it| ground.absolute(root).starts_with(it));
    folders.retain(|it| searched(it).is_some_and(|root| !is_all(&root)));
    folders
}

/// The nearest folder around a file that is a module, within the file's repository.
fn module_around(file: &Path) -> Option<PathBuf> {
    let whole = std::path::absolute(file).ok()?;
    let root = workspace_root(&whole)?;
    let inside = file.ancestors().zip(whole.ancestors()).skip(1).take_while(|(_, whole)| whole.starts_with(root));
    let is_module = |folder: &Path| {
        let names = linted_in(folder).into_iter();
        names.filter_map(|it| it.file_name()?.to_str().map(is_terraform)).any(|it| it)
    };
    inside
        .map(|(shown, _)| normal(if shown.as_os_str().is_empty() { Path::new(".") } else { shown }))
        .find(|it| is_module(it))
}

/// Files that were named and that modules may read, by what they are called.
struct Named(BTreeMap<OsString, Vec<PathBuf>>);

impl Named {
    fn of(files: &[&Path]) -> Self {
        let mut by_name: BTreeMap<OsString, Vec<PathBuf>> = BTreeMap::new();
        for file in files {
            if let (Some(name), Ok(whole)) = (file.file_name(), std::path::absolute(file)) {
                by_name.entry(name.to_owned()).or_default().push(whole);
            }
        }
        Self(by_name)
    }

    /// Whether a text such as `${path.module}/policies/app.json` is the path of one of them, as far as it is fixed.
    fn may_be(&self, text: &str) -> bool {
        let fixed = text.rsplit('}').next().unwrap_or(text);
        let fixed: PathBuf = Path::new(fixed).components().filter(|it| matches!(it, Component::Normal(_))).collect();
        let same = fixed.file_name().and_then(|it| self.0.get(it));
        same.is_some_and(|files| files.iter().any(|it| it.ends_with(&fixed)))
    }
}

/// Where callers of a folder are looked for: its repository. Of another repository than that of the current folder, which
/// lies outside of this one, it is not told by which paths its files are known.
fn searched(folder: &Path) -> Option<PathBuf> {
    let current = std::env::current_dir().ok()?;
    let whole = normal(&current.join(folder));
    let root = workspace_root(&whole)?;
    match current.strip_prefix(root) {
        Ok(up) if folder.is_relative() => {
            let up: PathBuf = up.components().map(|_| "..").collect();
            Some(if up.as_os_str().is_empty() { ".".into() } else { up })
        }
        _ if folder.starts_with("..") => None,
        _ => Some(shown(root)),
    }
}

/// What a Terraform file says of others.
struct References {
    /// The folder that it stands in.
    folder: PathBuf,
    /// The folders that it calls as modules.
    calls: Vec<PathBuf>,
    /// Whether it names one of the files that are asked for.
    reads: bool,
}

/// What the Terraform files below a folder say of others.
fn references_below(root: &Path, named: &Named, ground: &Ground, jobs: usize) -> Vec<References> {
    let regex = regex::bytes::Regex::new;
    let (Ok(source), Ok(text)) = (regex(r#"\bsource"?\s*[=:]\s*"(\.\.?/[^"$%]*)""#), regex(r#""([^"\n]+)""#)) else {
        return Vec::new();
    };
    let (walked, _) = walk(root, jobs, &Path::to_owned);
    let files: Vec<PathBuf> = walked
        .into_iter()
        .filter_map(|it| match it {
            Walked::Selected(file) | Walked::Link(file) => Some(file),
            Walked::Skipped(..) => None,
        })
        .filter(|it| it.file_name().and_then(OsStr::to_str).is_some_and(is_terraform))
        .collect();
    let references = |file: &PathBuf| {
        let folder = ground.normal(folder_of(file));
        let bytes = read_bounded(file).unwrap_or_default();
        let texts = |regex: &regex::bytes::Regex| -> Vec<String> {
            let texts = regex
                .captures_iter(&bytes)
                .filter_map(|it| std::str::from_utf8(it.get(1)?.as_bytes()).ok().map(str::to_owned));
            texts.collect()
        };
        let calls = texts(&source)
            .iter()
            .map(|called| ground.normal(&folder.join(called)))
            .filter(|it| *it != folder)
            .collect();
        let reads = !named.0.is_empty() && texts(&text).iter().any(|it| named.may_be(it));
        References { folder, calls, reads }
    };
    files.par_iter().map(references).collect()
}

/// The nearest folder at or above `folder` that holds a `.git` or an `iamlint.toml`.
pub fn workspace_root(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|it| [".git", CONFIG_FILE].iter().any(|name| it.join(name).exists()))
}

/// The name of the configuration file.
pub const CONFIG_FILE: &str = "iamlint.toml";

/// The configuration file that holds for the paths: the nearest one at or above the folder that holds them all, not
/// looked for above the root of a repository.
pub fn config_file(paths: &[PathBuf]) -> Option<PathBuf> {
    let common = common_folder(paths)?;
    let mut above = true;
    common
        .ancestors()
        .take_while(|folder| {
            let searched = above;
            above &= !folder.join(".git").exists();
            searched
        })
        .map(|folder| folder.join(CONFIG_FILE))
        .find(|file| file.is_file())
}

/// What a configuration file says, with those that it extends. `Err` is what keeps the file itself from being read.
pub fn configuration(path: &Path, ground: &Ground) -> Result<Result<Config, Unusable>, String> {
    let text = read_text(path)?;
    Ok(Config::of(Written { path: shown(path), text }, ground, &read_text))
}

/// The nearest folder that holds all of the paths, absolute.
fn common_folder<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> Option<PathBuf> {
    let mut common: Option<PathBuf> = None;
    for path in paths {
        let path = std::path::absolute(path).ok()?;
        let folder = normal(if path.is_dir() { &path } else { path.parent()? });
        common = Some(match common {
            None => folder,
            Some(common) => common.ancestors().find(|it| folder.starts_with(it))?.to_owned(),
        });
    }
    common
}

/// A text file of the user that is no input, such as the configuration; whatever keeps it from being read in words.
pub fn read_text(path: &Path) -> Result<String, String> {
    let bytes = read_bounded(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| ReadError::NotUtf8(error.utf8_error().valid_up_to()).to_string())
}

/// Writes a file anew, all of it or nothing: `new` for `old`, and nothing when it says something else by now. Of a link
/// the file it leads to is written; permissions stay.
pub fn replace(path: &Path, old: &str, new: &str) -> Result<(), String> {
    let problem = |error: io::Error| read_error(&error).to_string();
    let real = fs::canonicalize(path).map_err(problem)?;
    if read_text(&real)? != old {
        return Err("it was changed while it was read".to_owned());
    }
    if real.components().any(|it| NEVER.iter().any(|never| it.as_os_str() == *never)) {
        return Err("it is a link into a folder that tools have made".to_owned());
    }
    write(&real, new).map_err(problem)
}

/// Writes a file, and one that is there whole or not at all: it stays the link that it is, and keeps its permissions.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let Ok(real) = fs::canonicalize(path) else { return fs::write(path, text) };
    let mut beside = NamedTempFile::new_in(folder_of(&real))?;
    beside.as_file().set_permissions(fs::metadata(&real)?.permissions())?;
    beside.write_all(text.as_bytes())?;
    beside.as_file().sync_all()?;
    beside.persist(real).map(|_| ()).map_err(|error| error.error)
}

/// The files directly in a folder that are read when it is linted.
pub fn linted_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|it| is_linted(&it.file_name())).map(|it| it.path()).filter(|it| it.is_file()).collect()
}

/// One document from standard input, up to the size that a file may have.
pub fn read_input(from: impl io::Read) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    from.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|error| ReadError::Other(error.to_string()))?;
    if bytes.len() as u64 > LIMIT {
        return Err(ReadError::TooLarge(LIMIT >> 20));
    }
    Ok(bytes)
}

struct Search<'a> {
    request: &'a Request,
    selected: Vec<Selected>,
    /// Files that are links, by their own paths.
    links: Vec<PathBuf>,
    errors: Vec<InputError>,
    skipped: usize,
    skipped_files: Vec<Skipped>,
    roots: Vec<PathBuf>,
}

impl Search<'_> {
    fn shown(&self, path: &Path) -> PathBuf {
        if self.request.as_given { normal(path) } else { shown(path) }
    }

    fn path(&mut self, path: &Path) {
        let kind = match fs::metadata(path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) => return self.error(self.shown(path), read_error(&error).to_string()),
        };
        if kind.is_dir() {
            self.folder(path);
        } else if kind.is_file() {
            // A named link may lead anywhere: its user chose it.
            self.roots.extend(fs::canonicalize(path));
            self.roots.extend(canonical_folder(path));
            self.selected.push(Selected { path: self.shown(path), named: true });
        } else {
            self.error(self.shown(path), not_a_file(kind).to_string());
        }
    }

    fn folder(&mut self, path: &Path) {
        let root = match fs::canonicalize(path) {
            Ok(root) => root,
            Err(error) => return self.error(self.shown(path), read_error(&error).to_string()),
        };
        let shown_root = self.shown(path);
        let base = normal(&shown_root);
        let here = if self.request.as_given { PathBuf::new() } else { std::env::current_dir().unwrap_or_default() };
        let ground = Ground { here, root: PathBuf::new() };
        // A walk takes no detours, but one that begins further up may come back.
        let as_shown = |below: &Path| {
            let path = base.join(below.strip_prefix(&root).unwrap_or(below));
            if path.starts_with("..") { ground.normal(&path) } else { path }
        };
        let (walked, errors) = walk(&root, self.request.jobs, &as_shown);
        self.errors.extend(errors.into_iter().map(|(path, message)| InputError { path, span: None, message }));
        let before = self.selected.len() + self.links.len();
        for file in walked {
            match file {
                Walked::Selected(path) => self.selected.push(Selected { path, named: false }),
                Walked::Link(path) => self.links.push(path),
                Walked::Skipped(path, why) => {
                    self.skipped += 1;
                    if self.request.tells_skipped {
                        self.skipped_files.push(Skipped { path: as_shown(&path), why: why.to_owned() });
                    }
                }
            }
        }
        if self.selected.len() + self.links.len() == before && !self.request.allow_empty {
            self.error(shown_root, "holds no Terraform or JSON file, so nothing was linted".into());
        }
        self.roots.push(root);
    }

    fn error(&mut self, path: PathBuf, message: String) {
        self.errors.push(InputError { path, span: None, message });
    }
}

enum Walked {
    Selected(PathBuf),
    /// A file to lint that is a link to where it may not be read.
    Link(PathBuf),
    /// What is not linted, by its path on the disk, and why.
    Skipped(PathBuf, &'static str),
}

type Problems = Vec<(PathBuf, String)>;

/// Every file below a folder, in no order and as it is shown, links to folders not followed.
fn walk(root: &Path, jobs: usize, as_shown: &(dyn Fn(&Path) -> PathBuf + Sync)) -> (Vec<Walked>, Problems) {
    let mut builder = WalkBuilder::new(root);
    builder
        .hidden(false)
        .ignore(false)
        .git_global(false)
        .require_git(false)
        .add_custom_ignore_filename(IGNORE_FILE)
        .threads(jobs)
        .filter_entry(|entry| {
            let own = entry.file_name();
            entry.depth() == 0 || !NEVER.iter().any(|name| own == *name)
        });
    let (send, receive) = std::sync::mpsc::channel();
    builder.build_parallel().run(|| {
        let send = send.clone();
        Box::new(move |entry| {
            let walked = match entry {
                Ok(entry) => {
                    let problem = entry.error().map(ToString::to_string).filter(|it| it.contains(IGNORE_FILE));
                    if let Some(problem) = problem {
                        // The receiver outlives the walk.
                        let _ = send.send(Err((as_shown(entry.path()), problem)));
                    }
                    match entry.file_type() {
                        Some(kind) => visit(entry.path(), kind, as_shown).map(Ok),
                        None => None,
                    }
                }
                Err(error) => {
                    let (path, message) = problem(error, root);
                    Some(Err((as_shown(&path), message)))
                }
            };
            if let Some(walked) = walked {
                let _ = send.send(walked);
            }
            WalkState::Continue
        })
    });
    drop(send);
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for walked in receive {
        match walked {
            Ok(file) => files.push(file),
            Err(problem) => problems.push(problem),
        }
    }
    (files, problems)
}

fn visit(path: &Path, kind: FileType, as_shown: &dyn Fn(&Path) -> PathBuf) -> Option<Walked> {
    if kind.is_dir() {
        return None;
    }
    let is_linted = path.file_name().is_some_and(is_linted);
    // A link to a file belongs to the folder it stands in; what a link to a folder leads to is linted where it is.
    let skipped = |why| Walked::Skipped(path.to_owned(), why);
    // The values of variables are read with what declares these.
    if path.file_name().and_then(OsStr::to_str).is_some_and(is_loaded) {
        return None;
    }
    Some(match kind {
        kind if kind.is_symlink() && path.is_dir() => skipped("is a link to a folder, which is linted where it is"),
        _ if !is_linted => skipped("has a name that iamlint does not read in a folder"),
        kind if kind.is_file() => Walked::Selected(as_shown(path)),
        kind if kind.is_symlink() => Walked::Link(as_shown(path)),
        _ => skipped("is a device or a pipe, not a file"),
    })
}

/// The path and the words of what stopped a walk.
fn problem(error: ignore::Error, root: &Path) -> (PathBuf, String) {
    match error {
        ignore::Error::WithPath { path, err } => {
            let message = err.io_error().map_or_else(|| err.to_string(), |error| read_error(error).to_string());
            (path, message)
        }
        ignore::Error::WithDepth { err, .. } => problem(*err, root),
        error => (root.to_owned(), error.to_string()),
    }
}

/// Whether a file of that name is read when the folder above it is linted.
pub(crate) fn is_linted(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    // Terraform passes over the files of editors: `.#main.tf`; `.main.tf.json` would be one of those as well.
    is_terraform(name) || name.ends_with(".json") && ![".tf.json", ".tofu.json"].iter().any(|it| name.ends_with(it))
}

/// Whether a path leads through a folder that holds what others wrote or what tools made.
pub(crate) fn is_of_tools(path: &Path) -> bool {
    path.components().any(|it| NEVER.iter().any(|name| it.as_os_str() == *name))
}

/// A path as it is shown: relative to where the run was started when it lies below.
pub(crate) fn shown(path: &Path) -> PathBuf {
    let ground = Ground { here: std::env::current_dir().unwrap_or_default(), root: PathBuf::new() };
    let path = ground.normal(path.strip_prefix(&ground.here).unwrap_or(path));
    if path.as_os_str().is_empty() { ".".into() } else { path }
}

fn canonical_folder(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(folder_of(path)).ok()
}

/// The folder of a file, `.` for a bare name.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn read_error(error: &io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ReadError::Missing,
        _ => ReadError::Other(in_words(error)),
    }
}

/// The words of the operating system in lower case, without its number.
fn in_words(error: &io::Error) -> String {
    let words = error.to_string();
    let words = words.split(" (os error").next().unwrap_or(&words);
    words.to_lowercase()
}

fn not_a_file(kind: FileType) -> ReadError {
    ReadError::Other(if kind.is_dir() { "it is a folder" } else { "it is a device or a pipe, not a file" }.into())
}

/// The bytes of an ordinary file of bearable size.
fn read_bounded(path: &Path) -> Result<Vec<u8>, ReadError> {
    // Asked before it is opened: opening a pipe waits for somebody to write.
    read_known(path, &fs::metadata(path).map_err(|error| read_error(&error))?)
}

/// The same, when what it is has been asked already.
fn read_known(path: &Path, metadata: &Metadata) -> Result<Vec<u8>, ReadError> {
    if !metadata.is_file() {
        return Err(not_a_file(metadata.file_type()));
    }
    read_open(File::open(path).map_err(|error| read_error(&error))?, metadata)
}

fn read_open(file: File, metadata: &Metadata) -> Result<Vec<u8>, ReadError> {
    if metadata.len() > LIMIT {
        return Err(ReadError::TooLarge(LIMIT >> 20));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // A file says how long it is, but those of `/proc` say that they are empty.
    let length = if metadata.len() == 0 { LIMIT + 1 } else { metadata.len() };
    file.take(length).read_to_end(&mut bytes).map_err(|error| read_error(&error))?;
    if bytes.len() as u64 > LIMIT {
        return Err(ReadError::TooLarge(LIMIT >> 20));
    }
    Ok(bytes)
}

/// An ordinary file, opened without a link being followed; none where it is something else, or cannot be opened so.
#[cfg(unix)]
fn opened(path: &Path) -> Option<(File, Metadata)> {
    use std::os::unix::fs::OpenOptionsExt as _;

    // Opening a pipe does not wait then for somebody to write.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = File::options().read(true).custom_flags(flags).open(path).ok()?;
    let metadata = file.metadata().ok().filter(Metadata::is_file)?;
    Some((file, metadata))
}

#[cfg(not(unix))]
fn opened(_path: &Path) -> Option<(File, Metadata)> {
    None
}

/// The disk, as far as the user has named it.
#[derive(Debug)]
pub(crate) struct Disk {
    /// Without links: what may be read lies in one of them.
    roots: Vec<PathBuf>,
    /// What standard input says, by the path it stands for.
    given: Option<(PathBuf, Vec<u8>)>,
    /// Folders and what they are without links.
    folders: RwLock<FxHashMap<OsString, Option<PathBuf>>>,
}

impl Disk {
    /// The disk below these paths.
    pub(crate) fn of(roots: &[PathBuf]) -> Self {
        let roots = roots.iter().flat_map(fs::canonicalize).collect();
        Self { roots, given: None, folders: RwLock::default() }
    }

    fn real_folder(&self, folder: &Path) -> Option<PathBuf> {
        if let Some(real) = self.folders.read().unwrap_or_else(PoisonError::into_inner).get(folder.as_os_str()) {
            return real.clone();
        }
        let real = self.real_below(folder).unwrap_or_else(|| fs::canonicalize(folder).ok());
        self.folders.write().unwrap_or_else(PoisonError::into_inner).insert(folder.into(), real.clone());
        real
    }

    /// The same of a folder below the roots, for which less is asked of the disk; none where that cannot tell, as of a
    /// link.
    fn real_below(&self, folder: &Path) -> Option<Option<PathBuf>> {
        let above = folder.parent().filter(|it| !it.as_os_str().is_empty())?;
        let name = folder.file_name()?;
        // In what is not there nothing is.
        let Some(above) = self.real_folder(above) else { return Some(None) };
        let real = Some(above).filter(|it| self.holds(it))?.join(name);
        match fs::symlink_metadata(&real) {
            Ok(metadata) => (!metadata.is_symlink()).then_some(Some(real)),
            Err(_) => Some(None),
        }
    }

    /// A path without links but for its last part.
    fn in_real_folder(&self, path: &Path) -> Result<PathBuf, ReadError> {
        let name = path.file_name().ok_or_else(|| ReadError::Other("it is a folder".into()))?;
        Ok(self.real_folder(folder_of(path)).ok_or(ReadError::Missing)?.join(name))
    }

    /// The same without a link there, so that one that leads out of the roots is known for what it is.
    fn real(&self, real: PathBuf) -> Result<(PathBuf, Metadata), ReadError> {
        let metadata = match fs::symlink_metadata(&real) {
            Ok(metadata) => metadata,
            Err(error) if self.holds(&real) => return Err(read_error(&error)),
            Err(_) => return Err(ReadError::Outside),
        };
        if !metadata.is_symlink() {
            return Ok((real, metadata));
        }
        let followed = fs::canonicalize(&real).and_then(|real| fs::metadata(&real).map(|metadata| (real, metadata)));
        followed.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ReadError::Other("it is a link to nothing".into()),
            _ => read_error(&error),
        })
    }

    fn holds(&self, real: &Path) -> bool {
        self.roots.iter().any(|root| real.starts_with(root))
    }

    fn listed(&self, folder: &Path) -> Option<Vec<(PathBuf, FileType)>> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let real = self.real_folder(folder).filter(|real| self.holds(real))?;
        let entries = fs::read_dir(real).ok()?;
        let folder = normal(folder);
        Some(entries.flatten().filter_map(|it| Some((folder.join(it.file_name()), it.file_type().ok()?))).collect())
    }
}

impl Reader for Disk {
    fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        if let Some((given, bytes)) = &self.given
            && given == path
        {
            return Ok(bytes.clone());
        }
        let real = self.in_real_folder(path)?;
        if let Some((file, metadata)) = self.holds(&real).then(|| opened(&real)).flatten() {
            return read_open(file, &metadata);
        }
        let (real, metadata) = self.real(real)?;
        if self.holds(&real) { read_known(&real, &metadata) } else { Err(ReadError::Outside) }
    }

    fn head(&self, path: &Path) -> Option<Vec<u8>> {
        let (real, metadata) = self.real(self.in_real_folder(path).ok()?).ok()?;
        let file = File::open(real).ok().filter(|_| metadata.is_file())?;
        let mut head = Vec::new();
        file.take(HEAD).read_to_end(&mut head).ok().map(|_| head)
    }

    fn files_in(&self, folder: &Path) -> Vec<PathBuf> {
        let is_file = |(path, kind): &(PathBuf, FileType)| kind.is_file() || kind.is_symlink() && path.is_file();
        let mut files: Vec<_> =
            self.listed(folder).into_iter().flatten().filter(is_file).map(|(path, _)| path).collect();
        files.extend(self.given.iter().map(|(path, _)| path).filter(|path| path.parent() == Some(folder)).cloned());
        files.sort_by_cached_key(|it| in_order(it));
        files.dedup();
        files
    }

    fn files_below(&self, folder: &Path) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop()
            && files.len() < BELOW
        {
            for (path, kind) in self.listed(&folder).into_iter().flatten() {
                if kind.is_file() {
                    files.push(path);
                } else if kind.is_dir() && !NEVER.iter().any(|name| path.file_name() == Some(OsStr::new(name))) {
                    folders.push(path);
                }
            }
        }
        files.sort();
        files
    }

    fn is_outside(&self, folder: &Path) -> bool {
        let Ok(folder) = std::path::absolute(folder).map(|it| normal(&it)) else { return true };
        // What is not there would lie in the nearest folder that is.
        folder.ancestors().find_map(|it| self.real_folder(it)).is_none_or(|real| !self.holds(&real))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with these files, `name -> target` for a link.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let at = folder.path().join(path);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            match text.strip_prefix("-> ") {
                #[cfg(unix)]
                Some(target) => std::os::unix::fs::symlink(target, at).unwrap(),
                _ => fs::write(at, text).unwrap(),
            }
        }
        folder
    }

    fn found(paths: impl IntoIterator<Item = PathBuf>) -> Found {
        find(Request { paths: paths.into_iter().collect(), ..Request::default() })
    }

    fn names(found: &Found, folder: &Path) -> Vec<String> {
        let below = |it: &Selected| it.path.strip_prefix(folder).unwrap().display().to_string();
        found.workspace.selected.iter().map(below).collect()
    }

    #[test]
    fn what_is_walked_and_what_is_left_out() {
        let folder = folder(&[
            ("b.tf", ""),
            ("a/x.json", ""),
            ("a/.hidden/y.tofu", ""),
            ("a/.#b.tf", ""),
            ("a/notes.md", ""),
            ("a/vars.tfvars", ""),
            ("a/z.tf.json", ""),
            ("gone/x.tf", ""),
            ("mine/x.tf", ""),
            (".terraform/modules/x.tf", ""),
            (".git/x.tf", ""),
            ("web/node_modules/x.json", ""),
            (".gitignore", "gone/"),
            (".iamlintignore", "mine\n"),
        ]);
        let found = found([folder.path().to_owned()]);
        assert_eq!(names(&found, folder.path()), ["a/.hidden/y.tofu", "a/x.json", "a/z.tf.json", "b.tf"]);
        assert_eq!(found.skipped, 5);
        assert!(found.errors.is_empty());
    }

    #[test]
    fn a_named_path_is_linted_though_it_is_ignored() {
        let folder = folder(&[("gone/x.tf", ""), ("gone/policy.txt", ""), (".gitignore", "gone/")]);
        let at = |path| folder.path().join(path);
        let one = found([at("gone/policy.txt"), at("gone")]);
        assert_eq!(names(&one, folder.path()), ["gone/policy.txt", "gone/x.tf"]);
        assert_eq!(one.workspace.selected.iter().map(|it| it.named).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_file_that_is_named_and_walked_is_linted_once() {
        let folder = folder(&[("x.tf", ""), ("y.tf", "")]);
        let found = found([folder.path().to_owned(), folder.path().join("y.tf"), folder.path().join("./y.tf")]);
        assert_eq!(names(&found, folder.path()), ["x.tf", "y.tf"]);
        assert!(found.workspace.selected[1].named);
    }

    #[test]
    #[cfg(unix)]
    fn links_neither_loop_nor_lead_out() {
        let outside = folder(&[("secret.tf", "x")]);
        let out = format!("-> {}", outside.path().join("secret.tf").display());
        let folder = folder(&[
            ("a/b/back", "-> ../.."),
            ("a/x.tf", "y"),
            ("l.tf", "-> a/x.tf"),
            ("gone.tf", "-> nowhere"),
            ("out.tf", &out),
        ]);
        let found = found([folder.path().to_owned()]);
        assert_eq!(names(&found, folder.path()), ["a/x.tf", "gone.tf", "l.tf"]);
        // The folder, and the file outside.
        assert_eq!((found.skipped, found.errors.len()), (2, 0));
        let read = |path: &str| found.workspace.open(&folder.path().join(path)).map(|it| it.text.to_string());
        assert_eq!(read("l.tf"), Ok("y".into()));
        assert_eq!(read("a/b/back/a/x.tf"), Ok("y".into()));
        assert_eq!(read("gone.tf"), Err(ReadError::Other("it is a link to nothing".into())));
        assert_eq!(read("out.tf"), Err(ReadError::Outside));
        assert_eq!(read("../../etc/passwd"), Err(ReadError::Outside));
        assert_eq!(read("nothing.tf"), Err(ReadError::Missing));
        assert_eq!(read("a"), Err(ReadError::Other("it is a folder".into())));
        assert_eq!(found.workspace.files_in(outside.path()), Vec::<PathBuf>::new());
        assert_eq!(found.workspace.files_below(&folder.path().join("a")), [folder.path().join("a/x.tf")]);
    }

    #[test]
    fn a_module_beside_the_named_folder_is_read_within_one_repository_only() {
        let folder = folder(&[("repo/app/x.tf", ""), ("repo/mod/y.tf", "y"), ("repo/.git/HEAD", ""), ("z.tf", "")]);
        let found = found([folder.path().join("repo/app")]);
        assert!(found.workspace.open(&folder.path().join("repo/app/../mod/y.tf")).is_ok());
        assert_eq!(found.workspace.open(&folder.path().join("z.tf")).err(), Some(ReadError::Outside));
        let outside = |path: &str| found.workspace.is_outside(&folder.path().join(path));
        assert_eq!(["repo/mod", "repo/none/x", "", "none"].map(outside), [false, false, true, true]);
    }

    #[test]
    fn what_cannot_be_linted_is_an_error() {
        let folder = folder(&[("empty/notes.md", ""), ("large.tf", "")]);
        File::options().write(true).open(folder.path().join("large.tf")).unwrap().set_len(LIMIT + 1).unwrap();
        let found = found(["empty", "gone", "large.tf"].map(|it| folder.path().join(it)));
        let errors: Vec<_> = found.errors.iter().map(|it| it.message.as_str()).collect();
        assert_eq!(errors, ["holds no Terraform or JSON file, so nothing was linted", "no such file or folder"]);
        let large = found.workspace.open(&folder.path().join("large.tf"));
        assert_eq!(large.err(), Some(ReadError::TooLarge(64)));
        let request = Request { paths: vec![folder.path().join("empty")], allow_empty: true, ..Request::default() };
        assert!(find(request).errors.is_empty());
    }

    #[test]
    #[cfg(unix)]
    fn a_device_is_not_read() {
        let found = found([PathBuf::from("/dev/zero")]);
        assert_eq!(found.errors[0].message, "could not be read: it is a device or a pipe, not a file");
        assert!(found.workspace.selected.is_empty());
    }

    #[test]
    fn standard_input_stands_where_it_says() {
        let folder = folder(&[("b.tf", "b")]);
        let name = folder.path().join("a.tf");
        let found = find(Request { input: Some((name.clone(), b"a".to_vec())), ..Request::default() });
        assert_eq!(found.workspace.selected, [Selected { path: name.clone(), named: true }]);
        assert_eq!(&*found.workspace.open(&name).unwrap().text, "a");
        assert_eq!(found.workspace.files_in(folder.path()), [name, folder.path().join("b.tf")]);
    }

    #[test]
    fn the_configuration_is_the_nearest_above_all_paths() {
        let folder = folder(&[
            ("iamlint.toml", ""),
            ("repo/.git/HEAD", ""),
            ("repo/a/x.tf", ""),
            ("repo/a/iamlint.toml", ""),
            ("repo/b/y.tf", ""),
            ("loose/z.tf", ""),
        ]);
        let file = |paths: &[&str]| {
            let paths: Vec<_> = paths.iter().map(|it| folder.path().join(it)).collect();
            config_file(&paths).map(|it| it.strip_prefix(folder.path()).unwrap().display().to_string())
        };
        assert_eq!(file(&["repo/a/x.tf"]).as_deref(), Some("repo/a/iamlint.toml"));
        assert_eq!(file(&["repo/a", "repo/b"]), None);
        assert_eq!(file(&["loose/z.tf"]).as_deref(), Some("iamlint.toml"));
    }
}
