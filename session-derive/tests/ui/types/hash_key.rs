use dynamo_session::{DynamoSession, Expires};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: u32,
    #[session(ttl)]
    expires_at: Expires,
}

fn main() {}
