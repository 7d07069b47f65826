use std::time::SystemTime;

use crate::derived::DynamoSession;
use crate::error::{Error, ErrorKind};
use crate::expiry::EpochSeconds as _;

/// The first whole second in which a session may have begun.
pub(super) fn require_valid_since<S: DynamoSession>(
    instant: SystemTime,
    now: SystemTime,
) -> Result<i64, Error> {
    if S::SCHEMA.created().is_none() {
        return Err(Error::new(
            ErrorKind::Configuration,
            "`valid_since` compares with when a session began, which the session type does not keep: add a field \
             `#[session(created)] created_at: CreatedAt`",
        ));
    }
    if instant > now {
        return Err(Error::new(
            ErrorKind::Configuration,
            "`valid_since` lies in the future, by this store's clock, so that no session could begin until then: give \
             an instant that has passed",
        ));
    }
    let second = instant.epoch_seconds();
    let is_whole = SystemTime::from_epoch_seconds(second) == instant;
    Ok(if is_whole { second } else { second.saturating_add(1) })
}
