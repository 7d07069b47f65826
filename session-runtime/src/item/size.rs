use std::borrow::Cow;

use aws_sdk_dynamodb::types::AttributeValue;

use super::attributes::Item;
use super::value::Value;

/// DynamoDB's limit on one item, names included.
pub(crate) const MAX_ITEM_BYTES: usize = 400 * 1024;

/// The bytes that DynamoDB counts for an item
/// ([item sizes and formats](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html)).
pub(crate) fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| attribute_size(name, value)).sum()
}

pub(crate) fn attribute_size(name: &str, value: &AttributeValue) -> usize {
    name.len() + value_size(value)
}

pub(crate) fn encoded_size(name: &str, value: &Value) -> usize {
    fn sum<'v>(entries: impl Iterator<Item = (&'v Cow<'static, str>, &'v Value)>) -> usize {
        3 + entries.map(|(name, value)| 1 + name.len() + size(value)).sum::<usize>()
    }
    fn size(value: &Value) -> usize {
        match value {
            Value::Atom(value) => value_size(value),
            Value::Map(entries) => sum(entries.iter()),
            Value::Struct(entries) => sum(entries.iter().map(|(name, value)| (name, value))),
        }
    }
    name.len() + size(value)
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(text) => number_size(text),
        AttributeValue::B(blob) => blob.as_ref().len(),
        AttributeValue::Ss(members) => members.iter().map(String::len).sum(),
        AttributeValue::Ns(members) => members.iter().map(|text| number_size(text)).sum(),
        AttributeValue::Bs(members) => members.iter().map(|blob| blob.as_ref().len()).sum(),
        AttributeValue::L(elements) => {
            3 + elements.iter().map(|element| 1 + value_size(element)).sum::<usize>()
        }
        AttributeValue::M(entries) => {
            3 + entries.iter().map(|(name, value)| 1 + attribute_size(name, value)).sum::<usize>()
        }
        _ => 1,
    }
}

/// About one byte for two significant digits, one for the number, one for a sign.
pub(super) fn number_size(text: &str) -> usize {
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    let digits = || mantissa.bytes().filter(u8::is_ascii_digit);
    let leading = digits().take_while(|digit| *digit == b'0').count();
    let trailing = match mantissa.contains('.') {
        true => 0,
        false => digits().rev().take_while(|digit| *digit == b'0').count(),
    };
    let significant = digits().count().saturating_sub(leading + trailing);
    significant.div_ceil(2) + 1 + usize::from(text.starts_with('-'))
}
