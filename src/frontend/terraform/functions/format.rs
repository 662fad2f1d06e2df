//! `format` and `formatlist`: the verbs of Go's `fmt` that Terraform has.

use std::sync::Arc;

use super::arguments::{Answer, Call, Stop};
use super::arms::{in_case, only_in};
use super::compare::is_loose;
use super::convert::{parse_number, truth};
use super::strings::graphemes;
use crate::value::{Arm, Hole, HoleKind, Node, Number, Origin, Text, Value};

/// One `%…` of a format.
#[derive(Clone, Copy, Default)]
struct Verb {
    letter: char,
    /// The argument, from 0 behind the format.
    argument: usize,
    width: Option<usize>,
    precision: Option<usize>,
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
}

enum Piece {
    /// As it is in the format, from byte to byte.
    Literal(usize, usize),
    Verb(Verb),
}

/// Wider than this nobody pads.
const WIDEST: usize = 10_000;

pub(super) fn format(call: &mut Call<'_>) -> Answer {
    let format = call.text(0)?;
    let pieces = pieces(call, &format)?;
    let text = filled(call, &format, &pieces, &call.arguments[1..], true)?;
    Ok(call.made(Value::Text(text)))
}

pub(super) fn formatlist(call: &mut Call<'_>) -> Answer {
    let format = call.text(0)?;
    let pieces = pieces(call, &format)?;
    let is_list = |node: &Node| matches!(node.value, Value::List(_));
    let mut length: Option<(usize, usize)> = None;
    for (index, node) in call.arguments.iter().enumerate().skip(1) {
        let Value::List(nodes) = &node.value else { continue };
        match length {
            Some((first, length)) if length != nodes.len() && !nodes.iter().any(is_loose) => {
                let message = format!(
                    "argument {index} has length {}, which is inconsistent with argument {first} of length {length}",
                    nodes.len()
                );
                return Err(call.fail(Some(index), message));
            }
            _ => length = length.or(Some((index, nodes.len()))),
        }
    }
    let lists = call.arguments[1..].iter().filter(|node| is_list(node)).count();
    let has_loose = |node: &Node| node.as_list().is_some_and(|nodes| nodes.iter().any(is_loose));
    if lists > 1 && call.arguments[1..].iter().any(has_loose) {
        return Err(call.unknown());
    }
    let unknowns = call.arguments[1..].iter().any(|node| matches!(node.value, Value::Unknown(_) | Value::OneOf(_)));
    let count = length.map_or(1, |(_, length)| length);
    call.spend_nodes(count)?;
    let mut out = Vec::with_capacity(count);
    for index in 0..count {
        let mut case = None;
        let row: Vec<Node> = call.arguments[1..]
            .iter()
            .map(|argument| match &argument.value {
                Value::List(nodes) if is_loose(&nodes[index]) => {
                    let node = argument.inherit(&nodes[index]);
                    match only_in(&node).filter(|(node, _)| !is_loose(node)) {
                        Some((node, there)) => {
                            case = Some(there);
                            node
                        }
                        None => each(call, &node, "[*]"),
                    }
                }
                Value::List(nodes) => argument.inherit(&nodes[index]),
                Value::Unknown(_) | Value::OneOf(_) if length.is_some() => argument.clone(),
                // It may be a list or a single value, and then its elements have the shape of the format all the same.
                Value::Unknown(_) | Value::OneOf(_) => each(call, argument, "[*]"),
                _ => argument.clone(),
            })
            .collect();
        let text = filled(call, &format, &pieces, &row, !unknowns || lists > 0)?;
        // The text stands where the element does that makes it differ from its neighbours.
        let span = call.arguments[1..]
            .iter()
            .zip(&row)
            .find(|(argument, _)| is_list(argument))
            .map_or(call.span, |(_, node)| node.span);
        let node = Node::new(Value::Text(text), span);
        out.push(match case {
            Some((when, at)) => in_case(&when, at, node),
            None => node,
        });
    }
    call.made_list(out)
}

/// Any element of an unknown list.
fn each(call: &Call<'_>, node: &Node, suffix: &str) -> Node {
    let hole = call.hole_for(node);
    let hole = Hole { reference: format!("{}{suffix}", hole.reference).into(), ..(*hole).clone() };
    Node { value: Value::Text(Text::hole(Arc::new(hole))), ..node.clone() }
}

/// The format cut into what stands for itself and what stands for an argument.
fn pieces(call: &Call<'_>, format: &Text) -> Answer<Vec<Piece>> {
    let raw = format.raw();
    let bytes = raw.as_bytes();
    let mut pieces = Vec::new();
    let (mut at, mut next) = (0, 0);
    while at < bytes.len() {
        let Some(start) = memchr::memchr(b'%', &bytes[at..]).map(|found| at + found) else {
            pieces.push(Piece::Literal(at, bytes.len()));
            break;
        };
        if start > at {
            pieces.push(Piece::Literal(at, start));
        }
        if bytes.get(start + 1) == Some(&b'%') {
            pieces.push(Piece::Literal(start, start + 1));
            at = start + 2;
            continue;
        }
        let mut verb = Verb::default();
        let mut index = start + 1;
        loop {
            match bytes.get(index) {
                Some(b'-') => verb.minus = true,
                Some(b'+') => verb.plus = true,
                Some(b'#') => verb.sharp = true,
                Some(b' ') => verb.space = true,
                Some(b'0') => verb.zero = true,
                _ => break,
            }
            index += 1;
        }
        let number = |index: &mut usize| {
            let begin = *index;
            while bytes.get(*index).is_some_and(u8::is_ascii_digit) {
                *index += 1;
            }
            // What is too long for a number is too wide as well.
            (begin < *index).then(|| raw[begin..*index].parse().unwrap_or(usize::MAX))
        };
        verb.width = number(&mut index);
        if bytes.get(index) == Some(&b'.') {
            index += 1;
            verb.precision = Some(number(&mut index).unwrap_or(0));
        }
        if bytes.get(index) == Some(&b'[') {
            index += 1;
            let given = number(&mut index).filter(|it| *it > 0);
            let (Some(given), Some(b']')) = (given, bytes.get(index)) else {
                return Err(call.fail(Some(0), format!("invalid format string starting at offset {start}")));
            };
            index += 1;
            next = given - 1;
        }
        verb.argument = next;
        next += 1;
        let Some(letter) = raw.get(index..).and_then(|rest| rest.chars().next()) else {
            return Err(call.fail(Some(0), format!("invalid format string starting at offset {start}")));
        };
        if letter == crate::value::HOLE {
            return Err(call.unknown());
        }
        if !"vtbdoxXeEfgGsq".contains(letter) {
            let message = format!("unrecognized format character `{letter}` at offset {index}");
            return Err(call.fail(Some(0), message));
        }
        if verb.width.unwrap_or(0).max(verb.precision.unwrap_or(0)) > WIDEST {
            return Err(Stop::Hole { kind: HoleKind::Free, why: "it is larger than iamlint goes along with".into() });
        }
        verb.letter = letter;
        pieces.push(Piece::Verb(verb));
        at = index + letter.len_utf8();
    }
    Ok(pieces)
}

fn filled(call: &mut Call<'_>, format: &Text, pieces: &[Piece], arguments: &[Node], strict: bool) -> Answer<Text> {
    let used = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Verb(verb) => verb.argument + 1,
            Piece::Literal(..) => 0,
        })
        .max()
        .unwrap_or(0);
    if used > arguments.len() {
        let message = format!("the format needs {used} arguments, but there are {}", arguments.len());
        return Err(call.fail(None, message));
    }
    if used < arguments.len() && strict && !format.has_holes() {
        return Err(call.fail(None, format!("too many arguments; only {used} used by format string")));
    }
    call.spend(format.len())?;
    let way = call.arguments[0].origin.clone();
    let mut out = Text::default();
    for piece in pieces {
        match piece {
            Piece::Literal(start, end) => out.push_text(&format.slice(*start..*end), &way),
            Piece::Verb(verb) => put(call, &mut out, *verb, &arguments[verb.argument])?,
        }
    }
    Ok(out)
}

fn put(call: &mut Call<'_>, out: &mut Text, verb: Verb, node: &Node) -> Answer<()> {
    if node.is_null() {
        // Terraform itself takes the result for unknown.
        return Err(Stop::Hole { kind: HoleKind::Free, why: "an argument is null".into() });
    }
    let refuse = |call: &Call<'_>, wants: &str| {
        call.fail(Some(verb.argument + 1), format!("unsupported value for `%{}`: {wants}", verb.letter))
    };
    let is_json = match verb.letter {
        'v' => verb.sharp || matches!(node.value, Value::List(_) | Value::Object(_)),
        _ => false,
    };
    if is_json && !matches!(node.value, Value::Unknown(_) | Value::OneOf(_)) {
        let text = super::json::encoded(call, node)?;
        return pad(call, out, verb, text, &Origin::HERE);
    }
    let letter = match (verb.letter, &node.value) {
        ('v', Value::Number(_)) => 'g',
        ('v', Value::Bool(_)) => 't',
        ('v', _) => 's',
        (letter, _) => letter,
    };
    match letter {
        's' if verb.width.is_none() && verb.precision.is_none() && choice(node).is_some() => {
            let hole = call.hole_for(node);
            choice(node).into_iter().for_each(|arms| out.push_choice(Arc::clone(&hole), arms));
            Ok(())
        }
        's' => {
            let Some(text) = call.text_of(node) else { return Err(refuse(call, "string required")) };
            pad(call, out, verb, text, &node.origin)
        }
        'q' => {
            let Some(text) = call.text_of(node) else { return Err(refuse(call, "string required")) };
            let text = super::json::encoded(call, &Node { value: Value::Text(text), ..node.clone() })?;
            pad(call, out, verb, text, &Origin::HERE)
        }
        't' => match truth(node) {
            // Go would fill it up to the width, Terraform does not.
            Some(it) => {
                pad(call, out, Verb { width: None, ..verb }, Text::known(&it.to_string(), node.span), &node.origin)
            }
            None if is_unknown(node) => {
                put_opaque(call, out, verb, node);
                Ok(())
            }
            None => Err(refuse(call, "a bool is required")),
        },
        _ => {
            let number = match &node.value {
                Value::Number(number) => Some(number.0),
                _ => node.as_str().and_then(parse_number),
            };
            // Terraform holds every digit; a double holds those of a fraction that are asked for.
            let is_told = number.is_some_and(|it| match letter {
                'd' | 'g' => Number(it).is_exact(),
                'b' | 'o' | 'x' | 'X' => it.abs() < Number::WHOLE,
                _ => true,
            }) && node.as_str().is_none_or(|it| Number::exactly(it).is_some());
            let Some(number) = number.filter(|_| is_told) else {
                if is_unknown(node) || number.is_some() {
                    put_opaque(call, out, verb, node);
                    return Ok(());
                }
                return Err(refuse(call, "a number is required"));
            };
            if "bdoxX".contains(letter) && number.fract() != 0.0 {
                return Err(refuse(call, "an integer is required"));
            }
            let text = number_text(number, letter, verb);
            pad(call, out, Verb { zero: false, ..verb }, Text::known(&text, node.span), &node.origin)
        }
    }
}

/// One of several texts.
fn choice(node: &Node) -> Option<Arc<[Arm]>> {
    let Value::OneOf(arms) = &node.value else { return None };
    let arm = |arm: &Arm| {
        Some(Arm { node: Node { value: Value::Text(arm.node.to_text()?), ..arm.node.clone() }, ..arm.clone() })
    };
    let texts: Option<Arc<[Arm]>> = arms.iter().map(arm).collect();
    texts.filter(|it| it.len() > 1)
}

fn is_unknown(node: &Node) -> bool {
    match &node.value {
        Value::Unknown(_) | Value::OneOf(_) => true,
        Value::Text(text) => text.has_holes(),
        _ => false,
    }
}

/// A number or truth value that is not known: it has no wildcard in any case.
fn put_opaque(call: &Call<'_>, out: &mut Text, verb: Verb, node: &Node) {
    let hole = call.hole_for(node);
    let reference = if verb.letter == 'd' && verb.width.is_none() {
        Arc::clone(&hole.reference)
    } else {
        format!("format(\"%{}\", {})", verb.letter, hole.reference).into()
    };
    out.push_hole(Arc::new(Hole { kind: HoleKind::Opaque, reference, ..(*hole).clone() }));
}

/// Text cut to the precision and filled up to the width, in characters.
fn pad(call: &mut Call<'_>, out: &mut Text, verb: Verb, text: Text, way: &Origin) -> Answer<()> {
    call.spend(text.len())?;
    let cuts = verb.precision.filter(|_| matches!(verb.letter, 's' | 'q' | 'v'));
    if verb.width.is_none() && cuts.is_none() {
        out.push_text(&text, way);
        return Ok(());
    }
    if text.has_holes() {
        let format = Text::known(&format!("%{}", verb.letter), call.span);
        out.push_hole(call.made_hole(&text, &[&format]));
        return Ok(());
    }
    let letters = graphemes(text.raw());
    let count = letters.len().min(cuts.unwrap_or(usize::MAX));
    let end = letters[..count].iter().map(|it| it.len()).sum();
    let text = if end < text.len() { text.slice(0..end) } else { text };
    let missing = verb.width.unwrap_or(0).saturating_sub(count);
    call.spend(missing)?;
    let filling = if verb.zero && !verb.minus { "0" } else { " " }.repeat(missing);
    if !verb.minus {
        out.push_known(&filling, call.span);
    }
    out.push_text(&text, way);
    if verb.minus {
        out.push_known(&filling, call.span);
    }
    Ok(())
}

/// A number as Go prints it, with its zeros in front.
#[expect(clippy::cast_possible_truncation, reason = "whole numbers beyond an i128 are not told apart")]
fn number_text(number: f64, letter: char, verb: Verb) -> String {
    let whole = number.abs() as u128;
    let precision = verb.precision;
    let digits = match letter {
        // Terraform holds every digit, a double the first ones.
        'd' => number.abs().to_string(),
        'b' => format!("{whole:b}"),
        'o' => format!("{whole:o}"),
        'x' => format!("{whole:x}"),
        'X' => format!("{whole:X}"),
        'f' => format!("{:.*}", precision.unwrap_or(6), number.abs()),
        'e' | 'E' => exponential(number.abs(), Some(precision.unwrap_or(6)), letter),
        _ => general(number.abs(), precision, if letter == 'G' { 'E' } else { 'e' }),
    };
    let mark = match letter {
        'x' if verb.sharp => "0x",
        'X' if verb.sharp => "0X",
        'o' if verb.sharp => "0",
        'b' if verb.sharp => "0b",
        _ => "",
    };
    let sign = if number < 0.0 {
        "-"
    } else if verb.plus {
        "+"
    } else if verb.space {
        " "
    } else {
        ""
    };
    let width = verb.width.filter(|_| verb.zero && !verb.minus).unwrap_or(0);
    let zeros = "0".repeat(width.saturating_sub(sign.len() + mark.len() + digits.len()));
    format!("{sign}{mark}{zeros}{digits}")
}

/// `1.5e+00`.
fn exponential(number: f64, precision: Option<usize>, letter: char) -> String {
    let text = match precision {
        Some(precision) => format!("{number:.precision$e}"),
        None => format!("{number:e}"),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |it| ('-', it));
    format!("{mantissa}{letter}{sign}{exponent:0>2}")
}

/// The shorter of `%e` and `%f`, as Go decides.
fn general(number: f64, precision: Option<usize>, letter: char) -> String {
    if number == 0.0 {
        return "0".into();
    }
    let shown = match precision {
        Some(precision) => format!("{number:.*e}", precision.max(1) - 1),
        None => format!("{number:e}"),
    };
    let (mantissa, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits = mantissa.trim_end_matches('0').bytes().filter(u8::is_ascii_digit).count().max(1);
    let most = match precision {
        None => 6,
        Some(precision) => {
            let precision = precision.max(1);
            let whole = usize::try_from(exponent + 1).unwrap_or(0);
            if precision > digits && digits >= whole { digits } else { precision }
        }
    };
    let rounded: f64 = shown.parse().unwrap_or(number);
    if exponent < -4 || exponent >= i32::try_from(most).unwrap_or(i32::MAX) {
        exponential(rounded, None, letter)
    } else {
        format!("{rounded}")
    }
}
