use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login<'a, T: Clone> {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    user: std::borrow::Cow<'a, str>,
    extra: T,
}

fn main() {}
