//! Uses a store that takes everything from the environment, and says what came of it: for `tests/environment.rs`.

#![allow(clippy::print_stdout)]

use dynamo_session::{DynamoSession, Error, Expires, SessionId, SessionStore};

#[derive(DynamoSession)]
#[session(table = "environment-sessions")]
struct Visit {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    pages: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    match use_store().await {
        Ok(pages) => println!("stored {pages}"),
        Err(error) => println!("{:?}: {error}", error.kind()),
    }
}

async fn use_store() -> Result<u32, Error> {
    let store = SessionStore::<Visit>::builder().auto_create(true).build().await?;
    let mut session = store.create();
    session.pages = 7;
    let _ = session.commit().await?;
    let loaded = store.load(session.id()).await?;
    Ok(loaded.map_or(0, |session| session.pages))
}
