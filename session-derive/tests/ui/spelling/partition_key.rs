use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(partition_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
}

fn main() {}
