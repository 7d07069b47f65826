#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
mod dates;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// When a session ends: after a time without activity, and at the latest a time after it began.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    idle: Duration,
    absolute: Option<Duration>,
    touch_interval: Duration,
}

impl Timeouts {
    #[doc(hidden)]
    pub const fn from_secs(idle: u64, absolute: Option<u64>, touch_interval: u64) -> Self {
        Self {
            idle: Duration::from_secs(idle),
            absolute: match absolute {
                Some(seconds) => Some(Duration::from_secs(seconds)),
                None => None,
            },
            touch_interval: Duration::from_secs(touch_interval),
        }
    }

    /// How long a session lives without activity.
    pub const fn idle(&self) -> Duration {
        self.idle
    }

    /// How long a session lives at most, whatever its activity.
    pub const fn absolute(&self) -> Option<Duration> {
        self.absolute
    }

    /// By how much the expiry must have moved before a touch is worth a write.
    pub const fn touch_interval(&self) -> Duration {
        self.touch_interval
    }

    /// The expiry of a session that is active now, in epoch seconds.
    pub(crate) fn next_expiry(&self, now: i64, created: Option<i64>) -> i64 {
        let idle = now.saturating_add(seconds(self.idle));
        match self.end(created) {
            Some(end) => idle.min(end),
            None => idle,
        }
    }

    pub(crate) fn has_ended(&self, now: i64, created: Option<i64>) -> bool {
        self.end(created).is_some_and(|end| end <= now)
    }

    /// When a session with this expiry ends, in epoch seconds.
    pub(crate) fn ends_at(&self, expires: i64, created: Option<i64>) -> i64 {
        self.end(created).map_or(expires, |end| end.min(expires))
    }

    /// The creation of the youngest sessions that have ended by now, if there is an absolute timeout.
    pub(crate) fn latest_ended(&self, now: i64) -> Option<i64> {
        Some(now.saturating_sub(seconds(self.absolute?)))
    }

    /// The expiry of a session that is active now, if it is ahead of the stored one by the touch interval.
    ///
    /// Only this is worth a write of its own: servers with other timeouts, or other clocks, would move it to and fro.
    pub(crate) fn due_expiry(&self, now: i64, stored: Lifetime) -> Option<i64> {
        self.moved_expiry(now, stored).filter(|next| *next > stored.expires)
    }

    /// The expiry of a session that is active now, if it is away from the stored one by the touch interval.
    pub(crate) fn moved_expiry(&self, now: i64, stored: Lifetime) -> Option<i64> {
        let next = self.next_expiry(now, stored.created);
        let moved = next.abs_diff(stored.expires);
        (moved > 0 && moved >= self.touch_interval.as_secs()).then_some(next)
    }

    fn end(&self, created: Option<i64>) -> Option<i64> {
        Some(created?.saturating_add(seconds(self.absolute?)))
    }
}

/// From when until when a stored session lives, in epoch seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetime {
    pub(crate) expires: i64,
    /// `None` if the type keeps no creation time, or the item has none yet.
    pub(crate) created: Option<i64>,
}

impl Lifetime {
    pub(crate) fn is_over(self, timeouts: Timeouts, now: i64) -> bool {
        self.expires <= now || timeouts.has_ended(now, self.created)
    }
}

impl fmt::Debug for Timeouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeouts")
            .field("idle", &self.idle)
            .field("absolute", &self.absolute)
            .field("touch_interval", &self.touch_interval)
            .finish()
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// The type of a `ttl` field: when the session expires, in whole seconds since the Unix epoch.
///
/// The store sets it; [`Session::touch`](crate::Session::touch) moves it.
///
/// # Examples
///
/// ```
/// use dynamo_session::Expires;
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let expires = Expires::from_epoch_seconds(1_795_257_025);
/// assert_eq!(expires.system_time(), UNIX_EPOCH + Duration::from_secs(1_795_257_025));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expires(i64);

/// The type of a `created` field: when the session began, in whole seconds since the Unix epoch.
///
/// The store sets it, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreatedAt(i64);

macro_rules! instant {
    ($instant:ident) => {
        impl $instant {
            /// The instant that is this many seconds after the Unix epoch.
            pub const fn from_epoch_seconds(seconds: i64) -> Self {
                Self(seconds)
            }

            /// Seconds since the Unix epoch.
            pub const fn epoch_seconds(self) -> i64 {
                self.0
            }

            /// The same instant as the standard library's type.
            pub fn system_time(self) -> SystemTime {
                SystemTime::from_epoch_seconds(self.0)
            }
        }

        #[diagnostic::do_not_recommend]
        impl EpochSeconds for $instant {
            fn from_epoch_seconds(seconds: i64) -> Self {
                Self(seconds)
            }

            fn epoch_seconds(&self) -> i64 {
                self.0
            }
        }
    };
}

instant!(Expires);
instant!(CreatedAt);

/// A type that can be the `ttl` or `created` field of a session: an instant, in whole seconds.
///
/// DynamoDB's TTL reads a top-level Number of seconds since the Unix epoch
/// ([Using time to live](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html)).
///
/// The features `chrono`, `jiff` and `time` add the types of those crates. A stored number that a type cannot hold is
/// read as the nearest instant that it can.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold a session's expiry or creation",
    label = "not a time",
    note = "use `Expires` for `ttl` and `CreatedAt` for `created`; `u64`, `i64` and `SystemTime` work too, as do `chrono::DateTime<Utc>`, `jiff::Timestamp` and `time::OffsetDateTime` with the feature of that name"
)]
pub trait EpochSeconds: Send + 'static {
    /// The instant that is this many seconds after the Unix epoch.
    fn from_epoch_seconds(seconds: i64) -> Self;

    /// Seconds since the Unix epoch.
    fn epoch_seconds(&self) -> i64;
}

#[diagnostic::do_not_recommend]
impl EpochSeconds for i64 {
    fn from_epoch_seconds(seconds: i64) -> Self {
        seconds
    }

    fn epoch_seconds(&self) -> i64 {
        *self
    }
}

#[diagnostic::do_not_recommend]
impl EpochSeconds for u64 {
    fn from_epoch_seconds(seconds: i64) -> Self {
        u64::try_from(seconds).unwrap_or(0)
    }

    fn epoch_seconds(&self) -> i64 {
        i64::try_from(*self).unwrap_or(i64::MAX)
    }
}

#[diagnostic::do_not_recommend]
impl EpochSeconds for SystemTime {
    fn from_epoch_seconds(seconds: i64) -> Self {
        let distance = Duration::from_secs(seconds.unsigned_abs());
        let time = if seconds < 0 {
            UNIX_EPOCH.checked_sub(distance)
        } else {
            UNIX_EPOCH.checked_add(distance)
        };
        time.unwrap_or(UNIX_EPOCH)
    }

    fn epoch_seconds(&self) -> i64 {
        match self.duration_since(UNIX_EPOCH) {
            Ok(after) => seconds(after),
            Err(before) => -seconds(before.duration()),
        }
    }
}

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
