//! How fast Terraform files are read, cut into blocks and parsed: those below `testdata`, or below the folder that
//! `IAMLINT_CORPUS` names.

use std::path::PathBuf;

use divan::Bencher;
use divan::counter::BytesCount;
use iamlint::source::{FileId, Source};
use iamlint::syntax::hcl;

fn main() {
    divan::main();
}

fn paths() -> Vec<PathBuf> {
    let folder = std::env::var("IAMLINT_CORPUS").unwrap_or_else(|_| "testdata".to_owned());
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    let paths = entries.map(walkdir::DirEntry::into_path);
    paths.filter(|path| path.extension().is_some_and(|it| it == "tf" || it == "tfvars")).collect()
}

fn read(paths: &[PathBuf]) -> Vec<Source> {
    let texts = paths.iter().filter_map(|path| Some((path, std::fs::read_to_string(path).ok()?)));
    texts.map(|(path, text)| Source::new(FileId(0), path.clone(), text)).collect()
}

fn bytes(sources: &[Source]) -> BytesCount {
    BytesCount::new(sources.iter().map(|source| source.text.len()).sum::<usize>())
}

#[divan::bench]
fn read_files(bencher: Bencher<'_, '_>) {
    let paths = paths();
    bencher.counter(bytes(&read(&paths))).bench(|| read(&paths));
}

#[divan::bench]
fn cut(bencher: Bencher<'_, '_>) {
    let sources = read(&paths());
    bencher
        .counter(bytes(&sources))
        .bench(|| sources.iter().map(|source| hcl::cut(source).blocks.len()).sum::<usize>());
}

#[divan::bench]
fn cut_and_parse_all(bencher: Bencher<'_, '_>) {
    let sources = read(&paths());
    bencher.counter(bytes(&sources)).bench(|| {
        let mut errors = 0;
        for source in &sources {
            let cuts = hcl::cut(source);
            errors += cuts.blocks.iter().map(|cut| hcl::parse_block(source, cut).1.len()).sum::<usize>();
            let mut left = hcl::MOST_NODES;
            let stretches = cuts.attributes.iter();
            errors += stretches.map(|span| hcl::parse_attributes(source, *span, &mut left).1.len()).sum::<usize>();
        }
        errors
    });
}
