//! Functions on text. A hole stays a hole, and what is known around it stays known, as long as the result is certain.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use super::arguments::{Answer, Call};
use super::compare::{is_loose, known_ends};
use crate::value::{HOLE, Hole, HoleKind, Node, Origin, Text, Value};

const HOLE_LEN: usize = HOLE.len_utf8();

/// What people take for characters, as Terraform counts them.
pub(super) fn graphemes(text: &str) -> Vec<&str> {
    text.graphemes(true).collect()
}

/// A piece of an argument in its place.
fn piece(call: &Call<'_>, index: usize, text: Text) -> Node {
    let argument = &call.arguments[index];
    let span = text.span(0..text.len()).unwrap_or(argument.span);
    Node { value: Value::Text(text), span, origin: argument.origin.clone() }
}

fn letter_by_letter(call: &mut Call<'_>, change: impl Fn(&str) -> String) -> Answer {
    let text = call.text(0)?;
    call.spend(text.footprint())?;
    let text = text.applied(change, |written| call.rename(written, &[]));
    call.in_place_of(0, Value::Text(text))
}

pub(super) fn lower(call: &mut Call<'_>) -> Answer {
    letter_by_letter(call, |part| // The only one with two small letters is `İ`, and Go takes the first.
        part.chars().filter_map(|it| it.to_lowercase().next()).collect())
}

pub(super) fn upper(call: &mut Call<'_>) -> Answer {
    letter_by_letter(call, |part| part.chars().map(|it| simple(it, it.to_uppercase())).collect())
}

/// One character for one, as Go has it: `ß` has no capital.
fn simple(it: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(mapped), None) => mapped,
        _ => it,
    }
}

/// All of the first argument as one hole, when it has one.
fn only_known(call: &Call<'_>, text: &Text, rest: &[&Text]) -> Answer<()> {
    if text.has_holes() || rest.iter().any(|text| text.has_holes()) { Err(call.unknown()) } else { Ok(()) }
}

pub(super) fn title(call: &mut Call<'_>) -> Answer {
    let text = call.text(0)?;
    only_known(call, &text, &[])?;
    let before = Cell::new(' ');
    letter_by_letter(call, |part| {
        part.chars()
            .map(|it| if is_separator(before.replace(it)) { simple(it, it.to_uppercase()) } else { it })
            .collect()
    })
}

/// What stands between words for Go's `strings.Title`.
fn is_separator(it: char) -> bool {
    if it.is_ascii() { !it.is_ascii_alphanumeric() && it != '_' } else { !it.is_alphanumeric() && it.is_whitespace() }
}

pub(super) fn strrev(call: &mut Call<'_>) -> Answer {
    let text = call.text(0)?;
    only_known(call, &text, &[])?;
    let reversed: String = text.raw().graphemes(true).rev().collect();
    call.in_place_of(0, Value::Text(Text::known(&reversed, call.arguments[0].span)))
}

pub(super) fn substr(call: &mut Call<'_>) -> Answer {
    let text = call.text(0)?;
    let (offset, length) = (call.integer(1)?, call.integer(2)?);
    let raw = text.raw();
    let starts: Vec<usize> = raw.grapheme_indices(true).map(|(at, _)| at).collect();
    let start = if offset < 0 {
        let back = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
        let start = starts.len().saturating_sub(back);
        // The length of a hole is not known, so from the end only what follows the last one is.
        let is_certain =
            starts.len() >= back && starts.get(start).is_some_and(|at| raw.len() - at <= known_ends(&text).1.len());
        if text.has_holes() && !is_certain {
            return Err(call.unknown());
        }
        start
    } else {
        usize::try_from(offset).unwrap_or(usize::MAX)
    };
    let from = starts.get(start).copied().unwrap_or(raw.len());
    let to = match usize::try_from(length) {
        Err(_) => raw.len(),
        Ok(length) => starts.get(start.saturating_add(length)).copied().unwrap_or(raw.len()),
    };
    let is_to_the_end = length < 0;
    let front = known_ends(&text).0.len();
    if text.has_holes() && offset >= 0 && (from > front || (to > front && !is_to_the_end)) {
        return Err(call.unknown());
    }
    Ok(piece(call, 0, text.slice(from..to)))
}

pub(super) fn indent(call: &mut Call<'_>) -> Answer {
    let text = call.text(1)?;
    let spaces =
        usize::try_from(call.integer(0)?).map_err(|_| call.fail(Some(0), "the number must not be negative"))?;
    let lines = memchr::memchr_iter(b'\n', text.raw().as_bytes()).count();
    call.spend(text.footprint().saturating_add((lines + 1).saturating_mul(spaces)))?;
    let spaces = " ".repeat(spaces);
    let mut out = Text::default();
    let mut done = 0;
    for end in memchr::memchr_iter(b'\n', text.raw().as_bytes()) {
        out.push_text(&text.slice(done..end + 1), &Origin::HERE);
        out.push_known(&spaces, call.span);
        done = end + 1;
    }
    out.push_text(&text.slice(done..text.len()), &Origin::HERE);
    call.in_place_of(1, Value::Text(out))
}

pub(super) fn join(call: &mut Call<'_>) -> Answer {
    let separator = call.text(0)?;
    let mut parts: Vec<(Text, Origin, bool)> = Vec::new();
    let mut size = 0_usize;
    for index in 1..call.arguments.len() {
        let whole = &call.arguments[index];
        for (position, part) in call.list(index)?.iter().enumerate() {
            if part.is_null() {
                return Err(
                    call.fail(Some(index), format!("element {position} is null; cannot concatenate null values"))
                );
            }
            let Some(text) = call.text_of(part) else {
                return Err(call.fail(Some(index), "a list of string is required"));
            };
            let way =
                if std::ptr::eq(whole, part) { part.origin.clone() } else { part.origin.followed_by(&whole.origin) };
            size = size.saturating_add(text.footprint()).saturating_add(separator.footprint());
            parts.push((text, way, is_loose(part)));
        }
    }
    call.spend(size)?;
    let between = &call.arguments[0].origin;
    let mut out = Text::default();
    // Of an unknown number of elements the hole has all separators, the one to its neighbour too: where there is no
    // element there is none.
    let mut needs_separator = false;
    for (text, way, is_loose) in parts {
        if is_loose {
            out.push_hole(call.made_hole_putting_in(&text, &[&separator], &separator));
            continue;
        }
        if needs_separator {
            out.push_text(&separator, between);
        }
        out.push_text(&text, &way);
        needs_separator = true;
    }
    Ok(call.made(Value::Text(out)))
}

/// Whether two occurrences of a text can overlap.
fn overlaps_itself(text: &str) -> bool {
    (1..text.len()).any(|length| text.as_bytes().starts_with(&text.as_bytes()[text.len() - length..]))
}

pub(super) fn split(call: &mut Call<'_>) -> Answer {
    let text = call.text(1)?;
    let separator = call.known(0)?;
    let raw = text.raw();
    if separator.is_empty() {
        only_known(call, &text, &[])?;
        call.spend_nodes(raw.len())?;
        let nodes = raw.char_indices().map(|(at, it)| piece(call, 1, text.slice(at..at + it.len_utf8()))).collect();
        return call.made_list(nodes);
    }
    if text.has_holes() && overlaps_itself(&separator) {
        return Err(call.unknown());
    }
    call.spend_nodes(memchr::memmem::find_iter(raw.as_bytes(), separator.as_bytes()).count())?;
    let separator_text = Text::known(&separator, call.arguments[0].span);
    let mut nodes = Vec::new();
    let mut done = 0;
    let ends = memchr::memmem::find_iter(raw.as_bytes(), separator.as_bytes()).chain([raw.len()]);
    for end in ends {
        let part = text.slice(done..end);
        nodes.push(if part.has_holes() {
            // A hole may hold separators, so it is any number of elements.
            let hole = call.made_hole(&part, &[&separator_text]);
            Node { value: Value::Unknown(hole), ..piece(call, 1, part) }.as_element(true)
        } else {
            piece(call, 1, part)
        });
        done = end + separator.len();
    }
    call.made_list(nodes)
}

pub(super) fn startswith(call: &mut Call<'_>) -> Answer {
    let (text, prefix) = (call.text(0)?, call.text(1)?);
    let (front, wanted) = (known_ends(&text).0, known_ends(&prefix).0);
    let length = front.len().min(wanted.len());
    if front.as_bytes()[..length] != wanted.as_bytes()[..length] {
        return call.made_bool(false);
    }
    if !prefix.has_holes() && (front.len() >= wanted.len() || !text.has_holes()) {
        return call.made_bool(front.len() >= wanted.len());
    }
    Err(call.opaque())
}

pub(super) fn endswith(call: &mut Call<'_>) -> Answer {
    let (text, suffix) = (call.text(0)?, call.text(1)?);
    let (back, wanted) = (known_ends(&text).1, known_ends(&suffix).1);
    let length = back.len().min(wanted.len());
    if back.as_bytes()[back.len() - length..] != wanted.as_bytes()[wanted.len() - length..] {
        return call.made_bool(false);
    }
    if !suffix.has_holes() && (back.len() >= wanted.len() || !text.has_holes()) {
        return call.made_bool(back.len() >= wanted.len());
    }
    Err(call.opaque())
}

pub(super) fn strcontains(call: &mut Call<'_>) -> Answer {
    let (text, wanted) = (call.text(0)?, call.text(1)?);
    if !wanted.has_holes() && text.raw().contains(wanted.raw()) {
        return call.made_bool(true);
    }
    if text.has_holes() || wanted.has_holes() { Err(call.opaque()) } else { call.made_bool(false) }
}

pub(super) fn trim(call: &mut Call<'_>) -> Answer {
    let cutset = call.known(1)?;
    trimmed(call, |it| cutset.contains(it), true)
}

pub(super) fn trimspace(call: &mut Call<'_>) -> Answer {
    trimmed(call, char::is_whitespace, true)
}

pub(super) fn chomp(call: &mut Call<'_>) -> Answer {
    trimmed(call, |it| matches!(it, '\r' | '\n'), false)
}

/// The first argument without what `is_cut` at its end, and in front as well. A hole at an end becomes what the
/// function leaves of it, and of what it might cut beyond it.
fn trimmed(call: &mut Call<'_>, is_cut: impl Fn(char) -> bool, in_front: bool) -> Answer {
    let text = call.text(0)?;
    let is_known_cut = |it: char| it != HOLE && is_cut(it);
    let may_be_cut = |it: char| it == HOLE || is_cut(it);
    let end = text.raw().trim_end_matches(is_known_cut).len();
    let start = if in_front { end - text.raw()[..end].trim_start_matches(is_known_cut).len() } else { 0 };
    let text = text.slice(start..end);
    let raw = text.raw();
    // Where nothing is cut for certain.
    let mut from = if in_front { raw.len() - raw.trim_start_matches(may_be_cut).len() } else { 0 };
    let mut to = raw.trim_end_matches(may_be_cut).len();
    if from >= to && text.has_holes() && (in_front || to == 0) {
        (from, to) = (raw.len(), raw.len());
    }
    let mut rest = Vec::new();
    for index in 1..call.arguments.len() {
        rest.push(call.text(index)?);
    }
    let rest: Vec<&Text> = rest.iter().collect();
    let mut out = Text::default();
    for (range, is_end) in [(0..from, true), (from..to, false), (to..raw.len(), true)] {
        let part = text.slice(range);
        if is_end && part.has_holes() {
            out.push_hole(call.made_hole(&part, &rest));
        } else {
            out.push_text(&part, &Origin::HERE);
        }
    }
    Ok(piece(call, 0, out))
}

/// The text with a hole in the place of a part of it.
fn with_hole(text: &Text, range: Range<usize>, hole: Arc<Hole>) -> Text {
    let mut out = text.slice(0..range.start);
    out.push_hole(hole);
    out.push_text(&text.slice(range.end..text.len()), &Origin::HERE);
    out
}

/// Whether the text is one that a hole cannot hold: an opaque one holds no wildcard, and nothing that modules write to
/// replace it, such as `_S3_BUCKET_ARN_`.
fn cannot_be_in(hole: &Hole, text: &str) -> bool {
    let is_placeholder = || {
        let is_mark = |it: char| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_';
        text.len() > 4 && text.contains('_') && text.chars().all(is_mark)
    };
    hole.kind == HoleKind::Opaque && (text.contains(['*', '?']) || is_placeholder())
}

pub(super) fn trimprefix(call: &mut Call<'_>) -> Answer {
    let (text, prefix) = (call.text(0)?, call.text(1)?);
    if !prefix.is_empty() && prefix.len() <= text.len() && text.slice(0..floor(&text, prefix.len())) == prefix {
        return Ok(piece(call, 0, text.slice(prefix.len()..text.len())));
    }
    let Some(known) = prefix.as_known() else { return Err(call.unknown()) };
    let front = known_ends(&text).0.len();
    let part =
        uncertain(&text, known, known.len()).into_iter().next().filter(|part| part.start == 0 && front < known.len());
    let Some(part) = part else { return call.in_place_of(0, Value::Text(text)) };
    // What the hole would have to hold for the prefix to be there.
    let ahead = part.end - front - HOLE_LEN;
    cut_at_an_end(call, &text, part, known.get(front..known.len().saturating_sub(ahead)).unwrap_or_default(), &prefix)
}

/// The text with a part of it as the function leaves it, unless the hole in that part cannot hold what is missing.
fn cut_at_an_end(call: &Call<'_>, text: &Text, part: Range<usize>, missing: &str, cut: &Text) -> Answer {
    let uncertain = text.slice(part.clone());
    if let (1, Some((_, hole))) = (uncertain.holes().count(), uncertain.holes().next())
        && cannot_be_in(hole, missing)
    {
        return call.in_place_of(0, Value::Text(text.clone()));
    }
    Ok(piece(call, 0, with_hole(text, part, call.made_hole(&uncertain, &[cut]))))
}

pub(super) fn trimsuffix(call: &mut Call<'_>) -> Answer {
    let (text, suffix) = (call.text(0)?, call.text(1)?);
    let cut = text.len().saturating_sub(suffix.len());
    if !suffix.is_empty() && text.raw().ends_with(suffix.raw()) && text.slice(cut..text.len()) == suffix {
        return Ok(piece(call, 0, text.slice(0..cut)));
    }
    let Some(known) = suffix.as_known() else { return Err(call.unknown()) };
    let back = known_ends(&text).1.len();
    let part = uncertain(&text, known, known.len()).into_iter().next_back();
    let Some(part) = part.filter(|part| part.end == text.len() && back < known.len()) else {
        return call.in_place_of(0, Value::Text(text));
    };
    let before = text.len() - back - HOLE_LEN - part.start;
    cut_at_an_end(call, &text, part, known.get(before..known.len() - back).unwrap_or_default(), &suffix)
}

fn floor(text: &Text, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.raw().is_char_boundary(at) {
        at -= 1;
    }
    at
}

pub(super) fn replace(call: &mut Call<'_>) -> Answer {
    let (text, search, with) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let Some(search) = search.as_known() else { return Err(call.unknown()) };
    if search.len() > 1 && search.starts_with('/') && search.ends_with('/') {
        return super::regular::replace(call, &search[1..search.len() - 1], &with);
    }
    let found = memchr::memmem::find_iter(text.raw().as_bytes(), search.as_bytes()).count();
    call.spend(text.footprint().saturating_add(found.saturating_mul(with.footprint())))?;
    if !text.has_holes() {
        let out = replaced(&text, search, &with, &call.arguments[2].origin);
        return call.in_place_of(0, Value::Text(out));
    }
    if search.is_empty() {
        return Err(call.unknown());
    }
    let rest = [&Text::known(search, call.arguments[1].span), &with];
    let mut out = Text::default();
    let mut done = 0;
    for range in between_matches(text.raw(), search, uncertain(&text, search, search.len() - 1)) {
        let known = replaced(&text.slice(done..range.start), search, &with, &call.arguments[2].origin);
        out.push_text(&known, &Origin::HERE);
        let part = text.slice(range.clone());
        match part.holes().next() {
            Some((_, hole)) if part.len() == HOLE_LEN && cannot_be_in(hole, search) => {
                out.push_text(&part, &Origin::HERE);
            }
            _ => out.push_hole(call.made_hole_putting_in(&part, &rest, &with)),
        }
        done = range.end;
    }
    out.push_text(&replaced(&text.slice(done..text.len()), search, &with, &call.arguments[2].origin), &Origin::HERE);
    call.in_place_of(0, Value::Text(out))
}

/// The parts of a text in which something may be found, depending on the holes: each hole with as much of the known
/// text at its sides, `most` bytes of the search, as it may need.
fn uncertain(text: &Text, search: &str, most: usize) -> Vec<Range<usize>> {
    let raw = text.raw();
    let holes: Vec<usize> = text.holes().map(|(at, _)| at).collect();
    let mut out: Vec<Range<usize>> = Vec::new();
    for (index, at) in holes.iter().enumerate() {
        let before = &raw[index.checked_sub(1).map_or(0, |index| holes[index] + HOLE_LEN)..*at];
        let after = &raw[at + HOLE_LEN..holes.get(index + 1).copied().unwrap_or(raw.len())];
        // What stands in front may be the beginning of it, what stands behind its end.
        let mut starts = (1..=most).rev().filter_map(|length| search.get(..length));
        let mut ends = (1..=most).rev().filter_map(|length| search.get(search.len() - length..));
        let back = starts.find(|start| before.ends_with(start)).map_or(0, str::len);
        let ahead = ends.find(|end| after.starts_with(end)).map_or(0, str::len);
        let is_inner = index + 1 < holes.len() && after.len() + 2 <= search.len() && search.contains(after);
        let ahead = if is_inner { after.len() } else { ahead };
        let range = at - back..at + HOLE_LEN + ahead;
        match out.last_mut() {
            Some(last) if last.end >= range.start => last.end = range.end.max(last.end),
            _ => out.push(range),
        }
    }
    out
}

/// The uncertain parts so that what is found between them is found whatever the holes are. Of a search that ends as it
/// begins, `_NAME_`, one that is found in front of a hole leaves its end to no other, and one that stands behind a hole
/// may have lost its beginning to another.
fn between_matches(raw: &str, search: &str, parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let finder = memchr::memmem::Finder::new(search.as_bytes());
    let mut out: Vec<Range<usize>> = Vec::new();
    for part in parts {
        let hole = part.start + raw[part.clone()].find(HOLE).unwrap_or_default();
        let mut behind = part.start + raw[part.clone()].rfind(HOLE).map_or(0, |at| at + HOLE_LEN);
        let mut part = match out.pop_if(|last| last.end >= part.start) {
            Some(last) => last.start..part.end.max(last.end),
            None => {
                let done = out.last().map_or(0, |it| it.end);
                let found = finder.find_iter(&raw.as_bytes()[done..hole]).last();
                part.start.max(found.map_or(done, |at| done + at + search.len()))..part.end
            }
        };
        while let Some(at) = finder.find(&raw.as_bytes()[behind..]).map(|at| behind + at).filter(|at| *at < part.end) {
            part.end = part.end.max(at + search.len());
            behind = at + 1;
        }
        out.push(part);
    }
    out
}

/// A known text with every occurrence replaced.
fn replaced(text: &Text, search: &str, with: &Text, way: &Origin) -> Text {
    let mut out = Text::default();
    let mut done = 0;
    let finder = memchr::memmem::Finder::new(search.as_bytes());
    let ends: Vec<usize> = if search.is_empty() {
        // As in Go, there is an empty text in front of each character and at the end.
        text.raw().char_indices().map(|(at, _)| at).chain([text.len()]).collect()
    } else {
        finder.find_iter(text.raw().as_bytes()).collect()
    };
    for at in ends {
        out.push_text(&text.slice(done..at), &Origin::HERE);
        out.push_text(with, way);
        done = at + search.len();
    }
    out.push_text(&text.slice(done..text.len()), &Origin::HERE);
    out
}
