use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::ser::{
    Serialize, SerializeSeq, SerializeTuple, SerializeTupleStruct, SerializeTupleVariant,
    Serializer,
};

use super::encode_error::EncodeError;
use super::entries::{Entries, variant_map};
use super::json;
use super::number::float_text;
use super::value::Value;

/// DynamoDB's limit on nested values: lists and maps, and what is inside the innermost.
const MAX_DEPTH: usize = 32;

/// The serde serializer of one field.
///
/// It follows serde_dynamo's format, so that the two read each other's items, and differs in what it
/// tells apart (maps that merge, structs and variants that do not) and in what it refuses.
#[derive(Clone, Copy, Debug)]
pub struct ValueSerializer {
    /// How many lists and maps are around the value.
    depth: usize,
    merges_structs: bool,
}

impl ValueSerializer {
    /// Maps merge, and structs are one value.
    pub(crate) fn new() -> Self {
        Self { depth: 0, merges_structs: false }
    }

    /// Structs merge, too.
    pub(crate) fn merging_structs() -> Self {
        Self { depth: 0, merges_structs: true }
    }

    fn deeper(self) -> Result<Self, EncodeError> {
        self.require_depth()?;
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn require_depth(self) -> Result<(), EncodeError> {
        if self.depth < MAX_DEPTH {
            return Ok(());
        }
        Err(EncodeError::new(format!(
            "nested deeper than the {MAX_DEPTH} levels that DynamoDB stores, counting the innermost value"
        )))
    }

    fn atom(self, value: AttributeValue) -> Result<Value, EncodeError> {
        self.require_depth()?;
        Ok(Value::Atom(value))
    }

    fn number(self, number: impl ToString) -> Result<Value, EncodeError> {
        self.atom(AttributeValue::N(number.to_string()))
    }
}

impl Serializer for ValueSerializer {
    type Ok = Value;
    type Error = EncodeError;
    type SerializeSeq = Elements;
    type SerializeTuple = Elements;
    type SerializeTupleStruct = Elements;
    type SerializeTupleVariant = Elements;
    type SerializeMap = Entries<Self>;
    type SerializeStruct = Entries<Self>;
    type SerializeStructVariant = Entries<Self>;

    fn serialize_bool(self, value: bool) -> Result<Value, EncodeError> {
        self.atom(AttributeValue::Bool(value))
    }

    fn serialize_i8(self, value: i8) -> Result<Value, EncodeError> {
        self.number(value)
    }

    fn serialize_i16(self, value: i16) -> Result<Value, EncodeError> {
        self.number(value)
    }

    fn serialize_i32(self, value: i32) -> Result<Value, EncodeError> {
        self.number(value)
    }

    fn serialize_i64(self, value: i64) -> Result<Value, EncodeError> {
        self.number(value)
    }

    fn serialize_u8(self, value: u8) -> Result<Value, EncodeError> {
        self.number(value)
    }

    fn serialize_u16(self, value: u16) -> Result<Value, EncodeError> {
        self.number(value)
    }

    fn serialize_u32(self, value: u32) -> Result<Value, EncodeError> {
        self.number(value)
    }

    fn serialize_u64(self, value: u64) -> Result<Value, EncodeError> {
        self.number(value)
    }

    fn serialize_i128(self, _: i128) -> Result<Value, EncodeError> {
        Err(EncodeError::new("128-bit integers exceed DynamoDB's 38 digits; store them as text"))
    }

    fn serialize_u128(self, value: u128) -> Result<Value, EncodeError> {
        self.serialize_i128(value as i128)
    }

    fn serialize_f32(self, value: f32) -> Result<Value, EncodeError> {
        self.atom(AttributeValue::N(float_text(value).map_err(EncodeError::new)?))
    }

    fn serialize_f64(self, value: f64) -> Result<Value, EncodeError> {
        self.atom(AttributeValue::N(float_text(value).map_err(EncodeError::new)?))
    }

    fn serialize_char(self, value: char) -> Result<Value, EncodeError> {
        self.atom(AttributeValue::S(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<Value, EncodeError> {
        self.atom(AttributeValue::S(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value, EncodeError> {
        self.atom(AttributeValue::B(Blob::new(value)))
    }

    fn serialize_none(self) -> Result<Value, EncodeError> {
        self.atom(AttributeValue::Null(true))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, EncodeError> {
        self.atom(AttributeValue::Null(true))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, EncodeError> {
        self.atom(AttributeValue::Null(true))
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
        Ok(variant_map(variant, value))
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

    fn serialize_map(self, length: Option<usize>) -> Result<Entries<Self>, EncodeError> {
        Ok(Entries::of_map(self.deeper()?, length))
    }

    fn serialize_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Entries<Self>, EncodeError> {
        match name {
            json::NUMBER => Ok(Entries::of_json_number(self)),
            json::RAW_VALUE => Err(EncodeError::new(
                "a raw JSON text cannot be read back from DynamoDB; use `serde_json::Value`, or a `String`",
            )),
            _ if self.merges_structs => {
                Ok(Entries::of_merging_struct(self.deeper()?, name, length))
            }
            _ => Ok(Entries::of_struct(self.deeper()?, length)),
        }
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Entries<Self>, EncodeError> {
        Ok(Entries::of_variant(self.deeper()?.deeper()?, variant, length))
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
        let list = Value::Atom(AttributeValue::L(self.elements));
        Ok(match self.variant {
            Some(variant) => variant_map(variant, list),
            None => list,
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
