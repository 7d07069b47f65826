use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    device: String,
}

impl Login {
    const DEVICE: &'static str = "device";
}

fn main() {}
