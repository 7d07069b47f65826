use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    #[serde(rename = "pk")]
    id: SessionId,
    #[session(ttl)]
    #[serde(skip, default = "never")]
    expires_at: Expires,
    #[serde(skip)]
    token: String,
    #[serde(skip_serializing, default)]
    cached: u32,
    #[serde(rename = "pv", alias = "views")]
    page_views: u32,
    #[serde(with = "crate::codec")]
    temperature: f64,
    #[serde(default = "Login::language")]
    language: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(flatten)]
    rest: std::collections::BTreeMap<String, u32>,
    #[serde(serialize_with = "crate::codec::serialize")]
    #[serde(rename(serialize = "a", deserialize = "b"))]
    #[serde(borrow)]
    other: u32,
}

fn main() {}
