//! The GitHub action, with the runner's part played: its environment, its files, and a network that answers as it is
//! told. The steps are those of `action.yml`, in their order.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const VERSION: &str = env!("CARGO_PKG_VERSION");
const WIDE: &str = r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } }"#;
const NARROW: &str = r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:a" } }"#;

/// `curl` as the action calls it: a file below `published` for what is downloaded, the number in `answer` for a question
/// to the API, and every call in `calls`.
const CURL: &str = r#"#!/bin/sh
root=${0%/bin/curl}
echo "$*" >> "$root/calls"
output= url=
while [ $# -gt 0 ]; do
  case $1 in
    --output) output=$2; shift ;;
    --write-out) shift ;;
    --config) shift; cat >> "$root/calls" ;;
    --retry) shift ;;
    -*) ;;
    *) url=$1 ;;
  esac
  shift
done
case $url in
  https://api.test/*) cat "$root/answer" ;;
  https://server.test/owner/iamlint/releases/download/*) cp "$root/published/${url##*/}" "$output" 2>/dev/null || exit 22 ;;
  *) echo "unexpected: $url" >&2; exit 6 ;;
esac
"#;

/// A machine on which the action runs over a repository.
struct Runner {
    folder: TempDir,
    inputs: HashMap<&'static str, String>,
}

impl Runner {
    fn new(policy: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["bin", "published", "temporary", "repository"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let runner = Self { folder, inputs: HashMap::new() };
        runner.write("repository/a.json", policy);
        runner.write("answer", "403");
        runner.program("curl", CURL);
        // The tools that a runner has; cargo and iamlint are not among them.
        for tool in
            ["bash", "sh", "sed", "head", "awk", "tar", "gzip", "cut", "mkdir", "cp", "cat", "grep", "sha256sum"]
        {
            let found = std::env::split_paths(&std::env::var_os("PATH").unwrap())
                .map(|it| it.join(tool))
                .find(|it| it.exists());
            std::os::unix::fs::symlink(found.unwrap(), runner.path("bin").join(tool)).unwrap();
        }
        runner
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.inputs.insert(name, value.to_owned());
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The release with an archive for this machine, and its sum or another.
    fn publish(&self, sum: Option<&str>) {
        let archive = self.path("published/iamlint-x86_64-unknown-linux-musl.tar.gz");
        self.program("iamlint", &format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_iamlint")));
        let mut tar = Command::new("tar");
        tar.arg("-czf").arg(&archive).arg("-C").arg(self.path("bin")).arg("iamlint");
        assert!(tar.status().unwrap().success());
        fs::remove_file(self.path("bin/iamlint")).unwrap();
        let actual = Command::new("sha256sum").arg(&archive).output().unwrap().stdout;
        let actual = String::from_utf8(actual).unwrap().split(' ').next().unwrap().to_owned();
        let name = "iamlint-x86_64-unknown-linux-musl.tar.gz";
        self.write(
            "published/SHA256SUMS",
            &format!("{}  other.tar.gz\n{}  {name}\n", "0".repeat(64), sum.unwrap_or(&actual)),
        );
    }

    fn step(&self, stage: &str, environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(Path::new(ROOT).join(".github/action/run.sh"));
        command.arg(stage).current_dir(self.path("repository")).env_clear();
        command.env("PATH", self.path("bin")).env("GITHUB_ACTION_PATH", ROOT);
        command.env("GITHUB_OUTPUT", self.path("output")).env("GITHUB_STEP_SUMMARY", self.path("summary"));
        command.env("RUNNER_TEMP", self.path("temporary")).env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
        command.env("GITHUB_SERVER_URL", "https://server.test").env("GITHUB_API_URL", "https://api.test");
        command.env("GITHUB_REPOSITORY", "me/infra").env("ACTION_REPOSITORY", "owner/iamlint");
        command.envs(&self.inputs).envs(environment.iter().copied());
        command.output().unwrap()
    }

    fn outputs(&self) -> HashMap<String, String> {
        let text = self.read("output");
        text.lines()
            .filter_map(|it| it.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// All steps; what `upload-sarif` comes to is told. The last one's output.
    fn run(&self, upload: &str) -> Output {
        let install = self.step("install", &[]);
        if !install.status.success() {
            return install;
        }
        let iamlint = self.outputs()["iamlint"].clone();
        let check = self.step("check", &[("IAMLINT", &iamlint)]);
        if !check.status.success() {
            return check;
        }
        let outputs = self.outputs();
        let uploaded = if outputs["upload"] == "true" { upload } else { "skipped" };
        self.step("report", &[("IAMLINT", &iamlint), ("STATUS", &outputs["status"]), ("UPLOADED", uploaded)])
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_published_program_is_downloaded_and_findings_are_annotated() {
    let runner = Runner::new(WIDE).with("TOKEN", "secret");
    runner.publish(None);
    let output = runner.run("success");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("::error file=a.json,line=1"), "{}", said(&output));
    assert!(runner.read("summary").starts_with("## iamlint: 1 finding (1 critical)"));
    let outputs = runner.outputs();
    for (name, value) in
        [("findings", "1"), ("critical", "1"), ("high", "0"), ("low", "0"), ("status", "1"), ("upload", "false")]
    {
        assert_eq!(outputs[name], value, "{name}");
    }
    let sarif = fs::read(&outputs["sarif"]).unwrap();
    let sarif: serde_json::Value = serde_json::from_slice(&sarif).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
    let calls = runner.read("calls");
    let arguments: String = calls.lines().filter(|it| !it.starts_with("header")).collect();
    assert!(!arguments.contains("secret") && calls.contains("Bearer secret"), "a token is no argument: {calls}");
}

#[test]
fn code_scanning_takes_the_annotations_over_unless_the_upload_fails() {
    for (upload, annotated) in [("success", false), ("failure", true)] {
        let runner = Runner::new(WIDE).with("TOKEN", "secret");
        runner.publish(None);
        runner.write("answer", "404");
        let output = runner.run(upload);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(runner.outputs()["upload"], "true");
        assert_eq!(said(&output).contains("::error"), annotated, "{}", said(&output));
        assert!(runner.read("summary").starts_with("## iamlint: 1 finding"));
    }
}

#[test]
fn a_fork_and_a_job_that_says_so_upload_nothing() {
    for (name, value, expected) in
        [("FORK", "true", "false"), ("UPLOAD", "never", "false"), ("UPLOAD", "always", "true")]
    {
        let runner = Runner::new(NARROW).with("TOKEN", "secret").with(name, value);
        runner.publish(None);
        runner.write("answer", "200");
        assert_eq!(runner.run("success").status.code(), Some(0));
        assert_eq!(runner.outputs()["upload"], expected, "{name}={value}");
    }
    let runner = Runner::new(NARROW).with("UPLOAD", "perhaps");
    runner.publish(None);
    assert!(said(&runner.run("success")).contains("`upload` is `auto`, `always` or `never`, not `perhaps`"));
}

#[test]
fn what_is_not_what_was_published_or_wanted_is_not_run() {
    let runner = Runner::new(NARROW);
    runner.publish(Some(&"1".repeat(64)));
    let output = runner.run("success");
    assert!(!output.status.success() && said(&output).contains("is published"), "{}", said(&output));
    let runner = Runner::new(NARROW).with("CHECKSUM", &"2".repeat(64));
    runner.publish(None);
    let output = runner.run("success");
    assert!(!output.status.success() && said(&output).contains("is wanted"), "{}", said(&output));
    assert!(!runner.outputs().contains_key("iamlint"));
}

#[test]
fn what_is_not_published_is_built_from_the_action_itself() {
    let runner = Runner::new(NARROW);
    let output = runner.run("success");
    assert!(
        !output.status.success() && said(&output).contains("can neither be downloaded nor built"),
        "{}",
        said(&output)
    );
    let cargo = "#!/bin/sh\nroot=${0%/bin/cargo}\necho \"$*\" > \"$root/built\"\nwhile [ $# -gt 1 ]; do [ \"$1\" = --root ] && into=$2; shift; done\nmkdir -p \"$into/bin\"\ncp \"$root/iamlint\" \"$into/bin/iamlint\"\n";
    runner.program("cargo", cargo);
    fs::copy(env!("CARGO_BIN_EXE_iamlint"), runner.path("iamlint")).unwrap();
    let output = runner.run("success");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(runner.read("built").starts_with(&format!("install --locked --quiet --path {ROOT} --root ")));
    // Another version than that of the action cannot be built from it.
    let runner = Runner::new(NARROW).with("VERSION", "99.0.0");
    runner.program("cargo", cargo);
    assert!(said(&runner.run("success")).contains("99.0.0 can neither be downloaded nor built"));
}

#[test]
fn a_program_on_the_path_is_taken_when_it_is_the_right_one() {
    for (version, taken) in [(VERSION, true), ("0.0.1", false)] {
        let runner = Runner::new(NARROW);
        runner.publish(None);
        runner.program("iamlint", &format!("#!/bin/sh\necho 'iamlint {version} (of some day)'\n"));
        let output = runner.step("install", &[]);
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(runner.outputs()["iamlint"].ends_with("bin/iamlint"), taken);
        assert_eq!(runner.read("calls").is_empty(), taken);
    }
}

#[test]
fn inputs_are_arguments_and_never_part_of_a_script() {
    let runner = Runner::new(NARROW)
        .with("PATHS", "wide here\n$(touch pwned)\n")
        .with("ARGUMENTS", "--fail-on=critical\n--ignore=full_administrator");
    runner.publish(None);
    fs::create_dir(runner.path("repository/wide here")).unwrap();
    runner.write("repository/wide here/b.json", WIDE);
    let output = runner.run("success");
    assert_eq!(output.status.code(), Some(3), "there is no such folder: {}", said(&output));
    assert!(!runner.path("repository/pwned").exists());
    for version in ["latest", "0.1.0; touch pwned", "../../x"] {
        let runner = Runner::new(NARROW).with("VERSION", version);
        assert!(said(&runner.run("success")).contains("is no version"), "{version}");
    }
    // So is what one report takes and another one does not: nothing may look like a run without findings.
    for arguments in ["--no-such-option", "--show-suppressed"] {
        let runner = Runner::new(WIDE).with("ARGUMENTS", arguments);
        runner.publish(None);
        let output = runner.run("success");
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(arguments), "{}", said(&output));
    }
}

/// The lines of `action.yml` below a step's `env:`, by step, and those of all its `run:`.
#[test]
fn action_yml_hands_inputs_over_by_environment_alone() {
    let text = fs::read_to_string(Path::new(ROOT).join("action.yml")).unwrap();
    let script = fs::read_to_string(Path::new(ROOT).join(".github/action/run.sh")).unwrap();
    let (_, steps) = text.split_once("\nruns:").unwrap();
    let mut variables = 0;
    for line in steps.lines() {
        let line = line.trim();
        if let Some(run) = line.strip_prefix("run:") {
            assert!(!run.contains("${{"), "{line}");
        } else if let Some((name, _)) =
            line.split_once(": ${{").filter(|(name, _)| name.chars().all(|it| it.is_ascii_uppercase() || it == '_'))
        {
            assert!(script.contains(&format!("${{{name}")), "{name} is handed over and not read");
            variables += 1;
        }
    }
    assert!(variables >= 12, "{variables}");
    let (inputs, _) = text.split_once("\nruns:").unwrap();
    let (_, inputs) = inputs.split_once("\ninputs:").unwrap();
    let (inputs, outputs) = inputs.split_once("\noutputs:").unwrap();
    let names = |text: &str| -> Vec<String> {
        let is_name = |it: &&str| it.starts_with("  ") && !it.starts_with("   ") && it.ends_with(':');
        text.lines().filter(is_name).map(|it| it.trim().trim_end_matches(':').to_owned()).collect()
    };
    for input in names(inputs) {
        assert!(steps.contains(&format!("${{{{ inputs.{input} }}}}")), "{input} has no effect");
    }
    for output in names(outputs) {
        assert!(outputs.contains(&format!("steps.check.outputs.{output} }}}}")), "{output}");
        let set = script.contains(&format!("set_output {output} "))
            || ["critical", "high", "medium", "low"].contains(&&*output);
        assert!(set, "{output} is never set");
    }
}
