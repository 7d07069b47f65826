use std::fmt;
use std::sync::Arc;

use super::ListedSession;
use super::group::Group;
use crate::dynamo::MAX_BATCH;
use crate::item::Item;
use crate::{DynamoSession, Error};

/// The sessions with one value, page by page: from [`SessionsBy::list`](crate::index::SessionsBy::list).
pub struct SessionList<S: DynamoSession> {
    group: Result<Arc<Group<S>>, Error>,
    page_size: usize,
    position: Position,
}

enum Position {
    Start,
    After(Item),
    End,
}

impl<S: DynamoSession> SessionList<S> {
    pub(super) fn new(group: Result<Group<S>, Error>) -> Self {
        Self { group: group.map(Arc::new), page_size: MAX_BATCH, position: Position::Start }
    }

    /// How many sessions a page has at most: from 1 to 100, and 100 unless this says otherwise.
    ///
    /// A page is held in memory with all that its sessions have stored.
    #[must_use]
    pub fn page_size(mut self, sessions: usize) -> Self {
        self.page_size = sessions.clamp(1, MAX_BATCH);
        self
    }

    /// The next page, which is never empty, or `None` after the last one.
    ///
    /// After an error, it can be called again: it asks for the same page. It can be cancelled, likewise.
    ///
    /// # Errors
    ///
    /// As for [`SessionsBy::list`](crate::index::SessionsBy::list).
    pub async fn next_page(&mut self) -> Result<Option<Vec<ListedSession<S>>>, Error> {
        let group = match &mut self.group {
            Ok(group) => group,
            Err(error) => {
                let again = error.without_source();
                return Err(std::mem::replace(error, again));
            }
        };
        loop {
            let start = match &self.position {
                Position::Start => None,
                Position::After(start) => Some(start),
                Position::End => return Ok(None),
            };
            let page = group.page(self.page_size, start).await;
            let page = page.map_err(|error| group.in_context(error))?;
            let live = group.live(page.keys).await.map_err(|error| group.in_context(error))?;
            self.position = page.next.map_or(Position::End, Position::After);
            if !live.is_empty() {
                let listed = live.into_iter().map(|live| ListedSession::new(group.clone(), live));
                return Ok(Some(listed.collect()));
            }
        }
    }

    /// All that is left, in one list: for values that can have only so many sessions.
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
            .field("group", &self.group)
            .field("page_size", &self.page_size)
            .finish_non_exhaustive()
    }
}
