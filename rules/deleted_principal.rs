use crate::policy::{Policy, Scope};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for principal in statement.principals.iter().flat_map(Scope::entries) {
            let Some(what) = principal.unique_id() else { continue };
            cx.report(&principal.place, format!("`{principal}` is what AWS shows for a {what} that was deleted"))
                .of(statement, principal)
                .help(format!("name the {what} that is meant by its ARN, or leave out the entry"));
        }
    }
}
