use crate::dynamo::ItemKey;

/// How far one segment of a table was swept.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Position {
    Start,
    /// Up to and including the item with this key, a session's secret unless the table keeps hashes.
    After(ItemKey),
    Finished,
}

impl std::fmt::Debug for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Start => "Start",
            Self::After(_) => "After(..)",
            Self::Finished => "Finished",
        })
    }
}
