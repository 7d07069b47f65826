use serde::ser::{Impossible, Serialize, Serializer};

use super::encode_error::EncodeError;

/// Map keys: texts, and scalars that have one text.
pub(super) struct KeySerializer;

pub(super) struct SerializedKey {
    pub(super) text: String,
    /// The enum that the key is a variant of.
    pub(super) enum_name: Option<&'static str>,
}

impl SerializedKey {
    fn of(scalar: impl ToString) -> Self {
        Self { text: scalar.to_string(), enum_name: None }
    }
}

fn not_a_key(what: &str) -> EncodeError {
    EncodeError::new(format!(
        "a map key is {what}; DynamoDB's map keys are strings, and only text, integers, booleans, \
         characters and unit variants can be written as one"
    ))
}

macro_rules! scalar_keys {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result<SerializedKey, EncodeError> {
            Ok(SerializedKey::of(value))
        })*
    };
}

macro_rules! refused_keys {
    ($($method:ident($($argument:ty),*) -> $ok:ty: $what:literal),*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$ok, EncodeError> {
            Err(not_a_key($what))
        })*
    };
}

type NoKey = Impossible<SerializedKey, EncodeError>;

impl Serializer for KeySerializer {
    type Ok = SerializedKey;
    type Error = EncodeError;
    type SerializeSeq = NoKey;
    type SerializeTuple = NoKey;
    type SerializeTupleStruct = NoKey;
    type SerializeTupleVariant = NoKey;
    type SerializeMap = NoKey;
    type SerializeStruct = NoKey;
    type SerializeStructVariant = NoKey;

    scalar_keys!(
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_char: char,
        serialize_str: &str
    );

    refused_keys!(
        serialize_f32(f32) -> SerializedKey: "a float",
        serialize_f64(f64) -> SerializedKey: "a float",
        serialize_bytes(&[u8]) -> SerializedKey: "bytes",
        serialize_none() -> SerializedKey: "an absent option",
        serialize_unit() -> SerializedKey: "a unit",
        serialize_unit_struct(&'static str) -> SerializedKey: "a unit struct",
        serialize_seq(Option<usize>) -> NoKey: "a list",
        serialize_tuple(usize) -> NoKey: "a tuple",
        serialize_tuple_struct(&'static str, usize) -> NoKey: "a tuple struct",
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> NoKey: "a variant with data",
        serialize_map(Option<usize>) -> NoKey: "a map",
        serialize_struct(&'static str, usize) -> NoKey: "a struct",
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> NoKey: "a variant with data"
    );

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<SerializedKey, EncodeError> {
        Err(not_a_key("an option"))
    }

    fn serialize_unit_variant(
        self,
        enum_name: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<SerializedKey, EncodeError> {
        Ok(SerializedKey { text: variant.to_owned(), enum_name: Some(enum_name) })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<SerializedKey, EncodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<SerializedKey, EncodeError> {
        Err(not_a_key("a variant with data"))
    }
}
