use crate::frontend::Configuration;
use crate::rule::Context;

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    for argument in &configuration.deprecated {
        let name = argument.name;
        cx.report(&argument.place, format!("`{name}` is deprecated, and takes away what the role is given elsewhere"))
            .on(&argument.address)
            .about(name)
            .help(format!("write {}", argument.instead));
    }
}
