use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    id: SessionId,
    expires_at: Expires,
    user: Option<String>,
}

fn main() {}
