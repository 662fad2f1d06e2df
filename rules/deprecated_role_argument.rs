use crate::frontend::Configuration;
use crate::rule::Context;

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    for argument in &configuration.deprecated {
        let (name, takes_away) = (argument.name, argument.takes_away);
        cx.report(&argument.place, format!("`{name}` is deprecated, and takes away {takes_away}"))
            .on(&argument.address)
            .about(name)
            .help(format!("write {}", argument.instead));
    }
}
