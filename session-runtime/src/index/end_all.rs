use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use tokio::time::sleep_until;

use super::ender::{EndProgress, OnProgress, SessionEnder};
use super::indexed_value::IndexedValue;
use crate::backoff::Backoff;
use crate::derived::DynamoSession;
use crate::dynamo::IndexOrder;
use crate::error::{Error, ErrorKind};
use crate::session::Session;

/// How many entries of the index are held at once: 1,000 of them are about 100 KB.
const PAGE: usize = 1_000;
const MAX_PASSES: usize = 16;
/// How far an index usually lags behind its table, at the most.
const LAG: Duration = Duration::from_secs(1);

/// Ends all sessions with one value, when it is awaited: from [`SessionsBy::end_all`](crate::index::SessionsBy::end_all).
///
/// It can be cancelled: what was ended stays ended, and calling again continues.
#[must_use = "nothing is ended until it is awaited"]
pub struct EndAll<'a, S: DynamoSession> {
    value: Result<IndexedValue<S>, Error>,
    kept: Vec<String>,
    on_progress: Option<OnProgress<'a>>,
}

impl<'a, S: DynamoSession> EndAll<'a, S> {
    pub(super) fn new(value: Result<IndexedValue<S>, Error>) -> Self {
        Self { value, kept: Vec::new(), on_progress: None }
    }

    /// Keeps this session: log out everywhere else. Call it again to keep another one.
    ///
    /// It is kept under whichever id it has, even if its [`renew`](Session::renew) failed halfway, or another request
    /// renews it at the same moment. This costs a `BatchGetItem` of the sessions to keep for each 1,000 sessions.
    pub fn except(mut self, session: &'a Session<S>) -> Self {
        self.kept.extend(session.stored_keys());
        self
    }

    /// Calls this function as the work proceeds: for a progress bar, or to say how far it got if it fails.
    ///
    /// # Examples
    ///
    /// ```
    /// # use dynamo_session::index::EndProgress;
    /// # use dynamo_session::SessionStore;
    /// # mod doc { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/sessions.rs")); }
    /// # use doc::ShopSession;
    /// # #[cfg(feature = "embedded")]
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # let client = dynamo_session::embedded::client();
    /// # let store = SessionStore::<ShopSession>::builder().client(client).auto_create(true).build().await?;
    /// let mut progress = EndProgress::default();
    /// let ending = store.by(ShopSession::USER).end_all("ada").on_progress(|now| progress = now);
    /// match ending.await {
    ///     Ok(ended) => println!("{ended} sessions ended"),
    ///     Err(error) => eprintln!("{} so far, call again: {error}", progress.ended),
    /// }
    /// # Ok::<(), dynamo_session::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_progress(mut self, report: impl FnMut(EndProgress) + Send + 'a) -> Self {
        self.on_progress = Some(Box::new(report));
        self
    }

    async fn run(self) -> Result<u64, Error> {
        let value = self.value?.for_sweeping();
        let mut ender = SessionEnder::new(&value, self.on_progress);
        let result = passes(&value, self.kept, &mut ender).await;
        ender.finish(result).await
    }
}

/// Goes through the index until there is nothing left to end: a renewal may have moved a session to where a pass had
/// been already.
async fn passes<S: DynamoSession>(
    value: &IndexedValue<S>,
    mut kept: Vec<String>,
    ender: &mut SessionEnder<'_, S>,
) -> Result<(), Error> {
    let mut backoff = Backoff::of_throttled_requests();
    for _ in 0..MAX_PASSES {
        let before = ender.found_gone();
        pass(value, &mut kept, ender).await?;
        if ender.found_gone() != before {
            backoff.pause().await;
            continue;
        }
        // What has vanished may have been renewed a moment ago, and the index not show its new key yet.
        match ender.take_vanished() {
            Some(vanished) => sleep_until(vanished + LAG).await,
            None => return Ok(()),
        }
    }
    Err(Error::new(
        ErrorKind::Throttled,
        format!(
            "each of {MAX_PASSES} passes found sessions that had begun or been renewed since the last one: \
             something makes them as fast as they are ended; stop that first"
        ),
    ))
}

async fn pass<S: DynamoSession>(
    value: &IndexedValue<S>,
    kept: &mut Vec<String>,
    ender: &mut SessionEnder<'_, S>,
) -> Result<(), Error> {
    ender.begin_pass();
    let mut start = None;
    loop {
        let page = value.page(IndexOrder::Any, PAGE, start.as_ref()).await?;
        ender.examined(page.entries.len());
        let mut keys: Vec<_> = page.entries.into_iter().map(|entry| entry.key).collect();
        if !kept.is_empty() && keys.iter().any(|key| !kept.contains(key)) {
            // Another request may have renewed one. If the index shows its new key, the old one tells by now.
            kept.extend(value.successors(kept).await?);
        }
        // A session that was renewed is followed to its new key, and from there on.
        while !keys.is_empty() {
            for key in keys {
                if !kept.contains(&key) {
                    ender.begin(key).await?;
                }
            }
            // Nothing is polled while the next page is fetched, and would time out.
            ender.settle().await?;
            keys = ender.take_renewed();
        }
        start = page.next;
        if start.is_none() {
            return Ok(());
        }
    }
}

impl<'a, S: DynamoSession> IntoFuture for EndAll<'a, S> {
    type Output = Result<u64, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<S: DynamoSession> fmt::Debug for EndAll<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndAll")
            .field("value", &self.value)
            .field("kept", &self.kept.len())
            .finish_non_exhaustive()
    }
}
