use std::time::Duration;

use crate::backoff::Backoff;
use crate::error::Error;

/// How often in a row one request may fail; with the pauses below, some three minutes.
const MAX_FAILURES: u32 = 20;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Throttling, or silence, that lasts longer than the SDK's own retries: how often it has been met in a row.
#[derive(Debug)]
pub(super) struct Outage {
    failures: u32,
    backoff: Backoff,
}

impl Outage {
    pub(super) fn none() -> Self {
        Self { failures: 0, backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE) }
    }

    /// Waits before the next attempt; gives the error back if another one is not worth it.
    pub(super) async fn wait_out(&mut self, error: Error) -> Result<(), Error> {
        self.failures += 1;
        if !(error.is_throttled() || error.is_unavailable()) {
            return Err(error);
        }
        if self.failures == MAX_FAILURES {
            return Err(error.with_note(format!("tried {MAX_FAILURES} times over several minutes")));
        }
        tracing::debug!(%error, failures = self.failures, "a sweep is waiting");
        self.backoff.pause().await;
        Ok(())
    }
}
