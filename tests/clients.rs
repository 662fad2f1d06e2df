//! iamlint in the hands of the programs that people use it with: pip, pre-commit, zizmor, mdBook. They are installed by
//! `tests/clients/install.sh`, which prints what to set `IAMLINT_CLIENTS` to; without it every test here says that it
//! is skipped.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const WIDE: &str =
    r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "sqs:*", "Resource": "*" } }"#;
const NARROW: &str = r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:a" } }"#;

/// The folder of the clients' programs; none when they are not installed.
fn clients(test: &str) -> Option<PathBuf> {
    let clients = std::env::var_os("IAMLINT_CLIENTS").map(PathBuf::from);
    if clients.is_none() {
        skipped(test, "IAMLINT_CLIENTS is not set (tests/clients/install.sh prints it)");
    }
    clients
}

/// Says so where it is seen: what `eprintln!` writes is shown of failed tests only.
fn skipped(test: &str, why: &str) {
    std::io::stderr().write_all(format!("skipped: {test}: {why}\n").as_bytes()).unwrap();
}

/// A command that builds iamlint in a folder of its own, fast rather than to be fast: it is the packaging that is tried.
fn building(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .env("CARGO_TARGET_DIR", Path::new(ROOT).join("target/clients/build"))
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    command
}

#[track_caller]
fn ran(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", said(&output));
    said(&output)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A folder with the wheel, which is built once for all tests.
fn wheels(clients: &Path) -> &'static Path {
    static WHEELS: OnceLock<TempDir> = OnceLock::new();
    let wheels = WHEELS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut maturin = building(clients.join("maturin"));
        ran(maturin.current_dir(ROOT).args(["build", "--release", "--locked", "--out"]).arg(folder.path()));
        folder
    });
    wheels.path()
}

/// The programs of a Python environment that holds the wheel and nothing else.
fn installed(clients: &Path) -> &'static Path {
    static ENVIRONMENT: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, bin) = ENVIRONMENT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        ran(Command::new(clients.join("python3")).args(["-m", "venv"]).arg(folder.path()));
        let bin = folder.path().join("bin");
        let pip = ["install", "--quiet", "--no-index", "--disable-pip-version-check", "iamlint", "--find-links"];
        ran(Command::new(bin.join("pip")).args(pip).arg(wheels(clients)));
        (folder, bin)
    });
    bin
}

#[test]
fn the_wheel_is_the_program() {
    let Some(clients) = clients("the_wheel_is_the_program") else { return };
    let iamlint = installed(&clients).join("iamlint");
    let version = ran(Command::new(&iamlint).arg("--version"));
    assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    let output = Command::new(&iamlint).args(["check", "testdata/data-lake"]).current_dir(ROOT).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
}

/// A repository whose commits are checked by a hook.
struct Scratch {
    folder: TempDir,
    path: std::ffi::OsString,
    cache: PathBuf,
    wheels: PathBuf,
}

impl Scratch {
    fn new(clients: &Path, config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let before = [installed(clients).to_owned(), clients.to_owned()].into_iter();
        let path = std::env::join_paths(before.chain(std::env::split_paths(&path))).unwrap();
        let cache = Path::new(ROOT).join("target/clients/pre-commit");
        let scratch = Self { folder, path, cache, wheels: wheels(clients).to_owned() };
        ran(scratch.git().args(["init", "--quiet"]));
        scratch.write(".pre-commit-config.yaml", config);
        ran(scratch.run(building(clients.join("pre-commit"))).arg("install"));
        scratch
    }

    fn run(&self, mut command: Command) -> Command {
        command
            .current_dir(self.folder.path())
            .env("PATH", &self.path)
            .env("PRE_COMMIT_HOME", &self.cache)
            .env("PIP_FIND_LINKS", &self.wheels)
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        for (name, value) in [("NAME", "A"), ("EMAIL", "a@example.com")] {
            command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
        }
        command
    }

    fn git(&self) -> Command {
        self.run(building("git"))
    }

    fn write(&self, path: &str, text: &str) {
        let at = self.folder.path().join(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(at, text).unwrap();
    }

    /// Whether a commit of everything goes through, and what is said.
    fn commit(&self) -> (bool, String) {
        ran(self.git().args(["add", "--all"]));
        let output = self.git().args(["commit", "--quiet", "--message", "change"]).output().unwrap();
        (output.status.success(), said(&output))
    }
}

/// The configuration with a hook of this repository as it is committed.
fn hook_of_this_repository(id: &str) -> Option<String> {
    let head = Command::new("git").current_dir(ROOT).args(["rev-parse", "HEAD"]).output().ok()?;
    let head = String::from_utf8(head.stdout).ok().filter(|it| !it.is_empty())?;
    Some(format!("repos:\n  - repo: {ROOT}\n    rev: {}\n    hooks:\n      - id: {id}\n", head.trim()))
}

#[track_caller]
fn stops_what_is_too_wide(scratch: &Scratch) {
    scratch.write("policies/a.json", NARROW);
    scratch.write("package.json", "{ \"name\": \"no policy\" }\n");
    scratch.write("notes.md", "nothing\n");
    let (passed, said) = scratch.commit();
    assert!(passed, "{said}");
    scratch.write("policies/a.json", WIDE);
    let (passed, said) = scratch.commit();
    assert!(!passed && said.contains("wildcard_action") && said.contains("policies/a.json:1"), "{said}");
    scratch.write("policies/a.json", "{ \"Statement\": [ ] ]");
    let (passed, said) = scratch.commit();
    assert!(!passed && said.contains("input error"), "{said}");
    scratch.write("policies/a.json", NARROW);
    scratch.write("b.tf", "locals {}\n");
    let (passed, said) = scratch.commit();
    assert!(passed, "{said}");
}

#[test]
fn a_hook_of_the_installed_program_stops_a_commit_and_reads_modules_whole() {
    let Some(clients) = clients("a_hook_of_the_installed_program_stops_a_commit_and_reads_modules_whole") else {
        return;
    };
    let Some(config) = hook_of_this_repository("iamlint-system") else {
        return skipped("a_hook_of_the_installed_program", "this is no git repository");
    };
    let scratch = Scratch::new(&clients, &config);
    stops_what_is_too_wide(&scratch);
    // The commit changes the caller; what becomes too wide is written in the module.
    let module = "variable \"name\" {}\n\nresource \"aws_iam_policy\" \"this\" {\n  policy = jsonencode({\n    Statement = [{ Effect = \"Allow\", Action = \"${var.name}:*\", Resource = \"*\" }]\n  })\n}\n";
    scratch.write("modules/m/main.tf", module);
    scratch.write("live/main.tf", "module \"m\" {\n  source = \"../modules/m\"\n  name   = \"none\"\n}\n");
    ran(scratch.git().args(["add", "--all"]));
    ran(scratch.git().args(["commit", "--quiet", "--no-verify", "--message", "module"]));
    scratch.write("live/main.tf", "module \"m\" {\n  source = \"../modules/m\"\n  name   = \"sqs\"\n}\n");
    let (passed, said) = scratch.commit();
    assert!(!passed && said.contains("`sqs:*`") && said.matches("wildcard_action:").count() == 1, "{said}");
}

#[test]
fn a_hook_that_takes_the_wheel_needs_no_toolchain() {
    let Some(clients) = clients("a_hook_that_takes_the_wheel_needs_no_toolchain") else { return };
    let config = guide("the hook that takes the wheel");
    assert!(config.contains(&format!("iamlint=={}", env!("CARGO_PKG_VERSION"))), "{config}");
    stops_what_is_too_wide(&Scratch::new(&clients, &config));
}

#[test]
fn a_hook_takes_the_program_on_the_path() {
    let Some(clients) = clients("a_hook_takes_the_program_on_the_path") else { return };
    stops_what_is_too_wide(&Scratch::new(&clients, &guide("the hook that takes the program on the path")));
}

/// The configuration that docs/ci.md has behind a mark.
fn guide(mark: &str) -> String {
    let guide = fs::read_to_string(Path::new(ROOT).join("docs/ci.md")).unwrap();
    let (_, after) = guide.split_once(&format!("<!-- {mark} -->")).unwrap();
    after.split("```").nth(1).unwrap().strip_prefix("yaml\n").unwrap().to_owned()
}

#[test]
fn hooks_that_build_iamlint_do() {
    let Some(clients) = clients("hooks_that_build_iamlint_do") else { return };
    for id in ["iamlint", "iamlint-python"] {
        let Some(config) = hook_of_this_repository(id) else {
            return skipped("hooks_that_build_iamlint_do", "this is no git repository");
        };
        stops_what_is_too_wide(&Scratch::new(&clients, &config));
    }
}

#[test]
fn the_action_and_the_workflows_have_no_hole_that_zizmor_knows() {
    let Some(clients) = clients("the_action_and_the_workflows_have_no_hole_that_zizmor_knows") else { return };
    let arguments = ["--offline", "--no-progress", "--persona", "pedantic", "."];
    ran(Command::new(clients.join("zizmor")).current_dir(ROOT).args(arguments));
}

#[test]
fn the_book_builds() {
    let Some(clients) = clients("the_book_builds") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([clients].into_iter().chain(std::env::split_paths(&path))).unwrap();
    let mut build = Command::new(Path::new(ROOT).join("docs/build.sh"));
    build.env("PATH", path).env("IAMLINT", env!("CARGO_BIN_EXE_iamlint"));
    let said = ran(build.arg(folder.path()));
    assert!(!said.contains("WARN"), "{said}");
    for page in ["index.html", "docs/ci.html", "rules/index.html", "rules/wildcard_action.html"] {
        let text = fs::read_to_string(folder.path().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
        assert!(!text.contains("severity: high"), "{page} shows the head of a page as it is stored");
    }
    let link = regex::Regex::new("(?:href|src)=\"([^\"#]+)").unwrap();
    for entry in walkdir::WalkDir::new(folder.path()).into_iter().flatten() {
        let page = entry.path();
        let name = page.file_name().unwrap().to_str().unwrap();
        if !name.ends_with(".html") || ["404.html", "print.html", "toc.html"].contains(&name) {
            continue;
        }
        let text = fs::read_to_string(page).unwrap();
        for link in link.captures_iter(&text).map(|it| it[1].to_owned()).filter(|it| !it.contains(':')) {
            assert!(page.parent().unwrap().join(&link).exists(), "{}: {link}", page.display());
        }
    }
}
