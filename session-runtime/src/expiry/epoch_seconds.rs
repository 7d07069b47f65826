use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

/// A duration in whole seconds.
pub(crate) fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
