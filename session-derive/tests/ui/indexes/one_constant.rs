use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index = "by_user")]
    user: Option<String>,
    #[session(index = "by_other_user")]
    #[allow(non_snake_case)]
    USER: Option<String>,
}

fn main() {}
