//! Native sets as sets: what one has that another lacks, and both together.

use aws_sdk_dynamodb::types::AttributeValue;

use super::equal::same_number;
use super::value::Value;

/// DynamoDB's name for the type of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetType {
    Ss,
    Ns,
    Bs,
}

impl SetType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ss => "SS",
            Self::Ns => "NS",
            Self::Bs => "BS",
        }
    }
}

impl Value {
    pub(crate) fn set_type(&self) -> Option<SetType> {
        match self {
            Self::Atom(AttributeValue::Ss(_)) => Some(SetType::Ss),
            Self::Atom(AttributeValue::Ns(_)) => Some(SetType::Ns),
            Self::Atom(AttributeValue::Bs(_)) => Some(SetType::Bs),
            _ => None,
        }
    }

    /// The members of this set that are not in `other`; `None` if there are none, or the two are not sets of one type.
    pub(crate) fn members_without(&self, other: Option<&Self>) -> Option<Self> {
        let Self::Atom(members) = self else { return None };
        let others = match other {
            Some(Self::Atom(others)) => Some(others),
            _ => None,
        };
        let rest = Self::Atom(difference(members, others)?);
        (!rest.is_empty_option_or_set()).then_some(rest)
    }

    /// All members of this set and of `other`, which is taken alone where this is not a set of its type.
    pub(crate) fn members_with(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Atom(members), Self::Atom(others)) => Self::Atom(union(members, others)),
            _ => other.clone(),
        }
    }

    /// The same set with its members in order, so that equal sets are equal values.
    pub(crate) fn sorted_set(self) -> Self {
        match self {
            Self::Atom(AttributeValue::Ss(mut members)) => {
                members.sort_unstable();
                Self::Atom(AttributeValue::Ss(members))
            }
            Self::Atom(AttributeValue::Ns(mut members)) => {
                members.sort_unstable();
                Self::Atom(AttributeValue::Ns(members))
            }
            Self::Atom(AttributeValue::Bs(mut members)) => {
                members.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
                Self::Atom(AttributeValue::Bs(members))
            }
            other => other,
        }
    }
}

fn difference(a: &AttributeValue, b: Option<&AttributeValue>) -> Option<AttributeValue> {
    fn without<T: Clone>(a: &[T], b: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<T> {
        a.iter().filter(|a| !b.iter().any(|b| same(a, b))).cloned().collect()
    }
    Some(match (a, b) {
        (AttributeValue::Ss(_) | AttributeValue::Ns(_) | AttributeValue::Bs(_), None) => a.clone(),
        (AttributeValue::Ss(a), Some(AttributeValue::Ss(b))) => {
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

fn union(a: &AttributeValue, b: &AttributeValue) -> AttributeValue {
    match (a, difference(b, Some(a))) {
        (AttributeValue::Ss(a), Some(AttributeValue::Ss(b))) => {
            AttributeValue::Ss([a.clone(), b].concat())
        }
        (AttributeValue::Ns(a), Some(AttributeValue::Ns(b))) => {
            AttributeValue::Ns([a.clone(), b].concat())
        }
        (AttributeValue::Bs(a), Some(AttributeValue::Bs(b))) => {
            AttributeValue::Bs([a.clone(), b].concat())
        }
        _ => b.clone(),
    }
}
