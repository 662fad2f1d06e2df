use crate::frontend::Resource;
use crate::rule::{Context, Severity};

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    if resource.kind != "aws_codebuild_webhook" {
        return;
    }
    for filter in resource.parts("filter_group.filter") {
        let shuts_out = filter.switches("exclude_matched_pattern").iter().any(|it| it.value != Some(false));
        let severity = match filter.texts("type").first().map(|it| it.value.raw().to_owned()).as_deref() {
            Some("ACTOR_ACCOUNT_ID") => Severity::High,
            Some("BASE_REF" | "HEAD_REF") => Severity::Medium,
            _ => continue,
        };
        for pattern in filter.texts("pattern") {
            let raw = pattern.value.raw();
            if shuts_out || pattern.value.has_holes() || is_anchored(raw) {
                continue;
            }
            cx.report(&pattern.place, format!("`{raw}` fits every name that contains it"))
                .severity(severity)
                .about(raw)
                .help(format!("write `^({raw})$`"));
        }
    }
}

/// Whether every alternative begins at the beginning and ends at the end.
fn is_anchored(pattern: &str) -> bool {
    let mut depth = 0_usize;
    let mut start = 0;
    let mut alternatives = Vec::new();
    for (at, character) in pattern.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => {
                alternatives.push(&pattern[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    alternatives.push(&pattern[start..]);
    alternatives.iter().all(|it| it.starts_with('^') && it.ends_with('$'))
}
