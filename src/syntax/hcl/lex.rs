//! The few lexical facts that the scanner and the parser share.

use std::ops::Range;

use memchr::memchr;

/// Whether a byte can begin a name. Letters beyond ASCII are taken as they come.
pub(super) const fn begins_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

/// Whether a byte can stand within a name.
const fn within_name(byte: u8) -> bool {
    begins_name(byte) || byte.is_ascii_digit() || byte == b'-'
}

/// The bytes that can.
static WITHIN_NAME: [bool; 256] = {
    let mut out = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        out[byte] = within_name(byte as u8);
        byte += 1;
    }
    out
};

/// One past the last byte of the name that begins at `at`.
pub(super) fn name_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| !WITHIN_NAME[usize::from(*byte)]).map_or(bytes.len(), |length| at + length)
}

/// The place of the newline that ends the line of `at`, or the end of the text.
pub(super) fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |length| at + length)
}

/// Where the line of `at` begins.
pub(super) fn line_start(bytes: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1)
}

/// One past the `*/` of the comment that begins at `at`; none when there is no `*/`.
pub(super) fn comment_end(bytes: &[u8], at: usize) -> Option<usize> {
    memchr::memmem::find(&bytes[at + 2..], b"*/").map(|length| at + 2 + length + 2)
}

/// `<<EOT` or `<<-EOT` and its newline.
pub(super) struct Heredoc {
    /// The bytes of `EOT`.
    pub(super) delimiter: Range<usize>,
    /// Where the first line begins.
    pub(super) text: usize,
}

/// The heredoc that begins at `at`; none when this is but a `<`.
pub(super) fn heredoc(bytes: &[u8], at: usize) -> Option<Heredoc> {
    let rest = bytes[at..].strip_prefix(b"<<")?;
    let start = at + 2 + usize::from(rest.first() == Some(&b'-'));
    bytes.get(start).filter(|byte| begins_name(**byte))?;
    let end = name_end(bytes, start);
    let newline = match bytes[end..] {
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => return None,
    };
    Some(Heredoc { delimiter: start..end, text: end + newline })
}

/// The bytes of `delimiter` in a line that holds nothing else, and so ends the heredoc.
pub(super) fn closing(text: &str, line: Range<usize>, delimiter: &str) -> Option<Range<usize>> {
    let line_text = text.get(line.clone())?;
    if line_text.len() < delimiter.len() || line_text.trim() != delimiter {
        return None;
    }
    let start = line.start + (line_text.len() - line_text.trim_start().len());
    Some(start..start + delimiter.len())
}
