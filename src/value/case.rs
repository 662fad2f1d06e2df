//! Cases in words. A case is one premise or several with `and` between them; what a premise says stands in backticks, as
//! it is shown to people: `` `var.on` ``, `` not `var.on` ``, `` `var.env` is `prod` ``, `` `var.env` is none of `dev`, `test` ``.
//! Two cases are compared by their words, so whoever makes one writes what is asked the same way wherever it is asked.

use std::fmt;
use std::sync::Arc;

/// The premises that a case is made of, each of which may hold words like those between them.
pub fn premises(when: &str) -> Vec<&str> {
    const AND: &str = " and ";
    // Most cases are one premise, which is sooner seen than looked through.
    if memchr::memmem::find(when.as_bytes(), AND.as_bytes()).is_none() {
        return if when.is_empty() { Vec::new() } else { vec![when] };
    }
    let (mut out, mut from) = (Vec::new(), 0);
    for (at, _) in when.match_indices(AND) {
        let before = &when[from..at];
        let outside: String = before.split('`').step_by(2).collect();
        let is_within = before.matches('`').count() % 2 == 1 || outside.matches('"').count() % 2 == 1;
        if at >= from && !is_within {
            out.push(before);
            from = at + AND.len();
        }
    }
    out.push(&when[from..]);
    out.retain(|it| !it.is_empty());
    out
}

/// What stands in front of premises of which one at least is not so.
const NOT_ALL_OF: &str = "not all of ";

/// The case in which another one is not the case, in words.
pub fn opposite(when: &str) -> Arc<str> {
    match (when.strip_prefix(NOT_ALL_OF), when.strip_prefix("not ")) {
        (Some(all), _) => all.into(),
        // Of two premises it is not that one of them is not so.
        _ if when.contains("` and ") => format!("{NOT_ALL_OF}{when}").into(),
        (None, Some(opposite)) => opposite.into(),
        (None, None) => format!("not {when}").into(),
    }
}

/// Whether two cases cannot both hold: one is what the other is not, or both say what one thing is.
/// `` `a` and not `b` `` holds where both parts do.
pub fn excludes(one: &str, other: &str) -> bool {
    contradictions(one, other).next().is_some()
}

/// The premises of the one case that one of another case's contradicts.
pub fn contradictions<'w>(one: &'w str, other: &'w str) -> impl Iterator<Item = &'w str> {
    let opposed = |a: &str, b: &str| a.strip_prefix("not ") == Some(b) || b.strip_prefix("not ") == Some(a);
    let parts = |it: &'w str| if it.starts_with(NOT_ALL_OF) { vec![it] } else { premises(it) };
    let others = parts(other);
    parts(one).into_iter().filter(move |a| others.iter().any(|b| opposed(a, b) || answers_differ(a, b)))
}

/// What a premise says something of: `var.env` of `` `var.env` is `prod` ``, of `` not `var.env == "dev"` `` too, and
/// `var.on` of `` not `var.on` ``.
pub fn subject(premise: &str) -> &str {
    let said = || premise.strip_prefix("not ").unwrap_or(premise).trim_matches('`');
    Answer::of(premise).map_or_else(said, |it| it.of)
}

/// Whether it is the name of something, and of nothing within it that is told by a key.
pub fn is_name(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_' | b'-'))
}

/// What a premise says that something is, one of these, or is not: `` `var.env` is `prod` ``, ``not `var.env == "prod"` ``.
struct Answer<'w> {
    of: &'w str,
    these: Vec<&'w str>,
    is_not: bool,
}

impl<'w> Answer<'w> {
    /// None of what is another thing for each instance of a block.
    fn of(premise: &'w str) -> Option<Self> {
        Self::said(premise).filter(|it| !["each.", "count."].iter().any(|name| it.of.starts_with(name)))
    }

    fn said(premise: &'w str) -> Option<Self> {
        let (is_not, said) = premise.strip_prefix("not ").map_or((false, premise), |it| (true, it));
        let said = said.strip_prefix('`')?.strip_suffix('`')?;
        for (words, is_none) in [(IS, false), (IS_ONE_OF, false), (IS_NONE_OF, true)] {
            if let Some((of, these)) = said.split_once(words) {
                return Some(Self { of, these: these.split(BETWEEN).collect(), is_not: is_not != is_none });
            }
        }
        let compared = |by: &str| said.split_once(by).filter(|(of, is)| !of.contains(['"', ' ']) && is.ends_with('"'));
        let (of, is, differs) = match (compared(" == \""), compared(" != \"")) {
            (Some((of, is)), _) => (of, is, false),
            (_, Some((of, is))) => (of, is, true),
            _ => return None,
        };
        let is = is.strip_suffix('"').filter(|it| !it.contains('"'))?;
        Some(Self { of, these: vec![is], is_not: is_not != differs })
    }

    /// Whether all that it names is named by the other one, too.
    fn is_part_of(&self, other: &Self) -> bool {
        self.these.iter().all(|it| other.these.contains(it))
    }

    fn is_apart_from(&self, other: &Self) -> bool {
        !self.these.iter().any(|it| other.these.contains(it))
    }

    fn excludes(&self, other: &Self) -> bool {
        self.of == other.of
            && match (self.is_not, other.is_not) {
                (false, false) => self.is_apart_from(other),
                (false, true) => self.is_part_of(other),
                (true, false) => other.is_part_of(self),
                (true, true) => false,
            }
    }

    fn implies(&self, other: &Self) -> bool {
        self.of == other.of
            && match (self.is_not, other.is_not) {
                (false, false) => self.is_part_of(other),
                (false, true) => self.is_apart_from(other),
                (true, false) => false,
                (true, true) => other.is_part_of(self),
            }
    }
}

/// Between something and what it is.
const IS: &str = "` is `";
/// Between something and several things of which it is one.
const IS_ONE_OF: &str = "` is one of `";
/// Between something and several things of which it is none.
const IS_NONE_OF: &str = "` is none of `";
/// Between several things.
const BETWEEN: &str = "`, `";

/// The case in which something is this one.
pub fn is_this(what: &str, this: impl fmt::Display) -> Arc<str> {
    format!("`{what}{IS}{this}`").into()
}

/// The case in which something is one of these.
pub fn is_one_of<'t>(what: &str, these: impl Iterator<Item = &'t str>) -> Arc<str> {
    let these: Vec<&str> = these.collect();
    format!("`{what}{IS_ONE_OF}{}`", these.join(BETWEEN)).into()
}

/// The case in which something is none of these.
pub fn is_none_of(what: &str, these: impl Iterator<Item = impl fmt::Display>) -> Arc<str> {
    let these: Vec<String> = these.map(|it| it.to_string()).collect();
    format!("`{what}{IS_NONE_OF}{}`", these.join(BETWEEN)).into()
}

/// The premise that something is one of what each of these says that it is; none where they speak of several things, or
/// one of them says something else.
pub fn is_any_of(premises: &[&str]) -> Option<String> {
    let answers: Vec<Answer<'_>> = premises.iter().map(|it| Answer::of(it)).collect::<Option<_>>()?;
    let what = answers.first()?.of;
    let is_alike = |it: &Answer<'_>| it.of == what && !it.is_not;
    let these: Vec<&str> = answers.iter().flat_map(|it| it.these.iter().copied()).collect();
    answers.iter().all(is_alike).then(|| format!("`{what}{IS_ONE_OF}{}`", these.join(BETWEEN)))
}

/// The cases that one comes to in which something is one of several things; itself where there is no such thing.
pub fn each_of(when: &str) -> Vec<String> {
    let own = premises(when);
    let several = own.iter().enumerate().filter(|(_, it)| it.contains(IS_ONE_OF));
    let Some((at, answer)) = several.filter_map(|(at, it)| Some((at, Answer::of(it)?))).next() else {
        return vec![when.to_owned()];
    };
    let case = |it: &&str| {
        let answer = is_this(answer.of, it);
        let premise = |n: usize| if n == at { &*answer } else { own[n] };
        (0..own.len()).map(premise).collect::<Vec<_>>().join(" and ")
    };
    answer.these.iter().map(case).collect()
}

fn answers_differ(one: &str, other: &str) -> bool {
    answers(one, other).is_some_and(|(one, other)| one.excludes(&other))
}

/// What two premises say of what may be one thing.
fn answers<'w>(one: &'w str, other: &'w str) -> Option<(Answer<'w>, Answer<'w>)> {
    // Most say something of two things, which shows in what they begin with.
    let head = |premise: &'w str| {
        let said = premise.strip_prefix("not ").unwrap_or(premise).strip_prefix('`')?;
        said.split(['`', ' ']).next()
    };
    if head(one)? != head(other)? {
        return None;
    }
    Answer::of(one).zip(Answer::of(other))
}

/// Whether what one premise says is so where the other one is.
pub fn implies(premise: &str, other: &str) -> bool {
    premise == other || answers(premise, other).is_some_and(|(one, other)| one.implies(&other))
}

/// What a premise says something of, where it is one of several answers: `var.env` of `` `var.env` is `prod` ``.
pub fn answered(premise: &str) -> Option<&str> {
    let is_answer = !premise.starts_with("not ") && (premise.contains(IS) || premise.contains(IS_NONE_OF));
    Answer::of(premise).filter(|_| is_answer).map(|it| it.of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_between_premises_are_told_from_words_within_them() {
        assert_eq!(premises("`a` and not `b == \"x and y\"`"), ["`a`", "not `b == \"x and y\"`"]);
        assert_eq!(premises("`a and b`"), ["`a and b`"]);
    }

    #[test]
    fn a_case_and_its_opposite_exclude_each_other() {
        for case in ["`a`", "not `a`", "`e` is `x`", "`a` and `b`"] {
            assert_eq!(&*opposite(&opposite(case)), case);
        }
        assert!(excludes("`a` and `b`", "not `a`"));
        assert!(!excludes("`a` and `b`", "not all of `a` and `c`"));
    }

    #[test]
    fn one_thing_is_not_two() {
        let none = is_none_of("e", ["x", "y"].iter());
        assert_eq!(&*none, "`e` is none of `x`, `y`");
        assert!(excludes(&is_this("e", "x"), &is_this("e", "y")) && excludes(&is_this("e", "x"), &none));
        assert!(!excludes(&is_this("e", "z"), &none) && !excludes(&is_this("e", "x"), &is_this("f", "y")));
        assert!(excludes("`e == \"x\"`", "`e` is `y`") && !excludes("`e != \"x\"`", "`e` is `y`"));
        assert!(implies("`e` is `z`", &none) && !implies("`e` is `x`", &none));
        let either = is_any_of(&["`e` is `x`", "`e` is `y`"]).expect("they speak of one thing");
        assert_eq!(each_of(&format!("{either} and `a`")), ["`e` is `x` and `a`", "`e` is `y` and `a`"]);
        // It is another thing in each instance of a block.
        assert!(!excludes("`each.key` is `x`", "`each.key` is `y`"));
    }
}
