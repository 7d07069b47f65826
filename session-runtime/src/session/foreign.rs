//! A session that another store keeps, as its type.

use std::sync::Arc;

use super::foreign_row::{Read, read};
use super::state::State;
use crate::context::Context;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::item::Item;
use crate::protocol::{Origin, SharedKey, SharedRow};

/// The session in a row, which nothing has changed yet.
pub(super) fn state_of<S: DynamoSession>(
    context: &Arc<Context>,
    origin: Origin<S::Key>,
    row: Item,
) -> Result<Option<State<S>>, Error> {
    let Some(key) = origin.keys.first().cloned() else {
        return Err(Error::internal("a session of another store has no id"));
    };
    let read = read::<S>(context, &origin.foreign, &key, row, false)?;
    let Some(Read { decoded, shared: SharedRow { row, .. } }) = read else { return Ok(None) };
    Ok(Some(State::foreign(context.clone(), key, Arc::new(origin), row, decoded)))
}

/// The session in a row where it stays.
pub(super) fn shared_state_of<S: DynamoSession>(
    context: &Arc<Context>,
    key: SharedKey<S::Key>,
    row: Item,
) -> Result<Option<State<S>>, Error> {
    let read = read::<S>(context, &key.foreign, &key.id, row, true)?;
    let Some(Read { decoded, shared }) = read else { return Ok(None) };
    Ok(Some(State::shared(context.clone(), Arc::new(key), shared, decoded)))
}
