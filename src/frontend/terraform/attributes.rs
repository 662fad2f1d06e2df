//! What the AWS provider computes: attributes that no file gives, but whose shape is known from the type.

use std::sync::Arc;

use super::evaluator::{Evaluator, Instance, Scope, is_repeated, labels, text_of};
use crate::catalog;
use crate::source::Span;
use crate::syntax::hcl::Block;
use crate::value::{HOLE, Hole, HoleKind, Node, Origin, Text, Value};

/// Attributes commonly asked of a resource taken whole.
pub(super) const COMMON: &[&str] = &["arn", "id", "name", "unique_id", "key_id", "url", "bucket"];

/// ARN of a type, with `{attribute}` for what the resource says of itself. `{p}`, `{r}`, `{a}`: partition, region,
/// account; `{path}`, `{bus/}`, `{parameter}`: see [`Own::special`]. Sorted by type. <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
const ARNS: &[(&str, &str)] = &[
    ("aws_api_gateway_rest_api", "arn:{p}:apigateway:{r}::/restapis/{id}"),
    ("aws_athena_workgroup", "arn:{p}:athena:{r}:{a}:workgroup/{name}"),
    ("aws_backup_vault", "arn:{p}:backup:{r}:{a}:backup-vault:{name}"),
    ("aws_batch_job_queue", "arn:{p}:batch:{r}:{a}:job-queue/{name}"),
    ("aws_cloudwatch_event_bus", "arn:{p}:events:{r}:{a}:event-bus/{name}"),
    ("aws_cloudwatch_event_rule", "arn:{p}:events:{r}:{a}:rule/{bus/}{name}"),
    ("aws_cloudwatch_log_destination", "arn:{p}:logs:{r}:{a}:destination:{name}"),
    ("aws_cloudwatch_log_group", "arn:{p}:logs:{r}:{a}:log-group:{name}"),
    ("aws_cloudwatch_log_stream", "arn:{p}:logs:{r}:{a}:log-group:{log_group_name}:log-stream:{name}"),
    ("aws_cloudwatch_metric_alarm", "arn:{p}:cloudwatch:{r}:{a}:alarm:{alarm_name}"),
    ("aws_codebuild_project", "arn:{p}:codebuild:{r}:{a}:project/{name}"),
    ("aws_codecommit_repository", "arn:{p}:codecommit:{r}:{a}:{repository_name}"),
    ("aws_codepipeline", "arn:{p}:codepipeline:{r}:{a}:{name}"),
    ("aws_cognito_user_pool", "arn:{p}:cognito-idp:{r}:{a}:userpool/{id}"),
    ("aws_db_instance", "arn:{p}:rds:{r}:{a}:db:{identifier}"),
    ("aws_dynamodb_table", "arn:{p}:dynamodb:{r}:{a}:table/{name}"),
    ("aws_ebs_volume", "arn:{p}:ec2:{r}:{a}:volume/{id}"),
    ("aws_ecr_repository", "arn:{p}:ecr:{r}:{a}:repository/{name}"),
    ("aws_ecs_cluster", "arn:{p}:ecs:{r}:{a}:cluster/{name}"),
    ("aws_ecs_service", "arn:{p}:ecs:{r}:{a}:service/{cluster_name}/{name}"),
    ("aws_ecs_task_definition", "arn:{p}:ecs:{r}:{a}:task-definition/{family}:{revision}"),
    ("aws_efs_access_point", "arn:{p}:elasticfilesystem:{r}:{a}:access-point/{id}"),
    ("aws_efs_file_system", "arn:{p}:elasticfilesystem:{r}:{a}:file-system/{id}"),
    ("aws_eks_cluster", "arn:{p}:eks:{r}:{a}:cluster/{name}"),
    ("aws_elasticsearch_domain", "arn:{p}:es:{r}:{a}:domain/{domain_name}"),
    ("aws_emr_cluster", "arn:{p}:elasticmapreduce:{r}:{a}:cluster/{id}"),
    ("aws_glue_catalog_database", "arn:{p}:glue:{r}:{a}:database/{name}"),
    ("aws_glue_catalog_table", "arn:{p}:glue:{r}:{a}:table/{database_name}/{name}"),
    ("aws_glue_connection", "arn:{p}:glue:{r}:{a}:connection/{name}"),
    ("aws_glue_crawler", "arn:{p}:glue:{r}:{a}:crawler/{name}"),
    ("aws_glue_job", "arn:{p}:glue:{r}:{a}:job/{name}"),
    ("aws_iam_group", "arn:{p}:iam::{a}:group{path}{name}"),
    ("aws_iam_instance_profile", "arn:{p}:iam::{a}:instance-profile{path}{name}"),
    ("aws_iam_openid_connect_provider", "arn:{p}:iam::{a}:oidc-provider/{issuer}"),
    ("aws_iam_policy", "arn:{p}:iam::{a}:policy{path}{name}"),
    ("aws_iam_role", "arn:{p}:iam::{a}:role{path}{name}"),
    ("aws_iam_saml_provider", "arn:{p}:iam::{a}:saml-provider/{name}"),
    ("aws_iam_user", "arn:{p}:iam::{a}:user{path}{name}"),
    ("aws_instance", "arn:{p}:ec2:{r}:{a}:instance/{id}"),
    ("aws_kinesis_firehose_delivery_stream", "arn:{p}:firehose:{r}:{a}:deliverystream/{name}"),
    ("aws_kinesis_stream", "arn:{p}:kinesis:{r}:{a}:stream/{name}"),
    ("aws_kms_alias", "arn:{p}:kms:{r}:{a}:{name}"),
    ("aws_kms_external_key", "arn:{p}:kms:{r}:{a}:key/{key_id}"),
    ("aws_kms_key", "arn:{p}:kms:{r}:{a}:key/{key_id}"),
    ("aws_kms_replica_key", "arn:{p}:kms:{r}:{a}:key/{key_id}"),
    ("aws_lambda_function", "arn:{p}:lambda:{r}:{a}:function:{function_name}"),
    ("aws_lambda_layer_version", "arn:{p}:lambda:{r}:{a}:layer:{layer_name}:{version}"),
    ("aws_mq_broker", "arn:{p}:mq:{r}:{a}:broker:{broker_name}:{id}"),
    ("aws_mwaa_environment", "arn:{p}:airflow:{r}:{a}:environment/{name}"),
    ("aws_opensearch_domain", "arn:{p}:es:{r}:{a}:domain/{domain_name}"),
    ("aws_rds_cluster", "arn:{p}:rds:{r}:{a}:cluster:{cluster_identifier}"),
    ("aws_rds_cluster_instance", "arn:{p}:rds:{r}:{a}:db:{identifier}"),
    ("aws_redshift_cluster", "arn:{p}:redshift:{r}:{a}:cluster:{cluster_identifier}"),
    ("aws_route53_zone", "arn:{p}:route53:::hostedzone/{zone_id}"),
    ("aws_s3_access_point", "arn:{p}:s3:{r}:{a}:accesspoint/{name}"),
    ("aws_s3_bucket", "arn:{p}:s3:::{bucket}"),
    ("aws_sagemaker_endpoint", "arn:{p}:sagemaker:{r}:{a}:endpoint/{name}"),
    ("aws_secretsmanager_secret", "arn:{p}:secretsmanager:{r}:{a}:secret:{name}-{suffix}"),
    ("aws_security_group", "arn:{p}:ec2:{r}:{a}:security-group/{id}"),
    ("aws_ses_domain_identity", "arn:{p}:ses:{r}:{a}:identity/{domain}"),
    ("aws_sfn_activity", "arn:{p}:states:{r}:{a}:activity:{name}"),
    ("aws_sfn_state_machine", "arn:{p}:states:{r}:{a}:stateMachine:{name}"),
    ("aws_sns_topic", "arn:{p}:sns:{r}:{a}:{name}"),
    ("aws_sqs_queue", "arn:{p}:sqs:{r}:{a}:{name}"),
    ("aws_ssm_document", "arn:{p}:ssm:{r}:{a}:document/{name}"),
    ("aws_ssm_parameter", "arn:{p}:ssm:{r}:{a}:parameter/{parameter}"),
    ("aws_subnet", "arn:{p}:ec2:{r}:{a}:subnet/{id}"),
    ("aws_vpc", "arn:{p}:ec2:{r}:{a}:vpc/{id}"),
    ("aws_vpc_endpoint", "arn:{p}:ec2:{r}:{a}:vpc-endpoint/{id}"),
];

/// Attributes that repeat another one: the id of a bucket is its name.
const SAME: &[(&str, &str, &str)] = &[
    ("aws_cloudwatch_log_group", "id", "name"),
    ("aws_dynamodb_table", "id", "name"),
    ("aws_ecr_repository", "id", "name"),
    ("aws_ecs_cluster", "id", "arn"),
    ("aws_glue_job", "id", "name"),
    ("aws_iam_group", "id", "name"),
    ("aws_iam_policy", "id", "arn"),
    ("aws_iam_role", "id", "name"),
    ("aws_iam_user", "id", "name"),
    ("aws_kinesis_stream", "id", "arn"),
    ("aws_kms_key", "id", "key_id"),
    ("aws_lambda_function", "id", "function_name"),
    ("aws_s3_bucket", "id", "bucket"),
    ("aws_secretsmanager_secret", "id", "arn"),
    ("aws_sfn_state_machine", "id", "arn"),
    ("aws_sns_topic", "id", "arn"),
];

/// The ARN of a type, see [`ARNS`].
pub(super) fn arn_form(kind: &str) -> Option<&'static str> {
    ARNS.binary_search_by(|(it, _)| it.cmp(&kind)).ok().map(|at| ARNS[at].1)
}

/// The form of an ARN without the names of its parts: `arn:{}:s3:::{}`.
pub(super) fn bare(form: &str) -> String {
    let mut out = String::with_capacity(form.len());
    let mut rest = form;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before.strip_suffix('$').unwrap_or(before));
        out.push_str("{}");
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    // Secrets Manager adds a suffix of its own to a name; a path ends in a slash, and a bus by itself is the default one.
    out.replace("{}-{}", "{}").replace("{}{}", "/{}").replace("//", "/")
}

/// Whether the provider computes an attribute although a configuration may hold one of that name.
pub(super) fn is_computed_over(kind: &str, name: &str) -> bool {
    // `arn` of a data source is what is looked up, and of a resource never given.
    name == "arn" && !kind.starts_with("aws_iam_policy") && kind != "aws_arn" && arn_form(kind).is_some()
}

/// The value of an attribute that the configuration does not give; `written` is how it is asked for at `span`.
pub(super) fn computed(
    evaluator: &Evaluator<'_>,
    block: &Block,
    instance: &Instance,
    name: &str,
    span: Span,
    written: &Arc<str>,
) -> Node {
    let [kind, _] = labels(block);
    let is_data = &*block.kind.text == "data";
    let own = Own { is_data, block, instance, span };
    let words = &evaluator.words;
    let opaque = |name: &str, why: &Arc<str>| {
        let text = Text::hole(own.hole(name, why)).written_as(Arc::clone(written), span);
        Node::new(Value::Text(text), span)
    };
    if is_data && kind == "aws_kms_alias" && matches!(name, "target_key_arn" | "target_key_id") {
        return key_of_alias(evaluator, &own, name, written);
    }
    if is_data && let Some(node) = looked_up(evaluator, kind, block, instance, name, span) {
        return node;
    }
    let same = SAME.iter().find(|(it, attribute, _)| *it == kind && *attribute == name).map(|(_, _, same)| *same);
    if let Some(same) = same {
        if same == "arn" {
            return arn(evaluator, kind, &own, written).unwrap_or_else(|| opaque(same, &words.chosen));
        }
        return own.given(evaluator, same).unwrap_or_else(|| opaque(same, &words.chosen));
    }
    if name == "arn"
        && let Some(node) = arn(evaluator, kind, &own, written)
    {
        return node;
    }
    if is_data && !matches!(name, "arn" | "id" | "name" | "key_id" | "account_id" | "url" | "alias") {
        return own.unknown(name, &words.looked_up);
    }
    if kind.starts_with("aws_")
        || matches!(kind.split('_').next(), Some("random" | "time" | "tls" | "archive" | "null"))
    {
        return opaque(name, &words.computed);
    }
    own.unknown(name, &words.computed)
}

/// What many holes say.
pub(super) struct Words {
    partition: Arc<str>,
    region: Arc<str>,
    account: Arc<str>,
    chosen: Arc<str>,
    computed: Arc<str>,
    looked_up: Arc<str>,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            partition: "data.aws_partition.current.partition".into(),
            region: "data.aws_region.current.name".into(),
            account: "data.aws_caller_identity.current.account_id".into(),
            chosen: "AWS chooses it".into(),
            computed: "the provider computes it".into(),
            looked_up: "a data source is read when Terraform runs".into(),
        }
    }
}

/// One instance of a block, and the place that asks something of it.
struct Own<'b> {
    is_data: bool,
    block: &'b Block,
    instance: &'b Instance,
    span: Span,
}

impl Own<'_> {
    /// What AWS chooses for an attribute: the same hole for whoever refers to it, and however.
    fn hole(&self, name: &str, why: &Arc<str>) -> Arc<Hole> {
        self.known_as(self.address_of(name), why)
    }

    /// A value that may be anything, likewise.
    fn unknown(&self, name: &str, why: &Arc<str>) -> Node {
        let hole = self.known_as(self.address_of(name), why);
        Node::unknown(Hole { kind: HoleKind::Free, ..(*hole).clone() })
    }

    /// What the block says of itself.
    fn given(&self, evaluator: &Evaluator<'_>, name: &str) -> Option<Node> {
        let node = evaluator.value(&self.block.body.attribute(name)?.value, &self.instance.scope);
        // A key is looked up by its alias or its ARN as well as by its id.
        let is_id = || node.as_str().is_some_and(|it| !it.contains(['/', ':']));
        let is_other = self.is_data && name == "key_id" && !is_id();
        (!node.is_null() && !is_other).then_some(node)
    }

    fn given_text(&self, evaluator: &Evaluator<'_>, name: &str) -> Option<Text> {
        text_of(&self.given(evaluator, name)?)
    }

    /// What stands in an ARN otherwise than it is given: `path` has a default, which `/` ends; the bus of a rule stands
    /// there with a slash unless it is the default one; the name of a parameter stands behind one slash, whether it begins
    /// with one or not; a provider of OpenID Connect is called by its URL without the scheme; and a resource may name its
    /// own region. None for all else.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>
    fn special(&self, evaluator: &Evaluator<'_>, name: &str) -> Option<Option<Text>> {
        let given = |name: &str| self.given_text(evaluator, name);
        let slash = || Text::known("/", self.span);
        Some(match name {
            "path" => Some(given("path").unwrap_or_else(slash)),
            "bus/" => match given("event_bus_name") {
                None => Some(Text::default()),
                Some(bus) if bus.as_known() == Some("default") => Some(Text::default()),
                // It may be an ARN as well.
                Some(bus) if bus.raw().starts_with("arn:") => {
                    let at = bus.raw().rfind('/').map_or(bus.len(), |at| at + 1);
                    Some(followed_by_slash(bus.slice(at..bus.len()), self.span))
                }
                Some(bus) => Some(followed_by_slash(bus, self.span)),
            },
            "parameter" => given("name").map(|it| {
                let from = usize::from(it.raw().starts_with('/'));
                it.slice(from..it.len())
            }),
            // What comes from elsewhere may be with the scheme or without.
            "issuer" => given("url").filter(|it| !it.raw().starts_with(HOLE)).map(|it| {
                let from = it.raw().strip_prefix("https://").map_or(0, |rest| it.len() - rest.len());
                it.slice(from..it.len())
            }),
            "r" if !self.is_data => given("region"),
            _ => return None,
        })
    }

    fn address_of(&self, name: &str) -> String {
        let [kind, own] = labels(self.block);
        let data = if self.is_data { "data." } else { "" };
        [data, kind, ".", own, &*self.instance.key, ".", name].concat()
    }

    fn known_as(&self, reference: impl Into<Arc<str>>, why: &Arc<str>) -> Arc<Hole> {
        Arc::new(Hole {
            kind: HoleKind::Opaque,
            reference: reference.into(),
            scope: Arc::clone(&self.instance.scope.module.address),
            span: self.span,
            why: Arc::clone(why),
            many: false,
        })
    }
}

fn followed_by_slash(mut text: Text, span: Span) -> Text {
    text.push_known("/", span);
    text
}

/// Attributes of data sources whose values are known, or known in shape.
fn looked_up(
    evaluator: &Evaluator<'_>,
    kind: &str,
    block: &Block,
    instance: &Instance,
    name: &str,
    span: Span,
) -> Option<Node> {
    let scope = &instance.scope;
    let given = |name: &str| block.body.attribute(name).map(|it| evaluator.value(&it.value, scope));
    Some(match (kind, name) {
        ("aws_caller_identity", "account_id" | "id") => {
            evaluator.opaque(span, scope, "the account is chosen when Terraform runs")
        }
        (
            "aws_caller_identity"
            | "aws_partition"
            | "aws_region"
            | "aws_organizations_organization"
            | "aws_canonical_user_id"
            | "aws_elb_service_account"
            | "aws_default_tags"
            | "aws_availability_zones"
            | "aws_vpc"
            | "aws_subnet"
            | "aws_ami"
            | "aws_eks_cluster"
            | "aws_iam_session_context"
            | "aws_redshift_service_account"
            | "aws_cloudtrail_service_account",
            _,
        ) => evaluator.opaque(span, scope, "it is read when Terraform runs"),
        ("aws_service_principal", "name" | "id") => {
            let service = given("service_name")?;
            let mut text = text_of(&service)?;
            text.push_known(".amazonaws.com", span);
            Node::new(Value::Text(text), span)
        }
        ("aws_iam_policy", "policy") => {
            let wanted = given("arn").or_else(|| given("name"))?;
            let document = catalog::managed_policy(wanted.as_str()?)?.document();
            // The document is AWS's: every part of it stands for the reference.
            let mut text = Text::default();
            text.push_known(document, span);
            Node::new(Value::Text(text), span)
        }
        ("aws_iam_policy", "arn") => match (given("arn"), given("name")) {
            (Some(arn), _) => arn,
            (None, Some(wanted)) => match wanted.as_str().and_then(catalog::managed_policy) {
                Some(policy) => Node::new(Value::Text(Text::known(&policy.arn(), span)), span),
                None => evaluator.opaque(span, scope, "the policy is looked up when Terraform runs"),
            },
            _ => return None,
        },
        ("template_file", "rendered") => {
            let template = given("template")?;
            let vars = given("vars").unwrap_or_else(|| Node::new(Value::Object(Arc::default()), span));
            evaluator.rendered(template.as_text()?, &vars, span, scope)
        }
        ("aws_arn", _) => {
            let arn = given("arn")?;
            let parts = crate::policy::split_arn(arn.as_str()?).into_iter().map(str::to_owned).collect::<Vec<_>>();
            let at = match name {
                "partition" => 1,
                "service" => 2,
                "region" => 3,
                "account" => 4,
                "resource" => 5,
                _ => return None,
            };
            Node::new(Value::Text(Text::known(parts.get(at)?, span)), span)
        }
        _ => return None,
    })
}

/// The key behind an alias that is looked up: that of the module's own alias of this name, else one that AWS knows.
fn key_of_alias(evaluator: &Evaluator<'_>, own: &Own<'_>, name: &str, written: &Arc<str>) -> Node {
    let scope = &own.instance.scope;
    let folder = &scope.module.folder;
    let wanted = own.given_text(evaluator, "name");
    let aliases = folder.blocks("resource").filter(|(_, [kind, _])| *kind == "aws_kms_alias");
    let key = aliases.filter_map(|(id, _)| folder.block(id)).find_map(|block| {
        let [name, key] = ["name", "target_key_id"].map(|it| block.body.attribute(it));
        // One that stands more than once is not looked up by what they share.
        let scope = Scope::of(&scope.module);
        let alias = text_of(&evaluator.value(&name.filter(|_| !is_repeated(&block))?.value, &scope));
        (alias.is_some() && alias == wanted).then(|| text_of(&evaluator.value(&key?.value, &scope)))?
    });
    let span = own.span;
    let is_arn = key.as_ref().is_some_and(|it| it.raw().starts_with("arn:"));
    let mut text = Text::default();
    if name == "target_key_arn" && !is_arn {
        let words = &evaluator.words;
        for (before, part) in [("arn:", &words.partition), (":kms:", &words.region), (":", &words.account)] {
            text.push_known(before, span);
            text.push_hole(own.known_as(Arc::clone(part), &words.chosen));
        }
        text.push_known(":key/", span);
    }
    match key {
        // The last part of an ARN of a key is its id.
        Some(key) if name == "target_key_id" && is_arn => {
            let at = key.raw().rfind('/').map_or(0, |at| at + 1);
            text.push_text(&key.slice(at..key.len()), &Origin::HERE);
        }
        Some(key) => text.push_text(&key, &Origin::HERE),
        None => text.push_hole(own.hole("target_key_id", &evaluator.words.chosen)),
    }
    Node::new(Value::Text(text.written_as(Arc::clone(written), span)), span)
}

/// The ARN of a type, with what the block says of itself where its name goes.
fn arn(evaluator: &Evaluator<'_>, kind: &str, own: &Own<'_>, written: &Arc<str>) -> Option<Node> {
    let mut form = arn_form(kind)?;
    let span = own.span;
    let mut text = Text::with_room(2 * form.matches('{').count() + 1);
    while let Some((before, rest)) = form.split_once('{') {
        text.push_known(before, span);
        let (name, rest) = rest.split_once('}')?;
        form = rest;
        match own.special(evaluator, name).unwrap_or_else(|| own.given_text(evaluator, name)) {
            Some(given) => text.push_text(&given, &Origin::HERE),
            None => {
                let words = &evaluator.words;
                text.push_hole(match name {
                    "p" => own.known_as(Arc::clone(&words.partition), &words.chosen),
                    "r" => own.known_as(Arc::clone(&words.region), &words.chosen),
                    "a" => own.known_as(Arc::clone(&words.account), &words.chosen),
                    "parameter" => own.hole("name", &words.chosen),
                    _ => own.hole(name, &words.chosen),
                });
            }
        }
    }
    text.push_known(form, span);
    Some(Node::new(Value::Text(text.written_as(Arc::clone(written), span)), span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(ARNS.is_sorted_by(|a, b| a.0 < b.0));
    }
}
