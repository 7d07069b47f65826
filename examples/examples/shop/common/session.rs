use std::collections::BTreeMap;

use dynamo_session::{CreatedAt, DynamoSession, Expires, SessionId};

/// What the shop keeps of a visitor.
#[derive(DynamoSession)]
#[session(
    table = "shop-sessions",
    idle_timeout = "30m",
    remember_timeout = "30 days",
    absolute_timeout = "90 days",
    touch_interval = "1m"
)]
pub(crate) struct ShopSession {
    #[session(hash_key)]
    pub(crate) id: SessionId,
    #[session(ttl)]
    pub(crate) expires_at: Expires,
    #[session(created)]
    pub(crate) created_at: CreatedAt,
    /// Who is logged in.
    #[session(index = "by_user")]
    pub(crate) user: Option<String>,
    /// Whether the browser keeps the login when it is closed.
    #[session(remember)]
    pub(crate) remember: bool,
    /// How many of each product. As counters: what two tabs add at once is added up.
    #[session(counter)]
    pub(crate) cart: BTreeMap<String, u32>,
    /// The browser, as the list of devices names it.
    pub(crate) device: Option<String>,
    /// What the next page is to say.
    pub(crate) notice: Option<String>,
}

impl ShopSession {
    /// How many items are in the cart.
    pub(crate) fn items(&self) -> u32 {
        self.cart.values().fold(0, |items, count| items.saturating_add(*count))
    }
}
