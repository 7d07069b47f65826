use crate::item::{Fields, MAX_ITEM_BYTES, encoded_size};
use crate::schema::Schema;
use crate::session::{Standing, State};
use crate::{DynamoSession, Error, ErrorKind};

/// What a new session's `_seq` and `_commits` take, generously.
const NEW_BOOKKEEPING_BYTES: usize = 64;

impl<S: DynamoSession> State<S> {
    pub(crate) fn require_size(&self, after: &Fields) -> Result<(), Error> {
        let attributes = S::SCHEMA.attributes();
        let mut sizes: Vec<(usize, &str)> = attributes
            .iter()
            .zip(after)
            .filter_map(|(attribute, value)| {
                Some((encoded_size(attribute.name(), value.as_ref()?), attribute.name()))
            })
            .collect();
        let other = match &self.standing {
            Standing::Stored(record) => record.other_bytes,
            _ => NEW_BOOKKEEPING_BYTES,
        };
        let size =
            sizes.iter().map(|(size, _)| size).sum::<usize>() + other + header_size(S::SCHEMA);
        if size <= MAX_ITEM_BYTES {
            return Ok(());
        }
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        let largest: Vec<String> =
            sizes.iter().take(3).map(|(size, name)| format!("`{name}` {size} bytes")).collect();
        let error = Error::new(
            ErrorKind::TooLarge,
            format!(
                "the session would take {size} bytes, over DynamoDB's {MAX_ITEM_BYTES} for one item; \
                 nothing was sent. Largest: {}. Keep large values elsewhere and their names in the session",
                largest.join(", ")
            ),
        );
        Err(match sizes.first() {
            Some((_, name)) => error.with_attribute(*name),
            None => error,
        })
    }
}

/// Key, expiry and creation, generously.
fn header_size(schema: &Schema) -> usize {
    let names = schema.hash_key().len()
        + schema.time_to_live().len()
        + schema.created().map_or(0, str::len);
    names + 80
}
