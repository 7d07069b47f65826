use std::borrow::Cow;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::encode_error::EncodeError;
use super::json;
use super::number::float_text;
use super::recording::{Event, Recorded};
use super::value::Value;

/// DynamoDB's limit on nested values: lists and maps, and what is inside the innermost.
const MAX_DEPTH: usize = 32;

type Result<T> = std::result::Result<T, EncodeError>;
type Entries = Vec<(Cow<'static, str>, Value)>;

/// Makes a value of a recorded field.
///
/// It follows serde_dynamo's format, so that the two read each other's items, and differs in what it tells apart (maps that
/// merge, structs and variants that do not) and in what it refuses.
pub(super) fn build(field: Recorded<'_>, merges_structs: bool) -> Result<Value> {
    Builder { field, merges_structs }.value(0)
}

struct Builder<'r> {
    /// What is still to be read.
    field: Recorded<'r>,
    merges_structs: bool,
}

/// What becomes of the entries of a map, a struct or a struct variant.
#[derive(Clone, Copy)]
enum Form {
    /// They change independently.
    Map,
    /// As those of a map, for this struct of this many fields.
    MergingStruct(&'static str, usize),
    /// They are one value.
    Struct,
    /// They are one value, under the variant's name.
    Variant(&'static str),
}

impl<'r> Builder<'r> {
    fn next(&mut self) -> Result<Event> {
        let (event, rest) = self.field.events.split_first().ok_or_else(broken_off)?;
        self.field.events = rest;
        Ok(*event)
    }

    fn is_next(&mut self, event: Event) -> bool {
        let is_next = self.field.events.first() == Some(&event);
        if is_next {
            self.field.events = &self.field.events[1..];
        }
        is_next
    }

    fn text(&mut self, length: usize) -> Result<&'r str> {
        let (text, rest) = self.field.text.split_at_checked(length).ok_or_else(broken_off)?;
        self.field.text = rest;
        Ok(text)
    }

    fn bytes(&mut self, length: usize) -> Result<&'r [u8]> {
        let (bytes, rest) = self.field.bytes.split_at_checked(length).ok_or_else(broken_off)?;
        self.field.bytes = rest;
        Ok(bytes)
    }

    /// The name of the variant whose enum was recorded.
    fn name(&mut self) -> Result<&'static str> {
        match self.next()? {
            Event::Name(name) => Ok(name),
            _ => Err(broken_off()),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value> {
        let value = match self.next()? {
            Event::Some | Event::Unsized => return self.value(depth),
            Event::NewtypeVariant(variant) => {
                let value = self.value(deeper(depth)?).map_err(|error| error.inside(variant))?;
                return Ok(variant_map(variant, value));
            }
            Event::List(length) | Event::Tuple(length) => {
                let elements = self.elements(deeper(depth)?, length)?;
                return Ok(Value::Atom(AttributeValue::L(elements)));
            }
            Event::ListVariant(variant) => {
                let elements = self.elements(deeper(deeper(depth)?)?, 0);
                let elements = elements.map_err(|error| error.inside(variant))?;
                return Ok(variant_map(variant, Value::Atom(AttributeValue::L(elements))));
            }
            // A map that does not know its length is a struct with `#[serde(flatten)]`: no collection writes itself so.
            // What is flattened into it may be an enum, and cannot be told apart.
            Event::Map(is_known) => {
                let form = if is_known { Form::Map } else { Form::Struct };
                return self.entries(deeper(depth)?, form);
            }
            Event::Struct(name) => return self.structure(depth, name),
            Event::StructVariant(variant) => {
                return self.entries(deeper(deeper(depth)?)?, Form::Variant(variant));
            }
            Event::Bool(is) => AttributeValue::Bool(is),
            Event::Signed(number) => AttributeValue::N(number.to_string()),
            Event::Unsigned(number) => AttributeValue::N(number.to_string()),
            Event::Wide(_) => {
                return Err(EncodeError::new(
                    "128-bit integers exceed DynamoDB's 38 digits; store them as text",
                ));
            }
            Event::Single(bits) => number(float_text(f32::from_bits(bits)))?,
            Event::Double(bits) => number(float_text(f64::from_bits(bits)))?,
            Event::Text(length) => AttributeValue::S(self.text(length)?.to_owned()),
            Event::Bytes(length) => AttributeValue::B(Blob::new(self.bytes(length)?)),
            Event::Null(_) => AttributeValue::Null(true),
            Event::UnitVariant(_) => AttributeValue::S(self.name()?.to_owned()),
            Event::Name(_) | Event::Fields(_) | Event::Field(_) | Event::End => {
                return Err(broken_off());
            }
        };
        require_depth(depth)?;
        Ok(Value::Atom(value))
    }

    fn elements(&mut self, depth: usize, length: usize) -> Result<Vec<AttributeValue>> {
        // A length is only a hint, and may be wrong.
        let mut elements = Vec::with_capacity(length.min(1024));
        while !self.is_next(Event::End) {
            let position = elements.len();
            let element = self.value(depth);
            let element = element.map_err(|error| error.inside(&format!("[{position}]")))?;
            elements.push(element.into_attribute_value());
        }
        Ok(elements)
    }

    fn structure(&mut self, depth: usize, name: &'static str) -> Result<Value> {
        let Event::Fields(fields) = self.next()? else { return Err(broken_off()) };
        match name {
            json::NUMBER => self.json_number(),
            json::RAW_VALUE => Err(EncodeError::new(
                "a raw JSON text cannot be read back from DynamoDB; use `serde_json::Value`, or a `String`",
            )),
            _ => {
                let form = match self.merges_structs {
                    true => Form::MergingStruct(name, fields),
                    false => Form::Struct,
                };
                self.entries(deeper(depth)?, form)
            }
        }
    }

    fn json_number(&mut self) -> Result<Value> {
        loop {
            match self.next()? {
                Event::Field(_) | Event::Unsized => {}
                Event::Text(length) => {
                    let number = json::number(self.text(length)?);
                    let _ = self.is_next(Event::End);
                    return number;
                }
                _ => return Err(EncodeError::new("a JSON number has no text")),
            }
        }
    }

    fn entries(&mut self, depth: usize, form: Form) -> Result<Value> {
        let mut form = form;
        let variant = match form {
            Form::Variant(variant) => Some(variant),
            _ => None,
        };
        let mut entries = Entries::new();
        while !self.is_next(Event::End) {
            let (key, is_literal) = match self.field.events.first() {
                Some(Event::Field(name)) => {
                    self.field.events = &self.field.events[1..];
                    (Cow::Borrowed(*name), true)
                }
                _ => {
                    let is_literal = self.is_next(Event::Unsized);
                    (self.key()?, is_literal)
                }
            };
            if key.is_empty() {
                return Err(EncodeError::new("a map key is empty, which DynamoDB does not store"));
            }
            if entries.is_empty() && is_literal && self.begins_enum(form) {
                form = Form::Struct;
            }
            let value = self.value(depth);
            let value = value.map_err(|error| error.inside(&key).inside_variant(variant))?;
            entries.push((key, value));
        }
        finish(form, entries)
    }

    /// Whether the first entry is the tag of an enum, as serde's derive writes it.
    ///
    /// An internal tag is a string literal, and no field or map has a value of that type. An adjacent tag is
    /// a variant of an enum that is named as the struct around it.
    fn begins_enum(&self, form: Form) -> bool {
        let first = self.field.events.first();
        match form {
            Form::Map => first == Some(&Event::Unsized),
            Form::MergingStruct(name, fields) => match first {
                Some(Event::Unsized) => true,
                Some(Event::UnitVariant(enum_name)) => fields <= 2 && *enum_name == name,
                _ => false,
            },
            Form::Struct | Form::Variant(_) => false,
        }
    }

    /// A map's key: text, or a scalar that has one text.
    fn key(&mut self) -> Result<Cow<'static, str>> {
        let what = match self.next()? {
            Event::Text(length) | Event::Wide(length) => {
                return Ok(Cow::Owned(self.text(length)?.to_owned()));
            }
            Event::UnitVariant(_) => return Ok(Cow::Borrowed(self.name()?)),
            Event::Bool(is) => return Ok(Cow::Owned(is.to_string())),
            Event::Signed(number) => return Ok(Cow::Owned(number.to_string())),
            Event::Unsigned(number) => return Ok(Cow::Owned(number.to_string())),
            Event::Single(_) | Event::Double(_) => "a float",
            Event::Bytes(_) => "bytes",
            Event::Null(what) => what,
            Event::Some => "an option",
            Event::List(_) => "a list",
            Event::Tuple(_) => "a tuple",
            Event::Map(_) => "a map",
            Event::Struct(_) => "a struct",
            Event::NewtypeVariant(_) | Event::ListVariant(_) | Event::StructVariant(_) => {
                "a variant with data"
            }
            _ => return Err(broken_off()),
        };
        Err(EncodeError::new(format!(
            "a map key is {what}; DynamoDB's map keys are strings, and only text, integers, booleans, \
             characters and unit variants can be written as one"
        )))
    }
}

fn finish(form: Form, mut entries: Entries) -> Result<Value> {
    entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    if let Some([(key, _), _]) = entries.array_windows().find(|[(a, _), (b, _)]| a == b) {
        return Err(EncodeError::new(format!(
            "two map keys are both written as `{key}`; one would be lost"
        )));
    }
    Ok(match form {
        Form::Variant(variant) => variant_map(variant, Value::Struct(entries)),
        Form::Struct => Value::Struct(entries),
        Form::Map | Form::MergingStruct(..) => Value::Map(entries.into_iter().collect()),
    })
}

fn variant_map(variant: &'static str, value: Value) -> Value {
    Value::Struct(vec![(Cow::Borrowed(variant), value)])
}

fn number(text: std::result::Result<String, String>) -> Result<AttributeValue> {
    text.map(AttributeValue::N).map_err(EncodeError::new)
}

fn require_depth(depth: usize) -> Result<()> {
    if depth < MAX_DEPTH {
        return Ok(());
    }
    Err(EncodeError::new(format!(
        "nested deeper than the {MAX_DEPTH} levels that DynamoDB stores, counting the innermost value"
    )))
}

fn deeper(depth: usize) -> Result<usize> {
    require_depth(depth)?;
    Ok(depth + 1)
}

/// A serializer that was called in an order that serde does not allow.
fn broken_off() -> EncodeError {
    EncodeError::new("it does not serialize as one value")
}
