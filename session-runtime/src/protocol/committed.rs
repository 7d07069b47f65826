/// What a commit or a touch did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Committed {
    /// The session was stored for the first time, or taken over from another store.
    Created,
    /// Changed fields were written.
    Updated,
    /// Nothing had changed; the expiry was moved.
    Touched,
    /// Nothing had changed and the expiry was not due: no request was made.
    Unchanged,
}
