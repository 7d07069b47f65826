//! Rules that span fields.

mod names;
mod timeouts;

use syn::Ident;

use crate::errors::Errors;
use crate::model::{Field, Kind, Session, Stored};

/// A session that keeps every rule.
pub(crate) struct Checked<'a> {
    pub(crate) session: &'a Session,
    pub(crate) hash_key: &'a Field,
    pub(crate) ttl: &'a Field,
    pub(crate) created: Option<&'a Field>,
    pub(crate) stored: Vec<(&'a Field, &'a Stored)>,
}

pub(crate) fn check<'a>(session: &'a Session, errors: &mut Errors) -> Option<Checked<'a>> {
    lifetimes(session, errors);
    names::check(session, errors);
    timeouts::check(session, errors);
    let is_key = |field: &'a Field| match &field.kind {
        Kind::HashKey(word) => Some(word),
        _ => None,
    };
    let is_ttl = |field: &'a Field| match &field.kind {
        Kind::Ttl(word) => Some(word),
        _ => None,
    };
    let is_created = |field: &'a Field| match &field.kind {
        Kind::Created(word) => Some(word),
        _ => None,
    };
    let hash_key = at_most_one(session, is_key, errors);
    let ttl = at_most_one(session, is_ttl, errors);
    let created = at_most_one(session, is_created, errors);
    let is_authenticated = |field: &'a Field| field.stored()?.authenticated();
    at_most_one(session, is_authenticated, errors);
    let is_remember = |field: &'a Field| field.stored()?.remember.as_ref();
    let remember = at_most_one(session, is_remember, errors);
    timeouts::check_remember(session, remember, errors);
    if hash_key.is_none() && session.surely_lacks("hash_key") {
        missing(session, "hash_key", "id: SessionId", "has no hash key", errors);
    }
    if ttl.is_none() && session.surely_lacks("ttl") {
        missing(session, "ttl", "expires_at: Expires", "has no expiry", errors);
    }
    if created.is_none() && session.surely_lacks("created") {
        timeouts::check_created(session, errors);
    }
    let stored = session.fields.iter().filter_map(|field| Some((field, field.stored()?))).collect();
    Some(Checked { session, hash_key: hash_key?, ttl: ttl?, created, stored })
}

fn lifetimes(session: &Session, errors: &mut Errors) {
    for lifetime in session.generics.lifetimes() {
        errors.at(
            &lifetime.lifetime,
            "a session outlives the request that reads it, so it cannot borrow: \
             remove the lifetime and own the data, such as `String` instead of `&str`",
        );
    }
}

fn at_most_one<'a>(
    session: &'a Session,
    word: impl Fn(&'a Field) -> Option<&'a Ident>,
    errors: &mut Errors,
) -> Option<&'a Field> {
    let mut first: Option<&Field> = None;
    for field in &session.fields {
        match (word(field), first) {
            (Some(word), Some(first)) => errors.at(
                word,
                format!("`{}` is already marked `{word}`: remove one of the two", first.ident),
            ),
            (Some(_), None) => first = Some(field),
            (None, _) => {}
        }
    }
    first
}

fn missing(session: &Session, word: &str, example: &str, what: &str, errors: &mut Errors) {
    let ident = &session.ident;
    match candidate(session, word) {
        Some(field) => errors.at(
            &field.ident,
            format!("`{ident}` {what}: mark this field with `#[session({word})]`"),
        ),
        None => errors
            .at(ident, format!("`{ident}` {what}: add a field `#[session({word})] {example}`")),
    }
}

/// The field that was probably meant.
fn candidate<'a>(session: &'a Session, word: &str) -> Option<&'a Field> {
    session.fields.iter().find(|field| field.missing_word() == Some(word))
}
