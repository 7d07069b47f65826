use std::collections::{BTreeMap, BTreeSet};

use dynamo_session::{Committed, CreatedAt, DynamoSession, Expires, SessionId, SessionStore};
use serde::{Deserialize, Serialize};

/// The same session for each form that a table's key can have.
macro_rules! shop {
    ($($option:tt)*) => {
        /// A session with a field of every role.
        #[derive(Debug, DynamoSession)]
        #[session(
            table = "shop-sessions",
            idle_timeout = "30m",
            absolute_timeout = "12h",
            touch_interval = "1m"
            $($option)*
        )]
        pub struct Shop {
            /// The key.
            #[session(hash_key)]
            pub id: SessionId,
            /// The expiry.
            #[session(ttl)]
            pub expires_at: Expires,
            /// The beginning.
            #[session(created)]
            pub created_at: CreatedAt,
            /// Who is logged in.
            pub user: Option<String>,
            /// A map at the top level.
            pub cart: BTreeMap<String, u32>,
            /// Maps and structs, nested.
            #[session(merge)]
            pub preferences: Preferences,
            /// An enum with data.
            pub payment: Payment,
            /// A counter.
            #[session(counter)]
            pub views: u64,
            /// A counter with a narrow range.
            #[session(counter, default = 10)]
            pub credits: u8,
            /// A map of counters.
            #[session(counter)]
            pub hits: BTreeMap<String, i64>,
            /// A list that grows.
            #[session(append)]
            pub seen: Vec<String>,
            /// A list without a role.
            pub recent: Vec<u32>,
            /// A set of texts.
            #[session(set)]
            pub roles: BTreeSet<String>,
            /// A set that does not start empty.
            #[session(set, default = BTreeSet::from([1]))]
            pub levels: BTreeSet<u32>,
            /// A map that is replaced as one value.
            #[session(whole)]
            pub layout: BTreeMap<String, u32>,
            /// Bytes.
            pub avatar: Vec<u8>,
            /// A flash message.
            pub notice: Option<String>,
            /// An option that starts with a value.
            #[session(default = Some("light".to_owned()))]
            pub theme: Option<String>,
        }

        /// Stores a session of the user `ada`.
        pub async fn stored(store: &SessionStore<Shop>) -> SessionId {
            let mut session = store.create();
            session.user = Some("ada".to_owned());
            match session.commit().await {
                Ok(Committed::Created) => session.id().clone(),
                other => panic!("not created: {other:?}"),
            }
        }
    };
}

shop!();

/// The same in a table with a sort key.
pub mod with_sort_key {
    use super::*;

    shop!(, sort_key = "range");
}

/// The same among items of other kinds, which a text in the sort key tells apart.
pub mod with_fixed_sort_key {
    use super::*;

    shop!(, sort_key = "range", sort_key_value = "SESSION");
}

/// A nested struct.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preferences {
    /// A plain value.
    pub language: String,
    /// Another.
    pub currency: String,
    /// A map that may be absent.
    pub tags: Option<BTreeMap<String, bool>>,
    /// A map of maps.
    pub shelves: BTreeMap<String, BTreeMap<String, u32>>,
}

/// An enum whose variants hold data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Payment {
    /// A unit variant.
    #[default]
    None,
    /// A struct variant.
    Card {
        /// The last digits.
        digits: String,
        /// Its expiry.
        month: u8,
    },
    /// A newtype variant.
    Invoice(String),
}
