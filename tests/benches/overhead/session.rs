//! One session, as our type and as one would write it by hand.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{CreatedAt, DynamoSession, Expires, SessionId, SessionKey as _};
use serde::{Deserialize, Serialize};

pub(crate) const TABLE: &str = "shop-sessions";
pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const EXPIRES: i64 = NOW + 1800;
/// When a touch is due: past the touch interval of a session that expires at `EXPIRES`.
pub(crate) const LATER: i64 = NOW + 120;
pub(crate) const NOTICE: &str = "Added to your cart";

/// Gives every field another value of the same size.
macro_rules! change_all {
    ($session:expr) => {{
        let session = $session;
        session.user = Some("bob@example.com".to_owned());
        session.csrf_token = "wYt5kLs8r2xJWm0VbXn3fq".to_owned();
        session.visits += 1;
        session.address.city = "Dublin".to_owned();
        for line in session.cart.values_mut() {
            line.quantity += 1;
        }
        for page in &mut session.recent {
            page.make_ascii_uppercase();
        }
        session.notice = Some(crate::session::NOTICE.to_owned());
    }};
}
pub(crate) use change_all;

#[derive(DynamoSession)]
#[session(
    table = "shop-sessions",
    idle_timeout = "30m",
    absolute_timeout = "12h",
    touch_interval = "1m"
)]
pub(crate) struct Visit {
    #[session(hash_key)]
    pub(crate) id: SessionId,
    #[session(ttl)]
    pub(crate) expires_at: Expires,
    #[session(created)]
    pub(crate) created_at: CreatedAt,
    pub(crate) user: Option<String>,
    pub(crate) csrf_token: String,
    pub(crate) visits: u64,
    pub(crate) address: Address,
    pub(crate) cart: BTreeMap<String, Line>,
    pub(crate) recent: Vec<String>,
    pub(crate) notice: Option<String>,
}

/// The same session as one would write it by hand.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) expires_at: i64,
    pub(crate) created_at: i64,
    pub(crate) user: Option<String>,
    pub(crate) csrf_token: String,
    pub(crate) visits: u64,
    pub(crate) address: Address,
    pub(crate) cart: BTreeMap<String, Line>,
    pub(crate) recent: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notice: Option<String>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) street: String,
    pub(crate) city: String,
    pub(crate) country: String,
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) title: String,
    pub(crate) quantity: u32,
    pub(crate) cents: u64,
}

impl Row {
    pub(crate) fn of_bytes(id: &SessionId, bytes: usize) -> Self {
        let mut row = Self {
            id: id.attribute_value(),
            expires_at: EXPIRES,
            created_at: NOW - 600,
            user: Some("ada@example.com".to_owned()),
            csrf_token: "qf3nXbV0mWJx2r8sLk5tYw".to_owned(),
            visits: 17,
            address: Address {
                street: "12 St James's Square".to_owned(),
                city: "London".to_owned(),
                country: "GB".to_owned(),
            },
            cart: BTreeMap::new(),
            recent: Vec::new(),
            notice: None,
        };
        while size(&AttributeValue::M(row.item())) < bytes {
            let number = row.cart.len();
            let line = Line {
                title: format!("Analytical engine, model {number}"),
                quantity: 2,
                cents: 129_900,
            };
            row.cart.insert(format!("sku-{number:05}"), line);
            row.recent.push(format!("/products/engine-{number:05}"));
        }
        row
    }

    pub(crate) fn item(&self) -> HashMap<String, AttributeValue> {
        serde_dynamo::to_item(self).unwrap()
    }
}

/// About what DynamoDB counts.
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::M(entries) => entries.iter().map(|(k, v)| k.len() + size(v)).sum(),
        AttributeValue::L(elements) => elements.iter().map(size).sum(),
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(text) => text.len() / 2 + 1,
        _ => 1,
    }
}
