//! What Terraform accepts is read, at its place; what it rejects is said, at its place, and costs no more than it must.

use std::path::PathBuf;

use super::*;
use crate::source::{FileId, Source};
use crate::syntax::SyntaxError;

fn source(text: &str) -> Source {
    Source::new(FileId(0), PathBuf::from("main.tf"), text)
}

#[test]
fn corpus_parses() {
    let Ok(folder) = std::env::var("IAMLINT_CORPUS") else {
        eprintln!("skipped: IAMLINT_CORPUS names no folder");
        return;
    };
    let (mut files, mut blocks, mut bad) = (0, 0, 0);
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.path().extension().is_none_or(|it| it != "tf" && it != "tfvars") {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
        files += 1;
        let source = Source::new(FileId(0), entry.path().to_owned(), text);
        let cuts = cut(&source);
        let mut errors: Vec<SyntaxError> = cuts.errors.clone();
        for cut in &cuts.blocks {
            blocks += 1;
            errors.extend(parse_block(&source, cut).1);
        }
        for span in &cuts.attributes {
            errors.extend(parse_attributes(&source, *span).1);
        }
        if !errors.is_empty() {
            bad += 1;
            for error in errors.iter().take(3) {
                let at = source.position(error.span.range().start);
                eprintln!("{}:{}:{}: {}", entry.path().display(), at.line, at.column, error.message);
            }
        }
    }
    eprintln!("{files} files, {blocks} blocks, {bad} bad files");
}
