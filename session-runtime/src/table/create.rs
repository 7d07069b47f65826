use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableDescription, TableStatus, TimeToLiveSpecification,
    TimeToLiveStatus,
};

use crate::dynamo::error;
use crate::schema::Schema;
use crate::{Error, ErrorKind};

/// How long a table may take to become active: AWS usually needs some ten seconds.
const DEADLINE: Duration = Duration::from_secs(120);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Makes sure that the table is there, active, keyed as the schema says, and has TTL on its expiry.
///
/// Safe under many processes that start at once: whoever is late waits for the one that was first.
pub(crate) async fn create_if_missing(
    client: &Client,
    table: &str,
    schema: &Schema,
) -> Result<(), Error> {
    let create = async {
        if describe(client, table).await?.is_none() {
            create(client, table, schema).await?;
        }
        let description = wait_until_active(client, table).await?;
        require_key(&description, schema)?;
        enable_time_to_live(client, table, schema.time_to_live()).await
    };
    match tokio::time::timeout(DEADLINE, create).await {
        Ok(result) => result,
        Err(elapsed) => Err(Error::new(
            ErrorKind::Unavailable,
            format!(
                "the table did not become active within {} seconds; look at its status, then start again",
                DEADLINE.as_secs()
            ),
        )
        .with_source(elapsed)),
    }
}

async fn describe(client: &Client, table: &str) -> Result<Option<TableDescription>, Error> {
    match client.describe_table().table_name(table).send().await {
        Ok(output) => Ok(output.table),
        Err(source) => {
            let error = error(source);
            if error.is_table_missing() { Ok(None) } else { Err(error) }
        }
    }
}

async fn create(client: &Client, table: &str, schema: &Schema) -> Result<(), Error> {
    let unbuildable = |source| {
        Error::new(ErrorKind::Configuration, "the table could not be described").with_source(source)
    };
    let definition = AttributeDefinition::builder()
        .attribute_name(schema.hash_key())
        .attribute_type(ScalarAttributeType::S)
        .build()
        .map_err(unbuildable)?;
    let key = KeySchemaElement::builder()
        .attribute_name(schema.hash_key())
        .key_type(KeyType::Hash)
        .build()
        .map_err(unbuildable)?;
    let mut request = client.create_table();
    for index in schema.indexes() {
        let definition = AttributeDefinition::builder()
            .attribute_name(index.attribute())
            .attribute_type(format!("{:?}", index.key_type()).as_str().into())
            .build()
            .map_err(unbuildable)?;
        let key = KeySchemaElement::builder()
            .attribute_name(index.attribute())
            .key_type(KeyType::Hash)
            .build()
            .map_err(unbuildable)?;
        let keys_only = Projection::builder().projection_type(ProjectionType::KeysOnly).build();
        let index = GlobalSecondaryIndex::builder()
            .index_name(index.name())
            .key_schema(key)
            .projection(keys_only)
            .build()
            .map_err(unbuildable)?;
        request = request.attribute_definitions(definition).global_secondary_indexes(index);
    }
    let result = request
        .table_name(table)
        .attribute_definitions(definition)
        .key_schema(key)
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await;
    match result {
        Ok(_) => {
            tracing::info!(table, "table created");
            Ok(())
        }
        // Someone else was first.
        Err(source)
            if source
                .as_service_error()
                .is_some_and(|error| error.is_resource_in_use_exception()) =>
        {
            Ok(())
        }
        Err(source) => Err(error(source)),
    }
}

async fn wait_until_active(client: &Client, table: &str) -> Result<TableDescription, Error> {
    let mut pause = FIRST_PAUSE;
    loop {
        // A table that was just created may not be visible at once.
        if let Some(description) = describe(client, table).await? {
            match description.table_status() {
                Some(TableStatus::Active | TableStatus::Updating) => return Ok(description),
                Some(TableStatus::Creating) | None => {}
                Some(status) => {
                    return Err(Error::new(
                        ErrorKind::Configuration,
                        format!("the table is {status}; wait, or choose another table"),
                    ));
                }
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn require_key(description: &TableDescription, schema: &Schema) -> Result<(), Error> {
    let keys: Vec<String> = description
        .key_schema()
        .iter()
        .map(|key| {
            let kind = description
                .attribute_definitions()
                .iter()
                .find(|definition| definition.attribute_name() == key.attribute_name())
                .map_or("?", |definition| definition.attribute_type().as_str());
            format!("`{}` ({}, {kind})", key.attribute_name(), key.key_type())
        })
        .collect();
    let wanted = format!("`{}` (HASH, S)", schema.hash_key());
    if keys == [wanted.as_str()] {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Configuration,
        format!(
            "the table's key is {}, the session's is {wanted}; name another table, or change the field \
             marked `hash_key`. The table was not touched",
            keys.join(" and ")
        ),
    )
    .with_attribute(schema.hash_key()))
}

async fn enable_time_to_live(client: &Client, table: &str, attribute: &str) -> Result<(), Error> {
    if is_time_to_live(client, table, attribute).await? {
        return Ok(());
    }
    let specification = TimeToLiveSpecification::builder()
        .attribute_name(attribute)
        .enabled(true)
        .build()
        .map_err(|source| {
            Error::new(ErrorKind::Configuration, "TTL could not be described").with_source(source)
        })?;
    let result = client
        .update_time_to_live()
        .table_name(table)
        .time_to_live_specification(specification)
        .send()
        .await;
    match result {
        Ok(_) => Ok(()),
        // AWS refuses to enable it twice: someone else may have been first.
        Err(source) => match is_time_to_live(client, table, attribute).await {
            Ok(true) => Ok(()),
            _ => Err(error(source).with_attribute(attribute)),
        },
    }
}

async fn is_time_to_live(client: &Client, table: &str, attribute: &str) -> Result<bool, Error> {
    let output = client.describe_time_to_live().table_name(table).send().await.map_err(error)?;
    let Some(description) = output.time_to_live_description() else { return Ok(false) };
    match description.time_to_live_status() {
        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling) => {}
        _ => return Ok(false),
    }
    match description.attribute_name() {
        Some(name) if name != attribute => Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "TTL is on the attribute `{name}`, the session's expiry is `{attribute}`; change the \
                 field marked `ttl`, or move TTL (AWS allows one change an hour)"
            ),
        )
        .with_attribute(attribute)),
        _ => Ok(true),
    }
}
