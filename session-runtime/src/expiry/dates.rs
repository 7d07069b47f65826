//! The date crates' types as `ttl` and `created` fields.
//!
//! Seconds that a type cannot hold become its first or last instant: a number in a table must not stop a program.

use super::epoch_seconds::EpochSeconds;

#[cfg(feature = "chrono")]
#[cfg_attr(docsrs, doc(cfg(feature = "chrono")))]
impl EpochSeconds for chrono::DateTime<chrono::Utc> {
    fn from_epoch_seconds(seconds: i64) -> Self {
        let limit = if seconds < 0 { Self::MIN_UTC } else { Self::MAX_UTC };
        Self::from_timestamp(seconds, 0).unwrap_or(limit)
    }

    fn epoch_seconds(&self) -> i64 {
        self.timestamp()
    }
}

#[cfg(feature = "jiff")]
#[cfg_attr(docsrs, doc(cfg(feature = "jiff")))]
impl EpochSeconds for jiff::Timestamp {
    fn from_epoch_seconds(seconds: i64) -> Self {
        let limit = if seconds < 0 { Self::MIN } else { Self::MAX };
        Self::from_second(seconds).unwrap_or(limit)
    }

    fn epoch_seconds(&self) -> i64 {
        self.as_second()
    }
}

#[cfg(feature = "time")]
#[cfg_attr(docsrs, doc(cfg(feature = "time")))]
impl EpochSeconds for time::OffsetDateTime {
    fn from_epoch_seconds(seconds: i64) -> Self {
        use time::PrimitiveDateTime;

        let limit = if seconds < 0 { PrimitiveDateTime::MIN } else { PrimitiveDateTime::MAX };
        Self::from_unix_timestamp(seconds).unwrap_or(limit.assume_utc())
    }

    fn epoch_seconds(&self) -> i64 {
        self.unix_timestamp()
    }
}
