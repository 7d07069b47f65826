use dynamo_session::{DynamoSession, Expires, SessionId};

struct NoDefault;

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(skip)]
    late: NoDefault,
}

fn main() {}
