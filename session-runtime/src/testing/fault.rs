use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

/// What happens to one request on its way to the engine and back.
///
/// The SDK repeats a request that fails: to see an error in the end, let each of its attempts fail, by
/// [`Network::fail_by`](super::Network::fail_by), or turn its retries off.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// It never arrives.
    LoseRequest,
    /// It is carried out, and the answer never comes back.
    LoseResponse,
    /// It arrives twice; the answer to the second copy comes back.
    Duplicate,
    /// This status and body are answered, without carrying it out.
    Answer(u16, &'static str),
    /// It is carried out, and this status and body come back in place of the answer.
    Garble(u16, &'static str),
    /// It waits here until it is released.
    Hold(Arc<Notify>),
    /// The connection breaks, and the request arrives all the same once it is released.
    Late(Arc<Notify>),
    /// It takes so long on its way; then this happens to it, or nothing.
    Slow(Duration, Option<Box<Fault>>),
}
