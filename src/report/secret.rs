//! What no report shows, wherever it stands.

use crate::catalog::credentials;
use crate::frontend::terraform;
use crate::source::{Source, Span};

/// Where a file holds what it marks as sensitive, and credentials of AWS, in order.
pub(super) fn secrets(source: &Source) -> Vec<Span> {
    let mut out = terraform::marked(source);
    out.extend(credentials(&source.text).map(|(range, _)| Span::new(source.id, range.start, range.end)));
    out.sort_by_key(|it| (it.start, it.end));
    out
}
