/// How many requests it took to write.
///
/// Others who change the same session at the same time do not make a commit fail, but they can make it
/// start over: its changes are moved onto what the others stored, and sent again. Each such rebase is one more
/// request, and one more write that is billed. Sessions that often need several are changed too often.
///
/// Reads are not counted, nor are the repetitions of one request inside the SDK after a throttled or lost
/// one: see its own metrics for these.
///
/// # Examples
///
/// ```
/// # use dynamo_session::{Attempts, SessionStore};
/// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
/// # use doc::Visit;
/// # #[cfg(feature = "embedded")]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # let client = dynamo_session::embedded::client();
/// # let store = SessionStore::<Visit>::builder().client(client).auto_create(true).build().await?;
/// let mut session = store.create();
/// session.pages += 1;
/// session.commit().await?;
/// let attempts: Attempts = session.attempts();
/// assert_eq!((attempts.requests(), attempts.rebases()), (1, 0));
/// # Ok::<(), dynamo_session::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Attempts {
    requests: u32,
    rebases: u32,
}

impl Attempts {
    /// The write requests that were made: 1 where nobody came between, 0 where nothing was to be written.
    pub fn requests(&self) -> u32 {
        self.requests
    }

    /// How often the write started over, because someone else had changed the session in between.
    pub fn rebases(&self) -> u32 {
        self.rebases
    }

    pub(crate) fn count_request(&mut self, is_rebased: bool) {
        self.requests += 1;
        self.rebases += u32::from(is_rebased);
    }
}
