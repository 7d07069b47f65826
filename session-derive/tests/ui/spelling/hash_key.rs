use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(haskey)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
}

fn main() {}
