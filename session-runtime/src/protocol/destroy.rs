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
    // Whoever presents a key that no prefix binds to the type may name any item of the table: what never expires is no
    // session.
    let is_unbound = context.schema.key_prefix().is_empty();
    let expiry = is_unbound.then(|| context.schema.time_to_live());
    let mut key = key.to_owned();
    let mut passed = HashSet::new();
    loop {
        call.attempts.count_request(false);
        let delete = context.table.delete_session(&key, expiry, RENEWED_AT);
        let answer = call.answer(pin!(delete)).await;
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
