use std::fmt;
use std::marker::PhantomData;

use super::field::{ListedField, Read};
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::item::Decoder;
use crate::schema::{Attribute, Index};

/// Names an index of the session type `S` whose values are of type `K`.
///
/// The derive makes one for each field marked `index`: an associated constant, named after the field in capitals. It is
/// what [`SessionStore::by`](crate::SessionStore::by) takes.
///
/// # Examples
///
/// ```
/// use dynamo_session::index::SessionIndex;
/// use dynamo_session::{DynamoSession, Expires, SessionId};
///
/// #[derive(DynamoSession)]
/// struct ShopSession {
///     #[session(hash_key)]
///     id: SessionId,
///     #[session(ttl)]
///     expires_at: Expires,
///     #[session(index = "by_user")]
///     user: Option<String>,
/// }
///
/// let by_user: SessionIndex<ShopSession, String> = ShopSession::USER;
/// assert_eq!(by_user.schema().name(), "by_user");
/// ```
pub struct SessionIndex<S, K> {
    position: usize,
    read: Read<Option<K>>,
    session: PhantomData<fn() -> S>,
}

impl<S, K> SessionIndex<S, K> {
    #[doc(hidden)]
    pub const fn new(
        position: usize,
        read: fn(&mut Decoder<'_>) -> Result<Option<K>, Error>,
    ) -> Self {
        Self { position, read, session: PhantomData }
    }
}

impl<S: DynamoSession, K> SessionIndex<S, K> {
    /// The index as the schema has it.
    pub fn schema(self) -> Index {
        match S::SCHEMA.index_on(self.attribute()) {
            Some(index) => index,
            None => unreachable!("the derive makes constants for indexed fields only"),
        }
    }

    pub(super) fn attribute(self) -> &'static Attribute {
        &S::SCHEMA.attributes()[self.position]
    }
}

impl<S: DynamoSession, K> ListedField<S> for SessionIndex<S, K> {
    type Value = Option<K>;

    fn __position(self) -> usize {
        self.position
    }

    fn __read(self, decoder: &mut Decoder<'_>) -> Result<Option<K>, Error> {
        (self.read)(decoder)
    }
}

impl<S, K> Clone for SessionIndex<S, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, K> Copy for SessionIndex<S, K> {}

impl<S: DynamoSession, K> fmt::Debug for SessionIndex<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SessionIndex").field(&self.schema().name()).finish()
    }
}
