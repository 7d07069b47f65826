use std::borrow::Cow;
use std::collections::{HashMap, hash_map};
use std::slice;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_types::base64;

use super::cursor::{Cursor, Malformed, Mark};
use super::tag::Tag;

/// A stored value that is about to be read: the next in the text of a response, or one that the AWS SDK has read.
#[derive(Debug)]
pub(crate) enum Stored<'c, 't> {
    Text(&'c mut Cursor<'t>),
    Value(&'t AttributeValue),
    /// A member of a set.
    Member(Scalar<'t>),
}

#[derive(Debug)]
pub(crate) enum Scalar<'t> {
    Text(Cow<'t, str>),
    Number(Cow<'t, str>),
    Binary(Cow<'t, [u8]>),
    Boolean(bool),
    Null(bool),
}

/// What a stored value turns out to be: a scalar, which has been read, or a collection, which is entered.
#[derive(Debug)]
pub(super) enum Opened<'c, 't> {
    Scalar(Scalar<'t>),
    List(List<'c, 't>),
    Map(Map<'c, 't>),
    /// Of a type that is not known.
    Unknown,
}

/// A List or a set, from its next element on.
#[derive(Debug)]
pub(super) enum List<'c, 't> {
    /// With the type of a set's members.
    Text(Entered<'c, 't>, Option<Tag>),
    Elements(slice::Iter<'t, AttributeValue>),
    Texts(slice::Iter<'t, String>),
    Numbers(slice::Iter<'t, String>),
    Binaries(slice::Iter<'t, Blob>),
}

/// A Map, from its next entry on.
#[derive(Debug)]
pub(super) enum Map<'c, 't> {
    Text(Entered<'c, 't>),
    Entries(hash_map::Iter<'t, String, AttributeValue>, Option<&'t AttributeValue>),
}

/// The inside of a collection in the text.
#[derive(Debug)]
pub(super) struct Entered<'c, 't> {
    cursor: &'c mut Cursor<'t>,
    /// Where the collection begins.
    mark: Mark,
    is_first: bool,
    /// The element or the value that was given out last.
    given: Option<Mark>,
    has_ended: bool,
}

impl<'c, 't> Stored<'c, 't> {
    pub(super) fn open(self) -> Result<Opened<'c, 't>, Malformed> {
        let cursor = match self {
            Self::Text(cursor) => cursor,
            Self::Value(value) => return Ok(open_value(value)),
            Self::Member(scalar) => return Ok(Opened::Scalar(scalar)),
        };
        let mark = cursor.mark();
        let members = match cursor.open()? {
            Tag::L => None,
            Tag::Ss => Some(Tag::S),
            Tag::Ns => Some(Tag::N),
            Tag::Bs => Some(Tag::B),
            Tag::M => return Ok(Opened::Map(Map::Text(Entered::new(cursor, mark, b'{')?))),
            Tag::Unknown => {
                cursor.skip()?;
                cursor.close(mark)?;
                return Ok(Opened::Unknown);
            }
            tag => {
                let scalar = scalar(cursor, tag)?;
                cursor.close(mark)?;
                return Ok(Opened::Scalar(scalar));
            }
        };
        Ok(Opened::List(List::Text(Entered::new(cursor, mark, b'[')?, members)))
    }

    /// Whether the value is NULL; it is still to be read.
    pub(super) fn is_null(&mut self) -> Result<bool, Malformed> {
        match self {
            Self::Value(value) => Ok(matches!(value, AttributeValue::Null(true))),
            Self::Member(_) => Ok(false),
            Self::Text(cursor) => {
                let mark = cursor.mark();
                let is_null = cursor.open()? == Tag::Null && cursor.boolean()?;
                cursor.seek(mark);
                Ok(is_null)
            }
        }
    }

    /// The value as the AWS SDK has it; one of a type that it does not know as NULL that is `false`, which no table holds.
    pub(crate) fn into_attribute_value(self) -> Result<AttributeValue, Malformed> {
        if let Self::Value(value) = self {
            return Ok(value.clone());
        }
        Ok(match self.open()? {
            Opened::Scalar(scalar) => scalar.into_attribute_value(),
            Opened::List(list) => list.into_attribute_value()?,
            Opened::Map(mut map) => {
                let mut entries = HashMap::new();
                while let Some(key) = map.key()? {
                    if let Some(value) = map.value() {
                        entries.insert(key.into_owned(), value.into_attribute_value()?);
                    }
                }
                AttributeValue::M(entries)
            }
            Opened::Unknown => AttributeValue::Null(false),
        })
    }
}

/// Sees to it that a value in the text has been read to its end, whatever its reader has left.
pub(super) fn settle(cursor: &mut Cursor<'_>, mark: Mark) -> Result<(), Malformed> {
    if !cursor.has_completed(mark) {
        cursor.seek(mark);
        Stored::Text(cursor).into_attribute_value()?;
    }
    Ok(())
}

#[inline]
fn scalar<'t>(cursor: &mut Cursor<'t>, tag: Tag) -> Result<Scalar<'t>, Malformed> {
    match tag {
        Tag::Bool => return cursor.boolean().map(Scalar::Boolean),
        Tag::S | Tag::N | Tag::B => {}
        _ => return cursor.boolean().map(Scalar::Null),
    }
    let text = cursor.string()?;
    Ok(match tag {
        Tag::S => Scalar::Text(text),
        Tag::N => Scalar::Number(text),
        _ => {
            let bytes = base64::decode(&*text).map_err(|_| cursor.malformed())?;
            Scalar::Binary(Cow::Owned(bytes))
        }
    })
}

fn open_value<'c, 't>(value: &'t AttributeValue) -> Opened<'c, 't> {
    Opened::Scalar(match value {
        AttributeValue::S(text) => Scalar::Text(Cow::Borrowed(text)),
        AttributeValue::N(text) => Scalar::Number(Cow::Borrowed(text)),
        AttributeValue::B(bytes) => Scalar::Binary(Cow::Borrowed(bytes.as_ref())),
        AttributeValue::Bool(is) => Scalar::Boolean(*is),
        AttributeValue::Null(is) => Scalar::Null(*is),
        AttributeValue::L(elements) => return Opened::List(List::Elements(elements.iter())),
        AttributeValue::Ss(members) => return Opened::List(List::Texts(members.iter())),
        AttributeValue::Ns(members) => return Opened::List(List::Numbers(members.iter())),
        AttributeValue::Bs(members) => return Opened::List(List::Binaries(members.iter())),
        AttributeValue::M(entries) => return Opened::Map(Map::Entries(entries.iter(), None)),
        _ => return Opened::Unknown,
    })
}

impl Scalar<'_> {
    fn into_attribute_value(self) -> AttributeValue {
        match self {
            Self::Text(text) => AttributeValue::S(text.into_owned()),
            Self::Number(text) => AttributeValue::N(text.into_owned()),
            Self::Binary(bytes) => AttributeValue::B(Blob::new(bytes.into_owned())),
            Self::Boolean(is) => AttributeValue::Bool(is),
            Self::Null(is) => AttributeValue::Null(is),
        }
    }
}

impl<'c, 't> Entered<'c, 't> {
    fn new(cursor: &'c mut Cursor<'t>, mark: Mark, bracket: u8) -> Result<Self, Malformed> {
        cursor.descend();
        cursor.expect(bracket)?;
        Ok(Self { cursor, mark, is_first: true, given: None, has_ended: false })
    }

    /// Goes on behind what was given out last, however much of that was read.
    fn go_on(&mut self) -> Result<bool, Malformed> {
        if let Some(given) = self.given.take() {
            settle(self.cursor, given)?;
        }
        Ok(std::mem::take(&mut self.is_first))
    }

    fn key(&mut self) -> Result<Option<Cow<'t, str>>, Malformed> {
        if self.has_ended {
            return Ok(None);
        }
        let is_first = self.go_on()?;
        let key = self.cursor.key(is_first)?;
        match key {
            Some(_) => self.given = Some(self.cursor.mark()),
            None => self.leave()?,
        }
        Ok(key)
    }

    fn has_element(&mut self) -> Result<bool, Malformed> {
        if self.has_ended {
            return Ok(false);
        }
        let is_first = self.go_on()?;
        let has_element = self.cursor.has_element(is_first)?;
        if !has_element {
            self.leave()?;
        }
        Ok(has_element)
    }

    fn leave(&mut self) -> Result<(), Malformed> {
        self.has_ended = true;
        self.cursor.ascend();
        self.cursor.close(self.mark)
    }
}

impl<'t> List<'_, 't> {
    pub(super) fn next(&mut self) -> Result<Option<Stored<'_, 't>>, Malformed> {
        Ok(match self {
            Self::Text(entered, members) => {
                if !entered.has_element()? {
                    return Ok(None);
                }
                Some(match members {
                    Some(tag) => Stored::Member(scalar(entered.cursor, *tag)?),
                    None => {
                        entered.given = Some(entered.cursor.mark());
                        Stored::Text(entered.cursor)
                    }
                })
            }
            Self::Elements(elements) => elements.next().map(Stored::Value),
            Self::Texts(members) => {
                members.next().map(|text| Stored::Member(Scalar::Text(Cow::Borrowed(text))))
            }
            Self::Numbers(members) => {
                members.next().map(|text| Stored::Member(Scalar::Number(Cow::Borrowed(text))))
            }
            Self::Binaries(members) => members
                .next()
                .map(|bytes| Stored::Member(Scalar::Binary(Cow::Borrowed(bytes.as_ref())))),
        })
    }

    /// How many elements are left, where that is known.
    pub(super) fn length(&self) -> Option<usize> {
        match self {
            Self::Text(..) => None,
            Self::Elements(elements) => Some(elements.len()),
            Self::Texts(members) | Self::Numbers(members) => Some(members.len()),
            Self::Binaries(members) => Some(members.len()),
        }
    }

    /// Reads the elements that are left, so that the list ends.
    pub(super) fn finish(&mut self) -> Result<(), Malformed> {
        if let Self::Text(..) = self {
            while let Some(element) = self.next()? {
                element.into_attribute_value()?;
            }
        }
        Ok(())
    }

    fn into_attribute_value(mut self) -> Result<AttributeValue, Malformed> {
        let members = match &self {
            Self::Text(_, members) => *members,
            _ => None,
        };
        let mut elements = Vec::new();
        while let Some(element) = self.next()? {
            elements.push(element.into_attribute_value()?);
        }
        let mut elements = elements.into_iter();
        fn texts(element: AttributeValue) -> Option<String> {
            match element {
                AttributeValue::S(text) | AttributeValue::N(text) => Some(text),
                _ => None,
            }
        }
        fn bytes(element: AttributeValue) -> Option<Blob> {
            match element {
                AttributeValue::B(bytes) => Some(bytes),
                _ => None,
            }
        }
        Ok(match members {
            Some(Tag::S) => AttributeValue::Ss(elements.filter_map(texts).collect()),
            Some(Tag::N) => AttributeValue::Ns(elements.filter_map(texts).collect()),
            Some(_) => AttributeValue::Bs(elements.filter_map(bytes).collect()),
            None => AttributeValue::L(elements.by_ref().collect()),
        })
    }
}

impl<'t> Map<'_, 't> {
    pub(super) fn key(&mut self) -> Result<Option<Cow<'t, str>>, Malformed> {
        match self {
            Self::Text(entered) => entered.key(),
            Self::Entries(entries, value) => {
                let (key, of_key) = entries.next().unzip();
                *value = of_key;
                Ok(key.map(|key| Cow::Borrowed(key.as_str())))
            }
        }
    }

    /// The value of the key that was given out last.
    pub(super) fn value(&mut self) -> Option<Stored<'_, 't>> {
        match self {
            Self::Text(entered) => entered.given.is_some().then_some(Stored::Text(entered.cursor)),
            Self::Entries(_, value) => value.take().map(Stored::Value),
        }
    }

    /// Reads the entries that are left, so that the map ends.
    pub(super) fn finish(&mut self) -> Result<(), Malformed> {
        if let Self::Text(entered) = self {
            while entered.key()?.is_some() {}
        }
        Ok(())
    }
}
