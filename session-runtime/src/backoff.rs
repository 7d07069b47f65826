use std::time::Duration;

use crate::id::random_share;

/// Pauses before repeated requests: each a random time up to a longest, which doubles from pause to pause, so that
/// whoever met at one moment does not meet again.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// Pauses of up to `first`, then twice as long each, and never longer than `longest`.
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    /// For writes of which another one was faster.
    pub(crate) const fn of_contended_writes() -> Self {
        Self::new(Duration::from_millis(10), Duration::from_millis(320))
    }

    /// For requests whose rate DynamoDB refused, beyond the SDK's own retries.
    pub(crate) const fn of_throttled_requests() -> Self {
        Self::new(Duration::from_millis(100), Duration::from_millis(3200))
    }

    pub(crate) async fn pause(&mut self) {
        let pause = self.next.mul_f64(random_share());
        self.next = self.longest.min(self.next * 2);
        tokio::time::sleep(pause).await;
    }
}
