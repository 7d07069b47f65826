use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::CreateTableInput;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    KeySchemaElement, KeyType as KeyRole, OnDemandThroughput, Projection, ProjectionType,
    ProvisionedThroughput, ScalarAttributeType, SseSpecification, SseType,
    TableClass as StorageClass, Tag,
};

use crate::schema::{Billing, Encryption, Index, KeyType, Schema, TableClass, TableOptions};

/// The request that creates the table of a session type.
pub(crate) fn creation(
    schema: &Schema,
    options: &TableOptions,
) -> Result<CreateTableInputBuilder, BuildError> {
    let mut request = CreateTableInput::builder()
        .set_attribute_definitions(Some(definitions(schema.key_attributes())?))
        .set_key_schema(Some(key_schema(schema.primary_key().names())?));
    let mut units = None;
    let limits = limits(options.billing);
    request = match options.billing {
        Billing::OnDemand { .. } => request
            .billing_mode(BillingMode::PayPerRequest)
            .set_on_demand_throughput(limits.clone()),
        Billing::Provisioned { read, write } => {
            units = Some((read, write));
            let request = request.billing_mode(BillingMode::Provisioned);
            request.provisioned_throughput(throughput(read, write)?)
        }
    };
    for index in schema.indexes() {
        let units = units.map(|(read, write)| throughput(read, write)).transpose()?;
        request = request.global_secondary_indexes(
            GlobalSecondaryIndex::builder()
                .index_name(index.name())
                .set_key_schema(Some(index_key(index)?))
                .projection(keys_only())
                .set_provisioned_throughput(units)
                .set_on_demand_throughput(limits.clone())
                .build()?,
        );
    }
    if options.table_class == TableClass::StandardInfrequentAccess {
        request = request.table_class(StorageClass::StandardInfrequentAccess);
    }
    if options.deletion_protection {
        request = request.deletion_protection_enabled(true);
    }
    request = request.set_sse_specification(encryption(&options.encryption));
    for (key, value) in &options.tags {
        request = request.tags(Tag::builder().key(key).value(value).build()?);
    }
    Ok(request)
}

fn encryption(encryption: &Encryption) -> Option<SseSpecification> {
    let key = match encryption {
        Encryption::AwsOwned => return None,
        Encryption::AwsManaged => None,
        Encryption::CustomerManaged(key) => Some(key.clone()),
    };
    let specification = SseSpecification::builder().enabled(true).sse_type(SseType::Kms);
    Some(specification.set_kms_master_key_id(key).build())
}

/// An index for a live table: with units if the table pays by the hour, else with the limits of the options.
pub(crate) fn addition(
    index: &Index,
    units: Option<(u64, u64)>,
    billing: Billing,
) -> Result<(Vec<AttributeDefinition>, CreateGlobalSecondaryIndexAction), BuildError> {
    let limits = limits(billing).filter(|_| units.is_none());
    let units = units.map(|(read, write)| throughput(read, write)).transpose()?;
    let action = CreateGlobalSecondaryIndexAction::builder()
        .index_name(index.name())
        .set_key_schema(Some(index_key(*index)?))
        .projection(keys_only())
        .set_provisioned_throughput(units)
        .set_on_demand_throughput(limits)
        .build()?;
    Ok((definitions(index.key())?, action))
}

fn definitions(
    attributes: impl IntoIterator<Item = (&'static str, KeyType)>,
) -> Result<Vec<AttributeDefinition>, BuildError> {
    attributes.into_iter().map(|(name, key_type)| definition(name, key_type)).collect()
}

fn definition(name: &str, key_type: KeyType) -> Result<AttributeDefinition, BuildError> {
    let key_type = match key_type {
        KeyType::S => ScalarAttributeType::S,
        KeyType::N => ScalarAttributeType::N,
        KeyType::B => ScalarAttributeType::B,
    };
    AttributeDefinition::builder().attribute_name(name).attribute_type(key_type).build()
}

fn index_key(index: Index) -> Result<Vec<KeySchemaElement>, BuildError> {
    key_schema(index.key().map(|(attribute, _)| attribute))
}

fn key_schema(
    attributes: impl Iterator<Item = &'static str>,
) -> Result<Vec<KeySchemaElement>, BuildError> {
    let parts = attributes.zip([KeyRole::Hash, KeyRole::Range]);
    parts
        .map(|(attribute, role)| {
            KeySchemaElement::builder().attribute_name(attribute).key_type(role).build()
        })
        .collect()
}

fn keys_only() -> Projection {
    Projection::builder().projection_type(ProjectionType::KeysOnly).build()
}

fn throughput(read: u64, write: u64) -> Result<ProvisionedThroughput, BuildError> {
    ProvisionedThroughput::builder()
        .read_capacity_units(signed(read))
        .write_capacity_units(signed(write))
        .build()
}

fn limits(billing: Billing) -> Option<OnDemandThroughput> {
    match billing {
        Billing::OnDemand { max_read: None, max_write: None } | Billing::Provisioned { .. } => None,
        Billing::OnDemand { max_read, max_write } => Some(
            OnDemandThroughput::builder()
                .set_max_read_request_units(max_read.map(signed))
                .set_max_write_request_units(max_write.map(signed))
                .build(),
        ),
    }
}

fn signed(units: u64) -> i64 {
    units.try_into().unwrap_or(i64::MAX)
}
