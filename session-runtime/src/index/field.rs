use std::fmt;
use std::marker::PhantomData;

use crate::derived::DynamoSession;
use crate::error::Error;
use crate::item::Decoder;

pub(super) type Read<T> = fn(&mut Decoder<'_>) -> Result<T, Error>;

/// Names a field of the session type `S` that is of type `T`.
///
/// The derive makes one for each stored field that is not an index: an associated constant, named after the field in
/// capitals, and as visible as the field. It is what [`ListedSession::get`](crate::index::ListedSession::get) takes.
///
/// # Examples
///
/// ```
/// use dynamo_session::index::SessionField;
/// use dynamo_session::{DynamoSession, Expires, SessionId};
///
/// #[derive(DynamoSession)]
/// struct ShopSession {
///     #[session(hash_key)]
///     id: SessionId,
///     #[session(ttl)]
///     expires_at: Expires,
///     device: String,
/// }
///
/// let device: SessionField<ShopSession, String> = ShopSession::DEVICE;
/// # let _ = device;
/// ```
pub struct SessionField<S, T> {
    position: usize,
    read: Read<T>,
    session: PhantomData<fn() -> S>,
}

impl<S, T> SessionField<S, T> {
    #[doc(hidden)]
    pub const fn new(position: usize, read: fn(&mut Decoder<'_>) -> Result<T, Error>) -> Self {
        Self { position, read, session: PhantomData }
    }
}

impl<S, T> Clone for SessionField<S, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S, T> Copy for SessionField<S, T> {}

impl<S, T> fmt::Debug for SessionField<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionField").finish_non_exhaustive()
    }
}

/// What the derive makes for a field: a [`SessionField`], or the [`SessionIndex`](crate::index::SessionIndex) on it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a field of `{S}`",
    label = "not a field of `{S}`",
    note = "write the constant that the derive makes, `{S}::DEVICE` for a field `device`; `attribute` reads by a name in the table"
)]
pub trait ListedField<S: DynamoSession>: Copy {
    /// What is read: the field's type; of an index, what its field holds, or `None`.
    type Value;

    #[doc(hidden)]
    fn __position(self) -> usize;

    #[doc(hidden)]
    fn __read(self, decoder: &mut Decoder<'_>) -> Result<Self::Value, Error>;
}

impl<S: DynamoSession, T> ListedField<S> for SessionField<S, T> {
    type Value = T;

    fn __position(self) -> usize {
        self.position
    }

    fn __read(self, decoder: &mut Decoder<'_>) -> Result<T, Error> {
        (self.read)(decoder)
    }
}
