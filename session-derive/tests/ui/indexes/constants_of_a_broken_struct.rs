use dynamo_session::index::SessionIndex;
use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(index = "by user")]
    user: Option<String>,
    #[session(index = 5)]
    tenant: u32,
    #[session(skip, index)]
    account: u32,
    #[session(idnex)]
    device: Option<Vec<u8>>,
}

fn main() {
    let _: SessionIndex<Login, String> = Login::USER;
    let _: SessionIndex<Login, u32> = Login::TENANT;
    let _: SessionIndex<Login, u32> = Login::ACCOUNT;
    let _: SessionIndex<Login, Vec<u8>> = Login::DEVICE;
}
