//! A module uses layers below its own: this test reads the `use` lines and holds every module to the map in
//! `ARCHITECTURE.md`.

use std::io::Write as _;
use std::path::Path;

/// The layers, lowest first; modules of one layer stand beside each other and may use each other.
const LAYERS: &[&[&str]] = &[
    &["source"],
    &["value", "syntax"],
    &["policy", "catalog"],
    &["frontend"],
    &["rule"],
    &["rules", "suppress", "config", "baseline"],
    &["fix", "lint", "report"],
    &["files", "git"],
    &["lsp"],
    &["main", "cli", "adopt"],
];

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

#[test]
fn modules_look_down_never_up() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for folder in ["src", "rules"] {
        for entry in walkdir::WalkDir::new(root.join(folder)).into_iter().flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|it| it != "rs") || path.ends_with("src/lib.rs") {
                continue;
            }
            let inside = path.strip_prefix(root).expect("it was found below the root");
            let module = match inside.iter().nth(1).and_then(|it| it.to_str()) {
                Some(_) if folder == "rules" => "rules",
                Some(name) => name.trim_end_matches(".rs"),
                None => continue,
            };
            let own = layer(module).unwrap_or_else(|| panic!("`{module}` is in no layer: add it to the map"));
            let text = std::fs::read_to_string(path).expect("a source file is text");
            // What stands below `mod tests` may use what it likes.
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (n, line) in text.lines().enumerate() {
                for used in used_modules(line) {
                    if layer(used).is_some_and(|it| it > own) {
                        wrong.push(format!("{}:{}: {module} uses {used}", inside.display(), n + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The modules that a line names as `crate::name`, also in a group: `use crate::{a, b::c}`.
fn used_modules(line: &str) -> Vec<&str> {
    let mut out = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        let names = rest.strip_prefix('{').map_or(rest, |group| group.split('}').next().unwrap_or_default());
        let word = |it: &'_ str| it.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::len);
        if rest.starts_with('{') {
            out.extend(names.split(',').filter_map(|it| word(it).map(|len| &it.trim()[..len])));
        } else if let Some(len) = word(names) {
            out.push(&names[..len]);
        }
    }
    out
}

#[test]
fn every_module_of_the_map_is_in_the_page() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let page = std::fs::read_to_string(page).expect("there is a map");
    for module in LAYERS.iter().flat_map(|layer| layer.iter()).filter(|it| !["cli", "adopt"].contains(it)) {
        assert!(page.contains(&format!("`{module}`")), "{module} is missing from ARCHITECTURE.md");
    }
}

/// `cargo fmt` does not find modules that a macro declares.
#[test]
fn the_rules_are_formatted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = walkdir::WalkDir::new(root.join("rules")).into_iter().flatten().map(walkdir::DirEntry::into_path);
    let rules = rules.filter(|it| it.extension().is_some_and(|it| it == "rs"));
    let edition = ["--check", "--edition", "2024"];
    let Ok(output) = std::process::Command::new("rustfmt").args(edition).args(rules).output() else {
        // Not by `eprintln`, which the harness keeps to itself.
        std::io::stderr().write_all(b"skipped: the_rules_are_formatted: there is no rustfmt\n").expect("it is open");
        return;
    };
    let wrong = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "`rustfmt --edition 2024 rules/*.rs` puts this right:\n{wrong}");
}
