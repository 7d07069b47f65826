//! Each item has the value of its partition key as its sort key, too.

use dynamo_session::{CreatedAt, DynamoSession, Expires, SessionId};
use dynamo_session_tests::with_sort_key::{Shop, stored};

#[path = "among_others.rs"]
mod among_others;
#[path = "../contention.rs"]
mod contention;
#[path = "../promises.rs"]
mod promises;
#[path = "../renew.rs"]
mod renew;

#[derive(Debug, DynamoSession)]
#[session(table = "application", key_prefix = "SESSION#", absolute_timeout = "12h")]
#[session(sort_key = "sk")]
struct Member {
    #[session(hash_key, rename = "pk")]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(index = "by_user")]
    user: Option<String>,
    note: String,
}

fn sort_key_of(hash: &str) -> &str {
    hash
}
