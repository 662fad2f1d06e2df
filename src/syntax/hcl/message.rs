//! How a syntax error names what stands at its place.

use std::ops::Range;

use super::lex::{begins_name, name_end};

/// Something wrong, in bytes of the text that is read.
pub(super) struct Fault {
    pub(super) at: Range<usize>,
    pub(super) message: String,
}

/// What stands at a place, in words.
pub(super) fn found(text: &str, at: usize, limit: usize) -> String {
    match text.as_bytes()[at..limit.max(at)].first() {
        None => "the end".to_owned(),
        Some(b'\n' | b'\r') => "the end of the line".to_owned(),
        Some(b'"') => "a string".to_owned(),
        Some(_) => format!("`{}`", &text[at..token_end(text, at, limit)]),
    }
}

/// One past the token at a place: a name, a number, an operator, a string's opening quote.
pub(super) fn token_end(text: &str, at: usize, limit: usize) -> usize {
    let bytes = &text.as_bytes()[..limit.max(at)];
    let Some(first) = bytes.get(at) else { return at };
    if begins_name(*first) || first.is_ascii_digit() {
        name_end(bytes, at)
    } else {
        let pair = bytes.get(at..at + 2).unwrap_or_default();
        let long = [b"==", b"!=", b"<=", b">=", b"&&", b"||", b"=>", b"::", b"${", b"%{", b"<<"];
        at + if bytes[at..].starts_with(b"...") {
            3
        } else if long.iter().any(|it| pair == *it) {
            2
        } else {
            1
        }
    }
}

/// What is said of a bracket without its other half.
pub(super) fn never_closed(text: &str, at: usize, length: usize) -> String {
    format!("`{}` is never closed", &text[at..at + length])
}
