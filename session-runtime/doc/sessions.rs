// The session types of the documentation's examples, where an example does not show its own.

use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(table = "shop-sessions")]
pub struct ShopSession {
    #[session(hash_key)]
    pub id: SessionId,
    #[session(ttl)]
    pub expires_at: Expires,
    #[session(index = "by_user")]
    pub user: Option<String>,
}

#[derive(DynamoSession)]
#[session(table = "visits")]
pub struct Visit {
    #[session(hash_key)]
    pub id: SessionId,
    #[session(ttl)]
    pub expires_at: Expires,
    pub pages: u32,
}

#[derive(DynamoSession)]
#[session(table = "games")]
pub struct Game {
    #[session(hash_key)]
    pub id: SessionId,
    #[session(ttl)]
    pub expires_at: Expires,
    pub coins: u32,
}
