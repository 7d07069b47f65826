use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::{Instant, timeout};

use crate::error::{Error, ErrorKind};

/// The time that the layer may spend on a request's session in all, the handler's own calls apart.
pub(super) struct Budget {
    allowed: Duration,
    spent: Mutex<Duration>,
}

impl Budget {
    pub(super) fn new(allowed: Duration) -> Self {
        Self { allowed, spent: Mutex::default() }
    }

    // Combinators, because an `async fn` would hold the work twice: as its argument, and where it is polled.
    pub(super) fn run<T>(
        &self,
        work: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, Error>> {
        let begun = Instant::now();
        timeout(self.left(), work).map(move |result| {
            let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
            *spent = spent.saturating_add(begun.elapsed());
            result.unwrap_or_else(|_| Err(self.used_up()))
        })
    }

    /// Waits for work that spends by itself.
    pub(super) fn wait(
        &self,
        work: impl Future<Output = ()>,
    ) -> impl Future<Output = Result<(), Error>> {
        timeout(self.left(), work).map(|result| result.map_err(|_| self.used_up()))
    }

    fn left(&self) -> Duration {
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        self.allowed.saturating_sub(*spent)
    }

    fn used_up(&self) -> Error {
        Error::new(
            ErrorKind::Unavailable,
            format!(
                "DynamoDB did not answer within the {:?} that `SessionLayer::deadline` allows for a request's session; \
                 a write that was under way may still be applied",
                self.allowed
            ),
        )
    }
}
