//! Roles with which a service of AWS does its own work, and nobody's program runs. What the policy that AWS writes for such
//! a role allows on `*` the service may need so, and nobody outside of AWS can tell.

use std::fmt::{self, Display};
use std::sync::Arc;

use crate::catalog;
use crate::policy::{self, Policy, Principal, Sweep, matches};
use crate::rule::{Context, listed, quoted};

/// Services that do a fixed work with the role that they are given, and what AWS has people attach to it.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html>
/// <https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_service-with-iam.html>
/// <https://docs.aws.amazon.com/appsync/latest/devguide/monitoring.html>
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/iam-service-roles.html>
/// <https://docs.aws.amazon.com/batch/latest/userguide/service_IAM_role.html>
/// <https://docs.aws.amazon.com/codedeploy/latest/userguide/getting-started-create-service-role.html>
/// <https://docs.aws.amazon.com/config/latest/developerguide/iamrole-permissions.html>
/// <https://docs.aws.amazon.com/ebs/latest/userguide/service-role.html>
/// <https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Security.html>
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEC2ContainerServiceRole.html>
/// <https://docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html>
/// <https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/iam-servicerole.html>
/// <https://docs.aws.amazon.com/opensearch-service/latest/developerguide/cognito-auth.html>
/// <https://docs.aws.amazon.com/iot/latest/developerguide/configure-logging.html>
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-fleet-prerequisites.html>
/// <https://docs.aws.amazon.com/transfer/latest/userguide/configure-cw-logging-role.html>
const POLICIES: [(&str, &[&str]); 17] = [
    ("apigateway.amazonaws.com", &["AmazonAPIGatewayPushToCloudWatchLogs"]),
    (
        "application-autoscaling.amazonaws.com",
        &[
            "AmazonEC2ContainerServiceAutoscaleRole",
            "AmazonEC2SpotFleetAutoscaleRole",
            "AmazonElasticMapReduceforAutoScalingRole",
        ],
    ),
    ("appsync.amazonaws.com", &["AWSAppSyncPushToCloudWatchLogs"]),
    (
        "backup.amazonaws.com",
        &[
            "AWSBackupServiceRolePolicyForBackup",
            "AWSBackupServiceRolePolicyForRestores",
            "AWSBackupServiceRolePolicyForS3Backup",
            "AWSBackupServiceRolePolicyForS3Restore",
        ],
    ),
    ("batch.amazonaws.com", &["AWSBatchServiceRole"]),
    ("codedeploy.amazonaws.com", &["AWSCodeDeployRole", "AWSCodeDeployRoleForECS", "AWSCodeDeployRoleForLambda"]),
    ("config.amazonaws.com", &["AWS_ConfigRole"]),
    (
        "dlm.amazonaws.com",
        &["AWSDataLifecycleManagerServiceRole", "AWSDataLifecycleManagerServiceRoleForAMIManagement"],
    ),
    ("dms.amazonaws.com", &["AmazonDMSVPCManagementRole", "AmazonDMSCloudWatchLogsRole"]),
    ("ecs.amazonaws.com", &["AmazonEC2ContainerServiceRole"]),
    ("eks.amazonaws.com", &["AmazonEKSClusterPolicy"]),
    ("elasticbeanstalk.amazonaws.com", &["AWSElasticBeanstalkService", "AWSElasticBeanstalkEnhancedHealth"]),
    ("es.amazonaws.com", &["AmazonOpenSearchServiceCognitoAccess"]),
    ("iot.amazonaws.com", &["AWSIoTLogging"]),
    ("opensearchservice.amazonaws.com", &["AmazonOpenSearchServiceCognitoAccess"]),
    ("spotfleet.amazonaws.com", &["AmazonEC2SpotFleetTaggingRole"]),
    ("transfer.amazonaws.com", &["AWSTransferLoggingAccess"]),
];

/// Services for whose roles a page of AWS shows what to write: what is on `*` there, and the page.
const PAGES: [(&str, &[&str], &str); 2] = [
    (
        "quicksight.amazonaws.com",
        &["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute"],
        "https://docs.aws.amazon.com/quicksight/latest/user/vpc-creating-a-connection-in-quicksight-cli.html",
    ),
    (
        "vmie.amazonaws.com",
        &[
            "ec2:CopySnapshot",
            "ec2:Describe*",
            "ec2:ModifySnapshotAttribute",
            "ec2:RegisterImage",
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey*",
            "kms:ReEncrypt*",
            "license-manager:GetLicenseConfiguration",
            "license-manager:ListLicenseSpecificationsForResource",
            "license-manager:UpdateLicenseSpecificationsForResource",
        ],
        "https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html",
    ),
];

/// What sweeps a resource, each with what a rule says of it.
type Sweeps<'s, T> = Vec<(&'s Sweep, T)>;

/// Such services, where nobody else is granted what a policy grants.
#[derive(Default)]
pub(in crate::rules) struct ServiceRole<'c> {
    services: Vec<&'c Principal>,
    /// What AWS writes for their roles.
    written: Vec<Written>,
}

/// What AWS writes for the role of a service.
enum Written {
    Policy(Arc<Policy>),
    Page(&'static [&'static str], &'static str),
}

impl Written {
    fn of(service: &Principal) -> Vec<Self> {
        let policies = POLICIES.iter().filter(|(name, _)| service.is_service(name)).flat_map(|(_, names)| *names);
        let policies = policies.filter_map(|it| catalog::managed_policy(it)).map(|it| Self::Policy(policy::of_aws(it)));
        let pages = PAGES.iter().filter(|(name, ..)| service.is_service(name));
        policies.chain(pages.map(|(_, actions, page)| Self::Page(actions, page))).collect()
    }

    /// Whether it has an action on `*`.
    fn allows(&self, action: catalog::Action) -> bool {
        match self {
            Self::Policy(policy) => policy
                .allow_statements()
                .any(|it| it.certainly_holds(action) && it.admits(action) && it.star_resources().next().is_some()),
            Self::Page(actions, _) => actions.iter().any(|it| matches(it, &action.full_name(), true)),
        }
    }
}

impl Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(policy) => write!(f, "`{}`", policy.address),
            Self::Page(_, page) => f.write_str(page),
        }
    }
}

impl<'c> ServiceRole<'c> {
    pub(in crate::rules) fn of(policy: &Policy, cx: &Context<'c>) -> Self {
        let mut role = Self::default();
        for holder in cx.holders(policy) {
            let Some(services) = holder.serving() else { return Self::default() };
            for service in services {
                if role.services.iter().any(|it| it.text.raw() == service.text.raw()) {
                    continue;
                }
                let written = Written::of(service);
                if written.is_empty() {
                    return Self::default();
                }
                role.services.push(service);
                role.written.extend(written);
            }
        }
        role
    }

    /// What sweeps by entries of a statement of which AWS allows all to these services, and what does by others.
    pub(in crate::rules) fn parted<'s, T: Clone>(&self, sweeps: Sweeps<'s, T>) -> (Sweeps<'s, T>, Sweeps<'s, T>) {
        if self.written.is_empty() {
            return (Vec::new(), sweeps);
        }
        let is_allowed = |(sweep, _): &(&Sweep, T)| self.written.iter().any(|it| it.allows(sweep.action));
        let of_entries = sweeps.chunk_by(|(one, _), (next, _)| one.entry == next.entry);
        let (as_aws, others): (Vec<_>, Vec<_>) = of_entries.partition(|it| it.iter().all(is_allowed));
        (as_aws.concat(), others.concat())
    }

    /// What to do about actions on `*` where AWS writes them all so, and `advice` is what one would do elsewhere.
    pub(in crate::rules) fn advice_on(&self, actions: &[catalog::Action], advice: &str) -> Option<String> {
        let all = self.written.iter().find(|it| actions.iter().all(|action| it.allows(*action)));
        all.filter(|_| !actions.is_empty()).map(|it| self.in_words(&[it], advice))
    }

    /// What to do about it, where `advice` is what one would do elsewhere.
    pub(in crate::rules) fn advice(&self, actions: &[catalog::Action], advice: &str) -> String {
        let some = || self.written.iter().filter(|it| actions.iter().any(|action| it.allows(*action)));
        self.advice_on(actions, advice).unwrap_or_else(|| self.in_words(&some().collect::<Vec<_>>(), advice))
    }

    fn in_words(&self, by: &[&Written], advice: &str) -> String {
        let allow = if by.len() == 1 { "allows" } else { "allow" };
        format!(
            "{}, which AWS writes for the role of {}, {allow} the same on `*`, so that less may stop its work: leave it, or \
             try whether that still works when you {advice}",
            listed(by),
            quoted(&self.services)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_service_and_action_is_one() {
        for (service, policies) in POLICIES {
            assert_eq!(catalog::service_principal(service).map(|it| it.name()), Some(service));
            for name in policies {
                assert!(catalog::managed_policy(name).is_some(), "{name}");
            }
        }
        for (service, actions, _) in PAGES {
            assert_eq!(catalog::service_principal(service).map(|it| it.name()), Some(service));
            assert!(actions.iter().all(|it| it.ends_with('*') || catalog::action(it).is_some()), "{actions:?}");
        }
    }
}
