//! From a dialect to what it declares. Each front end knows one way of writing AWS permissions down.

pub mod terraform;
