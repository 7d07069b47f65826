use std::borrow::Cow;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeStruct, SerializeStructVariant, Serializer,
};

use super::encode_error::EncodeError;
use super::json;
use super::key_serializer::KeySerializer;
use super::value::Value;

/// A map, a struct, or a struct variant, being encoded, its values by another serializer.
#[derive(Debug)]
pub struct Entries<S> {
    serializer: S,
    form: Form,
    entries: Vec<(Cow<'static, str>, Value)>,
    key: Option<Key>,
}

/// What becomes of the entries.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// They change independently.
    Map,
    /// As those of a map, for this struct of this many fields.
    MergingStruct(&'static str, usize),
    /// They are one value.
    Struct,
    /// They are one value, under the variant's name.
    Variant(&'static str),
    /// The only one is the text of a number.
    JsonNumber,
}

#[derive(Debug)]
struct Key {
    text: Cow<'static, str>,
    is_literal: bool,
}

impl<S> Entries<S>
where
    S: Serializer<Ok = Value, Error = EncodeError> + Copy,
{
    /// A map that does not know its length is a struct with `#[serde(flatten)]`: no collection writes itself so.
    /// What is flattened into it may be an enum, and cannot be told apart.
    pub(super) fn of_map(serializer: S, length: Option<usize>) -> Self {
        match length {
            Some(length) => Self::new(serializer, Form::Map, length),
            None => Self::new(serializer, Form::Struct, 0),
        }
    }

    pub(super) fn of_struct(serializer: S, length: usize) -> Self {
        Self::new(serializer, Form::Struct, length)
    }

    pub(super) fn of_merging_struct(serializer: S, name: &'static str, length: usize) -> Self {
        Self::new(serializer, Form::MergingStruct(name, length), length)
    }

    pub(super) fn of_variant(serializer: S, variant: &'static str, length: usize) -> Self {
        Self::new(serializer, Form::Variant(variant), length)
    }

    pub(super) fn of_json_number(serializer: S) -> Self {
        Self::new(serializer, Form::JsonNumber, 1)
    }

    fn new(serializer: S, form: Form, length: usize) -> Self {
        // A length is only a hint, and may be wrong.
        Self { serializer, form, entries: Vec::with_capacity(length.min(1024)), key: None }
    }

    fn insert<T: Serialize + ?Sized>(&mut self, key: Key, value: &T) -> Result<(), EncodeError> {
        let Key { text, is_literal } = key;
        if text.is_empty() {
            return Err(EncodeError::new("a map key is empty, which DynamoDB does not store"));
        }
        if self.entries.is_empty() && is_literal && self.begins_enum(value) {
            self.form = Form::Struct;
        }
        let variant = match self.form {
            Form::Variant(variant) => Some(variant),
            _ => None,
        };
        let value = value
            .serialize(self.serializer)
            .map_err(|error| error.inside(&text).inside_variant(variant))?;
        self.entries.push((text, value));
        Ok(())
    }

    /// Whether the first entry is the tag of an enum, as serde's derive writes it.
    ///
    /// An internal tag is a string literal, and no field or map has a value of that type. An adjacent tag is
    /// a variant of an enum that is named as the struct around it.
    fn begins_enum<T: Serialize + ?Sized>(&self, first: &T) -> bool {
        match self.form {
            Form::Map => is_unsized::<T>(),
            Form::MergingStruct(name, fields) => {
                is_unsized::<T>() || (fields <= 2 && enum_name(first) == Some(name))
            }
            Form::Struct | Form::Variant(_) | Form::JsonNumber => false,
        }
    }

    fn finish(self) -> Result<Value, EncodeError> {
        let Self { form, mut entries, .. } = self;
        if let Form::JsonNumber = form {
            return match entries.pop() {
                Some((_, Value::Atom(AttributeValue::S(text)))) => json::number(&text),
                _ => Err(EncodeError::new("a JSON number has no text")),
            };
        }
        entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        if let Some([(key, _), _]) = entries.array_windows().find(|[(a, _), (b, _)]| a == b) {
            return Err(EncodeError::new(format!(
                "two map keys are both written as `{key}`; one would be lost"
            )));
        }
        Ok(match form {
            Form::Variant(variant) => variant_map(variant, Value::Struct(entries)),
            Form::Struct => Value::Struct(entries),
            _ => Value::Map(entries.into_iter().collect()),
        })
    }
}

pub(super) fn variant_map(variant: &'static str, value: Value) -> Value {
    Value::Struct(vec![(Cow::Borrowed(variant), value)])
}

fn is_unsized<T: ?Sized>() -> bool {
    size_of::<&T>() > size_of::<&()>()
}

fn enum_name<T: Serialize + ?Sized>(value: &T) -> Option<&'static str> {
    value.serialize(KeySerializer).ok()?.enum_name
}

impl<S> SerializeMap for Entries<S>
where
    S: Serializer<Ok = Value, Error = EncodeError> + Copy,
{
    type Ok = Value;
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        let text = key.serialize(KeySerializer)?.text;
        self.key = Some(Key { text: Cow::Owned(text), is_literal: is_unsized::<T>() });
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
        impl<S> $trait for Entries<S>
        where
            S: Serializer<Ok = Value, Error = EncodeError> + Copy,
        {
            type Ok = Value;
            type Error = EncodeError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), EncodeError> {
                self.insert(Key { text: Cow::Borrowed(key), is_literal: true }, value)
            }

            fn end(self) -> Result<Value, EncodeError> {
                self.finish()
            }
        }
    };
}

entries!(SerializeStruct);
entries!(SerializeStructVariant);
