use std::collections::{BTreeMap, BTreeSet};

use dynamo_session::{AuthenticatedAt, CreatedAt, DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(remember_timeout = "30 days")]
struct Login {
    #[session(hash_key, secret)]
    id: SessionId,
    #[session(ttl, secret)]
    expires_at: Expires,
    #[session(created, secret)]
    created_at: CreatedAt,
    #[session(authenticated, secret)]
    authenticated_at: Option<AuthenticatedAt>,
    #[session(remember, secret)]
    remember: bool,
    #[session(secret, skip)]
    skip: String,
    #[session(secret, counter)]
    counter: u32,
    #[session(secret, set)]
    set: BTreeSet<String>,
    #[session(append, secret)]
    append: Vec<String>,
    #[session(secret, merge)]
    merge: BTreeMap<String, String>,
    #[session(secret, whole)]
    whole: BTreeMap<String, String>,
    #[session(secret, index)]
    index: Option<String>,
    #[session(secret = "read", counter)]
    read: u32,
    #[session(secret, guard, lenient, rename = "t", alias = "token", default = None)]
    fine: Option<String>,
}

fn main() {}
