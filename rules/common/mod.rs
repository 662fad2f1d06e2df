//! What more than one rule needs and is no rule itself.

pub(super) mod service_role;
