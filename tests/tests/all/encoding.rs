//! What serde writes in an unusual way, and where DynamoDB's forms end.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use dynamo_session::{DynamoSession, Error, ErrorKind, Expires, SessionId};
use dynamo_session_tests::World;
use serde::de::{DeserializeOwned, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Debug, DynamoSession)]
#[session(table = "holders")]
struct Holder<T> {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    value: Option<T>,
}

/// The stored form of a value, and what is read back; or the error, nothing having been sent.
async fn round_trip<T>(value: T) -> Result<(AttributeValue, T), Error>
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let (world, store) = World::with_store::<Holder<T>>().await;
    let mut session = store.create();
    session.value = Some(value);
    if let Err(error) = session.commit().await {
        assert!(world.network.take_sent().is_empty(), "{error}");
        return Err(error);
    }
    let stored = world.item(&store, session.id()).await.unwrap()["value"].clone();
    let loaded = world.load(&store, session.id()).await;
    Ok((stored, loaded.value.clone().unwrap()))
}

async fn refused<T>(value: T) -> String
where
    T: Clone + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let error = round_trip(value).await.unwrap_err();
    assert_eq!((error.kind(), error.attribute()), (ErrorKind::Encode, Some("value")), "{error}");
    error.to_string()
}

mod nesting {
    use super::*;

    /// A leaf, and what can be around it: one level each, or two.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Tree {
        Leaf,
        #[serde(untagged)]
        List(Vec<Tree>),
        #[serde(untagged)]
        Map(BTreeMap<String, Tree>),
    }

    impl Tree {
        fn of_lists(levels: usize) -> Self {
            (0..levels).fold(Self::Leaf, |tree, _| Self::List(vec![tree]))
        }

        fn of_maps(levels: usize) -> Self {
            let map = |tree, _| Self::Map(BTreeMap::from([("key".to_owned(), tree)]));
            (0..levels).fold(Self::Leaf, map)
        }
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Variant {
        None,
        Newtype(Box<Variant>),
        Tuple(u8, Box<Variant>),
        Struct { inner: Box<Variant> },
    }

    /// AWS counts the leaf: 31 levels around it are stored, and 32 are refused here, before anything is sent.
    #[tokio::test]
    async fn values_are_stored_inside_31_levels() {
        for tree in [Tree::of_lists(31), Tree::of_maps(31)] {
            assert_eq!(round_trip(tree.clone()).await.unwrap().1, tree);
        }
        for tree in [Tree::of_lists(32), Tree::of_maps(32), Tree::of_lists(40)] {
            assert!(refused(tree).await.contains("32 levels"));
        }
    }

    #[tokio::test]
    async fn each_variant_with_data_is_one_level_or_two() {
        let nested = |wrap: fn(Box<Variant>) -> Variant, times: usize| {
            (0..times).fold(Variant::None, |variant, _| wrap(Box::new(variant)))
        };
        let newtype = |times| nested(Variant::Newtype, times);
        let tuple = |times| nested(|variant| Variant::Tuple(1, variant), times);
        let structs = |times| nested(|inner| Variant::Struct { inner }, times);
        for variant in [newtype(31), tuple(15), structs(15), Variant::Newtype(tuple(15).into())] {
            assert_eq!(round_trip(variant.clone()).await.unwrap().1, variant);
        }
        for variant in [newtype(32), tuple(16), structs(16)] {
            assert!(refused(variant).await.contains("32 levels"));
        }
    }

    #[tokio::test]
    async fn bytes_and_nothing_are_leaves_too() {
        type Levels<T> = Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<T>>>>>>>>;
        type Deep<T> = Levels<Levels<Levels<Vec<Vec<Vec<Vec<Vec<Vec<Vec<T>>>>>>>>>>;
        fn levels<T>(leaf: T) -> Levels<T> {
            vec![vec![vec![vec![vec![vec![vec![vec![leaf]]]]]]]]
        }
        fn deep<T>(leaf: T) -> Deep<T> {
            levels(levels(levels(vec![vec![vec![vec![vec![vec![vec![leaf]]]]]]])))
        }
        assert!(round_trip(deep(serde_bytes::ByteBuf::from([1]))).await.is_ok());
        assert!(round_trip(deep(())).await.is_ok());
        assert!(round_trip(deep(None::<u8>)).await.is_ok());
        // An empty list is the innermost value itself.
        assert!(round_trip(deep(Vec::<u8>::new())).await.is_ok());
        refused(deep(vec![serde_bytes::ByteBuf::from([1])])).await;
        refused(deep(vec![()])).await;
        refused(deep(vec![None::<u8>])).await;
        refused(deep(vec![Vec::<u8>::new()])).await;
    }
}

mod json {
    use super::*;

    /// A number as serde_json's is, where its feature `arbitrary_precision` is on.
    #[derive(Clone, Debug, PartialEq)]
    struct Number(String);

    impl Serialize for Number {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let name = "$serde_json::private::Number";
            let mut number = serializer.serialize_struct(name, 1)?;
            number.serialize_field(name, &self.0)?;
            number.end()
        }
    }

    impl<'de> Deserialize<'de> for Number {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Texts;
            impl Visitor<'_> for Texts {
                type Value = Number;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a JSON number")
                }

                fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
                    Ok(Number(value.to_string()))
                }

                fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
                    Ok(Number(value.to_string()))
                }

                fn visit_f64<E>(self, value: f64) -> Result<Number, E> {
                    Ok(Number(format!("{value:?}")))
                }
            }
            deserializer.deserialize_any(Texts)
        }
    }

    fn number(text: &str) -> Number {
        Number(text.to_owned())
    }

    #[tokio::test]
    async fn numbers_of_arbitrary_precision_are_numbers() {
        for (written, stored) in [
            ("7", "7"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("18446744073709551615", "18446744073709551615"),
            ("0.1", "0.1"),
            ("-12.50", "-12.5"),
            ("3.0", "3"),
            ("1e3", "1000"),
            ("1.25E+2", "125"),
            ("0.000", "0"),
            ("100000000000000000000", "100000000000000000000"),
        ] {
            let (value, read) = round_trip(number(written)).await.unwrap();
            let AttributeValue::N(text) = &value else { panic!("{written}: {value:?}") };
            assert_eq!(text, stored);
            assert_eq!(read.0.parse::<f64>(), written.parse::<f64>());
            let again = round_trip(read.clone()).await.unwrap();
            assert_eq!(again, (value, read), "what is read is written as it stood");
        }
    }

    /// As without the feature: also inside lists and maps, and as a member of a set.
    #[tokio::test]
    async fn numbers_are_numbers_at_any_depth() {
        let values = vec![BTreeMap::from([("a".to_owned(), number("1.5"))])];
        let (stored, read) = round_trip(values.clone()).await.unwrap();
        let list = stored.as_l().unwrap();
        assert_eq!(list[0].as_m().unwrap()["a"], AttributeValue::N("1.5".to_owned()));
        assert_eq!(read, values);
    }

    #[tokio::test]
    async fn digits_that_would_not_be_read_back_are_refused() {
        for written in [
            "0.30000000000000004440892098500626",
            "18446744073709551617",
            "3.14159265358979323846264338327950288",
        ] {
            let error = refused(number(written)).await;
            assert!(error.contains(written) && error.contains("as text"), "{error}");
        }
        assert!(refused(number("1e200")).await.contains("outside the numbers"));
        assert!(refused(number("1e999")).await.contains("not a number"));
        assert!(refused(number("one")).await.contains("`one`"));
    }

    #[tokio::test]
    async fn a_raw_value_is_refused_since_it_could_not_be_read() {
        #[derive(Clone, Debug, Deserialize)]
        struct Raw;
        impl Serialize for Raw {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let name = "$serde_json::private::RawValue";
                let mut raw = serializer.serialize_struct(name, 1)?;
                raw.serialize_field(name, "[1]")?;
                raw.end()
            }
        }
        assert!(refused(Raw).await.contains("`serde_json::Value`"));
    }
}

/// As the page of the derive says.
mod read_back_as_something_else {
    use super::*;

    #[tokio::test]
    async fn an_option_in_an_option_or_of_nothing() {
        let (stored, read) = round_trip(vec![Some(None::<u32>), Some(Some(1))]).await.unwrap();
        assert_eq!(stored.as_l().unwrap()[0], AttributeValue::Null(true));
        assert_eq!(read, [None, Some(Some(1))]);
        let (stored, read) = round_trip(vec![Some(())]).await.unwrap();
        assert_eq!(stored.as_l().unwrap()[0], AttributeValue::Null(true));
        assert_eq!(read, [None]);
    }

    #[tokio::test]
    async fn a_float_without_a_fraction_in_an_untagged_enum() {
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(untagged)]
        enum Number {
            Integer(i64),
            Float(f64),
        }
        let (stored, read) =
            round_trip(vec![Number::Float(1.0), Number::Float(1.5)]).await.unwrap();
        assert_eq!(stored.as_l().unwrap()[0], AttributeValue::N("1".to_owned()));
        assert_eq!(read, [Number::Integer(1), Number::Float(1.5)]);
        let (_, read) = round_trip(serde_json::json!(1.0)).await.unwrap();
        assert_eq!(read, serde_json::json!(1));
    }

    #[tokio::test]
    async fn keys_of_maps_are_what_they_were() {
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        enum Weekday {
            Monday,
        }
        let keys = (
            BTreeMap::from([(-1_i64, 1)]),
            BTreeMap::from([(true, 1)]),
            BTreeMap::from([('a', 1)]),
            BTreeMap::from([(Weekday::Monday, 1)]),
        );
        assert_eq!(round_trip(keys.clone()).await.unwrap().1, keys);
    }
}
