use std::fmt::LowerExp;

use aws_sdk_dynamodb::types::AttributeValue;

/// The first magnitude beyond DynamoDB's numbers of 38 digits.
const TOO_LARGE: f64 = 1e126;
const SMALLEST: f64 = 1e-130;

/// The text of a finite float that DynamoDB can store, in a form that reads back as the same value.
pub(super) fn float_text<F>(float: F) -> Result<String, String>
where
    F: Into<f64> + LowerExp + ToString + Copy,
{
    let value: f64 = float.into();
    let magnitude = value.abs();
    if !value.is_finite() {
        return Err(format!("{value} is not a number that DynamoDB can store"));
    }
    if magnitude >= TOO_LARGE || (magnitude != 0.0 && magnitude < SMALLEST) {
        return Err(format!(
            "{value:e} is outside the numbers that DynamoDB can store (magnitudes from 1e-130 to 9.99e125)"
        ));
    }
    if magnitude != 0.0 && !(1e-7..1e17).contains(&magnitude) {
        return Ok(format!("{float:e}"));
    }
    Ok(float.to_string())
}

/// Whether two texts of numbers say exactly the same value.
pub(super) fn same_decimal(a: &str, b: &str) -> bool {
    matches!((decimal(a), decimal(b)), (Some(a), Some(b)) if a == b)
}

/// Sign, significant digits, and the power of ten of the last of them.
fn decimal(text: &str) -> Option<(bool, String, i64)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
        None => (text, 0_i64),
    };
    let (is_negative, magnitude) = match mantissa.strip_prefix('-') {
        Some(magnitude) => (true, magnitude),
        None => (false, mantissa),
    };
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let last = exponent
        .checked_sub(i64::try_from(fraction.len()).ok()?)?
        .checked_add(i64::try_from(digits.len() - significant.len()).ok()?)?;
    match significant.trim_start_matches('0') {
        "" => Some((false, String::new(), 0)),
        significant => Some((is_negative, significant.to_owned(), last)),
    }
}

/// The value of a Number that is an integer.
pub(super) fn integer(value: &AttributeValue) -> Option<i128> {
    match value {
        AttributeValue::N(text) => text.parse().ok(),
        _ => None,
    }
}

/// The value of a Number in whole seconds, rounded down.
pub(super) fn whole_seconds(value: &AttributeValue) -> Option<i64> {
    let AttributeValue::N(text) = value else { return None };
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let seconds: f64 = text.parse().ok()?;
    // The cast saturates, and NaN is not a Number that DynamoDB returns.
    seconds.is_finite().then_some(seconds.floor() as i64)
}
