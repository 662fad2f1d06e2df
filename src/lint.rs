//! The pipeline, read top to bottom: files to configurations, configurations to findings, findings to a report.
//! It does no I/O of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use crate::frontend::terraform::{self, Folder, is_terraform};
use crate::frontend::{Configuration, json};
use crate::policy::{Policy, PolicyKind};
use crate::report::{InputError, Report, Summary, Suppressed};
use crate::rule::{Carrier, Check, Context, Finding, Rule};
use crate::source::{Source, Span, Workspace};
use crate::suppress;
use crate::syntax::SyntaxError;

/// What a run is asked to do.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The rules to run.
    pub rules: Vec<&'static Rule>,
    /// What the user says of Terraform's variables.
    pub terraform: terraform::Options,
    /// How the user has changed what rules say of themselves.
    pub settings: crate::config::Settings,
}

/// What came of one root module or one file.
#[derive(Default)]
struct Part {
    findings: Vec<Finding>,
    errors: Vec<InputError>,
    summary: Summary,
    /// The files whose comments were looked at, and may hold suppressions.
    files: Vec<Arc<Source>>,
}

/// Lints every selected file of a workspace. `progress` is told how many of how many parts are done.
pub fn check(workspace: &Workspace, options: &Options, progress: &(dyn Fn(usize, usize) + Sync)) -> Report {
    todo!()
}
