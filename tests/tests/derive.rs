//! What the derive says about a session as data.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dynamo_session::{CreatedAt, DynamoSession, Expires, KeyType, Role, SessionId};

#[derive(DynamoSession)]
#[session(
    table = "shop-sessions",
    idle_timeout = "30m",
    absolute_timeout = "12h",
    touch_interval = "1m"
)]
struct Shop {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(index = "by_user", guard)]
    user: Option<String>,
    cart: BTreeMap<String, u32>,
    #[session(counter)]
    page_views: u64,
    #[session(append)]
    seen: Vec<String>,
    #[session(set)]
    roles: BTreeSet<String>,
    #[session(whole, alias = "prefs", alias = "settings")]
    preferences: BTreeMap<String, String>,
    #[session(default = vec![1, 2, 3])]
    digest: Vec<u8>,
    #[session(skip)]
    _scratch: Option<std::time::Instant>,
    #[session(rename = "flash")]
    notice: Option<String>,
}

#[test]
fn the_schema_says_what_the_struct_says() {
    let schema = Shop::SCHEMA;
    assert_eq!(schema.table(), Some("shop-sessions"));
    assert_eq!(schema.hash_key(), "id");
    assert_eq!(schema.time_to_live(), "expires_at");
    assert_eq!(schema.created(), Some("created_at"));
    assert_eq!(schema.timeouts().idle(), Duration::from_secs(30 * 60));
    assert_eq!(schema.timeouts().absolute(), Some(Duration::from_secs(12 * 3600)));
    assert_eq!(schema.timeouts().touch_interval(), Duration::from_secs(60));
    let attributes: Vec<_> =
        schema.attributes().iter().map(|attribute| (attribute.name(), attribute.role())).collect();
    assert_eq!(
        attributes,
        [
            ("user", Role::Value),
            ("cart", Role::Value),
            ("page_views", Role::Counter),
            ("seen", Role::Append),
            ("roles", Role::Set),
            ("preferences", Role::Whole),
            ("digest", Role::Value),
            ("flash", Role::Value),
        ]
    );
    assert_eq!(schema.attributes()[5].aliases(), ["prefs", "settings"]);
    assert!(schema.attributes()[0].is_guarded());
    assert!(schema.attributes()[6].is_binary());
    let indexes: Vec<_> = schema.indexes().collect();
    assert_eq!(indexes.len(), 1);
    assert_eq!(indexes[0].name(), "by_user");
    assert_eq!(indexes[0].attribute(), "user");
    assert_eq!(indexes[0].key_type(), KeyType::S);
}
