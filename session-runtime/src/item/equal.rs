use aws_sdk_dynamodb::types::AttributeValue;

use super::number::same_decimal;

/// Whether two values are equal to DynamoDB: numbers by value, sets without order.
pub(crate) fn same_value(a: &AttributeValue, b: &AttributeValue) -> bool {
    match (a, b) {
        (AttributeValue::N(a), AttributeValue::N(b)) => same_number(a, b),
        (AttributeValue::L(a), AttributeValue::L(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(a, b))
        }
        (AttributeValue::M(a), AttributeValue::M(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same_value(a, b)))
        }
        (AttributeValue::Ss(a), AttributeValue::Ss(b)) => same_members(a, b, |a, b| a == b),
        (AttributeValue::Bs(a), AttributeValue::Bs(b)) => same_members(a, b, |a, b| a == b),
        (AttributeValue::Ns(a), AttributeValue::Ns(b)) => {
            same_members(a, b, |a, b| same_number(a, b))
        }
        _ => a == b,
    }
}

/// Whether two texts are the same number: engines normalise them in different ways.
pub(crate) fn same_number(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    same_decimal(a, b)
}

fn same_members<T>(a: &[T], b: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
    a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| same(a, b)))
}
