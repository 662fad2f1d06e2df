//! Patterns of actions and resources: what they match whatever their holes turn out to be, and what they may match.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use smallvec::SmallVec;

use super::grant::Shape;
use super::principal::is_looked_up_account;
use super::{ArnPattern, Place};
use crate::catalog;
use crate::value::{HOLE, HoleKind, Text};

/// One entry of `Action` or `NotAction`.
#[derive(Clone, Debug)]
pub struct Action {
    /// As resolved.
    pub text: Text,
    /// Where it is written.
    pub place: Place,
    reached: OnceLock<catalog::ActionSet>,
}

/// One entry of `Resource` or `NotResource`.
#[derive(Clone, Debug)]
pub struct Resource {
    /// As resolved.
    pub text: Text,
    /// Where it is written.
    pub place: Place,
    arn: OnceLock<Option<Box<ArnPattern>>>,
    pub(super) shape: OnceLock<Shape>,
    /// Where its parts end.
    ends: OnceLock<SmallVec<[usize; 6]>>,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

/// What is asked of a pattern with holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strength {
    /// Whatever the holes turn out to be.
    Must,
    /// For some value of them.
    May,
}

impl Action {
    /// An entry as resolved, and where it is written.
    pub fn new(text: Text, place: Place) -> Self {
        Self { text, place, reached: OnceLock::new() }
    }

    /// The part before the colon, when it is known.
    pub fn service(&self) -> Option<&str> {
        let (service, _) = self.text.raw().split_once(':')?;
        (service.is_ascii() || !service.contains(HOLE)).then_some(service)
    }

    /// The part after the colon, with [`HOLE`] for what is not known.
    pub fn name(&self) -> Option<&str> {
        self.text.raw().split_once(':').map(|(_, name)| name)
    }

    /// Whether a part of it may be anything, wildcards too.
    pub fn is_free(&self) -> bool {
        self.text.holes().any(|(_, hole)| hole.kind == HoleKind::Free)
    }

    /// `*`, `*:*`, `**`: every action of every service.
    pub fn is_everything(&self) -> bool {
        let raw = self.text.raw();
        // Nearly every action is seen to be narrower by its first letter.
        raw.starts_with('*')
            && (is_all_stars(raw) || raw.split_once(':').is_some_and(|(a, b)| is_all_stars(a) && is_all_stars(b)))
    }

    /// `service:*`: every action of one service.
    pub fn is_whole_service(&self) -> bool {
        self.text.raw().ends_with('*')
            && self.service().is_some_and(|it| !it.is_empty() && !it.contains(['*', '?']))
            && self.name().is_some_and(is_all_stars)
    }

    /// `${var.service}:*`: every action of a service that is not known.
    pub fn is_whole_unknown_service(&self) -> bool {
        let parts = || self.text.raw().split_once(':');
        self.text.raw().ends_with('*')
            && self.service().is_none()
            && parts().is_some_and(|(service, name)| !service.contains(['*', '?']) && is_all_stars(name))
    }

    /// Whether it holds a wildcard.
    pub fn has_wildcard(&self) -> bool {
        first_wildcard(self.text.raw()).is_some()
    }

    /// Whether it matches an action, whatever its holes turn out to be. Case does not count.
    pub fn must_match(&self, action: &str) -> bool {
        self.place.given.is_none() && self.matches(action, Strength::Must)
    }

    /// Whether it matches an action for some value of its holes.
    pub fn may_match(&self, action: &str) -> bool {
        self.matches(action, Strength::May)
    }

    /// Whether it names no service, so that AWS refuses the policy and it grants nothing.
    fn is_refused(&self) -> bool {
        let raw = self.text.raw();
        !raw.contains([':', HOLE]) && raw.contains(|it: char| it.is_ascii_alphanumeric())
    }

    fn matches(&self, action: &str, strength: Strength) -> bool {
        // Nearly every entry is seen to be another action by its first letter.
        if let ([own @ (b'a'..=b'z' | b'A'..=b'Z'), ..], [other, ..]) = (self.text.raw().as_bytes(), action.as_bytes())
            && !own.eq_ignore_ascii_case(other)
        {
            return false;
        }
        if self.is_refused() {
            return false;
        }
        // White space inside an action matches nothing.
        glob(&self.text, strength).is_some_and(|pattern| matches(&pattern, action, true))
    }

    /// Whether it matches an action by what is written, in whichever case it is there.
    pub fn names(&self, action: &str) -> bool {
        self.may_match(action) && !self.text.has_holes()
    }

    /// The same of an action of the reference.
    pub fn names_known(&self, action: catalog::Action) -> bool {
        let reached = self.reached();
        // A policy variable is taken as it is written there, so that it matches nothing.
        reached.contains(action)
            || reached.is_empty() && has_variable(self.text.raw()) && self.names(&action.full_name())
    }

    /// Whether it matches all that another one matches.
    pub fn covers(&self, other: &Self) -> bool {
        self.place.given.is_none() && covers(&self.text, &other.text, true)
    }

    /// The actions of the reference that it matches, whatever its holes turn out to be.
    pub fn expand(&self) -> Vec<catalog::Action> {
        self.reached().iter().collect()
    }

    /// The same as a set, which is made when it is first asked for.
    pub fn reached(&self) -> &catalog::ActionSet {
        self.reached.get_or_init(|| match self.text.as_known() {
            Some(_) if self.is_refused() => catalog::ActionSet::default(),
            Some(known) => catalog::ActionSet::matching(known),
            // A part that may be anything still leaves the rest: `s3:Get*` beside a hole is its own entry, so an
            // entry with a hole in it names nothing for certain.
            None => catalog::ActionSet::default(),
        })
    }
}

impl Resource {
    /// An entry as resolved, and where it is written.
    pub fn new(text: Text, place: Place) -> Self {
        Self { text, place, arn: OnceLock::new(), shape: OnceLock::new(), ends: OnceLock::new() }
    }

    /// It taken apart, when it is first asked for; none when it is no ARN, or too little of it is known to tell its parts.
    pub fn arn(&self) -> Option<&ArnPattern> {
        self.arn.get_or_init(|| ArnPattern::of(self).map(Box::new)).as_deref()
    }

    /// Whether a part of it may be anything, wildcards too.
    pub fn is_free(&self) -> bool {
        self.text.holes().any(|(_, hole)| hole.kind == HoleKind::Free)
    }

    /// Every resource of every service: `*`, `**`, `arn:*`, `arn:*:*:*:*:*`.
    pub fn is_everything(&self) -> bool {
        let raw = self.text.raw();
        if is_all_stars(raw) {
            return true;
        }
        // Nearly every resource is seen to be narrower by its last character or its first, or names a service.
        if !raw.ends_with('*') || !raw.starts_with("arn:") || self.part(2).is_some_and(|it| !is_all_stars(it)) {
            return false;
        }
        // A pattern of fewer parts is padded with `:*` when it ends in a star.
        raw.splitn(6, ':').enumerate().all(|(n, part)| n == 0 || is_all_stars(part) || n == 1 && part == "aws")
    }

    /// The part between the `n`th and the next colon, as written, 0 being `arn`; the sixth runs to the end.
    pub fn part(&self, n: usize) -> Option<&str> {
        let raw = self.text.raw();
        let end_of = |start: &mut usize, part: &str| {
            let end = *start + part.len();
            *start = end + 1;
            Some(end)
        };
        let ends = self.ends.get_or_init(|| split_arn(raw).into_iter().scan(0, end_of).collect());
        let start = n.checked_sub(1).and_then(|it| ends.get(it)).map_or(0, |it| it + 1);
        ends.get(n).map(|end| &raw[start..*end])
    }

    /// Whether its account is an id that is looked up, so that there is one.
    pub(super) fn has_looked_up_account(&self) -> bool {
        let is_hole = self.part(4).is_some_and(|it| it.strip_prefix(HOLE) == Some(""));
        let account = || self.text.raw().match_indices(':').nth(3).and_then(|(at, _)| self.text.hole_at(at + 1));
        is_hole && account().is_some_and(|it| is_looked_up_account(it))
    }

    /// Whether it matches the resource, whatever its holes turn out to be.
    pub fn must_match(&self, arn: &str) -> bool {
        self.place.given.is_none()
            && glob(&self.text, Strength::Must).is_some_and(|pattern| matches_resource(&pattern, arn))
    }

    /// Whether it matches the resource for some value of its holes.
    pub fn may_match(&self, arn: &str) -> bool {
        glob(&self.text, Strength::May).is_some_and(|pattern| matches_resource(&pattern, arn))
    }

    /// Whether it matches all that another one matches.
    pub fn covers(&self, other: &Self) -> bool {
        self.place.given.is_none() && (self.is_everything() || covers(&self.text, &other.text, false))
    }

    /// Whether it is an ARN that leaves open all but the service: `arn:aws:s3:::*`, `arn:aws:logs:*:*:*`.
    pub fn covers_all_of_its_service(&self) -> bool {
        let open = |n: usize| self.part(n).is_none_or(|it| it.is_empty() || is_all_stars(it));
        self.text.raw().starts_with("arn:") && open(3) && open(4) && self.part(5).is_none_or(is_all_stars)
    }

    /// Whether its parts are told apart although some of it may be anything: what stands alone between two colons is a
    /// partition, a region or an account, `arn:aws:kms:${var.region}:${var.account}:key/*`, and no more than one.
    pub(super) fn has_told_parts(&self) -> bool {
        let raw = self.text.raw();
        self.text.holes().filter(|(_, hole)| hole.kind == HoleKind::Free).all(|(at, _)| {
            let stands_alone = || raw[..at].ends_with(':') && raw[at + HOLE.len_utf8()..].starts_with(':');
            match split_arn(&raw[..at]).len() {
                2 | 4 | 5 => stands_alone(),
                parts => parts > 5,
            }
        })
    }

    /// The pattern taken apart, when it is wide enough to cover all resources of any form.
    pub(super) fn wide(&self) -> Option<Wide> {
        let raw = self.text.raw();
        // Without a star it is one resource, or a few of one length. What holes stand for is some text, which a name
        // that nobody chose does not equal.
        if memchr::memchr(b'*', raw.as_bytes()).is_none() || !self.has_told_parts() {
            return None;
        }
        if self.is_everything() {
            return Some(Wide { parts: Vec::new(), reach: Reach::Everywhere });
        }
        let parts = split_arn(raw);
        if parts[0] != "arn" || parts.len() < 6 && !raw.ends_with('*') {
            return None;
        }
        // One region or one account still holds every resource that this account has there.
        let open = |n: usize| parts.get(n).is_none_or(|part| part.is_empty() || is_all_stars(part));
        let reach = if open(3) && open(4) { Reach::Everywhere } else { Reach::Account };
        let forms = parts.get(2).filter(|it| first_wildcard(it).is_none()).map(|it| catalog::arn_forms(it));
        // Most patterns begin with a name, and then cover no form at all.
        let begins = |it: &&catalog::ArnForm| parts.get(5).is_none_or(|own| covers_part(own, it.parts[4]));
        let mut begun = forms.unwrap_or_default().iter().filter(begins).peekable();
        if forms.is_some() && begun.peek().is_none() {
            return None;
        }
        let wide = Wide { parts: parts.iter().map(|it| (*it).to_owned()).collect(), reach };
        (forms.is_none() || begun.any(|it| wide.covers(it.text, reach))).then_some(wide)
    }
}

/// A resource pattern that is wide enough to cover all resources of some form.
#[derive(Clone, Debug)]
pub(super) struct Wide {
    /// The parts of its ARN; none when it is everything.
    parts: Vec<String>,
    /// How far it reaches.
    reach: Reach,
}

impl Wide {
    /// Whether it is every resource of every service.
    pub(super) fn is_everything(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether it covers all resources of every one of some forms; of no form there are none.
    pub(super) fn covers_all(&self, forms: &[&str], reach: Reach) -> bool {
        !forms.is_empty() && forms.iter().all(|it| self.covers(it, reach))
    }

    /// Whether it covers all resources of a documented form in `reach`: a name that nobody chose is matched.
    pub(super) fn covers(&self, form: &str, reach: Reach) -> bool {
        let part = |(n, form): (usize, &str)| match self.parts.get(n) {
            // A pattern of fewer parts is padded.
            None => true,
            // A partition written out is no bound that anybody means as one.
            Some(_) if n < 2 => true,
            // No region or account where the form has one, or one where it has none, matches nothing.
            Some(own) if reach == Reach::Account && (n == 3 || n == 4) => {
                is_all_stars(own) || own.is_empty() == form.is_empty()
            }
            Some(own) => covers_part(own, form),
        };
        (reach == Reach::Account || self.reach == Reach::Everywhere) && form.splitn(6, ':').enumerate().all(part)
    }
}

fn covers_part(pattern: &str, form: &str) -> bool {
    if is_all_stars(pattern) {
        return true;
    }
    // What is fixed in the pattern must be fixed in the form: it is cheaper to see than to match.
    let literal = &pattern[..first_wildcard(pattern).unwrap_or(pattern.len())];
    form.starts_with(literal)
        && match memchr::memchr(b'$', form.as_bytes()) {
            Some(fixed) => literal.len() <= fixed && matches(pattern, &fresh_instance(form), false),
            None => matches(pattern, form, false),
        }
}

/// How far a resource must reach that is all resources of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// In every region and account.
    Everywhere,
    /// In one account and region at least.
    Account,
}

/// Whether a pattern matches whatever another pattern matches: what is a wildcard there must fall to a `*` here, and a
/// hole to the same hole.
fn covers(pattern: &Text, other: &Text, ignore_case: bool) -> bool {
    let (own, its) = (pattern.raw(), other.raw());
    let same = |a: u8, b: u8| a == b || ignore_case && a.eq_ignore_ascii_case(&b);
    let pairs = own.bytes().zip(its.bytes());
    let alike = pairs.take_while(|(a, b)| same(*a, *b) && !is_wildcard(*a)).count();
    let is_matched = match own.as_bytes().get(alike) {
        None => its.len() == alike,
        Some(b'?') | Some(b'*') => matches(&own[alike..].replace('?', "\u{0}"), &its[alike..], ignore_case),
        // What is fixed before the first wildcard tells most pairs apart.
        Some(_) => false,
    };
    is_matched && pattern.holes().zip(other.holes()).all(|((_, a), (_, b))| a.is_same(b))
}

fn is_wildcard(byte: u8) -> bool {
    matches!(byte, b'*' | b'?')
}

/// Where the first wildcard of a pattern stands.
pub(super) fn first_wildcard(pattern: &str) -> Option<usize> {
    memchr::memchr2(b'*', b'?', pattern.as_bytes())
}

/// Whether a policy variable is in it.
fn has_variable(raw: &str) -> bool {
    memchr::memchr(b'$', raw.as_bytes()).is_some_and(|at| raw[at..].contains("${"))
}

pub(super) fn is_all_stars(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'*')
}

/// An ARN of a documented form with names that nobody chose. The id of a key is a UUID, but for keys of several regions.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-id>
fn fresh_instance(form: &str) -> String {
    const NAME: &str = "\u{1}fresh1\u{1}";
    const KEY_ID: &str = "\u{1}fresh1\u{1}-\u{1}\u{1}\u{1}\u{1}-\u{1}\u{1}\u{1}\u{1}-\u{1}\u{1}\u{1}\u{1}-\u{1}\u{1}fresh1\u{1}\u{1}\u{1}\u{1}";
    let mut out = String::with_capacity(form.len() + 16);
    let mut rest = form;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(if name == "KeyId" { KEY_ID } else { NAME });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// An ARN's six parts; colons inside `${…}` do not separate.
pub fn split_arn(text: &str) -> SmallVec<[&str; 6]> {
    let bytes = text.as_bytes();
    let mut parts = SmallVec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'{' if at > 0 && bytes[at - 1] == b'$' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
                if parts.len() == 5 {
                    break;
                }
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The pattern in one of its strengths; none when it then matches nothing.
pub(super) fn glob(text: &Text, strength: Strength) -> Option<Cow<'_, str>> {
    let raw = text.raw();
    match strength {
        _ if !text.has_holes() && !has_variable(raw) => Some(Cow::Borrowed(raw)),
        Strength::Must => None,
        Strength::May => {
            let mut out = String::with_capacity(raw.len());
            let mut rest = raw;
            while let Some(at) = rest.find([HOLE, '$']) {
                out.push_str(&rest[..at]);
                rest = &rest[at..];
                if let Some(after) = rest.strip_prefix(HOLE) {
                    out.push('*');
                    rest = after;
                } else if let Some((_, after)) = rest.strip_prefix("${").and_then(|rest| rest.split_once('}')) {
                    out.push('*');
                    rest = after;
                } else {
                    out.push('$');
                    rest = &rest[1..];
                }
            }
            out.push_str(rest);
            Some(Cow::Owned(out))
        }
    }
}

/// Whether a pattern matches all of `text`: `*` any run, `?` one character.
pub fn matches(pattern: &str, text: &str, ignore_case: bool) -> bool {
    let (pattern, bytes) = (pattern.as_bytes(), text.as_bytes());
    let same = |a: u8, b: u8| a == b || ignore_case && a.eq_ignore_ascii_case(&b);
    let end = bytes.len();
    let character_after = |at: usize| (at + 1..end).find(|it| text.is_char_boundary(*it)).unwrap_or(end);
    // What is fixed in front of the first wildcard tells most texts apart.
    let fixed = memchr::memchr2(b'*', b'?', pattern).unwrap_or(pattern.len());
    let begins = |it: &[u8]| it == &pattern[..fixed] || ignore_case && it.eq_ignore_ascii_case(&pattern[..fixed]);
    if !bytes.get(..fixed).is_some_and(begins) {
        return false;
    }
    let (mut p, mut t) = (fixed, fixed);
    // Where to take up again after the last star: the pattern behind it, the text it has not yet swallowed.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(p), bytes.get(t)) {
            (Some(b'*'), _) => {
                p += 1;
                retry = Some((p, t));
                continue;
            }
            (Some(b'?'), Some(_)) => {
                (p, t) = (p + 1, character_after(t));
                continue;
            }
            (Some(a), Some(b)) if same(*a, *b) => {
                (p, t) = (p + 1, t + 1);
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        let Some((behind, swallowed)) = &mut retry else { return false };
        if *swallowed == end {
            return false;
        }
        *swallowed = character_after(*swallowed);
        (p, t) = (*behind, *swallowed);
    }
}

/// Whether a resource pattern matches a resource: the first five parts of an ARN part by part, the rest as one string.
pub fn matches_resource(pattern: &str, resource: &str) -> bool {
    if is_all_stars(pattern) {
        return true;
    }
    if resource == "*" || !pattern.starts_with("arn:") {
        return matches(pattern, resource, false);
    }
    let (patterns, parts) = (split_arn(pattern), split_arn(resource));
    if parts.len() < 6 || patterns.len() < 6 && !pattern.ends_with('*') {
        return false;
    }
    parts.iter().enumerate().all(|(n, part)| matches(patterns.get(n).copied().unwrap_or("*"), part, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};
    use proptest::prelude::*;

    fn resource(text: &str) -> Resource {
        let span = Span::new(FileId(0), 0, text.len());
        let place = Place::here(span);
        Resource::new(Text::known(text, span), place)
    }

    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => naive(rest, text) || !text.is_empty() && naive(pattern, &text[1..]),
            (Some(('?', rest)), Some((_, tail))) => naive(rest, tail),
            (Some((a, rest)), Some((b, tail))) => a == b && naive(rest, tail),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_a_naive_matcher_matches(pattern in "[ab*?:é]{0,8}", text in "[ab:é]{0,8}") {
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(matches(&pattern, &text, false), naive(&p, &t));
        }

        #[test]
        fn case_is_ignored_only_where_it_does_not_count(pattern in "[aB*]{0,6}", text in "[Ab]{0,6}") {
            let lower = matches(&pattern.to_lowercase(), &text.to_lowercase(), false);
            prop_assert_eq!(matches(&pattern, &text, true), lower);
        }

        #[test]
        fn a_resource_is_matched_part_by_part(
            pattern in prop::collection::vec("[ab*?]{0,3}", 5), text in prop::collection::vec("[ab]{0,3}", 5),
        ) {
            let parts = pattern.iter().zip(&text).all(|(p, t)| matches(p, t, false));
            let (pattern, text) = (format!("arn:{}", pattern.join(":")), format!("arn:{}", text.join(":")));
            prop_assert_eq!(matches_resource(&pattern, &text), parts);
        }
    }

    #[test]
    fn a_star_never_crosses_a_colon_in_the_first_five_parts() {
        assert!(!matches_resource("arn:aws:s3*:bucket", "arn:aws:s3:::bucket"));
        assert!(matches_resource("arn:aws:s3:::*", "arn:aws:s3:::a:b/c"));
        assert!(matches_resource("arn:aws:s3*", "arn:aws:s3:::a"));
        assert!(!matches_resource("arn:aws:s3", "arn:aws:s3:::a"));
    }

    #[test]
    fn a_pattern_covers_what_is_narrower() {
        assert!(resource("arn:aws:s3:::b*").covers(&resource("arn:aws:s3:::b/logs/*")));
        assert!(resource("*").covers(&resource("arn:aws:s3:::b")));
        assert!(!resource("arn:aws:s3:::b/*").covers(&resource("arn:aws:s3:::b")));
        assert!(!resource("arn:aws:s3:::b?").covers(&resource("arn:aws:s3:::b*")));
    }

    #[test]
    fn everything_has_many_spellings() {
        for text in ["*", "**", "arn:*", "arn:*:*:*:*:*", "arn:aws:*", "arn:aws:*:*:*:*"] {
            assert!(resource(text).is_everything(), "{text}");
        }
        for text in ["arn:aws:s3:::*", "arn:aws:iam::*:role/x", "*-logs", "arn"] {
            assert!(!resource(text).is_everything(), "{text}");
        }
    }

    #[test]
    fn every_key_of_an_account_is_less_than_every_key() {
        let form = "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}";
        let covers = |text: &str, reach: Reach| resource(text).wide().is_some_and(|it| it.covers(form, reach));
        assert!(covers("arn:aws:kms:*:*:key/*", Reach::Everywhere));
        assert!(!covers("arn:aws:kms:eu-west-1:111122223333:key/*", Reach::Everywhere));
        assert!(covers("arn:aws:kms:eu-west-1:111122223333:key/*", Reach::Account));
        assert!(!covers("arn:aws:kms:*:*:key/1234*", Reach::Account));
        assert!(covers("arn:aws:kms:*:*:key/????????-*", Reach::Everywhere));
        assert!(covers("arn:aws:kms:*:*:key/????????-????-????-????-????????????*", Reach::Everywhere));
        assert!(!covers("arn:aws:kms:*:*:key/????????-????-a*", Reach::Everywhere));
    }
}
