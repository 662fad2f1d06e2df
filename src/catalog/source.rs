//! Which services say for whose resource they call, in `aws:SourceArn` and `aws:SourceAccount`.
//!
//! A service is here only if its documentation writes one of these keys into the policy in question: where it does not,
//! to ask for the key would lock the service out. So a service that is not here may send them too.

/// A service that says for whose resource it calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its principal, without a region: `s3.amazonaws.com`.
    pub principal: &'static str,
    /// The services in the ARNs that it sends as `aws:SourceArn`; none when they may be any.
    pub sources: &'static [&'static str],
    /// What it calls so: the service of the actions that it is allowed, `sts` where it assumes a role.
    pub calls: &'static [&'static str],
    /// What bounds all such calls to an account, `{}`: the account itself where the page writes `aws:SourceAccount`, else
    /// what `aws:SourceArn` is like there; empty where neither is told.
    pub of_account: &'static str,
    /// The page that shows the policy with the key.
    pub page: &'static str,
}

impl Caller {
    /// Whether it only ever calls for resources of whoever owns what it calls, so that their account is no bound.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html>
    pub fn calls_for_the_owner(self) -> bool {
        self.principal == "logging.s3.amazonaws.com"
    }

    /// The principal by which it calls a service in truth, where policies let it in under its own name all the same.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html>
    pub fn calls_as(self, called: &str) -> Option<&'static str> {
        let is_alarm = self.principal == "cloudwatch.amazonaws.com" && called.eq_ignore_ascii_case("lambda");
        is_alarm.then_some("lambda.alarms.cloudwatch.amazonaws.com")
    }

    /// Whether it hands on what it reads to whoever has the resource that it calls for: what others do with what is stored
    /// is to put something beside it.
    /// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html>
    pub fn hands_on(self) -> bool {
        self.principal == "cloudfront.amazonaws.com"
    }

    /// Whether it writes what it has of an account below `AWSLogs` and the account, or its organisation, so that nobody
    /// else's is written there.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-set-bucket-policy-for-multiple-accounts.html>
    /// <https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html>
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html>
    pub fn writes_by_account(self) -> bool {
        ["cloudtrail.amazonaws.com", "config.amazonaws.com", "delivery.logs.amazonaws.com"].contains(&self.principal)
    }

    /// The page that shows the policy with the key, for what is called: where the service calls several, that of the one.
    pub fn page_for(self, called: &str) -> String {
        const PAGES: [(&str, &str, &str); 13] = [
            (
                "cloudfront.amazonaws.com",
                "lambda",
                "AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-lambda.html",
            ),
            (
                "cloudtrail.amazonaws.com",
                "kms",
                "awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html",
            ),
            (
                "cloudtrail.amazonaws.com",
                "sns",
                "awscloudtrail/latest/userguide/cloudtrail-permissions-for-sns-notifications.html",
            ),
            ("cloudwatch.amazonaws.com", "lambda", "AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html"),
            ("config.amazonaws.com", "kms", "config/latest/developerguide/s3-kms-key-policy.html"),
            ("config.amazonaws.com", "sns", "config/latest/developerguide/sns-topic-policy.html"),
            ("delivery.logs.amazonaws.com", "kms", "AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html"),
            ("delivery.logs.amazonaws.com", "logs", "AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html"),
            ("guardduty.amazonaws.com", "kms", "guardduty/latest/ug/guardduty_exportfindings.html"),
            ("ses.amazonaws.com", "kms", "ses/latest/dg/receiving-email-permissions.html"),
            ("s3.amazonaws.com", "lambda", "lambda/latest/dg/permissions-function-services.html"),
            ("s3.amazonaws.com", "sns", "sns/latest/dg/sns-access-policy-use-cases.html"),
            ("sns.amazonaws.com", "lambda", "lambda/latest/dg/permissions-function-services.html"),
        ];
        let page = PAGES.iter().find(|(by, it, _)| *by == self.principal && it.eq_ignore_ascii_case(called));
        page.map_or_else(|| self.page.to_owned(), |(.., page)| format!("https://docs.aws.amazon.com/{page}"))
    }

    /// The keys of which the policy in question may require one. That of the account only where the page writes it: some
    /// services do not send it, and EventBridge cannot call a function that asks for it.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html>
    pub fn keys(self) -> &'static str {
        if self.of_account == "{}" { "`aws:SourceAccount` or `aws:SourceArn`" } else { "`aws:SourceArn`" }
    }
}

macro_rules! callers {
    ($($principal:literal: $sources:expr, $calls:expr, $of_account:literal, $page:literal;)*) => {
        &[$(Caller { principal: $principal, sources: &$sources, calls: &$calls, of_account: $of_account, page: concat!("https://docs.aws.amazon.com/", $page) },)*]
    };
}

/// Sorted by principal. A trail of an organisation is of its management account, so no account is written for CloudTrail.
const CALLERS: &[Caller] = callers! {
    "acm-pca.amazonaws.com": ["acm-pca"], ["s3"], "{}", "privateca/latest/userguide/crl-planning.html";
    "apigateway.amazonaws.com": ["execute-api"], ["lambda"], "arn:aws:execute-api:*:{}:*", "lambda/latest/dg/services-apigateway.html";
    "bcm-data-exports.amazonaws.com": ["bcm-data-exports", "cur"], ["s3"], "{}", "cur/latest/userguide/dataexports-s3-bucket.html";
    "bedrock.amazonaws.com": ["bedrock"], ["lambda", "sts"], "{}", "bedrock/latest/userguide/agents-permissions.html";
    "billingreports.amazonaws.com": ["bcm-data-exports", "cur"], ["s3"], "{}", "cur/latest/userguide/dataexports-s3-bucket.html";
    "budgets.amazonaws.com": ["budgets"], ["sns"], "{}", "cost-management/latest/userguide/budgets-sns-policy.html";
    "cloudfront.amazonaws.com": ["cloudfront"], ["lambda", "s3"], "arn:aws:cloudfront::{}:distribution/*", "AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html";
    "cloudtrail.amazonaws.com": ["cloudtrail"], ["kms", "s3", "sns"], "", "awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html";
    "cloudwatch.amazonaws.com": ["cloudwatch"], ["lambda", "sns"], "{}", "AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html";
    "codebuild.amazonaws.com": ["codebuild"], ["sts"], "{}", "codebuild/latest/userguide/cross-service-confused-deputy-prevention.html";
    "codecommit.amazonaws.com": ["codecommit"], ["lambda"], "{}", "codecommit/latest/userguide/how-to-notify-lambda-cc.html";
    "codestar-notifications.amazonaws.com": [], ["sns"], "{}", "dtconsole/latest/userguide/set-up-sns.html";
    "cognito-idp.amazonaws.com": ["cognito-idp"], ["lambda"], "{}", "cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html";
    "config.amazonaws.com": [], ["kms", "lambda", "s3", "sns"], "{}", "config/latest/developerguide/s3-bucket-policy.html";
    "delivery.logs.amazonaws.com": [], ["kms", "logs", "s3"], "{}", "AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html";
    "dms.amazonaws.com": ["dms"], ["sts"], "{}", "dms/latest/userguide/cross-service-confused-deputy-prevention.html";
    "dnssec-route53.amazonaws.com": ["route53"], ["kms"], "{}", "Route53/latest/DeveloperGuide/access-control-managing-permissions.html";
    "ecs-tasks.amazonaws.com": ["ecs"], ["sts"], "{}", "AmazonECS/latest/developerguide/task-iam-roles.html";
    "elasticloadbalancing.amazonaws.com": ["elasticloadbalancing"], ["lambda"], "arn:aws:elasticloadbalancing:*:{}:targetgroup/*", "elasticloadbalancing/latest/application/lambda-functions.html";
    "es.amazonaws.com": ["es"], ["logs"], "{}", "opensearch-service/latest/developerguide/createdomain-configure-slow-logs.html";
    "events.amazonaws.com": ["events"], ["lambda", "sqs"], "arn:aws:events:*:{}:rule/*", "eventbridge/latest/userguide/eb-use-resource-based.html";
    "guardduty.amazonaws.com": ["guardduty"], ["kms", "s3"], "{}", "guardduty/latest/ug/guardduty_exportfindings.html";
    "iot.amazonaws.com": ["iot"], ["lambda"], "{}", "iot/latest/developerguide/lambda-rule-action.html";
    "lambda.alarms.cloudwatch.amazonaws.com": ["cloudwatch"], ["lambda"], "{}", "AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html";
    "lambda.datasource.cloudwatch.amazonaws.com": [], ["lambda"], "{}", "AmazonCloudWatch/latest/monitoring/CloudWatch_MultiDataSources-Connect-Custom.html";
    "lex.amazonaws.com": ["lex"], ["lambda"], "arn:aws:lex:*:{}:intent:*", "lex/latest/dg/gs-cli-update-lambda.html";
    "lexv2.amazonaws.com": ["lex"], ["lambda"], "{}", "lexv2/latest/dg/lambda-attach.html";
    "logging.s3.amazonaws.com": ["s3"], ["s3"], "{}", "AmazonS3/latest/userguide/enable-server-access-logging.html";
    "logs.amazonaws.com": ["logs"], ["lambda"], "{}", "AmazonCloudWatch/latest/logs/SubscriptionFilters.html";
    "monitoring.rds.amazonaws.com": ["rds"], ["sts"], "{}", "AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html";
    "pipes.amazonaws.com": ["pipes"], ["sts"], "{}", "eventbridge/latest/userguide/eb-pipes-permissions.html";
    "rds.amazonaws.com": ["rds"], ["sts"], "{}", "AmazonRDS/latest/UserGuide/cross-service-confused-deputy-prevention.html";
    "redshift.amazonaws.com": ["redshift"], ["s3"], "arn:aws:redshift:*:{}:cluster:*", "redshift/latest/mgmt/db-auditing.html";
    "s3.amazonaws.com": ["s3"], ["lambda", "s3", "sns", "sqs"], "{}", "AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html";
    "sagemaker.amazonaws.com": ["sagemaker"], ["sts"], "{}", "sagemaker/latest/dg/security-confused-deputy-prevention.html";
    "scheduler.amazonaws.com": ["scheduler"], ["sts"], "{}", "scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html";
    "secretsmanager.amazonaws.com": ["secretsmanager"], ["lambda"], "{}", "secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html";
    "ses.amazonaws.com": ["ses"], ["kms", "lambda", "s3", "sns"], "{}", "ses/latest/dg/receiving-email-permissions.html";
    "sns.amazonaws.com": ["sns"], ["lambda", "sqs"], "arn:aws:sns:*:{}:*", "sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html";
    "states.amazonaws.com": ["states"], ["sts"], "{}", "step-functions/latest/dg/procedure-create-iam-role.html";
    "transfer.amazonaws.com": ["transfer"], ["sts"], "{}", "transfer/latest/userguide/confused-deputy.html";
    "vpc-flow-logs.amazonaws.com": ["ec2"], ["sts"], "{}", "vpc/latest/userguide/flow-logs-iam-role.html";
    "vpc-lattice.amazonaws.com": ["vpc-lattice"], ["lambda"], "arn:aws:vpc-lattice:*:{}:targetgroup/*", "vpc-lattice/latest/ug/lambda-functions.html";
};

/// The service that calls under a principal, also in its form with a region.
pub fn caller(principal: &str) -> Option<Caller> {
    let find = |name: &str| CALLERS.binary_search_by(|it| it.principal.cmp(name)).ok().map(|at| CALLERS[at]);
    let name = super::service_principal(principal)?.name();
    find(name).or_else(|| find(principal))
}

/// The services that may call another one for a resource of `source`, as ARNs spell that: `lambda` for `cloudwatch`.
pub fn callers_for(source: &str, called: &str) -> impl Iterator<Item = Caller> {
    let acts =
        move |it: &Caller| it.sources.contains(&source) && it.calls.contains(&called) && it.calls_as(called).is_none();
    CALLERS.iter().copied().filter(acts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_holds_services_that_there_are() {
        assert!(CALLERS.is_sorted_by(|a, b| a.principal < b.principal));
        for caller in CALLERS {
            assert!(super::super::service_principal(caller.principal).is_some(), "{}", caller.principal);
            let known = |it: &&str| super::super::service(it).is_some();
            assert!(caller.calls.iter().all(known), "{}", caller.principal);
        }
    }

    #[test]
    fn the_page_is_that_of_what_is_called() {
        let page = |principal, called| caller(principal).map(|it| it.page_for(called)).unwrap_or_default();
        assert!(page("s3.amazonaws.com", "lambda").contains("/lambda/"));
        assert!(page("s3.amazonaws.com", "sqs").contains("/AmazonS3/"));
        assert!(page("guardduty.amazonaws.com", "kms").contains("/guardduty/"));
        assert!(page("delivery.logs.amazonaws.com", "logs").ends_with("CWL.html"));
        assert!(page("apigateway.amazonaws.com", "lambda").ends_with("services-apigateway.html"));
    }

    #[test]
    fn a_region_does_not_hide_who_calls() {
        let sources = |it| caller(it).map(|it| it.sources);
        assert_eq!(sources("logs.eu-west-1.amazonaws.com"), Some(&["logs"][..]));
        assert_eq!(sources("ec2.amazonaws.com"), None);
    }
}
