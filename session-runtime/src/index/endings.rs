use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use super::group::{Ending, Group};
use crate::{DynamoSession, Error};

/// How many sessions are being ended at once.
const CONCURRENCY: usize = 16;
/// How many keys that are known to be gone are remembered, so that an index that lags costs no second request.
const MAX_REMEMBERED: usize = 10_000;

/// How far [`EndAll`](crate::index::EndAll) or [`KeepNewest`](crate::index::KeepNewest) has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndProgress {
    /// How many entries of the index were looked at, some of them perhaps in more than one pass.
    pub examined: u64,
    /// How many sessions were ended.
    pub ended: u64,
}

pub(super) type OnProgress<'a> = Box<dyn FnMut(EndProgress) + Send + 'a>;

type InFlight<'a> = Pin<Box<dyn Future<Output = (String, Result<Ending, Error>)> + Send + 'a>>;

/// Ends sessions of a group, several at once, and counts them.
pub(super) struct Endings<'a, S: DynamoSession> {
    group: &'a Group<S>,
    in_flight: FuturesUnordered<InFlight<'a>>,
    gone: HashSet<String>,
    found: u64,
    vanished: Option<Instant>,
    progress: EndProgress,
    on_progress: Option<OnProgress<'a>>,
}

impl<'a, S: DynamoSession> Endings<'a, S> {
    pub(super) fn new(group: &'a Group<S>, on_progress: Option<OnProgress<'a>>) -> Self {
        Self {
            group,
            in_flight: FuturesUnordered::new(),
            gone: HashSet::new(),
            found: 0,
            vanished: None,
            progress: EndProgress::default(),
            on_progress,
        }
    }

    /// How many keys were found to be gone, most of them by what was done here.
    ///
    /// One that was gone already may be that of a session which was renewed meanwhile.
    pub(super) fn found_gone(&self) -> u64 {
        self.found
    }

    /// When a session was last found to be gone that an index still showed.
    pub(super) fn take_vanished(&mut self) -> Option<Instant> {
        self.vanished.take()
    }

    /// Takes note of entries of the index.
    pub(super) fn examined(&mut self, entries: usize) {
        self.progress.examined += entries as u64;
        self.report();
    }

    /// Begins to end a session, once there is room for it.
    pub(super) async fn begin(&mut self, key: String) -> Result<(), Error> {
        if self.gone.contains(&key) {
            return Ok(());
        }
        if self.in_flight.len() == CONCURRENCY {
            self.next().await.unwrap_or(Ok(()))?;
        }
        let group = self.group;
        self.in_flight.push(Box::pin(async move {
            let ending = group.end(&key).await;
            (key, ending)
        }));
        Ok(())
    }

    /// Waits until nothing is in flight.
    pub(super) async fn settle(&mut self) -> Result<(), Error> {
        while let Some(result) = self.next().await {
            result?;
        }
        Ok(())
    }

    /// How many were ended, or the error with that in its words.
    pub(super) async fn finish(mut self, result: Result<(), Error>) -> Result<u64, Error> {
        let Err(error) = result else { return Ok(self.progress.ended) };
        // What is on its way arrives all the same, and is counted.
        while self.next().await.is_some() {}
        let ended = match self.progress.ended {
            1 => "1 session was ended".to_owned(),
            ended => format!("{ended} sessions were ended"),
        };
        Err(self.group.in_context(
            error.with_note(format_args!(
                "{ended} before; the same call again goes on with the rest"
            )),
        ))
    }

    async fn next(&mut self) -> Option<Result<(), Error>> {
        let (key, ending) = self.in_flight.next().await?;
        Some(ending.map(|ending| {
            if ending != Ending::Kept {
                if self.gone.len() == MAX_REMEMBERED {
                    self.gone.clear();
                }
                self.gone.insert(key);
                self.found += 1;
            }
            if ending == Ending::Absent {
                self.vanished = Some(Instant::now());
            }
            if ending == Ending::Ended {
                self.progress.ended += 1;
                self.report();
            }
        }))
    }

    fn report(&mut self) {
        if let Some(report) = &mut self.on_progress {
            report(self.progress);
        }
    }
}

impl<S: DynamoSession> fmt::Debug for Endings<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endings").field("progress", &self.progress).finish_non_exhaustive()
    }
}
