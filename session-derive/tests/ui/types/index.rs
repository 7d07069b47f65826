use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct UserId(u64);

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index)]
    user: UserId,
}

fn main() {}
