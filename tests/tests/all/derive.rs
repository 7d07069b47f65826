//! What the derive says about a session as data.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dynamo_session::schema::{KeyType, Role};
use dynamo_session::{CreatedAt, DynamoSession, Expires, SessionId};

#[derive(DynamoSession)]
#[session(
    table = "shop-sessions",
    idle_timeout = "30m",
    absolute_timeout = "12h",
    touch_interval = "1m"
)]
struct Shop {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(index = "by_user", guard)]
    user: Option<String>,
    cart: BTreeMap<String, u32>,
    #[session(counter)]
    page_views: u64,
    #[session(append)]
    seen: Vec<String>,
    #[session(set)]
    roles: BTreeSet<String>,
    #[session(whole, alias = "prefs", alias = "settings")]
    preferences: BTreeMap<String, String>,
    #[session(default = vec![1, 2, 3])]
    digest: Vec<u8>,
    #[session(skip)]
    _scratch: Option<std::time::Instant>,
    #[session(rename = "flash")]
    notice: Option<String>,
}

#[test]
fn the_schema_says_what_the_struct_says() {
    let schema = Shop::SCHEMA;
    assert_eq!(schema.table(), Some("shop-sessions"));
    assert_eq!(schema.hash_key(), "id");
    assert_eq!(schema.time_to_live(), "expires_at");
    assert_eq!(schema.created(), Some("created_at"));
    assert_eq!(schema.timeouts().idle(), Duration::from_secs(30 * 60));
    assert_eq!(schema.timeouts().absolute(), Some(Duration::from_secs(12 * 3600)));
    assert_eq!(schema.timeouts().touch_interval(), Duration::from_secs(60));
    let attributes: Vec<_> =
        schema.attributes().iter().map(|attribute| (attribute.name(), attribute.role())).collect();
    assert_eq!(
        attributes,
        [
            ("user", Role::Value),
            ("cart", Role::Value),
            ("page_views", Role::Counter),
            ("seen", Role::Append),
            ("roles", Role::Set),
            ("preferences", Role::Whole),
            ("digest", Role::Value),
            ("flash", Role::Value),
        ]
    );
    assert_eq!(schema.attributes()[5].aliases(), ["prefs", "settings"]);
    assert!(schema.attributes()[0].is_guarded());
    assert!(schema.attributes()[6].is_binary());
    let indexes: Vec<_> = schema.indexes().collect();
    assert_eq!(indexes.len(), 1);
    assert_eq!(indexes[0].name(), "by_user");
    assert_eq!(indexes[0].attribute(), "user");
    assert_eq!(indexes[0].key_type(), KeyType::S);
}

#[test]
fn debug_prints_it_readably() {
    let printed = format!("{:#?}", Shop::SCHEMA);
    for line in [
        r#""shop-sessions""#,
        "user (Value, guard, index by_user on S)",
        "page_views (Counter)",
        "preferences (Whole, alias prefs, settings)",
        "digest (Value, binary)",
    ] {
        assert!(printed.contains(line), "{line} is not in {printed}");
    }
}

#[test]
fn the_cases_of_rename_all_are_those_of_serde() {
    macro_rules! names {
        ($case:literal) => {{
            #[derive(DynamoSession)]
            #[session(rename_all = $case)]
            struct Session {
                #[session(hash_key)]
                session_id: SessionId,
                #[session(ttl, rename = "ttl")]
                expires_at: Expires,
                first_page: u32,
                #[session(rename = "kept")]
                other: u32,
            }
            #[derive(Default, serde::Serialize)]
            #[serde(rename_all = $case)]
            struct Reference {
                session_id: u32,
                first_page: u32,
            }
            let reference = serde_json::to_value(Reference::default()).unwrap_or_default();
            let schema = Session::SCHEMA;
            let names: Vec<_> = schema.attributes().iter().map(|field| field.name()).collect();
            assert!(reference.get(schema.hash_key()).is_some(), "{}", schema.hash_key());
            assert!(reference.get(names[0]).is_some(), "{}", names[0]);
            assert_eq!((schema.time_to_live(), names[1]), ("ttl", "kept"));
        }};
    }
    names!("lowercase");
    names!("UPPERCASE");
    names!("PascalCase");
    names!("camelCase");
    names!("snake_case");
    names!("SCREAMING_SNAKE_CASE");
    names!("kebab-case");
    names!("SCREAMING-KEBAB-CASE");
}

#[test]
fn durations_are_read_in_every_form() {
    macro_rules! seconds {
        ($text:literal) => {{
            #[derive(DynamoSession)]
            #[session(idle_timeout = $text)]
            struct Session {
                #[session(hash_key)]
                id: SessionId,
                #[session(ttl)]
                expires_at: Expires,
            }
            Session::SCHEMA.timeouts().idle().as_secs()
        }};
    }
    assert_eq!(seconds!("1s"), 1);
    assert_eq!(seconds!("1 sec"), 1);
    assert_eq!(seconds!("90 seconds"), 90);
    assert_eq!(seconds!("30m"), 30 * 60);
    assert_eq!(seconds!("1 min"), 60);
    assert_eq!(seconds!("2minutes"), 120);
    assert_eq!(seconds!("1h 30m"), 90 * 60);
    assert_eq!(seconds!("1h30m"), 90 * 60);
    assert_eq!(seconds!("1 hour 1 minute 1 second"), 3661);
    assert_eq!(seconds!("14 days"), 14 * 86_400);
    assert_eq!(seconds!(" 1d "), 86_400);
    assert_eq!(seconds!("2 weeks"), 14 * 86_400);
    assert_eq!(seconds!("1w"), 7 * 86_400);
}

#[test]
fn the_touch_interval_is_a_tenth_and_at_least_a_second() {
    #[derive(DynamoSession)]
    #[session(idle_timeout = "5s")]
    struct Short {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
    }
    assert_eq!(Short::SCHEMA.timeouts().touch_interval(), Duration::from_secs(1));
}

/// Another derive reads what this one is told to ignore, or is told in its own words.
#[test]
fn attributes_of_serde_may_be_for_another_derive() {
    #[derive(DynamoSession, serde::Serialize)]
    struct Exported {
        #[session(hash_key, ignore_serde)]
        #[serde(skip)]
        _id: SessionId,
        #[session(ttl, ignore_serde)]
        #[serde(skip)]
        _expires_at: Expires,
        #[session(ignore_serde)]
        #[serde(rename = "views")]
        page_views: u32,
        #[session(skip)]
        #[serde(skip)]
        _scratch: u32,
        #[session(rename = "lang")]
        #[serde(rename = "lang")]
        language: String,
    }
    #[derive(DynamoSession, serde::Serialize)]
    #[session(ignore_serde)]
    #[serde(rename_all = "camelCase")]
    struct Renamed {
        #[session(hash_key)]
        #[serde(skip)]
        _id: SessionId,
        #[session(ttl)]
        #[serde(skip)]
        _expires_at: Expires,
        page_views: u32,
    }
    let names = |attributes: &[dynamo_session::schema::Attribute]| -> Vec<_> {
        attributes.iter().map(|attribute| attribute.name()).collect()
    };
    assert_eq!(names(Exported::SCHEMA.attributes()), ["page_views", "lang"]);
    assert_eq!(names(Renamed::SCHEMA.attributes()), ["page_views"]);
    let _ = |exported: &Exported| (exported.page_views, exported.language.clone());
    let _ = |renamed: &Renamed| renamed.page_views;
}

#[test]
fn a_table_may_be_named_by_a_constant() {
    const PREFIX: &str = "shop-";
    const TABLE: &str = "shop-sessions";
    macro_rules! table {
        ($name:expr) => {{
            #[derive(DynamoSession)]
            #[session(table = $name)]
            struct Session {
                #[session(hash_key)]
                id: SessionId,
                #[session(ttl)]
                expires_at: Expires,
            }

            impl Session {
                #[allow(dead_code)]
                const NAME: &str = "of-the-type";
            }
            Session::SCHEMA.table()
        }};
    }
    assert_eq!(table!("literal"), Some("literal"));
    assert_eq!(table!(TABLE), Some("shop-sessions"));
    assert_eq!(table!(Self::NAME), Some("of-the-type"));
    assert_eq!(table!(concat!("shop", "-", 1)), Some("shop-1"));
    assert_eq!(table!(env!("CARGO_PKG_NAME")), Some("dynamo-session-tests"));
    assert_eq!(table!(if PREFIX.is_empty() { TABLE } else { "other" }), Some("other"));
}

#[tokio::test]
async fn the_name_that_a_constant_has_is_checked_when_the_store_is_built() {
    const TABLE: &str = "no name";
    #[derive(Debug, DynamoSession)]
    #[session(table = TABLE)]
    struct Session {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
    }
    let client = dynamo_session::embedded::Engine::memory().client();
    let built = dynamo_session::SessionStore::<Session>::builder().client(client).build().await;
    assert_eq!(built.unwrap_err().kind(), dynamo_session::ErrorKind::Configuration);
}

/// Only what is surely a cell of the standard library is refused by its name.
#[test]
fn a_type_may_be_called_cell() {
    #[derive(Default, serde::Serialize, serde::Deserialize)]
    struct Cell;
    #[derive(DynamoSession)]
    struct Board {
        #[session(hash_key)]
        _id: SessionId,
        #[session(ttl)]
        _expires_at: Expires,
        _cells: Vec<Cell>,
    }
    assert_eq!(Board::SCHEMA.attributes().len(), 1);
}
