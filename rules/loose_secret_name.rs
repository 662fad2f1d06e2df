use crate::policy::{Policy, Resource, Scope};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.is_identity() {
        return;
    }
    for statement in policy.allow_statements() {
        for resource in statement.resources.iter().flat_map(Scope::only) {
            let Some(name) = name(resource) else { continue };
            let (message, help) = match name.strip_suffix('*') {
                // Which of them are meant, the name alone does not tell.
                Some(stem) if !stem.contains('*') && stem.ends_with(|it: char| it.is_ascii_alphanumeric()) => (
                    format!("`{resource}` fits every secret whose name begins with `{stem}`"),
                    format!(
                        "refer to the secrets that are meant, or write `{stem}-??????` for the one named `{stem}` and \
                         `{stem}/*` for those below it"
                    ),
                ),
                None if !name.contains(['*', '?']) && !has_suffix(name) => (
                    format!("`{resource}` fits no secret, for the ARN of each ends in a hyphen and six characters"),
                    format!("refer to the secret, or write `{name}-??????`"),
                ),
                _ => continue,
            };
            cx.report(&resource.place, message).of(statement, resource).help(help);
        }
    }
}

/// The name of a secret in an ARN, when all of it is known.
fn name(resource: &Resource) -> Option<&str> {
    let part = resource.part(5).filter(|_| resource.part(2) == Some("secretsmanager"))?;
    part.strip_prefix("secret:").filter(|_| resource.text.as_known().is_some_and(|it| !it.contains("${")))
}

/// `-a1B2c3`
fn has_suffix(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(_, end)| end.len() == 6 && end.bytes().all(|it| it.is_ascii_alphanumeric()))
}
