//! Roles with which a service of AWS does its own work, and nobody's program runs. What the policy that AWS writes for such
//! a role allows on `*` the service may need so, and nobody outside of AWS can tell.

use std::sync::Arc;

use super::{Concern, Entry};
use crate::catalog;
use crate::policy::{self, Policy, Principal, Sweep, matches};
use crate::rule::{Context, quoted};

/// Services that do a fixed work with the role that they are given, and what AWS has people attach to it.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html>
/// <https://docs.aws.amazon.com/appsync/latest/devguide/monitoring.html>
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/iam-service-roles.html>
/// <https://docs.aws.amazon.com/batch/latest/userguide/service_IAM_role.html>
/// <https://docs.aws.amazon.com/codedeploy/latest/userguide/getting-started-create-service-role.html>
/// <https://docs.aws.amazon.com/config/latest/developerguide/iamrole-permissions.html>
/// <https://docs.aws.amazon.com/ebs/latest/userguide/service-role.html>
/// <https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Security.html>
/// <https://docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html>
/// <https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/iam-servicerole.html>
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-fleet-prerequisites.html>
/// <https://docs.aws.amazon.com/transfer/latest/userguide/configure-cw-logging-role.html>
const POLICIES: [(&str, &[&str]); 12] = [
    ("apigateway.amazonaws.com", &["AmazonAPIGatewayPushToCloudWatchLogs"]),
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
    ("eks.amazonaws.com", &["AmazonEKSClusterPolicy"]),
    ("elasticbeanstalk.amazonaws.com", &["AWSElasticBeanstalkService", "AWSElasticBeanstalkEnhancedHealth"]),
    ("spotfleet.amazonaws.com", &["AmazonEC2SpotFleetTaggingRole"]),
    ("transfer.amazonaws.com", &["AWSTransferLoggingAccess"]),
];

/// Services for whose roles AWS has no policy, but has people write one: where it says so, and what is on `*` there.
const GUIDES: [(&str, Guide); 1] = [(
    "vmie.amazonaws.com",
    Guide {
        link: "https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html",
        actions: &[
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
    },
)];

/// What a page of AWS has people allow on `*`.
#[derive(Clone, Copy)]
struct Guide {
    link: &'static str,
    actions: &'static [&'static str],
}

impl Guide {
    fn allows(self, action: catalog::Action) -> bool {
        self.actions.iter().any(|it| matches(it, &action.full_name(), true))
    }
}

/// What sweeps a resource, and what comes of it.
type Sweeps<'s> = Vec<(&'s Sweep, Concern)>;

/// Such services, where nobody else is granted what a policy grants.
#[derive(Default)]
pub(in crate::rules) struct ServiceRole<'c> {
    services: Vec<&'c Principal>,
    /// What AWS writes for their roles.
    policies: Vec<Arc<Policy>>,
    /// What it has people write for them.
    guides: Vec<Guide>,
}

impl<'c> ServiceRole<'c> {
    pub(in crate::rules) fn of(policy: &Policy, cx: &Context<'c>) -> Self {
        let mut role = Self::default();
        for holder in cx.holders(policy) {
            for service in holder.serving().unwrap_or_default() {
                let names = POLICIES.iter().find(|(name, _)| service.is_service(name)).map(|it| it.1);
                let guide = GUIDES.iter().find(|(name, _)| service.is_service(name)).map(|it| it.1);
                if names.is_none() && guide.is_none() {
                    return Self::default();
                }
                if !role.services.iter().any(|it| it.text.raw() == service.text.raw()) {
                    role.services.push(service);
                    let names = names.into_iter().flatten();
                    role.policies.extend(names.filter_map(|it| catalog::managed_policy(it)).map(policy::of_aws));
                    role.guides.extend(guide);
                }
            }
        }
        role
    }

    /// What sweeps by entries of a statement of which AWS allows all to these services, and what does by others.
    pub(super) fn parted<'s>(&self, sweeps: Sweeps<'s>) -> (Sweeps<'s>, Sweeps<'s>) {
        if self.services.is_empty() {
            return (Vec::new(), sweeps);
        }
        let is_allowed = |(sweep, _): &(&Sweep, Concern)| {
            self.is_guided(sweep.action) || self.policies.iter().any(|it| allows(it, sweep.action))
        };
        let of_entries = sweeps.chunk_by(|(one, _), (next, _)| one.entry == next.entry);
        let (as_aws, others): (Vec<_>, Vec<_>) = of_entries.partition(|it| it.iter().all(is_allowed));
        (as_aws.concat(), others.concat())
    }

    /// Whether AWS has people allow the action on `*` to a service, which then asks for no less.
    fn is_guided(&self, action: catalog::Action) -> bool {
        self.guides.iter().any(|it| it.allows(action))
    }

    /// What to do about actions that AWS has people allow on `*`, all of them, where `advice` is what one would do elsewhere.
    pub(in crate::rules) fn guided_advice(&self, actions: &[catalog::Action], advice: &str) -> Option<String> {
        let guide = self.guides.iter().find(|guide| actions.iter().all(|it| guide.allows(*it)))?;
        Some(format!(
            "AWS has people write the same on `*` for the role of {} ({}), so that less may stop its work: leave it, or try \
             whether that still works when you {advice}",
            quoted(&self.services),
            guide.link
        ))
    }

    /// What to do about it, where `advice` is what one would do elsewhere.
    pub(super) fn advice(&self, guilty: &[Entry<'_>], advice: &str) -> String {
        let actions = || guilty.iter().flat_map(|it| &it.wide);
        if let Some(guided) = self.guided_advice(&actions().copied().collect::<Vec<_>>(), advice) {
            return guided;
        }
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
        for (service, guide) in GUIDES {
            assert_eq!(catalog::service_principal(service).map(|it| it.name()), Some(service));
            for name in guide.actions.iter().filter(|it| !it.ends_with('*')) {
                assert!(catalog::action(name).is_some(), "{name}");
            }
        }
    }
}
