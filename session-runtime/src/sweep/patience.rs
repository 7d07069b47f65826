use std::time::Duration;

use crate::Error;
use crate::id::random_share;

/// How often in a row one request may fail; with the pauses below, some three minutes.
const MAX_FAILURES: u32 = 14;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Waits out throttling and outages that last longer than the SDK's own retries.
#[derive(Debug, Default)]
pub(super) struct Patience {
    failures: u32,
}

impl Patience {
    /// Waits before the next attempt; gives the error back if another one is not worth it.
    pub(super) async fn wait_after(&mut self, error: Error) -> Result<(), Error> {
        self.failures += 1;
        if !(error.is_throttled() || error.is_unavailable()) {
            return Err(error);
        }
        if self.failures == MAX_FAILURES {
            return Err(error.with_note(format!("tried {MAX_FAILURES} times, for minutes")));
        }
        let longest = LONGEST_PAUSE.min(FIRST_PAUSE * (1 << (self.failures - 1).min(16)));
        let pause = longest.mul_f64(0.5 + random_share() / 2.0);
        tracing::debug!(%error, failures = self.failures, ?pause, "a sweep waits");
        tokio::time::sleep(pause).await;
        Ok(())
    }
}
