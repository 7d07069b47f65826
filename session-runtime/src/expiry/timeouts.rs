use std::fmt;
use std::time::Duration;

use super::epoch_seconds::seconds;

const DAY: u64 = 24 * 60 * 60;
/// The part of the touch interval by which an expiry is ahead when a commit takes it along.
const CARRIED_SHARE: u64 = 4;

/// When a session ends: after a time without activity, and at the latest a time after it began.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    idle: Duration,
    remember: Option<Duration>,
    absolute: Option<Duration>,
    touch_interval: Duration,
    /// In epoch seconds: sessions that began before have ended.
    valid_since: Option<i64>,
}

impl Timeouts {
    #[doc(hidden)]
    pub const fn from_secs(idle: u64, absolute: Option<u64>, touch_interval: u64) -> Self {
        Self {
            idle: Duration::from_secs(idle),
            remember: None,
            absolute: match absolute {
                Some(seconds) => Some(Duration::from_secs(seconds)),
                None => None,
            },
            touch_interval: Duration::from_secs(touch_interval),
            valid_since: None,
        }
    }

    #[doc(hidden)]
    pub const fn with_remember(mut self, seconds: u64) -> Self {
        self.remember = Some(Duration::from_secs(seconds));
        self
    }

    pub(crate) const fn with_valid_since(self, valid_since: Option<i64>) -> Self {
        Self { valid_since, ..self }
    }

    /// How long a session lives without activity.
    pub const fn idle(&self) -> Duration {
        self.idle
    }

    /// How long a remembered session lives without activity, if the type has a field marked `remember`.
    pub const fn remember(&self) -> Option<Duration> {
        self.remember
    }

    /// How long a session lives at most, whatever its activity.
    pub const fn absolute(&self) -> Option<Duration> {
        self.absolute
    }

    /// By how much the expiry must have moved before a touch is worth a write. For a remembered session it is the same
    /// share of [`remember`](Self::remember), but at most a day.
    pub const fn touch_interval(&self) -> Duration {
        self.touch_interval
    }

    /// The expiry of a session that is active now, in epoch seconds.
    pub(crate) fn next_expiry(&self, now: i64, session: Lifetime) -> i64 {
        let timeout = self.remember.filter(|_| session.remembered).unwrap_or(self.idle);
        let idle = now.saturating_add(seconds(timeout));
        match self.end(session.created) {
            Some(end) => idle.min(end),
            None => idle,
        }
    }

    pub(crate) fn has_ended(&self, now: i64, created: Option<i64>) -> bool {
        self.end(created).is_some_and(|end| end <= now)
    }

    /// When a session with this expiry ends, in epoch seconds.
    pub(crate) fn ends_at(&self, expires: i64, created: Option<i64>) -> i64 {
        self.end(created).map_or(expires, |end| end.min(expires))
    }

    /// The creation of the youngest sessions that have ended by now, if they end by their creation.
    pub(crate) fn latest_ended(&self, now: i64) -> Option<i64> {
        let timed_out = self.absolute.map(|absolute| now.saturating_sub(seconds(absolute)));
        timed_out.max(self.valid_since.map(|valid_since| valid_since.saturating_sub(1)))
    }

    /// Whether a session of which no creation is stored has ended: nothing tells that it began late enough.
    pub(crate) fn ends_without_creation(&self) -> bool {
        self.valid_since.is_some()
    }

    /// The expiry of a session that is active now, if it is ahead of the stored one by the touch interval.
    ///
    /// Only this is worth a write of its own: servers with other timeouts, or other clocks, would move it to and fro.
    pub(crate) fn due_expiry(&self, now: i64, stored: Lifetime) -> Option<i64> {
        let next = self.next_expiry(now, stored);
        let is_ahead = next > stored.expires;
        (is_ahead && next.abs_diff(stored.expires) >= self.interval(stored.remembered))
            .then_some(next)
    }

    /// The expiry of a session that is active now, if it is worth a place in a commit that is written anyway: where it is
    /// ahead of the stored one by a quarter of the touch interval, which spares the touch, or behind it by all of it.
    pub(crate) fn carried_expiry(&self, now: i64, stored: Lifetime) -> Option<i64> {
        let next = self.next_expiry(now, stored);
        let interval = self.interval(stored.remembered);
        let least = if next > stored.expires { interval.div_ceil(CARRIED_SHARE) } else { interval };
        let moved = next.abs_diff(stored.expires);
        (moved > 0 && moved >= least).then_some(next)
    }

    /// The expiry of a session that is active now, and becomes a remembered one or ceases to be, whichever the lifetime
    /// says: if it moves ahead, or has to move back.
    pub(crate) fn changed_expiry(&self, now: i64, session: Lifetime) -> Option<i64> {
        let next = self.next_expiry(now, session);
        let moves = match session.remembered {
            true => next > session.expires,
            false => next != session.expires,
        };
        moves.then_some(next)
    }

    /// An idle timeout of a month need not be kept to the minute, and each minute of it would cost a write.
    fn interval(&self, remembered: bool) -> u64 {
        let touch = self.touch_interval.as_secs();
        let Some(remember) = self.remember.filter(|_| remembered) else { return touch };
        let (remember, idle) = (u128::from(remember.as_secs()), u128::from(self.idle.as_secs()));
        let share = u128::from(touch) * remember / idle.max(1);
        u64::try_from(share).map_or(DAY, |share| share.min(DAY)).max(touch)
    }

    fn end(&self, created: Option<i64>) -> Option<i64> {
        match (created, self.valid_since) {
            (None, valid_since) => valid_since,
            (Some(created), Some(valid_since)) if created < valid_since => Some(valid_since),
            (Some(created), _) => Some(created.saturating_add(seconds(self.absolute?))),
        }
    }
}

/// From when until when a stored session lives, in epoch seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetime {
    pub(crate) expires: i64,
    /// `None` if the type keeps no creation time, or the item has none yet.
    pub(crate) created: Option<i64>,
    /// Whether the field marked `remember` is true.
    pub(crate) remembered: bool,
}

impl Lifetime {
    pub(crate) fn is_over(self, timeouts: Timeouts, now: i64) -> bool {
        self.expires <= now || timeouts.has_ended(now, self.created)
    }
}

impl fmt::Debug for Timeouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeouts")
            .field("idle", &self.idle)
            .field("remember", &self.remember)
            .field("absolute", &self.absolute)
            .field("touch_interval", &self.touch_interval)
            .field("valid_since", &self.valid_since)
            .finish()
    }
}
