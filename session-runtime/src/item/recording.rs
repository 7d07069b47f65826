use std::fmt::{self, Display};

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use zeroize::{Zeroize as _, Zeroizing};

use super::encode_error::EncodeError;

/// What serde makes of fields at one moment: enough to tell later whether one has changed, and to encode it as it was.
///
/// That costs an eighth of encoding them, and most fields of most sessions do not change.
#[derive(Clone, Default)]
pub(crate) struct Recording {
    events: Vec<Event>,
    text: String,
    bytes: Vec<u8>,
    /// Where each field begins.
    starts: Vec<Start>,
    /// It is wiped, then, when it grows and when it is dropped.
    holds_secrets: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Start {
    event: usize,
    text: usize,
    byte: usize,
}

/// One call of a serializer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Event {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    /// An integer of 128 bits, as text of this length.
    Wide(usize),
    /// The bits of a float.
    Single(u32),
    Double(u64),
    /// So many bytes of the text.
    Text(usize),
    Bytes(usize),
    /// `None`, a unit or a unit struct, in words.
    Null(&'static str),
    Some,
    /// A unit variant of this enum, with its name in the next event.
    UnitVariant(&'static str),
    Name(&'static str),
    /// A variant with one value, which follows.
    NewtypeVariant(&'static str),
    /// Each of these with what it holds, up to the end.
    List(usize),
    Tuple(usize),
    ListVariant(&'static str),
    /// Whether its length is known.
    Map(bool),
    /// With the number of its fields in the next event.
    Struct(&'static str),
    Fields(usize),
    StructVariant(&'static str),
    #[default]
    End,
    /// The name of a struct's field, whose value follows.
    Field(&'static str),
    /// A key or a value follows whose type is unsized, such as the tag of an enum.
    Unsized,
}

/// A field, from the next event on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recorded<'r> {
    pub(super) events: &'r [Event],
    pub(super) text: &'r str,
    pub(super) bytes: &'r [u8],
}

impl zeroize::DefaultIsZeroes for Event {}

impl Drop for Recording {
    fn drop(&mut self) {
        if self.holds_secrets {
            self.events.as_mut_slice().zeroize();
            self.text.as_mut_str().zeroize();
            self.bytes.as_mut_slice().zeroize();
        }
    }
}

/// It may hold secrets.
impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").finish_non_exhaustive()
    }
}

impl Recording {
    pub(super) fn new(holds_secrets: bool) -> Self {
        let mut recording = Self::default();
        recording.holds_secrets = holds_secrets;
        recording
    }

    /// Makes room for so many events, bytes of text and bytes, so that no copy is left behind.
    fn reserve(&mut self, events: usize, text: usize, bytes: usize) {
        if !self.holds_secrets {
            return;
        }
        if self.events.capacity() - self.events.len() < events {
            let mut larger =
                Vec::with_capacity((self.events.len() + events).max(2 * self.events.capacity()));
            larger.extend_from_slice(&self.events);
            std::mem::replace(&mut self.events, larger).as_mut_slice().zeroize();
        }
        if self.text.capacity() - self.text.len() < text {
            let mut larger =
                String::with_capacity((self.text.len() + text).max(2 * self.text.capacity()));
            larger.push_str(&self.text);
            std::mem::replace(&mut self.text, larger).as_mut_str().zeroize();
        }
        if self.bytes.capacity() - self.bytes.len() < bytes {
            let mut larger =
                Vec::with_capacity((self.bytes.len() + bytes).max(2 * self.bytes.capacity()));
            larger.extend_from_slice(&self.bytes);
            std::mem::replace(&mut self.bytes, larger).as_mut_slice().zeroize();
        }
    }

    /// Takes down another field.
    pub(super) fn field(&mut self) -> ValueSerializer<'_> {
        self.starts.push(self.end());
        ValueSerializer(self)
    }

    fn end(&self) -> Start {
        Start { event: self.events.len(), text: self.text.len(), byte: self.bytes.len() }
    }

    pub(super) fn recorded(&self, field: usize) -> Recorded<'_> {
        let start = self.starts.get(field).copied().unwrap_or_else(|| self.end());
        let end = self.starts.get(field + 1).copied().unwrap_or_else(|| self.end());
        Recorded {
            events: &self.events[start.event..end.event],
            text: &self.text[start.text..end.text],
            bytes: &self.bytes[start.byte..end.byte],
        }
    }

    /// The fields that serde has made something else of. A map without order may be among them if it is the same.
    pub(crate) fn differences<'r>(&'r self, other: &'r Self) -> impl Iterator<Item = usize> + 'r {
        (0..self.starts.len())
            .filter(|field| !self.recorded(*field).is_same(other.recorded(*field)))
    }

    fn push(&mut self, event: Event) -> Result<()> {
        self.reserve(1, 0, 0);
        self.events.push(event);
        Ok(())
    }

    fn text(&mut self, text: &str) {
        self.reserve(1, text.len(), 0);
        self.text.push_str(text);
        self.events.push(Event::Text(text.len()));
    }

    fn wide(&mut self, number: impl Display) -> Result<()> {
        let text = Zeroizing::new(number.to_string());
        self.reserve(1, text.len(), 0);
        self.text.push_str(&text);
        self.push(Event::Wide(text.len()))
    }

    fn enter(&mut self, event: Event, variant: Option<&'static str>) -> Compound<'_> {
        self.reserve(1, 0, 0);
        self.events.push(event);
        Compound { recording: self, variant, length: 0, key: 0 }
    }

    fn note_size<T: ?Sized>(&mut self) {
        if size_of::<&T>() > size_of::<&()>() {
            self.reserve(1, 0, 0);
            self.events.push(Event::Unsized);
        }
    }
}

impl Recorded<'_> {
    fn is_same(self, other: Recorded<'_>) -> bool {
        self.events == other.events && self.text == other.text && self.bytes == other.bytes
    }
}

/// The serde serializer of one field, and of each value inside it.
#[derive(Debug)]
pub struct ValueSerializer<'r>(&'r mut Recording);

type Result<T> = std::result::Result<T, EncodeError>;

impl ValueSerializer<'_> {
    /// Bytes that are known to be some.
    pub(super) fn bytes(self, bytes: Option<&[u8]>) -> Result<()> {
        match bytes {
            Some(bytes) => self.serialize_bytes(bytes),
            None => self.serialize_none(),
        }
    }
}

macro_rules! scalars {
    ($($method:ident($type:ty) => $event:ident($as:ty)),*) => {
        $(fn $method(self, value: $type) -> Result<()> {
            self.0.push(Event::$event(<$as>::from(value)))
        })*
    };
}

impl<'r> Serializer for ValueSerializer<'r> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Compound<'r>;
    type SerializeTuple = Compound<'r>;
    type SerializeTupleStruct = Compound<'r>;
    type SerializeTupleVariant = Compound<'r>;
    type SerializeMap = Compound<'r>;
    type SerializeStruct = Compound<'r>;
    type SerializeStructVariant = Compound<'r>;

    scalars!(
        serialize_bool(bool) => Bool(bool),
        serialize_i8(i8) => Signed(i64),
        serialize_i16(i16) => Signed(i64),
        serialize_i32(i32) => Signed(i64),
        serialize_i64(i64) => Signed(i64),
        serialize_u8(u8) => Unsigned(u64),
        serialize_u16(u16) => Unsigned(u64),
        serialize_u32(u32) => Unsigned(u64),
        serialize_u64(u64) => Unsigned(u64)
    );

    fn serialize_i128(self, value: i128) -> Result<()> {
        self.0.wide(value)
    }

    fn serialize_u128(self, value: u128) -> Result<()> {
        self.0.wide(value)
    }

    fn serialize_f32(self, value: f32) -> Result<()> {
        self.0.push(Event::Single(value.to_bits()))
    }

    fn serialize_f64(self, value: f64) -> Result<()> {
        self.0.push(Event::Double(value.to_bits()))
    }

    fn serialize_char(self, value: char) -> Result<()> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<()> {
        self.0.text(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<()> {
        self.0.reserve(1, 0, value.len());
        self.0.bytes.extend_from_slice(value);
        self.0.push(Event::Bytes(value.len()))
    }

    fn serialize_none(self) -> Result<()> {
        self.0.push(Event::Null("an absent option"))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        self.0.push(Event::Some)?;
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<()> {
        self.0.push(Event::Null("a unit"))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<()> {
        self.0.push(Event::Null("a unit struct"))
    }

    fn serialize_unit_variant(
        self,
        enum_name: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<()> {
        self.0.push(Event::UnitVariant(enum_name))?;
        self.0.push(Event::Name(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        self.0.push(Event::NewtypeVariant(variant))?;
        value.serialize(self).map_err(|error| error.inside(variant))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Compound<'r>> {
        Ok(self.0.enter(Event::List(length.unwrap_or_default()), None))
    }

    fn serialize_tuple(self, length: usize) -> Result<Compound<'r>> {
        Ok(self.0.enter(Event::Tuple(length), None))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Compound<'r>> {
        self.serialize_tuple(length)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'r>> {
        Ok(self.0.enter(Event::ListVariant(variant), Some(variant)))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Compound<'r>> {
        Ok(self.0.enter(Event::Map(length.is_some()), None))
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Compound<'r>> {
        self.0.push(Event::Struct(name))?;
        Ok(self.0.enter(Event::Fields(length), None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'r>> {
        Ok(self.0.enter(Event::StructVariant(variant), Some(variant)))
    }
}

/// What holds other values, being recorded.
#[derive(Debug)]
pub struct Compound<'r> {
    recording: &'r mut Recording,
    variant: Option<&'static str>,
    /// How many values it has.
    length: usize,
    /// Where the text of the last key begins.
    key: usize,
}

impl Compound<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let position = self.length;
        self.length += 1;
        let variant = self.variant;
        value
            .serialize(ValueSerializer(self.recording))
            .map_err(|error| error.inside(&format!("[{position}]")).inside_variant(variant))
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        self.recording.push(Event::Field(name))?;
        self.recording.note_size::<T>();
        let variant = self.variant;
        value
            .serialize(ValueSerializer(self.recording))
            .map_err(|error| error.inside(name).inside_variant(variant))
    }

    fn finish(self) -> Result<()> {
        self.recording.push(Event::End)
    }
}

impl SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.key = self.recording.text.len();
        self.recording.note_size::<T>();
        key.serialize(ValueSerializer(self.recording))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.recording.note_size::<T>();
        let key = self.key..self.recording.text.len();
        value
            .serialize(ValueSerializer(self.recording))
            .map_err(|error| error.inside(self.recording.text.get(key).unwrap_or_default()))
    }

    fn end(self) -> Result<()> {
        self.finish()
    }
}

macro_rules! compounds {
    ($($trait:ident $method:ident($($name:ident)?) => $record:ident),*) => {
        $(impl $trait for Compound<'_> {
            type Ok = ();
            type Error = EncodeError;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($name: &'static str,)?
                value: &T,
            ) -> Result<()> {
                self.$record($($name,)? value)
            }

            fn end(self) -> Result<()> {
                self.finish()
            }
        })*
    };
}

compounds!(
    SerializeSeq serialize_element() => element,
    SerializeTuple serialize_element() => element,
    SerializeTupleStruct serialize_field() => element,
    SerializeTupleVariant serialize_field() => element,
    SerializeStruct serialize_field(name) => field,
    SerializeStructVariant serialize_field(name) => field
);
