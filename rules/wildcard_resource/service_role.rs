//! Roles with which a service of AWS does its own work, and nobody's program runs. What the policy that AWS writes for such
//! a role allows on `*` the service may need so, and nobody outside of AWS can tell.

use std::sync::Arc;

use super::{Concern, Entry};
use crate::catalog;
use crate::policy::{self, Policy, Principal, Sweep};
use crate::rule::{Context, quoted};

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
/// <https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html>
const POLICIES: [(&str, &[&str]); 18] = [
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
    ("vmie.amazonaws.com", &["VMImportExportRoleForAWSConnector"]),
];

/// What sweeps a resource, and what comes of it.
type Sweeps<'s> = Vec<(&'s Sweep, Concern)>;

/// Such services, where nobody else is granted what a policy grants.
#[derive(Default)]
pub(super) struct ServiceRole<'c> {
    services: Vec<&'c Principal>,
    /// What AWS writes for their roles.
    policies: Vec<Arc<Policy>>,
}

impl<'c> ServiceRole<'c> {
    pub(super) fn of(policy: &Policy, cx: &Context<'c>) -> Self {
        let mut role = Self::default();
        for holder in cx.holders(policy) {
            for service in holder.serving().unwrap_or_default() {
                let Some((_, names)) = POLICIES.iter().find(|(name, _)| service.is_service(name)) else {
                    return Self::default();
                };
                if !role.services.iter().any(|it| it.text.raw() == service.text.raw()) {
                    role.services.push(service);
                    role.policies.extend(names.iter().filter_map(|it| catalog::managed_policy(it)).map(policy::of_aws));
                }
            }
        }
        role
    }

    /// What sweeps by entries of a statement of which AWS allows all to these services, and what does by others.
    pub(super) fn parted<'s>(&self, sweeps: Sweeps<'s>) -> (Sweeps<'s>, Sweeps<'s>) {
        if self.policies.is_empty() {
            return (Vec::new(), sweeps);
        }
        let is_allowed = |(sweep, _): &(&Sweep, Concern)| self.policies.iter().any(|it| allows(it, sweep.action));
        let of_entries = sweeps.chunk_by(|(one, _), (next, _)| one.entry == next.entry);
        let (as_aws, others): (Vec<_>, Vec<_>) = of_entries.partition(|it| it.iter().all(is_allowed));
        (as_aws.concat(), others.concat())
    }

    /// What to do about it, where `advice` is what one would do elsewhere.
    pub(super) fn advice(&self, guilty: &[Entry<'_>], advice: &str) -> String {
        let actions = || guilty.iter().flat_map(|it| &it.wide);
        let all = self.policies.iter().find(|it| actions().all(|action| allows(it, *action)));
        let some = self.policies.iter().filter(|it| actions().any(|action| allows(it, *action)));
        let by: Vec<&str> = all.map_or_else(|| some.map(|it| &*it.address).collect(), |it| vec![&*it.address]);
        let allow = if by.len() == 1 { "allows" } else { "allow" };
        format!(
            "{}, which AWS writes for the role of {}, {allow} the same on `*`, so that less may stop its work: leave it, or \
             try whether that still works when you {advice}",
            quoted(&by),
            quoted(&self.services)
        )
    }
}

fn allows(policy: &Policy, action: catalog::Action) -> bool {
    policy.allow_statements().any(|it| it.certainly_holds(action) && it.admits(action) && it.is_unbounded(action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_and_every_service_is_one() {
        for (service, policies) in POLICIES {
            assert_eq!(catalog::service_principal(service).map(|it| it.name()), Some(service));
            for name in policies {
                assert!(catalog::managed_policy(name).is_some(), "{name}");
            }
        }
    }
}
