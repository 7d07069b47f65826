use std::borrow::Cow;
use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// An encoded field: a tree of maps that merge, with atoms that are replaced as one value.
///
/// DynamoDB has one map type for maps, structs and enum variants alike. Only the encoder knows which of
/// them a concurrent change may be merged into, so the difference is kept here.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A map, whose entries change independently; or a struct, where the field says that its fields do.
    Map(BTreeMap<Cow<'static, str>, Value>),
    /// Everything else, structs and enum variants with data included.
    Atom(AttributeValue),
}

impl Value {
    pub(crate) fn null() -> Self {
        Self::Atom(AttributeValue::Null(true))
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

    pub(crate) fn into_atom(self) -> Self {
        Self::Atom(self.into_attribute_value())
    }

    pub(crate) fn into_attribute_value(self) -> AttributeValue {
        match self {
            Self::Atom(value) => value,
            Self::Map(entries) => AttributeValue::M(
                entries
                    .into_iter()
                    .map(|(key, value)| (key.into_owned(), value.into_attribute_value()))
                    .collect(),
            ),
        }
    }

    pub(crate) fn to_attribute_value(&self) -> AttributeValue {
        match self {
            Self::Atom(value) => value.clone(),
            Self::Map(entries) => AttributeValue::M(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone().into_owned(), value.to_attribute_value()))
                    .collect(),
            ),
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
