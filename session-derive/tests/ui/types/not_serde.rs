use dynamo_session::{DynamoSession, Expires, SessionId};

struct Plain;

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(default = Plain)]
    plain: Plain,
}

fn main() {}
