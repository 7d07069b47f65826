//! Values that DynamoDB does not hold.

use super::*;

#[derive(Debug, DynamoSession)]
#[session(table = "bags")]
struct Bag {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    user: Option<String>,
    number: f64,
    small: f32,
    prices: BTreeMap<String, f64>,
    points: Vec<(f64, f64)>,
    shape: Shape,
    nested: Nested,
    #[session(set)]
    floats: BTreeSet<Float>,
    #[session(set)]
    mixed: BTreeSet<NumberOrText>,
    #[session(whole)]
    layout: BTreeMap<String, u32>,
    #[session(counter)]
    hits: BTreeMap<String, u32>,
    #[session(append)]
    log: Vec<BTreeMap<String, u32>>,
    pairs: BTreeMap<(u8, u8), u32>,
    by_float: BTreeMap<Float, u32>,
    by_option: BTreeMap<Option<u8>, u32>,
    by_number: BTreeMap<u64, u32>,
    collide: BTreeMap<NumberOrText, u32>,
    tree: Tree,
    big: Option<u128>,
    bigger: Option<i128>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
enum Shape {
    #[default]
    None,
    Dot(f64),
    Line(f64, f64),
    Circle {
        radius: f64,
        names: BTreeMap<String, u32>,
    },
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Nested {
    ratio: f64,
    deep: BTreeMap<String, BTreeMap<String, f64>>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Float(f64);

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Float {}

impl PartialOrd for Float {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Float {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(u8),
    Text(String),
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Tree(Vec<Tree>);

impl Tree {
    fn of_depth(depth: usize) -> Self {
        (1..depth).fold(Self::default(), |tree, _| Self(vec![tree]))
    }
}

/// The change is refused in a new session, in a stored one, by `update` and by `renew`: nothing is sent to write,
/// and the handle works again once the value is mended.
async fn assert_refused(attribute: &str, words: &[&str], change: impl Fn(&mut Bag)) {
    let (world, store) = World::with_store::<Bag>().await;
    let check = |error: Error| {
        assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
        assert_eq!(error.attribute(), Some(attribute), "{error}");
        assert_says(&error, &["bags", attribute, "nothing was written"]);
        assert_says(&error, words);
    };

    let mut session = store.create();
    change(&mut session);
    check(session.commit().await.unwrap_err());
    assert!(world.network.take_sent().is_empty());
    assert!(session.is_new());

    let mut session = store.create();
    session.user = Some("ada".to_owned());
    let _ = session.commit().await.unwrap();
    let id = session.id().clone();
    let before = world.item(&store, &id).await.unwrap();
    world.network.take_sent();

    change(&mut session);
    session.user = Some("bob".to_owned());
    check(session.commit().await.unwrap_err());
    assert!(world.network.take_sent().is_empty());
    check(session.renew().await.unwrap_err());
    assert_eq!(session.id(), &id);
    check(store.update(&id, &change).await.unwrap_err());
    assert!(world.network.operations().iter().all(|operation| operation == "GetItem"));
    assert_eq!(world.item(&store, &id).await.unwrap(), before);

    mend(&mut session, store.create());
    assert_eq!(session.commit().await.unwrap(), Committed::Updated);
    assert_ne!(session.id(), &id, "the renewal that was asked for comes first");
    assert_eq!(world.load(&store, session.id()).await.user.as_deref(), Some("bob"));
}

/// Gives every field that may be bad its default.
fn mend(session: &mut Session<Bag>, mut fresh: Session<Bag>) {
    std::mem::swap(&mut **session, &mut *fresh);
    session.id = fresh.id.clone();
    session.expires_at = fresh.expires_at;
    session.user = fresh.user.clone();
}

#[tokio::test]
async fn numbers_that_dynamodb_has_not() {
    let bad = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN,
        1e126,
        -1e126,
        9.9e-131,
        -9.9e-131,
        f64::MIN_POSITIVE,
        5e-324,
    ];
    for value in bad {
        let words: &[&str] = &["DynamoDB can store"];
        assert_refused("number", words, move |bag| bag.number = value).await;
    }
    for value in [f32::NAN, f32::INFINITY] {
        assert_refused("small", &["DynamoDB can store"], move |bag| bag.small = value).await;
    }
}

#[tokio::test]
async fn numbers_that_dynamodb_has_not_inside_a_field() {
    let nan = f64::NAN;
    assert_refused("prices", &["at `sku`", "NaN"], |bag| {
        bag.prices.insert("sku".to_owned(), nan);
    })
    .await;
    assert_refused("points", &["at `[1][0]`", "inf"], |bag| {
        bag.points = vec![(0.0, 0.0), (f64::INFINITY, 0.0)];
    })
    .await;
    assert_refused("nested", &["at `ratio`", "1e200"], |bag| bag.nested.ratio = 1e200).await;
    assert_refused("nested", &["at `deep.a.b`"], |bag| {
        bag.nested.deep.entry("a".to_owned()).or_default().insert("b".to_owned(), 1e-200);
    })
    .await;
    assert_refused("floats", &["at `[1]`"], |bag| {
        bag.floats = [Float(1.0), Float(f64::INFINITY)].into();
    })
    .await;
    assert_refused("shape", &["at `Dot`"], |bag| bag.shape = Shape::Dot(nan)).await;
    assert_refused("shape", &["`Line[1]`"], |bag| bag.shape = Shape::Line(0.0, nan)).await;
    assert_refused("shape", &["`Circle.radius`"], |bag| {
        bag.shape = Shape::Circle { radius: nan, names: BTreeMap::new() };
    })
    .await;
}

#[tokio::test]
async fn numbers_at_the_limits_are_stored_exactly() {
    let good = [
        0.0,
        -0.0,
        9.99e125,
        -9.99e125,
        1e-130,
        -1e-130,
        0.1,
        1.0 / 3.0,
        f64::EPSILON,
        1e17,
        123_456_789_012_345_680.0,
        f64::from(f32::MAX),
        f64::from(f32::MIN_POSITIVE),
        u64::MAX as f64,
    ];
    let (world, store) = World::with_store::<Bag>().await;
    let mut session = store.create();
    for value in good {
        session.number = value;
        session.prices.insert("x".to_owned(), value);
        session.floats = [Float(value), Float(7.5)].into();
        session.small = value as f32;
        if !session.small.is_finite() || (session.small != 0.0 && session.small.abs() < 1e-37) {
            session.small = 0.0;
        }
        let _ = session.commit().await.unwrap();
        let loaded = world.load(&store, session.id()).await;
        assert_eq!((loaded.number, loaded.prices["x"]), (value, value));
        assert_eq!(loaded.small, session.small);
        assert!(loaded.floats.iter().any(|float| float.0 == value), "{value:e}");
    }
}

#[tokio::test]
async fn an_empty_map_key_anywhere() {
    let empty = |value: u32| BTreeMap::from([(String::new(), value)]);
    let words: &[&str] = &["map key is empty"];
    assert_refused("prices", words, |bag| {
        bag.prices.insert(String::new(), 1.0);
    })
    .await;
    assert_refused("nested", &["at `deep`", "map key is empty"], |bag| {
        bag.nested.deep.insert(String::new(), BTreeMap::new());
    })
    .await;
    assert_refused("nested", &["at `deep.a`", "map key is empty"], |bag| {
        bag.nested.deep.insert("a".to_owned(), BTreeMap::from([(String::new(), 1.0)]));
    })
    .await;
    assert_refused("shape", &["at `Circle.names`", "map key is empty"], |bag| {
        bag.shape = Shape::Circle { radius: 1.0, names: empty(1) };
    })
    .await;
    assert_refused("layout", words, |bag| bag.layout = empty(1)).await;
    assert_refused("hits", words, |bag| bag.hits = empty(1)).await;
    assert_refused("log", &["at `[0]`", "map key is empty"], |bag| bag.log.push(empty(1))).await;
}

#[tokio::test]
async fn map_keys_that_are_not_scalars_or_collide() {
    assert_refused("pairs", &["a map key is a tuple", "strings"], |bag| {
        bag.pairs.insert((1, 2), 3);
    })
    .await;
    assert_refused("by_float", &["a map key is a float"], |bag| {
        bag.by_float.insert(Float(1.5), 3);
    })
    .await;
    for key in [None, Some(1)] {
        assert_refused("by_option", &["a map key is an", "option"], |bag| {
            bag.by_option.insert(key, 3);
        })
        .await;
    }
    assert_refused("collide", &["two map keys", "`1`", "would be lost"], |bag| {
        bag.collide.insert(NumberOrText::Number(1), 1);
        bag.collide.insert(NumberOrText::Text("1".to_owned()), 2);
    })
    .await;
}

#[tokio::test]
async fn a_set_of_mixed_types() {
    assert_refused("mixed", &["a set mixes texts, numbers and bytes"], |bag| {
        bag.mixed = [NumberOrText::Number(1), NumberOrText::Text("a".to_owned())].into();
    })
    .await;
}

#[tokio::test]
async fn integers_of_128_bits() {
    let words: &[&str] = &["128-bit", "as text"];
    assert_refused("big", words, |bag| bag.big = Some(u128::MAX)).await;
    assert_refused("big", words, |bag| bag.big = Some(1)).await;
    assert_refused("bigger", words, |bag| bag.bigger = Some(-1)).await;

    #[derive(Debug, DynamoSession)]
    #[session(table = "always-bad")]
    struct AlwaysBad {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        big: u128,
    }
    let world = World::new();
    let built = SessionStore::<AlwaysBad>::builder().client(world.client.clone()).auto_create(true);
    let error = built.build().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Encode, Some("big")));
    assert_says(&error, words);
    assert!(world.network.take_sent().is_empty());
}

#[tokio::test]
async fn nesting_of_33_levels_is_refused_and_of_32_is_stored() {
    assert_refused("tree", &["32 levels"], |bag| bag.tree = Tree::of_depth(33)).await;

    let (world, store) = World::with_store::<Bag>().await;
    let mut session = store.create();
    session.tree = Tree::of_depth(32);
    let _ = session.commit().await.unwrap();
    let mut depth = 0;
    let mut trees = &world.load(&store, session.id()).await.tree.0.clone();
    loop {
        depth += 1;
        match trees.first() {
            Some(tree) => trees = &tree.0,
            None => break,
        }
    }
    assert_eq!(depth, 32);
}
