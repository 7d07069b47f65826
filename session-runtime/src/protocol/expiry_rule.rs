use super::remember;
use crate::change::Changes;
use crate::context::Context;
use crate::expiry::Lifetime;

/// What decides when a session expires that a call writes. The absolute timeout holds whichever it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum ExpiryRule {
    /// The call is the visitor's activity.
    Activity,
    /// The call is not the visitor's activity: what it writes leaves the expiry where it is.
    #[cfg(feature = "_web")]
    NoActivity,
    /// The call is nobody's visit: an adopted session ends when its row would have ended.
    #[cfg(feature = "interop")]
    Kept,
    /// The caller has named the instant, in epoch seconds.
    At(i64),
}

impl ExpiryRule {
    pub(super) fn named(self, context: &Context, session: Lifetime) -> Option<i64> {
        match self {
            Self::At(expires) => Some(context.timeouts.ends_at(expires, session.created)),
            _ => None,
        }
    }

    #[cfg(feature = "interop")]
    pub(super) fn is_named(self) -> bool {
        matches!(self, Self::At(_))
    }

    #[cfg(feature = "interop")]
    pub(super) fn is_activity(self) -> bool {
        matches!(self, Self::Activity)
    }

    /// Whether a session is to expire at another instant than it does.
    pub(super) fn names_other(self, context: &Context, stored: Lifetime) -> bool {
        self.named(context, stored).is_some_and(|named| named != stored.expires)
    }

    /// The expiry of a session that is stored for the first time.
    pub(super) fn of_new(self, context: &Context, now: i64, session: Lifetime) -> i64 {
        let named = self.named(context, session);
        named.unwrap_or_else(|| context.timeouts.next_expiry(now, session))
    }

    /// The expiry that a commit of changes is to write, if it is to take one along.
    pub(super) fn carried(
        self,
        context: &Context,
        stored: Lifetime,
        changes: &Changes,
    ) -> Option<i64> {
        let (now, timeouts) = (context.now(), context.timeouts);
        if let Some(named) = self.named(context, stored) {
            return Some(named);
        }
        match (remember::chosen_by(context.schema, changes), self) {
            (Some(remembered), _) => {
                timeouts.changed_expiry(now, Lifetime { remembered, ..stored })
            }
            (None, Self::Activity) => timeouts.carried_expiry(now, stored),
            (None, _) => None,
        }
    }

    /// The expiry of a session that is taken over from another store, where it has this lifetime.
    #[cfg(feature = "interop")]
    pub(super) fn of_adopted(self, context: &Context, now: i64, session: Lifetime) -> i64 {
        let timeouts = context.timeouts;
        let next = timeouts.next_expiry(now, session);
        match self {
            Self::Activity => next,
            #[cfg(feature = "_web")]
            Self::NoActivity => next.min(session.expires),
            Self::Kept => timeouts.ends_at(session.expires, session.created),
            Self::At(expires) => timeouts.ends_at(expires, session.created),
        }
    }
}
