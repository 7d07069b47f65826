use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What a read costs before any was made: an item of up to 4 KB, read by itself.
const FIRST_UNITS_PER_ITEM: f64 = 0.5;
/// What a delete costs before any was made: an item of up to 1 KB, in no index.
const FIRST_UNITS_PER_DELETE: f64 = 1.0;
/// The time whose capacity one page may take at the most.
const PAGE_SECONDS: f64 = 0.25;
/// A page is not made smaller than this: DynamoDB rounds each one up to half a unit.
const SMALLEST_PAGE_UNITS: f64 = 4.0;

/// Spreads requests so that they consume so many capacity units a second, whoever makes them.
///
/// What a request costs is known only afterwards. So it is let through at an expected cost, learned from those before,
/// and the difference moves the requests that follow.
#[derive(Debug)]
pub(super) struct Rate {
    units_per_second: Option<f64>,
    began: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// When the next request may go, in seconds since the beginning.
    next: f64,
    units_per_item: f64,
    units_per_delete: f64,
}

impl Rate {
    pub(super) fn new(units_per_second: Option<f64>) -> Self {
        let state = State {
            next: 0.0,
            units_per_item: FIRST_UNITS_PER_ITEM,
            units_per_delete: FIRST_UNITS_PER_DELETE,
        };
        Self { units_per_second, began: Instant::now(), state: Mutex::new(state) }
    }

    /// How many items the next page should look at.
    pub(super) fn page_items(&self, most: u32) -> u32 {
        let Some(rate) = self.units_per_second else { return most };
        let units = (rate * PAGE_SECONDS).max(SMALLEST_PAGE_UNITS);
        // The cast saturates.
        ((units / self.state().units_per_item) as u32).clamp(1, most)
    }

    pub(super) fn expected_page(&self, items: u32) -> f64 {
        f64::from(items) * self.state().units_per_item
    }

    pub(super) fn expected_delete(&self) -> f64 {
        self.state().units_per_delete
    }

    /// Waits until a request of this cost may go.
    pub(super) async fn reserve(&self, units: f64) {
        let Some(rate) = self.units_per_second else { return };
        let start = {
            let mut state = self.state();
            let start = state.next.max(self.began.elapsed().as_secs_f64());
            state.next = start + units / rate;
            start
        };
        let start = Duration::try_from_secs_f64(start).unwrap_or(Duration::MAX);
        tokio::time::sleep(start.saturating_sub(self.began.elapsed())).await;
    }

    /// Corrects a reservation by what the request has cost.
    pub(super) fn settle(&self, reserved: f64, used: f64) {
        if let Some(rate) = self.units_per_second {
            self.state().next += (used - reserved) / rate;
        }
    }

    pub(super) fn learn_page(&self, items: u64, units: f64) {
        if items > 0 {
            let mut state = self.state();
            state.units_per_item = f64::midpoint(state.units_per_item, units / items as f64);
        }
    }

    pub(super) fn learn_delete(&self, units: f64) {
        let mut state = self.state();
        state.units_per_delete = f64::midpoint(state.units_per_delete, units);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
