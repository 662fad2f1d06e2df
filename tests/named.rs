//! Files that are named select what is reported; what it means is decided by the whole of their modules and of those
//! that call them. This is how a commit hook runs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    for (path, text) in files {
        let at = folder.path().join(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(at, text).unwrap();
    }
    folder
}

/// The findings for named files, `file:line`, and the exit status.
fn named(folder: &Path, arguments: &[&str]) -> (Vec<String>, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iamlint"));
    command.current_dir(folder).args(["check", "--select", "wildcard_action", "--format", "ndjson"]).args(arguments);
    let output = command.output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines.lines().map(|line| {
        let finding: serde_json::Value = serde_json::from_str(line).unwrap();
        format!("{}:{}", finding["file"].as_str().unwrap(), finding["range"]["start"]["line"])
    });
    (lines.collect(), output.status.code().unwrap())
}

const MODULE: &str = r#"variable "actions" {}

data "aws_iam_policy_document" "this" {
  statement {
    actions   = var.actions
    resources = ["*"]
  }
}

resource "aws_iam_policy" "this" {
  policy = data.aws_iam_policy_document.this.json
}
"#;

const WIDE_CALL: &str = "module \"m\" {\n  source  = \"../modules/policy\"\n  actions = [\"sqs:*\"]\n}\n";

#[test]
fn a_module_is_judged_with_those_that_call_it() {
    let folder = folder(&[
        ("modules/policy/main.tf", MODULE),
        (
            "modules/outer/main.tf",
            "variable \"a\" {}\nmodule \"p\" {\n  source  = \"../policy\"\n  actions = var.a\n}\n",
        ),
        ("live/main.tf", "module \"o\" {\n  source = \"../modules/outer\"\n  a      = [\"sqs:*\"]\n}\n"),
        ("other/main.tf", "module \"m\" {\n  source  = \"../modules/policy\"\n  actions = [\"sqs:SendMessage\"]\n}\n"),
        (
            "apart/wide.json",
            r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "sns:*", "Resource": "*" } }"#,
        ),
    ]);
    let at = folder.path();
    // The literal stands in the caller of the caller; it touches the module that was named, and nothing else is said.
    assert_eq!(named(at, &["modules/policy/main.tf"]), (vec!["live/main.tf:3".to_owned()], 1));
    assert_eq!(named(at, &["modules/outer/main.tf"]), (vec!["live/main.tf:3".to_owned()], 1));
    assert_eq!(named(at, &["live/main.tf"]), (vec!["live/main.tf:3".to_owned()], 1));
    assert_eq!(named(at, &["other/main.tf"]), (vec![], 0));
    let path = at.join("modules/policy/main.tf");
    assert_eq!(named(&at.join("live"), &[path.to_str().unwrap()]).0.len(), 1, "also from elsewhere in the repository");
}

#[test]
fn what_a_call_makes_of_a_module_is_said_of_the_call() {
    let module = "variable \"name\" {}\n\nresource \"aws_iam_policy\" \"this\" {\n  policy = jsonencode({\n    Statement = [{ Effect = \"Allow\", Action = \"${var.name}:*\", Resource = \"*\" }]\n  })\n}\n";
    let folder = folder(&[
        ("modules/m/main.tf", module),
        ("live/main.tf", "module \"m\" {\n  source = \"../modules/m\"\n  name   = \"sqs\"\n}\n"),
        ("live/other.tf", "locals {}\n"),
    ]);
    assert_eq!(named(folder.path(), &["live/main.tf"]), (vec!["modules/m/main.tf:5".to_owned()], 1));
    assert_eq!(named(folder.path(), &["live/other.tf"]), (vec![], 0));
}

#[test]
fn several_files_of_one_module_say_a_thing_once() {
    let folder = folder(&[
        ("modules/policy/main.tf", MODULE),
        ("modules/policy/outputs.tf", "output \"x\" { value = 1 }\n"),
        ("live/main.tf", WIDE_CALL),
    ]);
    let files = ["modules/policy/main.tf", "modules/policy/outputs.tf", "live/main.tf"];
    assert_eq!(named(folder.path(), &files), (vec!["live/main.tf:3".to_owned()], 1));
    assert_eq!(named(folder.path(), &["modules/policy/outputs.tf"]), (vec![], 0));
}

#[test]
fn a_module_is_judged_with_those_that_call_it_wherever_the_run_is_started() {
    let policy = "{ \"Version\": \"2012-10-17\", \"Statement\": { \"Effect\": \"Allow\", \"Action\": \"${action}\", \"Resource\": \"*\" } }";
    let of_file = "resource \"aws_iam_policy\" \"file\" {\n  policy = templatefile(\"${path.module}/policy.json\", { action = var.actions[0] })\n}\n";
    let folder = folder(&[
        (
            "modules/policy/main.tf",
            &format!("{MODULE}module \"in\" {{\n  source  = \"./inner\"\n  actions = var.actions\n}}\n"),
        ),
        ("modules/policy/inner/main.tf", of_file),
        ("modules/policy/inner/variables.tf", "variable \"actions\" {}\n"),
        ("modules/policy/inner/policy.json", policy),
        ("live/main.tf", WIDE_CALL),
        ("live/empty/x.md", ""),
    ]);
    let at = folder.path();
    let found = |from: &str, arguments: &[&str]| {
        let (mut found, status) = named(&at.join(from), arguments);
        found.dedup();
        (found.join(" "), status)
    };
    let up = ("../../live/main.tf:3".to_owned(), 1);
    for arguments in
        [&[][..], &["."], &["main.tf"], &["inner"], &["inner/main.tf"], &["inner/policy.json"], &["../policy"]]
    {
        assert_eq!(found("modules/policy", arguments), up, "{arguments:?}");
    }
    assert_eq!(found("modules", &["policy"]), ("../live/main.tf:3".to_owned(), 1));
    assert_eq!(found("live", &["../modules/policy"]), ("main.tf:3".to_owned(), 1));
    assert_eq!(found("live/empty", &["../../modules/policy/main.tf"]), ("../main.tf:3".to_owned(), 1));
    // What has nothing to do with it is not said.
    fs::write(
        at.join("live/other.tf"),
        MODULE.replace("var.actions", "[\"sns:*\"]").replace("variable \"actions\" {}", ""),
    )
    .unwrap();
    assert_eq!(found("modules/policy", &[]), up);
    assert_eq!(found("live", &[]).0, "main.tf:3 other.tf:5");
    // A file has one name, also where the run goes up and comes back.
    assert_eq!(found("modules/policy", &["../.."]).0, "../../live/main.tf:3 ../../live/other.tf:5");
}

#[test]
fn a_folder_is_judged_with_those_that_call_its_modules() {
    let module = MODULE.replace("\"this\" {\n  policy", "\"this\" {\n  count  = var.wanted ? 1 : 0\n  policy")
        + "variable \"wanted\" {\n  default = false\n}\n";
    let module = module
        .replace(
            "data \"aws_iam_policy_document\" \"this\" {",
            "data \"aws_iam_policy_document\" \"this\" {\n  count = var.wanted ? 1 : 0",
        )
        .replace(".this.json", ".this[0].json");
    let own = "resource \"aws_iam_policy\" \"own\" {\n  policy = jsonencode({ Statement = [{ Effect = \"Allow\", Action = \"sns:*\", Resource = \"*\" }] })\n}\n";
    let call = WIDE_CALL.replace("  actions", "  wanted  = true\n  actions");
    let folder = folder(&[
        ("modules/policy/main.tf", &module),
        ("modules/empty/main.tf", "variable \"x\" {}\n"),
        (
            "live/main.tf",
            &format!(
                "{call}{own}module \"e\" {{\n  source = \"../modules/empty\"\n}}\nmodule \"b\" {{\n  source = \"../broken\"\n}}\n"
            ),
        ),
        ("broken/main.tf", "resource \"a\" {\n"),
        ("idle/main.tf", &MODULE.replace("{}", "{\n  type = list(string)\n}")),
        ("live/off.tf", "module \"i\" {\n  source  = \"../idle\"\n  count   = 0\n  actions = [\"s3:*\"]\n}\n"),
    ]);
    let at = folder.path();
    // What its caller has besides is nobody's question, and what is broken there is not either.
    let of_module = (vec!["live/main.tf:4".to_owned()], 1);
    assert_eq!(named(at, &["modules/policy"]), of_module);
    assert_eq!(named(at, &["modules"]), of_module);
    assert_eq!(named(&at.join("live"), &[at.join("modules").to_str().unwrap()]).0.len(), 1);
    // What holds nothing is not clean because its caller has something, and what is never called is judged as it is.
    assert_eq!(named(at, &["modules/empty"]), (vec![], 3));
    assert_eq!(named(at, &["idle"]), (vec![], 0));
    // Values are those of a root.
    assert_eq!(named(at, &["idle", "--var", "actions=[\"sqs:*\"]"]).1, 1);
    assert_eq!(named(at, &["modules", "live"]), (vec!["live/main.tf:4".to_owned(), "live/main.tf:7".to_owned()], 3));
}

#[test]
fn values_that_terraform_loads_stand_for_their_module() {
    let folder = folder(&[
        ("app/main.tf", MODULE),
        ("app/terraform.tfvars", "actions = [\"sqs:*\"]\n"),
        ("app/prod.tfvars", "actions = [\"sns:*\"]\n"),
    ]);
    assert_eq!(named(folder.path(), &["app/terraform.tfvars"]), (vec!["app/terraform.tfvars:1".to_owned()], 1));
    assert_eq!(named(folder.path(), &["app/prod.tfvars"]), (vec![], 3), "only --var-file reads it");
}

#[test]
fn what_a_module_reads_is_judged_where_the_module_puts_it() {
    let policy = |actions: &str| {
        format!(
            r#"{{ "Version": "2012-10-17", "Statement": {{ "Effect": "Allow", "Action": {actions}, "Resource": "*" }} }}"#
        )
    };
    let folder = folder(&[
        (
            "org/main.tf",
            "resource \"aws_organizations_policy\" \"all\" {\n  content = file(\"${path.module}/policies/all.json\")\n}\n\n# iamlint: ignore[wildcard_action]\nresource \"aws_iam_policy\" \"ours\" {\n  policy = file(\"${path.module}/policies/ours.json\")\n}\n",
        ),
        ("org/policies/all.json", &policy("\"s3:*\"")),
        ("org/policies/ours.json", &policy("\"sqs:*\"")),
        ("app/main.tf", "module \"m\" {\n  source = \"../modules/m\"\n}\n"),
        (
            "modules/m/main.tf",
            "resource \"aws_iam_policy\" \"a\" {\n  policy = templatefile(\"../shared/a.json.tftpl\", { account = \"111122223333\" })\n}\n",
        ),
        ("shared/a.json.tftpl", &policy("\"sns:*\"").replace("*\" }", "arn:aws:sns:eu-west-1:${account}:*\" }")),
        ("shared/apart.json", &policy("\"ses:*\"")),
        ("shared/payload.json", &policy("\"ec2:*\"")),
        ("lambda/main.tf", "resource \"aws_s3_object\" \"o\" {\n  content = file(\"../shared/payload.json\")\n}\n"),
    ]);
    let at = folder.path();
    let clean = (vec![], 0);
    // A service control policy grants nothing, and what the module answers for is answered for.
    assert_eq!(named(at, &["org/policies/all.json"]), clean);
    assert_eq!(named(at, &["org/policies/all.json", "org/policies/ours.json"]), clean);
    assert_eq!(named(at, &["org/policies/ours.json"]), clean);
    assert_eq!(named(&at.join("org"), &["policies/all.json"]), clean);
    // A template is judged with what its module puts into it, wherever that stands.
    assert_eq!(named(at, &["shared/a.json.tftpl"]), (vec!["shared/a.json.tftpl:1".to_owned()], 1));
    // What no module reads, or reads for something else, is judged by what it says.
    assert_eq!(named(at, &["shared/apart.json"]), (vec!["shared/apart.json:1".to_owned()], 1));
    assert_eq!(named(at, &["shared/payload.json"]), (vec!["shared/payload.json:1".to_owned()], 1));
}

#[test]
fn files_that_hold_no_policy_are_accepted_on_request() {
    let folder = folder(&[
        ("package.json", "{ \"name\": \"x\" }"),
        ("tsconfig.json", "{\n  // JSON of another kind\n  \"compilerOptions\": {},\n}\n"),
        ("locals.tf", "locals {}\n"),
        ("prod.tfvars", "a = 1\n"),
        ("broken.json", "{ \"Statement\": [ }"),
    ]);
    let at = folder.path();
    assert_eq!(named(at, &["package.json"]).1, 3);
    assert_eq!(named(at, &["package.json", "tsconfig.json", "locals.tf", "prod.tfvars", "--allow-empty"]), (vec![], 0));
    assert_eq!(named(at, &["broken.json", "--allow-empty"]).1, 3);
}
