//! How a session is written exactly once, whatever the network does and whoever else writes.
//!
//! The room knows a session as its schema and its encoded fields, not as a type. A [`Handle`] has a
//! [`Phase`](phase::Phase); a write under way is part of it, so that a call which is cancelled, or gets no answer,
//! leaves it there for the next one to settle. Each kind of write has a pure judge, in [`judge`], which turns an
//! answer into a [`Verdict`](verdict::Verdict) or into what to do next; the loops around them only send and wait.
//!
//! # Invariants
//!
//! - A write that may have been applied, or may still be, is never forgotten: it is settled before anything else is sent,
//!   or reported as unknown.
//! - Only a creation and a renewal put an item; everything else requires one that is alive.
//! - Once a renewal has begun, nothing is written under the old key.
//! - What cannot be known is an error; what should be impossible is [`ErrorKind::Internal`](crate::ErrorKind::Internal).
//!   Neither is ever reported as success.
//!
//! [`tokens`] explains why a commit is applied once, `mark` how a read is known to show it.

#[cfg(feature = "interop")]
mod adopt;
mod call;
mod committed;
mod create;
mod destroy;
mod expiry_rule;
mod failure;
#[cfg(feature = "interop")]
mod foreign_handle;
mod handle;
mod judge;
#[cfg(feature = "_web")]
mod mark;
#[cfg(feature = "interop")]
mod origin;
mod phase;
mod record;
mod remember;
mod renew;
mod rounds;
#[cfg(feature = "interop")]
mod row;
#[cfg(feature = "interop")]
mod shared_handle;
#[cfg(feature = "interop")]
mod shared_plan;
#[cfg(feature = "interop")]
mod shared_row;
#[cfg(feature = "interop")]
mod shared_write;
mod tokens;
mod tombstone;
mod update;
mod verdict;
mod written;

pub(crate) use call::Call;
pub use committed::Committed;
pub(crate) use destroy::destroy;
pub(crate) use failure::{Failure, gone};
#[cfg(feature = "_web")]
pub(crate) use handle::LastWrite;
pub(crate) use handle::{Handle, UnfoundIds};
#[cfg(feature = "_web")]
pub(crate) use mark::Mark;
#[cfg(feature = "interop")]
pub(crate) use origin::Origin;

#[cfg(feature = "interop")]
pub(crate) use record::Seen;
pub(crate) use record::{Header, Record, other_bytes, read_lifetime, wanted};
pub(crate) use renew::Renewed;
pub(crate) use rounds::{Round, Rounds, Run};
#[cfg(feature = "interop")]
pub(crate) use row::{Row, is_of_ours, remove_reserved};
#[cfg(all(feature = "interop", feature = "_web"))]
pub(crate) use shared_handle::end_shared;
#[cfg(feature = "interop")]
pub(crate) use shared_row::{SharedKey, SharedRow};
pub(crate) use tombstone::{RENEWED_AT, RENEWED_TO, Tombstone};
pub(crate) use written::Written;
