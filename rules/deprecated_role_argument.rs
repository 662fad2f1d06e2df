use crate::frontend::{Configuration, DeprecatedArgument};
use crate::rule::Context;

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    for argument in &configuration.deprecated {
        let DeprecatedArgument { name, since, takes_away, .. } = argument;
        let message = format!("`{name}` is deprecated since {since} of the provider, and takes away {takes_away}");
        cx.report(&argument.place, message)
            .on(&argument.address)
            .about(name)
            .help(format!("write {}", argument.instead));
    }
}
