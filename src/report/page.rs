//! A page in Markdown, drawn on a terminal: what rule pages use of Markdown and no more.

use std::io;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Writes a page, in lines of at most `width` columns; code is never broken.
pub fn write(page: &str, color: bool, width: usize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut drawing = Drawing { color, width, ..Drawing::default() };
    for event in Parser::new_ext(page, Options::empty()) {
        drawing.event(event);
    }
    out.write_all(drawing.out.trim_start_matches('\n').as_bytes())
}

/// How a piece of text looks, by the numbers of ANSI: <https://www.ecma-international.org/publications-and-standards/standards/ecma-48/>.
const BOLD: &str = "1";
const DIM: &str = "2";
const UNDERLINED: &str = "4";
const RED: &str = "31";
const CYAN: &str = "36";

#[derive(Default)]
struct Drawing {
    color: bool,
    width: usize,
    out: String,
    /// The words of the paragraph at hand, each as it is written and with its width.
    words: Vec<(String, usize)>,
    /// Whether what comes next belongs to the last word.
    joined: bool,
    /// The looks that hold, the outermost first.
    looks: Vec<&'static str>,
    /// Where links that are open lead.
    links: Vec<String>,
    /// The number of the next item of each list that is open; none for bullets.
    lists: Vec<Option<u64>>,
    /// What stands before the first line of the paragraph at hand.
    bullet: Option<String>,
    code: bool,
}

impl Drawing {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.code => self.block(&text),
            Event::Text(text) => self.text(&text),
            Event::Code(code) => {
                self.looks.push(CYAN);
                // Without colours the backticks say what is code.
                let code = if self.color { code.into_string() } else { format!("`{code}`") };
                self.text(&code);
                self.looks.pop();
            }
            Event::SoftBreak => self.joined = false,
            Event::HardBreak => self.paragraph(),
            Event::Rule => self.line(&"─".repeat(self.width.min(40))),
            Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph if self.bullet.is_none() => self.gap(),
            Tag::Heading { level, .. } => {
                self.gap();
                self.looks.extend([BOLD, UNDERLINED].into_iter().take(if level as usize == 1 { 2 } else { 1 }));
            }
            Tag::CodeBlock(_) => {
                self.gap();
                self.code = true;
            }
            Tag::List(first) => {
                self.paragraph();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(first);
            }
            Tag::Item => {
                self.bullet = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "- ".to_owned(),
                });
            }
            Tag::Emphasis => self.looks.push(UNDERLINED),
            Tag::Strong => self.looks.push(BOLD),
            Tag::Link { dest_url, .. } => self.links.push(dest_url.into_string()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.paragraph(),
            TagEnd::Heading(_) => {
                self.paragraph();
                self.looks.clear();
            }
            TagEnd::CodeBlock => self.code = false,
            TagEnd::Item => {
                self.paragraph();
                self.bullet = None;
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Emphasis | TagEnd::Strong => {
                self.looks.pop();
            }
            TagEnd::Link => {
                // A link to another page of the book leads nowhere from a terminal.
                if let Some(link) = self.links.pop().filter(|it| it.starts_with("http")) {
                    self.joined = false;
                    self.looks.push(DIM);
                    self.text(&format!("<{link}>"));
                    self.looks.pop();
                }
            }
            _ => {}
        }
    }

    /// An empty line between blocks.
    fn gap(&mut self) {
        self.paragraph();
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// Adds to the words of the paragraph.
    fn text(&mut self, text: &str) {
        self.joined &= !text.starts_with(char::is_whitespace);
        for word in text.split_whitespace() {
            let looks = self.looks.clone();
            let (painted, length) = (self.painted(word, &looks), word.chars().count());
            match self.words.last_mut().filter(|_| self.joined) {
                Some((last, width)) => {
                    last.push_str(&painted);
                    *width += length;
                }
                None => self.words.push((painted, length)),
            }
            self.joined = false;
        }
        self.joined = !text.ends_with(char::is_whitespace);
    }

    fn painted(&self, text: &str, looks: &[&str]) -> String {
        if self.color && !looks.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", looks.join(";"))
        } else {
            text.to_owned()
        }
    }

    /// Ends the paragraph at hand and writes it.
    fn paragraph(&mut self) {
        let words = std::mem::take(&mut self.words);
        self.joined = false;
        if words.is_empty() {
            return;
        }
        let indent = self.lists.len() * 2;
        let bullet = self.bullet.replace(String::new()).unwrap_or_default();
        if self.lists.is_empty() {
            self.bullet = None;
        }
        let before = indent.saturating_sub(2);
        let hanging = if self.lists.is_empty() { 0 } else { before + bullet.chars().count().max(2) };
        let mut line = format!("{}{bullet}", " ".repeat(if bullet.is_empty() { hanging } else { before }));
        let mut column = line.chars().count();
        let mut is_first = true;
        for (word, width) in words {
            if !is_first && column + 1 + width > self.width {
                self.line(&line);
                line = " ".repeat(hanging);
                column = hanging;
                is_first = true;
            }
            if !is_first {
                line.push(' ');
                column += 1;
            }
            line.push_str(&word);
            column += width;
            is_first = false;
        }
        self.line(&line);
    }

    /// Code stands apart by its indentation; what is marked as reported stands out.
    fn block(&mut self, text: &str) {
        for line in text.lines() {
            let mark = ["# finding", "// finding"].into_iter().find_map(|mark| line.find(mark));
            let (code, mark) = line.split_at(mark.unwrap_or(line.len()));
            let mark = if mark.is_empty() { String::new() } else { self.painted(mark, &[RED]) };
            let line = format!("    {code}{mark}");
            self.line(line.trim_end());
        }
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(page: &str, color: bool, width: usize, expected: &Expect) {
        let mut out = Vec::new();
        write(page, color, width, &mut out).unwrap();
        expected.assert_eq(&String::from_utf8(out).unwrap().replace('\u{1b}', "^"));
    }

    const PAGE: &str = "# a_rule\n\nAllows `s3:*` on [every bucket](https://example.com/x), see [b](b.md).\n\n```hcl\nactions = [\"s3:*\"] # finding: wide\n```\n\n## Limits\n\n- one item that is so long that it is broken into lines\n- `two`:\n  - *inner*\n\n1. first\n2. second\n\n**End**.\n";

    #[test]
    fn a_page_is_drawn_within_its_width() {
        check(
            PAGE,
            false,
            30,
            &expect![[r#"
            a_rule

            Allows `s3:*` on every bucket
            <https://example.com/x>, see
            b.

                actions = ["s3:*"] # finding: wide

            Limits

            - one item that is so long
              that it is broken into lines
            - `two`:
              - inner

            1. first
            2. second

            End.
        "#]],
        );
    }

    #[test]
    fn colours_take_no_room() {
        check(
            "# a_rule\n\nAllows `s3:*` on **all**, 9.\n\n```hcl\nx # finding\n```\n",
            true,
            20,
            &expect![[r#"
            ^[1;4ma_rule^[0m

            Allows ^[36ms3:*^[0m on ^[1mall^[0m,
            9.

                x ^[31m# finding^[0m
        "#]],
        );
    }
}
