//! What the resources of a configuration set of each other where only one setting comes to stand, and arguments that the
//! provider has deprecated. Two tables; the documentation of each type is at
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs>.

use std::cell::LazyCell;
use std::rc::Rc;
use std::sync::Arc;

use super::collect::prefixed;
use super::evaluator::{Evaluator, Instance, Module, Repeat, Scope, text_of};
use super::folder::BlockId;
use super::resources;
use crate::frontend::{Claim, Configuration, DeprecatedArgument, Subject};
use crate::policy::Place;
use crate::source::Span;
use crate::syntax::hcl::Block;
use crate::value::{Node, Origin, Text, Value, is_name};

/// A type, the argument or block by which it claims, and the attribute that says of which resource; of itself when that
/// is its own `id`.
struct Claims {
    kind: &'static str,
    argument: &'static str,
    on: &'static str,
    subject: Subject,
    exclusive: bool,
}

impl Claims {
    /// Whether the argument must be given: a resource of its own has it, and a domain has it beside others.
    fn is_required(&self) -> bool {
        self.on != "id" && !self.kind.ends_with("_domain")
    }
}

const fn policy(kind: &'static str, argument: &'static str, on: &'static str) -> Claims {
    Claims { kind, argument, on, subject: Subject::Policy, exclusive: true }
}

const fn role(kind: &'static str, argument: &'static str, on: &'static str, subject: Subject, own: bool) -> Claims {
    Claims { kind, argument, on, subject, exclusive: own }
}

/// Sorted by type.
const CLAIMS: &[Claims] = &[
    policy("aws_api_gateway_rest_api_policy", "policy", "rest_api_id"),
    policy("aws_backup_vault_policy", "policy", "backup_vault_name"),
    policy("aws_cloudwatch_event_bus_policy", "policy", "event_bus_name"),
    policy("aws_dynamodb_resource_policy", "policy", "resource_arn"),
    policy("aws_ecr_repository_policy", "policy", "repository"),
    policy("aws_ecrpublic_repository_policy", "policy", "repository_name"),
    policy("aws_efs_file_system_policy", "policy", "file_system_id"),
    policy("aws_elasticsearch_domain", "access_policies", "domain_name"),
    policy("aws_elasticsearch_domain_policy", "access_policies", "domain_name"),
    Claims {
        kind: "aws_iam_policy_attachment",
        argument: "policy_arn",
        on: "policy_arn",
        subject: Subject::Holders,
        exclusive: true,
    },
    role("aws_iam_role", "inline_policy", "id", Subject::InlinePolicies, true),
    role("aws_iam_role", "managed_policy_arns", "id", Subject::AttachedPolicies, true),
    role("aws_iam_role_policy", "policy", "role", Subject::InlinePolicies, false),
    role("aws_iam_role_policy_attachment", "policy_arn", "role", Subject::AttachedPolicies, false),
    policy("aws_kinesis_resource_policy", "policy", "resource_arn"),
    policy("aws_kms_key", "policy", "id"),
    policy("aws_kms_key_policy", "policy", "key_id"),
    policy("aws_opensearch_domain", "access_policies", "domain_name"),
    policy("aws_opensearch_domain_policy", "access_policies", "domain_name"),
    policy("aws_s3_bucket", "policy", "id"),
    policy("aws_s3_bucket_policy", "policy", "bucket"),
    policy("aws_secretsmanager_secret", "policy", "id"),
    policy("aws_secretsmanager_secret_policy", "policy", "secret_arn"),
    policy("aws_sns_topic", "policy", "id"),
    policy("aws_sns_topic_policy", "policy", "arn"),
    policy("aws_sqs_queue", "policy", "id"),
    policy("aws_sqs_queue_policy", "policy", "queue_url"),
    policy("aws_vpc_endpoint", "policy", "id"),
    policy("aws_vpc_endpoint_policy", "policy", "vpc_endpoint_id"),
];

/// A type, its argument or block, the version of the provider that deprecated it, what it takes away by being there, and
/// what takes its place. <https://github.com/hashicorp/terraform-provider-aws/blob/main/CHANGELOG.md>
const DEPRECATED: &[(&str, &str, &str, &str, &str)] = &[
    (
        "aws_iam_role",
        "inline_policy",
        "5.68",
        "every inline policy that the role is given elsewhere",
        "`aws_iam_role_policy`, and from 5.68 on `aws_iam_role_policies_exclusive` to allow no others",
    ),
    (
        "aws_iam_role",
        "managed_policy_arns",
        "5.72",
        "every policy that is attached to the role elsewhere",
        "`aws_iam_role_policy_attachment`, and from 5.72 on `aws_iam_role_policy_attachments_exclusive` to allow no others",
    ),
];

/// Adds what the modules claim, what they use that is deprecated, and which statements their documents replace.
pub(super) fn collect(evaluator: &Evaluator<'_>, modules: &[Rc<Module>], out: &mut Configuration) {
    let constraints =
        LazyCell::new(|| modules.iter().flat_map(|it| provider_versions(evaluator, it)).collect::<Vec<Text>>());
    // All modules have one provider, so what one of them asks of it holds for all.
    let may_be = |version: &str| !constraints.iter().any(|it| it.as_known().is_some_and(|it| excludes(it, version)));
    for module in modules {
        for (id, [kind, name]) in module.folder.concerning() {
            let first = CLAIMS.partition_point(|it| it.kind < kind);
            let claims = || CLAIMS[first..].iter().take_while(|it| it.kind == kind);
            if claims().next().is_none() {
                continue;
            }
            let Some(block) = module.folder.block(id) else { continue };
            let repeated = evaluator.repeated(module, &block);
            for instance in &repeated.instances {
                let address = prefixed(module, &[kind, ".", name, &instance.key]);
                let resource = [kind, ".", name].concat();
                let it = Declared { evaluator, module, id, block: &block, instance, resource, address };
                let certain = !matches!(repeated.repeat, Repeat::Unknown { .. });
                out.claims.extend(claims().filter_map(|claims| it.claim(claims, certain)));
                let deprecated = DEPRECATED.iter().filter(|(of, ..)| *of == kind);
                out.deprecated.extend(deprecated.filter_map(|(_, name, since, takes_away, instead)| {
                    let (place, address) = it.deprecated(name).filter(|_| may_be(since))?;
                    Some(DeprecatedArgument { name, since, takes_away, instead, address, place })
                }));
            }
        }
    }
    out.replaced = evaluator.replaced.take();
}

/// What a module asks of the version of the provider.
fn provider_versions(evaluator: &Evaluator<'_>, module: &Rc<Module>) -> Vec<Text> {
    let mut out = Vec::new();
    for (id, _) in module.folder.blocks("terraform") {
        let Some(block) = module.folder.block(id) else { continue };
        for required in block.body.blocks_named("required_providers") {
            let Some(aws) = required.body.attribute("aws") else { continue };
            let node = evaluator.value(&aws.value, &Scope::of(module));
            out.extend(node.get("version").unwrap_or_else(|| node.clone()).to_text());
        }
    }
    out
}

/// Whether a constraint lets no version through from this one on. `~> 5.20.0` ends with 5.20, `~> 4.0` with 4, and `~> 4`
/// nowhere. <https://developer.hashicorp.com/terraform/language/expressions/version-constraints>
fn excludes(constraint: &str, from: &str) -> bool {
    // Major, minor and patch, and how many of them are written.
    let parsed = |text: &str| {
        let written = text.split('-').next().unwrap_or_default();
        let mut parts = [0u32; 3];
        let count = written.split('.').count();
        for (part, number) in parts.iter_mut().zip(written.split('.')) {
            *part = number.parse().ok()?;
        }
        Some((parts, count.min(parts.len())))
    };
    let Some((from, _)) = parsed(from) else { return false };
    constraint.split(',').map(str::trim).any(|one| {
        let version = one.trim_start_matches(['=', '<', '>', '~', '!', ' ']);
        let Some((last, count)) = parsed(version) else { return false };
        match one[..one.len() - version.len()].trim() {
            "" | "=" | "<=" => last < from,
            "<" => last <= from,
            // All that it lets through begins as it does, but for the last number.
            "~>" => last[..count - 1] < from[..count - 1],
            _ => false,
        }
    })
}

/// The first of a list of instances.
const FIRST: &str = "[0]";

/// One instance of a resource.
struct Declared<'d, 'w> {
    evaluator: &'d Evaluator<'w>,
    module: &'d Module,
    id: BlockId,
    block: &'d Block,
    instance: &'d Instance,
    /// What it is declared as, `aws_s3_bucket.reports`.
    resource: String,
    address: Arc<str>,
}

impl Declared<'_, '_> {
    /// Where an argument or a block of this name is written, and whether it is in every case; none when it is not, or is
    /// null or an empty text. A list that is empty takes away everything.
    fn written(&self, name: &str) -> Option<(Span, bool)> {
        if let Some(attribute) = self.block.body.attribute(name) {
            let node = self.evaluator.value(&attribute.value, &self.instance.scope);
            let nothing = node.is_null() || node.as_text().is_some_and(Text::is_empty);
            let certain = !matches!(node.value, Value::OneOf(_) | Value::Unknown(_));
            return (!nothing).then_some((attribute.name.span, certain));
        }
        let blocks = self.evaluator.blocks(&self.block.body, name, &self.instance.scope);
        blocks.first().map(|(block, _, case)| (block.kind.span, case.is_none()))
    }

    fn claim(&self, claims: &Claims, certain: bool) -> Option<Claim> {
        let (span, written) = match self.block.body.attribute(claims.argument) {
            // What must be given is, and its value does not matter here.
            Some(attribute) if claims.is_required() => (attribute.name.span, true),
            _ => self.written(claims.argument)?,
        };
        // An attachment is exclusive by its type, whatever it attaches.
        let span = match (claims.subject, self.block.labels.first()) {
            (Subject::Holders, Some(kind)) => kind.span,
            _ => span,
        };
        let (on, shown) = match claims.on {
            "id" => self.own_identity()?,
            name => {
                self.identity(&self.evaluator.value(&self.block.body.attribute(name)?.value, &self.instance.scope))?
            }
        };
        // One name in two services is two resources.
        let service = resources::service_of(claims.kind).unwrap_or_default();
        Some(Claim {
            subject: claims.subject,
            on: format!("{service}|{on}").into(),
            shown,
            exclusive: claims.exclusive,
            address: Arc::clone(&self.address),
            place: Place { span, origin: Origin::HERE, given: None },
            certain: certain && written,
        })
    }

    fn own_identity(&self) -> Option<(Arc<str>, Arc<str>)> {
        let id = self.evaluator.attribute_of_resource(self.id, self.block, self.instance, "id");
        if id.as_str().is_some() {
            return self.identity(&id);
        }
        let one = matches!(&*self.instance.key, "" | FIRST);
        one.then(|| (format!("{}|{}", self.module.address, self.resource).into(), self.resource.as_str().into()))
    }

    /// What tells a resource from others: its name when all of it is known, else what it is declared as. None where
    /// instances of one block cannot be told apart, or nothing is known.
    fn identity(&self, node: &Node) -> Option<(Arc<str>, Arc<str>)> {
        let text = match &node.value {
            Value::Unknown(hole) => Text::hole(Arc::clone(hole)),
            _ => text_of(node)?,
        };
        // One name in two regions or accounts is two resources.
        let provider = self.block.body.attribute("provider").map(|it| self.evaluator.written(it.value.span));
        let provider = provider.as_deref().unwrap_or_default();
        if let Some(known) = text.as_known() {
            return (!known.is_empty()).then(|| (format!("{provider}|{known}").into(), known.into()));
        }
        // `count = var.create ? 1 : 0` makes a list of what there is one of.
        let reference = text.expression()?.replace(FIRST, "");
        let (resource, _) = reference.rsplit_once('.')?;
        let declared = resource.starts_with("aws_") && resource.matches('.').count() == 1;
        let scope = text.holes().next().map(|(_, hole)| Arc::clone(&hole.scope)).unwrap_or_default();
        (is_name(&reference) && declared).then(|| (format!("{scope}|{resource}").into(), resource.into()))
    }

    fn deprecated(&self, name: &str) -> Option<(Place, Arc<str>)> {
        let (span, _) = self.written(name)?;
        Some((Place { span, origin: Origin::HERE, given: None }, Arc::clone(&self.address)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(CLAIMS.is_sorted_by(|a, b| (a.kind, a.argument) < (b.kind, b.argument)));
    }

    #[test]
    fn a_constraint_excludes_what_comes_after_the_last_version_that_it_lets_through() {
        for constraint in [
            "~> 4.0",
            "~> 4.67",
            "~> 5.20.0",
            "~> 5.0.0",
            "< 5.68",
            "<= 5.67.9",
            "= 5.1.0",
            "5.67.0",
            ">= 3, < 5",
            "4.9",
        ] {
            assert!(excludes(constraint, "5.68"), "{constraint}");
        }
        for constraint in
            ["~> 5.0", "~> 5.68.0", "~> 4", "< 5.69", "<= 5.68", "5.68.0", "6.0", ">= 4.0", "!= 5.1.0", "", "x"]
        {
            assert!(!excludes(constraint, "5.68"), "{constraint}");
        }
    }

    #[test]
    fn what_claims_has_to_do_with_access() {
        assert!(CLAIMS.iter().map(|it| it.kind).all(|it| resources::concerns(it).is_some()));
        assert!(DEPRECATED.iter().all(|(it, ..)| CLAIMS.iter().any(|claims| claims.kind == *it)));
    }
}
