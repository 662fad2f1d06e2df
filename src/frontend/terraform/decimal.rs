//! Calculating as Terraform does: in binary fractions of 512 bits, which print as decimals. Some results are decimals of
//! a few digits, `0.1 + 0.2`, and others are not, `1 - 0.9`; only the first are known here to the last digit.

use std::cmp::Ordering;

use num_bigint::BigInt;

use crate::syntax::hcl::BinaryOp;
use crate::value::{Node, Number, Value};

/// How many bits Terraform calculates with.
const PRECISION: u64 = 512;
/// And how many a double has.
const OF_DOUBLE: u64 = 53;
/// Numbers as far apart as this are not calculated with.
const FURTHEST: u64 = 4096;

/// Two numbers added up, where that is known.
pub(super) fn sum(left: f64, right: f64) -> Option<f64> {
    calculated(BinaryOp::Add, left, right)
}

/// What an operator makes of two numbers: exactly, or by a fraction of more digits than a double holds, which
/// [`Number::is_exact`] tells. Nothing where a double would look like another number than it is.
pub(super) fn calculated(op: BinaryOp, left: f64, right: f64) -> Option<f64> {
    if let Some(whole) = of_whole(op, left, right) {
        return Some(whole);
    }
    let (a, b) = (Big::of(left)?, Big::of(right)?);
    let exact = match op {
        BinaryOp::Add => a.plus(&b)?,
        BinaryOp::Subtract => a.plus(&b.negated())?,
        BinaryOp::Multiply => a.times(&b),
        BinaryOp::Divide => a.over(&b)?,
        _ => a.plus(&b.times(&a.over(&b)?.whole()?).negated())?,
    };
    match (op, exact.nearest()?) {
        // Nothing has a sign, too.
        (BinaryOp::Multiply, 0.0) => Some(left * right),
        (BinaryOp::Divide, 0.0) => Some(left / right),
        (_, nearest) => {
            let is_exact = Number(nearest).is_exact();
            (!is_exact || Big::of(nearest).is_some_and(|it| it == exact)).then_some(nearest)
        }
    }
}

/// The same of whole numbers, where all have a double of their own.
fn of_whole(op: BinaryOp, left: f64, right: f64) -> Option<f64> {
    let is_whole = |it: f64| it.fract() == 0.0 && it.abs() < Number::WHOLE;
    let result = match op {
        BinaryOp::Add => left + right,
        BinaryOp::Subtract => left - right,
        BinaryOp::Multiply => left * right,
        _ => return None,
    };
    // Nothing has a sign, too.
    (is_whole(left) && is_whole(right) && is_whole(result) && result != 0.0).then_some(result)
}

/// How two numbers compare of which one has more digits than a double holds, as far as its text tells: whole numbers, and
/// others that are not nearly the same.
pub(super) fn order(left: &Node, right: &Node) -> Option<Ordering> {
    let (left, right) = (Written::of(left)?, Written::of(right)?);
    match left.at_one_scale(&right)? {
        (a, b) if a == b => Some(Ordering::Equal),
        // Terraform rounds them, to the same number if they are near enough to each other.
        (a, b) if (left.scale != 0 || right.scale != 0) && a.sign() == b.sign() && a.bits() == b.bits() => None,
        (a, b) => Some(a.cmp(&b)),
    }
}

/// A number as it is written: `digits * 10^scale`.
struct Written {
    digits: BigInt,
    scale: i64,
}

impl Written {
    /// Whole numbers of so many digits Terraform holds to the last one.
    const MOST: usize = 150;

    fn of(node: &Node) -> Option<Self> {
        match &node.value {
            Value::Number(number) if number.is_exact() => Self::read(&number.to_string()),
            Value::Unknown(hole) if &*hole.why == Number::TOO_LONG => Self::read(&hole.reference),
            _ => None,
        }
    }

    fn read(text: &str) -> Option<Self> {
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let scale = exponent.parse::<i64>().ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        let digits = [whole, fraction].concat();
        let is_short = digits.len() <= Self::MOST && digits.bytes().all(|it| it.is_ascii_digit() || it == b'-');
        is_short.then(|| digits.parse().ok())?.map(|digits| Self { digits, scale })
    }

    fn at_one_scale(&self, other: &Self) -> Option<(BigInt, BigInt)> {
        let scale = self.scale.min(other.scale);
        let scaled = |it: &Self| {
            let by = u32::try_from(it.scale - scale).ok().filter(|it| u64::from(*it) <= FURTHEST)?;
            Some(&it.digits * BigInt::from(10).pow(by))
        };
        Some((scaled(self)?, scaled(other)?))
    }
}

/// `mantissa * 2^exponent`, the mantissa odd or nothing, and of no more bits than there may be.
#[derive(Clone, PartialEq, Eq)]
struct Big {
    mantissa: BigInt,
    exponent: i64,
}

impl Big {
    /// The number that a double was written as.
    fn of(number: f64) -> Option<Self> {
        let text = number.to_string();
        Number::exactly(&text)?;
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let digits = Self::rounded([whole, fraction].concat().parse().ok()?, 0, PRECISION);
        let scale = BigInt::from(10).pow(u32::try_from(fraction.len()).ok()?);
        digits.over(&Self { mantissa: scale, exponent: 0 })
    }

    /// It rounded to the nearest with so many bits, half of the last one to the even one.
    fn rounded(mantissa: BigInt, exponent: i64, bits: u64) -> Self {
        let Some(zeros) = mantissa.trailing_zeros() else { return Self { mantissa, exponent: 0 } };
        let over = mantissa.bits().saturating_sub(bits);
        if over <= zeros {
            return Self { mantissa: mantissa >> zeros, exponent: exponent.saturating_add_unsigned(zeros) };
        }
        let half = BigInt::from(1) << (over - 1);
        let is_negative = mantissa < BigInt::ZERO;
        let size = if is_negative { -mantissa } else { mantissa };
        let is_tie = size.trailing_zeros() == Some(over - 1);
        let mut kept = (size + half) >> over;
        if is_tie {
            kept.set_bit(0, false);
        }
        let kept = if is_negative { -kept } else { kept };
        Self::rounded(kept, exponent.saturating_add_unsigned(over), bits)
    }

    /// The double that is nearest to it.
    #[expect(clippy::cast_precision_loss, reason = "it has no more bits than a double")]
    fn nearest(&self) -> Option<f64> {
        let rounded = Self::rounded(self.mantissa.clone(), self.exponent, OF_DOUBLE);
        let mantissa = i64::try_from(&rounded.mantissa).ok()? as f64;
        // In two steps, so that none leaves what a double holds where the result does not.
        let half = i32::try_from(rounded.exponent / 2).ok()?;
        let rest = i32::try_from(rounded.exponent).ok()? - half;
        Some(mantissa * 2_f64.powi(half) * 2_f64.powi(rest)).filter(|it| it.is_finite())
    }

    fn negated(&self) -> Self {
        Self { mantissa: -&self.mantissa, exponent: self.exponent }
    }

    fn plus(&self, other: &Self) -> Option<Self> {
        let (low, high) = if self.exponent <= other.exponent { (self, other) } else { (other, self) };
        let apart = high.exponent.abs_diff(low.exponent);
        let sum = |high: BigInt| Self::rounded(high + &low.mantissa, low.exponent, PRECISION);
        (apart <= FURTHEST).then(|| sum(&high.mantissa << apart))
    }

    fn times(&self, other: &Self) -> Self {
        Self::rounded(&self.mantissa * &other.mantissa, self.exponent.saturating_add(other.exponent), PRECISION)
    }

    fn over(&self, other: &Self) -> Option<Self> {
        if other.mantissa == BigInt::ZERO {
            return None;
        }
        // Two bits more than are kept, and a last one that says whether there is a rest.
        let shift = (PRECISION + 2 + other.mantissa.bits()).saturating_sub(self.mantissa.bits());
        let dividend = &self.mantissa << shift;
        let quotient: BigInt = &dividend / &other.mantissa;
        let is_negative = (self.mantissa < BigInt::ZERO) != (other.mantissa < BigInt::ZERO);
        let rest = i64::from(&quotient * &other.mantissa != dividend);
        let quotient = (quotient << 1_u8) + if is_negative { -rest } else { rest };
        let exponent = self.exponent.saturating_sub(other.exponent).saturating_sub_unsigned(shift + 1);
        Some(Self::rounded(quotient, exponent, PRECISION))
    }

    /// It without its fraction.
    fn whole(&self) -> Option<Self> {
        let by = self.exponent.unsigned_abs();
        let fraction = || BigInt::from(1) << by;
        match self.exponent {
            0.. => Some(self.clone()),
            _ => (by <= FURTHEST).then(|| Self::rounded(&self.mantissa / fraction(), 0, PRECISION)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `terraform console` says.
    #[test]
    fn numbers_are_calculated_with_in_binary_fractions() {
        assert_eq!(sum(0.1, 0.2), Some(0.3));
        assert_eq!(sum(100_000_000_000_000_000_000.0, 1.0), None);
        assert_eq!(calculated(BinaryOp::Subtract, 1.0, 0.9), None, "it is 0.1000…3");
        assert_eq!(calculated(BinaryOp::Multiply, 1.1, 1.1), None, "it is 1.2100…1");
        assert_eq!(calculated(BinaryOp::Multiply, 1.5, -3.0), Some(-4.5));
        assert_eq!(calculated(BinaryOp::Divide, 1.0, 3.0), Some(1.0 / 3.0));
        assert_eq!(calculated(BinaryOp::Divide, -1.0, 8.0), Some(-0.125));
        assert_eq!(calculated(BinaryOp::Modulo, -5.5, 2.0), Some(-1.5));
        assert_eq!(calculated(BinaryOp::Modulo, 1e22, 7.0), Some(4.0));
        assert_eq!(calculated(BinaryOp::Subtract, 1e300, 0.5), Some(1e300));
    }
}
