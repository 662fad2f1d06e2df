//! The commands that set a repository up: its configuration, the baseline of what is accepted for now, and the ignores
//! that are written for what stands.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use iamlint::baseline::{self, Known};
use iamlint::config::{self, Config, Overrides};
use iamlint::files;
use iamlint::lint::Before;
use iamlint::report::{Comparison, counted, visible};
use iamlint::rule::Finding;
use iamlint::source::Workspace;
use iamlint::suppress::{self, Insertion};

use crate::cli::{self, Baseline, Input, Remembered};
use crate::{CLEAN, FINDINGS, INPUT, INTERNAL, Linted, Linting, say, written};

/// What a baseline file remembers.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<Known>> {
    let read = files::read_text(file).and_then(|text| baseline::read(&text));
    read.map_err(|problem| anyhow::anyhow!("the baseline `{}` {problem}", file.display()))
}

pub(crate) fn baseline(command: &Baseline) -> anyhow::Result<u8> {
    let (Baseline::Create { remembered, .. } | Baseline::Update { remembered, .. } | Baseline::Check { remembered }) =
        command;
    if remembered.input.paths.iter().any(|it| it == Path::new("-")) {
        bail!("a baseline remembers files, and standard input is none");
    }
    match command {
        Baseline::Create { remembered, force } => create(remembered, *force),
        Baseline::Update { remembered, accept } => update(remembered, *accept),
        Baseline::Check { remembered } => check(remembered),
    }
}

fn create(Remembered { input, file }: &Remembered, force: bool) -> anyhow::Result<u8> {
    if file.exists() && !force {
        bail!(
            "there is a baseline `{}` already: `iamlint baseline update` takes out what is fixed, `--force` writes it anew",
            file.display()
        );
    }
    let linted = Linting::new(input, Overrides::default(), false)?.run()?;
    let known: Vec<Known> = linted.report.found().map(Known::of).collect();
    let count = known.len();
    save(file, known)?;
    say(&format!("{} in `{}`", counted(count, "finding"), visible(&file.to_string_lossy())));
    Ok(unread(&linted))
}

fn update(remembered: &Remembered, accept: bool) -> anyhow::Result<u8> {
    let (linted, Comparison { fixed, mut kept, outgrown, .. }) = compared(remembered)?;
    let standing = &linted.report.findings;
    if accept {
        kept.extend(standing.iter().map(Known::of));
    } else {
        kept.extend(outgrown);
    }
    let (count, gone, new) = (kept.len(), fixed.len(), standing.len());
    save(&remembered.file, kept)?;
    let others = match (new, accept) {
        (0, _) => String::new(),
        (new, true) => format!(", {new} added or widened"),
        (new, false) => format!(", {new} new or wider not accepted"),
    };
    say(&format!("{} in `{}`: {gone} taken out{others}", counted(count, "finding"), remembered.file.display()));
    Ok(unread(&linted))
}

fn check(remembered: &Remembered) -> anyhow::Result<u8> {
    let (linted, Comparison { fixed, .. }) = compared(remembered)?;
    let mut lines = Vec::new();
    for it in &fixed {
        let names: Vec<&str> = it.instances.iter().map(|it| it.name()).collect();
        lines.push(format!("fixed: {}: {} in {}", it.rule, it.about, names.join(", ")));
    }
    written(|out| lines.iter().try_for_each(|line| writeln!(out, "{}", visible(line))))?;
    if !fixed.is_empty() {
        say(&format!("{} of the baseline fixed: `iamlint baseline update` takes them out", fixed.len()));
    }
    Ok(unread(&linted).max(if fixed.is_empty() { CLEAN } else { FINDINGS }))
}

fn compared(Remembered { input, file }: &Remembered) -> anyhow::Result<(Linted, Comparison)> {
    let mut linting = Linting::new(input, Overrides::default(), false)?;
    linting.options.before = Some(Before { name: file.display().to_string(), known: read(file)? });
    let mut linted = linting.run()?;
    let comparison = linted.report.compared.take().unwrap_or_default();
    Ok((linted, comparison))
}

fn save(file: &Path, known: Vec<Known>) -> anyhow::Result<()> {
    replace(file, &baseline::write(known))
}

fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    files::write(file, text).with_context(|| format!("`{}`", file.display()))
}

pub(crate) fn config(command: &cli::Config) -> anyhow::Result<u8> {
    match command {
        cli::Config::Schema => written(|out| {
            serde_json::to_writer_pretty(&mut *out, &config::schema())?;
            writeln!(out)
        }),
        cli::Config::Show { path, config } => {
            if !path.exists() {
                bail!("`{}`: no such file or folder", path.display());
            }
            let paths = [path.clone()];
            let ground = files::ground(&paths);
            let config = match config.clone().or_else(|| files::config_file(&paths)) {
                Some(file) => crate::configuration_of(&file, &ground, cli::Color::Auto)?,
                None => Config::default(),
            };
            written(|out| out.write_all(visible_lines(&config::show(&config, &ground, path)).as_bytes()))
        }
    }
}

/// A text of several lines made visible.
fn visible_lines(text: &str) -> String {
    text.lines().map(|line| visible(line).into_owned() + "\n").collect()
}

pub(crate) fn init(folder: &Path) -> anyhow::Result<u8> {
    let file = if folder == Path::new(".") { PathBuf::new() } else { folder.to_owned() }.join(files::CONFIG_FILE);
    if !folder.is_dir() {
        bail!("`{}` is no folder", folder.display());
    }
    if file.exists() {
        bail!("there is a configuration `{}` already", file.display());
    }
    let input = Input { paths: vec![folder.to_owned()], allow_empty: true, ..Input::default() };
    let lint = || Linting::new(&input, Overrides::default(), false)?.run();
    let mut linted = lint()?;
    let mut seen = config::Seen::default();
    let own = linted.workspace.selected.iter().filter_map(|it| linted.workspace.open(&it.path).ok());
    own.for_each(|it| seen.look(&it.text));
    replace(&file, &config::initial(&seen))?;
    say(&format!("wrote `{}`", visible(&file.to_string_lossy())));
    // What is counted is what stands under it.
    if seen.honours() {
        linted = lint()?;
    }
    let findings = linted.report.findings.len();
    if findings > 0 {
        let are = counted(findings, "finding");
        say(&format!("{are} below it now: fix them, or accept them for now with `iamlint baseline create`"));
    }
    Ok(unread(&linted))
}

/// Writes an ignore for each finding that stands, and lints again. Only what does silence its finding is written.
pub(crate) fn add_ignore(linting: &mut Linting<'_>, linted: &Linted, reason: &str) -> anyhow::Result<Linted> {
    if linting.options.config.require_reason && reason.trim().is_empty() {
        bail!("the configuration requires a reason: `--reason \"…\"`");
    }
    let Linted { report, workspace, .. } = linted;
    // What is part of another finding stands by itself once that is ignored.
    let all: Vec<&Finding> = report.found().collect();
    let mut wanted = all.clone();
    let comments = suppress::comments(workspace, &wanted, reason);
    let over = inserted(workspace, &comments);
    linting.over.clone_from(&over);
    let tried = linting.run()?;
    // What still stands although something was written for it is not written for.
    let standing = fingerprints(&tried);
    wanted.retain(|it| !standing.contains(it.fingerprint.as_str()));
    let over = inserted(workspace, &suppress::comments(workspace, &wanted, reason));

    let (path, text) = match linting.options.config.files.last() {
        Some(file) => (linting.ground.absolute(&file.path), file.text.clone()),
        None => (linting.ground.root.join(files::CONFIG_FILE), String::new()),
    };
    let entries = suppress::entries_for(workspace, &all, path.parent().unwrap_or(&path), reason);
    for (file, text) in &over {
        replace(file, text)?;
    }
    if !entries.is_empty() {
        let text =
            if text.is_empty() { entries.trim_start().to_owned() } else { format!("{}\n{entries}", text.trim_end()) };
        replace(&path, &text)?;
        let config = crate::configuration_of(&path, &linting.ground, linting.input.color)?;
        linting.options.config.ignores = config.ignores;
        linting.options.config.files = config.files;
    }
    linting.over.clear();
    let after = linting.run()?;
    let standing = fingerprints(&after);
    let silenced = all.iter().filter(|it| !standing.contains(it.fingerprint.as_str())).count();
    let files = over.len() + usize::from(!entries.is_empty());
    say(&format!("silenced {silenced} of {}, in {}", counted(all.len(), "finding"), counted(files, "file")));
    Ok(after)
}

fn fingerprints(linted: &Linted) -> HashSet<&str> {
    linted.report.findings.iter().map(|it| it.fingerprint.as_str()).collect()
}

/// The texts of files with something put in, by path.
fn inserted(workspace: &Workspace, insertions: &[Insertion]) -> BTreeMap<PathBuf, String> {
    let mut texts: BTreeMap<PathBuf, String> = BTreeMap::new();
    // From the end, so that what comes before stays where it is.
    for Insertion { file, at, text } in insertions.iter().rev() {
        let source = workspace.source(*file);
        texts.entry(source.path.clone()).or_insert_with(|| source.text.to_string()).insert_str(*at, text);
    }
    texts
}

/// What could not be read counts here as everywhere.
fn unread(linted: &Linted) -> u8 {
    for error in &linted.report.errors {
        say(&format!("`{}`: {}", visible(&error.path.to_string_lossy()), visible(&error.message)));
    }
    if linted.report.crashed {
        INTERNAL
    } else if linted.report.errors.is_empty() {
        CLEAN
    } else {
        INPUT
    }
}
