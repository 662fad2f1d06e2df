//! Identities, buckets and keys, each with everything that a configuration says of it, in whatever module and by
//! whatever name it says so.

use std::path::Path;
use std::sync::Arc;

use expect_test::expect;
use iamlint::frontend::terraform::{self, Options};
use iamlint::frontend::{Aspect, Configuration};
use iamlint::policy::Policy;
use iamlint::source::Workspace;

fn read(files: &[(&str, &str)]) -> Configuration {
    let workspace = Workspace::of_texts(files.iter().map(|(name, text)| (*name, (*text).to_owned())));
    let estate = terraform::survey(&workspace);
    let [root] = estate.roots.as_slice() else { panic!("one root module") };
    assert_eq!(root.path, Path::new(""));
    let collected = terraform::read(&workspace, &estate.called, root, &Options::default());
    assert!(collected.errors.is_empty(), "{:?}", collected.errors);
    collected.configuration
}

fn addresses(policies: &[Arc<Policy>]) -> String {
    policies.iter().map(|it| format!("{} ({})", it.address, it.kind.name())).collect::<Vec<_>>().join(", ")
}

/// Every identity and what it carries, a line each.
fn identities(configuration: &Configuration) -> String {
    let mut out = String::new();
    for it in &configuration.identities {
        let name = it.name.as_ref().map(ToString::to_string).unwrap_or_default();
        let declared = if it.declared { "" } else { " elsewhere" };
        let complete = if it.complete { "" } else { " incomplete" };
        out += &format!("{} {} `{name}`{declared}{complete}\n", it.kind.name(), it.address);
        for (what, policies) in [("trust", &it.trust), ("inline", &it.inline)] {
            if !policies.is_empty() {
                out += &format!("  {what}: {}\n", addresses(policies));
            }
        }
        for (what, attached) in
            it.attached.iter().map(|it| ("attached", it)).chain(it.boundary.iter().map(|it| ("boundary", it)))
        {
            let declared = attached.policy.as_ref().map(|it| format!(", that is {}", addresses(&[Arc::clone(it)])));
            let aws = attached.attachment.managed_policy().map(|it| format!(", that is {it} of AWS"));
            let known = declared.or(aws).unwrap_or_default();
            out += &format!("  {what}: {} by {}{known}\n", attached.attachment.policy, attached.attachment.address);
        }
        for group in &it.groups {
            out += &format!("  in {}\n", configuration.identities[*group].address);
        }
    }
    out
}

const DOCUMENT: &str = r#"jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::lake/*" }] })"#;
const TRUST: &str = r#"jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "glue.amazonaws.com" } }] })"#;

fn filled(text: &str) -> String {
    text.replace("DOCUMENT", DOCUMENT).replace("TRUST", TRUST)
}

#[test]
fn a_role_has_what_every_resource_gives_it() {
    let text = filled(
        r#"
resource "aws_iam_role" "job" {
  name_prefix          = "job-"
  assume_role_policy   = TRUST
  permissions_boundary = "arn:aws:iam::111122223333:policy/bounds/all-jobs"
  managed_policy_arns  = ["arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole"]
  inline_policy {
    name   = "own"
    policy = DOCUMENT
  }
}

resource "aws_iam_role_policy" "more" {
  role   = aws_iam_role.job.id
  policy = DOCUMENT
}

resource "aws_iam_policy" "read" {
  name   = "read"
  policy = DOCUMENT
}

resource "aws_iam_policy" "bounds" {
  name   = "all-jobs"
  path   = "/bounds/"
  policy = DOCUMENT
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.job.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_role_policy_attachments_exclusive" "all" {
  role_name   = aws_iam_role.job.name
  policy_arns = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
}
"#,
    );
    expect![[r#"
            role aws_iam_role.job `${aws_iam_role.job.name}`
              trust: aws_iam_role.job (trust)
              inline: aws_iam_role.job (identity), aws_iam_role_policy.more (identity)
              attached: arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole by aws_iam_role.job, that is AWSGlueServiceRole of AWS
              attached: ${aws_iam_policy.read.arn} by aws_iam_role_policy_attachment.read, that is aws_iam_policy.read (identity)
              attached: arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess by aws_iam_role_policy_attachments_exclusive.all, that is AmazonS3ReadOnlyAccess of AWS
              boundary: arn:aws:iam::111122223333:policy/bounds/all-jobs by aws_iam_role.job, that is aws_iam_policy.bounds (permissions_boundary)
        "#]].assert_eq(&identities(&read(&[("main.tf", &text)])));
}

#[test]
fn what_goes_by_way_of_modules_finds_its_role() {
    let role = filled(
        r#"
variable "name" {}
resource "aws_iam_role" "this" {
  for_each           = toset(["a", "b"])
  name               = each.key == "a" ? var.name : null
  assume_role_policy = TRUST
}
output "roles" { value = { for key, role in aws_iam_role.this : key => role.name } }
"#,
    );
    let grants = filled(
        r#"
variable "role" {}
resource "aws_iam_policy" "this" {
  name   = "grants"
  policy = DOCUMENT
}
resource "aws_iam_role_policy_attachment" "this" {
  role       = var.role
  policy_arn = aws_iam_policy.this.arn
}
"#,
    );
    let main = r#"
module "role" {
  source = "./role"
  name   = "job"
}
module "a" {
  source = "./grants"
  role   = module.role.roles["a"]
}
module "b" {
  source = "./grants"
  role   = module.role.roles["b"]
}
"#;
    expect![[r#"
        role module.role.aws_iam_role.this["a"] `job`
          trust: module.role.aws_iam_role.this["a"] (trust)
          attached: ${aws_iam_policy.this.arn} by module.a.aws_iam_role_policy_attachment.this, that is module.a.aws_iam_policy.this (identity)
        role module.role.aws_iam_role.this["b"] `${aws_iam_role.this["b"].name}`
          trust: module.role.aws_iam_role.this["b"] (trust)
          attached: ${aws_iam_policy.this.arn} by module.b.aws_iam_role_policy_attachment.this, that is module.b.aws_iam_policy.this (identity)
    "#]].assert_eq(&identities(&read(&[("main.tf", main), ("role/main.tf", &role), ("grants/main.tf", &grants)])));
}

#[test]
fn users_are_in_groups_and_permission_sets_carry_policies_and_others_are_elsewhere() {
    let text = filled(
        r#"
variable "someone" {}

resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_group" "readers" { name = "readers" }
resource "aws_iam_group" "writers" { name = "writers" }
resource "aws_iam_user_group_membership" "ann" {
  user   = aws_iam_user.ann.name
  groups = [aws_iam_group.readers.name]
}
resource "aws_iam_group_membership" "writers" {
  name  = "writers"
  group = aws_iam_group.writers.name
  users = [aws_iam_user.ann.name]
}
resource "aws_iam_group_policy" "readers" {
  group  = aws_iam_group.readers.name
  policy = DOCUMENT
}
resource "aws_iam_policy_attachment" "everybody" {
  name       = "everybody"
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
  users      = [aws_iam_user.ann.name]
  roles      = ["made-by-hand"]
  groups     = [aws_iam_group.writers.name]
}
resource "aws_iam_user_policy" "someone" {
  user   = var.someone
  policy = DOCUMENT
}
resource "aws_ssoadmin_permission_set" "data" {
  name         = "data"
  instance_arn = "arn:aws:sso:::instance/ssoins-1111222233334444"
}
resource "aws_ssoadmin_permission_set_inline_policy" "data" {
  instance_arn       = aws_ssoadmin_permission_set.data.instance_arn
  permission_set_arn = aws_ssoadmin_permission_set.data.arn
  inline_policy      = DOCUMENT
}
resource "aws_iam_policy" "extra" {
  name   = "extra"
  policy = DOCUMENT
}
resource "aws_ssoadmin_customer_managed_policy_attachment" "data" {
  instance_arn       = aws_ssoadmin_permission_set.data.instance_arn
  permission_set_arn = aws_ssoadmin_permission_set.data.arn
  customer_managed_policy_reference {
    name = aws_iam_policy.extra.name
  }
}
resource "aws_ssoadmin_permissions_boundary_attachment" "data" {
  instance_arn       = aws_ssoadmin_permission_set.data.instance_arn
  permission_set_arn = aws_ssoadmin_permission_set.data.arn
  permissions_boundary {
    managed_policy_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
  }
}
"#,
    );
    expect![[r#"
            user aws_iam_user.ann `ann` incomplete
              attached: arn:aws:iam::aws:policy/ReadOnlyAccess by aws_iam_policy_attachment.everybody, that is ReadOnlyAccess of AWS
              in aws_iam_group.readers
              in aws_iam_group.writers
            group aws_iam_group.readers `readers`
              inline: aws_iam_group_policy.readers (identity)
            group aws_iam_group.writers `writers`
              attached: arn:aws:iam::aws:policy/ReadOnlyAccess by aws_iam_policy_attachment.everybody, that is ReadOnlyAccess of AWS
            permission set aws_ssoadmin_permission_set.data `${aws_ssoadmin_permission_set.data.arn}`
              inline: aws_ssoadmin_permission_set_inline_policy.data (identity)
              attached: extra by aws_ssoadmin_customer_managed_policy_attachment.data, that is aws_iam_policy.extra (identity)
              boundary: arn:aws:iam::aws:policy/PowerUserAccess by aws_ssoadmin_permissions_boundary_attachment.data, that is PowerUserAccess of AWS
            role aws_iam_policy_attachment.everybody `made-by-hand` elsewhere
              attached: arn:aws:iam::aws:policy/ReadOnlyAccess by aws_iam_policy_attachment.everybody, that is ReadOnlyAccess of AWS
            user aws_iam_user_policy.someone `${var.someone}` elsewhere
              inline: aws_iam_user_policy.someone (identity)
        "#]].assert_eq(&identities(&read(&[("main.tf", &text)])));
}

/// Every bucket and what is joined to it, a line each.
fn buckets(configuration: &Configuration) -> String {
    let mut out = String::new();
    for it in &configuration.buckets {
        let name = it.name.as_ref().map(ToString::to_string).unwrap_or_default();
        let declared = if it.declared { "" } else { " elsewhere" };
        out += &format!("{} `{name}`{declared}\n", it.address);
        for acl in &it.acls {
            let permission = acl.permission.as_ref().map(|it| format!(" {it}")).unwrap_or_default();
            out += &format!("  acl: {}{permission} by {}\n", acl.grantee, acl.address);
        }
        for block in &it.blocks {
            let on = block.switches.iter().filter(|it| it.on == Some(true)).count();
            out += &format!("  public access block: {on} on by {}\n", block.address);
        }
        if let Some(ownership) = &it.ownership {
            out += &format!("  ownership: {} by {}\n", ownership.value, ownership.address);
        }
        if !it.policies.is_empty() {
            out += &format!("  policies: {}\n", addresses(&it.policies));
        }
        for companion in it.companions.iter().filter(|it| it.aspect != Aspect::Policy) {
            out += &format!("  {:?} by {}\n", companion.aspect, companion.resource.address);
        }
        for point in &it.points {
            out += &format!("  access point {}: {}\n", point.resource.address, addresses(&point.policies));
        }
        if !it.uncertain.is_empty() {
            out += &format!("  uncertain: {:?}\n", it.uncertain);
        }
    }
    out
}

#[test]
fn a_bucket_has_every_setting_in_its_block_or_beside_it() {
    let text = filled(
        r#"
resource "aws_s3_bucket" "old" {
  bucket              = "old"
  acl                 = "private"
  object_lock_enabled = true
  policy              = DOCUMENT
  versioning { enabled = true }
  logging { target_bucket = "logs" }
  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default { sse_algorithm = "aws:kms" }
    }
  }
  lifecycle_rule {
    enabled = true
  }
  dynamic "cors_rule" {
    for_each = ["*"]
    content {
      allowed_methods = ["GET"]
      allowed_origins = [cors_rule.value]
    }
  }
}

resource "aws_s3_bucket" "lake" { bucket_prefix = "lake-" }
resource "aws_s3_bucket_versioning" "lake" {
  bucket = aws_s3_bucket.lake.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_server_side_encryption_configuration" "lake" {
  bucket = aws_s3_bucket.lake.bucket
  rule {
    apply_server_side_encryption_by_default { sse_algorithm = "aws:kms" }
  }
}
resource "aws_s3_bucket_public_access_block" "lake" {
  bucket                  = aws_s3_bucket.lake.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
resource "aws_s3_bucket_ownership_controls" "lake" {
  bucket = aws_s3_bucket.lake.id
  rule { object_ownership = "BucketOwnerEnforced" }
}
resource "aws_s3_bucket_policy" "lake" {
  bucket = aws_s3_bucket.lake.id
  policy = DOCUMENT
}
resource "aws_s3_access_point" "lake" {
  bucket = aws_s3_bucket.lake.id
  name   = "readers"
}

variable "which" {}
resource "aws_s3_bucket_website_configuration" "some" {
  bucket = var.which
  index_document { suffix = "index.html" }
}
resource "aws_s3_bucket_acl" "other" {
  bucket = "made-by-hand"
  access_control_policy {
    grant {
      permission = "READ"
      grantee {
        type = "Group"
        uri  = "http://acs.amazonaws.com/groups/global/AllUsers"
      }
    }
    owner { id = "0123" }
  }
}
"#,
    );
    expect![[r#"
            aws_s3_bucket.old `old`
              acl: private by aws_s3_bucket.old
              policies: aws_s3_bucket.old (resource)
              Cors by aws_s3_bucket.old
              Lifecycle by aws_s3_bucket.old
              Logging by aws_s3_bucket.old
              Encryption by aws_s3_bucket.old
              Versioning by aws_s3_bucket.old
              ObjectLock by aws_s3_bucket.old
              uncertain: [Website]
            aws_s3_bucket.lake `${aws_s3_bucket.lake.bucket}`
              public access block: 4 on by aws_s3_bucket_public_access_block.lake
              ownership: BucketOwnerEnforced by aws_s3_bucket_ownership_controls.lake
              policies: aws_s3_bucket_policy.lake (resource)
              Versioning by aws_s3_bucket_versioning.lake
              Encryption by aws_s3_bucket_server_side_encryption_configuration.lake
              access point aws_s3_access_point.lake: 
              uncertain: [Website]
            aws_s3_bucket_website_configuration.some `${var.which}` elsewhere
              Website by aws_s3_bucket_website_configuration.some
            aws_s3_bucket_acl.other `made-by-hand` elsewhere
              acl: http://acs.amazonaws.com/groups/global/AllUsers READ by aws_s3_bucket_acl.other
        "#]]
    .assert_eq(&buckets(&read(&[("main.tf", &text)])));
}

#[test]
fn of_a_bucket_that_an_unread_module_is_given_nothing_is_said_to_be_missing() {
    let lacks = |argument: &str| {
        let text = format!(
            "resource \"aws_s3_bucket\" \"a\" {{\n  bucket = \"a\"\n}}\nmodule \"m\" {{\n  source = \
             \"example/m/aws\"\n  {argument}\n}}\n"
        );
        read(&[("main.tf", &text)]).buckets[0].lacks(Aspect::Versioning)
    };
    for argument in ["bucket = aws_s3_bucket.a.id", "bucket_arns = [aws_s3_bucket.a.arn]", "bucket = \"a\""] {
        assert!(!lacks(argument), "{argument}");
    }
    for argument in ["bucket = \"b\"", "name = aws_s3_bucket.a.id"] {
        assert!(lacks(argument), "{argument}");
    }
}

#[test]
fn a_key_has_its_policies_aliases_grants_and_replicas() {
    let text = filled(
        r#"
resource "aws_kms_key" "lake" {
  description             = "lake"
  deletion_window_in_days = 7
  multi_region            = true
}
resource "aws_kms_key_policy" "lake" {
  key_id = aws_kms_key.lake.id
  policy = DOCUMENT
}
resource "aws_kms_alias" "lake" {
  name          = "alias/lake"
  target_key_id = aws_kms_key.lake.key_id
}
resource "aws_kms_grant" "lake" {
  key_id            = aws_kms_key.lake.arn
  grantee_principal = "arn:aws:iam::111122223333:role/job"
  operations        = ["Decrypt"]
}
resource "aws_kms_replica_key" "lake" {
  primary_key_arn = aws_kms_key.lake.arn
  policy          = DOCUMENT
}
resource "aws_kms_key" "other" { policy = DOCUMENT }
"#,
    );
    let configuration = read(&[("main.tf", &text)]);
    let mut out = String::new();
    for key in &configuration.keys {
        let days = key.resource.texts("deletion_window_in_days");
        out +=
            &format!("{} {}\n", key.resource.address, days.first().map(|it| it.value.to_string()).unwrap_or_default());
        out += &format!("  policies: {}\n", addresses(&key.policies));
        let aliases: Vec<_> = key.aliases.iter().map(|it| it.value.to_string()).collect();
        let grants: Vec<_> = key.grants.iter().map(|it| &*it.address).collect();
        out += &format!(
            "  aliases: {aliases:?}, grants: {grants:?}, replicas: {:?}, complete: {}\n",
            key.replicas, key.complete
        );
    }
    expect![[r#"
        aws_kms_key.lake 7
          policies: aws_kms_key_policy.lake (resource)
          aliases: ["alias/lake"], grants: ["aws_kms_grant.lake"], replicas: ["aws_kms_replica_key.lake"], complete: true
        aws_kms_replica_key.lake 
          policies: aws_kms_replica_key.lake (resource)
          aliases: [], grants: [], replicas: [], complete: true
        aws_kms_key.other 
          policies: aws_kms_key.other (resource)
          aliases: [], grants: [], replicas: [], complete: true
    "#]].assert_eq(&out);
}

#[test]
fn of_things_with_one_name_that_of_the_same_module_is_meant() {
    let module = filled(
        r#"resource "aws_iam_role" "it" {
  name               = "job"
  assume_role_policy = TRUST
}
resource "aws_iam_role_policy" "it" {
  role   = aws_iam_role.it.name
  policy = DOCUMENT
}
resource "aws_s3_bucket" "it" {
  bucket = "lake"
}
resource "aws_s3_bucket_versioning" "it" {
  bucket = aws_s3_bucket.it.id
  versioning_configuration {
    status = "Enabled"
  }
}
"#,
    );
    let root = r#"module "a" {
  source = "./job"
}
module "b" {
  source = "./job"
}
"#;
    let configuration = read(&[("main.tf", root), ("job/main.tf", &module)]);
    expect![[r#"
        role module.b.aws_iam_role.it `job`
          trust: module.b.aws_iam_role.it (trust)
          inline: module.b.aws_iam_role_policy.it (identity)
        role module.a.aws_iam_role.it `job`
          trust: module.a.aws_iam_role.it (trust)
          inline: module.a.aws_iam_role_policy.it (identity)
    "#]]
    .assert_eq(&identities(&configuration));
    assert_eq!(configuration.buckets.len(), 2);
    for bucket in &configuration.buckets {
        let said: Vec<_> = bucket.companions(Aspect::Versioning).map(|it| &*it.address).collect();
        assert_eq!(said, [bucket.address.replace("aws_s3_bucket.", "aws_s3_bucket_versioning.")]);
    }
}

#[test]
fn a_document_of_many_blocks_is_as_large_as_its_text() {
    let configuration = read(&[(
        "main.tf",
        r#"
data "aws_iam_policy_document" "it" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::reports/*"]
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
resource "aws_iam_policy" "tree" {
  policy = data.aws_iam_policy_document.it.json
}
resource "aws_iam_policy" "text" {
  policy = replace(data.aws_iam_policy_document.it.json, "nothing of it", "")
}
"#,
    )]);
    let [tree, text] = &configuration.policies[..] else { panic!("{}", addresses(&configuration.policies)) };
    assert_eq!(tree.size(), text.size());
}
