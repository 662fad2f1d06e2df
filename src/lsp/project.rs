//! What is analysed: the files of a project with open buffers over them, the part of it that can say something about an
//! open buffer, and what it says. Files that did not change are not read, cut or parsed again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::config::Config;
use crate::files::{self, Found, Request};
use crate::frontend::terraform::{self, Calls};
use crate::frontend::{Configuration, json};
use crate::lint::{self, Options};
use crate::policy::Policy;
use crate::report::Report;
use crate::source::{Ground, Selected, Workspace, normal};
use crate::suppress::Date;

/// Texts of open buffers by their paths.
pub(super) type Buffers = BTreeMap<PathBuf, Arc<str>>;

/// A folder that an editor works in.
#[derive(Debug)]
pub(super) struct Project {
    base: Workspace,
    /// The buffers that were open when it was read.
    buffers: BTreeSet<PathBuf>,
    calls: Calls,
    options: Options,
    /// What is wrong with the configuration.
    pub(super) problem: Option<String>,
    /// The workspaces of families that were analysed, by their files.
    known: BTreeMap<Vec<Selected>, Workspace>,
}

/// A part of a project that is judged together.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) workspace: Workspace,
    pub(super) report: Report,
}

impl Project {
    /// Reads which files there are and what the configuration says.
    pub(super) fn open(roots: &[PathBuf], buffers: &Buffers) -> Self {
        let outside = |path: &&PathBuf| !roots.iter().any(|root| path.starts_with(root));
        let alone: BTreeSet<&Path> = buffers.keys().filter(outside).filter_map(|it| it.parent()).collect();
        // Of what lies elsewhere only the module itself is read: its folder may be anybody's whole home.
        let beside: Vec<PathBuf> = alone.into_iter().flat_map(files::linted_in).collect();
        let config_file = files::config_file(if roots.is_empty() { &beside } else { roots });
        let paths: Vec<PathBuf> = roots.iter().cloned().chain(beside).collect();
        let ground = files::ground(&paths);
        let Found { mut workspace, .. } =
            files::find(Request { paths, allow_empty: true, as_given: true, ..Request::default() });
        workspace.selected.iter_mut().for_each(|it| it.named = false);
        let (config, problem) = configuration(config_file, &ground);
        let options = Options { rules: config.rules(), config, today: Date::today(), ..Options::default() };
        let calls = Calls::of(&workspace);
        let buffers = buffers.keys().cloned().collect();
        Self { base: workspace, buffers, calls, options, problem, known: BTreeMap::new() }
    }

    /// Whether a file was there when the project was read, so that nothing is missing for it to be judged.
    pub(super) fn knows(&self, path: &Path) -> bool {
        self.base.selected.binary_search_by(|it| (*it.path).cmp(path)).is_ok() || self.buffers.contains(path)
    }

    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    /// The files that can say something about a file, itself among them, as the buffers have them.
    pub(super) fn family(&mut self, path: &Path, buffers: &Buffers) -> Workspace {
        let own = Selected { path: normal(path), named: false };
        let mut family = self.calls.family(&self.base, &own);
        let folders: BTreeSet<_> = family.iter().filter_map(|it| it.path.parent().map(Path::to_owned)).collect();
        let is_of = |path: &&PathBuf| path.parent().is_some_and(|it| folders.contains(it)) && is_linted(path);
        family.extend(buffers.keys().filter(is_of).map(|it| Selected { path: it.clone(), named: false }));
        family.push(own);
        family.sort();
        family.dedup_by(|a, b| a.path == b.path);
        let texts = buffers.iter().map(|(path, text)| (path.as_path(), &**text));
        let before = self.known.get(&family).unwrap_or(&self.base);
        before.changed(texts, family)
    }

    /// Lints a family and keeps what was read of it.
    pub(super) fn lint(&mut self, path: &Path, buffers: &Buffers, stop: &Arc<AtomicBool>) -> Family {
        let workspace = self.family(path, buffers);
        let options = Options { stop: Some(Arc::clone(stop)), ..self.options.clone() };
        let report = lint::check(&workspace, &options, 0, &|_, _| {});
        // The editor need not wait for what is only let go of.
        let made = workspace.take_kept();
        rayon::spawn(move || drop(made));
        let kept = workspace.changed([], workspace.selected.clone());
        self.known.insert(workspace.selected.clone(), kept);
        Family { workspace, report }
    }
}

fn is_linted(path: &Path) -> bool {
    path.file_name().and_then(|it| it.to_str()).is_some_and(|it| terraform::is_terraform(it) || it.ends_with(".json"))
}

fn configuration(path: Option<PathBuf>, ground: &Ground) -> (Config, Option<String>) {
    let Some(path) = path else { return (Config::default(), None) };
    let parsed = files::configuration(&path, ground)
        .and_then(|read| read.map_err(|it| it.errors.into_iter().map(|it| it.message).collect::<Vec<_>>().join("; ")));
    match parsed {
        Ok(config) => (config, None),
        Err(problem) => (Config::default(), Some(format!("`{}` has no effect: {problem}", path.display()))),
    }
}

/// The policies of a family.
pub(super) fn policies(workspace: &Workspace, options: &Options) -> Vec<Arc<Policy>> {
    let estate = terraform::survey(workspace);
    let read = |root| terraform::read(workspace, &estate.called, root, &options.terraform).configuration;
    let mut configurations: Vec<Configuration> = estate.roots.iter().map(read).collect();
    for selected in &workspace.selected {
        let is_json = selected.path.extension().is_some_and(|it| it == "json");
        if let Some(source) = workspace.open(&selected.path).ok().filter(|_| is_json)
            && let json::Read::Policy(configuration, _) = json::read(&source, false)
        {
            configurations.push(*configuration);
        }
    }
    configurations.into_iter().flat_map(|it| it.policies).collect()
}
