use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::document::Document;
use super::expiry;
use super::foreign_store::ForeignStore;
use super::json;
use super::stamp::{STAMP, Stamp};
use super::system::{CookieFormat, Data, Ended, Unit};
use crate::error::{Error, ErrorKind};
use crate::item::{Attributes as _, Item};
use crate::schema::Schema;

/// What a later request of the visitor shows once.
const FLASH: &str = "__flash_";

/// A session as another store's row has it.
#[derive(Debug)]
pub(crate) struct ForeignRow {
    /// The session's own keys, as the attributes of an item of ours that has no key and no expiry yet.
    pub(crate) item: Item,
    /// In epoch seconds; `None` if it never ends.
    pub(crate) expires: Option<i64>,
    /// What this library has noted in it, where it was shared.
    pub(crate) stamp: Stamp,
    /// For how many seconds the other service keeps it after a visit, where the row says so.
    pub(crate) max_age: Option<i64>,
}

impl ForeignStore {
    /// The session in a row; `None` if there is none in it, or it has ended.
    pub(crate) fn read(
        &self,
        schema: &Schema,
        row: &Item,
        now: i64,
    ) -> Result<Option<ForeignRow>, Error> {
        let is_text = match self.system.data {
            Data::TextInOrTopLevel(name) => row.text(name).is_some(),
            _ => false,
        };
        let ttl_key = match self.system.data {
            Data::TextInOrTopLevel(_) if !is_text => None,
            _ => self.ttl_key.as_deref(),
        };
        let without = match ttl_key {
            Some(_) => self.system.without_expiry,
            None => Ended::Never,
        };
        let stored = ttl_key.and_then(|name| row.get(name));
        let Ok(mut expires) = expiry::read(stored, self.system.unit, without) else {
            return Ok(None);
        };
        // An older expiry inside cannot make a row live longer than its own.
        if expires.is_some_and(|expires| expires <= now) {
            return Ok(None);
        }
        let Some(data) = self.data(row, is_text, ttl_key)? else { return Ok(None) };
        if let Some(inner) = self.system.inner_expiry.and_then(|name| data.get(name)) {
            let inner = expiry::read(Some(inner), Unit::Milliseconds, Ended::Never);
            expires = inner.ok().flatten().or(expires);
        }
        if expires.is_some_and(|expires| expires <= now) {
            return Ok(None);
        }
        let (stamp, max_age) = (Stamp::read(data.get(STAMP)), self.max_age_in(&data));
        let is_kept = |name: &str| !self.is_left_out(schema, name);
        let kept: HashMap<_, _> = data.into_iter().filter(|(name, _)| is_kept(name)).collect();
        Ok(Some(ForeignRow { item: kept.into(), expires, stamp, max_age }))
    }

    /// What this library has noted in a row, whatever else is in it.
    pub(crate) fn stamp_in(&self, row: &Item) -> Stamp {
        match self.data_attribute() {
            Some(name) => {
                let document = row.get(name).and_then(|value| Document::read(value).ok());
                Stamp::read(document.and_then(|document| document.get(STAMP)).as_ref())
            }
            None => Stamp::read(row.get(STAMP)),
        }
    }

    /// The session's keys, those of the framework included.
    fn data(
        &self,
        row: &Item,
        is_text: bool,
        ttl_key: Option<&str>,
    ) -> Result<Option<HashMap<String, AttributeValue>>, Error> {
        match self.system.data {
            Data::In(name) => self.entries(row, name),
            Data::TextInOrTopLevel(name) if is_text => self.entries(row, name),
            Data::TopLevel | Data::TextInOrTopLevel(_) => {
                let own = [Some(self.hash_key.as_str()), self.sort_key.as_deref(), ttl_key];
                let data = row.iter().filter(|(name, _)| !own.contains(&Some(name)));
                let data: HashMap<_, _> =
                    data.map(|(name, value)| (name.to_owned(), value.clone())).collect();
                // What a late touch leaves of a row that was deleted is no session.
                let is_data = |name: &String| self.ttl_key.as_ref() != Some(name);
                Ok(data.keys().any(is_data).then_some(data))
            }
        }
    }

    fn max_age_in(&self, data: &HashMap<String, AttributeValue>) -> Option<i64> {
        let milliseconds = match self.system.cookie {
            CookieFormat::Express => match data.get("cookie")? {
                AttributeValue::M(cookie) => cookie.get("originalMaxAge")?,
                _ => return None,
            },
            CookieFormat::Koa => data.get("_maxAge")?,
            CookieFormat::ReactRouter => return self.max_age,
        };
        let AttributeValue::N(milliseconds) = milliseconds else { return None };
        let milliseconds = milliseconds.parse::<f64>().ok()?;
        (milliseconds > 0.0).then_some((milliseconds / 1000.0) as i64)
    }

    fn entries(
        &self,
        row: &Item,
        name: &str,
    ) -> Result<Option<HashMap<String, AttributeValue>>, Error> {
        match row.get(name) {
            None => Ok(None),
            Some(AttributeValue::M(entries)) => Ok(Some(entries.clone())),
            Some(AttributeValue::S(text)) => {
                json::object(text).map(Some).map_err(|why| self.unreadable(name, &why))
            }
            Some(_) => Err(self.unreadable(name, "it is neither a Map nor text")),
        }
    }

    fn is_left_out(&self, schema: &Schema, name: &str) -> bool {
        let is_named = || {
            let mut attributes = schema.attributes().iter();
            attributes.any(|known| known.name() == name || known.aliases().contains(&name))
        };
        let is_flash = || matches!(self.system.data, Data::TopLevel) && name.starts_with(FLASH);
        self.system.framework_keys.contains(&name)
            || (name == STAMP && !is_named())
            || (is_flash() && !is_named())
            || [Some(schema.hash_key()), Some(schema.time_to_live()), schema.created()]
                .contains(&Some(name))
            || schema.sort_key().is_some_and(|key| key.name() == name)
    }

    fn unreadable(&self, attribute: &str, why: &str) -> Error {
        Error::new(
            ErrorKind::Decode,
            format!(
                "the row is not one of {}: {why}; nothing was changed. Check the constructor of `ForeignStore`, or delete \
                 the row",
                self.system.name
            ),
        )
        .with_attribute(attribute)
    }
}
