use crate::catalog;
use crate::policy::{Policy, Reach, Resource, Scope, Statement, matches};
use crate::rule::{Context, Severity};

const SEND: &str = "ssm:SendCommand";

/// Documents that do whatever their parameters say. They are AWS's own, so their ARNs have no account.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/run-command.html>
const SHELLS: [&str; 2] = ["document/AWS-RunShellScript", "document/AWS-RunPowerShellScript"];

/// What a command is, and where it runs, are two resources of one request, and each may stand in a statement of its own.
pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.is_identity() {
        return;
    }
    let Some(send) = catalog::action(SEND) else { return };
    let is_unbounded = |it: &&Statement| it.holds(send) && it.admits(send) && it.narrowed(send).is_none();
    let sending = || policy.allow_statements().filter(is_unbounded);
    let Some((of_shell, document)) = sending().find_map(|it| Some((it, shell(it)?))) else { return };
    for statement in sending() {
        // That every document may be sent is said of these.
        if statement.gives_everything() || statement.reaches_account_of(send) {
            continue;
        }
        let every = |reach| statement.every_instance(reach).next().filter(|it| !it.is_everything());
        let (resource, severity) = match (every(Reach::Everywhere), every(Reach::Account)) {
            (Some(resource), _) => (resource, Severity::High),
            (None, Some(resource)) => (resource, Severity::Medium),
            (None, None) => continue,
        };
        let Some(action) = statement.actions.only().iter().find(|it| it.names(SEND)) else { continue };
        let is_beside = std::ptr::eq(of_shell, statement);
        // A condition on both would deny the document, which has no tag.
        let name = match is_beside {
            true => "put the instances in a statement of their own, and there name them or require a tag of them",
            false => "name the instances, or require a tag of them",
        };
        let mut report = cx
            .report(&resource.place, format!("`{action}` with `{document}` runs any command on `{resource}`"))
            .severity(severity)
            .acting([action])
            .of(statement, format!("{SEND} on {resource}"))
            .label(document.place.span, "a shell")
            .help(format!(
                "{name} under `ssm:resourceTag/…`; or name a document of your own that does no more than is needed"
            ));
        if !is_beside {
            report = report.label(of_shell.place.span, "allowed by this statement");
        }
        report.unguarded(statement, None);
    }
}

/// The resource of a statement by which it allows a document that does whatever it is told.
fn shell(statement: &Statement) -> Option<&Resource> {
    let is = |resource: &Resource, part, text: &str| resource.part(part).is_some_and(|it| matches(it, text, false));
    let is_shell = |it: &&Resource| is(it, 2, "ssm") && is(it, 4, "") && SHELLS.iter().any(|shell| is(it, 5, shell));
    statement.resources.as_ref().map_or(&[][..], Scope::only).iter().find(is_shell)
}
