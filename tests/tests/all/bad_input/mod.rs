//! What comes from outside and is wrong: each has a clear error or a defined meaning, and nothing is overwritten.

mod ids;
mod items;
mod size;
mod tables;
mod values;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{
    Committed, CreatedAt, DynamoSession, Error, ErrorKind, Expires, OnUndecodable, Session,
    SessionId, SessionKey, SessionStore,
};
use dynamo_session_tests::attribute::{Item, m, n, s};
use dynamo_session_tests::{Shop, World};
use serde::{Deserialize, Serialize};

const NOW: i64 = 1_800_000_000;

fn assert_says(error: &Error, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "`{word}` is missing: {text}");
    }
}
