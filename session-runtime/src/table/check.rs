use aws_sdk_dynamodb::types::{TimeToLiveDescription, TimeToLiveStatus};

use super::live::{Live, advice_on_key, key_of, key_of_index};
use crate::error::{Error, ErrorKind};
use crate::schema::{KeyType, Schema};

/// Refuses a table that belongs to something else, by its keys.
pub(crate) fn require_keys(live: &Live, schema: &Schema) -> Result<(), Error> {
    if !live.has_key_of(schema) {
        return Err(foreign(format!(
            "the table's key is {}, the session's is {}; name another table, or change the field \
             marked `hash_key`. The table was not touched",
            live.key(),
            key_of(schema.hash_key(), KeyType::S),
        ))
        .with_attribute(schema.hash_key()));
    }
    for index in schema.indexes() {
        let (name, wanted) = (index.name(), key_of_index(&index));
        let detail = match live.index(&index) {
            Some(found) if !found.has_key_of(&index) => format!(
                "the key of the table's index `{name}` is {}, the session's is {wanted}; {}. The table \
                 was not touched",
                found.key(),
                advice_on_key(live, &index),
            ),
            Some(_) => continue,
            // AWS would add the index with the type that it knows, and say nothing.
            None => match live.other_type_in(&index) {
                Some((attribute, known)) => format!(
                    "the session's index `{name}` is on {wanted}, and another key of the table has \
                     `{attribute}` as {known}; change the field's type, or name another table. The \
                     table was not touched"
                ),
                None => continue,
            },
        };
        return Err(foreign(detail).with_attribute(index.attribute()));
    }
    Ok(())
}

/// Refuses a live table that lacks an index of the session.
pub(crate) fn require_indexes(live: &Live, schema: &Schema) -> Result<(), Error> {
    let missing: Vec<String> =
        live.missing(schema).map(|index| format!("`{}`", index.name())).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Configuration,
        format!(
            "the table is there, without the session's index {}; call `store.update_table()`, which \
             adds indexes to a live table. The table was not touched",
            missing.join(" and ")
        ),
    ))
}

/// The attribute that TTL is on, if it is, or is being changed.
pub(crate) fn time_to_live_attribute(description: &TimeToLiveDescription) -> Option<&str> {
    match description.time_to_live_status() {
        Some(
            TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling | TimeToLiveStatus::Disabling,
        ) => description.attribute_name(),
        _ => None,
    }
}

/// Whether TTL is on for the session's expiry; an error if it is on for anything else.
pub(crate) fn time_to_live_is_on(
    description: Option<&TimeToLiveDescription>,
    schema: &Schema,
) -> Result<bool, Error> {
    let Some(description) = description else { return Ok(false) };
    let attribute = schema.time_to_live();
    if let Some(name) = time_to_live_attribute(description)
        && name != attribute
    {
        return Err(foreign(format!(
            "TTL is on the attribute `{name}`, the session's expiry is `{attribute}`; change the field \
             marked `ttl`, name another table, or move TTL by hand (AWS allows one change an hour). \
             The table was not touched"
        ))
        .with_attribute(attribute));
    }
    Ok(matches!(
        description.time_to_live_status(),
        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
    ))
}

pub(crate) fn foreign(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::Configuration, detail)
}
