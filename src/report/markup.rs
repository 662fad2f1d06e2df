//! Text of the user in HTML, XML and Markdown, where it must stay text.

use std::borrow::Cow;

/// Text between tags or in a quoted attribute of HTML or XML.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(char),
        }
    }
    Cow::Owned(out)
}

/// A message with its backticks as code, in HTML that is also good within a cell of a Markdown table.
pub(super) fn cell(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // Somewhere a backtick stands alone: a value of the user holds one.
        return inert(text);
    }
    let part = |(n, part): (usize, &&str)| if n.is_multiple_of(2) { inert(part) } else { code(part) };
    parts.iter().enumerate().map(part).collect()
}

/// A name or a path as code, in HTML that is also good within a cell of a Markdown table.
pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", inert(text))
}

/// Text in which neither HTML nor Markdown finds anything to act on.
fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        if char.is_ascii_punctuation() && !matches!(char, '.' | ',' | ';' | '-' | '/' | '(' | ')') {
            out.push_str(&format!("&#{};", u32::from(char)));
        } else {
            out.push(char);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
        assert_eq!(cell("`s3:*` | <b>"), "<code>s3&#58;&#42;</code> &#124; &#60;b&#62;");
        assert_eq!(cell("a ` b"), "a &#96; b");
        assert_eq!(cell("www.example.com @team [x](y)"), "www.example.com &#64;team &#91;x&#93;(y)");
    }
}
