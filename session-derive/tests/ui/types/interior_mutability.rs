use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, RwLock};

use dynamo_session::{DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
struct Login {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    hits: AtomicU64,
    path: std::sync::atomic::AtomicBool,
    step: Cell<u32>,
    names: RefCell<Vec<String>>,
    shared: Arc<Mutex<String>>,
    maps: BTreeMap<String, Option<RwLock<u32>>>,
    pair: (u32, [Cell<u32>; 2]),
    #[session(with = codec)]
    coded: Mutex<u32>,
    #[session(skip)]
    skipped: Mutex<u32>,
}

fn main() {}
