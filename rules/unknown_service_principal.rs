use crate::catalog;
use crate::policy::{Policy, PolicyKind, PrincipalKind, Scope};
use crate::rule::{Confidence, Context, Rewrite, Safety};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !matches!(policy.kind, PolicyKind::Trust | PolicyKind::Resource(_) | PolicyKind::ResourceControl) {
        return;
    }
    for statement in &policy.statements {
        for principal in statement.principals.iter().flat_map(Scope::entries) {
            let Some(name) = principal.text.as_known().filter(|_| principal.kind == PrincipalKind::Service) else {
                continue;
            };
            let is_other_kind = name.starts_with("arn:") || name.contains(['*', '?', '$']);
            // Alexa has names of its own, which no list has.
            let is_of_amazon = name.ends_with(".amazon.com") && !name.ends_with("amazonaws.amazon.com");
            if is_other_kind || name.is_empty() || catalog::is_plausible_service_principal(name) {
                continue;
            }
            let meant = catalog::nearest_service_principal(name);
            if meant.is_none() && is_of_amazon {
                continue;
            }
            let report = cx
                .report(
                    &principal.place,
                    format!("`{name}` is no service principal known on {}", catalog::reference_date()),
                )
                .of(statement, principal);
            match meant {
                Some(meant) => report.help(format!("write `{}`", meant.name())).fix(
                    // It decides who is let in.
                    Safety::Unsafe,
                    format!("write `{}`", meant.name()),
                    [Rewrite::write(principal.place.span, meant.name())],
                ),
                None => report.confidence(Confidence::Low).help("look up the name in the documentation of the service"),
            };
        }
    }
}
