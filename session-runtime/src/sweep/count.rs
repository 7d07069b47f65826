use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::Stream;

use super::counted::Counted;
use super::paced_scan::Read;
use super::paced_table::PacedTable;
use super::parallel_scan::{ParallelScan, Tally};
use super::target::Target;
use crate::dynamo::Swept;
use crate::error::Error;
use crate::expiry::Expires;
use crate::item::{Item, item_size};
use crate::operation::Operation;
use crate::protocol::{Tombstone, read_lifetime};

const HOUR_SECONDS: i64 = 3600;

/// A count that is under way: [`CountSessions::start`](crate::sweep::CountSessions::start) returns it.
///
/// It runs while [`next`](Self::next) is awaited; no task is spawned. To cancel it, drop it. It is also a
/// [`Stream`](https://docs.rs/futures-core/0.3/futures_core/stream/trait.Stream.html).
#[must_use = "it runs only while `next` is awaited"]
pub struct Count {
    pub(super) scan: ParallelScan<Counted>,
}

impl Count {
    /// Works until there is progress to report, after each page. `None` when everything has been counted, and after an
    /// error.
    ///
    /// May be cancelled: what was in flight continues when it is called again.
    ///
    /// # Errors
    ///
    /// As listed at [`SessionStore::count_sessions`](crate::SessionStore::count_sessions).
    pub async fn next(&mut self) -> Option<Result<Counted, Error>> {
        self.scan.next().await
    }

    /// What was counted up to now.
    pub fn progress(&self) -> &Counted {
        &self.scan.tally
    }
}

impl Stream for Count {
    type Item = Result<Counted, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().scan.poll(cx)
    }
}

impl fmt::Debug for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Count").field("progress", self.progress()).finish_non_exhaustive()
    }
}

impl Tally for Counted {
    const OPERATION: Operation = Operation::CountSessions;

    type Source = PacedTable;

    fn take_units(&mut self, units: f64) {
        self.read_units += units;
    }

    fn take_page(&mut self, read: &mut Read, table: &PacedTable) -> Result<Vec<Target>, Error> {
        self.read_units += read.page.units.unwrap_or_default();
        for item in read.page.items.drain(..) {
            self.take_item(&item, read.now, table);
        }
        Ok(Vec::new())
    }

    fn take_outcome(&mut self, _: Target, _: Swept) -> Option<Target> {
        None
    }

    fn set_finished(&mut self, segments: u32) {
        self.segments_finished = segments;
    }

    fn explain(&self, error: Error) -> Error {
        match self.items() {
            0 => error,
            _ => error.with_note(format!("counted so far: {self}. Start again")),
        }
    }
}

impl Counted {
    fn take_item(&mut self, item: &Item, now: i64, table: &PacedTable) {
        let bytes = self.sizes.map_or(0, |_| item_size(item) as u64);
        let mut sizes = self.sizes.unwrap_or_default();
        sizes.largest_bytes = sizes.largest_bytes.max(bytes);
        match read_lifetime(table.schema(), item).map(|lifetime| table.end_of(lifetime)) {
            _ if Tombstone::is_in(item) => {
                self.tombstones += 1;
                sizes.tombstone_bytes += bytes;
            }
            Err(_) => {
                self.unreadable += 1;
                sizes.unreadable_bytes += bytes;
            }
            Ok(end) if end <= now => {
                self.expired += 1;
                sizes.expired_bytes += bytes;
                let end = Expires::from_epoch_seconds(end);
                self.first_expired = Some(self.first_expired.map_or(end, |first| first.min(end)));
            }
            Ok(end) => {
                self.alive += 1;
                self.expiring_within_hour += u64::from(end <= now.saturating_add(HOUR_SECONDS));
                sizes.alive_bytes += bytes;
            }
        }
        self.sizes = self.sizes.and(Some(sizes));
    }
}
