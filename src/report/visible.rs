//! Text from files, made fit for a terminal and for a build's log: whatever would act rather than show is spelled out.

use std::borrow::Cow;

/// One line of text in which every character can be seen: control characters, line ends, marks that change the
/// direction of writing or have no width are written as `<U+001B>`, and the two spellings by which a build log takes
/// commands (`::` at the start of a word, `##[`) are broken.
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_plain(text) && !text.contains("::") && !text.contains('\t') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut after_space = true;
    for (at, char) in text.char_indices() {
        let rest = &text[at..];
        if char == '\t' || (char == ':' && after_space && rest.starts_with("::")) {
            spell(char, &mut out);
        } else if shown(char, rest) {
            out.push(char);
        } else {
            spell(char, &mut out);
        }
        after_space = char.is_whitespace();
    }
    Cow::Owned(out)
}

/// Whether all of it may be shown as it is; a tab may.
pub(super) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) && !text.contains("##[")
        || text.char_indices().all(|(at, char)| shown(char, &text[at..]))
}

/// Whether a character, which `rest` begins with, may be shown as it is.
pub(super) fn shown(char: char, rest: &str) -> bool {
    match char {
        '\t' | ' '..='"' | '$'..='~' => true,
        '#' => !rest.starts_with("##["),
        _ if char.is_control() => false,
        // Characters that cannot be seen and change how others are shown: soft hyphen, Arabic letter mark, Mongolian
        // vowel separator, widths of nothing, directions, line ends of Unicode, joiners, annotations, tags, the
        // byte-order mark and the placeholder of a hole.
        '\u{AD}'
        | '\u{61C}'
        | '\u{115F}'..='\u{1160}'
        | '\u{180E}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{3164}'
        | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E007F}'
        | '\u{10FFFD}' => false,
        _ => true,
    }
}

/// Writes a character by its number.
pub(super) fn spell(char: char, out: &mut String) {
    use std::fmt::Write as _;
    let _ = write!(out, "<U+{:04X}>", u32::from(char));
}

/// Lines of at most `width` characters, cut at spaces only, so that a name or an ARN can be copied whole and no line
/// begins in the middle of a word.
pub(super) fn wrap(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            column = 0;
        } else if !out.is_empty() {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_act_is_spelled_out() {
        assert_eq!(visible("a\u{1b}[2Jb"), "a<U+001B>[2Jb");
        assert_eq!(visible("user\u{202e}txt"), "user<U+202E>txt");
        assert_eq!(visible("a\nb\tc\u{9b}"), "a<U+000A>b<U+0009>c<U+009B>");
        assert_eq!(visible("é ü 字 😀"), "é ü 字 😀");
    }

    #[test]
    fn a_build_log_finds_no_command() {
        assert_eq!(visible("::error::x"), "<U+003A>:error::x");
        assert_eq!(visible("a ::set-output name=b::c"), "a <U+003A>:set-output name=b::c");
        assert_eq!(visible("##[group]x"), "<U+0023>#[group]x");
        assert_eq!(visible("arn:aws:s3:::logs/*"), "arn:aws:s3:::logs/*");
    }

    #[test]
    fn lines_are_cut_at_spaces_only() {
        assert_eq!(wrap("one two three", 7), "one two\nthree");
        assert_eq!(
            wrap("arn:aws:iam::123456789012:role/app is long", 10),
            "arn:aws:iam::123456789012:role/app\nis long"
        );
    }
}
