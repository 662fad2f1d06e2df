use crate::policy::{Policy, PolicyKind, Scope};
use crate::rule::{Context, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Trust {
        return;
    }
    for statement in policy.allow_statements() {
        match &statement.actions {
            Scope::Only(actions) => {
                let all =
                    actions.iter().filter(|it| it.must_match("sts:AssumeRole") && it.must_match("sts:TagSession"));
                for action in all {
                    cx.report(&action.place, format!("`{action}` also allows to choose tags and source identity"))
                        .of(statement, action)
                        .help("name the way in which the role is assumed, `sts:AssumeRole` say");
                }
            }
            Scope::AllExcept(spared) => {
                let place = spared.first().map_or(&statement.place, |it| &it.place);
                cx.report(place, format!("the role is open to all but {} of what can be done with it", quoted(spared)))
                    .of(statement, quoted(spared))
                    .help("name the way in which the role is assumed, `sts:AssumeRole` say");
            }
        }
    }
}
