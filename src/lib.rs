//! iamlint finds every AWS permission that is wider than it has to be, in the source where it is written.
//!
//! The map of the modules and what holds between them is in `ARCHITECTURE.md`.

pub mod frontend;
pub mod source;
pub mod syntax;
pub mod value;
