use std::cell::LazyCell;
use std::sync::Arc;

use crate::frontend::{Aspect, Bucket, Configuration, Setting};
use crate::policy::{self, Condition, Policy, PolicyKind, Principal, Statement, may_meet};
use crate::rule::Context;
use crate::value::Text;

/// What S3 tells of what happens in a bucket: where its ARN is written, what declares it and by which name, and what S3
/// calls there. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html>
const DESTINATIONS: [(&str, &str, &str, &str); 3] = [
    ("lambda_function.lambda_function_arn", "aws_lambda_function", "function_name", "lambda:InvokeFunction"),
    ("queue.queue_arn", "aws_sqs_queue", "name", "sqs:SendMessage"),
    ("topic.topic_arn", "aws_sns_topic", "name", "sns:Publish"),
];

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    for bucket in &configuration.buckets {
        for notification in bucket.companions(Aspect::Notification) {
            for (path, kind, name, action) in DESTINATIONS {
                let declared = || configuration.resources.iter().filter(|it| it.kind == kind);
                let names: LazyCell<Vec<Text>, _> =
                    LazyCell::new(|| declared().flat_map(|it| it.texts(name)).map(|it| it.value).collect());
                for destination in notification.texts(path) {
                    // Who declares the function elsewhere may let S3 in there.
                    if names.iter().any(|it| policy::is_named(&destination.value, it)) {
                        judge(&destination, action, bucket, &configuration.policies, cx);
                    }
                }
            }
        }
    }
}

fn judge(destination: &Setting<Text>, action: &str, bucket: &Bucket, policies: &[Arc<Policy>], cx: &mut Context<'_>) {
    let (service, _) = action.split_once(':').unwrap_or_default();
    let of_service = |it: &&Arc<Policy>| matches!(it.kind, PolicyKind::Resource(it) if it.prefix() == Some(service));
    let policies: Vec<_> = policies.iter().filter(of_service).collect();
    if policies.iter().any(|it| it.resolution.nothing) {
        return;
    }
    let letting = policies
        .iter()
        .flat_map(|it| it.allow_statements())
        .filter(|it| it.actions.may_match(action) && may_let_s3_in(it) && it.may_be_about(&destination.value));
    let letting: Vec<&Statement> = letting.collect();
    let arn = &destination.value;
    let own = bucket.arn();
    let (what, other) = match letting.first() {
        None => ("nothing lets S3 call it", None),
        Some(first) if letting.iter().all(|it| own.as_ref().is_some_and(|own| is_for_others(it, own))) => {
            ("S3 may call it for other buckets only", Some(first))
        }
        Some(_) => return,
    };
    let mut report = cx
        .report(&destination.place, format!("`{arn}` is to be told of what happens in the bucket, and {what}"))
        .on(&destination.address)
        .about(arn)
        .help(format!("let `s3.amazonaws.com` do `{action}` there, with the bucket as `aws:SourceArn` and your account as `aws:SourceAccount`"));
    if let Some(statement) = other {
        report = report.label(statement.place.span, "this lets it in");
    }
    report.label(bucket.place.span, "the bucket");
}

fn may_let_s3_in(statement: &Statement) -> bool {
    let is_s3 = |it: &Principal| it.is_everyone() || it.text.has_holes() || it.is_service("s3.amazonaws.com");
    statement.principals.as_ref().is_none_or(|it| it.is_negated() || it.entries().iter().any(is_s3))
}

/// Whether the sources that a statement asks for are certainly other buckets.
fn is_for_others(statement: &Statement, bucket: &Text) -> bool {
    let shuts_out = |it: &Condition| {
        let positive = it.is_on("aws:sourcearn") && !it.operator.negated && it.case().is_none();
        positive && !it.values.is_empty() && it.values.iter().all(|it| !may_meet(&it.text, bucket))
    };
    statement.conditions.iter().any(shuts_out)
}
