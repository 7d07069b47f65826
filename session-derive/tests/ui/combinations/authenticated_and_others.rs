use dynamo_session::{AuthenticatedAt, DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(authenticated, skip)]
    authenticated_at: Option<AuthenticatedAt>,
}

fn main() {}
