use std::sync::Arc;

use super::attached_administrator;
use crate::catalog;
use crate::frontend::{Configuration, Identity, Resource, Setting};
use crate::policy::{self, Action, Given, Place, Principal, PrincipalKind, Scope, Statement};
use crate::rule::{Context, quoted};
use crate::value::Text;

/// The services that run with a role what their users, or their users' users, give them to run. Sorted.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>
const RUN_CODE: &[&str] = &[
    "airflow-env.amazonaws.com",
    "bedrock-agentcore.amazonaws.com",
    "bedrock.amazonaws.com",
    "codebuild.amazonaws.com",
    "ec2.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "edgelambda.amazonaws.com",
    "elasticmapreduce.amazonaws.com",
    "emr-serverless.amazonaws.com",
    "gamelift.amazonaws.com",
    "glue.amazonaws.com",
    "kinesisanalytics.amazonaws.com",
    "lambda.amazonaws.com",
    "omics.amazonaws.com",
    "pods.eks.amazonaws.com",
    "sagemaker.amazonaws.com",
    "tasks.apprunner.amazonaws.com",
];

/// Types that run something with a role, and where they name it.
const RUNNERS: [(&str, &str); 5] = [
    ("aws_codebuild_project", "service_role"),
    ("aws_ecs_task_definition", "task_role_arn"),
    ("aws_glue_job", "role_arn"),
    ("aws_lambda_function", "role"),
    ("aws_sagemaker_notebook_instance", "role_arn"),
];

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    for identity in &configuration.identities {
        if identity.boundary.as_ref().is_none_or(|it| !attached_administrator::bounds(it)) {
            judge(identity, configuration, cx);
        }
    }
}

fn judge(identity: &Identity, configuration: &Configuration, cx: &mut Context<'_>) {
    for trust in &identity.trust {
        for statement in trust.allow_statements() {
            let principals = statement.principals.as_ref().map_or(&[][..], Scope::only);
            let workloads: Vec<&Principal> = principals.iter().filter(|it| runs_code(it)).collect();
            let Some(first) = workloads.first() else { continue };
            let Some(way) = way_to_everything(identity) else { return };
            let services = quoted(&workloads);
            let action = way.action;
            let mut message = format!("what {services} runs may do everything");
            if !way.is_all {
                message.push_str(&format!(", since `{action}` lets it give itself the rest"));
            }
            let mut report = cx
                .report(way.place, message)
                .on(&identity.address)
                .of(statement, format!("{action} to {services}"))
                .label(first.place.span, format!("has the role `{}`", identity.address))
                .help(way.advice());
            if let Some(statement) = way.within {
                report = report.by(&statement.place);
            }
            if let Some(given) = identity.denied_in(action) {
                report = report.maybe(given.span, format!("`{action}` is denied if {}", given.words));
            }
            if let Some(given) = attached_administrator::perhaps_bounded(identity) {
                report = report.maybe(given.span, format!("a boundary leaves less of it if {}", given.words));
            }
            for runner in runners(identity, configuration) {
                report = report.label(runner.place.span, format!("`{}` runs with it", runner.address));
            }
        }
    }
}

/// The places where the configuration has something run with a role; a few of them are enough.
fn runners(identity: &Identity, configuration: &Configuration) -> Vec<Setting<Text>> {
    let Some(name) = &identity.name else { return Vec::new() };
    let named = |resource: &Resource| {
        let (_, path) = RUNNERS.iter().find(|(kind, _)| *kind == resource.kind)?;
        resource.texts(path).into_iter().find(|it| it.value == *name || policy::is_named(&it.value, name))
    };
    configuration.resources.iter().filter_map(named).take(3).collect()
}

/// Whether it is a service that runs what its users give it.
pub(super) fn runs_code(principal: &Principal) -> bool {
    let service = |it: &Principal| catalog::service_principal(it.text.raw());
    principal.kind == PrincipalKind::Service
        && service(principal).is_some_and(|it| RUN_CODE.binary_search(&it.name()).is_ok())
}

/// How an identity comes to everything, and where it is given that.
pub(super) struct Way<'i> {
    action: catalog::Action,
    /// Whether it has every action beside.
    is_all: bool,
    place: &'i Place,
    /// The statement, where it is one that is written here.
    within: Option<&'i Statement>,
}

impl Way<'_> {
    /// The case in which it is one at all; none where it is in every case.
    pub(super) fn case(&self) -> Option<&Arc<Given>> {
        self.within.map(|it| &it.place).into_iter().chain([self.place]).find_map(|it| it.given.as_ref())
    }

    /// What to do about it: where a few actions make it what it is, about those.
    fn advice(&self) -> String {
        const ALL: &str = "give the role a policy that names what the program calls";
        let Some(statement) = self.within.filter(|_| !self.is_all) else { return ALL.to_owned() };
        let actions: Vec<catalog::Action> = statement.ways_to_everything().collect();
        let holds = |it: &&Action| it.has_wildcard() && actions.iter().any(|action| it.names_known(*action));
        let patterns: Vec<&Action> = statement.actions.only().iter().filter(holds).collect();
        let kinds: Vec<&str> = actions.iter().flat_map(|it| it.needed_types()).map(|it| it.noun()).collect();
        let (attach, it) = if actions.len() == 1 { ("attaches", "it") } else { ("attach", "them") };
        let does = format!("{attach} any policy, `AdministratorAccess` too, to any {}", kinds.join(" or "));
        let whom = kinds.iter().map(|it| format!("{it}s")).collect::<Vec<_>>().join(" and ");
        let limit = format!(
            "limit {it} to the {whom} that are meant, its own role left out, and by `iam:PolicyARN` to the policies that may be attached"
        );
        match (&actions[..], &patterns[..]) {
            ([], _) => ALL.to_owned(),
            (actions, []) => format!("{} {does}: leave {it} out, or {limit}", quoted(actions)),
            (actions, patterns) => format!(
                "name what the program calls in place of {}, without {}, which {does}; or {limit}",
                quoted(patterns),
                quoted(actions)
            ),
        }
    }
}

pub(super) fn way_to_everything(identity: &Identity) -> Option<Way<'_>> {
    let own = identity.written_policies().flat_map(|it| it.allow_statements());
    let own = own.filter_map(|it| {
        let action = it.way_to_everything()?;
        let entry = it.actions.only().iter().find(|it| it.names_known(action));
        let place = entry.map_or(&it.place, |it| &it.place);
        Some(Way { action, is_all: allows_all(it), place, within: Some(it) })
    });
    let of_aws = identity.attached.iter().filter_map(|it| {
        let policy = policy::of_aws(it.attachment.managed_policy().filter(|it| it.may_lead_up())?);
        let action = attached_administrator::way_to_everything(&policy)?;
        let is_all = policy.allow_statements().any(allows_all);
        Some(Way { action, is_all, place: &it.attachment.place, within: None })
    });
    let ways: Vec<Way<'_>> = own.chain(of_aws).filter(|it| !identity.may_be_denied(it.action)).collect();
    // What is there in every case comes first.
    ways.into_iter().min_by_key(|it| it.case().is_some())
}

fn allows_all(statement: &Statement) -> bool {
    statement.actions.only().iter().any(Action::covers_every_action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_that_runs_code_is_a_service() {
        assert!(RUN_CODE.is_sorted());
        for name in RUN_CODE {
            assert_eq!(catalog::service_principal(name).map(|it| it.name()), Some(*name));
        }
    }
}
