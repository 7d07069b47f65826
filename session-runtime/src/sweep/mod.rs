//! What looks at every item of the table: purging expired sessions, and counting sessions.

mod checkpoint;
mod count;
mod count_run;
mod counted;
mod expired;
mod options;
mod outage;
mod position;
mod purge;
mod purge_run;
mod purged;
mod rate;
mod run;
mod sweeper;

pub use checkpoint::PurgeCheckpoint;
pub use count::CountSessions;
pub use count_run::Count;
pub use counted::{Counted, SessionSizes};
pub use purge::PurgeExpired;
pub use purge_run::Purge;
pub use purged::Purged;
