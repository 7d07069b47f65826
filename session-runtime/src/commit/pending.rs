use crate::item::{Fields, Found, Item};
use crate::record::{Record, SHORTEST_WINDOW, Token};

/// A write that was begun and whose outcome is not known yet.
///
/// It stays with the handle while the request is on its way, so that a lost answer or a cancelled call is
/// settled by the next one.
#[derive(Debug)]
pub(crate) enum Pending {
    Create(Creation),
    Update(Update),
}

/// The first commit of a session.
#[derive(Debug)]
pub(crate) struct Creation {
    pub(crate) item: Item,
    pub(crate) token: Token,
    /// The fields as the session has them.
    pub(crate) after: Fields,
    pub(crate) record: Record,
    /// Some request got no answer, so that the session may be stored already.
    pub(crate) ambiguous: bool,
}

/// One commit to a stored session, across all of its requests.
#[derive(Debug)]
pub(crate) struct Update {
    pub(crate) token: Token,
    /// The fields as the session has them: what is to be written is their difference to the snapshot.
    pub(crate) after: Fields,
    /// The expiry to write, when it is due.
    pub(crate) expires: Option<i64>,
    /// What the table was found to hold, once a condition has failed; before that, the snapshot.
    pub(crate) stored: Option<(Fields, Vec<Found>)>,
    /// Require that every changed value still is what it was.
    pub(crate) guard_changes: bool,
    /// Some request with this token got no answer, so that it may have been applied or may still be.
    pub(crate) ambiguous: bool,
    window: usize,
}

/// How many commits of others may come between a load and a commit before it has to be sent again.
///
/// Tokens stay in the item this long, so it is small until a session turns out to be contended.
const WINDOWS: [i64; 4] = [SHORTEST_WINDOW, 16, 32, 64];

impl Update {
    pub(crate) fn new(record: &Record, after: Fields, expires: Option<i64>) -> Self {
        Self {
            token: Token::new(record.sequence(), WINDOWS[0]),
            after,
            expires,
            stored: None,
            guard_changes: false,
            ambiguous: false,
            window: 0,
        }
    }

    /// Takes the token of an earlier attempt that may still arrive, so that only one of the two applies.
    pub(crate) fn stand_in_for(&mut self, earlier: &Self, sequence: i64) {
        if sequence <= earlier.token.last {
            self.token = earlier.token.clone();
            self.ambiguous = true;
        }
    }

    /// Starts over under a new token, once it is certain that no request with the old one can apply.
    pub(crate) fn widen_window(&mut self, sequence: i64) {
        self.window = (self.window + 1).min(WINDOWS.len() - 1);
        self.token = Token::new(sequence, WINDOWS[self.window]);
        self.ambiguous = false;
    }
}
