use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use super::indexed_value::{Ending, IndexedValue};
use crate::derived::DynamoSession;
use crate::error::Error;

/// How many sessions are being ended at once.
const CONCURRENCY: usize = 16;
/// How many keys that are known to be gone are remembered, so that an index that lags costs no second request.
const MAX_REMEMBERED: usize = 10_000;

/// How far [`EndAll`](crate::index::EndAll) or [`KeepNewest`](crate::index::KeepNewest) has got.
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

/// Ends sessions that have one value, several at once, and counts them.
pub(super) struct SessionEnder<'a, S: DynamoSession> {
    value: &'a IndexedValue<S>,
    in_flight: FuturesUnordered<InFlight<'a>>,
    gone: HashSet<String>,
    found_gone: u64,
    vanished: Option<Instant>,
    renewed: Vec<String>,
    perhaps_ended: PerhapsEnded,
    progress: EndProgress,
    on_progress: Option<OnProgress<'a>>,
}

/// Sessions that are gone, and perhaps by a deletion of ours that got no answer.
#[derive(Debug, Default)]
struct PerhapsEnded {
    in_this_pass: u64,
    /// Those that have not turned up again since.
    before: u64,
}

impl<'a, S: DynamoSession> SessionEnder<'a, S> {
    pub(super) fn new(value: &'a IndexedValue<S>, on_progress: Option<OnProgress<'a>>) -> Self {
        Self {
            value,
            in_flight: FuturesUnordered::new(),
            gone: HashSet::new(),
            found_gone: 0,
            vanished: None,
            renewed: Vec::new(),
            perhaps_ended: PerhapsEnded::default(),
            progress: EndProgress::default(),
            on_progress,
        }
    }

    /// How many keys were found to be gone, most of them by what was done here.
    ///
    /// One that was gone already may be that of a session which was renewed meanwhile.
    pub(super) fn found_gone(&self) -> u64 {
        self.found_gone
    }

    /// When a session was last found to be gone that an index still showed.
    pub(super) fn take_vanished(&mut self) -> Option<Instant> {
        self.vanished.take()
    }

    /// The keys under which sessions are now that were to be ended, and had been renewed.
    pub(super) fn take_renewed(&mut self) -> Vec<String> {
        std::mem::take(&mut self.renewed)
    }

    /// From here on, what is ended may be what perhaps was ended before, and had been renewed instead.
    pub(super) fn begin_pass(&mut self) {
        let PerhapsEnded { in_this_pass, before } = &mut self.perhaps_ended;
        *before += std::mem::take(in_this_pass);
    }

    /// Takes note of entries of the index.
    pub(super) fn examined(&mut self, entries: usize) {
        self.progress.examined += entries as u64;
        self.report();
    }

    /// Whether this key is known to be gone.
    pub(super) fn is_gone(&self, key: &str) -> bool {
        self.gone.contains(key)
    }

    /// Begins to end a session, once there is room for it.
    pub(super) async fn begin(&mut self, key: String) -> Result<(), Error> {
        let value = self.value;
        self.push(key, move |key| async move {
            let ending = value.end(&key).await;
            (key, ending)
        })
        .await
    }

    /// As [`begin`](Self::begin), for a session that is to live if it is touched meanwhile.
    pub(super) async fn begin_untouched(&mut self, key: String, expires: i64) -> Result<(), Error> {
        let value = self.value;
        self.push(key, move |key| async move {
            let ending = value.end_untouched(&key, expires).await;
            (key, ending)
        })
        .await
    }

    async fn push<F>(&mut self, key: String, end: impl FnOnce(String) -> F) -> Result<(), Error>
    where
        F: Future<Output = (String, Result<Ending, Error>)> + Send + 'a,
    {
        if self.is_gone(&key) {
            return Ok(());
        }
        if self.in_flight.len() == CONCURRENCY {
            self.next().await.unwrap_or(Ok(()))?;
        }
        self.in_flight.push(Box::pin(end(key)));
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
        let Err(error) = result else {
            self.begin_pass();
            if self.perhaps_ended.before > 0 {
                self.progress.ended += self.perhaps_ended.before;
                self.report();
            }
            return Ok(self.progress.ended);
        };
        // What is on its way arrives all the same, and is counted.
        while self.next().await.is_some() {}
        let ended = match self.progress.ended {
            1 => "1 session was ended".to_owned(),
            ended => format!("{ended} sessions were ended"),
        };
        Err(self.value.in_context(
            error.with_note(format_args!(
                "{ended} before that; call again to continue with the rest"
            )),
        ))
    }

    async fn next(&mut self) -> Option<Result<(), Error>> {
        let (key, ending) = self.in_flight.next().await?;
        Some(ending.map(|ending| self.take_note(key, ending)))
    }

    fn take_note(&mut self, key: String, ending: Ending) {
        if ending != Ending::Kept {
            if self.gone.len() == MAX_REMEMBERED {
                self.gone.clear();
            }
            self.gone.insert(key);
            self.found_gone += 1;
        }
        match ending {
            Ending::Ended => {
                let PerhapsEnded { before, .. } = &mut self.perhaps_ended;
                *before = before.saturating_sub(1);
                self.progress.ended += 1;
                self.report();
            }
            Ending::Absent => self.vanished = Some(Instant::now()),
            Ending::PerhapsEnded => {
                self.perhaps_ended.in_this_pass += 1;
                self.vanished = Some(Instant::now());
            }
            Ending::Renewed(successor) => self.renewed.push(successor),
            Ending::Expired | Ending::Kept => {}
        }
    }

    fn report(&mut self) {
        if let Some(report) = &mut self.on_progress {
            report(self.progress);
        }
    }
}

impl<S: DynamoSession> fmt::Debug for SessionEnder<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionEnder").field("progress", &self.progress).finish_non_exhaustive()
    }
}
