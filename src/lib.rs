//! iamlint finds every AWS permission that is wider than it has to be, in the source where it is written.
//!
//! The map of the modules and what holds between them is in `ARCHITECTURE.md`.

pub mod baseline;
pub mod catalog;
pub mod config;
pub mod files;
pub mod fix;
pub mod frontend;
pub mod git;
pub mod lint;
pub mod lsp;
pub mod policy;
pub mod report;
pub mod rule;
#[path = "../rules/mod.rs"]
pub mod rules;
pub mod source;
pub mod suppress;
pub mod syntax;
pub mod value;
