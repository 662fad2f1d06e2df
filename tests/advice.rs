//! What findings advise: an advice that is followed must not take from a program what it needs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use iamlint::fix;
use iamlint::lint::{self, Options};
use iamlint::rule::{Confidence, Finding, Safety, Severity};
use iamlint::rules;
use iamlint::source::Workspace;

/// A policy that allows actions on resources.
fn policy(actions: &[&str], resources: &[&str]) -> String {
    let quoted = |items: &[&str]| items.iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(", ");
    let (actions, resources) = (quoted(actions), quoted(resources));
    format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": [{actions}], "Resource": [{resources}]}}}}"#
    )
}

/// What one rule finds in such a policy.
fn findings(rule: &str, actions: &[&str], resources: &[&str]) -> Vec<Finding> {
    found_in(rule, &policy(actions, resources))
}

fn found_in(rule: &str, policy: &str) -> Vec<Finding> {
    found_by(&[rule], policy)
}

fn found_by(rules: &[&str], policy: &str) -> Vec<Finding> {
    found_among(rules, &[("policy.json", policy)])
}

fn found_among(rules: &[&str], files: &[(&str, &str)]) -> Vec<Finding> {
    let workspace = Workspace::of_texts(files.iter().copied());
    let rules = rules.iter().map(|it| rules::by_id(it).unwrap()).collect();
    lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {}).findings
}

/// What several rules find in a policy that allows actions, in quotation marks, on everything.
fn found_on_a_star(rules: &[&str], actions: &str) -> Vec<Finding> {
    found_by(
        rules,
        &format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": [{actions}], "Resource": "*"}}}}"#
        ),
    )
}

fn help(rule: &str, actions: &[&str], resources: &[&str]) -> String {
    let [finding] = &findings(rule, actions, resources)[..] else { panic!("one finding for {actions:?}") };
    finding.help.clone().unwrap()
}

#[test]
fn a_log_group_is_named_with_all_behind_it() {
    let help = help("wildcard_resource", &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], &["*"]);
    assert!(help.ends_with("to `arn:aws:logs:{Region}:{Account}:log-group:{LogGroupName}:*`"), "{help}");
}

#[test]
fn all_that_an_action_needs_is_named() {
    let table = help("wildcard_resource", &["glue:UpdateTable"], &["*"]);
    assert!(table.contains(":catalog`") && table.contains(":database/") && table.contains(":table/"), "{table}");
    let job = help("wildcard_resource", &["batch:SubmitJob"], &["*"]);
    assert!(job.contains(":job-queue/") && job.contains("job definition"), "{job}");
    assert!(job.contains(":job/*`") && !job.contains("tag"), "what is being made has none: {job}");
    let all_of_it = ["arn:aws:ssm:eu-west-1:111122223333:*"];
    let beside = help("wildcard_resource", &["ssm:SendCommand", "ssm:GetCommandInvocation"], &all_of_it);
    let rest = "leave `ssm:GetCommandInvocation` on `arn:aws:ssm:eu-west-1:111122223333:*` in a statement of its own";
    assert!(beside.ends_with(rest), "what takes no other ARN stays: {beside}");
    let command = help("wildcard_resource", &["ssm:SendCommand"], &["*"]);
    assert!(command.contains(":document/") && command.contains("what else requests name ("), "{command}");
}

#[test]
fn a_pattern_that_holds_more_than_is_limited_is_to_be_spelled_out() {
    let password = help("credentials_any_resource", &["ec2:Get*"], &["*"]);
    let wanted = "name the actions that are called in place of `ec2:Get*`, and limit `ec2:GetPasswordData`, `ec2:GetConsoleOutput` and";
    assert!(password.starts_with(wanted), "{password}");
    // What reads of a bucket takes the bucket.
    let objects = help("data_any_resource", &["s3:Get*"], &["arn:aws:s3:::*"]);
    assert!(objects.ends_with("{ObjectName}`, and give what else is called the resources that it takes"), "{objects}");
    // All that it stands for takes the queue, or is not allowed on these resources anyway.
    assert!(help("data_any_resource", &["sqs:Receive*"], &["*"]).starts_with("limit `sqs:Receive*` to"));
    assert!(help("data_any_resource", &["s3:Get*Object"], &["arn:aws:s3:::*/*"]).starts_with("limit `s3:Get*Object`"));
}

#[test]
fn one_star_of_a_block_for_many_services_is_one_finding() {
    let text = |services: &str| {
        format!(
            r#"data "aws_iam_policy_document" "a" {{
  dynamic "statement" {{
    for_each = [{services}]
    content {{
      actions   = ["${{statement.value}}:Get*"]
      resources = ["*"]
    }}
  }}
}}"#
        )
    };
    let found = |services: &str| {
        let workspace = Workspace::of_texts([("main.tf", text(services).as_str())]);
        let options = Options { rules: vec![rules::by_id("data_any_resource").unwrap()], ..Options::default() };
        lint::check(&workspace, &options, 1, &|_, _| {}).findings
    };
    let [finding] = &found(r#""kinesis", "s3", "acm", "ssm""#)[..] else { panic!("one finding") };
    let help = finding.help.as_deref().unwrap();
    let wanted =
        "leave `kinesis`, `s3`, `ssm` out of the list, and grant what is called of each in a statement of its own";
    assert!(help.starts_with(wanted), "{help}");
    let [finding] = &found(r#""s3", "acm""#)[..] else { panic!("one finding") };
    assert!(finding.help.as_deref().unwrap().contains("limit `s3:GetObject`"), "{:?}", finding.help);
}

#[test]
fn what_makes_roles_of_services_is_limited_by_the_service() {
    let [finding] = &findings("wildcard_resource", &["iam:CreateServiceLinkedRole"], &["*"])[..] else { panic!("one") };
    assert!(finding.message.contains("creates service-linked roles of every service"), "{}", finding.message);
    let help = finding.help.as_deref().unwrap();
    assert!(help.contains(":role/aws-service-role/{Service}/*`, or by `iam:AWSServiceName`"), "{help}");
}

#[test]
fn tagging_what_is_being_made_is_limited_by_what_makes_it() {
    let help_beside = |others: &str, actions: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [
                {{"Effect": "Allow", "Action": [{actions}], "Resource": "*"}},
                {{"Effect": "Allow", "Action": [{others}], "Resource": "arn:aws:ec2:*:111122223333:*"}}
            ]}}"#
        );
        found_by(&["wildcard_resource"], &text)[0].help.clone().unwrap()
    };
    let making = r#""ec2:CreateVolume""#;
    let alone = help_beside(making, r#""ec2:CreateTags""#);
    let wanted = "by `ec2:CreateAction` to what is being made, or to the kinds of resources that are meant, such as `arn:aws:ec2:{Region}:{Account}:volume/{VolumeId}`";
    assert!(alone.ends_with(wanted), "{alone}");
    // What makes nothing would tag nothing any more.
    let never = help_beside(r#""ec2:DescribeVolumes""#, r#""ec2:CreateTags""#);
    assert!(!never.contains("CreateAction"), "{never}");
    let both = help_beside(making, r#""ec2:StopInstances", "ec2:CreateTags""#);
    assert!(
        both.starts_with("limit `ec2:StopInstances` to `arn:aws:ec2:{Region}:{Account}:instance/*` by a tag"),
        "{both}"
    );
    assert!(both.contains("`ec2:CreateTags` by `ec2:CreateAction` to what is being made, or to"), "{both}");
}

#[test]
fn a_few_kinds_are_named_and_of_more_the_first() {
    let message = |actions: &[&str]| findings("wildcard_resource", actions, &["*"])[0].message.clone();
    let few = message(&["sqs:DeleteMessage", "dynamodb:PutItem", "s3:PutObject"]);
    assert!(few.contains("every object, every queue and every table in the account"), "{few}");
    let many = message(&["sqs:DeleteMessage", "dynamodb:PutItem", "s3:PutObject", "ec2:StopInstances"]);
    assert!(many.contains("reach every instance, every object and 2 more kinds of resources in the account"), "{many}");
    let zones =
        help("wildcard_resource", &["route53:ChangeResourceRecordSets", "route53:ChangeTagsForResource"], &["*"]);
    assert!(zones.contains("or by `route53:ChangeResourceRecordSetsNormalizedRecordNames`"), "{zones}");
    let database = message(&["glue:DeleteDatabase"]);
    assert!(database.contains("reaches every database in the account"), "not what lies in it: {database}");
    let tags = message(&["ec2:CreateTags"]);
    assert!(tags.contains("reaches every instance, every VPC and "), "{tags}");
}

#[test]
fn what_the_same_limit_cures_is_said_once_and_by_the_worse_rule() {
    let found = |actions: &str, rules: &[&str]| found_on_a_star(rules, actions);
    let both = ["data_any_resource", "wildcard_resource"];
    let actions = r#""sqs:ReceiveMessage", "sqs:DeleteMessage""#;
    let [finding] = &found(actions, &both)[..] else { panic!("one finding") };
    assert_eq!(finding.rule, "data_any_resource");
    assert!(finding.message.ends_with("every queue in the account, and `sqs:DeleteMessage` reaches them too"));
    assert!(finding.help.as_deref().unwrap().starts_with("limit `sqs:ReceiveMessage` and `sqs:DeleteMessage` to"));
    assert_eq!(found(actions, &both[1..]).len(), 1, "the other rule is not there to say it");
    // A log group is named with all of its streams.
    let logs = r#""logs:FilterLogEvents", "logs:PutLogEvents", "logs:PutRetentionPolicy""#;
    assert_eq!(found(logs, &both).len(), 1);
    // To push is worse than to pull, and cured by the same repository.
    let images = r#""ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage", "ecr:PutImage""#;
    let [finding] = &found(images, &both)[..] else { panic!("one finding") };
    assert_eq!((finding.rule, finding.severity), ("data_any_resource", Severity::Medium));
    assert_eq!(found(r#""ecr:GetDownloadUrlForLayer""#, &both)[0].severity, Severity::Low);
    // What else is there takes nothing from that.
    let others = found(r#""sqs:ReceiveMessage", "sqs:DeleteMessage", "dynamodb:PutItem""#, &both);
    let [data, rest] = &others[..] else { panic!("two findings") };
    assert!(data.message.contains(", and `sqs:DeleteMessage` reaches them too"), "{}", data.message);
    assert!(rest.message.starts_with("`dynamodb:PutItem` on `*`"), "{}", rest.message);
    // Another ARN is another change, and what leads to more permissions is no lesser thing.
    assert_eq!(found(r#""sqs:ReceiveMessage", "dynamodb:PutItem""#, &both).len(), 2);
    assert_eq!(found(r#""lambda:GetFunction", "lambda:UpdateFunctionCode""#, &both).len(), 2);
    // To read what is stored is a harm of its own.
    let both = ["permissions_any_resource", "data_any_resource"];
    assert_eq!(found(r#""s3:PutObjectAcl", "s3:GetObject""#, &both).len(), 2);
}

#[test]
fn what_aws_gives_an_id_is_told_by_a_tag() {
    let volume = help("wildcard_resource", &["ec2:DeleteVolume"], &["*"]);
    assert!(volume.ends_with("volume/*` by a tag under `aws:ResourceTag/…` or to known ids"), "{volume}");
    assert!(!help("wildcard_resource", &["dynamodb:PutItem"], &["*"]).contains("tag"));
    // The subnet has tags, and the interface is only being made.
    let interface = help("wildcard_resource", &["ec2:CreateNetworkInterface"], &["*"]);
    let wanted = "to `arn:aws:ec2:{Region}:{Account}:network-interface/*`, and in a statement of its own to \
        `arn:aws:ec2:{Region}:{Account}:subnet/*` by a tag";
    assert!(interface.contains(wanted), "{interface}");
}

#[test]
fn what_is_right_on_a_star_is_left_there_by_whoever_limits_the_rest() {
    let actions = ["secretsmanager:GetSecretValue", "secretsmanager:RotateSecret", "s3:ListAllMyBuckets"];
    let apart = "leave `s3:ListAllMyBuckets` on `*` in a statement of its own";
    assert!(help("credentials_any_resource", &actions, &["*"]).contains(apart));
    assert!(help("wildcard_resource", &actions, &["*"]).contains(apart));
}

#[test]
fn what_every_instance_is_made_of_is_named_before_what_few_have() {
    let help = help("wildcard_resource", &["ec2:RunInstances"], &["*"]);
    let words = "limit `ec2:RunInstances` to the resources that are meant (image, instance, network interface, security group \
                 and subnet), and to what else requests name (volume, ";
    assert!(help.starts_with(words), "{help}");
    // A listener of one kind and of another is a listener.
    let help = self::help("wildcard_resource", &["elasticloadbalancing:AddListenerCertificates"], &["*"]);
    assert!(help.contains(":listener/app/{LoadBalancerName}/*`") && help.contains(":listener/net/"), "{help}");
}

#[test]
fn what_only_looks_and_takes_the_same_goes_along_with_what_is_limited() {
    let help = |actions: &[&str]| help("wildcard_resource", actions, &["*"]);
    let streams =
        help(&["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams", "logs:DescribeLogGroups"]);
    let wanted =
        "limit `logs:CreateLogStream` and `logs:PutLogEvents`, and with them `logs:DescribeLogStreams`, to `arn:";
    assert!(streams.starts_with(wanted) && streams.contains("leave `logs:DescribeLogGroups` on `*`"), "{streams}");
    // Each goes with that of its own service.
    let two = help(&["sqs:SendMessage", "events:PutRule", "sqs:GetQueueUrl", "ecr:DescribeImages"]);
    assert!(two.contains("`sqs:SendMessage`, and with it `sqs:GetQueueUrl`, to `arn:aws:sqs:"), "{two}");
    assert!(two.ends_with("; leave `ecr:DescribeImages`, which only looks, as it is"), "{two}");
    // What has no tag yet, since it is being made, does not pass where a tag is asked for.
    let all_there_is = ["arn:aws:redshift-serverless:*:*:namespace/*"];
    let actions = ["redshift-serverless:DeleteNamespace", "redshift-serverless:CreateNamespace"];
    let made = self::help("wildcard_resource", &actions, &all_there_is);
    assert!(made.starts_with("put `redshift-serverless:DeleteNamespace` in a statement of its own"), "{made}");
    // Of many the rest are marked.
    let reading = ["Alias", "FunctionConfiguration", "FunctionConcurrency", "FunctionUrlConfig", "Policy"];
    let reading = reading.map(|it| format!("lambda:Get{it}"));
    let all: Vec<&str> = ["lambda:DeleteFunction"].into_iter().chain(reading.iter().map(String::as_str)).collect();
    let [finding] = &findings("wildcard_resource", &all, &["*"])[..] else { panic!("one finding") };
    let marked = finding.labels.iter().filter(|it| it.message.starts_with("limit this with it to `arn:aws:lambda:"));
    assert_eq!(marked.count(), 2, "{:?}", finding.labels);
}

#[test]
fn what_aws_makes_up_is_nothing_to_write() {
    let help = |action: &str| {
        let rules = ["wildcard_resource", "data_any_resource"];
        let [finding] = &found_on_a_star(&rules, &format!("\"{action}\""))[..] else { panic!("one finding") };
        finding.help.clone().unwrap()
    };
    // Beside a name it is left open, whether it is an id or a time.
    assert!(help("dynamodb:GetRecords").ends_with("table/{TableName}/stream/*`"));
    assert!(help("kafka:DeleteCluster").ends_with("cluster/{ClusterName}/*`"));
    assert!(
        help("autoscaling:UpdateAutoScalingGroup")
            .contains("autoScalingGroup:*:autoScalingGroupName/{GroupFriendlyName}`")
    );
    // Alone a tag tells it.
    let mapping = help("lambda:DeleteEventSourceMapping");
    assert!(mapping.contains("event-source-mapping:*` by a tag under `aws:ResourceTag/…`"), "{mapping}");
    // The id of an account is known.
    assert!(help("chime:UpdateMediaInsightsPipelineConfiguration").contains(":{AccountId}:"));
}

#[test]
fn what_takes_another_resource_is_not_caught_by_the_limit() {
    // It only looks, which is said; and the other one is said by another rule.
    let left = ", and leave `s3:ListAllMyBuckets` on `*`, and `kms:DescribeKey`, which only looks";
    for (other, end) in [("kms:DescribeKey", left), ("dynamodb:PutItem", "")] {
        let help =
            help("credentials_any_resource", &["secretsmanager:GetSecretValue", other, "s3:ListAllMyBuckets"], &["*"]);
        let own = "put `secretsmanager:GetSecretValue` in a statement of its own, limited to `arn:aws:secretsmanager:";
        assert!(help.starts_with(own) && help.ends_with(&format!("-??????`{end}")), "{help}");
    }
    let several = help("wildcard_resource", &["sqs:DeleteMessage", "s3:*Object*", "kms:DescribeKey"], &["*"]);
    let wanted = "name the actions that are called in place of `s3:*Object*`, and limit what is called of `s3:*Object*` to `arn:";
    assert!(several.starts_with(wanted), "{several}");
    // Whom a word stands for is never left to be guessed.
    assert!(!several.contains(" them"), "{several}");
    assert!(
        several
            .contains(", and `sqs:DeleteMessage` to `arn:aws:sqs:{Region}:{Account}:{QueueName}`, in a statement each")
    );
    let listed = help("wildcard_resource", &["sqs:DeleteMessage", "sqs:GetQueueUrl"], &["*"]);
    assert!(listed.starts_with("limit `sqs:DeleteMessage`, and with it `sqs:GetQueueUrl`, to"), "{listed}");
}

#[test]
fn what_is_written_twice_is_said_once() {
    let [finding] = &findings("data_any_resource", &["sqs:ReceiveMessage", "SQS:receivemessage"], &["*"])[..] else {
        panic!("one finding")
    };
    assert_eq!(finding.message, "`sqs:ReceiveMessage` on `*` reads every queue in the account");
}

#[test]
fn of_an_arn_that_nothing_has_the_nearest_form_is_shown() {
    let bucket = help("impossible_arn", &["s3:ListBucket"], &["arn:aws:s3:eu-west-1:111122223333:reports"]);
    assert_eq!(bucket, "write it like `arn:aws:s3:::{BucketName}`");
    let group = help("impossible_arn", &["logs:PutLogEvents"], &["arn:aws:logs:*:111122223333:/aws-glue/*"]);
    let form = "arn:aws:logs:{Region}:{Account}:log-group:{LogGroupName}:log-stream:{LogStreamName}";
    assert_eq!(group, format!("write it like `{form}` if that is meant, or remove it"));
    let command = help("impossible_arn", &["ssm:SendCommand"], &["arn:aws:ssm:eu-west-1:111122223333:command/*"]);
    let form = "arn:aws:ssm:{Region}:{Account}:document/{DocumentName}";
    assert_eq!(command, format!("write it like `{form}` if that is meant, or remove it"));
    let foreign = help("impossible_arn", &["s3:GetObject"], &["arn:aws:ssm:eu-west-1:111122223333:command/*"]);
    assert!(foreign.starts_with("remove it, or look the ARN up"), "{foreign}");
}

#[test]
fn a_module_that_is_given_its_resources_needs_no_statement_for_each() {
    let module = r#"
        variable "resources" {}
        data "aws_iam_policy_document" "it" {
          statement {
            actions   = ["s3:GetObject", "s3:ListBucket", "s3:ListAllMyBuckets"]
            resources = var.resources
          }
        }"#;
    let lost = |call: &str| {
        let workspace = Workspace::of_texts([("main.tf", call), ("module/main.tf", module)]);
        let options = Options { rules: vec![rules::by_id("mismatched_resource").unwrap()], ..Options::default() };
        lint::check(&workspace, &options, 1, &|_, _| {}).findings.len()
    };
    let call =
        |resources: &str| format!("module \"it\" {{\n  source = \"./module\"\n  resources = [{resources}]\n}}\n");
    assert_eq!(lost(&call(r#""arn:aws:s3:::reports/*""#)), 0);
    // A resource of use to nothing is the caller's mistake.
    assert!(lost(&call(r#""arn:aws:s3:::reports/*", "arn:aws:sqs:eu-west-1:111122223333:jobs""#)) > 0);
}

#[test]
fn thousands_of_actions_and_resources_are_judged_at_once() {
    let services = ["ec2", "s3", "glue", "iam"].into_iter().filter_map(iamlint::catalog::service);
    let actions: Vec<String> = services.flat_map(|it| it.actions()).map(|it| it.full_name()).collect();
    let resources: Vec<String> = (0..3_000).map(|n| format!("arn:aws:sqs:*:{n:012}:*")).collect();
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
    let started = std::time::Instant::now();
    assert!(findings("wildcard_resource", &actions, &resources).is_empty());
    // It takes a second or two without optimisation; action by action over each resource it took a minute.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn a_bucket_with_a_slash_behind_it_was_meant_as_the_bucket() {
    let help = help("redundant_entry", &["s3:ListBucket"], &["arn:aws:s3:::reports/", "arn:aws:s3:::reports/*"]);
    assert_eq!(help, "write `arn:aws:s3:::reports` if the bucket itself is meant, else remove it");
}

#[test]
fn two_names_of_one_thing_were_meant_to_be_two() {
    let text = r#"
resource "aws_cloudwatch_log_group" "here" {
  name = "jobs"
}
resource "aws_cloudwatch_log_group" "there" {
  name   = "jobs"
  region = "eu-west-2"
}
resource "aws_iam_role_policy" "app" {
  role = "app"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow", Action = "logs:PutLogEvents"
      Resource = [
        "arn:aws:logs:eu-west-1:111122223333:log-group:${aws_cloudwatch_log_group.here.name}:*",
        "arn:aws:logs:eu-west-1:111122223333:log-group:${aws_cloudwatch_log_group.there.name}:*",
      ]
    }]
  })
}
"#;
    let [finding] = &found_among(&["redundant_entry"], &[("main.tf", text)])[..] else { panic!("one finding") };
    assert_eq!(
        finding.help.as_deref(),
        Some("write the one that was meant beside the first, or remove one of the two")
    );
}

#[test]
fn what_another_module_calls_its_bucket_is_not_advised() {
    let inner = "resource \"aws_s3_bucket\" \"b\" {}\noutput \"arn\" {\n  value = aws_s3_bucket.b.arn\n}\n";
    let outer = r#"
module "m" {
  source = "./m"
}
resource "aws_iam_role_policy" "app" {
  role = "app"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = ["${module.m.arn}/", "${module.m.arn}/*"] }]
  })
}
"#;
    let [finding] = &found_among(&["redundant_entry"], &[("main.tf", outer), ("m/main.tf", inner)])[..] else {
        panic!("one finding")
    };
    assert_eq!(
        finding.help.as_deref(),
        Some("leave out the slash at its end if the bucket itself is meant, else remove it")
    );
}

#[test]
fn what_is_made_under_a_name_is_limited_to_the_name() {
    let of = |action: &str| help("wildcard_resource", &[action], &["*"]);
    let of_both = |actions: &[&str]| help("credentials_any_resource", actions, &["*"]);
    let secret = of("secretsmanager:CreateSecret");
    assert!(secret.ends_with("`arn:aws:secretsmanager:{Region}:{Account}:secret:{SecretName}-??????`"), "{secret}");
    let stack = of("cloudformation:CreateStack");
    assert!(stack.contains(":stack/{StackName}/*`"), "{stack}");
    // Nobody chooses the id of a network.
    assert!(findings("wildcard_resource", &["ec2:CreateVpc"], &["*"]).is_empty());
    let both = of_both(&["secretsmanager:CreateSecret", "secretsmanager:GetSecretValue"]);
    assert!(both.starts_with("limit `secretsmanager:GetSecretValue` and `secretsmanager:CreateSecret` to"), "{both}");
    let entry = help("permissions_any_resource", &["eks:AssociateAccessPolicy"], &["*"]);
    assert!(entry.contains("{IamIdentityName}/*`"), "{entry}");
}

#[test]
fn of_several_actions_on_permissions_some_may_be_left_out() {
    let actions = ["iam:PutRolePolicy", "iam:AttachRolePolicy"];
    let help = |actions: &[&str]| help("permissions_any_resource", actions, &["*"]);
    assert!(help(&actions).ends_with("; what nobody calls can be left out"), "{}", help(&actions));
    assert!(!help(&actions[..1]).contains("left out"));
}

#[test]
fn what_goes_on_a_star_goes_there_without_tests_that_it_never_passes() {
    let policy = |rest: &str| format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", {rest}}}}}"#);
    let help = |rest: &str| {
        let found = found_in("mismatched_resource", &policy(rest));
        let [finding] = &found[..] else { panic!("one finding for {rest}") };
        finding.help.clone().unwrap()
    };
    let tagged = help(
        r#""Action": "ec2:DescribeLaunchTemplates", "Resource": "arn:aws:ec2:*:*:launch-template/*",
           "Condition": {"StringEquals": {"aws:ResourceTag/By": "us"}}"#,
    );
    assert!(
        tagged.ends_with("in a statement of its own without `aws:ResourceTag/By`, which it does not carry"),
        "{tagged}"
    );
    let streams = r#""Action": "logs:TagResource", "Resource": "arn:aws:logs:eu-west-1:111122223333:log-group:app:*""#;
    assert!(
        help(streams).contains("needs `arn:aws:logs:{Region}:{Account}:log-group:{LogGroupName}`;"),
        "{}",
        help(streams)
    );
}

#[test]
fn in_the_policy_of_a_key_the_key_is_a_star() {
    let text = r#"
resource "aws_kms_key" "jobs" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow", Principal = { Service = "sqs.amazonaws.com" }, Action = "kms:Decrypt"
      Resource = "arn:aws:sqs:eu-west-1:111122223333:jobs"
    }]
  })
}
"#;
    let [finding] = &found_among(&["mismatched_resource"], &[("main.tf", text)])[..] else { panic!("one finding") };
    assert_eq!(finding.help.as_deref(), Some("write `*`, which is this key"));
}

#[test]
fn what_is_there_already_is_not_written_again() {
    let copied = help("unknown_action", &["s3:CopyObject", "s3:PutObject"], &["arn:aws:s3:::reports/*"]);
    assert!(
        copied.contains("write `s3:GetObject` in its place where")
            && copied.ends_with("`s3:PutObject` is here already"),
        "{copied}"
    );
    let parameters = help("unknown_action", &["ssm:PutParameters", "ssm:PutParameter"], &["*"]);
    assert_eq!(parameters, "leave it out: `ssm:PutParameter` is here already");
    let clusters = help("unknown_action", &["docdb:DescribeDBClusters"], &["*"]);
    assert_eq!(clusters, "write `rds:DescribeDBClusters` in its place");
}

#[test]
fn a_key_beside_another_one_under_its_operator_gets_an_operator_of_its_own() {
    let policy = |keys: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole",
              "Condition": {{"StringLike": {{{keys}}}}}}}}}"#
        )
    };
    let role = r#""aws:PrincipalArn": "arn:aws:iam::*:role/deploy""#;
    let told = |keys: &str| {
        let policy = policy(keys);
        let [finding] = &found_in("mismatched_condition_operator", &policy)[..] else {
            panic!("one finding in {policy}")
        };
        (policy[finding.span.range()].to_owned(), finding.help.clone().unwrap())
    };
    assert_eq!(told(role), ("\"StringLike\"".to_owned(), "write `ArnLike`".to_owned()));
    let (place, help) = told(&format!(r#""aws:PrincipalOrgID": "o-a1b2c3d4e5", {role}"#));
    assert_eq!(place, "\"aws:PrincipalArn\"");
    assert_eq!(help, "put `aws:PrincipalArn` under an operator of its own, `ArnLike`");
}

#[test]
fn plain_http_that_another_statement_denies_is_not_let_in() {
    let policy = |first: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": [{first}{{"Effect": "Deny", "Principal": "*", "Action": "s3:*",
              "Resource": "arn:aws:s3:::reports/*",
              "Condition": {{"Bool": {{"aws:SecureTransport": "false"}}, "NumericLessThan": {{"aws:TLSVersion": "1.2"}}}}}}]}}"#
        )
    };
    let denial = r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::reports/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}}, "#;
    let message = |first: &str| found_in("unknown_condition_key", &policy(first))[0].message.clone();
    assert!(message("").contains("plain HTTP is let in"), "{}", message(""));
    assert!(message(denial).contains("never applies") && !message(denial).contains("let in"), "{}", message(denial));
}

#[test]
fn what_is_asked_of_a_key_or_a_grant_is_asked_of_nothing_else() {
    let key = help("kms_any_key", &["kms:Decrypt"], &["*"]);
    assert!(key.starts_with("name the keys by their ARNs"), "{key}");
    let mixed = help("kms_any_key", &["s3:GetObject", "kms:Decrypt"], &["*"]);
    assert!(mixed.starts_with("put `kms:Decrypt` in a statement of its own, and there name the keys"), "{mixed}");
    let grant = help("kms_unbounded_grant", &["kms:CreateGrant", "kms:RevokeGrant"], &["*"]);
    assert!(grant.starts_with("require `kms:GrantIsForAWSResource`"), "{grant}");
    let mixed = help("kms_unbounded_grant", &["kms:Decrypt", "kms:CreateGrant"], &["*"]);
    assert!(mixed.starts_with("put `kms:CreateGrant` in a statement of its own, and there require"), "{mixed}");
}

#[test]
fn whose_the_caller_is_is_asked_of_it_or_of_what_a_service_acts_for() {
    let help = |rule: &str, principal: &str, key: &str| {
        let policy = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": {principal}, "Action": "sns:Publish",
                "Resource": "arn:aws:sns:eu-west-1:111122223333:jobs", "Condition": {{"StringEquals": {{"{key}": "o-a1b2c3d4e5"}}}}}}}}"#
        );
        let [finding] = &found_in(rule, &policy)[..] else { panic!("one finding for {key}") };
        finding.help.clone().unwrap()
    };
    let (service, account) = (r#"{"Service": "s3.amazonaws.com"}"#, r#"{"AWS": "*"}"#);
    assert!(help("constant_condition", service, "aws:ResourceOrgID").ends_with("`aws:SourceOrgID`"));
    assert!(help("constant_condition", account, "aws:ResourceOrgID").ends_with("`aws:PrincipalOrgID`"));
    assert!(help("unknown_condition_key", service, "aws:SourceOwner").contains("`aws:SourceAccount`"));
    let owner = help("unknown_condition_key", account, "aws:SourceOwner");
    assert!(owner.starts_with("name the account as the principal, and let in each service"), "{owner}");
    let beside = found_in(
        "unknown_condition_key",
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "arn:aws:sns:eu-west-1:111122223333:jobs",
             "Condition": {"StringEquals": {"AWS:SourceOwner": "111122223333"}}},
            {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish",
             "Resource": "arn:aws:sns:eu-west-1:111122223333:jobs"}]}"#,
    );
    let beside = beside[0].help.as_deref().unwrap();
    assert!(beside.contains("services are let in by a statement of their own"), "{beside}");
}

#[test]
fn what_a_tag_tells_apart_is_named_beside_what_it_does_not() {
    let help = help("wildcard_resource", &["ec2:StopInstances", "dynamodb:PutItem"], &["*"]);
    let wanted = "limit `ec2:StopInstances` to `arn:aws:ec2:{Region}:{Account}:instance/*` by a tag under `aws:ResourceTag/…` or to \
        known ids, and `dynamodb:PutItem` to `arn:aws:dynamodb:{Region}:{Account}:table/{TableName}`, in a statement each";
    assert_eq!(help, wanted);
}

#[test]
fn what_is_being_made_has_no_id_to_be_named() {
    // AWS gives the id, and another resource that the request names is all that could be limited.
    for action in ["ec2:CreateSecurityGroup", "macie2:CreateClassificationJob", "ec2:RequestSpotInstances"] {
        assert!(findings("wildcard_resource", &[action], &["*"]).is_empty(), "{action}");
    }
    // What lies within another thing is told by its own tags.
    let agent = help("wildcard_resource", &["connect:DeleteUser"], &["*"]);
    assert!(agent.contains(":instance/*/agent/*`"), "{agent}");
    // A name is chosen by who writes the program, and can be named before.
    assert_eq!(findings("wildcard_resource", &["dynamodb:CreateTable"], &["*"]).len(), 1);
    let image = help("wildcard_resource", &["ec2:CreateImage"], &["*"]);
    let wanted = ":image/*` and `arn:aws:ec2:{Region}::snapshot/*`, and in a statement of its own to \
        `arn:aws:ec2:{Region}:{Account}:instance/*` by a tag";
    assert!(image.contains(wanted), "{image}");
}

#[test]
fn what_needs_a_star_keeps_it_within_a_pattern_too_and_on_an_arn_that_is_all_of_its_service() {
    let logs = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:Describe*"];
    let apart = |resource: &str| format!("and leave `logs:Describe*` on `{resource}` in a statement of its own");
    for resource in ["*", "arn:aws:logs:*:*:*"] {
        assert!(help("wildcard_resource", &logs, &[resource]).ends_with(&apart(resource)));
    }
    // Of another service, and all of one, nothing is right there.
    let others = help("wildcard_resource", &["logs:PutLogEvents", "ec2:Describe*"], &["arn:aws:logs:*:*:*"]);
    assert!(!others.contains("leave"), "{others}");
    assert!(!help("credentials_any_resource", &["secretsmanager:GetSecretValue", "ecr:*"], &["*"]).contains("leave"));
}

#[test]
fn what_many_things_can_be_given_to_does_not_hide_the_arns_of_the_others() {
    let help = help("wildcard_resource", &["dynamodb:PutItem", "ec2:CreateTags"], &["*"]);
    assert!(
        help.contains(":table/{TableName}`, and `ec2:CreateTags` to the kinds of resources that are meant, such as"),
        "{help}"
    );
}

#[test]
fn a_pattern_that_stands_for_many_is_not_spelled_out() {
    let help = help("wildcard_resource", &["s3:*Object*"], &["*"]);
    assert!(
        help.starts_with("name the actions that are called in place of `s3:*Object*`, and limit them to `arn:aws:s3"),
        "{help}"
    );
}

#[test]
fn of_several_types_the_plain_one_is_needed() {
    let list = help("mismatched_resource", &["s3:ListBucket"], &["arn:aws:s3:::reports/*"]);
    assert!(list.starts_with("`s3:ListBucket` needs `arn:aws:s3:::{BucketName}`;"), "{list}");
    let table = help("mismatched_resource", &["glue:GetTable"], &["arn:aws:glue:eu-west-1:111122223333:job/nightly"]);
    assert!(table.contains(":catalog`") && table.contains(" and `arn:aws:glue:{Region}:{Account}:table/"), "{table}");
}

#[test]
fn a_role_is_named_where_a_key_of_services_was_meant_to_tell_it() {
    let policy = |key: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::111122223333:root"}},
              "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*",
              "Condition": {{"StringEquals": {{"{key}": "lambda.amazonaws.com"}}}}}}}}"#
        )
    };
    for (rule, key) in
        [("unknown_condition_key", "aws:PrincipalService"), ("condition_key_never_sent", "aws:PrincipalServiceName")]
    {
        let [finding] = &found_in(rule, &policy(key))[..] else { panic!("one finding of {rule}") };
        assert!(finding.help.as_deref().unwrap().contains("name the roles"), "{:?}", finding.help);
    }
}

#[test]
fn a_service_is_bound_by_whose_resource_it_calls_for_in_place_of_whose_member_it_is() {
    let help = |service: &str, action: &str| {
        let text = format!(
            r#"resource "aws_kms_key" "k" {{
              policy = jsonencode({{ Version = "2012-10-17", Statement = [{{
                Effect = "Allow", Principal = {{ Service = {service} }}, Action = "{action}", Resource = "*"
                Condition = {{ StringEquals = {{ "aws:PrincipalOrgID" = "o-a1b2c3d4e5" }} }}
              }}] }})
            }}"#
        );
        let [finding] = &found_among(&["condition_key_never_sent"], &[("main.tf", &text)])[..] else {
            panic!("one finding for {service}")
        };
        finding.help.clone().unwrap()
    };
    let members = "; if the accounts of the organization are meant, the principal is `\"AWS\": \"*\"`";
    let trail = help("\"cloudtrail.amazonaws.com\"", "kms:GenerateDataKey*");
    assert_eq!(trail, format!("test `aws:SourceOrgID` in place of `aws:PrincipalOrgID`{members}"));
    let logs = help("\"logs.${var.region}.amazonaws.com\"", "kms:Decrypt");
    assert_eq!(logs, format!("test `kms:EncryptionContext:aws:logs:arn` in place of `aws:PrincipalOrgID`{members}"));
    // Of what it does not say it cannot be asked.
    let unknown = help("\"transcribe.amazonaws.com\"", "kms:Decrypt");
    assert_eq!(unknown, format!("leave `aws:PrincipalOrgID` out{members}"));
}

#[test]
fn a_limit_that_another_statement_undoes_is_kept_by_what_is_taken_out_there() {
    let help = |broad: &str, narrow: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [
              {{"Sid": "All", "Effect": "Allow", "Action": {broad}, "Resource": "*"}},
              {{"Effect": "Allow", "Action": {narrow}, "Resource": "arn:aws:s3:::reports/*"}}
            ]}}"#
        );
        let [finding] = &found_in("redundant_statement", &text)[..] else { panic!("one finding") };
        finding.help.clone().unwrap()
    };
    assert_eq!(
        help(r#"["s3:GetObject", "s3:ListAllMyBuckets"]"#, r#""s3:GetObject""#),
        "if the resources are meant as a limit, take `s3:GetObject` out of statement `All`; if not, remove this statement"
    );
    assert_eq!(
        help(r#""s3:Get*""#, r#""s3:GetObject""#),
        "if the resources are meant as a limit, narrow statement `All`; if not, remove this statement"
    );
}

#[test]
fn which_of_its_resources_a_service_tags_is_less_sure() {
    let confidence = |action: &str, resource: &str| {
        let [finding] = &findings("mismatched_resource", &[action], &[resource])[..] else {
            panic!("one for {action}")
        };
        finding.confidence
    };
    let definition = "arn:aws:mgn:eu-west-1:111122223333:network-migration-definition/a";
    assert_eq!(confidence("mgn:TagResource", definition), Confidence::Low);
    assert_eq!(confidence("mgn:StartTest", definition), Confidence::Medium);
    assert_eq!(confidence("mgn:TagResource", "arn:aws:sqs:eu-west-1:111122223333:jobs"), Confidence::Medium);
}

#[test]
fn a_key_that_is_optional_beside_another_one_is_tested_apart() {
    let help = |beside: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
              "Condition": {{"StringEqualsIfExists": {{"aws:SourceVpc": "vpc-1a2b3c4d"{beside}}}}}}}}}"#
        );
        found_in("optional_guard", &text)[0].help.clone().unwrap()
    };
    assert_eq!(help(""), "leave `IfExists` out");
    let apart = "test `aws:SourceVpc` apart from the keys beside it, by `StringEquals`";
    assert_eq!(help(r#", "s3:prefix": "2026""#), apart);
}

#[test]
fn all_of_a_service_on_a_star_is_limited_in_its_resources_too() {
    let whole = |action: &str, resource: &str| help("wildcard_action", &[action], &[resource]);
    let named = |action: &str| format!("name the actions that are called in place of `{action}`");
    let tables = format!("{}, and limit those that take a resource to the ones that are meant", named("dynamodb:*"));
    assert_eq!(whole("dynamodb:*", "*"), tables);
    let table = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders";
    assert_eq!(whole("dynamodb:*", table), named("dynamodb:*"));
    let partial = help("partial_wildcard_action", &["lambda:Update*"], &["*"]);
    assert!(partial.starts_with(&format!("{}, and limit", named("lambda:Update*"))), "{partial}");
}

#[test]
fn of_an_action_on_keys_that_is_there_twice_it_is_said_once() {
    let twice = help("kms_any_key", &["s3:GetObject", "kms:Decrypt", "kms:Encrypt", "kms:decrypt"], &["*"]);
    assert!(twice.starts_with("put `kms:Decrypt` and `kms:Encrypt` in a statement of their own"), "{twice}");
}

#[test]
fn what_is_called_without_a_resource_goes_on_a_star() {
    let tasks = help("mismatched_resource", &["ecs:ListTasks"], &["arn:aws:ecs:eu-west-1:111122223333:cluster/web"]);
    assert_eq!(tasks, "put `ecs:ListTasks` on `*`, in a statement of its own");
    let denied = r#"{"Version": "2012-10-17", "Statement": [
      {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
      {"Effect": "Deny", "Action": "s3:ListAllMyBuckets", "Resource": "arn:aws:s3:::reports"}
    ]}"#;
    let [finding] = &found_in("mismatched_resource", denied)[..] else { panic!("one finding") };
    let wanted = "leave `s3:ListAllMyBuckets` out, or deny it on `*` in a statement of its own";
    assert_eq!(finding.help.as_deref(), Some(wanted));
    // AWS writes the policy so, whatever its reference has.
    let completion = "arn:aws:glue:eu-west-1:111122223333:completion/*";
    assert!(findings("mismatched_resource", &["glue:StartCompletion", "glue:GetCompletion"], &[completion]).is_empty());
}

#[test]
fn what_one_pattern_does_is_one_finding_by_the_worst_of_it() {
    let found = |actions: &str| {
        let rules = ["permissions_any_resource", "data_any_resource", "wildcard_resource", "partial_wildcard_action"];
        found_on_a_star(&rules, actions).into_iter().map(|it| (it.rule, it.message)).collect::<Vec<_>>()
    };
    let [(rule, message)] = &found(r#""s3:*Object*""#)[..] else { panic!("one finding") };
    assert_eq!(*rule, "permissions_any_resource");
    assert!(message.ends_with("every object in the account, and reads every object in the account"), "{message}");
    assert_eq!(found(r#""s3:*Object*", "sqs:ReceiveMessage""#).len(), 2);
    let [(_, message)] = &found(r#""s3:*Object*", "ec2:ModifySnapshotAttribute""#)[..] else { panic!("one finding") };
    assert!(message.contains(", and `s3:*Object*` (`s3:GetObject`) reads every object"), "{message}");
    // All of IAM is everything, which no limit on the rest makes less.
    let [(_, message)] = &found(r#""s3:*Object*", "iam:*""#)[..] else { panic!("one finding") };
    assert!(message.starts_with("`iam:*` (`iam:AttachRolePolicy`) on `*`"), "{message}");
}

#[test]
fn a_test_that_some_actions_never_pass_is_left_out_for_those() {
    let policy = |effect: &str, operator: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "{effect}", "Action": ["kms:CreateGrant", "kms:Decrypt"],
              "Resource": "*", "Condition": {{"{operator}": {{"kms:GrantIsForAWSResource": "true"}}}}}}}}"#
        )
    };
    let help = |effect: &str| {
        let [finding] = &found_in("condition_key_never_sent", &policy(effect, "Bool"))[..] else {
            panic!("one finding")
        };
        finding.help.clone().unwrap()
    };
    assert!(
        help("Allow").starts_with("put `kms:Decrypt` in a statement of its own without this test"),
        "{}",
        help("Allow")
    );
    assert!(help("Deny").starts_with("put `kms:Decrypt` in a statement of its own with a test"), "{}", help("Deny"));
}

#[test]
fn a_negated_test_must_ask_for_its_key_as_well() {
    let help = |operator: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b",
              "Condition": {{"ForAllValues:{operator}": {{"aws:SourceVpc": "vpc-1a2b3c4d"}}}}}}}}"#
        );
        let [finding] = &found_in("needless_set_operator", &text)[..] else { panic!("one finding") };
        finding.help.clone().unwrap()
    };
    assert_eq!(help("StringEquals"), "leave the quantifier out");
    let null = "require the key by `\"Null\": { \"aws:SourceVpc\": \"false\" }`";
    assert!(help("StringNotEquals").contains(null), "{}", help("StringNotEquals"));
}

#[test]
fn what_is_always_denied_reaches_nothing() {
    let found = |rule: &str, allowed: &str, denied: &str| {
        found_in(
            rule,
            &format!(
                r#"{{"Version": "2012-10-17", "Statement": [
                  {{"Effect": "Allow", "Action": {allowed}, "Resource": "*"}},
                  {{"Effect": "Deny", "Action": "{denied}", "Resource": "*"}}]}}"#
            ),
        )
    };
    let queues = r#"["sqs:DeleteMessage", "dynamodb:PutItem"]"#;
    let [finding] = &found("wildcard_resource", queues, "sqs:*")[..] else { panic!("one finding") };
    assert!(finding.message.starts_with("`dynamodb:PutItem` on `*`"), "{}", finding.message);
    assert!(found("wildcard_resource", queues, "*").is_empty());
    assert!(found("wildcard_action", r#""bedrock:*""#, "*").is_empty());
    assert!(found("partial_wildcard_action", r#""iam:*Group*""#, "iam:*Group*").is_empty());
}

#[test]
fn one_arn_that_does_for_several_actions_is_told_once() {
    let logs = ["sqs:SendMessage", "logs:CreateLogGroup", "logs:PutLogEvents"];
    let help = help("mismatched_resource", &logs, &["arn:aws:sqs:eu-west-1:111122223333:jobs"]);
    assert!(help.starts_with("`logs:CreateLogGroup` and `logs:PutLogEvents` need `arn:aws:logs:"), "{help}");
    assert!(!help.contains("log-stream"), "{help}");
}

#[test]
fn of_two_kinds_that_an_action_may_be_about_both_are_named() {
    let tag = help("wildcard_resource", &["elasticfilesystem:TagResource"], &["*"]);
    assert!(tag.contains(":file-system/*`") && tag.contains(":access-point/*`"), "{tag}");
}

#[test]
fn what_is_there_is_told_by_tags_where_what_is_made_has_any_id() {
    let wanted = "limit `ec2:CreateSnapshot` to `arn:aws:ec2:{Region}::snapshot/*`, and in a statement of its own to \
        `arn:aws:ec2:{Region}:{Account}:volume/*` by a tag under `aws:ResourceTag/…` or to known ids";
    let snapshot = help("wildcard_resource", &["ec2:CreateSnapshot"], &["*"]);
    assert_eq!(snapshot, wanted);
    // Nothing is being made, so that its tags tell which.
    let deleted = help("wildcard_resource", &["ec2:DeleteSnapshot"], &["*"]);
    assert!(
        deleted.starts_with("limit `ec2:DeleteSnapshot` to `arn:aws:ec2:{Region}::snapshot/*` by a tag under"),
        "{deleted}"
    );
}

#[test]
fn what_comes_and_goes_is_not_named_one_by_one() {
    let agent = help("wildcard_resource", &["ecs:Poll", "ecs:StopTask"], &["*"]);
    assert!(
        agent.contains(":container-instance/{ClusterName}/*`") && agent.contains(":task/{ClusterName}/*`"),
        "{agent}"
    );
    let stream = help("wildcard_resource", &["logs:PutLogEvents"], &["*"]);
    assert!(stream.ends_with(":log-stream:*`"), "{stream}");
}

#[test]
fn what_a_pattern_holds_that_takes_no_resource_stays_on_the_star() {
    let few = help("wildcard_resource", &["kinesisanalytics:*Application*"], &["*"]);
    let wanted =
        "leave on `*` what is called of `kinesisanalytics:CreateApplication` and `kinesisanalytics:ListApplications`";
    assert!(few.ends_with(wanted), "{few}");
    let many = help("wildcard_resource", &["ec2:*Instance*", "ec2:DescribeVpcs"], &["*"]);
    let wanted = "leave `ec2:DescribeVpcs` on `*` in a statement of its own, with what else takes no resource";
    assert!(many.ends_with(wanted), "{many}");
}

#[test]
fn a_pattern_of_a_few_that_are_all_told_is_one_finding() {
    let found = |rules: &[&str], actions: &str| -> Vec<&'static str> {
        found_on_a_star(rules, actions).iter().map(|it| it.rule).collect()
    };
    let both = ["partial_wildcard_action", "wildcard_resource"];
    assert_eq!(found(&both, r#""ecs:*Task""#), ["wildcard_resource"]);
    assert_eq!(found(&both[..1], r#""ecs:*Task""#), ["partial_wildcard_action"]);
}

#[test]
fn who_reveals_and_hides_by_the_same_keys_limits_both_at_once() {
    let actions = ["kms:Decrypt", "kms:GenerateDataKey*", "kms:ListAliases"];
    let help = help("kms_any_key", &actions, &["*"]);
    assert!(help.starts_with("put `kms:Decrypt` and `kms:GenerateDataKey*` in a statement of their own"), "{help}");
}

#[test]
fn a_name_whose_meaning_is_there_already_is_of_low_severity() {
    let severity = |actions: &[&str]| findings("unknown_action", actions, &["arn:aws:s3:::reports/*"])[0].severity;
    assert_eq!(severity(&["s3:HeadObject"]), Severity::Medium);
    assert_eq!(severity(&["s3:HeadObject", "s3:Get*"]), Severity::Low);
}

#[test]
fn who_lists_without_a_name_is_not_limited_by_one() {
    let actions = ["rds:DescribeDBInstances", "rds:StopDBInstance"];
    let help = help("wildcard_resource", &actions, &["*"]);
    assert!(help.ends_with(", and leave `rds:DescribeDBInstances` on `*` in a statement of its own"), "{help}");
}

#[test]
fn what_denies_nothing_is_said_to() {
    let deny = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "iam:DeleteRole",
      "Resource": "arn:aws:iam::111122223333:user/ci"}}"#;
    let [finding] = &found_in("mismatched_resource", deny)[..] else { panic!("one finding") };
    let help = finding.help.as_deref().unwrap();
    assert!(
        help.starts_with("`iam:DeleteRole` denies nothing here: name actions that take it, or `arn:aws:iam:"),
        "{help}"
    );
}

#[test]
fn a_tag_is_asked_of_everything_that_a_request_names() {
    let attach = help("wildcard_resource", &["ec2:AttachVolume"], &["*"]);
    let wanted = "to `arn:aws:ec2:{Region}:{Account}:instance/*` and `arn:aws:ec2:{Region}:{Account}:volume/*` by a tag under \
        `aws:ResourceTag/…` that each of them has or to known ids";
    assert!(attach.ends_with(wanted), "{attach}");
    let delete = help("wildcard_resource", &["ec2:DeleteVolume"], &["*"]);
    assert!(delete.ends_with("volume/*` by a tag under `aws:ResourceTag/…` or to known ids"), "{delete}");
    // The instance may be named too, and then it is asked for the tag as well.
    let detach = help("wildcard_resource", &["ec2:DetachVolume"], &["*"]);
    assert!(
        detach.ends_with("or to known ids, and in another statement to what else requests name (instance)"),
        "{detach}"
    );
}

#[test]
fn an_address_is_in_no_network_that_a_condition_could_ask_for() {
    let address = help("wildcard_resource", &["ec2:DisassociateAddress"], &["*"]);
    assert!(!address.contains("ec2:Vpc"), "{address}");
    // An instance has no such key, though a security group that a request may name has it.
    assert!(!help("wildcard_resource", &["ec2:ModifyInstanceAttribute"], &["*"]).contains("ec2:Vpc"));
    assert!(help("wildcard_resource", &["ec2:DeleteRoute"], &["*"]).ends_with("or by `ec2:Vpc`"));
}

#[test]
fn what_is_to_be_done_about_many_actions_is_one_short_sentence() {
    let actions = [
        "ec2:StartInstances",
        "ec2:TerminateInstances",
        "ec2:AttachVolume",
        "ec2:DeleteVolume",
        "ec2:DeleteSnapshot",
        "ec2:AttachNetworkInterface",
        "ec2:DeleteRoute",
        "ec2:DeleteSubnet",
        "ec2:DeleteSecurityGroup",
    ];
    let [finding] = &findings("wildcard_resource", &actions, &["*"])[..] else { panic!("one finding") };
    let help = finding.help.as_deref().unwrap();
    let wanted = "limit each marked action as is said beside it, in a statement for each kind of resource: ";
    assert!(help.starts_with(wanted) && help.ends_with(", and so on"), "{help}");
    assert!(help.len() < 420, "{help}");
    let beside = |action: &str| {
        let at = policy(&actions, &["*"]).find(action).unwrap();
        finding.labels.iter().find(|it| it.span.range().start == at - 1).unwrap().message.clone()
    };
    assert!(beside("ec2:DeleteVolume").starts_with("limit this to `arn:aws:ec2:{Region}:{Account}:volume/*` by a tag"));
    assert!(beside("ec2:DeleteRoute").ends_with("or by `ec2:Vpc`"), "{}", beside("ec2:DeleteRoute"));
}

#[test]
fn of_actions_that_one_text_makes_each_is_named_beside_it() {
    let text = r#"
data "aws_iam_policy_document" "it" {
  statement {
    actions   = [for it in ["CreateTable", "StartCrawler", "StartJobRun", "CreateTrigger"] : "glue:${it}"]
    resources = ["*"]
  }
}
"#;
    let [finding] = &found_among(&["wildcard_resource"], &[("main.tf", text)])[..] else { panic!("one finding") };
    let beside = finding.labels.iter().find(|it| it.message.contains("StartCrawler")).unwrap();
    assert!(
        beside.message.starts_with("limit `glue:StartCrawler` to `arn:aws:glue:{Region}:{Account}:crawler/"),
        "{beside:?}"
    );
}

#[test]
fn of_many_that_are_limited_in_one_way_those_are_marked_that_the_message_does_not_name() {
    let actions =
        ["sqs:DeleteMessage", "sqs:SendMessage", "sqs:PurgeQueue", "sqs:DeleteQueue", "sqs:ChangeMessageVisibility"];
    let [finding] = &findings("wildcard_resource", &actions, &["*"])[..] else { panic!("one finding") };
    assert!(finding.message.contains(" and 2 more on `*`"), "{}", finding.message);
    let marked = finding.labels.iter().filter(|it| it.message.starts_with("limit this to `arn:aws:sqs:")).count();
    assert_eq!(marked, 2, "{:?}", finding.labels);
}

#[test]
fn a_name_that_does_nothing_is_not_replaced_by_what_opens_everything() {
    let copy = |resource: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "s3:HeadObject", "Resource": "{resource}"}}}}"#
        );
        let workspace = Workspace::of_texts([("policy.json", text.as_str())]);
        let options = Options { rules: vec![rules::by_id("unknown_action").unwrap()], ..Options::default() };
        let mut report = lint::check(&workspace, &options, 1, &|_, _| {});
        fix::offer(&workspace, &mut report, &options);
        let [finding] = &report.findings[..] else { panic!("one finding") };
        (finding.help.clone().unwrap(), finding.fixes[0].safety)
    };
    assert_eq!(copy("arn:aws:s3:::reports/*"), ("write `s3:GetObject` in its place".to_owned(), Safety::Safe));
    let (help, safety) = copy("*");
    assert!(help.starts_with("leave it out, or allow `s3:GetObject` on the resources that are meant"), "{help}");
    assert_eq!(safety, Safety::Unsafe);
}

#[test]
fn of_many_under_a_wrong_prefix_each_is_told_what_becomes_of_it() {
    let actions = ["efs:CreateTags", "efs:CreateBackup", "efs:TagResource", "elasticfilesystem:TagResource"];
    let help = help("unknown_action", &actions, &["*"]);
    assert_eq!(help, "write `elasticfilesystem:CreateTags`, and leave out `efs:CreateBackup` and `efs:TagResource`");
}

#[test]
fn a_service_is_not_called_by_way_of_itself() {
    let guard = |service: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "guardduty:*", "Resource": "*",
              "Condition": {{"ForAllValues:StringEquals": {{"aws:CalledVia": "{service}"}}}}}}}}"#
        );
        let [finding] = &found_in("optional_guard", &text)[..] else { panic!("one finding") };
        finding.help.clone().unwrap()
    };
    assert!(guard("guardduty.amazonaws.com").starts_with("test another key, or leave it out"));
    assert!(guard("cloudformation.amazonaws.com").contains("require the key to be there"));
}

#[test]
fn a_service_that_shares_its_statement_is_parted_before_it_is_bound() {
    let help = |services: &str| {
        let policy = format!(
            r#"{{"Version": "2012-10-17", "Statement": [
                {{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::111122223333:root"}}, "Action": "kms:*", "Resource": "*"}},
                {{"Effect": "Allow", "Principal": {{"Service": [{services}]}}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"}}]}}"#
        );
        let found = found_in("confused_deputy", &policy);
        let [finding] = &found[..] else { panic!("one finding for {services}: {found:?}") };
        assert_eq!(finding.severity, Severity::Low);
        finding.help.clone().unwrap()
    };
    assert!(help(r#""ses.amazonaws.com""#).starts_with("require `aws:SourceAccount`"));
    // Whether CloudWatch sends the keys when it encrypts, its documentation does not say.
    assert!(help(r#""ses.amazonaws.com", "cloudwatch.amazonaws.com""#).starts_with("put it in a statement of its own"));
}

#[test]
fn advice_names_the_partition_that_the_policy_names() {
    let on = |arn: &str| {
        let [finding] = &findings("wildcard_resource", &["sqs:SendMessage"], &["*", arn])[..] else { panic!("{arn}") };
        finding.help.clone().unwrap()
    };
    let queue = |partition: &str| format!("arn:{partition}:sqs:us-gov-west-1:111122223333:jobs");
    for partition in ["aws", "aws-cn", "aws-us-gov"] {
        let help = on(&queue(partition));
        assert!(help.contains(&format!("`arn:{partition}:sqs:{{Region}}:{{Account}}:{{QueueName}}`")), "{help}");
    }
}

#[test]
fn advice_leaves_the_partition_open_where_the_policy_asks_for_it() {
    let text = r#"
data "aws_partition" "here" {}
data "aws_iam_policy_document" "app" {
  statement {
    actions   = ["sqs:SendMessage", "logs:PutLogEvents"]
    resources = ["arn:${data.aws_partition.here.partition}:logs:*:*:*", "*"]
  }
}
resource "aws_iam_policy" "app" {
  policy = data.aws_iam_policy_document.app.json
}
"#;
    let found = found_among(&["wildcard_resource"], &[("main.tf", text)]);
    let [finding] = &found.iter().filter(|it| it.message.contains("sqs:")).collect::<Vec<_>>()[..] else {
        panic!("one finding")
    };
    let help = finding.help.as_deref().unwrap();
    assert!(
        help.contains("`arn:{Partition}:sqs:{Region}:{Account}:{QueueName}`") && !help.contains("arn:aws:"),
        "{help}"
    );
    assert!(finding.labels.iter().all(|it| !it.message.contains("arn:aws:")), "{:?}", finding.labels);
}

#[test]
fn advice_leaves_the_partition_open_that_the_file_looks_up() {
    let help = |rule: &str, action: &str, resource: &str, suffix: &str| {
        let text = format!(
            r#"resource "aws_iam_policy" "p" {{
              policy = jsonencode({{ Version = "2012-10-17", Statement = [
                {{ Effect = "Allow", Action = "{action}", Resource = "{resource}" }}
              ] }})
            }}
            {suffix}"#
        );
        let [finding] = &found_among(&[rule], &[("main.tf", &text)])[..] else { panic!("one finding") };
        finding.help.clone().unwrap()
    };
    let bucket = |partition: &str| format!("`s3:ListBucket` needs `arn:{partition}:s3:::{{BucketName}}`");
    let objects =
        |partition: &str| help("mismatched_resource", "s3:ListBucket", &format!("arn:{partition}:s3:::reports/*"), "");
    assert!(objects("${data.aws_partition.current.partition}").starts_with(&bucket("{Partition}")));
    assert!(objects("aws").starts_with(&bucket("aws")));
    // A policy that names none is of the partition that its file is of.
    let elsewhere = "locals {\n  partition = data.aws_partition.current.partition\n}";
    let function = |suffix: &str| help("impossible_arn", "lambda:*", "arn:*:lambda::111122223333:function:app", suffix);
    assert!(function(elsewhere).contains("`arn:{Partition}:lambda:{Region}"), "{}", function(elsewhere));
    assert!(function("").contains("`arn:aws:lambda:{Region}"), "{}", function(""));
}

#[test]
fn a_service_is_bound_to_a_source_of_the_partition_that_the_policy_names() {
    let text = r#"resource "aws_sqs_queue_policy" "jobs" {
  queue_url = "jobs"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:jobs"
    }]
  })
}
"#;
    let workspace = Workspace::of_texts([("main.tf", text)]);
    let options = Options { rules: vec![rules::by_id("confused_deputy").unwrap()], ..Options::default() };
    let mut report = lint::check(&workspace, &options, 1, &|_, _| {});
    fix::offer(&workspace, &mut report, &options);
    let [fix] = &report.findings[0].fixes[..] else { panic!("one fix") };
    let written = &fix.edits[0].text;
    assert!(written.contains("arn:aws-us-gov:sns:*:111122223333:*"), "{written}");
}

#[test]
fn what_another_statement_has_on_a_star_is_left_out() {
    let statement = |actions: &str, on: &str| {
        format!(
            "{{ Effect = \"Allow\", Action = [\"ssm:DescribeInstanceInformation\"{actions}], Resource = \"{on}\" }}"
        )
    };
    let of = |statements: &str| {
        let document = format!("jsonencode({{ Version = \"2012-10-17\", Statement = [{statements}] }})");
        let text = format!("resource \"aws_iam_policy\" \"p\" {{\n  policy = {document}\n}}\n");
        let workspace = Workspace::of_texts([("main.tf", text)]);
        let options = Options { rules: vec![rules::by_id("mismatched_resource").unwrap()], ..Options::default() };
        let [finding] = &lint::check(&workspace, &options, 1, &|_, _| {}).findings[..] else { panic!("one finding") };
        finding.help.clone().unwrap()
    };
    let narrow = statement(", \"ssm:GetParameter\"", "arn:aws:ssm:eu-west-1:111122223333:parameter/app");
    assert!(of(&narrow).starts_with("put `ssm:DescribeInstanceInformation` on `*`"));
    let both = of(&format!("{narrow}, {}", statement("", "*")));
    assert!(both.starts_with("leave `ssm:DescribeInstanceInformation` out here"), "{both}");
}

#[test]
fn a_tag_is_not_asked_of_what_cannot_have_it() {
    // A load balancer stands in the request as well, and shows no tags to it.
    let help = help("wildcard_resource", &["wafv2:AssociateWebACL"], &["*"]);
    assert!(help.starts_with("limit `wafv2:AssociateWebACL` to") && !help.contains("ResourceTag"), "{help}");
}

#[test]
fn of_a_pattern_on_permissions_what_nobody_calls_is_left_out() {
    let help = help("permissions_any_resource", &["s3:*Object*"], &["*"]);
    assert!(help.ends_with("; what nobody calls can be left out"), "{help}");
}

#[test]
fn a_revision_that_aws_counts_is_left_open() {
    let help = help("wildcard_resource", &["ecs:RegisterTaskDefinition"], &["*"]);
    assert!(help.contains("task-definition/{TaskDefinitionFamilyName}:*`"), "{help}");
}

#[test]
fn what_aws_has_put_in_place_of_a_policy_is_not_attached_twice() {
    let help = |beside: &str| {
        let text = format!(
            r#"resource "aws_iam_role_policy_attachment" "old" {{
  role       = "app"
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonEC2RoleforSSM"
}}
{beside}
"#
        );
        let [finding] = &found_among(&["attached_full_access"], &[("main.tf", &text)])[..] else {
            panic!("one finding")
        };
        finding.help.clone().unwrap()
    };
    assert!(
        help("").starts_with("attach `AmazonSSMManagedInstanceCore`, which AWS has put in its place"),
        "{}",
        help("")
    );
    let core = r#"resource "aws_iam_role_policy_attachment" "core" {
  role       = "app"
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}"#;
    let both = help(core);
    assert!(both.starts_with("leave it out, since `AmazonSSMManagedInstanceCore` is attached already"), "{both}");
    assert!(both.contains("`CloudWatchAgentServerPolicy` for logs"), "{both}");
}

#[test]
fn what_lies_within_what_is_needed_is_named_where_requests_name_it() {
    let query = help("data_any_resource", &["dynamodb:Query"], &["*"]);
    let wanted = "table/{TableName}`, and to `arn:aws:dynamodb:{Region}:{Account}:table/{TableName}/index/{IndexName}` where a \
        request names it";
    assert!(query.ends_with(wanted), "{query}");
    assert!(!help("wildcard_resource", &["dynamodb:PutItem"], &["*"]).contains("index"));
    // There is one catalogue, and nobody asks for another one.
    assert!(!help("wildcard_resource", &["glue:UpdateTable"], &["*"]).contains("names it"));
}

#[test]
fn of_a_few_things_that_a_request_may_have_none_is_left_out() {
    let address = help("wildcard_resource", &["ec2:AssociateAddress"], &["*"]);
    for kind in [":elastic-ip/", ":instance/", ":network-interface/"] {
        assert!(address.contains(kind), "{address}");
    }
    let model = help("wildcard_resource", &["bedrock:InvokeModel"], &["*"]);
    assert!(model.contains("such as `arn:aws:bedrock:{Region}::foundation-model/{ResourceId}` or"), "{model}");
}

#[test]
fn all_of_systems_manager_in_an_account_is_what_its_lists_are_asked_on() {
    let found = |resource: &str| findings("mismatched_resource", &["ssm:DescribeParameters"], &[resource]).len();
    assert_eq!(found("arn:aws:ssm:eu-west-1:111122223333:*"), 0);
    assert_eq!(found("arn:aws:ssm:eu-west-1:111122223333:parameter/*"), 1);
}

#[test]
fn on_an_arn_of_one_service_nothing_of_another_is_advised() {
    let on = |resource: &str| help("data_any_resource", &["redshift-data:ExecuteStatement"], &[resource]);
    assert!(on("*").contains("redshift-serverless"), "{}", on("*"));
    let clusters = on("arn:aws:redshift:*:*:cluster:*");
    assert!(clusters.contains("cluster:{ClusterName}`") && !clusters.contains("serverless"), "{clusters}");
}

/// A role that some services may assume, with actions on everything.
fn role_of(services: &str, actions: &str) -> String {
    format!(
        r#"
resource "aws_iam_role" "worker" {{
  name = "worker"
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = [{services}] }} }}]
  }})
}}

resource "aws_iam_role_policy" "worker" {{
  role = aws_iam_role.worker.id
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = [{actions}], Resource = "*" }}]
  }})
}}
"#
    )
}

#[test]
fn what_aws_itself_allows_a_service_that_does_its_own_work_is_left_to_it() {
    let found = |services: &str, actions: &str| {
        let text = role_of(services, actions);
        let rules = ["wildcard_resource", "data_any_resource", "permissions_any_resource", "credentials_any_resource"];
        let found = found_among(&rules, &[("main.tf", &text)]);
        found.into_iter().map(|it| (it.severity, it.help.unwrap(), it.message)).collect::<Vec<_>>()
    };
    let reading = r#""logs:PutLogEvents", "logs:FilterLogEvents""#;
    let [(severity, help, _)] = &found(r#""apigateway.amazonaws.com""#, reading)[..] else { panic!("one finding") };
    assert_eq!(*severity, Severity::Low);
    assert!(help.starts_with("`AmazonAPIGatewayPushToCloudWatchLogs`, which AWS writes for the role of"), "{help}");
    assert!(help.contains("leave it, or try whether that still works when you limit `logs:FilterLogEvents`"), "{help}");
    // Somebody's program has it as well.
    let both = r#""apigateway.amazonaws.com", "lambda.amazonaws.com""#;
    let [(severity, help, _)] = &found(both, reading)[..] else { panic!("one finding") };
    assert!(*severity == Severity::Medium && help.starts_with("limit "), "{help}");
    // Nor is it the service's alone where a user has it too.
    let text = role_of(r#""apigateway.amazonaws.com""#, reading);
    let text =
        text.replace(r#""aws_iam_role_policy""#, r#""aws_iam_policy""#).replace("role = aws_iam_role.worker.id", "");
    let text = format!(
        r#"{text}
resource "aws_iam_role_policy_attachment" "worker" {{
  role       = aws_iam_role.worker.name
  policy_arn = aws_iam_policy.worker.arn
}}

resource "aws_iam_user_policy_attachment" "reader" {{
  user       = "reader"
  policy_arn = aws_iam_policy.worker.arn
}}
"#
    );
    let held_twice = found_among(&["data_any_resource"], &[("main.tf", &text)]);
    assert_eq!(held_twice.iter().map(|it| it.severity).collect::<Vec<_>>(), [Severity::Medium]);
    // What the service has no need of is bounded as ever, and each is told what to do about it.
    let more = r#""ec2:CreateSnapshot", "ec2:StopInstances""#;
    let [(one, _, stops), (other, _, copies)] = &found(r#""dlm.amazonaws.com""#, more)[..] else { panic!("two") };
    assert_eq!((*one, *other), (Severity::Medium, Severity::Low));
    assert!(stops.starts_with("`ec2:StopInstances` on") && copies.starts_with("`ec2:CreateSnapshot` on"), "{stops}");
}

#[test]
fn what_lambda_needs_is_said_of_roles_that_lambda_may_assume() {
    let labels = |services: &str| {
        let text = role_of(services, r#""ec2:DeleteNetworkInterface", "ec2:TerminateInstances""#);
        let found = found_among(&["wildcard_resource"], &[("main.tf", &text)]);
        let [finding] = &found[..] else { panic!("one finding") };
        let labels = finding.labels.iter().map(|it| it.message.clone()).collect::<String>();
        format!("{} {} {labels}", finding.message, finding.help.as_deref().unwrap())
    };
    let of_lambda = labels(r#""lambda.amazonaws.com""#);
    assert!(of_lambda.contains("Lambda tries the role"), "{of_lambda}");
    assert!(of_lambda.contains("leave `ec2:DeleteNetworkInterface` on `*`"), "{of_lambda}");
    // For others it is an action as any other.
    let of_ec2 = labels(r#""ec2.amazonaws.com""#);
    assert!(!of_ec2.contains("Lambda") && !of_ec2.contains("leave"), "{of_ec2}");
    assert!(of_ec2.contains("reach every network interface and every instance in the account"), "{of_ec2}");
    let of_nobody = r#""ec2:DeleteNetworkInterface", "ec2:TerminateInstances""#;
    let [finding] = &found_on_a_star(&["wildcard_resource"], of_nobody)[..] else { panic!("one finding") };
    assert!(finding.labels.iter().any(|it| it.message.contains("Lambda tries the role")));
}

#[test]
fn a_source_that_is_asked_for_and_open_is_to_be_narrowed() {
    let help = |condition: &str| {
        let policy = format!(
            r#"resource "aws_sqs_queue_policy" "q" {{
  queue_url = "https://sqs.eu-west-1.amazonaws.com/111122223333/q"
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Principal = {{ Service = "s3.amazonaws.com" }}
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:eu-west-1:111122223333:q"
      {condition}
    }}]
  }})
}}
"#
        );
        found_among(&["confused_deputy"], &[("main.tf", &policy)])[0].help.clone().unwrap()
    };
    let open = help(r#"Condition = { ArnLike = { "aws:SourceArn" = "arn:aws:s3:::*logs*" } }"#);
    assert!(open.starts_with("narrow `aws:SourceArn`, which fits more than what is yours, or require"), "{open}");
    assert!(help("").starts_with("require `aws:SourceAccount` or `aws:SourceArn`, as"));
}

#[test]
fn what_tags_one_kind_of_resource_is_the_action_that_tags_them_all() {
    let both = help("unknown_action", &["scheduler:TagSchedule", "scheduler:TagResource"], &["*"]);
    assert_eq!(both, "leave it out: `scheduler:TagResource` is here already");
    let alone = help("unknown_action", &["scheduler:UntagSchedule"], &["arn:aws:scheduler:*:*:schedule/default/*"]);
    assert_eq!(alone, "write `scheduler:UntagResource` in its place");
}

#[test]
fn all_of_a_service_in_one_account_is_one_step_less_than_everywhere() {
    let severity = |action: &str, resource: &str| findings("wildcard_action", &[action], &[resource])[0].severity;
    assert_eq!(severity("sqs:*", "*"), Severity::High);
    assert_eq!(severity("sqs:*", "arn:aws:sqs:eu-west-1:111122223333:*"), Severity::Medium);
    assert_eq!(severity("sqs:*", "arn:aws:sqs:eu-west-1:111122223333:orders"), Severity::Low);
}

#[test]
fn what_makes_a_program_an_administrator_is_named_with_what_to_write() {
    let help = |actions: &str| {
        let text = role_of(r#""lambda.amazonaws.com""#, actions);
        let [finding] = &found_among(&["workload_administrator"], &[("main.tf", &text)])[..] else {
            panic!("{actions}")
        };
        finding.help.clone().unwrap()
    };
    let one = help(r#""iam:GetRole", "iam:AttachRolePolicy""#);
    assert!(one.starts_with("`iam:AttachRolePolicy` attaches any policy") && one.contains("leave it out, or"), "{one}");
    let pattern = help(r#""iam:*""#);
    assert!(pattern.starts_with("name what the program calls in place of `iam:*`, without `iam:Attach"), "{pattern}");
    assert_eq!(help(r#""*""#), "give the role a policy that names what the program calls");
}

#[test]
fn a_machine_with_all_of_systems_manager_is_told_of_what_its_agent_needs() {
    let help = |service: &str| {
        let role = role_of(&format!("\"{service}\""), r#""s3:ListAllMyBuckets""#);
        let text = format!(
            r#"{role}
resource "aws_iam_role_policy_attachment" "ssm" {{
  role       = aws_iam_role.worker.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMFullAccess"
}}
"#
        );
        found_among(&["attached_full_access"], &[("main.tf", &text)])[0].help.clone().unwrap()
    };
    assert!(help("ec2.amazonaws.com").starts_with("attach `AmazonSSMManagedInstanceCore`, which"));
    assert!(help("lambda.amazonaws.com").starts_with("attach a policy that names"));
}

#[test]
fn what_a_service_can_be_sent_to_do_says_how_bad_it_is() {
    let found = |service: &str, action: &str, resource: &str| {
        let policy = format!(
            r#"resource "aws_s3_bucket_policy" "b" {{
  bucket = "b"
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Principal = {{ Service = "{service}.amazonaws.com" }}
      Action    = "{action}"
      Resource  = ["arn:aws:s3:::b", "arn:aws:s3:::b/{resource}"]
    }}]
  }})
}}
"#
        );
        let [finding] = &found_among(&["confused_deputy"], &[("main.tf", &policy)])[..] else { panic!("{service}") };
        let is_explained = finding.labels.iter().any(|it| it.message.contains("for one account or organisation only"));
        assert_eq!(is_explained, finding.severity == Severity::Low);
        finding.severity
    };
    // What it reads is published.
    assert_eq!(found("cloudfront", "s3:GetObject", "*"), Severity::High);
    // What others have is put beside it.
    assert_eq!(found("cloudtrail", "s3:*", "*"), Severity::Medium);
    assert_eq!(found("cloudtrail", "s3:PutObject", "AWSLogs/*"), Severity::Medium);
    assert_eq!(found("cloudtrail", "s3:PutObject", "trails/AWSLogs/111122223333/*"), Severity::Low);
    // Nothing says that others write elsewhere.
    assert_eq!(found("s3", "s3:PutObject", "AWSLogs/111122223333/*"), Severity::Medium);
}

#[test]
fn the_service_that_acts_for_a_source_is_named() {
    let help = |source: &str| {
        let text = format!(
            r#"resource "aws_lambda_permission" "alarm" {{
  function_name = "notify"
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = "{source}"
}}
"#
        );
        found_among(&["mismatched_source"], &[("main.tf", &text)])[0].help.clone().unwrap()
    };
    let alarm = help("arn:aws:cloudwatch:eu-west-2:111122223333:alarm:*");
    assert!(
        alarm.starts_with("let in `lambda.alarms.cloudwatch.amazonaws.com`, which acts for `cloudwatch`"),
        "{alarm}"
    );
    assert!(help("arn:aws:redshift:eu-west-2:111122223333:cluster:c").starts_with("name the service that"));
    // What is left open says less of what was meant than who is let in.
    let open = help("arn:aws:cloudwatch:eu-west-2:111122223333:*");
    assert!(
        open.starts_with("name a source of `events`, or let in `lambda.alarms.cloudwatch.amazonaws.com`"),
        "{open}"
    );
}

#[test]
fn what_a_module_gives_out_is_called_as_its_caller_calls_it() {
    let module = r#"resource "aws_s3_bucket" "this" {
  bucket = "example-reports"
}

output "arn" {
  value = aws_s3_bucket.this.arn
}
"#;
    let main = r#"module "reports" {
  source = "./bucket"
}

resource "aws_iam_policy" "reports" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = [module.reports.arn, "${module.reports.arn}/*"] }]
  })
}
"#;
    let found = found_among(&["wildcard_action"], &[("main.tf", main), ("bucket/main.tf", module)]);
    let [finding] = &found[..] else { panic!("one finding") };
    assert!(
        finding.message.contains("to `${module.reports.arn}` and `${module.reports.arn}/*`"),
        "{}",
        finding.message
    );
}

#[test]
fn a_job_that_makes_a_model_is_limited_to_all_that_it_is_asked_for() {
    let help = help("wildcard_resource", &["bedrock:CreateModelCustomizationJob"], &["*"]);
    for needed in ["::foundation-model/{ResourceId}`", ":model-customization-job/*`", ":custom-model/*`"] {
        assert!(help.contains(needed), "{help}");
    }
    // What is made has no tag yet.
    assert!(!help.contains("tag"), "{help}");
}

#[test]
fn what_makes_all_of_a_service_dangerous_is_named() {
    for service in ["redshift", "redshift-serverless", "es"] {
        let found = findings("wildcard_action", &[&format!("{service}:*")], &["*"]);
        assert_eq!(found[0].severity, Severity::High);
        assert!(found[0].message.contains(" among them"), "{}", found[0].message);
    }
}

#[test]
fn what_a_policy_is_about_comes_first_of_what_requests_may_name() {
    let help = |others: &str| {
        let actions = format!(r#""wafv2:AssociateWebACL"{others}"#);
        let [finding] = &found_on_a_star(&["wildcard_resource"], &actions)[..] else { panic!("one finding") };
        finding.labels.iter().map(|it| it.message.clone()).chain(finding.help.clone()).collect::<String>()
    };
    let balancing =
        r#", "elasticloadbalancing:SetWebAcl", "elasticloadbalancing:DeleteRule", "cognito-idp:DescribeUserPool""#;
    assert!(help(balancing).contains("what else requests name (load balancer, user pool"), "{}", help(balancing));
    assert!(!help("").contains("load balancer,"), "{}", help(""));
}

#[test]
fn what_runs_code_with_a_role_is_named_before_what_passes_something_on() {
    let actions = r#""events:PutRule", "events:PutTargets", "glue:StartJobRun", "glue:UpdateJob", "iam:PassRole""#;
    let [finding] = &found_on_a_star(&["passrole_any_role"], actions)[..] else { panic!("one finding") };
    assert!(finding.labels.iter().any(|it| it.message == "`glue:UpdateJob` then runs with the role"));
}

#[test]
fn what_takes_a_role_is_allowed_on_all_that_it_needs() {
    let found = |resources: &str| {
        let policy = format!(
            r#"{{"Version": "2012-10-17", "Statement": [
                {{"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": [{resources}]}},
                {{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}}]}}"#
        );
        let [finding] = &found_in("passrole_any_role", &policy)[..] else { panic!("one finding") };
        (finding.severity, finding.labels.iter().any(|it| it.message == "`ec2:RunInstances` then runs with the role"))
    };
    // An image is in no account.
    let account = r#""arn:aws:ec2:eu-west-1:111122223333:*""#;
    assert_eq!(found(account), (Severity::Medium, false));
    assert_eq!(found(&format!(r#"{account}, "arn:aws:ec2:*::image/ami-1""#)), (Severity::High, true));
    assert_eq!(found(r#""arn:aws:ec2:*:*:*""#), (Severity::High, true));
}

/// What is advised about the whole of KMS in a key policy.
fn advised_of_key(principal: &str) -> String {
    let key = format!(
        r#"
resource "aws_kms_key" "disks" {{
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "kms:*", Resource = "*", Principal = {{ {principal} }} }}]
  }})
}}"#
    );
    found_among(&["kms_wildcard_action"], &[("main.tf", &key)])[0].help.clone().unwrap()
}

#[test]
fn a_service_manages_no_key() {
    assert!(
        advised_of_key(r#"Service = "ec2.amazonaws.com""#).starts_with("leave the statement out: EBS uses a key by a")
    );
    assert!(advised_of_key(r#"Service = "sns.amazonaws.com""#).starts_with("name what the service does with the key"));
    assert!(advised_of_key(r#"AWS = "arn:aws:iam::111122223333:role/app""#).starts_with("split it"));
}

#[test]
fn one_habit_of_a_document_is_said_once() {
    let text = |count: usize| {
        let statement = |n: usize| {
            format!(
                r#"{{ "Effect": "Allow", "Principal": {{ "AWS": "*" }}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/{n}/*",
                "Condition": {{ "StringLike": {{ "aws:PrincipalArn": "arn:aws:iam::*:role/app-{n}" }} }} }}"#
            )
        };
        let statements: Vec<_> = (0..count).map(statement).collect();
        format!(r#"{{ "Version": "2012-10-17", "Statement": [{}] }}"#, statements.join(","))
    };
    let found = |count| found_in("mismatched_condition_operator", &text(count));
    assert_eq!(found(3).len(), 3);
    let [finding] = &found(4)[..] else { panic!("one finding") };
    assert!(finding.message.ends_with(", in 4 conditions"), "{}", finding.message);
    assert_eq!(finding.labels.iter().filter(|it| it.message == "and here").count(), 3);
}

#[test]
fn a_pattern_that_leaves_open_only_the_verb_says_what_it_gives() {
    let count = |action: &str| findings("partial_wildcard_action", &[action], &["arn:aws:s3:::reports/*"]).len();
    assert_eq!(count("s3:*ObjectAcl"), 0);
    assert_eq!(count("s3:*ObjectA*"), 1);
    assert_eq!(findings("partial_wildcard_action", &["s3:*ObjectAcl"], &["*"]).len(), 1);
}

#[test]
fn what_is_taken_away_is_what_no_other_policy_gives() {
    let role = |others: &str| {
        let text = format!(
            r#"
resource "aws_iam_role" "app" {{
  name                = "app"
  assume_role_policy  = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = "ec2.amazonaws.com" }} }}] }})
  managed_policy_arns = ["arn:aws:iam::aws:policy/service-role/AmazonEC2RoleforSSM"{others}]
}}"#
        );
        found_among(&["attached_full_access"], &[("main.tf", &text)])[0].message.clone()
    };
    let alone = role("");
    assert!(alone.contains("`s3:GetObject`, `s3:PutObject`") && !alone.contains("ssm:"), "{alone}");
    assert!(alone.contains("`logs:PutLogEvents`"), "{alone}");
    let logged = role(r#", "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy""#);
    assert!(!logged.contains("logs:"), "{logged}");
}

#[test]
fn what_a_service_calls_with_its_role_is_called_by_way_of_nothing() {
    let help = |service: &str| {
        let text = role_of(service, r#""s3:GetObject""#).replace(
            r#"Resource = "*""#,
            r#"Resource = "*", Condition = { "ForAllValues:StringEquals" = { "aws:CalledVia" = ["guardduty.amazonaws.com"] } }"#,
        );
        let [finding] = &found_among(&["optional_guard"], &[("main.tf", &text)])[..] else { panic!("one finding") };
        (finding.help.clone().unwrap(), finding.fixes.len())
    };
    let (own, fixes) = help(r#""malware-protection-plan.guardduty.amazonaws.com""#);
    assert!(own.starts_with("leave it out: only `malware-protection-plan") && fixes == 0, "{own}");
    // A program may call one service by way of another.
    assert!(help(r#""lambda.amazonaws.com""#).0.starts_with("write `ForAnyValue:StringEquals`"));
}

#[test]
fn what_aws_has_people_write_for_a_service_is_low_and_its_help_says_so() {
    let found = |service: &str| {
        let text = role_of(service, r#""kms:CreateGrant", "kms:Decrypt", "ec2:ModifySnapshotAttribute""#);
        let rules = ["kms_unbounded_grant", "kms_any_key", "permissions_any_resource"];
        let found = found_among(&rules, &[("main.tf", &text)]);
        assert_eq!(found.len(), 3);
        found.into_iter().map(|it| (it.severity, it.help.unwrap())).collect::<Vec<_>>()
    };
    for (severity, help) in found(r#""vmie.amazonaws.com""#) {
        assert_eq!(severity, Severity::Low, "{help}");
        assert!(help.contains("https://docs.aws.amazon.com/vm-import/") && help.contains("leave it, or try"), "{help}");
    }
    let of_another = found(r#""ec2.amazonaws.com""#);
    assert!(of_another.iter().all(|(severity, help)| *severity > Severity::Low && !help.contains("https:")));
}

#[test]
fn a_command_is_bound_to_instances_apart_from_its_document() {
    let help = |resources: &[&str]| help("commands_any_instance", &["ssm:SendCommand"], resources);
    let (document, instances) = ("arn:aws:ssm:*::document/AWS-RunShellScript", "arn:aws:ec2:*:111122223333:instance/*");
    let beside = help(&[document, instances]);
    assert!(beside.starts_with("put the instances in a statement of their own, and there name them or"), "{beside}");
    let of =
        |resource: &str| format!(r#"{{"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": "{resource}"}}"#);
    let apart = format!(r#"{{"Version": "2012-10-17", "Statement": [{}, {}]}}"#, of(document), of(instances));
    let [finding] = &found_in("commands_any_instance", &apart)[..] else { panic!("one finding") };
    assert!(finding.help.as_ref().unwrap().starts_with("name the instances, or require a tag"));
}

#[test]
fn what_seldom_needs_a_star_is_not_put_on_one_in_place_of_an_arn() {
    let help = help("mismatched_resource", &["sns:Publish"], &["arn:aws:sqs:eu-west-2:111122223333:jobs"]);
    assert!(help.starts_with("`sns:Publish` needs `arn:aws:sns:"), "{help}");
}
