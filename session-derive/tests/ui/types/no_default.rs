use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(serde::Serialize, serde::Deserialize)]
struct NoDefault;

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    late: NoDefault,
}

fn main() {}
