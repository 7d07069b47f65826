use dynamo_session::{DynamoSession, Expires};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: String,
    #[session(ttl)]
    expires_at: Expires,
    #[session(secret)]
    token: Option<String>,
}

#[derive(DynamoSession)]
struct Reading {
    #[session(hash_key)]
    id: String,
    #[session(ttl)]
    expires_at: Expires,
    #[session(secret = "read")]
    token: Option<String>,
}

fn main() {}
