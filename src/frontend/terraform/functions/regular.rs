//! `regex`, `regexall` and `replace` with a pattern: Go's regular expressions by way of Rust's, which grew from the
//! same root.

use std::cell::RefCell;
use std::rc::Rc;

use regex::{Captures, Regex};

use super::arguments::{Answer, Call, Stop};
use crate::value::{HOLE, HoleKind, Node, Origin, Text, Value};

thread_local! {
    /// The last pattern and its machine, which is made slowly: loops and modules go on with the same one.
    static LAST: RefCell<Option<(String, Rc<Regex>)>> = const { RefCell::new(None) };
}

/// The pattern as a machine.
fn compiled(call: &Call<'_>, pattern: &str, argument: usize) -> Answer<Rc<Regex>> {
    let last =
        LAST.with_borrow(|last| last.as_ref().filter(|(it, _)| it == pattern).map(|(_, regex)| Rc::clone(regex)));
    if let Some(regex) = last {
        return Ok(regex);
    }
    let regex = Regex::new(&translated(pattern)).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            Stop::Hole { kind: HoleKind::Free, why: "the pattern is larger than iamlint goes along with".into() }
        }
        _ => call.fail(Some(argument), "invalid regular expression"),
    })?;
    let regex = Rc::new(regex);
    LAST.set(Some((pattern.to_owned(), Rc::clone(&regex))));
    Ok(regex)
}

/// A pattern of Go's in Rust's spelling.
///
/// Go's `\d`, `\w`, `\s` and `\b` know ASCII only; a bracket in a class and a brace that counts nothing stand for
/// themselves; any escaped punctuation does too, while Rust has words that end in `\>`.
fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(it) = rest.chars().next() {
        rest = &rest[it.len_utf8()..];
        match it {
            '\\' => rest = escape(rest, in_class, &mut out),
            '[' if in_class => match rest.strip_prefix(':').and_then(|it| it.find(":]")) {
                Some(end) => {
                    out.push('[');
                    out.push_str(&rest[..end + 3]);
                    rest = &rest[end + 3..];
                }
                None => out.push_str("\\["),
            },
            '[' => {
                in_class = true;
                out.push('[');
                if let Some(after) = rest.strip_prefix('^') {
                    out.push('^');
                    rest = after;
                }
                // Right behind the bracket its counterpart stands for itself.
                if let Some(after) = rest.strip_prefix(']') {
                    out.push_str("\\]");
                    rest = after;
                }
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(it);
            }
            '{' if !in_class && !is_count(rest) => out.push_str("\\{"),
            _ => out.push(it),
        }
    }
    out
}

fn escape<'a>(rest: &'a str, in_class: bool, out: &mut String) -> &'a str {
    let Some(it) = rest.chars().next() else {
        out.push('\\');
        return rest;
    };
    let after = &rest[it.len_utf8()..];
    match it {
        'd' => out.push_str("[0-9]"),
        'D' => out.push_str("[^0-9]"),
        'w' => out.push_str("[0-9A-Za-z_]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        's' => out.push_str("[\\t\\n\\x0C\\r ]"),
        'S' => out.push_str("[^\\t\\n\\x0C\\r ]"),
        'b' if !in_class => out.push_str("(?-u:\\b)"),
        // `\101`; other numbers would refer back.
        '0' | '1'..='7' if it == '0' || after.starts_with(|it| matches!(it, '0'..='7')) => {
            let digits = rest.bytes().take(3).take_while(|it| matches!(it, b'0'..=b'7')).count();
            let (digits, after) = rest.split_at(digits);
            out.push_str(&format!("\\x{{{:X}}}", u32::from_str_radix(digits, 8).unwrap_or_default()));
            return after;
        }
        'Q' => {
            let (literal, after) = after.split_once("\\E").unwrap_or((after, ""));
            out.push_str(&regex::escape(literal));
            return after;
        }
        // A class of Unicode by its name: `\p{Greek}`.
        'p' | 'P' if after.starts_with('{') => {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let (it, name) = match name.strip_prefix("{^") {
                Some(name) => (if it == 'p' { 'P' } else { 'p' }, ["{", name].concat()),
                None => (it, name.to_owned()),
            };
            // Go knows classes by their short names, and scripts; what it does not know is refused as it is there.
            let is_known = name.strip_prefix('{').is_some_and(is_class);
            out.push_str(&if is_known { format!("\\{it}{name}}}") } else { "\\p{?}".to_owned() });
            return after;
        }
        _ if it.is_ascii_alphanumeric() => {
            out.push('\\');
            out.push(it);
        }
        _ => out.push_str(&format!("\\x{{{:X}}}", u32::from(it))),
    }
    after
}

/// Whether Go knows a class by this name: a category of one or two letters, or a script.
fn is_class(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(char::is_uppercase)
        && letters.all(|it| it.is_alphabetic() || it == '_')
        && !matches!(
            name,
            "Alphabetic" | "Letter" | "Mark" | "Number" | "Other" | "Punctuation" | "Separator" | "Symbol"
        )
}

/// Whether what follows a brace makes it a repetition.
fn is_count(rest: &str) -> bool {
    let Some((inside, _)) = rest.split_once('}') else { return false };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    !least.is_empty() && least.bytes().chain(most.bytes()).all(|it| it.is_ascii_digit())
}

/// The text to be searched; a hole when it has one.
fn searched(call: &Call<'_>, index: usize) -> Answer<Text> {
    let text = call.text(index)?;
    if text.has_holes() { Err(call.unknown_piece_of(&[index])) } else { Ok(text) }
}

/// A pattern with its capture groups, which are all named or none of them.
fn pattern(call: &Call<'_>) -> Answer<Rc<Regex>> {
    let regex = compiled(call, &call.known(0)?, 0)?;
    let named = regex.capture_names().skip(1).filter(Option::is_some).count();
    if named != 0 && named != regex.captures_len() - 1 {
        return Err(call.fail(Some(0), "cannot mix both named and unnamed capture groups"));
    }
    Ok(regex)
}

fn found(call: &Call<'_>, regex: &Regex, text: &Text, captures: &Captures<'_>) -> Node {
    let piece = |range: std::ops::Range<usize>| {
        let text = text.slice(range.clone());
        let argument = &call.arguments[1];
        let span = text.span(0..text.len()).unwrap_or(argument.span);
        Node { value: Value::Text(text), span, origin: argument.origin.clone() }
    };
    let group = |index: usize| match captures.get(index) {
        Some(group) => piece(group.range()),
        None => Node::new(Value::Null, call.span),
    };
    if regex.captures_len() == 1 {
        return group(0);
    }
    let mut entries = Vec::new();
    for (index, name) in regex.capture_names().enumerate().skip(1) {
        let Some(name) = name else {
            let groups = (1..regex.captures_len()).map(group).collect();
            return Node::list(groups, call.span);
        };
        entries.push(call.entry(name, group(index)));
    }
    call.made_object(entries)
}

pub(super) fn regex(call: &mut Call<'_>) -> Answer {
    let regex = pattern(call)?;
    let text = searched(call, 1)?;
    match regex.captures(text.raw()) {
        Some(captures) => Ok(found(call, &regex, &text, &captures)),
        None => Err(call.fail(None, "pattern did not match any part of the given string")),
    }
}

pub(super) fn regexall(call: &mut Call<'_>) -> Answer {
    let regex = pattern(call)?;
    let text = searched(call, 1)?;
    let mut nodes = Vec::new();
    for captures in regex.captures_iter(text.raw()) {
        call.spend_nodes(regex.captures_len())?;
        nodes.push(found(call, &regex, &text, &captures));
    }
    call.made_list(nodes)
}

/// `replace` with a pattern between slashes.
pub(super) fn replace(call: &mut Call<'_>, pattern: &str, with: &Text) -> Answer {
    let regex = compiled(call, pattern, 1)?;
    let text = call.text(0)?;
    let expands = with.raw().contains('$');
    if text.has_holes() || (expands && with.has_holes()) {
        return Err(call.unknown_piece_of(&[0, 2]));
    }
    let way = &call.arguments[2].origin;
    let place = call.arguments[2].span;
    let mut out = Text::default();
    let mut done = 0;
    for captures in regex.captures_iter(text.raw()) {
        let Some(whole) = captures.get(0) else { continue };
        out.push_text(&text.slice(done..whole.start()), &Origin::HERE);
        if expands {
            let mut expanded = String::new();
            captures.expand(with.raw(), &mut expanded);
            debug_assert!(!expanded.contains(HOLE), "neither the text nor the replacement has one");
            call.spend(expanded.len())?;
            out.push_text(&Text::known(&expanded, place), way);
        } else {
            call.spend(with.footprint())?;
            out.push_text(with, way);
        }
        done = whole.end();
    }
    out.push_text(&text.slice(done..text.len()), &Origin::HERE);
    call.in_place_of(0, Value::Text(out))
}
