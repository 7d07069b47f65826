use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::index::IndexKey;
use dynamo_session::schema::KeyType;
use dynamo_session::{
    Committed, CreatedAt, DynamoSession, Expires, Session, SessionId, SessionStore,
};
use serde::{Deserialize, Serialize};

use crate::World;

/// A session with an index of every kind.
#[derive(Debug, DynamoSession)]
#[session(table = "logins", idle_timeout = "30m", absolute_timeout = "12h")]
pub struct Login {
    /// The key.
    #[session(hash_key)]
    pub id: SessionId,
    /// The expiry.
    #[session(ttl)]
    pub expires_at: Expires,
    /// The beginning.
    #[session(created)]
    pub created_at: CreatedAt,
    /// Text.
    #[session(index = "by_user")]
    pub user: Option<String>,
    /// A newtype of a number.
    #[session(index = "by_account")]
    pub account: Option<AccountId>,
    /// An enum without data.
    #[session(index = "by_plan")]
    pub plan: Option<Plan>,
    /// Bytes.
    #[session(index = "by_device")]
    pub device: Option<Vec<u8>>,
    /// A number that every session has.
    #[session(index = "by_tenant")]
    pub tenant: i64,
    /// A field with an older name.
    #[session(alias = "agent")]
    pub user_agent: String,
    /// A native set.
    #[session(set)]
    pub roles: BTreeSet<String>,
    /// A struct.
    pub place: Place,
    /// Binary without an index.
    pub digest: Vec<u8>,
}

/// A newtype that is an index's key.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountId(pub u64);

impl IndexKey for AccountId {
    const KEY_TYPE: KeyType = KeyType::N;
}

/// An enum that is an index's key.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Plan {
    /// A variant.
    Free,
    /// Another.
    Paid,
}

impl IndexKey for Plan {
    const KEY_TYPE: KeyType = KeyType::S;
}

/// A struct inside a session.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Text.
    pub city: String,
    /// A number.
    pub floor: u8,
}

impl World {
    /// A stored session of a user, begun a second after the one before.
    pub async fn login(&self, store: &SessionStore<Login>, user: &str) -> Session<Login> {
        self.clock.advance(Duration::from_secs(1));
        let mut session = store.create();
        session.user = Some(user.to_owned());
        match session.commit().await {
            Ok(Committed::Created) => session,
            other => panic!("not created: {other:?}"),
        }
    }

    /// So many of them, the oldest first.
    pub async fn logins(
        &self,
        store: &SessionStore<Login>,
        user: &str,
        count: usize,
    ) -> Vec<Session<Login>> {
        let mut sessions = Vec::new();
        for _ in 0..count {
            sessions.push(self.login(store, user).await);
        }
        self.network.take_sent();
        sessions
    }
}

/// Which of these sessions are alive, in their order.
pub async fn alive(store: &SessionStore<Login>, sessions: &[Session<Login>]) -> Vec<bool> {
    let mut alive = Vec::new();
    for session in sessions {
        match store.load(session.id()).await {
            Ok(loaded) => alive.push(loaded.is_some()),
            Err(error) => panic!("not loaded: {error:?}"),
        }
    }
    alive
}

impl World {
    /// Renews a session from elsewhere; returns its new id.
    pub async fn renewed(&self, store: &SessionStore<Login>, id: &SessionId) -> SessionId {
        let mut session = self.load(store, id).await;
        if let Err(error) = session.renew().await {
            panic!("not renewed: {error:?}");
        }
        session.id().clone()
    }

    /// Deletes an item behind the network's back, as TTL does.
    pub async fn delete(&self, store: &SessionStore<Login>, id: &SessionId) {
        let delete = self.direct.delete_item().table_name(store.table_name());
        let deleted = delete.key("id", AttributeValue::S(Login::SCHEMA.table_key(id))).send().await;
        if let Err(error) = deleted {
            panic!("not deleted: {error:?}");
        }
    }
}

/// The answer of an index to one query: the keys of these sessions, whatever they are by now.
pub fn index_answer<'a>(sessions: impl IntoIterator<Item = &'a SessionId>) -> &'static str {
    let keys: Vec<_> = sessions
        .into_iter()
        .map(|id| serde_json::json!({"id": {"S": Login::SCHEMA.table_key(id)}}))
        .collect();
    let answer =
        serde_json::json!({"Items": keys, "Count": keys.len(), "ScannedCount": keys.len()});
    answer.to_string().leak()
}

/// As [`index_answer`], from the index of which the creation is the sort key: the newest first, as it would be.
pub fn newest_first_answer<'a>(
    sessions: impl IntoIterator<Item = (&'a SessionId, CreatedAt)>,
) -> &'static str {
    let keys: Vec<_> = sessions
        .into_iter()
        .map(|(id, created_at)| {
            let created_at = created_at.epoch_seconds().to_string();
            serde_json::json!({"id": {"S": Login::SCHEMA.table_key(id)}, "created_at": {"N": created_at}})
        })
        .collect();
    let answer =
        serde_json::json!({"Items": keys, "Count": keys.len(), "ScannedCount": keys.len()});
    answer.to_string().leak()
}
