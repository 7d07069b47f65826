use dynamo_session::DynamoSession;

/// The names of the stored attributes.
fn attributes<S: DynamoSession>() -> Vec<&'static str> {
    S::SCHEMA.attributes().iter().map(dynamo_session::schema::Attribute::name).collect()
}

mod generic {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fmt::Debug;
    use std::marker::PhantomData;

    use dynamo_session::index::SessionIndex;
    use dynamo_session::{CreatedAt, DynamoSession, Expires, SessionId, SessionKey};
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    #[derive(DynamoSession)]
    pub(crate) struct Bounded<T: Debug + Default, K = String>
    where
        K: Ord,
    {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        value: T,
        optional: Option<T>,
        map: BTreeMap<K, Vec<T>>,
        #[session(set)]
        set: BTreeSet<K>,
        #[session(append)]
        list: Vec<T>,
        #[session(counter)]
        counts: BTreeMap<K, u32>,
        #[session(skip)]
        _marker: PhantomData<fn() -> T>,
    }

    #[derive(DynamoSession)]
    #[session(absolute_timeout = "1d")]
    pub(crate) struct Owned<Key, Time, Count> {
        #[session(hash_key)]
        id: Key,
        #[session(ttl)]
        expires_at: Time,
        #[session(created)]
        created_at: CreatedAt,
        #[session(counter)]
        count: Count,
        #[session(index = "by_count")]
        last: Count,
        #[session(index)]
        r#type: Option<Count>,
    }

    #[derive(DynamoSession)]
    pub(crate) struct Sized<const N: usize, const FLAG: bool> {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        token: [u8; N],
        long: [u8; 64],
        maybe: Option<[u8; N]>,
        #[session(default = [7; 4])]
        numbers: [u16; 4],
    }

    fn bounded<T>() -> Vec<&'static str>
    where
        T: Debug + Default + Serialize + DeserializeOwned + Send + 'static,
    {
        super::attributes::<Bounded<T>>()
    }

    const fn key<K: SessionKey, S: DynamoSession<Key = K>>() {}

    #[test]
    fn parameters_types_and_constants() {
        assert_eq!(bounded::<u8>(), ["value", "optional", "map", "set", "list", "counts"]);
        assert_eq!(super::attributes::<Owned<String, u64, i32>>(), ["count", "last", "type"]);
        let last: SessionIndex<Owned<String, u64, i32>, i32> = Owned::LAST;
        let r#type: SessionIndex<_, i32> = Owned::<String, u64, i32>::TYPE;
        assert_eq!([last.schema().name(), r#type.schema().name()], ["by_count", "type"]);
        key::<String, Owned<String, i64, u8>>();
        let sized = Sized::<16, true>::SCHEMA.attributes();
        assert_eq!(
            sized.iter().map(dynamo_session::schema::Attribute::is_binary).collect::<Vec<_>>(),
            [true, true, true, false]
        );
    }
}

mod names {
    use dynamo_session::{DynamoSession, Expires, SessionId};

    /// Documented.
    #[derive(DynamoSession)]
    #[session(rename_all = "camelCase")]
    pub(crate) struct Raw {
        /// Documented.
        #[session(hash_key)]
        pub r#fn: SessionId,
        #[session(ttl)]
        pub(super) r#loop: Expires,
        pub r#type: u32,
        pub(self) two_words: String,
        /// Documented.
        #[session(index)]
        pub r#match: Option<u32>,
        #[session(index)]
        pub(self) per_user: Option<String>,
        #[session(index = "by_size")]
        pub(in super::names) größe: u32,
    }

    #[test]
    fn raw_identifiers_lose_their_prefix() {
        assert_eq!(Raw::SCHEMA.hash_key(), "fn");
        assert_eq!(Raw::SCHEMA.time_to_live(), "loop");
        let names = ["type", "twoWords", "match", "perUser", "größe"];
        assert_eq!(super::attributes::<Raw>(), names);
        assert_eq!(Raw::MATCH.schema().attribute(), "match");
        assert_eq!(Raw::PER_USER.schema().attribute(), "perUser");
    }
}

mod conditional {
    use dynamo_session::{DynamoSession, Expires, SessionId};

    #[derive(DynamoSession)]
    #[cfg_attr(all(), session(table = "conditional"))]
    pub(crate) struct Fields {
        #[session(hash_key)]
        id: SessionId,
        #[cfg(any())]
        gone: NoSuchType,
        #[session(ttl)]
        expires_at: Expires,
        #[cfg(any())]
        #[session(no_such_attribute)]
        gone_too: NoSuchType,
        #[cfg(any(unix, not(unix)))]
        #[cfg_attr(all(), session(rename = "kept"))]
        stays: u32,
        last: u32,
    }

    #[test]
    fn cfg_on_fields() {
        assert_eq!(super::attributes::<Fields>(), ["kept", "last"]);
        assert_eq!(Fields::SCHEMA.table(), Some("conditional"));
    }
}

mod macros {
    use std::collections::BTreeSet;

    use dynamo_session::schema::Role;
    use dynamo_session::{DynamoSession, Expires, SessionId};

    macro_rules! session {
        ($name:ident in $table:literal as $codec:path {
            $($(#[$attribute:meta])* $field:ident: $ty:ty = $default:expr,)*
        }) => {
            #[derive(DynamoSession)]
            #[session(table = $table)]
            pub(crate) struct $name {
                #[session(with = $codec)]
                coded: u8,
                #[session(hash_key)]
                id: SessionId,
                #[session(ttl)]
                expires_at: Expires,
                $($(#[$attribute])* #[session(default = $default)] $field: $ty,)*
            }
        };
    }

    session!(Emitted in "emitted" as codec {
        #[session(set)]
        roles: BTreeSet<String> = BTreeSet::new(),
        bytes: Vec<u8> = vec![1],
        id_of_user: Option<u64> = Some(1),
    });

    mod codec {
        use ::serde::{Deserialize, Deserializer, Serializer};

        #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
        pub(super) fn serialize<S: Serializer>(value: &u8, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_u8(*value)
        }

        pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
            u8::deserialize(from)
        }
    }

    #[test]
    fn a_macro_by_example_emits_the_struct() {
        assert_eq!(super::attributes::<Emitted>(), ["coded", "roles", "bytes", "id_of_user"]);
        assert_eq!(Emitted::SCHEMA.table(), Some("emitted"));
        assert_eq!(Emitted::SCHEMA.attributes()[1].role(), Role::Set);
        assert!(Emitted::SCHEMA.attributes()[2].is_binary());
    }
}

mod facade {
    pub(crate) mod reexported {
        pub(crate) use dynamo_session as sessions;
    }

    mod dynamo_session_of_another_name {
        pub(super) use dynamo_session::{Expires, SessionId, private};
    }

    #[derive(dynamo_session::DynamoSession)]
    #[session(crate = dynamo_session_of_another_name)]
    pub(crate) struct Renamed {
        #[session(hash_key)]
        id: dynamo_session_of_another_name::SessionId,
        #[session(ttl)]
        expires_at: dynamo_session_of_another_name::Expires,
        user: Option<String>,
    }

    #[derive(reexported::sessions::DynamoSession)]
    #[session(crate = self::reexported::sessions)]
    pub(crate) struct Reexported {
        #[session(hash_key)]
        id: dynamo_session::SessionId,
        #[session(ttl)]
        expires_at: dynamo_session::Expires,
        #[session(index)]
        user: Option<String>,
    }

    #[test]
    fn the_crate_under_another_path() {
        assert_eq!(super::attributes::<Renamed>(), ["user"]);
        assert_eq!(super::attributes::<Reexported>(), ["user"]);
        assert_eq!(Reexported::USER.schema().name(), "user");
    }
}

mod shadows {
    #![allow(dead_code, non_camel_case_types, reason = "that is what shadows are")]

    pub(crate) mod std {}
    pub(crate) mod core {}
    pub(crate) mod serde {}
    pub(crate) struct Result;
    pub(crate) struct Option;
    pub(crate) struct String;
    pub(crate) struct Vec;
    pub(crate) struct Some;
    pub(crate) struct None;
    pub(crate) struct Ok;
    pub(crate) struct Err;
    pub(crate) struct Send;
    pub(crate) struct Default;
    pub(crate) struct Header;
    pub(crate) struct i64;
    pub(crate) struct usize;
    pub(crate) trait Field {
        fn encode(&self) {}
        fn initial(&self) {}
    }
    impl<T> Field for T {}
    pub(crate) trait Counter {}
    pub(crate) trait Set {}
    #[allow(unused_macros, reason = "that is what shadows are")]
    macro_rules! unreachable {
        () => {};
    }

    #[derive(::dynamo_session::DynamoSession)]
    #[session(absolute_timeout = "2h")]
    pub(crate) struct Shadowed {
        #[session(hash_key)]
        id: ::dynamo_session::SessionId,
        #[session(ttl)]
        expires_at: ::dynamo_session::Expires,
        #[session(created)]
        created_at: ::dynamo_session::CreatedAt,
        user: ::std::option::Option<::std::string::String>,
        #[session(counter)]
        views: u32,
        #[session(set)]
        roles: ::std::collections::BTreeSet<::std::string::String>,
        bytes: ::std::vec::Vec<u8>,
        #[session(with = codec)]
        custom: u8,
    }

    mod codec {
        use ::serde::{Deserialize, Deserializer, Serializer};

        #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
        pub(super) fn serialize<S: Serializer>(value: &u8, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_u8(*value)
        }

        pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
            u8::deserialize(from)
        }
    }

    #[test]
    fn the_prelude_is_shadowed() {
        assert_eq!(super::attributes::<Shadowed>(), ["user", "views", "roles", "bytes", "custom"]);
    }
}

mod no_prelude {
    #![no_implicit_prelude]

    #[derive(::dynamo_session::DynamoSession)]
    #[session(table = "no-prelude", absolute_timeout = "2h", rename_all = "PascalCase")]
    pub(crate) struct Bare {
        #[session(hash_key)]
        id: ::dynamo_session::SessionId,
        #[session(ttl)]
        expires_at: ::dynamo_session::Expires,
        #[session(created)]
        created_at: ::dynamo_session::CreatedAt,
        #[session(index = "by_user", guard)]
        user: ::std::option::Option<::std::string::String>,
        #[session(counter)]
        views: ::std::primitive::u32,
        #[session(set)]
        roles: ::std::collections::BTreeSet<::std::string::String>,
        #[session(append, alias = "seen")]
        list: ::std::vec::Vec<::std::string::String>,
        #[session(skip, default = 5)]
        _skipped: ::std::primitive::u8,
    }

    #[::std::prelude::v1::test]
    fn nothing_is_in_scope() {
        ::std::assert_eq!(super::attributes::<Bare>(), ["User", "Views", "Roles", "List"]);
        let _: ::dynamo_session::index::SessionIndex<Bare, ::std::string::String> = Bare::USER;
    }
}

mod no_fields {
    use dynamo_session::{DynamoSession, Expires, SessionId};

    #[derive(Debug, Clone, PartialEq, Eq, DynamoSession)]
    pub(crate) struct Empty {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
    }

    #[test]
    fn only_key_and_expiry() {
        assert_eq!(super::attributes::<Empty>(), [""; 0]);
        assert_eq!(Empty::SCHEMA.table(), None);
        assert_eq!(Empty::SCHEMA.timeouts().idle().as_secs(), 1800);
        assert_eq!(Empty::SCHEMA.timeouts().touch_interval().as_secs(), 180);
        assert_eq!(Empty::SCHEMA.timeouts().absolute(), None);
    }
}

mod newtypes {
    use std::collections::{BTreeSet, HashMap, HashSet};

    use dynamo_session::index::{IndexKey, SessionIndex};
    use dynamo_session::schema::KeyType;
    use dynamo_session::{DynamoSession, Expires, SessionId};
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    pub(crate) struct UserId(u64);

    impl IndexKey for UserId {
        const KEY_TYPE: KeyType = KeyType::N;
    }

    #[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    pub(crate) enum Role {
        Admin,
        Editor,
    }

    #[derive(Default, Serialize, Deserialize)]
    pub(crate) enum Step {
        #[default]
        Start,
        Done {
            at: u64,
        },
    }

    #[derive(DynamoSession)]
    pub(crate) struct Shop {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        #[session(index)]
        user: UserId,
        #[session(index)]
        account: Option<UserId>,
        #[session(index)]
        device: Vec<u8>,
        #[session(set)]
        roles: BTreeSet<Role>,
        #[session(set)]
        users: HashSet<UserId>,
        #[session(counter)]
        per_role: HashMap<Role, u32>,
        step: Step,
        #[session(deny_nothing_here)]
        #[cfg(any())]
        unused: (),
        #[deprecated]
        old: u32,
    }

    #[test]
    fn newtypes_and_enums() {
        let _: SessionIndex<Shop, UserId> = Shop::ACCOUNT;
        let _: SessionIndex<Shop, Vec<u8>> = Shop::DEVICE;
        let types: Vec<_> = Shop::SCHEMA.indexes().map(|index| index.key_type()).collect();
        assert_eq!(types, [KeyType::N, KeyType::N, KeyType::B]);
        assert_eq!([Role::Admin, Role::Editor].len(), 2);
        assert!(matches!(Step::default(), Step::Start));
        assert!(matches!((Step::Done { at: 1 }), Step::Done { at: 1 }));
    }
}

mod expressions {
    use std::collections::BTreeMap;
    use std::marker::PhantomData;

    use dynamo_session::{DynamoSession, Expires, SessionId};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    const LIMIT: u32 = 3;

    const fn limit() -> u32 {
        LIMIT
    }

    #[derive(DynamoSession)]
    pub(crate) struct Defaults {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        #[session(default = String::new())]
        called: String,
        #[session(default = limit())]
        function: u32,
        #[session(default = LIMIT)]
        constant: u32,
        #[session(default = { let two = 2; two + 2 })]
        block: u32,
        #[session(default = (1, [2, 3]))]
        tuple: (u32, [u32; 2]),
        #[session(default = BTreeMap::<String, u32>::from([("a".to_owned(), 1)]))]
        generics: BTreeMap<String, u32>,
        #[session(default = if LIMIT > 2 { Some(1) } else { None })]
        condition: Option<u32>,
        #[session(default)]
        word: Option<u32>,
        #[session(with = As::<u32>, default = 5)]
        with_type: u32,
        __header: u32,
        __index: u32,
    }

    struct As<T>(PhantomData<T>);

    impl<T: Serialize + for<'de> Deserialize<'de>> As<T> {
        fn serialize<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
            value.serialize(serializer)
        }

        fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
            T::deserialize(deserializer)
        }
    }

    #[test]
    fn defaults_are_any_expression() {
        assert_eq!(super::attributes::<Defaults>().len(), 11);
    }
}

#[test]
fn inside_a_function() {
    use dynamo_session::{Expires, SessionId};

    #[derive(DynamoSession)]
    struct Local {
        #[session(hash_key)]
        id: SessionId,
        #[session(ttl)]
        expires_at: Expires,
        inner: Inner,
    }

    #[derive(Default, serde::Serialize, serde::Deserialize)]
    struct Inner {
        number: u32,
    }

    assert_eq!(attributes::<Local>(), ["inner"]);
}
