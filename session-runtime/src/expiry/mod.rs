mod clock;
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
mod dates;
mod epoch_seconds;
mod instants;
mod timeouts;

pub use clock::{Clock, ManualClock, SystemClock};
pub use epoch_seconds::EpochSeconds;
pub(crate) use epoch_seconds::seconds;
pub use instants::{AuthenticatedAt, CreatedAt, Expires};
pub(crate) use timeouts::Lifetime;
pub use timeouts::Timeouts;
