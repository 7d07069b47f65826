use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(idle_timeout = "30 minuets")]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(conter)]
    views: u64,
    #[session(set)]
    roles: Vec<String>,
}

fn main() {}
