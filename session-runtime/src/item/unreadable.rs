use aws_sdk_dynamodb::types::AttributeValue;

use super::value::Value;

/// What the item holds for the lenient fields that do not decode.
///
/// Such a field has its default in the session. As long as that stands, the field counts as what the item holds, so that
/// a commit leaves it alone. Another value replaces it as one: there is nothing that it could merge with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unreadable(Vec<Field>);

#[derive(Clone, Debug)]
struct Field {
    /// The place in the schema.
    index: usize,
    /// What the item holds; `None` once a commit has replaced it.
    stored: Option<Value>,
}

impl Unreadable {
    pub(crate) fn note(&mut self, index: usize, stored: AttributeValue) {
        self.0.push(Field { index, stored: Some(Value::Atom(stored)) });
    }

    /// Forgets a field: what the item holds under a name that counts more is to be read instead.
    pub(super) fn forget(&mut self, index: usize) {
        self.0.retain(|field| field.index != index);
    }

    pub(crate) fn has(&self, index: usize) -> bool {
        self.0.iter().any(|field| field.index == index)
    }

    /// Puts what the item holds in the place of defaults among the encoded fields.
    pub(crate) fn stand_in(&self, fields: &mut [Option<Value>], defaults: &[Value]) {
        for Field { index, stored } in &self.0 {
            let (field, default) = (&mut fields[*index], &defaults[*index]);
            let is_default = match field.as_ref() {
                Some(value) => value == default,
                None => default.is_empty_option_or_set(),
            };
            *field = match stored {
                Some(stored) if is_default => Some(stored.clone()),
                _ => field.take().map(Value::into_whole),
            };
        }
    }

    /// Takes note of what a commit has written.
    pub(crate) fn settle(&mut self, written: &[Option<Value>]) {
        for Field { index, stored } in &mut self.0 {
            if *stored != written[*index] {
                *stored = None;
            }
        }
    }
}
