use std::sync::Arc;

use crate::item::{Fields, Recording};

/// The fields as they were at one moment.
#[derive(Clone)]
pub(super) enum Snapshot {
    /// As they were in the struct.
    Recorded(Arc<Recording>),
    /// As they are known to be in the table.
    Encoded(Arc<Fields>),
}
