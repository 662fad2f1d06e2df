//! Calculating as Terraform does, in decimals, as far as a double goes: `0.1 + 0.2` is `0.3`.

use crate::syntax::hcl::BinaryOp;
use crate::value::Number;

/// Two numbers added up.
pub(super) fn sum(left: f64, right: f64) -> f64 {
    calculated(BinaryOp::Add, left, right)
}

/// What an operator makes of two numbers; where one of them has a fraction, of their decimals.
pub(super) fn calculated(op: BinaryOp, left: f64, right: f64) -> f64 {
    let are_whole = left.fract() == 0.0 && right.fract() == 0.0;
    let exact = if are_whole { None } else { in_decimals(op, left, right) };
    exact.unwrap_or_else(|| in_doubles(op, left, right))
}

fn in_doubles(op: BinaryOp, left: f64, right: f64) -> f64 {
    match op {
        BinaryOp::Add => left + right,
        BinaryOp::Subtract => left - right,
        BinaryOp::Multiply => left * right,
        BinaryOp::Divide => left / right,
        _ => left % right,
    }
}

#[expect(clippy::cast_precision_loss, reason = "what is lost is beyond what a double holds of the quotient")]
fn in_decimals(op: BinaryOp, left: f64, right: f64) -> Option<f64> {
    let (left, right) = (Decimal::of(left)?, Decimal::of(right)?);
    let scale = left.scale.max(right.scale);
    let (a, b) = (left.at(scale)?, right.at(scale)?);
    match op {
        BinaryOp::Add => double(a.checked_add(b)?, scale),
        BinaryOp::Subtract => double(a.checked_sub(b)?, scale),
        BinaryOp::Multiply => double(left.digits.checked_mul(right.digits)?, left.scale + right.scale),
        BinaryOp::Divide => Some(a as f64 / b as f64),
        _ => double(a.checked_rem(b)?, scale),
    }
}

/// `digits / 10^scale`.
struct Decimal {
    digits: i128,
    scale: u32,
}

impl Decimal {
    /// The decimal that a double was written as.
    fn of(number: f64) -> Option<Self> {
        let text = number.to_string();
        Number::exactly(&text)?;
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let digits = [whole, fraction].concat().parse().ok()?;
        Some(Self { digits, scale: u32::try_from(fraction.len()).ok()? })
    }

    /// The digits that it has with another scale, which is not smaller.
    fn at(&self, scale: u32) -> Option<i128> {
        self.digits.checked_mul(10_i128.checked_pow(scale - self.scale)?)
    }
}

fn double(digits: i128, scale: u32) -> Option<f64> {
    format!("{digits}e-{scale}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_calculated_with_in_decimals() {
        assert_eq!(sum(0.1, 0.2), 0.3);
        assert_eq!(calculated(BinaryOp::Multiply, 1.1, 1.1), 1.21);
        assert_eq!(calculated(BinaryOp::Divide, 0.3, 0.1), 3.0);
        assert_eq!(calculated(BinaryOp::Modulo, 0.3, 0.1), 0.0);
        assert_eq!(calculated(BinaryOp::Subtract, 1e300, 0.5), 1e300);
    }
}
