//! Bytes to trees: every syntax gives trees with spans, errors at their place, and keeps the rest.
//! What a tree means is the front ends' business.

pub mod hcl;
pub mod json;
pub mod yaml;

use crate::source::Span;

/// Something that could not be read, at its place. Everything else of the file is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub span: Span,
    /// What is wrong there: one sentence, lower case, no final stop.
    pub message: String,
}
