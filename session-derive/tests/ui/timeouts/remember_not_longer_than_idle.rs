use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(idle_timeout = "2 days", remember_timeout = "2 days")]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(remember)]
    remember: bool,
}

fn main() {}
