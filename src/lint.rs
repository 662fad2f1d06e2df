//! The pipeline, read top to bottom: files to configurations, configurations to findings, findings to a report.
//! It does no I/O of its own.

mod literals;
mod silenced;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write;
use std::hash::Hash;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::ThreadPool;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use sha2::{Digest, Sha256};

use crate::baseline::{self, Known, Searched};
use crate::config::{Config, ExternalModules};
use crate::frontend::json::{self, Read};
use crate::frontend::terraform::{self, Called, Collected, Folder, Given, OffCall, is_terraform};
use crate::frontend::{Bucket, Configuration, Identity, Key};
use crate::policy::{self, Granted, Policy};
use crate::report::{Comparison, InputError, Report, Silenced, Skipped, Summary, Suppressed, Unresolved};
use crate::rule::{Carrier, Check, Confidence, Context, Finding, InstanceName, Label, Rule, Severity, StatementName};
use crate::rules;
use crate::source::{self, FileId, ReadError, Selected, Span, Workspace, in_order};
use crate::suppress::{self, Answer, Terms};
use crate::syntax::{self, MISTAKES, SyntaxError};
use crate::value::{self, Hole};

/// What a run is asked to do.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The rules to run.
    pub rules: Vec<&'static Rule>,
    /// What the user says of Terraform's variables.
    pub terraform: terraform::Options,
    /// What the user has chosen.
    pub config: Config,
    /// The day of the run, for suppressions that end.
    pub today: suppress::Date,
    /// Set by who needs the report no more: what is left is not judged, and the report is worth nothing.
    pub stop: Option<Arc<AtomicBool>>,
    /// Whether a file that was named and holds nothing to lint is no error.
    pub allow_empty: bool,
    /// What the findings are held against, if anything.
    pub before: Option<Before>,
    /// Whether what conditions and denials silence is told, which takes a multiple of the time.
    pub silenced: bool,
}

impl Options {
    fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|it| it.load(Ordering::Relaxed))
    }
}

/// Findings that were there before.
#[derive(Clone, Debug)]
pub struct Before {
    /// The file or the revision that had them.
    pub name: String,
    /// The findings.
    pub known: Vec<Known>,
}

/// What came of one root module or one file.
#[derive(Debug, Default)]
struct Part {
    findings: Vec<Finding>,
    silenced: Vec<Silenced>,
    errors: Vec<InputError>,
    summary: Summary,
    skipped: Vec<Skipped>,
    unresolved: Vec<Unresolved>,
    /// The calls of modules that could not be read.
    unread_calls: FxHashSet<Span>,
    /// The folders that are called and not there, with where each is named.
    missing: Vec<(PathBuf, Span)>,
    /// The folder or file, from the root of the repository.
    within: Option<String>,
    /// The files in which statements stand, when files were named.
    judged: FxHashSet<FileId>,
    crashed: bool,
}

/// Stacks that hold the deepest nesting that the evaluator follows.
pub const STACK: usize = 64 << 20;

/// Lints every selected file of a workspace, on `jobs` threads, or one a core when that is 0. `progress` is told how
/// many of how many parts are done.
pub fn check(
    workspace: &Workspace,
    options: &Options,
    jobs: usize,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Report {
    let run = || {
        let estate = terraform::survey(workspace);
        let terraform::Estate { roots, called } = estate;
        let undeclared = undeclared(&roots, options);
        let is_of_terraform = |it: &Selected| it.path.file_name().and_then(OsStr::to_str).is_some_and(is_terraform);
        let files: Vec<&Selected> = workspace.selected.iter().filter(|it| !is_of_terraform(it)).collect();
        let (done, all) = (AtomicUsize::new(0), roots.len() + files.len());
        let step = || progress(done.fetch_add(1, Ordering::Relaxed) + 1, all);

        // One root may take as long as all others, so none waits behind it for the same thread.
        let mut parts: Vec<Part> = roots
            .into_par_iter()
            .with_max_len(1)
            .map(|root| {
                let part = guarded(&root.path, || check_root(workspace, &called, &root, None, options));
                step();
                part
            })
            .collect();
        loop {
            let idle = called.idle(workspace);
            if idle.is_empty() || options.is_stopped() {
                break;
            }
            // Once for each call that somebody may switch on.
            let idle: Vec<_> = idle
                .into_iter()
                .flat_map(|root| {
                    let calls = called.off(workspace, &root.path);
                    let alone = calls.is_empty().then_some(None);
                    calls.into_iter().map(Some).chain(alone).map(move |call| (Arc::clone(&root), call))
                })
                .collect();
            parts.par_extend(idle.into_par_iter().map(|(root, call)| {
                guarded(&root.path, || check_root(workspace, &called, &root, call.as_ref(), options))
            }));
        }
        // A file that a module has read is judged where it is attached.
        let used: FxHashSet<FileId> = workspace.opened().iter().map(|it| it.id).collect();
        let judged: FxHashSet<FileId> = parts.iter().flat_map(|it| &it.judged).copied().collect();
        parts.par_extend(files.into_par_iter().map(|file| {
            let part = guarded(&file.path, || check_file(workspace, file, &used, &judged, options));
            step();
            part
        }));
        // Of what was opened only templates are skipped by now.
        let templates = parts.iter().map(|it| it.summary.skipped).sum();
        parts.push(unread(workspace, templates));
        parts.push(undeclared);
        let report = report(workspace, &called, parts, options);
        workspace.keep(called);
        report
    };
    match pool(jobs) {
        Some(pool) => pool.install(run),
        // Without threads of our own the global ones will do.
        None => run(),
    }
}

/// Threads with stacks that are deep enough. They are kept for the next run, and at the end of the process nobody waits
/// for them. A single one is nobody else's: many runs of one thread stand beside each other when fixes are tried.
fn pool(jobs: usize) -> Option<Arc<ThreadPool>> {
    static KEPT: Mutex<Option<(usize, Arc<ThreadPool>)>> = Mutex::new(None);
    let begun = || rayon::ThreadPoolBuilder::new().num_threads(jobs).stack_size(STACK).build().ok().map(Arc::new);
    if jobs == 1 {
        return begun();
    }
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, pool)) = &*kept
        && *of == jobs
    {
        return Some(Arc::clone(pool));
    }
    let pool = begun()?;
    *kept = Some((jobs, Arc::clone(&pool)));
    Some(pool)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default()
}

/// One file or one rule that panics must not take the others with it.
fn guarded(path: &Path, work: impl FnOnce() -> Part) -> Part {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Part {
        errors: vec![InputError {
            path: path.to_owned(),
            span: None,
            message: "iamlint failed here, which is a bug in iamlint: please report it".to_owned(),
        }],
        crashed: true,
        ..Part::default()
    })
}

/// The variables of the command line that no root module declares: their values would take no effect.
fn undeclared(roots: &[Arc<Folder>], options: &Options) -> Part {
    let mut part = Part::default();
    let names = options.terraform.given.iter().filter_map(|it| match it {
        Given::Value(name, _) => Some(name),
        Given::File(_) => None,
    });
    for name in names {
        if !roots.iter().any(|root| root.find("variable", name, "").is_some()) {
            let message = "no root module declares this variable".to_owned();
            part.errors.push(InputError { path: format!("--var {name}").into(), span: None, message });
        }
    }
    part
}

/// What comes of a root module, or of one that is switched off wherever it is called, as one of these calls would have it.
fn check_root(
    workspace: &Workspace,
    called: &Called,
    root: &Arc<Folder>,
    off: Option<&OffCall>,
    options: &Options,
) -> Part {
    let mut part = Part { within: Some(workspace.ground.from_root(&root.path)), ..Part::default() };
    if options.is_stopped() {
        return part;
    }
    let collected = terraform::read_as(workspace, called, root, off, &options.terraform);
    part.errors.extend(collected.errors.iter().map(|it| input_error(workspace, it.clone())));
    part.errors.extend(folder_errors(workspace, root));
    part.count(&collected.configuration, &|_| true);
    part.summary.switched_off = collected.switched_off;
    part.unread_calls.extend(collected.unread.iter().map(|(_, hole)| hole.span));
    part.missing.clone_from(&collected.missing);
    part.unresolved.extend(collected.unread.iter().map(unread_call));
    if workspace.has_named {
        let statements = collected.configuration.policies.iter().flat_map(|it| &it.statements);
        part.judged.extend(statements.map(|it| it.place.span.file));
    }
    part.judge(workspace, &collected.configuration, options);
    identify(workspace, &root.path, &mut part.findings);
    let named = named_only(workspace);
    for finding in part.findings.iter_mut().chain(part.silenced.iter_mut().map(|it| &mut it.finding)) {
        finding.calls = calls_around(&finding.carrier.address, &collected.calls);
        show_call(workspace, finding);
        if options.config.external_modules != ExternalModules::Report {
            at_the_call(workspace, finding);
        }
        if let Some(named) = &named {
            called_there(named, finding);
        }
    }
    if named.is_none() && workspace.callers.contains(&root.path) {
        part.keep_asked_for(workspace, &collected);
    }
    part
}

fn unread_call((address, hole): &(Arc<str>, Arc<Hole>)) -> Unresolved {
    Unresolved { hole: Arc::clone(hole), address: Arc::clone(address), nothing: true }
}

/// Whether a place lies in a module that was fetched.
fn is_fetched(workspace: &Workspace, span: Span) -> bool {
    source::is_fetched(&workspace.source(span.file).path)
}

const IN_THE_MODULE: &str = "here in the module";

/// Takes out the findings in modules that were fetched, when they are not wanted.
fn vendored(workspace: &Workspace, findings: &mut Vec<Finding>, wanted: ExternalModules) -> Vec<(Finding, String)> {
    if wanted != ExternalModules::Off {
        return Vec::new();
    }
    let reason = "it is in a module that was fetched, and `external-modules` is off";
    findings.extract_if(.., |it| is_in_fetched(workspace, it)).map(|it| (it, reason.to_owned())).collect()
}

/// Whether a finding is in a module that was fetched, wherever it is shown.
fn is_in_fetched(workspace: &Workspace, finding: &Finding) -> bool {
    let inside = finding.labels.iter().find(|it| it.message == IN_THE_MODULE);
    is_fetched(workspace, inside.map_or(finding.span, |it| it.span))
}

/// What a module grants touches a file that was named when the module is called in it, with arguments that may have
/// become part of the texts of the module.
fn called_there(named: &FxHashSet<FileId>, finding: &mut Finding) {
    if touches(named, finding) {
        return;
    }
    if let Some(call) = finding.calls.iter().rev().find(|call| named.contains(&call.file)) {
        finding.labels.push(Label { span: *call, message: "the module is called here".to_owned() });
    }
}

/// Whether a finding has to do with one of these files.
fn touches(files: &FxHashSet<FileId>, finding: &Finding) -> bool {
    files.contains(&finding.span.file) || finding.labels.iter().any(|it| files.contains(&it.span.file))
}

/// A finding in a module that was fetched stands at the call, which is what the user can change; the place within the
/// module is a label.
fn at_the_call(workspace: &Workspace, finding: &mut Finding) {
    if !is_fetched(workspace, finding.span) {
        return;
    }
    // The innermost call that the user wrote.
    if let Some(call) = finding.calls.iter().rev().find(|call| !is_fetched(workspace, **call)) {
        let label = Label { span: finding.span, message: IN_THE_MODULE.to_owned() };
        finding.labels.insert(0, label);
        finding.span = *call;
    }
}

/// The calls of the modules that an address is in, from the outermost inwards.
fn calls_around(address: &str, calls: &FxHashMap<Arc<str>, Span>) -> Vec<Span> {
    let ends = address.match_indices('.').map(|(at, _)| &address[..at]);
    ends.filter_map(|module| calls.get(module).copied()).collect()
}

/// Shows the call of a module where it makes a finding what it is: by what it hands to the module, or by leaving the value
/// at the default of a variable.
fn show_call(workspace: &Workspace, finding: &mut Finding) {
    let way = finding.labels.iter().find(|it| it.message.starts_with("by way of "));
    let default = way.filter(|it| it.message.ends_with("` (default)")).map(|it| it.span);
    let (call, message) = match default {
        Some(used) => {
            let folder = |span: Span| workspace.source(span.file).path.parent().map(Path::to_owned);
            let home = folder(used);
            // The call of a module stands in the folder of the one around it.
            let call = match finding.calls.iter().position(|it| folder(*it) == home) {
                Some(within) => within.checked_sub(1).map(|it| finding.calls[it]),
                None => finding.calls.last().copied(),
            };
            (call, "this call leaves it at the default")
        }
        None if finding.is_of_call => (finding.calls.last().copied(), "the module is called here"),
        None => return,
    };
    if let Some(span) = call {
        finding.labels.push(Label { span, message: message.to_owned() });
    }
}

/// What is wrong in a folder's files, and in those of its blocks that were asked for.
fn folder_errors(workspace: &Workspace, folder: &Folder) -> Vec<InputError> {
    let top = folder.files.iter().flat_map(|it| it.errors());
    top.chain(folder.parse_errors()).map(|it| input_error(workspace, it.clone())).collect()
}

/// That calls name a folder which is not there, told at the first of them.
fn missing_folder(workspace: &Workspace, folder: &Path, calls: &FxHashSet<Span>) -> Option<InputError> {
    let place = |it: &&Span| (in_order(&workspace.source(it.file).path), it.start);
    let first = calls.iter().min_by_key(place)?;
    let named = match calls.len() {
        1 => String::new(),
        n => format!(", which {n} module calls name"),
    };
    let message = format!("there is no folder `{}`{named}", folder.display());
    Some(input_error(workspace, SyntaxError { span: *first, message }))
}

fn check_file(
    workspace: &Workspace,
    file: &Selected,
    used: &FxHashSet<FileId>,
    judged: &FxHashSet<FileId>,
    options: &Options,
) -> Part {
    let mut part = Part::default();
    let Ok(source) = workspace.open(&file.path) else { return part };
    part.within = Some(workspace.ground.from_root(&file.path));
    if judged.contains(&source.id) || used.contains(&source.id) && !file.named {
        return part;
    }
    // A file of unknown kind that was named is told by what it says.
    if let Some(message) = no_policy_file(&name_of(&file.path)) {
        // Values that a module has read were judged with it, and others are for those who name them.
        if options.allow_empty || !file.named || used.contains(&source.id) {
            return part;
        }
        part.errors.push(InputError { path: source.path.clone(), span: None, message: message.to_owned() });
        return part;
    }
    // What was named must not look clean for not having been understood, unless that is accepted.
    let is_meant = file.named && !options.allow_empty;
    match json::read(&source, is_meant) {
        Read::Policy(configuration, errors) => {
            part.errors.extend(errors.into_iter().map(|it| input_error(workspace, it)));
            part.count(&configuration, &|_| true);
            part.judge(workspace, &configuration, options);
            identify(workspace, &source.path, &mut part.findings);
        }
        Read::Other if is_meant => part.errors.push(InputError {
            path: source.path.clone(),
            span: None,
            message: match kind_of_json(&source.text) {
                Some(kind) => format!("is {kind}, which iamlint does not read"),
                None => "holds no policy".to_owned(),
            },
        }),
        Read::Other => {}
        // Whoever fills it in shows what it grants.
        Read::Template => part.skip(&source.path, "is a template that nothing here fills in"),
        Read::Broken(errors) => part.errors.extend(errors.into_iter().map(|it| input_error(workspace, it))),
    }
    part
}

/// Why a file of this name is not read as a policy although it was named.
fn no_policy_file(name: &str) -> Option<&'static str> {
    if source::holds_values(name) {
        Some("holds values of variables, which are read with the module they stand beside")
    } else if [".yaml", ".yml"].iter().any(|it| name.ends_with(it)) {
        Some("is YAML, which iamlint does not read")
    } else {
        None
    }
}

/// What a JSON file is, when it is a kind that people lint with other tools.
fn kind_of_json(text: &str) -> Option<&'static str> {
    if text.contains("\"AWSTemplateFormatVersion\"") || text.contains("\"AWS::") {
        Some("a CloudFormation template")
    } else if text.contains("\"planned_values\"") {
        Some("a Terraform plan")
    } else {
        None
    }
}

/// The selected files that could not be read at all, and how many were read; `templates` were opened in vain.
fn unread(workspace: &Workspace, templates: usize) -> Part {
    let mut part = Part::default();
    let failed = workspace.selected.par_iter().filter_map(|it| Some((it, workspace.open(&it.path).err()?)));
    let failed: Vec<(&Selected, ReadError)> = failed.collect();
    part.summary.files = workspace.selected.len() - failed.len() - templates;
    for (selected, error) in failed {
        if is_no_policy(workspace, selected, &error) {
            part.skip(&selected.path, error.to_string());
        } else {
            part.summary.skipped += 1;
            part.errors.push(InputError { path: selected.path.clone(), span: None, message: error.to_string() });
        }
    }
    part
}

/// Whether a JSON file that nobody has named is seen to be no policy by how it begins, although it cannot be read: AWS
/// takes none that is longer.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
fn is_no_policy(workspace: &Workspace, selected: &Selected, error: &ReadError) -> bool {
    let name = name_of(&selected.path);
    let is_text = matches!(error, ReadError::TooLarge(_) | ReadError::NotUtf8(_) | ReadError::Nul(_));
    if selected.named || !is_text || is_terraform(&name) || !name.ends_with(".json") {
        return false;
    }
    // A text of two bytes a character is that of one byte, but for the zeros.
    let as_text = |head: Vec<u8>| head.into_iter().filter(|it| *it != 0).map(char::from).collect::<String>();
    workspace.head(&selected.path).is_some_and(|head| !syntax::json::looks_like_policy(&as_text(head)))
}

fn input_error(workspace: &Workspace, error: SyntaxError) -> InputError {
    InputError { path: workspace.source(error.span.file).path.clone(), span: Some(error.span), message: error.message }
}

impl Part {
    fn skip(&mut self, path: &Path, why: impl Into<String>) {
        self.summary.skipped += 1;
        self.skipped.push(Skipped { path: path.to_owned(), why: why.into() });
    }

    fn judge(&mut self, workspace: &Workspace, configuration: &Configuration, options: &Options) {
        self.findings = apply(workspace, configuration, options);
        if options.silenced {
            self.silenced = silenced::within(workspace, configuration, options, &self.findings);
        }
    }

    /// Of a root that calls what was named, keeps what has to do with that: what stands in modules of folders that were
    /// named, or comes from files in them.
    fn keep_asked_for(&mut self, workspace: &Workspace, collected: &Collected) {
        let selected = || workspace.selected.iter().map(|it| &it.path);
        let folders: FxHashSet<&Path> = selected().filter_map(|it| it.parent()).collect();
        let files: FxHashSet<FileId> = selected().filter_map(|it| workspace.open(it).ok()).map(|it| it.id).collect();
        let is_asked = |module: &str| collected.folders.get(module).is_some_and(|it| folders.contains(&*it.path));
        let stands_there = |address: &str| address.match_indices('.').any(|(end, _)| is_asked(&address[..end]));
        let is_kept = |it: &Finding| touches(&files, it) || stands_there(&it.carrier.address);
        self.findings.retain(is_kept);
        self.silenced.retain(|it| is_kept(&it.finding));
        self.errors.retain(|it| it.span.is_some_and(|span| files.contains(&span.file)));
        self.unread_calls.retain(|it| files.contains(&it.file));
        self.missing.retain(|(_, at)| files.contains(&at.file));
        (self.summary, self.unresolved) = Default::default();
        self.count(&collected.configuration, &stands_there);
        let unread = collected.unread.iter().filter(|(_, hole)| files.contains(&hole.span.file));
        self.unresolved.extend(unread.map(unread_call));
        // What else the root has was not looked for.
        self.within = None;
    }

    /// Counts what is declared, as far as an address counts.
    fn count(&mut self, configuration: &Configuration, counts: &dyn Fn(&str) -> bool) {
        let Configuration { buckets, keys, identities, resources, .. } = configuration;
        let others = buckets.iter().map(|it| &it.address).chain(keys.iter().map(|it| &it.resource.address));
        let others =
            others.chain(identities.iter().map(|it| &it.address)).chain(resources.iter().map(|it| &it.address));
        self.summary.others += others.filter(|it| counts(it)).count();
        for policy in configuration.policies.iter().filter(|it| counts(&it.address)) {
            self.summary.policies += 1;
            self.unresolved.extend(policy.resolution.holes.iter().map(|hole| Unresolved {
                hole: Arc::clone(hole),
                address: Arc::clone(&policy.address),
                nothing: policy.resolution.nothing,
            }));
            if policy.resolution.nothing {
                self.summary.unresolved += 1;
            } else if policy.resolution.is_full() {
                self.summary.resolved += 1;
            } else {
                self.summary.partly_resolved += 1;
            }
        }
    }
}

/// Runs every rule over one configuration; what one finding makes needless of others is among them.
pub fn apply(workspace: &Workspace, configuration: &Configuration, options: &Options) -> Vec<Finding> {
    judged(workspace, configuration, options, None)
}

/// Runs every rule over one configuration, or over as much of it as has to do with one policy.
fn judged(
    workspace: &Workspace,
    configuration: &Configuration,
    options: &Options,
    only: Option<&Arc<Policy>>,
) -> Vec<Finding> {
    let facts = &options.config.facts;
    let wanted = |it: &Finding| options.config.wants(workspace, it);
    let is_it = |it: &&Arc<Policy>| only.is_none_or(|only| Arc::ptr_eq(it, only));
    let mut out = Vec::new();
    let of_policy = |rule: &&'static Rule| match rule.check {
        Check::Policy(check) => Some((*rule, check)),
        _ => None,
    };
    let of_policies: Vec<_> = options.rules.iter().filter_map(of_policy).collect();
    for policy in configuration.policies.iter().filter(is_it) {
        let (carrier, before) = (Carrier::of(policy), out.len());
        for (rule, check) in &of_policies {
            check(policy, &mut Context::new(rule, &carrier, facts, configuration, &mut out));
        }
        advise_in_partition(workspace, policy, &mut out[before..]);
    }
    for rule in &options.rules {
        match rule.check {
            Check::Policy(_) => {}
            Check::Bucket(check) => {
                let carries = |it: &&Bucket| only.is_none_or(|only| it.carries(only));
                configuration.buckets.iter().filter(carries).for_each(|bucket| {
                    check(bucket, &mut Context::new(rule, &carrier(&bucket.address), facts, configuration, &mut out));
                });
            }
            Check::Key(check) => {
                let carries = |it: &&Key| only.is_none() || it.policies.iter().any(|it| is_it(&it));
                configuration.keys.iter().filter(carries).for_each(|key| {
                    check(
                        key,
                        &mut Context::new(rule, &carrier(&key.resource.address), facts, configuration, &mut out),
                    );
                });
            }
            Check::Resource(check) => configuration.resources.iter().filter(|_| only.is_none()).for_each(|resource| {
                check(resource, &mut Context::new(rule, &carrier(&resource.address), facts, configuration, &mut out));
            }),
            Check::Identity(check) => {
                let carries = |it: &&Identity| only.is_none_or(|only| it.carries(only));
                configuration.identities.iter().filter(carries).for_each(|identity| {
                    check(
                        identity,
                        &mut Context::new(rule, &carrier(&identity.address), facts, configuration, &mut out),
                    );
                });
            }
            Check::Configuration(check) => {
                check(configuration, &mut Context::new(rule, &carrier(&"".into()), facts, configuration, &mut out));
            }
        }
    }
    in_every_case(&mut out);
    if only.is_none() {
        keep_what_is_needed(configuration, &mut out);
    }
    for finding in &mut out {
        // What nobody has gives nothing away yet.
        if let Some(span) = configuration.unused.get(&finding.carrier.address) {
            finding.is_unused = true;
            finding.severity = finding.severity.lower();
            finding.confidence = Confidence::Low;
            finding.labels.push(Label { span: *span, message: "nothing uses this document".to_owned() });
        }
        let off = configuration.switched_off.get(&finding.carrier.address);
        if let Some((span, why)) = off.or(configuration.off.as_ref()) {
            finding.confidence = Confidence::Low;
            finding.labels.push(Label { span: *span, message: why.to_string() });
        }
    }
    out.retain(wanted);
    for finding in &mut out {
        // That it is there is no part of what is wrong with it, so that makes it no less sure.
        if let Some(given) = configuration.there_if.get(&finding.carrier.address) {
            let message = format!("`{}` is there only if {}", finding.carrier.address, given.words);
            finding.labels.push(Label { span: given.span, message });
        }
    }
    out
}

/// A statement: the address of its policy, and which one of that it is.
type StatementAt = (Arc<str>, usize);

/// What has no effect in some of the statements that are made of one literal, and has one in others, is not to be taken out.
fn keep_what_is_needed(configuration: &Configuration, findings: &mut [Finding]) {
    let mut without_effect: FxHashMap<Span, FxHashSet<StatementAt>> = FxHashMap::default();
    for finding in findings.iter().filter(|it| it.help_where_needed.is_some()) {
        let Some(statement) = &finding.statement else { continue };
        let them = without_effect.entry(finding.span).or_default();
        them.insert((Arc::clone(&finding.carrier.address), statement.index));
    }
    if without_effect.is_empty() {
        return;
    }
    let mut needed: FxHashSet<Span> = FxHashSet::default();
    for policy in &configuration.policies {
        for statement in &policy.statements {
            let has_effect = |span: &Span| {
                let at = || (Arc::clone(&policy.address), statement.index);
                without_effect.get(span).is_some_and(|them| !them.contains(&at()))
            };
            needed.extend(statement.spans().filter(has_effect));
        }
    }
    for finding in findings.iter_mut().filter(|it| needed.contains(&it.span)) {
        if let Some(help) = finding.help_where_needed.take() {
            finding.help = Some(help);
        }
    }
}

/// What is found of a statement in either of two cases, of which one must hold, is found of it in every case; so is what is
/// found in one of them, where what is found in the other is that more is granted.
fn in_every_case(findings: &mut Vec<Finding>) {
    // Of a list that hangs on a choice one statement stands in each of its cases, at a place of its own in each.
    let literal = |it: &Finding| it.statement.as_ref().map(|it| it.span);
    let holder = |it: &Finding| Arc::clone(&it.carrier.address);
    let mut seen: FxHashMap<_, Vec<usize>> = FxHashMap::default();
    let mut gone = FxHashSet::default();
    for n in 0..findings.len() {
        let it = &findings[n];
        if it.case.is_none() {
            continue;
        }
        let what = (it.rule, it.span, literal(it), it.subject.clone(), holder(it), it.message.clone());
        let alike = seen.entry(what).or_default();
        let mut last = n;
        // What two cases of four come to may be the other case of what the other two have come to.
        loop {
            let is_other = |it: &usize| *it != last && !gone.contains(it);
            let is_as_bad = |it: &usize| findings[*it].severity == findings[last].severity;
            let others: Vec<usize> = alike.iter().copied().filter(|it| is_other(it) && is_as_bad(it)).collect();
            let Some((case, taken)) = with_others(findings, last, &others) else { break };
            let others: Vec<usize> = taken[1..].iter().copied().chain([last]).collect();
            last = taken[0];
            tell_at_once(findings, last, &others, case);
            gone.extend(others);
        }
        if last == n {
            alike.push(n);
        }
    }
    let mut of_statement: FxHashMap<_, Vec<usize>> = FxHashMap::default();
    let is_of_access = |it: &Finding| rules::by_id(it.rule).is_some_and(Rule::is_of_access);
    let in_case = findings.iter().enumerate().filter(|(n, it)| it.case.is_some() && !gone.contains(n));
    for (n, finding) in in_case.filter(|(_, it)| is_of_access(it)) {
        of_statement.entry((literal(finding), holder(finding))).or_default().push(n);
    }
    for them in of_statement.into_values().filter(|it| it.len() > 1) {
        for narrow in them.iter().copied() {
            let is_broader = |broad: &usize| {
                let (one, other) = (&findings[narrow], &findings[*broad]);
                let is_part = |own: &Granted, of: &Granted| own.beyond(of).is_empty();
                let is_of_rule = one.rule == other.rule || folds(other).contains(&one.rule);
                let grants = || one.granted.as_ref().zip(other.granted.as_ref());
                *broad != narrow
                    && is_of_rule
                    && one.severity <= other.severity
                    && grants().is_some_and(|(own, of)| is_part(own, of))
            };
            let broader: Vec<usize> = them.iter().copied().filter(is_broader).collect();
            while !gone.contains(&narrow) {
                let left: Vec<usize> = broader.iter().copied().filter(|it| !gone.contains(it)).collect();
                let Some((case, taken)) = with_others(findings, narrow, &left) else { break };
                // What is no worse than what is granted in every case has nothing to add.
                let one = &findings[narrow];
                let is_no_worse = |it: &Finding| it.rule == one.rule && it.severity == one.severity;
                let needless: Vec<usize> = taken.iter().copied().filter(|it| is_no_worse(&findings[*it])).collect();
                let sure = taken.iter().map(|it| sure_in_case(&findings[*it])).min().unwrap_or(sure_in_case(one));
                // All speak of one statement, by whichever place it has first.
                let all = taken.iter().chain([&narrow]);
                let first = all.filter_map(|it| findings[*it].statement.clone()).min_by_key(|it| it.index);
                gone.extend(needless);
                findings[narrow].statement = first;
                hold(&mut findings[narrow], case, sure);
            }
        }
    }
    // What is left of one in several cases is said once.
    for alike in seen.into_values().filter(|it| it.len() > 1) {
        for one in alike.iter().copied() {
            let is_other = |it: &usize| *it != one && !gone.contains(it) && !gone.contains(&one);
            let is_as_bad = |it: &usize| findings[*it].severity == findings[one].severity;
            let others: Vec<usize> = alike.iter().copied().filter(|it| is_other(it) && is_as_bad(it)).collect();
            if let Some((case, taken)) = of_cases(findings, one, &others, |own, cases| own.or(cases)) {
                tell_at_once(findings, one, &taken, Some(case));
                gone.extend(taken);
            }
        }
    }
    let mut n = 0;
    findings.retain(|_| {
        n += 1;
        !gone.contains(&(n - 1))
    });
}

/// The case in which one finding or those others are there that it takes: see [`policy::Given::with_others`].
fn with_others(findings: &[Finding], one: usize, others: &[usize]) -> Option<(Option<policy::Given>, Vec<usize>)> {
    of_cases(findings, one, others, |own, cases| own.with_others(cases))
}

/// What is asked of the case of one finding and of those of others, and of which of these it speaks.
fn of_cases<T>(
    findings: &[Finding],
    one: usize,
    others: &[usize],
    ask: impl FnOnce(&policy::Given, &[&policy::Given]) -> Option<(T, Vec<usize>)>,
) -> Option<(T, Vec<usize>)> {
    let (own, _) = findings[one].case.as_ref()?;
    let of = |it: &usize| Some((*it, &*findings[*it].case.as_ref()?.0));
    let (others, cases): (Vec<usize>, Vec<&policy::Given>) = others.iter().filter_map(of).unzip();
    let (case, taken) = ask(own, &cases)?;
    Some((case, taken.into_iter().map(|it| others[it]).collect()))
}

/// Has one finding tell what others do in their cases, in the case that all of them come to.
fn tell_at_once(findings: &mut [Finding], one: usize, others: &[usize], case: Option<policy::Given>) {
    let all: Vec<&Finding> = [&one].into_iter().chain(others).map(|it| &findings[*it]).collect();
    let labels = labels_of_any(&all);
    let sure = all.into_iter().map(sure_in_case).min().unwrap_or(Confidence::Low);
    findings[one].labels = labels;
    hold(&mut findings[one], case, sure);
}

/// How sure a finding is in its case.
fn sure_in_case(finding: &Finding) -> Confidence {
    finding.case.as_ref().map_or(Confidence::High, |(_, sure)| *sure)
}

/// The labels of findings that are one but for their cases: what is told of some of them is so in their cases.
fn labels_of_any(findings: &[&Finding]) -> Vec<Label> {
    let mut labels: Vec<Label> = Vec::new();
    for (n, finding) in findings.iter().enumerate() {
        let own = finding.case.as_ref().map_or("", |(case, _)| &case.words);
        for label in &finding.labels {
            let is_of_all = || findings.iter().all(|it| it.labels.contains(label));
            let is_case = label.message.strip_prefix(ONLY_IF) == Some(own);
            if is_case || is_of_all() {
                // Its own case is told of the first one until it is another one.
                if (n == 0 || !is_case) && !labels.contains(label) {
                    labels.push(label.clone());
                }
            } else {
                labels.push(Label { message: format!("{}, if {own}", label.message), ..label.clone() });
            }
        }
    }
    labels
}

/// Has a finding hold in this wider case, or in every one, where another one that is as sure makes it so.
fn hold(finding: &mut Finding, case: Option<policy::Given>, sure: Confidence) {
    let Some((given, own)) = finding.case.take() else { return };
    let sure = own.min(sure);
    let is_case = |it: &Label| it.span == given.span && it.message.strip_prefix(ONLY_IF) == Some(&*given.words);
    match case {
        Some(case) => {
            let words = format!("{ONLY_IF}{}", case.words);
            finding.labels.iter_mut().filter(|it| is_case(it)).for_each(|it| it.message.clone_from(&words));
            finding.case = Some((Arc::new(case), sure));
        }
        None => {
            finding.confidence = sure;
            finding.labels.retain(|it| !is_case(it));
        }
    }
}

/// Has what is advised name the partition that the policy itself does, or that its file does where the policy names none:
/// one that is looked up is left open.
fn advise_in_partition(workspace: &Workspace, policy: &Policy, findings: &mut [Finding]) {
    const PLAIN: &str = "arn:aws:";
    const OPEN: &str = "{Partition}";
    let mut own = None;
    for finding in findings {
        let file = finding.span.file;
        let said = finding.help.iter_mut().chain(finding.labels.iter_mut().map(|it| &mut it.message));
        let said: Vec<&mut String> = said.filter(|it| it.contains(PLAIN)).collect();
        if said.is_empty() {
            continue;
        }
        let of_policy =
            *own.get_or_insert_with(|| if policy.looks_up_partition() { Some(OPEN) } else { policy.partition() });
        let looked_up = || workspace.source(file).text.contains("data.aws_partition.").then_some(OPEN);
        if let Some(partition) = of_policy.or_else(looked_up).filter(|it| *it != "aws") {
            said.into_iter().for_each(|it| *it = it.replace(PLAIN, &format!("arn:{partition}:")));
        }
    }
}

fn carrier(address: &Arc<str>) -> Carrier {
    Carrier { kind: None, address: Arc::clone(address), source: None }
}

/// What a finding says: its rule, its place, its statement, and what it is about.
type Said = (&'static str, Span, Option<usize>, String);

fn said(finding: &Finding) -> Said {
    (finding.rule, finding.span, finding.statement.as_ref().map(|it| it.index), finding.subject.clone())
}

/// Who has what a finding is about: the root module or file, and the address there.
type Holder = (Arc<str>, Arc<str>);

/// Those who have it, each as it is named; what has no name yet is of one configuration.
fn holders(finding: &Finding) -> impl Iterator<Item = Holder> {
    let address = &finding.carrier.address;
    let unnamed = finding.identities.is_empty().then(|| (Arc::clone(address), Arc::clone(address)));
    finding.identities.iter().map(|it| (Arc::clone(&it.within), Arc::clone(&it.address))).chain(unnamed)
}

fn folds(finding: &Finding) -> &'static [&'static str] {
    rules::by_id(finding.rule).map_or(&[], |it| &it.head().folds)
}

/// Where a finding stands in the configuration, whichever place it is shown at.
fn place_of(finding: &Finding) -> Span {
    finding.labels.iter().find(|it| it.message == IN_THE_MODULE).map_or(finding.span, |it| it.span)
}

/// The cases in which there is what a finding speaks of; none for every case.
fn cases_of(finding: &Finding) -> Vec<Option<String>> {
    let Some((case, _)) = &finding.case else { return vec![None] };
    let all = [case].into_iter().chain(&finding.or_cases);
    all.flat_map(|it| value::each_of(&it.words)).map(Some).collect()
}

/// Whether there is what a finding speaks of in one of the cases of another one.
fn is_there_in(finding: &Finding, case: Option<&str>) -> bool {
    match (&finding.case, case) {
        (None, _) => true,
        (Some((own, _)), Some(its)) => {
            [own].into_iter().chain(&finding.or_cases).any(|it| is_case_within(its, &it.words))
        }
        (Some(_), None) => false,
    }
}

/// What a finding folds: a rule's findings about a holder's statement, where it does so at one place only, and whether it
/// is there in every case.
type Folded = (&'static str, Holder, StatementName, Option<Span>, bool);

/// Takes out what a broader finding about the same statement makes needless by the page of its rule, as far as it grants
/// all that the narrower one is about, and what a finding says in its own words. What somebody has answered for makes
/// needless what stands at the very same place, and nothing else.
fn folded<'f>(findings: &mut Vec<Finding>, answered: impl Iterator<Item = &'f Finding>) -> Vec<Finding> {
    let mut broad: FxHashMap<Folded, Vec<&Finding>> = FxHashMap::default();
    let mut told: FxHashSet<(&str, Span, String, Holder, bool)> = FxHashSet::default();
    // What is there in some case only leaves what is there in every case to be said.
    let is_sure = |it: &Finding| it.confidence > Confidence::Low;
    let all = findings.iter().map(|it| (it, None)).chain(answered.map(|it| (it, Some(place_of(it)))));
    for (finding, only_at) in all {
        let sure = is_sure(finding);
        for rule in folds(finding) {
            let Some(statement) = &finding.statement else { continue };
            for holder in holders(finding) {
                let grants = broad.entry((*rule, holder, statement.clone(), only_at, sure)).or_default();
                grants.push(finding);
            }
        }
        for it in finding.tells.iter().filter(|it| only_at.is_none_or(|only| only == it.span)) {
            let of = |(within, own): Holder| (within, it.address.clone().unwrap_or(own));
            told.extend(holders(finding).map(|holder| (it.rule, it.span, it.subject.clone(), of(holder), sure)));
        }
    }
    if broad.is_empty() && told.is_empty() {
        return Vec::new();
    }
    let is_needless = |narrow: &Finding| {
        let place = place_of(narrow);
        let by_whom = if is_sure(narrow) { &[true][..] } else { &[true, false] };
        let cases = cases_of(narrow);
        let is_within = |broad: &Finding, case: Option<&str>| match (&narrow.granted, &broad.granted) {
            _ if !is_there_in(broad, case) => false,
            (Some(own), Some(broad)) => own.beyond(broad).is_empty(),
            // What is about no grant is about the statement.
            _ => true,
        };
        let is_folded = |holder: &Holder| {
            let by = |it: &StatementName, at, sure| {
                let grants = broad.get(&(narrow.rule, holder.clone(), it.clone(), at, sure));
                let is_granted =
                    |case: &Option<String>, them: &Vec<&Finding>| them.iter().any(|it| is_within(it, case.as_deref()));
                grants.is_some_and(|them| cases.iter().all(|case| is_granted(case, them)))
            };
            let of = |it: &StatementName| by_whom.iter().any(|sure| by(it, None, *sure) || by(it, Some(place), *sure));
            narrow.statement.as_ref().is_some_and(of)
        };
        let is_told = |holder: &Holder| {
            let by = |sure| told.contains(&(narrow.rule, place, narrow.subject.clone(), holder.clone(), sure));
            by_whom.iter().any(|sure| by(*sure))
        };
        holders(narrow).all(|it| is_folded(&it) || is_told(&it))
    };
    let needless: Vec<bool> = findings.par_iter().map(is_needless).collect();
    let mut needless = needless.into_iter();
    findings.extract_if(.., |_| needless.next().unwrap_or_default()).collect()
}

/// Everything together: one finding for one cause, in an order that no run changes.
fn report(workspace: &Workspace, called: &Called, parts: Vec<Part>, options: &Options) -> Report {
    let mut report = Report { today: options.today, ..Report::default() };
    let mut findings = Vec::with_capacity(parts.iter().map(|it| it.findings.len()).sum());
    let mut silenced = Vec::new();
    let mut seen: FxHashSet<String> = FxHashSet::default();
    // A module that is called by many roots calls the same ones in each.
    let mut unread_calls: FxHashSet<Span> = FxHashSet::default();
    let mut missing: BTreeMap<PathBuf, FxHashSet<Span>> = BTreeMap::new();
    for part in parts {
        findings.extend(part.findings);
        silenced.extend(part.silenced);
        seen.extend(part.within);
        report.errors.extend(part.errors);
        report.summary.add(part.summary);
        report.skipped.extend(part.skipped);
        report.unresolved.extend(part.unresolved);
        unread_calls.extend(part.unread_calls);
        part.missing.into_iter().for_each(|(folder, at)| _ = missing.entry(folder).or_default().insert(at));
        report.crashed |= part.crashed;
    }
    report.summary.unread_calls = unread_calls.len();
    for folder in called.asked_for(workspace) {
        report.errors.extend(folder_errors(workspace, &folder));
    }
    let named = named_only(workspace);
    for (folder, mut calls) in missing {
        // Of files that were named alone, what others call is theirs.
        calls.retain(|it| named.as_ref().is_none_or(|named| named.contains(&it.file)));
        report.errors.extend(missing_folder(workspace, &folder, &calls));
    }
    let place = |error: &InputError| (error.path.clone(), error.span.map(|it| it.start), error.message.clone());
    report.errors.sort_by_cached_key(place);
    report.errors.dedup();
    bound(&mut report.errors);
    let terms = Terms {
        rules: &options.rules,
        today: options.today,
        config: &options.config,
        whole: options.config.files.iter().all(|it| {
            let folder = workspace.ground.absolute(&it.path);
            folder.parent().is_some_and(|it| workspace.covers(it))
        }),
    };
    if let Some(named) = named {
        // Files that were named select what is reported; the modules around them were read whole.
        findings.retain(|finding| touches(&named, finding));
        silenced.retain(|it| touches(&named, &it.finding));
        report.errors.retain(|error| error.span.is_none_or(|span| named.contains(&span.file)));
    }
    // Instances are answered for one by one: a comment at one module call says nothing of the others.
    let mut outcome = suppress::apply(workspace, findings, &terms);
    outcome.said.chunk_by_mut(|a, b| a.span.file == b.span.file).for_each(|of_file| {
        identify(workspace, &workspace.source(of_file[0].span.file).path, of_file);
    });
    outcome.findings.append(&mut outcome.said);
    let vendored = vendored(workspace, &mut outcome.findings, options.config.external_modules);
    let (standing, below) = options.config.apply(workspace, outcome.findings);
    report.findings = merged(standing);
    if let Some(before) = &options.before {
        compare(workspace, &mut report, before, &seen, &options.rules);
    }
    let answered = outcome.answered.iter().chain(&outcome.accepted).map(|(it, _)| it);
    let known = report.suppressed.iter().map(|it| &it.finding);
    report.needless = folded(&mut report.findings, answered.chain(known));
    report.explained = explained(&mut report.findings);
    sort(workspace, &mut report.findings, |it| it);
    report.findings = literals::once(workspace, report.findings);
    let chosen = vendored.into_iter().chain(below).map(|(it, reason)| (it, Answer { reason, until: None }));
    let configured = outcome.accepted.into_iter().chain(chosen).collect();
    for (suppressed, by) in [(outcome.answered, "comment"), (configured, "config")] {
        let (findings, answers): (Vec<_>, Vec<_>) = suppressed.into_iter().unzip();
        let owned = |(rule, span, subject): Cause<'_>| (rule, span, subject.to_owned());
        let answers: FxHashMap<_, _> = findings.iter().map(|it| owned(cause(it))).zip(answers).collect();
        report.suppressed.extend(merged(findings).into_iter().map(|finding| {
            let Answer { reason, until } = answers.get(&owned(cause(&finding))).cloned().unwrap_or_default();
            Suppressed { finding, reason, until, by }
        }));
    }
    sort(workspace, &mut report.suppressed, |it| &it.finding);
    if options.config.external_modules == ExternalModules::Off {
        silenced.retain(|it| !is_in_fetched(workspace, &it.finding));
    }
    report.silenced = silenced::once(workspace, silenced, &options.config);
    sort(workspace, &mut report.silenced, |it| &it.finding);
    report
}

/// Takes out what a broader finding explains: its rule folds theirs, the same holders have it, and all that they say is
/// granted is granted by what it is about. They stand elsewhere, so the broader one points at them: they are to be
/// narrowed with it. Only what stands explains, and what is worse or surer than the broader one is said by itself.
fn explained(findings: &mut Vec<Finding>) -> Vec<Finding> {
    // By whom they are about, the findings of rules that fold others.
    let mut broad: FxHashMap<Holder, Vec<usize>> = FxHashMap::default();
    for (n, finding) in findings.iter().enumerate().filter(|(_, it)| !folds(it).is_empty()) {
        let own: Vec<Holder> = holders(finding).collect();
        let beside =
            own.iter().flat_map(|(within, _)| finding.covers.1.iter().map(|it| (Arc::clone(within), Arc::clone(it))));
        for holder in beside.chain(own.iter().cloned()).collect::<FxHashSet<_>>() {
            broad.entry(holder).or_default().push(n);
        }
    }
    let explains = |n: usize, narrow: &Finding| {
        let broad = &findings[n];
        let grants = || broad.granted.iter().chain(&broad.covers.0);
        // What is there in some case only explains nothing of what is there in others.
        let is_certain = broad.confidence > Confidence::Low && !broad.carrier.address.contains('[');
        is_certain
            && broad.severity >= narrow.severity
            // What one call hands to a module that cannot be read is as sure as what else it hands over.
            && (broad.confidence >= narrow.confidence || is_call(&broad.carrier.address) && has_one_carrier(broad, narrow))
            && folds(broad).contains(&narrow.rule)
            && narrow.granted.as_ref().is_some_and(|own| grants().any(|it| own.beyond(it).is_empty()))
    };
    let mut by: Vec<Option<usize>> = vec![None; findings.len()];
    for (n, narrow) in findings.iter().enumerate() {
        let holders: Vec<Holder> = holders(narrow).collect();
        let Some(first) = holders.first().and_then(|it| broad.get(it)) else { continue };
        let has_all = |it: &usize| holders.iter().all(|holder| broad.get(holder).is_some_and(|them| them.contains(it)));
        by[n] = first.iter().copied().find(|it| *it != n && explains(*it, narrow) && has_all(it));
    }
    // One that is itself explained points at nothing.
    let by: Vec<Option<usize>> = by.iter().map(|it| it.filter(|broad| by[*broad].is_none())).collect();
    let labels: Vec<(usize, Label)> = by
        .iter()
        .zip(&*findings)
        .filter_map(|(broad, narrow)| {
            let message = format!("part of this, and to be narrowed with it: {}", narrow.message);
            Some(((*broad)?, Label { span: narrow.span, message }))
        })
        .collect();
    for (broad, label) in labels {
        findings[broad].labels.push(label);
    }
    let mut by = by.into_iter();
    findings.extract_if(.., |_| by.next().flatten().is_some()).collect()
}

/// Whether an address is that of the call of a module.
fn is_call(address: &str) -> bool {
    address.rsplit('.').nth(1) == Some("module")
}

fn has_one_carrier(one: &Finding, other: &Finding) -> bool {
    one.carrier.address == other.carrier.address
}

/// Leaves of each file as many errors as anybody reads, and says how many there are beyond.
fn bound(errors: &mut Vec<InputError>) {
    *errors = errors.chunk_by(|a, b| a.path == b.path).fold(Vec::new(), |mut out, of_file| {
        let told = &of_file[..of_file.len().min(MISTAKES)];
        out.extend_from_slice(told);
        if let (Some(last), more @ 1..) = (told.last(), of_file.len() - told.len()) {
            out.push(InputError { message: format!("{more} more errors of this file are not told"), ..last.clone() });
        }
        out
    });
}

/// Holds the findings against those that were there before, and takes out what is no wider.
fn compare(
    workspace: &Workspace,
    report: &mut Report,
    before: &Before,
    seen: &FxHashSet<String>,
    rules: &[&'static Rule],
) {
    // Of files that were named alone, not every finding around them is reported.
    let is_partial = named_only(workspace).is_some();
    let searched = Searched {
        is_there: &|within| !is_partial && seen.contains(within),
        is_covered: &|within| !is_partial && workspace.covers(&workspace.ground.root.join(within)),
        was_run: &|rule| rules.iter().any(|it| it.id == rule),
    };
    let compared = baseline::compare(&before.known, mem::take(&mut report.findings), &searched);
    report.findings = compared.standing;
    let reason = format!("known from `{}`", before.name);
    let accepted = compared.accepted.into_iter();
    report.suppressed.extend(accepted.map(|finding| Suppressed {
        finding,
        reason: reason.clone(),
        until: None,
        by: "baseline",
    }));
    report.compared = Some(Comparison {
        with: before.name.clone(),
        fixed: compared.gone,
        kept: compared.kept,
        outgrown: compared.outgrown,
    });
}

/// The files that were selected, when all of them were named and no folder was.
fn named_only(workspace: &Workspace) -> Option<FxHashSet<FileId>> {
    workspace
        .selected
        .iter()
        .all(|it| it.named)
        .then(|| workspace.selected.iter().filter_map(|it| workspace.open(&it.path).ok()).map(|it| it.id).collect())
}

/// By file, place and rule.
fn sort<T>(workspace: &Workspace, items: &mut [T], finding: impl Fn(&T) -> &Finding) {
    let files: FxHashSet<FileId> = items.iter().map(|it| finding(it).span.file).collect();
    let mut files: Vec<FileId> = files.into_iter().collect();
    files.sort_by_cached_key(|it| in_order(&workspace.source(*it).path));
    let ranks: FxHashMap<FileId, usize> = files.into_iter().zip(0..).collect();
    items.sort_by(|a, b| {
        let (a, b) = (finding(a), finding(b));
        let key = |it: &Finding| (ranks.get(&it.span.file).copied(), it.span.start, it.span.end);
        let what = |it: &Finding| (it.rule, Reverse(it.severity));
        key(a).cmp(&key(b)).then_with(|| what(a).cmp(&what(b))).then_with(|| a.message.cmp(&b.message))
    });
}

/// What makes findings of several instances one.
type Cause<'f> = (&'static str, Span, &'f str);

fn cause(finding: &Finding) -> Cause<'_> {
    (finding.rule, finding.span, &finding.subject)
}

/// One finding for each rule, literal and severity; the addresses it holds for stand beneath it. An instance that is
/// found twice is as bad as the worse one says, unless that one holds in some case only.
fn merged(findings: Vec<Finding>) -> Vec<Finding> {
    let mut out = gathered(gathered(findings, alike_of_instance), alike);
    // What something that is used is found to grant, a document that nothing uses has nothing to add to.
    if out.iter().any(|it| it.is_unused) {
        let used: FxHashSet<_> = out.iter().filter(|it| !it.is_unused).map(cause).collect();
        let is_needed: Vec<bool> = out.iter().map(|it| !it.is_unused || !used.contains(&cause(it))).collect();
        let mut is_needed = is_needed.into_iter();
        out.retain(|_| is_needed.next().unwrap_or_default());
    }
    out.iter_mut().for_each(Finding::order_instances);
    out
}

/// What findings that are gathered into one have in common.
#[derive(PartialEq, Eq, Hash)]
struct Alike<'f> {
    cause: Cause<'f>,
    /// The root, the address and the case, where those of one instance are gathered.
    instance: Option<(Option<&'f str>, &'f str, Option<&'f str>)>,
    severity: Option<Severity>,
}

fn alike_of_instance(finding: &Finding) -> Alike<'_> {
    let within = finding.identities.first().map(|it| &*it.within);
    let case = finding.case.as_ref().map(|(case, _)| &*case.words);
    Alike { cause: cause(finding), instance: Some((within, &finding.carrier.address, case)), severity: None }
}

fn alike(finding: &Finding) -> Alike<'_> {
    Alike { cause: cause(finding), instance: None, severity: Some(finding.severity) }
}

/// One finding for all that are alike.
fn gathered(findings: Vec<Finding>, alike: fn(&Finding) -> Alike<'_>) -> Vec<Finding> {
    let mut known: FxHashMap<Alike<'_>, usize> = FxHashMap::default();
    let group = |it| {
        let next = known.len();
        *known.entry(alike(it)).or_insert(next)
    };
    let of: Vec<usize> = findings.iter().map(group).collect();
    let mut groups: Vec<Vec<Finding>> = Vec::with_capacity(known.len());
    for (finding, group) in findings.into_iter().zip(of) {
        match groups.get_mut(group) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups.into_par_iter().filter_map(|it| it.into_iter().reduce(as_one)).collect()
}

/// Two findings as one, which says what is surest and worst.
fn as_one(mut first: Finding, finding: Finding) -> Finding {
    first.instances.extend(finding.instances.iter().cloned());
    first.identities.extend(finding.identities.iter().cloned());
    // What holds for certain in one instance is what the finding says.
    let other = if weight(&finding) > weight(&first) {
        let (instances, identities) = (mem::take(&mut first.instances), mem::take(&mut first.identities));
        mem::replace(&mut first, Finding { instances, identities, ..finding })
    } else {
        finding
    };
    tell_case_of(&mut first, other);
    first
}

/// What makes one of several findings that are one the one that speaks: how sure and how bad it is, and that it holds
/// in every case.
fn weight(finding: &Finding) -> (Confidence, Severity, bool, bool) {
    let has_case = finding.labels.iter().any(|it| it.message.starts_with(ONLY_IF));
    (finding.confidence, finding.severity, finding.case.is_none(), !has_case)
}

/// Has a finding say in which further cases it holds, where one that is merged into it holds in others.
fn tell_case_of(finding: &mut Finding, other: Finding) {
    if let (Some((own, _)), Some((case, _))) = (&finding.case, other.case) {
        let of_other = [case].into_iter().chain(other.or_cases);
        let is_new = |it: &Arc<policy::Given>| it.words != own.words;
        let new: Vec<_> =
            of_other.filter(is_new).filter(|it| !finding.or_cases.iter().any(|told| told.words == it.words)).collect();
        finding.or_cases.extend(new);
    }
    if !finding.labels.iter().any(|it| it.message.starts_with(ONLY_IF)) {
        return;
    }
    for label in other.labels {
        let Some(case) = case_of_label(&label) else { continue };
        let is_told = |own: &Label| case_of_label(own).is_some_and(|own| is_case_within(case, own));
        if !finding.labels.iter().any(is_told) {
            finding.labels.push(Label { span: label.span, message: format!("{OR_IF}{case}") });
        }
    }
}

/// The case that a label tells.
fn case_of_label(label: &Label) -> Option<&str> {
    label.message.strip_prefix(ONLY_IF).or_else(|| label.message.strip_prefix(OR_IF))
}

/// Whether where one case holds another one does.
fn is_case_within(case: &str, other: &str) -> bool {
    let own = value::premises(case);
    value::premises(other).iter().all(|it| own.iter().any(|own| value::implies(own, it)))
}

/// What a label begins with that says in which case there is what a finding speaks of.
const ONLY_IF: &str = "only if ";

/// The same of a further one.
const OR_IF: &str = "or if ";

/// Names the findings of one root module or file, from what is granted to whom and not from where it stands.
fn identify(workspace: &Workspace, place: &Path, findings: &mut [Finding]) {
    let within: Arc<str> = workspace.ground.from_root(place).into();
    // What a file says of itself needs no address beside the file.
    let address = |finding: &Finding| match &finding.carrier.address {
        address if Path::new(&**address) == place => "".into(),
        address => Arc::clone(address),
    };
    let names: Vec<String> = findings
        .iter()
        .map(|it| {
            let sid = it.statement.as_ref().and_then(|it| it.sid.as_deref()).unwrap_or_default();
            digest([it.rule, &within, &address(it), sid, &it.subject])
        })
        .collect();
    // The first statement of a name, and whether there are others.
    let mut statements: FxHashMap<&str, (Option<usize>, bool)> = FxHashMap::default();
    for (finding, name) in findings.iter().zip(&names) {
        let index = finding.statement.as_ref().map(|it| it.index);
        let (first, are_many) = statements.entry(name).or_insert((index, false));
        *are_many |= *first != index;
    }
    let mut seen: FxHashMap<String, usize> = FxHashMap::default();
    for (finding, name) in findings.iter_mut().zip(&names) {
        let mut fingerprint = name.clone();
        // Statements without a name that allow the same are told apart by what else they say.
        if statements[name.as_str()].1 {
            let rest = finding.granted.as_ref().and_then(|it| serde_json::to_string(it).ok()).unwrap_or_default();
            fingerprint = digest([name, rest.as_str()]);
        }
        // And twins by nothing but their order.
        let count = seen.entry(fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            fingerprint.push_str(&format!("-{count}"));
        }
        finding.identities = vec![InstanceName { within: Arc::clone(&within), address: address(finding), fingerprint }];
    }
}

fn digest<'t>(parts: impl IntoIterator<Item = &'t str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let mut out = String::with_capacity(24);
    for byte in hash.finalize().iter().take(12) {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}
