use super::expired::require_expired;
use crate::context::Context;
use crate::expression::Expression;
use crate::protocol::RENEWED_AT;

/// An item that is to be deleted, by its key.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// A session, or the tombstone that the renewal of one left, if it has expired.
    Expired { key: String, is_tombstone: bool },
    /// A session, unless it has been renewed.
    Session { key: String, has_expired: bool },
    /// What a session was renewed to, if it is there, and unless it has been renewed again.
    Renewed { key: String, renewals: u32 },
}

impl Target {
    pub(super) fn key(&self) -> &str {
        match self {
            Self::Expired { key, .. } | Self::Session { key, .. } | Self::Renewed { key, .. } => {
                key
            }
        }
    }

    /// What has to hold when the deletion arrives. An item that is gone already is right where it was seen: an earlier
    /// attempt whose answer was lost may have deleted it.
    pub(super) fn condition(&self, context: &Context, now: i64) -> Expression<'static> {
        let mut condition = Expression::default();
        match self {
            Self::Expired { .. } => require_expired(&mut condition, context, now, true),
            Self::Session { .. } => {
                let renewed_at = condition.attribute(RENEWED_AT);
                condition.require_absence(&renewed_at);
            }
            Self::Renewed { .. } => {
                let key = condition.attribute(context.schema.hash_key());
                condition.require_presence(&key);
                let renewed_at = condition.attribute(RENEWED_AT);
                condition.require_absence(&renewed_at);
            }
        }
        condition
    }

    /// Whether a refusal is to bring the item that was found, since it may be a tombstone.
    pub(super) fn may_be_followed(&self) -> bool {
        matches!(self, Self::Session { .. } | Self::Renewed { .. })
    }
}
