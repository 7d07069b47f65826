use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(rename_all = "camelCase")]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    first_page: u32,
    #[session(rename = "firstPage")]
    other: u32,
}

fn main() {}
