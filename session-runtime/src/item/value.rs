use std::borrow::Cow;
use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::equal::same_value;
use super::number::integer;

/// An encoded field: a tree of maps that merge, with atoms that are replaced as one value.
///
/// DynamoDB has one map type for maps, structs and enum variants alike. Only the encoder knows which of
/// them a concurrent change may be merged into, so the difference is kept here.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A map, whose entries change independently; or a struct, where the field says that its fields do.
    Map(BTreeMap<Cow<'static, str>, Value>),
    /// Entries that are one value, in the order of their keys: a struct, or an enum variant with data.
    Struct(Vec<(Cow<'static, str>, Value)>),
    /// Everything else.
    Atom(AttributeValue),
}

impl Value {
    pub(crate) fn null() -> Self {
        Self::Atom(AttributeValue::Null(true))
    }

    pub(crate) fn boolean(is: bool) -> Self {
        Self::Atom(AttributeValue::Bool(is))
    }

    pub(crate) fn is_true(&self) -> bool {
        matches!(self, Self::Atom(AttributeValue::Bool(true)))
    }

    pub(crate) fn number(number: impl ToString) -> Self {
        Self::Atom(AttributeValue::N(number.to_string()))
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Atom(AttributeValue::S(text.into()))
    }

    /// A whole Number's value.
    pub(crate) fn integer(&self) -> Option<i128> {
        match self {
            Self::Atom(value) => integer(value),
            Self::Map(_) | Self::Struct(_) => None,
        }
    }

    pub(crate) fn has_entries(&self) -> bool {
        matches!(self, Self::Map(entries) if !entries.is_empty())
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self, Self::Map(_))
    }

    /// Whether the two are equal to DynamoDB: numbers by value, sets without order.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Atom(a), Self::Atom(b)) => same_value(a, b),
            (Self::Map(a), Self::Map(b)) => {
                let mut pairs = a.iter().zip(b);
                a.len() == b.len() && pairs.all(|((a, x), (b, y))| a == b && x.is_same(y))
            }
            _ => same_value(&self.to_attribute_value(), &other.to_attribute_value()),
        }
    }

    /// The length of a List.
    pub(crate) fn list_length(&self) -> Option<usize> {
        match self {
            Self::Atom(AttributeValue::L(elements)) => Some(elements.len()),
            _ => None,
        }
    }

    /// Whether this is a List that begins with all elements of another one.
    pub(crate) fn is_list_grown_from(&self, shorter: &Self) -> bool {
        match (self, shorter) {
            (Self::Atom(AttributeValue::L(longer)), Self::Atom(AttributeValue::L(shorter))) => {
                longer.starts_with(shorter)
            }
            _ => false,
        }
    }

    /// The elements of a List from this position on.
    pub(crate) fn elements_from(&self, start: usize) -> Option<Self> {
        match self {
            Self::Atom(AttributeValue::L(elements)) => {
                Some(Self::Atom(AttributeValue::L(elements.get(start..)?.to_vec())))
            }
            _ => None,
        }
    }

    /// A List followed by the elements of another; `None` if either is none.
    pub(crate) fn followed_by(self, more: Self) -> Option<Self> {
        match (self, more) {
            (Self::Atom(AttributeValue::L(mut list)), Self::Atom(AttributeValue::L(more))) => {
                list.extend(more);
                Some(Self::Atom(AttributeValue::L(list)))
            }
            _ => None,
        }
    }

    /// `None` or an empty set: what a top-level attribute can express by its absence.
    pub(crate) fn is_empty_option_or_set(&self) -> bool {
        match self {
            Self::Atom(AttributeValue::Null(_)) => true,
            Self::Atom(AttributeValue::Ss(members) | AttributeValue::Ns(members)) => {
                members.is_empty()
            }
            Self::Atom(AttributeValue::Bs(members)) => members.is_empty(),
            _ => false,
        }
    }

    /// The same as one value.
    pub(crate) fn into_whole(self) -> Self {
        match self {
            Self::Map(entries) => Self::Struct(entries.into_iter().collect()),
            whole => whole,
        }
    }

    pub(crate) fn into_attribute_value(self) -> AttributeValue {
        fn entry((key, value): (Cow<'static, str>, Value)) -> (String, AttributeValue) {
            (key.into_owned(), value.into_attribute_value())
        }
        match self {
            Self::Atom(value) => value,
            Self::Map(entries) => AttributeValue::M(entries.into_iter().map(entry).collect()),
            Self::Struct(entries) => AttributeValue::M(entries.into_iter().map(entry).collect()),
        }
    }

    pub(crate) fn to_attribute_value(&self) -> AttributeValue {
        fn entry(key: &str, value: &Value) -> (String, AttributeValue) {
            (key.to_owned(), value.to_attribute_value())
        }
        match self {
            Self::Atom(value) => value.clone(),
            Self::Map(entries) => {
                AttributeValue::M(entries.iter().map(|(key, value)| entry(key, value)).collect())
            }
            Self::Struct(entries) => {
                AttributeValue::M(entries.iter().map(|(key, value)| entry(key, value)).collect())
            }
        }
    }
}

impl From<AttributeValue> for Value {
    /// Every map is taken for one that merges: what the table holds does not tell.
    fn from(value: AttributeValue) -> Self {
        match value {
            AttributeValue::M(entries) => Self::Map(
                entries.into_iter().map(|(key, value)| (Cow::Owned(key), value.into())).collect(),
            ),
            atom => Self::Atom(atom),
        }
    }
}
