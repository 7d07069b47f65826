use aws_sdk_dynamodb::types::AttributeValue;

use super::equal::same_number;

/// The members of `a` that are not in `b`, if `a` is a set and `b` is one of the same type or `None`.
pub(crate) fn difference(a: &AttributeValue, b: Option<&AttributeValue>) -> Option<AttributeValue> {
    fn without<T: Clone>(a: &[T], b: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<T> {
        a.iter().filter(|a| !b.iter().any(|b| same(a, b))).cloned().collect()
    }
    Some(match (a, b) {
        (AttributeValue::Ss(_) | AttributeValue::Ns(_) | AttributeValue::Bs(_), None) => a.clone(),
        (AttributeValue::Ss(a), Some(AttributeValue::Ss(b))) => {
            // Both sides of a diff are sorted; a set that the table returned need not be.
            AttributeValue::Ss(without(a, b, |a, b| a == b))
        }
        (AttributeValue::Ns(a), Some(AttributeValue::Ns(b))) => {
            AttributeValue::Ns(without(a, b, |a, b| same_number(a, b)))
        }
        (AttributeValue::Bs(a), Some(AttributeValue::Bs(b))) => {
            AttributeValue::Bs(without(a, b, |a, b| a == b))
        }
        _ => return None,
    })
}

/// All members of both sets; `b` alone where `a` is not a set of its type.
pub(crate) fn union(a: Option<&AttributeValue>, b: &AttributeValue) -> AttributeValue {
    let Some(missing) = a.and_then(|a| difference(b, Some(a))) else { return b.clone() };
    match (a, missing) {
        (Some(AttributeValue::Ss(a)), AttributeValue::Ss(b)) => {
            AttributeValue::Ss([a.clone(), b].concat())
        }
        (Some(AttributeValue::Ns(a)), AttributeValue::Ns(b)) => {
            AttributeValue::Ns([a.clone(), b].concat())
        }
        (Some(AttributeValue::Bs(a)), AttributeValue::Bs(b)) => {
            AttributeValue::Bs([a.clone(), b].concat())
        }
        (_, missing) => missing,
    }
}

pub(crate) fn is_empty(set: &AttributeValue) -> bool {
    match set {
        AttributeValue::Ss(members) | AttributeValue::Ns(members) => members.is_empty(),
        AttributeValue::Bs(members) => members.is_empty(),
        _ => false,
    }
}

pub(crate) fn is_set(value: &AttributeValue) -> bool {
    matches!(value, AttributeValue::Ss(_) | AttributeValue::Ns(_) | AttributeValue::Bs(_))
}
