use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index, default = Some("guest".to_owned()))]
    user: Option<String>,
    #[session(index, default = None)]
    account: Option<u64>,
    #[session(index, default)]
    device: Option<Vec<u8>>,
    #[session(index, default = "acme".to_owned())]
    tenant: String,
}

fn main() {}
