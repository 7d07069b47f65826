use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(sort_key = "sk", sort_key_value = "")]
struct Login {
    #[session(hash_key, rename = "pk")]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
}

fn main() {}
