use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::ser::{
    Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct,
    SerializeStructVariant, SerializeTuple, SerializeTupleStruct, SerializeTupleVariant,
    Serializer,
};

use super::number::float_text;
use super::value::Value;

/// DynamoDB's limit on nested lists and maps.
const MAX_DEPTH: usize = 32;

/// Why a value cannot be stored, and where inside the field it is.
#[derive(Debug)]
pub struct EncodeError {
    path: String,
    reason: String,
}

impl EncodeError {
    fn new(reason: impl Into<String>) -> Self {
        Self { path: String::new(), reason: reason.into() }
    }

    fn inside(mut self, segment: &str) -> Self {
        let rest = std::mem::take(&mut self.path);
        self.path = match rest.is_empty() || rest.starts_with('[') {
            true => format!("{segment}{rest}"),
            false => format!("{segment}.{rest}"),
        };
        self
    }

    fn inside_variant(self, variant: Option<&str>) -> Self {
        match variant {
            Some(variant) => self.inside(variant),
            None => self,
        }
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "at `{}`: ", self.path)?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for EncodeError {}

impl serde::ser::Error for EncodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

/// The serde serializer of one field.
///
/// It follows serde_dynamo's format, so that the two read each other's items, and differs in what it
/// tells apart (maps that merge, variants that do not) and in what it refuses.
#[derive(Clone, Copy, Debug)]
pub struct ValueSerializer {
    depth: usize,
}

impl ValueSerializer {
    pub(crate) fn new() -> Self {
        Self { depth: 0 }
    }

    fn deeper(self) -> Result<Self, EncodeError> {
        if self.depth == MAX_DEPTH {
            return Err(EncodeError::new(format!(
                "nested deeper than the {MAX_DEPTH} levels that DynamoDB stores"
            )));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

fn atom(value: AttributeValue) -> Result<Value, EncodeError> {
    Ok(Value::Atom(value))
}

fn number(number: impl ToString) -> Result<Value, EncodeError> {
    atom(AttributeValue::N(number.to_string()))
}

fn variant_map(variant: &str, value: AttributeValue) -> Value {
    Value::Atom(AttributeValue::M(HashMap::from([(variant.to_owned(), value)])))
}

impl Serializer for ValueSerializer {
    type Ok = Value;
    type Error = EncodeError;
    type SerializeSeq = Elements;
    type SerializeTuple = Elements;
    type SerializeTupleStruct = Elements;
    type SerializeTupleVariant = Elements;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    fn serialize_bool(self, value: bool) -> Result<Value, EncodeError> {
        atom(AttributeValue::Bool(value))
    }

    fn serialize_i8(self, value: i8) -> Result<Value, EncodeError> {
        number(value)
    }

    fn serialize_i16(self, value: i16) -> Result<Value, EncodeError> {
        number(value)
    }

    fn serialize_i32(self, value: i32) -> Result<Value, EncodeError> {
        number(value)
    }

    fn serialize_i64(self, value: i64) -> Result<Value, EncodeError> {
        number(value)
    }

    fn serialize_u8(self, value: u8) -> Result<Value, EncodeError> {
        number(value)
    }

    fn serialize_u16(self, value: u16) -> Result<Value, EncodeError> {
        number(value)
    }

    fn serialize_u32(self, value: u32) -> Result<Value, EncodeError> {
        number(value)
    }

    fn serialize_u64(self, value: u64) -> Result<Value, EncodeError> {
        number(value)
    }

    fn serialize_i128(self, _: i128) -> Result<Value, EncodeError> {
        Err(EncodeError::new("128-bit integers exceed DynamoDB's 38 digits; store them as text"))
    }

    fn serialize_u128(self, value: u128) -> Result<Value, EncodeError> {
        self.serialize_i128(value as i128)
    }

    fn serialize_f32(self, value: f32) -> Result<Value, EncodeError> {
        atom(AttributeValue::N(float_text(value).map_err(EncodeError::new)?))
    }

    fn serialize_f64(self, value: f64) -> Result<Value, EncodeError> {
        atom(AttributeValue::N(float_text(value).map_err(EncodeError::new)?))
    }

    fn serialize_char(self, value: char) -> Result<Value, EncodeError> {
        atom(AttributeValue::S(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<Value, EncodeError> {
        atom(AttributeValue::S(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value, EncodeError> {
        atom(AttributeValue::B(Blob::new(value)))
    }

    fn serialize_none(self) -> Result<Value, EncodeError> {
        Ok(Value::null())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, EncodeError> {
        Ok(Value::null())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, EncodeError> {
        Ok(Value::null())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Value, EncodeError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, EncodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, EncodeError> {
        let value = value.serialize(self.deeper()?).map_err(|error| error.inside(variant))?;
        Ok(variant_map(variant, value.into_attribute_value()))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Elements, EncodeError> {
        Elements::new(self.deeper()?, length, None)
    }

    fn serialize_tuple(self, length: usize) -> Result<Elements, EncodeError> {
        Elements::new(self.deeper()?, Some(length), None)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        length: usize,
    ) -> Result<Elements, EncodeError> {
        Elements::new(self.deeper()?, Some(length), None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Elements, EncodeError> {
        Elements::new(self.deeper()?.deeper()?, Some(length), Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries, EncodeError> {
        Entries::new(self.deeper()?, None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries, EncodeError> {
        Entries::new(self.deeper()?, None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries, EncodeError> {
        Entries::new(self.deeper()?.deeper()?, Some(variant))
    }
}

/// A list, or a tuple variant, being encoded.
#[derive(Debug)]
pub struct Elements {
    serializer: ValueSerializer,
    elements: Vec<AttributeValue>,
    variant: Option<&'static str>,
}

impl Elements {
    fn new(
        serializer: ValueSerializer,
        length: Option<usize>,
        variant: Option<&'static str>,
    ) -> Result<Self, EncodeError> {
        // A length is only a hint, and may be wrong.
        let capacity = length.unwrap_or_default().min(1024);
        Ok(Self { serializer, elements: Vec::with_capacity(capacity), variant })
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let position = self.elements.len();
        let value = value
            .serialize(self.serializer)
            .map_err(|error| error.inside(&format!("[{position}]")).inside_variant(self.variant))?;
        self.elements.push(value.into_attribute_value());
        Ok(())
    }

    fn finish(self) -> Result<Value, EncodeError> {
        let list = AttributeValue::L(self.elements);
        Ok(match self.variant {
            Some(variant) => variant_map(variant, list),
            None => Value::Atom(list),
        })
    }
}

macro_rules! elements {
    ($trait:ident, $method:ident) => {
        impl $trait for Elements {
            type Ok = Value;
            type Error = EncodeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                self.push(value)
            }

            fn end(self) -> Result<Value, EncodeError> {
                self.finish()
            }
        }
    };
}

elements!(SerializeSeq, serialize_element);
elements!(SerializeTuple, serialize_element);
elements!(SerializeTupleStruct, serialize_field);
elements!(SerializeTupleVariant, serialize_field);

/// A map, a struct, or a struct variant, being encoded.
#[derive(Debug)]
pub struct Entries {
    serializer: ValueSerializer,
    entries: BTreeMap<Cow<'static, str>, Value>,
    key: Option<Cow<'static, str>>,
    variant: Option<&'static str>,
}

impl Entries {
    fn new(
        serializer: ValueSerializer,
        variant: Option<&'static str>,
    ) -> Result<Self, EncodeError> {
        Ok(Self { serializer, entries: BTreeMap::new(), key: None, variant })
    }

    fn insert<T: Serialize + ?Sized>(
        &mut self,
        key: Cow<'static, str>,
        value: &T,
    ) -> Result<(), EncodeError> {
        if key.is_empty() {
            return Err(EncodeError::new("a map key is empty, which DynamoDB does not store"));
        }
        let value = value
            .serialize(self.serializer)
            .map_err(|error| error.inside(&key).inside_variant(self.variant))?;
        match self.entries.entry(key) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(value);
                Ok(())
            }
            std::collections::btree_map::Entry::Occupied(entry) => Err(EncodeError::new(format!(
                "two map keys are both written as `{}`; one would be lost",
                entry.key()
            ))),
        }
    }

    fn finish(self) -> Result<Value, EncodeError> {
        let map = Value::Map(self.entries);
        Ok(match self.variant {
            Some(variant) => variant_map(variant, map.into_attribute_value()),
            None => map,
        })
    }
}

impl SerializeMap for Entries {
    type Ok = Value;
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.key = Some(Cow::Owned(key.serialize(KeySerializer)?));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        match self.key.take() {
            Some(key) => self.insert(key, value),
            None => Err(EncodeError::custom("a map value was serialized before its key")),
        }
    }

    fn end(self) -> Result<Value, EncodeError> {
        self.finish()
    }
}

macro_rules! entries {
    ($trait:ident) => {
        impl $trait for Entries {
            type Ok = Value;
            type Error = EncodeError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), EncodeError> {
                self.insert(Cow::Borrowed(key), value)
            }

            fn end(self) -> Result<Value, EncodeError> {
                self.finish()
            }
        }
    };
}

entries!(SerializeStruct);
entries!(SerializeStructVariant);

/// Map keys: texts, and scalars that have one text.
struct KeySerializer;

fn not_a_key(what: &str) -> EncodeError {
    EncodeError::new(format!(
        "a map key is {what}; DynamoDB's map keys are strings, and only texts, integers, booleans, \
         characters and unit variants become one"
    ))
}

macro_rules! scalar_keys {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result<String, EncodeError> {
            Ok(value.to_string())
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

type NoKey = Impossible<String, EncodeError>;

impl Serializer for KeySerializer {
    type Ok = String;
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
        serialize_f32(f32) -> String: "a float",
        serialize_f64(f64) -> String: "a float",
        serialize_bytes(&[u8]) -> String: "bytes",
        serialize_none() -> String: "an absent option",
        serialize_unit() -> String: "a unit",
        serialize_unit_struct(&'static str) -> String: "a unit struct",
        serialize_seq(Option<usize>) -> NoKey: "a list",
        serialize_tuple(usize) -> NoKey: "a tuple",
        serialize_tuple_struct(&'static str, usize) -> NoKey: "a tuple struct",
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> NoKey: "a variant with data",
        serialize_map(Option<usize>) -> NoKey: "a map",
        serialize_struct(&'static str, usize) -> NoKey: "a struct",
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> NoKey: "a variant with data"
    );

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<String, EncodeError> {
        Err(not_a_key("an option"))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<String, EncodeError> {
        Ok(variant.to_owned())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<String, EncodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<String, EncodeError> {
        Err(not_a_key("a variant with data"))
    }
}
