use std::collections::HashSet;
use std::pin::pin;

use super::call::Call;
use super::tombstone::{RENEWED_AT, Tombstone};
use crate::context::Context;
use crate::dynamo::Outcome;
use crate::error::Error;

/// Ends the session under a key, and where that was renewed a moment ago, what became of it, along a chain of renewals.
///
/// The tombstones stay: they say which session is to be ended if this has to be repeated.
pub(crate) async fn destroy(context: &Context, key: &str, call: &mut Call) -> Result<(), Error> {
    let mut key = key.to_owned();
    let mut passed = HashSet::new();
    loop {
        call.attempts.count_request(false);
        // What never expires is no session, whoever presents its key.
        let expiry = context.schema.time_to_live();
        let answer =
            call.answer(pin!(context.table.delete_session(&key, expiry, RENEWED_AT))).await;
        match answer.outcome {
            Outcome::Done(_) => return Ok(()),
            Outcome::Failed(error) => return Err(error),
            Outcome::Contended => call.pause(answer.may_be_applied).await?,
            Outcome::Refused(item) => {
                let tombstone = item.as_ref().and_then(Tombstone::read);
                // Where the chain begins, the grace decides; what follows is newer.
                let follow = |tombstone: &Tombstone| {
                    !passed.is_empty() || tombstone.is_within_grace(context)
                };
                match tombstone.filter(follow) {
                    Some(tombstone) if passed.insert(key) => key = tombstone.successor,
                    _ => return Ok(()),
                }
            }
        }
    }
}
