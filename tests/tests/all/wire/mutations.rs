//! Bodies with random mistakes, read by the store and by hand: the same session, or an error on both sides.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{DynamoSession, Expires, ManualClock, SessionId, SessionStore};
use proptest::prelude::*;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use super::client::Answering;

const NOW: i64 = 1_800_000_000;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Line {
    title: String,
    quantity: u32,
    note: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
enum Choice {
    #[default]
    None,
    One(u64),
    Two(i8, String),
    Line {
        line: Line,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Text { text: String },
    Number { number: f64 },
}

impl Default for Tagged {
    fn default() -> Self {
        Self::Text { text: String::new() }
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Unit;

/// The same fields as a session and as one reads them by hand.
macro_rules! fields {
    ($($(#[$attribute:meta])* $name:ident: $type:ty => $by_hand:ty),* $(,)?) => {
        #[derive(DynamoSession)]
        #[session(table = "wire")]
        struct Everything {
            #[session(hash_key)]
            id: SessionId,
            #[session(ttl)]
            expires_at: Expires,
            $($(#[$attribute])* $name: $type,)*
        }

        #[derive(Debug, Default, Deserialize)]
        #[expect(dead_code, reason = "it is compared as `Debug` prints it, where NaN is NaN")]
        struct ByHand {
            $(#[serde(default)] $name: $by_hand,)*
        }

        impl From<&Everything> for ByHand {
            fn from(session: &Everything) -> Self {
                Self { $($name: session.$name.clone().into(),)* }
            }
        }
    };
}

fields! {
    user: Option<String> => Option<String>,
    count: u64 => u64,
    small: i8 => i8,
    ratio: f64 => f64,
    single: f32 => f32,
    is: bool => bool,
    letter: char => char,
    unit: Unit => Unit,
    cart: BTreeMap<String, Line> => BTreeMap<String, Line>,
    places: BTreeMap<u32, (i64, bool)> => BTreeMap<u32, (i64, bool)>,
    list: Vec<Option<Choice>> => Vec<Option<Choice>>,
    array: [u16; 3] => [u16; 3],
    choice: Choice => Choice,
    tagged: Tagged => Tagged,
    any: Any => Any,
    bytes: Vec<u8> => serde_bytes::ByteBuf,
    #[session(set)]
    roles: BTreeSet<String> => OrEmpty<BTreeSet<String>>,
    #[session(set)]
    ids: BTreeSet<u16> => OrEmpty<BTreeSet<u16>>,
}

/// Whatever the item has.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Any(serde_json::Value);

/// NULL is an empty set.
#[derive(Default)]
struct OrEmpty<T>(T);

impl<'de, T: DeserializeOwned + Default> Deserialize<'de> for OrEmpty<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::deserialize(deserializer)?.unwrap_or_default()))
    }
}

impl<T> From<T> for OrEmpty<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: fmt::Debug> fmt::Debug for OrEmpty<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

const BODY: &str = r#"{"ConsumedCapacity":{"TableName":"wire","CapacityUnits":1.0},"Item":{
"id":{"S":"Everything#x"},"expires_at":{"N":"1800000060"},"_seq":{"N":"7"},"_commits":{"M":{"abc":{"N":"15"},"def":{"N":"9"}}},
"user":{"S":"ad\u00e1 \ud83d\ude00 \"q\" é😀"},"count":{"N":"18446744073709551615"},"small":{"N":"-128"},"ratio":{"N":"1.5E-7"},
"single":{"N":"0.25"},"is":{"BOOL":true},"letter":{"S":"é"},"unit":{"NULL":true},
"cart":{"M":{"sku-1":{"M":{"title":{"S":"Engine"},"quantity":{"N":"2"},"note":{"NULL":true},"new":{"L":[{"N":"1"},{"B":"AAE="}]}}},
"sku-2":{"M":{"title":{"S":""},"quantity":{"N":"0"}}}}},
"places":{"M":{"1":{"L":[{"N":"-5"},{"BOOL":false}]},"42":{"L":[{"N":"5"},{"BOOL":true}]}}},
"list":{"L":[{"S":"None"},{"NULL":true},{"M":{"One":{"N":"3"}}},{"M":{"Two":{"L":[{"N":"1"},{"S":"x"}]}}}]},
"array":{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]},"choice":{"M":{"Line":{"M":{"line":{"M":{"title":{"S":"t"},"quantity":{"N":"1"}}}}}}},
"tagged":{"M":{"kind":{"S":"Number"},"number":{"N":"2.5"}}},
"any":{"M":{"a":{"L":[{"S":"s"},{"N":"1"},{"N":"1.5"},{"BOOL":true},{"NULL":true},{"SS":["x","y"]},{"NS":["1","2"]}]}}},
"bytes":{"B":"AAH/"},"roles":{"SS":["admin","staff"]},"ids":{"NS":["1","65535"]},
"foreign":{"M":{"x":{"BS":["AA==","AQ=="]},"y":{"L":[]}}}}}"#;

/// What takes the place of some bytes, or comes between.
const PIECES: [&str; 22] = [
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\\",
    "\\u",
    "\\ud83d",
    "null",
    "true",
    "0",
    "-",
    "e9",
    " ",
    "é",
    r#"{"NULL":true}"#,
    r#"{"NULL":false}"#,
    r#"{"S":"x"}"#,
    r#"{"N":"1"}"#,
    r#""__type":"x","#,
];

#[derive(Clone, Debug)]
enum Mutation {
    Flip(usize, u8),
    Replace(usize, usize, usize),
    Copy(usize, usize, usize),
    Truncate(usize),
}

impl Mutation {
    fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            4 => (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Self::Flip(at, byte)),
            8 => (any::<usize>(), 0..4_usize, any::<usize>())
                .prop_map(|(at, length, piece)| Self::Replace(at, length, piece)),
            2 => (any::<usize>(), any::<usize>(), 1..40_usize)
                .prop_map(|(from, to, length)| Self::Copy(from, to, length)),
            1 => any::<usize>().prop_map(Self::Truncate),
        ]
    }

    fn apply(&self, body: &mut Vec<u8>) {
        let within = |at: usize, body: &[u8]| at % (body.len() + 1);
        match *self {
            Self::Flip(at, byte) => {
                let at = within(at, body);
                if let Some(old) = body.get_mut(at) {
                    *old = byte;
                }
            }
            Self::Replace(at, length, piece) => {
                let start = within(at, body);
                let end = (start + length).min(body.len());
                body.splice(start..end, PIECES[piece % PIECES.len()].bytes());
            }
            Self::Copy(from, to, length) => {
                let (start, to) = (within(from, body), within(to, body));
                let piece = body[start..(start + length).min(body.len())].to_vec();
                body.splice(to..to, piece);
            }
            Self::Truncate(at) => body.truncate(within(at, body)),
        }
    }
}

struct Readers {
    runtime: Runtime,
    answering: Answering,
    store: SessionStore<Everything>,
    client: Client,
}

impl Readers {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answering = Answering::default();
        let clock = ManualClock::at_epoch_seconds(NOW);
        let store = SessionStore::builder().client(answering.client()).clock(clock).build();
        let store = runtime.block_on(store).unwrap();
        let client = answering.client();
        Self { runtime, answering, store, client }
    }

    fn ours(&self) -> Result<Option<String>, String> {
        let loaded = self.runtime.block_on(self.store.load(&SessionId::generate()));
        match loaded {
            Ok(session) => Ok(session.map(|session| format!("{:?}", ByHand::from(&*session)))),
            Err(error) => Err(format!("{error:?}")),
        }
    }

    fn by_hand(&self) -> Result<Option<String>, String> {
        let get = self.client.get_item().table_name("wire");
        let get = get.key("id", AttributeValue::S("x".to_owned())).send();
        let output = self.runtime.block_on(get).map_err(|error| format!("{error:?}"))?;
        let Some(item) = output.item else { return Ok(None) };
        let number = |name: &str| item.get(name).map(|value| value.as_n().cloned());
        let expires = number("expires_at").ok_or("no expiry")?.map_err(|_| "no number")?;
        let expires: i64 = match (expires.parse(), expires.parse::<f64>()) {
            (Ok(seconds), _) => seconds,
            (_, Ok(seconds)) if seconds.is_finite() => seconds.floor() as i64,
            _ => return Err("no instant".to_owned()),
        };
        if let Some(sequence) = number("_seq") {
            let _: i64 = sequence.map_err(|_| "no number")?.parse().map_err(|_| "not whole")?;
        }
        if let Some(commits) = item.get("_commits") {
            for last in commits.as_m().map_err(|_| "no map")?.values() {
                let _: i64 =
                    last.as_n().map_err(|_| "no number")?.parse().map_err(|_| "not whole")?;
            }
        }
        if expires <= NOW {
            return Ok(None);
        }
        let fields: HashMap<_, _> = item
            .into_iter()
            .filter(|(name, _)| !matches!(&**name, "foreign" | "id" | "expires_at"))
            .collect();
        if fields.values().any(is_unknown) {
            return Err("a type that serde_dynamo does not know".to_owned());
        }
        let row: ByHand = serde_dynamo::from_item(fields).map_err(|error| error.to_string())?;
        Ok(Some(format!("{row:?}")))
    }
}

fn is_unknown(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::L(elements) => elements.iter().any(is_unknown),
        AttributeValue::M(entries) => entries.values().any(is_unknown),
        other => format!("{other:?}") == "Unknown",
    }
}

/// JSON in which no object has a key twice: what is made of those is up to who reads them.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !keys.insert(key) {
                return Err(serde::de::Error::custom("a key that is there twice"));
            }
            map.next_value::<Self>()?;
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
}

fn require_alike(readers: &Readers, body: &[u8]) -> Result<(), TestCaseError> {
    readers.answering.with(body);
    let (ours, by_hand) = (readers.ours(), readers.by_hand());
    match (&ours, &by_hand) {
        (Ok(ours), Ok(by_hand)) => prop_assert_eq!(ours, by_hand),
        (Err(_), Err(_)) => {}
        // Where the SDK's reader and another one disagree, or keys are there twice, either will do.
        _ if serde_json::from_slice::<Unique>(body).is_err() => {}
        _ => {
            let body = String::from_utf8_lossy(body);
            prop_assert!(false, "{body}\nours: {ours:?}\nby hand: {by_hand:?}");
        }
    }
    Ok(())
}

#[test]
fn a_body_without_mistakes_is_read_as_by_hand() {
    let readers = Readers::new();
    readers.answering.with(BODY.as_bytes());
    let by_hand = readers.by_hand().unwrap();
    assert!(by_hand.is_some());
    assert_eq!(readers.ours().unwrap(), by_hand);
    let _: IgnoredAny = serde_json::from_str(BODY).unwrap();
}

/// `DYNAMO_SESSION_TEST_BODIES` says how many.
#[test]
fn a_body_with_mistakes_is_read_as_by_hand_or_refused_on_both_sides() {
    let bodies = std::env::var("DYNAMO_SESSION_TEST_BODIES").ok();
    let bodies = bodies.and_then(|bodies| bodies.parse().ok()).unwrap_or(1500);
    let readers = Readers::new();
    let config = ProptestConfig { cases: bodies, failure_persistence: None, ..Default::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&prop::collection::vec(Mutation::any(), 1..4), |mutations| {
            let mut body = BODY.as_bytes().to_vec();
            mutations.iter().for_each(|mutation| mutation.apply(&mut body));
            require_alike(&readers, &body)
        })
        .unwrap();
}
