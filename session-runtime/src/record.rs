use aws_sdk_dynamodb::types::AttributeValue;

use crate::id::random_token;
use crate::item::{
    Fields, Found, Item, Value, attribute_size, same_value, type_name, whole_seconds,
};
use crate::schema::{Attribute, Schema};
use crate::{Error, ErrorKind, Timeouts};

/// The number of commits that an item has seen.
pub(crate) const SEQUENCE: &str = "_seq";
/// The tokens of recent commits, each with the last sequence at which its request can still apply.
pub(crate) const COMMITS: &str = "_commits";

/// How many commits of others a token outlasts at the least.
pub(crate) const SHORTEST_WINDOW: i64 = 8;

/// A commit's token and the last sequence at which the item may stand for its request to apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) last: i64,
}

impl Token {
    /// A token that other commits may precede by this many.
    pub(crate) fn new(sequence: i64, window: i64) -> Self {
        Self { text: random_token(), last: sequence.saturating_add(window) }
    }

    /// Whether a commit that finds this sequence and leaves this token may remove the other one.
    ///
    /// No copy of the other's request may be able to apply, and what is left must show that a token was removed.
    /// A commit that was rebased has found a later sequence than its token tells of.
    pub(crate) fn may_prune(&self, other: &Self, sequence: i64) -> bool {
        other.last < sequence && other.last.saturating_add(SHORTEST_WINDOW) < self.last
    }

    pub(crate) fn is_in(&self, item: &Item) -> bool {
        match item.get(COMMITS) {
            Some(AttributeValue::M(commits)) => commits.contains_key(&self.text),
            _ => false,
        }
    }
}

/// From when until when a stored session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetime {
    pub(crate) expires: i64,
    /// `None` if the type keeps a creation time and the item has none yet.
    pub(crate) created: Option<i64>,
}

impl Lifetime {
    pub(crate) fn of(schema: &Schema, item: &Item) -> Result<Self, Error> {
        let expires = match item.get(schema.time_to_live()) {
            Some(value) => seconds(schema.time_to_live(), value)?,
            None => {
                return Err(Error::new(
                    ErrorKind::Decode,
                    "the item has no expiry, so it cannot be a session of this type; nothing was \
                     changed. Give it a Number of epoch seconds, or destroy it",
                )
                .with_attribute(schema.time_to_live()));
            }
        };
        let created = match schema.created().and_then(|name| Some((name, item.get(name)?))) {
            Some((name, value)) => Some(seconds(name, value)?),
            None => None,
        };
        Ok(Self { expires, created })
    }

    pub(crate) fn is_over(self, timeouts: Timeouts, now: i64) -> bool {
        self.expires <= now || timeouts.has_ended(now, self.created)
    }
}

/// What the table was last seen to hold for a session, beside the values of its fields.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) expires: i64,
    /// `None` if the type keeps a creation time and the item has none yet.
    pub(crate) created: Option<i64>,
    /// `None` if the item was never committed to by this crate.
    pub(crate) sequence: Option<i64>,
    pub(crate) commits: Option<Vec<Token>>,
    pub(crate) found: Vec<Found>,
    pub(crate) guards: Vec<(usize, Option<AttributeValue>)>,
    /// The size of what the session type does not name.
    pub(crate) other_bytes: usize,
}

impl Record {
    /// Takes key, expiry, creation and bookkeeping out of an item; the fields stay in it.
    pub(crate) fn take(schema: &Schema, item: &mut Item) -> Result<Self, Error> {
        let Lifetime { expires, created } = Lifetime::of(schema, item)?;
        for name in [schema.hash_key(), schema.time_to_live()].into_iter().chain(schema.created()) {
            item.remove(name);
        }
        let (sequence, commits) = (item.remove(SEQUENCE), item.remove(COMMITS));
        let other_bytes = [(SEQUENCE, &sequence), (COMMITS, &commits)]
            .iter()
            .filter_map(|(name, value)| Some(attribute_size(name, value.as_ref()?)))
            .sum();
        Ok(Self {
            expires,
            created,
            sequence: sequence.map(read_sequence).transpose()?,
            commits: commits.map(read_commits).transpose()?,
            found: Vec::new(),
            guards: guards(schema.attributes(), item),
            other_bytes,
        })
    }

    /// The sequence that the next commit counts from.
    pub(crate) fn sequence(&self) -> i64 {
        self.sequence.unwrap_or(0)
    }

    /// Whether a token that is not in the item may have been there.
    ///
    /// Whoever prunes a token leaves one of its own that stays longer by more than the shortest window: unless
    /// such a one is there, nothing was pruned.
    pub(crate) fn may_have_pruned(&self, token: &Token) -> bool {
        let latest = self.commits.iter().flatten().map(|known| known.last).max();
        latest.is_some_and(|latest| latest > token.last.saturating_add(SHORTEST_WINDOW))
    }

    /// The first attribute marked `guard` that is not what it was when it was loaded.
    pub(crate) fn broken_guard(&self, schema: &Schema, item: &Item) -> Option<&'static str> {
        self.guards.iter().find_map(|(index, loaded)| {
            let attribute = &schema.attributes()[*index];
            let same = match (loaded, raw(attribute, item).map(|(value, _)| value)) {
                (Some(loaded), Some(stored)) => same_value(loaded, stored),
                (None, None) => true,
                _ => false,
            };
            (!same).then_some(attribute.name())
        })
    }
}

fn seconds(attribute: &str, value: &AttributeValue) -> Result<i64, Error> {
    whole_seconds(value).ok_or_else(|| {
        Error::new(
            ErrorKind::Decode,
            format!(
                "the table holds {} that is not a Number of epoch seconds; nothing was changed. \
                 DynamoDB's TTL ignores such an item; mend the value, or destroy the session",
                type_name(value)
            ),
        )
        .with_attribute(attribute)
    })
}

fn read_sequence(value: AttributeValue) -> Result<i64, Error> {
    sequence_number(&value).ok_or_else(|| reserved(SEQUENCE, "a whole Number", &value))
}

fn read_commits(value: AttributeValue) -> Result<Vec<Token>, Error> {
    let AttributeValue::M(commits) = value else {
        return Err(reserved(COMMITS, "a Map", &value));
    };
    commits
        .into_iter()
        .map(|(text, last)| match sequence_number(&last) {
            Some(last) => Ok(Token { text, last }),
            None => Err(reserved(COMMITS, "a Map of whole Numbers", &last)),
        })
        .collect()
}

/// The value of a Number that counts commits.
pub(crate) fn sequence_number(value: &AttributeValue) -> Option<i64> {
    match value {
        AttributeValue::N(text) => text.parse().ok(),
        _ => None,
    }
}

fn reserved(attribute: &str, expected: &str, value: &AttributeValue) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!(
            "the table holds {} where this crate keeps {expected}; the name is reserved, so another \
             program must not write it",
            type_name(value)
        ),
    )
    .with_attribute(attribute)
}

fn guards(attributes: &[Attribute], item: &Item) -> Vec<(usize, Option<AttributeValue>)> {
    attributes
        .iter()
        .enumerate()
        .filter(|(_, attribute)| attribute.is_guarded())
        .map(|(index, attribute)| (index, raw(attribute, item).map(|(value, _)| value.clone())))
        .collect()
}

pub(crate) fn raw<'i>(
    attribute: &Attribute,
    item: &'i Item,
) -> Option<(&'i AttributeValue, Found)> {
    if let Some(value) = item.get(attribute.name()) {
        return Some((value, Found::Named));
    }
    attribute.aliases().iter().find_map(|alias| Some((item.get(*alias)?, Found::Aliased(alias))))
}

/// The stored fields exactly as the item holds them.
pub(crate) fn stored_fields(attributes: &[Attribute], item: &Item) -> (Fields, Vec<Found>) {
    attributes
        .iter()
        .map(|attribute| match raw(attribute, item) {
            Some((value, found)) => (Some(Value::from(value.clone())), found),
            None => (None, Found::Absent),
        })
        .unzip()
}
