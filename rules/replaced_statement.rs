use crate::frontend::Configuration;
use crate::policy::Effect;
use crate::rule::{Context, Severity};

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    for replaced in configuration.replaced.iter().filter(|it| it.lost.span != it.by.span) {
        let sid = &replaced.sid;
        let (what, severity) = match replaced.effect {
            Some(Effect::Deny) => ("this denial", Severity::Medium),
            _ => ("this one", Severity::Low),
        };
        cx.report(&replaced.lost, format!("is lost: another statement of the `Sid` `{sid}` takes the place of {what}"))
            .on(&replaced.address)
            .severity(severity)
            .about(sid)
            .label(replaced.by.span, "takes its place")
            .help("give each statement a `Sid` of its own, unless it is to be replaced");
    }
}
