use aws_sdk_dynamodb::types::AttributeValue;

use super::attributes::{Attributes, Found, Integers, Mismatch, integers};
use super::cursor::{Cursor, Malformed};
use super::decode::Decoder;
use super::secret::StoredSecret;
use super::size::{attribute_size, number_size};
use super::stored::{Opened, Scalar, Stored, settle};
use super::unreadable::Unreadable;
use crate::error::Error;
use crate::schema::{Attribute, Schema};
use crate::secret::SecretCipher;

/// What one pass over an item in the text of a response has found beside the fields, which it has decoded on the way.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Attributes that were asked for, and those of guarded fields and of the one that is marked `remember`.
    attributes: Vec<(&'static str, AttributeValue)>,
    pub(crate) integers: Result<Option<Integers>, Mismatch>,
    /// Under which name each attribute of the schema stands.
    pub(crate) found: Vec<Found>,
    pub(crate) unreadable: Unreadable,
    pub(crate) secrets: Vec<StoredSecret>,
    /// The first field, in the order of the schema, that could not be decoded.
    failed: Option<(usize, Error)>,
    /// The size of what is neither a field nor key, expiry or creation.
    pub(crate) other_bytes: usize,
    /// The length of the text, which is no less than the size of the item.
    pub(crate) bytes: usize,
}

/// What to look for in an item beside its fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) schema: &'static Schema,
    pub(crate) attributes: &'static [&'static str],
    /// A Map of whole Numbers.
    pub(crate) integers: &'static str,
}

/// Decodes the field at this position in the schema.
pub(crate) type DecodeField<'f> = &'f mut dyn FnMut(usize, &mut Decoder<'_>) -> Result<(), Error>;

impl Attributes for Reading {
    fn get(&self, name: &str) -> Option<&AttributeValue> {
        self.attributes.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl Reading {
    /// Reads the item in the body of a `GetItem`'s response; `None` if there is none.
    ///
    /// An empty body is no answer: DynamoDB says that there is no item by an object without one.
    pub(crate) fn of_response(
        body: &[u8],
        wanted: Wanted,
        cipher: Option<&SecretCipher>,
        decode: DecodeField<'_>,
    ) -> Result<Option<Self>, Malformed> {
        let mut cursor = Cursor::new(body)?;
        cursor.expect(b'{')?;
        let mut item = None;
        let mut is_first = true;
        while let Some(key) = cursor.key(std::mem::take(&mut is_first))? {
            if key != "Item" {
                cursor.skip()?;
            } else if !cursor.take_null()? {
                if item.is_some() {
                    return Err(cursor.malformed());
                }
                let mut pass = Pass::new(wanted, cipher, cursor);
                pass.run(decode)?;
                (item, cursor) = (Some(pass.reading), pass.decoder.into_text());
            }
        }
        match cursor.is_at_end() {
            true => Ok(item),
            false => Err(cursor.malformed()),
        }
    }

    /// The error of the first field that could not be decoded.
    pub(crate) fn take_error(&mut self) -> Option<Error> {
        self.failed.take().map(|(_, error)| error)
    }
}

/// The units that a response says that its request has consumed. It says so before the item or after it, so that the item
/// itself is not looked at.
pub(crate) fn consumed_units(body: &[u8]) -> Result<Option<f64>, Malformed> {
    const MEMBER: &str = "\"ConsumedCapacity\"";
    let mut cursor = Cursor::new(body)?;
    cursor.expect(b'{')?;
    let _ = cursor.peek()?;
    if !cursor.rest().starts_with(MEMBER.as_bytes()) {
        let text = str::from_utf8(body).unwrap_or_default();
        let Some(position) = text.rfind(MEMBER) else { return Ok(None) };
        cursor = Cursor::new(&body[position..])?;
    }
    let _ = cursor.key(true)?;
    if !enter(&mut cursor, "CapacityUnits")? {
        return Ok(None);
    }
    Ok(cursor.number()?.parse().ok())
}

/// Goes into an object, up to the value of a member; false if there is none.
fn enter(cursor: &mut Cursor<'_>, member: &str) -> Result<bool, Malformed> {
    cursor.expect(b'{')?;
    let mut is_first = true;
    while let Some(key) = cursor.key(std::mem::take(&mut is_first))? {
        if key == member {
            return Ok(true);
        }
        cursor.skip()?;
    }
    Ok(false)
}

/// A pass under way.
struct Pass<'t> {
    wanted: Wanted,
    decoder: Decoder<'t>,
    reading: Reading,
    /// Fields that were read under an alias, and the size of each.
    aliased: Vec<(usize, usize)>,
    errors: Vec<(usize, Error)>,
}

impl<'t> Pass<'t> {
    fn new(wanted: Wanted, cipher: Option<&'t SecretCipher>, cursor: Cursor<'t>) -> Self {
        let attributes = wanted.schema.attributes();
        let reading = Reading {
            attributes: Vec::with_capacity(wanted.attributes.len()),
            integers: Ok(None),
            found: vec![Found::Absent; attributes.len()],
            unreadable: Unreadable::default(),
            secrets: Vec::new(),
            failed: None,
            other_bytes: 0,
            bytes: 0,
        };
        let decoder = Decoder::of_text(attributes, cursor).decrypting(cipher);
        Self { wanted, decoder, reading, aliased: Vec::new(), errors: Vec::new() }
    }

    fn run(&mut self, decode: DecodeField<'_>) -> Result<(), Malformed> {
        let start = self.decoder.text().rest().len();
        self.decoder.text().expect(b'{')?;
        let mut is_first = true;
        while let Some(name) = self.decoder.text().key(std::mem::take(&mut is_first))? {
            match self.place(&name) {
                Some((index, found)) => self.field(index, found, decode)?,
                None => self.other(&name)?,
            }
        }
        self.reading.bytes = start - self.decoder.text().rest().len();
        self.reading.failed = self.errors.drain(..).min_by_key(|(index, _)| *index);
        Ok(())
    }

    /// The field that stands under a name.
    fn place(&self, name: &str) -> Option<(usize, Found)> {
        let attributes = self.wanted.schema.attributes();
        if let Some(index) = attributes.iter().position(|attribute| attribute.name() == name) {
            return Some((index, Found::Named));
        }
        attributes.iter().enumerate().find_map(|(index, attribute)| {
            let alias = attribute.aliases().iter().find(|alias| **alias == name)?;
            Some((index, Found::Aliased(alias)))
        })
    }

    fn field(
        &mut self,
        index: usize,
        found: Found,
        decode: DecodeField<'_>,
    ) -> Result<(), Malformed> {
        let mark = self.decoder.text().mark();
        let attribute = &self.wanted.schema.attributes()[index];
        let earlier = self.reading.found[index];
        if found != Found::Named || earlier != Found::Absent {
            let size = attribute_size(name_of(attribute, found), &self.look()?);
            if rank(attribute, found) > rank(attribute, earlier) {
                self.reading.other_bytes += size;
                return Ok(());
            }
            // What was read under a later name counts no more.
            let under_alias = self.aliased.extract_if(.., |(of, _)| *of == index);
            self.reading.other_bytes += under_alias.map(|(_, size)| size).sum::<usize>();
            self.aliased.push((index, size));
            self.errors.retain(|(failed, _)| *failed != index);
            self.reading.unreadable.forget(index);
            self.reading.secrets.retain(|secret| secret.index != index);
            self.decoder.text().seek(mark);
        }
        self.reading.found[index] = found;
        if self.is_protocols(index) {
            let value = self.look()?;
            self.reading.attributes.push((name_of(attribute, found), value));
            self.decoder.text().seek(mark);
        }
        let decoded = decode(index, &mut self.decoder);
        settle(self.decoder.text(), mark)?;
        if let Some(stored) = self.decoder.take_unreadable() {
            self.reading.unreadable.note(index, stored);
        }
        self.reading.secrets.extend(self.decoder.take_secret(index, found));
        self.errors.extend(decoded.err().map(|error| (index, error)));
        Ok(())
    }

    /// Whether the protocol looks at the field, too.
    fn is_protocols(&self, index: usize) -> bool {
        let Wanted { schema, .. } = self.wanted;
        let is_remember = || schema.remember().is_some_and(|(remember, _)| remember == index);
        schema.attributes()[index].is_guarded() || is_remember()
    }

    fn other(&mut self, name: &str) -> Result<(), Malformed> {
        let Wanted { schema, attributes, integers } = self.wanted;
        if name == integers {
            self.reading.integers = self.integers()?.map(Some);
            return Ok(());
        }
        let value = self.look()?;
        let is_header = schema.header().any(|known| known == name);
        if !is_header {
            self.reading.other_bytes += attribute_size(name, &value);
        }
        let header = [Some(schema.time_to_live()), schema.created()].into_iter().flatten();
        if let Some(name) = attributes.iter().copied().chain(header).find(|known| *known == name) {
            self.reading.attributes.push((name, value));
        }
        Ok(())
    }

    fn integers(&mut self) -> Result<Result<Integers, Mismatch>, Malformed> {
        let mark = self.decoder.text().mark();
        if let Some((integers, size)) = read_integers(self.decoder.text())? {
            self.reading.other_bytes += self.wanted.integers.len() + size;
            return Ok(Ok(integers));
        }
        self.decoder.text().seek(mark);
        Ok(integers(&self.look()?))
    }

    /// The value that is next.
    fn look(&mut self) -> Result<AttributeValue, Malformed> {
        Stored::Text(self.decoder.text()).into_attribute_value()
    }
}

/// The entries of a Map of whole Numbers and its size, if it is one.
fn read_integers(cursor: &mut Cursor<'_>) -> Result<Option<(Integers, usize)>, Malformed> {
    let Opened::Map(mut map) = Stored::Text(cursor).open()? else { return Ok(None) };
    // About as many as there are tokens in an item that is written again and again.
    let (mut integers, mut size) = (Integers::with_capacity(10), 3);
    while let Some(key) = map.key()? {
        let number = match map.value().map(Stored::open).transpose()? {
            Some(Opened::Scalar(Scalar::Number(number))) => number,
            _ => return Ok(None),
        };
        size += 1 + key.len() + number_size(&number);
        match number.parse() {
            Ok(number) => integers.push((key.into_owned(), number)),
            Err(_) => return Ok(None),
        }
    }
    Ok(Some((integers, size)))
}

fn name_of(attribute: &Attribute, found: Found) -> &'static str {
    match found {
        Found::Aliased(alias) => alias,
        Found::Named | Found::Absent => attribute.name(),
    }
}

/// Where a name stands among those of a field: the lowest of them counts.
fn rank(attribute: &Attribute, found: Found) -> usize {
    match found {
        Found::Named => 0,
        Found::Aliased(name) => {
            let position = attribute.aliases().iter().position(|alias| *alias == name);
            position.map_or(usize::MAX, |position| position + 1)
        }
        Found::Absent => usize::MAX,
    }
}
