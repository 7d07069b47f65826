use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use super::ender::{EndProgress, OnProgress, SessionEnder};
use super::indexed_value::{IndexedValue, StoredSession};
use super::newest::{Newest, Rank};
use crate::derived::DynamoSession;
use crate::dynamo::{IndexEntry, IndexOrder, IndexPage, MAX_BATCH};
use crate::error::Error;
use crate::item::Item;
use crate::session::Session;

/// How many entries of the index are held at once: 1,000 of them are about 100 KB.
const PAGE: usize = 1_000;

/// Ends the oldest sessions beyond a number, when it is awaited: from
/// [`SessionsBy::keep_newest`](crate::index::SessionsBy::keep_newest).
#[must_use = "nothing is ended until it is awaited"]
pub struct KeepNewest<'a, S: DynamoSession> {
    value: Result<IndexedValue<S>, Error>,
    count: usize,
    given: Vec<String>,
    on_progress: Option<OnProgress<'a>>,
}

impl<'a, S: DynamoSession> KeepNewest<'a, S> {
    pub(super) fn new(
        value: Result<IndexedValue<S>, Error>,
        count: usize,
        session: &'a Session<S>,
    ) -> Self {
        let given = session.stored_keys().collect();
        Self { value, count: count.max(1), given, on_progress: None }
    }

    /// Calls this function as the work proceeds.
    pub fn on_progress(mut self, report: impl FnMut(EndProgress) + Send + 'a) -> Self {
        self.on_progress = Some(Box::new(report));
        self
    }

    async fn run(self) -> Result<u64, Error> {
        let value = self.value?;
        let ender = SessionEnder::new(&value, self.on_progress);
        let mut limit = Limit { value: &value, newest: Newest::new(self.count), ender };
        let result = limit.enforce(self.count, self.given).await;
        limit.ender.finish(result).await
    }
}

/// A number of sessions that one value may have.
struct Limit<'a, S: DynamoSession> {
    value: &'a IndexedValue<S>,
    newest: Newest,
    ender: SessionEnder<'a, S>,
}

impl<S: DynamoSession> Limit<'_, S> {
    async fn enforce(&mut self, count: usize, given: Vec<String>) -> Result<(), Error> {
        // Without a sort key, every item has to be read, and a page is as much as one read takes.
        let page_size = if self.value.is_sorted() { PAGE } else { MAX_BATCH };
        let page = self.page(page_size, None).await?;
        let is_all = page.next.is_none();
        let others: HashSet<_> = page.entries.iter().map(|entry| &entry.key).collect();
        let others = others.into_iter().filter(|key| !given.contains(key)).count();
        if is_all && others < count {
            return Ok(());
        }
        // It counts whether the index shows it yet or not, but once, and only while it is alive.
        if let Some(found) = self.value.ages(given).await?.into_iter().next() {
            self.newest.insert(rank::<S>(found));
        }
        let mut page = page;
        while !self.take(page.entries).await?
            && let Some(start) = page.next
        {
            page = self.page(page_size, Some(&start)).await?;
        }
        Ok(())
    }

    async fn page(&mut self, size: usize, start: Option<&Item>) -> Result<IndexPage, Error> {
        let page = self.value.page(IndexOrder::NewestFirst, size, start).await?;
        self.ender.examined(page.entries.len());
        Ok(page)
    }

    /// Ends the surplus among these entries, in the order of the index; whether all that follow are over anyway.
    ///
    /// Nothing is polled while something is read, and would time out: so it is settled before.
    async fn take(&mut self, entries: Vec<IndexEntry>) -> Result<bool, Error> {
        let mut entries = VecDeque::from(entries);
        let mut is_last = false;
        loop {
            let mut unread = Vec::new();
            while unread.len() < self.batch_size()
                && let Some(IndexEntry { key, created }) = entries.pop_front()
            {
                if self.newest.contains(&key) || self.ender.is_gone(&key) {
                    continue;
                }
                match created.map(|age| Rank { age, key: key.clone() }) {
                    Some(rank) if self.value.has_ended(rank.age) => is_last = true,
                    Some(rank) if self.newest.excludes(&rank) => self.end(rank).await?,
                    _ => unread.push(key),
                }
            }
            self.ender.settle().await?;
            let renewed = self.ender.take_renewed().into_iter();
            entries.extend(renewed.map(|key| IndexEntry { key, created: None }));
            if unread.is_empty() && entries.is_empty() {
                return Ok(is_last);
            }
            for found in self.value.ages(unread).await? {
                if let Some(oldest) = self.newest.insert(rank::<S>(found)) {
                    self.end(oldest).await?;
                }
            }
        }
    }

    /// How many items to read at once: no more than there is room for, as long as the index tells the rest.
    fn batch_size(&self) -> usize {
        match self.newest.room() {
            0 => MAX_BATCH,
            room if self.value.is_sorted() => room.min(MAX_BATCH),
            _ => MAX_BATCH,
        }
    }

    async fn end(&mut self, rank: Rank) -> Result<(), Error> {
        match self.value.is_sorted() {
            true => self.ender.begin(rank.key).await,
            // Its expiry is what makes it the oldest.
            false => self.ender.begin_untouched(rank.key, rank.age).await,
        }
    }
}

fn rank<S: DynamoSession>(found: StoredSession) -> Rank {
    let age = match S::SCHEMA.created() {
        // One that is older than the field itself is older than all others.
        Some(_) => found.lifetime.created.unwrap_or(i64::MIN),
        None => found.lifetime.expires,
    };
    Rank { age, key: found.key }
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
            .field("value", &self.value)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}
