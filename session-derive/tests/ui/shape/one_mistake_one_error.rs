use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
enum Login {
    Guest,
}

#[derive(DynamoSession)]
struct Cart {
    #[session(hash_key)]
    id: SessionId,
    #[session(tll)]
    expires_at: Expires,
}

fn is_a_session<S: DynamoSession>() {}

fn use_them() {
    is_a_session::<Login>();
    is_a_session::<Cart>();
}

fn main() {}
