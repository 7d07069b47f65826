//! Sessions by the value of an indexed field: listing them, and ending them together.
//!
//! What an index says is out of date by nature. So nothing here believes it: reads are checked on the items, and each
//! deletion carries the value as its condition.

mod by;
mod constant;
mod end_all;
mod endings;
mod group;
mod keep_newest;
mod key;
mod list;
mod listed;
mod store;

pub use by::SessionsBy;
pub use constant::SessionIndex;
pub use end_all::EndAll;
pub use endings::EndProgress;
pub use keep_newest::KeepNewest;
pub use key::IndexKey;
pub use list::SessionList;
pub use listed::ListedSession;
