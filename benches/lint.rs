//! What a whole run costs beside merely reading the files and cutting them into blocks, and what its parts cost: on
//! `testdata`, or on the folder that `IAMLINT_CORPUS` names.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use divan::Bencher;
use iamlint::catalog;
use iamlint::config::Config;
use iamlint::files::{self, Request};
use iamlint::frontend::{Configuration, terraform};
use iamlint::lint::{self, Options};
use iamlint::policy::{self, Carried, Place, PolicyKind};
use iamlint::source::{FileId, Span, Workspace};
use iamlint::syntax::hcl;
use iamlint::value::Node;
use rayon::prelude::*;

// The binary's own allocator, so that the figures are those of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
    ratio();
}

fn folder() -> PathBuf {
    std::env::var_os("IAMLINT_CORPUS").map_or_else(|| "testdata".into(), PathBuf::from)
}

fn workspace() -> Workspace {
    files::find(Request { paths: vec![folder()], ..Request::default() }).workspace
}

fn options() -> Options {
    Options { rules: Config::default().rules(), ..Options::default() }
}

/// Walks, reads and cuts, and nothing else.
fn read_and_cut() -> usize {
    let workspace = workspace();
    workspace
        .selected
        .par_iter()
        .filter_map(|it| workspace.open(&it.path).ok())
        .map(
            |source| {
                if source.path.extension().is_some_and(|it| it == "tf") { hcl::cut(&source).blocks.len() } else { 0 }
            },
        )
        .sum()
}

fn whole() -> usize {
    lint::check(&workspace(), &options(), 0, &|_, _| {}).findings.len()
}

#[divan::bench]
fn walk_read_and_cut(bencher: Bencher<'_, '_>) {
    bencher.bench(read_and_cut);
}

#[divan::bench]
fn walk_and_lint(bencher: Bencher<'_, '_>) {
    bencher.bench(whole);
}

/// Reading, evaluating and collecting every root module, on one thread, without rules.
#[divan::bench]
fn evaluate(bencher: Bencher<'_, '_>) {
    bencher.bench(|| {
        let workspace = workspace();
        let estate = terraform::survey(&workspace);
        let options = terraform::Options::default();
        let read = |root| terraform::read(&workspace, &estate.called, root, &options).configuration.policies.len();
        estate.roots.iter().map(read).sum::<usize>()
    });
}

/// The rules alone, on one thread.
#[divan::bench]
fn rules_alone(bencher: Bencher<'_, '_>) {
    let workspace = workspace();
    let estate = terraform::survey(&workspace);
    let read = |root| terraform::read(&workspace, &estate.called, root, &terraform::Options::default()).configuration;
    let configurations: Vec<_> = estate.roots.iter().map(read).collect();
    let options = options();
    bencher.bench_local(|| configurations.iter().map(|it| lint::apply(&workspace, it, &options).len()).sum::<usize>());
}

/// Every policy that AWS publishes, parsed and judged by all rules, on one thread: to be done within a second.
#[divan::bench(sample_count = 5)]
fn managed_policies(bencher: Bencher<'_, '_>) {
    let options = options();
    let none = Workspace::of_texts(Vec::<(String, String)>::new());
    bencher.bench_local(|| {
        let policies = catalog::managed_policies().map(|it| {
            let document = it.document();
            let span = Span::new(FileId(0), 0, document.len());
            let place = Place::here(span);
            let carried = Carried { kind: PolicyKind::Identity, address: it.name().into(), source: None, place };
            Arc::new(policy::parse(&Node::text(document, span), carried).0)
        });
        let configuration = Configuration { policies: policies.collect(), ..Configuration::default() };
        lint::apply(&none, &configuration, &options).len()
    });
}

#[allow(clippy::print_stdout, reason = "it is what the bench is for")]
fn ratio() {
    fn best(work: fn() -> usize) -> Duration {
        let time = |_| {
            let start = Instant::now();
            divan::black_box(work());
            start.elapsed()
        };
        (0..10).map(time).min().unwrap_or_default()
    }
    let (floor, whole) = (best(read_and_cut), best(whole));
    println!(
        "{}: a whole run takes {whole:?}, {:.2} times walking, reading and cutting ({floor:?})",
        folder().display(),
        whole.as_secs_f64() / floor.as_secs_f64()
    );
}
