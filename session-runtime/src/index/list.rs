use std::fmt;
use std::sync::Arc;

use super::indexed_value::IndexedValue;
use super::listed::ListedSession;
use crate::derived::DynamoSession;
use crate::dynamo::{IndexOrder, MAX_BATCH};
use crate::error::Error;
use crate::item::Item;

/// The sessions with one value, page by page: from [`SessionsBy::list`](crate::index::SessionsBy::list).
pub struct SessionList<S: DynamoSession> {
    value: Result<Arc<IndexedValue<S>>, Error>,
    page_size: usize,
    next_page: NextPage,
}

/// Which page of the index comes next.
enum NextPage {
    First,
    After(Item),
    None,
}

impl<S: DynamoSession> SessionList<S> {
    pub(super) fn new(value: Result<IndexedValue<S>, Error>) -> Self {
        Self { value: value.map(Arc::new), page_size: MAX_BATCH, next_page: NextPage::First }
    }

    /// How many sessions a page has at most: from 1 to 100, and 100 unless this says otherwise.
    ///
    /// A page is held in memory with everything that its sessions store.
    #[must_use]
    pub fn page_size(mut self, sessions: usize) -> Self {
        self.page_size = sessions.clamp(1, MAX_BATCH);
        self
    }

    /// The next page, which is never empty, or `None` after the last one.
    ///
    /// After an error, or when it was cancelled, the next call asks for the same page again.
    ///
    /// # Errors
    ///
    /// As for [`SessionsBy::list`](crate::index::SessionsBy::list).
    pub async fn next_page(&mut self) -> Result<Option<Vec<ListedSession<S>>>, Error> {
        let value = match &mut self.value {
            Ok(value) => value,
            Err(error) => {
                let again = error.without_source();
                return Err(std::mem::replace(error, again));
            }
        };
        loop {
            let start = match &self.next_page {
                NextPage::First => None,
                NextPage::After(start) => Some(start),
                NextPage::None => return Ok(None),
            };
            let page = value.page(IndexOrder::NewestFirst, self.page_size, start).await;
            let page = page.map_err(|error| value.in_context(error))?;
            let keys = page.entries.into_iter().map(|entry| entry.key).collect();
            let found = value.sessions(keys).await.map_err(|error| value.in_context(error))?;
            self.next_page = page.next.map_or(NextPage::None, NextPage::After);
            if !found.is_empty() {
                let listed =
                    found.into_iter().map(|found| ListedSession::new(value.clone(), found));
                return Ok(Some(listed.collect()));
            }
        }
    }

    /// All remaining sessions in one list: for values that only a limited number of sessions can have.
    ///
    /// # Errors
    ///
    /// As for [`SessionsBy::list`](crate::index::SessionsBy::list).
    pub async fn all(mut self) -> Result<Vec<ListedSession<S>>, Error> {
        let mut all = Vec::new();
        while let Some(page) = self.next_page().await? {
            all.extend(page);
        }
        Ok(all)
    }
}

impl<S: DynamoSession> fmt::Debug for SessionList<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionList")
            .field("value", &self.value)
            .field("page_size", &self.page_size)
            .finish_non_exhaustive()
    }
}
