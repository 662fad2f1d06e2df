use crate::frontend::Key;
use crate::rule::Context;

pub(super) fn check(key: &Key, cx: &mut Context<'_>) {
    for window in key.resource.texts("deletion_window_in_days") {
        let Some(days) = window.value.as_known().and_then(|it| it.parse::<u32>().ok()).filter(|it| *it < 14) else {
            continue;
        };
        cx.report(&window.place, format!("{days} days are left to notice that the key is about to be deleted"))
            .about("deletion window")
            .help("leave it out, which means thirty days");
    }
}
