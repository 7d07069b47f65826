use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::outage::Outage;
use super::paced_scan::{Cursor, PacedScan, Question, Read};
use super::parallel_scan::Source;
use super::position::Position;
use super::settings::SweepSettings;
use crate::context::Context;
use crate::derived::DynamoSession;
use crate::error::Error;
use crate::expression::Expression;
use crate::interop::ForeignStore;
use crate::item::{Item, item_size};
use crate::protocol::{Committed, is_of_ours};
use crate::session::{Session, origin_of};

const KB: usize = 1024;

/// Another store's table, as a migration goes through it.
pub(super) struct PacedRows<S> {
    scan: PacedScan,
    foreign: Arc<ForeignStore>,
    is_dry_run: bool,
    session: PhantomData<fn() -> S>,
}

/// A row that is to be adopted.
pub(super) struct ForeignRow {
    sid: String,
    row: Item,
}

/// What came of a row.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The session is here now. This is what it took, in write units.
    Adopted(f64),
    AlreadyAdopted,
    Expired,
    Unreadable(Error),
    /// It ended while it was looked at.
    Ended,
}

impl<S: DynamoSession> PacedRows<S> {
    pub(super) fn new(
        context: &Context,
        foreign: Arc<ForeignStore>,
        settings: SweepSettings,
        is_dry_run: bool,
    ) -> Arc<Self> {
        let context = Arc::new(context.for_moving());
        let table = &context.table;
        let (hash_key, sort_key) = foreign.key_names();
        let table = table.scanned_rows(foreign.table(), hash_key, sort_key);
        let scan = PacedScan::new(context.clone(), table, settings);
        Arc::new(Self { scan, foreign, is_dry_run, session: PhantomData })
    }

    fn question(&self) -> Question<'_> {
        let mut filter = Expression::default();
        let (hash_key, sort_key) = self.foreign.key_names();
        if !self.foreign.key_prefix().is_empty() {
            let hash = filter.attribute(hash_key);
            filter.require_prefix(&hash, self.foreign.key_prefix());
        }
        if let Some(sort_key) = sort_key {
            let (sort, hash) = (filter.attribute(sort_key), filter.attribute(hash_key));
            filter.require_equal(&sort, &hash);
        }
        Question { filter, projection: Vec::new() }
    }

    /// The row of a session, if it is one: where both stores have one table, it may be a session of ours.
    pub(super) fn row(&self, row: Item) -> Option<ForeignRow> {
        let is_shared = self.foreign.table() == self.scan.context.table.name;
        if is_shared && is_of_ours(&row) {
            return None;
        }
        let sid = self.foreign.sid_in(&row)?.to_owned();
        Some(ForeignRow { sid, row })
    }

    fn session(&self, target: &ForeignRow) -> Result<Option<Session<S>>, Error> {
        let origin = origin_of::<S>(self.foreign.clone(), target.sid.clone())?;
        Session::from_row(&self.scan.context, origin, target.row.clone())
    }
}

impl<S: DynamoSession> Source for PacedRows<S> {
    type Target = ForeignRow;
    type Outcome = Outcome;

    fn table_name(&self) -> &str {
        self.scan.table_name()
    }

    fn cursor(&self, segment: u32, position: Position) -> Cursor {
        self.scan.cursor(segment, position)
    }

    async fn require_key(&self) -> Result<f64, Error> {
        self.foreign.require_signed()?;
        self.scan.require_key().await
    }

    async fn read(&self, cursor: Cursor) -> Result<Read, Error> {
        self.scan.read(cursor, |_| self.question()).await
    }

    async fn treat(&self, target: &ForeignRow, _: i64) -> Result<Outcome, Error> {
        let mut session = match self.session(target) {
            Ok(Some(session)) => session,
            Ok(None) => return Ok(Outcome::Expired),
            Err(error) if is_the_rows(&error) => return Ok(Outcome::Unreadable(error)),
            Err(error) => return Err(error),
        };
        let units = units(&target.row);
        if self.is_dry_run {
            return Ok(Outcome::Adopted(units));
        }
        let mut outage = Outage::none();
        loop {
            self.scan.rate.reserve(units).await;
            // The handle knows a transaction without an answer, so that the next call finds out what became of it.
            let error = match session.adopt_unchanged().await {
                Ok(Committed::Created) => return Ok(Outcome::Adopted(units)),
                Ok(_) => return Ok(Outcome::AlreadyAdopted),
                Err(error) if error.is_gone() => return Ok(Outcome::Ended),
                Err(error) if is_the_rows(&error) => return Ok(Outcome::Unreadable(error)),
                Err(error) => error,
            };
            self.scan.refund(&error, units);
            outage.wait_out(error).await?;
        }
    }
}

/// Whether the row is to blame, so that the next one may well be adopted.
fn is_the_rows(error: &Error) -> bool {
    error.is_decode() || error.is_encode() || error.is_too_large()
}

/// What the transaction costs that deletes a row, and puts the session and the marker: twice what each by itself does.
fn units(row: &Item) -> f64 {
    let of_row = item_size(row).div_ceil(KB);
    (2 * (2 * of_row + 1)) as f64
}

impl<S> fmt::Debug for PacedRows<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PacedRows").field("foreign", &self.foreign).finish_non_exhaustive()
    }
}
