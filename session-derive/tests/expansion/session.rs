/// A session with a field of every kind.
#[derive(Debug, DynamoSession)]
#[session(
    table = "shop-sessions",
    idle_timeout = "30m",
    remember_timeout = "30 days",
    absolute_timeout = "90 days",
    touch_interval = "1m",
    rename_all = "camelCase"
)]
pub struct Shop<T>
where
    T: Clone,
{
    #[session(hash_key)]
    pub id: SessionId,
    #[session(ttl, rename = "ttl")]
    pub expires_at: Expires,
    #[session(created)]
    pub created_at: CreatedAt,
    #[session(authenticated)]
    pub authenticated_at: Option<AuthenticatedAt>,
    #[session(index = "by_user", guard)]
    pub user: Option<String>,
    #[session(remember)]
    pub remember: bool,
    pub cart: BTreeMap<String, u32>,
    #[session(counter, default = 10)]
    pub credits: u8,
    #[session(counter)]
    pub hits: BTreeMap<String, i64>,
    #[session(append, alias = "history")]
    pub seen: Vec<T>,
    #[session(set)]
    pub roles: BTreeSet<String>,
    #[session(whole)]
    pub layout: BTreeMap<String, u32>,
    #[session(merge, lenient)]
    pub preferences: Preferences,
    #[session(with = as_text)]
    pub price: Price,
    pub avatar: Vec<u8>,
    #[session(secret, guard)]
    pub token: Option<String>,
    #[session(secret = "read")]
    pub formerly_secret: Vec<u8>,
    #[session(skip)]
    pub scratch: Vec<String>,
}
