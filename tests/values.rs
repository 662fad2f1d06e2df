//! What a value means where it hangs on a loop, on a condition that is not known, on what others change, or on a secret.

use std::path::Path;

use iamlint::frontend::terraform;
use iamlint::lint::{self, Options};
use iamlint::report::Report;
use iamlint::rules;
use iamlint::source::Workspace;
use iamlint::value::{HOLE, HoleKind, Node, Unknown, Value};

fn linted(text: &str) -> Report {
    let workspace = Workspace::of_texts([("main.tf", text)]);
    let rules = rules::all().iter().filter(|it| it.runs_by_default()).collect();
    let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    report
}

/// The rules that speak, and what they say.
fn said(text: &str) -> Vec<String> {
    linted(text).findings.iter().map(|it| format!("{}: {}", it.rule, it.message)).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_reference_in_a_loop_is_another_value_for_each_element() {
    let text = |first: &str, second: &str| {
        format!(
            r#"data "aws_ssm_parameter" "prefix" {{
  for_each = toset(["x", "y"])
  name     = each.key
}}
locals {{
  prefixes = {{ for name in ["x", "y"] : name => trimsuffix(data.aws_ssm_parameter.prefix[name].value, "/") }}
}}
resource "aws_iam_policy" "it" {{
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = ["arn:aws:s3:::b/${{local.prefixes.{first}}}/*", "arn:aws:s3:::b/${{local.prefixes.{second}}}/*"]
    }}]
  }})
}}
"#
        )
    };
    assert_eq!(said(&text("x", "y")), NOTHING);
    let twice = said(&text("x", "x"));
    assert!(matches!(&twice[..], [only] if only.starts_with("redundant_entry: ")), "{twice:?}");
}

#[test]
fn what_holds_only_where_the_policy_is_not_there_is_not_said() {
    let text = |count: &str| {
        format!(
            r#"variable "stage" {{}}
variable "target" {{}}
locals {{
  on    = var.stage == "prod"
  other = var.stage == "test"
}}
resource "aws_iam_policy" "it" {{
  count  = {count} ? 1 : 0
  policy = local.document
}}
locals {{
  document = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "s3:GetObject", Resource = local.on ? "arn:aws:s3:::b/${{var.target}}/*" : "" }}]
  }})
}}
"#
        )
    };
    let said_of = |count: &str| said(&text(count));
    assert_eq!(said_of("local.on"), NOTHING);
    let empty = ["empty_element: `Resource` is `\"\"`, which AWS refuses"];
    assert_eq!(said_of("local.other"), empty);
    assert_eq!(said_of("true"), empty);
}

#[test]
fn what_an_expression_makes_goes_by_the_name_of_its_local() {
    let text = |value: &str| {
        format!(
            r#"variable "teams" {{}}
locals {{
  team = {value}
}}
resource "aws_iam_policy" "it" {{
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "s3:GetObject", Resource = ["arn:aws:s3:::b/${{local.team}}", "arn:aws:s3:::b/*"] }}]
  }})
}}
"#
        )
    };
    let held = |name: &str| {
        vec![format!("redundant_entry: `arn:aws:s3:::b/${{{name}}}` is held by `arn:aws:s3:::b/*` already")]
    };
    assert_eq!(said(&text("trimprefix(var.teams[0], \"team-\")")), held("local.team"));
    // What has a name of its own keeps it.
    assert_eq!(said(&text("var.teams[0]")), held("var.teams[0]"));
    assert_eq!(said(&text("lower(aws_iam_role.app.name)")), held("lower(aws_iam_role.app.name)"));
}

#[test]
fn a_value_under_the_condition_that_its_block_stands_under_is_decided() {
    let text = |count: &str| {
        format!(
            r#"locals {{
  live = terraform.workspace == "live"
  arn  = local.live ? "arn:aws:s3:::reports/*" : "*"
}}
data "aws_iam_policy_document" "it" {{
  count = {count}
  statement {{
    actions   = ["s3:GetObject"]
    resources = [local.arn]
  }}
}}
resource "aws_iam_policy" "it" {{
  count  = {count}
  policy = data.aws_iam_policy_document.it[0].json
}}
"#
        )
    };
    assert_eq!(said(&text("local.live ? 1 : 0")), NOTHING);
    let other = said(&text("local.live ? 0 : 1"));
    assert!(matches!(&other[..], [only] if only.starts_with("data_any_resource: ")), "{other:?}");
    // In the case in which it is everything the finding is sure; it is not where the block stands in both.
    assert!(linted(&text("local.live ? 0 : 1")).findings[0].confidence > linted(&text("1")).findings[0].confidence);
}

#[test]
fn what_a_document_says_where_nothing_uses_it_is_no_concern_of_its_user() {
    let text = |count: &str| {
        format!(
            r#"variable "live" {{
  type = bool
}}
locals {{
  key = var.live ? "arn:aws:s3:::reports/*" : "*"
}}
data "aws_iam_policy_document" "it" {{
  statement {{
    actions   = ["s3:GetObject"]
    resources = [local.key]
  }}
}}
resource "aws_iam_policy" "it" {{
  count  = {count}
  policy = data.aws_iam_policy_document.it.json
}}
resource "aws_iam_policy" "other" {{
  count  = {count}
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "s3:GetObject", Resource = [local.key] }}]
  }})
}}
"#
        )
    };
    assert_eq!(said(&text("var.live ? 1 : 0")), NOTHING);
    // Where the block stands in the other case, or in both, it is everything that is allowed.
    for count in ["var.live ? 0 : 1", "1"] {
        let other = said(&text(count));
        assert!(matches!(&other[..], [only] if only.starts_with("data_any_resource: ")), "{count}: {other:?}");
    }
}

#[test]
fn what_others_may_change_is_not_what_is_written() {
    let text = |lifecycle: &str| {
        format!(
            r#"resource "aws_ssm_parameter" "account" {{
  name           = "account"
  type           = "String"
  insecure_value = "Placeholder"
  {lifecycle}
}}
resource "aws_iam_role" "it" {{
  name = "it"
  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = {{ AWS = "arn:aws:iam::${{aws_ssm_parameter.account.insecure_value}}:role/deploy" }}
    }}]
  }})
}}
"#
        )
    };
    let speaks = |lifecycle: &str| said(&text(lifecycle)).iter().any(|it| it.starts_with("invalid_principal: "));
    assert!(speaks(""));
    assert!(speaks("lifecycle {\n    ignore_changes = [tags]\n  }"));
    for ignored in ["[insecure_value]", "[\"insecure_value\"]", "all"] {
        assert!(!speaks(&format!("lifecycle {{\n    ignore_changes = {ignored}\n  }}")), "{ignored}");
    }
}

/// The value of the output `it`.
fn value(text: &str) -> Node {
    let workspace = Workspace::of_texts([("root/main.tf", text)]);
    let mut outputs = terraform::outputs(&workspace, Path::new("root"), &terraform::Options::default());
    outputs.pop().expect("there is one").1.expect("Terraform would give it")
}

#[test]
fn what_is_marked_as_sensitive_is_never_printed() {
    let text = r#"variable "secret" {
  sensitive = true
  default   = "arn:aws:s3:::hidden-one/*"
}
locals {
  marked = sensitive("arn:aws:s3:::hidden-two/*")
}
resource "aws_iam_policy" "it" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = [var.secret, local.marked, upper(local.marked)] }]
  })
}
"#;
    let findings = linted(text).findings;
    assert!(!findings.is_empty());
    let shown = format!("{findings:?}").to_lowercase();
    assert!(!shown.contains("hidden-one") && !shown.contains("hidden-two"), "{shown}");
}

#[test]
fn what_is_marked_as_sensitive_is_judged() {
    let text = |actions: &str, resource: &str| {
        format!(
            r#"variable "actions" {{
  type      = list(string)
  sensitive = true
  default   = {actions}
}}
resource "aws_iam_policy" "it" {{
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = var.actions, Resource = {resource} }}]
  }})
}}
"#
        )
    };
    let wide = said(&text(r#"["kms:*"]"#, r#"sensitive("*")"#));
    assert_eq!(wide, ["kms_wildcard_action: `${var.actions}` lets its holder use, hand on and delete keys"]);
    assert_eq!(said(&text(r#"["s3:GetObject"]"#, r#"sensitive("arn:aws:s3:::reports/*")"#)), NOTHING);
    // What is known of a document goes through the mark.
    let document = r#"data "aws_iam_policy_document" "it" {
  statement {
    actions   = ["kms:*"]
    resources = ["*"]
  }
}
resource "aws_iam_policy" "it" {
  policy = sensitive(data.aws_iam_policy_document.it.json)
}
"#;
    let wide = said(document);
    assert_eq!(wide, ["kms_wildcard_action: `${sensitive(…)}` lets its holder use, hand on and delete keys"]);
}

#[test]
fn what_is_read_in_a_secret_is_as_secret() {
    let text = |secret: &str, action: &str| {
        format!(
            r#"variable "it" {{
  sensitive = true
  default   = {secret}
}}
resource "aws_iam_policy" "it" {{
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = {action}, Resource = "*" }}]
  }})
}}
"#
        )
    };
    let read = [
        (r#""sqs:Hidden,kms:*""#, r#"split(",", var.it)"#),
        (r#"base64encode("kms:*")"#, "base64decode(var.it)"),
        (r#""hidden: 1\nit: kms:*""#, "yamldecode(var.it).it"),
        (r#""kms%3A%2A""#, "urldecode(var.it)"),
    ];
    for (secret, action) in read {
        let findings = linted(&text(secret, action)).findings;
        assert!(findings.iter().any(|it| it.rule == "kms_wildcard_action"), "{action}: {findings:?}");
        assert!(!format!("{findings:?}").to_lowercase().contains("hidden"), "{action}: {findings:?}");
    }
    let is_marked = |value: &str| value_of_secret(&format!("issensitive({value})")).as_bool();
    assert_eq!(is_marked("\"a-${var.it}\""), Some(true));
    assert_eq!(is_marked("[var.it]"), None);
    // What it refuses it does not show.
    assert!(!format!("{:?}", value_of_secret("[base64decode(var.it)]")).contains("hidden"));
}

/// The value of an expression beside a secret.
fn value_of_secret(expression: &str) -> Node {
    value(&format!(
        "variable \"it\" {{\n  sensitive = true\n  default = \"hidden!\"\n}}\noutput \"it\" {{\n  value = {expression}\n}}\n"
    ))
}

#[test]
fn what_hangs_on_the_unknown_is_not_certain() {
    let value = |expression: &str| {
        value(&format!(
            "variable \"it\" {{\n  type = list(string)\n}}\nvariable \"is\" {{}}\noutput \"it\" {{\n  value = {expression}\n}}\n"
        ))
    };
    // There may be nothing in front of it.
    let behind = value(r#"[for n, it in concat(var.it, ["a"]) : "${n}-${it}"]"#);
    let last = behind.as_list().and_then(<[Node]>::last).and_then(Node::as_text).expect("it is text");
    assert!(last.has_holes() && last.raw().ends_with("-a"), "{last:?}");
    assert_eq!(value(r#"can(var.is ? { a = "x" }["b"] : "y")"#).as_bool(), None);
    assert_eq!(value(r#"{ (var.is) = 1 } == { a = 1 }"#).as_bool(), None);
    assert_eq!(value(r#"[for n, it in toset(["b", "a"]) : "${n}-${it}"][0]"#).as_str(), Some("a-a"));
}

#[test]
fn of_a_secret_wildcards_and_the_words_of_aws_are_left() {
    let left = |value: &str| {
        let variable = format!("variable \"it\" {{\n  sensitive = true\n  default = {value}\n}}\n");
        let node = self::value(&format!("{variable}output \"it\" {{\n  value = var.it\n}}\n"));
        match &node.value {
            Value::Text(text) => text.raw().replace(HOLE, "_"),
            other => format!("{other:?}"),
        }
    };
    assert_eq!(left(r#""*""#), "*");
    assert_eq!(left(r#""s3:Get*""#), "s3:Get*");
    assert_eq!(left(r#""s3:Hidden""#), "s3:_");
    assert_eq!(left(r#""arn:aws:sqs:eu-west-1:123456789012:hidden*""#), "arn:aws:sqs:_:_:_*");
    assert_eq!(left(r#""a hidden word""#), "_");
    assert_eq!(left(r#""""#), "");
    for value in ["7654321", "[7654321]", "{ a = 7654321 }", r#"jsonencode({ a = "7654321" })"#] {
        assert!(!left(value).contains("7654321"), "{value}: {}", left(value));
    }
}

#[test]
fn within_nonsensitive_nothing_is_marked() {
    let text = r#"variable "it" {
  sensitive = true
  default   = "arn:aws:s3:::reports/*"
}
locals {
  it = [sensitive(var.it)]
}
output "it" {
  value = "${local.it[0]} ${nonsensitive(local.it[0])}"
}
"#;
    let value = value(text);
    let text = value.as_text().expect("it is text");
    assert!(text.raw().ends_with(" arn:aws:s3:::reports/*"), "{text:?}");
    assert_eq!(text.raw().matches("reports").count(), 1);
}

#[test]
fn the_key_behind_an_alias_is_the_modules_own_where_it_has_one() {
    let text = |name: &str, asked: &str| {
        format!(
            r#"resource "aws_kms_key" "it" {{}}
resource "aws_kms_alias" "it" {{
  name          = "alias/app"
  target_key_id = aws_kms_key.it.key_id
}}
data "aws_kms_alias" "it" {{
  name = "{name}"
}}
output "it" {{
  value = {asked}
}}
"#
        )
    };
    for (asked, same) in [("target_key_arn", "arn"), ("target_key_id", "key_id")] {
        let is_same = format!("data.aws_kms_alias.it.{asked} == aws_kms_key.it.{same}");
        assert_eq!(value(&text("alias/app", &is_same)).as_bool(), Some(true), "{asked}");
        assert_eq!(value(&text("alias/other", &is_same)).as_bool(), None, "{asked}");
    }
    let arn = value(&text("alias/other", "data.aws_kms_alias.it.target_key_arn"));
    assert_eq!(arn.as_text().map(|it| it.raw().replace(HOLE, "_")).as_deref(), Some("arn:_:kms:_:_:key/_"));
}

#[test]
fn what_an_unknown_override_may_replace_is_not_certain() {
    let text = |sid: &str, overrides: &str| {
        format!(
            r#"variable "document" {{}}
data "aws_iam_policy_document" "it" {{
  {overrides}
  statement {{
    {sid}
    actions   = ["kms:*"]
    resources = ["*"]
  }}
}}
resource "aws_iam_policy" "it" {{
  policy = data.aws_iam_policy_document.it.json
}}
"#
        )
    };
    let confidence = |sid: &str, overrides: &str| {
        let findings = linted(&text(sid, overrides)).findings;
        findings.iter().find(|it| it.rule == "kms_wildcard_action").expect("it allows all").confidence
    };
    let (named, unknown) = (r#"sid = "All""#, "override_policy_documents = [var.document]");
    assert!(confidence(named, unknown) < confidence(named, ""));
    // It has no name to be replaced by.
    assert_eq!(confidence("", unknown), confidence("", ""));
    assert_eq!(confidence(named, "source_policy_documents = [var.document]"), confidence(named, ""));
}

#[test]
fn what_is_gone_through_may_be_more_than_what_is_known() {
    let text = r#"variable "more" {}
resource "aws_iam_policy" "it" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = [for name, arn in merge(var.more) : arn] }]
  })
}
"#;
    assert_eq!(said(text), NOTHING);
}

#[test]
fn a_value_that_its_type_refuses_is_not_known() {
    let text = |of: &str, default: &str| {
        format!(
            "variable \"it\" {{\n  type = {of}\n  default = {default}\n}}\noutput \"it\" {{\n  value = [var.it]\n}}\n"
        )
    };
    let refused = |of: &str, default: &str| {
        let workspace = Workspace::of_texts([("root/main.tf", text(of, default))]);
        let outputs = terraform::outputs(&workspace, Path::new("root"), &terraform::Options::default());
        let mut why = Vec::new();
        outputs[0].1.as_ref().expect("a list").each_unknown(&mut |unknown| match unknown {
            Unknown::Hole(hole) => why.push(hole.why.to_string()),
            Unknown::Arm(arm) => panic!("{arm:?}"),
        });
        why.join(" ")
    };
    assert_eq!(refused("list(string)", r#"["a", 1]"#), "");
    for (of, default, why) in [
        ("list(string)", r#""a""#, "a list is required"),
        ("number", r#""hidden""#, "a number is required"),
        ("set(bool)", r#"["hidden"]"#, "a bool is required"),
        ("object({ a = string })", "{}", "the attribute `a` is required"),
        ("object({ a = object({ b = number }) })", "{ a = { b = [] } }", "the attribute `b`: a number is required"),
        ("tuple([string])", "[]", "a tuple of 1 is required"),
        ("list(any)", r#"["a", ["b"]]"#, "the elements have no single type"),
    ] {
        assert_eq!(refused(of, default), format!("its value is not of the type of `var.it`: {why}"));
    }
}

#[test]
fn a_number_that_nobody_gives_holds_no_wildcard() {
    let resource = |of: &str| {
        let text =
            format!("variable \"it\" {{\n  type = {of}\n}}\noutput \"it\" {{\n  value = \"x-${{var.it}}\"\n}}\n");
        value(&text).as_text().and_then(|it| it.holes().next().map(|(_, hole)| hole.kind))
    };
    assert_eq!([resource("number"), resource("string")], [Some(HoleKind::Opaque), Some(HoleKind::Free)]);
}

#[test]
fn what_is_switched_off_is_counted() {
    let text = r#"variable "create" {
  default = false
}
resource "aws_iam_policy" "it" {
  count  = var.create ? 1 : 0
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}
"#;
    let report = linted(text);
    assert_eq!((report.findings.len(), report.summary.policies, report.summary.switched_off), (0, 0, 1));
}

#[test]
fn a_document_that_is_used_where_nothing_ever_stands_is_attached_to_nothing() {
    let text = |count: &str| {
        format!(
            r#"variable "create" {{
  default = false
}}
data "aws_iam_policy_document" "all" {{
  statement {{
    actions   = ["*"]
    resources = ["*"]
  }}
}}
resource "aws_iam_policy" "it" {{
  count  = {count}
  policy = data.aws_iam_policy_document.all.json
}}
"#
        )
    };
    let retired = linted(&text("0"));
    assert_eq!((retired.findings.len(), retired.summary.switched_off), (0, 1));
    // What somebody may switch on is judged by what it says, and grants nothing yet.
    let by_choice = linted(&text("var.create ? 1 : 0"));
    assert_eq!((by_choice.findings.len(), by_choice.summary.switched_off), (1, 1));
    let is_off = |report: &Report| {
        let says = |it: &iamlint::rule::Label| it.message.ends_with(", which uses this document, is switched off");
        let finding = &report.findings[0];
        (finding.confidence, finding.labels.iter().any(says))
    };
    use iamlint::rule::Confidence::{High, Low};
    assert_eq!(is_off(&by_choice), (Low, true));
    let beside = |more: &str| is_off(&linted(&format!("{}{more}", text("var.create ? 1 : 0"))));
    let json = "data.aws_iam_policy_document.all.json";
    assert_eq!(beside(&format!("output \"it\" {{\n  value = {json}\n}}\n")), (High, false));
    assert_eq!(beside(&format!("resource \"local_file\" \"it\" {{\n  content = {json}\n}}\n")), (High, false));
    // What is given of the policy is not the document.
    assert_eq!(beside("output \"arn\" {\n  value = one(aws_iam_policy.it[*].arn)\n}\n"), (Low, true));
    let other = format!("data \"aws_iam_policy_document\" \"more\" {{\n  source_policy_documents = [{json}]\n}}\n");
    assert_eq!(
        beside(&format!("{other}output \"it\" {{\n  value = data.aws_iam_policy_document.more.json\n}}\n")),
        (High, false)
    );
}

#[test]
fn a_document_for_a_module_that_is_switched_off_grants_nothing_yet() {
    let report = |count: &str, policy: &str| {
        let main = format!(
            r#"variable "create" {{
  default = false
}}
data "aws_iam_policy_document" "all" {{
  statement {{
    actions   = ["*"]
    resources = ["*"]
  }}
}}
locals {{
  policy = {policy}
}}
module "m" {{
  source = "../m"
  {count}
  policy = local.policy
}}
"#
        );
        let module = "variable \"policy\" {}\nresource \"aws_iam_policy\" \"it\" {\n  policy = var.policy\n}\n";
        let workspace = Workspace::of_texts([("root/main.tf", main), ("m/main.tf", module.to_owned())]);
        let rules = vec![rules::by_id("full_administrator").unwrap()];
        let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
        report.findings.iter().map(|it| it.confidence).collect::<Vec<_>>()
    };
    use iamlint::rule::Confidence::{High, Low};
    let json = "data.aws_iam_policy_document.all.json";
    assert_eq!(report("", json), [High]);
    assert_eq!(report("count = var.create ? 1 : 0", json), [Low]);
    assert_eq!(report("for_each = var.create ? toset([\"a\"]) : []", json), [Low]);
    assert_eq!(report("count = 0", json), []);
}

#[test]
fn what_is_written_out_does_not_equal_a_list_for_certain() {
    let text = |count: &str| {
        format!(
            r#"variable "arns" {{
  type    = list(string)
  default = []
}}
resource "aws_iam_policy" "it" {{
  count  = {count}
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = "*", Resource = "*" }}] }})
}}
"#
        )
    };
    // Terraform says that an empty tuple is no empty list, so that the policy stands.
    assert_eq!(linted(&text("var.arns == [] ? 0 : 1")).findings.len(), 1);
    assert_eq!(linted(&text("length(var.arns) == 0 ? 0 : 1")).findings.len(), 0);
    assert_eq!(linted(&text("[1] == [1] ? 0 : 1")).findings.len(), 0);
}

#[test]
fn what_is_put_together_within_json_is_pointed_at_as_a_whole() {
    let text = r#"locals {
  svc = "sqs"
}
resource "aws_iam_policy" "p" {
  policy = <<EOF
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"${local.svc}:*","Resource":"*"}]}
EOF
}
"#;
    let rule = rules::by_id("wildcard_action").unwrap();
    let workspace = Workspace::of_texts([("main.tf", text)]);
    let report = lint::check(&workspace, &Options { rules: vec![rule], ..Options::default() }, 1, &|_, _| {});
    let [finding] = &report.findings[..] else { panic!("one finding") };
    assert_eq!(&text[finding.span.range()], r#""${local.svc}:*""#);
}

#[test]
fn a_file_outside_may_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let at = folder.path().join(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, text).unwrap();
    };
    write("common/p.json", "{}");
    write(
        "env/main.tf",
        r#"resource "aws_iam_policy" "p" {
  policy = try(file("../common/p.json"), "{}")
}
"#,
    );
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_iamlint"))
        .args(["check", "--show-unresolved"])
        .arg(folder.path().join("env"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("lies outside of the folders that were named") && text.contains("1 not"), "{text}");
}

#[test]
fn what_is_not_known_is_listed_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"variable "x" {}
resource "aws_iam_policy" "p" {
  policy = jsonencode({
    Statement = [{
      Effect = "Allow"
      Action = concat(split(",", var.x), [
        replace(var.x, "\"", ""), format("s3:%10s", var.x), join(",", split("b", var.x)), formatlist("%s", var.x)[0],
        split(
          "-", var.x
        )[0],
      ])
      Resource = "*"
    }]
  })
}
"#;
    std::fs::write(folder.path().join("main.tf"), text).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_iamlint"))
        .args(["check", "--show-unresolved"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let listed: Vec<&str> =
        output.lines().filter_map(|it| it.split_once("unresolved main.tf:")).map(|it| it.1).collect();
    assert_eq!(listed.len(), 6, "{output}");
    for line in listed {
        let written = line.split('`').nth(1).unwrap();
        assert!(text.contains(written), "nobody wrote {written}");
    }
    assert!(output.contains("`split(\",\", var.x)` leaves part of aws_iam_policy.p open"), "{output}");
}

/// The ARN of a resource or data source of this type and these arguments, `_` for what is not known of it.
fn arn(block: &str, kind: &str, arguments: &str) -> String {
    let reference = if block == "data" { format!("data.{kind}") } else { kind.to_owned() };
    let text =
        format!("{block} \"{kind}\" \"it\" {{\n{arguments}\n}}\noutput \"it\" {{\n  value = {reference}.it.arn\n}}\n");
    let workspace = Workspace::of_texts([("main.tf", text.as_str())]);
    match &terraform::outputs(&workspace, Path::new(""), &terraform::Options::default())[..] {
        [(_, Ok(node))] => node.as_text().map(|it| it.raw().replace(HOLE, "_")).unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_arn_has_the_name_as_aws_puts_it() {
    let arn = |kind: &str, arguments: &str| arn("resource", kind, arguments);
    assert_eq!(arn("aws_iam_role", r#"name = "app""#), "arn:_:iam::_:role/app");
    assert_eq!(arn("aws_iam_role", "name = \"app\"\npath = \"/service/\""), "arn:_:iam::_:role/service/app");
    assert_eq!(arn("aws_iam_policy", "name = \"app\"\npath = null"), "arn:_:iam::_:policy/app");
    assert_eq!(arn("aws_ssm_parameter", r#"name = "/app/db""#), "arn:_:ssm:_:_:parameter/app/db");
    assert_eq!(arn("aws_ssm_parameter", r#"name = "db""#), "arn:_:ssm:_:_:parameter/db");
    assert_eq!(arn("aws_cloudwatch_event_rule", r#"name = "nightly""#), "arn:_:events:_:_:rule/nightly");
    let bus = |bus: &str| arn("aws_cloudwatch_event_rule", &format!("name = \"nightly\"\nevent_bus_name = \"{bus}\""));
    assert_eq!(bus("default"), "arn:_:events:_:_:rule/nightly");
    assert_eq!(bus("orders"), "arn:_:events:_:_:rule/orders/nightly");
    assert_eq!(bus("arn:aws:events:eu-west-1:111122223333:event-bus/orders"), "arn:_:events:_:_:rule/orders/nightly");
    let provider = |url: &str| arn("aws_iam_openid_connect_provider", &format!("url = {url}"));
    let github = "arn:_:iam::_:oidc-provider/token.actions.githubusercontent.com";
    assert_eq!(provider(r#""https://token.actions.githubusercontent.com""#), github);
    assert_eq!(provider(r#""token.actions.githubusercontent.com""#), github);
    assert_eq!(provider("var.url"), "arn:_:iam::_:oidc-provider/_");
    assert_eq!(arn("aws_ecs_service", r#"name = "app""#), "arn:_:ecs:_:_:service/_/app");
    assert_eq!(arn("aws_sqs_queue", "name = \"jobs\"\nregion = \"eu-west-1\""), "arn:_:sqs:eu-west-1:_:jobs");
}

#[test]
fn a_key_that_is_looked_up_by_its_alias_has_another_id() {
    let key = |id: &str| arn("data", "aws_kms_key", &format!("key_id = \"{id}\""));
    assert_eq!(key("1234abcd-12ab-34cd-56ef-1234567890ab"), "arn:_:kms:_:_:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    assert_eq!(key("alias/reports"), "arn:_:kms:_:_:key/_");
}

#[test]
fn what_cannot_be_read_is_there_all_the_same() {
    let text = r#"
resource "aws_s3_bucket_public_access_block" "b" {
  bucket                  = "x"
  block_public_acls       = true true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
data "aws_iam_policy_document" "d" {
  statement {
    effect    = Deny"
    actions   = ["*"]
    resources = ["*"]
  }
}
resource "aws_iam_policy" "p" {
  policy = data.aws_iam_policy_document.d.json
}
"#;
    let workspace = Workspace::of_texts([("main.tf", text)]);
    let rules = rules::all().iter().filter(|it| it.runs_by_default()).collect();
    let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
    assert_eq!(report.errors.len(), 2);
    let sure = report.findings.iter().filter(|it| it.confidence > iamlint::rule::Confidence::Low);
    assert_eq!(sure.map(|it| it.message.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
}

/// The rules that speak of a policy, how sure they are, and in which case.
fn said_of(policy: &str) -> Vec<String> {
    let variables = "variable \"wide\" {}\nvariable \"keys\" {}\nvariable \"names\" {\n  type = list(string)\n}\n";
    let text = format!("{variables}resource \"aws_iam_policy\" \"it\" {{\n  policy = {policy}\n}}\n");
    let case = |it: &iamlint::rule::Finding| {
        let label = it.labels.iter().find(|it| it.message.starts_with("only if"));
        label.map(|it| format!(" {}", it.message)).unwrap_or_default()
    };
    linted(&text).findings.iter().map(|it| format!("{} {:?}{}", it.rule, it.confidence, case(it))).collect()
}

#[test]
fn each_branch_of_a_directive_is_judged_in_its_case() {
    let choice = |test: &str, mark: &str| {
        format!(
            r#"<<-EOT
  {{
    "Version": "2012-10-17",
    "Statement": [
      {{
        "Effect": "Allow",
        %{{ if {test} {mark}}}
        "Action": "kms:*",
        %{{ else {mark}}}
        "Action": "s3:GetObject",
        %{{ endif {mark}}}
        "Resource": "*"
      }},
      {{ "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*" }}
    ]
  }}
  EOT"#
        )
    };
    let both = [
        "kms_wildcard_action Low only if `var.wide`",
        "data_any_resource Low only if not `var.wide`",
        "passrole_any_role High",
    ];
    assert_eq!(said_of(&choice("var.wide", "")), both);
    assert_eq!(said_of(&choice("var.wide", "~")), both);
    assert_eq!(said_of(&choice("true", "")), ["kms_wildcard_action High", "passrole_any_role High"]);
    assert_eq!(said_of(&choice("false", "")), ["data_any_resource High", "passrole_any_role High"]);
    let conditional = r#""${var.wide ? "kms:*" : "s3:GetObject"}""#;
    let whole = format!(
        r#"<<-EOT
  {{
    "Version": "2012-10-17",
    "Statement": [{{ "Effect": "Allow", "Action": {conditional}, "Resource": "*" }}]
  }}
  EOT"#
    );
    assert_eq!(said_of(&whole), both[..2]);
}

#[test]
fn what_a_loop_over_the_unknown_writes_is_judged_as_written_once() {
    let text = r#"<<-EOT
  {
    "Version": "2012-10-17",
    "Statement": [
      %{ for n, name in var.names ~}
      {
        "Effect": "Allow",
        "Action": "kms:*",
        "Resource": "arn:aws:kms:eu-west-1:111122223333:key/${name}"
      }%{ if n < length(var.names) - 1 },%{ endif }
      %{ endfor ~}
    ]
  }
  EOT"#;
    let [only] = &said_of(text)[..] else { panic!("{:?}", said_of(text)) };
    assert!(only.starts_with("kms_wildcard_action Low only if `var.names` has such an element"), "{only}");
}

#[test]
fn directives_by_one_condition_are_one_choice_and_too_many_are_holes() {
    let text = |tests: &[&str]| {
        let action = |test: &&str| format!("%{{ if {test} }}\"kms:*\",%{{ endif }}");
        let actions: String = tests.iter().map(action).collect();
        format!(
            r#"<<-EOT
  {{
    "Version": "2012-10-17",
    "Statement": [
      {{ "Effect": "Allow", "Action": [{actions} "iam:PassRole"], "Resource": "*" }}
    ]
  }}
  EOT"#
        )
    };
    let kms = |policy: &str| said_of(policy).iter().filter(|it| it.starts_with("kms_wildcard_action")).count();
    assert_eq!(kms(&text(&["var.wide"; 4])), 4);
    let names: Vec<String> = (0..7).map(|n| format!("var.names[{n}]")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let by_six = said_of(&text(&names[..6]));
    let in_case = |n: usize| format!("kms_wildcard_action Low only if `var.names[{n}]`");
    assert_eq!(kms(&text(&names[..6])), 6);
    assert!(by_six.contains(&in_case(5)) && by_six.contains(&"passrole_any_role High".to_owned()), "{by_six:?}");
    assert_eq!(kms(&text(&names)), 6);
    assert!(said_of(&text(&names)).contains(&"passrole_any_role High".to_owned()));
    // Of one that would be too large so often not all are judged.
    let large =
        text(&names[..6]).replace("\"Statement\"", &format!("\"Id\": \"{}\", \"Statement\"", "x".repeat(100_000)));
    assert_eq!(kms(&large), 5);
    // What is made of such a text has a hole where it hangs on them.
    let replaced = format!("replace({}\n, \"PassRole\", \"GetRole\")", text(&names[..4]));
    assert_eq!(said_of(&replaced), [""; 0]);
}

#[test]
fn a_text_by_a_directive_is_one_of_several() {
    let text = r#"variable "live" {}
output "it" {
  value = "a%{ if var.live }-live%{ else }-test%{ endif }"
}
"#;
    let Value::OneOf(arms) = value(text).value else { panic!("one of two") };
    let arms: Vec<_> = arms.iter().map(|it| (&*it.when, it.node.as_str())).collect();
    assert_eq!(arms, [("`var.live`", Some("a-live")), ("not `var.live`", Some("a-test"))]);
}

#[test]
fn a_choice_within_a_text_is_judged_in_each_case() {
    let statement = |action: &str, resource: &str| {
        let encoded = format!(
            "jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", Action = \"{action}\", \
             Resource = \"{resource}\" }}] }})"
        );
        let document = format!(
            "<<-EOT\n{{\"Version\": \"2012-10-17\", \"Statement\": [{{\"Effect\": \"Allow\", \"Action\": \"{action}\", \
             \"Resource\": \"{resource}\"}}]}}\nEOT\n"
        );
        let said = said_of(&encoded);
        assert_eq!(said_of(&document), said);
        said
    };
    assert_eq!(statement(r#"kms:${var.wide ? "*" : "ListKeys"}"#, "*"), ["kms_wildcard_action Low only if `var.wide`"]);
    assert_eq!(
        statement(r#"${var.wide ? "kms" : "ec2messages"}:*"#, "*"),
        ["kms_wildcard_action Low only if `var.wide`"]
    );
    assert_eq!(
        statement("iam:PassRole", r#"arn:aws:iam::111122223333:role/${var.wide ? "*" : "app"}"#),
        ["passrole_any_role Low only if `var.wide`"]
    );
    // Where every case is as bad, it is so for certain.
    assert_eq!(
        statement("iam:PassRole", r#"arn:aws:iam::${var.wide ? "111122223333" : "444455556666"}:role/*"#),
        ["passrole_any_role High"]
    );
    let action = |expression: &str| {
        said_of(&format!(
            "jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", Action = {expression}, Resource = \
             \"*\" }}] }})"
        ))
    };
    for expression in [
        r#"lower("KMS:${var.wide ? "*" : "ListKeys"}")"#,
        r#"replace("kms:${var.wide ? "X" : "ListKeys"}", "X", "*")"#,
        r#"split(",", "kms:${var.wide ? "*" : "ListKeys"},kms:ListAliases")"#,
        r#"format("%s:%s", "kms", "${var.wide ? "*" : "ListKeys"}")"#,
        r#"join(":", ["kms", "${var.wide ? "*" : "List"}${var.wide ? "" : "Keys"}"])"#,
    ] {
        assert_eq!(action(expression), ["kms_wildcard_action Low only if `var.wide`"], "{expression}");
    }
    assert_eq!(
        action(r#""kms:${var.wide ? (var.keys ? "*" : "ListKeys") : (var.wide ? "Encrypt" : "ListAliases")}""#),
        ["kms_wildcard_action Low only if `var.wide` and `var.keys`"]
    );
    let attachment = |policy: &str| {
        format!(
            "variable \"wide\" {{}}\nresource \"aws_iam_role_policy_attachment\" \"it\" {{\n  role = \"app\"\n  \
             policy_arn = \"arn:aws:iam::aws:policy/{policy}\"\n}}\n"
        )
    };
    let said = |policy: &str| {
        said(&attachment(policy))
            .iter()
            .map(|it| it.split(':').next().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(said(r#"${var.wide ? "AdministratorAccess" : "ReadOnlyAccess"}"#), said("AdministratorAccess"));
}

#[test]
fn a_choice_of_choices_without_end_takes_no_time() {
    let mut text = "variable \"x\" {}\nlocals {\n  a0 = \"kms\"\n  b0 = \"sqs\"\n".to_owned();
    for n in 1..60 {
        let last = n - 1;
        text += &format!(
            "  a{n} = var.x == {n} ? \"${{local.a{last}}}\" : \"${{local.b{last}}}\"\n  b{n} = var.x == {n} ? \"x${{local.b{last}}}\" : \
             \"y${{local.a{last}}}\"\n"
        );
    }
    text += "}\nresource \"aws_iam_policy\" \"it\" {\n  policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \
             \"Allow\", Action = [\"${local.a59}:*\", \"kms:*\"], Resource = \"*\" }] })\n}\n";
    let said = said(&text);
    assert!(said.iter().any(|it| it.starts_with("kms_wildcard_action")), "{said:?}");
}

#[test]
fn what_may_be_merged_over_a_value_makes_it_uncertain() {
    let said = |map: &str| {
        let policy = format!(
            "jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", Resource = \"*\", \
             Action = merge({map})[\"a\"] }}] }})"
        );
        said_of(&policy)
    };
    assert_eq!(said(r#"var.keys, { a = "kms:*" }"#), ["kms_wildcard_action High"]);
    assert_eq!(said(r#"{ a = "kms:*" }, var.keys"#), ["kms_wildcard_action Low only if not `var.keys` has `a`"]);
    assert_eq!(said(r#"{ a = "kms:*" }, { b = var.keys }"#), ["kms_wildcard_action High"]);
}

#[test]
fn what_is_tried_in_place_of_what_may_be_missing_is_judged() {
    let said = |of: &str, actions: &str| {
        let text = format!(
            "variable \"cfg\" {{{of}}}\nresource \"aws_iam_policy\" \"it\" {{\n  policy = jsonencode({{ Version = \"2012-10-17\", \
             Statement = [{{ Effect = \"Allow\", Resource = \"*\", Action = {actions} }}] }})\n}}\n"
        );
        said(&text).iter().map(|it| it.split(':').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let tried = r#"try(var.cfg.actions, ["kms:*"])"#;
    assert_eq!(said("", tried), ["kms_wildcard_action"]);
    assert_eq!(said("", r#"try(var.cfg["actions"], var.cfg.more, "kms:*")"#), ["kms_wildcard_action"]);
    // It is there for certain.
    assert_eq!(said("\n  type = object({ actions = list(string) })\n", tried), NOTHING);
    assert_eq!(said("", r#"try(var.cfg, "kms:*")"#), NOTHING);
}

#[test]
fn a_statement_for_everybody_in_one_case_makes_no_other_needless() {
    let text = |principal: &str| {
        format!(
            r#"variable "open" {{}}
resource "aws_sqs_queue_policy" "it" {{
  queue_url = "https://sqs.eu-west-1.amazonaws.com/111122223333/q"
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [
      {{ Effect = "Allow", Principal = {{ AWS = {principal} }}, Action = "sqs:SendMessage", Resource = "*" }},
      {{ Effect = "Allow", Principal = {{ AWS = "arn:aws:iam::111122223333:role/b" }}, Action = "sqs:SendMessage", Resource = "*" }},
    ]
  }})
}}
"#
        )
    };
    let redundant = |principal: &str| said(&text(principal)).iter().any(|it| it.starts_with("redundant_statement"));
    assert!(redundant(r#""*""#));
    assert!(!redundant(r#"var.open ? "*" : "arn:aws:iam::111122223333:role/a""#));
}

#[test]
fn what_opens_a_condition_in_one_case_only_makes_no_finding_certain() {
    let of = |values: &str| {
        let text = format!(
            r#"variable "on" {{}}
resource "aws_iam_role" "it" {{
  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect = "Allow", Principal = {{ AWS = "*" }}, Action = "sts:AssumeRole"
      Condition = {{ StringLike = {{ "aws:PrincipalOrgID" = {values} }} }}
    }}]
  }})
}}
"#
        );
        let report = linted(&text);
        let finding = report.findings.iter().find(|it| it.rule == "open_trust").expect("it is open");
        let says = finding.labels.iter().any(|it| it.message.contains("guards nothing only if `var.on`"));
        (finding.confidence, says)
    };
    use iamlint::rule::Confidence::{High, Low};
    assert_eq!(of(r#""*""#), (High, false));
    assert_eq!(of(r#"var.on ? "*" : "o-abcdefghij""#), (Low, true));
    assert_eq!(of(r#"var.on ? "*" : "**""#).0, High);
}

#[test]
fn what_one_literal_allows_in_both_cases_is_allowed_in_every_case() {
    let text = r#"locals {
  a = ["kms:*"]
}
variable "on" {}
resource "aws_iam_policy" "it" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = var.on ? concat(local.a, ["s3:ListAllMyBuckets"]) : local.a
      Resource = "*"
    }]
  })
}
"#;
    let report = linted(text);
    let [finding] = &report.findings[..] else { panic!("one: {:?}", report.findings) };
    assert_eq!(finding.confidence, iamlint::rule::Confidence::High);
}

#[test]
fn a_denial_of_one_case_leaves_the_other_case_open() {
    let text = r#"variable "on" {}
resource "aws_iam_role" "it" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "*" } }],
      var.on ? [{
        Effect    = "Deny", Action = "sts:AssumeRole", Principal = { AWS = "*" }
        Condition = { StringNotEquals = { "aws:PrincipalOrgID" = "o-abcdefghij" } }
      }] : []
    )
  })
}
"#;
    let report = linted(text);
    let finding = report.findings.iter().find(|it| it.rule == "open_trust").expect("it is open");
    let cases: Vec<_> =
        finding.labels.iter().filter(|it| it.message.contains("only if")).map(|it| &*it.message).collect();
    assert_eq!(cases, ["only if not `var.on`"]);
}

#[test]
fn what_a_loop_over_the_unknown_makes_is_judged_in_the_case_that_it_makes_some() {
    let policy = |statement: &str| format!("jsonencode({{ Version = \"2012-10-17\", Statement = {statement} }})");
    let statement = r#"[for s in var.keys : { Effect = "Allow", Action = "kms:*", Resource = "*" }]"#;
    let said = said_of(&policy(statement));
    assert_eq!(said, ["kms_wildcard_action Low only if `var.keys` has such an element"]);
}

#[test]
fn what_is_repeated_for_an_element_of_one_case_is_there_in_that_case() {
    let text = |each: &str| {
        format!(
            r#"variable "on" {{}}
resource "aws_iam_policy" "it" {{
  for_each = toset({each})
  policy   = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = each.key, Resource = "*" }}] }})
}}
"#
        )
    };
    let labels = |each: &str| {
        let report = linted(&text(each));
        let [finding] = &report.findings[..] else { panic!("one: {:?}", report.findings) };
        finding
            .labels
            .iter()
            .filter(|it| it.message.contains("only if"))
            .map(|it| it.message.clone())
            .collect::<Vec<_>>()
    };
    let only = ["`aws_iam_policy.it[\"kms:*\"]` is there only if `var.on`"];
    assert_eq!(labels(r#"var.on ? ["kms:*"] : ["kms:DescribeKey"]"#), only);
    assert_eq!(labels(r#"concat(["kms:DescribeKey"], var.on ? ["kms:*"] : [])"#), only);
    assert_eq!(labels(r#"var.on ? ["kms:*"] : ["kms:*", "kms:DescribeKey"]"#), NOTHING);
    // A key of both with another value in each.
    let text =
        text("").replace("toset()", r#"var.on ? { a = "kms:*" } : { a = "sns:*" }"#).replace("each.key", "each.value");
    assert_eq!(said(&text).len(), 2, "{text}");
}

#[test]
fn a_document_that_nothing_names_grants_nothing_yet() {
    let document = r#"data "aws_iam_policy_document" "it" {
  statement {
    actions   = ["kms:*"]
    resources = ["*"]
  }
}
"#;
    let of = |more: &str| {
        let report = linted(&format!("{document}{more}"));
        let [finding] = &report.findings[..] else { panic!("one: {:?}", report.findings) };
        let is_said = finding.labels.iter().any(|it| it.message == "nothing uses this document");
        (finding.confidence, is_said, report.summary.resolved)
    };
    use iamlint::rule::Confidence::{High, Low};
    assert_eq!(of(""), (High, false, 1), "a piece of something");
    assert_eq!(of("output \"it2\" {\n  value = data.aws_iam_policy_document.it2\n}\n"), (Low, true, 1));
    assert_eq!(of("output \"it\" {\n  value = data.aws_iam_policy_document.it.json\n}\n"), (High, false, 1));
}

#[test]
fn a_condition_that_something_of_a_policy_hangs_on_is_unresolved() {
    let of = |action: &str| {
        let text = format!(
            "variable \"wide\" {{}}\nresource \"aws_iam_policy\" \"it\" {{\n  policy = jsonencode({{ Version = \
             \"2012-10-17\", Statement = [{{ Effect = \"Allow\", Action = {action}, Resource = \"*\" }}] }})\n}}\n"
        );
        let report = linted(&text);
        let references = report.unresolved.iter().map(|it| it.hole.reference.to_string()).collect::<Vec<_>>();
        (report.summary.resolved, report.summary.partly_resolved, references)
    };
    assert_eq!(of(r#""sqs:*""#), (1, 0, vec![]));
    let wide = || (0, 1, vec!["var.wide".to_owned()]);
    assert_eq!(of(r#"var.wide ? "sqs:*" : "sns:*""#), wide());
    assert_eq!(of(r#"["sqs:${var.wide ? "*" : "ListQueues"}"]"#), wide());
    assert_eq!(of(r#"concat(var.wide ? ["sqs:*"] : [], ["sns:*"])"#), wide());
}

#[test]
fn what_an_override_of_some_cases_replaces_is_there_in_the_others() {
    let text = |arguments: &str, sid: &str, actions: &str| {
        format!(
            r#"variable "some" {{}}
variable "sid" {{}}
data "aws_iam_policy_document" "all" {{
  statement {{
    sid       = {sid}
    actions   = ["kms:*"]
    resources = ["*"]
  }}
}}
data "aws_iam_policy_document" "read" {{
  statement {{
    sid       = {sid}
    actions   = ["kms:DescribeKey"]
    resources = ["arn:aws:kms:eu-west-1:111122223333:key/a"]
  }}
}}
data "aws_iam_policy_document" "it" {{
  {arguments}
  statement {{
    sid       = "It"
    actions   = ["{actions}"]
    resources = ["arn:aws:kms:eu-west-1:111122223333:key/a"]
  }}
}}
resource "aws_iam_policy" "it" {{
  policy = data.aws_iam_policy_document.it.json
}}
"#
        )
    };
    let said = |arguments: &str, sid: &str, actions: &str| {
        let findings = linted(&text(arguments, sid, actions)).findings;
        let mut own = findings.iter().filter(|it| &*it.carrier.address == "aws_iam_policy.it");
        let wide = own.find(|it| it.rule == "kms_wildcard_action");
        wide.map(|it| {
            let case = it.labels.iter().find_map(|it| it.message.strip_prefix("only if "));
            format!("{:?} {}", it.confidence, case.unwrap_or_default())
        })
    };
    let json = |name: &str| format!("data.aws_iam_policy_document.{name}.json");
    let (all, read) = (json("all"), json("read"));
    let (same, unknown) = (r#""It""#, "var.sid");
    let of = |kind: &str, documents: &str| format!("{kind}_policy_documents = {documents}");
    let certain = of("override", &format!("[{read}]"));
    assert_eq!(said(&certain, same, "kms:*"), None);
    assert_eq!(said(&certain, r#""Other""#, "kms:*").as_deref(), Some("High "));
    assert_eq!(said(&certain, unknown, "kms:*").as_deref(), Some("Low `var.sid` is not `It`"));
    let in_one_case = of("override", &format!("var.some ? [{read}] : []"));
    assert_eq!(said(&in_one_case, same, "kms:*").as_deref(), Some("Low not `var.some`"));
    let in_both = of("override", &format!("var.some ? [{read}] : [{read}]"));
    assert_eq!(said(&in_both, same, "kms:*"), None);
    // The document's own statement takes the place of one of its sources whether that is there or not.
    assert_eq!(said(&of("source", &format!("var.some ? [{all}] : []")), same, "kms:DescribeKey"), None);
    let other = said(&of("source", &format!("var.some ? [{all}] : []")), r#""Other""#, "kms:DescribeKey");
    assert_eq!(other.as_deref(), Some("Low `var.some`"));
}

#[test]
fn an_unknown_key_may_be_the_one_that_is_asked_for() {
    let arms = |it: &str| {
        let node = value(&format!("variable \"u\" {{}}\noutput \"it\" {{\n  value = {it}\n}}\n"));
        match &node.value {
            Value::OneOf(arms) => arms.iter().map(|it| format!("{}: {:?}", it.when, it.node.as_str())).collect(),
            Value::Text(text) => vec![text.to_string()],
            other => vec![format!("{other:?}")],
        }
    };
    let either = [r#"`var.u` is not `a`: Some("1")"#, r#"`var.u` is `a`: Some("2")"#];
    for it in [
        r#"{ a = "1", (var.u) = "2" }["a"]"#,
        r#"{ a = "1", (var.u) = "2" }.a"#,
        r#"merge({ a = "1" }, { (var.u) = "2" }).a"#,
        r#"lookup({ a = "1", (var.u) = "2" }, "a", "3")"#,
    ] {
        assert_eq!(arms(it), either, "{it}");
    }
    for it in [
        // What is written last counts.
        r#"{ (var.u) = "2", a = "1" }["a"]"#,
        r#"merge({ a = "0" }, { (var.u) = "2" }, { a = "1" }).a"#,
        // It begins otherwise.
        r#"{ a = "1", "b${var.u}" = "2" }["a"]"#,
        // Terraform refuses two of one key.
        r#"{ for name, it in { a = "1", "${var.u}" = "2" } : name => it }["a"]"#,
    ] {
        assert_eq!(arms(it), ["1"], "{it}");
    }
}

#[test]
fn what_is_not_known_is_one_element_where_it_is_written_as_one() {
    let given = |it: &str| {
        let node = value(&format!("variable \"u\" {{}}\noutput \"it\" {{\n  value = {it}\n}}\n"));
        node.to_text().map(|it| it.to_string()).unwrap_or_default()
    };
    for (it, expected) in [
        (r#"[var.u, "a"][1]"#, "a"),
        (r#"length([var.u, "a"])"#, "2"),
        (r#"length([for it in [var.u, "a"] : it])"#, "2"),
        (r#"length([{ a = var.u }, { a = 1 }][*].a)"#, "2"),
        (r#"[var.u, "a"] == ["b"]"#, "false"),
        (r#"length(concat(var.u, ["a"]))"#, r#"${length(concat(var.u, ["a"]))}"#),
        (r#"length([for it in concat(var.u, ["a"]) : it])"#, r#"${length([for it in concat(var.u, ["a"]) : it])}"#),
        (r#"length(concat([var.u, ["a"]]...))"#, r#"${length(concat([var.u, ["a"]]...))}"#),
        (
            r#"length([for it in [var.u, var.u, var.u] : it if it != "a"])"#,
            r#"${length([for it in [var.u, var.u, var.u] : it if it != "a"])}"#,
        ),
        (r#"length(jsondecode("[${var.u}]"))"#, r#"${length(jsondecode("[${var.u}]"))}"#),
        (r#"length(yamldecode("[${var.u}]"))"#, r#"${length(yamldecode("[${var.u}]"))}"#),
        (r#"length(split(",", var.u))"#, r#"${length(split(",", var.u))}"#),
    ] {
        assert_eq!(given(it), expected, "{it}");
    }
}

#[test]
fn a_dynamic_block_of_what_is_written_as_one_element_is_there() {
    let said = |each: &str| {
        let report = linted(&format!(
            r#"variable "u" {{}}
data "aws_iam_policy_document" "it" {{
  dynamic "statement" {{
    for_each = {each}
    content {{
      actions   = ["iam:*"]
      resources = ["*"]
    }}
  }}
}}
resource "aws_iam_policy" "it" {{
  policy = data.aws_iam_policy_document.it.json
}}
"#
        ));
        let finding = report.findings.into_iter().find(|it| it.rule == "wildcard_action");
        finding.map(|it| it.labels.iter().any(|it| it.message.starts_with("only if ")))
    };
    assert_eq!(said("[var.u]"), Some(false));
    assert_eq!(said("concat(var.u, [])"), Some(true));
}

#[test]
fn a_finding_says_in_which_case_its_resource_is_there() {
    let text = |block: &str, call: &str| {
        [
            (
                "root/main.tf",
                format!(
                    "variable \"create\" {{}}\nvariable \"n\" {{}}\nmodule \"m\" {{\n  source = \"../m\"\n  create = var.create\n  {call}\n}}\n"
                ),
            ),
            (
                "m/main.tf",
                format!(
                    r#"variable "create" {{}}
resource "aws_iam_policy" "it" {{
  {block}
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "kms:*", Resource = "*" }}]
  }})
}}
"#
                ),
            ),
        ]
    };
    let said = |block: &str, call: &str| {
        let workspace = Workspace::of_texts(text(block, call));
        let rules = vec![rules::by_id("kms_wildcard_action").unwrap()];
        let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
        let [finding] = &report.findings[..] else { panic!("one finding: {:?}", report.findings) };
        assert_eq!(finding.confidence, iamlint::rule::Confidence::High, "{block} {call}");
        let there = finding.labels.iter().find(|it| it.message.contains("is there only if"));
        there.map(|it| it.message.clone()).unwrap_or_default()
    };
    let it = "`module.m.aws_iam_policy.it` is there only if `var.create`";
    assert_eq!(said("count = var.create ? 1 : 0", ""), it);
    assert_eq!(said("count = var.create ? 0 : 1", ""), it.replace("if `", "if not `"));
    assert_eq!(said(r#"for_each = var.create ? toset(["a"]) : []"#, ""), it.replace("it` is", r#"it["a"]` is"#));
    assert_eq!(said("", "count = var.create ? 1 : 0"), it);
    assert_eq!(said("count = var.create ? 1 : 2", ""), "");
    assert_eq!(said("", ""), "");
}

/// The findings about everything, each with its confidence and the cases that it holds in.
fn told(text: &str) -> Vec<(iamlint::rule::Confidence, Vec<String>)> {
    let of = |it: &iamlint::rule::Finding| {
        let cases = it.labels.iter().filter_map(|it| it.message.strip_prefix("only if ")).map(str::to_owned);
        (it.confidence, cases.collect())
    };
    let report = linted(text);
    report.findings.iter().filter(|it| it.message.contains("on `*`")).map(of).collect()
}

/// A policy on a bucket that stands so often, or on everything where it does not.
fn on_bucket(count: &str, of_policy: &str, resource: &str) -> String {
    format!(
        r#"variable "on" {{}}
variable "n" {{}}
resource "aws_s3_bucket" "x" {{
  {count}
  bucket = "reports"
}}
locals {{
  known = {{ a = "arn:aws:s3:::reports/a", b = "arn:aws:s3:::reports/b" }}
  resource = {resource}
}}
resource "aws_iam_policy" "it" {{
  {of_policy}
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "s3:GetObject", Resource = local.resource }}]
  }})
}}
"#
    )
}

#[test]
fn what_stands_any_number_of_times_may_not_be_there() {
    use iamlint::rule::Confidence::{High, Low};
    let by_condition = "count = var.on ? 1 : 0";
    let paths = r#"[for it in aws_s3_bucket.x[*].arn : "${it}/*"]"#;
    for resource in [
        r#"try("${aws_s3_bucket.x[0].arn}/*", "*")"#,
        r#"try("${one(aws_s3_bucket.x[*].arn)}/*", "*")"#,
        r#"try("${aws_s3_bucket.x.*.arn[0]}/*", "*")"#,
        "coalesce(one(PATHS), \"*\")",
        "coalesce(join(\"\", PATHS), \"*\")",
        "coalescelist(PATHS, [\"*\"])",
        "element(concat(PATHS, [\"*\"]), 0)",
        "concat(PATHS, [\"*\"])[0]",
        "slice(concat(PATHS, [\"*\"]), 0, 1)",
        "length(aws_s3_bucket.x) > 0 ? PATHS[0] : \"*\"",
        "can(aws_s3_bucket.x[0].arn) ? PATHS[0] : \"*\"",
    ] {
        let resource = resource.replace("PATHS", paths);
        let told_of = |count: &str, of_policy: &str| told(&on_bucket(count, of_policy, &resource));
        let (confidence, cases) = told_of(by_condition, "").pop().unwrap_or_else(|| panic!("nothing: {resource}"));
        assert_eq!((confidence, cases.len()), (Low, 1), "{resource}");
        assert!(cases[0].starts_with("not `"), "{resource}: {cases:?}");
        assert_eq!(told_of("count = var.n", "").len(), 1, "{resource}");
        assert_eq!(told_of("count = 1", ""), [], "{resource}");
        assert_eq!(told_of("count = 0", ""), [(High, vec![])], "{resource}");
    }
    assert_eq!(told(&on_bucket("count = var.on ? 1 : 2", "", r#"try("${aws_s3_bucket.x[0].arn}/*", "*")"#)), []);
    // What nobody tries is there, or Terraform goes no further.
    for resource in [r#""${aws_s3_bucket.x[0].arn}/*""#, r#""${one(aws_s3_bucket.x[*].arn)}/*""#] {
        let text = on_bucket(by_condition, "", &format!("[{resource}, \"*\"]"));
        let findings = linted(&text).findings;
        assert!(findings.iter().all(|it| !it.labels.iter().any(|it| it.message.contains("only if"))), "{findings:?}");
    }
}

#[test]
fn what_stands_in_the_same_case_is_there() {
    let case = "count = var.on ? 1 : 0";
    let tried = r#"try("${aws_s3_bucket.x[0].arn}/*", "*")"#;
    assert_eq!(told(&on_bucket(case, case, tried)), []);
    assert_eq!(told(&on_bucket("count = var.n", "count = var.n", tried)), []);
    assert_eq!(told(&on_bucket(case, "count = var.on ? 0 : 1", tried)).len(), 1);
    assert_eq!(told(&on_bucket(case, "", &format!("var.on ? {tried} : null"))), []);
}

#[test]
fn a_document_that_may_not_be_there_is_not_certain() {
    let text = |count: &str, documents: &str| {
        format!(
            r#"variable "on" {{}}
variable "n" {{}}
data "aws_iam_policy_document" "x" {{
  {count}
  statement {{
    actions   = ["kms:*"]
    resources = ["*"]
  }}
}}
data "aws_iam_policy_document" "it" {{
  source_policy_documents = {documents}
}}
resource "aws_iam_policy" "it" {{
  policy = data.aws_iam_policy_document.it.json
}}
"#
        )
    };
    let of = |count: &str, documents: &str| {
        let report = linted(&text(count, documents));
        let [finding] = &report.findings[..] else { panic!("one: {:?}", report.findings) };
        let case = finding.labels.iter().find_map(|it| it.message.strip_prefix("only if "));
        (finding.confidence, case.unwrap_or_default().to_owned())
    };
    use iamlint::rule::Confidence::{High, Low};
    let x = "data.aws_iam_policy_document.x";
    let by_condition = "count = var.on ? 1 : 0";
    for documents in [format!("{x}[*].json"), format!("compact([try({x}[0].json, \"\")])")] {
        assert_eq!(of(by_condition, &documents), (Low, "`var.on`".to_owned()), "{documents}");
        assert_eq!(of("count = var.n", &documents), (Low, "`var.n` is more than 0".to_owned()), "{documents}");
        assert_eq!(of("count = 1", &documents), (High, String::new()), "{documents}");
    }
    assert_eq!(of(by_condition, &format!("[{x}[0].json]")), (High, String::new()));
}

#[test]
fn what_is_tried_by_a_key_that_is_not_known_may_be_missing() {
    let of = |resource: &str| told(&on_bucket("", "", resource));
    for resource in [
        r#"try(local.known[var.n], "*")"#,
        r#"try("${local.known[var.n]}/*", "*")"#,
        r#"can(local.known[var.n]) ? local.known[var.n] : "*""#,
        r#"try([for it in ["arn:aws:s3:::reports/a"] : it if var.on][0], "*")"#,
    ] {
        let told = of(resource);
        assert!(matches!(&told[..], [(iamlint::rule::Confidence::Low, _)]), "{resource}: {told:?}");
    }
    assert_eq!(of(r#"try(local.known["a"], "*")"#), []);
    assert_eq!(of(r#"try(local.known[var.n], "arn:aws:s3:::reports/c")"#), []);
}

#[test]
fn a_condition_that_is_there_in_both_cases_is_there() {
    let text = r#"variable "on" {}
data "aws_s3_bucket" "x" {
  count  = var.on ? 1 : 0
  bucket = "reports"
}
resource "aws_sns_topic" "it" {
  name = "it"
}
resource "aws_sns_topic_policy" "it" {
  arn = aws_sns_topic.it.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.it.arn
      Condition = {
        ArnLike      = { "aws:SourceArn" = compact([try(data.aws_s3_bucket.x[0].arn, ""), "arn:aws:s3:::logs"]) }
        StringEquals = { "aws:SourceAccount" = var.on ? "111122223333" : "444455556666" }
      }
    }]
  })
}
"#;
    assert_eq!(said(text), NOTHING);
}

#[test]
fn a_statement_whose_effect_hangs_on_a_condition_allows_in_one_case() {
    let of = |effect: &str| said_of(&document(&[&format!(r#"Effect = {effect}, Action = "kms:*", Resource = "*""#)]));
    let allowed = ["kms_wildcard_action Low only if not `var.wide`"];
    assert_eq!(of(r#"var.wide ? "Deny" : "Allow""#), allowed);
    assert_eq!(of(r#""${var.wide ? "Deny" : "Allow"}""#), allowed);
    assert_eq!(of(r#"var.other"#), ["kms_wildcard_action Low only if the effect turns out to be `Allow`"]);
}

/// A policy of these statements.
fn document(statements: &[&str]) -> String {
    let statements = statements.iter().map(|it| format!("{{ {it} }}")).collect::<Vec<_>>().join(", ");
    format!("jsonencode({{ Version = \"2012-10-17\", Statement = [{statements}] }})")
}

#[test]
fn a_denial_denies_what_it_denies_in_every_case() {
    let with = |denial: &str| {
        let allows = r#"Effect = "Allow", Action = ["sqs:ListQueues", "sqs:SendMessage"], Resource = "*""#;
        let denial = format!(r#"Effect = "Deny", {denial}"#);
        said_of(&document(&[allows, &denial])).iter().any(|it| it.starts_with("wildcard_resource "))
    };
    assert!(!with(r#"Action = "sqs:SendMessage", Resource = "*""#));
    // Denied in one case only.
    for denial in [
        r#"Action = var.wide ? "sqs:SendMessage" : "s3:*", Resource = "*""#,
        r#"Action = "${var.wide ? "sqs" : "s3"}:SendMessage", Resource = "*""#,
        r#"Action = "sqs:SendMessage", Resource = var.wide ? "*" : "arn:aws:sqs:eu-west-1:111122223333:jobs""#,
        r#"NotAction = var.wide ? ["s3:*"] : ["sqs:*"], Resource = "*""#,
        r#"NotAction = ["s3:*", var.wide ? "iam:*" : "sqs:*"], Resource = "*""#,
    ] {
        assert!(with(denial), "{denial}");
    }
    // In either case it is another entry that denies it.
    for denial in [
        r#"Action = var.wide ? "sqs:SendMessage" : "sqs:*", Resource = "*""#,
        r#"Action = "${var.wide ? "sqs" : "*"}:*", Resource = "*""#,
        r#"NotAction = var.wide ? ["s3:*"] : ["iam:*"], Resource = "*""#,
        r#"Action = "sqs:SendMessage", Resource = var.wide ? "*" : ["*"]"#,
    ] {
        assert!(!with(denial), "{denial}");
    }
}

#[test]
fn what_a_negative_element_leaves_out_in_one_case_is_allowed_in_the_other() {
    let of = |statement: &str| {
        let said = said_of(&document(&[&format!("Effect = \"Allow\", {statement}")]));
        let wanted = ["full_administrator", "not_action_allow", "assume_any_role", "not_resource_allow"];
        said.into_iter().filter(|it| wanted.iter().any(|name| it.starts_with(name))).collect::<Vec<_>>()
    };
    assert_eq!(
        of(r#"NotAction = var.wide ? ["none:*"] : ["iam:*"], Resource = "*""#),
        [
            "full_administrator Low only if `var.wide`",
            "not_action_allow Low only if not `var.wide`",
            // So it is in either case.
            "assume_any_role High",
        ]
    );
    assert_eq!(
        of(r#"NotAction = ["iam:*", var.wide ? "sts:*" : "s3:*"], Resource = "*""#),
        ["not_action_allow Low only if not `var.wide`", "not_action_allow Low only if `var.wide`"]
    );
    // One element or the other.
    assert_eq!(
        of(r#"NotAction = var.wide ? ["iam:*"] : null, Action = var.wide ? null : ["s3:GetObject"], Resource = "*""#)
            [0],
        "not_action_allow Low only if `var.wide`"
    );
    assert_eq!(
        of(r#"Action = "kms:*", NotResource = var.wide ? [] : ["arn:aws:kms:eu-west-1:111122223333:key/a"]"#),
        ["not_resource_allow Low only if not `var.wide`"]
    );
}

#[test]
fn what_is_known_beside_a_choice_or_a_place_that_is_not_is_judged() {
    use iamlint::rule::Confidence::{High, Low};
    let of = |resource: &str| {
        let told = told(&on_bucket("", "", resource));
        told.into_iter().map(|(confidence, cases)| (confidence, cases.join(", "))).collect::<Vec<_>>()
    };
    let in_case = |case: &str| vec![(Low, case.to_owned())];
    let (a, b) = (r#""arn:aws:s3:::reports/a""#, r#""arn:aws:s3:::reports/b""#);
    let chosen = |resource: &str| of(&resource.replace('A', a).replace('B', b));
    assert_eq!(chosen(r#"formatlist("%s", [var.on ? "*" : A, B])"#), in_case("`var.on`"));
    assert_eq!(chosen(r#"formatlist("%s%s", [var.on ? "*" : A, B], "")"#), in_case("`var.on`"));
    assert_eq!(chosen(r#"formatlist("%s/x", [var.on ? A : B, B])"#), []);
    assert_eq!(chosen(r#"formatlist("%s", [for it in ["*"] : it if var.on])"#), in_case("`var.on`"));
    assert_eq!(chosen(r#"slice([A, "*"], 0, var.n)"#), in_case("`var.n` is above 1"));
    assert_eq!(chosen(r#"slice(["*", A], var.n, 2)"#), in_case("`var.n` is at most 0"));
    assert_eq!(chosen(r#"slice(["*", A], 1, var.n)"#), []);
    assert_eq!(chosen(r#"keys(transpose({ x = [var.on ? "*" : A, B] }))"#), in_case("`var.on`"));
    assert_eq!(chosen(r#"keys(transpose({ x = [var.n, "*"] }))"#), [(High, String::new())]);
    assert_eq!(chosen(r#"transpose({ "*" = [var.on ? "x" : "y"] })["x"]"#), in_case("`var.on`"));
    for resource in ["values({ (var.n) = \"*\", b = A })[0]", "keys({ (var.n) = A, \"*\" = B })[1]"] {
        assert!(matches!(&chosen(resource)[..], [(Low, _)]), "{resource}: {:?}", chosen(resource));
    }
    assert!(matches!(&chosen(r#"element(values({ (var.n) = "*", b = A }), 1)"#)[..], [(Low, _)]));
    assert_eq!(chosen(r#"values({ (var.n) = "*", b = A })"#), [(High, String::new())]);
    assert_eq!(chosen(r#"values({ (var.n) = "*" })[0]"#), [(High, String::new())]);
    assert_eq!(chosen(r#"keys({ a = A, "*" = B })[0]"#), [(High, String::new())]);
}

#[test]
fn one_of_many_values_by_an_unknown_key_is_known_as_far_as_they_agree() {
    let map = |value: &dyn Fn(usize) -> String| {
        let entries: Vec<String> = (10..30).map(|n| format!("k{n} = {}", value(n))).collect();
        format!("{{ {} }}", entries.join(", "))
    };
    let said = |map: &str, statement: &str| {
        let text = format!(
            "variable \"env\" {{\n  type = string\n}}\nlocals {{\n  all = {map}\n}}\nresource \"aws_iam_role_policy\" \"p\" \
             {{\n  role = \"r\"\n  policy = jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", \
             {statement} }}] }})\n}}\n"
        );
        let findings = linted(&text).findings;
        let line = |it: &iamlint::rule::Finding| {
            let cases = it.labels.iter().filter(|it| it.message.starts_with("only if "));
            let cases: Vec<&str> = cases.map(|it| &*it.message).collect();
            format!("{} {} {}", it.confidence, it.rule, cases.join(", ")).trim().to_owned()
        };
        findings.iter().map(line).collect::<Vec<_>>()
    };
    let send = |resource: &str| format!("Action = \"sqs:SendMessage\", Resource = {resource}");
    let queue = |n: usize| format!("\"arn:aws:sqs:eu-west-1:1111222233{n}:q\"");
    // Some account, which is no wildcard; some queue; and the same action whichever it is.
    let accounts = map(&|n| format!("\"1111222233{n}\""));
    assert_eq!(said(&accounts, &send("\"arn:aws:sqs:eu-west-1:${local.all[var.env]}:q\"")), [""; 0]);
    assert_eq!(said(&map(&queue), &send("local.all[var.env]")), [""; 0]);
    let same = map(&|_| "\"sqs:*\"".to_owned());
    let everything = "Action = local.all[var.env], Resource = \"*\"";
    assert_eq!(said(&same, everything), ["high wildcard_action"]);
    assert_eq!(
        said(&same, &everything.replace("local.all[var.env]", "[local.all[var.env]]")),
        ["high wildcard_action"]
    );
    // A wildcard among them is one in its cases.
    let open = map(&|n| if n % 8 == 0 { "\"*\"".to_owned() } else { queue(n) });
    let in_two = ["low wildcard_resource only if `var.env` is one of `k16`, `k24`"];
    assert_eq!(said(&open, &send("local.all[var.env]")), in_two);
    assert_eq!(said(&open, &send("[local.all[var.env]]")), in_two);
    assert_eq!(said(&open, &send(&format!("lookup(local.all, var.env, {})", queue(40)))), in_two);
    let by_default = said(&map(&queue), &send("lookup(local.all, var.env, \"*\")"));
    assert!(
        by_default[0].starts_with("low wildcard_resource only if `var.env` is none of `k10`, `k11`"),
        "{by_default:?}"
    );
    // Of objects each part, of lists each element, and what all of them have is certain.
    let objects = map(&|n| format!("{{ queue = {}, actions = [\"sqs:SendMessage\", \"sqs:{n}\"] }}", queue(n)));
    assert_eq!(said(&objects, &send("local.all[var.env].queue")), [""; 0]);
    let of_objects = "Action = local.all[var.env].actions[0], Resource = \"*\"";
    assert_eq!(said(&objects, of_objects), ["high wildcard_resource"]);
    let lists = map(&|n| match n {
        12 => "[\"sqs:SendMessage\", \"sns:*\", \"sqs:DeleteMessage\"]".to_owned(),
        _ => format!("[\"sqs:SendMessage\", \"sqs:A{n}\"]"),
    });
    let of_lists = said(&lists, everything);
    assert_eq!(of_lists, ["low wildcard_action only if `var.env` is `k12`", "high wildcard_resource"]);
    // Of values in which anything may stand nothing is known, and neither is it of too many.
    let free = map(&|n| if n == 12 { "var.env".to_owned() } else { queue(n) });
    assert_eq!(said(&free, &send("local.all[var.env]")), [""; 0]);
    let many: Vec<String> = (100..200).map(|n| format!("k{n} = \"sqs:*\"")).collect();
    assert_eq!(said(&format!("{{ {} }}", many.join(", ")), everything), [""; 0]);
}

#[test]
fn what_a_resource_only_passes_on_is_known() {
    let text = "resource \"terraform_data\" \"it\" {\n  input = \"sqs:*\"\n}\nresource \"aws_iam_policy\" \"p\" {\n  policy = jsonencode({ \
                Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = terraform_data.it.output, Resource = \"*\" }] })\n}\n";
    assert_eq!(linted(text).findings.iter().map(|it| it.rule).collect::<Vec<_>>(), ["wildcard_action"]);
}

#[test]
fn a_name_within_what_is_marked_is_shown_nowhere() {
    let text = r#"locals {
  secret = sensitive({ hushhush = "kms:*", more = { whisper = "arn:aws:s3:::b" } })
}
resource "aws_iam_policy" "it" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = local.secret.hushhush, Resource = "*" },
      { Effect = "Allow", Action = "s3:*", Resource = [for name, it in local.secret : "arn:aws:s3:::${name}*"] },
      { Effect = "Allow", Action = "s3:*", Resource = formatlist("arn:aws:s3:::%s*", keys(local.secret.more)) },
      sensitive({ Effect = "Allow", Actoin = "kms:*", Action = "sqs:*", Resource = "*" }),
    ]
  })
}
"#;
    let report = linted(text);
    let said: Vec<&str> = report.findings.iter().map(|it| it.rule).collect();
    for rule in ["kms_wildcard_action", "wildcard_action", "unknown_element"] {
        assert!(said.contains(&rule), "{said:?}");
    }
    for finding in &report.findings {
        let labels = finding.labels.iter().map(|it| it.message.as_str());
        let all: Vec<&str> =
            labels.chain([&*finding.message, &finding.subject]).chain(finding.help.as_deref()).collect();
        for secret in ["hushhush", "whisper", "Actoin"] {
            assert!(!all.iter().any(|it| it.contains(secret)), "{secret}: {all:?}");
        }
    }
}

#[test]
fn a_condition_is_listed_once_and_as_it_is_written() {
    let action = r#"concat(var.s == "a and b" ? ["sqs:*"] : [], var.on ? ["sns:*"] : [], var.on ? ["kms:*"] : [])"#;
    let resource = r#"[lookup({ a = "*", b = "x" }, var.s, "y"), var.s == "a and b" && var.on ? "*" : "z"]"#;
    let report = linted(&format!(
        "variable \"on\" {{}}\nvariable \"s\" {{}}\nresource \"aws_iam_policy\" \"it\" {{\n  policy = jsonencode({{ Version = \
         \"2012-10-17\", Statement = [{{ Effect = \"Allow\", Action = {action}, Resource = {resource} }}] }})\n}}\n"
    ));
    let listed: Vec<String> = report.unresolved.iter().map(|it| it.hole.reference.to_string()).collect();
    assert_eq!(listed, [r#"var.s == "a and b""#, "var.on", "var.s is a", r#"var.s == "a and b" && var.on"#]);
}

#[test]
fn what_is_there_in_one_case_only_is_asked_for_in_both() {
    let cases = |expression: &str| -> Vec<String> {
        let text = format!(
            r#"variable "on" {{
  type = bool
}}
locals {{
  names = [for it in ["x"] : it if var.on]
  map   = {{ for it in ["x"] : it => "s3:GetObject" if var.on }}
}}
resource "aws_iam_policy" "it" {{
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = {expression}, Resource = "*" }}]
  }})
}}
"#
        );
        let report = linted(&text);
        let all = report.findings.iter().filter(|it| it.rule == "wildcard_action");
        all.flat_map(|it| &it.labels).map(|it| it.message.clone()).filter(|it| it.starts_with("only if")).collect()
    };
    let not = ["only if not `var.on`"];
    for expression in [
        r#"lookup(local.map, "x", "iam:*")"#,
        r#"try(local.map["x"], "iam:*")"#,
        r#"merge({ x = "iam:*" }, local.map)["x"]"#,
        r#"coalesce(concat(local.names, ["iam:*"])...) == "x" ? "s3:GetObject" : "iam:*""#,
        r#"contains(local.names, "x") ? "s3:GetObject" : "iam:*""#,
        r#"length(local.map) == 0 ? "iam:*" : "s3:GetObject""#,
        r#"length(setsubtract(["x"], local.names)) == 1 ? "iam:*" : "s3:GetObject""#,
    ] {
        let cases = cases(expression);
        let [case] = &cases[..] else { panic!("{expression}: {cases:?}") };
        let is_told = not.contains(&case.as_str()) || case.contains("`length(") || case.contains("`co");
        assert!(is_told, "{expression}: {case}");
    }
}

#[test]
fn one_literal_is_one_finding_however_its_document_goes_through_text() {
    let json = r#"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"sqs:*\"],\"Resource\":\"*\"}]}"#;
    let text = |document: &str| {
        let ways = ["IT", "trimspace(IT)", "join(\"\", [IT])", "format(\"%s\", IT)", "replace(IT, \"@\", \"-\")"];
        let changed = ["replace(IT, \"Effect\", \"Effect\")", "jsonencode(jsondecode(IT))", "\" ${IT} \""];
        let policy = |(n, way): (usize, &&str)| {
            format!("resource \"aws_iam_policy\" \"p{n}\" {{\n  policy = {}\n}}\n", way.replace("IT", document))
        };
        let policies: String = ways.iter().chain(&changed).enumerate().map(policy).collect();
        format!(
            r#"locals {{
  json = "{json}"
  tree = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = ["sqs:*"], Resource = "*" }}] }})
}}
data "aws_iam_policy_document" "it" {{
  statement {{
    actions   = ["sqs:*"]
    resources = ["*"]
  }}
}}
{policies}"#
        )
    };
    for document in ["data.aws_iam_policy_document.it.json", "local.tree", "local.json"] {
        let report = linted(&text(document));
        let all: Vec<_> = report.findings.iter().filter(|it| it.instances.len() > 1).collect();
        let [finding] = &all[..] else { panic!("{document}: {:?}", report.findings) };
        assert_eq!((finding.rule, finding.instances.len()), ("wildcard_action", 8), "{document}");
        let expected = if document == "local.json" { r#"\"sqs:*\""# } else { r#""sqs:*""# };
        assert_eq!(&text(document)[finding.span.range()], expected, "{document}");
    }
}

#[test]
fn what_goes_with_the_block_that_asks_is_there() {
    for (bucket, policy, key) in [
        ("count = var.n", "count = var.n", "count.index"),
        ("count = var.on ? 1 : 0", "count = var.on ? 1 : 0", "count.index"),
        ("for_each = var.n", "for_each = var.n", "each.key"),
    ] {
        let own = format!(r#"try("${{aws_s3_bucket.x[{key}].arn}}/*", "*")"#);
        let text = on_bucket(bucket, policy, "null").replace("local.resource", &own);
        assert_eq!(told(&text), [], "{bucket}");
        // Of others nothing is known.
        let text = on_bucket(bucket, &policy.replace("var.n", "var.m"), "null").replace("local.resource", &own);
        let text = text.replace("variable \"n\" {}", "variable \"n\" {}\nvariable \"m\" {}");
        assert_eq!(told(&text).len(), usize::from(!bucket.contains("var.on")), "{bucket}");
    }
}

#[test]
fn an_entry_of_one_case_leaves_what_was_there_before() {
    let of = |resource: &str| {
        let entry = r#"{ for it in aws_s3_bucket.x : "k" => "${it.arn}/*" }"#;
        let told = told(&on_bucket("count = var.on ? 1 : 0", "", &resource.replace("ENTRY", entry)));
        told.into_iter().map(|(_, cases)| cases.join(", ")).collect::<Vec<_>>()
    };
    let fallback = ["not `var.on`"];
    assert_eq!(of(r#"merge({ k = "*" }, ENTRY)["k"]"#), fallback);
    assert_eq!(of(r#"lookup(ENTRY, "k", "*")"#), fallback);
    assert_eq!(of(r#"try(ENTRY["k"], "*")"#), fallback);
    assert_eq!(of(r#"merge(ENTRY, { k = "arn:aws:s3:::reports/*" })["k"]"#), NOTHING);
    assert_eq!(of(r#"ENTRY["k"]"#), NOTHING);
    assert_eq!(of(r#"keys({ for it in aws_s3_bucket.x : "*" => it.arn })"#), ["`var.on`"]);
}

#[test]
fn a_key_of_what_is_marked_is_shown_nowhere_however_it_is_read() {
    let variables = r#"variable "map" {
  sensitive = true
  default   = { hushhush = "x" }
}
variable "list" {
  sensitive = true
  default   = [{ hushhush = "whisper" }]
}
"#;
    let attached = |head: &str, entry: &str| {
        format!(
            "{variables}resource \"aws_iam_policy\" \"it\" {{\n{head}  policy = jsonencode({{ Version = \"2012-10-17\", Statement = [\n    \
             {{ Sid = {entry}, Effect = \"Allow\", Action = [\"iam:*\", {entry}], Resource = [\"*\", {entry}] }},\n    \
             {{ Effect = \"Allow\", Action = {entry}, Resource = {entry}, Condition = {{ ({entry}) = {{ ({entry}) = {entry} }} }} }},\n  \
             ] }})\n}}\n"
        )
    };
    for entry in [
        "one(keys(var.map))",
        r#"join("", [for k, v in var.map : k])"#,
        "keys({ for k, v in var.map : k => 1 })[0]",
        r#"keys(zipmap(keys(var.map), ["x"]))[0]"#,
        "keys(transpose({ x = keys(var.map) }))[0]",
        "keys(merge(var.map, { b = 1 }))[0]",
        "keys(var.list[0])[0]",
        "[for it in var.list : keys(it)[0]][0]",
        "keys(var.list[*]...)[0]",
        "keys({ for it in var.list : it.hushhush => 1 })[0]",
        r#"setproduct(keys(var.map), ["x"])[0][0]"#,
        "tolist(toset(keys(var.map)))[0]",
        r#"format("%s-%s", one(keys(var.map)), jsonencode(var.map))"#,
        r#"try(var.map["none"], one(keys(var.map)))"#,
    ] {
        shows_no_secret(&attached("", entry), entry);
    }
    for (head, entry) in [
        ("  for_each = var.map\n", "each.key"),
        ("  for_each = toset(keys(var.map))\n", "each.key"),
        ("  for_each = toset(keys(var.map))\n", "each.value"),
    ] {
        shows_no_secret(&attached(head, entry), head);
    }
    let dynamic = "data \"aws_iam_policy_document\" \"it\" {\n  dynamic \"statement\" {\n    for_each = var.map\n    content {\n      sid = statement.key\n      actions = [\"iam:*\", statement.key]\n      resources = [\"*\", statement.key]\n    }\n  }\n}\n";
    shows_no_secret(&format!("{variables}{dynamic}"), "dynamic");
}

/// No finding says a secret word, but what is shown of an expression is as it is written.
#[track_caller]
fn shows_no_secret(text: &str, expression: &str) {
    let report = linted(text);
    assert!(!report.findings.is_empty(), "{expression}");
    for finding in &report.findings {
        let labels = finding.labels.iter().map(|it| it.message.as_str());
        let said = labels.chain([&*finding.message, &finding.subject, &finding.carrier.address]);
        for it in said.chain(finding.help.as_deref()).chain(finding.instances.iter().map(|it| &**it)) {
            let it = it.replace(expression, "");
            assert!(!it.contains("hushhush") && !it.contains("whisper"), "{expression}: {it}");
        }
    }
}
