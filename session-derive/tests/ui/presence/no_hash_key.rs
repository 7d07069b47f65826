use dynamo_session::{DynamoSession, Expires};

#[derive(DynamoSession)]
struct Login {
    #[session(ttl)]
    expires_at: Expires,
}

fn main() {}
