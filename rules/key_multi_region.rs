use crate::frontend::Key;
use crate::rule::Context;

pub(super) fn check(key: &Key, cx: &mut Context<'_>) {
    for on in key.resource.switches("multi_region").iter().filter(|it| it.value == Some(true)) {
        cx.report(&on.place, "this key can be copied to other regions, and every copy has a policy of its own")
            .about("multi-Region")
            .help("leave it out, unless what it encrypts is kept in several regions");
    }
}
