//! Modules, as Terraform calls them: judged through their callers, once, with the callers' values.

use iamlint::lint::{self, Options};
use iamlint::report::{InputError, Report};
use iamlint::rule::Finding;
use iamlint::rules;
use iamlint::source::Workspace;

fn report(files: &[(&str, &str)]) -> (Workspace, Report) {
    report_of("wildcard_action", files)
}

fn report_of(rule: &str, files: &[(&str, &str)]) -> (Workspace, Report) {
    let (workspace, report) = report_with_errors(rule, files);
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    (workspace, report)
}

fn report_with_errors(rule: &str, files: &[(&str, &str)]) -> (Workspace, Report) {
    let workspace = Workspace::of_texts(files.iter().copied());
    let rules = vec![rules::by_name(rule).expect("there is such a rule")];
    let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 2, &|_, _| {});
    (workspace, report)
}

/// File, line and words of each error.
fn errors(workspace: &Workspace, report: &Report) -> Vec<String> {
    let of = |error: &InputError| {
        let span = error.span.expect("it has a place");
        let source = workspace.source(span.file);
        format!("{}:{} {}", source.path.display(), source.position(span.start as usize).line, error.message)
    };
    report.errors.iter().map(of).collect()
}

/// File and line of each finding, with the addresses that it holds for.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let (workspace, report) = report(files);
    report
        .findings
        .iter()
        .map(|it| {
            let source = workspace.source(it.span.file);
            let line = source.position(it.span.start as usize).line;
            format!("{}:{line} {}", source.path.display(), it.instances.join(" "))
        })
        .collect()
}

const POLICY: &str = r#"
variable "actions" {
  default = ["s3:GetObject"]
}
resource "aws_iam_policy" "it" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = var.actions, Resource = "*" }]
  })
}
"#;

#[test]
fn a_called_module_is_judged_with_the_values_of_its_callers() {
    let root = r#"
module "good" {
  source  = "./policy"
  actions = ["s3:PutObject"]
}
module "bad" {
  source  = "./policy"
  actions = ["s3:*"]
}
"#;
    assert_eq!(found(&[("main.tf", root), ("policy/main.tf", POLICY)]), ["main.tf:8 module.bad.aws_iam_policy.it"]);
}

#[test]
fn three_calls_of_one_flaw_are_one_finding_of_three_instances() {
    let root = r#"
module "it" {
  source   = "./policy"
  for_each = toset(["a", "b", "c"])
}
"#;
    let bad = POLICY.replace("s3:GetObject", "s3:*");
    let instances = ["a", "b", "c"].map(|key| format!("module.it[\"{key}\"].aws_iam_policy.it")).join(" ");
    assert_eq!(found(&[("main.tf", root), ("policy/main.tf", &bad)]), [format!("policy/main.tf:3 {instances}")]);
}

#[test]
fn what_another_call_of_the_module_needs_is_not_to_be_taken_out() {
    let called = r#"
variable "path" {}
resource "aws_iam_policy" "it" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = ["arn:aws:s3:::lake/in${var.path}/*", "arn:aws:s3:::lake/in/db/*"]
    }]
  })
}
"#;
    let help = |paths: [&str; 2]| {
        let [a, b] = paths.map(|it| format!("{{\n  source = \"./m\"\n  path = \"{it}\"\n}}\n"));
        let root = format!("module \"a\" {a}module \"b\" {b}");
        let (_, report) = report_of("redundant_entry", &[("main.tf", &root), ("m/main.tf", called)]);
        report.findings.iter().filter_map(|it| it.help.clone()).collect::<Vec<_>>()
    };
    let [needless, needed] = [["", ""], ["", "/files"]].map(help);
    assert_eq!(needless.len(), 1);
    assert!(needless[0].starts_with("remove `arn:aws:s3:::lake/in/db/*`"), "{needless:?}");
    assert_eq!(
        needed,
        ["narrow `arn:aws:s3:::lake/in/*`: where the module is called otherwise, the entry is needed"],
        "the second call reads `in/db` by nothing else"
    );
}

#[test]
fn an_instance_stands_beneath_what_holds_for_it() {
    let root = r#"
module "open" {
  source   = "./bucket"
  for_each = toset(["a", "b"])
  name     = each.key
}
module "held" {
  source = "./bucket"
  name   = "c"
  block  = true
}
"#;
    let bucket = r#"
variable "name" {}
variable "block" {
  default = false
}
resource "aws_s3_bucket" "it" {
  bucket = var.name
}
resource "aws_s3_bucket_acl" "it" {
  bucket = aws_s3_bucket.it.id
  acl    = "public-read"
}
resource "aws_s3_bucket_public_access_block" "it" {
  bucket            = aws_s3_bucket.it.id
  block_public_acls = var.block
}
"#;
    let (_, report) = report_of("public_bucket", &[("main.tf", root), ("bucket/main.tf", bucket)]);
    let of = |it: &Finding| format!("{} {}", it.severity.name(), it.instances.join(" "));
    let wanted = [
        "high module.open[\"a\"].aws_s3_bucket.it module.open[\"b\"].aws_s3_bucket.it",
        "low module.held.aws_s3_bucket.it",
    ];
    assert_eq!(report.findings.iter().map(of).collect::<Vec<_>>(), wanted);
}

#[test]
fn a_computed_role_is_handed_over_where_the_policy_names_it() {
    let module = r#"
resource "aws_iam_role" "it" {
  name               = "jobs"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "glue.amazonaws.com" } }] })
}
resource "aws_iam_role_policy_attachment" "it" {
  role       = aws_iam_role.it.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
output "arn" {
  value = aws_iam_role.it.arn
}
"#;
    let root = r#"module "jobs" {
  source = "./jobs"
}
locals {
  jobs  = module.jobs.arn
  named = "arn:aws:iam::111122223333:role/jobs"
}
data "aws_iam_policy_document" "it" {
  statement {
    actions   = ["iam:PassRole"]
    resources = [local.jobs]
  }
}
resource "aws_iam_policy" "a" {
  policy = data.aws_iam_policy_document.it.json
}
resource "aws_iam_policy" "b" {
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "iam:PassRole", Resource = "${module.jobs.arn}" }] })
}
resource "aws_iam_policy" "c" {
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "iam:PassRole", Resource = local.named }] })
}
"#;
    let (workspace, report) = report_of("passrole_administrator", &[("main.tf", root), ("jobs/main.tf", module)]);
    let of = |it: &Finding| {
        let source = workspace.source(it.span.file);
        format!("{} {}", it.instances.join(" "), source.slice(it.span))
    };
    let wanted = [
        "aws_iam_policy.c \"arn:aws:iam::111122223333:role/jobs\"",
        "aws_iam_policy.a local.jobs",
        "aws_iam_policy.b module.jobs.arn",
    ];
    assert_eq!(report.findings.iter().map(of).collect::<Vec<_>>(), wanted);
}

#[test]
fn a_module_that_is_switched_off_everywhere_is_judged_by_itself() {
    let root = "module \"it\" {\n  source = \"./policy\"\n  count  = 0\n}\n";
    let bad = POLICY.replace("s3:GetObject", "s3:*");
    assert_eq!(found(&[("main.tf", root), ("policy/main.tf", &bad)]), ["policy/main.tf:3 aws_iam_policy.it"]);
}

#[test]
fn a_module_that_is_switched_off_is_judged_as_its_call_would_have_it() {
    let module = POLICY.replace("s3:GetObject", "s3:*");
    let of = |count: &str, actions: &str| {
        let root = format!(
            "variable \"on\" {{\n  default = false\n}}\nmodule \"it\" {{\n  source = \"./policy\"\n  count  = {count}\n  \
             actions = {actions}\n}}\n"
        );
        let workspace = Workspace::of_texts([("main.tf", &*root), ("policy/main.tf", &*module)]);
        let rules = vec![rules::by_name("wildcard_action").expect("there is such a rule")];
        let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
        let said = |it: &Finding| {
            let off = it.labels.iter().any(|it| it.message == "`module.it` is switched off");
            format!("{} {}{}", it.confidence, it.subject, if off { ", off" } else { "" })
        };
        report.findings.iter().map(said).collect::<Vec<_>>()
    };
    assert_eq!(of("var.on ? 1 : 0", "[\"sqs:*\"]"), ["low sqs:*, off"]);
    assert_eq!(of("var.on ? 1 : 0", "[\"sqs:SendMessage\"]"), [""; 0]);
    // Where nobody can switch it on, the call says nothing of how the module is used.
    assert_eq!(of("0", "[\"sqs:SendMessage\"]"), ["low s3:*, off"]);
    assert_eq!(of("1", "[\"sqs:*\"]"), ["high sqs:*"]);
}

#[test]
fn a_default_stands_where_a_caller_gives_nothing_in_one_case_or_may_give_it() {
    let module = "variable \"actions\" {\n  type     = list(string)\n  nullable = false\n  default  = [\"sqs:*\"]\n}\nvariable \"of\" {\n  type = \
                  object({ name = optional(string), actions = optional(list(string), [\"sqs:*\"]) })\n}\nresource \"aws_iam_policy\" \"it\" \
                  {\n  policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = ACTION, Resource = \"*\" }] })\n}\n";
    let of = |argument: &str, action: &str| {
        let root = format!(
            "variable \"on\" {{}}\nvariable \"rest\" {{\n  type = any\n}}\nmodule \"it\" {{\n  source = \"./m\"\n  of     = {{}}\n  \
             {argument}\n}}\n"
        );
        let root = if argument.starts_with("of ") { root.replace("  of     = {}\n", "") } else { root };
        let (_, report) = report(&[("main.tf", &root), ("m/main.tf", &module.replace("ACTION", action))]);
        let case = |it: &Finding| {
            let label = it.labels.iter().find(|it| it.message.starts_with("only if "));
            label.map(|it| format!(" {}", it.message)).unwrap_or_default()
        };
        report.findings.iter().map(|it| format!("{} {}{}", it.confidence, it.subject, case(it))).collect::<Vec<_>>()
    };
    let narrow = "[\"sqs:SendMessage\"]";
    let in_case = ["low sqs:* only if `var.on`"];
    assert_eq!(of(&format!("actions = var.on ? null : {narrow}"), "var.actions"), in_case);
    assert_eq!(of(&format!("of = {{ actions = var.on ? null : {narrow} }}"), "var.of.actions"), in_case);
    assert_eq!(of("of = { name = \"x\" }", "var.of.actions"), ["high sqs:*"]);
    assert_eq!(
        of("of = merge({ name = \"x\" }, var.rest)", "var.of.actions"),
        ["low sqs:* only if not `var.rest` has `actions`"]
    );
    assert_eq!(of(&format!("of = merge(var.rest, {{ actions = {narrow} }})"), "var.of.actions"), [""; 0]);
}

#[test]
fn the_call_of_a_module_that_is_switched_off_hands_over_what_it_would_if_it_were_on() {
    let of = |switch: &str, actions: &str| {
        let root = format!(
            "variable \"on\" {{\n  default = false\n}}\nvariable \"size\" {{\n  default = 0\n}}\nvariable \"mode\" {{\n  default = \
             \"off\"\n}}\nlocals {{\n  is_on = var.on && var.mode != \"never\"\n  actions = var.on ? [\"sqs:*\"] : \
             [\"sqs:SendMessage\"]\n}}\nmodule \"it\" {{\n  source = \"./policy\"\n  {switch}\n  actions = {actions}\n}}\n"
        );
        let policy = "variable \"actions\" {}\nresource \"aws_iam_policy\" \"it\" {\n  policy = jsonencode({ Version = \
                      \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = var.actions, Resource = \"*\" }] })\n}\n";
        let (_, report) = report(&[("main.tf", &root), ("policy/main.tf", policy)]);
        report.findings.iter().map(|it| format!("{} {}", it.confidence, it.subject)).collect::<Vec<_>>()
    };
    let arms = "? [\"sqs:*\"] : [\"sqs:SendMessage\"]";
    for (switch, condition) in [
        ("count = var.on ? 1 : 0", "var.on"),
        ("count = !var.on ? 0 : 1", "var.on"),
        ("count = local.is_on ? 1 : 0", "local.is_on"),
        ("count = local.is_on ? 1 : 0", "var.on"),
        ("count = var.mode == \"all\" ? 1 : 0", "var.mode == \"all\""),
        ("count = var.size > 3 && var.on ? 1 : 0", "var.on"),
        ("count = var.size", "var.size > 0"),
        ("for_each = var.on ? toset([\"a\"]) : toset([])", "var.on"),
    ] {
        assert_eq!(of(switch, &format!("{condition} {arms}")), ["low sqs:*"], "{switch}, {condition}");
    }
    assert_eq!(of("count = var.on ? 1 : 0", "local.actions"), ["low sqs:*"]);
    // It is not on where the switch is off, and what else there is stays as it is.
    assert_eq!(of("count = var.on ? 1 : 0", "var.on ? [\"sqs:SendMessage\"] : [\"sqs:*\"]"), [""; 0]);
    assert_eq!(of("count = var.on ? 1 : 0", &format!("var.mode == \"all\" {arms}")), [""; 0]);
    // What it is where it is not off, is not known.
    assert_eq!(of("count = var.mode != \"off\" ? 1 : 0", &format!("var.mode == \"all\" {arms}")), ["low sqs:*"]);
}

#[test]
fn what_only_a_module_that_is_switched_off_would_use_is_switched_off() {
    let root = "variable \"on\" {\n  default = false\n}\nmodule \"names\" {\n  source = \"./names\"\n  count  = var.on ? 1 : \
                0\n}\nmodule \"it\" {\n  source = \"./policy\"\n  count  = var.on ? 1 : 0\n  actions = module.names[0].actions\n}\n";
    let names = "output \"actions\" {\n  value = [\"sqs:*\"]\n}\nresource \"aws_iam_policy\" \"own\" {\n  policy = jsonencode({ \
                 Statement = [{ Effect = \"Allow\", Action = \"sns:*\", Resource = \"*\" }] })\n}\n";
    let files = [("main.tf", root), ("names/main.tf", names), ("policy/main.tf", POLICY)];
    assert_eq!(found(&files), ["names/main.tf:2 aws_iam_policy.it", "names/main.tf:5 aws_iam_policy.own"]);
}

#[test]
fn modules_that_call_each_other_in_a_circle_are_judged_and_told_once() {
    let call = |of: &str| format!("module \"{of}\" {{\n  source = \"../{of}\"\n}}\n");
    let b = call("a") + &POLICY.replace("s3:GetObject", "s3:*");
    let told = |files: &[(&str, &str)]| {
        let workspace = Workspace::of_texts(files.iter().copied());
        let rules = vec![rules::by_name("wildcard_action").expect("there is such a rule")];
        let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 2, &|_, _| {});
        let place = |at| workspace.source(at).path.display().to_string();
        let findings: Vec<String> = report.findings.iter().map(|it| it.instances.join(" ")).collect();
        let errors: Vec<String> = report
            .errors
            .iter()
            .map(|it| format!("{}: {}", it.span.map(|it| place(it.file)).unwrap_or_default(), it.message))
            .collect();
        (findings, errors)
    };
    let circle = ["b/main.tf: modules call each other in a circle: `a`, `b` and `a` again".to_owned()];
    let (findings, errors) = told(&[("a/main.tf", &call("b")), ("b/main.tf", &b)]);
    assert_eq!(findings, ["module.b.aws_iam_policy.it"]);
    assert_eq!(errors, circle);
    // Whoever enters it where, it is the same one.
    let (_, errors) =
        told(&[("a/main.tf", &call("b")), ("b/main.tf", &b), ("r/main.tf", &call("a")), ("s/main.tf", &call("b"))]);
    assert_eq!(errors, circle);
    let (_, errors) = told(&[("a/main.tf", &call("a"))]);
    assert_eq!(errors, ["a/main.tf: the module calls itself"]);
}

#[test]
fn a_call_that_is_not_read_is_counted_once_whoever_calls_its_module() {
    let call = |of: &str| format!("module \"m\" {{\n  source = \"{of}\"\n}}\n");
    let files = [
        ("one/main.tf", &*call("../shared")),
        ("two/main.tf", &call("../shared")),
        ("shared/main.tf", &(call("./missing") + POLICY)),
    ];
    let (workspace, report) = report_with_errors("wildcard_action", &files);
    assert_eq!(report.summary.unread_calls, 1);
    assert_eq!(report.unresolved_in_order(&workspace).len(), 1);
}

#[test]
fn a_folder_that_is_not_there_is_told_once_where_it_is_named_first() {
    let call = |name: &str, of: &str| format!("module \"{name}\" {{\n  count  = 0\n  source = \"{of}\"\n}}\n");
    let told = |files: &[(&str, &str)]| {
        let (workspace, report) = report_with_errors("wildcard_action", files);
        assert_eq!(report.findings.len(), 1);
        errors(&workspace, &report)
    };
    let policy = POLICY.replace("s3:GetObject", "s3:*");
    let twice = call("a", "../gone") + &call("b", "../gone/.") + &call("c", "./other");
    let files = [
        ("a/main.tf", &*twice),
        ("b/main.tf", &call("a", "../gone")),
        ("c/main.tf", &(call("read", "../b") + &call("again", "../b") + &policy)),
    ];
    let gone = "a/main.tf:3 there is no folder `gone`, which 3 module calls name";
    assert_eq!(told(&files), [gone, "a/main.tf:11 there is no folder `a/other`"]);
    // To Terraform that is an empty module.
    assert_eq!(told(&[("a/main.tf", &(call("b", "./b") + &policy)), ("a/b/README.md", "")]), [""; 0]);
    // What was fetched is as it was fetched, and what is not fetched yet is not missing.
    let installed = r#"{ "Modules": [{ "Key": "it", "Dir": ".terraform/modules/it" }] }"#;
    let fetched = [
        ("main.tf", &*(call("it", "example/policy/aws") + &call("other", "example/other/aws") + &policy)),
        (".terraform/modules/modules.json", installed),
        (".terraform/modules/it/main.tf", &call("in", "./gone")),
    ];
    assert_eq!(told(&fetched), [""; 0]);
}

#[test]
fn a_finding_in_a_fetched_module_stands_at_the_call() {
    let root = "module \"it\" {\n  source = \"example/policy/aws\"\n}\n";
    let installed =
        r#"{ "Modules": [{ "Key": "it", "Source": "example/policy/aws", "Dir": ".terraform/modules/it" }] }"#;
    let bad = POLICY.replace("s3:GetObject", "s3:*");
    // The installed module is not selected: walks leave `.terraform` out.
    let mut workspace = Workspace::of_texts([
        ("main.tf", root),
        (".terraform/modules/modules.json", installed),
        (".terraform/modules/it/main.tf", &bad),
    ]);
    workspace.selected.retain(|it| !it.path.starts_with(".terraform"));
    let rules = vec![rules::by_name("wildcard_action").expect("there is such a rule")];
    let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
    let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
    assert_eq!(workspace.source(finding.span.file).path.to_str(), Some("main.tf"));
    assert_eq!(finding.labels[0].message, "here in the module");
}

/// A value of three megabytes of holes costs no more than a budget.
#[test]
fn hostile_sizes_end_in_a_hole() {
    let mut locals = String::from("locals {\n  a0 = [\"s3:*\", \"s3:*\"]\n");
    for n in 1..40 {
        locals.push_str(&format!("  a{n} = [local.a{}, local.a{}]\n", n - 1, n - 1));
    }
    locals.push_str("  endless = range(1000000000)\n  loop = local.loop\n}\n");
    let policy = |name: &str, value: &str| {
        format!(
            "resource \"aws_iam_policy\" \"{name}\" {{\n  policy = jsonencode({{ Statement = [{{ Effect = \"Allow\", Action = {value}, Resource = \"*\" }}] }})\n}}\n"
        )
    };
    let text = [
        locals,
        policy("doubled", "flatten(local.a39)"),
        policy("endless", "local.endless"),
        policy("loop", "local.loop"),
        policy("beside", "[\"s3:*\", local.loop]"),
    ]
    .concat();
    let start = std::time::Instant::now();
    let found = found(&[("main.tf", &text)]);
    assert!(found.iter().any(|it| it.ends_with("aws_iam_policy.beside")), "{found:?}");
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn a_thousand_calls_and_a_deep_nest_take_time_in_proportion() {
    let mut files = vec![("policy/main.tf".to_owned(), POLICY.replace("s3:GetObject", "s3:*"))];
    let mut root = String::new();
    for n in 0..1_000 {
        root.push_str(&format!("module \"m{n}\" {{\n  source = \"./policy\"\n}}\n"));
    }
    root.push_str("module \"deep\" {\n  source = \"./d0\"\n}\n");
    files.push(("main.tf".to_owned(), root));
    for n in 0..8 {
        let next = if n == 7 { "../policy".to_owned() } else { format!("../d{}", n + 1) };
        files.push((format!("d{n}/main.tf"), format!("module \"n\" {{\n  source = \"{next}\"\n}}\n")));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let start = std::time::Instant::now();
    let found = found(&files);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].split(' ').count(), 1 + 1_001);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

/// Eight calls in each of eight calls, six deep, are a quarter of a million instances.
#[test]
fn a_tree_of_more_calls_than_anybody_has_ends_in_calls_that_are_not_read() {
    let mut files = vec![("d6/main.tf".to_owned(), POLICY.replace("s3:GetObject", "s3:*"))];
    for depth in 0..6 {
        let (path, next) = match depth {
            0 => ("main.tf".to_owned(), "./d1".to_owned()),
            _ => (format!("d{depth}/main.tf"), format!("../d{}", depth + 1)),
        };
        files.push((path, (0..8).map(|n| format!("module \"m{n}\" {{\n  source = \"{next}\"\n}}\n")).collect()));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let start = std::time::Instant::now();
    let (_, report) = report(&files);
    assert_eq!(report.findings.len(), 1);
    assert!((1..1_000).contains(&report.summary.unread_calls), "{}", report.summary.unread_calls);
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}

#[test]
fn calls_with_equal_arguments_take_time_in_proportion() {
    let module = r#"
variable "name" {}
resource "aws_iam_role" "it" {
  name               = var.name
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}
resource "aws_iam_role_policy" "it" {
  role   = aws_iam_role.it.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = aws_s3_bucket.it.arn }]
  })
}
resource "aws_s3_bucket" "it" {
  bucket = var.name
}
resource "aws_s3_bucket_policy" "it" {
  bucket = aws_s3_bucket.it.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = "s3:*", Resource = "*", Principal = "*" }]
  })
}
"#;
    let time = |calls: usize| {
        let root: String =
            (0..calls).map(|n| format!("module \"m{n}\" {{\n  source = \"./it\"\n  name   = \"same\"\n}}\n")).collect();
        let once = || {
            let start = std::time::Instant::now();
            report(&[("main.tf", &root), ("it/main.tf", module)]);
            start.elapsed()
        };
        once().min(once())
    };
    // Four times as many take sixteen times as long where each looks at all others.
    let (few, many) = (time(250), time(1_000));
    assert!(many < few * 9, "{few:?} for 250 calls, {many:?} for 1,000");
}

/// A bucket module as they are in registries: what its caller hands over, with the bucket's ARN put into it.
const BUCKET: &str = r#"
variable "policy" {
  default = null
}
resource "aws_s3_bucket" "it" {
  bucket = "example-reports"
}
data "aws_iam_policy_document" "all" {
  source_policy_documents = compact([var.policy])
}
resource "aws_s3_bucket_policy" "it" {
  bucket = aws_s3_bucket.it.id
  policy = replace(data.aws_iam_policy_document.all.json, "_S3_BUCKET_ARN_", aws_s3_bucket.it.arn)
}
"#;

const CALLER: &str = r#"
data "aws_caller_identity" "current" {}
module "reports" {
  source = "./bucket"
  policy = data.aws_iam_policy_document.reports.json
}
data "aws_iam_policy_document" "reports" {
  statement {
    actions   = ["s3:GetObjcet"]
    resources = ["_S3_BUCKET_ARN_/*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = ["o-a1b2c3d4e5"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = ["eu-west-1"]
    }
  }
}
"#;

#[test]
fn a_policy_into_which_a_module_puts_an_arn_is_judged_where_the_caller_wrote_it() {
    let files = [("main.tf", CALLER), ("bucket/main.tf", BUCKET)];
    let (workspace, report) = report_of("unknown_action", &files);
    let [finding] = &report.findings[..] else { panic!("{:?}", report.findings) };
    let main = workspace.source(finding.span.file);
    assert_eq!(&main.text[finding.span.start as usize..finding.span.end as usize], r#""s3:GetObjcet""#);
    let label = finding.labels.iter().find(|it| it.message == "in this statement").expect("a statement");
    assert_eq!(label.span.file, main.id);
    // An operator of two blocks is one name in the text.
    for rule in ["duplicate_element", "duplicate_condition_key"] {
        assert!(report_of(rule, &files).1.findings.is_empty(), "{rule}");
    }
}

#[test]
fn a_statement_is_pointed_at_where_it_stands_and_not_where_its_name_comes_from() {
    let root = r#"
module "it" {
  source = "./policy"
  name   = "Reports"
}
"#;
    let module = r#"
variable "name" {}
data "aws_iam_policy_document" "it" {
  statement {
    sid       = var.name
    actions   = ["s3:*"]
    resources = ["*"]
  }
  statement {
    actions   = ["sqs:*"]
    resources = ["*"]
  }
}
resource "aws_iam_policy" "it" {
  policy = data.aws_iam_policy_document.it.json
}
"#;
    let (workspace, report) = report(&[("main.tf", root), ("policy/main.tf", module)]);
    let labels = report.findings.iter().flat_map(|it| &it.labels).filter(|it| it.message == "in this statement");
    let places: Vec<String> = labels
        .map(|it| {
            let source = workspace.source(it.span.file);
            let range = it.span.start as usize..it.span.end as usize;
            format!("{} {}", source.path.display(), &source.text[range])
        })
        .collect();
    assert_eq!(places, ["policy/main.tf sid", "policy/main.tf statement"]);
}

/// Which actions a costly local chooses, in a document that a local hands on: within a module that is called twice over.
const COSTLY: &str = r#"
variable "name" {}
variable "grants" {
  default = []
}
locals {
  many   = length(flatten([for a in range(100) : [for b in range(100) : a * b]]))
  policy = data.aws_iam_policy_document.it.json
}
data "aws_iam_policy_document" "it" {
  statement {
    actions   = local.many > 9000 ? var.grants : []
    resources = ["*"]
  }
}
resource "aws_iam_policy" "it" {
  name   = var.name
  policy = local.policy
}
"#;

#[test]
fn instances_with_equal_inputs_are_worked_out_once() {
    let root = r#"
module "outer" {
  for_each = toset([for n in range(40) : tostring(n)])
  source   = "./outer"
  grants   = ["sqs:*"]
}
"#;
    let outer = r#"
variable "grants" {}
module "inner" {
  count  = 40
  source = "../inner"
  name   = "it"
  grants = var.grants
}
"#;
    let files = [("main.tf", root), ("outer/main.tf", outer), ("inner/main.tf", COSTLY)];
    // Each by itself would use up the steps that one root module may take.
    let (_, report) = report(&files);
    assert_eq!((report.summary.resolved, report.summary.policies), (1_600, 1_600));
    let [finding] = &report.findings[..] else { panic!("one finding") };
    assert_eq!(finding.instances.len(), 1_600);
    // What the first has attached, all have.
    assert!(finding.instances.iter().all(|it| it.ends_with("].aws_iam_policy.it")), "{:?}", finding.instances);
}

#[test]
fn instances_whose_inputs_differ_are_worked_out_each() {
    let root = r#"
module "m" {
  for_each = { a = ["sqs:*"], b = ["sns:Publish"], c = ["sqs:*"] }
  source   = "./m"
  name     = "it"
  grants   = each.value
}
module "outer" {
  count  = 2
  source = "./outer"
}
"#;
    let outer = r#"
module "m" {
  for_each = { a = ["sns:*"], b = ["sns:Publish"] }
  source   = "../m"
  name     = "it"
  grants   = each.value
}
"#;
    let files = [("main.tf", root), ("outer/main.tf", outer), ("m/main.tf", COSTLY)];
    assert_eq!(
        found(&files),
        [
            r#"main.tf:3 module.m["a"].aws_iam_policy.it"#,
            r#"main.tf:3 module.m["c"].aws_iam_policy.it"#,
            r#"outer/main.tf:3 module.outer[0].module.m["a"].aws_iam_policy.it module.outer[1].module.m["a"].aws_iam_policy.it"#,
        ]
    );
}

#[test]
fn a_text_that_is_too_large_costs_no_other_policy() {
    let text = r#"
locals {
  pad = indent(1000000000, "a\nb")
}
resource "aws_iam_policy" "a" {
  description = local.pad
  policy      = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "kms:*", Resource = local.pad }] })
}
resource "aws_iam_policy" "b" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:*", Resource = "*" }] })
}
"#;
    let found = found(&[("main.tf", text)]);
    assert!(found.contains(&"main.tf:10 aws_iam_policy.b".to_owned()), "{found:?}");
}

#[test]
fn of_too_many_instances_one_stands_for_the_rest() {
    let policy = |repeat: &str, action: &str| {
        format!(
            "resource \"aws_iam_policy\" \"q\" {{\n  {repeat}\n  policy = jsonencode({{ Version = \"2012-10-17\", \
             Statement = [{{ Effect = \"Allow\", Action = {action}, Resource = \"*\" }}] }})\n}}\n"
        )
    };
    let of = |text: &str| {
        let (_, report) = report_of("kms_wildcard_action", &[("main.tf", text)]);
        assert!(report.errors.is_empty(), "{:?}", report.errors);
        let mut why: Vec<_> =
            report.unresolved.iter().map(|it| format!("{}: {}", it.hole.reference, it.hole.why)).collect();
        why.dedup();
        (report.findings.len(), report.summary.policies, why)
    };
    // Nothing hangs on which one it is.
    assert_eq!(of(&policy("count = 39999", "\"kms:*\"")), (1, 1, vec![]));
    let all = "for_each = toset(flatten([for n in range(1000) : [for m in range(3) : \"kms:${n}-${m}*\"]]))";
    let (_, policies, why) = of(&policy(all, "each.key"));
    assert_eq!(policies, 2001);
    let [why] = &why[..] else { panic!("{why:?}") };
    assert!(why.ends_with(": 3000 are more than iamlint tells apart"), "{why}");
}

#[test]
fn a_module_that_is_not_there_is_counted_once() {
    let text = r#"
module "x" {
  source   = "./missing"
  for_each = toset(["a", "b"])
}
resource "aws_iam_policy" "b" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:*", Resource = "*" }] })
}
"#;
    let (workspace, report) = report_with_errors("wildcard_action", &[("main.tf", text)]);
    assert_eq!(report.summary.unread_calls, 1);
    let [unread] = &report.unresolved_in_order(&workspace)[..] else { panic!("one") };
    assert_eq!((&*unread.hole.reference, &*unread.hole.why), ("module.x", "there is no module in `./missing`"));
}

#[test]
fn policies_without_a_name_take_time_in_proportion() {
    let text = |count: usize| {
        let policy = |n| {
            format!(
                "resource \"aws_iam_policy\" \"p{n}\" {{\n  policy = jsonencode({{ Version = \"2012-10-17\", Statement = \
                 [{{ Effect = \"Allow\", Action = \"sqs:*\", Resource = \"*\" }}] }})\n}}\n"
            )
        };
        (0..count).map(policy).collect::<String>()
    };
    let time = |count: usize| {
        let text = text(count);
        let begun = std::time::Instant::now();
        assert_eq!(report(&[("main.tf", &text)]).1.findings.len(), count);
        begun.elapsed()
    };
    let (few, many) = (time(1_000), time(8_000));
    assert!(many < few * 32, "{few:?} for 1,000 and {many:?} for 8,000");
}

/// The line of each label that is no stop of the way, and what it says.
fn labels(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    let (workspace, report) = report_of(rule, files);
    let [finding] = &report.findings[..] else { panic!("one finding of {rule}") };
    let labels = finding.labels.iter().filter(|it| !it.message.starts_with("by way of "));
    labels
        .map(|it| {
            let source = workspace.source(it.span.file);
            let line = source.position(it.span.start as usize).line;
            format!("{}:{line} {}", source.path.display(), it.message)
        })
        .collect()
}

#[test]
fn a_default_that_a_call_leaves_is_shown_with_the_call() {
    const URL: &str = r#"
variable "type" { default = "NONE" }
resource "aws_lambda_function_url" "it" {
  function_name      = "it"
  authorization_type = var.type
}
"#;
    let inner = ("inner/main.tf", URL);
    let called = [("main.tf", "module \"a\" {\n  source = \"./inner\"\n}\n"), inner];
    assert_eq!(labels("open_function_url", &called), ["main.tf:1 this call leaves it at the default"]);
    // The default is that of the module in between, and its call is the one that leaves it.
    let outer =
        "variable \"kind\" { default = \"NONE\" }\n\nmodule \"b\" {\n  source = \"../inner\"\n  type = var.kind\n}\n";
    let through = [("main.tf", "\nmodule \"a\" {\n  source = \"./outer\"\n}\n"), ("outer/main.tf", outer), inner];
    let shown = labels("open_function_url", &through);
    assert_eq!(shown, ["main.tf:2 this call leaves it at the default"]);
    let alone = [("main.tf", URL)];
    assert_eq!(labels("open_function_url", &alone), [""; 0]);
}

#[test]
fn what_a_policy_is_too_large_by_is_shown_where_it_is_handed_over() {
    const DOCUMENT: &str = r#"
variable "services" {}
resource "aws_iam_policy" "it" {
  policy = data.aws_iam_policy_document.it.json
}
data "aws_iam_policy_document" "it" {
  dynamic "statement" {
    for_each = toset(var.services)
    content {
      actions   = ["${statement.value}:List*"]
      resources = ["*"]
    }
  }
}
"#;
    let call = |many: &str| format!("module \"a\" {{\n  source   = \"./inner\"\n  services = [{many}]\n}}\n");
    let many: Vec<String> = (0..150).map(|n| format!("\"service-{n}\"")).collect();
    let call = call(&many.join(", "));
    let shown = labels("oversized_policy", &[("main.tf", &call), ("inner/main.tf", DOCUMENT)]);
    assert_eq!(shown, ["main.tf:1 the module is called here"]);
    let list = r#"
variable "names" {
  default = []
}
resource "aws_iam_policy" "it" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = var.names }]
  })
}
"#;
    let names: Vec<String> = (0..250).map(|n| format!("\"arn:aws:s3:::reports-of-{n}\"")).collect();
    let list = list.replace("default = []", &format!("default = [{}]", names.join(", ")));
    let shown = labels("oversized_policy", &[("main.tf", &list)]);
    assert_eq!(shown, ["main.tf:8 most of it is made from `var.names` (default)"]);
}

#[test]
fn a_condition_of_one_instance_of_a_module_is_not_that_of_another() {
    let root = r#"
variable "a" {}
variable "b" {}
module "a" {
  source = "./m"
  on     = var.a
}
module "b" {
  source = "./m"
  on     = var.b
  act    = module.a.out
}
"#;
    let module = r#"
variable "on" {}
variable "act" {
  default = "ec2:DescribeInstances"
}
output "out" {
  value = var.on ? "ec2:DescribeVpcs" : "iam:*"
}
resource "aws_iam_user_policy" "it" {
  count  = var.on ? 1 : 0
  user   = "it"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = var.act, Resource = "*" }] })
}
"#;
    let workspace = Workspace::of_texts([("main.tf", root), ("m/main.tf", module)]);
    let options = Options { rules: vec![rules::by_id("wildcard_action").unwrap()], ..Options::default() };
    let found = lint::check(&workspace, &options, 1, &|_, _| {}).findings;
    let [finding] = &found[..] else { panic!("{found:?}") };
    assert_eq!(&*finding.carrier.address, "module.b.aws_iam_user_policy.it");
    let case = finding.labels.iter().find(|it| it.message.starts_with("only if"));
    assert_eq!(case.unwrap().message, "only if not `var.a`");
}

#[test]
fn what_a_module_gives_out_where_it_makes_nothing_is_no_empty_element() {
    let root = |condition: &str| {
        format!(
            r#"
variable "create" {{ type = bool }}
module "data" {{
  source = "./data"
  create = var.create
}}
resource "aws_iam_policy" "read" {{
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "s3:GetObject", Resource = {condition} }}]
  }})
}}
"#
        )
    };
    let module = r#"
variable "create" { type = bool }
resource "aws_s3_bucket" "it" { count = var.create ? 1 : 0 }
output "arn" { value = var.create ? aws_s3_bucket.it[0].arn : "" }
"#;
    let count = |resource: &str| {
        let files = [("main.tf", root(resource)), ("data/main.tf", module.to_owned())];
        let (_, report) = report_of("empty_element", &files.each_ref().map(|(path, text)| (*path, text.as_str())));
        report.findings.len()
    };
    // Whoever asks for it mostly does so where there is something.
    assert_eq!(count("module.data.arn"), 0);
    assert_eq!(count(r#"var.create ? "arn:aws:s3:::reports/*" : """#), 1);
}
