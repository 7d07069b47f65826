use dynamo_session::{AuthenticatedAt, DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(authenticated)]
    authenticated_at: AuthenticatedAt,
}

fn main() {}
