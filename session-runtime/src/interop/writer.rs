//! Rows of a shared store: what a write changes in them, so that the other service reads them as its own.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::document::Document;
use super::foreign_store::ForeignStore;
use super::javascript;
use super::stamp::{STAMP, Stamp};
use super::system::{CookieFormat, Data, Instant, Unit};
use crate::error::{Error, ErrorKind};
use crate::expiry::Expires;
use crate::item::{Attributes as _, Item, Value};

/// How much later than the session koa's rows end, in seconds.
const KOA_DELAY: i64 = 10;

/// What is to change in a session.
#[derive(Debug)]
pub(crate) struct RowWrite<'a> {
    /// The row as it was read; `None` for a new one.
    pub(crate) row: Option<&'a Item>,
    /// The keys that change, and those that go.
    pub(crate) keys: Vec<(String, Option<Value>)>,
    /// What is noted of the commit; `None` where only the expiry moves.
    pub(crate) stamp: Option<&'a Stamp>,
    /// In epoch seconds, if it moves.
    pub(crate) expires: Option<i64>,
    pub(crate) now: i64,
}

/// The attributes of a row that change, each once; `None` for those that go.
pub(crate) type RowChanges = Vec<(String, Option<Value>)>;

impl ForeignStore {
    /// The attribute that holds all of the session, if one does.
    pub(crate) fn data_attribute(&self) -> Option<&'static str> {
        match self.system.data {
            Data::In(name) => Some(name),
            Data::TextInOrTopLevel(_) | Data::TopLevel => None,
        }
    }

    /// Whether the session in a row is JSON text, or will be; `None` is a new one.
    fn is_json(&self, row: Option<&Item>) -> bool {
        self.data_attribute().is_some_and(|name| match row.and_then(|row| row.get(name)) {
            Some(stored) => stored.is_s(),
            None => self.system.is_text,
        })
    }

    /// Whether the expiry of a row can be moved; `None` is a new one.
    pub(crate) fn has_expiry(&self, row: Option<&Item>) -> bool {
        let ttl_key = self.ttl_key.as_deref();
        ttl_key.is_some_and(|name| row.is_none_or(|row| row.get(name).is_some()))
    }

    /// What a write changes in a row. Everything else in it stays as it is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Encode`]: a key has a value that the other service could not read, or not as it is.
    pub(crate) fn changes(&self, write: RowWrite<'_>) -> Result<RowChanges, Error> {
        let RowWrite { row, keys, stamp, expires, now } = write;
        let is_json = self.is_json(row);
        let mut entries = Vec::with_capacity(keys.len() + 4);
        for (key, value) in keys {
            let value = value.map(|value| javascript::value(value.into_attribute_value(), is_json));
            let value = value.transpose().map_err(|why| not_written(&key, &why))?;
            entries.push((key, value));
        }
        let mut changes = RowChanges::new();
        if let Some(name) = self.data_attribute() {
            let mut document = match row.and_then(|row| row.get(name)) {
                Some(value) => Document::read(value).map_err(|why| not_written(name, &why))?,
                None => Document::new(self.system.is_text),
            };
            entries.extend(self.of_framework(row, |key| document.get(key), stamp, expires, now));
            if !entries.is_empty() {
                for (key, value) in entries {
                    let set = document.set(key.clone(), value);
                    set.map_err(|why| not_written(&key, &why))?;
                }
                let value = document.into_value().map_err(|why| not_written(name, &why))?;
                changes.push((name.to_owned(), Some(value.into())));
            }
        } else {
            let get = |key: &str| row.and_then(|row| row.get(key)).cloned();
            entries.extend(self.of_framework(row, get, stamp, expires, now));
            changes.extend(entries.into_iter().map(|(key, value)| (key, value.map(Value::from))));
        }
        if let (Some(name), Some(expires)) = (&self.ttl_key, expires)
            && self.has_expiry(row)
        {
            let expires = match (self.system.unit, self.system.cookie) {
                (Unit::Milliseconds, _) => expires.saturating_mul(1000),
                (Unit::Seconds, CookieFormat::Koa) => expires.saturating_add(KOA_DELAY),
                (Unit::Seconds, _) => expires,
            };
            changes.push((name.clone(), Some(Value::number(expires))));
        }
        if let (Some((name, value)), None) = (self.system.kind, row) {
            changes.push((name.to_owned(), Some(Value::text(value))));
        }
        Ok(changes)
    }

    /// What the other framework and its store keep among the session's keys.
    fn of_framework(
        &self,
        row: Option<&Item>,
        get: impl Fn(&str) -> Option<AttributeValue>,
        stamp: Option<&Stamp>,
        expires: Option<i64>,
        now: i64,
    ) -> Vec<(String, Option<AttributeValue>)> {
        let mut entries = Vec::new();
        if let Some(stamp) = stamp {
            entries.push((STAMP.to_owned(), stamp.value().into_attribute_value()));
            if let Some((key, form)) = self.system.written_at {
                let value = match form {
                    Instant::Milliseconds => milliseconds(now),
                    Instant::Iso => AttributeValue::S(iso(now)),
                };
                entries.push((key.to_owned(), value));
            }
        }
        let expires = expires.filter(|_| self.has_expiry(row) || row.is_none());
        match self.system.cookie {
            CookieFormat::Koa => {
                entries.extend(expires.map(|at| ("_expire".to_owned(), milliseconds(at))));
                if let (None, Some(expires)) = (row, expires) {
                    let max_age = self.max_age.unwrap_or(expires.saturating_sub(now));
                    entries.push(("_maxAge".to_owned(), milliseconds(max_age)));
                }
            }
            CookieFormat::Express if row.is_none() => {
                entries.push(("cookie".to_owned(), self.new_cookie(expires)));
            }
            // A Date that the store keeps as text; others of them keep none.
            CookieFormat::Express => {
                if let (Some(AttributeValue::M(mut cookie)), Some(at)) = (get("cookie"), expires)
                    && let Some(AttributeValue::S(stored)) = cookie.get_mut("expires")
                {
                    *stored = iso(at);
                    entries.push(("cookie".to_owned(), AttributeValue::M(cookie)));
                }
            }
            CookieFormat::ReactRouter => {}
        }
        entries.into_iter().map(|(key, value)| (key, Some(value))).collect()
    }

    /// The `cookie` of a new session of Express.
    fn new_cookie(&self, expires: Option<i64>) -> AttributeValue {
        let text = |text: &String| AttributeValue::S(text.clone());
        let null = || AttributeValue::Null(true);
        let max_age = self.max_age.map(milliseconds);
        let expires = expires.filter(|_| max_age.is_some()).map(iso).map(AttributeValue::S);
        let mut cookie = HashMap::from([
            ("originalMaxAge", max_age.unwrap_or_else(null)),
            ("expires", expires.unwrap_or_else(null)),
            ("httpOnly", AttributeValue::Bool(true)),
            ("path", text(&self.cookie.path)),
            ("sameSite", AttributeValue::S(self.cookie.same_site.to_owned())),
        ]);
        if self.cookie.secure {
            cookie.insert("secure", AttributeValue::Bool(true));
        }
        if let Some(domain) = &self.cookie.domain {
            cookie.insert("domain", text(domain));
        }
        AttributeValue::M(cookie.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }
}

fn milliseconds(seconds: i64) -> AttributeValue {
    AttributeValue::N(seconds.saturating_mul(1000).to_string())
}

/// As JavaScript writes a Date.
fn iso(seconds: i64) -> String {
    Expires::from_epoch_seconds(seconds).to_string().replace('Z', ".000Z")
}

fn not_written(attribute: &str, why: &str) -> Error {
    Error::new(
        ErrorKind::Encode,
        format!("the row of the other store cannot hold it: {why}; nothing was written"),
    )
    .with_attribute(attribute)
}
