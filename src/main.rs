//! The command line: arguments in, exit status out. Everything between is the library's.

mod adopt;
mod cli;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::{CommandFactory as _, Parser as _, error::ErrorKind};
use iamlint::baseline::Known;
use iamlint::config::{self, Config, Overrides};
use iamlint::files::{self, Found, Request};
use iamlint::fix::{self, Fixed};
use iamlint::frontend::terraform;
use iamlint::git::Revision;
use iamlint::lint::{self, Before};
use iamlint::lsp;
use iamlint::report::human::Style;
use iamlint::report::{self, InputError, Report, visible};
use iamlint::rule::{Rule, Safety};
use iamlint::rules;
use iamlint::source::{FileId, Ground, Source, Workspace, in_order};
use iamlint::suppress::Date;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use cli::{Check, Cli, Color, Command, Format, Input, ListFormat};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CLEAN: u8 = 0;
const FINDINGS: u8 = 1;
const USAGE: u8 = 2;
const INPUT: u8 = 3;
const INTERNAL: u8 = 4;

/// How long a run lasts before it shows how far it is.
const PATIENCE: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        say(&format!(
            "internal error: {panic}\nThis is a bug in iamlint; please report it with the input that shows it."
        ));
    }));
    let status = catch_unwind(AssertUnwindSafe(run)).unwrap_or(INTERNAL);
    ExitCode::from(status)
}

fn run() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
    let done = match cli.command {
        Command::Check(check) => self::check(&check),
        Command::Baseline(command) => adopt::baseline(&command),
        Command::Init { folder } => adopt::init(&folder),
        Command::Config(command) => adopt::config(&command),
        Command::Explain { rule, color } => explain(&rule, color),
        Command::Rules { format } => list(format),
        Command::Lsp => lsp::run().map(|()| CLEAN).map_err(Into::into),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "iamlint", &mut script);
            written(|out| out.write_all(&script))
        }
    };
    done.unwrap_or_else(|error| {
        let problem = error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
        say(&format!("error: {}", visible(&problem)));
        if error.is::<Unwritten>() { INTERNAL } else { USAGE }
    })
}

/// Help and version are answers; anything else that clap stops at is wrong usage.
fn refused(error: &clap::Error) -> u8 {
    // Nobody is left to tell when standard output or error is closed.
    let _ = error.print();
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(path) = std::env::args_os().nth(1).filter(|it| Path::new(it).exists())
    {
        say(&format!("to lint it, say `iamlint check {}`", visible(&path.to_string_lossy())));
    }
    u8::try_from(error.exit_code()).unwrap_or(USAGE)
}

fn check(check: &Check) -> anyhow::Result<u8> {
    consistent(check)?;
    let overrides = Overrides {
        select: if check.select.is_empty() { None } else { Some(named(&check.select, "--select")?) },
        ignore: named(&check.ignore, "--ignore")?,
        min_severity: check.min_severity,
        min_confidence: check.min_confidence,
        fail_on: check.fail_on,
    };
    let mut linting = Linting::new(&check.input, overrides, check.verbose)?;
    linting.tells_skipped = check.verbose;
    linting.progress = !check.quiet;
    linting.options.before = match (&check.baseline, &check.base) {
        (Some(file), _) => Some(Before { name: file.display().to_string(), known: adopt::read(file)? }),
        (None, Some(revision)) => Some(linting.before(revision)?),
        (None, None) => None,
    };
    linting.options.silenced = tells_silenced(check);
    let mut linted = linting.run()?;
    if check.add_ignore {
        linted = adopt::add_ignore(&mut linting, &linted, check.reason.as_deref().unwrap_or_default())?;
    }

    if let Some(allowed) = fixes(check) {
        let Linted { workspace, report, walking, linting: time } = linted;
        let unread: Vec<InputError> = report.errors.clone();
        let (skipped, skipped_files) = (report.summary.skipped, report.skipped.clone());
        let mut fixed = fix::apply(workspace, report, &linting.options, linting.jobs(), allowed);
        fixed.report.errors = unread;
        fixed.report.summary.skipped = skipped;
        fixed.report.skipped = skipped_files;
        if check.diff {
            return patch(&fixed);
        }
        write_fixed(&fixed)?;
        linted = Linted { workspace: fixed.workspace, report: fixed.report, walking, linting: time };
    }
    if check.show_fixes {
        fix::offer(&linted.workspace, &mut linted.report, &linting.options);
    }

    let begun = Instant::now();
    write(check, &linted.report, &linted.workspace, &linting.options.config)?;
    if check.timing {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        say(&format!(
            "found the files in {:.1} ms, linted in {:.1} ms, wrote the report in {:.1} ms",
            ms(linted.walking),
            ms(linted.linting),
            ms(begun.elapsed())
        ));
    }
    let status = status(&linted, &linting.options.config, check.exit_zero);
    // The process ends here, which gives all of it back at once.
    std::mem::forget(linted);
    Ok(status)
}

/// A run that is about to be: what is linted, and how.
struct Linting<'i> {
    input: &'i Input,
    /// The files and folders; none when standard input is read.
    paths: Vec<PathBuf>,
    ground: Ground,
    options: lint::Options,
    /// The texts of files that are about to be written, by the paths they are shown with.
    over: BTreeMap<PathBuf, String>,
    progress: bool,
    /// Whether the report names the files that are skipped.
    tells_skipped: bool,
}

/// A run that has been.
struct Linted {
    workspace: Workspace,
    report: Report,
    walking: Duration,
    linting: Duration,
}

impl<'i> Linting<'i> {
    fn new(input: &'i Input, overrides: Overrides, verbose: bool) -> anyhow::Result<Self> {
        let is_input = input.paths.iter().any(|path| path == Path::new("-"));
        if is_input && input.paths.len() > 1 {
            bail!("`-` stands for one document from standard input, and no path can stand beside it");
        }
        if input.stdin_filename.is_some() && !is_input {
            bail!("`--stdin-filename` names what standard input says, which is read when the path is `-`");
        }
        let paths: Vec<PathBuf> = match input.paths.as_slice() {
            [] => vec![".".into()],
            _ if is_input => input.stdin_filename.iter().cloned().collect(),
            paths => paths.to_vec(),
        };
        let ground = files::ground(&paths);
        let config = configuration(input, &paths, &ground, verbose)?.with(overrides);
        let rules = config.rules();
        if rules.is_empty() {
            bail!("no rule is left to run");
        }
        for path in input.values.files() {
            files::read_text(path).map_err(|problem| anyhow::anyhow!("`--var-file {}`: {problem}", path.display()))?;
        }
        let options = lint::Options {
            rules,
            terraform: terraform::Options { given: input.values.given.clone() },
            config,
            today: Date::today(),
            allow_empty: input.allow_empty,
            before: None,
            stop: None,
            silenced: false,
        };
        let paths = if is_input { Vec::new() } else { paths };
        Ok(Self { input, paths, ground, options, over: BTreeMap::new(), progress: false, tells_skipped: false })
    }

    fn request(&self) -> Request {
        Request {
            paths: self.paths.clone(),
            input: None,
            over: self.over.clone(),
            also: self.input.values.files().cloned().collect(),
            allow_empty: self.input.allow_empty,
            jobs: self.jobs(),
            tells_skipped: self.tells_skipped,
            // Values are those of a root.
            alone: !self.input.values.given.is_empty(),
            as_given: false,
        }
    }

    fn jobs(&self) -> usize {
        self.input.jobs.unwrap_or(0).into()
    }

    /// The findings that stood at a revision, under the same configuration.
    fn before(&self, name: &str) -> anyhow::Result<Before> {
        let context = || format!("`--base {name}`");
        let revision = Revision::find(&self.ground, name).with_context(context)?;
        let workspace = revision.workspace(&self.request(), &self.ground).with_context(context)?;
        let report = lint::check(&workspace, &self.options, self.jobs(), &|_, _| {});
        if !report.errors.is_empty() {
            let count = report.errors.len();
            let are = if count == 1 { "1 input".to_owned() } else { format!("{count} inputs") };
            say(&format!("{are} could not be read at `{}`; what only they tell counts as new", visible(name)));
        }
        Ok(Before { name: name.to_owned(), known: report.found().map(Known::of).collect() })
    }

    fn run(&self) -> anyhow::Result<Linted> {
        let begun = Instant::now();
        let mut request = self.request();
        if self.paths.is_empty() {
            request.input = Some(document(self.input)?);
        }
        let Found { workspace, errors, skipped, skipped_files } = files::find(request);
        let walking = begun.elapsed();

        let progress = Progress::new(begun, self.progress);
        let mut report = lint::check(&workspace, &self.options, self.jobs(), &|done, of| progress.step(done, of));
        progress.end();
        report.errors.extend(errors);
        report.summary.skipped += skipped;
        report.skipped.extend(skipped_files);
        report.skipped.sort_by_cached_key(|it| in_order(&it.path));
        if !self.input.paths.is_empty() && !self.input.allow_empty {
            report.errors.extend(nothing(&report, &self.input.paths));
        }
        report.errors.sort_by_cached_key(|it| (it.path.clone(), it.span.map(|span| span.start), it.message.clone()));
        Ok(Linted { workspace, report, walking, linting: begun.elapsed() - walking })
    }
}

/// Whether the report has what conditions and denials silence.
fn tells_silenced(check: &Check) -> bool {
    check.show_silenced || check.verbose && check.format == Format::Human
}

/// The fixes that were asked for.
fn fixes(check: &Check) -> Option<Safety> {
    match (check.unsafe_fixes, check.fix || check.diff) {
        (true, _) => Some(Safety::Unsafe),
        (false, true) => Some(Safety::Safe),
        (false, false) => None,
    }
}

/// Writes the fixes as a patch instead of a report.
fn patch(fixed: &Fixed) -> anyhow::Result<u8> {
    for error in &fixed.report.errors {
        say(&format!("error: {}: {}", visible(&error.path.to_string_lossy()), visible(&error.message)));
    }
    written(|out| report::patch::write(&fixed.files, out))?;
    Ok(match (fixed.report.crashed, fixed.report.errors.is_empty(), fixed.files.is_empty()) {
        (true, ..) => INTERNAL,
        (_, false, _) => INPUT,
        (_, _, false) => FINDINGS,
        (_, _, true) => CLEAN,
    })
}

/// Writes the files that fixes have changed, and says so.
fn write_fixed(fixed: &Fixed) -> anyhow::Result<()> {
    for file in &fixed.files {
        files::replace(&file.path, &file.before, &file.after)
            .map_err(|problem| anyhow::anyhow!("`{}` could not be fixed: {problem}", file.path.display()))?;
    }
    if fixed.count > 0 {
        say(&format!(
            "fixed {} in {}",
            report::counted(fixed.count, "finding"),
            report::counted(fixed.files.len(), "file")
        ));
    }
    Ok(())
}

/// The largest status of those that hold.
fn status(Linted { report, workspace, .. }: &Linted, config: &Config, exit_zero: bool) -> u8 {
    if report.crashed {
        INTERNAL
    } else if !report.errors.is_empty() {
        INPUT
    } else if !exit_zero && report.findings.iter().any(|finding| config.fails(workspace, finding)) {
        FINDINGS
    } else {
        CLEAN
    }
}

/// That a run over named paths has found nothing that it could judge, which must not look like a clean one.
fn nothing(report: &Report, paths: &[PathBuf]) -> Option<InputError> {
    let found = report.summary.policies + report.summary.others + report.findings.len() + report.suppressed.len();
    let message = "nothing to lint: no policy and no bucket was found (`--allow-empty` accepts that)".to_owned();
    (found == 0 && report.errors.is_empty()).then(|| InputError { path: paths[0].clone(), span: None, message })
}

/// An option that cannot take effect is an error, not a silence.
fn consistent(check: &Check) -> anyhow::Result<()> {
    let is_input = check.input.paths.iter().any(|path| path == Path::new("-"));
    if check.add_ignore && is_input {
        bail!("`--add-ignore` writes into files, and standard input is none");
    }
    if check.base.is_some() && is_input {
        bail!("`--base` compares with a revision, which has no standard input");
    }
    if check.show_unresolved && check.format != Format::Human {
        bail!("`--show-unresolved` has no effect on a report for programs");
    }
    if check.show_silenced && !matches!(check.format, Format::Human | Format::Json) {
        bail!("`--show-silenced` has an effect on `--format human` and `json` only");
    }
    if check.show_silenced && check.diff {
        bail!("`--show-silenced` has no effect on a patch");
    }
    if check.show_suppressed && !matches!(check.format, Format::Human | Format::Sarif) {
        bail!(
            "`--show-suppressed` has an effect on `--format human` and `sarif` only; `json` and `html` always have it"
        );
    }
    if fixes(check).is_some() && !check.diff && is_input {
        bail!("what standard input says cannot be fixed in place; `--diff` shows the fixes")
    }
    if check.show_fixes && (check.format == Format::Human || check.diff) {
        bail!("`--show-fixes` has an effect on reports for programs only");
    }
    if check.diff && (check.format != Format::Human || check.output.is_some()) {
        bail!("`--diff` writes a patch to standard output, and `--format` and `--output` have no effect on it");
    }
    if check.input.color == Color::Always && check.format != Format::Human {
        bail!("`--color always` has no effect on a report for programs");
    }
    Ok(())
}

/// The document that standard input gives, with its name.
fn document(input: &Input) -> anyhow::Result<(PathBuf, Vec<u8>)> {
    let name = input.stdin_filename.clone().unwrap_or_else(|| "<stdin>".into());
    let bytes = files::read_input(io::stdin().lock()).map_err(|error| anyhow::anyhow!("standard input {error}"))?;
    Ok((name, bytes))
}

/// The configuration that holds for the paths.
fn configuration(input: &Input, paths: &[PathBuf], ground: &Ground, verbose: bool) -> anyhow::Result<Config> {
    let Some(path) = input.config.clone().or_else(|| files::config_file(paths)) else { return Ok(Config::default()) };
    let config = configuration_of(&path, ground, input.color)?;
    if verbose {
        for file in &config.files {
            say(&format!("configuration: {}", visible(&file.path.to_string_lossy())));
        }
    }
    Ok(config)
}

fn configuration_of(path: &Path, ground: &Ground, color: Color) -> anyhow::Result<Config> {
    let read = files::configuration(path, ground);
    let read = read.map_err(|problem| anyhow::anyhow!("the configuration `{}`: {problem}", path.display()))?;
    let unusable = match read {
        Ok(config) => return Ok(config),
        Err(unusable) => unusable,
    };
    let source = Arc::new(Source::new(FileId(0), unusable.file.path.clone(), unusable.file.text.as_str()));
    let style = Style { color: colored(color, io::stderr().is_terminal()), ..Style::PLAIN };
    let mut out = io::stderr().lock();
    for problem in unusable.errors {
        report::human::write_problem(&source, problem.range, &problem.message, style, &mut out)?;
    }
    bail!("the configuration cannot be used")
}

fn named(names: &[String], option: &str) -> anyhow::Result<Vec<&'static Rule>> {
    let mut out = Vec::new();
    for name in names {
        let found = config::find(name);
        if found.is_empty() {
            bail!("`{option}`: {}", config::no_such_rule(name));
        }
        out.extend(found);
    }
    Ok(out)
}

fn write(check: &Check, report: &Report, workspace: &Workspace, config: &Config) -> anyhow::Result<()> {
    let is_terminal = check.output.is_none() && io::stdout().is_terminal();
    let style = Style {
        color: colored(check.input.color, is_terminal),
        unicode: !is_terminal || draws_unicode(),
        width: if is_terminal { width() } else { Style::PLAIN.width },
        quiet: check.quiet,
        verbose: check.verbose,
        suppressed: check.verbose || check.show_suppressed,
        silenced: tells_silenced(check),
        unresolved: check.verbose || check.show_unresolved,
    };
    let write = |out: &mut dyn Write| match check.format {
        Format::Human => report::human::write(report, workspace, style, out),
        Format::Json => report::json::write(report, workspace, check.show_silenced, out),
        Format::Sarif => report::sarif::write(report, workspace, check.show_suppressed, out),
        Format::Github => report::github::write(report, workspace, out),
        Format::Gitlab => report::gitlab::write(report, workspace, out),
        Format::Junit => report::junit::write(report, workspace, &|it| config.fails(workspace, it), out),
        Format::Html => report::html::write(report, workspace, out),
        Format::Ndjson => report::json::write_lines(report, workspace, out),
    };
    match check.format {
        Format::Github => summarise(report, workspace)?,
        // Lines of findings have no place for what could not be read.
        Format::Ndjson => report.errors.iter().for_each(|error| {
            say(&format!("error: {}: {}", visible(&error.path.to_string_lossy()), visible(&error.message)));
        }),
        _ => {}
    }
    match &check.output {
        None => written(write).map(|_| ()),
        Some(path) => {
            let context = || format!("`--output {}`", path.display());
            let mut out = BufWriter::new(fs::File::create(path).with_context(context)?);
            write(&mut out).and_then(|()| out.flush()).with_context(context)
        }
    }
}

/// Adds to the summary of the job, in the file that GitHub names; none when this is no job of GitHub's.
fn summarise(report: &Report, workspace: &Workspace) -> anyhow::Result<()> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|it| !it.is_empty()) else { return Ok(()) };
    let context = || format!("the job summary `{}`", Path::new(&path).display());
    let mut out = BufWriter::new(fs::OpenOptions::new().append(true).create(true).open(&path).with_context(context)?);
    report::github::write_summary(report, workspace, &mut out).and_then(|()| out.flush()).with_context(context)
}

/// Standard output could not be written.
#[derive(Debug, thiserror::Error)]
#[error("standard output cannot be written: {0}")]
struct Unwritten(io::Error);

/// Writes to standard output; a reader that has seen enough, such as `head`, is no error.
fn written(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<u8> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Ok(CLEAN),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is left in the buffer would be tried again when it is dropped.
            let _ = out.into_parts();
            Ok(CLEAN)
        }
        Err(error) => Err(Unwritten(error).into()),
    }
}

fn explain(name: &str, color: Color) -> anyhow::Result<u8> {
    let found = config::find(name);
    if found.is_empty() {
        bail!("{}", config::no_such_rule(name));
    }
    let is_terminal = io::stdout().is_terminal();
    // Longer lines are hard to read, however wide the terminal is.
    let width = width().min(Style::PLAIN.width);
    let index = (found.len() > 1).then(|| report::rules::index(name, &found));
    let pages: Vec<String> = index.into_iter().chain(found.iter().map(|it| report::rules::page(it))).collect();
    written(|out| {
        for (n, page) in pages.iter().enumerate() {
            if n > 0 {
                writeln!(out)?;
            }
            if is_terminal || color == Color::Always {
                report::page::write(page, colored(color, is_terminal), width, out)?;
            } else {
                out.write_all(page.as_bytes())?;
            }
        }
        Ok(())
    })
}

fn list(format: ListFormat) -> anyhow::Result<u8> {
    let rules: Vec<&Rule> = rules::all().iter().collect();
    written(|out| match format {
        ListFormat::Text => report::rules::write_text(&rules, out),
        ListFormat::Json => report::rules::write_json(&rules, out),
        ListFormat::Markdown => report::rules::write_markdown(&rules, out),
    })
}

fn colored(choice: Color, is_terminal: bool) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|it| !it.is_empty());
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => is_terminal && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|it| it != "dumb"),
    }
}

/// Whether the locale of the terminal is one of UTF-8, or none is set at all.
fn draws_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    let locale = locale.filter(|it| !it.is_empty()).map(|it| it.to_lowercase()).next();
    locale.is_none_or(|it| it.contains("utf-8") || it.contains("utf8"))
}

fn width() -> usize {
    terminal_size::terminal_size().map_or(Style::PLAIN.width, |(width, _)| usize::from(width.0).clamp(40, 200))
}

/// A line on standard error.
fn say(line: &str) {
    // Nobody is left to tell when it is closed.
    let _ = writeln!(io::stderr(), "{line}");
}

/// How far a run is, on standard error, once it has lasted long enough to ask.
struct Progress {
    begun: Instant,
    shown: bool,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    fn new(begun: Instant, shown: bool) -> Self {
        Self { begun, shown: shown && io::stderr().is_terminal(), bar: OnceLock::new() }
    }

    fn step(&self, done: usize, of: usize) {
        if self.shown && self.begun.elapsed() > PATIENCE {
            let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
            let bar = self.bar.get_or_init(|| {
                let bar = ProgressBar::with_draw_target(Some(count(of)), ProgressDrawTarget::stderr_with_hz(10));
                let style = ProgressStyle::with_template("linting {wide_bar} {pos}/{len}");
                bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            });
            bar.set_position(count(done));
        }
    }

    fn end(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
