use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use super::endings::{Endings, OnProgress};
use super::group::{Group, Live};
use crate::dynamo::MAX_BATCH;
use crate::index::EndProgress;
use crate::{DynamoSession, Error, Session};

/// Ends the oldest sessions beyond a number, when it is awaited: from
/// [`SessionsBy::keep_newest`](crate::index::SessionsBy::keep_newest).
#[must_use = "nothing is ended until it is awaited"]
pub struct KeepNewest<'a, S: DynamoSession> {
    group: Result<Group<S>, Error>,
    others: usize,
    kept: Vec<String>,
    on_progress: Option<OnProgress<'a>>,
}

impl<'a, S: DynamoSession> KeepNewest<'a, S> {
    pub(super) fn new(
        group: Result<Group<S>, Error>,
        count: usize,
        session: &'a Session<S>,
    ) -> Self {
        let kept = session.stored_keys().collect();
        Self { group, others: count.saturating_sub(1), kept, on_progress: None }
    }

    /// Calls this function as the work goes on.
    pub fn on_progress(mut self, report: impl FnMut(EndProgress) + Send + 'a) -> Self {
        self.on_progress = Some(Box::new(report));
        self
    }

    async fn run(self) -> Result<u64, Error> {
        let group = self.group?;
        let mut endings = Endings::new(&group, self.on_progress);
        let result = keep(&group, self.others, &self.kept, &mut endings).await;
        endings.finish(result).await
    }
}

async fn keep<S: DynamoSession>(
    group: &Group<S>,
    others: usize,
    kept: &[String],
    endings: &mut Endings<'_, S>,
) -> Result<(), Error> {
    // The newest so far, the oldest of them on top.
    let mut newest = BinaryHeap::new();
    let mut start = None;
    loop {
        let page = group.page(MAX_BATCH, start.as_ref()).await?;
        endings.examined(page.keys.len());
        let keys = page.keys.into_iter().filter(|key| !kept.contains(key)).collect();
        for live in group.ages(keys).await? {
            newest.push(Reverse((age::<S>(&live), live.key)));
            if newest.len() > others
                && let Some(Reverse((_, oldest))) = newest.pop()
            {
                endings.begin(oldest).await?;
            }
        }
        endings.settle().await?;
        start = page.next;
        if start.is_none() {
            return Ok(());
        }
    }
}

/// What sessions are ordered by: when they began, or when they expire if the type does not tell the former.
fn age<S: DynamoSession>(live: &Live) -> i64 {
    match S::SCHEMA.created() {
        // One that is older than the field itself is older than all others.
        Some(_) => live.lifetime.created.unwrap_or(i64::MIN),
        None => live.lifetime.expires,
    }
}

impl<'a, S: DynamoSession> IntoFuture for KeepNewest<'a, S> {
    type Output = Result<u64, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<S: DynamoSession> fmt::Debug for KeepNewest<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeepNewest")
            .field("group", &self.group)
            .field("others", &self.others)
            .finish_non_exhaustive()
    }
}
