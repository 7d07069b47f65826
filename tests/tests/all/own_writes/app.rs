use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use dynamo_session::{
    DynamoSession, Error, Expires, Logout, Session, SessionId, SessionLayer, SessionStore,
    SessionView,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, DynamoSession)]
#[session(table = "own-writes", idle_timeout = "30m", touch_interval = "1m")]
pub(super) struct Desk {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    user: Option<String>,
    /// By tab: what the last write of that tab was.
    notes: BTreeMap<String, u64>,
    #[session(counter)]
    visits: u64,
}

/// What a page shows of the session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Page {
    pub(super) user: Option<String>,
    pub(super) notes: BTreeMap<String, u64>,
    pub(super) visits: u64,
}

impl Desk {
    fn page(&self) -> String {
        let (user, notes) = (self.user.clone(), self.notes.clone());
        let page = Page { user, notes, visits: self.visits };
        serde_json::to_string(&page).unwrap()
    }
}

/// Which tab asks, and the number of what it asks for.
type Form = Path<(String, u64)>;

type Desks = State<SessionStore<Desk>>;

async fn look(session: SessionView<Desk>) -> String {
    session.page()
}

async fn open(session: Option<Session<Desk>>) -> String {
    session.map_or_else(|| serde_json::to_string(&Page::default()).unwrap(), |desk| desk.page())
}

async fn note(mut session: Session<Desk>, Path((tab, number)): Form) {
    session.notes.insert(tab, number);
}

/// Commits by itself, so that its session is a stored one when the layer looks.
async fn note_at_once(mut session: Session<Desk>, Path((tab, number)): Form) -> Result<(), Error> {
    session.notes.insert(tab, number);
    session.commit().await.map(drop)
}

async fn count(mut session: Session<Desk>) {
    session.visits += 1;
}

/// Past the session that the layer has lent.
async fn note_beside(
    session: SessionView<Desk>,
    State(store): Desks,
    Path((tab, number)): Form,
) -> Result<(), Error> {
    store
        .update(&session.id, |desk| {
            let _ = desk.notes.insert(tab.clone(), number);
        })
        .await
}

async fn log_in(mut session: Session<Desk>, Path((_, number)): Form) -> Result<(), Error> {
    session.renew().await?;
    session.user = Some(number.to_string());
    Ok(())
}

async fn log_out(logout: Logout<Desk>) -> Result<(), Error> {
    logout.end().await
}

async fn restart(mut session: Session<Desk>, Path((tab, number)): Form) -> Result<(), Error> {
    session.restart().await?;
    session.notes.insert(tab, number);
    Ok(())
}

pub(super) fn app(store: SessionStore<Desk>) -> Router {
    let tab = Router::new()
        .route("/look", get(look))
        .route("/open", get(open))
        .route("/note", post(note))
        .route("/note-at-once", post(note_at_once))
        .route("/count", post(count))
        .route("/note-beside", post(note_beside))
        .route("/log-in", post(log_in))
        .route("/log-out", post(log_out))
        .route("/restart", post(restart));
    let layer = SessionLayer::new(store.clone());
    Router::new().nest("/{tab}/{number}", tab).layer(layer).with_state(store)
}
