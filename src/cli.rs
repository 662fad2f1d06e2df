//! The command line as its user sees it.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgMatches, Args, FromArgMatches, Parser, Subcommand, ValueEnum};
use iamlint::frontend::terraform::Given;
use iamlint::rule::{Confidence, Severity};
use iamlint::{baseline, catalog};

/// Finds every AWS permission that is wider than it has to be, in the source where it is written.
#[derive(Debug, Parser)]
#[command(name = "iamlint", version = version(), arg_required_else_help = true, after_help = STATUS)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const STATUS: &str = "\
Exit status: 0 clean, or nothing at or over the gate; 1 findings at or over the gate; 2 wrong usage or configuration; \
3 an input could not be read, or nothing to lint under a path that was named; 4 internal error. The largest wins.

Examples:
  iamlint check                      lint the Terraform and JSON files below the current folder
  iamlint explain wildcard_action    what a rule reports, why, and how to pass
  iamlint rules --format json        the list of rules, for programs";

const CHECK: &str = "\
Examples:
  iamlint check infra/ policies/app.json
  iamlint check --fail-on high --format json infra/
  iamlint check --select wildcard_action,CKV_AWS_111 infra/
  iamlint check --base origin/main...
  aws iam get-policy-version … --query PolicyVersion.Document | iamlint check -
  iamlint check - --stdin-filename modules/app/main.tf < main.tf
  iamlint check --unsafe-fixes --diff infra/

A finding counts for the exit status when its severity is --fail-on or above (low, unless said) and its confidence is \
medium or above (or --min-confidence, when that is said). To answer for one, write on its line or above it:
  # iamlint: ignore[wildcard_action] reason=\"…\" until=2027-01-31";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lint files and folders
    Check(Box<Check>),
    /// Accept the findings that are there, so that only new and wider ones count
    #[command(subcommand)]
    Baseline(Baseline),
    /// Write a commented `iamlint.toml` after looking at what is there
    Init {
        /// The folder to write it in
        #[arg(value_name = "FOLDER", default_value = ".")]
        folder: PathBuf,
    },
    /// Show the configuration that holds for a file, or the JSON Schema of `iamlint.toml`
    #[command(subcommand)]
    Config(Config),
    /// Show the page of a rule: what it reports, why, and how to pass
    Explain {
        /// The rule, by its id or a peer's (`CKV_AWS_62`)
        rule: String,
        /// When to use colours; where there is no terminal, the page comes as the Markdown it is unless `always` is said
        #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
        color: Color,
    },
    /// List the rules
    Rules {
        /// How to write the list
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Serve an editor on standard input and output
    Lsp,
    /// Write a completion script
    Completions {
        /// The shell to write it for
        shell: clap_complete::Shell,
    },
}

/// What is linted, and under which configuration.
#[derive(Debug, Default, Args)]
pub(crate) struct Input {
    /// Files and folders; a file stands for its module, read whole with what calls it; `-` for one document from
    /// standard input [default: .]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// The configuration, instead of the nearest `iamlint.toml` above the paths
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) values: Values,
    /// The name that standard input is read under, and shown with
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) stdin_filename: Option<PathBuf>,
    /// Accept a path with nothing to lint, and a JSON file that holds no policy
    #[arg(long, help_heading = "Input")]
    pub(crate) allow_empty: bool,

    /// When to use colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,
    /// How many threads to use [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
}

/// Values of Terraform variables, in the order in which they are written: the last one wins, as it does for Terraform.
#[derive(Debug, Default)]
pub(crate) struct Values {
    pub(crate) given: Vec<Given>,
}

impl Values {
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.given.iter().filter_map(|it| match it {
            Given::File(path) => Some(path),
            Given::Value(..) => None,
        })
    }
}

/// The options that give values, which clap would keep apart.
#[derive(Debug, Args)]
struct ValueOptions {
    /// Read values of Terraform variables from a file; the last file or value of a variable wins
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    var_file: Vec<PathBuf>,
    /// Set a Terraform variable
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable, help_heading = "Input")]
    var: Vec<(String, String)>,
}

impl Args for Values {
    fn augment_args(command: clap::Command) -> clap::Command {
        ValueOptions::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        ValueOptions::augment_args_for_update(command)
    }
}

impl FromArgMatches for Values {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let ValueOptions { var_file, var } = ValueOptions::from_arg_matches(matches)?;
        let at = |option| matches.indices_of(option).into_iter().flatten();
        let files = at("var_file").zip(var_file.into_iter().map(Given::File));
        let values = at("var").zip(var.into_iter().map(|(name, value)| Given::Value(name, value)));
        let mut given: Vec<_> = files.chain(values).collect();
        given.sort_by_key(|(at, _)| *at);
        Ok(Self { given: given.into_iter().map(|(_, it)| it).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Show what holds for a file or folder, as one configuration that says it all
    Show {
        /// The file or folder
        path: PathBuf,
        /// The configuration, instead of the nearest `iamlint.toml` above the path
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Write the JSON Schema of `iamlint.toml`
    Schema,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Baseline {
    /// Write the file, with every finding that stands
    Create {
        #[command(flatten)]
        remembered: Remembered,
        /// Write it over the one that is there
        #[arg(long)]
        force: bool,
    },
    /// Take out of the file what is fixed, and keep of the rest what it still grants; accepts nothing new
    Update {
        #[command(flatten)]
        remembered: Remembered,
        /// Also accept what is new or wider
        #[arg(long)]
        accept: bool,
    },
    /// Say what of the file is fixed, and exit with 1 if anything is
    Check {
        #[command(flatten)]
        remembered: Remembered,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Remembered {
    #[command(flatten)]
    pub(crate) input: Input,
    /// The baseline
    #[arg(long, value_name = "FILE", default_value = baseline::FILE)]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = CHECK)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) input: Input,

    /// How to write the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Run these rules only, by id, theme or a peer's id; `default,hardening` for those that are off as well
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', help_heading = "Findings")]
    pub(crate) select: Vec<String>,
    /// Do not run these rules
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', help_heading = "Findings")]
    pub(crate) ignore: Vec<String>,
    /// Suppress findings below this severity
    #[arg(long, value_name = "SEVERITY", value_parser = severity(), help_heading = "Findings")]
    pub(crate) min_severity: Option<Severity>,
    /// Suppress findings below this confidence, and count those at it
    #[arg(long, value_name = "CONFIDENCE", value_parser = confidence(), help_heading = "Findings")]
    pub(crate) min_confidence: Option<Confidence>,
    /// Exit with 1 from this severity on
    #[arg(long, value_name = "SEVERITY", value_parser = severity(), conflicts_with = "exit_zero", help_heading = "Findings")]
    pub(crate) fail_on: Option<Severity>,
    /// Exit with 0 whatever is found; errors still count
    #[arg(long, help_heading = "Findings")]
    pub(crate) exit_zero: bool,
    /// Write an ignore for every finding that stands: a comment, or an entry of `iamlint.toml` where files have none
    #[arg(long, conflicts_with = "exit_zero", help_heading = "Findings")]
    pub(crate) add_ignore: bool,
    /// The reason that those ignores give
    #[arg(long, value_name = "TEXT", requires = "add_ignore", help_heading = "Findings")]
    pub(crate) reason: Option<String>,
    /// Suppress the findings that a baseline accepts, as long as they grant no more
    #[arg(long, value_name = "FILE", conflicts_with = "base", help_heading = "Findings")]
    pub(crate) baseline: Option<PathBuf>,
    /// Suppress the findings that a git revision has as well; `main...` is where the branch left `main`
    #[arg(long, value_name = "REV", help_heading = "Findings")]
    pub(crate) base: Option<String>,

    /// List what was suppressed, with the reason; in SARIF also what is fixed, as `absent`
    #[arg(long, help_heading = "Findings")]
    pub(crate) show_suppressed: bool,

    /// List what rules would say if a condition or a denial were not there, and which one silences it
    #[arg(long, help_heading = "Findings")]
    pub(crate) show_silenced: bool,

    /// List every value and condition that kept a policy from being fully known, and every call of a module that was not
    /// read, with its place and why
    #[arg(long, help_heading = "Input")]
    pub(crate) show_unresolved: bool,

    /// Fix what can be fixed without a decision, and report what is left
    #[arg(long, help_heading = "Fixes")]
    pub(crate) fix: bool,
    /// Fix also what changes what a policy allows, which somebody may need
    #[arg(long, help_heading = "Fixes")]
    pub(crate) unsafe_fixes: bool,
    /// Show the fixes as a patch, change nothing, and exit with 1 when there are any
    #[arg(long, help_heading = "Fixes")]
    pub(crate) diff: bool,
    /// Say in a report for programs how each finding can be fixed, which takes as long as trying it does
    #[arg(long, help_heading = "Fixes")]
    pub(crate) show_fixes: bool,

    /// Say on standard error how long each part took
    #[arg(long)]
    pub(crate) timing: bool,
    /// Only findings and errors, no counts and no progress
    #[arg(long, short, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Also what was suppressed, silenced, skipped or not resolved and why, every instance, and which configuration holds
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Human,
    /// One object, for programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow, and its job summary
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// JUnit XML, one failed test a finding
    Junit,
    /// One page for a browser
    Html,
    /// One finding a line, and nothing else
    Ndjson,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// A table
    #[default]
    Text,
    /// A list of objects
    Json,
    /// A table with links
    Markdown,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Wherever the report goes
    Always,
    /// Nowhere
    Never,
}

/// The version, and the day of the facts about AWS that are built in.
fn version() -> &'static str {
    let version = format!("{} (AWS reference of {})", env!("CARGO_PKG_VERSION"), catalog::reference_date());
    // Made once in a run, and clap wants it for good.
    Box::leak(version.into_boxed_str())
}

fn severity() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(["low", "medium", "high", "critical"])
        .try_map(|name| Severity::by_name(&name).ok_or("no such severity"))
}

fn confidence() -> impl TypedValueParser<Value = Confidence> {
    PossibleValuesParser::new(["low", "medium", "high"])
        .try_map(|name| Confidence::by_name(&name).ok_or("no such confidence"))
}

fn variable(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a variable is set by `NAME=VALUE`"),
    }
}
