use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index = "by_user")]
    user: Option<String>,
}

impl Login {
    const USER: &'static str = "user";
}

fn main() {}
