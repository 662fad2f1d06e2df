//! The commands that set a repository up: the baseline of what is accepted for now.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, bail};
use iamlint::baseline::{self, Known};
use iamlint::config::Overrides;
use iamlint::files;
use iamlint::lint::Before;
use iamlint::report::{Comparison, visible};

use crate::cli::{Baseline, Remembered};
use crate::{CLEAN, FINDINGS, INPUT, INTERNAL, Linted, Linting, say, written};

/// What a baseline file remembers.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<Known>> {
    let read = files::read_text(file).and_then(|text| baseline::read(&text));
    read.map_err(|problem| anyhow::anyhow!("the baseline `{}` {problem}", file.display()))
}

pub(crate) fn baseline(command: &Baseline) -> anyhow::Result<u8> {
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
    let known: Vec<Known> = linted.report.findings.iter().map(Known::of).collect();
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
    let context = || format!("the baseline `{}`", file.display());
    // A file that is half written would accept less than it did.
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = folder.join(format!(".{}.new", file.file_name().unwrap_or_default().to_string_lossy()));
    let save = || -> io::Result<()> {
        fs::write(&beside, baseline::write(known))?;
        fs::rename(&beside, file)
    };
    save().with_context(context)
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

fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}
