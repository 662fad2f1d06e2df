//! Terraform's native syntax: a tolerant scanner cuts a file into top-level blocks, and only the blocks that are asked
//! for are parsed. A broken block costs that block alone, and a mistake in an argument that argument.
//!
//! [`cut`] reads a file, [`parse_block`] one block of it. Everything is read from the source itself, so that each byte
//! of a [`Text`] knows where it was written. The JSON form gives the same tree, see [`from_json`].
//!
//! hcl-edit is the judge of what this reads in its tests, and does not read itself: it refuses some of what Terraform
//! accepts, decodes texts without their places, and took most of the time of a run.
//!
//! [`Text`]: crate::value::Text

mod ast;
mod expr;
mod ground;
mod json_form;
mod lex;
mod literal;
mod message;
mod parse;
mod scan;

pub use ast::*;
pub use expr::MOST_NODES;
pub use json_form::from_json;
pub use parse::{parse_argument, parse_attributes, parse_block, parse_block_within, parse_expression, parse_template};
pub use scan::{cut, cut_with_comments};

use smallvec::SmallVec;

use crate::source::Span;
use crate::syntax::SyntaxError;

/// A top-level block as the scanner cuts it, not yet parsed.
#[derive(Clone, Debug)]
pub struct Cut {
    /// Where it says `resource`, `data`, `module`, `variable`, `locals`, `output`, …
    pub kind: Span,
    /// The labels, without quotes.
    pub labels: SmallVec<[Span; 2]>,
    /// From the type to the last label.
    pub head: Span,
    /// All of it.
    pub span: Span,
    /// Whether something in it is not closed, or closes nothing; [`Cuts::errors`] says what.
    pub broken: bool,
}

/// A comment, for suppressions: the text after `#`, `//` or between `/*` and `*/`, trimmed.
#[derive(Clone, Debug)]
pub struct Comment {
    /// What it says.
    pub text: String,
    /// All of it, its marks included.
    pub span: Span,
}

/// A file cut into its top-level blocks.
#[derive(Clone, Debug, Default)]
pub struct Cuts {
    /// The blocks in order.
    pub blocks: Vec<Cut>,
    /// The stretches of top-level attributes, as in a `.tfvars` file.
    pub attributes: Vec<Span>,
    /// Comments that speak to a linter, where they are asked for: they hold `iamlint`, `checkov:`, `tfsec:`, `trivy:` or `kics-scan`.
    pub comments: Vec<Comment>,
    /// What does not belong at the top level, and what is never closed.
    pub errors: Vec<SyntaxError>,
}

#[cfg(test)]
mod tests;
