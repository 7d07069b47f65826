use super::secrets::Secrets;
use crate::change::Changes;
use crate::context::Context;
use crate::derived::DynamoSession;
use crate::error::{Error, ErrorKind};
use crate::item::{Encoder, Fields, Recording, Unreadable, field_of, value_of};
use crate::readable::require_readable;
use crate::secret::SecretCipher;

pub(super) fn record<S: DynamoSession>(data: &S) -> Result<Recording, Error> {
    let mut encoder = Encoder::new(S::SCHEMA.attributes());
    data.__encode(&mut encoder)?;
    Ok(encoder.into_recording())
}

/// The fields as they are in the table, when nothing has changed them since: those that are asked for.
pub(super) fn encode_stored<S: DynamoSession>(
    recording: &Recording,
    unreadable: &Unreadable,
    secrets: &mut Secrets,
    context: &Context,
    is_asked_for: impl Fn(usize) -> bool,
) -> Result<Fields, Error> {
    let mut fields = encode::<S>(recording, unreadable, context, &is_asked_for)?;
    secrets.keep_as_stored(&mut fields, is_asked_for)?;
    Ok(fields)
}

/// The fields as they are, to be compared with others: those that are asked for.
pub(super) fn encode_changed<S: DynamoSession>(
    recording: &Recording,
    unreadable: &Unreadable,
    secrets: &mut Secrets,
    context: &Context,
    other: &Fields,
    is_asked_for: impl Fn(usize) -> bool,
) -> Result<Fields, Error> {
    let mut fields = encode::<S>(recording, unreadable, context, &is_asked_for)?;
    secrets.encrypt_changed(&mut fields, other, is_asked_for)?;
    Ok(fields)
}

/// Recorded fields as the item is to have them, but with the secrets as they are: all of them, or those that are asked
/// for, in which case the others are `None`.
pub(super) fn encode<S: DynamoSession>(
    recording: &Recording,
    unreadable: &Unreadable,
    context: &Context,
    is_asked_for: impl Fn(usize) -> bool,
) -> Result<Fields, Error> {
    let attributes = S::SCHEMA.attributes().iter().zip(&context.defaults).enumerate();
    let encode = |(index, (attribute, default))| match is_asked_for(index) {
        true => Ok(field_of(attribute, value_of(attribute, index, recording)?, default)),
        false => Ok(None),
    };
    let mut fields = attributes.map(encode).collect::<Result<Fields, Error>>()?;
    unreadable.stand_in(&mut fields, &context.defaults);
    Ok(fields)
}

/// What has changed, each change in a form that can be read back: in debug builds, that is tried.
pub(super) fn changes_between<S: DynamoSession>(
    before: &Fields,
    after: Fields,
    cipher: Option<&SecretCipher>,
) -> Result<Changes, Error> {
    let changes = Changes::between(S::SCHEMA.attributes(), before, after);
    if cfg!(debug_assertions) {
        let changed = changes.by_attribute().map(|(index, _)| index);
        require_readable::<S>(
            changed.filter_map(|index| Some((index, changes.after[index].as_ref()?))),
            cipher,
        )?;
    }
    Ok(changes)
}

/// The instants that are the library's to set, as the struct has them: a type that cannot hold one has the nearest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) expires: i64,
    pub(super) created: Option<i64>,
    pub(super) authenticated: Option<i64>,
}

impl Held {
    pub(super) fn of<S: DynamoSession>(data: &S) -> Self {
        Self {
            expires: data.__expires(),
            created: data.__created(),
            authenticated: data.__authenticated(),
        }
    }
}

pub(super) fn require_header<S: DynamoSession>(
    data: &S,
    key: &S::Key,
    held: Held,
) -> Result<(), Error> {
    let schema = S::SCHEMA;
    let (attribute, advice) = if data.__key() != key {
        (schema.hash_key(), "to give the session a new id, call `renew`")
    } else if data.__expires() != held.expires {
        (schema.time_to_live(), "to extend the session, call `touch`")
    } else if data.__created() != held.created {
        (schema.created().unwrap_or_default(), "it is set once, when the session begins")
    } else if data.__authenticated() != held.authenticated {
        (schema.authenticated().unwrap_or_default(), "to record a login, call `authenticate`")
    } else {
        return Ok(());
    };
    Err(Error::new(
        ErrorKind::Configuration,
        format!(
            "it was assigned to, or the whole struct was replaced; nothing was written. Assign to the other \
             fields only; {advice}"
        ),
    )
    .with_attribute(attribute))
}
