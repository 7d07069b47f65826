//! What serde_json writes in a way of its own where one of its features is on anywhere in the build.

use aws_sdk_dynamodb::types::AttributeValue;

use super::encode_error::EncodeError;
use super::number::{float_text, same_decimal};
use super::value::Value;

/// The struct as which `arbitrary_precision` writes every number, its text being the only field.
pub(super) const NUMBER: &str = "$serde_json::private::Number";
/// The struct as which `raw_value` writes JSON that was not parsed.
pub(super) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// A number in the form that it has without `arbitrary_precision`.
pub(super) fn number(text: &str) -> Result<Value, EncodeError> {
    let is_integer = text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok();
    let text = match is_integer {
        true => text.to_owned(),
        false => {
            let float: f64 =
                text.parse().map_err(|_| EncodeError::new(format!("`{text}` is not a number")))?;
            let shortest = float_text(float).map_err(EncodeError::new)?;
            if !same_decimal(text, &shortest) {
                return Err(EncodeError::new(format!(
                    "the number {text} has more digits than a 64-bit integer or float can hold, so it would not be read \
                     back as it is; store it as text"
                )));
            }
            shortest
        }
    };
    Ok(Value::Atom(AttributeValue::N(text)))
}
