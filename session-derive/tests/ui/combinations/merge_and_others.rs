use std::collections::{BTreeMap, BTreeSet};

use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key, merge)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(merge, whole)]
    whole: BTreeMap<String, u32>,
    #[session(merge, counter)]
    counter: BTreeMap<String, u32>,
    #[session(merge, set)]
    set: BTreeSet<String>,
    #[session(merge, append)]
    append: Vec<String>,
    #[session(merge, index)]
    index: String,
    #[session(merge, skip)]
    skip: String,
    #[session(merge)]
    bytes: Vec<u8>,
}

fn main() {}
