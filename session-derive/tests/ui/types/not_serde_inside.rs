use std::collections::BTreeMap;

use dynamo_session::{DynamoSession, Expires, SessionId};

struct Plain;

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    plain: BTreeMap<String, Plain>,
}

fn main() {}
