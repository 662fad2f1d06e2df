//! Functions on numbers. A number holds no wildcard, so an unknown one is opaque.

use super::arguments::{Answer, Call};
use super::convert::parse_number;
use crate::frontend::terraform::decimal;
use crate::value::{Node, Number, Value};

/// A number that the call gives; what is none, `0 / 0`, cannot be known.
fn made(call: &Call<'_>, number: f64) -> Answer {
    if !number.is_finite() {
        return Err(call.opaque());
    }
    Ok(call.made(Value::Number(Number(number))))
}

fn unsigned_zero(number: f64) -> f64 {
    if number == 0.0 { 0.0 } else { number }
}

pub(super) fn abs(call: &mut Call<'_>) -> Answer {
    made(call, call.number(0)?.abs())
}

pub(super) fn ceil(call: &mut Call<'_>) -> Answer {
    whole(call, f64::ceil)
}

pub(super) fn floor(call: &mut Call<'_>) -> Answer {
    whole(call, f64::floor)
}

/// The number with its fraction rounded; what may be whole but for the digits that are not held is not rounded.
fn whole(call: &mut Call<'_>, round: impl Fn(f64) -> f64) -> Answer {
    let number = call.number(0)?;
    let is_close = (number - number.round()).abs() <= 1e-9 * number.abs();
    if is_close && !Number(number).is_exact() {
        return Err(Call::too_long());
    }
    made(call, unsigned_zero(round(number)))
}

pub(super) fn log(call: &mut Call<'_>) -> Answer {
    made(call, call.number(0)?.ln() / call.number(1)?.ln())
}

pub(super) fn pow(call: &mut Call<'_>) -> Answer {
    made(call, call.number(0)?.powf(call.number(1)?))
}

pub(super) fn signum(call: &mut Call<'_>) -> Answer {
    let number = call.integer(0)?;
    #[expect(clippy::cast_precision_loss, reason = "it is -1, 0 or 1")]
    made(call, number.signum() as f64)
}

fn every(call: &Call<'_>) -> Answer<Vec<f64>> {
    (0..call.arguments.len()).map(|index| call.number(index)).collect()
}

pub(super) fn max(call: &mut Call<'_>) -> Answer {
    made(call, every(call)?.into_iter().fold(f64::NEG_INFINITY, f64::max))
}

pub(super) fn min(call: &mut Call<'_>) -> Answer {
    made(call, every(call)?.into_iter().fold(f64::INFINITY, f64::min))
}

pub(super) fn sum(call: &mut Call<'_>) -> Answer {
    let nodes = call.list(0)?;
    if nodes.is_empty() {
        return Err(call.fail(Some(0), "cannot sum an empty list"));
    }
    let mut sum = 0.0;
    for node in nodes {
        sum = match number_of(node) {
            Some(number) => decimal::sum(sum, number?.0).ok_or_else(Call::too_long)?,
            None if matches!(node.value, Value::Unknown(_) | Value::OneOf(_)) => return Err(call.opaque()),
            None if node.as_text().is_some_and(crate::value::Text::has_holes) => return Err(call.opaque()),
            None => return Err(call.fail(Some(0), "argument must be list, set, or tuple of number values")),
        };
    }
    made(call, sum)
}

/// A number, or a text that is read as one.
fn number_of(node: &Node) -> Option<Answer<Number>> {
    match &node.value {
        Value::Number(number) => Some(Ok(*number)),
        _ => {
            let text = node.as_str().filter(|it| parse_number(it).is_some())?;
            Some(Number::exactly(text).ok_or_else(Call::too_long))
        }
    }
}

pub(super) fn parseint(call: &mut Call<'_>) -> Answer {
    if !matches!(call.arguments[0].value, Value::Text(_) | Value::Unknown(_) | Value::OneOf(_)) {
        return Err(call.fail(Some(0), "first argument must be a string"));
    }
    let text = call.text(0)?;
    let base = match u32::try_from(call.integer(1)?) {
        Ok(base) if (2..=62).contains(&base) => base,
        _ => return Err(call.fail(Some(1), "base must be a whole number between 2 and 62 inclusive")),
    };
    let Some(known) = text.as_known() else { return Err(call.opaque()) };
    let (sign, digits) = match known.strip_prefix('-') {
        Some(digits) => (-1_i128, digits),
        None => (1, known.strip_prefix('+').unwrap_or(known)),
    };
    // Up to base 36 capitals are the same digits; above, they come after the small letters.
    let digit = |it: u8| match it {
        b'0'..=b'9' => Some(u32::from(it - b'0')),
        b'a'..=b'z' => Some(u32::from(it - b'a') + 10),
        b'A'..=b'Z' => Some(u32::from(it - b'A') + if base <= 36 { 10 } else { 36 }),
        _ => None,
    };
    let digits: Option<Vec<u32>> = digits.bytes().map(|it| digit(it).filter(|it| *it < base)).collect();
    let Some(digits) = digits.filter(|it| !it.is_empty()) else {
        return Err(call.fail(Some(0), format!("cannot parse `{known}` as a base {base} integer")));
    };
    let add = |value: i128, digit: u32| value.checked_mul(base.into())?.checked_add(digit.into());
    let value = digits.into_iter().try_fold(0, add).and_then(|it| Number::exactly(&(sign * it).to_string()));
    made(call, value.ok_or_else(Call::too_long)?.0)
}
