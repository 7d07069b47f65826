use super::decode::{Decoded, decode};
use super::fields::{Held, changes_between, encode_changed, encode_stored, record, require_header};
use crate::context::Context;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::protocol::{Call, Handle, Round, Rounds, Run, gone};
use std::sync::Arc;

/// Runs a function on what is stored, and writes what it changed, until nobody else has changed the same in between.
pub(crate) async fn update<S: DynamoSession, R>(
    context: &Arc<Context>,
    id: &S::Key,
    mut change: impl FnMut(&mut S) -> R,
    call: &mut Call,
) -> Result<R, Error> {
    let key = S::SCHEMA.table_key(id);
    let mut item = call.read(context, &key).await?.ok_or_else(gone)?;
    let mut rounds = Rounds::new();
    loop {
        let Decoded { mut data, record: known, unreadable, mut secrets } =
            decode::<S>(context, id, &item)?.ok_or_else(gone)?;
        let (before, all) = (record(&data)?, |_| true);
        let before = encode_stored::<S>(&before, &unreadable, &mut secrets, context, all)?;
        let held = Held::of(&data);
        let result = change(&mut data);
        require_header(&data, id, held)?;
        let after = record(&data)?;
        let after = encode_changed::<S>(&after, &unreadable, &mut secrets, context, &before, all)?;
        let mut changes = changes_between::<S>(&before, after, secrets.cipher())?;
        let is_unchanged = changes.is_empty();
        if !is_unchanged {
            secrets.restate(&mut changes)?;
            known.require_size(S::SCHEMA, &changes.after, context.max_item_bytes)?;
        }
        let touched = is_unchanged.then(|| known.clone());
        let run = Run { item, record: known, before, changes, result };
        match rounds.write(run, context, &key, call).await? {
            Round::Again(winner) => item = winner,
            Round::Done(result) => {
                if let Some(record) = touched {
                    let mut handle = Handle::stored(context.clone(), id.clone(), record);
                    handle.touch(call).await.map_err(|failure| failure.error)?;
                }
                return Ok(result);
            }
        }
    }
}
