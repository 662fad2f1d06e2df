use crate::policy::{Place, Policy, Scope, Statement, asks_for_partition};
use crate::rule::Context;
use crate::value::Text;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let looked_up: Vec<&Place> = policy
        .statements
        .iter()
        .flat_map(arns)
        .filter(|(text, _)| asks_for_partition(text))
        .map(|(_, place)| place)
        .collect();
    if looked_up.is_empty() {
        return;
    }
    for statement in &policy.statements {
        for (text, place) in arns(statement).filter(|(text, _)| text.raw().starts_with("arn:aws:")) {
            // What a module is handed is written by somebody else.
            let is_handed = place.origin.steps().any(|it| it.words.contains(" argument "));
            let Some(other) = looked_up.iter().find(|it| it.span.file == place.span.file && !is_handed) else {
                continue;
            };
            cx.report(place, format!("`{text}` is of one partition, but others here ask which one it is"))
                .of(statement, text)
                .label(other.span, "asks for the partition")
                .help("ask for the partition here too");
        }
    }
}

fn arns(statement: &Statement) -> impl Iterator<Item = (&Text, &Place)> {
    let resources = statement.resources.iter().flat_map(Scope::entries).map(|it| (&it.text, &it.place));
    let principals = statement.principals.iter().flat_map(Scope::entries).map(|it| (&it.text, &it.place));
    let values = statement.conditions.iter().flat_map(|it| &it.values).map(|it| (&it.text, &it.place));
    resources.chain(principals).chain(values)
}
