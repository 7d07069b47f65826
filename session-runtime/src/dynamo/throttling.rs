use std::borrow::Borrow;

use crate::backoff::Backoff;
use crate::error::Error;

/// How often a request is made in all while DynamoDB refuses its rate, each with the SDK's own retries.
pub(super) const MAX_ATTEMPTS: usize = 10;

/// Repeats a request that was throttled, which long work meets as a matter of course.
pub(super) async fn while_throttled<T, E, F>(mut request: impl FnMut() -> F) -> Result<T, E>
where
    E: Borrow<Error>,
    F: Future<Output = Result<T, E>>,
{
    let mut backoff = Backoff::of_throttled_requests();
    for _ in 1..MAX_ATTEMPTS {
        match request().await {
            Err(error) if error.borrow().is_throttled() => backoff.pause().await,
            result => return result,
        }
    }
    request().await
}
