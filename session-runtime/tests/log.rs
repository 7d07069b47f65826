//! What is traced where no subscriber is installed. In a process of its own: a logger is installed once and for all.

#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use dynamo_session::{DynamoSession, Expires, SessionId, SessionStore};
use log::{Level, LevelFilter, Log, Metadata, Record};

#[derive(DynamoSession)]
#[session(table = "visits")]
struct Visit {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    pages: u32,
}

static RECORDS: Mutex<Vec<(Level, String)>> = Mutex::new(Vec::new());

struct Logger;

impl Log for Logger {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        RECORDS.lock().unwrap().push((record.level(), record.args().to_string()));
    }

    fn flush(&self) {}
}

#[tokio::test]
async fn a_failure_is_not_silent_and_no_id_is_logged() {
    log::set_logger(&Logger).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let client = dynamo_session::embedded::client();
    let store =
        SessionStore::<Visit>::builder().client(client).auto_create(true).build().await.unwrap();
    let mut session = store.create();
    session.pages += 1;
    let _ = session.commit().await.unwrap();
    session.pages += 1;
    let id = session.id().clone();
    drop(session);
    let records = RECORDS.lock().unwrap();
    let lost = |(level, text): &&(Level, String)| {
        *level == Level::Warn && text.contains("dropped with changes that were not committed")
    };
    assert_eq!(records.iter().filter(lost).count(), 1);
    assert!(records.iter().all(|(_, text)| !text.contains(&id.expose_secret())));
}
