use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[serde(crate = "serde")]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
}

fn main() {}
