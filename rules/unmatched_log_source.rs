use crate::policy::{Policy, split_arn};
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.grants() {
        return;
    }
    for statement in policy.allow_statements() {
        if !statement.callers().any(|(_, caller)| caller.sources == ["logs"]) {
            continue;
        }
        let sources = statement.conditions.iter().filter(|it| it.is_on("aws:sourcearn") && it.weakness().is_none());
        for value in sources.flat_map(|it| &it.values) {
            let raw = value.text.raw();
            let parts = split_arn(raw);
            let is_group = parts.len() == 6 && parts[2] == "logs" && parts[5].starts_with("log-group:");
            // What a hole at the end stands for may end as it should.
            if is_group && !raw.ends_with(['*', crate::value::HOLE]) {
                cx.report(
                    &value.place,
                    format!("`{}` is no source of CloudWatch Logs, whose ends in `:*`", value.text),
                )
                .of(statement, &value.text)
                .help("write `:*` behind the ARN of the log group");
            }
        }
    }
}
