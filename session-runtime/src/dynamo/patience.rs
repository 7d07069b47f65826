use std::borrow::Borrow;
use std::time::Duration;

use crate::Error;
use crate::id::random_share;

/// How often a request is made in all while DynamoDB refuses its rate, each with the SDK's own retries.
pub(super) const MAX_ATTEMPTS: usize = 10;

/// Repeats a request that was throttled, which long work meets as a matter of course.
pub(super) async fn patiently<T, E, F>(mut request: impl FnMut() -> F) -> Result<T, E>
where
    E: Borrow<Error>,
    F: Future<Output = Result<T, E>>,
{
    for attempt in 1..MAX_ATTEMPTS {
        match request().await {
            Err(error) if error.borrow().is_throttled() => pause(attempt).await,
            result => return result,
        }
    }
    request().await
}

/// Waits a random time of up to 100 ms, that doubles with each attempt up to 3.2 s.
pub(crate) async fn pause(attempt: usize) {
    let longest = Duration::from_millis(50 << attempt.min(6));
    tokio::time::sleep(longest.mul_f64(random_share())).await;
}
