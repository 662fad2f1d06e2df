//! The language of comments: `iamlint: ignore[wildcard_action] only(s3:Get*) reason="…" until=2027-01-31`.

use std::ops::Range;

use super::Date;
use crate::rule::Rule;
use crate::source::{FileId, Span};

/// What a comment says.
#[derive(Debug)]
pub(super) struct Directive {
    pub(super) names: Vec<Name>,
    pub(super) only: Vec<String>,
    pub(super) reason: String,
    pub(super) until: Option<Date>,
}

/// A rule as a comment names it.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) range: Range<usize>,
    pub(super) span: Span,
    pub(super) rules: Vec<&'static Rule>,
    pub(super) used: bool,
}

pub(super) type Problem = (Range<usize>, String);

const FORM: &str = "`iamlint: ignore[rule] reason=\"…\" until=2027-01-31`";

/// Reads a comment, its marks included; none when it does not speak to iamlint. A range is one of its bytes.
pub(super) fn parse(comment: &str) -> Option<Result<Directive, Problem>> {
    let word = comment.find("iamlint")?;
    let after = word + "iamlint".len();
    let first = comment[..word].trim_matches(['#', '/', '*', ' ', '\t']).is_empty();
    let rest = &comment[after..];
    let verb_at = after + rest.len() - rest.trim_start_matches([':', '-', '_', ' ', '\t']).len();
    let separator = comment[after..verb_at].trim();
    let verb: String = comment[verb_at..].chars().take_while(char::is_ascii_alphabetic).collect();
    let behind = &comment[verb_at + verb.len()..];
    let is_ignore = verb.eq_ignore_ascii_case("ignore");
    if separator == ":" && is_ignore {
        let end = comment.strip_suffix("*/").map_or(comment.len(), str::len);
        return Some(Parser { text: &comment[..end], at: verb_at + verb.len() }.directive());
    }
    // What only looks like one must not be passed over in silence, and a sentence about iamlint is none.
    let verbs = ["ignore", "ignores", "disable", "skip", "suppress", "allow", "noqa", "nolint", "exclude", "off"];
    let is_verb = verbs.iter().any(|it| verb.eq_ignore_ascii_case(it));
    let looks_like_one = match separator {
        "" => is_verb && behind.starts_with(['[', '=', ':', '(']),
        ":" => is_verb || first,
        _ => is_verb,
    };
    looks_like_one.then(|| Err((word..verb_at + verb.len(), format!("this is not understood: an ignore is {FORM}"))))
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl Parser<'_> {
    fn directive(mut self) -> Result<Directive, Problem> {
        let names = self.list('[', ']', "the rules are named in brackets: `ignore[wildcard_action]`")?;
        let names = names.into_iter().map(|(text, range)| {
            let span = Span::new(FileId(0), range.start, range.end);
            Name { text, range, span, rules: Vec::new(), used: false }
        });
        let mut out = Directive { names: names.collect(), only: Vec::new(), reason: String::new(), until: None };
        let mut seen: Vec<String> = Vec::new();
        loop {
            self.space();
            let rest = &self.text[self.at..];
            // What stands behind another comment mark is for people.
            if rest.is_empty() || rest.starts_with('#') || rest.starts_with("//") {
                return Ok(out);
            }
            let start = self.at;
            let key: String = rest.chars().take_while(|it| it.is_alphanumeric() || matches!(it, '-' | '_')).collect();
            self.at += key.len();
            let range = start..self.at.max(start + rest.chars().next().map_or(0, char::len_utf8));
            let key = key.to_lowercase();
            if seen.contains(&key) {
                return Err((range, format!("`{key}` is said twice")));
            }
            match key.as_str() {
                "only" => {
                    let list = self.list('(', ')', "what is accepted stands in brackets: `only(ec2:Describe*)`")?;
                    out.only = list.into_iter().map(|(text, _)| text).collect();
                }
                "reason" => out.reason = self.quoted(range)?,
                "until" => out.until = Some(self.date(range)?),
                _ => return Err((range, format!("this is not understood: an ignore is {FORM}"))),
            }
            seen.push(key);
        }
    }

    fn space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, char: char) -> bool {
        self.space();
        let found = self.text[self.at..].starts_with(char);
        if found {
            self.at += char.len_utf8();
        }
        found
    }

    /// Names between brackets, with their places.
    fn list(&mut self, open: char, close: char, or: &str) -> Result<Vec<(String, Range<usize>)>, Problem> {
        let start = self.at;
        let wrong = |end: usize| (start..end, or.to_owned());
        if !self.eat(open) {
            return Err(wrong(self.text.len()));
        }
        let inside = &self.text[self.at..];
        let Some(length) = inside.find(close) else { return Err(wrong(self.text.len())) };
        let mut names = Vec::new();
        let mut at = self.at;
        for part in inside[..length].split(',') {
            let name = part.trim();
            let begin = at + part.len() - part.trim_start().len();
            if !name.is_empty() {
                names.push((name.to_owned(), begin..begin + name.len()));
            }
            at += part.len() + 1;
        }
        self.at += length + close.len_utf8();
        if names.is_empty() { Err(wrong(self.at)) } else { Ok(names) }
    }

    fn quoted(&mut self, key: Range<usize>) -> Result<String, Problem> {
        let wrong = || (key.clone(), "a reason stands in straight quotes: `reason=\"…\"`".to_owned());
        if !(self.eat('=') && self.eat('"')) {
            return Err(wrong());
        }
        let mut out = String::new();
        let mut chars = self.text[self.at..].char_indices();
        while let Some((at, char)) = chars.next() {
            match char {
                '"' => {
                    self.at += at + 1;
                    return Ok(out);
                }
                '\\' => out.extend(chars.next().map(|(_, char)| char)),
                char => out.push(char),
            }
        }
        Err(wrong())
    }

    fn date(&mut self, key: Range<usize>) -> Result<Date, Problem> {
        let equals = self.eat('=');
        self.space();
        let start = self.at;
        let length = self.text[start..].find(char::is_whitespace).unwrap_or(self.text.len() - start);
        self.at += length;
        let word = self.text[start..self.at].trim_matches('"');
        let wrong = || (key.start..self.at, format!("`{word}` is no date such as `until=2027-01-31`"));
        Date::parse(word).filter(|_| equals).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(comment: &str) -> (String, String) {
        let (range, message) = parse(comment).expect("it speaks to iamlint").expect_err("it is wrong");
        (comment[range].to_owned(), message)
    }

    #[test]
    fn a_comment_is_read_whole() {
        let comment = "# because of X  iamlint: Ignore[a_rule, CKV_AWS_1] only(ec2:Describe*, s3:Get*) \
                       reason=\"a \\\"good\\\" one, # and more\" until=2027-01-31 # for people";
        let directive = parse(comment).unwrap().unwrap();
        let names: Vec<_> = directive.names.iter().map(|it| (&*it.text, &comment[it.range.clone()])).collect();
        assert_eq!(names, [("a_rule", "a_rule"), ("CKV_AWS_1", "CKV_AWS_1")]);
        assert_eq!(directive.only, ["ec2:Describe*", "s3:Get*"]);
        assert_eq!(directive.reason, "a \"good\" one, # and more");
        assert_eq!(directive.until.unwrap().to_string(), "2027-01-31");
        assert!(parse("/* iamlint: ignore[a] */").unwrap().is_ok());
        assert!(parse("//iamlint:ignore[a]").unwrap().is_ok());
    }

    #[test]
    fn what_cannot_be_understood_is_said_at_its_place() {
        assert_eq!(problem("# iamlint: ignore").1, "the rules are named in brackets: `ignore[wildcard_action]`");
        assert_eq!(problem("# iamlint: ignore[]").0, "[]");
        assert_eq!(problem("# iamlint: ignore[a").0, "[a");
        assert_eq!(problem("# iamlint: ignore[a] because").0, "because");
        assert_eq!(problem("# iamlint: ignore[a] reason=because").0, "reason");
        assert_eq!(problem("# iamlint: ignore[a] reason=\"x").0, "reason");
        assert_eq!(
            problem("# iamlint: ignore[a] until=2027-02-29").1,
            "`2027-02-29` is no date such as `until=2027-01-31`"
        );
        assert_eq!(problem("# iamlint: ignore[a] until=soon").0, "until=soon");
        assert_eq!(problem("# iamlint: ignore[a] only s3:*").0, " s3:*");
        assert_eq!(problem("# iamlint: ignore[a] reason=\"x\" reason=\"y\"").1, "`reason` is said twice");
        assert_eq!(problem("# iamlint: ignore[a] é").0, "é");
        for other in ["iamlint:skip=a", "iamlint-disable a", "iamlint ignore[a]", "iamlint: silence a"] {
            assert!(problem(&format!("# {other}")).1.starts_with("this is not understood"), "{other}");
        }
        for prose in ["see the iamlint page", "run iamlint: it helps", "iamlint ignores this, alas", "x.iamlint.y"] {
            assert!(parse(&format!("# {prose}")).is_none(), "{prose}");
        }
    }
}
