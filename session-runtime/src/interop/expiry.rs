use aws_sdk_dynamodb::types::AttributeValue;

use super::system::{Ended, Unit};

/// When a row ends, in epoch seconds: `Err` if it has ended for its own store, `Ok(None)` if it never does.
pub(super) fn read(
    value: Option<&AttributeValue>,
    unit: Unit,
    without: Ended,
) -> Result<Option<i64>, HasEnded> {
    match (value, value.and_then(number)) {
        (_, Some(number)) => {
            let seconds = match unit {
                Unit::Seconds => number,
                Unit::Milliseconds => number / 1000.0,
            };
            // The cast saturates.
            Ok(Some(seconds.floor() as i64))
        }
        (None, None) if without != Ended::Never => Err(HasEnded),
        (Some(_), None) if without == Ended::IfAbsentOrNoNumber => Err(HasEnded),
        (_, None) => Ok(None),
    }
}

/// The row's own store takes it for no session.
#[derive(Clone, Copy, Debug)]
pub(super) struct HasEnded;

/// A number as JavaScript compares it: text that says one is one.
fn number(value: &AttributeValue) -> Option<f64> {
    let (AttributeValue::N(text) | AttributeValue::S(text)) = value else { return None };
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}
