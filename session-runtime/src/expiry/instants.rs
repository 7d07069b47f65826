use std::fmt;
use std::time::SystemTime;

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};

use super::epoch_seconds::EpochSeconds;

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
/// assert_eq!(expires.to_string(), "2026-11-21T10:30:25Z");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expires(i64);

/// The type of a `created` field: when the session began, in whole seconds since the Unix epoch.
///
/// The store sets it, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreatedAt(i64);

/// The type of an `authenticated` field, in an `Option`: when the visitor last authenticated, in whole seconds since the Unix
/// epoch.
///
/// [`Session::authenticate`](crate::Session::authenticate) sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthenticatedAt(i64);

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

        /// As RFC 3339 has it, in UTC: `2026-11-21T10:30:25Z`. A year of more than four digits is written as seconds
        /// since the Unix epoch.
        impl fmt::Display for $instant {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match DateTime::from_secs(self.0).fmt(DateTimeFormat::DateTime) {
                    Ok(text) => f.pad(&text),
                    Err(_) => self.0.fmt(f),
                }
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
instant!(AuthenticatedAt);
