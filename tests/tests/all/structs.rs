//! What serde writes as a struct is one value, unless the field says `merge`.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::ops::Range;
use std::time::{Duration, SystemTime};

use dynamo_session::{DynamoSession, Expires, SessionId};
use dynamo_session_tests::World;
use serde::de::DeserializeOwned;
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};
use serde_json::{Value, json};

#[derive(Debug, DynamoSession)]
#[session(table = "plain")]
struct Plain<T> {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    value: Option<T>,
}

#[derive(Debug, DynamoSession)]
#[session(table = "merging")]
struct Merging<T> {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(merge)]
    value: Option<T>,
}

/// What two sessions leave behind that change the same value, and commit one after the other.
macro_rules! race {
    ($session:ident, $start:expr, $first:expr, $second:expr) => {{
        let world = World::new();
        let store = world.store::<$session<_>>().await;
        let mut session = store.create();
        session.value = Some($start);
        let _ = session.commit().await.unwrap();
        let id = session.id().clone();
        let (mut one, mut other) = (world.load(&store, &id).await, world.load(&store, &id).await);
        change(&mut one.value, $first);
        change(&mut other.value, $second);
        let _ = one.commit().await.unwrap();
        let _ = other.commit().await.unwrap();
        let result = world.load(&store, &id).await.value.clone().unwrap();
        result
    }};
}

fn change<T>(value: &mut Option<T>, change: impl FnOnce(&mut T)) {
    change(value.as_mut().unwrap());
}

/// The later commit wins whole, whether or not the field merges.
async fn assert_one_value<T>(start: T, first: fn(&mut T), second: fn(&mut T))
where
    T: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let mut later = start.clone();
    second(&mut later);
    assert_eq!(race!(Plain, start.clone(), first, second), later, "without `merge`");
    assert_eq!(race!(Merging, start, first, second), later, "with `merge`");
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Money {
    amount: u64,
    currency: String,
}

fn money(amount: u64, currency: &str) -> Money {
    Money { amount, currency: currency.to_owned() }
}

#[tokio::test]
async fn two_commits_do_not_make_an_amount_that_nobody_wrote() {
    let stored = race!(
        Plain,
        money(5, "EUR"),
        |money: &mut Money| money.amount = 700,
        |money: &mut Money| money.currency = "JPY".to_owned()
    );
    assert_eq!(stored, money(5, "JPY"));
}

#[tokio::test]
async fn structs_of_the_standard_library_are_one_value() {
    let duration = race!(
        Plain,
        Duration::new(1, 0),
        |duration: &mut Duration| *duration = Duration::new(2, 0),
        |duration: &mut Duration| *duration = Duration::new(1, 500_000_000)
    );
    assert_eq!(duration, Duration::new(1, 500_000_000));

    let range =
        race!(Plain, 10..20_u32, |range: &mut Range<u32>| range.start = 19, |range: &mut Range<
            u32,
        >| range.end =
            11);
    assert_eq!(range, 10..11);

    let at = |seconds, nanoseconds| SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds);
    let time = race!(
        Plain,
        at(1, 0),
        |time: &mut SystemTime| *time = at(2, 0),
        |time: &mut SystemTime| *time = at(1, 5)
    );
    assert_eq!(time, at(1, 5));
}

type Map<V> = BTreeMap<String, V>;

fn map<V, const N: usize>(entries: [(&str, V); N]) -> Map<V> {
    entries.map(|(key, value)| (key.to_owned(), value)).into()
}

/// Each key merges on its own, and the struct under it does not.
#[tokio::test]
async fn a_struct_in_a_map_is_one_value_and_the_map_merges() {
    let start = map([("de", map([("a", money(1, "EUR"))]))]);
    let stored = race!(
        Plain,
        start,
        |shops: &mut Map<Map<Money>>| {
            shops.get_mut("de").unwrap().get_mut("a").unwrap().amount = 2;
            shops.get_mut("de").unwrap().insert("b".to_owned(), money(7, "EUR"));
        },
        |shops: &mut Map<Map<Money>>| {
            shops.get_mut("de").unwrap().get_mut("a").unwrap().currency = "USD".to_owned();
            shops.insert("jp".to_owned(), map([]));
        }
    );
    let expected = map([("a", money(1, "USD")), ("b", money(7, "EUR"))]);
    assert_eq!(stored, map([("de", expected), ("jp", map([]))]));
}

/// A map inside a struct is part of the struct's value.
#[tokio::test]
async fn a_map_in_a_struct_belongs_to_its_value() {
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Outer {
        inner: Map<u32>,
    }
    let stored = race!(
        Plain,
        Outer { inner: map([("a", 1)]) },
        |outer: &mut Outer| {
            outer.inner.insert("b".to_owned(), 2);
        },
        |outer: &mut Outer| {
            outer.inner.insert("c".to_owned(), 3);
        }
    );
    assert_eq!(stored, Outer { inner: map([("a", 1), ("c", 3)]) });
}

#[tokio::test]
async fn json_objects_merge_at_any_depth() {
    let stored = race!(
        Plain,
        json!({ "a": { "x": 1, "y": 1 }, "b": [1] }),
        |value: &mut Value| value["a"]["x"] = json!(2),
        |value: &mut Value| value["a"]["y"] = json!({ "z": 3 })
    );
    assert_eq!(stored, json!({ "a": { "x": 2, "y": { "z": 3 } }, "b": [1] }));
}

#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Profile {
    name: String,
    place: Place,
    links: HashMap<u32, Place>,
    last: Option<Box<Profile>>,
}

#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Place {
    city: String,
    street: String,
}

/// `merge`: at any depth, through maps, options and boxes.
#[tokio::test]
async fn a_field_marked_merge_merges_its_structs() {
    let start = Profile {
        links: HashMap::from([(7, Place::default())]),
        last: Some(Box::default()),
        ..Profile::default()
    };
    let text = str::to_owned;
    let stored = race!(
        Merging,
        start,
        |profile: &mut Profile| {
            profile.name = text("ada");
            profile.place.city = text("Paris");
            profile.links.get_mut(&7).unwrap().city = text("Rome");
            profile.last.as_mut().unwrap().place.city = text("Oslo");
        },
        |profile: &mut Profile| {
            profile.place.street = text("Rue");
            profile.links.get_mut(&7).unwrap().street = text("Via");
            profile.last.as_mut().unwrap().place.street = text("Gate");
            profile.last.as_mut().unwrap().name = text("bob");
        }
    );
    let place = |city, street| Place { city: text(city), street: text(street) };
    assert_eq!(stored.place, place("Paris", "Rue"));
    assert_eq!(stored.links[&7], place("Rome", "Via"));
    let last = Profile { name: text("bob"), place: place("Oslo", "Gate"), ..Profile::default() };
    assert_eq!(stored, Profile { name: text("ada"), last: Some(Box::new(last)), ..stored.clone() });
}

// One tab goes on to shipping, the other corrects the e-mail.

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "step", content = "data")]
enum Adjacent {
    Start,
    Email(String),
    Shipping { zip: String, floor: u8 },
    Both(u8, u8),
}

#[tokio::test]
async fn an_adjacently_tagged_enum_is_one_value() {
    let shipping = || Adjacent::Shipping { zip: "1".to_owned(), floor: 1 };
    for start in [Adjacent::Start, Adjacent::Email(String::new()), shipping(), Adjacent::Both(1, 2)]
    {
        assert_one_value(
            start.clone(),
            |step| *step = Adjacent::Shipping { zip: "75001".to_owned(), floor: 1 },
            |step| *step = Adjacent::Email("ada@example.com".to_owned()),
        )
        .await;
    }
    assert_one_value(
        shipping(),
        |step| *step = Adjacent::Shipping { zip: "2".to_owned(), floor: 1 },
        |step| *step = Adjacent::Shipping { zip: "1".to_owned(), floor: 2 },
    )
    .await;
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "type")]
enum Internal {
    Start,
    Pay { amount: u64, currency: String },
    Ship(Place),
    Note(Map<String>),
    Nothing(()),
    Step(Adjacent),
    Kind(Kind),
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
enum Kind {
    A { x: u8 },
    B(u8, u8),
}

#[tokio::test]
async fn an_internally_tagged_enum_is_one_value() {
    let note = || map([("a", "x".to_owned())]);
    let starts = [
        Internal::Start,
        Internal::Pay { amount: 1, currency: "EUR".to_owned() },
        Internal::Ship(Place::default()),
        Internal::Note(note()),
        Internal::Nothing(()),
        Internal::Step(Adjacent::Both(1, 2)),
        Internal::Kind(Kind::A { x: 1 }),
        Internal::Kind(Kind::B(1, 1)),
    ];
    for start in starts {
        assert_one_value(
            start.clone(),
            |step| *step = Internal::Pay { amount: 9, currency: "JPY".to_owned() },
            |step| *step = Internal::Note(map([("b", "y".to_owned())])),
        )
        .await;
    }
    assert_one_value(
        Internal::Note(note()),
        |step| *step = Internal::Note(map([("a", "x".to_owned()), ("b", "y".to_owned())])),
        |step| *step = Internal::Note(map([])),
    )
    .await;
    assert_one_value(
        Internal::Ship(Place::default()),
        |step| *step = Internal::Ship(Place { city: "Paris".to_owned(), street: String::new() }),
        |step| *step = Internal::Ship(Place { city: String::new(), street: "Rue".to_owned() }),
    )
    .await;
}

/// A tagged enum inside merging structs and maps is one value; what is around it merges.
#[tokio::test]
async fn enums_inside_a_merging_field_are_one_value() {
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Order {
        place: Place,
        steps: Map<Internal>,
        step: Adjacent,
        kind: Kind,
    }
    let text = str::to_owned;
    let start = Order {
        place: Place::default(),
        steps: map([("a", Internal::Pay { amount: 1, currency: text("EUR") })]),
        step: Adjacent::Shipping { zip: text("1"), floor: 1 },
        kind: Kind::A { x: 1 },
    };
    let stored = race!(
        Merging,
        start,
        |order: &mut Order| {
            order.place.city = text("Paris");
            order.steps.insert(text("a"), Internal::Pay { amount: 2, currency: text("EUR") });
            order.step = Adjacent::Shipping { zip: text("2"), floor: 1 };
            order.kind = Kind::B(1, 2);
        },
        |order: &mut Order| {
            order.place.street = text("Rue");
            order.steps.insert(text("a"), Internal::Pay { amount: 1, currency: text("USD") });
            order.step = Adjacent::Email(text("ada@example.com"));
            order.kind = Kind::A { x: 2 };
        }
    );
    let expected = Order {
        place: Place { city: text("Paris"), street: text("Rue") },
        steps: map([("a", Internal::Pay { amount: 1, currency: text("USD") })]),
        step: Adjacent::Email(text("ada@example.com")),
        kind: Kind::A { x: 2 },
    };
    assert_eq!(stored, expected);
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Flat {
    name: String,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
enum Rest {
    Place(Place),
    Other(Map<u32>),
}

/// serde writes it as a map, and what is flattened into it may be an enum.
#[tokio::test]
async fn a_struct_with_flatten_is_one_value() {
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Extra {
        #[serde(flatten)]
        rest: Map<u32>,
    }
    assert_one_value(
        Extra { rest: map([("a", 1), ("b", 1)]) },
        |extra| {
            extra.rest.insert("a".to_owned(), 2);
        },
        |extra| {
            extra.rest.insert("b".to_owned(), 2);
        },
    )
    .await;
    let named = |name: &str, rest| Flat { name: name.to_owned(), rest };
    for start in [Rest::Place(Place::default()), Rest::Other(map([("a", 1)]))] {
        assert_one_value(
            named("", start),
            |flat| flat.rest = Rest::Other(map([("a", 2)])),
            |flat| flat.rest = Rest::Place(Place { city: "Paris".to_owned(), ..Place::default() }),
        )
        .await;
    }
}

/// A struct that is generic, or written by hand, is one like any other.
#[tokio::test]
async fn structs_written_by_hand_merge_where_the_field_says_so() {
    #[derive(Clone, Debug, PartialEq, serde::Deserialize)]
    struct ByHand {
        x: u32,
        y: u32,
    }
    impl Serialize for ByHand {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut fields = serializer.serialize_struct("ByHand", 2)?;
            fields.serialize_field("x", &self.x)?;
            fields.serialize_field("y", &self.y)?;
            fields.end()
        }
    }
    let first = |value: &mut ByHand| value.x = 2;
    let second = |value: &mut ByHand| value.y = 2;
    assert_eq!(race!(Plain, ByHand { x: 1, y: 1 }, first, second), ByHand { x: 1, y: 2 });
    assert_eq!(race!(Merging, ByHand { x: 1, y: 1 }, first, second), ByHand { x: 2, y: 2 });
}

/// What says its length is a map, however its keys come.
#[tokio::test]
async fn maps_written_by_hand_merge() {
    #[derive(Clone, Debug, PartialEq, serde::Deserialize)]
    #[serde(transparent)]
    struct ByHand(Map<u32>);
    impl Serialize for ByHand {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut entries = serializer.serialize_map(Some(self.0.len()))?;
            for (key, value) in &self.0 {
                entries.serialize_entry(key.as_str(), value)?;
            }
            entries.end()
        }
    }
    let stored = race!(
        Plain,
        ByHand(map([("a", 1), ("b", 1)])),
        |value: &mut ByHand| {
            value.0.insert("a".to_owned(), 2);
        },
        |value: &mut ByHand| {
            value.0.insert("b".to_owned(), 2);
        }
    );
    assert_eq!(stored, ByHand(map([("a", 2), ("b", 2)])));
}
