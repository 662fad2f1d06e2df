//! The VS Code extension, by its own tests in an editor that is a stub, and as the package that people install.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::path::Path;
use std::process::Command;

#[test]
fn the_extension_passes_its_tests_and_can_be_packed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode");
    if !folder.join("node_modules").is_dir() {
        eprintln!("skipped: the_extension_passes_its_tests_and_can_be_packed: run `npm ci` in editors/vscode");
        return;
    }
    let packed = tempfile::tempdir().unwrap();
    let package = packed.path().join("iamlint.vsix");
    for arguments in [&["test"][..], &["run", "package", "--", "--out", package.to_str().unwrap()]] {
        let output = Command::new("npm").current_dir(&folder).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "npm {arguments:?}:\n{said}");
    }
    assert!(package.metadata().unwrap().len() > 10_000);
}
