use crate::frontend::Configuration;
use crate::rule::Context;

/// Comments are looked at by `suppress`, when everything that they may silence has been found.
pub(super) fn check(_: &Configuration, _: &mut Context<'_>) {}
