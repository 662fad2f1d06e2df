use crate::policy::{Place, Policy, Statement, has_looked_up_partition};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let texts = policy.statements.iter().flat_map(Statement::arns);
    let looked_up: Vec<&Place> =
        texts.filter(|(text, _)| has_looked_up_partition(text)).map(|(_, place)| place).collect();
    if looked_up.is_empty() {
        return;
    }
    for statement in &policy.statements {
        for (text, place) in statement.arns().filter(|(text, _)| text.raw().starts_with("arn:aws:")) {
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
