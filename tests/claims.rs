//! What two resources set of one: told across modules, and apart where instances are.

use iamlint::lint::{self, Options};
use iamlint::rules;
use iamlint::source::Workspace;

/// What `competing_policies` says of a folder, with the line that it stands at.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let workspace = Workspace::of_texts(files.iter().copied());
    let options = Options { rules: rules::by_name("competing_policies").into_iter().collect(), ..Options::default() };
    let report = lint::check(&workspace, &options, 1, &|_, _| {});
    let line = |it: &iamlint::rule::Finding| {
        let source = workspace.source(it.span.file);
        let line = source.position(it.span.start as usize).line;
        format!("{}:{line}: {} ({})", source.path.display(), it.message, it.confidence)
    };
    report.findings.iter().map(line).collect()
}

/// A policy of the resource that an argument names.
fn policy(kind: &str, name: &str, on: &str) -> String {
    format!("resource \"{kind}\" \"{name}\" {{\n  {on}\n  policy = jsonencode({{ Statement = [] }})\n}}\n")
}

const BUCKET: &str = r#"
variable "create" { default = true }
resource "aws_s3_bucket" "this" {
  count         = var.create ? 1 : 0
  bucket_prefix = "reports"
}
output "id" { value = aws_s3_bucket.this[0].id }
"#;

#[test]
fn a_bucket_of_a_module_has_one_policy_too() {
    let root = format!(
        "module \"b\" {{\n  source = \"./b\"\n}}\n{}",
        policy("aws_s3_bucket_policy", "p", "bucket = module.b.id")
    );
    let own = policy("aws_s3_bucket_policy", "own", "bucket = aws_s3_bucket.this[0].id");
    let module = format!("{BUCKET}{own}");
    assert_eq!(
        found(&[("main.tf", &root), ("b/main.tf", &module)]),
        [
            "b/main.tf:10: `aws_s3_bucket_policy.p` sets the policy of `aws_s3_bucket.this` too, and the last one stands (high)"
        ]
    );
}

#[test]
fn one_name_in_two_modules_is_two_buckets() {
    let calls = "module \"a\" {\n  source = \"./b\"\n}\nmodule \"b\" {\n  source = \"./b\"\n}\n";
    let module = format!("{BUCKET}{}", policy("aws_s3_bucket_policy", "own", "bucket = aws_s3_bucket.this[0].id"));
    assert_eq!(found(&[("main.tf", calls), ("b/main.tf", &module)]), [] as [&str; 0]);
}

#[test]
fn instances_of_one_block_are_told_apart() {
    let root = [
        "resource \"aws_sqs_queue\" \"q\" {\n  for_each = toset([\"a\", \"b\"])\n  name = each.key\n}\n",
        &policy("aws_sqs_queue_policy", "a", "queue_url = aws_sqs_queue.q[\"a\"].id"),
        &policy("aws_sqs_queue_policy", "b", "queue_url = aws_sqs_queue.q[\"b\"].id"),
        &policy(
            "aws_sqs_queue_policy",
            "each",
            "for_each = toset([\"c\"])\n  queue_url = aws_sqs_queue.q[each.key].id",
        ),
    ];
    assert_eq!(found(&[("main.tf", &root.concat())]), [] as [&str; 0]);
}

#[test]
fn one_name_under_two_providers_is_two_repositories() {
    let root = [
        policy("aws_ecr_repository_policy", "a", "repository = \"tools\""),
        policy("aws_ecr_repository_policy", "b", "repository = \"tools\"\n  provider = aws.ireland"),
    ];
    assert_eq!(found(&[("main.tf", &root.concat())]), [] as [&str; 0]);
}

#[test]
fn one_that_is_only_there_in_a_case_competes_with_low_confidence() {
    let root = [
        "variable \"strict\" {}\n",
        &policy("aws_ecr_repository_policy", "a", "repository = \"tools\""),
        &policy("aws_ecr_repository_policy", "b", "count = var.strict ? 1 : 0\n  repository = \"tools\""),
    ];
    let found = found(&[("main.tf", &root.concat())]);
    assert!(found.len() == 1 && found[0].ends_with("(low)"), "{found:?}");
}

#[test]
fn one_name_in_two_services_is_two_resources() {
    let root = [
        policy("aws_s3_bucket_policy", "a", "bucket = \"reports\""),
        policy("aws_backup_vault_policy", "b", "backup_vault_name = \"reports\""),
        policy("aws_ecr_repository_policy", "c", "repository = \"reports\""),
        policy("aws_ecrpublic_repository_policy", "d", "repository_name = \"reports\""),
        "resource \"aws_s3_bucket\" \"e\" {\n  bucket = \"reports\"\n  policy = jsonencode({ Statement = [] })\n}\n"
            .to_owned(),
    ];
    assert_eq!(
        found(&[("main.tf", &root.concat())]),
        ["main.tf:19: `aws_s3_bucket_policy.a` sets the policy of `reports` too, and the last one stands (high)"]
    );
}

#[test]
fn a_topic_of_a_module_has_one_policy_too() {
    let root = format!(
        "module \"b\" {{\n  source = \"./b\"\n}}\n{}",
        policy("aws_sns_topic_policy", "p", "arn = module.b.arn")
    );
    let own = policy("aws_sns_topic_policy", "own", "arn = aws_sns_topic.t.arn");
    let module = format!(
        "resource \"aws_sns_topic\" \"t\" {{\n  name = \"t\"\n}}\noutput \"arn\" {{ value = aws_sns_topic.t.arn }}\n{own}"
    );
    let found = found(&[("main.tf", &root), ("b/main.tf", &module)]);
    assert!(found[0].contains("`aws_sns_topic_policy.p` sets the policy of `aws_sns_topic.t` too"), "{found:?}");
}
