//! The requests that sessions make again and again, as DynamoDB reads them: written straight from the values at hand, of
//! which the AWS SDK would want copies
//! ([API reference](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html)).

use std::convert::Infallible;
use std::ops::Deref;

use crate::error::Error;
use crate::expression::Expression;
use crate::item::{Item, UnknownType, write_item, write_object, write_text, write_value};
use crate::schema::PrimaryKey;

/// Of most requests all, without being copied on the way.
const USUAL_BYTES: usize = 1024;

/// The body of a request about one item of a table, member by member.
#[derive(Debug)]
pub(super) struct RequestBody(Vec<u8>);

impl RequestBody {
    pub(super) fn new(table: &str) -> Self {
        let mut json = Vec::with_capacity(USUAL_BYTES);
        json.extend_from_slice(b"{\"TableName\":");
        write_text(&mut json, table);
        Self(json)
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }

    fn member(&mut self, name: &'static str) -> &mut Vec<u8> {
        self.0.push(b',');
        write_text(&mut self.0, name);
        self.0.push(b':');
        &mut self.0
    }

    pub(super) fn text(mut self, name: &'static str, value: &str) -> Self {
        write_text(self.member(name), value);
        self
    }

    pub(super) fn optional_text(self, name: &'static str, value: Option<impl AsRef<str>>) -> Self {
        match value {
            Some(value) => self.text(name, value.as_ref()),
            None => self,
        }
    }

    pub(super) fn boolean(mut self, name: &'static str, is: bool) -> Self {
        let value = if is { b"true".as_slice() } else { b"false" };
        self.member(name).extend_from_slice(value);
        self
    }

    /// The key of a session's item, by the value of the partition key.
    pub(super) fn key(mut self, key: PrimaryKey, hash: &str) -> Self {
        let json = self.member("Key");
        let Ok(()) = write_object(json, key.parts(hash), |json, value| {
            json.extend_from_slice(b"{\"S\":");
            write_text(json, value);
            json.push(b'}');
            Ok::<_, Infallible>(())
        });
        self
    }

    pub(super) fn item(mut self, item: &Item) -> Result<Self, Error> {
        write_item(self.member("Item"), item).map_err(unwritable)?;
        Ok(self)
    }

    /// What each placeholder stands for.
    pub(super) fn names<'a, P: Deref<Target = str>>(
        mut self,
        names: impl IntoIterator<Item = (P, &'a str)>,
    ) -> Self {
        let Ok(()) = write_object(self.member("ExpressionAttributeNames"), names, |json, name| {
            write_text(json, name);
            Ok::<_, Infallible>(())
        });
        self
    }

    /// The names and values that an expression has placeholders for.
    pub(super) fn placeholders(mut self, expression: &Expression<'_>) -> Result<Self, Error> {
        self = self.names(expression.names());
        let json = self.member("ExpressionAttributeValues");
        write_object(json, expression.values(), write_value).map_err(unwritable)?;
        Ok(self)
    }
}

fn unwritable(UnknownType: UnknownType) -> Error {
    Error::internal("a request to DynamoDB has a value of a type that this version does not know")
}
