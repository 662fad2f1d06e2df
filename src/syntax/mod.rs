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

/// How many mistakes of one text are told: nobody reads more, and a text may be nothing else.
pub const MISTAKES: usize = 100;

impl SyntaxError {
    /// Tells one more mistake of a text, unless there are too many already; the last one says so.
    fn tell(self, told: &mut Vec<Self>) {
        match told.len() {
            ..MISTAKES => told.push(self),
            MISTAKES => told.push(Self { message: "more is wrong from here on than is told".to_owned(), ..self }),
            _ => {}
        }
    }
}
