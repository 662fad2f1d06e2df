//! Resource patterns against documented forms of ARNs: whether any ARN is both. `${…}` in a form stands for any name,
//! with slashes and colons in it; in a pattern it is a policy variable, of which nothing is known.

use std::sync::OnceLock;

use compact_str::CompactString;

use super::pattern::{Resource, split_arn};
use crate::catalog::{self, ArnForm};
use crate::value::{HOLE, HoleKind, Text};

/// A resource pattern taken apart.
#[derive(Clone, Debug)]
pub struct ArnPattern {
    /// Partition, service, region, account, resource.
    parts: [Tokens; 5],
    has_known_form: OnceLock<bool>,
}

/// A part of a pattern: the text that it begins with, and what comes behind.
#[derive(Clone, Debug, Default)]
struct Tokens {
    literal: CompactString,
    wild: Vec<Token>,
}

impl Tokens {
    /// How many colons are written in it.
    fn colons(&self) -> usize {
        let wild = self.wild.iter().filter(|it| matches!(it, Token::Char(':'))).count();
        self.literal.bytes().filter(|it| *it == b':').count() + wild
    }
}

/// A part of an ARN, by its place behind `arn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArnPart {
    /// `aws`.
    Partition,
    /// `s3`.
    Service,
    /// `eu-west-1`, or nothing where a service has no regions.
    Region,
    /// Twelve digits, or nothing.
    Account,
    /// All that follows.
    Resource,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Char(char),
    /// Any one character.
    One,
    /// Any run of characters.
    Run,
    /// Any run of characters that could be a bucket's name.
    Name,
}

impl ArnPattern {
    /// Takes a resource apart; none when it is no ARN, or too little of it is known to tell its parts.
    pub(super) fn of(resource: &Resource) -> Option<Self> {
        // No ARN is that long: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html
        const LONGEST: usize = 2_048;
        let raw = resource.text.raw();
        if raw.len() > LONGEST {
            return None;
        }
        let parts = split_arn(raw);
        if parts[0] != "arn" || parts.len() < 6 && !raw.ends_with('*') || !resource.has_told_parts() {
            return None;
        }
        let mut at = "arn:".len();
        let mut tokens: [Tokens; 5] = Default::default();
        for (n, out) in tokens.iter_mut().enumerate() {
            let Some(part) = parts.get(n + 1) else {
                out.wild.push(Token::Run);
                continue;
            };
            let of_bucket = n == 4 && parts.get(2) == Some(&"s3");
            *out = tokens_of(part, of_bucket, &resource.text, at);
            at += part.len() + 1;
        }
        Some(Self { parts: tokens, has_known_form: OnceLock::new() })
    }

    /// Whether an ARN of some documented form of its service may match it, which is found out once.
    pub fn has_known_form(&self) -> bool {
        let service = &self.parts[ArnPart::Service as usize];
        let forms = || if service.wild.is_empty() { catalog::arn_forms(&service.literal) } else { &[] };
        *self.has_known_form.get_or_init(|| forms().iter().any(|it| self.meets_but_for(it, &[ArnPart::Service])))
    }

    /// Whether an ARN of the form may match it.
    pub fn meets(&self, form: &ArnForm) -> bool {
        self.meets_but_for(form, &[])
    }

    /// The same, with some parts not looked at.
    pub fn meets_but_for(&self, form: &ArnForm, parts: &[ArnPart]) -> bool {
        use ArnPart as Part;
        // What is cheap to tell apart comes first, and nearly all forms of a service are told by the letter that their
        // resource begins with.
        if !parts.contains(&Part::Resource) && begin_apart(&self.parts[Part::Resource as usize].literal, form.parts[4])
        {
            return false;
        }
        [Part::Service, Part::Region, Part::Account, Part::Resource].into_iter().all(|part| {
            let n = part as usize;
            let of_aws = part == Part::Account
                && self.parts[n].literal.is_empty()
                && self.parts[n].wild.is_empty()
                && form.may_be_of_aws();
            parts.contains(&part) || of_aws || meets_part(&self.parts[n], form.parts[n], form.parts[1] == "s3")
        })
    }
}

/// Whether a text and a form are told apart by what they begin with.
fn begin_apart(own: &str, form: &str) -> bool {
    let first = own.as_bytes().first().zip(form.as_bytes().first());
    first.is_some_and(|(own, form)| own != form && !matches!(form, b'$' | b'*'))
}

/// A log group as the actions about its tags take it. No log group has a colon in its name, so the ARN with `:*` behind it,
/// which all others take, is another one.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html>
pub(super) const LOG_GROUP: &str = "log-group:${LogGroupName}";

fn meets_part(pattern: &Tokens, form: &str, of_bucket: bool) -> bool {
    // Most regions and accounts are a star or a name where the form has a name.
    if matches!(pattern.wild[..], [Token::Run]) && pattern.literal.is_empty() {
        return true;
    }
    if pattern.wild.is_empty() {
        if pattern.literal == form {
            return true;
        }
        // No name is empty, though that of a bucket may be left out.
        if pattern.literal.is_empty() && !form.starts_with('*') && !form.starts_with(BUCKET) {
            return false;
        }
    }
    if form == LOG_GROUP && pattern.colons() > 1 {
        return false;
    }
    // Nearly all forms are told by what they begin with.
    let (own_rest, form_rest) = beyond_fixed(&pattern.literal, form);
    if !own_rest.is_empty() && !form_rest.starts_with(['$', '*']) {
        return false;
    }
    match pattern.wild[..] {
        [] => return is_of_form(own_rest, form_rest, of_bucket),
        [Token::Run] => return may_begin(own_rest, form_rest, of_bucket),
        _ => {}
    }
    let own = || own_rest.chars().map(Token::Char).chain(pattern.wild.iter().copied());
    // A name and nothing else is whatever is not empty, and of a bucket what has no slash in it.
    if form_rest.starts_with("${") && memchr::memchr(b'}', form_rest.as_bytes()) == Some(form_rest.len() - 1) {
        return match of_bucket && form_rest == BUCKET {
            true => own().all(|it| it.shares(Token::Name)),
            false => own().next().is_some(),
        };
    }
    meet(&own().collect::<Vec<_>>(), &tokens_of_form(form_rest, of_bucket))
}

/// No form has the name of a bucket and right behind it what could be part of one.
const BUCKET: &str = "${BucketName}";

/// What a text and a form, which is ASCII, have behind the fixed text that both begin with.
pub(super) fn beyond_fixed<'t>(text: &'t str, form: &'t str) -> (&'t str, &'t str) {
    let pairs = text.bytes().zip(form.bytes());
    let shared = pairs.take_while(|(own, its)| own == its && !matches!(its, b'$' | b'*')).count();
    (&text[shared..], &form[shared..])
}

/// Whether something of a form begins with a text.
fn may_begin(text: &str, form: &str, of_bucket: bool) -> bool {
    let (text, form) = beyond_fixed(text, form);
    if text.is_empty() {
        return true;
    }
    match form.strip_prefix(BUCKET).filter(|_| of_bucket) {
        Some(form) => may_begin(text.trim_start_matches(in_name), form, of_bucket),
        // Any other name takes all that there is, and so does a star.
        None => form.starts_with(['$', '*']),
    }
}

/// Whether a text is of a form.
fn is_of_form(text: &str, form: &str, of_bucket: bool) -> bool {
    let (text, form) = beyond_fixed(text, form);
    if let Some(form) = form.strip_prefix(BUCKET).filter(|_| of_bucket) {
        return is_of_form(text.trim_start_matches(in_name), form, of_bucket);
    }
    let name = form.strip_prefix("${").map(|it| it.split_once('}').map_or("", |(_, behind)| behind));
    // A name is one character at least, a star may be nothing.
    let (behind, taken) = match (name, form.strip_prefix('*')) {
        (Some(behind), _) => (behind, text.chars().next().map(char::len_utf8)),
        (None, Some(behind)) => (behind, Some(0)),
        (None, None) => return text.is_empty() && form.is_empty(),
    };
    let Some(left) = taken.map(|it| &text[it..]) else { return false };
    match behind.find(['$', '*']) {
        None => left.ends_with(behind),
        // As little as may be, since what is open further on takes the rest.
        Some(end) => left.find(&behind[..end]).is_some_and(|at| is_of_form(&left[at..], behind, of_bucket)),
    }
}

fn tokens_of(part: &str, of_bucket: bool, text: &Text, at: usize) -> Tokens {
    let is_wild = |(n, it): &(usize, char)| match *it {
        '*' | '?' | HOLE => true,
        '$' => part[*n..].starts_with("${"),
        _ => false,
    };
    let fixed = part.char_indices().find(is_wild).map_or(part.len(), |(n, _)| n);
    let mut wild = Vec::new();
    let mut chars = part.char_indices().skip_while(|(n, _)| *n < fixed);
    while let Some((n, char)) = chars.next() {
        wild.push(match char {
            '*' => Token::Run,
            '?' => Token::One,
            // The name of a bucket that is not known yet has no slash in it, as no bucket's has.
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
            HOLE if of_bucket
                && !part[..n].contains('/')
                && text.hole_at(at + n).is_some_and(|it| it.kind == HoleKind::Opaque) =>
            {
                Token::Name
            }
            HOLE => Token::Run,
            '$' if part[n..].starts_with("${") => {
                chars.by_ref().find(|(_, it)| *it == '}');
                Token::Run
            }
            other => Token::Char(other),
        });
    }
    Tokens { literal: part[..fixed].into(), wild }
}

fn tokens_of_form(part: &str, of_bucket: bool) -> Vec<Token> {
    let mut out = Vec::with_capacity(part.len());
    let mut rest = part;
    while let Some((before, after)) = rest.split_once("${") {
        out.extend(before.chars().map(wild));
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        if of_bucket && name == "BucketName" {
            out.push(Token::Name);
        } else {
            out.extend([Token::One, Token::Run]);
        }
        rest = after;
    }
    out.extend(rest.chars().map(wild));
    out
}

fn wild(char: char) -> Token {
    if char == '*' { Token::Run } else { Token::Char(char) }
}

impl Token {
    fn is_run(self) -> bool {
        matches!(self, Self::Run | Self::Name)
    }

    /// Whether one character may be part of both; of a run, one of its characters.
    fn shares(self, other: Self) -> bool {
        match (self, other) {
            (Self::Char(a), Self::Char(b)) => a == b,
            (Self::Char(char), Self::Name) | (Self::Name, Self::Char(char)) => in_name(char),
            _ => true,
        }
    }
}

/// Whether a bucket's name may have it.
fn in_name(char: char) -> bool {
    !matches!(char, '/' | ':')
}

/// Whether two patterns have a text in common.
fn meet(a: &[Token], b: &[Token]) -> bool {
    // `reached[j]`: some text is matched by the tokens of `a` so far and by the first `j` of `b`.
    let step_over = |reached: &mut [bool]| {
        for (j, token) in b.iter().enumerate() {
            reached[j + 1] |= reached[j] && token.is_run();
        }
    };
    let (mut reached, mut next) = (vec![false; b.len() + 1], vec![false; b.len() + 1]);
    reached[0] = true;
    step_over(&mut reached);
    for token in a {
        if token.is_run() {
            // An empty run, and then as many characters as `b` has that may be in one.
            next.copy_from_slice(&reached);
            for (j, other) in b.iter().enumerate() {
                next[j + 1] |= next[j] && (other.is_run() || token.shares(*other));
            }
        } else {
            next.fill(false);
            for (j, other) in b.iter().enumerate() {
                let shared = token.shares(*other);
                next[j + 1] |= reached[j] && !other.is_run() && shared;
                // The run takes the character, and may take more.
                next[j] |= reached[j] && other.is_run() && shared;
            }
            step_over(&mut next);
        }
        std::mem::swap(&mut reached, &mut next);
        if !reached.contains(&true) {
            return false;
        }
    }
    reached[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Place;
    use crate::policy::matches;
    use crate::source::{FileId, Span};
    use proptest::prelude::*;

    fn meets(resource: &str, form: &'static str) -> bool {
        let span = Span::new(FileId(0), 0, resource.len());
        let place = Place { span, origin: crate::value::Origin::HERE, given: None };
        let resource = Resource::new(Text::known(resource, span), place);
        let resource_type = catalog::service("s3").unwrap().resource_types().next().unwrap();
        resource.arn().unwrap().meets(&ArnForm::of(form, resource_type).unwrap())
    }

    const OBJECT: &str = "arn:${Partition}:s3:::${BucketName}/${ObjectName}";
    const BUCKET: &str = "arn:${Partition}:s3:::${BucketName}";
    const ROLE: &str = "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}";

    const FORMS: [&str; 8] =
        ["${BucketName}/${ObjectName}", "${BucketName}", "a/${KeyId}", "a*", "ab", "${A}/${B}", "${A}${B}b/*", "*a"];

    #[test]
    fn a_bucket_is_no_object() {
        assert!(meets("arn:aws:s3:::reports/*", OBJECT));
        assert!(meets("arn:aws:s3:::reports*", OBJECT));
        assert!(meets("arn:aws:s3:::*", OBJECT));
        assert!(!meets("arn:aws:s3:::reports", OBJECT));
        assert!(meets("arn:aws:s3:::reports", BUCKET));
        assert!(!meets("arn:aws:s3:::reports/*", BUCKET));
        assert!(meets("arn:aws:s3:::${aws:PrincipalTag/team}", BUCKET));
        assert!(meets("arn:aws:s3:::", BUCKET) && !meets("arn:aws:s3:::", OBJECT));
    }

    #[test]
    fn names_in_a_form_hold_slashes_and_a_pattern_may_be_short() {
        assert!(meets("arn:aws:iam::111122223333:role/a/b", ROLE));
        assert!(meets("arn:aws:iam::*:role/?pp", ROLE));
        assert!(meets("arn:*:iam*", ROLE));
        assert!(!meets("arn:aws:iam::111122223333:user/a", ROLE));
        assert!(!meets("arn:aws:iam:::role/a", ROLE));
    }

    proptest! {
        #[test]
        fn two_patterns_meet_when_one_matches_the_other(pattern in "[ab*?]{0,7}", text in "[ab]{0,7}") {
            let tokens = |it: &str| -> Vec<Token> {
                it.chars().map(|it| match it { '*' => Token::Run, '?' => Token::One, it => Token::Char(it) }).collect()
            };
            let expected = matches(&pattern, &text, false);
            prop_assert_eq!(meet(&tokens(&pattern), &tokens(&text)), expected);
            prop_assert_eq!(meet(&tokens(&text), &tokens(&pattern)), expected);
        }

        #[test]
        fn a_text_and_a_star_behind_it_are_compared_as_patterns_are(text in "[ab/é]{0,6}", n in 0..FORMS.len(), s3: bool) {
            let form = FORMS[n];
            let mut pattern: Vec<Token> = text.chars().map(Token::Char).collect();
            let tokens = tokens_of_form(form, s3);
            prop_assert_eq!(is_of_form(&text, form, s3), meet(&pattern, &tokens));
            pattern.push(Token::Run);
            prop_assert_eq!(may_begin(&text, form, s3), meet(&pattern, &tokens));
        }

        #[test]
        fn a_part_and_a_form_meet_as_their_tokens_do(text in "[ab/*?]{1,6}", n in 0..FORMS.len(), s3: bool) {
            let span = Span::new(FileId(0), 0, text.len());
            let part = tokens_of(&text, s3, &Text::known(&text, span), 0);
            let tokens: Vec<Token> = part.literal.chars().map(Token::Char).chain(part.wild.iter().copied()).collect();
            prop_assert_eq!(meets_part(&part, FORMS[n], s3), meet(&tokens, &tokens_of_form(FORMS[n], s3)));
        }

        #[test]
        fn patterns_that_share_a_text_meet(a in "[ab*?]{0,6}", b in "[ab*?]{0,6}", text in "[ab]{0,6}") {
            let tokens = |it: &str| -> Vec<Token> {
                it.chars().map(|it| match it { '*' => Token::Run, '?' => Token::One, it => Token::Char(it) }).collect()
            };
            if matches(&a, &text, false) && matches(&b, &text, false) {
                prop_assert!(meet(&tokens(&a), &tokens(&b)));
            }
        }
    }
}
