use aws_sdk_dynamodb::types::{
    GlobalSecondaryIndexDescription, IndexStatus, KeyType, TableDescription,
};

use super::failure::error;
use super::table::Table;
use crate::schema::Index;
use crate::{Error, ErrorKind};

impl Table {
    /// Why a query was refused: the table says so itself, if it may be looked at.
    pub(super) async fn explain_query(&self, refusal: Error, index: Index) -> Error {
        let name = index.name();
        match refusal.kind() {
            ErrorKind::AccessDenied => {
                return refusal.with_note(format_args!(
                    "it needs `dynamodb:Query` on the resource `table/{}/index/{name}`",
                    self.name
                ));
            }
            // Some engines answer so for an index that is missing.
            ErrorKind::Rejected | ErrorKind::TableMissing => {}
            _ => return refusal,
        }
        match self.client.describe_table().table_name(&self.name).send().await {
            Ok(output) => match output.table {
                Some(table) => explain(refusal, index, &table),
                None => refusal,
            },
            Err(source) => {
                let error = error(source);
                match error.is_table_missing() {
                    true => error,
                    false => refusal.with_note(format_args!(
                        "most likely the index `{name}` is missing or still being built, but it could not \
                         be looked at ({error})"
                    )),
                }
            }
        }
    }
}

fn explain(refusal: Error, index: Index, table: &TableDescription) -> Error {
    let name = index.name();
    let wanted = format!("`{}` ({:?})", index.attribute(), index.key_type());
    let indexes = table.global_secondary_indexes();
    let Some(found) = indexes.iter().find(|known| known.index_name() == Some(name)) else {
        let detail = format!(
            "the table has no index `{name}` on {wanted}; create it with `store.update_table()`, or \
             together with a new table"
        );
        return Error::new(ErrorKind::Configuration, detail).with_source(refusal);
    };
    let key = hash_key(table, found);
    if key != wanted {
        let detail = format!(
            "the key of the table's index `{name}` is {key}, the session's is {wanted}; give the field's \
             index another name, and create that"
        );
        return Error::new(ErrorKind::Configuration, detail).with_source(refusal);
    }
    let (kind, detail) = match found.index_status() {
        Some(IndexStatus::Creating) => (
            ErrorKind::Unavailable,
            format!(
                "the index `{name}` is still being built from the sessions in the table, and answers once \
                 it is ACTIVE; try again then"
            ),
        ),
        Some(IndexStatus::Deleting) => (
            ErrorKind::Configuration,
            format!("the index `{name}` is being deleted; create it again once it is gone"),
        ),
        _ => return refusal,
    };
    Error::new(kind, detail).with_source(refusal)
}

/// The partition key of an index, with its type.
fn hash_key(table: &TableDescription, index: &GlobalSecondaryIndexDescription) -> String {
    let key = index.key_schema().iter().find(|key| *key.key_type() == KeyType::Hash);
    let key = key.map_or("?", |key| key.attribute_name());
    let definitions = table.attribute_definitions();
    let kind = definitions
        .iter()
        .find(|definition| definition.attribute_name() == key)
        .map_or("?", |definition| definition.attribute_type().as_str());
    format!("`{key}` ({kind})")
}
