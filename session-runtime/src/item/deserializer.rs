use std::borrow::Cow;
use std::str::FromStr;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::decode_error::DecodeError;
use super::key_deserializer::KeyDeserializer;
use super::stored::{List, Map, Opened, Scalar, Stored};

/// The serde deserializer of one field, and of each value inside it.
///
/// It reads what serde_dynamo's reads, whose format this is, as the type asks for it. Text is never lent from the response:
/// a type that borrows would be read or not, depending on what has to be escaped.
#[derive(Debug)]
pub struct ValueDeserializer<'c, 't>(pub(super) Stored<'c, 't>);

type Result<T> = std::result::Result<T, DecodeError>;

impl<'c, 't> ValueDeserializer<'c, 't> {
    fn number<T>(self) -> Result<T>
    where
        T: FromStr<Err: std::fmt::Display>,
    {
        match self.0.open()? {
            Opened::Scalar(Scalar::Number(text)) => parse(&text),
            other => Err(mismatch(&other, "a Number (N)")),
        }
    }

    fn text(self) -> Result<Cow<'t, str>> {
        match self.0.open()? {
            Opened::Scalar(Scalar::Text(text)) => Ok(text),
            other => Err(mismatch(&other, "a String (S)")),
        }
    }

    fn null(self) -> Result<()> {
        match self.0.open()? {
            Opened::Scalar(Scalar::Null(true)) => Ok(()),
            other => Err(mismatch(&other, "a Null (NULL)")),
        }
    }

    fn binary(self) -> Result<Cow<'t, [u8]>> {
        match self.0.open()? {
            Opened::Scalar(Scalar::Binary(bytes)) => Ok(bytes),
            other => Err(mismatch(&other, "a Binary (B)")),
        }
    }
}

fn parse<T>(text: &str) -> Result<T>
where
    T: FromStr<Err: std::fmt::Display>,
{
    text.parse().map_err(|error| DecodeError::new(format!("`{text}`: {error}")))
}

fn mismatch(found: &Opened<'_, '_>, expected: &str) -> DecodeError {
    let found = match found {
        Opened::Scalar(Scalar::Text(_)) => "a String (S)",
        Opened::Scalar(Scalar::Number(_)) => "a Number (N)",
        Opened::Scalar(Scalar::Binary(_)) => "a Binary (B)",
        Opened::Scalar(Scalar::Boolean(_)) => "a Boolean (BOOL)",
        Opened::Scalar(Scalar::Null(true)) => "a Null (NULL)",
        Opened::Scalar(Scalar::Null(false)) => "a Null (NULL) that is false",
        Opened::List(_) => "a List (L) or a set",
        Opened::Map(_) => "a Map (M)",
        Opened::Unknown => "a type that this version of the library does not know",
    };
    DecodeError::new(format!("expected {expected}, found {found}"))
}

fn visit_list<'de, V: Visitor<'de>>(mut list: List<'_, '_>, visitor: V) -> Result<V::Value> {
    let value = visitor.visit_seq(Elements(&mut list))?;
    list.finish()?;
    Ok(value)
}

fn visit_map<'de, V: Visitor<'de>>(mut map: Map<'_, '_>, visitor: V) -> Result<V::Value> {
    let value = visitor.visit_map(Entries(&mut map))?;
    map.finish()?;
    Ok(value)
}

/// Text that nobody keeps, unless it is a copy already.
fn visit_text<'de, V: Visitor<'de>>(text: Cow<'_, str>, visitor: V) -> Result<V::Value> {
    match text {
        Cow::Borrowed(text) => visitor.visit_str(text),
        Cow::Owned(text) => visitor.visit_string(text),
    }
}

macro_rules! numbers {
    ($($method:ident => $visit:ident),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            visitor.$visit(self.number()?)
        })*
    };
}

impl<'de> Deserializer<'de> for ValueDeserializer<'_, '_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0.open()? {
            Opened::Scalar(Scalar::Text(text)) => visit_text(text, visitor),
            Opened::Scalar(Scalar::Number(text)) => {
                if let Ok(number) = text.parse() {
                    return visitor.visit_i64(number);
                }
                match text.parse() {
                    Ok(number) => visitor.visit_u64(number),
                    Err(_) => visitor.visit_f64(parse(&text)?),
                }
            }
            Opened::Scalar(Scalar::Binary(bytes)) => visitor.visit_bytes(&bytes),
            Opened::Scalar(Scalar::Boolean(is)) => visitor.visit_bool(is),
            Opened::Scalar(Scalar::Null(true)) => visitor.visit_unit(),
            Opened::List(list) => visit_list(list, visitor),
            Opened::Map(map) => visit_map(map, visitor),
            other => Err(mismatch(&other, "a value")),
        }
    }

    numbers!(
        deserialize_i8 => visit_i8,
        deserialize_i16 => visit_i16,
        deserialize_i32 => visit_i32,
        deserialize_i64 => visit_i64,
        deserialize_u8 => visit_u8,
        deserialize_u16 => visit_u16,
        deserialize_u32 => visit_u32,
        deserialize_u64 => visit_u64,
        deserialize_f32 => visit_f32,
        deserialize_f64 => visit_f64
    );

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0.open()? {
            Opened::Scalar(Scalar::Boolean(is)) => visitor.visit_bool(is),
            other => Err(mismatch(&other, "a Boolean (BOOL)")),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let text = self.text()?;
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => visitor.visit_char(character),
            _ => Err(DecodeError::new("expected a single character")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visit_text(self.text()?, visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_string(self.text()?.into_owned())
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visit_text(self.text()?, visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_bytes(&self.binary()?)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_bytes(&self.binary()?)
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value> {
        match self.0.is_null()? {
            true => {
                self.null()?;
                visitor.visit_none()
            }
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.null()?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0.open()? {
            Opened::List(list) => visit_list(list, visitor),
            other => Err(mismatch(&other, "a List (L) or a set")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0.open()? {
            Opened::Map(map) => visit_map(map, visitor),
            other => Err(mismatch(&other, "a Map (M)")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.0.open()? {
            Opened::Map(map) => visit_map(map, visitor),
            Opened::List(list) => visit_list(list, visitor),
            other => Err(mismatch(&other, "a Map (M)")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.0.open()? {
            Opened::Scalar(Scalar::Text(variant)) => {
                visitor.visit_enum((*variant).into_deserializer())
            }
            Opened::Map(mut map) => {
                let value = visitor.visit_enum(Variant(&mut map))?;
                match map.key()? {
                    None => Ok(value),
                    Some(_) => Err(not_one_entry()),
                }
            }
            other => Err(mismatch(&other, "a String (S), or a Map (M) of one entry")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_any(visitor)
    }
}

fn not_one_entry() -> DecodeError {
    DecodeError::new("expected a Map (M) of one entry, the variant of an enum")
}

struct Elements<'m, 'c, 't>(&'m mut List<'c, 't>);

impl<'de> SeqAccess<'de> for Elements<'_, '_, '_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        match self.0.next()? {
            Some(element) => seed.deserialize(ValueDeserializer(element)).map(Some),
            None => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.length()
    }
}

struct Entries<'m, 'c, 't>(&'m mut Map<'c, 't>);

impl<'de> MapAccess<'de> for Entries<'_, '_, '_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        match self.0.key()? {
            Some(key) => seed.deserialize(KeyDeserializer(key)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        match self.0.value() {
            Some(value) => seed.deserialize(ValueDeserializer(value)),
            None => Err(DecodeError::custom("a map's value was read before its key")),
        }
    }
}

struct Variant<'m, 'c, 't>(&'m mut Map<'c, 't>);

impl<'de> EnumAccess<'de> for Variant<'_, '_, '_> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self)> {
        let variant = self.0.key()?.ok_or_else(not_one_entry)?;
        let deserializer: serde::de::value::StrDeserializer<'_, DecodeError> =
            (*variant).into_deserializer();
        Ok((seed.deserialize(deserializer)?, self))
    }
}

impl<'c, 't> Variant<'_, 'c, 't> {
    fn value(&mut self) -> Result<ValueDeserializer<'_, 't>> {
        self.0.value().map(ValueDeserializer).ok_or_else(not_one_entry)
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_, '_> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<()> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(mut self, seed: T) -> Result<T::Value> {
        seed.deserialize(self.value()?)
    }

    fn tuple_variant<V: Visitor<'de>>(mut self, _: usize, visitor: V) -> Result<V::Value> {
        self.value()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        mut self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.value()?.deserialize_map(visitor)
    }
}
