use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
}

fn main() {}
