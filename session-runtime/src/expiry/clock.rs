use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use super::epoch_seconds::{EpochSeconds, seconds};

/// Where a store takes the time from.
///
/// [`SystemClock`] is the default; tests move a [`ManualClock`].
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> SystemTime;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> SystemTime {
        (**self).now()
    }
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock that stands still until it is moved. Clones share one time.
///
/// # Examples
///
/// ```
/// use dynamo_session::{Clock, ManualClock};
/// use std::time::Duration;
///
/// let clock = ManualClock::at_epoch_seconds(1_800_000_000);
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().duration_since(before)?.as_secs(), 60);
/// # Ok::<(), std::time::SystemTimeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that stands at the system's time.
    pub fn new() -> Self {
        Self::at_epoch_seconds(SystemTime::now().epoch_seconds())
    }

    /// A clock that stands at this many seconds after the Unix epoch.
    pub fn at_epoch_seconds(seconds: i64) -> Self {
        Self(Arc::new(AtomicI64::new(seconds)))
    }

    /// Moves the time forward, in whole seconds.
    pub fn advance(&self, duration: Duration) {
        self.0.fetch_add(seconds(duration), Ordering::SeqCst);
    }

    /// Seconds since the Unix epoch.
    pub fn epoch_seconds(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        SystemTime::from_epoch_seconds(self.epoch_seconds())
    }
}
