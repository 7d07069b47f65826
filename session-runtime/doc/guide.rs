// The session type of the guide's examples, where a page does not show its own.

use std::collections::BTreeMap;

use dynamo_session::{AuthenticatedAt, CreatedAt, DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(table = "shop-sessions", idle_timeout = "30m", remember_timeout = "30 days")]
pub struct ShopSession {
    #[session(hash_key)]
    pub id: SessionId,
    #[session(ttl)]
    pub expires_at: Expires,
    #[session(created)]
    pub created_at: CreatedAt,
    #[session(authenticated)]
    pub authenticated_at: Option<AuthenticatedAt>,
    #[session(index = "by_user")]
    pub user: Option<String>,
    #[session(counter)]
    pub cart: BTreeMap<String, u32>,
    pub notice: Option<String>,
    #[session(remember)]
    pub remember: bool,
    pub device: String,
}
