//! Permissions that are written as arguments rather than as a document: of a Lambda function or layer, and of an event bus.

use std::sync::Arc;

use super::Collector;
use crate::frontend::terraform::evaluator::Instance;
use crate::policy::{PolicyKind, Service};
use crate::syntax::hcl::Block;
use crate::value::{Entry, HOLE, Node, Object, Origin, Text, Value};

impl Collector<'_, '_> {
    /// A permission that is written as attributes, as the policy that it adds to.
    pub(super) fn permission(&mut self, kind: &str, block: &Block, instance: &Instance, address: &Arc<str>) {
        let head = block.head();
        let get = |name: &str| {
            block
                .body
                .attribute(name)
                .map(|it| self.evaluator.value(&it.value, &instance.scope))
                .filter(|it| !it.is_null())
        };
        let object = |entries: Vec<(&str, Node)>| {
            let entries = entries
                .into_iter()
                .map(|(key, node)| Entry { key: Text::known(key, node.span), key_span: node.span, node })
                .collect();
            Node::new(Value::Object(Arc::new(Object { entries, open: None })), head)
        };
        let text = |text: &str| Node::new(Value::Text(Text::known(text, head)), head);
        let Some(principal) = get("principal") else { return };
        let raw = principal.as_text().map(|it| it.raw().to_owned()).unwrap_or_default();
        let is_service = raw.contains('.') && !raw.starts_with("arn:");
        let mut conditions: Vec<(&str, &str, Node)> = Vec::new();
        for (name, operator, key) in [
            ("source_arn", "ArnLike", "aws:SourceArn"),
            ("source_account", "StringEquals", "aws:SourceAccount"),
            ("principal_org_id", "StringEquals", "aws:PrincipalOrgID"),
            ("organization_id", "StringEquals", "aws:PrincipalOrgID"),
            ("event_source_token", "StringEquals", "lambda:EventSourceToken"),
            ("function_url_auth_type", "StringEquals", "lambda:FunctionUrlAuthType"),
        ] {
            if let Some(value) = get(name) {
                conditions.push((operator, key, value));
            }
        }
        for (inner, scope, _) in self.evaluator.blocks(&block.body, "condition", &instance.scope) {
            let of = |name: &str| inner.body.attribute(name).map(|it| self.evaluator.value(&it.value, &scope));
            if let Some(value) = of("value") {
                conditions.push(("StringEquals", "aws:PrincipalOrgID", value));
            }
        }
        let resource = [
            ("function_name", "arn:*:lambda:*:*:function:"),
            ("layer_name", "arn:*:lambda:*:*:layer:"),
            ("event_bus_name", "arn:*:events:*:*:event-bus/"),
        ]
        .into_iter()
        .find_map(|(name, before)| {
            let arn = as_arn(get(name)?, before);
            // A permission is for one version of a layer.
            let version =
                || get("version_number").and_then(|it| it.to_text()).unwrap_or_else(|| Text::known("*", head));
            Some(if name == "layer_name" { followed_by(arn, &version()) } else { arn })
        });
        let mut statement = vec![
            ("Effect", text("Allow")),
            (
                "Principal",
                if raw == "*" {
                    principal
                } else if is_service {
                    object(vec![("Service", principal)])
                } else {
                    object(vec![("AWS", principal)])
                },
            ),
            (
                "Action",
                get("action").unwrap_or_else(|| {
                    text(if kind == "aws_cloudwatch_event_permission" {
                        "events:PutEvents"
                    } else {
                        "lambda:GetLayerVersion"
                    })
                }),
            ),
            ("Resource", resource.unwrap_or_else(|| text("*"))),
        ];
        if let Some(sid) = get("statement_id") {
            statement.insert(0, ("Sid", sid));
        }
        if !conditions.is_empty() {
            let tests = conditions.into_iter().map(|(operator, key, value)| {
                let key_span = value.span;
                let inner = Object {
                    entries: vec![Entry { key: Text::known(key, key_span), key_span, node: value }],
                    open: None,
                };
                Entry {
                    key: Text::known(operator, key_span),
                    key_span,
                    node: Node::new(Value::Object(Arc::new(inner)), key_span),
                }
            });
            let node = Node::new(Value::Object(Arc::new(Object { entries: tests.collect(), open: None })), head);
            statement.push(("Condition", node));
        }
        let document = object(vec![("Version", text("2012-10-17")), ("Statement", object(statement))]);
        let of = if kind == "aws_cloudwatch_event_permission" { Service::Other("events") } else { Service::Lambda };
        self.policy(&document, PolicyKind::Resource(of), address);
    }
}

/// A name as the ARN that it is short for; what is an ARN, or may turn out to be one, stays as it is.
fn as_arn(node: Node, before: &str) -> Node {
    let Some(name) = node.as_text().filter(|it| !it.is_empty() && !it.raw().starts_with([HOLE, '*'])) else {
        return node;
    };
    if name.raw().starts_with("arn:") {
        return node;
    }
    let mut arn = Text::known(before, node.span.at_start());
    arn.push_text(name, &Origin::HERE);
    Node { value: Value::Text(arn), ..node }
}

/// An ARN with one part more.
fn followed_by(arn: Node, part: &Text) -> Node {
    let Some(text) = arn.as_text() else { return arn };
    let mut text = text.clone();
    text.push_known(":", arn.span);
    text.push_text(part, &Origin::HERE);
    Node { value: Value::Text(text), ..arn }
}
